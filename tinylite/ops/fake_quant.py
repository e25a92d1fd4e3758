"""FAKE_QUANT: floats rounded to what an integer of num_bits could hold of min..max."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..quantization_math import nudge_range
from .common.operator import Node, register
from .common.unary import Unary
from .common.versions import Versions, option

if TYPE_CHECKING:
    from ..model import Op


def fits_floats(low: float, high: float) -> bool:
    """Whether the steps of a range, of 16 bits at most, are numbers of FLOAT32 that have an inverse."""
    with np.errstate(over="ignore", invalid="ignore"):
        spread = np.float32(high) - np.float32(low)
    return bool(np.finfo(np.float32).tiny * 2.0**17 <= spread < np.inf)


@register
class FakeQuant(Unary):
    """The range is moved so that 0 is among the numbers, as NudgeQuantizationRange does in float: one that lacks 0 begins or ends there."""

    code = "FAKE_QUANT"
    example = "f32 1x56x56x24 min=-1 max=1 num_bits=8"
    max_version = 2
    versions = Versions("1.5.0 1.10.0")
    plain_types = "FLOAT32"
    per_element = 1
    elementwise = False  # a range is that of the tensor which it was trained on
    options = "FakeQuantOptions"
    kernel = "fake_quant"

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 2 if option(op, "narrow_range") else 1)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        options = node.options
        node.require(2 <= options.num_bits <= 16, f"its num_bits is {options.num_bits}, not 2 to 16")
        low, high = options.min, options.max
        node.require(-np.inf < low < high < np.inf, f"its range {low:g} to {high:g} is none")
        node.require(fits_floats(low, high), f"its range {low:g} to {high:g} is too narrow or too wide for floats")

    def kernel_fields(self, node: Node) -> dict[str, Any]:
        options = node.options
        low, high, step = nudge_range(options.min, options.max, options.num_bits, options.narrow_range)
        return {"low": low, "high": high, "scale": step, "inverse": np.float32(1) / step}
