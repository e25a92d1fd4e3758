"""GATHER: slices along one dimension, picked by indices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.copying import Moving
from .common.joining import axis_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES, WeightStorageRule
from .common.versions import Versions, option

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class Gather(Moving):
    """The first `batch_dims` dimensions are shared by data and indices. An index that is not there stops the run."""

    code = "GATHER"
    example = "f32 1000x64 i32:128~0..999"
    max_version = 8
    versions = Versions(
        "1.6.0 1.14.0 1.15.0 2.4.0 2.5.0 2.13.0 2.15.0 2.23.0", types={"INT8": 2, "BOOL": 3, "INT16": 4, "INT4": 7, "FLOAT8": 8},
        other=(1, {"INT16": 6}),
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL STRING"
    options = "GatherOptions"
    input_count = (2, 2)
    quantized = MOVES
    stored_weights = WeightStorageRule((0,), moves=True, first="moves")
    picks = True

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        sizes, places = given
        return sizes[places.astype(np.int64).reshape(-1)].reshape(places.shape) if sizes.ndim == 1 and not options.batch_dims else None

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 5 if option(op, "batch_dims") else 1)

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        if node.input(1).type not in ("INT16", "INT32", "INT64"):
            node.unsupported(f"there is no kernel for indices {node.input(1)}; there are: INT16, INT32, INT64")

    def axes(self, node: Node) -> tuple[int, int]:
        """(axis, batch_dims)"""
        data, indices = node.input(0), node.input(1)
        axis = axis_of(node, node.options.axis, len(data.shape))
        batch = node.options.batch_dims
        batch += len(indices.shape) if batch < 0 else 0
        node.require(0 <= batch <= min(axis, len(indices.shape)), f"its batch_dims {node.options.batch_dims} does not fit axis {axis}")
        node.require(data.shape[:batch] == indices.shape[:batch], f"{data} and {indices} do not share their first {batch} dimensions")
        return axis, batch

    def infer(self, node: Node) -> Sequence[Shape]:
        axis, batch = self.axes(node)
        data, indices = node.input(0).shape, node.input(1).shape
        return [data[:axis] + indices[batch:] + data[axis + 1 :]]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.copy import gather

        data, indices, output = node.input(0), node.input(1), node.outputs[0]
        axis, batch = self.axes(node)
        batches = int(np.prod(data.shape[:batch], dtype=np.int64))
        outer = int(np.prod(data.shape[batch:axis], dtype=np.int64))
        slice_bytes = data.dtype.itemsize * int(np.prod(data.shape[axis + 1 :], dtype=np.int64))
        count = indices.size // max(batches, 1)
        plan.step(
            gather[indices.type], work=batches * outer if output.size else 0, cost=count * (slice_bytes // 8 + 8),
            failures={1: f"an index in {indices} is not within the {data.shape[axis]} of {data}"}, input=data, output=output,
            indices=indices, batches=batches, outer=outer, size=data.shape[axis], count=count, slice_bytes=slice_bytes,
        )  # fmt: skip
