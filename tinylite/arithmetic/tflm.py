"""tflite-micro's reference kernels, with double rounding. They differ from LiteRT's in FULLY_CONNECTED, which has fixed point too."""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule

__all__ = ["TFLM"]

TFLM = Arithmetic(
    "tflm",
    floats="separate",
    oracle="tflite-micro",
    rules={
        ("CONV_2D", "INT8"): None,
        ("DEPTHWISE_CONV_2D", "INT8"): None,
        ("TRANSPOSE_CONV", "INT8"): None,
        ("FULLY_CONNECTED", "INT8"): Rule("fixed", "double"),
        ("BATCH_MATMUL", "INT8"): None,
        ("RESHAPE", "INT8"): None,
    },
)
