"""What a board has logged of CRC32s (.log), as the benchmark of TensorFlow Lite Micro prints them, one for each input and output:

    Input CRC32: 0x14F6A510
    Output CRC32: 0xA4A6A6BE

Lines of other names, "logits CRC32 = 0x4b70f12f" or "crc32(logits): 4b70f12f", are of the tensors that they name. Whatever is before, such
as the time, does not matter. It is the CRC32 of zip and PNG files, over the tensor's little-endian bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...errors import FileError, quoted
from ..golden import Golden
from .base.entry import Entry, Format
from .base.names import Names
from .base.runs import in_runs
from .base.text import decoded, text_of

__all__ = ["FORMAT"]

_CRC = re.compile(r"\bcrc[-_ ]?32\b(?P<after>.*)", re.IGNORECASE)
_OTHER = re.compile(r"\bcrc[-_ ]?32-?c\b", re.IGNORECASE)
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
_VALUE = re.compile(r"(?:[:=]|\bis\b|\s)\s*(?:0[xX](?P<hex>[0-9a-fA-F]{1,8})|(?P<plain>[0-9a-fA-F]{8}))\s*[.;,]?\s*$")
_END = re.compile(r"\b(input|output)s?\s*(?:#|\[)?\s*([0-9]{0,4})\]?\s*(?:tensor)?\W*$", re.IGNORECASE)
_INSIDE = re.compile(r"\s*[(\[]\s*(.*?)\s*[)\]]\s*$")


def _entries(path: str, golden: Golden) -> list[Entry]:
    lines = list(_logged(text_of(path), Names(golden)))
    if not lines:
        raise FileError("it has no line with a CRC32", "Log lines such as Output CRC32: 0x4b70f12f")
    named = in_runs((name for _, name, _ in lines), golden)
    found = [
        Entry(name, f"line {line}", crc32, run)
        for (name, run), (line, _, crc32) in zip(named, lines, strict=True)
    ]  # fmt: skip
    return _once(found, golden)


def _once(found: list[Entry], golden: Golden) -> list[Entry]:
    """The runs of the golden's cases, where a board has run them again and again. Raises FileError where that makes a difference."""
    cases = len(golden.cases)
    first = {(entry.name, entry.case): entry for entry in found if entry.case is not None and entry.case < cases}
    for entry in found:
        assert entry.case is not None
        if entry.case >= cases:
            same = first.get((entry.name, entry.case % cases))
            if same is None or same.value != entry.value:
                raise FileError(
                    f"{entry.place}: it has more runs than the golden's {cases}, and they are not those again",
                    "Give the part of the log that is of the golden's cases",
                )
    return list(first.values())


def _logged(text: str, names: Names) -> Iterator[tuple[int, str, int]]:
    """Line, name and CRC32: "input" and "output" for those that have no other name, "output_1" for those with a position."""
    for number, line in enumerate(text.splitlines(), 1):
        found = _CRC.search(line := _COLOUR.sub("", line))
        if found is None:
            if _OTHER.search(line):
                raise FileError(f"line {number}: it logs a CRC32C, which is another checksum", "Log CRC32, with the polynomial 0xEDB88320")
            continue
        value = _VALUE.search(found["after"])
        if value is None:
            continue  # a sentence about CRC32
        before, inside = line[: found.start()], found["after"][: value.start()]
        yield number, _name(number, before, inside, names), int(value["hex"] or value["plain"], 16)


def _name(number: int, before: str, inside: str, names: Names) -> str:
    """What a CRC32 is of: of what stands before it or in brackets after it."""
    named = _INSIDE.match(inside)
    if named is None and (end := _END.search(before)):
        return f"{end[1].lower()}_{end[2]}" if end[2] else end[1].lower()
    text = named[1] if named is not None else before.strip().rstrip(":=").strip()
    if named is not None and (end := _END.fullmatch(text)):
        return f"{end[1].lower()}_{end[2]}" if end[2] else end[1].lower()
    # The name is the end of what stands before, which may begin with anything, and may have spaces itself.
    words = text.split()
    for start in range(max(len(words) - names.words, 0), len(words)):
        name = " ".join(words[start:]).strip("'\"`:=,")
        if name and names.knows(name):
            return name
    if not words:
        raise FileError(f"line {number}: it does not say of which tensor its CRC32 is", "Log Output CRC32: 0x..., or a name before it")
    return quoted(words[-1]).strip("'\"")


def _looks_so(path: str, head: bytes) -> bool:
    return any(_VALUE.search(found["after"]) for found in _CRC.finditer(_COLOUR.sub("", decoded(head))))


FORMAT = Format((), _looks_so, _entries)
