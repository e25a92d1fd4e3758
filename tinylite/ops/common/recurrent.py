"""What recurrent layers have in common: states that outlast a run, sequences, fused activations, matrices in panels."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .joining import join_steps
from .operator import Node, Operator, Shape, Value
from .quantization_params import CLAMPS

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Direction", "Recurrent", "activation_fields", "both_shapes", "both_ways", "check_state", "joined", "panels"]


def check_state(node: Node, state: Value, what: str) -> None:
    """Fail unless a value can be kept from one run to the next."""
    variable = state.tensor is not None and state.tensor.is_variable and state.constant_value is None
    node.require(variable, f"its {what} {state} is not a variable without initial data, as what outlasts a run must be")


def activation_fields(node: Node) -> dict[str, Any]:
    """What `activate` (kernels/lstm.py) takes: tanh, or the ends of a clamp."""
    activation = node.options.fused_activation_function
    if activation not in ("NONE", "TANH", *CLAMPS):
        node.unsupported(f"it fuses the activation {activation}, which no kernel has")
    low, high = CLAMPS.get(activation, (-np.inf, np.inf))
    return {"tanh": int(activation == "TANH"), "low": low, "high": high}


def panels(matrix: np.ndarray, width: int) -> np.ndarray:
    """A matrix [columns, depth] as panels [panels, depth, width], zeros after the last column."""
    columns, depth = matrix.shape
    count = -(-columns // width)
    padded = np.zeros((count * width, depth), matrix.dtype)
    padded[:columns] = matrix
    return padded.reshape(count, width, depth).transpose(0, 2, 1)


class Recurrent(Operator):
    """An operator that multiplies its weights, those of its `stored_weights`, by each row of its input and of its state."""

    multiplies = True

    def operations(self, node: Node) -> int:
        rows, rule = math.prod(node.input(0).shape[:-1]), self.weights_of(node.op)
        assert rule is not None
        return 2 * rows * sum(value.size for index in rule.inputs if (value := node.optional(index)) is not None)


class Direction(NamedTuple):
    """Which way a layer goes through a sequence, and where its outputs go: from element `start` of rows of `width`."""

    batches: int
    times: int
    time_major: bool
    output: Value
    start: int
    width: int
    reverse: bool = False

    @staticmethod
    def extent(node: Node, input: Value) -> tuple[int, int]:
        """The rows of a batch and the steps in time of [batch, time, inputs], [time, batch, inputs] or [batch, inputs]."""
        if len(input.shape) == 2:
            return input.shape[0], 1
        return input.shape[1::-1] if node.options.time_major else input.shape[:2]  # type: ignore[return-value]

    @classmethod
    def forward(cls, node: Node, output: Value) -> Direction:
        """From the first step to the last, into a separate output."""
        batches, times = cls.extent(node, output)
        return cls(batches, times, bool(getattr(node.options, "time_major", False)), output, 0, output.shape[-1])

    def fields(self, input: Value) -> dict[str, Any]:
        """The fields of a kernel's record that lead through input and output: addresses, elements from row to row and step to step."""
        row, step = (1, self.batches) if self.time_major else (self.times, 1)
        inputs, last = input.shape[-1], self.times - 1 if self.reverse else 0
        sign = -1 if self.reverse else 1
        size = input.dtype.itemsize
        return {
            "input": (input, last * step * inputs * size), "input_row": row * inputs, "input_step": sign * step * inputs,
            "output": (self.output, (last * step * self.width + self.start) * size), "output_row": row * self.width,
            "output_step": sign * step * self.width,
        }  # fmt: skip


def both_ways(node: Node, input: Value, forward: int, backward: int) -> tuple[Direction, Direction]:
    """The directions of a bidirectional layer, of so many outputs each: into two outputs, or side by side into one."""
    batches, times = Direction.extent(node, input)
    major = bool(node.options.time_major)
    if not node.options.merge_outputs:
        first, second = node.outputs
        return Direction(batches, times, major, first, 0, forward), Direction(batches, times, major, second, 0, backward, reverse=True)
    (output,), width = node.outputs, forward + backward
    return Direction(batches, times, major, output, 0, width), Direction(batches, times, major, output, forward, width, reverse=True)


def both_shapes(node: Node, input: Value, forward: int, backward: int) -> list[Shape]:
    """The outputs' shapes of such a layer."""
    if node.options.merge_outputs:
        return [(*input.shape[:-1], forward + backward)]
    return [(*input.shape[:-1], forward), (*input.shape[:-1], backward)]


def joined(plan: PlanContext, x: Value, y: Value) -> Value:
    """Two values side by side along their last dimension: a constant, if both are."""
    axis = len(x.shape) - 1
    shape = (*x.shape[:-1], x.shape[-1] + y.shape[-1])
    if x.constant_value is not None and y.constant_value is not None:
        return Value(x.name, x.type, shape, constant_value=np.concatenate([x.constant_value, y.constant_value], axis=axis))
    made = plan.workspace(shape, x.type)
    join_steps(plan, [x, y], made, axis)
    return made
