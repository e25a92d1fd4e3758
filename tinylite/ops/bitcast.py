"""BITCAST: the same bytes as elements of another type."""

from __future__ import annotations

from collections.abc import Sequence

from .common.copying import PACKED
from .common.operator import Node, Shape, register
from .common.reshaping import Reshaping
from .common.versions import Versions


@register
class Bitcast(Reshaping):
    """Wider elements fall apart along a new last dimension; narrower ones are joined along the last."""

    code = "BITCAST"
    example = "f32 56x24 -> i32"
    versions = Versions("2.13.0")
    quantized = None

    def check_types(self, node: Node) -> None:
        for value in (node.input(0), node.outputs[0]):
            if value.type in PACKED:
                node.unsupported(f"there is no kernel for packed elements, as {value} has")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, output = node.input(0), node.outputs[0]
        old, new = input.dtype.itemsize, output.dtype.itemsize
        if old > new:
            return [(*input.shape, old // new)]
        if old == new:
            return [input.shape]
        wanted = new // old
        node.require(
            input.shape[-1:] == (wanted,), f"the last dimension of {input} is not {wanted}, which is how many make a {output.type}"
        )
        return [input.shape[:-1]]
