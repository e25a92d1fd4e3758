"""ADD: x + y, with broadcasting."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from ..arithmetic import Rule
from ..arithmetic.formulas import Stages, cmsis_nn_single_add, optimized_add, reference_add, xnnpack_add
from .common.binary import Binary, common_scale
from .common.broadcasting import vector_run
from .common.operator import Node, register
from .common.pairs import Pairs, of_pairs
from .common.quantization_rules import ADDS
from .common.versions import Versions, of_int16, option

if TYPE_CHECKING:
    from ..model import Op


@register
class Add(Binary):
    code = "ADD"
    example = "i8 1x56x56x24*2 relu"
    methods = ("once", "optimized", "xnnpack")
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

    def stages(self, node: Node, method: str) -> Stages | None:
        formula = {"once": cmsis_nn_single_add, "xnnpack": xnnpack_add}.get(method)
        return None if formula is None else of_pairs(node, formula)

    def pairs(self, node: Node, rule: Rule) -> Pairs | None:
        """Scales that XNNPACK does not take are left to LiteRT's optimized kernel, which computes whole vectors by another formula."""
        found = super().pairs(node, rule)
        if found is not None:
            return found
        run, single = vector_run(node.input(0).shape, node.input(1).shape)
        first = node.input(0).type == "INT8" and not single
        group = 16 if first else 8
        if run < group:
            return None
        stages, rest = of_pairs(node, partial(optimized_add, first=first)), of_pairs(node, reference_add)
        assert stages is not None and rest is not None
        return Pairs(stages, "", rest, run, run // group * group)
