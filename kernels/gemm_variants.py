"""Which variants of matrix products this process has, and which of them a product of a given shape takes.

To add one for another CPU: a primitive in dots.py and tiles.py, or a kernel of its own, and a row here.
"""

from __future__ import annotations

from typing import Any

from .cpu import Target, target
from .dots import best_dot
from .f32_gemm import make_f32_variant
from .gemm import Variant
from .q8_gemm import make_q8_variant

__all__ = ["FEW_ROWS", "VARIANTS", "choose"]

# By how many vector registers there are: rows of a tile of one, two, ... vectors.
_TILE_ROWS = {32: (12, 12, 8, 6), 16: (6, 6)}
# Products of fewer rows cost the same whether floats are fused or not.
FEW_ROWS = max(_TILE_ROWS[target().registers])


def _is_vector(m: int, n: int, k: int) -> bool:
    """One row, whose sums are so few that each waits for the one before; deep ones wait for memory instead."""
    return m == 1 and n >= 64 and k <= 512


def _variants(cpu: Target) -> tuple[Variant, ...]:
    """Those of a CPU; for each type the first that suits a shape is the best for it."""
    # A row by itself: tiles twice as wide, so that more sums are on the way at a time.
    flat: dict[str, Any] = {"lanes": cpu.lanes, "tile_rows": (1, 1, 1, 1), "step": 2, "suits": _is_vector}
    tall: dict[str, Any] = {"lanes": cpu.lanes, "tile_rows": _TILE_ROWS[cpu.registers]}
    return (
        make_f32_variant(__name__, ("separate",), **flat),
        make_f32_variant(__name__, ("separate", "fused"), **tall),
        make_q8_variant(__name__, dot=best_dot(), **flat),
        make_q8_variant(__name__, dot=best_dot(), **tall),
    )


VARIANTS = tuple(variant for variant in _variants(target()) if variant.supports(target()))


def choose(type: str, m: int, n: int, k: int) -> Variant:
    """The best variant for rows of a type ("f32" or "q8"): m of them, times n columns, k deep."""
    return next(variant for variant in VARIANTS if variant.type == type and variant.suits(m, n, k))
