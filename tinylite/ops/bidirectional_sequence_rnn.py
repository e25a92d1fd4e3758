"""BIDIRECTIONAL_SEQUENCE_RNN: two layers with plain recurrent cells over a sequence, one from its end to its beginning.

Inputs: the sequence; weights, recurrent weights, bias and state of the forward cell, then of the backward one; a second
sequence, and weights for it of both cells. Without those weights the second sequence is the backward cell's input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.hybrid import check_hybrid
from .common.operator import Node, Shape, Value, register
from .common.quantization_rules import WeightStorageRule
from .common.recurrent import Recurrent, both_shapes, both_ways, check_state, joined
from .common.rnn import Cell
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_CELLS, _SECOND, _SECOND_WEIGHTS = (1, 5), 9, (10, 11)


@register
class BidirectionalSequenceRNN(Recurrent):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid)."""

    code = "BIDIRECTIONAL_SEQUENCE_RNN"
    example = "f32 1x28x20 37x20 37x37 const:37 state:1x37 37x20 37x37 const:37 state:1x37 -*3 tanh"
    max_version = 3
    versions = Versions("1.14.0 1.14.0 2.3.0", hybrid=(1, 2, 3))
    options = "BidirectionalSequenceRNNOptions"
    input_count = (12, 12)
    output_count = (1, 2)
    # LiteRT's kernel for INT8 weights goes through time-major sequences more than once: a DEQUANTIZE goes before, as in 1.15.
    stored_weights = WeightStorageRule((1, 2, 5, 6, 10, 11), kernel=False, first="stored")

    def outputs_of(self, op: Op) -> int:
        return 1 if op.options is not None and op.options.merge_outputs else 2

    def check_types(self, node: Node) -> None:
        check_hybrid(node, self.stored_weights.inputs)
        wanted = 1 if node.options.merge_outputs else 2
        node.require(len(node.outputs) == wanted, f"it has {len(node.outputs)} outputs, not the {wanted} of its merge_outputs")
        states = [node.input(start + 3) for start in _CELLS]
        for state in states:
            check_state(node, state, "state")
        node.require(states[0] is not states[1], f"{states[0]} is the state of both its cells")

    def cells(self, node: Node) -> list[tuple[Cell, Value, Value | None]]:
        """Each cell with its input, and the weights of the second input if it has them. Fails if shapes do not fit."""
        input, second = node.input(0), node.optional(_SECOND)
        extra = [node.optional(index) for index in _SECOND_WEIGHTS]
        node.require((extra[0] is None) == (extra[1] is None), f"only one of its cells has weights for the second input: {extra}")
        node.require(len(input.shape) == 3, f"its input {input} does not have 3 dimensions")
        if extra[0] is not None:
            second = node.input(_SECOND)
        if second is not None:
            fits = len(second.shape) == 3 and second.shape[:2] == input.shape[:2]
            node.require(fits, f"its second input {second} does not go with {input}")
        found = []
        for start, weights, given in zip(_CELLS, extra, (input, second if extra[0] is None and second is not None else input), strict=True):
            cell = Cell(*(node.input(start + i) for i in range(4)))
            outputs = cell.check(node, given)
            fits = weights is None or (second is not None and weights.shape == (outputs, second.shape[2]))
            node.require(fits, f"its weights {weights} do not fit its second input {second}")
            found.append((cell, given, weights))
        return found

    def infer(self, node: Node) -> Sequence[Shape]:
        forward, backward = (cell.weights.shape[0] for cell, _, _ in self.cells(node))
        return both_shapes(node, node.input(0), forward, backward)

    def prepare(self, node: Node, plan: PlanContext) -> None:
        cells = self.cells(node)
        ways = both_ways(node, node.input(0), *(cell.weights.shape[0] for cell, _, _ in cells))
        for (cell, input, weights), way in zip(cells, ways, strict=True):
            if weights is not None:
                input = joined(plan, input, node.input(_SECOND))
            cell.step(node, plan, input, way, weights)
