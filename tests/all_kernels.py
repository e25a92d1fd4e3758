"""All kernels of this CPU, compiled or loaded in one go."""

from __future__ import annotations

import importlib
import pkgutil

from tinylite import kernels
from tinylite.kernels.kernel import KERNELS, Kernel
from tinylite.kernels.store import addresses

__all__ = ["all_kernels", "load_all_kernels"]

_COMPILER = {"compile", "machine", "simd", "tiles"}  # they import numba, and define no kernel


def all_kernels() -> list[Kernel]:
    """Every kernel that an operator or the executor may ask for."""
    for module in pkgutil.iter_modules(kernels.__path__):
        if module.name not in _COMPILER:
            importlib.import_module(f"{kernels.__name__}.{module.name}")
    return list(KERNELS.values())


def load_all_kernels() -> None:
    """Load them, compiling those that are missing in a process per core: much faster than each test doing so for its own few."""
    addresses(all_kernels())
