"""Cases of IF; tests/test_control_flow.py has more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from tinylite.model import Tensor

from ..cases import Case, T
from ..graphs import Maker, branch, constant

Make = Callable[..., Sequence[Tensor]]


def case(name: str, chosen: bool, on_true: Make, on_false: Make, outputs: list[T], *inputs: T, known: bool = False) -> Case:
    tensors = [t.tensor(f"x{index}") for index, t in enumerate(inputs)]
    graphs = {
        "then_subgraph_index": branch("on_true", tensors, on_true),
        "else_subgraph_index": branch("on_false", tensors, on_false),
    }
    condition = T((), "BOOL", low=chosen, high=chosen, data=chosen if known else None)
    return Case("IF", [condition, *inputs], outputs, graphs, name=f"IF-{name}-{chosen}")


def add(maker: Maker, a: Tensor, b: Tensor) -> list[Tensor]:
    return [maker.add("ADD", a, b)]


def multiply(maker: Maker, a: Tensor, b: Tensor) -> list[Tensor]:
    return [maker.add("MUL", a, b)]


def first_row(maker: Maker, a: Tensor, b: Tensor) -> list[Tensor]:
    return [maker.add("SLICE", a, constant([0, 0], np.int32), constant([1, -1], np.int32), shape=(1, 3))]


def as_it_is(maker: Maker, a: Tensor, b: Tensor) -> list[Tensor]:
    return [b]


def ones(maker: Maker, a: Tensor, b: Tensor) -> list[Tensor]:
    return [constant(np.ones((2, 3)))]


CASES = [
    case(name, chosen, on_true, on_false, [T(shape)], T((2, 3)), T((2, 3)), known=known)
    for chosen in (False, True)
    for name, on_true, on_false, shape, known in [
        ("computed", add, multiply, (2, 3), False),
        ("known", add, multiply, (2, 3), True),
        ("as_it_is", as_it_is, add, (2, 3), False),
        ("constant", ones, add, (2, 3), False),
        ("shapes", first_row, add, (), False),
    ]
]  # fmt: skip
