"""Cases of UNIDIRECTIONAL_SEQUENCE_RNN."""

from __future__ import annotations

from ..cases import Case, T, hybrid
from .rnn import cell

CASES = [
    Case(
        "UNIDIRECTIONAL_SEQUENCE_RNN", [T((time, batch, inputs) if major else (batch, time, inputs)), *cell(batch, inputs, outputs)],
        [T(())], {"fused_activation_function": activation, "time_major": major}, runs=2,
    )
    for batch, time, inputs, outputs, activation, major in [
        (1, 6, 5, 3, "TANH", False), (3, 4, 20, 37, "RELU", False), (2, 5, 33, 70, "TANH", True), (2, 3, 4, 16, "NONE", True)
    ]
]  # fmt: skip
CASES += [hybrid(case, asymmetric) for case in CASES for asymmetric in (False, True)]
