"""Kernels that measure: when a step ends, and how fast this CPU multiplies, adds and reaches memory with nothing else to do.

The work of all but the clock is `threads` parts of `turns` units each, so that with a tile of `turns` each thread of a team has a part.
"""

from __future__ import annotations

import numpy as np

from .cpu import target
from .dots import best_dot
from .kernel import kernel
from .lazy import machine, simd, tiles

__all__ = [
    "PRODUCTS", "STREAM_BYTES", "TILE_BYTES", "VALUES", "clock_stamp", "peak_f32", "peak_q8", "stream_copy", "stream_read",
]  # fmt: skip

# A tile of sums with the row that it is multiplied with fills the registers. The other factors are few loads from the first cache, which
# wait for nothing: no matrix kernel can be faster on this target, for it must load more. Each product is of another pair, so that the
# compiler can merge none.
LANES, _DOT = target().lanes, best_dot().number
FUSES = "fma" in target().needs or target().registers == 32
_ROWS, _VECTORS = (4, 6) if target().registers == 32 else (3, 3)
_COUNT, _WIDTH, _DEPTH = _ROWS * _VECTORS, _VECTORS * LANES, 64
TILE_BYTES = {"factors": _ROWS * _DEPTH * 4, "row": _WIDTH * 4, "sums": _COUNT * LANES * 4}
PRODUCTS = _COUNT * LANES * _DEPTH  # 32-bit products of a unit
VALUES = best_dot().group  # 8-bit products in each of them
_PEAK = {"factors": "u8*", "row": "u8*", "sums": "u8*"}
STREAM_BYTES = 32 * LANES  # what the streams go by
_STREAM = {"x": "u8*", "y": "u8*", "size": "i64", "turns": "i64"}


@kernel(to="i64*")
def clock_stamp(a, lo, hi, scratch):
    """Write the time: see machine.clock."""
    machine.clock(a.to)


@kernel(**_PEAK)
def peak_f32(a, lo, hi, scratch):
    row = tiles.load_row(simd.cast(a.row, np.float32), _VECTORS, LANES)
    sums = tiles.load_row(simd.cast(a.sums, np.float32), _COUNT, LANES)
    for _ in range(lo, hi):
        factors = simd.cast(a.factors, np.float32)
        for _ in range(_DEPTH):
            if FUSES:
                sums = tiles.fma(sums, factors, _DEPTH, row)
            else:
                sums = tiles.multiply_add(sums, factors, _DEPTH, row)
            factors = factors + 1
    tiles.store(sums, simd.pointer(scratch, np.float32), _WIDTH, _VECTORS)


@kernel(**_PEAK)
def peak_q8(a, lo, hi, scratch):
    row = tiles.load_row(simd.cast(a.row, np.int32), _VECTORS, LANES)
    sums = tiles.load_row(simd.cast(a.sums, np.int32), _COUNT, LANES)
    for _ in range(lo, hi):
        factors = simd.cast(a.factors, np.int32)
        for _ in range(_DEPTH):
            sums = tiles.dot(sums, factors, _DEPTH * 4, 0, row, _DOT)
            factors = factors + 1
    tiles.store(sums, simd.pointer(scratch, np.int32), _WIDTH, _VECTORS)


@kernel(**_STREAM)
def stream_copy(a, lo, hi, scratch):
    """Copy a part, `size` bytes, from x to y."""
    for unit in range(lo, hi):
        part = unit // a.turns * a.size
        simd.copy(a.y + part, a.x + part, a.size)


@kernel(**_STREAM)
def stream_read(a, lo, hi, scratch):
    """Read a part of x, with nothing to do but to add it up."""
    to = simd.pointer(scratch, np.int32)
    s = simd.load(to, LANES)
    t, u, v, w, x, y, z = s, s, s, s, s, s, s
    for unit in range(lo, hi):
        p = simd.cast(a.x + unit // a.turns * a.size, np.int32)
        for i in range(0, a.size // 4, 8 * LANES):
            q = p + i
            s = s + simd.load(q, LANES)
            t = t + simd.load(q + LANES, LANES)
            u = u + simd.load(q + 2 * LANES, LANES)
            v = v + simd.load(q + 3 * LANES, LANES)
            w = w + simd.load(q + 4 * LANES, LANES)
            x = x + simd.load(q + 5 * LANES, LANES)
            y = y + simd.load(q + 6 * LANES, LANES)
            z = z + simd.load(q + 7 * LANES, LANES)
    simd.store(to, s + t + u + v + w + x + y + z)
