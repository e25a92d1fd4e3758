"""CMSIS-NN's kernels, which equal tflite-micro's where their authors promise it, and their other form, which rounds once.

The form is chosen where CMSIS-NN is compiled, by CMSIS_NN_USE_SINGLE_ROUNDING. Transposed convolutions whose windows do not cover their
output, or reach further than it, are refused: CMSIS-NN does not return theirs.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule

__all__ = ["CMSIS_NN", "CMSIS_NN_SINGLE"]

CMSIS_NN = Arithmetic(
    "cmsis-nn",
    floats="separate",
    oracle="the C code of CMSIS-NN and its published test data",
    rules={
        ("CONV_2D", "INT8"): None,
        ("DEPTHWISE_CONV_2D", "INT8"): None,
        ("TRANSPOSE_CONV", "INT8"): Rule("fixed", "double", where="windows that cover its output"),
        ("FULLY_CONNECTED", "INT8"): Rule("fixed", "double"),
        ("BATCH_MATMUL", "INT8"): None,
        ("RESHAPE", "INT8"): None,
    },
)

_ONCE = Rule("once", "double")

CMSIS_NN_SINGLE = Arithmetic(
    "cmsis-nn-single",
    floats="separate",
    oracle="the C code of CMSIS-NN with CMSIS_NN_USE_SINGLE_ROUNDING",
    rules={
        ("CONV_2D", "INT8"): _ONCE,
        ("DEPTHWISE_CONV_2D", "INT8"): _ONCE,
        ("TRANSPOSE_CONV", "INT8"): _ONCE._replace(where="windows that cover its output"),
        ("FULLY_CONNECTED", "INT8"): _ONCE,
        ("BATCH_MATMUL", "INT8"): Rule("once", "product in float"),
        ("RESHAPE", "INT8"): None,
    },
)
