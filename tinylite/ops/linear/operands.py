"""The operands of linear layers: checks of their types, biases and scales."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..common.operator import Node, Value
from ..common.quantization_params import scales_and_zeros
from .pairs import Pair

__all__ = ["bias_operand", "bias_values", "check_types", "filter_scales", "find_pair"]


def find_pair(node: Node, pairs: Sequence[Pair], input: Value, weights: Value) -> Pair:
    """The row of these types. Raises UnsupportedError if there is none."""
    for pair in pairs:
        if (pair.input, pair.weights) == (input.type, weights.type):
            return pair
    kinds = ", ".join(f"{pair.input} x {pair.weights}" for pair in pairs)
    node.unsupported(
        f"there is no kernel for {input.type} input {input.name!r} x {weights.type} weights {weights.name!r}; there are: {kinds}"
    )


def check_types(node: Node, pairs: Sequence[Pair], input: Value, weights: Value, bias: Value | None, output: Value) -> None:
    """Fail unless there is a row for this combination of types."""
    pair = find_pair(node, pairs, input, weights)
    if bias is not None and bias.type != pair.bias:
        node.unsupported(f"its bias {bias} should be {pair.bias}")
    if output.type != pair.output:
        node.unsupported(f"its output {output.name!r} is {output.type} where the kernel produces {pair.output}")


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
