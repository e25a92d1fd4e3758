"""SVDF: each filter's products with the input are remembered, and weighted over time; `rank` filters make an output.

Inputs: input [batch, inputs], weights of features [filters, inputs], weights over time [filters, memory], bias
[filters / rank] or none, and the memory [batch, filters * memory], a variable.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.hybrid import check_hybrid, dequantized, is_hybrid, stored_matrix
from .common.operator import Node, Shape, register
from .common.quantization_rules import WeightStorageRule
from .common.recurrent import Recurrent, activation_fields, check_state
from .common.versions import Versions
from .linear.gemm import dense, f32_gemm, hybrid_gemm
from .linear.operands import bias_values
from .linear.packing import filter_rows

if TYPE_CHECKING:
    from .common.plan_context import PlanContext


@register
class SVDF(Recurrent):
    """FLOAT32; FLOAT32 with INT8 weights, the input quantized on the way (hybrid)."""

    code = "SVDF"
    example = "f32 1x40 64x40 64x8 - state:1x512 rank=1 relu"
    max_version = 4
    versions = Versions("1.5.0 1.14.0 2.2.0 2.3.0", types={"INT8": 3}, weights={"FLOAT32 INT8 FLOAT32": 2}, hybrid=(1, 2, 4))
    options = "SVDFOptions"
    input_count = (5, 5)
    stored_weights = WeightStorageRule((1, 2), asymmetric=True, together=True, first="kernel")

    def check_types(self, node: Node) -> None:
        check_hybrid(node, self.stored_weights.inputs)
        check_state(node, node.input(4), "state")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, features, times, bias, state = node.input(0), node.input(1), node.input(2), node.optional(3), node.input(4)
        rank = node.options.rank
        for value in (input, features, times):
            node.require(len(value.shape) == 2, f"{value} does not have 2 dimensions")
        (batch, inputs), (filters, depth), memory = input.shape, features.shape, times.shape[1]
        node.require(inputs == depth, f"its input {input} and its weights {features} differ in depth")
        node.require(rank > 0 and filters % rank == 0, f"its {filters} filters are not a multiple of its rank {rank}")
        node.require(times.shape[0] == filters and memory > 0, f"its weights over time {times} are not [{filters}, 1 or more]")
        node.require(bias is None or bias.size == filters // rank, f"its bias {bias} does not have {filters // rank} elements")
        if state.shape != (batch, filters * memory):
            node.fail(
                f"its state {state} does not have the shape {[batch, filters * memory]}",
                "The states of a recurrent layer fix its batch; feed as many rows as the model was made for",
            )
        return [(batch, filters // rank)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.lstm import LANES
        from ..kernels.rnn import f32_svdf

        input, features, times, output = node.input(0), node.input(1), node.input(2), node.outputs[0]
        (batch, inputs), (filters, memory) = input.shape, times.shape
        found = plan.workspace((batch, filters), "FLOAT32")
        weights: Any = times
        if is_hybrid(node, features):
            matrix = stored_matrix(node, features)
            hybrid_gemm(
                plan, dense(batch, inputs, 1), input, batch, bool(node.options.asymmetric_quantize_inputs), matrix.values[None],
                matrix.scales, np.zeros(filters), found, -np.inf, np.inf,
            )  # fmt: skip
            weights = plan.constant(dequantized(node, times), np.float32)
        else:
            f32_gemm(plan, dense(batch, inputs, 4), input, filter_rows(features), None, found, -np.inf, np.inf)
        plan.step(
            f32_svdf, work=batch, cost=filters * memory * 2, scratch=LANES * 4, features=found, state=node.input(4), weights=weights,
            bias=plan.constant(bias_values(node, node.optional(3), output.shape[1]), np.float32), output=output, units=output.shape[1],
            rank=node.options.rank, memory=memory, **activation_fields(node),
        )  # fmt: skip
