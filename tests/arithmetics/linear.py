"""Random cases of convolutions and matrix products, in which halves are frequent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from ..cases import INTEGERS, Case, T

__all__ = ["CASES", "depthwise", "operands"]

Shape = tuple[int, ...]
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def operands(rng: np.random.Generator, input: Shape, weights: Shape, output: Shape, type: str = "INT8") -> tuple[list[T | None], T]:
    """8-bit input, weights and output, INT32 bias; weights of INT8 may have a scale for each channel.

    A fifth of them have powers of two for scales, so that halves are frequent, also in an activation's limits. Another has factors next to
    powers of two, of which the last bit of a scale or of a product of scales decides between halves. Of another the
    sums are biases that lie as near to a half as integers can, so that the last bit of a factor or of its product with a sum decides.
    Another has factors around 1 and above, for which multipliers shift left.
    """
    channels, depth, kind, (low, high) = weights[0], int(np.prod(weights[1:])), rng.integers(5), INTEGERS[type]
    many = channels if type == "INT8" and rng.integers(2) else ()  # a scale for each channel
    weights_zero = 0 if type == "INT8" else int(rng.integers(100, 156))
    # Sums have a deviation of about 74^2 sqrt(depth): outputs use their range, or end at its limits.
    factor = rng.uniform(0.2, 2) * 100 / (5400 * np.sqrt(depth))
    scale, output_scale = rng.uniform(0.001, 0.1, 2)
    values, bias = rng.integers(low + (type == "INT8"), high + 1, weights), rng.integers(-9000, 9000, channels)
    if kind == 0:
        scale, output_scale = 0.5, 2.0 ** rng.integers(-6, 4)
        factors = 2.0 ** (np.floor(np.log2(factor)) + rng.integers(-1, 2, many))
    elif kind == 4:
        factors = 2.0 ** (np.floor(np.log2(factor)) + rng.integers(-1, 2, many))
    elif kind == 1:
        factors, values = np.exp(rng.uniform(np.log(1e-7), np.log(1e-3), many)), np.full(weights, weights_zero)
        bias = np.floor((rng.integers(-127, 127, channels) + 0.5) / factors) + rng.integers(0, 2, channels)
    elif kind == 2:
        factors, values = np.exp(rng.uniform(np.log(0.1), np.log(200), many)), values * 0 + weights_zero
        values.flat[rng.integers(0, values.size, 1 + values.size // 50)] += rng.choice((-1, 1))
        bias = np.round(rng.uniform(-150, 150, channels) / factors)
    else:
        factors = factor * rng.uniform(0.3, 1.5, many)
    scales = np.asarray(factors * output_scale / scale, np.float32)
    zero, output_zero = (int(zero) for zero in rng.integers(low, high + 1, 2))
    # A quantized dimension means nothing where there is one scale, and keeps XNNPACK's delegate off.
    axis, output_axis = (int(rng.integers(len(shape))) if rng.integers(10) == 0 else 0 for shape in (input, output))
    return [
        T(input, type, scale=float(np.float32(scale)), zero=zero, axis=axis),
        T(weights, type, scale=scales, zero=weights_zero, data=values),
        T((channels,), "INT32", scale=np.float32(scale) * scales, data=bias),
    ], T(output, type, scale=float(np.float32(output_scale)), zero=output_zero, axis=output_axis)


def windows(rng: np.random.Generator, *axes: tuple[int, int, int, int]) -> tuple[list[int], dict[str, object]]:
    """The sizes that windows of (size, filter, stride, dilation) along height and width lead to, and options that say so."""
    same = any(size < dilation * filter for size, filter, _, dilation in axes) or rng.integers(2) == 0
    out = [
        -(-size // stride) if same else (size + stride - (filter - 1) * dilation - 1) // stride for size, filter, stride, dilation in axes
    ]
    (_, _, sy, dy), (_, _, sx, dx) = axes
    options = {"stride_h": sy, "stride_w": sx, "dilation_h_factor": dy, "dilation_w_factor": dx, "padding": "SAME" if same else "VALID"}
    return out, {**options, "fused_activation_function": str(rng.choice(ACTIVATIONS))}


def convolution(rng: np.random.Generator, type: str = "INT8") -> Case:
    batch, height, width, channels, count, fy, fx, dy, dx, sy, sx = (
        int(rng.integers(1, end + 1)) for end in (2, 12, 12, 30, 40, 4, 4, 2, 2, 3, 3)
    )
    groups = int(rng.choice((1, 1, 2, 3)))
    channels, count = channels * groups, count * groups
    out, options = windows(rng, (height, fy, sy, dy), (width, fx, sx, dx))
    inputs, output = operands(rng, (batch, height, width, channels), (count, fy, fx, channels // groups), (batch, *out, count), type)
    return Case("CONV_2D", inputs, [output], options, version=3)


def depthwise(rng: np.random.Generator, type: str = "INT8") -> Case:
    batch, height, width, channels, fy, fx, dy, dx, stride = (int(rng.integers(1, end + 1)) for end in (2, 12, 12, 60, 5, 5, 2, 2, 3))
    if rng.integers(3) == 0:
        fy = fx = int(rng.choice((3, 5)))  # which have their own kernels
    multiplier = int(rng.choice((1, 1, 1, 2, 3)))
    count = channels * multiplier
    out, options = windows(rng, (height, fy, stride, dy), (width, fx, stride, dx))
    (x, weights, bias), output = operands(rng, (batch, height, width, channels), (count, fy, fx, 1), (batch, *out, count), type)
    assert weights is not None
    axis = 3 if type == "INT8" else int(rng.choice((0, 0, 3)))
    weights = replace(weights, shape=(1, fy, fx, count), axis=axis, data=np.asarray(weights.data).transpose(3, 1, 2, 0))
    return Case("DEPTHWISE_CONV_2D", [x, weights, bias], [output], {**options, "depth_multiplier": multiplier}, version=3)


def transposed(rng: np.random.Generator, type: str = "INT8") -> Case:
    batch, height, width, channels, count, fy, fx, sy, sx = (int(rng.integers(1, end + 1)) for end in (2, 6, 6, 20, 40, 4, 4, 3, 3))
    same = bool(rng.integers(2))
    count = 16 * (1 + count // 16) if rng.integers(2) else count
    # The sizes of outputs from which a convolution would lead back to the input's.
    out = [
        size * stride - int(rng.integers(stride)) if same else (size - 1) * stride + filter + int(rng.integers(stride))
        for size, filter, stride in ((height, fy, sy), (width, fx, sx))
    ]
    (x, weights, bias), output = operands(rng, (batch, height, width, channels), (count, fy, fx, channels), (batch, *out, count), type)
    inputs = [T((4,), "INT32", data=output.shape), weights, x, bias]
    options = {"stride_h": sy, "stride_w": sx, "padding": "SAME" if same else "VALID"}
    if rng.integers(4) == 0:
        return Case("TRANSPOSE_CONV", inputs[:3], [output], options, version=2)
    activation = str(rng.choice(ACTIVATIONS))
    return Case("TRANSPOSE_CONV", inputs, [output], {**options, "fused_activation_function": activation}, version=4)


def dense(rng: np.random.Generator, type: str = "INT8") -> Case:
    rows, depth, count = (int(rng.integers(1, end + 1)) for end in (20, 200, 150))
    keep = bool(rng.integers(2))
    before = (2, rows) if keep else (rows,)
    inputs, output = operands(rng, (*before, depth), (count, depth), (*before, count), type)
    if rng.integers(4) == 0:
        inputs[2:] = [None]
    options = {"fused_activation_function": str(rng.choice(ACTIVATIONS)), "keep_num_dims": keep}
    return Case("FULLY_CONNECTED", inputs, [output], options, version=5)


def dense_or_fed(rng: np.random.Generator, type: str = "INT8") -> Case:
    """Sometimes with weights that the run computes."""
    case = dense(rng, type)
    if rng.integers(6) == 0:
        case.inputs = [case.inputs[0], fed(case.inputs[1], type), *case.inputs[2:]]
    return case


def fed(weights: T | None, type: str) -> T:
    """The same weights, but computed by the run."""
    assert weights is not None
    low, high = INTEGERS[type]
    return replace(weights, data=None, low=low + (type == "INT8"), high=high)


def product(rng: np.random.Generator, type: str = "INT8") -> Case:
    batch, rows, depth, columns = (int(rng.integers(1, end + 1)) for end in (3, 20, 100, 60))
    adj_x, adj_y, constant = (bool(rng.integers(2)) for _ in range(3))
    (x, y, _), output = operands(rng, (batch, rows, depth), (columns, depth), (batch, rows, columns), type)
    assert x is not None and y is not None
    y.scale = float(np.ravel(y.scale)[0])
    shared = rng.integers(2) == 0
    matrices = np.asarray(y.data)[None] if shared else np.stack([rng.permuted(y.data, axis=1) for _ in range(batch)])
    y.data = matrices if adj_y else matrices.transpose(0, 2, 1)
    y.shape = y.data.shape
    if not constant:
        y = fed(y, type)
        y.zero = int(rng.choice((0, rng.integers(-128, 128))))
    if adj_x:
        x.shape = (batch, depth, rows)
    return Case("BATCH_MATMUL", [x, y], [output], {"adj_x": adj_x, "adj_y": adj_y}, version=2)


_MADE: dict[str, tuple[Callable[[np.random.Generator, str], Case], tuple[str, ...]]] = {
    "CONV_2D": (convolution, ("INT8", "UINT8")),
    "DEPTHWISE_CONV_2D": (depthwise, ("INT8", "UINT8")),
    "TRANSPOSE_CONV": (transposed, ("INT8", "UINT8")),
    "FULLY_CONNECTED": (dense_or_fed, ("INT8", "UINT8")),
    "BATCH_MATMUL": (product, ("INT8",)),
}
CASES = {(code, type): partial(make, type=type) for code, (make, types) in _MADE.items() for type in types}
