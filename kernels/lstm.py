"""LSTM layers over whole sequences: time is a loop inside the kernel, and work is counted in batch rows.

The gates stand one after the other in the order forget, cell, output, input (which CIFG layers, where it is 1 - forget,
leave out), each padded from `cells` to `pad` columns, whole vectors. The matrices of all gates are one, packed into panels
of PANEL columns: a panel is [row of PANEL columns] for each value of the vector that it is multiplied by, zeros where a
gate has no cell.

States lie in the tensors that keep them between two runs, [batch][cells] and [batch][outputs]: read before the first step
and written after the last.
"""

from __future__ import annotations

import numpy as np

from .cpu import target
from .dots import best_dot
from .fixed_point import multiply_by_quantized_multiplier, multiply_high, requantize, rounding_divide_by_power
from .interrupt import due
from .kernel import Device, Kernel, device, kernel
from .lazy import simd, tiles
from .quantize import quantize_batch
from .tails import store_first
from .vmath import splat, vlogistic, vtanh

LANES = target().lanes
VECTORS = 4
PANEL = VECTORS * LANES
DOT = best_dot()  # how 8-bit products are summed, here and in the packed weights
_DOT, _READS_BYTES, _OFFSET = DOT.number, DOT.reads_bytes, np.int32(DOT.offset)

SEQUENCE = {
    "times": "i64", "inputs": "i64", "cells": "i64", "outputs": "i64", "pad": "i64", "panels": "i64", "cifg": "i64",
    # Elements from one batch row to the next, and from one time to the next.
    "input_row": "i64", "input_step": "i64", "output_row": "i64", "output_step": "i64",
}  # fmt: skip


# ---- float


@device
def f32_product(x, depth, weights, panels, to):
    """to = matrix times x, both float. The first row of a panel is the bias, the others are for x[0], x[1], ..."""
    for p in range(panels):
        sums = tiles.load_row(weights, VECTORS, LANES)
        weights = weights + PANEL
        for d in range(depth):
            sums = tiles.fma(sums, x + d, 0, tiles.load_row(weights, VECTORS, LANES))
            weights = weights + PANEL
        tiles.store(sums, to + p * PANEL, PANEL, VECTORS)


@device
def clamp(x, low, high):
    """low..high; NaN stays NaN."""
    x = simd.select(x < low, splat(low), x)
    return simd.select(x > high, splat(high), x)


@device
def activate(a, x):
    """The fused activation: tanh, or a clamp."""
    if a.tanh != 0:
        return vtanh(x)
    return clamp(x, a.low, a.high)


@device
def see_cell(a, gate, number, cell):
    """Peephole: add the cell state times the gate's weights."""
    weights = a.peephole + number * a.pad
    for c in range(0, a.pad, LANES):
        simd.store(gate + c, simd.fma(simd.load(weights + c, LANES), simd.load(cell + c, LANES), simd.load(gate + c, LANES)))


@device
def normalize(a, gate, number):
    """Layer norm: to mean 0 and variance 1 over the cells, then the gate's factors and bias."""
    total = np.float32(0)
    for c in range(a.cells):
        total += gate[c]
    mean = total / np.float32(a.cells)
    total = np.float32(0)
    for c in range(a.cells):
        total += (gate[c] - mean) * (gate[c] - mean)
    # The variance of a constant row is 0; the reference adds this much.
    inverse = np.float32(1) / np.float32(np.sqrt(total / np.float32(a.cells) + np.float32(1e-8)))
    factors = a.norm + number * a.pad
    biases = factors + a.norm_biases
    for c in range(a.cells):
        gate[c] = (gate[c] - mean) * inverse * factors[c] + biases[c]


@device
def float_gates(a, line, sums, room):
    """The sums of all gates, or of a cell, from [input, last output]."""
    f32_product(line, a.inputs + a.outputs, a.weights, a.panels, sums)


@device
def float_projection(a, hidden, to, room):
    """What a projection makes of the hidden state."""
    f32_product(hidden, a.cells, a.projection, a.projection_panels, to)


