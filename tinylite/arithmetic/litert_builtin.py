"""LiteRT's optimized kernels without a delegate, on x86."""

from __future__ import annotations

from .arithmetic import Arithmetic

__all__ = ["LITERT_BUILTIN"]

LITERT_BUILTIN = Arithmetic(
    "litert-builtin",
    floats="separate",
    oracle="ai-edge-litert, OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES",
    rules={
        ("RESHAPE", "INT8"): None,
    },
)
