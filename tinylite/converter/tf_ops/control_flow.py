"""Calls of functions, and conditionals; loops are in loops.py."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call, Scope
from ..loops import Loop
from ..shapes import computed, joined, partial_shape
from ..subgraphs import ended, needed, stands_inside, translated_body
from ..tf_graph import Edge, TfGraph, TfNode
from .registry import translates


@translates("PartitionedCall", "StatefulPartitionedCall")
def function_call(call: Call) -> Sequence[Tensor]:
    """The function's nodes are put where it is called. A node whose op is a function's name calls that function."""
    return call.inline(call.node.attributes.get("f", call.op), call.inputs)


@translates("While", "StatelessWhile")
def loop(call: Call) -> Sequence[Tensor]:
    return Loop(call).outputs()


@translates("Switch", "RefSwitch")
def switch(call: Call) -> Sequence[Tensor]:
    """A Switch that no Merge follows: only one of its outputs has a value."""
    live = call.constant(1, "condition").item()
    return [call.translator.nothing() if bool(live) != bool(index) else call.input(0) for index in range(2)]


@translates("If", "StatelessIf")
def if_(call: Call) -> Sequence[Tensor]:
    """A condition that is constant chooses at once."""
    chosen = call.known(call.input(0))
    if chosen is not None:
        return call.inline(call.node.attributes["then_branch" if np.any(chosen) else "else_branch"], call.inputs[1:])
    return _Conditional(call).outputs()


# They become nested.
_MOST_BRANCHES = 40


@translates("Case", "StatelessCase")
def case(call: Call) -> Sequence[Tensor]:
    """Conditionals inside one another; a number that is not a branch's selects the last."""
    branches, index = call.node.attributes.get("branches") or [], call.known(call.input(0))
    call.require(0 < len(branches) <= _MOST_BRANCHES, f"it has {len(branches)} branches, and can have 1 to {_MOST_BRANCHES}")
    if index is not None:
        number = int(index.item())
        return call.inline(branches[number if 0 <= number < len(branches) else -1], call.inputs[1:])
    return call.inline(_one_of(call, 0, [call.translator.body(branch) for branch in branches]), call.inputs)


def _one_of(call: Call, first: int, branches: Sequence[TfGraph]) -> TfGraph:
    """A graph of a number and arguments that returns what the branch of that number returns; the first has number `first`."""
    index = Edge(TfNode("branch_index", "Placeholder", {}), 0)
    this, functions = branches[0], call.translator.functions
    taken = TfGraph([index, *this.inputs], this.outputs, functions)
    if len(branches) == 1:
        return taken
    name = f"{call.node.name}/{first}"
    arguments = [Edge(TfNode(edge.name, "Placeholder", {}), 0) for edge in this.inputs]
    dtype = np.int64 if call.input(0).type == "INT64" else np.int32
    number = TfNode(f"{name}/number", "Const", {"value": np.array(first, dtype)})
    equal = TfNode(f"{name}/equal", "Equal", {}, [index, Edge(number, 0)])
    node = TfNode(f"{name}/if", "If", {"then_branch": taken, "else_branch": _one_of(call, first + 1, branches[1:])})
    node.inputs = [Edge(equal, 0), index, *arguments]
    return TfGraph([index, *arguments], [Edge(node, place) for place in range(len(this.outputs))], functions)


class _Conditional:
    """One If: its branches become graphs that take what either of them needs, and return what is read."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.arguments = call.inputs[1:]
        self.references = [call.node.attributes.get(name) for name in ("then_branch", "else_branch")]
        branches = [call.translator.body(reference) for reference in self.references]
        counts = {(len(branch.inputs), len(branch.outputs)) for branch in branches}
        call.require(len(counts) == 1 and len(branches[0].inputs) == len(self.arguments), f"its branches take and return {counts} values")
        self.count = len(branches[0].outputs)
        self.read = [place for place in range(self.count) if call.is_read(place)]
        self.branches = [replace(branch, outputs=[branch.outputs[place] for place in self.read]) for branch in branches]
        wanted = set().union(*(needed(branch, branch.outputs) for branch in self.branches))  # effects count as well
        self.taken = [place for place in sorted(wanted) if not stands_inside(self.arguments[place])]

    def branch(self, number: int) -> tuple[Scope, list[Tensor]]:
        """A translated branch, and its outputs: arguments that it passes on, as they are outside."""
        parameters = {
            place: computed(self.branches[number].inputs[place].name, tensor.type, partial_shape(tensor))
            for place, tensor in ((place, self.arguments[place]) for place in self.taken)
        }
        for place, tensor in parameters.items():
            self.call.translator.share(self.arguments[place], tensor)
        name = ("then", "else")[number]
        scope = translated_body(self.call, self.references[number], self.branches[number], self.arguments, parameters, name)
        return scope, list(parameters.values())

    def outputs(self) -> list[Tensor]:
        call = self.call
        mark = call.translator.mark()
        (then, inputs), (other, others) = self.branch(0), self.branch(1)
        results = {place: call.translator.nothing() for place in range(self.count)}
        ends = []
        for place, values in zip(self.read, zip(then.graph.outputs, other.graph.outputs, strict=True), strict=True):
            passed = [number for number, pair in enumerate(zip(inputs, others, strict=True)) if all(map(operator.is_, values, pair))]
            if passed:
                results[place] = self.arguments[self.taken[passed[0]]]
            elif not any(id(value) in call.translator.unknown for value in values):
                types = [value.type for value in values]
                call.require(types[0] == types[1], f"output {place} is {types[0]} if its condition holds, and else {types[1]}")
                ends.append((place, values))
        if not ends and not any(branch.effects for branch in self.branches):
            if len(call.translator.problems) == mark[1]:
                call.translator.undo(mark)
            return list(results.values())
        for number, scope in enumerate((then, other)):
            ended(call, scope, [pair[number] for _, pair in ends], [partial_shape(pair[1 - number]) for _, pair in ends])
        shapes = [joined(*map(partial_shape, pair)) for pair in zip(then.graph.outputs, other.graph.outputs, strict=True)]
        condition = call.input(0)
        if condition.type != "BOOL":
            condition = call.elementwise("NOT_EQUAL", condition, call.make(0, tensor_dtype(condition.type)), type="BOOL")
        outputs = call.emit_all(
            "IF", [condition, *(self.arguments[place] for place in self.taken)], [tensor.type for tensor in then.graph.outputs], shapes,
            then_subgraph_index=then.graph, else_subgraph_index=other.graph,
        )  # fmt: skip
        results |= {place: tensor for (place, _), tensor in zip(ends, outputs, strict=True)}
        return list(results.values())
