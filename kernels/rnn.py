"""Layers with a plain recurrent cell, and SVDF: a filter over time. Panels and steps through a sequence are as in lstm.py."""

from __future__ import annotations

import numpy as np

from .interrupt import due
from .kernel import Device, Kernel, kernel
from .lazy import simd
from .lstm import HYBRID, LANES, PANEL, activate, float_gates, hybrid_gates
from .tails import load_first, store_first

ACTIVATION = {"tanh": "i64", "low": "f32", "high": "f32"}


def _make_rnn(name: str, sum_gates: Device, products: dict[str, str]) -> Kernel:
    @kernel(
        name, **ACTIVATION, **products, input="f32*", output="f32*", state="f32*", times="i64", inputs="i64", outputs="i64", panels="i64",
        input_row="i64", input_step="i64", output_row="i64", output_step="i64",
    )  # fmt: skip
    def rnn(a, lo, hi, scratch):
        """out = activation(bias + weights * [input, last out]); a unit is a batch row.

        Scratch: [sums: panels * PANEL][input, last output: inputs + outputs][room].
        """
        sums = simd.pointer(scratch, np.float32)
        line = sums + a.panels * PANEL
        for row in range(lo, hi):
            state = a.state + row * a.outputs
            simd.copy(line + a.inputs, state, a.outputs)
            for time in range(a.times):
                simd.copy(line, a.input + row * a.input_row + time * a.input_step, a.inputs)
                sum_gates(a, line, sums, line + a.inputs + a.outputs)
                for c in range(0, a.outputs, LANES):
                    simd.store(sums + c, activate(a, simd.load(sums + c, LANES)))
                simd.copy(line + a.inputs, sums, a.outputs)
                simd.copy(a.output + row * a.output_row + time * a.output_step, sums, a.outputs)
                if due(scratch, a.panels * PANEL * (a.inputs + a.outputs)):
                    return 1
            simd.copy(state, line + a.inputs, a.outputs)
        return 0

    return rnn


f32_rnn = _make_rnn("f32_rnn", float_gates, {"weights": "f32*"})
hybrid_rnn = _make_rnn("hybrid_rnn", hybrid_gates, HYBRID)


@kernel(
    "f32_svdf", **ACTIVATION, features="f32*", state="f32*", weights="f32*", bias="f32*", output="f32*", units="i64", rank="i64",
    memory="i64",
)  # fmt: skip
def f32_svdf(a, lo, hi, scratch):
    """Each filter's newest feature goes to the end of its memory, whose products with the filter's weights over time are summed.

    `rank` neighbouring filters make one output. A unit is a batch row. Scratch: one vector.
    """
    tail_buffer = simd.pointer(scratch, np.float32)
    filters = a.units * a.rank
    for row in range(lo, hi):
        for unit in range(a.units):
            total = simd.splat(np.float32(0), LANES)
            for r in range(a.rank):
                filter = unit * a.rank + r
                memory = a.state + (row * filters + filter) * a.memory
                for m in range(a.memory - 1):
                    memory[m] = memory[m + 1]
                memory[a.memory - 1] = a.features[row * filters + filter]
                for m in range(0, a.memory, LANES):
                    count = a.memory - m
                    seen = load_first(memory + m, count, np.float32(0))
                    total = simd.fma(seen, load_first(a.weights + filter * a.memory + m, count, np.float32(0)), total)
            out = activate(a, simd.splat(simd.reduce_add(total) + a.bias[unit], LANES))
            store_first(a.output + row * a.units + unit, out, 1, tail_buffer)
