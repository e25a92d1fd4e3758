"""A While node as a WHILE op, whose bodies take only what changes, and what they need of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..model import Graph, Tensor
from .call import Call, Scope
from .dimensions import origins
from .shapes import computed, joined, merged, partial_shape
from .subgraphs import ended, needed, passed_on, stands_inside, translated_body
from .tensor_lists import NewList, known_count, length, written

__all__ = ["Loop"]


class Loop:
    """One While.

    Variables that no iteration changes are not variables where a body can have the value itself: constants, and lists that nothing
    is written to. Variables that nobody needs are dropped. The body is translated again and again until the shapes that come
    out of it are those that went in: `shapes` are the variables' signatures so far, None in place of those that still are
    NewLists.
    """

    def __init__(self, call: Call) -> None:
        self.call = call
        self.sources = {name: call.body(name) for name in ("cond", "body")}
        cond, body = self.sources.values()
        count = len(call.inputs)
        call.require(
            len(cond.inputs) == len(body.inputs) == len(body.outputs) == count and len(cond.outputs) == 1,
            f"its body takes {len(body.inputs)} values and returns {len(body.outputs)}, and the loop has {count}",
        )
        self.fixed = passed_on(body)
        live = self._live([number for number in range(count) if number not in self.fixed and call.is_read(number)])
        self.variables = [number for number in sorted(live) if not (number in self.fixed and stands_inside(call.inputs[number]))]
        self.lists = {number: made for number in self.variables if isinstance(made := call.inputs[number], NewList)}
        self.shapes = {number: partial_shape(call.inputs[number]) for number in self.variables}

    def _live(self, read: Sequence[int]) -> set[int]:
        """The variables that the condition needs, or that compute what is read after the loop."""
        cond, body = self.sources.values()
        live: set[int] = set()
        new = needed(cond, cond.outputs) | needed(body, []) | set(read)
        while new:
            live |= new
            new = needed(body, [body.outputs[number] for number in new]) - live
        return live

    def outputs(self) -> list[Tensor]:
        call = self.call
        body = self._settled()
        results = list(call.inputs)
        for number in range(len(results)):
            if number not in self.fixed:
                results[number] = call.translator.nothing()
        if body is None:
            return [call.translator.nothing() for _ in results]
        starts = [self._start(number, body.graph) for number in self.variables]
        shapes = [self.shapes[number] for number in self.variables]
        ended(call, body, body.graph.outputs, shapes)
        cond = self._translated("cond")
        types = [tensor.type for tensor in body.graph.outputs]
        ends = call.emit_all("WHILE", starts, types, shapes, cond_subgraph_index=cond.graph, body_subgraph_index=body.graph)
        for number, tensor in zip(self.variables, ends, strict=True):
            results[number] = tensor
        return results

    def _start(self, number: int, body: Graph) -> Tensor:
        """The value of a variable before the first iteration. A new list is written out, in a shape that other variables may determine."""
        call, start, shape = self.call, self.call.inputs[number], self.shapes[number]
        if not isinstance(start, NewList) or shape is None:
            return start
        sizes = {}
        for axis, origin in enumerate(origins(body, body.outputs[self.variables.index(number)])):
            if axis and shape[axis] < 0 and origin is not None:
                other = call.inputs[self.variables[origin[0]]]
                if not isinstance(other, NewList):
                    sizes[axis] = length(call, other, origin[1])
        return written(call, start, shape, sizes)

    # ---- translating the bodies

    def _translated(self, name: str) -> Scope:
        """One translation of the condition or body, for the shapes as they are known now."""
        call, source = self.call, self.sources[name]
        parameters = {}
        for number in self.variables:
            outside = call.inputs[number]
            parameters[number] = (
                NewList(source.inputs[number].name, (), outside.type, count=self._count(number), element=self.lists[number].element)
                if number in self.lists
                else computed(source.inputs[number].name, outside.type, self.shapes[number])
            )
            if number in self.fixed:
                call.translator.share(outside, parameters[number])
        if name == "body":
            source = replace(source, outputs=[source.outputs[number] for number in self.variables])
        return translated_body(call, call.node.attributes[name], source, call.inputs, parameters, name)

    def _count(self, number: int) -> Tensor:
        """The length of a new list as the body sees it while nothing but shapes matters."""
        count = self.lists[number].count
        return count if count is not None and count.is_constant else computed("count", "INT32", ())

    def _settled(self) -> Scope | None:
        """The body, translated for shapes that it does not change; None if parts of it cannot be expressed in TFLite."""
        call = self.call
        while True:
            mark = call.translator.mark()
            scope = self._translated("body")
            if self._found_lists(scope) or self._found_fixed(scope) or self._widened(scope) or self._given_up():
                call.translator.undo(mark)
                continue
            return scope if len(call.translator.problems) == mark[1] else None

    def _found_lists(self, scope: Scope) -> bool:
        """Take over the shapes of elements that the body writes to lists of which they were not known."""
        found = False
        for number, end in zip(self.variables, scope.graph.outputs, strict=True):
            shape = partial_shape(end)
            if number in self.lists and not isinstance(end, NewList) and shape is not None:
                start = self.lists.pop(number)
                count = known_count(self.call, start)
                self.shapes[number] = (count if count == shape[0] else -1, *(merged(shape[1:], start.element) or ()))
                found = True
        return found

    def _found_fixed(self, scope: Scope) -> bool:
        """Drop variables that turn out to be passed on unchanged, if a body can have the value itself."""
        pairs = zip(self.variables, scope.graph.inputs, scope.graph.outputs, strict=True)
        fixed = [number for number, start, end in pairs if start is end and stands_inside(self.call.inputs[number])]
        self.fixed |= set(fixed)
        self.variables = [number for number in self.variables if number not in fixed]
        self.lists = {number: made for number, made in self.lists.items() if number not in fixed}
        return bool(fixed)

    def _widened(self, scope: Scope) -> bool:
        """Forget the dimensions that the body changes."""
        before = dict(self.shapes)
        for number, end in zip(self.variables, scope.graph.outputs, strict=True):
            if number not in self.lists and id(end) not in self.call.translator.unknown and not isinstance(end, NewList):
                self.shapes[number] = joined(self.shapes[number], partial_shape(end))
        return self.shapes != before

    def _given_up(self) -> bool:
        """Lists that the body does not write to have the shape that their maker gave."""
        for number, made in self.lists.items():
            if made.element is not None:
                self.shapes[number] = (known_count(self.call, made), *made.element)
        given = [number for number in self.lists if self.shapes[number] is not None]
        self.lists = {number: made for number, made in self.lists.items() if number not in given}
        return bool(given)
