"""The types of tensors: their elements in numpy, their bytes in a file, and shapes that tensors can have."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from .errors import ModelError, TensorError
from .quantization_math import integer_limits

__all__ = ["DTYPES", "PACKED_BITS", "pack", "shape_problem", "stored_size", "tensor_dtype", "unpack"]

# The numpy type of an element as `Tensor.data` shows it. Types that numpy lacks show their bits; 4- and 2-bit types
# are unpacked to bytes.
DTYPES: dict[str, Any] = {
    "FLOAT32": np.float32, "FLOAT16": np.float16, "FLOAT64": np.float64, "BFLOAT16": np.uint16,
    "FLOAT8_E4M3FN": np.uint8, "FLOAT8_E5M2": np.uint8, "COMPLEX64": np.complex64, "COMPLEX128": np.complex128,
    "INT8": np.int8, "INT16": np.int16, "INT32": np.int32, "INT64": np.int64, "INT4": np.int8, "INT2": np.int8,
    "UINT8": np.uint8, "UINT16": np.uint16, "UINT32": np.uint32, "UINT64": np.uint64, "UINT4": np.uint8,
    "BOOL": np.bool_,
}  # fmt: skip
PACKED_BITS = {"INT4": 4, "UINT4": 4, "INT2": 2}
# What numpy 1 and numpy 2 both take, so that every tensor can be an array; empty ones too must not multiply to more.
_MAX_RANK = 32
_MAX_ELEMENTS = 1 << 58
_MAX_DIMENSION = (1 << 31) - 1  # files, and all who read shapes, have them in an int32


def tensor_dtype(type: str | int) -> Any:
    """The numpy scalar type of a tensor type's elements. Raises ModelError for STRING, RESOURCE, VARIANT and unknown types."""
    if type not in DTYPES:
        raise ModelError(f"a tensor of type {type} holds no numbers")
    return DTYPES[type]


def shape_problem(shape: Sequence[int], most: int = _MAX_DIMENSION) -> str | None:
    """What is wrong with a shape that no tensor can have, or None. `most` is the largest size of a dimension."""
    if len(shape) > _MAX_RANK:
        return f"its shape has {len(shape)} dimensions, more than {_MAX_RANK}"
    if shape and min(shape) < 0:
        return f"its shape {list(shape)} has a negative dimension"
    if math.prod(dimension for dimension in shape if dimension) > _MAX_ELEMENTS:
        return f"its shape {list(shape)} has more elements than any memory holds"
    if shape and max(shape) > most:
        return f"its shape {list(shape)} has a dimension beyond {most}"
    return None


def stored_size(type: str | int, shape: Iterable[int]) -> int:
    """The bytes that a constant of this type and shape takes in a file; packed types fill whole bytes."""
    count = 1
    for dimension in shape:
        count *= int(dimension)
    bits = PACKED_BITS.get(str(type))
    if bits:
        return (count * bits + 7) // 8
    return count * np.dtype(tensor_dtype(type)).itemsize


def unpack(packed: np.ndarray, count: int, type: str) -> np.ndarray:
    bits = PACKED_BITS[type]
    per_byte = 8 // bits
    fields = (packed[:, None] >> (np.arange(per_byte, dtype=np.uint8) * np.uint8(bits))) & np.uint8((1 << bits) - 1)
    values = fields.reshape(-1)[:count]
    if type.startswith("U"):
        return values
    sign = np.uint8(1 << (bits - 1))
    return ((values ^ sign).astype(np.int16) - int(sign)).astype(np.int8)


def pack(values: np.ndarray, type: str) -> np.ndarray:
    bits = PACKED_BITS[type]
    per_byte = 8 // bits
    low, high = integer_limits(type)
    if values.size and (values.min() < low or values.max() > high):
        raise TensorError(f"values from {values.min()} to {values.max()} do not fit {type}", f"It holds {low} to {high}")
    padded = np.zeros(-(-values.size // per_byte) * per_byte, np.uint8)
    padded[: values.size] = values.reshape(-1).astype(np.int8).view(np.uint8) & np.uint8((1 << bits) - 1)
    shifted = padded.reshape(-1, per_byte) << (np.arange(per_byte, dtype=np.uint8) * np.uint8(bits))
    return np.bitwise_or.reduce(shifted, axis=1).astype(np.uint8)
