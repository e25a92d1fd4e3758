"""MULTINOMIAL: numbers of classes, drawn for each row of logits [batch, classes]: as many as the second input says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import Node, Shape, register
from .common.random import Random
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Multinomial(Random):
    """FLOAT32 logits, INT32 and INT64 outputs."""

    code = "MULTINOMIAL"
    example = "f32 4x100 (20) seed=1"
    versions = Versions("2.8.0")
    plain_types = "FLOAT32"
    input_count = (2, 2)

    def check_types(self, node: Node) -> None:
        logits, count, output = node.input(0), node.input(1), node.outputs[0]
        if logits.type != "FLOAT32":
            node.unsupported(f"there is no kernel for logits {logits}; there is one for FLOAT32")
        node.require(count.type == "INT32", f"its number of samples {count} is not INT32")
        node.require(output.type in ("INT32", "INT64"), f"its output {output} is neither INT32 nor INT64")

    def infer(self, node: Node) -> Sequence[Shape]:
        logits, numbers = node.input(0), node.numbers(1)
        node.require(len(logits.shape) == 2 and logits.shape[1] > 0, f"its logits {logits} are not [batch, classes]")
        node.require(len(numbers) == 1 and numbers[0] >= 0, f"its number of samples is {numbers}")
        return [(logits.shape[0], numbers[0])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.random import random_choice

        logits, output = node.input(0), node.outputs[0]
        (batch, classes), samples = logits.shape, output.shape[1]
        generator = self.generator(node, plan)
        plan.step(
            random_choice, work=batch, cost=classes * 60 + samples * 50, scratch=8 * classes, logits=logits, output=output,
            output_32=output, wide=int(output.type == "INT64"), classes=classes, samples=samples, **generator,
        )  # fmt: skip
        # So many, whatever was used: TensorFlow's rule.
        self.skip(plan, generator["counter"], batch * (-(-samples // 4) * 4) * 2 * 256)
