"""EMBEDDING_LOOKUP: rows of a table (input 1), picked by indices (input 0)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from .common.copying import PACKED, Moving
from .common.operator import Node, Shape, register
from .common.quantization_params import scales_and_zeros
from .common.quantization_rules import WeightStorageRule
from .common.versions import Versions, is_per_channel

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class EmbeddingLookup(Moving):
    """Rows are moved as they are, or where the output is FLOAT32 or FLOAT16 and the table is quantized, multiplied by their scale.

    An index that is not there stops the run.
    """

    code = "EMBEDDING_LOOKUP"
    example = "f32/i8 i32:16~0..999 1000x64"
    max_version = 5
    versions = Versions("1.13.0 1.14.0 1.14.0 2.18.0 2.21.0", other=(1, {"INT4": 4, "INT2": 5}))
    input_count = (2, 2)
    data_input = 1
    stored_weights = WeightStorageRule((1,), channels=0, first="moves")
    picks = True

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 4 if is_per_channel(op.inputs[1]) else 1)

    @staticmethod
    def dequantizes(node: Node) -> bool:
        return node.input(1).type in ("INT8", "UINT8", "INT4", "INT2") and node.outputs[0].type in ("FLOAT32", "FLOAT16")

    def check_types(self, node: Node) -> None:
        indices, table = node.input(0), node.input(1)
        if indices.type != "INT32":
            node.unsupported(f"there is no kernel for indices {indices}; there is: INT32")
        if not self.dequantizes(node):
            super().check_types(node)
            return
        if table.type in PACKED and table.constant_value is None:
            node.unsupported(f"there is no kernel for packed input {table} unless it is constant")
        if table.tensor is not None and table.tensor.quantization is not None and table.tensor.quantization.details is not None:
            node.unsupported(f"its input {table} has scales for blocks of its rows, which no kernel takes")
        quantization = table.tensor.quantization if table.tensor is not None else None
        if quantization is not None and quantization.per_channel:
            node.require(quantization.quantized_dimension == 0, f"its input {table} has scales for something else than its rows")
        _, zeros = scales_and_zeros(node, table, table.shape[0] if table.shape else 1)
        node.require(not zeros.any(), f"its input {table} has a zero point that is not 0")

    def infer(self, node: Node) -> Sequence[Shape]:
        indices, table = node.input(0), node.input(1)
        node.require(len(indices.shape) == 1, f"its indices {indices} are not a vector")
        node.require(len(table.shape) >= 2, f"its table {table} has less than 2 dimensions")
        return [indices.shape + table.shape[1:]]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.indexing import gather_nd
        from ..kernels.tables import embedding

        indices, table, output = node.input(0), node.input(1), node.outputs[0]
        rows, columns = table.shape[0], math.prod(table.shape[1:])
        failures = {1: f"an index in {indices} is not within the {rows} rows of {table}"}
        if self.dequantizes(node):
            scales, _ = scales_and_zeros(node, table, rows)
            # UINT8 tables hold signed numbers all the same: that is how TFLite's first converter stored them.
            plan.step(
                embedding[output.type], work=indices.size, cost=columns, failures=failures, table=table,
                scales=plan.constant(scales, np.float32), scale_step=int(scales.size > 1), indices=indices, rows=rows, columns=columns,
                output=output,
            )  # fmt: skip
            return
        row_bytes = columns * table.dtype.itemsize
        plan.step(
            gather_nd[indices.type], work=indices.size, cost=row_bytes // 8 + 8, failures=failures, input=table, output=output,
            indices=indices, depth=1, sizes=[rows], strides=[row_bytes], slice_bytes=row_bytes,
        )  # fmt: skip
