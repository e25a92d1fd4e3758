"""The arithmetic of TensorFlow's fake quantization, as its training kernels have it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import ConvertError

__all__ = ["fake_quant", "fake_quant_range", "symmetric_range"]

_MOST_BITS = 62


def fake_quant_range(low: Any, high: Any, bits: int, narrow: bool) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The ends of a range moved so that 0 is a step, and the size of a step: float32, of the shape of `low`.

    The zero point, where 0 lies in steps from the lower end, is rounded half away from zero and kept in the range.
    """
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    _check(bits)
    first, last = np.float32(narrow), np.float32((1 << bits) - 1)
    step = (high - low) / (last - first)
    with np.errstate(divide="ignore", invalid="ignore"):
        zero = first - low / step
    nudged = np.where(zero < first, first, np.where(zero > last, last, np.floor(zero + np.float32(0.5))))
    return (first - nudged) * step, (last - nudged) * step, step


def fake_quant(x: np.ndarray, low: Any, high: Any, bits: int, narrow: bool) -> np.ndarray:
    """Values rounded, half up, to the steps of a range; zero where the range is 0 to 0."""
    bottom, top, step = fake_quant_range(low, high, bits, narrow)
    with np.errstate(divide="ignore", invalid="ignore"):
        rounded = np.floor((np.clip(x, bottom, top) - bottom) * (np.float32(1) / step) + np.float32(0.5)) * step + bottom
    return np.where((np.asarray(low) == 0) & (np.asarray(high) == 0), np.float32(0), rounded).astype(np.float32)


def symmetric_range(low: float, high: float, bits: int, signed: bool, narrow: bool) -> tuple[float, float]:
    """The range that QuantizeAndDequantize makes of the one that it is given: 0 is a step, and the wider side rules.

    A narrow range is one of signed numbers only. With steps from `first` to `last`, a step has the size of the larger of
    low / first and high / last.
    """
    _check(bits)
    first, last = (-(1 << (bits - 1)) + narrow, (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    step = max(low / first if first * low > 0 else 0.0, high / last if last * high > 0 else 0.0)
    return first * step, last * step


def _check(bits: int) -> None:
    """Raise ConvertError for a number of bits that TensorFlow does not take, whose powers of 2 may fill the memory."""
    if not 1 <= bits <= _MOST_BITS:
        raise ConvertError(f"it rounds to {bits} bits, and TensorFlow to 1 to {_MOST_BITS}", "The graph is damaged: make it again")
