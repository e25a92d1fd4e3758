"""DIV: x / y, with broadcasting; integers towards zero."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.binary import Binary, product_scale
from .common.operator import Node, register
from .common.quantization_params import scale_and_zero
from .common.quantization_rules import COMPUTES
from .common.versions import Versions, broadcasts_widely

if TYPE_CHECKING:
    from ..model import Op


def truncated(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """A quotient rounded towards zero, as C has it; floats are divided."""
    return np.trunc(a / b).astype(a.dtype) if a.dtype.kind in "iu" else a / b


@register
class Div(Binary):
    """An integer divisor of zero (a quantized one at its zero point) stops the run with an InvokeError."""

    code = "DIV"
    example = "f32 1x56x56x24 1x56x56x24~1..2"
    max_version = 2
    versions = Versions("1.6.0 2.3.0")
    plain_types = "FLOAT32 INT32"
    neutral = 1.0
    numpy = staticmethod(truncated)
    options = "DivOptions"
    quantized = COMPUTES

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 2 if broadcasts_widely(op) else 1)

    def rescaling(self, node: Node) -> dict[str, int]:
        x, y, out = (np.float32(scale_and_zero(node, value)[0]) for value in (node.input(0), node.input(1), node.outputs[0]))
        # LiteRT multiplies and divides the scales as floats.
        return product_scale(node, float(x / (y * out)))
