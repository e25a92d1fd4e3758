"""Move RESHAPEs after what is done to a layer's channels, so that the layer can take it up: 1-D convolutions, heads of attention."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .fold_scale_and_bias import layer_before
from .graph_pass import keeps_bits
from .uses import Uses, constant, rebuilt

__all__ = ["sink_reshapes"]


@keeps_bits
def sink_reshapes(graph: Graph) -> int:
    """Move RESHAPEs of a layer's result after ADD, SUB and MUL by constants, and clamps; returns the number of moves.

    The constant is one number, or differs along the dimensions that the layer's channels become.
    """
    if not any(facts_of(op).reshapes for op in graph.ops):
        return 0
    uses, moved = Uses(graph), 0
    for op in list(graph.ops):
        facts = facts_of(op)
        if facts.affine or facts.clamp is not None:
            moved += _sink(uses, op)
    uses.apply()
    return moved


def _sink(uses: Uses, op: Op) -> bool:
    facts = facts_of(op)
    place = 1 if facts.commutative and constant(op.inputs[0]) is not None else 0
    reshape = uses.sole_producer(op.inputs[place])
    layer = layer_before(uses, reshape.inputs[0]) if reshape is not None and facts_of(reshape).reshapes else None
    if reshape is None or layer is None or getattr(layer.options, "fused_activation_function", "NONE") != "NONE":
        return False
    result, reshaped, output = layer.outputs[0], reshape.outputs[0], op.outputs[0]
    inputs: list[Tensor | None] = [result]
    if facts.clamp is None:
        value = constant(op.inputs[1 - place])
        channels = None if value is None else _by_channel(value, reshaped.dynamic_shape, result.dynamic_shape[-1])
        if channels is None or reshaped.dynamic_shape != output.dynamic_shape:
            return False
        operand = Tensor(f"{output.name}/channels", has_rank=True)
        operand.data = channels
        inputs.insert(1 - place, operand)
    changed = replace(result, name=f"{output.name}/before_reshape")
    uses.replace([reshape, op], [rebuilt(op, inputs, [changed]), rebuilt(reshape, [changed, *reshape.inputs[1:]], [output])])
    return True


def _by_channel(value: np.ndarray, shape: tuple[int, ...], channels: int) -> np.ndarray | None:
    """A constant that is broadcast to `shape` as [channels], if the channels are the last dimensions and it differs along no others."""
    if value.size == 1:
        return value.reshape(1)
    start = next((start for start in range(len(shape)) if min(shape[start:]) > 0 and math.prod(shape[start:]) == channels), None)
    if start is None or value.ndim > len(shape):
        return None
    wide = value.reshape((1,) * (len(shape) - value.ndim) + value.shape)
    if any(size != 1 for size in wide.shape[:start]):
        return None
    return np.ascontiguousarray(np.broadcast_to(wide.reshape(wide.shape[start:]), shape[start:])).reshape(channels)
