"""LiteRT's optimized kernels without a delegate, on x86 with AVX2 or AVX-512.

Sums of products: ruy's rounding, which is gemmlowp's with halves up in the shift as well. Depthwise and transposed convolutions of INT8
round their channels in blocks of eight by code that is written for NEON, and the rest as the reference kernels do, which also run
convolutions with groups and depthwise ones of UINT8. Transposed ones of UINT8 round what is left after the last sixteen outputs
otherwise: where something is left, they are refused. FULLY_CONNECTED whose weights have one scale rounds its product with the input's
to float first.
"""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule

__all__ = ["LITERT_BUILTIN"]

_UP = Rule("halves_up", "double")
_UP_BY_PRODUCT = Rule("halves_up", "product in float")

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
        ("RESHAPE", "INT8"): None,
    },
)
