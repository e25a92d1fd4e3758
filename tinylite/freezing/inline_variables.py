"""Join a graph with the values of its variables: each becomes a Const, and what read the variable reads the Const.

This works on a GraphDef message that has no value yet, so little is moved; then each value enters the message once. Variables come in
two kinds. A reference variable (VariableV2) outputs its value itself. A resource variable outputs a handle, which ReadVariableOp
reads and which may pass through loops, branches and functions first; those then pass the value instead.

A variable that the graph writes while it runs stays a variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from .tf import tensorflow

__all__ = [
    "CALLS", "Inlined", "Values", "Variable", "called_functions",
    "free_name", "inline_variables", "make_const", "reachable", "referred", "variables_of",
]  # fmt: skip

Source = tuple[str, int]  # a node and the number of its output, or an argument of a function and 0
Label = frozenset[Any]  # what a handle may refer to: variables, or in a function their types
Labels = dict[Source, Label]

REFERENCES = {"Variable", "VariableV2"}
_CARRIERS = {"Identity", "Enter", "Exit", "NextIteration", "Switch", "Merge"}  # what comes in goes out
_REFERENCE_CARRIERS = {f"Ref{op}" for op in _CARRIERS}
_READERS = {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape", "VarIsInitializedOp"}
_WRITERS = ("Assign", "Scatter", "Apply", "SparseApply", "ResourceApply", "CountUpTo")  # how operators that write start
# Operators that call functions: the attributes that name them, and the input that is the first argument.
CALLS = {
    "PartitionedCall": (("f",), 0), "StatefulPartitionedCall": (("f",), 0),
    "If": (("then_branch", "else_branch"), 1), "StatelessIf": (("then_branch", "else_branch"), 1),
    "Case": (("branches",), 1), "StatelessCase": (("branches",), 1),
    "While": (("cond", "body"), 0), "StatelessWhile": (("cond", "body"), 0),
}  # fmt: skip
_NOTHING: Label = frozenset()


@dataclass(frozen=True)
class Variable:
    """A variable of a graph. Several handles may refer to the same one: they have its name."""

    name: str
    dtype: int  # of tensorflow's DataType enum
    shape: tuple[int, ...] | None
    is_reference: bool = False


class Values(Protocol):
    """Where values come from."""

    def check(self, variables: Mapping[str, Variable]) -> None:
        """Raise FreezeError, with all of them, if some of these variables (by node) have no value here, or one of another shape."""

    def read(self, node: str) -> np.ndarray:
        """The value of the variable that a node of the graph refers to."""


@dataclass
class Inlined:
    """What `inline_variables` has done besides changing the message."""

    variables: list[str]  # that stay variables, by node
    initializer: str | None


def variables_of(graph_def: Any) -> dict[str, Variable]:
    """The variables of a graph, by the nodes that refer to them."""
    found = {}
    for node in graph_def.node:
        if node.op == "VarHandleOp" or node.op in REFERENCES:
            name = node.attr["shared_name"].s.decode() if node.op == "VarHandleOp" else ""
            shape = node.attr["shape"].shape
            sizes = None if shape.unknown_rank or "shape" not in node.attr else tuple(dim.size for dim in shape.dim)
            found[node.name] = Variable(name or node.name, node.attr["dtype"].type, sizes, node.op in REFERENCES)
    return found


def referred(text: str) -> str:
    """The node that an input names: "node", "node:1", "^node", or "node:output:0" in functions."""
    return text.lstrip("^").partition(":")[0]


def reachable(graph_def: Any, names: Iterable[str]) -> Any:
    """A new GraphDef with the nodes that these need, in their order, and the functions that those call."""
    nodes = {node.name: node for node in graph_def.node}
    needed: set[str] = set()
    waiting = [referred(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in needed and name in nodes:
            needed.add(name)
            waiting += map(referred, nodes[name].input)
    part = type(graph_def)()
    part.versions.CopyFrom(graph_def.versions)
    part.node.extend(node for node in graph_def.node if node.name in needed)
    part.library.CopyFrom(graph_def.library)
    _drop_unused_functions(part)
    return part


def called_functions(nodes: Iterable[Any]) -> Iterator[str]:
    for node in nodes:
        yield node.op  # a function may be called by its name
        for value in node.attr.values():
            if value.HasField("func"):
                yield value.func.name
            yield from (function.name for function in value.list.func)


def _drop_unused_functions(graph_def: Any) -> None:
    functions = {function.signature.name: function for function in graph_def.library.function}
    needed: set[str] = set()
    waiting = list(called_functions(graph_def.node))
    while waiting:
        name = waiting.pop()
        if name in functions and name not in needed:
            needed.add(name)
            waiting += called_functions(functions[name].node_def)
    kept = [functions[name] for name in sorted(needed)]  # TensorFlow's own order changes from run to run
    library = type(graph_def.library)()
    library.function.extend(kept)
    graph_def.library.CopyFrom(library)


def _source(text: str) -> Source:
    """What an input that is not a control input reads."""
    name, *rest = text.split(":")
    number = int(rest[-1]) if rest and rest[-1].isdecimal() else 0
    if len(rest) == 2 and rest[0] in ("output_true", "value_index"):  # the second outputs of Switch and Merge
        number += 1
    return name, number


def _given(node: Any, labels: Labels) -> list[Label]:
    return [labels.get(_source(text), _NOTHING) for text in node.input if not text.startswith("^")]


class _Flow:
    """Follows handles from where they come from to all that they reach."""

    def __init__(self, functions: Mapping[str, Any], of_references: bool = False) -> None:
        self.functions = functions
        self.of_references = of_references
        self.carriers = _REFERENCE_CARRIERS if of_references else _CARRIERS
        self.written: set[Any] = set()  # what reaches an operator that writes, or one that is not known to only read
        self.mixed: list[Label] = []  # labels of several variables: all of them stay variables, or none does
        self.done: dict[tuple[str, tuple[Label, ...]], list[Label]] = {}

    def spread(self, nodes: Any, labels: Labels) -> None:
        """Label all that passes on what has a label. Loops make several rounds necessary."""
        changed = True
        while changed:
            changed = False
            for node in nodes:
                given = _given(node, labels)
                if not any(given):
                    continue
                for number, label in enumerate(self.passed(node, given)):
                    key = (node.name, number)
                    if not label <= labels.get(key, _NOTHING):
                        labels[key] = labels.get(key, _NOTHING) | label
                        changed = True

    def passed(self, node: Any, given: list[Label]) -> list[Label]:
        """The labels of a node's outputs."""
        if node.op in self.carriers:
            label = given[0] if node.op.endswith("Switch") else _NOTHING.union(*given)
            if len(label) > 1:
                self.mixed.append(label)
            return [label, label] if node.op.endswith("Switch") else [label]
        if self.of_references:  # what is not a writer reads the value
            if node.op.startswith(_WRITERS):
                self.written |= _NOTHING.union(*given) if "Apply" in node.op else given[0]
            return []
        if node.op in CALLS:
            attributes, first = CALLS[node.op]
            callees = _callees(node, attributes)
            if node.op.endswith("While"):
                return self.loop(callees, given)
            results = [self.results(callee.name, given[first:]) for callee in callees]
            return [_NOTHING.union(*labels) for labels in zip(*results, strict=False)]
        if node.op not in _READERS:
            self.written |= _NOTHING.union(*given)
        return []

    def loop(self, callees: Sequence[Any], given: list[Label]) -> list[Label]:
        while True:
            self.results(callees[0].name, given)
            results = self.results(callees[1].name, given)
            after = [before | result for before, result in zip(given, results, strict=False)]
            if after == given[: len(after)]:
                return given
            self.mixed += [label for label in after if len(label) > 1]
            given = after

    def results(self, name: str, given: Sequence[Label]) -> list[Label]:
        """The labels of a function's results for those of its arguments."""
        key = (name, tuple(given))
        if key not in self.done:
            self.done[key] = []  # of a function that calls itself
            function = self.functions.get(name)
            if function is None:
                self.written |= _NOTHING.union(*given)
                return []
            labels = _arguments(function, given)
            self.spread(function.node_def, labels)
            self.done[key] = [
                labels.get(_source(function.ret[result.name]), _NOTHING) for result in function.signature.output_arg
            ]  # fmt: skip
        return self.done[key]


