"""CMSIS-NN's kernels, which equal tflite-micro's where their authors promise it."""

from __future__ import annotations

from .arithmetic import Arithmetic

__all__ = ["CMSIS_NN"]

CMSIS_NN = Arithmetic(
    "cmsis-nn",
    floats="separate",
    oracle="the published test data of CMSIS-NN",
    rules={
        ("RESHAPE", "INT8"): None,
    },
)
