"""A TensorFlow graph as objects: what a GraphDef says by names, resolved, checked and cut to what the outputs need."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from ..errors import ConvertError, TinyliteError
from ..files.graphdef import Function, GraphDef, Node
from ..tensor_types import tensor_dtype
from .output_types import output_place, output_type

__all__ = ["Edge", "TfGraph", "TfNode", "behind_identities", "function_graph", "in_order", "near", "parse_name", "tf_graph"]

# Ops that return their input unchanged.
_PASSING = {"Identity", "IdentityN", "StopGradient", "Snapshot", "PreventGradient"}
# Ops that state the range of what they read.
_FAKE_QUANTS = {"FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars"}
# Ops that fill a table, which is their first input, with keys and values.
_TABLE_SETTERS = {"InitializeTable", "InitializeTableV2", "LookupTableImport", "LookupTableImportV2"}
# Ops that change a variable, which is their first input.
WRITERS = {"Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "AssignAddVariableOp", "AssignSubVariableOp"}


class Edge(NamedTuple):
    """One output of a node."""

    node: TfNode
    index: int  # type: ignore[assignment]  # of a tuple: nobody searches an Edge

    @property
    def name(self) -> str:
        """The tensor as graphs of version 1 name it: the node, and the number of the output unless it is the first."""
        return f"{self.node.name}:{self.index}" if self.index else self.node.name


@dataclass(eq=False)
class TfNode:
    """A node with the nodes it reads.

    A .tflite file runs its ops in order, so nothing follows `controls`, the nodes that run before; they only say in which
    branch of TensorFlow 1's conditionals a constant is.
    """

    name: str
    op: str
    attributes: dict[str, Any]
    inputs: list[Edge] = field(default_factory=list)
    controls: list[TfNode] = field(default_factory=list)

    def __repr__(self) -> str:
        return f"TfNode({self.name!r}, {self.op})"


@dataclass(eq=False)
class TfGraph:
    """Nodes between `inputs`, which are given, and `outputs`.

    `functions` are the library that its nodes call; `effects` the nodes that write variables before the outputs are there.
    """

    inputs: list[Edge]
    outputs: list[Edge]
    functions: Mapping[str, Function]
    effects: list[TfNode] = field(default_factory=list)

    def nodes(self) -> list[TfNode]:
        """All nodes that the outputs need, inputs first, each after what it reads. Raises ConvertError for a cycle."""
        done: dict[int, TfNode] = {id(edge.node): edge.node for edge in self.inputs}
        ends = [*(edge.node for edge in self.outputs), *self.effects]
        for end in ends:
            for node in _after_inputs(end, done):
                done[id(node)] = node
        if not self.effects:
            return list(done.values())
        # What reads a variable before it is written is one of the nodes that run before the one that writes.
        given = [edge.node for edge in self.inputs]
        behind = (node for node in in_order(ends, set(map(id, given))) if id(node) in done)
        return list({id(node): node for node in (*given, *behind)}.values())


def _after_inputs(end: TfNode, done: Mapping[int, TfNode]) -> Iterator[TfNode]:
    """`end` and what it needs that is not done, in an order in which they can be computed."""
    if id(end) in done:
        return
    path: dict[int, TfNode] = {id(end): end}
    stack = [(end, iter(end.inputs))]
    while stack:
        node, inputs = stack[-1]
        for edge in inputs:
            if id(edge.node) in path:
                names = [entry.name for entry in path.values()]
                cycle = names[names.index(edge.node.name) :]
                raise ConvertError(
                    f"its nodes {' -> '.join(cycle[-5:])} need each other in a circle", "A graph that can be run has none: make it again"
                )
            if id(edge.node) not in done:
                path[id(edge.node)] = edge.node
                stack.append((edge.node, iter(edge.node.inputs)))
                break
        else:
            stack.pop()
            del path[id(node)]
            if id(node) not in done:
                yield node


def in_order(ends: Iterable[TfNode], given: Collection[int]) -> Iterator[TfNode]:
    """What `ends` need, controls among it, each after what it reads; circles through controls are cut."""
    seen: set[int] = set()
    for end in ends:
        stack = [(end, False)]
        while stack:
            node, ready = stack.pop()
            if ready:
                yield node
            elif id(node) not in seen:
                seen.add(id(node))
                stack.append((node, True))
                if id(node) not in given:
                    stack += [(other, False) for other in (*node.controls, *(edge.node for edge in node.inputs))]


def behind_identities(edge: Edge) -> Edge:
    """What an edge is, after the nodes that only pass it on; in a damaged graph they can go round in a circle."""
    seen: set[int] = set()
    while edge.node.op in _PASSING and edge.index < len(edge.node.inputs) and id(edge.node) not in seen:
        seen.add(id(edge.node))
        edge = edge.node.inputs[edge.index]
    return edge


def near(name: str, names: Iterable[str]) -> str | None:
    """A remedy that says which names there are like this one."""
    known = list(names)
    text = name.lower()
    found = [other for other in known if text in other.lower() or (len(other) > 2 and other.lower() in text)]
    if not found:
        ends: dict[str, list[str]] = {}  # people remember the last part of a path
        for other in known:
            ends.setdefault(other.rpartition("/")[2], []).append(other)
        close = difflib.get_close_matches(name.rpartition("/")[2], ends, 3, 0.6)
        found = [other for end in close for other in ends[end]] or difflib.get_close_matches(name, known, 3, 0.5)
    found = sorted(found, key=len)[:3]
    return f"The nearest names are {', '.join(map(repr, found))}" if found else None


def parse_name(name: str) -> tuple[str, int]:
    """("a", 1) of "a:1", and ("a", 0) of "a". Raises ConvertError for what is not the name of a tensor."""
    node, _, index = name.partition(":")
    if not node or (index and not index.isdecimal()):
        raise ConvertError(f"{name!r} is not the name of a tensor", "Tensors are named node or node:number")
    return node, int(index or 0)


def tf_graph(
    graph_def: GraphDef, inputs: Sequence[str], outputs: Sequence[str], rounded: bool = False, constants: Mapping[str, Any] | None = None
) -> TfGraph:  # fmt: skip
    """The part of a GraphDef that computes `outputs` from `inputs`.

    With `rounded`, a FakeQuant that reads an output replaces it: it states the range of what nothing else may state one of.
    An input may be any tensor: what computes it is cut off. So may be what has one of the values `constants`. Raises ConvertError
    for names that are not there, with those that are near.
    """
    nodes = _linked(graph_def.nodes)

    def edge(name: str, what: str) -> Edge:
        node, index = parse_name(name)
        if node not in nodes:
            raise ConvertError(f"the graph has no {what} {name!r}", near(node, nodes))
        return Edge(nodes[node], index)

    fixed = {}
    for name, value in (constants or {}).items():
        found = edge(name, "tensor")
        fixed[found] = _fixed(found, value, graph_def.functions)
        replace_edge(nodes.values(), found, fixed[found])
    starts = []
    for name in inputs:
        found = edge(name, "input")
        if found.node.op != "Placeholder":
            found = _cut_at(found, nodes.values(), graph_def.functions)
        starts.append(found)
    ends = [fixed.get(found, found) for found in (edge(name, "output") for name in outputs)]
    if rounded:
        ends = [_rounded_form(end, nodes.values(), ends) for end in ends]
    graph = TfGraph(starts, ends, graph_def.functions)
    graph.effects = _effects(graph)
    drawn = [node for node in nodes.values() if node.op == "RngReadAndSkip" and node.inputs]  # it writes the state of a generator
    _give_first_values([*graph.effects, *drawn], nodes.values())
    _give_entries(nodes.values())
    return graph


def _rounded_form(end: Edge, nodes: Iterable[TfNode], ends: Sequence[Edge]) -> Edge:
    """The FakeQuant of constant range that reads an output, unless it is an output, too; else the output."""
    for node in nodes:
        if node.op not in _FAKE_QUANTS or not node.inputs or node.inputs[0] != end or any(node is other.node for other in ends):
            continue
        if all(behind_identities(edge).node.op == "Const" for edge in node.inputs[1:]):
            return Edge(node, 0)
    return end


def _effects(graph: TfGraph) -> list[TfNode]:
    """The nodes that write variables and run before the outputs are there. What freezing has made constant is written no more."""
    behind = in_order([edge.node for edge in graph.outputs], {id(edge.node) for edge in graph.inputs})
    return [node for node in behind if node.op in WRITERS and behind_identities(node.inputs[0]).node.op != "Const"]


def _give_first_values(effects: Iterable[TfNode], nodes: Iterable[TfNode]) -> None:
    """Give variables that the graph writes the attribute `first_value`, if a node outside of it sets them to a constant."""
    effects = list(effects)
    written = {id(variable): variable for variable in (behind_identities(node.inputs[0]).node for node in effects)}
    for node in nodes:
        if node.op in ("Assign", "AssignVariableOp") and not any(node is effect for effect in effects):
            variable, value = (behind_identities(edge).node for edge in node.inputs[:2])
            if id(variable) in written and value.op == "Const":
                variable.attributes = {**variable.attributes, "first_value": value.attributes.get("value")}


def _give_entries(nodes: Iterable[TfNode]) -> None:
    """Give tables the attribute `entries`, if a node sets them to constants: keys and values."""
    for node in nodes:
        if node.op in _TABLE_SETTERS and len(node.inputs) == 3:
            table, *entries = (behind_identities(edge).node for edge in node.inputs)
            values = [entry.attributes.get("value") for entry in entries if entry.op == "Const"]
            if len(values) == 2 and all(isinstance(value, np.ndarray) and value.ndim == 1 for value in values):
                table.attributes = {**table.attributes, "entries": values}


def _cut_at(edge: Edge, nodes: Iterable[TfNode], functions: Mapping[str, Function]) -> Edge:
    """A Placeholder in place of a tensor that is computed, with its type and, where the graph has it, its shape."""
    attributes: dict[str, Any] = {"shape": edge.node.attributes["shape"]} if "shape" in edge.node.attributes else {}
    type = output_type(edge.node.op, edge.node.attributes, edge.index, functions)
    if type is not None:
        attributes["dtype"] = type
    for found in (edge, behind_identities(edge)):
        # A queue or an iterator has the shapes of all its outputs; old graphs have those of every node.
        for name in ("output_shapes", "shapes", "_output_shapes"):
            shapes = found.node.attributes.get(name)
            if isinstance(shapes, list) and found.index < len(shapes):
                attributes.setdefault("shape", shapes[found.index])
    start = Edge(TfNode(edge.name, "Placeholder", attributes), 0)
    replace_edge(nodes, edge, start)
    return start


def _fixed(edge: Edge, value: Any, functions: Mapping[str, Function]) -> Edge:
    """A constant in place of a tensor. Raises ConvertError for a value that the tensor cannot have."""
    type = output_type(edge.node.op, edge.node.attributes, edge.index, functions)
    given = np.asarray(value)
    if type is None:
        made = given.astype({"float64": np.float32, "int64": np.int32}.get(given.dtype.name, given.dtype))
    else:
        wrong = ConvertError(f"{edge.name!r} is fixed to {value!r}, and is {type}", "Give a value of its type")
        try:
            dtype = np.dtype(tensor_dtype(type))
            made = given.astype(dtype)
        except (TinyliteError, TypeError, ValueError, OverflowError):
            raise wrong from None
        is_text = given.dtype.kind in "OSU"
        if is_text != (dtype.kind == "O") or (dtype.kind in "iub" and not np.array_equal(made, given)):
            raise wrong
    shape = edge.node.attributes.get("shape")
    if isinstance(shape, tuple) and (len(shape) != made.ndim or any(a not in (-1, b) for a, b in zip(shape, made.shape, strict=True))):
        raise ConvertError(f"{edge.name!r} is {list(shape)} in the graph, and the value given for it is {list(made.shape)}",
                           "Give a value of this shape")  # fmt: skip
    return Edge(TfNode(edge.name, "Const", {"value": made, "dtype": type}), 0)


def replace_edge(nodes: Iterable[TfNode], edge: Edge, other: Edge) -> None:
    """Replace an edge by another in the inputs of nodes."""
    for node in nodes:
        node.inputs = [other if read == edge else read for read in node.inputs]


def _linked(definitions: Sequence[Node], given: Mapping[str, TfNode] | None = None, prefix: str = "") -> dict[str, TfNode]:
    """Nodes by name, with their inputs resolved."""
    nodes = {**(given or {}), **{node.name: TfNode(prefix + node.name, node.op, node.attributes) for node in definitions}}
    for definition in definitions:
        node = nodes[definition.name]
        for text in definition.inputs:
            if text.startswith("^"):
                node.controls += [nodes[text[1:]]] if text[1:] in nodes else []
            else:
                node.inputs.append(_resolve(text, nodes, definition.name))
    return nodes


def _resolve(text: str, nodes: Mapping[str, TfNode], reader: str | None) -> Edge:
    """What "node", "node:1" or, in a function, "node:output:1" means."""
    name, *rest = text.split(":")
    if name not in nodes:
        raise ConvertError(f"node {reader!r} reads {name!r}, which is not there", "The graph is incomplete: write it again")
    node = nodes[name]
    if not rest or not rest[-1].isdigit():
        return Edge(node, 0)
    index = int(rest[-1])
    if len(rest) > 1:
        index += output_place(node.op, node.attributes, rest[0])
    return Edge(node, index)


def function_graph(function: Function, functions: Mapping[str, Function], prefix: str = "") -> TfGraph:
    """The body of a function; its inputs are Placeholders named after its arguments. `prefix` goes before all names."""
    arguments = {name: TfNode(prefix + name, "Placeholder", {"dtype": type}) for name, type in function.args}
    nodes = _linked(function.nodes, arguments, prefix)
    graph = TfGraph(
        [Edge(node, 0) for node in arguments.values()],
        [_resolve(function.returns[name], nodes, f"{function.name} (output {name})") for name, _ in function.results],
        functions,
    )
    graph.effects = _effects(graph)
    return graph