def _arguments(function: Any, given: Sequence[Label]) -> Labels:
    return {(arg.name, 0): label for arg, label in zip(function.signature.input_arg, given, strict=False) if label}


def _callees(node: Any, attributes: Iterable[str]) -> list[Any]:
    """The references to functions in a call, to be read or changed."""
    found = []
    for name in attributes:
        value = node.attr[name]
        found += list(value.list.func) if value.list.func else [value.func]
    return found


class _Rewriter:
    """Turns reads of variables into uses of values, in a graph and in copies of the functions that variables reach."""

    def __init__(self, graph_def: Any) -> None:
        self.library = graph_def.library
        self.functions = {function.signature.name: function for function in self.library.function}
        self.copies: dict[tuple[str, tuple[Label, ...]], str] = {}

    def rewrite(self, nodes: Any, labels: Labels, in_function: bool = False) -> None:
        """Change the nodes that handles with `labels`, the types of their variables, reach."""
        _Flow(self.functions).spread(nodes, labels)
        reads = set()
        for node in list(nodes):
            given = _given(node, labels)
            if not any(given):
                continue
            if node.op in CALLS:
                self.call(node, given)
            elif node.op in _CARRIERS:
                (node.attr["T"].type,) = _NOTHING.union(*given)
            else:
                reads.add(node.name)
                self.read(nodes, node, given[0], in_function)
            for name in ("_handle_dtypes", "_handle_shapes", "_output_shapes"):
                node.attr.pop(name, None)
        _rename_outputs(nodes, reads)

    @staticmethod
    def read(nodes: Any, node: Any, label: Label, in_function: bool) -> None:
        """A reader of a variable becomes a reader of its value."""
        given = {name: type(value).FromString(value.SerializeToString()) for name, value in node.attr.items()}
        for name in [name for name in node.attr if not name.startswith("_")]:
            del node.attr[name]
        (dtype,) = label
        int32 = tensorflow().int32.as_datatype_enum
        # In a loop of TensorFlow 1, a Const without any input would belong to what is around the loop.
        near = [] if in_function else [f"^{referred(node.input[0])}"]
        if node.op == "VarIsInitializedOp":
            node.input.extend(near)
            make_const(node, np.array(True))
        elif node.op in ("ReadVariableOp", "VariableShape"):
            if node.op == "VariableShape":
                node.attr["out_type"].type = given["out_type"].type if "out_type" in given else int32
            node.op = "Identity" if node.op == "ReadVariableOp" else "Shape"
            node.attr["T"].type = dtype
        else:
            node.op = "GatherNd" if node.op == "ResourceGatherNd" else "GatherV2"
            node.attr["Tparams"].type = dtype
            node.attr["Tindices"].type = given["Tindices"].type
            if node.op == "GatherV2":
                batch = given["batch_dims"].i if "batch_dims" in given else 0
                node.attr["batch_dims"].i = batch
                node.attr["Taxis"].type = int32
                axis = nodes.add(name=free_name(f"{node.name}/axis", (other.name for other in nodes)), input=near)
                make_const(axis, np.array(batch, np.int32))
                node.input.insert(2, f"{axis.name}:output:0" if in_function else axis.name)

    def call(self, node: Any, given: list[Label]) -> None:
        attributes, first = CALLS[node.op]
        if node.op.endswith("While"):
            given = _Flow(self.functions).loop(_callees(node, attributes), given)
        arguments = given[first:]
        results: list[Label] = []
        for callee in _callees(node, attributes):
            results = _Flow(self.functions).results(callee.name, arguments)
            callee.name = self.copy(callee.name, arguments)
        _set_types(node, "T" if "T" in node.attr else "Tin", arguments)
        if "Tout" in node.attr:
            _set_types(node, "Tout", results)
        if node.op.endswith("While"):
            results = given
        shapes = node.attr["output_shapes"].list.shape if "output_shapes" in node.attr else ()
        for shape, label in zip(shapes, results, strict=False):
            if label:  # it is the shape of a handle, which is not that of what it refers to
                shape.Clear()
                shape.unknown_rank = True

    def copy(self, name: str, given: Sequence[Label]) -> str:
        """The name of a copy of a function in which these arguments are values."""
        key = (name, tuple(given))
        if key not in self.copies:
            new = free_name(f"{name}_frozen", self.functions)
            self.copies[key] = new
            function = self.library.function.add()
            function.CopyFrom(self.functions[name])
            function.signature.name = new
            function.attr.pop("_input_shapes", None)
            self.functions[new] = function
            labels = _arguments(function, given)
            for index, arg in enumerate(function.signature.input_arg):
                if (arg.name, 0) in labels:
                    (arg.type,) = labels[arg.name, 0]
                    arg.ClearField("handle_data")
                    function.arg_attr.pop(index, None)
                    function.resource_arg_unique_id.pop(index, None)
            reads = {node.name for node in function.node_def if node.op in _READERS}
            self.rewrite(function.node_def, labels, in_function=True)
            for result in function.signature.output_arg:
                text = function.ret[result.name]
                if label := labels.get(_source(text)):
                    (result.type,) = label
                    result.ClearField("handle_data")
                if referred(text) in reads:
                    function.ret[result.name] = _renamed(text)
        return self.copies[key]


