"""SQUEEZE: dimensions of one left out."""

from __future__ import annotations

from collections.abc import Sequence

from .common.joining import axis_of
from .common.operator import Node, Shape, register
from .common.reshaping import Reshaping
from .common.versions import Versions


@register
class Squeeze(Reshaping):
    """Those that the option squeeze_dims names, or all of them."""

    code = "SQUEEZE"
    example = "i8 1x1x1x1000 squeeze_dims=[1,2]"
    max_version = 2
    versions = Versions("1.6.0 2.5.0", types={"STRING": 2})
    reshapes = True
    options = "SqueezeOptions"

    def infer(self, node: Node) -> Sequence[Shape]:
        shape = node.input(0).shape
        named = {axis_of(node, axis, len(shape)) for axis in node.options.squeeze_dims or ()}
        for axis in named:
            node.require(shape[axis] == 1, f"dimension {axis} of {node.input(0)} is not 1 and cannot be left out")
        return [tuple(size for axis, size in enumerate(shape) if not (axis in named or (not named and size == 1)))]
