"""LiteRT's reference kernels: Interpreter with BUILTIN_REF.

CompiledModel's reference mode is not them: in LiteRT 2.3 it computes what the optimized kernels do.
"""

from __future__ import annotations

from .base.litert import litert_runtime

__all__ = ["RUNTIME"]

RUNTIME = litert_runtime("LiteRT with its reference kernels", "BUILTIN_REF")
