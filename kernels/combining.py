"""What reductions take one number after another into: reduce.py, segments.py, pool.py, detection.py.

NaN: `larger` and `smaller` keep what they have unless the next number is larger or smaller, so that NaN is passed over, and stays where it
comes first. simd.maximum and simd.minimum, on vectors, return their second operand where either is NaN; MAXIMUM and MINIMUM are those.
"""

from __future__ import annotations

from .kernel import device

__all__ = ["add", "larger", "multiply", "smaller"]


@device
def add(total, x):
    return total + x


@device
def multiply(total, x):
    return total * x


@device
def larger(total, x):
    return max(total, x)


@device
def smaller(total, x):
    return min(total, x)
