"""How arithmetics other than the reference kernels' compute operators of one or two 8-bit numbers, in numpy.

A formula takes stored numbers, int64 of any shapes that broadcast, with the scale and zero point of each operand. It returns its stages
by name, in order, of which the last is the result with its zero point, before it is cut to the output's limits; or None where the
implementation hands the op over to another one, by its scales.

optimized_*        LiteRT's kernels for vector units, in whole vectors; what is left over is computed as the reference kernels do
xnnpack_*          XNNPACK's kernels for x86
tflm_*             tflite-micro's kernels
cmsis_nn_single_*  CMSIS-NN's kernels, compiled with CMSIS_NN_USE_SINGLE_ROUNDING

Sources: LiteRT (optimized_ops.h, integer_ops/add.h, xnnpack_delegate.cc), XNNPACK (microparams-init.c, requantization.h,
unary-elementwise.cc), tflite-micro (logistic.h, tanh.h, mul_common.cc), CMSIS-NN (arm_nnsupportfunctions.h).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..quantization_math import (
    divide_half_up,
    integer_limits,
    logistic_in_fixed_point,
    multiplier_and_shift,
    multiplier_and_shifts,
    multiply_high,
    rescale,
    rescale_once,
    rounding_divide_by_power,
    tanh_in_fixed_point,
    whole_factors,
    wrap,
)  # fmt: skip

__all__ = [
    "Affine", "Stages", "cmsis_nn_single_add", "cmsis_nn_single_mul", "last", "optimized_add", "optimized_requantize", "reference_add",
    "tflm_abs", "tflm_leaky_relu", "tflm_logistic", "tflm_mul", "tflm_prelu", "tflm_relu", "tflm_tanh", "xnnpack_add",
    "xnnpack_function", "xnnpack_leaky_relu", "xnnpack_mul", "xnnpack_requantize", "xnnpack_sub",
]  # fmt: skip

Stages = dict[str, np.ndarray]
_Rescale = Callable[[np.ndarray, float], np.ndarray]

_SPARE_BITS = 20  # of both inputs of the reference kernels' ADD at their common scale
_SUM_BITS = 21  # of XNNPACK's factors for two inputs
_FRACTION_BITS = 8  # of XNNPACK's factors for one input
_INTEGER_BITS = 4  # of tflite-micro's inputs of functions


class Affine(NamedTuple):
    """What stored numbers stand for: scale * (stored - zero). The scale is a float."""

    scale: float
    zero: int


def last(stages: Stages) -> np.ndarray:
    """The last stage."""
    return [*stages.values()][-1]


def _ratio(x: Affine, output: Affine) -> np.float32:
    return np.float32(x.scale) / np.float32(output.scale)


# ---- LiteRT's optimized kernels


def _add(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine, scaled: _Rescale, out: _Rescale = rescale) -> Stages:
    """Both inputs at twice the larger scale with 20 spare bits, added, and brought to the output's scale by `out`."""
    common = 2 * max(x_of.scale, y_of.scale)
    one, other = scaled(x - x_of.zero, x_of.scale / common), scaled(y - y_of.zero, y_of.scale / common)
    total = one + other
    result = out(total, common / ((1 << _SPARE_BITS) * output.scale))
    stages = {"x at the common scale": one, "y at the common scale": other, "sum": total, "scaled": result}
    return {**stages, "with zero point": result + output.zero}


