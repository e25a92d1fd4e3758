"""How cases are made and registered."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case

__all__ = ["CASES", "RNG", "Draw", "Op", "drawn", "each", "shapes", "some"]

Draw = Callable[..., Any]
Op = Callable[..., Any]
RNG = np.random.Generator(np.random.PCG64(11))
CASES: dict[str, st.SearchStrategy[Case]] = {}


def some(shape: Sequence[int], dtype: str = "float32", low: float = -3, high: float = 3) -> np.ndarray:
    """Values of a shape; integers include both ends."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return np.asarray(RNG.random(shape) < 0.5)
    if kind in "iu":
        return np.asarray(RNG.integers(int(low), int(high), shape, endpoint=True), dtype)
    return np.asarray(RNG.uniform(low, high, shape), dtype)


def shapes(low: int = 0, high: int = 4, most: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, most), min_size=low, max_size=high).map(tuple)


def drawn(*names: str) -> Callable[[Callable[[Draw, Op], Case]], None]:
    """A function that draws a case of an op. Its random values follow from what is drawn."""

    def add(draw_case: Callable[[Draw, Op], Case]) -> None:
        def seeded(draw: Draw, op: Op) -> Case:
            RNG.bit_generator.state = np.random.PCG64(draw(st.integers(0, 99))).state
            return draw_case(draw, op)

        for name in names:
            _register(name, st.composite(seeded)(getattr(tf.raw_ops, name)))

    return add


def each(*names: str) -> Callable[[Callable[[Op], Sequence[Case]]], None]:
    """A function that returns a few cases of an op."""

    def add(cases: Callable[[Op], Sequence[Case]]) -> None:
        for name in names:
            _register(name, st.sampled_from(list(cases(getattr(tf.raw_ops, name)))))

    return add


def _register(name: str, cases: st.SearchStrategy[Case]) -> None:
    CASES[name] = CASES[name] | cases if name in CASES else cases
