"""Modules that are loaded when something in them is first used: they import numba, which no warm start may wait for."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType
from typing import TYPE_CHECKING


def _lazy(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    assert spec is not None and spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from . import machine as machine, simd as simd, tiles as tiles  # noqa: PLC0414
else:
    machine, simd, tiles = (_lazy(f"tinylite.kernels.{name}") for name in ("machine", "simd", "tiles"))


def load() -> None:
    """Load them now: numba must have met every intrinsic before it types the first kernel."""
    for module in (machine, simd, tiles):
        vars(module)
