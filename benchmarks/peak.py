"""What one core can attain at most: multiply-adds of floats and 8-bit dot products with nothing else to do.

Two loops over a tile of sums that stays in registers, as do the vectors that it is multiplied with. The other factors are
few loads from the first cache, which wait for nothing. No matrix kernel can be faster on this target: it must load more.
"""

from __future__ import annotations

import ctypes
import zlib
from pathlib import Path

import numpy as np

from tinylite.kernels.cpu import target
from tinylite.kernels.dots import best_dot
from tinylite.kernels.executor import aligned
from tinylite.kernels.kernel import Kernel, kernel
from tinylite.kernels.lazy import simd, tiles
from tinylite.kernels.store import addresses

from .timing import in_turn

__all__ = ["peaks"]

# A tile with its row fills the registers. Each product is of another pair, so that the compiler can merge none.
LANES, DOT = target().lanes, best_dot()
_DOT = DOT.number
ROWS, VECTORS = (4, 6) if target().registers == 32 else (3, 3)
COUNT = ROWS * VECTORS
WIDTH = VECTORS * LANES
DEPTH = 64  # steps through `factors`, which is loaded again and again
FIELDS = {"factors": "u8*", "row": "u8*", "sums": "u8*"}
# The store knows a kernel of this package by its name alone, and sees no change in this file.
VERSION = f"{zlib.crc32(Path(__file__).read_bytes()):08x}"


@kernel(f"peak_f32_{VERSION}", **FIELDS)
def peak_f32(a, lo, hi, scratch):
    row = tiles.load_row(simd.cast(a.row, np.float32), VECTORS, LANES)
    sums = tiles.load_row(simd.cast(a.sums, np.float32), COUNT, LANES)
    for _ in range(lo, hi):
        factors = simd.cast(a.factors, np.float32)
        for _ in range(DEPTH):
            sums = tiles.fma(sums, factors, DEPTH, row)
            factors = factors + 1
    tiles.store(sums, simd.cast(a.sums, np.float32), WIDTH, VECTORS)


@kernel(f"peak_q8_{VERSION}", **FIELDS)
def peak_q8(a, lo, hi, scratch):
    row = tiles.load_row(simd.cast(a.row, np.int32), VECTORS, LANES)
    sums = tiles.load_row(simd.cast(a.sums, np.int32), COUNT, LANES)
    for _ in range(lo, hi):
        factors = simd.cast(a.factors, np.int32)
        for _ in range(DEPTH):
            sums = tiles.dot(sums, factors, DEPTH * 4, 0, row, _DOT)
            factors = factors + 1
    tiles.store(sums, simd.cast(a.sums, np.int32), WIDTH, VECTORS)


def _rate(measured: Kernel, products: int, seconds: float) -> float:
    """Operations a second, a product and its addition being two; `products` are those of one 32-bit lane and step."""
    memory = [aligned(size, np.uint8) for size in (ROWS * DEPTH * 4, WIDTH * 4, COUNT * LANES * 4)]
    for held in memory:
        held[:] = 0x3C  # 0.01 as floats: none so small that it is slow, none that grows without end
    assert measured.record is not None
    fields = {name: held.ctypes.data for name, held in zip(FIELDS, memory, strict=True)}
    packed = np.frombuffer(measured.record.pack(fields), np.uint8).copy()
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(addresses([measured])[measured.name])
    turns = 200
    times = in_turn({"run": lambda: function(packed.ctypes.data, 0, turns, 0)}, seconds, round_seconds=0.001)
    return 2 * products * COUNT * LANES * DEPTH * turns / min(times.rounds["run"])


def peaks(seconds: float = 0.25) -> dict[str, float]:
    """Operations a second of one core, of floats and of 8-bit numbers: the best of many short rounds, the CPU's fastest clock."""
    return {"float": _rate(peak_f32, 1, seconds), "8-bit": _rate(peak_q8, DOT.group, seconds)}