def _set_types(node: Any, attribute: str, labels: Sequence[Label]) -> None:
    types = node.attr[attribute].list.type
    for index, label in enumerate(labels):
        if label:
            (types[index],) = label


def _renamed(text: str) -> str:
    """Every operator that values are read with calls its output by the same name."""
    return text.replace(":value:", ":output:").replace(":is_initialized:", ":output:")


def _rename_outputs(nodes: Iterable[Any], changed: set[str]) -> None:
    for node in nodes:
        for index, text in enumerate(node.input):
            if ":" in text and referred(text) in changed:
                node.input[index] = _renamed(text)


def free_name(name: str, taken: Iterable[str]) -> str:
    """`name`, or with a number after it if that is taken."""
    names = set(taken)
    numbered = name
    number = 0
    while numbered in names:
        number += 1
        numbered = f"{name}_{number}"
    return numbered


def make_const(node: Any, value: np.ndarray) -> None:
    """Turn a node into a Const; its control inputs stay."""
    tf = tensorflow()
    proto = tf.make_tensor_proto(value)
    del node.input[: sum(not text.startswith("^") for text in node.input)]
    node.op = "Const"
    node.attr.clear()
    node.attr["dtype"].type = proto.dtype
    node.attr["value"].tensor.CopyFrom(proto)


