"""Boxes thinned out where they overlap: NON_MAX_SUPPRESSION_V4 and V5."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .operator import Node, Operator, Shape

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["NonMaxSuppression"]


class NonMaxSuppression(Operator):
    """Inputs: boxes [n, 4], scores [n], how many to select at most, the overlap from which on a box is dropped, the score that
    selected ones exceed; and with `soft`, the sigma by which scores fall.

    Outputs: the selected boxes' numbers, with `soft` their scores, and how many there are; the places after them are 0.
    """

    soft: bool = False

    def check_types(self, node: Node) -> None:
        for index in range(len(node.inputs)):
            wanted = "INT32" if index == 2 else "FLOAT32"
            node.require(node.input(index).type == wanted, f"its input {node.input(index)} is not {wanted}")
        for index, output in enumerate(node.outputs):
            wanted = "FLOAT32" if self.soft and index == 1 else "INT32"
            node.require(output.type == wanted, f"its output {output} is not {wanted}")

    def infer(self, node: Node) -> Sequence[Shape]:
        boxes, scores = node.input(0), node.input(1)
        node.require(len(boxes.shape) == 2 and boxes.shape[1] == 4, f"its boxes {boxes} are not [n, 4]")
        node.require(scores.shape == boxes.shape[:1], f"its scores {scores} are not one for each box of {boxes}")
        for index in range(2, len(node.inputs)):
            node.require(node.input(index).shape == (), f"its input {node.input(index)} is not a scalar")
        (most,) = node.numbers(2)
        node.require(most >= 0, f"it shall select {most} boxes")
        return [(most,)] * (len(node.outputs) - 1) + [()]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.detection import suppress_softly

        boxes, scores, _, most_overlap, least_score = (node.input(index) for index in range(5))
        selected, *selected_scores, count = node.outputs
        size, most = boxes.shape[0], selected.size
        sigma = node.input(5) if self.soft else plan.constant(np.zeros(1), np.float32)
        plan.step(
            suppress_softly, work=1, cost=size * (20 + 20 * min(most, size)), failures={1: "its sigma is negative"}, boxes=boxes,
            scores=scores, size=size, most=most, most_overlap=most_overlap, least_score=least_score, sigma=sigma,
            keys=plan.workspace((size,), "FLOAT32"), items=plan.workspace((size,), "INT32"), seen=plan.workspace((size,), "INT32"),
            selected=selected, selected_scores=selected_scores[0] if self.soft else plan.workspace((most,), "FLOAT32"), count=count,
        )  # fmt: skip
