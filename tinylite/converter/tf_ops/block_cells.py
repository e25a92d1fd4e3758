"""Recurrent cells that TensorFlow 1 has as one op each, as the arithmetic that they do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call
from .formulas import Term
from .matrices import fully_connected
from .registry import translates

# Every step is written out: longer sequences would be files of many thousand operators.
_MOST_STEPS = 256


class _Lstm:
    """The cell of BlockLSTM and LSTMBlockCell, whose weights [inputs + cells, 4 * cells] are the same for all steps."""

    def __init__(self, call: Call, weights: Tensor, peepholes: Sequence[Tensor], bias: Tensor, order: str) -> None:
        self.call, self.bias, self.order = call, bias, order
        self.weights = call.transpose(weights, (1, 0))
        self.peepholes = [Term(call, tensor) for tensor in peepholes] if call.attribute("use_peephole") else None
        self.clip = float(call.attribute("cell_clip", 3.0 if call.op != "BlockLSTMV2" else 0.0))
        self.forget_bias = float(call.attribute("forget_bias", 1.0)) if call.op != "BlockLSTMV2" else 0.0

    def step(self, x: Tensor, state: Term, output: Tensor) -> list[Term]:
        """The outputs i, cs, f, o, ci, co and h of one step."""
        call = self.call
        (batch, inputs), cells = call.shape(x), call.shape(output)[1]
        joined = call.emit(
            "CONCATENATION", [x, output], None, (batch, inputs + cells), axis=1, fused_activation_function="NONE"
        )  # fmt: skip
        gates = call.elementwise("ADD", fully_connected(call, joined, self.weights), self.bias)
        parts = call.emit_all("SPLIT", [call.make(1, np.int32), gates], [x.type] * 4, [(batch, cells)] * 4, num_splits=4)
        of = {name: Term(call, part) for name, part in zip(self.order, parts, strict=True)}
        i, f = of["i"], of["f"] + self.forget_bias if self.forget_bias else of["f"]
        if self.peepholes is not None:
            i, f = i + state * self.peepholes[0], f + state * self.peepholes[1]
        i, f, ci = i("LOGISTIC"), f("LOGISTIC"), of["c"]("TANH")
        cs = ci * i + state * f
        if self.clip > 0:
            cs = cs.with_("MINIMUM", self.clip).with_("MAXIMUM", -self.clip)
        o = (of["o"] if self.peepholes is None else of["o"] + cs * self.peepholes[2])("LOGISTIC")
        co = cs("TANH")
        return [i, cs, f, o, ci, co, co * o]


@translates("LSTMBlockCell", ranks=(2, 2, 2, 2))
def lstm_cell(call: Call) -> Sequence[Tensor]:
    x, state, output, weights, *peepholes, bias = call.inputs
    return [term.tensor for term in _Lstm(call, weights, peepholes, bias, "icfo").step(x, Term(call, state), output)]


@translates("BlockLSTM", "BlockLSTMV2", ranks=(None, 3, 2, 2, 2))
def lstm(call: Call) -> Sequence[Tensor]:
    """Steps of x [time, batch, inputs], one after the other; those from seq_len_max on are 0."""
    x, state, output, weights, *peepholes, bias = call.inputs[1:]
    time, batch, inputs = call.shape(x)
    call.require(0 < time <= _MOST_STEPS, f"its {time} steps are written out one by one, which is done for 1 to {_MOST_STEPS}",
              "Give the shapes of the inputs (input_shapes)")  # fmt: skip
    steps = min(int(call.constant(0, "number of steps").item()), time)
    cell = _Lstm(call, weights, peepholes, bias, "icfo" if call.op == "BlockLSTM" else "ifco")
    each = call.emit_all("UNPACK", [x], [x.type] * time, [(batch, inputs)] * time, num=time, axis=0)
    made: list[list[Tensor]] = []
    for step in each[:steps]:
        outputs = cell.step(step, Term(call, state), output)
        made.append([term.tensor for term in outputs])
        state, output = made[-1][1], made[-1][6]
    zero = call.elementwise("MUL", state, call.make(np.float32(0))) if steps < time else None
    rows = [[*column, *[zero] * (time - steps)] for column in zip(*made, strict=True)] if made else [[zero] * time] * 7
    shape = (time, *call.shape(state))
    return [call.emit("PACK", row, x.type, shape, values_count=time, axis=0) for row in rows]


@translates("GRUBlockCell", ranks=(2, 2, 2, 2))
def gru_cell(call: Call) -> Sequence[Tensor]:
    """The outputs r, u, c and h of one step."""
    x, before, gates, candidate, gate_bias, candidate_bias = call.inputs
    (batch, inputs), cells = call.shape(x), call.shape(before)[1]

    def product(state: Tensor, weights: Tensor, bias: Tensor) -> Tensor:
        joined = call.emit(
            "CONCATENATION", [x, state], None, (batch, inputs + cells), axis=1, fused_activation_function="NONE"
        )  # fmt: skip
        return call.elementwise("ADD", fully_connected(call, joined, call.transpose(weights, (1, 0))), bias)

    both = call.elementwise("LOGISTIC", product(before, gates, gate_bias))
    parts = call.emit_all("SPLIT", [call.make(1, np.int32), both], [x.type] * 2, [(batch, cells)] * 2, num_splits=2)
    r, u = (Term(call, part) for part in parts)
    h = Term(call, before)
    c = Term(call, product((r * h).tensor, candidate, candidate_bias))("TANH")
    return [r.tensor, u.tensor, c.tensor, (u * h + (1 - u) * c).tensor]
