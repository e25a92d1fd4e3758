"""Folders that `tinylite vectors` has written, in any of its formats: what the model or its ops read and write."""

from __future__ import annotations

import os

import numpy as np

from ...errors import FileError
from ...files.io import ends_of
from ..golden import Golden
from .base.entry import Entry, Format, Read, as_wanted

__all__ = ["FORMAT", "holds_vectors"]

_MANIFEST = "manifest.json"
_OURS = b'"tinylite test vectors"'
_ENDS = ("input", "output")


def _entries(path: str, golden: Golden) -> list[Entry]:
    from ...test_vectors import read_vectors

    folder = read_vectors(path)
    listed = [(file["path"], held["op"]) for file in folder.manifest["files"] for held in file["vectors"]]
    found: dict[tuple[str, int], tuple[Entry, np.ndarray]] = {}
    for (file, op), vector in zip(listed, folder.vectors, strict=True):
        if vector.role not in _ENDS:
            continue
        # Of the whole model positions say more than names, of which tensors may have none.
        name = vector.tensor if op is not None else f"{vector.role}_{vector.position}"
        for case in range(len(golden.cases)) if vector.case is None else [vector.case]:  # what all runs share, and what one has
            known = found.get((name or "", case))
            if known is not None and known[1].tobytes() != vector.values.tobytes():  # read by one op, and written by another
                raise FileError(f"{known[0].place} and {file} hold {name!r}, and differ", "Write the test vectors again")
            if name and known is None:
                found[name, case] = Entry(name, file, _reader(vector.values), case), vector.values
    return [entry for entry, _ in found.values()]


def _reader(values: np.ndarray) -> Read:
    return lambda wanted: as_wanted(values, wanted)


def holds_vectors(path: str) -> bool:
    """Whether a folder is one that `tinylite vectors` has written."""
    try:
        return _OURS in ends_of(os.path.join(path, _MANIFEST), 1 << 12, 0)[0]
    except FileError:
        return False


FORMAT = Format((), lambda path, head: holds_vectors(path), _entries, folder=True)
