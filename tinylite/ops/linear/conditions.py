"""Which layers a rule of an arithmetic holds for, where other runtimes have several kernels for an operator."""

from __future__ import annotations

from collections.abc import Callable

from ..common.operator import Node, Value

__all__ = ["CONDITIONS"]


def _has_one_scale(node: Node, input: Value, weights: Value, bias: Value | None) -> bool:
    """Whether the weights have one scale for all channels."""
    return _scales(weights) == 1


def _has_no_groups(node: Node, input: Value, weights: Value, bias: Value | None) -> bool:
    return input.shape[-1] == weights.shape[-1]


def _is_delegated(node: Node, input: Value, weights: Value, bias: Value | None) -> bool:
    """Whether LiteRT's delegate for XNNPACK takes a layer: if its weights are constant, and its bias is too and has a scale.

    It wants the quantized dimension of activations, of the bias and of UINT8 weights to be 0, though they have one scale for all.
    What else it asks for depends on the operator.
    """
    code, options = node.op.code, node.options
    if any(_dimension(value) != 0 for value in (input, node.outputs[0])):
        return False
    if code == "BATCH_MATMUL":
        return _zero_points(weights) == [0]  # and weights may be computed
    if weights.constant_value is None or (weights.type == "UINT8" and _dimension(weights) != 0):
        return False
    if code == "DEPTHWISE_CONV_2D" and not (options.depth_multiplier > 0 and weights.shape[3] % options.depth_multiplier == 0):
        return False
    if code == "TRANSPOSE_CONV" and options.padding == "SAME":
        _, height, width, _ = weights.shape
        if height < options.stride_h or width < options.stride_w:
            return False
    if bias is None:
        return code in ("FULLY_CONNECTED", "TRANSPOSE_CONV")
    return bias.constant_value is not None and _scales(bias) > 0 and _dimension(bias) == 0


def _covers(node: Node, input: Value, weights: Value, bias: Value | None) -> bool:
    """Whether the windows of a transposed convolution are not smaller than their strides, and cover the output and its padding exactly."""
    output, options = node.outputs[0], node.options
    for axis, stride in ((1, options.stride_h), (2, options.stride_w)):
        size, filter, out = input.shape[axis], weights.shape[axis], output.shape[axis]
        reach = (size - 1) * stride + filter
        before = max(reach - out, 0) // 2 if options.padding == "SAME" else 0
        if not (stride <= filter and size * stride <= out + before <= reach):
            return False
    return True


def _fills_sixteens(node: Node, input: Value, weights: Value, bias: Value | None) -> bool:
    return node.outputs[0].size % 16 == 0


def _scales(value: Value) -> int:
    quantization = value.tensor.quantization if value.tensor is not None else None
    return 0 if quantization is None else quantization.scale.size


def _dimension(value: Value) -> int:
    """Along which scales lie, as the file says, be it one scale."""
    quantization = value.tensor.quantization if value.tensor is not None else None
    return 0 if quantization is None else quantization.quantized_dimension


def _zero_points(value: Value) -> list[int]:
    assert value.tensor is not None and value.tensor.quantization is not None
    return [*value.tensor.quantization.zero_point.tolist()] or [0]


# As Rule.where names them.
CONDITIONS: dict[str, Callable[[Node, Value, Value, Value | None], bool]] = {
    "one scale": _has_one_scale,
    "one group": _has_no_groups,
    "delegated": _is_delegated,
    "windows that cover its output": _covers,
    "an output of whole sixteens": _fills_sixteens,
}
