"""Where a GraphDef begins and ends, as far as the graph itself says: its inputs, likely outputs and variables."""

from __future__ import annotations

from .graphdef import GraphDef, Node

__all__ = ["is_variable", "likely_inputs", "likely_outputs", "variables"]

_VARIABLES = {"Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable"}
_WITHOUT_RESULT = {
    "NoOp", "Const", "Assert", "Placeholder", "Print", "PrintV2", "Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "ControlTrigger",
    "SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints", "VarIsInitializedOp", "IsVariableInitialized",
}  # fmt: skip
# Ops that train or write records, by how their names begin and end.
_WORK = ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply", "AssignAdd", "AssignSub", "WriteSummary")
_SWITCHES = {"Switch", "RefSwitch", "_SwitchN"}
_EXITS = {"Exit", "RefExit"}
_SCOPES = ("save/", "save_1/", "gradients/", "report_uninitialized_variables/")


def is_variable(op: str) -> bool:
    """Whether a node of this op holds a value that training changes, and that only a checkpoint has."""
    return op in _VARIABLES


def variables(graph: GraphDef) -> list[Node]:
    """The variables of the graph and of its functions."""
    return [
        node
        for nodes in (graph.nodes, *(function.nodes for function in graph.functions.values()))
        for node in nodes
        if is_variable(node.op)
    ]


def likely_inputs(graph: GraphDef) -> list[Node]:
    """The Placeholders that something reads, in the graph's order."""
    read = _read(graph)
    return [node for node in graph.nodes if node.op == "Placeholder" and node.name in read]


def likely_outputs(graph: GraphDef) -> list[Node]:
    """The nodes whose value nothing reads but summaries. What trains, saves and restores is left out, and so is what control flow of
    TensorFlow 1 leaves unread: branches that were not needed, and loop variables beside others that are read."""
    read, held = _read(graph), {node.name for node in variables(graph)}
    leftover = _Leftovers(graph, read)
    return [
        node
        for node in graph.nodes
        if node.name not in read
        and node.op not in _WITHOUT_RESULT | _VARIABLES
        and not node.op.startswith(_WORK)
        and not node.op.endswith("Summary")
        and not node.name.startswith(_SCOPES)
        and not (node.op in ("Identity", "ReadVariableOp") and node.inputs and _name(node.inputs[0]) in held)
        and node not in leftover
    ]


class _Leftovers:
    """Finds which unread nodes only belong to a conditional or a loop of TensorFlow 1."""

    def __init__(self, graph: GraphDef, read: set[str]) -> None:
        self.nodes = {node.name: node for node in graph.nodes}
        self.conditions = {self.source(node.inputs[1]) for node in graph.nodes if node.op in _SWITCHES and len(node.inputs) > 1}
        self.loops = {self.condition(node) for node in graph.nodes if node.op in _EXITS and node.name in read}

    def __contains__(self, node: Node) -> bool:
        """A side of a Switch, the condition of one, or an Exit of a loop of which another is read."""
        if node.op in _EXITS:
            return self.condition(node) in self.loops - {None}
        source = self.source(node.name)
        return (source in self.nodes and self.nodes[source].op in _SWITCHES) or (node.op == "Identity" and source in self.conditions)

    def source(self, text: str) -> str:
        """The node that an input comes from, before those that only pass it on; in a damaged graph they can form a cycle."""
        name, seen = _name(text), set()
        while name in self.nodes and self.nodes[name].op == "Identity" and self.nodes[name].inputs and name not in seen:
            seen.add(name)
            name = _name(self.nodes[name].inputs[0])
        return name

    def condition(self, node: Node) -> str | None:
        """What decides whether the loop of an Exit goes on."""
        switch = self.nodes.get(self.source(node.inputs[0])) if node.inputs else None
        return self.source(switch.inputs[1]) if switch is not None and switch.op in _SWITCHES and len(switch.inputs) > 1 else None


def _name(text: str) -> str:
    """The node that an input is of."""
    return text.removeprefix("^").partition(":")[0]


def _read(graph: GraphDef) -> set[str]:
    readers = (node for node in graph.nodes if not node.op.endswith("Summary"))
    return {text.partition(":")[0] for node in readers for text in node.inputs if not text.startswith("^")}
