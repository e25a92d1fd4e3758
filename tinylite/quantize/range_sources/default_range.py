"""One range for all that has none, to try quantization out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import ConvertError
from ..parameters import Range
from ..ranges import Ranges, pair, rule

__all__ = ["DefaultRange"]


@dataclass(frozen=True)
class DefaultRange:
    """(low, high) for every tensor that is computed. Raises ConvertError for two numbers that are not a range."""

    given: Any

    def provide(self, ranges: Ranges) -> None:
        low, high = pair("the default range", self.given)
        with np.errstate(over="ignore"):
            ends = np.array([low, high]).astype(np.float32)
        if not (np.isfinite(ends).all() and ends[0] < ends[1]):
            raise ConvertError(f"the default range {low:g} to {high:g} is not one", "Give two numbers, the lower one first")
        found = Range(float(ends[0]), float(ends[1])).with_zero()
        for op in ranges.graph.ops:
            declared = rule(op, ranges.type)
            for tensor in (*op.inputs, *(() if declared is not None and declared.floats_out else op.outputs)):
                if tensor is not None and not tensor.is_constant:
                    ranges.set_if_missing(tensor, found)
