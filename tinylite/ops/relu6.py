"""RELU6: x within 0..6."""

from __future__ import annotations

import numpy as np

from ..arithmetic.formulas import Stages
from .common.lookup import stored_values
from .common.operator import Node, register
from .common.quantization_params import activation_range
from .common.relu import Clamping
from .common.versions import Versions


@register
class Relu6(Clamping):
    code = "RELU6"
    methods = ("tflm",)
    max_version = 3
    versions = Versions("1.5.0 1.14.0 2.5.0", types={"INT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    clamp = (0.0, 6.0)

    def stages(self, node: Node, method: str) -> Stages | None:
        """tflite-micro clamps stored numbers by the input's scale, whatever the output's is."""
        input = node.input(0)
        return {"clamped": np.clip(stored_values(input.type), *activation_range(node, "RELU6", input))}
