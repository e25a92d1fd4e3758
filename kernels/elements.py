"""Types of numbers by their names: those of a record's fields, and those of tensors."""

from __future__ import annotations

from typing import Any

import numpy as np

NUMBERS: dict[str, Any] = {
    "f32": np.float32, "f64": np.float64, "u8": np.uint8, "i8": np.int8, "u16": np.uint16, "i16": np.int16, "u32": np.uint32,
    "i32": np.int32, "u64": np.uint64, "i64": np.int64,
}  # fmt: skip

# What a tensor's elements are to a kernel.
ELEMENTS = {
    "FLOAT32": "f32", "FLOAT64": "f64", "UINT8": "u8", "INT8": "i8", "UINT16": "u16", "INT16": "i16", "UINT32": "u32", "INT32": "i32",
    "UINT64": "u64", "INT64": "i64", "BOOL": "u8",
}  # fmt: skip
