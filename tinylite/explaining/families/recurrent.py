"""INT8 LSTM layers with an INT16 cell state: one unit of the layer, from the first step in time to the one that is asked for."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ...errors import UnsupportedError
from ...ops.common.lstm import BIASES, CELL_STATE, GATE_BITS, INPUT_WEIGHTS, OUTPUT_STATE, RECURRENT_WEIGHTS, IntegerForm, LSTMLayer
from ...ops.common.node import Node
from ...ops.common.recurrent import Direction
from ...ops.linear.operands import bias_values
from ..alone import kernel_outputs
from ..explanation import Derivation, Stage, Taps
from ..integers import divide_half_away, multiply_high, saturate, wrap
from ..requantizing import Requantize, by_multiplier
from ..site import Index, Place, Site, explains
from ..stages import in_32_bits, renamed, to_output

__all__: list[str] = []

_HALF = 1 << 15


class _Product(NamedTuple):
    """The weights of a gate for the input or for the last output: values, the zero point that is taken off, bias, factor."""

    weights: np.ndarray
    zero: int
    bias: list[int]
    requantize: Requantize

    def stages(self, unit: int, x: list[int]) -> list[Stage]:
        total = sum((value - self.zero) * weight for value, weight in zip(x, self.weights[unit].tolist(), strict=True))
        stages = [in_32_bits("acc", total + self.bias[unit], f"the sum of {len(x)} products and the bias {self.bias[unit]}")]
        return [*stages, *self.requantize(int(stages[-1].value))]


class _Gate(NamedTuple):
    """A gate: its products with the input, x, and with the last output, h, and its function as a table of all 16-bit numbers."""

    name: str
    seen: _Product
    known: _Product
    table: np.ndarray
    micro: bool

    def stages(self, unit: int, x: list[int], last: list[int]) -> list[Stage]:
        """The last one is the gate's value, with 15 fractional bits."""
        of_input, of_output = self.seen.stages(unit, x), self.known.stages(unit, last)
        first = saturate(int(of_input[-1].value), 16)
        second = saturate(int(of_output[-1].value), 16) if self.micro else int(of_output[-1].value)
        total = saturate(wrap(second + first), 16)
        function = "tanh" if self.name == "cell" else "sigmoid"
        return [
            *renamed(of_input, f"{self.name} x"),
            *renamed(of_output, f"{self.name} h"),
            Stage(f"{self.name} sum", total, f"{first} + {second}, within 16 bits, {GATE_BITS} of them fractional"),
            Stage(f"{self.name} gate", int(self.table[total + _HALF]), f"{function}, {_how(self.micro)}"),
        ]


def _gate(layer: LSTMLayer, node: Node, name: str, form: IntegerForm) -> _Gate:
    products = []
    cells = node.input(INPUT_WEIGHTS["output"]).shape[0]
    for weights, source, bias in ((INPUT_WEIGHTS, node.input(0), True), (RECURRENT_WEIGHTS, node.input(OUTPUT_STATE), False)):
        value = node.input(weights[name])
        (multiplier,), (shift,) = (part.tolist() for part in layer.gate_factors(node, source, [value], form))
        factor = f"scale of {source.name!r} * scale of {value.name!r} * 2^{GATE_BITS} in {'double' if form.micro else 'float'}"
        zero = source.tensor.quantization.zero_point  # type: ignore[union-attr]
        given = bias_values(node, node.input(BIASES[name]) if bias else None, cells).astype(np.int64).tolist()
        assert value.constant_value is not None
        products.append(_Product(value.constant_value, int(zero[0]) if zero.size else 0, given, by_multiplier(multiplier, shift, factor)))
    return _Gate(name, products[0], products[1], form.tanh(15 - GATE_BITS) if name == "cell" else form.sigmoid, form.micro)


def _how(micro: bool) -> str:
    return f"{'by interpolation between 256 values' if micro else 'in fixed point'}, 15 fractional bits"


def _part(x: int, shift: int, micro: bool) -> int:
    """A part of the cell state: x / 2^shift."""
    return saturate(divide_half_away(multiply_high(x, 1 << 30), shift - 1), 16) if micro else divide_half_away(x, shift)


