"""gemmlowp's logistic and tanh of 16-bit numbers, as tables of all of them.

A number with n integer bits is an int16 that stands for raw * 2^(n - 15). Source of every constant and order of
operations: gemmlowp fixedpoint/fixedpoint.h.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

__all__ = ["sigmoid_table", "tanh_table"]


def _narrow(x: int) -> int:
    """An int32 constant of gemmlowp with 16 bits less, halves up."""
    return (x + (1 << 15)) >> 16


def _multiply(x: Any, y: Any) -> Any:
    """SaturatingRoundingDoublingHighMul: (x * y + 2^14) >> 15."""
    return (x * y + (1 << 14)) >> 15


def _shift_left(x: np.ndarray, bits: int) -> np.ndarray:
    """x * 2^bits within int16."""
    return np.clip(x << bits, -32768, 32767)


def _halve(x: np.ndarray, times: int) -> np.ndarray:
    """RoundingDivideByPOT: x / 2^times, halves away from zero."""
    mask = (1 << times) - 1
    return (x >> times) + ((x & mask) > (mask >> 1) + (x < 0))


def _exp(x: np.ndarray, integer_bits: int) -> np.ndarray:
    """e^x for x <= 0 with `integer_bits` integer bits; the result has none."""
    quarter = 1 << (15 - integer_bits - 2)
    in_quarter = (x & (quarter - 1)) - quarter
    # A Taylor series around -1/8 for [-1/4, 0).
    constant = _narrow(1895147668)  # e^(-1/8)
    y = (in_quarter << integer_bits) + (1 << 12)
    y2 = _multiply(y, y)
    y3, y4 = _multiply(y2, y), _multiply(y2, y2)
    inner = _multiply(_halve(y4, 2) + y3, _narrow(715827883)) + y2
    result = np.minimum(constant + _multiply(constant, y + _halve(inner, 1)), 32767)
    remainder = in_quarter - x
    # e^(-1/4), e^(-1/2), ... for each bit of the quarters that are left.
    for exponent, factor in zip(range(-2, 5), (1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242), strict=True):
        if integer_bits > exponent:
            bit = 1 << (15 - integer_bits + exponent)
            result = np.where(remainder & bit, _multiply(result, _narrow(factor)), result)
    if integer_bits > 5:
        result = np.where(x < -(1 << (20 - integer_bits)), 0, result)
    return np.where(x == 0, 32767, result)


def _reciprocal(x: np.ndarray) -> np.ndarray:
    """1 / (1 + x) for x in 0..1: 2 / (1 + x) with two integer bits, by Newton's iteration from 48/17 - 32/17 (1 + x) / 2."""
    half = (x + 32767 + 1) >> 1
    r = _narrow(1515870810) + _multiply(half, _narrow(-1010580540))
    for _ in range(3):
        rest = (1 << 13) - _multiply(half, r)
        r = r + _shift_left(_multiply(r, rest), 2)
    return r


_ALL = np.arange(-32768, 32768, dtype=np.int64)


@functools.cache
def sigmoid_table() -> np.ndarray:
    """logistic of every int16 with 3 integer bits, ascending: int16 [65536] with none."""
    positive = _shift_left(_reciprocal(_exp(-abs(_ALL), 3)), 1)
    return np.where(_ALL > 0, positive, np.where(_ALL < 0, 32767 - positive, 1 << 14)).astype(np.int16)


@functools.cache
def tanh_table(integer_bits: int) -> np.ndarray:
    """tanh of every int16 with 0 to 6 integer bits, ascending: int16 [65536] with none."""
    # (1 - e) / (1 + e) = 2 / (1 + e) - 1 with e = e^(-2 |x|).
    size = _shift_left(_reciprocal(_exp(-abs(_ALL), integer_bits + 1)) - (1 << 13), 2)
    return (np.sign(_ALL) * size).astype(np.int16)
