"""Random quantized tensors of cases, on which rounding is decided."""

from __future__ import annotations

from typing import Any

import numpy as np

from tinylite.quantization_math import integer_limits

__all__ = ["quantized", "related", "rescaled", "scale", "shape", "zero"]

Shape = tuple[int, ...]


def scale(rng: np.random.Generator, low: float = 0.003, high: float = 0.3) -> float:
    """A third are powers of two, so that halves are frequent. With some others the limits of activations, 1 and 6, lie at halves."""
    drawn, kind = float(np.exp(rng.uniform(np.log(low), np.log(high)))), rng.integers(8)
    if kind < 3:
        drawn = 2.0 ** np.round(np.log2(drawn))
    elif kind == 3:
        bound = int(rng.choice((1, 6)))
        drawn = 2 * bound / (2 * np.floor(bound / drawn) + 1)
    return float(np.float32(drawn))


def related(rng: np.random.Generator, factor: float) -> float:
    """A scale by which `factor` is divided to a short binary fraction, but for the rounding of floats: halves, and what is next to them,
    are frequent.
    """
    return float(np.float32(factor / rng.choice((0.375, 0.625, 0.6875, 0.75, 1.125, 1.25, 1.5))))


def zero(rng: np.random.Generator, type: str) -> int:
    """A third are at an end, or 0."""
    low, high = integer_limits(type)
    return int(rng.choice((low, high, 0)) if rng.integers(3) == 0 else rng.integers(low, high + 1))


def rescaled(rng: np.random.Generator, x: dict[str, Any]) -> dict[str, Any]:
    """Another scale and zero point than x has, with which most of the range is used."""
    found = quantized(rng, x["type"], x["scale"] / 4, x["scale"] * 4)
    return {**found, "scale": related(rng, x["scale"])} if rng.integers(3) == 0 else found


def quantized(rng: np.random.Generator, type: str, low: float = 0.003, high: float = 0.3) -> dict[str, Any]:
    """The type, a scale and a zero point, as T takes them."""
    return {"type": type, "scale": scale(rng, low, high), "zero": zero(rng, type) if type != "INT16" else 0}


def shape(rng: np.random.Generator, rank: int, most: int = 400) -> Shape:
    """Of about `most` elements or fewer; the last dimension has sizes on both sides of a kernel's blocks."""
    last = int(rng.integers(1, 41)) if rank else 1
    room, sizes = max(most // last, 1), []
    for _ in range(rank - 1):
        sizes.append(int(rng.integers(1, min(room, 9) + 1)))
        room = max(room // sizes[-1], 1)
    return (*sizes, last) if rank else ()
