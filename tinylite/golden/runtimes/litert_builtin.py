"""LiteRT's optimized kernels without a delegate."""

from __future__ import annotations

from .base.litert import litert_runtime

__all__ = ["RUNTIME"]

RUNTIME = litert_runtime("LiteRT with its optimized kernels", "BUILTIN_WITHOUT_DEFAULT_DELEGATES")
