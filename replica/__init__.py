"""The hub's own copy of the records: tables, mapping, sync, rejects, links, and the selects that read it."""
