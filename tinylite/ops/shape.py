"""SHAPE: the input's shape as a tensor."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .common.operator import Node, Operator, register
from .common.quantization_rules import COMPUTES
from .common.versions import Versions


@register
class Shape(Operator):
    """Known as soon as shapes are: it never runs."""

    code = "SHAPE"
    versions = Versions("1.10.0")
    options = "ShapeOptions"
    quantized = COMPUTES

    def check_types(self, node: Node) -> None:
        node.require(node.outputs[0].type in ("INT32", "INT64"), f"its output {node.outputs[0]} is neither INT32 nor INT64")

    def fold(self, node: Node) -> Sequence[np.ndarray]:
        return [np.array(node.input(0).shape, node.outputs[0].dtype)]
