"""Parts of a model that run alone: an op, or the ops that lie between what is known and a tensor."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ..model import Graph, Model, Tensor
from ..model.cut import cut_ops, read_tensors
from .golden import Golden

__all__ = ["Segment", "matched", "names_of", "op_segment", "segment"]


@dataclass(frozen=True)
class Segment:
    """Ops of a graph, as a model of their own.

    model    has one graph with them, and those that they call; its inputs and outputs are in the order of the next two
    inputs   indices, in the whole graph, of the tensors that it takes, each once
    outputs  of those that it computes
    ops      numbers of the ops, in the whole graph
    """

    model: Model
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    ops: tuple[int, ...]


def matched(golden: Golden, graph: Graph) -> dict[int, int]:
    """The index in a graph of each tensor of a golden, by its place there: by name and index, by a name that only one has,
    and of inputs that were renamed by their positions, as they are fed."""
    names: dict[str, list[int]] = {}
    for index, tensor in enumerate(graph.tensors):
        names.setdefault(tensor.name or "", []).append(index)
    found = {}
    for place, kept in enumerate(golden.tensors):
        alike = names.get(kept.name, [])
        if kept.index in alike:
            found[place] = kept.index
        elif len(alike) == 1:
            found[place] = alike[0]
    numbers = {id(tensor): index for index, tensor in enumerate(graph.tensors)}
    inputs = [place for place, kept in enumerate(golden.tensors) if kept.role == "input"]
    for place, tensor in zip(inputs, graph.inputs, strict=False):
        if place not in found and numbers[id(tensor)] not in found.values():
            found[place] = numbers[id(tensor)]
    return found


def op_segment(model: Model, graph: int, op: int) -> Segment | None:
    """An op alone; None where it reads a handle, whose value is elsewhere."""
    found = model.graphs[graph].ops[op]
    return _made(model, graph, (op,), read_tensors(found), list(found.outputs))


def segment(model: Model, graph: int, known: Collection[int], target: int) -> Segment | None:
    """The ops that compute a tensor from those of the indices `known`; None if more is needed, or a handle is."""
    whole = model.graphs[graph]
    numbers = {id(tensor): index for index, tensor in enumerate(whole.tensors)}
    producers = {id(output): number for number, op in enumerate(whole.ops) for output in op.outputs}
    waiting, needed, reads = [whole.tensors[target]], set(), {}
    while waiting:
        tensor = waiting.pop()
        number = producers.get(id(tensor))
        if number is None:
            return None
        if number in needed:
            continue
        needed.add(number)
        for read in whole.ops[number].inputs:
            if read is None or read.is_constant or read.is_variable:
                continue
            if numbers[id(read)] in known and numbers[id(read)] != target:
                reads[id(read)] = read
            else:
                waiting.append(read)
    return _made(model, graph, tuple(sorted(needed)), list(reads.values()), [whole.tensors[target]])


def _made(model: Model, graph: int, ops: tuple[int, ...], reads: list[Tensor], outputs: list[Tensor]) -> Segment | None:
    whole = model.graphs[graph]
    numbers = {id(tensor): index for index, tensor in enumerate(whole.tensors)}
    handled = [tensor for number in ops for tensor in (*whole.ops[number].inputs, *whole.ops[number].outputs) if tensor is not None]
    if any(not tensor.is_numeric and tensor.type != "STRING" for tensor in handled):
        return None
    made = cut_ops(model, graph, ops, reads, outputs)
    return Segment(made, tuple(numbers[id(tensor)] for tensor in reads), tuple(numbers[id(tensor)] for tensor in outputs), ops)


def names_of(graph: Graph, ops: Collection[int]) -> str:
    """Ops in words: "op 3 CONV_2D", or "ops 3 to 5 (CONV_2D, ADD, RESHAPE)"."""
    numbers = sorted(ops)
    if len(numbers) == 1:
        return f"op {numbers[0]} {graph.ops[numbers[0]].name}"
    called = list(dict.fromkeys(graph.ops[number].name for number in numbers))
    whole = numbers == list(range(numbers[0], numbers[-1] + 1))
    shown = f"{numbers[0]} to {numbers[-1]}" if whole else ", ".join(map(str, numbers))
    return f"ops {shown} ({', '.join(called[:6])}{', ...' if len(called) > 6 else ''})"
