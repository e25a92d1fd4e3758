"""Fixed point as kernels compute it, in Python's integers, which have no size: what a kernel's int32 loses is taken off by `wrap`."""

from __future__ import annotations

import math

__all__ = ["divide_half_away", "divide_half_up", "divide_towards_zero", "multiply_high", "round_half_away", "saturate", "signed", "wrap"]


def wrap(x: int, bits: int = 32) -> int:
    """As a signed integer of `bits` holds it."""
    half = 1 << (bits - 1)
    return ((x + half) & ((1 << bits) - 1)) - half


def saturate(x: int, bits: int = 32) -> int:
    """Within what a signed integer of `bits` holds."""
    half = 1 << (bits - 1)
    return min(max(x, -half), half - 1)


def multiply_high(x: int, y: int, bits: int = 32) -> int:
    """The doubled high half of a product, halves up: floor((x * y + 2^(bits - 2)) / 2^(bits - 1))."""
    return (x * y + (1 << (bits - 2))) >> (bits - 1)


def divide_half_away(x: int, exponent: int) -> int:
    """x / 2^exponent, halves away from zero."""
    if exponent == 0:
        return x
    size = (abs(x) + (1 << (exponent - 1))) >> exponent
    return size if x >= 0 else -size


def divide_half_up(x: int, exponent: int) -> int:
    """x / 2^exponent, halves up."""
    return (x + ((1 << exponent) >> 1)) >> exponent


def divide_towards_zero(x: int, y: int) -> int:
    """x / y for y > 0, as C divides."""
    return x // y if x >= 0 else -(-x // y)


def round_half_away(x: float) -> int:
    """C's round(): to the nearest whole number, halves away from zero."""
    whole = math.trunc(x)
    return whole + (int(math.copysign(1, x)) if abs(x - whole) >= 0.5 else 0)


def signed(zero: int) -> str:
    """What taking a zero point off looks like: "- 3", "+ 128"."""
    return f"- {zero}" if zero >= 0 else f"+ {-zero}"
