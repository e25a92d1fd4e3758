"""RELU: max(x, 0)."""

from __future__ import annotations

import numpy as np

from ..arithmetic.formulas import Stages, tflm_relu
from .common.lookup import stored_values
from .common.operator import Node, register
from .common.quantization_params import affine
from .common.relu import Clamping
from .common.versions import Versions


@register
class Relu(Clamping):
    code = "RELU"
    methods = ("tflm",)
    max_version = 3
    versions = Versions("1.5.0 2.1.0 2.5.0", types={"INT8": 2, "UINT8": 2, "INT16": 3})
    plain_types = "FLOAT32"
    clamp = (0.0, np.inf)

    def stages(self, node: Node, method: str) -> Stages | None:
        input = node.input(0)
        return tflm_relu(stored_values(input.type), affine(node, input), affine(node, node.outputs[0]))