@explains("LSTM", "UNIDIRECTIONAL_SEQUENCE_LSTM", types="INT8", methods=("", "tflm"))
def integer_lstm(site: Site) -> Place:
    node, layer = site.node, site.operator
    assert isinstance(layer, LSTMLayer)
    if len(node.inputs) < 20:
        raise UnsupportedError("there is no explanation for an LSTM of the BASIC kernel", "It is for the FULL kernel of INT8")
    form = layer.form(node, site.arithmetic)
    gates = {name: _gate(layer, node, name, form) for name in layer.gates(node)}
    bits, (low, high) = layer.cell_bits(node), layer.cell_limits(node)
    cell_tanh, hidden_zero = form.tanh(15 - bits), site.scale_and_zero(form.hidden)[1]
    to_hidden = by_multiplier(*layer.hidden_factor(node, form.hidden), "2^-30 / scale of the hidden state in float")
    way = Direction.forward(node, site.result)
    x = _steps(site.array(0), way)
    # What units other than the one that is explained have returned before.
    outputs = _steps(
        kernel_outputs(node.op, [None if value is None else value.constant_value for value in node.inputs], site.arithmetic)[0], way
    )
    states = [site.array(index).reshape(way.batches, -1) for index in (OUTPUT_STATE, CELL_STATE)]

    def step(row: int, time: int, unit: int, cell: int) -> tuple[list[Stage], int]:
        """The stages of a step, and the cell state after it."""
        last = (outputs[row, time - 1] if time else states[0][row]).tolist()
        stages = [stage for gate in gates.values() for stage in gate.stages(unit, x[row, time].tolist(), last)]
        values = {name: next(int(stage.value) for stage in stages if stage.name == f"{name} gate") for name in gates}
        take = values.get("input", 32767 - values["forget"])
        if "input" not in values:
            stages.append(Stage("input gate", take, f"32767 - {values['forget']}"))
        kept = _part(values["forget"] * cell, 15, form.micro)
        added = _part(take * values["cell"], 30 - bits, form.micro)
        new = min(max(kept + added, low), high)
        halves = "half of it rounded up, then all away from zero, within 16 bits" if form.micro else "rounded, halves away from zero"
        product = values["output"] * int(cell_tanh[new + _HALF])
        stages += [
            Stage("cell before", cell, f"the cell state after step {time - 1}" if time else "the cell state before the run"),
            Stage("kept", kept, f"{values['forget']} * {cell} / 2^15, {halves}"),
            Stage("added", added, f"{take} * {values['cell']} / 2^{30 - bits}, {halves}"),
            Stage("cell after", new, f"{kept} + {added} within {low}..{high}"),
            Stage("cell tanh", int(cell_tanh[new + _HALF]), f"tanh, {_how(form.micro)}"),
            Stage("product", product, f"{values['output']} * {cell_tanh[new + _HALF]}"),
            *to_hidden(product),
        ]
        stages += to_output(int(stages[-1].value), hidden_zero, -128, 127)
        return stages, new

    def place(at: Index) -> Derivation:
        *before, unit = at
        row, time = (before[0], 0) if len(before) == 1 else before[::-1] if way.time_major else before
        cell, rows = int(states[1][row, unit]), []
        stages: list[Stage] = []
        for now in range(time + 1):
            stages, cell = step(row, now, unit, cell)
            rows.append((now, *(_value(stages, name) for name in _COLUMNS)))
        return Derivation(stages, stages[-1].value, Taps(("step", *_COLUMNS), rows, f"the stages are those of step {time}"))

    return place


_COLUMNS = ("forget gate", "input gate", "cell gate", "output gate", "cell before", "cell after", "out")


def _value(stages: list[Stage], name: str) -> Any:
    return next(stage.value for stage in stages if stage.name == name)


def _steps(sequence: np.ndarray, way: Direction) -> np.ndarray:
    """A sequence as [batch, time, elements]."""
    if way.time_major and sequence.ndim == 3:
        return sequence.transpose(1, 0, 2)
    return sequence.reshape(way.batches, way.times, -1)
