"""LSTM layers over a sequence [batch, time, inputs], or [time, batch, inputs] if time_major, or over one step [batch, inputs].

The 20 or 24 inputs of a layer: the sequence; matrices for the input and for the last output, [cells, inputs] and [cells, outputs], of the
gates input, forget, cell and output; peephole weights [cells]; biases [cells]; projection [outputs, cells] and its bias;
output state and cell state, variables that are kept from one run to the next; layer norm factors [cells].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from ...arithmetic import Arithmetic, Rule
from ...quantization_math import (
    integer_limits,
    interpolated_sigmoid_table,
    interpolated_tanh_table,
    quantize_multiplier,
    sigmoid_table,
    tanh_table,
)  # fmt: skip
from ..linear.operands import bias_values
from ..linear.packing import check_weights
from .hybrid import Matrix, dequantized, hybrid_products, is_hybrid, packed_matrix, room_bytes, stored_matrix
from .operator import Node, Shape, Value
from .quantization_params import scale_and_zero
from .recurrent import Direction, Recurrent, activation_fields, check_state, joined, panels
from .versions import input_type, option, output_type

if TYPE_CHECKING:
    from ...model import Op
    from .plan_context import PlanContext

# Where the tensors of a gate are among the inputs, in the kernel's order of gates; without the last for CIFG.
_GATES = ("forget", "cell", "output", "input")
INPUT_WEIGHTS = {"input": 1, "forget": 2, "cell": 3, "output": 4}
RECURRENT_WEIGHTS = {"input": 5, "forget": 6, "cell": 7, "output": 8}
_PEEPHOLE = {"input": 9, "forget": 10, "output": 11}
BIASES = {"input": 12, "forget": 13, "cell": 14, "output": 15}
_PROJECTION, _PROJECTION_BIAS, OUTPUT_STATE, CELL_STATE = 16, 17, 18, 19
_NORM = {"input": 20, "forget": 21, "cell": 22, "output": 23}

# The integer version: what inputs are that are not INT8.
_INTEGER_TYPES = {
    **dict.fromkeys((*BIASES.values(), _PROJECTION_BIAS), "INT32"),
    **dict.fromkeys((*_PEEPHOLE.values(), CELL_STATE, *_NORM.values()), "INT16"),
}
# The weights that may be INT8 while all else is FLOAT32.
WEIGHTS = (*INPUT_WEIGHTS.values(), *RECURRENT_WEIGHTS.values(), *_PEEPHOLE.values(), _PROJECTION)
GATE_BITS = 12  # fractional bits of its gates


@dataclass(frozen=True)
class _Sizes:
    batches: int
    times: int
    inputs: int
    cells: int
    outputs: int

    def fields(self, gates: int) -> dict[str, Any]:
        """What the kernels' records say about sizes."""
        from ...kernels.lstm import LANES, PANEL

        pad = -(-self.cells // LANES) * LANES
        return {
            "times": self.times, "inputs": self.inputs, "cells": self.cells, "outputs": self.outputs, "pad": pad,
            "panels": -(-gates * pad // PANEL), "cifg": int(gates == 3),
        }  # fmt: skip


@dataclass(frozen=True)
class IntegerForm:
    """What LiteRT's and tflite-micro's kernels of 8x8_16 differ in, besides how they round: `micro` is the latter.

    hidden   whose quantization is that of what the output gate lets through
    sigmoid  the function of all int16 with 3 integer bits, int16 [65536] with none
    tanh     (integer bits) -> the same of tanh
    """

    micro: bool
    hidden: Value
    sigmoid: np.ndarray
    tanh: Callable[[int], np.ndarray]


class LSTMLayer(Recurrent):
    """FLOAT32; FLOAT32 with INT8 weights, quantized on the way (hybrid); INT8 with an INT16 cell state (8x8_16), which takes no
    peephole, projection or layer norm.
    """

    input_count = (20, 24)
    rank: ClassVar[int] = 3

    def check_types(self, node: Node) -> None:
        input, weights, output = node.input(0), node.input(INPUT_WEIGHTS["forget"]), node.outputs[0]
        node.require(len(node.inputs) in (20, 24), f"it has {len(node.inputs)} inputs and takes 20, or 24 with those of layer norm")
        if (input.type, weights.type) not in (("FLOAT32", "FLOAT32"), ("FLOAT32", "INT8"), ("INT8", "INT8")):
            node.unsupported(
                f"there is no kernel for {input.type} input {input.name!r} x {weights.type} weights {weights.name!r}; there are: "
                "FLOAT32 x FLOAT32, FLOAT32 x INT8, INT8 x INT8"
            )
        integer = input.type == "INT8"
        for index, value in enumerate(node.inputs):
            wanted = _INTEGER_TYPES.get(index, "INT8") if integer else weights.type if index in WEIGHTS else "FLOAT32"
            node.require(value is None or value.type == wanted, f"its input {index}, {value}, should be {wanted}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")
        self.check_parts(node, integer)
        for index, what in ((OUTPUT_STATE, "output state"), (CELL_STATE, "cell state")):
            check_state(node, node.input(index), what)
        cell = node.input(CELL_STATE)
        node.require(cell is not node.input(OUTPUT_STATE), f"{cell} is both its output state and its cell state")
        if not integer and node.options.fused_activation_function == "NONE":
            node.unsupported("it has no activation, for which there is no reference: LiteRT's kernel uses numbers that it has not computed")
        for name in ("cell_clip", "proj_clip"):
            clip = getattr(node.options, name)
            node.require(clip >= 0, f"its {name} is {clip}, and may not be below 0")
        if integer:
            self.check_quantization(node)

    def check_parts(self, node: Node, integer: bool) -> None:
        """Which of the optional inputs are there: those of a part all or none."""
        gates = self.gates(node)
        for indices in (INPUT_WEIGHTS, RECURRENT_WEIGHTS, BIASES):
            for gate in _GATES[:3]:
                node.input(indices[gate])
            extra = node.optional(indices["input"])
            if gates == _GATES:
                node.require(extra is not None, f"input {indices['input']} is missing, though the input gate has weights for the input")
            else:
                node.require(extra is None, f"its input gate has {extra} but no weights for the input")
        for what, indices in (("peephole weights", _PEEPHOLE), ("layer norm factors", _NORM)):
            found = [value for value in map(node.optional, indices.values()) if value is not None]
            if found and integer:
                node.unsupported(f"it has {what}, {found[0]}, which the INT8 kernel does not take")
            for gate, index in indices.items():
                given, wanted = node.optional(index) is not None, bool(found) and gate in gates
                node.require(given == wanted, f"of its {what}, those of the {gate} gate are {'too many' if given else 'missing'}")
        if integer and node.optional(_PROJECTION) is not None:
            node.unsupported(f"it has a projection, {node.optional(_PROJECTION)}, which the INT8 kernel does not take")
        node.require(
            node.optional(_PROJECTION_BIAS) is None or node.optional(_PROJECTION) is not None,
            f"it has a bias {node.optional(_PROJECTION_BIAS)} for a projection, and none",
        )

    def check_quantization(self, node: Node) -> None:
        """The parameters that the integer kernel computes with."""
        for index in (0, OUTPUT_STATE):
            scale_and_zero(node, node.input(index))
        scale_and_zero(node, node.outputs[0])
        weights = [node.input(indices[gate]) for indices in (INPUT_WEIGHTS, RECURRENT_WEIGHTS) for gate in self.gates(node)]
        for value in (*weights, node.input(CELL_STATE)):
            zero = scale_and_zero(node, value)[1]
            node.require(zero == 0, f"{value} has the zero point {zero}; weights and cell state have none but 0")
        self.cell_bits(node)
        scale_and_zero(node, self.hidden(node))

    def gates(self, node: Node) -> tuple[str, ...]:
        """The gates that there are weights for, in the kernel's order."""
        return _GATES if node.optional(INPUT_WEIGHTS["input"]) is not None else _GATES[:3]

    def cell_bits(self, node: Node) -> int:
        """The fractional bits of the cell state: its scale must be a power of two."""
        state = node.input(CELL_STATE)
        scale = scale_and_zero(node, state)[0]
        exponent = float(np.log2(scale))
        bits = -round(exponent)
        # gemmlowp's tanh of int16 has 0 to 6 integer bits.
        if abs(exponent + bits) >= 1e-3 or not 9 <= bits <= 15:
            node.fail(f"its cell state {state} has the scale {scale:.6g}, where a power of two from 2^-15 to 2^-9 is wanted")
        return bits

    def hidden(self, node: Node) -> Value:
        """The intermediate that has the quantization of what the output gate lets through."""
        found = node.op.intermediates
        node.require(len(found) == 5, f"it has {len(found)} intermediates; with INT8 it takes 5, of which the last is for the hidden state")
        node.require(found[4].type == "INT8", f"its intermediate {found[4]} should be INT8")
        return Value(found[4].name or "", "INT8", found[4].shape, found[4])

    def sizes(self, node: Node) -> _Sizes:
        """All sizes; fails if a shape does not go with them."""
        input, weights, recurrent = node.input(0), node.input(INPUT_WEIGHTS["output"]), node.input(RECURRENT_WEIGHTS["output"])
        node.require(len(input.shape) == self.rank, f"its input {input} does not have {self.rank} dimensions")
        node.require(len(weights.shape) == 2, f"its weights {weights} do not have 2 dimensions")
        node.require(len(recurrent.shape) in (1, 2), f"its weights {recurrent} do not have 2 dimensions")
        inputs = input.shape[-1]
        batches, times = Direction.extent(node, input)
        cells, outputs = weights.shape[0], recurrent.shape[-1]

        def want(index: int, *shapes: Shape) -> None:
            value = node.optional(index)
            text = " or ".join(str(list(shape)) for shape in shapes)
            node.require(value is None or value.shape in shapes, f"its input {index}, {value}, does not have the shape {text}")

        for gate in _GATES:
            want(INPUT_WEIGHTS[gate], (cells, inputs))
            # A diagonal matrix may be given as its diagonal, in float.
            want(RECURRENT_WEIGHTS[gate], (cells, outputs), *([(cells,)] if cells == outputs and input.type == "FLOAT32" else []))
            for indices in (_PEEPHOLE, BIASES, _NORM):
                if gate in indices:
                    want(indices[gate], (cells,))
        want(_PROJECTION, (outputs, cells))
        want(_PROJECTION_BIAS, (outputs,))
        node.require(
            cells == outputs or node.optional(_PROJECTION) is not None,
            f"its weights {recurrent} are for {outputs} outputs, where {cells} cells without a projection have as many",
        )
        for index, count in ((OUTPUT_STATE, outputs), (CELL_STATE, cells)):
            state = node.input(index)
            if state.size != batches * count:
                node.fail(
                    f"its state {state} has {state.size} elements for a batch of {batches} times {count}",
                    "The states of a recurrent layer fix its batch; feed as many rows as the model was made for",
                )
        return _Sizes(batches, times, inputs, cells, outputs)

    def infer(self, node: Node) -> Sequence[Shape]:
        return [(*node.input(0).shape[:-1], self.sizes(node).outputs)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        if node.input(0).type == "FLOAT32":
            self.prepare_float(node, plan, Direction.forward(node, node.outputs[0]))
        else:
            self.prepare_integer(node, plan)

    def prepare_float(self, node: Node, plan: PlanContext, way: Direction, second: tuple[Value, list[Value | None]] | None = None) -> None:
        """`second` is another input, and its gates' weights in the order of the inputs' (input, forget, cell, output)."""
        from ...kernels.lstm import LANES, PANEL, f32_lstm, hybrid_lstm

        sizes, gates = self.sizes(node), self.gates(node)
        fields = sizes.fields(len(gates))
        pad, cells = fields["pad"], sizes.cells
        normalizes = node.optional(_NORM["forget"]) is not None
        biases = _stack([bias_values(node, node.input(BIASES[gate]), cells) for gate in gates], pad)
        input, extra = node.input(0), None
        if second is not None:
            input = joined(plan, input, second[0])
            extra = {gate: second[1][index - 1] for gate, index in INPUT_WEIGHTS.items()}
            fields["inputs"] = input.shape[-1]
        peephole = norm = None
        if node.optional(_PEEPHOLE["forget"]) is not None:
            none = np.zeros(cells, np.float32)
            rows = [dequantized(node, node.input(_PEEPHOLE[gate])) if gate in _PEEPHOLE else none for gate in gates]
            peephole = plan.constant(_stack(rows, pad), np.float32)
        if normalizes:
            factors = _stack([check_weights(node, node.input(_NORM[gate])) for gate in gates], pad)
            norm = plan.constant(np.concatenate([factors, biases]), np.float32)
        # Layer norm takes the sums without their bias.
        start = np.zeros_like(biases) if normalizes else biases
        hybrid = is_hybrid(node, node.input(INPUT_WEIGHTS["forget"]))
        products, room = (self.hybrid_parts if hybrid else self.float_parts)(node, plan, sizes, start, pad, extra)
        depth = input.shape[-1] + sizes.outputs
        plan.step(
            hybrid_lstm if hybrid else f32_lstm, work=sizes.batches,
            cost=sizes.times * (depth * fields["panels"] * PANEL // LANES + 16 * pad),
            scratch=(fields["panels"] * PANEL + 2 * pad + depth + PANEL) * 4 + room,
            state=node.input(OUTPUT_STATE), cell=node.input(CELL_STATE), peephole=peephole, norm=norm,
            peepholes=int(peephole is not None), normalizes=int(normalizes), norm_biases=len(gates) * pad,
            cell_clip=node.options.cell_clip or np.inf, projection_clip=node.options.proj_clip or np.inf,
            **products, **fields, **way.fields(input), **activation_fields(node),
        )  # fmt: skip

    def float_parts(
        self, node: Node, plan: PlanContext, sizes: _Sizes, start: np.ndarray, pad: int, extra: dict[str, Value | None] | None
    ) -> tuple[dict[str, Any], int]:
        """The fields with matrices of the float kernel, and the scratch that it needs for them. `extra` has a second input's weights."""
        from ...kernels.lstm import PANEL

        def matrix(gate: str) -> np.ndarray:
            weights, more = node.input(INPUT_WEIGHTS[gate]), extra[gate] if extra is not None else None
            return check_weights(node, weights if more is None else joined(plan, weights, more))  # one matrix for both, side by side

        stacked = np.column_stack([
            start,
            _stack([matrix(gate) for gate in self.gates(node)], pad),
            _stack([_square(check_weights(node, node.input(RECURRENT_WEIGHTS[gate]))) for gate in self.gates(node)], pad),
        ])  # fmt: skip
        fields = {"weights": plan.constant(panels(stacked, PANEL), np.float32), "projection": None, "projection_panels": 0}
        if node.optional(_PROJECTION) is not None:
            offsets = bias_values(node, node.optional(_PROJECTION_BIAS), sizes.outputs)
            packed = panels(np.column_stack([offsets, check_weights(node, node.input(_PROJECTION))]), PANEL)
            fields |= {"projection": plan.constant(packed, np.float32), "projection_panels": len(packed)}
        return fields, 0

    def hybrid_parts(
        self, node: Node, plan: PlanContext, sizes: _Sizes, start: np.ndarray, pad: int, extra: dict[str, Value | None] | None
    ) -> tuple[dict[str, Any], int]:
        """The same for the kernel that reads INT8 weights."""
        from ...kernels.lstm import PANEL

        def matrix(values: list[Value | None]) -> Matrix:
            parts = [stored_matrix(node, value) for value in values if value is not None]
            return Matrix(_stack([part.values for part in parts], pad), _stack([part.scales for part in parts], pad))

        gates = self.gates(node)
        given, recurrent = ([node.optional(indices[gate]) for gate in gates] for indices in (INPUT_WEIGHTS, RECURRENT_WEIGHTS))
        second = None if extra is None else matrix([extra[gate] for gate in gates])
        fields, groups = hybrid_products(node, plan, start, matrix(given), second, matrix(recurrent))
        columns = -(-start.size // PANEL) * PANEL
        projection: dict[str, Any] = {
            "projection": None, "projection_panels": 0, "projection_floats": None, "projection_sums": None, "projection_groups": 0,
        }  # fmt: skip
        if node.optional(_PROJECTION) is not None:
            words, depth, sums, scales = packed_matrix(plan, stored_matrix(node, node.input(_PROJECTION)))
            offsets = bias_values(node, node.optional(_PROJECTION_BIAS), sizes.outputs)
            projection = {
                "projection": words, "projection_groups": depth, "projection_sums": plan.constant(sums, np.int32),
                "projection_floats": plan.constant(np.concatenate([np.pad(offsets, (0, sums.size - offsets.size)), scales]), np.float32),
                "projection_panels": sums.size // PANEL,
            }  # fmt: skip
            columns, groups = max(columns, sums.size), max(groups, depth)
        room, layout = room_bytes(columns, groups)
        return {**fields, **projection, **layout}, room

    def form(self, node: Node, arithmetic: Arithmetic) -> IntegerForm:
        """The integer kernel of an arithmetic. Raises UnprovenError for what it is not proven for."""
        code, type = node.op.code, node.outputs[0].type
        if arithmetic.rule(code, type, Rule("")).method != "tflm":
            return IntegerForm(False, self.hidden(node), sigmoid_table(), tanh_table)
        if len(self.gates(node)) < len(_GATES):
            arithmetic.refuse(code, type, "an input gate")
        return IntegerForm(True, node.input(OUTPUT_STATE), interpolated_sigmoid_table(), interpolated_tanh_table)

    def prepare_integer(self, node: Node, plan: PlanContext) -> None:
        """LiteRT's 8x8_16, or tflite-micro's, by the arithmetic. Its activation is tanh whatever the options say, as there."""
        from ...kernels.lstm import DOT, LANES, PANEL, q8_lstm, q8_lstm_micro

        sizes, gates = self.sizes(node), self.gates(node)
        form = self.form(node, plan.arithmetic)
        fields = sizes.fields(len(gates))
        pad, columns = fields["pad"], fields["panels"] * PANEL
        bits = self.cell_bits(node)
        words, constants = [], []
        for indices, source, biased in ((INPUT_WEIGHTS, node.input(0), True), (RECURRENT_WEIGHTS, node.input(OUTPUT_STATE), False)):
            zero = scale_and_zero(node, source)[1]
            weights = [node.input(indices[gate]) for gate in gates]
            biases = [bias_values(node, node.input(BIASES[gate]) if biased else None, sizes.cells) for gate in gates]
            matrix, bias = _stack([check_weights(node, value) for value in weights], pad), _stack(biases, pad).astype(np.int64)
            multipliers, shifts = self.gate_factors(node, source, weights, form)
            bias -= (zero + DOT.offset) * matrix.sum(axis=1, dtype=np.int64)
            rows = [bias, *(np.repeat(row, pad) for row in (multipliers, np.maximum(shifts, 0), np.maximum(-shifts, 0)))]
            words.append(plan.constant(panels(DOT.words(matrix), PANEL), np.int32))
            constants += [np.pad(row, (0, columns - row.size)) for row in rows]
        hidden = form.hidden
        multiplier, shift = self.hidden_factor(node, hidden)
        low, high = self.cell_limits(node)
        input_groups, output_groups = (packed.shape[1] for packed in words)
        plan.step(
            q8_lstm_micro if form.micro else q8_lstm, work=sizes.batches,
            cost=sizes.times * ((input_groups + output_groups) * columns // LANES + 16 * sizes.cells),
            scratch=(2 * columns + input_groups + output_groups) * 4,
            state=node.input(OUTPUT_STATE), cell=node.input(CELL_STATE), weights=words[0],
            recurrent=words[1], constants=plan.constant(_wrapped(np.concatenate(constants)), np.int32), sigmoid=form.sigmoid,
            tanh=form.tanh(15 - GATE_BITS), cell_tanh=form.tanh(15 - bits), input_groups=input_groups, output_groups=output_groups,
            cell_shift=30 - bits, cell_low=low, cell_high=high, multiplier=multiplier, shift=shift,
            zero=scale_and_zero(node, hidden)[1],
            **fields, **Direction.forward(node, node.outputs[0]).fields(node.input(0)),
        )  # fmt: skip

    def gate_factors(self, node: Node, source: Value, weights: Sequence[Value], form: IntegerForm) -> tuple[np.ndarray, np.ndarray]:
        """Multipliers and shifts from sums of products of `source` and each of the weights to gates with 12 fractional bits."""
        scale = np.float32(scale_and_zero(node, source)[0])
        # In float step by step, as the reference, or all in double.
        precision: Any = np.float64 if form.micro else np.float32
        scales = np.array([scale_and_zero(node, value)[0] for value in weights], precision)
        with np.errstate(over="ignore"):
            factors = scales * scale / np.float32(2.0**-GATE_BITS)
        return _fixed_point(node, factors, f"the scale of {source} times those of its weights")

    def hidden_factor(self, node: Node, hidden: Value) -> tuple[int, int]:
        """Multiplier and shift from what the output gate lets through, with 30 fractional bits, to the hidden state."""
        multiplier, shift = _fixed_point(node, [2.0**-15 / scale_and_zero(node, hidden)[0] * 2.0**-15], f"the scale of {hidden}")
        return int(multiplier[0]), int(shift[0])

    def cell_limits(self, node: Node) -> tuple[int, int]:
        """What the INT16 cell state is kept within."""
        low, high = integer_limits("INT16")
        if node.options.cell_clip > 0:
            # A cell state stays below 2^7.
            quotient = np.float32(min(node.options.cell_clip, 2.0**7)) / np.float32(scale_and_zero(node, node.input(CELL_STATE))[0])
            clip = min(int(quotient), high)
            low, high = (-clip, clip) if clip else (low, high)
        return low, high


def lstm_version(op: Op) -> int:
    """The version that an LSTM's types and options need."""
    if (input_type(op, 0), input_type(op, 2), output_type(op)) == ("INT16", "INT8", "INT16"):
        return 5
    return 2 if option(op, "kernel_type") == "BASIC" else 4 if option(op, "diagonal_recurrent_tensors") else 1


def _stack(parts: list[np.ndarray], pad: int) -> np.ndarray:
    """The rows of all gates one after the other, each gate's padded with zeros to `pad`."""
    stacked = np.zeros((len(parts), pad, *parts[0].shape[1:]), parts[0].dtype)
    for rows, part in zip(stacked, parts, strict=True):
        rows[: len(part)] = part
    return stacked.reshape(len(parts) * pad, *parts[0].shape[1:])


def _square(weights: np.ndarray) -> np.ndarray:
    """A matrix that may be given as its diagonal."""
    return np.diag(weights) if weights.ndim == 1 else weights


def _wrapped(values: np.ndarray) -> np.ndarray:
    """As int32, what does not fit wrapped around as the reference's sums do."""
    return values.astype(np.int64).astype(np.int32)


def _fixed_point(node: Node, factors: Any, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Factors, float before anything else, as multipliers and shifts; fails if a shift would leave nothing of an int32."""
    with np.errstate(over="ignore"):
        factors = np.asarray(factors, np.float32)
    node.require(bool((factors < 2.0**30).all()), f"{what} makes a factor of {float(factors.max()):.3g}, too large for fixed point")
    return quantize_multiplier(factors)
