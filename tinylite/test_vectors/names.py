"""Names of tensors, which may be any text, as names of files and in programs."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence

__all__ = ["file_names", "identifier"]

_LONGEST = 80  # characters, of a name in a file system that may have limits beside
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)  # names that Windows takes for devices


def file_names(texts: Sequence[str | None]) -> list[str]:
    """A name of a file for each text, all different, on systems without upper case, too: letters, digits, _ - and . within."""
    found: list[str] = []
    taken: set[str] = set()
    for text in texts:
        name = re.sub(r"[^A-Za-z0-9._-]", "_", text or "")[:_LONGEST].strip(".-") or "tensor"
        name = f"_{name}" if _RESERVED.match(name) else name
        number, candidate = 1, name
        while candidate.lower() in taken:
            number += 1
            candidate = f"{name}-{number}"
        taken.add(candidate.lower())
        found.append(candidate)
    return found


def identifier(text: str) -> str:
    """A name in C and Verilog, in small letters: that of a folder, by its path, or of anything else."""
    name = re.sub(r"[^a-z0-9_]", "_", os.path.basename(text).lower())[:_LONGEST].strip("_")
    if not name:
        return "vectors"
    return f"test_{name}" if name[0].isdigit() else name
