"""CAST: elements in another type, as C converts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.operator import Node, Operator, Shape, register

if TYPE_CHECKING:
    from ..planner import Planner


@register
class Cast(Operator):
    """Floats go to integers towards zero and no further than the type goes, NaN to its largest. Scales are not looked at."""

    code = "CAST"
    max_version = 9

    def check_types(self, node: Node) -> None:
        from ..kernels.quantize import cast

        input, output = node.input(0), node.outputs[0]
        if (input.type, output.type) not in cast:
            types = ", ".join(sorted({source for source, _ in cast}))
            node.unsupported(f"there is no kernel from {input} to {output.type}; there are any two of: {types}")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.quantize import BLOCK, cast

        input, output = node.input(0), node.outputs[0]
        plan.step(cast[input.type, output.type], work=-(-input.size // BLOCK), cost=BLOCK, x=input, out=output, count=input.size)
