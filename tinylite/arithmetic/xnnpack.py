"""LiteRT's default interpreter on x86: XNNPACK where its delegate takes an op, and elsewhere LiteRT's optimized kernels."""

from __future__ import annotations

from .arithmetic import Arithmetic, Rule

__all__ = ["XNNPACK"]

# XNNPACK takes no layer with a factor from 256 on.
_SUMS = Rule("float", "float", 256)

XNNPACK = Arithmetic(
    "xnnpack",
    floats="separate",
    oracle="ai-edge-litert, OpResolverType.BUILTIN",
    rules={
        ("CONV_2D", "INT8"): _SUMS,
        ("DEPTHWISE_CONV_2D", "INT8"): _SUMS,
        ("FULLY_CONNECTED", "INT8"): _SUMS,
        ("RESHAPE", "INT8"): None,
    },
)
