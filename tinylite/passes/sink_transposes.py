"""Move TRANSPOSEs after ops that do not mind the order of dimensions, so that one meets its opposite and both go."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .graph_pass import keeps_bits
from .uses import Uses, has, rebuilt

__all__ = ["sink_transposes"]


@keeps_bits
def sink_transposes(graph: Graph) -> int:
    """Move TRANSPOSEs after ops that work on data in any order, such as elementwise ones; returns the number of moves.

    A TRANSPOSE moves only if that leaves no more of them than there were.
    """
    if not has(graph, "TRANSPOSE"):
        return 0
    uses, moved = Uses(graph), 0
    for op in list(graph.ops):
        moved += _sink(uses, op)
    uses.apply()
    return moved


def _order(op: Op | None) -> list[int] | None:
    order = op.inputs[1] if op is not None else None
    return order.data.tolist() if order is not None and order.is_constant and order.data is not None else None


def _sink(uses: Uses, op: Op) -> bool:
    if not op.outputs or not any(uses.sole_producer(tensor, "TRANSPOSE") for tensor in op.inputs):
        return False
    facts, rank = facts_of(op), len(op.outputs[0].shape)
    unmoved = facts.transposed(op, range(rank))
    if unmoved is None:
        return False
    data = op.inputs[: len(op.inputs) - len(unmoved[0])]
    transposes = [uses.sole_producer(tensor, "TRANSPOSE") for tensor in data]
    orders = [_order(transpose) for transpose in transposes if transpose is not None]
    if not orders or any(order != orders[0] for order in orders):
        return False
    order = orders[0]
    if order is None or len(order) != rank:
        return False
    back = [int(axis) for axis in np.argsort(order)]
    inputs: list[Tensor | None] = []
    for tensor, transpose in zip(data, transposes, strict=True):
        if transpose is not None:
            inputs.append(transpose.inputs[0])
        elif facts.elementwise and tensor is not None and (moved := _permuted(tensor, back, rank)) is not None:
            inputs.append(moved)
        else:
            return False
    changed = facts.transposed(op, order)
    if changed is None:
        return False
    inputs += changed[0]
    output = op.outputs[0]
    dims = [output.shape[axis] for axis in back]
    signature = output.shape_signature and tuple(output.shape_signature[axis] for axis in back)
    between = Tensor(f"{output.name}/before_transpose", tuple(dims), output.type, shape_signature=signature, has_rank=True)
    last = Op("TRANSPOSE", [between, _constant(f"{output.name}/order", np.array(order, np.int32))], [output])
    uses.replace([*(t for t in transposes if t is not None), op], [rebuilt(op, inputs, [between], **changed[1]), last])
    return True


def _constant(name: str, values: np.ndarray) -> Tensor:
    made = Tensor(name, type="INT32", has_rank=True)
    made.data = np.ascontiguousarray(values, np.int32)
    return made


def _permuted(tensor: Tensor, order: Sequence[int], rank: int) -> Tensor | None:
    """A constant operand with its dimensions in another order."""
    if not tensor.is_constant or not tensor.is_numeric or tensor.data is None:
        return None
    value = tensor.data
    if value.size == 1:
        return tensor
    made = Tensor(tensor.name, type=tensor.type, has_rank=True)
    made.data = np.ascontiguousarray(value.reshape((1,) * (rank - value.ndim) + value.shape).transpose(order))
    return made
