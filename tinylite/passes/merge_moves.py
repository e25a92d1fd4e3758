"""Fewer data-movement ops: reshapes of reshapes, transposes of transposes, and those that change nothing."""

from __future__ import annotations

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .graph_pass import keeps_bits
from .uses import Uses, has, rebuilt, same_numbers

__all__ = ["keep_reduced_dimensions", "merge_reshapes", "merge_transposes"]


@keeps_bits
def merge_reshapes(graph: Graph) -> int:
    """Merge chains of RESHAPEs, and remove those that change nothing; returns the number of changes."""
    if not has(graph, "RESHAPE"):
        return 0
    uses, changed = Uses(graph), 0
    for op in list(graph.ops):
        if op.code != "RESHAPE" or not op.inputs[1:] or op.inputs[1] is None or not op.inputs[1].is_constant:
            continue
        before = uses.producer(op.inputs[0])
        if before is not None and facts_of(before).reshapes and _as_it_was(before):
            op.inputs[0] = before.inputs[0]
            changed += 1
        source = op.inputs[0]
        if source is not None and source.dynamic_shape == op.outputs[0].dynamic_shape and _may_vanish(graph, op):
            uses = _without(graph, op, source)
            changed += 1
    return changed


@keeps_bits
def keep_reduced_dimensions(graph: Graph) -> int:
    """Fold a RESHAPE that adds or removes reduced dimensions into the reduction's keep_dims; returns the number folded."""
    if not has(graph, "RESHAPE"):
        return 0
    uses, changed = Uses(graph), 0
    for op in list(graph.ops):
        reduction = uses.sole_producer(op.inputs[0]) if op.code == "RESHAPE" else None
        if reduction is None or not facts_of(reduction).reduces or reduction.options is None:
            continue
        if (axes := reduction.inputs[1]) is None or axes.data is None:
            continue
        assert reduction.inputs[0] is not None
        before = reduction.inputs[0].dynamic_shape
        reduced = {int(axis) % len(before) for axis in axes.data.reshape(-1)}
        for keep in (False, True):
            after = tuple(1 if axis in reduced else size for axis, size in enumerate(before) if keep or axis not in reduced)
            if keep != reduction.options.keep_dims and after == op.outputs[0].dynamic_shape and after.count(-1) <= 1:
                uses.replace([reduction, op], rebuilt(reduction, reduction.inputs, op.outputs, keep_dims=keep))
                changed += 1
                break
    uses.apply()
    return changed


@keeps_bits
def merge_transposes(graph: Graph) -> int:
    """Merge TRANSPOSEs of TRANSPOSEs, and replace those that move only dimensions of 1 by reshapes; returns the number of changes."""
    if not has(graph, "TRANSPOSE"):
        return 0
    uses, changed = Uses(graph), 0
    for op in list(graph.ops):
        if op.code != "TRANSPOSE" or (order := _order(op)) is None:
            continue
        before = uses.producer(op.inputs[0], "TRANSPOSE")
        if before is not None and (first := _order(before)) is not None and _as_it_was(before):
            order = [first[axis] for axis in order]
            op.inputs[:] = [before.inputs[0], _vector(op, order)]
            changed += 1
        source = op.inputs[0]
        assert source is not None
        if order == sorted(order) and _may_vanish(graph, op):
            uses = _without(graph, op, source)
            changed += 1
        elif _moves_nothing(source.dynamic_shape, order):
            shape = op.outputs[0].dynamic_shape
            reshape = Op("RESHAPE", [source, _vector(op, shape)], op.outputs, new_shape=tuple(shape))
            graph.ops = [reshape if other is op else other for other in graph.ops]
            uses = Uses(graph)
            changed += 1
    return changed


def _order(op: Op) -> list[int] | None:
    order = op.inputs[1]
    return order.data.tolist() if order is not None and order.is_constant and order.data is not None else None


def _vector(op: Op, values: tuple[int, ...] | list[int]) -> Tensor:
    made = Tensor(f"{op.outputs[0].name}/shape", type="INT32", has_rank=True)
    made.data = np.array(values, np.int32)
    return made


def _moves_nothing(shape: tuple[int, ...], order: list[int]) -> bool:
    moved = [axis for axis in order if shape[axis] != 1]
    return moved == sorted(moved) and list(shape).count(-1) <= 1


def _as_it_was(move: Op) -> bool:
    """Whether an op returns the numbers that it reads."""
    return move.inputs[0] is not None and same_numbers(move.inputs[0], move.outputs[0])


def _may_vanish(graph: Graph, op: Op) -> bool:
    """Whether what an op reads can replace its output: an output of the graph needs a tensor that can take its name."""
    source, output = op.inputs[0], op.outputs[0]
    is_output = any(output is other for other in graph.outputs)
    return _as_it_was(op) and (not is_output or (
        source is not None and not source.is_constant and not source.is_variable
        and not any(source is other for other in (*graph.inputs, *graph.outputs))
    ))  # fmt: skip


def _without(graph: Graph, op: Op, source: Tensor) -> Uses:
    uses = Uses(graph)
    if any(op.outputs[0] is output for output in graph.outputs):
        source.name = op.outputs[0].name
    uses.redirect(op.outputs[0], source)
    graph.ops = [other for other in graph.ops if other is not op]
    return Uses(graph)
