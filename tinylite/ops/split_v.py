"""SPLIT_V: parts of given lengths along one dimension; input 0 is the data, 1 the lengths, 2 the dimension."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .common.joining import axis_of
from .common.operator import Node, register
from .common.quantization_rules import MOVES
from .common.versions import Versions
from .split import Split

if TYPE_CHECKING:
    from ..model import Op


@register
class SplitV(Split):
    """One length may be -1 and is what is left."""

    code = "SPLIT_V"
    example = "f32 1x56x56x24 [8,-1] (3)"
    max_version = 3
    versions = Versions("1.13.1 2.3.0 2.23.0", types={"INT8": 2, "FLOAT8": 3})
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    options = "SplitVOptions"
    input_count = (3, 3)
    data_input = 0
    quantized = MOVES

    def implied_options(self, op: Op) -> dict[str, Any]:
        lengths = op.inputs[1] if len(op.inputs) > 1 else None
        return {"num_splits": lengths.shape[0]} if lengths is not None and lengths.shape else {}

    def axis(self, node: Node) -> int:
        numbers = node.numbers(2)
        node.require(len(numbers) == 1, f"it takes one axis, not {numbers}")
        return axis_of(node, numbers[0], len(node.input(0).shape))

    def sizes(self, node: Node) -> list[int]:
        sizes, whole = node.numbers(1), node.input(0).shape[self.axis(node)]
        node.require(len(sizes) == len(node.outputs), f"it has {len(node.outputs)} outputs and {len(sizes)} lengths")
        node.require(sizes.count(-1) <= 1 and min(sizes) >= -1, f"its lengths {sizes} hold more than one -1, or less than that")
        rest = whole - sum(size for size in sizes if size >= 0)
        sizes = [rest if size == -1 else size for size in sizes]
        node.require(
            sum(sizes) == whole and min(sizes) >= 0, f"its lengths {node.numbers(1)} do not add up to the {whole} of {node.input(0)}"
        )
        return sizes