def reference_add(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages:
    """ADD as the reference kernels compute it: the shifts of both inputs round halves away from zero."""
    return _add(x, y, x_of, y_of, output, lambda centered, factor: rescale(centered << _SPARE_BITS, factor))


def optimized_add(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine, first: bool) -> Stages:
    """ADD in vectors: the shifts of both inputs do not round. With `first` they come before the product, else after it."""

    def scaled(centered: np.ndarray, factor: float) -> np.ndarray:
        multiplier, _, right = multiplier_and_shifts(factor)
        if not first:
            return multiply_high(centered << _SPARE_BITS, multiplier) >> right
        spare = _SPARE_BITS - right
        return multiply_high(centered << spare if spare >= 0 else centered >> -spare, multiplier)

    return _add(x, y, x_of, y_of, output, scaled)


def optimized_requantize(x: np.ndarray, x_of: Affine, output: Affine) -> Stages:
    """From one scale to another in vectors: the shift rounds halves up, where the reference kernels' rounds them away from zero."""
    multiplier, left, right = multiplier_and_shifts(x_of.scale / output.scale)
    centered = x - x_of.zero
    high = multiply_high(wrap(centered << left), multiplier)
    scaled = divide_half_up(high, right)
    return {"centered": centered, "high product": high, "scaled": scaled, "with zero point": scaled + output.zero}


# ---- XNNPACK


def _xnnpack_sum(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine, sign: int) -> Stages | None:
    """Both inputs times factors of 21 bits, one right shift for both, halves up."""
    factors = _ratio(x_of, output), _ratio(y_of, output)
    if not all(2**-10 <= factor < 2**8 for factor in factors):
        return None
    (by_x, by_y), shift = whole_factors(factors, _SUM_BITS)
    total = (x - x_of.zero) * by_x + sign * (y - y_of.zero) * by_y
    scaled = (total + (1 << (shift - 1))) >> shift
    return {"sum": total, "scaled": scaled, "with zero point": scaled + output.zero}


def xnnpack_add(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages | None:
    return _xnnpack_sum(x, y, x_of, y_of, output, 1)


def xnnpack_sub(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages | None:
    return _xnnpack_sum(x, y, x_of, y_of, output, -1)


def xnnpack_mul(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages | None:
    """The product as a float, times a float factor, halves to even."""
    factor = np.float32(x_of.scale) * np.float32(y_of.scale) / np.float32(output.scale)
    if not 2**-16 <= factor < 2**8:
        return None
    product = (x - x_of.zero) * (y - y_of.zero)
    scaled = np.rint(product.astype(np.float32) * factor).astype(np.int64)
    return {"product": product, "scaled": scaled, "with zero point": scaled + output.zero}


def _by_factors(centered: np.ndarray, factors: np.ndarray, output: Affine) -> Stages:
    """Times whole factors of 256ths, halves up."""
    product = centered * factors
    scaled = (product + (1 << (_FRACTION_BITS - 1))) >> _FRACTION_BITS
    return {"centered": centered, "product": product, "scaled": scaled, "with zero point": scaled + output.zero}


def xnnpack_requantize(x: np.ndarray, x_of: Affine, output: Affine) -> Stages | None:
    """From one scale to another, by a factor of whole 256ths."""
    factor = _ratio(x_of, output)
    if not 2**-8 <= factor <= 2**7:
        return None
    return _by_factors(x - x_of.zero, np.rint(np.ldexp(factor, _FRACTION_BITS)).astype(np.int64), output)


def xnnpack_leaky_relu(x: np.ndarray, x_of: Affine, output: Affine, alpha: float) -> Stages | None:
    """A factor of whole 256ths for numbers above zero, and another for those below."""
    above = _ratio(x_of, output)
    below = above * np.float32(alpha)
    tiny = np.finfo(np.float32).tiny
    if not (2**-8 <= above <= 2**7 and abs(below) >= 2**-8 and -127.99609375 <= below <= 2**7 and abs(np.float32(alpha)) >= tiny):
        return None
    centered = x - x_of.zero
    factors = [np.rint(np.ldexp(factor, _FRACTION_BITS)).astype(np.int64) for factor in (above, below)]
    return _by_factors(centered, np.where(centered > 0, *factors), output)


def xnnpack_function(values: np.ndarray, output: Affine) -> Stages:
    """Real values, float32, with the zero point in float, rounded half to even."""
    scaled = values * (np.float32(1) / np.float32(output.scale))
    return {"function": values, "scaled": scaled, "with zero point": np.rint(scaled + np.float32(output.zero)).astype(np.int64)}


# ---- tflite-micro


def tflm_mul(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages:
    """As the reference kernels, with a factor that is computed in double."""
    product = (x - x_of.zero) * (y - y_of.zero)
    scaled = rescale(product, x_of.scale * y_of.scale / output.scale)
    return {"product": product, "scaled": scaled, "with zero point": scaled + output.zero}


def _tflm_function(x: np.ndarray, x_of: Affine, function: Any, fraction_bits: int, zero: int) -> Stages:
    """A function in fixed point of 32 bits, with 4 integer bits before it; beyond its range the end of the output's."""
    factor = x_of.scale * 2.0 ** (31 - _INTEGER_BITS)
    radius = int(np.floor(((1 << _INTEGER_BITS) - 1) * 2.0 ** (31 - _INTEGER_BITS) / 2.0 ** multiplier_and_shift(factor)[1]))
    centered = x - x_of.zero
    inside = np.abs(centered) < radius
    fixed = np.where(inside, rescale(centered, factor), 0)
    raw = function(fixed, _INTEGER_BITS)
    low, high = integer_limits("INT8")
    scaled = np.where(inside, rounding_divide_by_power(raw, 31 - fraction_bits) + zero, np.where(centered < 0, low, high))
    return {"centered": centered, "fixed point": fixed, "function": raw, "with zero point": scaled}


def tflm_logistic(x: np.ndarray, x_of: Affine, output: Affine) -> Stages:
    return _tflm_function(x, x_of, logistic_in_fixed_point, 8, -128)


def tflm_tanh(x: np.ndarray, x_of: Affine, output: Affine) -> Stages:
    return _tflm_function(x, x_of, tanh_in_fixed_point, 7, 0)


def tflm_abs(x: np.ndarray, x_of: Affine, output: Affine) -> Stages:
    """As the reference kernels, with a factor that is computed in double."""
    size = np.abs(x - x_of.zero)
    scaled = size if x_of.scale == output.scale else rescale(size, x_of.scale / output.scale)
    return {"size": size, "scaled": scaled, "with zero point": scaled + output.zero}


def tflm_relu(x: np.ndarray, x_of: Affine, output: Affine) -> Stages:
    """The same."""
    centered = x - x_of.zero
    scaled = rescale(centered, x_of.scale / output.scale)
    return {"centered": centered, "scaled": scaled, "with zero point": np.maximum(scaled, 0) + output.zero}


def tflm_prelu(x: np.ndarray, slope: np.ndarray, x_of: Affine, slope_of: Affine, output: Affine) -> Stages:
    """The same, with two factors."""
    centered = x - x_of.zero
    product = centered * (slope - slope_of.zero)
    below = rescale(product, x_of.scale * slope_of.scale / output.scale)
    scaled = np.where(centered >= 0, rescale(centered, x_of.scale / output.scale), below)
    return {"product": product, "scaled": scaled, "with zero point": scaled + output.zero}


def tflm_leaky_relu(x: np.ndarray, x_of: Affine, output: Affine, alpha: float) -> Stages:
    """As the reference kernels, with factors that are computed in double."""
    centered = x - x_of.zero
    below = rescale(centered, abs(x_of.scale * float(np.float32(alpha)) / output.scale))
    scaled = np.where(centered >= 0, rescale(centered, x_of.scale / output.scale), below if alpha >= 0 else -below)
    return {"centered": centered, "scaled": scaled, "with zero point": scaled + output.zero}


# ---- CMSIS-NN with single rounding


def cmsis_nn_single_add(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages:
    """As the reference kernels, with each of the three factors rounded once, halves up."""
    return _add(x, y, x_of, y_of, output, lambda centered, factor: rescale_once(centered << _SPARE_BITS, factor), rescale_once)


def cmsis_nn_single_mul(x: np.ndarray, y: np.ndarray, x_of: Affine, y_of: Affine, output: Affine) -> Stages:
    """As tflite-micro, rounded once, halves up."""
    product = (x - x_of.zero) * (y - y_of.zero)
    scaled = rescale_once(product, x_of.scale * y_of.scale / output.scale)
    return {"product": product, "scaled": scaled, "with zero point": scaled + output.zero}
