"""The end of a line, where less than a vector is left."""

from __future__ import annotations

from .cpu import target
from .kernel import device
from .lazy import simd

LANES = target().lanes


@device
def load_first(p, count, rest):
    """A vector of `count` numbers, or if they are fewer than its lanes, of `rest` behind them; reads into the slack."""
    vector = simd.load(p, LANES)
    if count < LANES:
        vector = simd.keep_first(vector, count, rest)
    return vector


@device
def store_first(to, vector, count, tail_buffer):
    """The first `count` lanes of a vector; `tail_buffer` has room for all."""
    if count >= LANES:
        simd.store(to, vector)
    else:
        simd.store(tail_buffer, vector)
        for i in range(count):
            to[i] = tail_buffer[i]
