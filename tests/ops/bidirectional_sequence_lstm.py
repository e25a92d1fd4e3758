"""Cases of BIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

from ..cases import Case, T, hybrid
from .rnn import random
from .unidirectional_sequence_lstm import float_lstm


def both(
    batch: int,
    time: int,
    inputs: int,
    cells: int,
    second: str = "",
    merge: bool = False,
    major: bool = False,
    cifg: bool = False,
    **options: object,
) -> Case:
    """Two layers of UNIDIRECTIONAL_SEQUENCE_LSTM; `second` as in BIDIRECTIONAL_SEQUENCE_RNN."""
    layers = [float_lstm(batch, time, inputs, cells, cifg=cifg, time_major=major, **options).inputs for _ in range(2)]  # type: ignore[arg-type]
    sequence = layers[0][0]
    given = [sequence, *layers[0][1:18], *layers[1][1:18], *layers[0][18:20], *layers[1][18:20], sequence if second else None]
    given += [random(cells, inputs) if second == "cross" and not (cifg and gate == 0) else None for _ in range(2) for gate in range(4)]
    clips = {name: value for name, value in options.items() if name.endswith("clip")}
    settings = {"fused_activation_function": "TANH", "merge_outputs": merge, "time_major": major, **clips}
    case = Case("BIDIRECTIONAL_SEQUENCE_LSTM", given, [T(())] * (1 if merge else 2), settings, runs=2)
    case.name = f"{case.code}-{batch}-{time}-{inputs}-{cells}-{second}-{merge:d}{major:d}{cifg:d}-{options}"
    return case


# LiteRT's kernel mixes up the states of merged batches that are not time-major, and wants as many cells in both layers.
CASES = [
    both(2, 5, 7, 6),
    both(1, 4, 20, 33, merge=True),
    both(3, 4, 5, 8, merge=True, major=True, cifg=True),
    both(2, 3, 6, 7, major=True, peephole=True, cell_clip=0.5),
    both(2, 3, 6, 7, "cross"),
    both(2, 3, 6, 7, "cross", cifg=True, major=True),
    both(2, 3, 6, 7, "stack"),
    both(2, 3, 6, 7, "stack", major=True),
    both(2, 3, 6, 9, outputs=4, proj_clip=0.4),
]
CASES += [hybrid(case, asymmetric) for case in CASES for asymmetric in (False, True)]
