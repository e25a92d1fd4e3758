"""LOCAL_RESPONSE_NORMALIZATION: x (bias + alpha s)^-beta, s being the sum of squares of x and its neighbours along the channels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.normalizing import Normalizing
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class LocalResponseNormalization(Normalizing):
    """`radius` channels on both sides count, as in TensorFlow; LiteRT's reference kernel leaves out the last of them."""

    code = "LOCAL_RESPONSE_NORMALIZATION"
    example = "f32 1x14x14x64 radius=5 bias=1 alpha=0.0001 beta=0.75"
    max_version = 1
    versions = Versions("1.5.0")
    plain_types = "FLOAT32"
    options = "LocalResponseNormalizationOptions"

    def infer(self, node: Node) -> Sequence[Shape]:
        input = node.input(0)
        node.require(len(input.shape) == 4, f"its input {input} does not have 4 dimensions")
        node.require(node.options.radius >= 0, f"its radius {node.options.radius} is negative")
        return [input.shape]

    def operations(self, node: Node) -> int:
        window = 2 * min(int(node.options.radius), node.input(0).shape[3]) + 1
        return node.outputs[0].size * (2 * window + 4)  # squares and their sum; a product, a sum, a power, a product

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.normalization import f32_lrn

        input, output, options = node.input(0), node.outputs[0], node.options
        rows, depth = self.rows(node)
        radius = min(int(options.radius), depth)  # none lies further
        plan.step(
            f32_lrn, work=rows, cost=depth * (2 * radius + 20), scratch=(depth + 2 * radius) * 4 + 256, input=input, output=output,
            depth=depth, radius=radius, bias=options.bias, alpha=options.alpha, beta=options.beta,
        )  # fmt: skip
