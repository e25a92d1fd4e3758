"""Numbers as text: arrays as C has them, as a board or a script prints them, and lines of numbers (.csv).

    const int8_t g_logits[10] = {1, -2, 3, ...};      an array of this name
    logits: [1, -2, 3, ...]                            the same
    {1, -2, 3, ...}                                    an output, and the next such list is the next one
    1, -2, 3                                           a file of numbers alone is one array

What is around lists in braces or brackets does not matter. Numbers are decimal, or hexadecimal with 0x: then the bits of an element.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ...errors import FileError, quoted
from ..golden import Golden
from .base.entry import Entry, Format, Wanted, check_count, from_bytes
from .base.names import Names
from .base.runs import in_runs
from .base.text import decoded, line_of, text_of, without_comments

__all__ = ["FORMAT"]

_DECIMALS = set("0123456789+- \t\r\n,;")
_NUMBER = re.compile(r"[-+]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|nan|inf(?:inity)?)", re.IGNORECASE)
_ENDS = re.compile(r"(?<=[0-9.a-fA-FnNyY])[uUlLfF]+\Z")  # of literals in C
_NAMES = {"true": "1", "false": "0", **{f"int{bits}_min": str(-(2 ** (bits - 1))) for bits in (8, 16, 32, 64)}}
_BRACES, _BRACKETS = re.compile(r"[{}]"), re.compile(r"[\[\]]")
_C_NAME = re.compile(r"([A-Za-z_]\w*)\s*(?:\[[^\[\]]*\]\s*)+(?:__attribute__\s*\(\(.*\)\)\s*)?=\s*\Z")
_LOG_NAME = re.compile(r"(\S+?)\s*[:=]?\s*\Z")
_WHOLE = re.compile(r"[-+]?[0-9]+")
_LONGEST = 100  # digits of a whole number that are looked at: no type has as many
_LONGEST_NAME = 400  # characters before a list that are looked at
_SHORT_REMEDY = "Print lists such as {1, -2, 3}, or numbers alone"


class _List(NamedTuple):
    """A list of numbers in a text: what is before it on its line, where it begins, and what is in it."""

    before: str
    start: int
    content: str


def _entries(path: str, golden: Golden) -> list[Entry]:
    text = without_comments(text_of(path))
    if "{" not in text and "[" not in text:
        name = os.path.splitext(os.path.basename(path))[0]
        alone = re.sub(r"(?m)^[ \t]*#[^\n]*", "", text)
        return [Entry(name, "", lambda wanted: _read(alone, 1, wanted), anonymous=True)]
    lists = [each for each in _lists(text, _BRACES if "{" in text else _BRACKETS) if _holds_numbers(each)]
    if not lists:
        raise FileError("it has no list of numbers", _SHORT_REMEDY)
    names = _names(lists, Names(golden))
    kept = [(name, each) for name, each in zip(names, lists, strict=True) if name]
    named = in_runs((name for name, _ in kept), golden)
    several = any(run for _, run in named)
    found, line, before = [], 1, 0
    for (name, run), (_, each) in zip(named, kept, strict=True):
        line, before = line + text.count("\n", before, each.start), each.start
        read = _reader(each.content, line)
        found.append(Entry(name, f"line {line}", read, run if several else None, anonymous=len(kept) == 1))
    return found


def _lists(text: str, signs: re.Pattern[str]) -> list[_List]:
    """The lists that are in no other. Raises FileError for one that does not end."""
    found = []
    depth = start = 0
    for sign in signs.finditer(text):
        if sign[0] in "{[":
            depth += 1
            start = sign.start() if depth == 1 else start
        elif depth:
            depth -= 1
            if not depth:
                begin = text.rfind("\n", max(start - _LONGEST_NAME, 0), start) + 1 or max(start - _LONGEST_NAME, 0)
                # x[3] = 5 is no list: a number in brackets, and more about it behind.
                if sign[0] == "}" or not re.match(r"[ \t]*[=:\[({]", text[sign.end() : sign.end() + 20]):
                    found.append(_List(text[begin:start], start, re.sub(signs, " ", text[start + 1 : sign.start()])))
    if depth:
        raise FileError(f"line {line_of(text, start)}: the list that begins there has no end", "It was cut off: dump it again")
    return found


def _holds_numbers(each: _List) -> bool:
    """Whether a list begins with a number, and is not the time in brackets before a line of a log."""
    first = each.content.replace(",", " ").split(None, 2)
    alone = not each.before.strip() and len(first) == 1
    return bool(first) and _token(first[0]) is not None and not alone


def _names(lists: list[_List], names: Names) -> list[str]:
    """What lists are called: as arrays in C are, or by a word before them, if it is one of a tensor; "output" otherwise.

    In C source, where some are arrays, those that are not are none; they are called "".
    """
    arrays = [_C_NAME.search(each.before) for each in lists]
    if any(arrays):
        return [_bare(array[1], names) if array else "" for array in arrays]
    words = [_LOG_NAME.search(each.before) for each in lists]
    return [word[1] if word and names.knows(word[1]) else "output" for word in words]


def _bare(name: str, names: Names) -> str:
    """The name of an array without what C's authors put around it, if that is one of a tensor."""
    bare = name.removeprefix("g_")
    return next((each for each in (name, bare, bare.removesuffix("_data")) if names.knows(each)), name)


def _reader(content: str, line: int) -> Any:
    return lambda wanted: _read(content, line, wanted)


# ---- numbers


