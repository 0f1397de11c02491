"""The front door: composition root, Starlette application, command line, pages."""

VERSION = "0.1.0"
