"""LiteRT's optimized kernels without a delegate, on x86 with AVX2 or AVX-512.

Sums of products: ruy's rounding, which is gemmlowp's with halves up in the shift as well. Depthwise and transposed convolutions round
their channels in blocks of eight by code that is written for NEON, and the rest as the reference kernels do. A convolution with groups
runs the reference kernel. Where weights of 8 bits have one scale, its product with the input's is rounded to float first.
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
        ("CONV_2D", "INT8"): _UP._replace(where="one group"),
        ("CONV_2D", "UINT8"): _UP_BY_PRODUCT._replace(where="one group"),
        ("DEPTHWISE_CONV_2D", "INT8"): _UP._replace(block=8),
        ("DEPTHWISE_CONV_2D", "UINT8"): None,
        ("TRANSPOSE_CONV", "INT8"): _UP._replace(block=8),
        ("FULLY_CONNECTED", "INT8"): _UP_BY_PRODUCT._replace(where="one scale", other=_UP),
        ("FULLY_CONNECTED", "UINT8"): _UP_BY_PRODUCT,
        ("BATCH_MATMUL", "INT8"): None,
        ("RESHAPE", "INT8"): None,
    },
)
