"""Ops of a model as a model: what a single kernel is timed, tested and compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from .model import Model
from .objects import Graph, Op, Tensor, called_graphs

__all__ = ["cut_ops", "read_tensors"]


def read_tensors(op: Op) -> list[Tensor]:
    """The tensors that an op reads and a run has to provide, each once: neither constants nor variables."""
    reads = (tensor for tensor in op.inputs if tensor is not None and not tensor.is_constant and not tensor.is_variable)
    return list({id(tensor): tensor for tensor in reads}.values())


def cut_ops(
    model: Model,
    graph: int,
    ops: Iterable[int],
    reads: Iterable[Tensor],
    writes: Iterable[Tensor],
    shape_of: Callable[[Tensor], tuple[int, ...]] | None = None,
) -> Model:
    """The ops of these numbers in a graph as a model, which takes the tensors `reads` and returns `writes`, in this order.

    Tensors are those of `model`, which is not changed; constants are shared, and graphs that the ops call come along. `shape_of` returns
    the shape that a tensor has in a run; without it tensors keep the shapes of the file. Signatures, metadata and attached files are left
    out.
    """
    whole = model.graphs[graph]
    part = Graph(whole.name, list(reads), list(writes), [whole.ops[number] for number in ops])
    used = {id(tensor) for tensor in part.all_tensors()}
    part.tensors = [tensor for tensor in whole.all_tensors() if id(tensor) in used]
    made = Model(called_graphs(part), version=model.version, source=model.source).copy()
    for op in made.graph.ops:
        op.debug_metadata_index = -1
    if shape_of is not None:
        for tensor, source in zip(made.graph.tensors, part.tensors, strict=True):
            if not tensor.is_constant:
                tensor.shape, tensor.shape_signature = shape_of(source), None
    return made
