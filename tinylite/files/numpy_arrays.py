"""Arrays as NumPy stores them, from writers who are not trusted: a header is looked at before anything that it asks for is taken."""

from __future__ import annotations

import io
import math
from functools import lru_cache
from typing import IO, Any

import numpy as np

__all__ = ["array_in", "read_header"]

_LONGEST_HEADER = 1 << 16  # bytes; NumPy refuses those of more than 10,000 characters


def read_header(file: IO[bytes], size: int) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether the order is Fortran's, and dtype of the array in an .npy file of `size` bytes, whose values are read next.

    Raises ValueError for Python objects, and for an array that is longer than the file.
    """
    head = file.read(10)
    if head[:6] != b"\x93NUMPY" or len(head) < 10:
        raise ValueError("it does not begin as an .npy file does")
    if head[6] > 1:
        head += file.read(2)
    length = int.from_bytes(head[8:], "little")
    if length > min(size, _LONGEST_HEADER):
        raise ValueError("its header is longer than the file" if length > size else f"its header takes {length} bytes")
    shape, in_columns, dtype = _parsed(head + file.read(length))
    count = math.prod(shape)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if min(shape, default=0) < 0:
        raise ValueError(f"its shape {list(shape)} has a negative dimension")
    if count * dtype.itemsize > size:
        raise ValueError(f"its array of {dtype} {list(shape)} takes {count * dtype.itemsize} bytes, and it has {size}")
    return shape, in_columns, dtype


@lru_cache(256)
def _parsed(header: bytes) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """What a header says. The same headers come again and again where a file holds many runs of a model."""
    file = io.BytesIO(header)
    version = np.lib.format.read_magic(file)
    return (np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0)(file)


def array_in(content: memoryview) -> np.ndarray:
    """The array of an .npy file's content: a view, not a copy. Raises ValueError for what `read_header` refuses and one that is cut off."""
    # The length of the header has two bytes, or four of which these are the lower.
    head = io.BytesIO(content[: 12 + int.from_bytes(content[8:10], "little")])
    shape, in_columns, dtype = read_header(head, len(content))
    start, size = head.tell(), math.prod(shape) * dtype.itemsize
    if start + size > len(content):
        raise ValueError(f"its array of {dtype} {list(shape)} is cut off")
    flat = np.frombuffer(content[start : start + size], dtype) if size else np.zeros(math.prod(shape), dtype)
    return flat.reshape(shape, order="F" if in_columns else "C")
