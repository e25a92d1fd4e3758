"""Random cases of functions of one number, of rows, and of what takes floats to integers and back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from tinylite.quantization_math import integer_limits

from ..cases import Case, T
from .tensors import quantized, related, rescaled, scale, shape

__all__ = ["CASES"]

TYPES = ("INT8", "UINT8")
Maker = Callable[[np.random.Generator], Case]


def fixed(type: str, steps: int, zero: int) -> dict[str, object]:
    """The parameters that an operator wants of its output."""
    return {"type": type, "scale": 1 / steps, "zero": zero + integer_limits(type)[0]}


def next_to_half(rng: np.random.Generator, code: str) -> float:
    """A number of which a function's result lies next to a half of an output step.

    Of LOGISTIC as near as floats can; of TANH so near that the sum with a zero point of 128 is a half.
    """
    if code == "LOGISTIC":
        return float(-np.log(256 / (rng.integers(128, 255) + 0.5) - 1))
    return float(np.arctanh((rng.integers(8) + 0.5 + rng.choice((-1, 1)) * rng.uniform(1.5e-6, 5e-6)) / 128))


def depends_on_library(x: dict[str, Any]) -> bool:
    """Whether TANH of some value of an input lies so near to a half that C libraries, whose tanhf differ in the last bit, do not agree."""
    low, high = integer_limits(x["type"])
    real = np.float32(x["scale"]) * (np.arange(low, high + 1) - x["zero"]).astype(np.float32)
    exact = np.tanh(real.astype(np.float64)).astype(np.float32)
    near = [np.nextafter(np.nextafter(exact, np.float32(end)), np.float32(end)) for end in (-2, 2)]
    found = [(np.rint(values * 128), np.rint(values * np.float32(128) + np.float32(128))) for values in (exact, *near)]
    return not all(np.array_equal(one, other) for one, other in itertools.pairwise(found))


def function(code: str, type: str, reach: float, output: dict[str, object] | None = None, version: int = 2) -> Maker:
    """All values of an input whose range is up to `reach` wide; the output's parameters are `output`, or random."""

    def input(rng: np.random.Generator) -> dict[str, Any]:
        x = quantized(rng, type, reach / 5000, reach / 200)
        if output and rng.integers(2):
            x["scale"] = float(np.float32(next_to_half(rng, code) / rng.integers(1, 128)))
        return input(rng) if code == "TANH" and depends_on_library(x) else x

    def case(rng: np.random.Generator) -> Case:
        x = input(rng)
        y = output or rescaled(rng, x)
        return Case(code, [T((256,), **x, data=np.arange(256) + integer_limits(type)[0])], [T((256,), **y)], version=version)

    def of_any_size(rng: np.random.Generator) -> Case:
        made = case(rng)
        if rng.integers(2):
            size = shape(rng, int(rng.integers(1, 5)))
            (x,), (y,) = made.inputs, made.outputs
            assert x is not None
            x.data, x.shape, y.shape = None, size, size
        return made

    return of_any_size


def clamping(code: str, type: str) -> Maker:
    """Half of them keep the scale, as converters write them."""

    def case(rng: np.random.Generator) -> Case:
        size, x = shape(rng, int(rng.integers(1, 5))), quantized(rng, type, 0.005, 0.1)
        y = x if rng.integers(2) else rescaled(rng, x)
        return Case(code, [T(size, **x)], [T(size, **y)], version=1 if code == "RELU_N1_TO_1" else 2)

    return case


def leaky_relu(type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        size, x = shape(rng, int(rng.integers(1, 5))), quantized(rng, type)
        y = x if rng.integers(3) == 0 else rescaled(rng, x)
        alpha = (2.0 ** -rng.integers(1, 6), rng.uniform(0, 0.4), rng.uniform(0, 0.4), rng.uniform(-0.5, 1))[int(rng.integers(4))]
        return Case("LEAKY_RELU", [T(size, **x)], [T(size, **y)], {"alpha": float(np.float32(alpha))})

    return case


def softmax(type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        size = (*shape(rng, int(rng.integers(1, 4)), 60)[:-1], int(rng.choice((1, 2, 10, 33, int(rng.integers(2, 300))))))
        x, beta = quantized(rng, type, 0.003, 0.5), 1.0 if rng.integers(3) else float(np.float32(rng.uniform(0.2, 2)))
        return Case("SOFTMAX", [T(size, **x)], [T(size, **fixed(type, 256, 0))], {"beta": beta}, version=2)

    return case


def quantize(type: str) -> Maker:
    """From floats, many at halves and at the next floats to them, some far beyond the range; or from one scale to another."""

    def case(rng: np.random.Generator) -> Case:
        size, y = shape(rng, int(rng.integers(1, 5))), quantized(rng, type, 0.001, 10)
        if rng.integers(2):
            x = quantized(rng, str(rng.choice(TYPES)), y["scale"] / 4, y["scale"] * 4)
            if rng.integers(4) == 0:
                y["scale"] = related(rng, x["scale"])
            if rng.integers(4) == 0:
                x["scale"] = y["scale"]
            return Case("QUANTIZE", [T(size, **x)], [T(size, **y)], version=2)
        steps = rng.integers(-300, 300, size) / 2
        values = np.float32(steps) * np.float32(y["scale"])
        values = np.where(rng.integers(2, size=size), np.nextafter(values, np.float32(rng.choice((-np.inf, np.inf)))), values)
        values = np.where(rng.integers(3, size=size) == 0, rng.normal(0, 60 * y["scale"], size), values)
        values = np.where(rng.integers(30, size=size) == 0, rng.uniform(-1e5, 1e5, size) * y["scale"], values)
        return Case("QUANTIZE", [T(size, data=np.float32(values))], [T(size, **y)])

    return case


def dequantize(rng: np.random.Generator) -> Case:
    size = shape(rng, int(rng.integers(1, 5)))
    if rng.integers(3) == 0:
        axis = int(rng.integers(len(size)))
        scales = np.asarray([scale(rng) for _ in range(size[axis])], np.float32)
        return Case("DEQUANTIZE", [T(size, "INT8", scale=scales, zero=0, axis=axis)], [T(size)], version=5)
    return Case("DEQUANTIZE", [T(size, **quantized(rng, str(rng.choice(("INT8", "UINT8", "INT16")))))], [T(size)], version=3)


def sign(code: str) -> Maker:
    """ABS and NEG."""

    def case(rng: np.random.Generator) -> Case:
        size, x = shape(rng, int(rng.integers(1, 5))), quantized(rng, "INT8")
        if code == "ABS":
            y = rescaled(rng, x)
        else:
            y = x = {**x, "zero": 0}
        return Case(code, [T(size, **x)], [T(size, **y)])

    return case


CASES: dict[tuple[str, str], Maker] = {
    **{("LOGISTIC", type): function("LOGISTIC", type, 30, fixed(type, 256, 0)) for type in TYPES},
    **{("TANH", type): function("TANH", type, 20, fixed(type, 128, 128)) for type in TYPES},
    **{("HARD_SWISH", type): function("HARD_SWISH", type, 40, version=1) for type in TYPES},
    **{("LEAKY_RELU", type): leaky_relu(type) for type in TYPES},
    **{(code, type): clamping(code, type) for code in ("RELU", "RELU6", "RELU_N1_TO_1") for type in TYPES},
    **{("SOFTMAX", type): softmax(type) for type in TYPES},
    **{("QUANTIZE", type): quantize(type) for type in TYPES},
    ("DEQUANTIZE", "FLOAT32"): dequantize,
    ("ABS", "INT8"): sign("ABS"),
    ("NEG", "INT8"): sign("NEG"),
}
