"""From int32 sums to output steps, by the methods of kernels/epilogues.py, in Python's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..errors import UnsupportedError, nearest
from ..quantization_math import multiplier_and_shift
from .explanation import Stage
from .integers import divide_half_away, multiply_high, round_half_away, wrap
from .stages import in_32_bits

__all__ = ["METHODS", "Requantize", "by_multiplier", "method"]

# From a sum to stages, of which the last is the sum in output steps, "scaled".
Requantize = Callable[[int], list[Stage]]


def by_multiplier(multiplier: int, shift: int, factor: str) -> Requantize:
    """gemmlowp's double rounding by a multiplier and a shift. `factor` says what they stand for."""
    settings = [
        Stage("multiplier", multiplier, f"{factor}, * 2^{31 - shift}, rounded, halves away from zero", True),
        Stage("shift", shift, "to the left" if shift > 0 else "to the right", True),
    ]
    left, right = max(shift, 0), max(-shift, 0)

    def requantize(total: int) -> list[Stage]:
        stages, shifted = list(settings), total
        if left:
            stages.append(in_32_bits("shifted", total << left, f"{total} * 2^{left}"))
            shifted = int(stages[-1].value)
        high = multiply_high(shifted, multiplier)
        stages.append(Stage("high product", high, f"{shifted} * {multiplier} / 2^31, rounded, halves up"))
        stages.append(Stage("scaled", divide_half_away(high, right), f"{high} / 2^{right}, rounded, halves away from zero"))
        return stages

    return requantize


def _fixed(factor: float) -> Requantize:
    return by_multiplier(*multiplier_and_shift(factor), "factor")


def _halves_up(factor: float) -> Requantize:
    fixed, right = by_multiplier(*multiplier_and_shift(factor), "factor"), max(-multiplier_and_shift(factor)[1], 0)

    def requantize(total: int) -> list[Stage]:
        *stages, _ = fixed(total)
        high = int(stages[-1].value)
        stages.append(Stage("scaled", (high + ((1 << right) >> 1)) >> right, f"{high} / 2^{right}, rounded, halves up"))
        return stages

    return requantize


def _once(factor: float) -> Requantize:
    multiplier, shift = multiplier_and_shift(factor)
    settings = by_multiplier(multiplier, shift, "factor")(0)[:2]

    def requantize(total: int) -> list[Stage]:
        product = total * multiplier
        scaled = (product + (1 << (30 - shift))) >> (31 - shift)
        return [
            *settings,
            Stage("product", product, f"{total} * {multiplier}, in 64 bits"),
            Stage("scaled", scaled, f"{product} / 2^{31 - shift}, rounded, halves up"),
        ]

    return requantize


def _double(factor: float) -> Requantize:
    def requantize(total: int) -> list[Stage]:
        product = total * factor
        rounded, end = round_half_away(product), ""
        if wrap(rounded) != rounded:
            rounded, end = -(2**31), "; the least int32 stands for what none holds"
        return [
            Stage("product", product, f"{total} * factor in double"),
            Stage("scaled", rounded, f"product rounded, halves away from zero{end}"),
        ]

    return requantize


def _float(factor: float) -> Requantize:
    single = np.float32(factor)

    def requantize(total: int) -> list[Stage]:
        product = np.float32(total) * single
        kept = min(max(float(product), -65536.0), 65536.0)
        end = "" if kept == float(product) else f", kept within {kept:g} first"
        return [
            Stage("product", product, f"{total} * factor in float, both rounded to float first"),
            Stage("scaled", round(kept), f"product rounded, halves to even{end}"),
        ]

    return requantize


# By the keys of EPILOGUES.
METHODS: Mapping[str, Callable[[float], Requantize]] = {
    "fixed": _fixed,
    "halves_up": _halves_up,
    "once": _once,
    "double": _double,
    "float": _float,
}


def method(name: str, factor: float) -> Requantize:
    """The method of a name, for one factor. Raises UnsupportedError if it is not explained."""
    if name not in METHODS:
        raise UnsupportedError(f"there is no explanation for the rounding {name!r}", nearest(name, METHODS))
    return METHODS[name](factor)
