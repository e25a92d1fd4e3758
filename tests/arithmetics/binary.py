"""Random cases of operators with two inputs that broadcast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..cases import Case, T
from .tensors import Shape, quantized, related, rescaled, shape

__all__ = ["CASES"]

TYPES = ("INT8", "UINT8")
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def shapes(rng: np.random.Generator) -> tuple[Shape, Shape]:
    """Two that broadcast: the same, a number, a row, or ones here and there in one or both."""
    rank = int(rng.integers(1, 5))
    x = y = shape(rng, rank)
    kind = rng.integers(5)
    if kind == 1:
        y = (1,) * int(rng.integers(0, rank + 1))
    elif kind == 2:
        y = x[int(rng.integers(rank)) :]
    elif kind >= 3:
        y = tuple(1 if rng.integers(3) == 0 else size for size in x)
        if kind == 4:
            x = tuple(1 if rng.integers(4) == 0 else size for size in x)
    return (x, y) if rng.integers(2) else (y, x)


def operand(rng: np.random.Generator, shape: Shape, numbers: dict[str, Any], constant: bool) -> T:
    made = T(shape, **numbers)
    if constant:
        made.data = made.values(rng)
    return made


def arithmetic(code: str, type: str, product: bool) -> Callable[[np.random.Generator], Case]:
    """The output's scale is such that most of its range is used, and some results are beyond it. One input may be constant."""

    def case(rng: np.random.Generator) -> Case:
        (left, right), constant = shapes(rng), rng.integers(4)
        x, y, output = (quantized(rng, type) for _ in range(3))
        used = x["scale"] * y["scale"] * 128 if product else max(x["scale"], y["scale"])
        output["scale"] = float(np.float32(used * (2.0 ** rng.integers(-1, 3) if rng.integers(2) else rng.uniform(0.5, 4))))
        if rng.integers(4) == 0:
            output["scale"] = related(rng, x["scale"] * y["scale"] * 128 if product else x["scale"])
        if rng.integers(4) == 0:
            y = x
        if rng.integers(4) == 0 and not product:
            # Many sums lie at halves, where the last bits of both inputs decide.
            output["scale"], y = x["scale"], {**y, "scale": float(np.float32(x["scale"] * rng.choice((0.5, 1.5, 2.5))))}
        options = {"fused_activation_function": str(rng.choice(ACTIVATIONS))}
        inputs = [operand(rng, left, x, constant == 1), operand(rng, right, y, constant == 2)]
        return Case(code, inputs, [T(np.broadcast_shapes(left, right), **output)], options, version=2)

    return case


def choice(code: str, type: str) -> Callable[[np.random.Generator], Case]:
    """Operators that return one of two numbers, which have the same scale."""

    def case(rng: np.random.Generator) -> Case:
        (left, right), numbers = shapes(rng), quantized(rng, type)
        inputs = [T(left, **numbers), operand(rng, right, numbers, bool(rng.integers(2)))]
        return Case(code, inputs, [T(np.broadcast_shapes(left, right), **numbers)], version=2)

    return case


def squared_difference(rng: np.random.Generator) -> Case:
    left, right = shapes(rng)
    x, y, output = (quantized(rng, "INT8") for _ in range(3))
    if rng.integers(3) == 0:
        y["scale"] = x["scale"]
    output["scale"] = float(np.float32((max(x["scale"], y["scale"]) * 128) ** 2 / 64 * 2.0 ** rng.integers(-2, 2)))
    return Case("SQUARED_DIFFERENCE", [T(left, **x), T(right, **y)], [T(np.broadcast_shapes(left, right), **output)], version=2)


def prelu(type: str) -> Callable[[np.random.Generator], Case]:
    def case(rng: np.random.Generator) -> Case:
        rank = int(rng.integers(2, 5))
        of = shape(rng, rank)
        slopes = of[-1:] if rng.integers(2) else (*(1 if rng.integers(2) else size for size in of[1:-1]), of[-1])
        x, y = (quantized(rng, type) for _ in range(2))
        y["scale"] = float(np.float32(y["scale"] / 10))
        output = rescaled(rng, x)
        if rng.integers(3) == 0:
            output["scale"] = related(rng, x["scale"] * y["scale"] * 64)
        return Case("PRELU", [T(of, **x), operand(rng, slopes, y, True)], [T(of, **output)])

    return case


CASES: dict[tuple[str, str], Callable[[np.random.Generator], Case]] = {
    **{(code, type): arithmetic(code, type, code == "MUL") for code in ("ADD", "SUB", "MUL") for type in TYPES},
    **{(code, type): choice(code, type) for code in ("MAXIMUM", "MINIMUM") for type in TYPES},
    ("SQUARED_DIFFERENCE", "INT8"): squared_difference,
    **{("PRELU", type): prelu(type) for type in TYPES},
}