def _make_lstm(name: str, sum_gates: Device, project: Device, products: dict[str, str]) -> Kernel:
    @kernel(
        name, **SEQUENCE, **products, input="f32*", output="f32*", state="f32*", cell="f32*", peephole="f32*", norm="f32*",
        peepholes="i64", normalizes="i64", norm_biases="i64", projection_panels="i64", tanh="i64", low="f32", high="f32",
        cell_clip="f32", projection_clip="f32",
    )  # fmt: skip
    def lstm(a, lo, hi, scratch):
        """Scratch: [gates: panels * PANEL][cell state: pad][hidden: pad][input, output state: inputs + outputs, slack of a panel][room]."""
        gates = simd.pointer(scratch, np.float32)
        cell = gates + a.panels * PANEL
        hidden = cell + a.pad
        line = hidden + a.pad
        room = line + a.inputs + a.outputs + PANEL
        for row in range(lo, hi):
            state = a.state + row * a.outputs
            kept = a.cell + row * a.cells
            for c in range(a.pad):
                cell[c] = np.float32(0)
            simd.copy(cell, kept, a.cells)
            simd.copy(line + a.inputs, state, a.outputs)
            for time in range(a.times):
                simd.copy(line, a.input + row * a.input_row + time * a.input_step, a.inputs)
                sum_gates(a, line, gates, room)
                if a.peepholes != 0:
                    see_cell(a, gates, 0, cell)
                    if a.cifg == 0:
                        see_cell(a, gates + 3 * a.pad, 3, cell)
                if a.normalizes != 0:
                    normalize(a, gates, 0)
                    normalize(a, gates + a.pad, 1)
                    if a.cifg == 0:
                        normalize(a, gates + 3 * a.pad, 3)
                for c in range(0, a.pad, LANES):
                    forget = vlogistic(simd.load(gates + c, LANES))
                    take = splat(1) - forget
                    if a.cifg == 0:
                        take = vlogistic(simd.load(gates + 3 * a.pad + c, LANES))
                    new = activate(a, simd.load(gates + a.pad + c, LANES)) * take
                    new = simd.fma(forget, simd.load(cell + c, LANES), new)
                    simd.store(cell + c, clamp(new, -a.cell_clip, a.cell_clip))
                if a.peepholes != 0:
                    see_cell(a, gates + 2 * a.pad, 2, cell)
                if a.normalizes != 0:
                    normalize(a, gates + 2 * a.pad, 2)
                for c in range(0, a.pad, LANES):
                    give = vlogistic(simd.load(gates + 2 * a.pad + c, LANES))
                    simd.store(hidden + c, give * activate(a, simd.load(cell + c, LANES)))
                if a.projection_panels != 0:
                    project(a, hidden, line + a.inputs, room)
                    for c in range(0, a.outputs, LANES):
                        at = line + a.inputs + c
                        simd.store(at, clamp(simd.load(at, LANES), -a.projection_clip, a.projection_clip))
                else:
                    simd.copy(line + a.inputs, hidden, a.outputs)
                simd.copy(a.output + row * a.output_row + time * a.output_step, line + a.inputs, a.outputs)
                if due(scratch, a.panels * PANEL * (a.inputs + a.outputs)):
                    return 1
            simd.copy(state, line + a.inputs, a.outputs)
            simd.copy(kept, cell, a.cells)
        return 0

    return lstm


f32_lstm = _make_lstm("f32_lstm", float_gates, float_projection, {"weights": "f32*", "projection": "f32*"})


@kernel("f32_lstm_cell", gates="f32*", before="f32*", cell="f32*", output="f32*", cells="i64")
def f32_lstm_cell(a, lo, hi, scratch):
    """One step of rows whose gates [input, cell, forget, output] are there already; `before` is the cell state, `cell` the new one."""
    tail_buffer = simd.pointer(scratch, np.float32)
    for row in range(lo, hi):
        gates = a.gates + row * 4 * a.cells
        at = row * a.cells
        for c in range(0, a.cells, LANES):
            take = vlogistic(simd.load(gates + c, LANES))
            new = vtanh(simd.load(gates + a.cells + c, LANES))
            forget = vlogistic(simd.load(gates + 2 * a.cells + c, LANES))
            give = vlogistic(simd.load(gates + 3 * a.cells + c, LANES))
            new = take * new + forget * simd.load(a.before + at + c, LANES)
            store_first(a.cell + at + c, new, a.cells - c, tail_buffer)
            store_first(a.output + at + c, give * vtanh(new), a.cells - c, tail_buffer)


