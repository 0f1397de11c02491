"""The front door: composition root, Starlette application, command line, pages."""
