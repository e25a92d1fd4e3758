"""tflite-micro's reference kernels, with double rounding. Of sums of products they differ from LiteRT's in FULLY_CONNECTED,
which has fixed point too, and in BATCH_MATMUL, whose scales are multiplied in double.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule, rows
from .moving import COMPARISONS, EXTREMES, INTEGERS, MOVING, OTHER_MOVING, PICKING

__all__ = ["TFLM"]

_TFLM = Rule("tflm")

TFLM = Arithmetic(
    "tflm",
    floats="separate",
    oracle="tflite-micro",
    rules={
        ("CONV_2D", "INT8"): None,
        ("DEPTHWISE_CONV_2D", "INT8"): None,
        ("TRANSPOSE_CONV", "INT8"): None,
        ("FULLY_CONNECTED", "INT8"): Rule("fixed", "double"),
        ("BATCH_MATMUL", "INT8"): Rule("fixed", "double"),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "INT8"): _TFLM,
        # What follows is no sum of products.
        **rows(_TFLM, "INT8", "MUL PRELU ABS RELU LEAKY_RELU LOGISTIC TANH RELU6"),
        **rows(_TFLM, "FLOAT32", "DEQUANTIZE"),
        **rows(None, "INT8", "ADD SUB SQUARED_DIFFERENCE HARD_SWISH SOFTMAX QUANTIZE"),
        **rows(None, "INT8", f"AVERAGE_POOL_2D MAX_POOL_2D MEAN SUM RESIZE_BILINEAR {PICKING}"),
        **rows(None, "INT8 INT16 INT32", MOVING),
        **rows(None, "INT16", "TRANSPOSE EXPAND_DIMS"),
        **rows(None, "INT8", f"{OTHER_MOVING} SPACE_TO_DEPTH DEPTH_TO_SPACE"),
        **rows(EXTREMES, "INT32", "ARG_MAX ARG_MIN"),
        **rows(None, "INT8", "ELU LOG_SOFTMAX L2_NORMALIZATION SELECT_V2"),
        **rows(None, "INT32", INTEGERS),
        **COMPARISONS,
        ("SHAPE", "INT32"): None,
    },
)
