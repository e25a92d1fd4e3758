"""How int32 sums become 8-bit outputs: the method, its factors, and the words that kernels read of them (kernels/epilogues.py)."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from ...quantization_math import quantize_multiplier
from .packing import padded

__all__ = ["Requantization", "factor_words"]


class Requantization(NamedTuple):
    """Sums times real factors, float64 [columns], rounded by a method, a key of EPILOGUES; then + zero, within low..high."""

    factors: np.ndarray
    method: str
    zero: int
    low: int
    high: int


def factor_words(how: Requantization) -> Callable[[slice, int], np.ndarray]:
    """(columns, width) -> the factors of these columns as a kernel's header has them after the biases: int32 [3 * width]."""
    from ...kernels.epilogues import EPILOGUES

    return _FORMATS[EPILOGUES[how.method].factors](how.factors)


def _fixed(factors: np.ndarray) -> Callable[[slice, int], np.ndarray]:
    multiplier, shift = quantize_multiplier(factors)
    rows = (multiplier, np.maximum(shift, 0), np.maximum(-shift, 0))
    return lambda chosen, width: np.concatenate([padded(row[chosen], width, np.int32) for row in rows])


def _f64(factors: np.ndarray) -> Callable[[slice, int], np.ndarray]:
    return lambda chosen, width: np.concatenate([np.zeros(width, np.int32), padded(factors[chosen], width, np.float64).view(np.int32)])


def _f32(factors: np.ndarray) -> Callable[[slice, int], np.ndarray]:
    return lambda chosen, width: np.concatenate([padded(factors[chosen], width, np.float32).view(np.int32), np.zeros(2 * width, np.int32)])


# As Epilogue.factors names them.
_FORMATS = {"fixed": _fixed, "f64": _f64, "f32": _f32}
