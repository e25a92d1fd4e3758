"""GraphDefs as Python objects, read without TensorFlow.

Tensors are views of the file's content: a graph of hundreds of megabytes is not copied.
"""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import CorruptFileError, FileError, ModelError, at
from ..limits import memory_shortage
from ..schema.graphdef import DATA_TYPES
from ..schema.prototext import binary_of_text
from ..schema.table import FormatError
from ..schema.wire import decode_message
from ..tensor_types import shape_problem, tensor_dtype
from .file_formats import HEAD, detect_format, identify, is_text, saved_model_file
from .io import content_of

__all__ = [
    "QUANTIZED", "Function", "FunctionRef", "GraphDef", "MetaGraph", "Node", "Placeholder", "read_graph_def", "read_meta_graph",
    "read_saved_model", "read_shape", "type_name",
]  # fmt: skip

_SPARE = 1 << 28
_LARGEST = 1 << 62  # a graph may count further than a .tflite file, and what it counts need not get there
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

    def number(self, name: str, default: float) -> float:
        """An attribute that is a number. Raises CorruptFileError if it is something else."""
        value = self.attributes.get(name, default)
        if not isinstance(value, (bool, int, float)):
            raise CorruptFileError(f"attribute {name!r} of node {self.name!r} is {value!r}, and no number", _DAMAGED)
        return value

    def numbers(self, name: str) -> np.ndarray:
        """An attribute that is a constant of numbers, any shape. Raises CorruptFileError if it is something else."""
        value = self.attributes.get(name)
        if not isinstance(value, np.ndarray) or value.dtype.kind not in "biuf":
            raise CorruptFileError(f"attribute {name!r} of node {self.name!r} is not a constant of numbers", _DAMAGED)
        return value


class Placeholder(str):
    """An attribute's value that the caller of a function passes."""


