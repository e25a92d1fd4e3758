"""GATHER_ND: slices picked by indices along the first dimensions: input 1 is [..., how many dimensions they speak of]."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.copying import Moving, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class GatherNd(Moving):
    """An index that is not there stops the run."""

    code = "GATHER_ND"
    example = "f32 56x56x24 i32:100x2~0..55"
    max_version = 6
    versions = Versions(
        "1.14.0 2.3.0 2.5.0 2.13.0 2.16.0 2.23.0", types={"STRING": 2, "INT16": 3, "BOOL": 5, "FLOAT8": 6}, other=(1, {"INT16": 4}),
    )  # fmt: skip
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 UINT8 INT8 INT16 INT32 INT64 BOOL STRING"
    input_count = (2, 2)
    quantized = MOVES
    picks = True

    def check_types(self, node: Node) -> None:
        super().check_types(node)
        if node.input(1).type not in ("INT16", "INT32", "INT64"):
            node.unsupported(f"there is no kernel for indices {node.input(1)}; there are: INT16, INT32, INT64")

    def infer(self, node: Node) -> Sequence[Shape]:
        data, indices = node.input(0), node.input(1)
        node.require(bool(indices.shape), f"its indices {indices} are a scalar")
        depth = indices.shape[-1]
        node.require(depth <= len(data.shape), f"its indices {indices} speak of {depth} dimensions of {data}")
        return [(*indices.shape[:-1], *data.shape[depth:])]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import MAX_DIMS, gather_nd

        data, indices, output = node.input(0), node.input(1), node.outputs[0]
        depth = indices.shape[-1]
        if depth > MAX_DIMS:
            node.unsupported(f"its indices speak of {depth} dimensions, more than {MAX_DIMS}")
        strides = strides_of(data.shape, data.dtype.itemsize)
        slice_bytes = data.dtype.itemsize * math.prod(data.shape[depth:])
        plan.step(
            gather_nd[indices.type], work=math.prod(indices.shape[:-1]), cost=slice_bytes // 8 + 8,
            failures={1: f"an index in {indices} is not within {data}"}, input=data, output=output, indices=indices, depth=depth,
            sizes=list(data.shape[:depth]), strides=strides[:depth], slice_bytes=slice_bytes,
        )  # fmt: skip
