"""LSTM: one step of an LSTM layer over [batch, inputs].

The FULL kernel is the layer of UNIDIRECTIONAL_SEQUENCE_LSTM. The BASIC one has one matrix [4 * cells, inputs + cells] for the
gates input, cell, forget and output. Its inputs: input, last output, matrix, bias, last cell state. Its outputs: output, cell
state, [input, last output] and the gates' sums.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..quantization_math import FLOAT_MAX
from .common.copying import copy_step
from .common.hybrid import check_hybrid
from .common.joining import join_steps
from .common.lstm import WEIGHTS, LSTMLayer, lstm_version
from .common.operator import Node, Shape, register
from .common.quantization_rules import WeightStorageRule
from .common.versions import Versions
from .linear.gemm import dense, f32_gemm
from .linear.operands import bias_operand
from .linear.packing import filter_rows

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class LSTM(LSTMLayer):
    """FLOAT32, FULL and BASIC; FLOAT32 with INT8 weights, quantized on the way (hybrid), FULL; INT8 with an INT16 cell state (8x8_16),
    FULL, without peephole, projection or layer norm.
    """

    code = "LSTM"
    example = "f32 1x28 20x28*4 20x20*4 -*3 const:20*4 -*2 state:1x20*2 tanh"
    max_version = 4
    versions = Versions("1.7.0 1.10.0 1.14.0 2.3.0", hybrid=(2, 3, 4))
    options = "LSTMOptions"
    input_count = (5, 24)
    output_count = (1, 4)
    rank = 2
    stored_weights = WeightStorageRule(WEIGHTS, asymmetric=True, together=True, first="kernel")

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), lstm_version(op))

    @staticmethod
    def basic(node: Node) -> bool:
        return bool(node.options.kernel_type == "BASIC")

    def outputs_of(self, op: Op) -> int:
        return 4 if op.options is not None and op.options.kernel_type == "BASIC" else 1

    def weights_of(self, op: Op) -> WeightStorageRule | None:
        if op.options is not None and op.options.kernel_type == "BASIC":
            return WeightStorageRule((2,), kernel=False, first="stored")
        return super().weights_of(op)

    def check_types(self, node: Node) -> None:
        basic = self.basic(node)
        outputs = self.outputs_of(node.op)
        node.require(len(node.outputs) == outputs, f"it has {len(node.outputs)} outputs, where its kernel has {outputs}")
        if not basic:
            super().check_types(node)
            return
        node.require(len(node.inputs) == 5, f"it has {len(node.inputs)} inputs, where the BASIC kernel takes 5")
        check_hybrid(node, ())

    def infer(self, node: Node) -> Sequence[Shape]:
        if not self.basic(node):
            return super().infer(node)
        input, last, weights, bias, cell = (node.input(index) for index in range(5))
        node.require(len(input.shape) == len(last.shape) == 2, f"its input {input} or its last output {last} does not have 2 dimensions")
        (batch, inputs), cells = input.shape, last.shape[1]
        for value in (last, cell):
            node.require(value.shape == (batch, cells), f"its state {value} does not have the shape {[batch, cells]}")
        wanted = (4 * cells, inputs + cells)
        node.require(weights.shape == wanted, f"its weights {weights} do not have the shape {list(wanted)}")
        node.require(bias.shape == wanted[:1], f"its bias {bias} does not have the shape {list(wanted[:1])}")
        return [(batch, cells), (batch, cells), (batch, inputs + cells), (batch, 4 * cells)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.lstm import LANES, f32_lstm_cell

        if not self.basic(node):
            super().prepare(node, plan)
            return
        input, last, weights, bias, cell = (node.input(index) for index in range(5))
        output, new_cell, line, gates = node.outputs
        (batch, inputs), cells = input.shape, last.shape[1]
        join_steps(plan, [input, last], line, 1)
        f32_gemm(
            plan,
            dense(batch, inputs + cells, 4),
            line,
            filter_rows(weights),
            bias_operand(node, bias, 4 * cells),
            gates,
            -FLOAT_MAX,
            FLOAT_MAX,
        )
        plan.step(
            f32_lstm_cell,
            work=batch,
            cost=cells * 8,
            scratch=LANES * 4,
            gates=gates,
            before=cell,
            cell=new_cell,
            output=output,
            cells=cells,
        )
        for state, new in ((last, output), (cell, new_cell)):
            # LiteRT overwrites every state, also what another op has computed and others may still read.
            if state.tensor is not None and state.tensor.is_variable:
                copy_step(plan, new, state)
