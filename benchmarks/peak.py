"""What one core can attain: the innermost step of the matrix kernels, on data that stay in its first cache."""

from __future__ import annotations

import ctypes

import numpy as np

from tinylite.kernels.executor import aligned
from tinylite.kernels.gemm import LANES, NR, ROWS, VECTORS
from tinylite.kernels.kernel import Kernel, kernel
from tinylite.kernels.lazy import simd, tiles
from tinylite.kernels.q8_gemm import GROUP
from tinylite.kernels.store import addresses

from .timing import in_turn

__all__ = ["peaks"]

DEPTH = 32  # steps of a tile: so many rows of weights fit the first cache beside the rest
TILE_ROWS = ROWS[VECTORS]
COUNT = TILE_ROWS * VECTORS
FIELDS = {"rows": "u8*", "weights": "u8*", "sums": "u8*"}


@kernel("peak_f32", **FIELDS)
def peak_f32(a, lo, hi, scratch):
    for _ in range(lo, hi):
        rows, weights = simd.cast(a.rows, np.float32), simd.cast(a.weights, np.float32)
        sums = tiles.zeros(COUNT, np.float32, LANES)
        for _ in range(DEPTH):
            sums = tiles.fma(sums, rows, DEPTH, tiles.load_row(weights, VECTORS, LANES))
            rows = rows + 1
            weights = weights + NR
        tiles.store(sums, simd.cast(a.sums, np.float32), NR, VECTORS)


@kernel("peak_q8", **FIELDS)
def peak_q8(a, lo, hi, scratch):
    for _ in range(lo, hi):
        rows, weights = simd.cast(a.rows, np.int32), simd.cast(a.weights, np.int32)
        sums = tiles.zeros(COUNT, np.int32, LANES)
        for _ in range(DEPTH):
            sums = tiles.dot(sums, rows, DEPTH * 4, 0, tiles.load_row(weights, VECTORS, LANES))
            rows = rows + 1
            weights = weights + NR
        tiles.store(sums, simd.cast(a.sums, np.int32), NR, VECTORS)


def _rate(measured: Kernel, products: int, seconds: float) -> float:
    """Operations a second, a product and its addition being two; `products` are those of one 32-bit lane and step."""
    memory = [aligned(size, np.uint8) for size in (TILE_ROWS * DEPTH * 4, DEPTH * NR * 4, TILE_ROWS * NR * 4)]
    assert measured.record is not None
    packed = np.frombuffer(
        measured.record.pack({name: held.ctypes.data for name, held in zip(FIELDS, memory, strict=True)}), np.uint8
    ).copy()
    function = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)(addresses([measured])[measured.name])
    tiles_a_run = 200
    times = in_turn({"run": lambda: function(packed.ctypes.data, 0, tiles_a_run, 0)}, seconds)
    return 2 * products * COUNT * LANES * DEPTH * tiles_a_run / min(times.rounds["run"])


def peaks(seconds: float = 0.5) -> dict[str, float]:
    """Operations a second of one core, for float and for 8-bit matrix kernels: the best of many short rounds."""
    return {"float": _rate(peak_f32, 1, seconds), "8-bit": _rate(peak_q8, GROUP, seconds)}
