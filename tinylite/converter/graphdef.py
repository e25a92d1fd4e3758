"""GraphDefs as Python objects, read without TensorFlow.

Tensors are views of the mapped file: a graph of hundreds of megabytes is not copied.
"""

from __future__ import annotations

import math
import mmap
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import CorruptFileError, FileError, at
from ..model import tensor_dtype
from ..schema.graphdef import DATA_TYPES
from ..schema.table import FormatError
from ..schema.wire import decode_message

__all__ = ["Function", "FunctionRef", "GraphDef", "MetaGraph", "Node", "Placeholder", "read_graph_def", "read_saved_model"]

_DAMAGED = "The file was cut short, changed after it was written, or is something else: write it again"


@dataclass(eq=False)
class Node:
    """A NodeDef: inputs as written ("a", "a:1", "^control", and "node:output:0" inside functions).

    Attributes are plain Python: bytes, int, float, bool, a type's name ("FLOAT32"), a shape as a tuple (-1 for unknown
    dimensions, None for unknown rank), a tensor as a numpy array, a FunctionRef, a Placeholder, or a list of such.
    """

    name: str
    op: str
    inputs: list[str]
    attributes: dict[str, Any]
    device: str = ""


class Placeholder(str):
    """An attribute's value that the caller of a function gives."""


