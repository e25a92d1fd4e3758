"""LiteRT's default interpreter on x86: XNNPACK where its delegate takes an op, and elsewhere LiteRT's optimized kernels.

XNNPACK chooses its code by the CPU; this is what it does with AVX-512 VNNI. Sums of products are multiplied in float32 and rounded half
to even. An activation's limits are rounded half to even with the zero point added. The delegate leaves out layers whose weights
the run computes, whose bias has no scale, or that have an activation (or UINT8 weights) whose quantized dimension is not 0; transposed
convolutions with SAME padding whose filter is smaller than their stride; and BATCH_MATMUL whose second matrix has a zero point.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule, rows
from .litert_builtin import LITERT_BUILTIN
from .moving import COMPARISONS, EXTREMES, INTEGERS, MOVING, OTHER_MOVING, PICKING

__all__ = ["XNNPACK"]

# XNNPACK refuses a layer with a factor from 256 on, and LiteRT then the model.
_SUMS = Rule("float", "float", 256, limits="halves_even", where="delegated")
_OTHERS = Rule("xnnpack", limits="halves_even")

# Of the operators below that LiteRT's optimized kernels compute as the reference kernels do.
_REFERENCE = Rule("fixed", "product in float")

_SUMS_OF = [
    ("CONV_2D", "INT8"),
    ("CONV_2D", "UINT8"),
    ("DEPTHWISE_CONV_2D", "INT8"),
    ("TRANSPOSE_CONV", "INT8"),
    ("TRANSPOSE_CONV", "UINT8"),
    ("FULLY_CONNECTED", "INT8"),
    ("FULLY_CONNECTED", "UINT8"),
]
_NOT_DELEGATED = LITERT_BUILTIN.rules or {}

XNNPACK = Arithmetic(
    "xnnpack",
    floats="separate",
    oracle="ai-edge-litert, OpResolverType.BUILTIN",
    rules={
        **{place: _SUMS._replace(other=_NOT_DELEGATED[place]) for place in _SUMS_OF},
        ("DEPTHWISE_CONV_2D", "UINT8"): _SUMS._replace(other=_REFERENCE),
        ("BATCH_MATMUL", "INT8"): _SUMS._replace(other=_REFERENCE),
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "INT8"): None,
        # What follows is no sum of products.
        **rows(_OTHERS, "INT8 UINT8", "ADD SUB MUL LEAKY_RELU LOGISTIC QUANTIZE MAX_POOL_2D MEAN SUM RESIZE_BILINEAR"),
        **rows(_OTHERS, "UINT8", "TANH"),
        **rows(None, "FLOAT32", "DEQUANTIZE"),
        **rows(None, "INT8 UINT8", f"PRELU HARD_SWISH RELU RELU6 RELU_N1_TO_1 SOFTMAX AVERAGE_POOL_2D {PICKING}"),
        **rows(None, "INT8", "TANH SQUARED_DIFFERENCE ABS NEG"),
        **rows(None, "INT8 UINT8 INT16 INT32", f"{MOVING} {OTHER_MOVING} SPACE_TO_BATCH_ND TILE"),
        **rows(None, "INT8 UINT8 INT32", "SPACE_TO_DEPTH DEPTH_TO_SPACE"),
        **rows(EXTREMES, "INT32 INT64", "ARG_MAX ARG_MIN"),
        **rows(None, "INT8 UINT8", "L2_NORMALIZATION SELECT SELECT_V2"),
        **rows(_OTHERS, "INT8", "ELU"),
        **rows(None, "INT8", "EXP LOG"),
        **rows(None, "INT32", f"{INTEGERS} FLOOR_DIV FLOOR_MOD REDUCE_PROD"),
        **COMPARISONS,
        ("SHAPE", "INT32"): None,
    },
)
