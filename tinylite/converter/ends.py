"""Where a GraphDef begins and ends, as far as the graph itself tells: its inputs, likely outputs and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .graphdef import GraphDef, Node

if TYPE_CHECKING:
    from .tf_graph import TfNode

__all__ = ["is_variable", "likely_inputs", "likely_outputs", "variables"]

_VARIABLES = {"Variable", "VariableV2", "VarHandleOp", "AutoReloadVariable"}
_WITHOUT_RESULT = {
    "NoOp", "Const", "Assert", "Placeholder", "Print", "PrintV2", "Assign", "AssignAdd", "AssignSub", "AssignVariableOp", "ControlTrigger",
    "SaveV2", "Save", "SaveSlices", "MergeV2Checkpoints", "VarIsInitializedOp", "IsVariableInitialized",
}  # fmt: skip
# Ops that train or write records, by how their names begin and end.
_WORK = ("Apply", "ResourceApply", "SparseApply", "ResourceSparseApply", "AssignAdd", "AssignSub", "WriteSummary")
_SCOPES = ("save/", "save_1/", "gradients/", "report_uninitialized_variables/")


def is_variable(node: Node | TfNode) -> bool:
    """Whether a node holds a value that training changes, and that only a checkpoint has."""
    return node.op in _VARIABLES


def variables(graph: GraphDef) -> list[Node]:
    """The variables of the graph and of its functions."""
    return [
        node for nodes in (graph.nodes, *(function.nodes for function in graph.functions.values())) for node in nodes if is_variable(node)
    ]


def likely_inputs(graph: GraphDef) -> list[Node]:
    """The Placeholders that something reads, in the graph's order."""
    read = _read(graph)
    return [node for node in graph.nodes if node.op == "Placeholder" and node.name in read]


def likely_outputs(graph: GraphDef) -> list[Node]:
    """The nodes that give something and that nobody reads but summaries. What trains, saves and restores is left out."""
    read, held = _read(graph), {node.name for node in variables(graph)}
    return [
        node
        for node in graph.nodes
        if node.name not in read
        and node.op not in _WITHOUT_RESULT | _VARIABLES
        and not node.op.startswith(_WORK)
        and not node.op.endswith("Summary")
        and not node.name.startswith(_SCOPES)
        and not (node.op in ("Identity", "ReadVariableOp") and node.inputs and node.inputs[0].partition(":")[0] in held)
    ]


def _read(graph: GraphDef) -> set[str]:
    readers = (node for node in graph.nodes if not node.op.endswith("Summary"))
    return {text.partition(":")[0] for node in readers for text in node.inputs if not text.startswith("^")}
