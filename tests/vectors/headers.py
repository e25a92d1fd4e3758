"""CMSIS-NN's headers as its kernels read them: macros and arrays, and what follows from them, in NumPy and without CMSIS-NN."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np

__all__ = ["COMPUTE", "Headers"]


class Headers:
    """The headers in a folder: `headers["INPUT_W"]` is a macro's value, `headers.array("input")` an array."""

    def __init__(self, folder: Path, name: str) -> None:
        included = re.findall(r'#include "(\w+\.h)"', (folder / "test_data.h").read_text())
        text = "".join((folder / header).read_text() for header in included)
        self.macros = dict(re.findall(rf"#define {name.upper()}_(\w+) (\S+)", text))
        self.lists = {macro: values.split(",") for macro, values in re.findall(rf"#define {name.upper()}_(\w+) \{{([^}}]*)\}}", text)}
        self.arrays = {
            array: (kind, np.array([int(number) for number in numbers.split(",") if number.strip()]))
            for kind, array, count, numbers in re.findall(rf"const (\w+) {name}_(\w+)\[(\d+)\] = \{{([^}}]*)\}}", text)
        }

    def __getitem__(self, macro: str) -> int:
        return int(self.macros[macro])

    def __call__(self, *macros: str) -> tuple[int, ...]:
        return tuple(self[macro] for macro in macros)

    def array(self, name: str, kind: str = "int8_t") -> np.ndarray:
        found, values = self.arrays[name]
        assert found == kind, f"{name} is {found}"
        return values


def requantize(value: np.ndarray, multiplier: np.ndarray | int, shift: np.ndarray | int) -> np.ndarray:
    """gemmlowp's double rounding, as CMSIS-NN's arm_nn_requantize has it."""
    left, right = np.maximum(shift, 0), np.maximum(-np.asarray(shift), 0)
    high = ((value << left) * multiplier + (1 << 30)) >> 31
    rest = high & ((1 << right) - 1)
    return (high >> right) + (rest > (((1 << right) - 1) >> 1) + (high < 0))


def finished(h: Headers, sums: np.ndarray) -> np.ndarray:
    scaled = requantize(sums + h.array("biases", "int32_t"), h.array("output_mult", "int32_t"), h.array("output_shift", "int32_t"))
    return np.clip(scaled + h["OUTPUT_OFFSET"], h["OUT_ACTIVATION_MIN"], h["OUT_ACTIVATION_MAX"])


def convolved(h: Headers, sums_of: Callable[[np.ndarray, int, int], np.ndarray]) -> np.ndarray:
    """`sums_of` adds what a place (row, column) of the filter makes of the pixels that it sees."""
    x = h.array("input").reshape(h("INPUT_BATCHES", "INPUT_H", "INPUT_W", "IN_CH")) + h["INPUT_OFFSET"]
    sums = np.zeros(h("INPUT_BATCHES", "OUTPUT_H", "OUTPUT_W", "OUT_CH"), np.int64)
    for row, column in np.ndindex(h["FILTER_Y"], h["FILTER_X"]):
        for y, z in np.ndindex(h["OUTPUT_H"], h["OUTPUT_W"]):
            top = y * h["STRIDE_Y"] - h["PAD_Y"] + row * h["DILATION_Y"]
            left = z * h["STRIDE_X"] - h["PAD_X"] + column * h["DILATION_X"]
            if 0 <= top < x.shape[1] and 0 <= left < x.shape[2]:
                sums[:, y, z] += sums_of(x[:, top, left], row, column)
    return finished(h, sums)


def convolution(h: Headers) -> np.ndarray:
    depth, count = h["FILTER_CH"], h["OUT_CH"]
    weights, groups = h.array("weights").reshape(count, h["FILTER_Y"], h["FILTER_X"], depth), h["IN_CH"] // depth

    def sums_of(pixels: np.ndarray, row: int, column: int) -> np.ndarray:
        filters = np.split(weights[:, row, column], groups)
        return np.concatenate([part @ some.T for part, some in zip(np.split(pixels, groups, axis=1), filters, strict=True)], axis=1)

    return convolved(h, sums_of)


def depthwise(h: Headers) -> np.ndarray:
    weights = h.array("weights").reshape(h("FILTER_Y", "FILTER_X", "OUT_CH"))
    return convolved(h, lambda pixels, row, column: np.repeat(pixels, h["CH_MULT"], axis=1) * weights[row, column])


def transposed(h: Headers) -> np.ndarray:
    x = h.array("input").reshape(h("INPUT_BATCHES", "INPUT_H", "INPUT_W", "IN_CH")) + h["INPUT_OFFSET"]
    weights = h.array("weights").reshape(h("OUT_CH", "FILTER_Y", "FILTER_X", "IN_CH"))
    sums = np.zeros(h("INPUT_BATCHES", "OUTPUT_H", "OUTPUT_W", "OUT_CH"), np.int64)
    for y, z in np.ndindex(x.shape[1:3]):
        for row, column in np.ndindex(weights.shape[1:3]):
            top, left = y * h["STRIDE_Y"] - h["PAD_Y"] + row, z * h["STRIDE_X"] - h["PAD_X"] + column
            if 0 <= top < sums.shape[1] and 0 <= left < sums.shape[2]:
                sums[:, top, left] += x[:, y, z] @ weights[:, row, column].T
    for axis, letter in ((1, "Y"), (2, "X")):
        size = (x.shape[axis] - 1) * h[f"STRIDE_{letter}"] + h[f"FILTER_{letter}"] - sums.shape[axis]
        assert h[f"PAD_{letter}"] + h[f"PAD_{letter}_WITH_OFFSET"] == max(size, 0)
    return finished(h, sums)


