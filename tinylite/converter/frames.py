"""TensorFlow 1's control flow, which is spread over a graph, gathered into nodes with graphs inside.

A loop is a frame of nodes around each of its variables:

    Enter ─> Merge ─> Switch ─> Exit                 While(inputs of the Enters)
               ^         └────> body ─> NextIteration   cond  Merge -> LoopCond
               └────────────────────────────┘           body  Switch:1 -> NextIteration

A conditional sends each value that its branches read through a Switch, and joins their results in a Merge; both branches
are merely nodes, so those of one branch are found by following their inputs back to the Switches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import ConvertError
from .tf_graph import Edge, TfGraph, TfNode, behind_identities, in_order

__all__ = ["functionalized"]

_SWITCHES = {"Switch", "RefSwitch", "_SwitchN"}
_MERGES = {"Merge", "RefMerge"}
_ENTERS = {"Enter", "RefEnter"}
_EXITS = {"Exit", "RefExit"}

# How many values each takes; a Merge takes any number.
_INPUTS = dict.fromkeys((*_ENTERS, *_EXITS, "NextIteration", "LoopCond"), 1) | dict.fromkeys(_SWITCHES, 2) | dict.fromkeys(_MERGES, 0)

Cut = Callable[[Edge], Edge | None]
Branches = dict[Edge, int]


def functionalized(graph: TfGraph) -> TfGraph:
    """The graph with a While, If or Case node for every loop and conditional of TensorFlow 1; changes its nodes in place.

    Raises ConvertError for control flow that TensorFlow's own functions do not make.
    """
    nodes = _behind(graph.outputs)
    if any(node.op in _INPUTS for node in nodes):
        _check_counts(_behind(graph.outputs, controls=True))
    if any(node.op in _ENTERS for node in nodes):
        _gather_loops(nodes, graph)
        nodes = _behind(graph.outputs)
    if any(node.op in _MERGES for node in nodes):
        _Conditionals(graph).gather()
    return graph


def _check_counts(nodes: Iterable[TfNode]) -> None:
    for node in nodes:
        wanted = _INPUTS.get(node.op)
        if wanted is not None and (len(node.inputs) != wanted if wanted else not node.inputs):
            raise ConvertError(
                f"node {node.name!r} ({node.op}) has {len(node.inputs)} inputs and takes {wanted or 'at least one'}",
                "The graph is damaged: make it again",
            )


def _behind(edges: Iterable[Edge], cut: Cut = lambda edge: None, controls: bool = False) -> list[TfNode]:
    """All nodes that these edges need, `controls` among them if asked for, up to the edges that `cut` replaces; circles may be."""
    found: dict[int, TfNode] = {}
    stack = [edge.node for edge in edges if cut(edge) is None]
    while stack:
        node = stack.pop()
        if id(node) not in found:
            found[id(node)] = node
            stack += [edge.node for edge in node.inputs if cut(edge) is None]
            stack += [other for other in node.controls if controls and cut(Edge(other, 0)) is None]
    return list(found.values())


def _extracted(edges: Sequence[Edge], cut: Cut, controls: bool = False) -> list[Edge]:
    """The same edges in a copy of the nodes after them, in which the edges that `cut` knows are replaced as it says."""
    nodes = _behind(edges, cut, controls)
    copies = {id(node): replace(node, inputs=[], controls=[]) for node in nodes}

    def copied(edge: Edge) -> Edge:
        return cut(edge) or Edge(copies[id(edge.node)], edge.index)

    for node in nodes:
        copies[id(node)].inputs = [copied(edge) for edge in node.inputs]
        copies[id(node)].controls = [copies[id(other)] for other in node.controls if id(other) in copies]
    return [copied(edge) for edge in edges]


def _placeholder(edge: Edge) -> Edge:
    """What represents a value inside a body that is given it."""
    return Edge(TfNode(edge.name, "Placeholder", {}), 0)


# ---- loops


@dataclass
class _Frame:
    """The nodes of one loop; a variable is the Merge that holds its value at the start of every iteration."""

    name: str
    enters: list[TfNode] = field(default_factory=list)
    merges: list[TfNode] = field(default_factory=list)
    switches: dict[int, list[TfNode]] = field(default_factory=dict)  # by the id of their Merge
    condition: TfNode | None = None


def _gather_loops(nodes: Sequence[TfNode], graph: TfGraph) -> None:
    """Put a While in the place of each frame, the innermost first."""
    frames = _frames(nodes)
    exits = [node for node in nodes if node.op in _EXITS]
    while frames:
        gathered = [frame for frame in frames if _gather(frame, exits, graph)]
        if not gathered:
            raise ConvertError(f"its loops {', '.join(frame.name for frame in frames)} are neither beside nor inside one another")
        frames = [frame for frame in frames if frame not in gathered]


def _frames(nodes: Sequence[TfNode]) -> list[_Frame]:
    frames: dict[str, _Frame] = {}
    of_merge: dict[int, _Frame] = {}
    for node in sorted(nodes, key=lambda node: node.name):
        if node.op in _ENTERS:
            name = node.attributes.get("frame_name", b"")
            name = name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)
            frames.setdefault(name, _Frame(name)).enters.append(node)
    of_enter = {id(enter): frame for frame in frames.values() for enter in frame.enters}
    for node in sorted(nodes, key=lambda node: node.name):
        if node.op in _MERGES and any(edge.node.op == "NextIteration" for edge in node.inputs):
            frame = next((of_enter[id(edge.node)] for edge in node.inputs if id(edge.node) in of_enter), None)
            if frame is None or len(node.inputs) != 2:
                raise ConvertError(f"loop variable {node.name!r} has no Enter", "The graph is damaged: make it again")
            frame.merges.append(node)
            of_merge[id(node)] = frame
    for node in nodes:
        if node.op in _SWITCHES and id(node.inputs[0].node) in of_merge and node.inputs[1].node.op == "LoopCond":
            frame = of_merge[id(node.inputs[0].node)]
            frame.switches.setdefault(id(node.inputs[0].node), []).append(node)
            frame.condition = node.inputs[1].node
    return list(frames.values())


def _gather(frame: _Frame, exits: Sequence[TfNode], graph: TfGraph) -> bool:
    """Put a While in the place of a frame; False, and nothing done, if another loop inside has to go first."""
    if frame.condition is None:
        raise ConvertError(f"loop {frame.name!r} has no condition", "The graph is damaged: make it again")
    starts, nexts = [], []
    for merge in frame.merges:
        back = next(edge for edge in merge.inputs if edge.node.op == "NextIteration")
        start = next(edge for edge in merge.inputs if edge != back)
        starts.append(start.node)
        nexts.append(back.node.inputs[0])
    fixed = [enter for enter in frame.enters if not any(enter is start for start in starts)]
    parameters = [_placeholder(Edge(node, 0)) for node in (*frame.merges, *fixed)]
    numbers = {id(node): number for number, node in enumerate((*frame.merges, *fixed))}
    numbers |= {id(switch): numbers[merge] for merge, switches in frame.switches.items() for switch in switches}

    def cut(edge: Edge) -> Edge | None:
        number = numbers.get(id(edge.node))
        return None if number is None else parameters[number]

    if any(node.op in _EXITS for node in _behind([*nexts, frame.condition.inputs[0]], cut)):
        return False
    bodies = {}
    for name, ends in (("cond", frame.condition.inputs), ("body", nexts)):
        results = _extracted(ends, cut, controls=True)
        results += parameters[len(frame.merges) :] if name == "body" else []
        bodies[name] = functionalized(TfGraph(parameters, results, graph.functions))
    inputs = [node.inputs[0] for node in (*starts, *fixed)]
    loop = TfNode(frame.name.removesuffix("/while_context"), "While", dict(bodies), inputs)
    for node in exits:
        number = numbers.get(id(node.inputs[0].node))
        if node.op in _EXITS and number is not None:
            node.op, node.inputs = "Identity", [Edge(loop, number)]
    return True


# ---- conditionals


class _Conditionals:
    """Finds the conditionals of a graph without loops.

    `branches` says for every node in which branch of which conditionals it is, by what decides.
    """

    def __init__(self, graph: TfGraph) -> None:
        self.graph = graph
        self.given = {id(edge.node) for edge in graph.inputs}
        self.branches: dict[int, Branches] = {}
        self.many: set[Edge] = set()  # what decides between more than two, by a number
        self.read = {edge for node in _behind(graph.outputs) for edge in node.inputs} | set(graph.outputs)

    def gather(self) -> None:
        """Put an If or Case in the place of each, inner ones first."""
        merges = [node for node in self.graph.nodes() if node.op in _MERGES]
        known = set(map(id, merges))
        for node in in_order(merges, self.given):
            if node.op == "_SwitchN":
                self.many.add(_decided_by(node))
            # Control inputs can lead to Merges that the outputs do not need.
            self.branches[id(node)] = self._branches(node) if node.op not in _MERGES or id(node) in known else {}
        for place, merge in enumerate(merges):
            if merge.op in _MERGES and len(merge.inputs) == 1:
                merge.op = "Identity"
            elif merge.op in _MERGES:
                decider, around = self._decider(merge)
                group = [merge]
                for other in merges[place + 1 :]:
                    if other.op in _MERGES and self._decider(other) == (decider, around) and not _depend(other, group):
                        group.append(other)
                self._replace(group, decider)

    def _of(self, edge: Edge) -> Branches:
        """The branches that the value of an edge is in."""
        found = self.branches.get(id(edge.node), {})
        return {**found, _decided_by(edge.node): edge.index} if edge.node.op in _SWITCHES else found

    def _branches(self, node: TfNode) -> Branches:
        if id(node) in self.given:
            return {}
        if node.op in _MERGES and len(node.inputs) > 1:
            return self._decider(node)[1]
        found: Branches = {}
        for branches in (*map(self._of, node.inputs), *(self.branches.get(id(other), {}) for other in node.controls)):
            found.update(branches)
        return found

    def _decider(self, merge: TfNode) -> tuple[Edge, Branches]:
        """What decides between the inputs of a Merge, and the branches that the Merge itself is in."""
        places = [self._of(edge) for edge in merge.inputs]
        every = {key: [place.get(key) for place in places] for key in dict.fromkeys(key for place in places for key in place)}
        differing = [decider for decider, numbers in every.items() if len(set(numbers)) == len(numbers)]
        # A constant may be in no branch that can be seen: then what decides is the innermost of all that differ.
        differing.sort(key=lambda decider: (None not in every[decider], len(self._of(decider))))
        if not differing:
            raise ConvertError(
                f"nothing decides which of its inputs node {merge.name!r} (Merge) takes",
                "Make the graph again from the model's code: its control inputs were removed",
            )
        decider = differing[-1]
        around = {key: number for key, (number, *rest) in every.items() if number is not None and set(rest) == {number}}
        return decider, {**self._of(decider), **around}

    def _replace(self, merges: Sequence[TfNode], decider: Edge) -> None:
        """Put one node in the place of Merges that are decided together."""
        many = len(merges[0].inputs)
        parameters: dict[Edge, Edge] = {}

        def cut(edge: Edge) -> Edge | None:
            source = edge
            if edge.node.op in _SWITCHES and _decided_by(edge.node) == decider:
                source = edge.node.inputs[0]
            elif decider in self.branches.get(id(edge.node), {}):
                return None
            return parameters.setdefault(source, _placeholder(source))

        ends: list[list[Edge]] = [[] for _ in range(many)]
        values = [Edge(merge, 1) in self.read for merge in merges]
        for merge, numbered in zip(merges, values, strict=True):
            for place, number in enumerate(self._numbers(merge, decider)):
                ends[number].append(merge.inputs[place])
                if numbered:
                    value = TfNode(f"{merge.name}/value_index", "Const", {"value": np.array(place, np.int32)})
                    self.branches[id(value)] = {decider: number}
                    ends[number].append(Edge(value, 0))
        results = [_extracted(edges, cut) for edges in ends]
        bodies = [TfGraph(list(parameters.values()), edges, self.graph.functions) for edges in results]
        name = f"{merges[0].name}/{'cond' if many == 2 else 'case'}"
        if decider in self.many:
            made = TfNode(name, "Case", {"branches": bodies})
        else:
            made = TfNode(name, "If", {"else_branch": bodies[0], "then_branch": bodies[1]})
        made.inputs = [decider, *parameters]
        self.branches[id(made)] = self.branches[id(merges[0])]
        number = 0
        for merge, numbered in zip(merges, values, strict=True):
            merge.op, merge.inputs = "IdentityN", [Edge(made, number + place) for place in range(1 + numbered)]
            number += len(merge.inputs)

    def _numbers(self, merge: TfNode, decider: Edge) -> list[int]:
        """The branch that each input of a Merge comes from."""
        numbers = [self._of(edge).get(decider) for edge in merge.inputs]
        left = set(range(len(numbers))) - set(numbers)
        if numbers.count(None) > 1 or len(left) != numbers.count(None):
            raise ConvertError(f"the inputs of node {merge.name!r} (Merge) come from branches {numbers}")
        return [left.pop() if number is None else number for number in numbers]


def _decided_by(switch: TfNode) -> Edge:
    """What decides a Switch."""
    return behind_identities(switch.inputs[1])


def _depend(node: TfNode, others: Sequence[TfNode]) -> bool:
    """Whether a node needs one of others, or one of them needs it."""
    before = set(map(id, _behind([Edge(node, 0)])))
    return any(id(other) in before for other in others) or id(node) in set(map(id, _behind([Edge(other, 0) for other in others])))
