"""Layers with a plain recurrent cell: out = activation(bias + weights * input + recurrent weights * last out)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from .convolution import bias_values
from .operator import Node, Operator, Value
from .packing import check_weights
from .recurrent import Direction, activation_fields, check_state, panels

if TYPE_CHECKING:
    from ...planner import Planner

__all__ = ["Cell", "RNNLayer", "check_floats"]


def check_floats(node: Node) -> None:
    """Fail unless everything is FLOAT32."""
    for value in (*node.inputs, *node.outputs):
        if value is not None and value.type != "FLOAT32":
            node.unsupported(f"there is no kernel for {value}; there is one for FLOAT32")


class Cell(NamedTuple):
    """The parameters: weights [outputs, inputs], recurrent weights [outputs, outputs], bias [outputs]; state [batch, outputs]."""

    weights: Value
    recurrent: Value
    bias: Value
    state: Value

    def check(self, node: Node, input: Value) -> int:
        """The outputs of the cell; fails if shapes do not go together or with the input."""
        for value in (self.weights, self.recurrent):
            node.want(len(value.shape) == 2, f"its weights {value} do not have 2 dimensions")
        outputs, inputs = self.weights.shape
        node.want(input.shape[-1] == inputs, f"its input {input} and its weights {self.weights} differ in depth")
        node.want(self.recurrent.shape == (outputs, outputs), f"its weights {self.recurrent} do not have the shape {[outputs, outputs]}")
        node.want(self.bias.shape == (outputs,), f"its bias {self.bias} does not have the shape {[outputs]}")
        wanted = (Direction.extent(node, input)[0], outputs)
        if self.state.shape != wanted:
            node.fail(
                f"its state {self.state} does not have the shape {list(wanted)}",
                "The states of a recurrent layer fix its batch; feed as many rows as the model was made for",
            )
        return outputs

    def step(self, node: Node, plan: Planner, input: Value, way: Direction) -> None:
        from ...kernels.lstm import LANES, PANEL
        from ...kernels.rnn import f32_rnn

        outputs, inputs = self.weights.shape
        parts = (bias_values(node, self.bias, outputs), check_weights(node, self.weights), check_weights(node, self.recurrent))
        packed = panels(np.column_stack(parts), PANEL)
        plan.step(
            f32_rnn, work=way.batches, cost=way.times * packed.size // LANES, scratch=(len(packed) * PANEL + inputs + outputs) * 4,
            state=self.state, weights=plan.constant(packed, np.float32), times=way.times, inputs=inputs, outputs=outputs,
            panels=len(packed), **way.fields(input), **activation_fields(node),
        )  # fmt: skip


class RNNLayer(Operator):
    """FLOAT32. Inputs: input, weights, recurrent weights, bias, and the state, a variable."""

    max_version = 3
    input_count = (5, 5)
    rank: ClassVar[int]

    def check_types(self, node: Node) -> None:
        check_floats(node)
        check_state(node, self.cell(node).state, "state")

    @staticmethod
    def cell(node: Node) -> Cell:
        return Cell(*(node.input(index) for index in range(1, 5)))

    def infer(self, node: Node) -> list[tuple[int, ...]]:
        input = node.input(0)
        node.want(len(input.shape) == self.rank, f"its input {input} does not have {self.rank} dimensions")
        return [(*input.shape[:-1], self.cell(node).check(node, input))]

    def prepare(self, node: Node, plan: Planner) -> None:
        self.cell(node).step(node, plan, node.input(0), Direction.forward(node, node.outputs[0]))
