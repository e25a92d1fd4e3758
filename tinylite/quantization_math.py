"""Quantization arithmetic in numpy: what is computed once, while a graph is converted, quantized or planned.

    real = scale * (stored - zero_point)

Each formula is here once, under the name that its source has for it, with the precision and the rounding of that source: where two
sources differ, two functions say so. What a run computes for every element is in kernels/ (fixed_point.py).

Sources: LiteRT (kernels/internal/quantization_util.cc, common.h, reference/*.h), gemmlowp (fixedpoint/fixedpoint.h), TensorFlow's
training kernels (fake_quant_ops_functor.h), TOCO (graph_transformations/quantization_util.cc), XNNPACK (requantization.h).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from .errors import ConvertError, ModelError

__all__ = [
    "FACTORS_END", "FLOAT_MAX", "SATURATING", "SMALLEST_RANGE", "affine_parameters", "divide_half_up", "exp_on_negative_values",
    "fake_quantize", "integer_limits", "interpolated_sigmoid_table", "interpolated_tanh_table", "inverse_square_root",
    "logistic_in_fixed_point", "mean_multiplier", "multiplier_16", "multiplier_and_shift", "multiplier_and_shifts",
    "multiply_by_quantized_multiplier", "multiply_high", "nudge_range", "power_below",
    "quantize_by_division", "quantize_by_inverse", "quantize_in_double", "quantize_limit", "quantize_multiplier", "rescale",
    "rescale_once", "round_half_away", "round_half_up", "rounding_divide_by_power", "saturate", "saturating_shift_left", "sigmoid_table",
    "symmetric_range", "symmetric_steps_in_double", "symmetric_steps_in_float", "tanh_in_fixed_point", "tanh_table", "whole_factors",
    "wrap",
]  # fmt: skip

FLOAT_MAX = float(np.finfo(np.float32).max)
FACTORS_END = 2.0**31  # the first factor that is out of fixed point's reach
SATURATING = 512.0  # times this, whatever is not 0 ends at a limit of 8 bits, and sums below 2^22 do not wrap
# TF 2.21 widens a range that is smaller to this, around 0, so that it has a scale.
SMALLEST_RANGE = 1e-6
_MOST_BITS = 62  # of a fake quantization


# ---- limits


def integer_limits(type: str | np.dtype[Any], narrow: bool = False) -> tuple[int, int]:
    """The least and the largest value of an integer type: a TensorType's name ("INT8", "UINT4", ...) or a numpy dtype.

    n bits hold -2^(n-1)..2^(n-1) - 1, or unsigned 0..2^n - 1. `narrow` leaves out the least, so that signed values have as many on
    both sides of 0. Raises ModelError for other types.
    """
    name = str(type).upper()
    bits = name.removeprefix("U").removeprefix("INT")
    if not bits.isdigit() or not name.removeprefix("U").startswith("INT"):
        raise ModelError(f"{type} is not an integer type")
    if name.startswith("U"):
        return int(narrow), (1 << int(bits)) - 1
    return -(1 << (int(bits) - 1)) + narrow, (1 << (int(bits) - 1)) - 1


def wrap(x: Any, bits: int = 32) -> np.ndarray:
    """Whole numbers as a signed integer of `bits` holds them, int64: what does not fit wraps around, as two's complement does."""
    half = 1 << (bits - 1)
    return ((np.asarray(x, np.int64) + half) & ((1 << bits) - 1)) - half


def saturate(x: Any, bits: int = 32) -> np.ndarray:
    """Whole numbers cut to what a signed integer of `bits` holds, int64."""
    return np.clip(np.asarray(x, np.int64), -(1 << (bits - 1)), (1 << (bits - 1)) - 1)


# ---- rounding


def round_half_away(x: Any) -> np.ndarray:
    """C's round(), LiteRT's TfLiteRound: to the nearest whole number, halves away from zero, exactly, in x's own precision.

    trunc(x) is exact, and so is x - trunc(x). The usual floor(x + 0.5) is not: it makes 1 of the number just below 0.5.
    """
    x = np.asarray(x)
    whole = np.trunc(x)
    with np.errstate(invalid="ignore"):  # infinity less itself
        return np.where(np.abs(x - whole) >= 0.5, whole + np.copysign(x.dtype.type(1), x), whole).astype(x.dtype)


