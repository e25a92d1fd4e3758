"""Random cases of operators that quantized networks have beside: other functions of rows and numbers, comparisons, sizes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from tinylite import ops
from tinylite.quantization_math import integer_limits

from ..cases import Case, T
from .binary import shapes
from .moving import any_shape, numbers
from .tensors import quantized, rescaled, shape

__all__ = ["CASES"]

TYPES = ("INT8", "UINT8")
Maker = Callable[[np.random.Generator], Case]


def versioned(case: Case) -> Case:
    case.version = ops.find(case.code).version_needed(case.model().graph.ops[0])
    return case


def function(code: str, type: str, low: float) -> Maker:
    """All values of an input; those below a real number `low` are not among them."""

    def case(rng: np.random.Generator) -> Case:
        x = quantized(rng, type, 0.003, 0.05)
        if low > -np.inf:
            x["zero"] = integer_limits(type)[0]
        y = rescaled(rng, x)
        values = np.arange(256) + integer_limits(type)[0]
        values = values[(values - x["zero"]) * x["scale"] >= low]
        return versioned(Case(code, [T(values.shape, **x, data=values)], [T(values.shape, **y)]))

    return case


def log_softmax(type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        size = (*shape(rng, int(rng.integers(1, 4)), 60)[:-1], int(rng.integers(1, 100)))
        output = {"type": type, "scale": 1 / 16, "zero": integer_limits(type)[1]}
        return versioned(Case("LOG_SOFTMAX", [T(size, **quantized(rng, type, 0.003, 0.5))], [T(size, **output)]))

    return case


def l2_normalization(type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        size = shape(rng, int(rng.integers(1, 5)))
        output = {"type": type, "scale": 1 / 128, "zero": integer_limits(type)[0] + 128}
        return versioned(Case("L2_NORMALIZATION", [T(size, **quantized(rng, type))], [T(size, **output)]))

    return case


def plain(code: str) -> Maker:
    """Arithmetic of INT32, as sizes are computed with."""

    def case(rng: np.random.Generator) -> Case:
        x, y = shapes(rng)
        right = T(y, "INT32", low=1, high=40) if code in ("FLOOR_DIV", "FLOOR_MOD", "DIV") else T(y, "INT32")
        return versioned(Case(code, [T(x, "INT32"), right], [T(np.broadcast_shapes(x, y), "INT32")]))

    return case


def product(rng: np.random.Generator) -> Case:
    of = shape(rng, int(rng.integers(1, 4)), 60)
    axes = sorted(int(axis) for axis in rng.permutation(len(of))[: rng.integers(1, len(of) + 1)])
    keep = bool(rng.integers(2))
    out = tuple(1 if axis in axes else size for axis, size in enumerate(of) if keep or axis not in axes)
    return versioned(Case("REDUCE_PROD", [T(of, "INT32", low=-3, high=3), numbers(axes)], [T(out, "INT32")], {"keep_dims": keep}))


def comparison(code: str) -> Maker:
    """Of INT8 with scales of their own, of INT32, and of floats."""

    def case(rng: np.random.Generator) -> Case:
        x, y = shapes(rng)
        out = np.broadcast_shapes(x, y)
        if rng.integers(2):
            one, other = quantized(rng, "INT8"), quantized(rng, "INT8")
            if rng.integers(2):
                other = one
            return versioned(Case(code, [T(x, **one), T(y, **other)], [T(out, "BOOL")]))
        if rng.integers(2):
            special = rng.choice(np.float32([np.nan, np.inf, -np.inf, 0, -0.0, 1]), x)
            return versioned(Case(code, [T(x, data=special), T(y)], [T(out, "BOOL")]))
        return versioned(Case(code, [T(x, "INT32", low=-3, high=3), T(y, "INT32", low=-3, high=3)], [T(out, "BOOL")]))

    return case


def select(code: str, type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        of, x = any_shape(rng), quantized(rng, type)
        return versioned(Case(code, [T(of, "BOOL"), T(of, **x), T(of, **x)], [T(of, **x)]))

    return case


CASES: dict[tuple[str, str], Maker] = {
    **{(code, "INT8"): function(code, "INT8", -np.inf) for code in ("ELU", "EXP")},
    ("LOG", "INT8"): function("LOG", "INT8", 1e-6),
    **{("LOG_SOFTMAX", type): log_softmax(type) for type in TYPES},
    **{("L2_NORMALIZATION", type): l2_normalization(type) for type in TYPES},
    **{(code, "INT32"): plain(code) for code in ("ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "FLOOR_DIV", "FLOOR_MOD", "DIV")},
    ("REDUCE_PROD", "INT32"): product,
    **{(code, "BOOL"): comparison(code) for code in ("EQUAL", "NOT_EQUAL", "GREATER", "GREATER_EQUAL", "LESS", "LESS_EQUAL")},
    **{(code, type): select(code, type) for code in ("SELECT", "SELECT_V2") for type in TYPES},
}
