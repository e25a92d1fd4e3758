"""tflite-micro with CMSIS-NN's kernels, which equal its own where their authors promise it, and their other form, which rounds once.

The form is chosen where CMSIS-NN is compiled, by CMSIS_NN_USE_SINGLE_ROUNDING. Transposed convolutions whose windows do not cover their
output, or reach further than it, are refused: CMSIS-NN does not return theirs. So are a TRANSPOSE that leaves a matrix as it is, since
CMSIS-NN changes the order of every matrix, and MAXIMUM and MINIMUM of operands of different shapes, for which there is no proof.
cmsis-nn-single refuses ADD and MUL of different shapes, which tflite-micro computes by itself.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule, rows
from .tflm import TFLM

__all__ = ["CMSIS_NN", "CMSIS_NN_SINGLE"]

_SUMS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL")
# Which CMSIS-NN adds in another order, and nothing is compared with.
_UNPROVEN = ("UNIDIRECTIONAL_SEQUENCE_LSTM",)
# CMSIS-NN's own ADD, MUL, pools, SOFTMAX, PAD, TRANSPOSE, MAXIMUM and MINIMUM equal tflite-micro's; there are no others.
_OTHERS = {
    **{place: rule for place, rule in (TFLM.rules or {}).items() if place[0] not in (*_SUMS, *_UNPROVEN)},
    ("TRANSPOSE", "INT8"): Rule("", where="no matrix that keeps its order"),
    **rows(Rule("", where="operands of one shape, or a single number,"), "INT8", "MAXIMUM MINIMUM"),
}

CMSIS_NN = Arithmetic(
    "cmsis-nn",
    floats="separate",
    oracle="the C code of CMSIS-NN and its published test data",
    rules={
        ("CONV_2D", "INT8"): None,
        ("DEPTHWISE_CONV_2D", "INT8"): None,
        ("TRANSPOSE_CONV", "INT8"): Rule("fixed", "double", where="windows that cover its output"),
        ("FULLY_CONNECTED", "INT8"): Rule("fixed", "double"),
        ("BATCH_MATMUL", "INT8"): Rule("fixed", "double"),
        # What follows is no sum of products.
        **_OTHERS,
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
        ("BATCH_MATMUL", "INT8"): _ONCE,
        # What follows is no sum of products.
        **{**_OTHERS, **rows(Rule("once", where="operands of one shape"), "INT8", "ADD MUL")},
    },
)