def round_half_up(x: Any) -> np.ndarray:
    """floor(x + 0.5) in x's own precision, as TensorFlow's training kernels round values: halves towards infinity."""
    x = np.asarray(x)
    return np.asarray(np.floor(x + x.dtype.type(0.5)))


def power_below(x: Any) -> np.ndarray:
    """The largest power of 2 that is not above each |x|, in x's own precision; 1/2 for 0. Times 2^-m, the step between floats of m bits."""
    x = np.asarray(x)
    return np.ldexp(np.ones_like(x), np.frexp(x)[1] - 1)


# ---- scale and zero point of a range


def affine_parameters(low: Any, high: Any, first: Any, last: Any) -> tuple[np.ndarray, np.ndarray]:
    """Scale and zero point, float64 and int64, of ranges low..high around 0 that integers first..last store: TOCO's
    ChooseQuantizationParams.

        scale = (high - low) / (last - first);  zero = first - low / scale, or last - high / scale

    whichever has the smaller terms and so the smaller error, rounded half away from zero and kept in first..last. Ranges below
    SMALLEST_RANGE are widened to it, as TF 2.21 does: TOCO gave [0, 0] the scale 0, with which no kernel can compute.
    """
    low, high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    small = high - low < SMALLEST_RANGE
    low, high = np.where(small, -SMALLEST_RANGE / 2, low), np.where(small, SMALLEST_RANGE / 2, high)
    scale = (high - low) / (last - first)
    from_low, from_high = first - low / scale, last - high / scale
    zero = np.where(np.abs(first) + np.abs(low / scale) < np.abs(last) + np.abs(high / scale), from_low, from_high)
    return scale, round_half_away(np.clip(zero, first, last)).astype(np.int64)


