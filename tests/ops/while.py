"""Cases of WHILE; tests/test_control_flow.py has more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tinylite.model import Tensor

from ..cases import Case, T
from ..graphs import Maker, constant, loop

Turn = Callable[..., Sequence[Tensor]]


def case(name: str, turn: Turn, *variables: T, turns: int = 4) -> Case:
    """A loop of some iterations over variables, the first of which counts them."""
    counter = T((), "INT32", low=turns, high=turns)
    tensors = [t.tensor(f"v{index}") for index, t in enumerate((counter, *variables))]
    outputs = [T(t.shape, t.type, scale=t.scale, zero=t.zero) for t in (counter, *variables)]
    return Case("WHILE", [counter, *variables], outputs, loop(tensors, turn), name=f"WHILE-{name}-{turns}")


def add_one(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    return [maker.add("ADD", x, constant(1))]


def step(maker: Maker, count: Tensor, state: Tensor, weights: Tensor) -> list[Tensor]:
    """A recurrent layer's iteration: the weights, a constant, go round as they are."""
    return [maker.add("RELU_N1_TO_1", maker.add("FULLY_CONNECTED", state, weights, None, shape=state.shape)), weights]


def scale(maker: Maker, count: Tensor, state: Tensor, factors: Tensor) -> list[Tensor]:
    return [maker.add("MUL", state, factors), factors]


def pick(maker: Maker, count: Tensor, sequence: Tensor, total: Tensor) -> list[Tensor]:
    """Add up elements of a sequence that goes round as it is."""
    index = maker.add("SUB", count, constant(1, np.int32))
    return [sequence, maker.add("ADD", total, maker.add("GATHER", sequence, index, shape=total.shape, axis=0))]


def grow(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    grown = maker.add("CONCATENATION", x, constant([[1, 2]]), axis=0)
    grown.shape_signature = (-1, 2)
    return [grown]


def forget(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    return [constant([[5, 6]])]


CASES = [
    *(case("add", add_one, T((2, 3)), turns=turns) for turns in (0, 1, 5)),
    case("scale", scale, T((2, 4)), T((4,), low=-1, high=1)),
    case("layer", step, T((1, 4)), T((4, 4), data=np.linspace(-1, 1, 16))),
    case("gather", pick, T((4, 3)), T((3,))),
    *(case("grow", grow, T((1, 2)), turns=turns) for turns in (0, 1, 4)),
    case("forget", forget, T((1, 2))),
    case("int8", lambda maker, count, x: [maker.add("RELU", x, version=2)], T((5,), "INT8", scale=0.1, zero=3)),
]
