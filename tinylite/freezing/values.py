"""Where the values of variables come from: a checkpoint, a session, or the variables that a function captured."""

from __future__ import annotations

import difflib
import itertools
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import FileError, FreezeError
from ..files.file_formats import indices
from ..files.io import check_no_pipes
from .inline_variables import REFERENCES, Variable, free_name
from .tf import explained, quiet, tensorflow

__all__ = ["Captured", "Checkpoint", "InSession", "NoValues", "listed", "near"]

_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def near(name: str, names: Iterable[str]) -> str | None:
    """A sentence with the names that are like this one."""
    found = difflib.get_close_matches(name, list(names), 3, 0.5)
    return f"The nearest names are {', '.join(map(repr, found))}" if found else None


def listed(names: Iterable[str], most: int = 8) -> str:
    """'a', 'b', ... and how many more."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more


class NoValues:
    """For graphs that should have no variables."""

    def __init__(self, remedy: str) -> None:
        self.remedy = remedy

    def check(self, variables: Mapping[str, Variable]) -> None:
        if variables:
            names = list(dict.fromkeys(variable.name for variable in variables.values()))
            raise FreezeError(f"the graph has variables and there are no values for them: {listed(names)}", self.remedy)

    def read(self, node: str) -> np.ndarray:
        raise AssertionError("there are no variables to read")


class Captured:
    """Values of the variables and tensors that a ConcreteFunction captured, by the Placeholder that represents each in its graph."""

    def __init__(self, function: Any) -> None:
        variables = {id(variable.handle): variable for variable in function.variables}
        self.constants: dict[str, Any] = {}
        self.variables: dict[str, Any] = {}
        self.others: dict[str, Any] = {}
        for given, inside in function.graph.captures:
            name = inside.op.name
            if id(given) in variables:
                self.variables[name] = variables[id(given)]
            elif inside.dtype.name in ("resource", "variant") or not hasattr(given, "numpy"):
                self.others[name] = given
            else:
                self.constants[name] = given

    def handles(self) -> dict[str, Variable]:
        """The variables by node. Several may have one name in TensorFlow 2: the later ones get a number."""
        found: dict[str, Variable] = {}
        for node, variable in self.variables.items():
            name = free_name(variable.name.partition(":")[0] or node, (other.name for other in found.values()))
            shape = tuple(variable.shape) if variable.shape.is_fully_defined() else None
            found[node] = Variable(name, variable.dtype.as_datatype_enum, shape)
        return found

    def check(self, variables: Mapping[str, Variable]) -> None:
        """Whether they have values shows when they are read."""

    def read(self, node: str) -> np.ndarray:
        return np.asarray({**self.constants, **self.variables}[node].numpy())


class InSession:
    """Values that variables have in a tf.compat.v1.Session.

    Every run of a session looks at all of its graph, so that values are read many at a time, as far as memory is no matter.
    """

    AT_ONCE = 1 << 26  # bytes

    def __init__(self, session: Any) -> None:
        self.session = session
        self.waiting: dict[str, Variable] = {}
        self.values: dict[str, np.ndarray] = {}

    def check(self, variables: Mapping[str, Variable]) -> None:
        self.waiting = dict(variables)

    def read(self, node: str) -> np.ndarray:
        if node not in self.values:
            self.read_ahead(node)
        return self.values.pop(node)

    def read_ahead(self, node: str) -> None:
        """Read the value of a variable and of those after it."""
        tf = tensorflow()
        names = list(self.waiting)
        several, size = [], 0
        for name in names[names.index(node) :]:
            several.append(name)
            shape = self.waiting[name].shape
            is_known = shape is not None and -1 not in shape
            size += math.prod(shape or ()) * tf.as_dtype(self.waiting[name].dtype).size if is_known else self.AT_ONCE
            if size >= self.AT_ONCE:
                break
        try:
            self.values.update(zip(several, map(np.asarray, self.session.run([self.tensor(name) for name in several])), strict=True))
        except tf.errors.FailedPreconditionError:
            empty = list(dict.fromkeys(self.waiting[name].name for name in itertools.islice(filter(self.is_empty, names), 5)))
            raise FreezeError(
                f"there are variables without a value in the session: {listed(empty)}{' and maybe more' if len(empty) == 5 else ''}",
                "Restore a checkpoint, or run tf.compat.v1.global_variables_initializer(), in this session first",
            ) from None

    def is_empty(self, node: str) -> bool:
        try:
            self.session.run(self.tensor(node))
        except tensorflow().errors.FailedPreconditionError:
            return True
        return False

    def tensor(self, node: str) -> Any:
        """What determines a variable's value."""
        tf = tensorflow()
        graph = self.session.graph
        op = graph.get_operation_by_name(node)
        handle = op.outputs[0]
        if op.type in REFERENCES:
            return handle
        # A read that waits for other ops could change something by being run.
        reads = [user.outputs[0] for user in handle.consumers() if user.type == "ReadVariableOp" and not user.control_inputs]
        if reads:
            return reads[0]
        if graph.finalized:
            raise FreezeError(f"nothing reads the variable {node!r}, and the graph is finalized", "Freeze before graph.finalize()")
        with graph.as_default(), graph.control_dependencies(None):
            return tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.as_dtype(op.get_attr("dtype")))


