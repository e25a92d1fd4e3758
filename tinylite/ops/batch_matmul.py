"""BATCH_MATMUL: matrices [..., rows, depth] times matrices [..., depth, columns], either given transposed (adj_x, adj_y)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from .common.broadcasting import broadcast
from .common.copying import mapped_step
from .common.operator import Node, Operator, Shape, Value, register
from .common.quantization_params import scale_and_zero, scales_and_zeros
from .common.quantization_rules import QuantizationRule, WeightStorageRule
from .common.versions import Versions
from .linear.gemm import Batches, Gemm, dense
from .linear.layers import LinearLayer
from .linear.operands import check_types
from .linear.packing import Matrices
from .linear.pairs import MATRICES

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


class _Sizes(NamedTuple):
    batch: Shape
    rows: int
    depth: int
    columns: int


@register
class BatchMatMul(Operator):
    """FLOAT32; INT8 with one scale each; FLOAT32 x constant INT8, quantized on the way row by row (hybrid)."""

    code = "BATCH_MATMUL"
    example = "f32 8x64x32 8x32x64"
    max_version = 4
    versions = Versions("2.3.0 2.3.0 2.4.0 2.5.0", types={"INT8": 2, "INT16": 3}, hybrid=(1, 1, 4))
    plain_types = "FLOAT32"
    options = "BatchMatMulOptions"
    multiplies = True
    quantized = QuantizationRule(types=("INT8",))
    stored_weights = WeightStorageRule((1,), asymmetric=True)
    input_count = (2, 2)

    def weights_of(self, op: Op) -> WeightStorageRule | None:
        """LiteRT's kernel finds the scales of rows along one dimension of matrices: where there are more, a DEQUANTIZE goes before."""
        y, output = op.inputs[1], op.outputs[0]
        batch = output.dynamic_shape[:-2]
        several = y is not None and math.prod(y.shape[:-2]) > 1 and sum(size != 1 for size in batch) > 1
        return replace(self.stored_weights, kernel=False, asymmetric=False) if several else self.stored_weights

    def check_types(self, node: Node) -> None:
        check_types(node, MATRICES, node.input(0), node.input(1), None, node.outputs[0])

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

    def operations(self, node: Node) -> int:
        return 2 * node.outputs[0].size * self.sizes(node).depth

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
        weights = Matrices(y, y_count, columns, depth, *((depth, 1) if node.options.adj_y else (1, columns)))
        if x.type != y.type and y_count > 1:
            # Rows have their own ranges, in the order of the output's: let there be as many.
            if x.shape[:-2] != batch:
                x = _repeated(node, plan, x, batches, (*batch, rows, depth))
            batches = Batches([number * rows * depth for number in range(len(batches.matrices))], batches.matrices)
        layer = MatrixProduct(node, MATRICES, node.input(0), y, None, output, y_count * columns)
        layer.build(plan, Gemm(
            dense(rows, depth, y.dtype.itemsize), x, weights, output, batches, ranges=rows * len(batches.matrices), convolution=False,
            asymmetric=lambda scales: bool(node.options.asymmetric_quantize_inputs),
        ))  # fmt: skip


class MatrixProduct(LinearLayer):
    """Every matrix has the same scales: one, or where floats are quantized on the way, one for each column."""

    def scales(self) -> tuple[np.ndarray, int]:
        if self.input.type == "INT8":
            scale, zero = scale_and_zero(self.node, self.weights)
            return np.full(self.channels, scale, np.float32), zero
        columns = self.output.shape[-1]
        scales, zeros = scales_and_zeros(self.node, self.weights, columns)
        self.node.require(not zeros.any(), f"{self.weights} has a zero point other than 0, which INT8 weights may not have")
        return np.resize(scales, self.channels), 0


def _repeated(node: Node, plan: PlanContext, x: Value, batches: Batches, shape: Shape) -> Value:
    """The matrices of x that the batches read, one after the other."""
    made, size = plan.workspace(shape, x.type), math.prod(shape[-2:])
    maps: list[tuple[range | np.ndarray, int]] = [(np.array(batches.input_offsets) // 4, 4), (range(size), 4)]
    mapped_step(node, plan, x, made, maps, shape=(len(batches.matrices), size))
    return made


def _transposed(node: Node, plan: PlanContext, x: Value, count: int, rows: int, depth: int) -> Value:
    """x [..., depth, rows] as [..., rows, depth]."""
    made = plan.workspace((*x.shape[:-2], rows, depth), x.type)
    element = x.dtype.itemsize
    maps = [(range(count), rows * depth * element), (range(rows), element), (range(depth), rows * element)]
    mapped_step(node, plan, x, made, maps, shape=(count, rows, depth))
    return made