def _read(content: str, line: int, wanted: Wanted) -> np.ndarray:
    """Numbers as [cases, *shape]. `line` is the one that they begin in."""
    tokens = content.replace(",", " ").replace(";", " ").split()
    dtype = wanted.dtype
    if dtype.kind == "c":
        raise FileError(f"{wanted.said} holds complex numbers, which this format does not", "Give it as .npy")
    if dtype.kind in "iu" and _DECIMALS.issuperset(content):
        check_count(len(tokens), wanted, "numbers")
        try:
            return wanted.stacked(_whole(list(map(int, tokens)), content, line, wanted))
        except ValueError:  # + and - where no number has them; found below
            pass
    written = [_token(token) for token in tokens]
    if None in written:
        wrong = tokens[written.index(None)]
        raise FileError(f"line {_line_of_token(content, line, written.index(None))}: {quoted(wrong)} is not a number", _SHORT_REMEDY)
    numbers = [each for each in written if each is not None]
    if len(numbers) == wanted.count * dtype.itemsize > wanted.count and all(_is_byte(each) for each in numbers):
        return from_bytes(bytes(int(each, 16) for each in numbers), wanted)  # as xxd -i writes them
    check_count(len(numbers), wanted, "numbers")
    bits = [each[:2].lower() == "0x" for each in numbers]
    if all(bits) and numbers:
        return _of_bits([int(each, 16) for each in numbers], content, line, wanted)
    if dtype.kind == "f":
        with np.errstate(over="ignore"):
            return wanted.stacked(np.array(list(map(_real, numbers))).astype(dtype))
    return wanted.stacked(
        _whole([_integer(each, number, content, line, wanted) for number, each in enumerate(numbers)], content, line, wanted)
    )


def _token(token: str) -> str | None:
    """A number without what C has after it; None for what is none."""
    named = _NAMES.get(token.lower().lstrip("-"))
    if named is not None:
        return named
    if token[:2].lower() == "0x" or token[1:3].lower() == "0x":
        token = token.rstrip("uUlL")
    elif token[-3:].lower() not in ("inf", "nan"):
        token = _ENDS.sub("", token)
    return token if _NUMBER.fullmatch(token) else None


def _real(token: str) -> float:
    """A number's value in float; infinity beyond the largest, as for decimal ones."""
    if "x" not in token.lower():
        return float(token)
    value = int(token, 16)
    return float(value) if value.bit_length() <= 1024 - 1 else math.copysign(math.inf, value > 0 or -1)


def _is_byte(token: str) -> bool:
    return token[:2].lower() == "0x" and len(token) <= 4


def _integer(token: str, number: int, content: str, line: int, wanted: Wanted) -> int:
    if len(token) > _LONGEST and _WHOLE.fullmatch(token):
        raise _beyond(quoted(token), number, content, line, wanted)
    try:
        return int(token, 16 if "x" in token.lower() else 10)
    except ValueError:
        raise FileError(
            f"line {_line_of_token(content, line, number)}: {quoted(token)} is a real number, and {wanted.said} stores whole ones",
            f"Dump what the tensor stores, {wanted.tensor.dtype}, before it is dequantized",
        ) from None


def _whole(values: list[int], content: str, line: int, wanted: Wanted) -> np.ndarray:
    """Whole numbers as an array of the tensor's type. Raises FileError for the first that it does not hold."""
    low, high = _limits(wanted)
    if values and not low <= min(values) <= max(values) <= high:
        number = next(number for number, value in enumerate(values) if not low <= value <= high)
        raise _beyond(_shown(values[number], str), number, content, line, wanted)
    return np.array(values, wanted.dtype)


def _shown(value: int, form: Callable[[int], str]) -> str:
    """A number in decimal or hexadecimal digits; Python writes none of thousands of decimal ones."""
    return form(value) if value.bit_length() <= 256 else f"a number of {value.bit_length()} bits"


def _limits(wanted: Wanted) -> tuple[int, int]:
    return (0, 1) if wanted.dtype.kind == "b" else (int(np.iinfo(wanted.dtype).min), int(np.iinfo(wanted.dtype).max))


def _beyond(shown: str, number: int, content: str, line: int, wanted: Wanted) -> FileError:
    low, high = _limits(wanted)
    return FileError(
        f"line {_line_of_token(content, line, number)}: {shown} is not from {low} to {high}, as numbers of {wanted.said} are",
        f"Dump it as {wanted.tensor.dtype}",
    )


def _of_bits(values: list[int], content: str, line: int, wanted: Wanted) -> np.ndarray:
    """The elements of these bits."""
    width = wanted.dtype.itemsize
    if max(values) >> (8 * width):
        number = next(number for number, value in enumerate(values) if value >> (8 * width))
        raise FileError(
            f"line {_line_of_token(content, line, number)}: {_shown(values[number], hex)} has more bits than {wanted.tensor.dtype}",
            "Dump its bits",
        )
    return from_bytes(b"".join(value.to_bytes(width, "little") for value in values), wanted)


def _line_of_token(content: str, line: int, number: int) -> int:
    for place, found in enumerate(re.finditer(r"[^\s,;]+", content)):
        if place == number:
            return line + content.count("\n", 0, found.start())
    return line


def _looks_so(path: str, head: bytes) -> bool:
    text = without_comments(decoded(head))
    if "{" in text or "[" in text:
        return any(map(_holds_numbers, _lists_so_far(text)))
    tokens = text.replace(",", " ").replace(";", " ").split()[:1000]
    return bool(tokens) and all(_token(token) is not None for token in tokens[:-1] or tokens)


def _lists_so_far(text: str) -> list[_List]:
    """The lists of the beginning of a text, the last of which may be cut off there."""
    return _lists(text + ("}" * text.count("{") if "{" in text else "]" * text.count("[")), _BRACES if "{" in text else _BRACKETS)


FORMAT = Format((".csv",), _looks_so, _entries)
