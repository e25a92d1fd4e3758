"""CAST: elements in another type, as C converts them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import copy_step
from .common.operator import Node, Operator, Shape, register

if TYPE_CHECKING:
    from ..planner import Planner


@register
class Cast(Operator):
    """Floats go to integers towards zero and no further than the type goes, NaN to its largest. Scales are not looked at.

    Of complex numbers the real part is kept.
    """

    code = "CAST"
    max_version = 9

    def check_types(self, node: Node) -> None:
        from ..kernels.cast import cast

        types = {source for source, _ in cast}
        for value in (node.input(0), node.outputs[0]):
            if value.type not in types:
                node.unsupported(f"there is no kernel for {value}; there are any two of: {', '.join(sorted(types))}")

    def infer(self, node: Node) -> Sequence[Shape]:
        return [node.input(0).shape]

    def prepare(self, node: Node, plan: Planner) -> None:
        from ..kernels.cast import BLOCK, cast

        input, output = node.input(0), node.outputs[0]
        if input.type == output.type:
            copy_step(plan, input, output)
            return
        way = [output] if (input.type, output.type) in cast else [plan.workspace(input.shape, "FLOAT32"), output]
        for value in way:
            plan.step(cast[input.type, value.type], work=-(-input.size // BLOCK), cost=BLOCK, x=input, out=value, count=input.size)
            input = value
