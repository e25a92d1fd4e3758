"""Let a convolution or matrix product take up the constants that its result is multiplied by, or that are added to it.

Batch normalisation is a product and a sum once its own constants are folded, however it was spelled; so is a bias.
"""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from .uses import Uses, constant, per_channel, signature

__all__ = ["fold_into_weights"]

# The dimension of the weights that the output's channels are, and the place of weights and bias among the inputs.
_LAYERS = {
    "CONV_2D": (0, 1, 2), "DEPTHWISE_CONV_2D": (3, 1, 2), "FULLY_CONNECTED": (0, 1, 2), "TRANSPOSE_CONV": (0, 1, 3), "CONV_3D": (4, 1, 2),
    "CONV_3D_TRANSPOSE": (3, 1, 3),
}  # fmt: skip


def fold_into_weights(graph: Graph) -> int:
    """Fold MUL, ADD and SUB by constants into the layer before them; gives how many.

    Only FLOAT32 layers without an activation, whose result nobody else reads.
    """
    uses, folded = Uses(graph), 0
    for op in list(graph.ops):
        if op.code in ("MUL", "ADD", "SUB") and op.options is not None and (made := _folded(uses, op)) is not None:
            uses.replace(made[0], made[1])
            folded += 1
    uses.apply()
    return folded


def _folded(uses: Uses, op: Op) -> tuple[list[Op], Op] | None:
    assert op.options is not None
    layer, value = _operands(uses, op)
    if layer is None or value is None or layer.options is None or getattr(layer.options, "fused_activation_function", "NONE") != "NONE":
        return None
    axis, weights_at, bias_at = _LAYERS[layer.code]
    weights = constant(layer.inputs[weights_at])
    given = layer.inputs[bias_at] if bias_at < len(layer.inputs) else None
    bias = constant(given)
    between, output = layer.outputs[0], op.outputs[0]
    if weights is None or (given is not None and bias is None) or signature(between) != signature(output):
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
        inputs[bias_at] = _constant(given, bias, f"{layer.outputs[0].name}_bias")
    options = dict(layer.options.items())
    if "fused_activation_function" in options:
        options["fused_activation_function"] = op.options.fused_activation_function
    elif op.options.fused_activation_function != "NONE":
        return None
    return [layer, op], Op(layer.code, inputs, [output], version=layer.version, **options)


def _operands(uses: Uses, op: Op) -> tuple[Op | None, np.ndarray | None]:
    """The layer whose result the op changes, and the constant by which."""
    first, second = op.inputs
    layer = uses.before(first, *_LAYERS)
    if layer is not None:
        return layer, constant(second)
    return (uses.before(second, *_LAYERS), constant(first)) if op.code != "SUB" else (None, None)


def _constant(before: Tensor | None, value: np.ndarray, name: str | None = None) -> Tensor:
    made = Tensor(before.name if before is not None else name, has_rank=True)
    made.data = np.ascontiguousarray(value, np.float32)
    return made
