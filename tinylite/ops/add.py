"""ADD: x + y, with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.quantization_rules import ADDS
from .common.versions import Versions, of_int16, option

if TYPE_CHECKING:
    from ..model import Op


@register
class Add(Binary):
    code = "ADD"
    max_version = 6
    versions = Versions("1.5.0 1.14.0 2.4.0 2.6.0 2.13.0 2.23.0", types={"INT8": 2, "INT64": 4, "FLOAT16": 6})
    plain_types = "FLOAT32 FLOAT16 INT32 INT64 INT16"
    commutative = True
    neutral = 0.0
    affine = "term"
    numpy = np.add
    fuses_activation = True
    options = "AddOptions"
    quantized = ADDS

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), of_int16(op, plain=5, quantized=1 if option(op, "pot_scale_int16") else 3))

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node)
