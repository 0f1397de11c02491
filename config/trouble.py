"""What the operating system complains of, in the reader's language and with what to do."""

from __future__ import annotations

import errno
import socket

from config.problems import Hint

_CODES = {
    errno.EACCES: "OS_FORBIDDEN",
    errno.EPERM: "OS_FORBIDDEN",
    errno.EISDIR: "OS_FOLDER",
    errno.EEXIST: "OS_TAKEN",
    errno.ENOTDIR: "OS_TAKEN",
    errno.ENOENT: "OS_ABSENT",
    errno.EADDRINUSE: "OS_PORT_TAKEN",
    errno.EADDRNOTAVAIL: "OS_ADDRESS",
    errno.ENOSPC: "OS_DISK_FULL",
}


def trouble_of(error: OSError) -> Hint:
    """The sentence of an error; one that is not known by heart is told by the system's own short name."""
    if isinstance(error, socket.gaierror):
        return Hint("OS_ADDRESS")
    code = _CODES.get(error.errno or 0)
    if code is not None:
        return Hint(code)
    return Hint("OS_OTHER", {"name": errno.errorcode.get(error.errno or 0, type(error).__name__)})
