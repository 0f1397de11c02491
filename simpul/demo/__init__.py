"""The sample regency: invented figures and people over real place names, and the legacy applications that hold them."""
