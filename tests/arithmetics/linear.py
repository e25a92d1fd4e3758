"""Random cases of convolutions and matrix products, in which halves are frequent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..cases import Case, T

__all__ = ["CASES"]

Shape = tuple[int, ...]
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def operands(rng: np.random.Generator, input: Shape, weights: Shape, output: Shape) -> tuple[list[T | None], T]:
    """INT8 input, weights and output, INT32 bias.

    A third of them have powers of two for scales, so that halves are frequent. Of another third the sums are biases that lie as near to
    a half as integers can, so that the last bit of a factor or of its product with a sum decides.
    """
    channels, depth, kind = weights[0], int(np.prod(weights[1:])), rng.integers(3)
    many = channels if rng.integers(2) else ()  # a scale for each channel
    # Sums have a deviation of about 74^2 sqrt(depth): outputs use their range, or end at its limits.
    factor = rng.uniform(0.2, 2) * 100 / (5400 * np.sqrt(depth))
    scale, output_scale = rng.uniform(0.001, 0.1, 2)
    values, bias = rng.integers(-127, 128, weights), rng.integers(-9000, 9000, channels)
    if kind == 0:
        scale, output_scale = 0.5, 2.0 ** rng.integers(-6, 1)
        factors = 2.0 ** (np.floor(np.log2(factor)) + rng.integers(-1, 2, many))
    elif kind == 1:
        factors, values = np.exp(rng.uniform(np.log(1e-7), np.log(1e-3), many)), np.zeros(weights)
        bias = np.floor((rng.integers(-127, 127, channels) + 0.5) / factors) + rng.integers(0, 2, channels)
    else:
        factors = factor * rng.uniform(0.3, 1.5, many)
    scales = np.asarray(factors * output_scale / scale, np.float32)
    zero, output_zero = (int(zero) for zero in rng.integers(-128, 128, 2))
    return [
        T(input, "INT8", scale=float(np.float32(scale)), zero=zero),
        T(weights, "INT8", scale=scales, data=values),
        T((channels,), "INT32", scale=np.float32(scale) * scales, data=bias),
    ], T(output, "INT8", scale=float(np.float32(output_scale)), zero=output_zero)


def windows(rng: np.random.Generator, *axes: tuple[int, int, int, int]) -> tuple[list[int], dict[str, object]]:
    """The sizes that windows of (size, filter, stride, dilation) along height and width lead to, and options that say so."""
    same = any(size < dilation * filter for size, filter, _, dilation in axes) or rng.integers(2) == 0
    out = [
        -(-size // stride) if same else (size + stride - (filter - 1) * dilation - 1) // stride for size, filter, stride, dilation in axes
    ]
    (_, _, sy, dy), (_, _, sx, dx) = axes
    options = {"stride_h": sy, "stride_w": sx, "dilation_h_factor": dy, "dilation_w_factor": dx, "padding": "SAME" if same else "VALID"}
    return out, {**options, "fused_activation_function": str(rng.choice(ACTIVATIONS))}


def convolution(rng: np.random.Generator) -> Case:
    batch, height, width, channels, count, fy, fx, dy, dx, sy, sx = (
        int(rng.integers(1, end + 1)) for end in (2, 12, 12, 30, 40, 4, 4, 2, 2, 3, 3)
    )
    groups = int(rng.choice((1, 1, 2, 3)))
    channels, count = channels * groups, count * groups
    out, options = windows(rng, (height, fy, sy, dy), (width, fx, sx, dx))
    inputs, output = operands(rng, (batch, height, width, channels), (count, fy, fx, channels // groups), (batch, *out, count))
    return Case("CONV_2D", inputs, [output], options, version=3)


def depthwise(rng: np.random.Generator) -> Case:
    batch, height, width, channels, fy, fx, dy, dx, stride = (int(rng.integers(1, end + 1)) for end in (2, 12, 12, 60, 5, 5, 2, 2, 3))
    if rng.integers(3) == 0:
        fy = fx = int(rng.choice((3, 5)))  # which have their own kernels
    multiplier = int(rng.choice((1, 1, 1, 2, 3)))
    count = channels * multiplier
    out, options = windows(rng, (height, fy, stride, dy), (width, fx, stride, dx))
    (x, weights, bias), output = operands(rng, (batch, height, width, channels), (count, fy, fx, 1), (batch, *out, count))
    assert weights is not None
    weights = replace(weights, shape=(1, fy, fx, count), axis=3, data=np.asarray(weights.data).transpose(3, 1, 2, 0))
    return Case("DEPTHWISE_CONV_2D", [x, weights, bias], [output], {**options, "depth_multiplier": multiplier}, version=3)


def dense(rng: np.random.Generator) -> Case:
    rows, depth, count = (int(rng.integers(1, end + 1)) for end in (20, 200, 150))
    keep = bool(rng.integers(2))
    before = (2, rows) if keep else (rows,)
    inputs, output = operands(rng, (*before, depth), (count, depth), (*before, count))
    if rng.integers(4) == 0:
        inputs[2:] = [None]
    options = {"fused_activation_function": str(rng.choice(ACTIVATIONS)), "keep_num_dims": keep}
    return Case("FULLY_CONNECTED", inputs, [output], options, version=5)


CASES = {("CONV_2D", "INT8"): convolution, ("DEPTHWISE_CONV_2D", "INT8"): depthwise, ("FULLY_CONNECTED", "INT8"): dense}
