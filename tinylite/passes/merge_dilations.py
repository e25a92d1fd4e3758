"""One dilated convolution for three ops that compute it by moving the picture into the batch and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .graph_pass import keeps_bits
from .uses import Uses, has, rebuilt

__all__ = ["merge_dilations"]


@keeps_bits
def merge_dilations(graph: Graph) -> int:
    """SPACE_TO_BATCH_ND, a VALID convolution of stride 1, BATCH_TO_SPACE_ND: returns how many became one convolution."""
    if not has(graph, "SPACE_TO_BATCH_ND"):
        return 0
    _widen_sequences(graph)
    uses, merged = Uses(graph), 0
    for op in list(graph.ops):
        layer = facts_of(op).layer
        if layer is None or not layer.dilates or op.options is None:
            continue
        apart, back = uses.sole_producer(op.inputs[0], "SPACE_TO_BATCH_ND"), uses.sole_consumer(op.outputs[0], "BATCH_TO_SPACE_ND")
        if apart is None or back is None or (padding := _padding(apart, op, back)) is None:
            continue
        block = _numbers(apart, 1)
        made = rebuilt(
            op, [apart.inputs[0], *op.inputs[1:]], back.outputs, padding=padding, dilation_h_factor=block[0], dilation_w_factor=block[1]
        )
        uses.replace([apart, op, back], made)
        merged += 1
    uses.apply()
    return merged


def _widen_sequences(graph: Graph) -> None:
    """Move the expansion of sequences to pictures of height 1 outside of the ops that move them into the batch and back."""
    uses = Uses(graph)
    for op in graph.ops:
        layer = facts_of(op).layer
        if layer is None or not layer.dilates:
            continue
        widen, narrow = uses.sole_producer(op.inputs[0]), uses.sole_consumer(op.outputs[0])
        if widen is None or narrow is None or not (facts_of(widen).reshapes and facts_of(narrow).reshapes):
            continue
        if not (_widens(widen.inputs[0], op.inputs[0]) and _widens(narrow.outputs[0], op.outputs[0])):
            continue
        apart, back = uses.sole_producer(widen.inputs[0], "SPACE_TO_BATCH_ND"), uses.sole_consumer(narrow.outputs[0], "BATCH_TO_SPACE_ND")
        if apart is None or back is None or apart.inputs[0] is None or op.inputs[0] is None:
            continue
        x, y, moves = apart.inputs[0], back.outputs[0], (apart, back)
        numbers = [[_numbers(move, place) for place in (1, 2)] for move in moves]
        if max(x.dynamic_shape.count(-1), y.dynamic_shape.count(-1)) > 1 or any(len(a) != 1 or len(b) != 2 for a, b in numbers):
            continue
        wide_x, wide_y = _wide(x), _wide(y)
        amounts = [[_vector(y, [1, *block]), _vector(y, [[0, 0], amount])] for block, amount in numbers]
        uses.replace([apart, widen], [_reshape(x, wide_x), rebuilt(apart, [wide_x, *amounts[0]], [op.inputs[0]])])
        uses.replace([narrow, back], [rebuilt(back, [op.outputs[0], *amounts[1]], [wide_y]), _reshape(wide_y, y)])
    uses.apply()


def _widens(sequence: Tensor | None, picture: Tensor | None) -> bool:
    if sequence is None or picture is None or len(sequence.shape) != 3:
        return False
    batch, *rest = sequence.dynamic_shape
    return picture.dynamic_shape == (batch, 1, *rest)


def _wide(tensor: Tensor) -> Tensor:
    batch, *rest = tensor.shape
    told = tensor.shape_signature
    return replace(tensor, name=f"{tensor.name}/wide", shape=(batch, 1, *rest), shape_signature=told and (told[0], 1, *told[1:]))


def _reshape(source: Tensor, made: Tensor) -> Op:
    return Op("RESHAPE", [source, _vector(made, made.dynamic_shape)], [made], new_shape=made.dynamic_shape)


def _vector(tensor: Tensor, values: Sequence[object]) -> Tensor:
    made = Tensor(f"{tensor.name}/sizes", type="INT32", has_rank=True)
    made.data = np.array(values, np.int32)
    return made


def _numbers(op: Op, index: int) -> list[int]:
    tensor = op.inputs[index]
    return tensor.data.reshape(-1).tolist() if tensor is not None and tensor.is_constant and tensor.data is not None else []


def _padding(apart: Op, op: Op, back: Op) -> str | None:
    """The padding of the dilated convolution, or None if it has none of the two."""
    options, block = op.options, _numbers(apart, 1)
    assert options is not None and apart.inputs[0] is not None and op.inputs[1] is not None
    plain = (options.stride_h, options.stride_w, options.dilation_h_factor, options.dilation_w_factor, options.padding) == (
        1,
        1,
        1,
        1,
        "VALID",
    )
    if not plain or len(block) != 2 or block != _numbers(back, 1) or len(apart.inputs[0].shape) != 4:
        return None
    pads, crops = np.array(_numbers(apart, 2)).reshape(-1, 2), np.array(_numbers(back, 2)).reshape(-1, 2)
    if len(pads) != 2 or len(crops) != 2:
        return None
    given, made = apart.inputs[0].dynamic_shape[1:3], back.outputs[0].dynamic_shape[1:3]
    reach = [(size - 1) * dilation for size, dilation in zip(op.inputs[1].shape[1:3], block, strict=True)]
    # What is padded beyond the convolution's own need only fills blocks, and is cropped again.
    before = pads[:, 0] - crops[:, 0]
    if not crops[:, 0].any() and not before.any() and all(a - r == b for a, r, b in zip(given, reach, made, strict=True)):
        return "VALID"
    return "SAME" if given == made and before.tolist() == [r // 2 for r in reach] and not crops[:, 0].any() else None