# ---- 8-bit values and weights, 16-bit cell state


@device
def dot_product(x, depth, weights, panels, to):
    """to = matrix times x in int32; x and the matrix in the groups of the target's dot product, `depth` of them."""
    for p in range(panels):
        sums = tiles.zeros(VECTORS, np.int32, LANES)
        for d in range(depth):
            sums = tiles.dot(sums, x + d, 0, np.int32(0), tiles.load_row(weights, VECTORS, LANES), _DOT)
            weights = weights + PANEL
        tiles.store(sums, to + p * PANEL, PANEL, VECTORS)


@device
def put_groups(to, source, count):
    """s8 as the dot product takes them: for vnni u8, 128 more, for the others s16. The weights behind the last are 0."""
    if _READS_BYTES:
        bytes_ = simd.cast(to, np.uint8)
        for i in range(count):
            bytes_[i] = np.uint8(source[i]) ^ np.uint8(128)
    else:
        words = simd.cast(to, np.int16)
        for i in range(count):
            words[i] = np.int16(source[i])


@device
def rescale(sums, constants, columns, c):
    """A vector of sums plus bias, times its factor. `constants` has rows of `columns`: bias, multiplier, left and right shift."""
    total = simd.load(sums + c, LANES) + simd.load(constants + c, LANES)
    multiplier = simd.load(constants + columns + c, LANES)
    return requantize(total, multiplier, simd.load(constants + 2 * columns + c, LANES), simd.load(constants + 3 * columns + c, LANES))


@device
def to_16(x):
    """A vector of int32 kept within 16 bits."""
    return simd.minimum(simd.maximum(x, np.int32(-32768)), np.int32(32767))


@device
def litert_gate(product, recurrent):
    """A gate's two parts together: the first within 16 bits, and then their sum."""
    return to_16(recurrent + to_16(product))


@device
def micro_gate(product, recurrent):
    """The same where each part is."""
    return to_16(to_16(recurrent) + to_16(product))


@device
def litert_part(x, shift):
    """A part of the cell state: x / 2^shift, halves away from zero."""
    return rounding_divide_by_power(x, shift)


@device
def micro_part(x, shift):
    """The same by a multiplier of 2^30, so that its half is rounded first, and within 16 bits."""
    return min(max(rounding_divide_by_power(multiply_high(x, np.int32(1 << 30)), shift - 1), np.int32(-32768)), np.int32(32767))


def _make_q8_lstm(name: str, sum_gate: Device, part: Device) -> Kernel:
    @kernel(
        name, **SEQUENCE, input="i8*", output="i8*", state="i8*", cell="i16*", weights="i32*", recurrent="i32*", constants="i32*",
        sigmoid="i16*", tanh="i16*", cell_tanh="i16*", input_groups="i64", output_groups="i64", cell_shift="i64", cell_low="i32",
        cell_high="i32", multiplier="i32", shift="i64", zero="i32",
    )  # fmt: skip
    def integer_lstm(a, lo, hi, scratch):
        """8x8_16: gates with 12 fractional bits, whose sigmoid and tanh (15 bits) are read from tables of all 16-bit numbers.

        Scratch, int32: [gates: panels * PANEL][recurrent sums: the same][input groups][output state groups].
        """
        columns = a.panels * PANEL
        gates = simd.pointer(scratch, np.int32)
        sums = gates + columns
        seen = sums + columns
        known = seen + a.input_groups
        for row in range(lo, hi):
            state = a.state + row * a.outputs
            cell = a.cell + row * a.cells
            put_groups(known, state, a.outputs)
            for time in range(a.times):
                put_groups(seen, a.input + row * a.input_row + time * a.input_step, a.inputs)
                dot_product(seen, a.input_groups, a.weights, a.panels, gates)
                dot_product(known, a.output_groups, a.recurrent, a.panels, sums)
                for c in range(0, columns, LANES):
                    product = rescale(gates, a.constants, columns, c)
                    simd.store(gates + c, sum_gate(product, rescale(sums, a.constants + 4 * columns, columns, c)))
                to = a.output + row * a.output_row + time * a.output_step
                for c in range(a.cells):
                    forget = np.int32(a.sigmoid[gates[c] + 32768])
                    take = np.int32(32767) - forget
                    if a.cifg == 0:
                        take = np.int32(a.sigmoid[gates[3 * a.pad + c] + 32768])
                    new = take * np.int32(a.tanh[gates[a.pad + c] + 32768])
                    new = part(forget * np.int32(cell[c]), 15) + part(new, a.cell_shift)
                    new = min(max(new, a.cell_low), a.cell_high)
                    cell[c] = new
                    give = np.int32(a.sigmoid[gates[2 * a.pad + c] + 32768])
                    out = give * np.int32(a.cell_tanh[new + 32768])
                    out = multiply_by_quantized_multiplier(out, a.multiplier, a.shift) + a.zero
                    to[c] = min(max(out, -128), 127)
                put_groups(known, to, a.outputs)
                if time == a.times - 1:
                    simd.copy(state, to, a.outputs)
                if due(scratch, a.panels * PANEL * (a.inputs + a.outputs)):
                    return 1
        return 0

    return integer_lstm


