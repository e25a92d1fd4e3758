"""LiteRT's optimized kernels without a delegate, on x86 with AVX2 or AVX-512.

Sums of products: ruy's rounding, which is gemmlowp's with halves up in the shift as well. Depthwise and transposed convolutions of INT8
round their channels in blocks of eight by code that is written for NEON, and the rest as the reference kernels do, which also run
convolutions with groups and depthwise ones of UINT8. Transposed ones of UINT8 round what is left after the last sixteen outputs
otherwise: where something is left, they are refused. FULLY_CONNECTED whose weights have one scale rounds its product with the input's
to float first.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule, rows
from .moving import COMPARISONS, EXTREMES, INTEGERS, MOVING, OTHER_MOVING, PICKING

__all__ = ["LITERT_BUILTIN"]

_UP = Rule("halves_up", "double")
_UP_BY_PRODUCT = Rule("halves_up", "product in float")
_OPTIMIZED = Rule("optimized")

LITERT_BUILTIN = Arithmetic(
    "litert-builtin",
    floats="separate",
    oracle="ai-edge-litert, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    rules={
        ("CONV_2D", "INT8"): _UP._replace(where="one group", other=Rule("fixed", "double")),
        ("CONV_2D", "UINT8"): _UP_BY_PRODUCT._replace(where="one group", other=Rule("fixed", "product in float")),
        ("DEPTHWISE_CONV_2D", "INT8"): _UP._replace(block=8),
        ("DEPTHWISE_CONV_2D", "UINT8"): None,
        ("TRANSPOSE_CONV", "INT8"): _UP._replace(block=8),
        ("TRANSPOSE_CONV", "UINT8"): _UP_BY_PRODUCT._replace(where="an output of whole sixteens"),
        ("FULLY_CONNECTED", "INT8"): _UP_BY_PRODUCT._replace(where="one scale", other=_UP),
        ("FULLY_CONNECTED", "UINT8"): _UP_BY_PRODUCT,
        ("BATCH_MATMUL", "INT8"): None,
        ("UNIDIRECTIONAL_SEQUENCE_LSTM", "INT8"): None,
        # What follows is no sum of products.
        **rows(_OPTIMIZED, "INT8 UINT8", "ADD QUANTIZE MEAN SUM"),
        **rows(_OPTIMIZED, "UINT8", "RESIZE_BILINEAR"),
        **rows(_OPTIMIZED, "FLOAT32", "DEQUANTIZE"),
        **rows(None, "INT8 UINT8", "SUB MUL PRELU LOGISTIC TANH HARD_SWISH LEAKY_RELU RELU RELU6 RELU_N1_TO_1 SOFTMAX"),
        **rows(None, "INT8 UINT8", f"AVERAGE_POOL_2D MAX_POOL_2D {PICKING}"),
        **rows(None, "INT8", "SQUARED_DIFFERENCE RESIZE_BILINEAR ABS NEG"),
        **rows(None, "INT8 UINT8 INT16 INT32", f"{MOVING} {OTHER_MOVING} SPACE_TO_BATCH_ND TILE"),
        **rows(None, "INT8 UINT8 INT32", "SPACE_TO_DEPTH DEPTH_TO_SPACE"),
        **rows(EXTREMES, "INT32 INT64", "ARG_MAX ARG_MIN"),
        **rows(None, "INT8 UINT8", "L2_NORMALIZATION SELECT SELECT_V2"),
        **rows(None, "INT8", "ELU EXP LOG"),
        **rows(None, "INT32", f"{INTEGERS} FLOOR_DIV FLOOR_MOD REDUCE_PROD"),
        **COMPARISONS,
        ("SHAPE", "INT32"): None,
    },
)
