"""tflite-micro's reference kernels, with double rounding."""

from __future__ import annotations

from .arithmetic import Arithmetic

__all__ = ["TFLM"]

TFLM = Arithmetic(
    "tflm",
    floats="separate",
    oracle="tflite-micro",
    rules={
        ("RESHAPE", "INT8"): None,
    },
)