def nudge_range(low: Any, high: Any, bits: int = 8, narrow: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ends of ranges moved so that 0 is a step, and the size of a step: float32, of the shape of `low`.

    LiteRT's and TensorFlow's NudgeQuantizationRange, in float32: with steps first..last, which are narrow..2^bits - 1,

        step = (high - low) / (last - first);  zero = round(first - low / step) in first..last;  low = (first - zero) * step
    """
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    _check_bits(bits)
    first, last = np.float32(narrow), np.float32((1 << bits) - 1)
    step = (high - low) / (last - first)
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = first - low / step
    nudged = np.where(zero < first, first, np.where(zero > last, last, round_half_away(zero)))
    return (first - nudged) * step, (last - nudged) * step, step


def symmetric_range(low: float, high: float, bits: int, signed: bool, narrow: bool) -> tuple[float, float]:
    """The range that TensorFlow's QuantizeAndDequantize makes of the one that it is given: 0 is a step, and the wider side rules.

    A narrow range is one of signed numbers only. With steps from `first` to `last`, a step has the size of the larger of
    low / first and high / last.
    """
    _check_bits(bits)
    first, last = (-(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    step = max(low / first if first * low > 0 else 0.0, high / last if last * high > 0 else 0.0)
    return first * step, last * step


def _check_bits(bits: int) -> None:
    """Raise ConvertError for a number of bits that TensorFlow does not take, whose powers of 2 may fill the memory."""
    if not 1 <= bits <= _MOST_BITS:
        raise ConvertError(f"it rounds to {bits} bits, and TensorFlow to 1 to {_MOST_BITS}", "The graph is damaged: make it again")


def symmetric_steps_in_double(values: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scales, and float32 values by them, for INT8 weights whose largest magnitude is `most`: TF 2.21, in double.

        scale = max(most, SMALLEST_RANGE / 2) / 127

    So channels that training has left dead, whose weights are 0 or nearly so, get a scale that can be divided by.
    """
    scale = np.maximum(most.astype(np.float64), SMALLEST_RANGE / 2) / 127
    return scale, values / scale


def symmetric_steps_in_float(values: np.ndarray, most: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same as TensorFlow 1.15's SymmetricQuantizeFloats: in float32, by the inverse 127 / most.

    What is too small for a float's inverse is 0, with a scale of 1.
    """
    most = np.where(most / np.float32(127) >= np.finfo(np.float32).tiny, most, 0)
    scale = np.where(most > 0, most / np.float32(127), np.float32(1))
    inverse = np.divide(np.float32(127), most, out=np.zeros_like(most), where=most > 0)
    return scale, values * inverse


# ---- real values to stored ones


def quantize_in_double(values: Any, scale: Any, zero: Any, low: int, high: int) -> np.ndarray:
    """Converters: round(zero + values * (1 / scale)) in double, cut to low..high; float64. TOCO's Quantize."""
    return np.clip(round_half_away(zero + np.asarray(values, np.float64) * (1.0 / np.asarray(scale))), low, high)


def quantize_by_division(values: np.ndarray, scale: Any, zero: Any, low: int, high: int) -> np.ndarray:
    """The operator QUANTIZE: round(values / scale) in float32, plus zero, cut to low..high; float64. LiteRT's AffineQuantize.

    NaN becomes `low`.
    """
    with np.errstate(all="ignore"):
        steps = round_half_away(values / scale).astype(np.float64) + zero
    return np.clip(np.nan_to_num(steps, nan=-np.inf), low, high)


def quantize_by_inverse(values: np.ndarray, scale: float, zero: int, low: int, high: int) -> np.ndarray:
    """Tables of functions: round(values * (1 / scale)) + zero, all in float32, cut to low..high; int64. LiteRT's LUTPopulate.

    NaN becomes `low`.
    """
    with np.errstate(all="ignore"):
        steps = round_half_away(values.astype(np.float32) * (np.float32(1) / np.float32(scale))) + np.float32(zero)
    return np.clip(np.nan_to_num(steps, nan=low), low, high).astype(np.int64)


def quantize_limit(value: float, scale: float, zero: int, low: int, high: int) -> int:
    """Limits of activations: value / scale + zero in float32, cut to low..high, then rounded half to even. XNNPACK's xnn_qs8_quantize."""
    return int(np.rint(np.clip(np.float32(value) / np.float32(scale) + np.float32(zero), low, high)))


def fake_quantize(x: np.ndarray, low: Any, high: Any, bits: int, narrow: bool) -> np.ndarray:
    """Values rounded, half up, to the steps of a range, in float32; 0 where the range is 0 to 0. TensorFlow's FakeQuantWithMinMaxVars."""
    bottom, top, step = nudge_range(low, high, bits, narrow)
    with np.errstate(divide="ignore", invalid="ignore"):
        rounded = round_half_up((np.clip(x, bottom, top) - bottom) * (np.float32(1) / step)) * step + bottom
    return np.where((np.asarray(low) == 0) & (np.asarray(high) == 0), np.float32(0), rounded).astype(np.float32)


# ---- factors as multipliers and shifts


def quantize_multiplier(factors: Any) -> tuple[np.ndarray, np.ndarray]:
    """Real factors >= 0 as (multiplier, shift), int32 each: factor = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31).

    LiteRT's QuantizeMultiplier: rounds half away from zero, and makes 0 of what would shift right by more than 31. Factors from 2^31
    on, which would shift left by more than 31, count as SATURATING. Raises ModelError for those that no float holds.
    """
    factors = np.atleast_1d(np.asarray(factors, np.float64))
    if not (factors <= FLOAT_MAX).all():
        raise ModelError(f"its scales make a factor of {float(factors.max()):.3g}, which is too large for fixed point")
    factors = np.where(factors < FACTORS_END, factors, SATURATING)
    fraction, shift = np.frexp(factors)
    multiplier = round_half_away(fraction * 2.0**31).astype(np.int64)
    overflow = multiplier == 2**31
    multiplier = np.where(overflow, 2**30, multiplier)
    shift = np.where(overflow, shift + 1, shift)
    gone = (shift < -31) | (multiplier == 0)
    return np.where(gone, 0, multiplier).astype(np.int32), np.where(gone, 0, shift).astype(np.int32)


def multiplier_and_shift(factor: float) -> tuple[int, int]:
    """`quantize_multiplier` of one factor."""
    multiplier, shift = quantize_multiplier(factor)
    return int(multiplier[0]), int(shift[0])


def multiplier_and_shifts(factor: float) -> tuple[int, int, int]:
    """The same with its shift as two: (multiplier, left, right), neither negative."""
    multiplier, shift = multiplier_and_shift(factor)
    return multiplier, max(shift, 0), max(-shift, 0)


def multiplier_16(factor: float) -> tuple[int, int]:
    """One factor as a multiplier of 16 bits and a shift: LiteRT's DownScaleInt32ToInt16Multiplier, halves up, saturating."""
    multiplier, shift = multiplier_and_shift(factor)
    return (32767 if multiplier >= 2**31 - 1 - (1 << 15) else (multiplier + (1 << 15)) >> 16), shift


def whole_factors(factors: tuple[np.float32, ...], bits: int) -> tuple[list[int], int]:
    """Factors as whole numbers over one power of two, of which the largest has `bits` bits, halves to even: XNNPACK's factors of ADD."""
    shift = bits - int(np.frexp(max(factors))[1])
    return [int(np.rint(np.ldexp(factor, shift))) for factor in factors], shift


def mean_multiplier(factor: float, count: int) -> tuple[int, int]:
    """Multiplier and shift of factor / count, with the division folded into the multiplier: LiteRT's QuantizedMeanOrSum."""
    # Out of fixed point's reach, the mean too ends at a limit wherever it is not 0.
    multiplier, shift = multiplier_and_shift(factor if factor < FACTORS_END else SATURATING * count)
    fold = max(min(count.bit_length() - 1, 32, 31 + shift), 0)
    return int(wrap((multiplier << fold) // count)), shift - fold


def rescale(values: Any, factor: float) -> np.ndarray:
    """values * factor, int64: LiteRT's MultiplyByQuantizedMultiplier. `factor` >= 0 must carry the rounding that LiteRT gave it."""
    return multiply_by_quantized_multiplier(values, *multiplier_and_shift(factor))


def multiply_by_quantized_multiplier(values: Any, multiplier: Any, shift: Any) -> np.ndarray:
    """values * multiplier * 2^(shift - 31), int64: LiteRT's MultiplyByQuantizedMultiplier. All may be arrays."""
    left, right = np.maximum(shift, 0), np.maximum(np.negative(shift), 0)
    return rounding_divide_by_power(multiply_high(wrap(np.asarray(values, np.int64) << left), multiplier), right)


def rescale_once(values: Any, factor: float) -> np.ndarray:
    """values * factor, int64, by the same multiplier, rounded once, halves up: CMSIS-NN's arm_nn_requantize with single rounding."""
    multiplier, shift = multiplier_and_shift(factor)
    return divide_half_up(np.asarray(values, np.int64) * multiplier, 31 - shift)


# ---- gemmlowp's fixed point
#
# A number with n integer bits is a signed integer of `bits`, 32 or 16, that represents raw * 2^(n - bits + 1). All are kept in int64.


def multiply_high(x: Any, y: Any, bits: int = 32) -> np.ndarray:
    """SaturatingRoundingDoublingHighMul, without the one product that saturates: (x * y + 2^(bits - 2)) >> (bits - 1)."""
    return (np.asarray(x, np.int64) * np.asarray(y, np.int64) + (1 << (bits - 2))) >> (bits - 1)


def rounding_divide_by_power(x: np.ndarray, exponent: Any) -> np.ndarray:
    """RoundingDivideByPOT: x / 2^exponent, halves away from zero."""
    mask = (1 << exponent) - 1
    return (x >> exponent) + ((x & mask) > (mask >> 1) + (x < 0))


def divide_half_up(x: np.ndarray, exponent: int) -> np.ndarray:
    """x / 2^exponent, halves up: the rounding right shift of vector units."""
    return (x + ((1 << exponent) >> 1)) >> exponent


def inverse_square_root(x: Any) -> tuple[np.ndarray, np.ndarray]:
    """1 / sqrt(x) of 0 <= x < 2^29 as (multiplier, shift), int64 each: multiplier * 2^(shift - 31). 0 counts as 1.

    LiteRT's GetInvSqrtQuantizedMultiplierExp: five steps of Newton's method from 1, with three integer bits.
    """
    x = np.asarray(x, np.int64)
    pairs = (31 - np.frexp(np.maximum(x, 2).astype(np.float64))[1]) // 2 - 1
    scaled = x << (2 * pairs) >> 1  # in [1/4, 1)
    half, root = rounding_divide_by_power(scaled, 1), np.full(x.shape, 1 << 28, np.int64)
    for _ in range(5):
        cube = saturating_shift_left(multiply_high(multiply_high(root, root), root), 6)
        root = saturating_shift_left(multiply_high(3 << 27, root) - multiply_high(half, cube), 3)
    root, shift = multiply_high(root, 1518500250), pairs - 11
    return np.where(x <= 1, 2**31 - 1, root << np.maximum(shift, 0)), np.where(x <= 1, 0, np.minimum(shift, 0))


def saturating_shift_left(x: Any, exponent: int, bits: int = 32) -> np.ndarray:
    """SaturatingRoundingMultiplyByPOT to the left: x * 2^exponent within `bits`."""
    return saturate(np.asarray(x, np.int64) << exponent, bits)


def _constant(value: int, bits: int) -> int:
    """A constant of 32 bits as one of `bits`: those below are rounded off, halves up."""
    return value if bits == 32 else (value + (1 << (31 - bits))) >> (32 - bits)


# e^(-1/4), e^(-1/2), ... e^-16 with no integer bits.
_POWERS = (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242)


def exp_on_negative_values(x: Any, integer_bits: int, bits: int = 32) -> np.ndarray:
    """e^x for x <= 0 with `integer_bits` integer bits; the result has none. A Taylor series in (-1/4, 0], and powers of e^(-1/4)."""
    x = np.asarray(x, np.int64)
    largest, fraction = (1 << (bits - 1)) - 1, bits - 1 - integer_bits
    quarter = 1 << (fraction - 2)
    in_quarter = (x & (quarter - 1)) - quarter
    result = _exp_near_zero(in_quarter << integer_bits, bits)
    remainder = in_quarter - x
    for exponent, power in zip(range(-2, 5), _POWERS, strict=True):
        if integer_bits > exponent:
            result = np.where(remainder & (1 << (fraction + exponent)), multiply_high(result, _constant(power, bits), bits), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (fraction + 5)), 0, result)
    return np.where(x == 0, largest, result)


def _exp_near_zero(x: np.ndarray, bits: int) -> np.ndarray:
    """e^x for x in [-1/4, 0) without integer bits: a Taylor series around -1/8."""
    center = _constant(1895147668, bits)  # e^(-1/8)
    x = x + (1 << (bits - 4))
    x2 = multiply_high(x, x, bits)
    x3, x4 = multiply_high(x2, x, bits), multiply_high(x2, x2, bits)
    third = multiply_high(rounding_divide_by_power(x4, 2) + x3, _constant(715827883, bits), bits)  # (x^4 / 4 + x^3) / 3
    return saturate(center + multiply_high(center, x + rounding_divide_by_power(third + x2, 1), bits), bits)


def logistic_in_fixed_point(x: Any, integer_bits: int, bits: int = 32) -> np.ndarray:
    """1 / (1 + e^-x) of x with `integer_bits` integer bits; the result has none. gemmlowp's logistic."""
    x = np.asarray(x, np.int64)
    largest = (1 << (bits - 1)) - 1
    positive = saturating_shift_left(_reciprocal(exp_on_negative_values(-abs(x), integer_bits, bits), bits), 1, bits)
    return np.where(x > 0, positive, np.where(x < 0, largest - positive, (largest + 1) >> 1))


def tanh_in_fixed_point(x: Any, integer_bits: int, bits: int = 32) -> np.ndarray:
    """tanh of x with `integer_bits` integer bits; the result has none. gemmlowp's tanh."""
    x = np.asarray(x, np.int64)
    # (1 - e) / (1 + e) = 2 / (1 + e) - 1 with e = e^(-2 |x|).
    inverse = _reciprocal(exp_on_negative_values(-abs(x), integer_bits + 1, bits), bits)
    return np.sign(x) * saturating_shift_left(inverse - (1 << (bits - 3)), 2, bits)


def _reciprocal(x: np.ndarray, bits: int) -> np.ndarray:
    """1 / (1 + x) for x in 0..1: 2 / (1 + x) with two integer bits, by Newton's iteration from 48/17 - 32/17 (1 + x) / 2."""
    half = (x + (1 << (bits - 1))) >> 1
    r = _constant(1515870810, bits) + multiply_high(half, _constant(-1010580540, bits), bits)
    for _ in range(3):
        rest = (1 << (bits - 3)) - multiply_high(half, r, bits)
        r = r + saturating_shift_left(multiply_high(r, rest, bits), 2, bits)
    return r


_ALL_16 = np.arange(-32768, 32768, dtype=np.int64)


@functools.cache
def sigmoid_table() -> np.ndarray:
    """logistic of every int16 with 3 integer bits, ascending: int16 [65536] with none."""
    return logistic_in_fixed_point(_ALL_16, 3, 16).astype(np.int16)


@functools.cache
def tanh_table(integer_bits: int) -> np.ndarray:
    """tanh of every int16 with 0 to 6 integer bits, ascending: int16 [65536] with none."""
    return tanh_in_fixed_point(_ALL_16, integer_bits, 16).astype(np.int16)


# ---- functions by interpolation between the knots of one table


@functools.cache
def _sigmoid_knots() -> np.ndarray:
    """logistic(i / 24) for i = 0..255 with 16 fractional bits, as tflite-micro has it: one more than the nearest where a bit is set."""
    more = 0x800000000000000000000000000000800011009020440005C0467BAEFA7BD110
    knots = np.arange(256)
    corrections = np.array([more >> int(knot) & 1 for knot in knots], np.int64)
    return np.rint(65536 / (1 + np.exp(-knots / 24))).astype(np.int64) + corrections


def _three_quarters(integer_bits: int) -> np.ndarray:
    """Every int16 with `integer_bits`, ascending, times 3 with 12 fractional bits before."""
    shift = 12 - (15 - integer_bits)
    return (_ALL_16 * 3) << shift if shift >= 0 else (_ALL_16 * 3 + (1 << (-shift - 1))) >> -shift


def _interpolated(size: np.ndarray, bits: int) -> np.ndarray:
    """The knots' line at positions with `bits` fractional bits, which the result has more than they."""
    low, knots = np.minimum(size >> bits, 254), _sigmoid_knots()
    return (knots[low] << bits) + (size & ((1 << bits) - 1)) * (knots[low + 1] - knots[low])


@functools.cache
def interpolated_sigmoid_table() -> np.ndarray:
    """logistic of every int16 with 3 integer bits, ascending: int16 [65536] with none. tflite-micro's, and LiteRT's LOGISTIC of INT16."""
    x = _three_quarters(3)
    size: np.ndarray = np.abs(x)
    result = np.where(size >> 9 >= 255, 0x7FFF << 10, _interpolated(size, 9))
    signed = np.where(x >= 0, result, (1 << 25) - 1 - result).astype(np.int64)
    return ((signed + (1 << 9)) >> 10).astype(np.int16)


@functools.cache
def interpolated_tanh_table(integer_bits: int) -> np.ndarray:
    """tanh of every int16 with `integer_bits`, ascending: int16 [65536] with none. tanh(x) = 2 logistic(2 x) - 1."""
    x = _three_quarters(integer_bits)
    size: np.ndarray = np.abs(x)
    result = np.where(size >> 8 >= 255, 0xFFFF << 8, _interpolated(size, 8))
    signed = np.where(x >= 0, result - (1 << 23), (1 << 23) - 1 - result).astype(np.int64)
    return ((signed + (1 << 7)) >> 8).astype(np.int16)