@dataclass(eq=False)
class FunctionRef:
    """A function that a node calls."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Function:
    """A FunctionDef: (name, type) of arguments and results, and what each result is in the body.

    An argument that represents several, as `number_attr` and `type_list_attr` make it, has the names of those attributes in
    `lists`, by its own name. `arg_attributes` holds the attributes of arguments by position (their shapes, for one).
    """

    name: str
    args: list[tuple[str, str]]
    results: list[tuple[str, str]]
    nodes: list[Node]
    returns: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    lists: dict[str, str] = field(default_factory=dict)
    arg_attributes: dict[int, dict[str, Any]] = field(default_factory=dict)


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


def read_graph_def(given: Any, *, text: bool | None = None) -> GraphDef:
    """Read a GraphDef from a path, from bytes, or from a GraphDef message of TensorFlow's.

    `text` says whether it is in text form; without it, the content decides. Raises FileError and CorruptFileError with file,
    node and place.
    """
    if isinstance(given, (str, os.PathLike)):
        path = os.fsdecode(given)
        with at(path):
            if os.path.isdir(path):
                raise FileError(f"not a GraphDef: this looks like {detect_format(path).text}", detect_format(path).remedy)
            graph = _read_graph(content_of(path), text)
        graph.source = path
        return graph
    if hasattr(given, "SerializeToString"):
        given, text = given.SerializeToString(), False
    with at(f"a GraphDef of {len(given)} bytes"):
        return _read_graph(memoryview(given).cast("B"), text)


def _read_graph(data: memoryview, text: bool | None) -> GraphDef:
    kind = identify(bytes(data[:HEAD]))
    if kind.id not in ("graph", "unknown") and text is None:
        raise FileError(f"not a GraphDef: this looks like {kind.text}", kind.remedy or None)
    graph = _Reader(len(data)).graph(_decoded("GraphDef", data, text))
    if not graph.nodes:
        raise CorruptFileError("it holds no nodes, so it is not a GraphDef", _DAMAGED)
    return graph


def read_saved_model(path: str | os.PathLike[str]) -> list[MetaGraph]:
    """The graphs of a SavedModel, without the values of variables; `path` is its directory or its saved_model.pb or .pbtxt.

    Raises FileError and CorruptFileError.
    """
    path = saved_model_file(path)
    with at(path):
        data = content_of(path)
        found = _decoded("SavedModel", data).get("meta_graphs", ())
        if not found:
            raise CorruptFileError("it holds no graph", _DAMAGED)
        return [_Reader(len(data)).meta_graph(message) for message in found]


def read_meta_graph(path: str | os.PathLike[str]) -> MetaGraph:
    """The MetaGraphDef that TensorFlow 1 writes beside a checkpoint (.meta). Raises FileError and CorruptFileError."""
    path = os.fsdecode(path)
    with at(path):
        data = content_of(path)
        found = _Reader(len(data)).meta_graph(_decoded("MetaGraphDef", data))
        if not found.graph.nodes:
            raise CorruptFileError("it holds no nodes, so it is not a MetaGraphDef", _DAMAGED)
        return found


def _decoded(message: str, data: memoryview, text: bool | None = None) -> dict[str, Any]:
    if not data:
        raise FileError("it is empty", "The download or the program that should have written it failed")
    if text is None:
        text = is_text(bytes(data[:HEAD]))
    try:
        with memory_shortage("reading it", "Read it on a larger machine, or end other programs"):
            return decode_message(message, memoryview(binary_of_text(message, data)) if text else data)
    except FormatError as error:
        raise CorruptFileError(f"not a {'readable' if text else 'complete'} {message}: {error}", _DAMAGED) from None


def type_name(number: int) -> str:
    """The name of a type by its number; references, which variables had in TensorFlow 1, as what they refer to."""
    return DATA_TYPES.get(number - 100 if number > 100 else number, f"TYPE_{number}")


def read_shape(message: dict[str, Any]) -> tuple[int, ...] | None:
    """A TensorShapeProto, None where the rank is unknown."""
    if message.get("unknown_rank"):
        return None
    return tuple([dim.get("size", 0) for dim in message.get("dim", ())])


class _Reader:
    """Objects for the messages of one file of `size` bytes."""

    def __init__(self, size: int) -> None:
        # What constants of which a file has the first values only may take altogether.
        self.spare = _SPARE + 64 * size

    def graph(self, message: dict[str, Any]) -> GraphDef:
        versions = message.get("versions", {})
        functions: dict[str, Function] = {}
        for entry in message.get("library", {}).get("function", ()):
            function = self.function(entry)
            if function.name in functions:
                raise CorruptFileError(f"two functions are named {function.name!r}", _DAMAGED)
            functions[function.name] = function
        return GraphDef(
            self.nodes(message.get("node", ())), functions,
            versions.get("producer", message.get("version", 0)), versions.get("min_consumer", 0),
        )  # fmt: skip

    def nodes(self, messages: Sequence[dict[str, Any]]) -> list[Node]:
        nodes: list[Node] = []
        seen: set[str] = set()
        for message in messages:
            name, op = message.get("name", ""), message.get("op", "")
            if not name or not op:
                raise CorruptFileError(f"node {len(nodes)} {name!r} has no {'op' if name else 'name'}", _DAMAGED)
            if name in seen:
                raise CorruptFileError(f"two nodes are named {name!r}", _DAMAGED)
            seen.add(name)
            with at(f"node {name!r}"):
                nodes.append(Node(name, op, message.get("input", []), self.attributes(message), message.get("device", "")))
        return nodes

    def function(self, message: dict[str, Any]) -> Function:
        signature = message.get("signature", {})
        name = signature.get("name", "")
        with at(f"function {name!r}"):
            sides = [signature.get(side, ()) for side in ("input_arg", "output_arg")]
            args, results = [[(arg.get("name", ""), type_name(arg.get("type", 0))) for arg in side] for side in sides]
            lists = {
                arg.get("name", ""): many for side in sides for arg in side if (many := arg.get("number_attr") or arg.get("type_list_attr"))
            }
            arg_attributes = {arg.get("key", 0): self.attributes(arg.get("value", {})) for arg in message.get("arg_attr", ())}
            nodes = self.nodes(message.get("node_def", ()))
            return Function(name, args, results, nodes, message.get("ret", {}), self.attributes(message), lists, arg_attributes)

    def meta_graph(self, message: dict[str, Any]) -> MetaGraph:
        info = message.get("meta_info_def", {})
        signatures = {
            key: {side: {name: _tensor_info(tensor) for name, tensor in entry.get(side, {}).items()} for side in ("inputs", "outputs")}
            for key, entry in message.get("signature_def", {}).items()
        }
        return MetaGraph(
            info.get("tags", []), self.graph(message.get("graph_def", {})), signatures, info.get("tensorflow_version", ""),
            "object_graph_def" in message,
        )  # fmt: skip

    def attributes(self, message: dict[str, Any]) -> dict[str, Any]:
        return {name: self.value(value) for name, value in message.get("attr", {}).items()}

    def value(self, message: dict[str, Any]) -> Any:
        """The one value that an AttrValue has; None if it has none."""
        for name, value in message.items():
            return self.plain(name, value)
        return None

    def plain(self, name: str, value: Any) -> Any:
        """A value in the field `name` of an AttrValue or of a list of such."""
        if name == "type":
            return type_name(value)
        if name == "shape":
            return read_shape(value)
        if name == "tensor":
            return self.tensor(value)
        if name == "s":
            return bytes(value)
        if name == "func":
            return FunctionRef(value.get("name", ""), self.attributes(value))
        if name == "list":
            for kind, values in value.items():
                return [self.plain(kind, item) for item in (values.tolist() if isinstance(values, np.ndarray) else values)]
            return []
        return Placeholder(value) if name == "placeholder" else value

    def tensor(self, message: dict[str, Any]) -> np.ndarray:
        """A tensor: its bytes as they lie, or values of which the last one is repeated for all that follow."""
        type, shape = type_name(message.get("dtype", 0)), read_shape(message.get("tensor_shape", {}))
        problem = "its rank is unknown" if shape is None else shape_problem(shape, _LARGEST)
        if shape is None or problem:
            raise CorruptFileError(f"a constant cannot be: {problem}", _DAMAGED)
        content = message.get("tensor_content")
        if type == "STRING" or not _is_numeric(type):
            texts: list[Any] = [bytes(text) for text in message.get("string_val", ())] or [b"" if type == "STRING" else None]
            values = np.empty(len(texts), object)
            values[:] = texts
        elif content:
            dtype, size = _dtype(type), math.prod(shape) * _dtype(type).itemsize
            if len(content) != size:
                raise CorruptFileError(f"a constant of {type} {list(shape)} takes {size} bytes and has {len(content)}", _DAMAGED)
            values = np.frombuffer(content, dtype)
        else:
            values = _values(message, _dtype(type))
        return self.filled(values, shape)

    def filled(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Values brought to a shape, read-only. One value for all takes no memory; a few in front of many are counted."""
        count = math.prod(shape)
        if values.size == count:
            values = values.reshape(shape)
        elif values.size == 1:
            return np.broadcast_to(values.reshape(()), shape)
        elif values.size > count:
            raise CorruptFileError(f"a constant of shape {list(shape)} has {values.size} values", _DAMAGED)
        else:
            self.spare -= count * values.itemsize
            if self.spare < 0:
                raise CorruptFileError(
                    f"a constant of shape {list(shape)} has only {values.size} values, and the file is too small to mean it", _DAMAGED
                )
            values = np.concatenate([values, np.full(count - values.size, values[-1], values.dtype)]).reshape(shape)
        values.flags.writeable = False
        return values


