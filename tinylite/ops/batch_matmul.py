"""BATCH_MATMUL: matrices [..., rows, depth] times matrices [..., depth, columns], either given transposed (adj_x, adj_y)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..quantization_math import integer_limits
from .common.broadcasting import broadcast
from .common.copying import mapped_step
from .common.gemm import Batches, dense, f32_gemm, hybrid_gemm, q8_gemm
from .common.operator import Node, Operator, Shape, Value, register
from .common.packing import Matrices, check_weights
from .common.quantized import scale_and_zero, scales_and_zeros
from .common.quantizing import Quantized, StoredWeights
from .common.requantizing import Requantization
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_KINDS = {("FLOAT32", "FLOAT32"): "FLOAT32", ("INT8", "INT8"): "INT8", ("FLOAT32", "INT8"): "FLOAT32"}


class _Sizes(NamedTuple):
    batch: Shape
    rows: int
    depth: int
    columns: int


@register
class BatchMatMul(Operator):
    """FLOAT32; INT8 with one scale each; FLOAT32 x constant INT8, quantized on the way row by row (hybrid)."""

    code = "BATCH_MATMUL"
    max_version = 4
    versions = Versions("2.3.0 2.3.0 2.4.0 2.5.0", types={"INT8": 2, "INT16": 3}, hybrid=(1, 1, 4))
    plain_types = "FLOAT32"
    options = "BatchMatMulOptions"
    quantized = Quantized(types=("INT8",))
    stored_weights = StoredWeights((1,), asymmetric=True)
    input_count = (2, 2)

    def weights_of(self, op: Op) -> StoredWeights | None:
        """LiteRT's kernel finds the scales of rows along one dimension of matrices: where there are more, a DEQUANTIZE goes before."""
        y, output = op.inputs[1], op.outputs[0]
        batch = output.signature[:-2]
        several = y is not None and math.prod(y.shape[:-2]) > 1 and sum(size != 1 for size in batch) > 1
        return replace(self.stored_weights, kernel=False, asymmetric=False) if several else self.stored_weights

    def check_types(self, node: Node) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        wanted = _KINDS.get((x.type, y.type))
        if wanted is None or output.type != wanted:
            kinds = ", ".join(f"{a} x {b} to {c}" for (a, b), c in _KINDS.items())
            node.unsupported(f"there is no kernel for {x.type} {x.name!r} x {y.type} {y.name!r} to {output.type}; there are: {kinds}")

    def sizes(self, node: Node) -> _Sizes:
        x, y = node.input(0), node.input(1)
        node.require(min(len(x.shape), len(y.shape)) >= 2, f"{x} or {y} has less than 2 dimensions")
        rows, depth = x.shape[-2:] if not node.options.adj_x else x.shape[:-3:-1]
        y_depth, columns = y.shape[-2:] if not node.options.adj_y else y.shape[:-3:-1]
        node.require(depth == y_depth, f"its matrices {x} and {y} do not go together: depth {depth} and {y_depth}")
        return _Sizes(broadcast(node, x.shape[:-2], y.shape[:-2]), rows, depth, columns)

    def infer(self, node: Node) -> Sequence[Shape]:
        sizes = self.sizes(node)
        return [(*sizes.batch, sizes.rows, sizes.columns)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        x, y, output = node.input(0), node.input(1), node.outputs[0]
        batch, rows, depth, columns = self.sizes(node)
        x_count, y_count = math.prod(x.shape[:-2]), math.prod(y.shape[:-2])
        plan.check_table(math.prod(batch) + y_count * columns)
        if node.options.adj_x:
            x = _transposed(node, plan, x, x_count, rows, depth)
        if y_count == 1:
            rows, batches = rows * x_count, Batches([0], [0])
        else:
            lefts, rights = (np.broadcast_to(np.arange(math.prod(s)).reshape(s), batch).reshape(-1) for s in (x.shape[:-2], y.shape[:-2]))
            batches = Batches((lefts * rows * depth * x.dtype.itemsize).tolist(), rights.tolist())
        shape = dense(rows, depth, y.dtype.itemsize)
        weights = Matrices(y, y_count, columns, depth, *((depth, 1) if node.options.adj_y else (1, columns)))
        if y.type == "FLOAT32":
            f32_gemm(plan, shape, x, weights, None, output, -np.inf, np.inf, batches)
        elif x.type == "INT8":
            (x_scale, x_zero), (y_scale, y_zero), (scale, zero) = (scale_and_zero(node, value) for value in (node.input(0), y, output))
            factor = np.float64(np.float32(x_scale) * np.float32(y_scale)) / scale  # the product in float, as in LiteRT
            how = Requantization(np.full(y_count * columns, factor), "fixed", zero, *integer_limits(output.type))
            q8_gemm(plan, shape, x, x_zero, weights, y_zero, np.zeros(y_count * columns, np.int32), output, how, batches)
        else:
            self.prepare_hybrid(node, plan, x, weights, batches, batch)

    def prepare_hybrid(self, node: Node, plan: PlanContext, x: Value, weights: Matrices, batches: Batches, batch: Shape) -> None:
        y, output = node.input(1), node.outputs[0]
        check_weights(node, y)
        assert weights.constant_value is not None
        rows, depth = x.shape[-2:]
        if weights.matrices == 1:
            rows *= math.prod(x.shape[:-2])
        elif x.shape[:-2] != batch:
            # Rows have scales of their own, in the order of the output's: let there be as many.
            whole = plan.workspace((*batch, rows, depth), x.type)
            maps: list[tuple[range | np.ndarray, int]] = [(np.array(batches.input_offsets) // 4, 4), (range(rows * depth), 4)]
            mapped_step(node, plan, x, whole, maps, shape=(len(batches.matrices), rows * depth))
            x = whole
        scales, zeros = scales_and_zeros(node, y, weights.columns)
        node.require(not zeros.any(), f"{y} has a zero point other than 0, which INT8 weights may not have")
        columns = weights.matrices * weights.columns
        hybrid_gemm(
            plan, dense(rows, depth, 1), x, rows * len(batches.matrices), bool(node.options.asymmetric_quantize_inputs),
            weights.constant_value,
            np.resize(scales, columns), np.zeros(columns), output, -np.inf, np.inf,
            matrices=Batches([number * rows * depth for number in range(len(batches.matrices))], batches.matrices),
        )  # fmt: skip


def _transposed(node: Node, plan: PlanContext, x: Value, count: int, rows: int, depth: int) -> Value:
    """x [..., depth, rows] as [..., rows, depth]."""
    made = plan.workspace((*x.shape[:-2], rows, depth), x.type)
    element = x.dtype.itemsize
    maps = [(range(count), rows * depth * element), (range(rows), element), (range(depth), rows * element)]
    mapped_step(node, plan, x, made, maps, shape=(count, rows, depth))
    return made
