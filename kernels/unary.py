"""Functions of one operand, element by element. Work is counted in blocks of BLOCK elements."""

from __future__ import annotations

import numpy as np

from .cpu import target
from .elements import ELEMENTS, NUMBERS
from .kernel import Device, Kernel, device, kernel
from .lazy import simd
from .tails import store_first
from .vmath import splat, verfc, vexp, vexpm1, vlog, vlogistic, vtanh
from .vmath_double import vsine

LANES = target().lanes
BLOCK = 4096


def make_unary(name: str, element: str, formula: Device, fields: dict[str, str]) -> Kernel:
    """A kernel of a formula on vectors: formula(a, x)."""
    spare_type = NUMBERS[element]

    @kernel(f"{element}_{name}", x=element + "*", out=element + "*", count="i64", **fields)
    def unary(a, lo, hi, scratch):
        tail_buffer = simd.pointer(scratch, spare_type)
        for first in range(lo * BLOCK, min(hi * BLOCK, a.count), LANES):
            # The last vector moves back to end with the last element; fewer than a vector are cut.
            i = max(min(first, a.count - LANES), 0)
            store_first(a.out + i, formula(a, simd.load(a.x + i, LANES)), a.count - i, tail_buffer)

    return unary


@kernel("lookup_8", x="u8*", out="u8*", table="u8*", count="i64")
def lookup_8(a, lo, hi, scratch):
    """out = table[x]: any function of 8 bits."""
    for i in range(lo * BLOCK, min(hi * BLOCK, a.count)):
        a.out[i] = a.table[a.x[i]]


@device
def absolute(a, x):
    return simd.absolute(x)


@device
def absolute_integer(a, x):
    return simd.select(x < 0, x ^ x, x) - simd.select(x < 0, x, x ^ x)


@device
def negative(a, x):
    return (x ^ x) - x


@device
def negative_float(a, x):
    return splat(-0.0) - x


@device
def exp(a, x):
    return vexp(x)


@device
def log(a, x):
    return vlog(x)


@device
def sqrt(a, x):
    return simd.square_root(x)


@device
def rsqrt(a, x):
    return splat(1) / simd.square_root(x)


@device
def square(a, x):
    return x * x


@device
def floor(a, x):
    return simd.floor(x)


@device
def ceil(a, x):
    return simd.ceil(x)


@device
def round_even(a, x):
    # The reference's floor and add leave a negative zero only where there was one.
    return simd.select(x == splat(0), x, simd.round_even(x) + splat(0))


@device
def clamp(a, x):
    x = simd.select(x < a.low, splat(a.low), x)
    return simd.select(x > a.high, splat(a.high), x)


@device
def leaky_relu(a, x):
    return simd.select(x > splat(0), x, x * a.alpha)


@device
def elu(a, x):
    return simd.select(x < splat(0), vexpm1(simd.minimum(x, np.float32(0))), x)


@device
def gelu(a, x):
    return x * splat(0.5) * verfc(x * np.float32(-0.7071067811865476))


@device
def gelu_tanh(a, x):
    inner = (x + x * x * x * np.float32(0.044715)) * np.float32(0.7978845608028654)
    return x * splat(0.5) * (splat(1) + vtanh(inner))


@device
def hard_swish(a, x):
    return x * simd.minimum(simd.maximum(x + splat(3), np.float32(0)), np.float32(6)) / splat(6)


@device
def logistic(a, x):
    return vlogistic(x)


@device
def tanh(a, x):
    return vtanh(x)


@device
def sin(a, x):
    return vsine(x, np.int64(0))


@device
def cos(a, x):
    return vsine(x, np.int64(1))


@device
def sign(a, x):
    """NaN stays, and a negative zero does not."""
    return simd.select(x > splat(0), splat(1), simd.select(x < splat(0), splat(-1), x + splat(0)))


@device
def sign_integer(a, x):
    return simd.select(x > 0, (x ^ x) + 1, simd.select(x < 0, (x ^ x) - 1, x))


@device
def fake_quant(a, x):
    """To the nearest of the numbers that are `scale` apart from `low` to `high`; NaN to `low`."""
    steps = (simd.minimum(simd.maximum(x, a.low), a.high) - a.low) * a.inverse
    whole = simd.truncate(steps)
    whole = simd.select(steps - whole >= splat(0.5), whole + splat(1), whole)
    return whole * a.scale + a.low


@device
def logical_not(a, x):
    return simd.select(x == 0, simd.splat(np.uint8(1), LANES), x ^ x)


_FLOATS = {
    "abs": absolute, "neg": negative_float, "exp": exp, "log": log, "sqrt": sqrt, "rsqrt": rsqrt, "square": square, "floor": floor,
    "ceil": ceil, "round": round_even, "elu": elu, "gelu": gelu, "gelu_tanh": gelu_tanh, "hard_swish": hard_swish,
    "logistic": logistic, "tanh": tanh, "sin": sin, "cos": cos, "sign": sign,
}  # fmt: skip
_INTEGERS = {"abs": absolute_integer, "neg": negative, "sign": sign_integer, "square": square}

# type -> name -> kernel
UNARY: dict[str, dict[str, Kernel]] = {
    "FLOAT32": {
        **{name: make_unary(name, "f32", formula, {}) for name, formula in _FLOATS.items()},
        "clamp": make_unary("clamp", "f32", clamp, {"low": "f32", "high": "f32"}),
        "leaky_relu": make_unary("leaky_relu", "f32", leaky_relu, {"alpha": "f32"}),
        "fake_quant": make_unary("fake_quant", "f32", fake_quant, {"low": "f32", "high": "f32", "scale": "f32", "inverse": "f32"}),
    },
    **{
        type: {name: make_unary(name, ELEMENTS[type], formula, {}) for name, formula in _INTEGERS.items()}
        for type in ("INT16", "INT32", "INT64")
    },
    "BOOL": {"logical_not": make_unary("logical_not", "u8", logical_not, {})},
}
