"""Fuse RELUs into the ops before them, as fused activations."""

from __future__ import annotations

from collections import Counter

from ..model import Graph, Op, own_options
from ..ops import facts_of
from ..ops.common.quantization_params import CLAMPS
from .graph_pass import keeps_bits
from .uses import rebuilt, same_numbers

__all__ = ["fuse_activations"]

_TYPES = ("FLOAT32", "INT8", "UINT8")


@keeps_bits
def fuse_activations(graph: Graph) -> int:
    """Replace an op and the RELU, RELU6 or RELU_N1_TO_1 after it by one op, if nobody else reads what passes between.

    A quantized pair is fused only if the RELU does not rescale: then clamping before or after rounding is the same.
    Returns the number of pairs.
    """
    reads = Counter(id(tensor) for op in graph.ops for tensor in op.inputs if tensor is not None)
    reads.update(id(tensor) for tensor in graph.outputs)
    producers: dict[int, Op] = {}
    replaced: dict[int, Op | None] = {}
    for op in graph.ops:
        between = op.inputs[0] if op.inputs else None
        producer = producers.get(id(between))
        if (
            producer is not None and between is not None and reads[id(between)] == 1 and _takes_activation(producer)
            and op.code in CLAMPS and len(op.inputs) == len(op.outputs) == 1
            and between.type in _TYPES and same_numbers(between, op.outputs[0])
        ):  # fmt: skip
            replaced[id(producer)] = _fused(producer, op)
            replaced[id(op)] = None
        producers.update((id(tensor), op) for tensor in op.outputs)
    graph.ops = [kept for op in graph.ops if (kept := replaced.get(id(op), op)) is not None]
    return len(replaced) // 2


def _takes_activation(op: Op) -> bool:
    options = own_options(op)
    return bool(
        facts_of(op).fuses_activation and len(op.outputs) == 1 and options is not None and options.fused_activation_function == "NONE"
    )


def _fused(producer: Op, activation: Op) -> Op:
    fused = rebuilt(producer, producer.inputs, activation.outputs, fused_activation_function=activation.code)
    fused.replaces = (*(producer.replaces or (producer,)), activation)
    return fused