class Checkpoint:
    """Values in the files of a checkpoint.

    Which entry is a variable's: the one that the graph's own restoring ops assign to it, else the one of its name, else, in
    checkpoints of tf.train.Checkpoint, the one whose variable had its name.
    """

    def __init__(self, path: str, graph_def: Any, scope: str | None = None) -> None:
        tf = tensorflow()
        self.path = checkpoint_prefix(path)
        with explained(f"the checkpoint {self.path!r} cannot be read", "Copy or fetch its .index and .data files again"):
            self.reader = tf.train.load_checkpoint(self.path)
            self.shapes: dict[str, list[int]] = self.reader.get_variable_to_shape_map()
        self.restored = _restored(graph_def, scope)
        self.full_names = self.full_names_of_objects() if _OBJECT_GRAPH in self.shapes else {}
        self.entries: dict[str, tuple[str, str]] = {}

    def full_names_of_objects(self) -> dict[str, str]:
        """Entries by the names that their variables had; not those that several had."""
        from tensorflow.core.protobuf import trackable_object_graph_pb2

        graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(self.reader.get_tensor(_OBJECT_GRAPH))
        entries: dict[str, set[str]] = {}
        for node in graph.nodes:
            for attribute in node.attributes:
                entries.setdefault(attribute.full_name, set()).add(attribute.checkpoint_key)
        return {name: keys.pop() for name, keys in entries.items() if len(keys) == 1}

    def find(self, node: str, variable: Variable) -> bool:
        """Whether there is an entry for a variable, which `read` then reads."""
        entries = [self.restored.get(node, ("", "")), (variable.name, ""), (node, ""), (self.full_names.get(variable.name, ""), "")]
        found = next((entry for entry in entries if entry[0] in self.shapes), None)
        if found is not None:
            self.entries[node] = found
        return found is not None

    def check(self, variables: Mapping[str, Variable]) -> None:
        missing, other = [], []
        for node, variable in variables.items():
            if not self.find(node, variable):
                missing.append(variable.name)
                continue
            key, part = self.entries[node]
            if not part and variable.shape is not None and not _fits(self.shapes[key], variable.shape):
                other.append(f"{variable.name!r} ({self.shapes[key]} there, {list(variable.shape)} in the graph)")
        if missing or other:
            self.refuse(list(dict.fromkeys(missing)), other, len(variables))

    def refuse(self, missing: list[str], other: list[str], total: int) -> None:
        parts = []
        if missing:
            parts.append(f"it lacks {len(missing)} of the graph's {total} variables: {listed(missing)}")
        if other:
            parts.append(f"it has other shapes for {', '.join(other[:5])}{f' and {len(other) - 5} more' if len(other) > 5 else ''}")
        there = sorted(name for name in self.shapes if name != _OBJECT_GRAPH)
        hint = near(missing[0], there) if missing else None
        raise FreezeError(
            f"the checkpoint {self.path!r} is not one of this graph: {'; '.join(parts)}",
            f"Give the checkpoint that was saved with this graph. {hint or f'This one has {listed(there, 5)}'}",
        )

    def read(self, node: str) -> np.ndarray:
        key, part = self.entries[node]
        with explained(f"{key!r} cannot be read from the checkpoint {self.path!r}", "Copy or fetch its .index and .data files again"):
            value = np.asarray(self.reader.get_tensor(key))
        return value[_slices(part)] if part else value


def _fits(found: Sequence[int], wanted: Sequence[int]) -> bool:
    return len(found) == len(wanted) and all(size in (-1, there) for size, there in zip(wanted, found, strict=True))


def checkpoint_prefix(path: str) -> str:
    """The name that a checkpoint's files share, from it, from one of the files, or from their directory. Raises FileError."""
    tf = tensorflow()
    check_no_pipes(path, "", ".*", "/checkpoint")
    if os.path.isdir(path):
        with quiet():
            latest = tf.train.latest_checkpoint(path)
        if latest is None:
            raise FileError(f"{path}: this directory has no checkpoint", "Give the prefix of its files, such as model.ckpt-1000")
        path = latest
    name = os.path.basename(path)
    if name.endswith((".index", ".meta")) or ".data-" in name:
        path = os.path.join(os.path.dirname(path), name.rpartition(".")[0])
    with quiet():
        exists = tf.compat.v1.train.checkpoint_exists(path)
    if not exists:
        folder = os.path.dirname(path) or "."
        there = [os.path.basename(found).removesuffix(".index") for found in indices(folder)]
        hint = f"In {folder!r} there are {listed(sorted(there))}" if there else "Give the name without .index or .data-00000-of-00001"
        raise FileError(f"{path}: there is no such checkpoint", hint)
    check_no_pipes(path, ".*")
    return path


def _restored(graph_def: Any, scope: str | None) -> dict[str, tuple[str, str]]:
    """What the graph's restoring ops assign to each variable: (key, slice). `scope` says whose, if a graph has several savers."""
    tf = tensorflow()
    nodes = {node.name: node for node in graph_def.node}

    def strings(name: str) -> list[str]:
        return [text.decode() for text in tf.make_ndarray(nodes[name].attr["value"].tensor).reshape(-1)]

    found = {}
    for node in graph_def.node:
        if node.op not in ("Assign", "AssignVariableOp") or (scope and not node.name.startswith(scope)):
            continue
        value, _, number = node.input[1].partition(":")
        while value in nodes and nodes[value].op in ("Identity", "Reshape"):
            value, _, number = nodes[value].input[0].partition(":")
        restore = nodes.get(value)
        if restore is not None and restore.op == "RestoreV2" and all(nodes[name].op == "Const" for name in restore.input[1:3]):
            index = int(number or 0)
            found[node.input[0]] = (strings(restore.input[1])[index], strings(restore.input[2])[index])
    return found


def _slices(text: str) -> tuple[slice, ...]:
    """The slice of "10 20 0,5:-": sizes of the whole, then start and length of each dimension, or - for all of it."""
    parts = text.rpartition(" ")[2].split(":")
    pairs = [None if part == "-" else tuple(map(int, part.split(","))) for part in parts]
    return tuple(slice(None) if pair is None else slice(pair[0], pair[0] + pair[1]) for pair in pairs)
