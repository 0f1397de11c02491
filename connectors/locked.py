"""Opens xlsx files that are protected with a password (MS-OFFCRYPTO), if somebody has said it. What was opened stays in memory.

The cryptography is msoffcrypto-tool's. Loaded only where such a file comes."""

from __future__ import annotations

import io
from dataclasses import replace

from connectors.content import Content
from connectors.errors import SourceBroken
from connectors.xls import OLE, is_locked


def unlock(content: Content, password: str | None) -> Content:
    """A file as it is without its password. Raises SourceBroken FILE_PROTECTED if none was said, PASSWORD_WRONG, FILE_DAMAGED."""
    if not content.raw.startswith(OLE) or not is_locked(content):
        return content
    if password is None:
        raise SourceBroken(content.where, "FILE_PROTECTED")
    from msoffcrypto import OfficeFile
    from msoffcrypto.exceptions import InvalidKeyError

    opened = io.BytesIO()
    try:
        file = OfficeFile(io.BytesIO(content.raw))
        file.load_key(password=password, verify_password=True)
        file.decrypt(opened)
    except InvalidKeyError as error:
        raise SourceBroken(content.where, "PASSWORD_WRONG") from error
    except Exception as error:  # whatever the parsers of three formats raise for a file that is not what it says
        raise SourceBroken(content.where, "FILE_DAMAGED") from error
    return replace(content, raw=opened.getvalue())
