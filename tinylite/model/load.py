"""Bytes to Model. Weights stay where they are: constants are views of the file's content."""

from __future__ import annotations

import mmap
import os
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from ..errors import CorruptFileError, FileError, NotATfliteFileError, at, quoted
from ..files.archives import attached_files
from ..files.c_arrays import model_in
from ..files.file_formats import HEAD, is_text
from ..files.io import content_of
from ..limits import memory_shortage
from ..schema.decode import FREE, SHARING, decode
from ..schema.table import FormatError, Table, enum_name, enum_number
from ..schema.tables import IDENTIFIER
from ..tensor_types import shape_problem, stored_size
from .objects import Contents, ExternalBuffer, Graph, Metadata, Op, Quantization, Signature, Tensor, references

__all__ = ["fill", "load"]

T = TypeVar("T")
_DAMAGED = "The file was cut short or changed after it was written: fetch or convert it again"


def load(file: str | os.PathLike[str] | bytes | bytearray | memoryview, into: Contents) -> None:
    """Read a .tflite file from a path or from its bytes, which are copied if they can change, into an object that holds nothing yet.

    Raises FileError or one of its kinds, naming the file, the place in it and what to do.
    """
    if isinstance(file, (bytes, bytearray, memoryview)):
        with at(f"model content of {len(file)} bytes"):
            if not _fixed(file):
                file = bytes(file)
            _load(np.frombuffer(file, np.uint8), None, into)
            return
    if not isinstance(file, (str, os.PathLike)):
        raise FileError(f"a model is loaded from a path or from a file's bytes, not from {quoted(file)}", _instead(file))
    path = os.fsdecode(file)
    with at(path):
        _load(_content(path), path, into)
    into.source = path


def _fixed(content: Any) -> bool:
    """Whether content stays as it is: bytes, and what is mapped; a view that is for reading only may be one of what others write."""
    base = content
    while isinstance(base, (np.ndarray, memoryview)):
        base = base.base if isinstance(base, np.ndarray) else base.obj
    return isinstance(base, bytes) or (isinstance(base, mmap.mmap) and memoryview(content).readonly)


def _instead(file: Any) -> str | None:
    """What to give where something else than a path or bytes was given."""
    if isinstance(file, Contents):
        return "It is a Model already; Model.copy() makes another one"
    if isinstance(file, np.ndarray):
        return "Give the bytes of the file: its tobytes()"
    if callable(getattr(file, "read", None)):
        return "Give what its read() returns, or its path"
    return None


def _load(data: np.ndarray, path: str | None, into: Contents) -> None:
    if bytes(data[4:8]) != IDENTIFIER:
        content = model_in(data.data) if is_text(bytes(data[:HEAD])) else None
        if content is not None:
            _load(np.frombuffer(content, np.uint8), None, into)
            return
        from ..files.diagnose import diagnose

        kind, remedy = diagnose(data.data, path)
        raise NotATfliteFileError(f"not a .tflite file: this looks like {kind}", remedy)
    with memory_shortage("reading it", "Read it on a larger machine, or end other programs"):
        try:
            root = decode(data)
        except FormatError as error:
            raise CorruptFileError(str(error), _DAMAGED) from None
        fill(into, root, data)
        into.associated_files, into.notes = attached_files(data)


def _content(path: str) -> np.ndarray:
    if os.path.isdir(path) or os.path.isfile(f"{path}.index"):
        from ..files.diagnose import diagnose_path

        kind, remedy = diagnose_path(path)
        raise NotATfliteFileError(f"not a .tflite file: this looks like {kind}", remedy)
    return np.frombuffer(content_of(path), np.uint8)


def fill(model: Contents, root: Table, data: np.ndarray) -> None:
    """Fill an empty model with what a decoded file holds; `data` is the whole file, for what lies after the root table."""
    model.description, model.version = root.description, root.version
    graphs = [Graph(name=table.name, debug_metadata_index=table.debug_metadata_index) for table in root.subgraphs or ()]
    if not graphs:
        raise CorruptFileError("it holds no graph", _DAMAGED)
    builder = _Builder(root, data, graphs)
    for index, (graph, table) in enumerate(zip(graphs, root.subgraphs, strict=True)):
        with at(f"graph {index}"):
            builder.fill(graph, table)
    model.graphs = graphs
    for entry in root.metadata or ():
        with at(f"metadata {entry.name!r}"):
            model.metadata.append(Metadata(entry.name, builder.bytes_of(entry.buffer)))
    if root.metadata_buffer is not None:
        with at("metadata_buffer"):
            model.metadata_buffer = [builder.bytes_of(int(index)) for index in root.metadata_buffer]
    for table in root.signature_defs or ():
        with at(f"signature {table.signature_key!r}"):
            model.signatures.append(builder.signature(table))
    model.unknown = list(root.unknown)


