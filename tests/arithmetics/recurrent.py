"""Random cases of recurrent layers of integers."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T

__all__ = ["CASES"]


def lstm(rng: np.random.Generator) -> Case:
    """INT8 with an INT16 cell state. A third of them have powers of two for scales, so that halves are frequent."""
    batch, times, inputs, cells = (int(rng.integers(1, end + 1)) for end in (3, 8, 40, 40))
    even, cifg, major = rng.integers(3) == 0, rng.integers(3) == 0, bool(rng.integers(2))

    def scale(low: float, high: float) -> float:
        made = rng.uniform(low, high)
        return float(2.0 ** np.floor(np.log2(made)) if even else np.float32(made))

    def weights(*shape: int) -> T:
        return T(shape, "INT8", scale=scale(0.002, 0.02), data=rng.integers(-127, 128, shape))

    def gates(made: list[T]) -> list[T | None]:
        return [None, *made[1:]] if cifg else [*made]

    hidden = {"type": "INT8", "scale": scale(0.004, 0.012), "zero": int(rng.integers(-128, 128))}
    x = T((times, batch, inputs) if major else (batch, times, inputs), "INT8", scale=scale(0.01, 0.05), zero=int(rng.integers(-128, 128)))
    given: list[T | None] = [x, *gates([weights(cells, inputs) for _ in range(4)]), *gates([weights(cells, cells) for _ in range(4)])]
    biases = [T((cells,), "INT32", scale=1e-4, data=rng.integers(-20000, 20000, cells)) for _ in range(4)]
    given += [None] * 3 + gates(biases) + [None] * 2
    given += [T((batch, cells), variable=True, **hidden)]
    given += [T((batch, cells), "INT16", scale=2.0 ** -int(rng.integers(9, 16)), variable=True)] + [None] * 4
    options = {"fused_activation_function": "TANH", "time_major": major, "cell_clip": float(rng.choice((0.0, 0.0, 0.5, 10.0)))}
    between = [T((0,)) for _ in range(4)] + [T((0,), **hidden)]
    outputs = [T((*x.shape[:2], cells), **hidden)]
    return Case("UNIDIRECTIONAL_SEQUENCE_LSTM", given, outputs, options, intermediates=between)


CASES = {("UNIDIRECTIONAL_SEQUENCE_LSTM", "INT8"): lstm}