@dataclass(eq=False)
class FunctionRef:
    """A function that a node calls."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Function:
    """A FunctionDef: (name, type) of arguments and results, and what each result is in the body.

    An argument that stands for several, as `number_attr` and `type_list_attr` make it, has the names of those attributes in
    `lists`, by its own name.
    """

    name: str
    args: list[tuple[str, str]]
    results: list[tuple[str, str]]
    nodes: list[Node]
    returns: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)


@dataclass(eq=False)
class GraphDef:
    """A graph and its library of functions; `source` is where it was read from, for messages."""

    nodes: list[Node]
    functions: dict[str, Function]
    producer: int = 0
    min_consumer: int = 0
    source: str | None = None


@dataclass(eq=False)
class MetaGraph:
    """A graph of a SavedModel: `signatures` maps a key to {"inputs": {name: (tensor, type, shape)}, "outputs": ...}."""

    tags: list[str]
    graph: GraphDef
    signatures: dict[str, dict[str, dict[str, tuple[str, str, tuple[int, ...] | None]]]]
    tensorflow_version: str = ""
    has_objects: bool = False  # TensorFlow 2 writes a graph of objects besides


def read_graph_def(given: Any) -> GraphDef:
    """Read a GraphDef from a path, from bytes, or from a GraphDef message of TensorFlow's; binary or text, as the content tells.

    Raises FileError and CorruptFileError with file, node and place.
    """
    if isinstance(given, (str, os.PathLike)):
        path = os.fspath(given)
        with at(path):
            graph = _graph(_decoded("GraphDef", _mapped(path)))
        graph.source = path
        return graph
    if hasattr(given, "SerializeToString"):
        given = given.SerializeToString()
    with at(f"a GraphDef of {len(given)} bytes"):
        return _graph(_decoded("GraphDef", memoryview(given)))


def read_saved_model(directory: str | os.PathLike[str]) -> list[MetaGraph]:
    """The graphs of a SavedModel, as its saved_model.pb (or .pbtxt) has them: without the values of variables."""
    path = os.path.join(directory, "saved_model.pb")
    path = path if os.path.exists(path) else f"{path}txt"
    with at(path):
        return [_meta_graph(message) for message in _decoded("SavedModel", _mapped(path)).get("meta_graphs", ())]


def _mapped(path: str) -> memoryview:
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                raise FileError("it is empty", "The program that should have written it failed")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise FileError("there is no such file", f"The current directory is {os.getcwd()}") from None
    except (OSError, ValueError) as error:
        raise FileError(f"it cannot be read: {error}", "Check the path and its permissions") from None


def is_text(head: bytes) -> bool:
    """Whether a protocol buffer that starts so is in text form: text has no control characters, and binary starts with one."""
    return (
        bool(head)
        and head[:1] not in b"\x08\x0a\x12\x1a\x22" + bytes([0x2A])
        and all(byte >= 32 or byte in b"\t\n\r" for byte in head[:64])
    )


def _decoded(message: str, data: memoryview) -> dict[str, Any]:
    try:
        head = bytes(data[:64])
        if is_text(head) or head.lstrip()[:4] in (b"node", b"libr", b"vers", b"save", b"meta"):
            from ..schema.prototext import binary_of_text

            data = memoryview(binary_of_text(message, str(data, "utf-8", "replace")))
        return decode_message(message, data)
    except FormatError as error:
        raise CorruptFileError(f"it is no whole {message}: {error}", _DAMAGED) from None


def _graph(message: dict[str, Any]) -> GraphDef:
    versions = message.get("versions", {})
    functions = [_function(entry) for entry in message.get("library", {}).get("function", ())]
    return GraphDef(
        _nodes(message.get("node", ())), {function.name: function for function in functions},
        versions.get("producer", message.get("version", 0)), versions.get("min_consumer", 0),
    )  # fmt: skip


def _nodes(messages: Any) -> list[Node]:
    nodes, seen = [], set()
    for message in messages:
        name = message.get("name", "")
        if name in seen:
            raise CorruptFileError(f"two nodes are named {name!r}", _DAMAGED)
        seen.add(name)
        with at(f"node {name!r}"):
            attributes = {key: _value(entry) for key, entry in message.get("attr", {}).items()}
            nodes.append(Node(name, message.get("op", ""), message.get("input", []), attributes, message.get("device", "")))
    return nodes


def _function(message: dict[str, Any]) -> Function:
    signature = message.get("signature", {})
    name = signature.get("name", "")
    with at(f"function {name!r}"):
        arguments = [*signature.get("input_arg", ()), *signature.get("output_arg", ())]
        lists = {arg.get("name", ""): text for arg in arguments if (text := arg.get("number_attr") or arg.get("type_list_attr"))}
        args, results = (
            [(arg.get("name", ""), type_name(arg.get("type", 0))) for arg in signature.get(which, ())]
            for which in ("input_arg", "output_arg")
        )
        attributes = {key: _value(entry) for key, entry in message.get("attr", {}).items()}
        return Function(name, args, results, _nodes(message.get("node_def", ())), message.get("ret", {}), attributes, lists)


def _meta_graph(message: dict[str, Any]) -> MetaGraph:
    info = message.get("meta_info_def", {})

    def tensors(entries: dict[str, Any]) -> dict[str, tuple[str, str, tuple[int, ...] | None]]:
        return {
            key: (entry.get("name", ""), type_name(entry.get("dtype", 0)), _shape(entry.get("tensor_shape", {})))
            for key, entry in entries.items()
        }

    signatures = {
        key: {which: tensors(entry.get(which, {})) for which in ("inputs", "outputs")}
        for key, entry in message.get("signature_def", {}).items()
    }
    return MetaGraph(
        info.get("tags", []), _graph(message.get("graph_def", {})), signatures, info.get("tensorflow_version", ""),
        "object_graph_def" in message,
    )  # fmt: skip


# ---- attributes


def type_name(number: int) -> str:
    """The name of a type by its number; references, which variables had in TensorFlow 1, as what they refer to."""
    return DATA_TYPES.get(number % 100 if number > 100 else number, f"TYPE_{number}")


def _shape(message: dict[str, Any]) -> tuple[int, ...] | None:
    if message.get("unknown_rank"):
        return None
    return tuple(dim.get("size", 0) for dim in message.get("dim", ()))


def _list(message: dict[str, Any]) -> list[Any]:
    for name, values in message.items():
        return [_PLAIN[name](value) for value in (values.tolist() if isinstance(values, np.ndarray) else values)]
    return []


def _reference(message: dict[str, Any]) -> FunctionRef:
    return FunctionRef(message.get("name", ""), {key: _value(entry) for key, entry in message.get("attr", {}).items()})


def _same(value: Any) -> Any:
    return value


def _value(message: dict[str, Any]) -> Any:
    """The one value that an AttrValue has; None if it has none."""
    for name, value in message.items():
        return _PLAIN[name](value)
    return None


def _tensor(message: dict[str, Any]) -> np.ndarray:
    """A tensor: its bytes as they lie, or values of which the last one stands for all that follow."""
    type, shape = type_name(message.get("dtype", 0)), _shape(message.get("tensor_shape", {})) or ()
    if min(shape, default=0) < 0 or len(shape) > 32:
        raise CorruptFileError(f"a tensor has the shape {list(shape)}", _DAMAGED)
    count = math.prod(shape)
    if count >= 1 << 62:
        raise CorruptFileError(f"a tensor has the shape {list(shape)}, more than any memory holds", _DAMAGED)
    if type == "STRING":
        return _filled(np.array([bytes(text) for text in message.get("string_val", ())] or [b""], object), shape, count)
    dtype = _dtype(type)
    content = message.get("tensor_content")
    if content:
        if len(content) != count * dtype.itemsize:
            raise CorruptFileError(
                f"a tensor of {type} {list(shape)} takes {count * dtype.itemsize} bytes and has {len(content)}", _DAMAGED
            )
        return np.frombuffer(content, dtype).reshape(shape)
    return _filled(_values(message, dtype), shape, count)


def _dtype(type: str) -> np.dtype[Any]:
    quantized = {"QINT8": np.int8, "QUINT8": np.uint8, "QINT16": np.int16, "QUINT16": np.uint16, "QINT32": np.int32}
    if type in quantized:
        return np.dtype(quantized[type])
    try:
        return np.dtype(tensor_dtype(type))
    except ValueError:
        raise CorruptFileError(f"a constant is of type {type}, which has no values", _DAMAGED) from None


_FIELDS = {
    "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val", "uint32": "uint32_val",
    "uint64": "uint64_val", "complex64": "scomplex_val", "complex128": "dcomplex_val", "float16": "half_val",
}  # fmt: skip


def _values(message: dict[str, Any], dtype: np.dtype[Any]) -> np.ndarray:
    """The values that are written one by one, in the field of their type; small integers and bits of halves in integers."""
    name = _FIELDS.get(dtype.name, "int_val")
    given = message.get(name)
    if given is None and dtype.name == "uint16":  # bfloat16 shows its bits
        given = message.get("half_val")
    if given is None:
        return np.zeros(1, dtype)
    if dtype.name in ("complex64", "complex128"):
        parts = np.asarray(given, f"f{dtype.itemsize // 2}")
        if parts.size % 2:
            raise CorruptFileError("a complex tensor has half a value", _DAMAGED)
        return np.ascontiguousarray(parts).view(dtype)
    if dtype.name == "float16":
        return np.asarray(given, np.int64).astype(np.uint16).view(np.float16)
    return np.asarray(given).astype(dtype)


def _filled(values: np.ndarray, shape: tuple[int, ...], count: int) -> np.ndarray:
    """Values brought to a shape. One value for all costs nothing; others must not be outgrown by far."""
    if values.size == count:
        return values.reshape(shape)
    if values.size == 1:
        return np.broadcast_to(values.reshape(()), shape)
    if values.size > count or count > 1 << 26:
        raise CorruptFileError(f"a tensor of shape {list(shape)} has {values.size} values", _DAMAGED)
    return np.concatenate([values, np.full(count - values.size, values[-1], values.dtype)]).reshape(shape)


_PLAIN: dict[str, Callable[[Any], Any]] = {
    "s": bytes, "i": _same, "f": _same, "b": _same, "type": type_name, "shape": _shape, "tensor": _tensor, "placeholder": Placeholder,
    "func": _reference, "list": _list,
}  # fmt: skip
