"""Convolutions and matrix products: sums of inputs times weights, requantized; of floats, sums in the reference kernels' order."""

from __future__ import annotations

import numpy as np

from ...errors import UnsupportedError
from ...ops.linear.operands import bias_values, find_pair
from ..explanation import Derivation, Stage, Taps
from ..integers import signed
from ..requantizing import Requantize, method
from ..site import Index, Place, Site, explains
from ..stages import clamped, in_32_bits, to_output
from ..windows import WINDOWS

__all__: list[str] = []

# How FACTORS computes them.
_PRECISIONS = {
    "double": "in double",
    "float": "in float",
    "product in float": "the product in float, the quotient in double",
}


@explains(*WINDOWS, types="INT8", methods=("any",))
@explains(*({*WINDOWS} - {"BATCH_MATMUL"}), types="UINT8", methods=("any",))
def quantized(site: Site) -> Place:
    node, (layer, window_at) = site.node, WINDOWS[site.node.op.code](site)
    (input_scale, input_zero), output_scale = site.scale_and_zero(layer.input), site.scale_and_zero(site.result)[0]
    scales, weights_zero = layer.scales()
    bias = bias_values(node, layer.bias, layer.channels).astype(np.int64).tolist()
    rule = layer.rule(site.arithmetic, find_pair(node, layer.pairs, layer.input, layer.weights))
    how = layer.requantization(site.arithmetic, rule)
    single = np.float32 if rule.factor == "float" else float
    whole_blocks = layer.channels // how.block * how.block
    headers = ("input", "x", f"x {signed(input_zero)}", "weight", "w", f"w {signed(weights_zero)}", "product", "sum")
    methods: dict[int, tuple[Stage, Requantize]] = {}

    def prepared(channel: int) -> tuple[Stage, Requantize]:
        if channel not in methods:
            factor = float(how.factors[channel])
            given = f"{np.float32(input_scale)!s} * {scales[channel]!s} / {np.float32(output_scale)!s}"
            stage = Stage("factor", single(factor), f"{given}, scales of input * weight / output, {_PRECISIONS[rule.factor]}", True)
            methods[channel] = stage, method(how.method, factor, channel >= whole_blocks)
        return methods[channel]

    def place(at: Index) -> Derivation:
        channel, window = at[-1], window_at(at)
        rows, total = [], 0
        for input_at, x, weight_at, w in window.terms():
            product = (x - input_zero) * (w - weights_zero)
            total += product
            rows.append((input_at, x, x - input_zero, weight_at, w, w - weights_zero, product, total))
        factor, requantize = prepared(channel)
        stages = [
            Stage("acc", total, f"the sum of {len(rows)} products"),
            _bias(bias[channel], channel, layer.bias is not None),
            in_32_bits("acc+bias", total + bias[channel], f"{total} + {bias[channel]}"),
        ]
        stages += [factor, *requantize(int(stages[-1].value))]
        stages += to_output(int(stages[-1].value), how.zero, how.low, how.high)
        return Derivation(stages, stages[-1].value, Taps(headers, rows, window.note))

    return place


def _bias(value: int | np.float32, channel: int, given: bool) -> Stage:
    return Stage("bias", value, f"of channel {channel}" if given else "there is none", True)


@explains(*WINDOWS, types="FLOAT32")
def floats(site: Site) -> Place:
    """Products and sums are each rounded to float, from zero on; then the bias is added."""
    node, (layer, window_at) = site.node, WINDOWS[site.node.op.code](site)
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
    if not np.isfinite(site.array(1)).all():
        problem = f"its weights {layer.weights} are NaN or infinite somewhere, which also counts in the padding"
        raise UnsupportedError(problem, "Replace them, as docs/editing.md shows; `tinylite run --all-tensors` writes what the op returns")
    bias = bias_values(node, layer.bias, layer.channels).astype(np.float32)
    low, high = layer.limits(pair)

    def place(at: Index) -> Derivation:
        window, channel = window_at(at), at[-1]
        rows, total = [], np.float32(0)
        with np.errstate(all="ignore"):
            for input_at, x, weight_at, w in window.terms():
                product = np.float32(x) * np.float32(w)
                total = total + product
                rows.append((input_at, np.float32(x), weight_at, np.float32(w), product, total))
            whole = total + bias[channel]
        stages = [
            Stage("acc", total, f"the sum of {len(rows)} products, each product and each sum rounded to float"),
            _bias(bias[channel], channel, layer.bias is not None),
            Stage("acc+bias", whole, f"{total!s} + {bias[channel]!s} in float"),
            clamped(whole, low, high),
        ]
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "weight", "w", "product", "sum"), rows, window.note))

    return place
