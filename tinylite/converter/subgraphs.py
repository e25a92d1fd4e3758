"""The graphs inside of a node: bodies of loops and branches of conditionals, and what they take from outside."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ..model import Tensor
from .call import Call, Scope
from .shapes import PartialShape
from .tensor_lists import NewList, written
from .tf_graph import Edge, TfGraph, behind_identities

__all__ = ["ended", "needed", "passed_on", "stands_inside", "translated_body"]


def needed(source: TfGraph, ends: Iterable[Edge]) -> set[int]:
    """The numbers of the graph's inputs that these edges need, or what writes variables."""
    nodes = {id(node) for node in replace(source, inputs=[], outputs=list(ends)).nodes()}
    return {number for number, edge in enumerate(source.inputs) if id(edge.node) in nodes}


def passed_on(source: TfGraph) -> set[int]:
    """The numbers of the inputs that are also the graph's outputs of the same numbers."""

    ends = map(behind_identities, source.outputs)
    return {number for number, (start, end) in enumerate(zip(source.inputs, ends, strict=False)) if start == end}


def translated_body(
    call: Call, attribute: object, source: TfGraph, arguments: Sequence[Tensor], parameters: Mapping[int, Tensor], name: str
) -> Scope:  # fmt: skip
    """Translate a body: `parameters` are its inputs by number; of the other arguments it sees the value, if there is one.

    The outputs of the scope's graph are what the body returns, NewLists among them; see `ended`.
    """
    inputs = [parameters[number] if number in parameters else _inside(call, argument) for number, argument in enumerate(arguments)]
    with call.translator.calling(attribute):
        return call.translator.scope(source, inputs, f"{call.node.name}_{name}", list(parameters.values()))


def stands_inside(argument: Tensor) -> bool:
    """Whether a body can have the value itself, and needs no input for it."""
    return argument.is_constant or isinstance(argument, NewList)


def _inside(call: Call, argument: Tensor) -> Tensor:
    """What represents a value from outside inside of a body: a graph cannot read another graph's tensors, so it is a copy."""
    if argument.is_constant:
        return replace(argument)
    if isinstance(argument, NewList):
        return replace(argument, count=_inside(call, argument.count) if argument.count is not None and argument.count.is_constant else None)
    return call.translator.nothing()


def ended(call: Call, scope: Scope, outputs: Sequence[Tensor], shapes: Sequence[PartialShape]) -> None:
    """Give a body its outputs; lists that nothing was written to are written out in these shapes."""
    inside = Call(call.translator, scope, call.node, [])
    first = len(scope.graph.ops)
    scope.graph.outputs = [written(inside, tensor, shape) for tensor, shape in zip(outputs, shapes, strict=True)]
    call.translator.name(scope, call.node, [], first)
    scope.graph.tensors = []
    scope.graph.tensors = scope.graph.all_tensors()