def _tensor_info(message: dict[str, Any]) -> tuple[str, str, tuple[int, ...] | None]:
    return message.get("name", ""), type_name(message.get("dtype", 0)), read_shape(message.get("tensor_shape", {}))


# ---- the values of constants

QUANTIZED = {"QINT8": "INT8", "QUINT8": "UINT8", "QINT16": "INT16", "QUINT16": "UINT16", "QINT32": "INT32"}
_FIELDS = {
    "float32": "float_val", "float64": "double_val", "int64": "int64_val", "bool": "bool_val", "uint32": "uint32_val",
    "uint64": "uint64_val", "complex64": "scomplex_val", "complex128": "dcomplex_val", "float16": "half_val",
}  # fmt: skip


def _is_numeric(type: str) -> bool:
    try:
        _dtype(type)
    except ModelError:
        return False
    return True


def _dtype(type: str) -> np.dtype[Any]:
    return np.dtype(tensor_dtype(QUANTIZED.get(type, type)))


def _values(message: dict[str, Any], dtype: np.dtype[Any]) -> np.ndarray:
    """The values that are written one by one, in the field of their type; small integers and bits of halves in integers."""
    if message.get("float8_val"):
        return np.frombuffer(message["float8_val"], np.uint8).astype(dtype)
    given = message.get(_FIELDS.get(dtype.name, "int_val"))
    if given is None and dtype == np.uint16:  # bfloat16 shows its bits
        given = message.get("half_val")
    if given is None or not given.size:
        return np.zeros(1, dtype)
    if dtype.kind == "c":
        if given.size % 2:
            raise CorruptFileError("a complex constant has half a value", _DAMAGED)
        return given.astype(f"f{dtype.itemsize // 2}").view(dtype)
    if dtype == np.float16:
        return given.astype(np.uint16).view(np.float16)
    return given.astype(dtype)
