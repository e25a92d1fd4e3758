"""Models as C source: an array of bytes, as xxd -i and TensorFlow Lite Micro's tools write it to be compiled into firmware."""

from __future__ import annotations

import functools
import re

import numpy as np

from ..errors import CorruptFileError
from ..schema.tables import IDENTIFIER

__all__ = ["holds_model", "model_in"]

# Patterns that can match in one way only, with bounded parts: text from outside must not make the search slow. A comment is matched
# without repeating a group, for each repetition of which Python would keep some hundred bytes.
_COMMENT = re.compile(rb"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_NUMBER = rb"(?:0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3})"
_START = re.compile(rb"\][\w()\s]{0,200}=\s{0,200}\{\s{0,200}(?P<first>(?:" + _NUMBER + rb"\s{0,8},\s{0,200}){8})")
_CHUNK = 1 << 20  # characters parsed at a time: a list of all numbers would take ten times the text
_DIGITS = np.full(256, 255, np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdefABCDEF", np.uint8)] = [*range(16), *range(10, 16)]


def holds_model(head: bytes) -> bool:
    """Whether C source that starts so has an array in which a .tflite file begins."""
    return _array_in(head)[1] >= 0


def model_in(text: bytes | memoryview) -> bytes | None:
    """The bytes of the first .tflite file that C source holds as an array of numbers, hexadecimal or decimal; None if it holds none.

    Raises CorruptFileError for an array that does not end, or with an element that is not a byte.
    """
    numbers, start = _array_in(text)
    if start < 0:
        return None
    end = numbers.find(b"}", start)
    if end < 0:
        raise CorruptFileError("the C array that holds the model has no closing brace", "The file was cut short: copy it again")
    content = bytearray()
    while start < end:
        stop = numbers.find(b",", start + _CHUNK, end)
        stop = end if stop < 0 else stop
        chunk = bytes(numbers[start:stop])
        content += _all_hexadecimal(chunk) or _one_by_one(chunk, len(content))
        start = stop + 1
    return bytes(content)


def _array_in(text: bytes | memoryview) -> tuple[bytearray, int]:
    """C source without comments, and where the numbers of the first array begin that holds a .tflite file; -1 if none does."""
    kept = _without_comments(text)
    for found in _START.finditer(kept):
        if [_value(number.strip()) for number in bytes(found["first"]).split(b",")][4:8] == list(IDENTIFIER):
            return kept, found.start("first")
    return kept, -1


def _without_comments(text: bytes | memoryview) -> bytearray:
    """C source with a space for each comment; re.sub would keep every piece between two of them as an object."""
    kept = bytearray()
    at = 0
    with memoryview(text) as view:
        for found in _COMMENT.finditer(text):
            kept += view[at : found.start()]
            kept += b" "
            at = found.end()
        kept += view[at:]
    return kept


def _all_hexadecimal(numbers: bytes) -> bytes:
    """The values of numbers that all are 0x and two digits, as tools write them; nothing if some are not."""
    letters = np.frombuffer(numbers.translate(None, b", \t\r\n"), np.uint8)
    if letters.size % 4 or numbers.count(b",") not in (letters.size // 4 - 1, letters.size // 4):
        return b""
    zero, x, high, low = letters.reshape(-1, 4).T
    high, low = _DIGITS[high], _DIGITS[low]
    if (zero != ord("0")).any() or (x | 32 != ord("x")).any() or ((high | low) > 15).any():
        return b""
    return bytes(high << 4 | low)


def _one_by_one(numbers: bytes, first: int) -> bytes:
    """The values of numbers between commas, of which `first` is the index of the first one."""
    found = [number for number in map(bytes.strip, numbers.split(b",")) if number]
    values = list(map(_value, found))
    if max(values, default=0) > 255:
        index = next(index for index, value in enumerate(values) if value > 255)
        raise CorruptFileError(
            f"element {first + index} of the C array that holds the model is {found[index][:20].decode(errors='replace')!r}, not a byte",
            "Write the array again with xxd -i",
        )
    return bytes(values)


@functools.lru_cache(4096)  # more than there are ways to write a byte
def _value(number: bytes) -> int:
    """A number's value, as C has it: octal with a zero in front; 256 for what is not a byte."""
    if not re.fullmatch(_NUMBER, number):
        return 256
    base = 16 if number[1:2] in (b"x", b"X") else 8 if number[:1] == b"0" else 10
    try:
        return int(number, base)
    except ValueError:
        return 256
