"""Ranges of inputs from mean and std: real = (stored - mean) / std."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ConvertError
from ...model import Tensor
from ...quantization_math import SMALLEST_RANGE, integer_limits
from ...tensor_types import tensor_dtype
from ..parameters import Range
from ..ranges import Ranges, pair

__all__ = ["InputStats", "input_ranges"]

_log = logging.getLogger("tinylite")


@dataclass(frozen=True)
class InputStats:
    """(mean, std) by name. Raises ConvertError as `input_ranges` does."""

    stats: Mapping[str, Any]

    def provide(self, ranges: Ranges) -> None:
        for tensor, range in input_ranges(ranges.graph.inputs, self.stats, ranges.type, ranges.policy.stats_precision):
            if ranges.set_if_missing(tensor, range):
                ranges.user_specified.add(id(tensor))


def input_ranges(
    inputs: Sequence[Tensor], stats: Mapping[str, Any], type: str, precision: str = "FLOAT64"
) -> Iterator[tuple[Tensor, Range]]:
    """The inputs that (mean, std) are given for, with their ranges, computed in FLOAT32 or FLOAT64 from float32 numbers.

    Names are taken with ":0" and without. Raises ConvertError for names that are not inputs, and for numbers that make no range.
    """
    if not isinstance(stats, Mapping):
        raise ConvertError(f"mean and std of inputs are {stats!r}", "Give them by name: {name: (mean, std)}")
    named = {(tensor.name or "").removesuffix(":0"): tensor for tensor in inputs}
    named.update((tensor.name or "", tensor) for tensor in inputs)
    least, most = integer_limits(type)
    exact = tensor_dtype(precision)
    for name, given in stats.items():
        tensor = named.get(name) or named.get(str(name).removesuffix(":0"))
        if tensor is None:
            known = ", ".join(repr(tensor.name) for tensor in inputs)
            raise ConvertError(f"mean and std are given for {name!r}, which is not an input", f"The inputs are {known}")
        mean, std = pair(f"mean and std of {name!r}", given)
        with np.errstate(all="ignore"):
            shift, factor = (exact(np.float32(number)) for number in (mean, std))
            low, high = (float((exact(end) - shift) / factor) for end in (least, most))
            whole = np.isfinite(np.array([mean, std, low, high]).astype(np.float32)).all()
        if not (whole and high - low >= SMALLEST_RANGE):  # less is taken for nothing but 0
            raise ConvertError(
                f"mean {mean:g} and std {std:g} of input {name!r} make no range",
                "std must be above 0: real = (stored - mean) / std, so that pictures of -1 to 1 have mean 127.5 and std 127.5",
            )
        if not least - 0.5 <= mean <= most + 0.5:
            _log.warning(
                "The mean %g of input %r is not among the numbers that %s stores, %d to %d: its range, [%g, %g], is moved to hold 0%s",
                mean, name, type, least, most, low, high,
                f". A mean of {mean:g} for UINT8 is {mean - 128:g} for INT8" if type == "INT8" and 0 <= mean <= 255 else "",
            )  # fmt: skip
        yield tensor, Range(low, high)