def dense(h: Headers) -> np.ndarray:
    depth = h["ACCUMULATION_DEPTH"]
    x, weights = h.array("input").reshape(-1, depth) + h["INPUT_OFFSET"], h.array("weights").reshape(-1, depth) + h["FILTER_OFFSET"]
    assert len(x) == h["INPUT_BATCHES"] and h["INPUT_W"] * h["INPUT_H"] * h["IN_CH"] == depth
    if "OUTPUT_MULTIPLIER" in h.macros:
        assert {*h.array("output_mult", "int32_t")} == {h["OUTPUT_MULTIPLIER"]}
        assert {*h.array("output_shift", "int32_t")} == {h["OUTPUT_SHIFT"]}
    else:
        assert h.macros["PER_CHANNEL_QUANT"] == "true"
    return finished(h, x @ weights.T)


def pooled(h: Headers, of: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    x = h.array("input_tensor").reshape(h("INPUT_N", "INPUT_H", "INPUT_W", "INPUT_C"))
    out = np.zeros(h("BATCH_SIZE", "OUTPUT_H", "OUTPUT_W", "OUTPUT_C"), np.int64)
    for y, z in np.ndindex(out.shape[1:3]):
        top, left = y * h["STRIDE_H"] - h["PADDING_H"], z * h["STRIDE_W"] - h["PADDING_W"]
        out[:, y, z] = of(x[:, max(top, 0) : top + h["FILTER_H"], max(left, 0) : left + h["FILTER_W"]])
    return np.clip(out, h["ACTIVATION_MIN"], h["ACTIVATION_MAX"])


def mean(window: np.ndarray) -> np.ndarray:
    count, sums = window.shape[1] * window.shape[2], window.sum(axis=(1, 2))
    return np.sign(sums) * ((np.abs(sums) + count // 2) // count)


def added(h: Headers) -> np.ndarray:
    x, y = (
        requantize(
            (h.array(f"input{number}") + h[f"INPUT{number}_OFFSET"]) << h["LEFT_SHIFT"],
            h[f"INPUT{number}_MULT"],
            h[f"INPUT{number}_SHIFT"],
        )
        for number in (1, 2)
    )
    return combined(h, x + y)


def multiplied(h: Headers) -> np.ndarray:
    return combined(h, (h.array("input1") + h["INPUT1_OFFSET"]) * (h.array("input2") + h["INPUT2_OFFSET"]))


def combined(h: Headers, values: np.ndarray) -> np.ndarray:
    assert values.size == h["DST_SIZE"]
    scaled = requantize(values, h["OUTPUT_MULT"], h["OUTPUT_SHIFT"])
    return np.clip(scaled + h["OUTPUT_OFFSET"], h["OUT_ACTIVATION_MIN"], h["OUT_ACTIVATION_MAX"])


def softmax(h: Headers) -> np.ndarray:
    """In real numbers, with 26 fractional bits: to the nearest step or the next."""
    x = h.array("input").reshape(h("NUM_ROWS", "ROW_SIZE"))
    away = x - x.max(axis=1, keepdims=True)
    powers = np.where(away < h["DIFF_MIN"], 0, np.exp(away * h["INPUT_MULT"] * 2.0 ** (h["INPUT_LEFT_SHIFT"] - 31 - 26)))
    return powers / powers.sum(axis=1, keepdims=True) * 256 - 128


def padded(h: Headers) -> np.ndarray:
    x = h.array("input_tensor").reshape(h("INPUT_N", "INPUT_H", "INPUT_W", "INPUT_C"))
    around = [h(f"PRE_PAD_{letter}", f"POST_PAD_{letter}") for letter in "NHWC"]
    return np.pad(x, around, constant_values=h["PAD_VALUE"])


def placed(h: Headers) -> np.ndarray:
    rank = h["PERM_SIZE"]
    perm, sizes, out = ([int(number) for number in h.lists[name]] for name in ("PERM", "IN_DIM", "OUT_DIM"))
    found = h.array("input_tensor").reshape(sizes[:rank]).transpose(perm)
    assert list(found.shape) == out[:rank] and sizes[rank:] == out[rank:] == [0] * (4 - rank)
    return found


def extreme(h: Headers) -> np.ndarray:
    sides = [h.array(f"input_tensor_{n}").reshape(h(*(f"{name}_{n}" for name in ("BATCH", "HEIGHT", "WIDTH", "CHANNEL")))) for n in (1, 2)]
    found = {"maximum": np.maximum, "minimum": np.minimum}[h.macros["LAYER_TYPE"]](*sides)
    assert found.shape == h("OUTPUT_BATCH", "OUTPUT_HEIGHT", "OUTPUT_WIDTH", "OUTPUT_CHANNEL") and found.size == h["DST_SIZE"]
    return found


# What the arrays "output_ref" or "output" should hold, by the operator; of SOFTMAX within a step.
COMPUTE: dict[str, Callable[[Headers], np.ndarray]] = {
    "CONV_2D": convolution,
    "DEPTHWISE_CONV_2D": depthwise,
    "TRANSPOSE_CONV": transposed,
    "FULLY_CONNECTED": dense,
    "AVERAGE_POOL_2D": lambda h: pooled(h, mean),
    "MAX_POOL_2D": lambda h: pooled(h, lambda window: window.max(axis=(1, 2))),
    "ADD": added,
    "MUL": multiplied,
    "SOFTMAX": softmax,
    "PAD": padded,
    "TRANSPOSE": placed,
    "MAXIMUM": extreme,
    "MINIMUM": extreme,
}
