"""Cases of LSTM."""

from __future__ import annotations

from dataclasses import replace

from ..cases import Case, T, hybrid
from .rnn import random
from .unidirectional_sequence_lstm import float_lstm, integer_lstm


def basic(batch: int, inputs: int, cells: int, state: str) -> Case:
    """`state` says what the two states are, `variable` or `input`; LiteRT takes no constants."""
    variable = state == "variable"
    states = [T((batch, cells), variable=variable) for _ in range(2)]
    given = [T((batch, inputs)), states[0], random(4 * cells, inputs + cells), random(4 * cells), states[1]]
    options = {"fused_activation_function": "TANH", "kernel_type": "BASIC"}
    case = Case("LSTM", given, [T(())] * 4, options, version=2, runs=3 if variable else 1)
    case.name += f"-{state}"
    return case


def one_step(case: Case) -> Case:
    """A layer over sequences as one over [batch, inputs]."""
    batch, _, inputs = case.inputs[0].shape  # type: ignore[union-attr]
    first = replace(case.inputs[0], shape=(batch, inputs))  # type: ignore[type-var]
    options = {name: value for name, value in case.options.items() if name != "time_major"}
    return Case("LSTM", [first, *case.inputs[1:]], case.outputs, options, intermediates=case.intermediates, runs=case.runs)


CASES = [
    basic(1, 5, 3, "variable"),
    basic(3, 20, 37, "variable"),
    basic(2, 16, 64, "input"),
    one_step(float_lstm(3, 1, 5, 17)),
    one_step(float_lstm(2, 1, 3, 8, cifg=True, fused_activation_function="RELU6")),
    one_step(float_lstm(2, 1, 9, 16, peephole=True, cell_clip=0.5)),
    one_step(float_lstm(1, 1, 7, 12, norm=True)),
    one_step(float_lstm(2, 1, 7, 12, outputs=5, proj_clip=0.4)),
    one_step(integer_lstm(2, 1, 28, 20, cell_clip=10.0)),
]
CASES += [
    hybrid(case, asymmetric)
    for case in CASES
    if case.options.get("kernel_type") != "BASIC" and case.inputs[0].type == "FLOAT32"
    for asymmetric in (False, True)
]
