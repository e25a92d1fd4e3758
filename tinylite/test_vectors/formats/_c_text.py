"""Arrays in C source."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from ..vector import Vector
from ._numbers import from_text, to_text

__all__ = ["array_text", "c_elements", "c_string", "c_type", "comment", "read_array"]

_LINE = 110  # characters
# Types that C has no arithmetic for are their bits.
_BITS = {"FLOAT16": np.uint16, "BFLOAT16": np.uint16}
_WORDS = {"nan": "NAN", "-nan": "NAN", "inf": "INFINITY", "-inf": "-INFINITY"}
_LEAST = {str(-(2**63)): "INT64_MIN"}


def c_type(vector: Vector) -> str:
    """The C type of its elements."""
    _ = vector.bits
    if vector.type in ("FLOAT32", "FLOAT64"):
        return "float" if vector.type == "FLOAT32" else "double"
    dtype = np.dtype(_BITS.get(vector.type, vector.values.dtype))
    return "uint8_t" if dtype.kind == "b" else f"{dtype.name}_t"


def c_elements(vector: Vector) -> list[str]:
    """Its elements as C has numbers."""
    if vector.type == "FLOAT16":
        bits = np.ascontiguousarray(vector.values).reshape(-1).view(np.uint16)
        return list(map(str, bits.tolist()))
    numbers = to_text(vector)
    if vector.type in ("FLOAT32", "FLOAT64"):
        suffix = "f" if vector.type == "FLOAT32" else ""
        return [_WORDS.get(number, number + suffix) for number in numbers]
    if vector.type in ("INT64", "UINT64"):
        suffix = "u" if vector.type == "UINT64" else ""
        return [_LEAST.get(number, number + suffix) for number in numbers]
    return numbers


def array_text(name: str, vector: Vector, before: str = "const", size: bool = True) -> str:
    """The definition of an array. C has none without elements: such a one gets a 0."""
    elements = c_elements(vector) or ["0"]
    lines, line = [], "   "
    for element in elements:
        if len(line) + len(element) + 2 > _LINE:
            lines.append(line)
            line = "   "
        line += f" {element},"
    return "\n".join([f"{before} {c_type(vector)} {name}[{len(elements) if size else ''}] = {{", *lines, line, "};", ""])


def read_array(content: memoryview, name: str, held: dict[str, Any]) -> np.ndarray:
    """The array of a name in C source that `array_text` has written. Raises ValueError."""
    text = bytes(content)
    found = re.search(rb"\b" + re.escape(name.encode()) + rb"\[\d{0,20}\] = \{", text)
    end = text.find(b"}", found.end()) if found is not None else -1
    if found is None or end < 0:
        raise ValueError(f"it has no array {name!r}")
    numbers = text[found.end() : end]
    if not np.prod(held["shape"], dtype=np.float64):
        return np.empty(held["shape"], held["dtype"])
    for word, meant in ((b"INFINITY", b"inf"), (b"NAN", b"nan"), (b"INT64_MIN", str(-(2**63)).encode())):
        numbers = numbers.replace(word, meant)
    if held["type"] == "FLOAT16":
        bits = from_text(numbers, {**held, "dtype": "uint16"})
        return bits.view(np.float16)
    if held["type"] in ("FLOAT32", "UINT64"):
        numbers = re.sub(rb"(\d)[fu]\b", rb"\1", numbers)
    return from_text(numbers, held)


def c_string(text: str | None) -> str:
    """A text as C has it, in ASCII; a file's text may hold anything."""
    encoded = (text or "").encode("utf-8", "replace")
    plain = set(map(ord, " !#$%&'()*+,-./:;<=>@[]^_`{|}~")) | set(range(48, 58)) | set(range(65, 91)) | set(range(97, 123))
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03o}" for byte in encoded) + '"'


def comment(lines: tuple[str, ...]) -> str:
    """Lines of comments, of text that is made here."""
    return "".join(f"// {line}\n" for line in lines)
