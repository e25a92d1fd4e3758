"""RANK: the number of the input's dimensions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .common.operator import Node, Operator, register
from .common.quantization_rules import COMPUTES
from .common.versions import Versions


@register
class Rank(Operator):
    """Known as soon as shapes are: it never runs."""

    code = "RANK"
    versions = Versions("1.14.0")
    quantized = COMPUTES

    def check_types(self, node: Node) -> None:
        node.require(node.outputs[0].type == "INT32", f"its output {node.outputs[0]} is not INT32")

    def fold(self, node: Node) -> Sequence[np.ndarray]:
        return [np.array(len(node.input(0).shape), np.int32)]
