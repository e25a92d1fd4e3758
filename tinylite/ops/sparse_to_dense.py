"""SPARSE_TO_DENSE: a tensor of one value (input 3) and a given shape (input 1), with values (input 2) at indices (input 0)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, fill_step, strides_of
from .common.operator import Node, Shape, register
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class SparseToDense(Moving):
    """Indices are [count, dimensions]; for a vector they may be [count], or one number. A scalar value goes to all of them.

    Of values with the same index the last stays. An index that is not there stops the run.
    """

    code = "SPARSE_TO_DENSE"
    example = "f32 i64:3x2~0..0 i64:[56,24] scalar*2"
    max_version = 3
    versions = Versions("1.9.0 1.14.0 1.15.0", other=(2, {"INT64": 2, "INT8": 3, "UINT8": 3}))
    plain_types = "FLOAT32 UINT8 INT8 INT32 INT64"
    data_input = 2
    input_count = (4, 4)
    data_input = 2

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        indices, shape, values, default = (node.input(index) for index in range(4))
        for value in (indices, shape):
            node.require(value.type in ("INT32", "INT64"), f"its input {value} is neither INT32 nor INT64")
        node.require(default.type == values.type, f"its default value {default} is not {values.type}, as its values are")

    def infer(self, node: Node) -> Sequence[Shape]:
        from ..kernels.indexing import MAX_DIMS

        indices, values, default, shape = node.input(0), node.input(2), node.input(3), node.numbers(1)
        count, depth = indices.shape if len(indices.shape) == 2 else (indices.size, 1)
        node.require(len(indices.shape) <= 2, f"its indices {indices} have more than 2 dimensions")
        node.require(depth == len(shape), f"its indices {indices} do not speak of the {len(shape)} dimensions of the output")
        node.require(values.shape in ((), (count,)), f"its values {values} are neither one nor one for each index of {indices}")
        node.require(default.size == 1, f"its default value {default} is not one element")
        node.require(min(shape, default=0) >= 0, f"its shape {shape} has a negative dimension")
        if depth > MAX_DIMS:
            node.unsupported(f"its output has {depth} dimensions, more than {MAX_DIMS}")
        return [tuple(shape)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import sparse_to_dense

        indices, values, default, output = node.input(0), node.input(2), node.input(3), node.outputs[0]
        depth = len(output.shape)
        count = indices.shape[0] if len(indices.shape) == 2 else indices.size
        fill_step(plan, default, output)
        plan.step(
            sparse_to_dense[indices.type, output.dtype.itemsize], work=1, cost=count * (depth + 4),
            failures={1: f"an index in {indices} is not within {output}"}, values=values, value_step=int(values.shape != ()),
            output=output, indices=indices, count=count, depth=depth, sizes=list(output.shape), strides=strides_of(output.shape, 1),
        )  # fmt: skip
