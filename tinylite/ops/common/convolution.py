"""What CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV and FULLY_CONNECTED have in common: types, bias, requantization."""

from __future__ import annotations

import numpy as np

from .operator import Node, Value
from .quantized import activation_range, scale_and_zero, scales_and_zeros
from .requantizing import Requantization

__all__ = ["bias_operand", "bias_values", "channel_factors", "check_types", "filter_scales", "requantization"]

# (input, weights) -> the types of bias and output.
_TYPES = {
    ("FLOAT32", "FLOAT32"): ("FLOAT32", "FLOAT32"),
    ("FLOAT32", "INT8"): ("FLOAT32", "FLOAT32"),
    ("UINT8", "UINT8"): ("INT32", "UINT8"),
    ("INT8", "INT8"): ("INT32", "INT8"),
}


def check_types(node: Node, input: Value, weights: Value, bias: Value | None, output: Value) -> None:
    """Fail unless there is a kernel for this combination of types."""
    wanted = _TYPES.get((input.type, weights.type))
    if wanted is None:
        kinds = ", ".join(f"{a} x {b}" for a, b in _TYPES)
        node.unsupported(
            f"there is no kernel for {input.type} input {input.name!r} x {weights.type} weights {weights.name!r}; there are: {kinds}"
        )
    bias_type, output_type = wanted
    if bias is not None and bias.type != bias_type:
        node.unsupported(f"its bias {bias} should be {bias_type}")
    if output.type != output_type:
        node.unsupported(f"its output {output.name!r} is {output.type} where the kernel gives {output_type}")


def bias_operand(node: Node, bias: Value | None, channels: int) -> Value | None:
    """A bias that may be computed."""
    node.require(bias is None or bias.size == channels, f"its bias {bias} does not have {channels} elements, one for each output channel")
    return bias


def bias_values(node: Node, bias: Value | None, channels: int) -> np.ndarray:
    """The bias [channels], zeros if there is none."""
    if bias is None:
        return np.zeros(channels, np.float32)
    if bias.constant_value is None:
        node.unsupported(f"its bias {bias} is not constant")
    node.require(bias.size == channels, f"its bias {bias} has {bias.size} elements for {channels} output channels")
    return bias.constant_value.reshape(-1)


def filter_scales(node: Node, weights: Value, channels: int, dimension: int) -> tuple[np.ndarray, int]:
    """The scale of each output channel, float32 [channels], and the weights' one zero point.

    Per-channel scales must lie along `dimension` and go with zero points of 0, as must all of signed weights.
    """
    scales, zeros = scales_and_zeros(node, weights, channels)
    if scales.size > 1:
        assert weights.tensor is not None and weights.tensor.quantization is not None
        along = weights.tensor.quantization.quantized_dimension
        node.require(weights.type == "INT8", f"{weights} has a scale for each channel, which only INT8 weights may have")
        node.require(along == dimension, f"{weights} has its scales along dimension {along}, not {dimension}")
    if (zeros != 0).any() and weights.type == "INT8":
        node.fail(f"{weights} has a zero point other than 0, which INT8 weights may not have")
    return np.broadcast_to(scales, (channels,)), int(zeros[0])


def channel_factors(node: Node, input: Value, scales: np.ndarray, bias: Value | None, output: Value) -> np.ndarray:
    """What a sum is multiplied by to become an output: s_input * s_weights / s_output, float64 [channels].

    For UINT8 the product of the scales is rounded to float first, as LiteRT does; it also refuses a bias whose scale is
    not that product.
    """
    input_scale, output_scale = scale_and_zero(node, input)[0], scale_and_zero(node, output)[0]
    if input.type == "UINT8":
        if bias is not None and bias.quantized:
            product = np.float64(input_scale) * np.float64(scales[0])
            off = abs(product - scale_and_zero(node, bias)[0]) / output_scale
            node.require(bool(off <= 0.02), f"its bias {bias} has another scale than input times weights, {product:.6g}")
        product = np.float64(np.float32(input_scale) * scales[:1].astype(np.float32))
        return np.broadcast_to(product / output_scale, scales.shape)
    return np.float64(input_scale) * scales.astype(np.float64) / output_scale


def requantization(node: Node, factors: np.ndarray, output: Value, activation: str, method: str = "fixed") -> Requantization:
    low, high = activation_range(node, activation, output)
    return Requantization(factors, method, scale_and_zero(node, output)[1], low, high)
