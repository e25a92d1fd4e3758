"""Cases of UNIDIRECTIONAL_SEQUENCE_LSTM."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, hybrid

rng = np.random.default_rng(16)


def float_lstm(
    batch: int,
    time: int,
    inputs: int,
    cells: int,
    cifg: bool = False,
    peephole: bool = False,
    norm: bool = False,
    outputs: int = 0,
    **options: object,
) -> Case:
    """With `outputs`, a projection to so many."""
    outs = outputs or cells

    def random(*shape: int) -> T:
        return T(shape, data=rng.normal(0, 1 / np.sqrt(shape[-1]), shape))

    def gates(*shape: int, present: bool = True, count: int = 4) -> list[T | None]:
        return [random(*shape) if present and not (cifg and gate == 0) else None for gate in range(count)]

    sequence = T((time, batch, inputs) if options.get("time_major") else (batch, time, inputs))
    given: list[T | None] = [sequence, *gates(cells, inputs), *gates(cells, outs), *gates(cells, present=peephole, count=3), *gates(cells)]
    given += [random(outs, cells) if outputs else None, random(outs) if outputs else None]
    given += [T((batch, outs), variable=True), T((batch, cells), variable=True), *gates(cells, present=norm)]
    options = {"fused_activation_function": "TANH", **options}
    return Case("UNIDIRECTIONAL_SEQUENCE_LSTM", given, [T(())], options, runs=3)


def integer_lstm(batch: int, time: int, inputs: int, cells: int, cifg: bool = False, bits: int = 12, **options: object) -> Case:
    """INT8 with an INT16 cell state of `bits` fractional bits."""

    def weights(*shape: int) -> T:
        return T(shape, "INT8", scale=rng.uniform(0.002, 0.02), data=rng.integers(-127, 128, shape))

    def gates(make: object, *shape: int) -> list[T | None]:
        return [None if cifg and gate == 0 else make(*shape) for gate in range(4)]  # type: ignore[operator]

    def bias(*shape: int) -> T:
        return T(shape, "INT32", scale=1e-4, data=rng.integers(-20000, 20000, shape))

    shape = (time, batch, inputs) if options.get("time_major") else (batch, time, inputs)
    hidden = {"type": "INT8", "scale": rng.uniform(0.005, 0.012), "zero": int(rng.integers(-128, 128))}
    given: list[T | None] = [
        T(shape, "INT8", scale=0.02, zero=int(rng.integers(-128, 128))),
        *gates(weights, cells, inputs),
        *gates(weights, cells, cells),
    ]
    given += [None] * 3 + gates(bias, cells) + [None] * 2
    given += [T((batch, cells), variable=True, **hidden), T((batch, cells), "INT16", scale=2.0**-bits, variable=True)] + [None] * 4
    options = {"fused_activation_function": "TANH", **options}
    between = [T((0,)) for _ in range(4)] + [T((0,), **hidden)]
    return Case("UNIDIRECTIONAL_SEQUENCE_LSTM", given, [T((), **hidden)], options, intermediates=between, runs=3)


CASES = [
    float_lstm(1, 28, 28, 20, cell_clip=10.0),
    float_lstm(3, 4, 5, 17, time_major=True),
    float_lstm(2, 6, 3, 8, cifg=True, fused_activation_function="RELU6"),
    float_lstm(2, 3, 9, 16, peephole=True, cell_clip=0.5),
    float_lstm(1, 5, 7, 12, norm=True),
    float_lstm(2, 5, 7, 12, outputs=5, proj_clip=0.4),
    integer_lstm(1, 28, 28, 20, cell_clip=10.0),
    integer_lstm(3, 4, 5, 17, time_major=True, bits=11),
    integer_lstm(2, 6, 3, 8, cifg=True, bits=15),
    integer_lstm(1, 5, 33, 40, bits=9, cell_clip=0.3),
]
CASES += [hybrid(case, asymmetric) for case in CASES if case.inputs[0].type == "FLOAT32" for asymmetric in (False, True)]
