"""Layers with a plain recurrent cell: out = activation(bias + weights * input + recurrent weights * last out)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from ..linear.operands import bias_values
from ..linear.packing import check_weights
from .hybrid import check_hybrid, hybrid_products, is_hybrid, room_bytes, stored_matrix
from .operator import Node, Value
from .quantization_rules import WeightStorageRule
from .recurrent import Direction, Recurrent, activation_fields, check_state, joined, panels

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Cell", "RNNLayer"]


class Cell(NamedTuple):
    """The parameters: weights [outputs, inputs], recurrent weights [outputs, outputs], bias [outputs]; state [batch, outputs]."""

    weights: Value
    recurrent: Value
    bias: Value
    state: Value

    def check(self, node: Node, input: Value) -> int:
        """The outputs of the cell; fails if shapes do not go together or with the input."""
        for value in (self.weights, self.recurrent):
            node.require(len(value.shape) == 2, f"its weights {value} do not have 2 dimensions")
        outputs, inputs = self.weights.shape
        node.require(input.shape[-1] == inputs, f"its input {input} and its weights {self.weights} differ in depth")
        node.require(self.recurrent.shape == (outputs, outputs), f"its weights {self.recurrent} do not have the shape {[outputs, outputs]}")
        node.require(self.bias.shape == (outputs,), f"its bias {self.bias} does not have the shape {[outputs]}")
        wanted = (Direction.extent(node, input)[0], outputs)
        if self.state.shape != wanted:
            node.fail(
                f"its state {self.state} does not have the shape {list(wanted)}",
                "The states of a recurrent layer fix its batch; feed as many rows as the model was made for",
            )
        return outputs

    def step(self, node: Node, plan: PlanContext, input: Value, way: Direction, second: Value | None = None) -> None:
        """Add the step that runs the cell along a sequence. `second` are the weights of another input, which `input` ends with."""
        from ...kernels.lstm import LANES, PANEL
        from ...kernels.rnn import f32_rnn, hybrid_rnn

        outputs, inputs = self.weights.shape[0], input.shape[-1]
        bias = bias_values(node, self.bias, outputs)
        count = -(-outputs // PANEL)
        fields: dict[str, Any]
        if is_hybrid(node, self.weights):
            kernel, extra = hybrid_rnn, None if second is None else stored_matrix(node, second)
            products = stored_matrix(node, self.weights), extra, stored_matrix(node, self.recurrent)
            fields, groups = hybrid_products(node, plan, bias, *products)
            room, layout = room_bytes(count * PANEL, groups)
            fields |= layout
        else:
            kernel, room = f32_rnn, 0
            weights = self.weights if second is None else joined(plan, self.weights, second)  # one matrix for both, side by side
            parts = (bias, check_weights(node, weights), check_weights(node, self.recurrent))
            fields = {"weights": plan.constant(panels(np.column_stack(parts), PANEL), np.float32)}
        plan.step(
            kernel, work=way.batches, cost=way.times * count * PANEL * (1 + inputs + outputs) // LANES,
            scratch=(count * PANEL + inputs + outputs) * 4 + room, state=self.state, times=way.times, inputs=inputs, outputs=outputs,
            panels=count, **fields, **way.fields(input), **activation_fields(node),
        )  # fmt: skip


class RNNLayer(Recurrent):
    """Inputs: input, weights, recurrent weights, bias, and the state, a variable."""

    max_version = 3
    input_count = (5, 5)
    stored_weights = WeightStorageRule((1, 2), asymmetric=True, together=True, first="kernel")
    rank: ClassVar[int]

    def check_types(self, node: Node) -> None:
        check_hybrid(node, self.stored_weights.inputs)
        check_state(node, self.cell(node).state, "state")

    @staticmethod
    def cell(node: Node) -> Cell:
        return Cell(*(node.input(index) for index in range(1, 5)))

    def infer(self, node: Node) -> list[tuple[int, ...]]:
        input = node.input(0)
        node.require(len(input.shape) == self.rank, f"its input {input} does not have {self.rank} dimensions")
        return [(*input.shape[:-1], self.cell(node).check(node, input))]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        self.cell(node).step(node, plan, node.input(0), Direction.forward(node, node.outputs[0]))
