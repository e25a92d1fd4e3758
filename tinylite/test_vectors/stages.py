"""Sums of products stage by stage, as a datapath computes them: accumulate, add the bias, scale and round, add the zero point and clamp.

Everything here is exact: sums of products of 8-bit values are whole numbers that a double holds, and are then kept in int64.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from .. import ops
from ..arithmetic import Arithmetic
from ..errors import UnsupportedError, at
from ..explaining.windows import layer_of
from ..ops.common.operator import Node, Operator
from ..ops.common.quantization_params import scale_and_zero
from ..ops.common.window import Axis
from ..ops.linear.operands import bias_values, find_pair
from ..ops.linear.requantizing import Requantization
from ..quantization_math import multiply_high, quantize_multiplier, round_half_away, saturate, wrap

__all__ = ["ROUNDINGS", "STAGED", "Datapath", "Stages", "datapath_of", "stage_arrays"]

# ---- rounding, by the methods that kernels/epilogues.py has: (sums int64 [..., n], how) -> int64 [..., n]


def _halves_away(high: np.ndarray, right: np.ndarray) -> np.ndarray:
    """high / 2^right, rounded, halves away from zero."""
    mask = (np.int64(1) << right) - 1
    return cast(np.ndarray, (high >> right) + ((high & mask) > (mask >> 1) + (high < 0)))


def _halves_up(high: np.ndarray, right: np.ndarray) -> np.ndarray:
    """high / 2^right, rounded, halves up."""
    mask = (np.int64(1) << right) - 1
    return cast(np.ndarray, (high >> right) + ((high & mask) > (mask >> 1)))


def _multiplied(sums: np.ndarray, how: Requantization) -> tuple[np.ndarray, np.ndarray]:
    """The high half of twice the product of sums and multipliers, halves up; and how far it is shifted to the right."""
    multiplier, shift = (part.astype(np.int64) for part in quantize_multiplier(how.factors))
    return multiply_high(wrap(sums << np.maximum(shift, 0)), multiplier), np.maximum(-shift, 0)


def _twice(sums: np.ndarray, how: Requantization) -> np.ndarray:
    """gemmlowp: rounded as a product, and again as it is shifted."""
    return _halves_away(*_multiplied(sums, how))


def _twice_up(sums: np.ndarray, how: Requantization) -> np.ndarray:
    """ruy: the same with halves up, but in channels after the last whole block."""
    high, right = _multiplied(sums, how)
    channels = how.factors.size
    in_blocks = np.arange(channels) < channels // how.block * how.block
    return np.where(in_blocks, _halves_up(high, right), _halves_away(high, right))


def _once(sums: np.ndarray, how: Requantization) -> np.ndarray:
    """The product rounded once with its shift. What a shift to the left would lead out of an int32 ends there."""
    multiplier, shift = (part.astype(np.int64) for part in quantize_multiplier(how.factors))
    right = np.maximum(-shift, 1)
    left = shift + right
    largest = np.int64(2**31 - 1) >> left
    return _halves_up(((np.clip(sums, ~largest, largest) << left) * multiplier) >> 31, right)


def _in_double(sums: np.ndarray, how: Requantization) -> np.ndarray:
    return saturate(np.clip(round_half_away(sums.astype(np.float64) * how.factors), -(2.0**62), 2.0**62))


def _in_float(sums: np.ndarray, how: Requantization) -> np.ndarray:
    scaled = sums.astype(np.float32) * how.factors.astype(np.float32)
    return np.rint(np.clip(scaled, np.float32(-65536), np.float32(65536))).astype(np.int64)


ROUNDINGS: Mapping[str, Callable[[np.ndarray, Requantization], np.ndarray]] = {
    "fixed": _twice, "halves_up": _twice_up, "once": _once, "double": _in_double, "float": _in_float,
}  # fmt: skip


# ---- the op


@dataclass(frozen=True, eq=False)
class Datapath:
    """What a sum of products is computed with, as the kernels get it: bias is int32 [channels], and `how` the rest after it."""

    input_zero: int
    weights_zero: int
    bias: np.ndarray
    how: Requantization

    @property
    def multiplier_and_shift(self) -> tuple[np.ndarray, np.ndarray]:
        """The factors as int32 [channels] each: factor = multiplier * 2^(shift - 31)."""
        return quantize_multiplier(self.how.factors)

    def scaled(self, sums: np.ndarray, method: str) -> np.ndarray:
        """Sums int64 [..., channels] times their factors, rounded by a method, a key of ROUNDINGS."""
        return ROUNDINGS[method](sums, self.how)

    def output(self, scaled: np.ndarray) -> np.ndarray:
        """With the zero point, and clamped."""
        return np.clip(scaled + self.how.zero, self.how.low, self.how.high)


@dataclass(frozen=True, eq=False)
class Stages:
    """The stages of a sum of products, each [the output's shape].

    acc       sums of (input - zero point) * (weights - zero point), as an int32 accumulator holds them: what does not fit wraps around
    biased    the same with the bias
    scaled    times the factor and rounded, int32
    out       with the output's zero point, clamped; of the output's dtype
    """

    acc: np.ndarray
    biased: np.ndarray
    scaled: np.ndarray
    out: np.ndarray


def datapath_of(node: Node, arithmetic: Arithmetic) -> Datapath | None:
    """What an 8-bit sum of products is computed with under an arithmetic; None for other ops and types, and where there is no output.

    Raises UnsupportedError for what the arithmetic is not proven for.
    """
    if node.op.code not in STAGED:
        return None
    layer = layer_of(node)
    pair = find_pair(node, layer.pairs, layer.input, layer.weights)
    if pair.way != "q8" or not layer.output.size:
        return None
    channels = layer.output.shape[-1]  # of several matrices, each has as many
    how = layer.requantization(arithmetic, layer.rule(arithmetic, pair))
    bias = bias_values(node, layer.bias, channels).astype(np.int32)
    return Datapath(scale_and_zero(node, layer.input)[1], layer.scales()[1], bias, how._replace(factors=how.factors[:channels]))


def stage_arrays(node: Node, inputs: Sequence[np.ndarray | None], arithmetic: Arithmetic) -> Stages | None:
    """The stages of an op of STAGED whose inputs and output have 8 bits; None for other ops and types.

    `inputs` are the stored values of the op's inputs, in their order; None for those that are constant or left out. Raises
    UnsupportedError where the arithmetic is not proven for the op, or rounds in a way that is not known here.
    """
    layer = datapath_of(node, arithmetic)
    if layer is None:
        return None
    with at(node.op.name):
        if layer.how.method not in ROUNDINGS:
            raise UnsupportedError(
                f"the stages of the arithmetic {arithmetic.name!r} are not known: it rounds by {layer.how.method!r}",
                f"There are stages for the methods {', '.join(map(repr, ROUNDINGS))}",
            )
    operator, output = ops.find(node.op.code), node.outputs[0]

    def stored(position: int, zero: int) -> np.ndarray:
        constant, given = node.input(position).constant_value, inputs[position]
        array = given if constant is None else constant
        assert array is not None
        return array.astype(np.float64) - zero

    data, weights = stored(operator.data_input, layer.input_zero), stored(1, layer.weights_zero)
    acc = _SUMS[node.op.code](operator, node, data, weights)
    acc = wrap(acc.reshape(output.shape))
    biased = wrap(acc + layer.bias)
    scaled = layer.scaled(biased, layer.how.method)
    out = layer.output(scaled).astype(output.dtype)
    return Stages(acc.astype(np.int32), biased.astype(np.int32), saturate(scaled).astype(np.int32), out)


# ---- sums: (operator, node, data less its zero point, weights less theirs) -> int64. Doubles hold them exactly: 255 * 255 * depth < 2^53


def _windows(data: np.ndarray, height: Axis, width: Axis, spread: tuple[int, int] = (1, 1)) -> Callable[[int, int], np.ndarray]:
    """(row, column of the filter) -> what it sees at each place of the output, [batch, height, width, channels].

    `spread` is how far the pixels of the data are apart.
    """
    batch, rows, columns, channels = data.shape
    ends = [(axis.out - 1) * axis.stride + (axis.filter - 1) * axis.dilation + 1 for axis in (height, width)]
    padded = np.zeros((batch, *(max(end, 1) for end in ends), channels))
    inner = padded[:, height.before :: spread[0], width.before :: spread[1]][:, :rows, :columns]
    inner[...] = data[:, : inner.shape[1], : inner.shape[2]]  # what no window reaches is left out

    def seen(row: int, column: int) -> np.ndarray:
        starts = row * height.dilation, column * width.dilation
        stops = (start + (axis.out - 1) * axis.stride + 1 for start, axis in zip(starts, (height, width), strict=True))
        (top, left), (bottom, right) = starts, stops
        return padded[:, top : bottom : height.stride, left : right : width.stride]

    return seen


def _taps(weights: np.ndarray) -> list[tuple[int, int]]:
    """The places of a filter [out, height, width, in]."""
    return [(row, column) for row in range(weights.shape[1]) for column in range(weights.shape[2])]


def _dense_sums(operator: Operator, node: Node, data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    return (data.reshape(-1, weights.shape[1]) @ weights.T).astype(np.int64)


def _matrix_sums(operator: Operator, node: Node, data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    x = data.swapaxes(-1, -2) if node.options.adj_x else data
    y = weights.swapaxes(-1, -2) if node.options.adj_y else weights
    return (x @ y).astype(np.int64)


def _convolution_sums(operator: Any, node: Node, data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    height, width = operator.windows(node)
    seen = _windows(data, height, width)
    count, depth = weights.shape[0], weights.shape[3]
    groups = data.shape[3] // depth
    sums = np.zeros((data.shape[0], height.out, width.out, count))
    for row, column in _taps(weights):
        pixels = seen(row, column)
        for group in range(groups):
            filters = slice(group * count // groups, (group + 1) * count // groups)
            sums[..., filters] += pixels[..., group * depth : (group + 1) * depth] @ weights[filters, row, column].T
    return sums.astype(np.int64)


def _depthwise_sums(operator: Any, node: Node, data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    height, width = operator.windows(node)
    seen = _windows(data, height, width)
    channels = weights.shape[3]
    sums = np.zeros((data.shape[0], height.out, width.out, channels))
    for row, column in _taps(weights):
        sums += np.repeat(seen(row, column), channels // data.shape[3], axis=3) * weights[0, row, column]
    return sums.astype(np.int64)


def _transposed_sums(operator: Any, node: Node, data: np.ndarray, weights: np.ndarray) -> np.ndarray:
    height, width = operator.windows(node, node.outputs[0].shape)
    seen = _windows(data, height, width, operator.strides(node))
    turned = weights[:, ::-1, ::-1]
    sums = np.zeros((data.shape[0], height.out, width.out, weights.shape[0]))
    for row, column in _taps(weights):
        sums += seen(row, column) @ turned[:, row, column].T
    return sums.astype(np.int64)


_SUMS: Mapping[str, Callable[[Any, Node, np.ndarray, np.ndarray], np.ndarray]] = {
    "BATCH_MATMUL": _matrix_sums, "CONV_2D": _convolution_sums, "DEPTHWISE_CONV_2D": _depthwise_sums, "FULLY_CONNECTED": _dense_sums,
    "TRANSPOSE_CONV": _transposed_sums,
}  # fmt: skip
# The operators whose stages are known.
STAGED = tuple(_SUMS)
