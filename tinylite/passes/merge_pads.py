"""Fold an explicit PAD into a convolution's SAME padding."""

from __future__ import annotations

from ..model import Graph, Op
from ..ops import facts_of
from .graph_pass import keeps_bits
from .uses import Uses, has, rebuilt

__all__ = ["merge_pads"]


@keeps_bits
def merge_pads(graph: Graph) -> int:
    """Fold PADs of zeros into VALID convolutions where the amounts are those of SAME padding; returns the number folded.

    The PAD stays if somebody else reads it, and otherwise goes as unused.
    """
    if not has(graph, "PAD"):
        return 0
    uses, merged = Uses(graph), 0
    for op in list(graph.ops):
        layer = facts_of(op).layer
        if layer is None or not layer.dilates or op.options is None or op.options.padding != "VALID":
            continue
        pad = uses.producer(op.inputs[0], "PAD")
        if pad is None or not _is_same(pad, op):
            continue
        uses.replace([op], rebuilt(op, [pad.inputs[0], *op.inputs[1:]], op.outputs, padding="SAME"))
        merged += 1
    uses.apply()
    return merged


def _is_same(pad: Op, op: Op) -> bool:
    source, paddings, weights = pad.inputs[0], pad.inputs[1], op.inputs[1]
    if source is None or paddings is None or weights is None or not paddings.is_constant or paddings.data is None:
        return False
    amounts = paddings.data.tolist()
    if len(amounts) != 4 or amounts[0] != [0, 0] or amounts[3] != [0, 0]:
        return False
    options, sizes = op.options, source.dynamic_shape
    assert options is not None
    windows = ((1, options.stride_h, options.dilation_h_factor), (2, options.stride_w, options.dilation_w_factor))
    for axis, stride, dilation in windows:
        if sizes[axis] < 0:
            return False
        out = -(-sizes[axis] // stride)
        total = max((out - 1) * stride + (weights.shape[axis] - 1) * dilation + 1 - sizes[axis], 0)
        if amounts[axis] != [total // 2, total - total // 2]:
            return False
    return True
