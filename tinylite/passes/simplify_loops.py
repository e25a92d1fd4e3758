"""Fewer variables in loops, and loops that LiteRT runs as they are meant."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..model import Graph, Op, Tensor
from ..ops import facts_of
from .eliminate_dead_ops import eliminate_dead_ops
from .graph_pass import keeps_bits
from .uses import repeats

__all__ = ["copy_moved_variables", "drop_repeated_operands", "simplify_loops"]


@keeps_bits
def simplify_loops(graph: Graph) -> int:
    """Remove loop variables that no condition and no result needs, and merge equal ones; returns the number removed.

    A graph's own outputs keep their variables.
    """
    gone = 0
    for op in graph.ops:
        if op.code == "WHILE" and op.options is not None:
            loop = _Loop(graph, op)
            gone += loop.merge() + loop.drop()
    return gone


class _Loop:
    def __init__(self, graph: Graph, op: Op) -> None:
        assert op.options is not None
        self.graph = graph
        self.op = op
        self.cond: Graph = op.options.cond_subgraph_index
        self.body: Graph = op.options.body_subgraph_index
        self.producers = {id(tensor): each for each in self.body.ops for tensor in each.outputs}

    def drop(self) -> int:
        """Remove the variables that are not needed."""
        read = {id(tensor) for each in self.graph.ops for tensor in each.inputs} | {id(tensor) for tensor in self.graph.outputs}
        asked = {id(tensor) for each in self.cond.ops for tensor in each.inputs} | {id(tensor) for tensor in self.cond.outputs}
        places = range(len(self.op.outputs))
        live = {place for place in places if id(self.op.outputs[place]) in read or id(self.cond.inputs[place]) in asked}
        acting = [each for each in self.body.ops if not each.outputs or any(t is not None and t.type == "RESOURCE" for t in each.inputs)]
        needed = self._behind([tensor for each in acting for tensor in each.inputs])
        while True:
            needed |= self._behind([self.body.outputs[place] for place in live])
            new = {place for place in places if id(self.body.inputs[place]) in needed} - live
            if not new:
                break
            live |= new
        dead = [place for place in places if place not in live]
        for place in reversed(dead):
            self._remove(place)
        eliminate_dead_ops(self.body)
        return len(dead)

    def _behind(self, ends: list[Tensor | None]) -> set[int]:
        """The tensors of the body that these need."""
        found: set[int] = set()
        stack = [tensor for tensor in ends if tensor is not None]
        while stack:
            tensor = stack.pop()
            if id(tensor) not in found:
                found.add(id(tensor))
                producer = self.producers.get(id(tensor))
                stack += [] if producer is None else [read for read in producer.inputs if read is not None]
        return found

    def _remove(self, place: int) -> None:
        for tensors in (self.op.inputs, self.op.outputs, self.body.inputs, self.body.outputs, self.cond.inputs):
            del tensors[place]

    def merge(self) -> int:
        """Merge variables that begin as the same value and become the same in every iteration."""
        merged, place = 0, 0
        while place < len(self.op.inputs):
            for other in range(len(self.op.inputs) - 1, place, -1):
                if self._always_equal(place, other):
                    for graph, old, new in (
                        (self.graph, self.op.outputs[other], self.op.outputs[place]),
                        (self.body, self.body.inputs[other], self.body.inputs[place]),
                        (self.cond, self.cond.inputs[other], self.cond.inputs[place]),
                    ):
                        _replace(graph, old, new)
                    self._remove(other)
                    merged += 1
            place += 1
        return merged

    def _always_equal(self, first: int, second: int) -> bool:
        starts = self.op.inputs[first], self.op.inputs[second]
        if any(self.op.outputs[second] is output for output in self.graph.outputs) or not _same(*starts):
            return False
        variables = self.body.inputs[first], self.body.inputs[second]
        return self._become_equal(self.body.outputs[first], self.body.outputs[second], variables, 4)

    def _become_equal(self, a: Tensor | None, b: Tensor | None, variables: tuple[Tensor, Tensor], depth: int) -> bool:
        """Whether two tensors of the body are equal if the two variables are."""
        if _same(a, b) or (a is variables[0] and b is variables[1]) or (a is variables[1] and b is variables[0]):
            return True
        x, y = self.producers.get(id(a)), self.producers.get(id(b))
        if depth == 0 or x is None or y is None or len(x.inputs) != len(y.inputs) or not repeats(x) or x.graphs:
            return False
        if (x.code, x.version, repr(x.options)) != (y.code, y.version, repr(y.options)):
            return False
        numbers = [next(number for number, tensor in enumerate(op.outputs) if tensor is end) for op, end in ((x, a), (y, b))]
        pairs = zip(x.inputs, y.inputs, strict=True)
        return numbers[0] == numbers[1] and all(self._become_equal(*pair, variables, depth - 1) for pair in pairs)


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    """Whether two tensors are one, or constants of the same type, shape and bytes."""
    if a is b:
        return True
    if a is None or b is None or a.buffer is None or b.buffer is None or a.quantization is not None or b.quantization is not None:
        return False
    return (a.type, a.shape) == (b.type, b.shape) and a.buffer.tobytes() == b.buffer.tobytes()


def _replace(graph: Graph, old: Tensor, new: Tensor) -> None:
    for op in graph.ops:
        op.inputs = [new if tensor is old else tensor for tensor in op.inputs]
    graph.outputs = [new if tensor is old else tensor for tensor in graph.outputs]


@keeps_bits
def copy_moved_variables(graph: Graph) -> int:
    """Copy a loop's variable that becomes the next value of one after it; returns the number of copies.

    LiteRT hands the variables on one after the other, in the memory they were read from: without a copy, `a, b = b, a` would
    give b the new a.
    """
    copied = 0
    for op in graph.ops:
        if op.code == "WHILE" and op.options is not None:
            body: Graph = op.options.body_subgraph_index
            for place, end in enumerate(body.outputs):
                if any(end is start for start in body.inputs[:place]):
                    body.outputs[place] = _copy(body, end)
                    copied += 1
    return copied


def _copy(graph: Graph, tensor: Tensor) -> Tensor:
    shape = Tensor(f"{tensor.name}/shape", (len(tensor.shape),), "INT32", has_rank=True)
    sizes = tensor.dynamic_shape
    if sizes.count(-1) > 1:
        graph.ops.append(Op("SHAPE", [tensor], [shape], out_type="INT32"))
    else:
        shape.data = np.array(sizes, np.int32)
    made = replace(tensor, name=f"{tensor.name}/copy")
    graph.ops.append(Op("RESHAPE", [tensor, shape], [made], new_shape=tuple(sizes) if shape.is_constant else ()))
    return made


@keeps_bits
def drop_repeated_operands(graph: Graph) -> int:
    """Drop what returns a tensor that it is given twice, such as MAXIMUM and LOGICAL_AND; returns how many."""
    repeated = [
        op for op in graph.ops
        if facts_of(op).idempotent and op.inputs[0] is op.inputs[1]
        and (op.outputs[0] not in graph.outputs or not _is_fixed(graph, op.inputs[0]))
    ]  # fmt: skip
    for op in repeated:
        source, output = op.inputs[0], op.outputs[0]
        assert source is not None
        if any(output is given for given in graph.outputs):
            source.name = output.name
        _replace(graph, output, source)
    graph.ops = [op for op in graph.ops if not any(op is other for other in repeated)]
    return len(repeated)


def _is_fixed(graph: Graph, tensor: Tensor | None) -> bool:
    """Whether a tensor's name is not free to change."""
    return tensor is None or tensor.is_constant or any(tensor is other for other in (*graph.inputs, *graph.outputs))