def inline_variables(
    graph_def: Any, handles: Mapping[str, Variable], values: Values, may_freeze: Callable[[str], bool], setters: Sequence[str] = ()
) -> Inlined:
    """Change a GraphDef so that it holds the values of its variables.

    `handles` are the variables by the nodes that refer to them: VarHandleOp, VariableV2, or a Placeholder of what a function
    captured. Variables that `may_freeze` denies (by name) stay without a value. `setters` are nodes, already there, that set
    something up before the graph runs. Raises FreezeError for variables that have no value.
    """
    handles = {node.name: handles[node.name] for node in graph_def.node if node.name in handles}
    denied = {variable.name for variable in handles.values() if not may_freeze(variable.name)}
    kept = _kept(graph_def, handles, denied)
    values.check({node: variable for node, variable in handles.items() if variable.name not in denied})
    frozen = {node: variable for node, variable in handles.items() if variable.name not in kept}
    rewriter = _Rewriter(graph_def)
    rewriter.rewrite(
        graph_def.node, {(node, 0): frozenset({variable.dtype}) for node, variable in frozen.items() if not variable.is_reference}
    )
    _drop_unused_functions(graph_def)
    _plain_carriers(graph_def, {node for node, variable in frozen.items() if variable.is_reference})
    setters = list(setters)
    nodes = {node.name: node for node in graph_def.node}
    done: set[str] = set()
    for name, variable in handles.items():
        if name in frozen:
            make_const(nodes[name], values.read(name))
        elif variable.name not in denied and variable.name not in done:
            done.add(variable.name)
            setters.append(_add_first_value(graph_def, nodes[name], variable, values.read(name)))
    initializer = None
    if setters:
        initializer = free_name("init", (node.name for node in graph_def.node))
        graph_def.node.add(name=initializer, op="NoOp", input=[f"^{name}" for name in setters])
    return Inlined([name for name in handles if name not in frozen], initializer)


def _kept(graph_def: Any, handles: Mapping[str, Variable], denied: set[str]) -> set[str]:
    """The names of the variables that stay: denied or written ones, and those that one handle may refer to as well as to such."""
    functions = {function.signature.name: function for function in graph_def.library.function}
    kept = set(denied)
    for is_reference in (False, True):
        flow = _Flow(functions, is_reference)
        flow.spread(
            graph_def.node,
            {(node, 0): frozenset({variable.name}) for node, variable in handles.items() if variable.is_reference == is_reference},
        )
        kept |= flow.written
        while more := {name for label in flow.mixed if label & kept for name in label - kept}:
            kept |= more
    return kept


def _plain_carriers(graph_def: Any, references: set[str]) -> None:
    """What passed references on passes values on."""
    flow = _Flow({}, of_references=True)
    labels: Labels = {(name, 0): frozenset({name}) for name in references}
    flow.spread(graph_def.node, labels)
    for node in graph_def.node:
        if any(_given(node, labels)):
            if node.op in _REFERENCE_CARRIERS:
                node.op = node.op.removeprefix("Ref")
            elif node.op == "IsVariableInitialized":
                node.input[:] = [f"^{referred(node.input[0])}"]
                make_const(node, np.array(True))


def _add_first_value(graph_def: Any, node: Any, variable: Variable, value: np.ndarray) -> str:
    """Add what sets a variable that stays one. Returns the name of the Assign node."""
    names = {other.name for other in graph_def.node}
    if node.op == "Placeholder":  # of what a function captured
        node.attr.clear()
        node.op = "VarHandleOp"
        node.attr["dtype"].type = variable.dtype
        node.attr["shared_name"].s = variable.name.encode()
        node.attr["shape"].shape.CopyFrom(tensorflow().TensorShape(value.shape).as_proto())
    first = graph_def.node.add(name=free_name(f"{node.name}/initial_value", names))
    make_const(first, value)
    assign = graph_def.node.add(name=free_name(f"{node.name}/Assign", names), input=[node.name, first.name])
    assign.op = "Assign" if variable.is_reference else "AssignVariableOp"
    assign.attr["T" if variable.is_reference else "dtype"].type = variable.dtype
    name: str = assign.name
    return name
