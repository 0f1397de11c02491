"""The pages that people look at: server-rendered, in both languages, without any outside request."""
