"""Folders of dumps, of any format: a file a tensor, named by it, its number or position.

    logits.npy, 7.npy, ofm0.npy                       a case
    testing_output/NAME/0.npy, NAME/1.bin             numbered cases of a tensor, as Arm's model zoo has them
    0/logits.npy, case_1/logits.npy                   a folder a case
    op_3_conv_2d/output.mem                           what an op writes, as `tinylite vectors --each` calls it

Names of tensors may have / where folders are. Files with other extensions than dumps have are left out, and links to folders.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace

from ...errors import FileError, at
from ..golden import Golden
from . import format_of, formats
from .base.entry import Entry, Format
from .base.names import Names, is_op
from .vectors import holds_vectors

__all__ = ["FORMAT"]

_LOOKED_INTO = (".txt", ".log")  # of whichever format they are
_MOST_FILES = 100_000
_DEEPEST = 20
_ROLES = {"testing_output": "output", "testing_outputs": "output", "testing_input": "input", "testing_inputs": "input"}
_CASE = re.compile(r"(?:case|sample|run|frame)?[_-]?([0-9]{1,9})", re.IGNORECASE)


def _entries(path: str, golden: Golden) -> list[Entry]:
    names = Names(golden)
    found: list[Entry] = []
    own = os.path.abspath(path).replace(os.sep, "/").split("/")
    within = next((own[-count:] for count in range(_DEEPEST, 0, -1) if names.knows("/".join(own[-count:]))), [])
    known = {*_LOOKED_INTO, *(extension for format in formats().values() for extension in format.extensions)}
    for parts in _files(path, []):
        file = os.path.join(path, *parts)
        stem, extension = os.path.splitext(parts[-1])
        place = "/".join(parts)
        if extension.lower() not in known:  # a model, its description, and what else lies beside dumps
            continue
        with at(place):
            listed = format_of(file).entries(file, golden)
        # Somebody may have given a folder that lies further in.
        outer = own[-1:] if own[-1] in _ROLES else within if _CASE.fullmatch(stem) and len(parts) == 1 else []
        name, case = _named([*outer, *parts[:-1], stem], names)
        for entry in listed:
            own_name = f"{parts[-2]}/{entry.name}" if len(parts) > 1 and is_op(parts[-2]) else entry.name
            found.append(
                replace(
                    entry, name=name if entry.anonymous and entry.name == stem else own_name,
                    place=f"{place}, {entry.place}" if entry.place else place, case=case if entry.case is None else entry.case,
                )
            )  # fmt: skip
    if not found:
        raise FileError("it has no file of a format that is known", "Give a folder of .npy, .npz, .bin, .mem or .csv files")
    return found


def _files(folder: str, parts: list[str]) -> Iterator[list[str]]:
    """The files in a folder and in those within it, sorted, as parts of their paths. Hidden ones are left out. Raises FileError."""
    if len(parts) > _DEEPEST:
        raise FileError(f"it has folders within more than {_DEEPEST} others", "Give the folder that the files are in")
    try:
        listed = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError as error:
        raise FileError(f"the folder {folder} cannot be read: {error.strerror}", "Check its permissions") from None
    if len(listed) > _MOST_FILES:
        raise FileError(f"it has more than {_MOST_FILES} files", "Give the folder that the files are in")
    for each in listed:
        if each.name.startswith("."):
            continue
        if each.is_dir(follow_symlinks=False):
            yield from _files(each.path, [*parts, each.name])
        elif not each.is_dir():
            yield [*parts, each.name]


def _named(parts: list[str], names: Names) -> tuple[str, int | None]:
    """The tensor and the case that the path of a file names."""
    role = _ROLES.get(parts[0], "") if len(parts) > 1 else ""
    parts = parts[1:] if role else parts
    *before, last = parts
    number = _CASE.fullmatch(last)
    if number and before and (role or names.knows("/".join(before)) or names.knows(before[-1])):
        name, case = "/".join(before), int(number[1])
        if not names.knows(name):
            name = before[-1] if names.knows(before[-1]) else role or name
        return name, case
    if role and number:
        return f"{role}_{number[1]}", None
    first = _CASE.fullmatch(parts[0])
    if first and before:
        return _shortest(parts[1:], names), int(first[1])
    return _shortest(parts, names), None


def _shortest(parts: list[str], names: Names) -> str:
    """The name of a tensor at the end of a path: the longest that is one, as names may have /.

    What lies in the folder of an op is that op's alone: its "input" is not the model's.
    """
    if len(parts) > 1 and is_op(parts[-2]):
        return "/".join(parts[-2:])
    ends = ("/".join(parts[start:]) for start in range(len(parts)))
    return next((name for name in ends if names.knows(name) and not (len(parts) > 1 and name.isdecimal())), "/".join(parts))


FORMAT = Format((), lambda path, head: not holds_vectors(path), _entries, folder=True)
