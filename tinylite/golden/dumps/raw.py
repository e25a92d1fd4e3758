"""Raw bytes of a tensor (.bin), little-endian, as they lie in a device's memory; type and shape are the golden's."""

from __future__ import annotations

import os

from ...files.io import content_of
from ..golden import Golden
from .base.entry import Entry, Format, from_bytes

__all__ = ["FORMAT"]


def _entries(path: str, golden: Golden) -> list[Entry]:
    name = os.path.splitext(os.path.basename(path))[0]
    return [Entry(name, "", lambda wanted: from_bytes(content_of(path), wanted), anonymous=True)]


# What text has none of: controls, but for tabs, ends of lines and pages, and the escapes with which logs are coloured.
_NOT_TEXT = bytes({*range(32)} - {*b"\t\n\r\f\x1b"})


def _is_binary(path: str, head: bytes) -> bool:
    return not head.startswith((b"\xff\xfe", b"\xfe\xff")) and len(head.translate(None, _NOT_TEXT)) < len(head)


FORMAT = Format((".bin", ".raw"), _is_binary, _entries)
