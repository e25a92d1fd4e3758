"""Text of hexadecimal digits as $writememh of Verilog writes it and $readmemh reads it (.mem, .memh, .hex).

A number a word, two's complement, with @addresses and comments. A word is an element, which may be extended by its sign to more digits
than its type has. Or it is as wide as a bus and holds several, where the layout.json beside the file, as `tinylite vectors` writes it,
says in which order.
"""

from __future__ import annotations

import json
import math
import os
import re
from typing import Any

import numpy as np

from ...errors import FileError, at, quoted
from ...files.io import content_of
from ..golden import Golden
from .base.entry import Entry, Format, Wanted, count_problem, from_bytes
from .base.text import decoded, line_of, text_of, without_comments

__all__ = ["FORMAT"]

_PLAIN = re.compile(r"[0-9a-fA-F\s]*")
_WORD = re.compile(r"\S+")
_HEX = re.compile(r"[0-9a-fA-F_]+")
_UNKNOWN = re.compile(r"[0-9a-fA-F_xXzZ?]+")
_LAYOUT = "layout.json"
_WHOLE = "Dump the whole memory of the tensor, and nothing else"
_DIGITS = "Dump it with $writememh from a memory whose words have the bits of an element"
_BUS = f"Copy the {_LAYOUT} that tinylite vectors has written beside it, or write an element a line"


def _entries(path: str, golden: Golden) -> list[Entry]:
    name = os.path.splitext(os.path.basename(path))[0]
    return [Entry(name, "", lambda wanted: _read(path, wanted), anonymous=True)]


def _read(path: str, wanted: Wanted) -> np.ndarray:
    words = _words(text_of(path))
    bits = 8 * wanted.dtype.itemsize
    digits = {len(word) for word in words}
    layout = _layout(path)
    if layout is not None and [4 * each for each in digits] == [layout.get("bits_per_line")]:
        return _from_bus(words, layout, bits, wanted)
    if len(words) == wanted.count:
        return _elements(words, bits, wanted)
    if len(digits) == 1 and 4 * min(digits) > bits and len(words) * 4 * min(digits) >= wanted.count * bits:
        raise FileError(f"its {len(words)} words of {min(digits)} digits hold several elements, and nothing says in which order", _BUS)
    raise count_problem(len(words), wanted, "words")


def _words(text: str) -> list[str]:
    """The words in the order of their addresses, of which the least is the first. Raises FileError with the line for what is none."""
    plain = without_comments(text)
    if plain.lstrip().startswith(":"):
        raise FileError("it is a file of Intel's hex format", "Convert it to raw bytes: objcopy -I ihex -O binary IN OUT.bin")
    if _PLAIN.fullmatch(plain):
        return plain.split()
    words: list[str] = []
    starts: list[tuple[int, int]] = []  # (address, number of words before)
    for found in _WORD.finditer(plain):
        word = found[0]
        if _HEX.fullmatch(word):
            words.append(word)
            continue
        if word.startswith("@") and _HEX.fullmatch(word[1:]) and len(word) <= 17 and word.strip("@_"):
            starts.append((int(word[1:].replace("_", ""), 16), len(words)))
            continue
        line = line_of(plain, found.start())
        if _UNKNOWN.fullmatch(word):
            what = "x, which is unknown" if "x" in word.lower() else "z, which nothing drives"
            raise FileError(
                f"line {line}: {quoted(word)} has digits {what}", "The simulation has not written this word: look at its start and end"
            )
        raise FileError(f"line {line}: {quoted(word)} is not a hexadecimal number", "Give what $writememh writes")
    if starts and starts != [(starts[0][0], 0)]:
        words = _placed(words, starts)
    return [word.replace("_", "") or "0" for word in words] if "_" in plain else words


def _placed(words: list[str], starts: list[tuple[int, int]]) -> list[str]:
    """Words at their addresses; later ones count where two are at the same."""
    if starts[0][1]:
        starts = [(0, 0), *starts]
    held: dict[int, str] = {}
    ends = [before for _, before in starts[1:]] + [len(words)]
    for (address, before), end in zip(starts, ends, strict=True):
        held.update(zip(range(address, address + end - before), words[before:end], strict=True))
    if not held:
        return []
    first, last = min(held), max(held)
    if last - first + 1 > len(held):
        missing = next(address for address in range(first, last) if address not in held)
        raise FileError(f"it has no word at the address @{missing:x}, between @{first:x} and @{last:x}", _WHOLE)
    return [held[address] for address in range(first, last + 1)]


