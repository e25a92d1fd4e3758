"""LiteRT as it is by default: XNNPACK for what that can run, and the optimized kernels for the rest."""

from __future__ import annotations

from .base.litert import litert_runtime

__all__ = ["RUNTIME"]

RUNTIME = litert_runtime("LiteRT with XNNPACK", "BUILTIN", delegates=True)
