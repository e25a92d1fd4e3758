"""Fold constant scales and biases into the weights of a convolution or matrix product.

Batch normalisation is a product and a sum once its own constants are folded, however it was spelled; so is a bias.
"""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .graph_pass import changes_bits
from .uses import Uses, constant, per_channel, rebuilt

__all__ = ["fold_scale_and_bias", "fold_scale_and_bias_into_next", "layer_before"]


@changes_bits
def fold_scale_and_bias(graph: Graph) -> int:
    """Fold MUL, ADD and SUB by constants into the layer before them; returns the number folded.

    Only FLOAT32 layers without an activation, whose result nobody else reads.
    """
    uses, folded = Uses(graph), 0
    for op in list(graph.ops):
        if facts_of(op).affine and op.options is not None and (made := _folded(uses, op)) is not None:
            uses.replace(made[0], made[1])
            folded += 1
    uses.apply()
    return folded


def _folded(uses: Uses, op: Op) -> tuple[list[Op], Op] | None:
    assert op.options is not None
    layer, value = _operands(uses, op)
    if layer is None or value is None or layer.options is None or getattr(layer.options, "fused_activation_function", "NONE") != "NONE":
        return None
    places = facts_of(layer).layer
    assert places is not None
    axis, weights_at, bias_at = places.channels, places.weights, places.bias
    weights = constant(layer.inputs[weights_at])
    given = layer.inputs[bias_at] if bias_at < len(layer.inputs) else None
    bias = constant(given)
    between, output = layer.outputs[0], op.outputs[0]
    if weights is None or (given is not None and bias is None) or between.dynamic_shape != output.dynamic_shape:
        return None
    channels = weights.shape[axis]
    factor = per_channel(value, channels)
    if factor is None or between.shape[-1] != channels:
        return None
    bias = np.zeros(channels, np.float32) if bias is None else bias
    inputs = [*layer.inputs, *[None] * (bias_at + 1 - len(layer.inputs))]
    if op.code == "MUL":
        inputs[weights_at] = _constant(layer.inputs[weights_at], weights * factor.reshape([-1] + [1] * (weights.ndim - 1 - axis)))
        bias = bias * factor
    else:
        bias = bias + factor if op.code == "ADD" else bias - factor
    if given is not None or np.any(bias):
        told = given if given is not None and np.any(given.data) else None  # zeros may be another layer's, shared
        inputs[bias_at] = _constant(told, bias, f"{layer.outputs[0].name}_bias")
    activation = op.options.fused_activation_function
    if "fused_activation_function" in dict(layer.options.items()):
        return [layer, op], rebuilt(layer, inputs, [output], fused_activation_function=activation)
    return ([layer, op], rebuilt(layer, inputs, [output])) if activation == "NONE" else None


def _operands(uses: Uses, op: Op) -> tuple[Op | None, np.ndarray | None]:
    """The layer whose result the op changes, and the constant by which."""
    first, second = op.inputs
    layer = layer_before(uses, first)
    if layer is not None:
        return layer, constant(second)
    return (layer_before(uses, second), constant(first)) if facts_of(op).commutative else (None, None)


def layer_before(uses: Uses, tensor: Tensor | None) -> Op | None:
    """The convolution or matrix product that writes a tensor which nothing else reads, if one does."""
    op = uses.sole_producer(tensor)
    return op if op is not None and facts_of(op).layer is not None else None


@changes_bits
def fold_scale_and_bias_into_next(graph: Graph) -> int:
    """Fold MUL, and ADD where nothing is padded, by constants into the layer after them; returns the number folded.

    Only FLOAT32, and where nobody else reads what is multiplied.
    """
    uses, folded = Uses(graph), 0
    for layer in list(graph.ops):
        places = facts_of(layer).layer
        if places is None or not places.factors or uses.gone(layer):
            continue
        op = uses.sole_producer(layer.inputs[0])
        able = op is not None and facts_of(op).affine and facts_of(op).commutative
        made = _taken_up(op, layer) if op is not None and able else None
        if op is not None and made is not None:
            uses.replace([op, layer], made)
            folded += 1
    uses.apply()
    return folded


def _taken_up(op: Op, layer: Op) -> Op | None:
    """The layer with the constant of the op before it in its weights, or None if it does not go in."""
    x, operand = op.inputs if constant(op.inputs[1]) is not None else op.inputs[::-1]
    value, weights, given = constant(operand), constant(layer.inputs[1]), layer.inputs[2] if len(layer.inputs) > 2 else None
    if op.options is None or op.options.fused_activation_function != "NONE" or layer.options is None or value is None or weights is None:
        return None
    if x is None or x.dynamic_shape != op.outputs[0].dynamic_shape or (given is not None and constant(given) is None):
        return None
    depth = layer.code == "DEPTHWISE_CONV_2D"
    channels = weights.shape[-1] // layer.options.depth_multiplier if depth else weights.shape[-1]
    factor = per_channel(value, channels)
    if factor is None or x.shape[-1] != channels:
        return None
    factor = np.repeat(factor, weights.shape[-1] // channels)
    inputs = [x, layer.inputs[1], given]
    if op.code == "MUL":
        inputs[1] = _constant(layer.inputs[1], weights * factor)
    elif layer.code != "FULLY_CONNECTED" and layer.options.padding != "VALID" and weights.shape[1:3] != (1, 1):
        return None
    else:
        total = (weights * factor).sum(axis=(0, 1, 2)) if depth else (weights * factor).reshape(weights.shape[0], -1).sum(axis=1)
        before = constant(given)
        inputs[2] = _constant(given, total if before is None else before + total, f"{layer.outputs[0].name}_bias")
    return rebuilt(layer, inputs, layer.outputs)


def _constant(before: Tensor | None, value: np.ndarray, name: str | None = None) -> Tensor:
    made = Tensor(before.name if before is not None else name, has_rank=True)
    made.data = np.ascontiguousarray(value, np.float32)
    return made
