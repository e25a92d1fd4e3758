"""GraphDefs that TensorFlow wrote, kept in graphs.zip so that fuzzing needs no TensorFlow.

`python -m tests.fuzz.seeds` writes the archive anew, from the cases of tests/converter: run it when an op has been added there.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

__all__ = ["ARCHIVE", "graphs"]

ARCHIVE = Path(__file__).parent / "graphs.zip"


def graphs() -> dict[str, bytes]:
    """GraphDefs by name: the TensorFlow op and the number of its example, or a control flow case."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        return {name: archive.read(name) for name in sorted(archive.namelist())}
