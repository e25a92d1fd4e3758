"""Convolutions and matrix products: sums of inputs times weights, requantized; of floats, sums in the reference kernels' order."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ...arithmetic import Rule
from ...errors import UnsupportedError
from ...ops.common.node import Value
from ...ops.common.quantization_params import activation_range
from ...ops.linear.operands import bias_values, filter_scales, find_pair
from ...ops.linear.pairs import CONVOLUTION, DENSE, MATRICES, Pair
from ...ops.linear.requantizing import FACTORS, choose_rule
from ..explanation import Derivation, Stage, Taps
from ..integers import signed
from ..requantizing import Requantize, method
from ..site import Index, Place, Site, broadcast_index, explains, window_places
from ..stages import in_32_bits, to_output

__all__: list[str] = []


class Window(NamedTuple):
    """What an output element is a sum over: blocks of equal shape [rows, columns, depth] of input and weights, and where they are.

    `input_at` and `weight_at` lead from a position in the blocks to the index in the tensor. `left_out` of the window's places lie in
    the padding, or between the pixels of an input that is spread out.
    """

    inputs: np.ndarray
    weights: np.ndarray
    input_at: Callable[[int, int, int], Index]
    weight_at: Callable[[int, int, int], Index]
    left_out: int

    def terms(self) -> Iterator[tuple[Index, Any, Index, Any]]:
        """Input index and value, weight index and value, in the order of kernels."""
        rows, columns, depth = self.inputs.shape
        inputs, weights = self.inputs.reshape(-1).tolist(), self.weights.reshape(-1).tolist()
        at = ((row, column, d) for row in range(rows) for column in range(columns) for d in range(depth))
        for place, x, w in zip(at, inputs, weights, strict=True):
            yield self.input_at(*place), x, self.weight_at(*place), w


class Layer(NamedTuple):
    """The operands of a linear layer: `window` leads from an output index to what it sums over.

    `of_products`: the weights are an activation too, with one scale and any zero point, and there is no activation function.
    """

    pairs: Sequence[Pair]
    input: Value
    weights: Value
    bias: Value | None
    channels: int
    dimension: int
    window: Callable[[Index], Window]
    of_products: bool = False


def _block(array: np.ndarray, rows: list[int], columns: list[int]) -> np.ndarray:
    """[rows, columns, ...] of an array that may have many more."""
    return array[rows][:, columns]


def _convolution(site: Site) -> Layer:
    node = site.node
    x, filters = site.array(0), site.array(1)
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    depth = filters.shape[3]
    per_group = filters.shape[0] // (x.shape[3] // depth)

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        (rows, ys), (columns, xs) = window_places(height, y), window_places(width, x_at)
        first = channel // per_group * depth
        return Window(
            _block(x[n], ys, xs)[..., first : first + depth], _block(filters[channel], rows, columns),
            lambda r, c, d: (n, ys[r], xs[c], first + d), lambda r, c, d: (channel, rows[r], columns[c], d),
            height.filter * width.filter - len(rows) * len(columns),
        )  # fmt: skip

    return Layer(CONVOLUTION, node.input(0), node.input(1), node.optional(2), filters.shape[0], 0, window)


def _depthwise(site: Site) -> Layer:
    node = site.node
    x, filters = site.array(0), site.array(1)
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    multiplier = filters.shape[3] // x.shape[3]

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        (rows, ys), (columns, xs) = window_places(height, y), window_places(width, x_at)
        seen = channel // multiplier
        return Window(
            _block(x[n], ys, xs)[..., seen : seen + 1], _block(filters[0], rows, columns)[..., channel : channel + 1],
            lambda r, c, d: (n, ys[r], xs[c], seen), lambda r, c, d: (0, rows[r], columns[c], channel),
            height.filter * width.filter - len(rows) * len(columns),
        )  # fmt: skip

    return Layer(CONVOLUTION, node.input(0), node.input(1), node.optional(2), filters.shape[3], 3, window)


def _transposed(site: Site) -> Layer:
    """Seen from the output: the filter, turned around, over the input with gaps between its pixels."""
    node = site.node
    x, filters = site.array(2), site.array(1)
    height, width = site.operator.windows(node, site.result.shape)  # type: ignore[attr-defined]
    stride_h, stride_w = site.operator.strides(node)  # type: ignore[attr-defined]

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        (rows, ys), (columns, xs) = window_places(height, y, stride_h), window_places(width, x_at, stride_w)
        rows, columns = [height.filter - 1 - row for row in rows], [width.filter - 1 - column for column in columns]
        return Window(
            _block(x[n], ys, xs), _block(filters[channel], rows, columns),
            lambda r, c, d: (n, ys[r], xs[c], d), lambda r, c, d: (channel, rows[r], columns[c], d),
            height.filter * width.filter - len(rows) * len(columns),
        )  # fmt: skip

    return Layer(CONVOLUTION, node.input(2), node.input(1), node.optional(3), filters.shape[0], 0, window)


def _dense(site: Site) -> Layer:
    node, shape = site.node, site.array(0).shape
    matrix = site.array(1)
    rows = site.array(0).reshape(-1, 1, 1, matrix.shape[1])

    def window(at: Index) -> Window:
        row = int(np.ravel_multi_index(at, site.result.shape)) // matrix.shape[0]
        first = row * matrix.shape[1]
        return Window(
            rows[row], matrix[at[-1]].reshape(1, 1, -1),
            lambda r, c, d: tuple(map(int, np.unravel_index(first + d, shape))), lambda r, c, d: (at[-1], d), 0,
        )  # fmt: skip

    return Layer(DENSE, node.input(0), node.input(1), node.optional(2), matrix.shape[0], 0, window)


def _product(site: Site) -> Layer:
    node, options = site.node, site.node.options
    x, y = site.array(0), site.array(1)
    rows = x.swapaxes(-1, -2) if options.adj_x else x
    columns = y if options.adj_y else y.swapaxes(-1, -2)

    def window(at: Index) -> Window:
        *batch, row, column = at
        left, right = broadcast_index(tuple(batch), x.shape[:-2]), broadcast_index(tuple(batch), y.shape[:-2])
        return Window(
            rows[(*left, row)].reshape(1, 1, -1), columns[(*right, column)].reshape(1, 1, -1),
            lambda r, c, d: (*left, d, row) if options.adj_x else (*left, row, d),
            lambda r, c, d: (*right, column, d) if options.adj_y else (*right, d, column), 0,
        )  # fmt: skip

    return Layer(MATRICES, node.input(0), node.input(1), None, columns.shape[-2], 0, window, of_products=True)


LAYERS: dict[str, Callable[[Site], Layer]] = {
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "TRANSPOSE_CONV": _transposed,
}
_PRODUCTS = {"BATCH_MATMUL": _product}


@explains(*LAYERS, types="INT8 UINT8")
@explains(*_PRODUCTS, types="INT8")
def quantized(site: Site) -> Place:
    node, layer = site.node, (LAYERS | _PRODUCTS)[site.node.op.code](site)
    (input_scale, input_zero), (output_scale, zero) = site.scale_and_zero(layer.input), site.scale_and_zero(site.result)
    if layer.of_products:
        scale, weights_zero = site.scale_and_zero(layer.weights)
        scales = np.full(layer.channels, scale, np.float32)
    else:
        scales, weights_zero = filter_scales(node, layer.weights, layer.channels, layer.dimension)
    bias = bias_values(node, layer.bias, layer.channels).astype(np.int64).tolist()
    reference = find_pair(node, layer.pairs, layer.input, layer.weights).rule
    rule = choose_rule(site.arithmetic, reference, node, layer.input, layer.weights, layer.bias, site.result)
    factors = FACTORS[rule.factor](node, layer.input, scales, layer.bias, site.result)
    site.arithmetic.check_factor(rule, float(factors.max(initial=0)))
    activation = "NONE" if layer.of_products else node.options.fused_activation_function
    low, high = activation_range(node, activation, site.result, limits=rule.limits)
    headers = ("input", "x", f"x {signed(input_zero)}", "weight", "w", f"w {signed(weights_zero)}", "product", "sum")
    single = np.float32 if rule.factor == "float" else float
    methods: dict[int, tuple[Stage, Requantize]] = {}

    def prepared(channel: int) -> tuple[Stage, Requantize]:
        if channel not in methods:
            given = f"{np.float32(input_scale)!s} * {scales[channel]!s} / {np.float32(output_scale)!s}"
            how = f"{given}, scales of input * weight / output, {_PRECISIONS[rule.factor]}"
            factor = float(factors[channel])
            methods[channel] = Stage("factor", single(factor), how, True), method(_rounding(rule, channel, layer.channels), factor)
        return methods[channel]

    def place(at: Index) -> Derivation:
        channel, window = at[-1], layer.window(at)
        rows, total = [], 0
        for input_at, x, weight_at, w in window.terms():
            product = (x - input_zero) * (w - weights_zero)
            total += product
            rows.append((input_at, x, x - input_zero, weight_at, w, w - weights_zero, product, total))
        factor, requantize = prepared(channel)
        stages = [
            Stage("acc", total, f"the sum of {len(rows)} products"),
            Stage("bias", bias[channel], f"of channel {channel}" if layer.bias is not None else "there is none", True),
            in_32_bits("acc+bias", total + bias[channel], f"{total} + {bias[channel]}"),
        ]
        stages += [factor, *requantize(int(stages[-1].value))]
        stages += to_output(int(stages[-1].value), zero, low, high)
        note = f"{window.left_out} of the filter's places lie outside of the input and add 0" if window.left_out else ""
        return Derivation(stages, stages[-1].value, Taps(headers, rows, note))

    return place


def _rounding(rule: Rule, channel: int, channels: int) -> str:
    """The method of a channel: those after the last whole block are rounded as the reference kernels do."""
    return rule.method if channel < channels // rule.block * rule.block else "fixed"


# How FACTORS computes them.
_PRECISIONS = {
    "double": "in double",
    "float": "in float",
    "product in float": "the product in float, the quotient in double",
}


@explains(*LAYERS, types="FLOAT32")
def floats(site: Site) -> Place:
    """Products and sums are each rounded to float, from zero on; then the bias is added."""
    node, layer = site.node, LAYERS[site.node.op.code](site)
    pair = find_pair(node, layer.pairs, layer.input, layer.weights)
    if pair.way != "f32":
        raise UnsupportedError(
            f"there is no explanation for {node.op.code} of floats with {layer.weights.type} weights, which quantizes its input on the way",
            "Explain an op whose input and output are both quantized, or both FLOAT32",
        )
    if site.arithmetic.floats != "separate":
        raise UnsupportedError(
            f"there is no explanation for {node.op.code} of FLOAT32 in {site.arithmetic.name!r}, whose order of sums depends on the kernel",
            "Explain it in 'litert-reference'",
        )
    bias = bias_values(node, layer.bias, layer.channels).astype(np.float32)
    low, high = activation_range(node, node.options.fused_activation_function, site.result, finite=pair.finite)
    headers = ("input", "x", "weight", "w", "product", "sum")
    infinite = not np.isfinite(site.array(1)).all()
    if infinite:
        raise UnsupportedError(f"its weights {layer.weights} are NaN or infinite somewhere, which reaches what lies in the padding")

    def place(at: Index) -> Derivation:
        window, channel = layer.window(at), at[-1]
        rows, total = [], np.float32(0)
        with np.errstate(all="ignore"):
            for input_at, x, weight_at, w in window.terms():
                product = np.float32(x) * np.float32(w)
                total = total + product
                rows.append((input_at, np.float32(x), weight_at, np.float32(w), product, total))
            whole = total + bias[channel]
        stages = [Stage("acc", total, f"the sum of {len(rows)} products, each product and each sum rounded to float")]
        stages.append(Stage("bias", bias[channel], f"of channel {channel}" if layer.bias is not None else "there is none", True))
        stages.append(Stage("acc+bias", whole, f"{total!s} + {bias[channel]!s} in float"))
        out = whole if math.isnan(whole) else np.float32(min(max(whole, np.float32(low)), np.float32(high)))
        stages.append(Stage("out", out, f"kept within {low:g}..{high:g}"))
        note = f"{window.left_out} of the filter's places lie outside of the input and add 0" if window.left_out else ""
        return Derivation(stages, out, Taps(headers, rows, note))

    return place