# LiteRT's, and tflite-micro's.
q8_lstm = _make_q8_lstm("q8_lstm", litert_gate, litert_part)
q8_lstm_micro = _make_q8_lstm("q8_lstm_micro", micro_gate, micro_part)


# ---- float values and 8-bit weights (hybrid)

HYBRID = {
    "weights": "i32*", "second": "i32*", "recurrent": "i32*", "floats": "f32*", "weight_sums": "i32*", "input_groups": "i64",
    "second_groups": "i64", "output_groups": "i64", "second_inputs": "i64", "asymmetric": "i64",
    "room_columns": "i64", "room_groups": "i64",
}  # fmt: skip


@device
def add_product(a, x, depth, groups, weights, panels, sums, scales, to, room):
    """to += matrix of s8 times x, which is quantized by its own range on the way, as the reference does it.

    `sums` are those of the matrix's rows, `scales` theirs. Room: [sums: room_columns][groups: room_groups][s8: as many bytes, slack].
    """
    totals = simd.cast(room, np.int32)
    seen = totals + a.room_columns
    quantized = simd.cast(seen + a.room_groups, np.int8)
    scale, zero = quantize_batch(x, depth, quantized, a.asymmetric)
    put_groups(seen, quantized, depth)
    dot_product(seen, groups, weights, panels, totals)
    for c in range(0, panels * PANEL, LANES):
        total = simd.load(totals + c, LANES) - simd.load(sums + c, LANES) * (zero + _OFFSET)
        simd.store(to + c, simd.load(to + c, LANES) + simd.to_f32(total) * (simd.load(scales + c, LANES) * scale))


@device
def hybrid_gates(a, line, sums, room):
    """As float_gates. The input, its last part if that has weights of its own (`second`), and the last output have a scale each.

    `floats` has rows of columns: bias, scales of weights, second and recurrent; `weight_sums` has the latter's sums.
    """
    columns = a.panels * PANEL
    first = a.inputs - a.second_inputs
    simd.copy(sums, a.floats, columns)
    add_product(a, line, first, a.input_groups, a.weights, a.panels, a.weight_sums, a.floats + columns, sums, room)
    if a.second_inputs != 0:
        add_product(
            a, line + first, a.second_inputs, a.second_groups, a.second, a.panels, a.weight_sums + columns, a.floats + 2 * columns, sums,
            room,
        )  # fmt: skip
    add_product(
        a, line + a.inputs, a.outputs, a.output_groups, a.recurrent, a.panels, a.weight_sums + 2 * columns, a.floats + 3 * columns, sums,
        room,
    )  # fmt: skip


@device
def hybrid_projection(a, hidden, to, room):
    """As float_projection; `projection_floats` has rows: bias, scales."""
    columns = a.projection_panels * PANEL
    simd.copy(to, a.projection_floats, columns)
    add_product(
        a, hidden, a.cells, a.projection_groups, a.projection, a.projection_panels, a.projection_sums, a.projection_floats + columns, to,
        room,
    )  # fmt: skip


hybrid_lstm = _make_lstm(
    "hybrid_lstm", hybrid_gates, hybrid_projection,
    {**HYBRID, "projection": "i32*", "projection_floats": "f32*", "projection_sums": "i32*", "projection_groups": "i64"},
)  # fmt: skip
