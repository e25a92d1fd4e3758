"""BIDIRECTIONAL_SEQUENCE_LSTM: two LSTM layers over a sequence, one from its end to its beginning.

Its 48 inputs: the sequence; all weights of the forward layer, as UNIDIRECTIONAL_SEQUENCE_LSTM has them, then of the backward
one; output state and cell state of each; a second sequence, and weights for it of the gates input, forget, cell and output of
each. Without those weights the second sequence is the backward layer's input.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from .common.hybrid import check_hybrid
from .common.lstm import WEIGHTS, LSTMLayer
from .common.operator import Node, Shape, Value, register
from .common.quantization_rules import WeightStorageRule
from .common.recurrent import both_shapes, both_ways
from .common.versions import Versions

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

# The forward and the backward layer's weights, states and weights for the second sequence, which is input 39.
_WEIGHTS, _STATES, _SECOND, _SECOND_WEIGHTS = ((1, 18), (18, 35)), ((35, 37), (37, 39)), 39, ((40, 44), (44, 48))
_GATES = 4
# The inputs that may be INT8 while all else is FLOAT32.
_STORED = (
    *(start - 1 + index for start, _ in _WEIGHTS for index in WEIGHTS),
    *(index for ends in _SECOND_WEIGHTS for index in range(*ends)),
)


@register
class BidirectionalSequenceLSTM(LSTMLayer):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid)."""

    code = "BIDIRECTIONAL_SEQUENCE_LSTM"
    example = "f32 1x28x28 20x28*4 20x20*4 -*3 const:20*4 -*2 20x28*4 20x20*4 -*3 const:20*4 -*2 state:1x20*4 -*9 tanh time_major=false"
    max_version = 3
    versions = Versions("1.14.0 1.14.0 1.14.0", hybrid=(1, 2, 3))
    options = "BidirectionalSequenceLSTMOptions"
    input_count = (48, 48)
    output_count = (1, 2)
    stored_weights = WeightStorageRule(_STORED, asymmetric=True, together=True, first="kernel")

    def outputs_of(self, op: Op) -> int:
        return 1 if op.options is not None and op.options.merge_outputs else 2

    def layers(self, node: Node) -> list[Node]:
        """Each layer as a separate op, with the inputs of UNIDIRECTIONAL_SEQUENCE_LSTM."""
        crossed = any(node.inputs[slice(*_SECOND_WEIGHTS[0])])
        inputs = (node.input(0), node.input(0) if crossed else node.optional(_SECOND) or node.input(0))
        return [
            Node(node.op, node.index, [input, *node.inputs[slice(*weights)], *node.inputs[slice(*states)]], node.outputs)
            for input, weights, states in zip(inputs, _WEIGHTS, _STATES, strict=True)
        ]

    def second(self, node: Node, layer: int) -> list[Value | None]:
        """The weights of a layer's gates for the second sequence, or none."""
        return node.inputs[slice(*_SECOND_WEIGHTS[layer])]

    def check_types(self, node: Node) -> None:
        if node.input(0).type != "FLOAT32":
            node.unsupported(f"there is no kernel for input {node.input(0)}; there is one for FLOAT32")
        wanted = 1 if node.options.merge_outputs else 2
        node.require(len(node.outputs) == wanted, f"it has {len(node.outputs)} outputs, not the {wanted} of its merge_outputs")
        check_hybrid(node, self.stored_weights.inputs)
        states = node.inputs[_STATES[0][0] : _STATES[1][1]]
        node.require(len({id(state) for state in states}) == len(states), f"two of its states are one: {states}")
        for number, layer in enumerate(self.layers(node)):
            super().check_types(layer)
            given = [value is not None for value in self.second(node, number)]
            of_gates = [value is not None for value in layer.inputs[1 : 1 + _GATES]]
            node.require(given in (of_gates, [False] * _GATES), f"its gates {of_gates} have other weights for the second input, {given}")
        crossed = [any(self.second(node, number)) for number in range(2)]
        node.require(crossed[0] == crossed[1], "only one of its layers has weights for the second input")

    def infer(self, node: Node) -> Sequence[Shape]:
        input, second = node.input(0), node.optional(_SECOND)
        forward, backward = (self.sizes(layer) for layer in self.layers(node))
        if any(self.second(node, 0)):
            second = node.input(_SECOND)
            node.require(len(second.shape) == 3, f"its second input {second} does not have 3 dimensions")
            for number, sizes in enumerate((forward, backward)):
                for value in self.second(node, number):
                    fits = value is None or value.shape == (sizes.cells, second.shape[-1])
                    node.require(fits, f"its weights {value} do not have the shape {[sizes.cells, second.shape[-1]]}")
        if second is not None:
            fits = len(second.shape) == 3 and second.shape[:2] == input.shape[:2]
            node.require(fits, f"its second input {second} does not go with {input}")
        return both_shapes(node, input, forward.outputs, backward.outputs)

    def prepare(self, node: Node, plan: PlanContext) -> None:
        layers = self.layers(node)
        ways = both_ways(node, node.input(0), *(self.sizes(layer).outputs for layer in layers))
        for number, (layer, way) in enumerate(zip(layers, ways, strict=True)):
            extra = self.second(node, number)
            self.prepare_float(layer, plan, way, (node.input(_SECOND), extra) if any(extra) else None)
