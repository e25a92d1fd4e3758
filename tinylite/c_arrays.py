"""Models as C source: an array of bytes, as xxd -i and TensorFlow Lite Micro's tools write it to be compiled into firmware."""

from __future__ import annotations

import re

import numpy as np

from .errors import CorruptFileError
from .schema.tables import IDENTIFIER

__all__ = ["holds_model", "model_in"]

# Patterns that can match in one way only, with bounded parts: text from outside must not make the search slow.
_COMMENT = re.compile(rb"//[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/|\Z)")
_NUMBER = rb"(?:0[xX][0-9a-fA-F]{1,2}|[0-9]{1,3})"
_START = re.compile(rb"\][\w()\s]{0,200}=\s{0,200}\{\s{0,200}(?P<first>(?:" + _NUMBER + rb"\s{0,8},\s{0,200}){8})")
_CHUNK = 1 << 20  # characters parsed at a time: a list of all numbers would take ten times the text
_DIGITS = np.full(256, 255, np.uint8)
_DIGITS[np.frombuffer(b"0123456789abcdefABCDEF", np.uint8)] = [*range(16), *range(10, 16)]


def holds_model(head: bytes) -> bool:
    """Whether C source that starts so has an array in which a .tflite file begins."""
    return _body(head) is not None


def model_in(text: bytes | memoryview) -> bytes | None:
    """The bytes of the first .tflite file that C source holds as an array of numbers, hexadecimal or decimal; None if it holds none.

    Raises CorruptFileError for an array that does not end, or with an element that is not a byte.
    """
    body = _body(text)
    if body is None:
        return None
    numbers, end, _ = body.partition(b"}")
    if not end:
        raise CorruptFileError("the C array that holds the model has no closing brace", "The file was cut short: copy it again")
    content = bytearray()
    at = 0
    while at < len(numbers):
        stop = numbers.find(b",", at + _CHUNK)
        stop = len(numbers) if stop < 0 else stop
        chunk = numbers[at:stop]
        content += _all_hexadecimal(chunk) or _one_by_one(chunk, len(content))
        at = stop + 1
    return bytes(content)


def _body(text: bytes | memoryview) -> bytes | None:
    """C source without comments from the numbers of the first array on that holds a .tflite file."""
    text = _COMMENT.sub(b" ", text)
    for found in _START.finditer(text):
        if [_value(number.strip()) for number in found["first"].split(b",")][4:8] == list(IDENTIFIER):
            return text[found.start("first") :]
    return None


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
    content = bytearray()
    for number in map(bytes.strip, numbers.split(b",")):
        if number and _value(number) > 255:
            what = number[:20].decode(errors="replace")
            raise CorruptFileError(
                f"element {first + len(content)} of the C array that holds the model is {what!r}, not a byte",
                "Write the array again with xxd -i",
            )
        content += bytes([_value(number)]) if number else b""
    return bytes(content)


def _value(number: bytes) -> int:
    """A number's value; 256 for what is not a byte."""
    if not re.fullmatch(_NUMBER, number):
        return 256
    return int(number, 16 if number[1:2] in (b"x", b"X") else 10)
