"""From int32 sums to output steps, by the methods of kernels/epilogues.py, in Python's numbers."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from ..errors import UnsupportedError, nearest
from ..quantization_math import multiplier_and_shift
from .explanation import Stage
from .integers import divide_half_away, divide_half_up, multiply_high, round_half_away, wrap
from .stages import in_32_bits

__all__ = ["METHODS", "Requantize", "by_multiplier", "method"]

# From a sum to stages, of which the last is the sum in output steps, "scaled".
Requantize = Callable[[int], list[Stage]]


def _settings(multiplier: int, shift: int, factor: str) -> list[Stage]:
    return [
        Stage("multiplier", multiplier, f"{factor}, * 2^{31 - shift}, rounded, halves away from zero", True),
        Stage("shift", shift, "to the left" if shift > 0 else "to the right", True),
    ]


def by_multiplier(multiplier: int, shift: int, factor: str, up: bool = False) -> Requantize:
    """Double rounding by a multiplier and a shift, as gemmlowp has it, or with `up` as ruy. `factor` says what they stand for."""
    settings = _settings(multiplier, shift, factor)
    left, right = max(shift, 0), max(-shift, 0)
    divide, halves = (divide_half_up, "up") if up else (divide_half_away, "away from zero")

    def requantize(total: int) -> list[Stage]:
        stages, shifted = list(settings), total
        if left:
            stages.append(in_32_bits("shifted", total << left, f"{total} * 2^{left}"))
            shifted = int(stages[-1].value)
        high = multiply_high(shifted, multiplier)
        stages.append(Stage("high product", high, f"{shifted} * {multiplier} / 2^31, rounded, halves up"))
        stages.append(Stage("scaled", divide(high, right), f"{high} / 2^{right}, rounded, halves {halves}"))
        return stages

    return requantize


def _fixed(factor: float, rest: bool) -> Requantize:
    return by_multiplier(*multiplier_and_shift(factor), "factor")


def _halves_up(factor: float, rest: bool) -> Requantize:
    """In channels that are left over by blocks, halves go away from zero."""
    return by_multiplier(*multiplier_and_shift(factor), "factor", up=not rest)


def _once(factor: float, rest: bool) -> Requantize:
    """One rounding for the product and the shift; a sum that a shift to the left would lead out of an int32 ends there."""
    multiplier, shift = multiplier_and_shift(factor)
    settings = _settings(multiplier, shift, "factor")
    right = max(-shift, 1)
    left = shift + right
    largest = (2**31 - 1) >> left

    def requantize(total: int) -> list[Stage]:
        stages, kept = list(settings), min(max(total, ~largest), largest)
        if kept != total:
            stages.append(Stage("kept", kept, f"{total} within {~largest}..{largest}"))
        product = (kept << left) * multiplier
        stages.append(Stage("wide product", product, f"{kept} * {f'2^{left} * ' if left else ''}{multiplier}, in 64 bits"))
        stages.append(Stage("scaled", divide_half_up(product >> 31, right), f"wide product / 2^{31 + right}, rounded once, halves up"))
        return stages

    return requantize


def _double(factor: float, rest: bool) -> Requantize:
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


def _float(factor: float, rest: bool) -> Requantize:
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


# By the keys of EPILOGUES: from a factor, and whether the channel is one of those that are left over by blocks.
METHODS: Mapping[str, Callable[[float, bool], Requantize]] = {
    "fixed": _fixed,
    "halves_up": _halves_up,
    "once": _once,
    "double": _double,
    "float": _float,
}


def method(name: str, factor: float, rest: bool = False) -> Requantize:
    """The method of a name, for one factor. Raises UnsupportedError if it is not explained."""
    if name not in METHODS:
        raise UnsupportedError(f"there is no explanation for the rounding {name!r}", nearest(name, METHODS))
    return METHODS[name](factor, rest)