def _pick(items: Sequence[T], index: int, what: str) -> T:
    if not 0 <= index < len(items):
        raise CorruptFileError(f"it refers to {what} {index}, and there are {len(items)}", _DAMAGED)
    return items[index]


class _Builder:
    """Objects for the tables of one file."""

    def __init__(self, root: Table, data: np.ndarray, graphs: list[Graph]) -> None:
        self.data = data
        self.graphs = graphs
        self.parts: dict[tuple[int, int], np.ndarray] = {}  # what lies after the root table, by where and how long
        self.spare = SHARING * data.size + FREE  # bytes of custom options that several ops may share after the root table
        self.buffers: list[np.ndarray | None] = []
        for index, table in enumerate(root.buffers or ()):
            with at(f"buffer {index}"):
                self.buffers.append(self.buffer(table) if index else None)
        self.codes: list[tuple[str, int, str | None]] = []
        for index, table in enumerate(root.operator_codes or ()):
            with at(f"operator code {index}"):
                self.codes.append((self.code(table), table.version, table.custom_code))
        groups = [group.name for group in root.external_buffer_groups or ()]
        self.external: dict[int, ExternalBuffer] = {}
        for table in root.external_buffers or ():
            with at(f"external buffer {table.id}"):
                group = _pick(groups, table.group, "external buffer group")
            self.external[table.id] = ExternalBuffer(table.id, group, table.offset, table.length, table.packing)

    @staticmethod
    def code(table: Table) -> str:
        """Writers put codes up to 127 into the old field, some into that one only."""
        number = max(enum_number("BuiltinOperator", table.builtin_code), table.deprecated_builtin_code)
        if number < 0:
            raise CorruptFileError(f"its number is {number}, and operators count from 0", _DAMAGED)
        code = enum_name("BuiltinOperator", number)
        return code if isinstance(code, str) else f"OPERATOR_{code}"

    def buffer(self, table: Table) -> np.ndarray | None:
        if table.offset > 1:
            return self.behind(table.offset, table.size)
        found: np.ndarray | None = table.data
        return found

    def behind(self, offset: int, size: int) -> np.ndarray:
        """Bytes after the root table."""
        if offset + size > self.data.size:
            raise CorruptFileError(f"its data lie at bytes {offset} to {offset + size}, and the file ends at {self.data.size}", _DAMAGED)
        # Writers let equal constants share their bytes: such are one array, which is written once when the model is saved.
        return self.parts.setdefault((offset, size), self.data[offset : offset + size])

    def bytes_of(self, index: int) -> np.ndarray:
        found = _pick(self.buffers, index, "buffer")
        return np.zeros(0, np.uint8) if found is None else found

    def fill(self, graph: Graph, table: Table) -> None:
        for index, entry in enumerate(table.tensors or ()):
            with at(f"tensor {index} {entry.name!r}"):
                graph.tensors.append(self.tensor(entry))
        for index, tensor in enumerate(graph.tensors):
            if tensor.quantization is not None and tensor.quantization.details is not None:
                with at(f"tensor {index} {tensor.name!r}"):
                    self.refer(tensor.quantization.details, graph.tensors)
        graph.inputs = [_pick(graph.tensors, index, "tensor") for index in _list(table.inputs)]
        graph.outputs = [_pick(graph.tensors, index, "tensor") for index in _list(table.outputs)]
        for index, entry in enumerate(table.operators or ()):
            with at(f"op {index}"):
                code = _pick(self.codes, entry.opcode_index, "operator code")
            with at(f"op {index} {code[2] or code[0]}"):
                graph.ops.append(self.op(entry, *code, graph.tensors))

    def tensor(self, table: Table) -> Tensor:
        shape = tuple(_list(table.shape))
        problem = shape_problem(shape)
        if problem:
            raise CorruptFileError(problem, "Unknown dimensions belong in shape_signature" if "negative" in problem else _DAMAGED)
        tensor = Tensor(
            name=table.name, shape=shape, type=table.type,
            buffer=_pick(self.buffers, table.buffer, "buffer") if table.buffer else None,
            quantization=self.quantization(table.quantization) if table.quantization is not None else None,
            shape_signature=None if table.shape_signature is None else tuple(_list(table.shape_signature)),
            is_variable=table.is_variable, has_rank=table.has_rank, sparsity=table.sparsity, variant_tensors=table.variant_tensors,
        )  # fmt: skip
        if table.external_buffer:
            if table.external_buffer not in self.external:
                raise CorruptFileError(f"it refers to external buffer {table.external_buffer}, which the file does not describe", _DAMAGED)
            tensor.external_buffer = self.external[table.external_buffer]
        if tensor.buffer is not None and tensor.sparsity is None and tensor.external_buffer is None and tensor.is_numeric:
            size = stored_size(tensor.type, shape)
            if tensor.buffer.size < size:
                raise CorruptFileError(
                    f"it is {tensor.type} {list(shape)}, which takes {size} bytes, and its buffer has {tensor.buffer.size}", _DAMAGED
                )
        return tensor

    def quantization(self, table: Table) -> Quantization | None:
        vectors = {name: table.fields[name] for name in ("scale", "zero_point", "min", "max") if name in table.fields}
        if table.details is None and not any(len(vector) for vector in vectors.values()):
            return None
        return Quantization(**vectors, quantized_dimension=table.quantized_dimension, details=table.details)

    def op(self, table: Table, code: str, version: int, custom_code: str | None, tensors: list[Tensor]) -> Op:
        op = Op(
            code,
            [None if index == -1 else _pick(tensors, index, "tensor") for index in _list(table.inputs)],
            [_pick(tensors, index, "tensor") for index in _list(table.outputs)],
            version=version, custom_code=custom_code,
        )  # fmt: skip
        op.intermediates = [_pick(tensors, index, "tensor") for index in _list(table.intermediates)]
        op.mutating_variable_inputs = tuple(_list(table.mutating_variable_inputs))
        op.debug_metadata_index = table.debug_metadata_index
        op.options = table.builtin_options if table.builtin_options is not None else table.builtin_options_2
        if op.options is not None:
            self.refer(op.options, tensors)
        if table.large_custom_options_offset > 1:
            self.spare -= table.large_custom_options_size
            if self.spare < 0:
                raise CorruptFileError("its ops share custom options that take many times the file", _DAMAGED)
            op.custom_options = bytes(self.behind(table.large_custom_options_offset, table.large_custom_options_size))
        elif table.custom_options is not None:
            op.custom_options = bytes(table.custom_options)
        return op

    def refer(self, table: Table, tensors: list[Tensor]) -> None:
        """Replace what a file must say in numbers: arrays by tuples, indices by the objects they mean."""
        for name, value in table.fields.items():
            if isinstance(value, np.ndarray):
                table.fields[name] = bytes(value) if value.dtype == np.uint8 else tuple(value.tolist())
        for name, target in references(table):
            objects: Sequence[Any] = self.graphs if target == "subgraphs" else tensors
            what = "graph" if target == "subgraphs" else "tensor"
            value = getattr(table, name)
            if isinstance(value, tuple):
                table.fields[name] = tuple(_pick(objects, index, what) for index in value)
            elif value is not None:
                table.fields[name] = None if value == -1 else _pick(objects, value, what)

    def signature(self, table: Table) -> Signature:
        graph = _pick(self.graphs, table.subgraph_index, "graph")
        signature = Signature(table.signature_key, graph)
        for entries, names in ((table.inputs, signature.inputs), (table.outputs, signature.outputs)):
            for entry in entries or ():
                if entry.name is None:
                    raise CorruptFileError(f"it has no name for its tensor {entry.tensor_index}", _DAMAGED)
                if entry.name in names:
                    raise CorruptFileError(f"it uses the name {entry.name!r} twice", _DAMAGED)
                names[entry.name] = _pick(graph.tensors, entry.tensor_index, "tensor")
        signature.loose = any(signature.stale())
        return signature


def _list(vector: np.ndarray | Sequence[Any] | None) -> list[Any]:
    if vector is None:
        return []
    return vector.tolist() if isinstance(vector, np.ndarray) else list(vector)
