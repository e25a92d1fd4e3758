"""Messages between this process and one in which a runtime is: an object of JSON and arrays, which cannot make the reader run anything."""

from __future__ import annotations

import json
import struct
from typing import IO, Any

import numpy as np

from ....limits import check_size

__all__ = ["receive", "send"]

_LONGEST = 1 << 28  # bytes of JSON, in which texts are


def send(file: IO[bytes], message: dict[str, Any], arrays: list[np.ndarray]) -> None:
    """Write a message. Arrays hold numbers, or text as bytes objects."""
    described: list[dict[str, Any]] = []
    parts: list[memoryview] = []
    for array in arrays:
        if array.dtype == object:
            texts = [text.hex() if isinstance(text, bytes) else str(text).encode().hex() for text in array.flat]
            described.append({"shape": array.shape, "texts": texts})
        else:
            described.append({"shape": array.shape, "dtype": array.dtype.str})
            parts.append(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    head = json.dumps({"message": message, "arrays": described}).encode()
    file.write(struct.pack("<Q", len(head)) + head)
    for part in parts:
        file.write(part)
    file.flush()


def receive(file: IO[bytes]) -> tuple[dict[str, Any], list[np.ndarray]]:
    """Read a message. Raises EOFError where there is no more, ValueError for what is none, and OutOfMemoryError."""
    (length,) = struct.unpack("<Q", _exactly(file, 8))
    if length > _LONGEST:
        raise ValueError(f"a message has a head of {length} bytes")
    head = json.loads(_exactly(file, length))
    arrays = []
    for each in head["arrays"]:
        shape = tuple(map(int, each["shape"]))
        if "texts" in each:
            array = np.empty(len(each["texts"]), object)
            array[:] = [bytes.fromhex(text) for text in each["texts"]]
        else:
            dtype = np.dtype(each["dtype"])
            size = int(np.prod(shape, dtype=object)) * dtype.itemsize
            check_size(size, f"a tensor of {dtype} {list(shape)} that a runtime returns")
            array = np.frombuffer(_exactly(file, size), dtype)
        arrays.append(array.reshape(shape))
    return head["message"], arrays


def _exactly(file: IO[bytes], size: int) -> bytes:
    content = file.read(size)
    if len(content) < size:
        raise EOFError
    return content
