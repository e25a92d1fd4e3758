"""UNIQUE: the different elements of a vector in the order in which they come first, and for each element which of them it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .common.operator import DataDependentShapeOp, Node, Shape, Value, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class Unique(DataDependentShapeOp):
    """Both zeros are the same; NaN is different each time, as in TensorFlow."""

    code = "UNIQUE"
    example = "i32 1000~0..99"
    versions = Versions("1.14.0")
    plain_types = "FLOAT32 INT32 INT64 UINT8 INT8 INT16"
    options = "UniqueOptions"
    output_count = (2, 2)

    def check_types(self, node: Node) -> None:
        from ..kernels.counting import unique

        input, values, indices = node.input(0), *node.outputs
        if input.type not in unique:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(unique)}")
        wanted = node.options.idx_out_type
        node.require(wanted in ("INT32", "INT64"), f"its idx_out_type {wanted} is neither INT32 nor INT64")
        node.require(values.type == input.type, f"its output {values} is not {input.type}, as its input is")
        node.require(indices.type == wanted, f"its output {indices} is not {wanted}, as its idx_out_type says")

    def count(self, node: Node, plan: PlanContext, result: Value) -> None:
        node.require(len(node.input(0).shape) == 1, f"its input {node.input(0)} is not a vector")
        self.step(node, plan, count=result, fill=0, values=None, indices=None, indices32=None, wide=0)

    def shapes(self, node: Node, count: int) -> Sequence[Shape]:
        return [(count,), node.input(0).shape]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        values, indices = node.outputs
        self.step(
            node, plan, count=plan.workspace((1,), "INT64"), fill=1, values=values, indices=indices, indices32=indices,
            wide=int(indices.type == "INT64"),
        )  # fmt: skip

    @staticmethod
    def step(node: Node, plan: PlanContext, **fields: Any) -> None:
        from ..kernels.counting import ENTRY, unique

        input = node.input(0)
        bits = (2 * input.size).bit_length()  # of a table that is at most half full
        table = plan.workspace((ENTRY << bits,), "INT32")
        plan.step(unique[input.type], work=1, cost=input.size * 16, x=input, size=input.size, table=table, bits=bits, **fields)
