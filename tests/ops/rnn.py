"""Cases of RNN."""

from __future__ import annotations

import numpy as np

from ..cases import Case, T, hybrid

rng = np.random.default_rng(24)


def random(*shape: int) -> T:
    """Constant weights that keep the size of what they are multiplied by."""
    return T(shape, data=rng.normal(0, 1 / np.sqrt(shape[-1]), shape))


def cell(batch: int, inputs: int, outputs: int) -> list[T]:
    """Weights, recurrent weights, bias and state."""
    return [random(outputs, inputs), random(outputs, outputs), random(outputs), T((batch, outputs), variable=True)]


CASES = [
    Case("RNN", [T((batch, inputs)), *cell(batch, inputs, outputs)], [T(())], {"fused_activation_function": activation}, runs=3)
    for batch, inputs, outputs, activation in [(1, 5, 3, "TANH"), (3, 20, 37, "RELU"), (2, 33, 70, "RELU6"), (2, 4, 8, "NONE")]
]
CASES += [hybrid(case, asymmetric) for case in CASES for asymmetric in (False, True)]
