"""LiteRT's reference kernels, and what is as fast as possible with the same integers."""

from __future__ import annotations

from .arithmetic import Arithmetic

__all__ = ["FAST", "REFERENCE"]

REFERENCE = Arithmetic("litert-reference", floats="separate", oracle="ai-edge-litert, OpResolverType.BUILTIN_REF")
FAST = Arithmetic("fast", floats="fused", quantizing=REFERENCE, oracle="integers: ai-edge-litert, OpResolverType.BUILTIN_REF")
