"""Which op is meant, and which others it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from .. import ops
from ..errors import TensorError, at, nearest, quoted
from ..model import Graph, Model, Op, Signature, called_graphs

__all__ = ["Target", "find_target"]


@dataclass(frozen=True)
class Target:
    """A model that ends with the op of number `index`, and has of the others those that this one depends on.

    Inputs and signatures' names for them are those of the whole model; the outputs of `graph`, by its number, are the op's. `output` is the
    number of the output that was named, 0 if it was the op's number that was given.
    """

    model: Model
    graph: int
    index: int
    output: int = 0


def find_target(model: Model, op: int | str, graph: int = 0) -> Target:
    """The op of a number or of an output's name, and what computes it. Raises TensorError if there is none."""
    if not isinstance(graph, (int, np.integer)) or not 0 <= graph < len(model.graphs):
        raise TensorError(f"there is no graph {quoted(graph)}: the model has {len(model.graphs)}", "Graphs are counted from 0")
    source = model.graphs[graph]
    with at(f"{model.source or 'model content'}, graph {graph}"):
        index, output = _place_of(source, op)
    chosen = source.ops[index]
    cut = Graph(source.name, list(source.inputs), list(chosen.outputs), list(_needed(source.ops[:index], chosen)), source.all_tensors())
    # Others keep their numbers, but only what the op's graph calls keeps its ops: those that call it do so whole.
    called = {id(entry) for entry in called_graphs(cut)}
    graphs = [cut if entry is source else entry if id(entry) in called else Graph(entry.name, entry.inputs) for entry in model.graphs]
    signatures = [Signature(entry.key, cut, dict(entry.inputs), {}, loose=True) for entry in model.signatures if entry.graph is source]
    made = Model(graphs, metadata=model.metadata, signatures=signatures, source=model.source)
    return Target(made, int(graph), index, output)


def _place_of(graph: Graph, op: int | str) -> tuple[int, int]:
    """The number of an op, and that of its output that was named."""
    last = len(graph.ops) - 1
    if isinstance(op, (int, np.integer)) and not isinstance(op, bool):
        if 0 <= op <= last:
            return int(op), 0
        raise TensorError(f"there is no op {op}: the graph has {last + 1}", f"Give a number from 0 to {last}" if last >= 0 else None)
    makers = [(tensor.name or "", index) for index, entry in enumerate(graph.ops) for tensor in entry.outputs]
    found = sorted({index for name, index in makers if name == op})
    if len(found) == 1:
        return found[0], [tensor.name or "" for tensor in graph.ops[found[0]].outputs].index(str(op))
    if found:
        raise TensorError(f"the ops {', '.join(map(str, found))} have an output named {quoted(op)}", "Give the number of one")
    ends = {tensor.name for tensor in (*graph.inputs, *(tensor for tensor in graph.tensors if tensor.is_constant))}
    if isinstance(op, str) and op in ends:
        raise TensorError(f"{quoted(op)} is an input or a constant, which no op computes", nearest(op, (name for name, _ in makers)))
    raise TensorError(
        f"no op has an output named {quoted(op)}",
        nearest(op, (name for name, _ in makers)) or f"Give a number from 0 to {last}, or a name that `tinylite inspect` shows",
    )


def _needed(before: Sequence[Op], op: Op) -> Iterator[Op]:
    """The op, and of those before it the ones that it depends on; all of them where some change variables."""
    if any(ops.facts_of(entry).writes or _has_state(entry) for entry in before):
        yield from before
    else:
        wanted = {id(tensor) for tensor in op.inputs}
        chosen = []
        for entry in reversed(before):
            if any(id(tensor) in wanted for tensor in entry.outputs):
                chosen.append(entry)
                wanted |= {id(tensor) for tensor in entry.inputs}
        yield from reversed(chosen)
    yield op


def _has_state(op: Op) -> bool:
    """Whether what an op computes depends on others that have run, or it calls a graph that may."""
    handles = any(tensor is not None and tensor.type == "RESOURCE" for tensor in (*op.inputs, *op.outputs))
    return handles or bool(op.graphs) or any(tensor is not None and tensor.is_variable for tensor in op.inputs)
