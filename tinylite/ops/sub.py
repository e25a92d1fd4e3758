"""SUB: x - y, with broadcasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic.formulas import Stages, xnnpack_sub
from .common.binary import Binary, common_scale
from .common.operator import Node, register
from .common.pairs import of_pairs
from .common.quantization_rules import ADDS
from .common.versions import Versions, broadcasts_widely, input_type, option

if TYPE_CHECKING:
    from ..model import Op


@register
class Sub(Binary):
    code = "SUB"
    example = "i8 1x56x56x24*2"
    methods = ("xnnpack",)
    max_version = 5
    versions = Versions("1.6.0 1.14.0 2.3.0 2.4.0 2.4.0", types={"INT8": 2, "INT64": 4})
    plain_types = "FLOAT32 INT32 INT64"
    neutral = 0.0
    affine = "term"
    numpy = np.subtract
    fuses_activation = True
    options = "SubOptions"
    quantized = ADDS

    def version_needed(self, op: Op) -> int:
        scaled = input_type(op, 0) == "INT16" and not option(op, "pot_scale_int16")
        return max(super().version_needed(op), 3 if broadcasts_widely(op) else 1, 5 if scaled else 1)

    def rescaling(self, node: Node) -> dict[str, int]:
        return common_scale(node)

    def stages(self, node: Node, method: str) -> Stages | None:
        return of_pairs(node, xnnpack_sub)