def _elements(words: list[str], bits: int, wanted: Wanted) -> np.ndarray:
    """Words that are an element each: in hexadecimal digits, or in binary ones, as $writememb writes them."""
    if any(len(word) != bits or word.strip("01") for word in words):
        return from_bytes(_narrowed(words, bits, wanted), wanted)
    binary = from_bytes(b"".join(int(word, 2).to_bytes(bits // 8, "little") for word in words), wanted)
    try:
        hexadecimal = from_bytes(_narrowed(words, bits, wanted), wanted)
    except FileError:
        return binary
    if binary.tobytes() != hexadecimal.tobytes():
        raise FileError(f"its words of {bits} digits, all 0 and 1, may be binary or hexadecimal", _DIGITS)
    return binary


def _narrowed(words: list[str], bits: int, wanted: Wanted) -> bytes:
    """Words, each an element, as little-endian bytes. Raises FileError for one that is not an element that was extended."""
    digits, width = bits // 4, bits // 8
    if all(len(word) == digits for word in words):
        big = np.frombuffer(bytes.fromhex("".join(words)), np.uint8).reshape(-1, width)
        return big[:, ::-1].tobytes()
    found = bytearray()
    for number, word in enumerate(words):
        value, high = int(word, 16), 16 ** len(word) - (1 << bits)
        element = value & ((1 << bits) - 1)
        negative = wanted.dtype.kind == "i" and len(word) > digits and element >> (bits - 1)
        if value - element != (high if negative else 0):
            raise FileError(
                f"its word {number}, {quoted(word)}, is more than an element of {wanted.tensor.dtype}, extended by its sign",
                f"Write {digits} digits for an element",
            )
        found += element.to_bytes(width, "little")
    return bytes(found)


# ---- words as wide as a bus


def _layout(path: str) -> dict[str, Any] | None:
    """What layout.json says of a file beside it: of that of its name, or of a file of the same stem."""
    beside = os.path.join(os.path.dirname(path), _LAYOUT)
    if not os.path.isfile(beside):
        return None
    with at(_LAYOUT):
        try:
            arrays = json.loads(decoded(bytes(content_of(beside))))["arrays"]
            for each in arrays:
                if type(each.get("bits_per_line", 0)) is not int or not isinstance(each.get("lanes", ""), str):
                    raise ValueError("bits_per_line is not a whole number, or lanes not a text")
            named = {each["file"]: each for each in arrays}
            stems = {os.path.splitext(name)[0]: each for name, each in named.items()}
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise FileError(f"it is not as tinylite vectors writes it: {str(error)[:200]}", _BUS) from None
        name = os.path.basename(path)
        found = named.get(name, stems.get(os.path.splitext(name)[0]))
        if found is None and arrays and len({(each.get("bits_per_line"), each.get("lanes")) for each in arrays}) == 1:
            found = {**arrays[0], "axes": None}  # of a file of another name: the bus is the same
        return found


def _from_bus(words: list[str], layout: dict[str, Any], bits: int, wanted: Wanted) -> np.ndarray:
    """Words of `bits_per_line` each, the last of a case filled up."""
    wide, lanes, axes = layout["bits_per_line"], layout.get("lanes"), layout.get("axes")
    if wide % bits or lanes not in ("lsb-first", "msb-first"):
        raise FileError(f"{_LAYOUT} says that a line has {wide} bits, {quoted(lanes)}, in which no {wanted.tensor.dtype} lie", _BUS)
    count, per_word = math.prod(wanted.shape), wide // bits
    if len(words) != wanted.cases * -(-count // per_word):
        raise FileError(
            f"it has {len(words)} words of {wide} bits, and {wanted.said} takes {wanted.cases * -(-count // per_word)}", _WHOLE
        )  # fmt: skip
    elements = np.frombuffer(bytes.fromhex("".join(words)), np.uint8).reshape(-1, per_word, bits // 8)[:, :, ::-1]
    if lanes == "lsb-first":
        elements = elements[:, ::-1]
    whole = np.ascontiguousarray(elements).reshape(wanted.cases, -1)
    return _reordered(from_bytes(whole[:, : count * bits // 8].tobytes(), wanted), axes, wanted)


def _reordered(found: np.ndarray, axes: Any, wanted: Wanted) -> np.ndarray:
    """Elements that lie in another order of axes than the tensor's, as it has them."""
    rank = len(wanted.shape)
    if axes is None or axes == list(range(rank)):
        return found
    if not isinstance(axes, list) or sorted(axes, key=str) != list(range(rank)):
        raise FileError(f"{_LAYOUT} says that the order of its axes is {quoted(axes)}", _BUS)
    moved = found.reshape(wanted.cases, *(wanted.shape[axis] for axis in axes))
    back = [0, *(1 + int(axis) for axis in np.argsort(axes))]
    return np.ascontiguousarray(moved.transpose(back))


_ALL_WORDS = re.compile(r"(?:\s|@?[0-9a-fA-F_xXzZ?]+(?=\s|\Z))*")


def _looks_so(path: str, head: bytes) -> bool:
    """Whether text is words of hexadecimal digits, and more than decimal numbers: with letters, addresses, or digits that fill bytes."""
    plain = without_comments(decoded(head)[: 1 << 15]).rsplit(None, 1)[0] if len(head) > 1 << 15 else without_comments(decoded(head))
    words = plain.split()
    if not words or not _ALL_WORDS.fullmatch(plain):
        return False
    letters = any(not word.isdecimal() for word in words)
    even = {len(word) for word in words} <= {2, 4, 8, 16} and len({len(word) for word in words}) == 1
    return letters or (even and any(word.startswith("0") for word in words))


FORMAT = Format((".mem", ".memh", ".hex", ".vmem"), _looks_so, _entries)
