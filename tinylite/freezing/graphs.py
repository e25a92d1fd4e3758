"""Freeze GraphDef messages and what runs in sessions."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import FreezeError
from .files import read_saver
from .frozen import Frozen, FrozenTensor
from .inline_variables import Values, Variable, inline_variables, make_const, reachable, referred, variables_of
from .running import Guard
from .tf import explained, quiet, session_of, tensorflow
from .values import Checkpoint, InSession, NoValues, listed, near

__all__ = [
    "Settings", "assemble", "checked_outputs", "described", "freeze_graph_def", "freeze_session", "frozen_tensor", "placeholders",
]  # fmt: skip

_TABLES = {"HashTable", "HashTableV2", "MutableHashTable", "MutableHashTableV2", "MutableDenseHashTable", "MutableDenseHashTableV2"}
_TABLE_SETTERS = {
    "InitializeTable", "InitializeTableV2", "InitializeTableFromTextFile", "InitializeTableFromTextFileV2", "LookupTableImport",
    "LookupTableImportV2",
}  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """How to freeze."""

    clear_devices: bool = True
    only: Sequence[str] | None = None  # the variables to freeze, by name; None for all
    never: Sequence[str] = ()  # variables that stay variables
    allow_code: bool = False  # whether what a file holds may do more than compute

    def may_freeze(self, name: str) -> bool:
        return name not in self.never and (self.only is None or name in self.only)


def frozen_tensor(key: str, name: str, dtype: Any, shape: Any) -> FrozenTensor:
    """`dtype` a tf.DType, or a number of its enum; `shape` a tf.TensorShape or TensorShapeProto; None for what is not known."""
    tf = tensorflow()
    sizes = None
    if dtype is not None:
        with explained(f"{name!r} has no type that TensorFlow knows", "The graph is damaged: write it again"):
            dtype = tf.as_dtype(dtype).name
    if shape is not None:
        given = tf.TensorShape(shape)
        sizes = None if given.rank is None else tuple(-1 if size is None else size for size in given.as_list())
    return FrozenTensor(key, name if ":" in name else f"{name}:0", dtype, sizes)


def assemble(
    graph_def: Any,
    inputs: list[FrozenTensor],
    outputs: list[FrozenTensor],
    values: Values,
    *,
    handles: Mapping[str, Variable] | None = None,
    constants: Mapping[str, np.ndarray] | None = None,
    setters: Sequence[str] = (),
    beside: Sequence[str] = (),
    signature_key: str | None = None,
    settings: Settings | None = None,
) -> Frozen:
    """A frozen graph of the part of `graph_def` that the outputs and the nodes `beside` them need.

    `handles` and `constants` are what a function captured, by Placeholder; `setters` nodes that may set up tables.
    """
    settings = settings or Settings()
    ends = [*(tensor.name for tensor in (*inputs, *outputs)), *beside]
    graph_def = _inlined(graph_def, [*ends, *setters])
    needed = reachable(graph_def, ends)
    setters = _table_setters(graph_def, needed)
    if setters:
        needed = reachable(graph_def, [*ends, *setters])
    del graph_def
    for nodes in (needed.node, *(function.node_def for function in needed.library.function)):
        for node in nodes:
            node.attr.pop("_class", None)  # where a variable's ops should run together
            if settings.clear_devices:
                node.device = ""
    for node in needed.node:
        if constants and node.name in constants:
            make_const(node, constants[node.name])
    joined = inline_variables(needed, {**variables_of(needed), **(handles or {})}, values, settings.may_freeze, setters)
    return Frozen(needed, inputs, outputs, signature_key, joined.variables, joined.initializer)


def _inlined(graph_def: Any, ends: Iterable[str]) -> Any:
    """A copy with calls of functions replaced by what they do, where TensorFlow can; While and If keep their functions."""
    copy = type(graph_def)()
    copy.CopyFrom(graph_def)
    for nodes in (copy.node, *(function.node_def for function in copy.library.function)):
        for node in nodes:
            node.attr.pop("_lower_using_switch_merge", None)
    for function in copy.library.function:
        function.attr.pop("api_implements", None)  # another version for other devices, which would keep a function from being inlined
    if not copy.library.function:
        return copy
    from tensorflow.core.protobuf import config_pb2
    from tensorflow.python.grappler import tf_optimizer

    tf = tensorflow()
    meta = tf.compat.v1.MetaGraphDef()
    meta.graph_def.CopyFrom(copy)
    meta.collection_def["train_op"].node_list.value.extend(dict.fromkeys(ends))
    config = config_pb2.ConfigProto()
    config.graph_options.rewrite_options.min_graph_nodes = -1
    config.graph_options.rewrite_options.optimizers.append("function")
    try:
        with quiet():
            return tf_optimizer.OptimizeGraph(config, meta)
    except Exception:  # an operator that TensorFlow does not know, for one: functions can stay
        return copy


def _table_setters(graph_def: Any, needed: Any) -> list[str]:
    """The nodes that fill the tables which the needed part of a graph looks into."""
    tables = {node.name for node in needed.node if node.op in _TABLES}
    nodes = {node.name: node for node in graph_def.node}

    def table(name: str) -> str:
        seen = set[str]()  # a damaged graph may go round in a circle
        while name in nodes and nodes[name].op == "Identity" and nodes[name].input and name not in seen:
            seen.add(name)
            name = referred(nodes[name].input[0])
        return name

    setters = [node for node in graph_def.node if tables and node.op in _TABLE_SETTERS and node.input]
    return [node.name for node in setters if table(referred(node.input[0])) in tables]


def freeze_graph_def(
    graph_def: Any,
    checkpoint: str | os.PathLike[str] | None,
    outputs: Sequence[str],
    *,
    initializer_nodes: Sequence[str] = (),
    saver: str | os.PathLike[str] | None = None,
    settings: Settings | None = None,
) -> Frozen:
    """Join a GraphDef message with the values in a checkpoint.

    `outputs` are nodes ("softmax") or tensors ("softmax:0"). `initializer_nodes` run after the values are restored. `saver` is the
    path of a SaverDef, for graphs with several savers. Without a checkpoint, the graph must not have variables that the outputs need.
    Raises FreezeError, FileError.
    """
    with explained("the graph cannot be frozen, as a part of it is damaged", "Write it again"):
        return _freeze_graph_def(graph_def, checkpoint, outputs, initializer_nodes, saver, settings)


def _freeze_graph_def(
    graph_def: Any, checkpoint: str | os.PathLike[str] | None, outputs: Sequence[str], initializer_nodes: Sequence[str],
    saver: str | os.PathLike[str] | None, settings: Settings | None,
) -> Frozen:  # fmt: skip
    outputs = checked_outputs(graph_def, outputs)
    for name in initializer_nodes:
        checked_node(graph_def, name, "initializer node")
    scope = None if saver is None else read_saver(os.fsdecode(saver)).filename_tensor_name.rpartition("/")[0] + "/"
    guard = Guard(graph_def, "the graph", allow=settings is not None and settings.allow_code)
    guard.check_import()
    stored = None if checkpoint is None else Checkpoint(os.fsdecode(checkpoint), graph_def, scope)
    if initializer_nodes:
        with _session(graph_def, stored, initializer_nodes, guard) as session:
            return _freeze(graph_def, outputs, InSession(session), settings)
    return _freeze(graph_def, outputs, stored or NoValues("Give the checkpoint that was saved with the graph"), settings)


def freeze_session(session: Any, outputs: Sequence[str], *, settings: Settings | None = None) -> Frozen:
    """Join the graph of a tf.compat.v1.Session with the values that its variables have there. See freeze_graph_def."""
    with explained("the session cannot be read", "Freeze while it is open"):
        if getattr(session, "_closed", False):
            raise FreezeError("the session is closed", "Freeze while it is open")
        graph_def = session.graph.as_graph_def()
        outputs = checked_outputs(graph_def, outputs)
        return _freeze(graph_def, outputs, InSession(session), settings, session.graph)


def _freeze(graph_def: Any, outputs: Sequence[str], values: Values, settings: Settings | None, graph: Any = None) -> Frozen:
    part = reachable(graph_def, outputs)
    ends = described(part, outputs, graph)
    return assemble(graph_def, placeholders(part), ends, values, beside=_ranges_of(graph_def, outputs), settings=settings)


def _ranges_of(graph_def: Any, outputs: Sequence[str]) -> list[str]:
    """FakeQuants that read the outputs: a quantized file needs the ranges that they have. Those that training moves stay away."""
    names = {name.removesuffix(":0") for name in outputs}
    fake_quants = ("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars")
    found = [
        node.name for node in graph_def.node if node.op in fake_quants and {text.removesuffix(":0") for text in node.input[:1]} & names
    ]
    return [name for name in found if not any(node.op.startswith("Assign") for node in reachable(graph_def, [name]).node)]


def placeholders(graph_def: Any) -> list[FrozenTensor]:
    """The inputs of a graph that has no signature."""
    return [
        frozen_tensor(node.name, node.name, node.attr["dtype"].type, node.attr["shape"].shape if "shape" in node.attr else None)
        for node in graph_def.node
        if node.op == "Placeholder"
    ]


def described(graph_def: Any, names: Sequence[str], graph: Any = None) -> list[FrozenTensor]:
    """Types and shapes of tensors, where TensorFlow knows the operators; `graph` is the tf.Graph of the message, if there is one."""
    tf = tensorflow()
    try:
        if graph is None:
            graph = tf.Graph()
            with quiet(), graph.as_default():
                tf.graph_util.import_graph_def(graph_def, name="")
        found = [graph.get_tensor_by_name(name if ":" in name else f"{name}:0") for name in names]
    except Exception:  # another program may know what TensorFlow does not
        return [frozen_tensor(referred(name), name, None, None) for name in names]
    return [frozen_tensor(referred(name), name, tensor.dtype.base_dtype, tensor.shape) for name, tensor in zip(names, found, strict=True)]


def checked_outputs(graph_def: Any, outputs: Sequence[str]) -> list[str]:
    if isinstance(outputs, str):
        outputs = outputs.split(",")
    names = list(dict.fromkeys(name.strip() for name in outputs if name.strip()))
    if not names:
        raise FreezeError(
            "it is not said what the graph's outputs are", f"Name some of its nodes (outputs, --output_node_names). {last_nodes(graph_def)}"
        )
    for name in names:
        checked_node(graph_def, name, "output node")
    return names


def checked_node(graph_def: Any, name: str, what: str) -> None:
    nodes = [node.name for node in graph_def.node]
    if referred(name) not in nodes:
        raise FreezeError(f"the graph has no {what} {name!r}", near(referred(name), nodes) or last_nodes(graph_def))


def last_nodes(graph_def: Any) -> str:
    """A sentence with nodes whose output nothing reads and that are not part of training or saving."""
    read = {referred(text) for node in graph_def.node for text in node.input}
    aside = {"NoOp", "Const", "Placeholder", "Assign", "AssignVariableOp", "SaveV2", "RestoreV2", "Identity", "VarIsInitializedOp"}
    ends = [node.name for node in graph_def.node if node.name not in read and node.op not in aside | _TABLE_SETTERS]
    ends = ends or [node.name for node in graph_def.node if node.name not in read]
    return f"Nodes that nothing reads are {', '.join(map(repr, ends[-8:]))}" if ends else "The graph has no nodes"


@contextmanager
def _session(graph_def: Any, checkpoint: Checkpoint | None, initializer_nodes: Sequence[str], guard: Guard) -> Iterator[Any]:
    """A session of a graph after its variables got the values that a checkpoint has for them, and then these nodes have run."""
    tf = tensorflow()
    graph = tf.Graph()
    with explained("the graph cannot be run, as initializer nodes need"), graph.as_default():
        tf.graph_util.import_graph_def(graph_def, name="")
    with guard.watch(session_of(graph)) as session:
        for node, variable in variables_of(graph_def).items():
            if checkpoint is not None and checkpoint.find(node, variable):
                value = checkpoint.read(node)
                with explained(f"the variable {variable.name!r} cannot take a value of shape {list(value.shape)}"), graph.as_default():
                    handle = graph.get_operation_by_name(node).outputs[0]
                    given = tf.compat.v1.placeholder(variable.dtype, value.shape)
                    if variable.is_reference:
                        assign = tf.raw_ops.Assign(ref=handle, value=given).op
                    else:
                        assign = tf.raw_ops.AssignVariableOp(resource=handle, value=given)
                    session.run(assign, {given: value})
        with explained(f"the initializer nodes {listed(initializer_nodes)} cannot be run"):
            session.run([graph.get_operation_by_name(referred(name)) for name in initializer_nodes])
        yield session
