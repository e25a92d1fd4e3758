"""Model to bytes. The same Model always produces the same file."""

from __future__ import annotations

import os
from collections.abc import Iterable
from types import TracebackType
from typing import Any

import numpy as np

from ..errors import ModelError, TinyliteError, at, quoted
from ..files.io import check_unchanged, write_whole
from ..limits import memory_shortage
from ..schema.encode import encode
from ..schema.table import FormatError, Table, enum_number
from ..schema.tables import UNIONS
from .objects import Contents, ExternalBuffer, Graph, Op, Signature, Tensor, references
from .signatures import followed

__all__ = ["save", "tables_of", "to_bytes"]

# Offsets in a flatbuffer have 31 bits; beyond this much data, buffers move after the root table.
ROOT_LIMIT = 2**31 - 2**26
_ALIGNMENT = 16
_FIRST_NEW_CODE = 127  # operator codes from here on do not fit the old field


class _part(at):  # noqa: N801, as `at`
    """`at`, in a model that somebody has made: what Python says of a value of a wrong type there is a ModelError. "" is not a place."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        foreign = (TypeError, ValueError, AttributeError, LookupError, OverflowError, RuntimeError, BufferError)
        if isinstance(error, foreign) and not isinstance(error, (TinyliteError, FormatError)):
            wrong = ModelError(f"something there has a type that it cannot have: {error}", "Make it what tinylite.Model says")
            if self.place:
                super().__exit__(ModelError, wrong, None)
            raise wrong from error
        if self.place:
            super().__exit__(kind, error, trace)


def save(model: Contents, path: str | os.PathLike[str]) -> None:
    """Write a .tflite file, whole or not at all: it appears under its name when its last byte is written.

    Raises ModelError for a Model that the format cannot hold, FileError if the disk refuses.
    """
    path = os.fsdecode(path)
    with at(path):
        write_whole(path, _parts(model))


def to_bytes(model: Contents) -> bytes:
    """The .tflite file of a model. Raises ModelError for a Model that the format cannot hold."""
    with memory_shortage("writing it", "Save it to a file, which needs it once less"):
        return b"".join(_parts(model))


def _parts(model: Contents) -> Iterable[bytes | memoryview]:
    with memory_shortage("writing it", "End other programs, or write it on a larger machine"), _part(""):
        _check(model)
        return _encoded(model)


def _check(model: Contents) -> None:
    if model.unknown:
        raise ModelError(
            f"it was read from a file of a newer format, and saving would lose {', '.join(sorted(set(model.unknown)))}",
            "Clear model.unknown to save without them, or update tinylite",
        )
    if not model.graphs:
        raise ModelError("it has no graph", "Add one to model.graphs")


def _encoded(model: Contents) -> list[bytes | memoryview]:
    parts: list[bytes | memoryview]
    try:
        root = tables_of(model)
        check_unchanged(table.data for table in root.buffers)
        size = sum(len(table.data) for table in root.buffers if table.data is not None)
        parts = [encode(root, size + (1 << 16))] if size <= ROOT_LIMIT else _with_data_behind(root)
    except FormatError as error:
        raise ModelError(f"the format cannot hold {error.place}: {error.problem}") from None
    if model.associated_files:
        parts.append(_archive(model.associated_files))
    return parts


def _with_data_behind(root: Table) -> list[bytes | memoryview]:
    """The root table first, then the buffers, each where its offset says."""
    behind = [table for table in root.buffers if table.data is not None and len(table.data)]
    stored = [np.ascontiguousarray(table.data).data for table in behind]
    for table, data in zip(behind, stored, strict=True):
        # Any offset will do to find how long the root table is: every one takes the same eight bytes.
        table.data, table.offset, table.size = None, ROOT_LIMIT, len(data)
    end = len(encode(root))
    padding = []
    for table, data in zip(behind, stored, strict=True):
        padding.append(b"\0" * (-end % _ALIGNMENT))
        table.offset = end + len(padding[-1])
        end = table.offset + len(data)
    parts: list[bytes | memoryview] = [encode(root)]
    for gap, data in zip(padding, stored, strict=True):
        parts += [gap, data]
    return parts


def _archive(files: dict[str, bytes]) -> bytes:
    import io
    import zipfile

    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for name, content in files.items():
            target.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue()


def tables_of(model: Contents) -> Table:
    """The root table of a model: objects replaced by the numbers that a file must use. Raises ModelError."""
    with _part(""):
        return _Numbering(model).root()


class _Numbering:
    """Numbers for the objects of one model, given in the order they are met."""

    def __init__(self, model: Contents) -> None:
        self.model = model
        self.graphs = {id(graph): index for index, graph in enumerate(model.graphs)}
        self.tensors: dict[int, dict[int, int]] = {}
        self.buffers: list[np.ndarray | None] = [None]
        self.buffer_numbers: dict[int, int] = {}
        self.codes: dict[tuple[str, int, str | None], int] = {}
        self.external: dict[int, ExternalBuffer] = {}

    def root(self) -> Table:
        model = self.model
        root = Table("Model", version=model.version, description=model.description)
        # In the order in which they use buffers and operator codes.
        root.subgraphs = [self.graph(index, graph) for index, graph in enumerate(model.graphs)]
        root.operator_codes = [self.operator_code(*code) for code in self.codes]
        root.metadata = [Table("Metadata", name=entry.name, buffer=self.buffer(entry.data)) for entry in model.metadata] or None
        if model.metadata_buffer is not None:
            root.metadata_buffer = [self.buffer(data) for data in model.metadata_buffer]
        root.signature_defs = []
        for signature in model.signatures:
            with _part(f"signature {quoted(getattr(signature, 'key', None))}"):
                root.signature_defs.append(self.signature(signature))
        root.signature_defs = root.signature_defs or None
        groups = list(dict.fromkeys(buffer.group for buffer in self.external.values()))
        if groups:
            root.external_buffer_groups = [Table("ExternalBufferGroup", name=group) for group in groups]
            root.external_buffers = [
                Table("ExternalBuffer", id=buffer.id, group=groups.index(buffer.group), offset=buffer.offset,
                      length=buffer.length, packing=buffer.packing)
                for buffer in self.external.values()
            ]  # fmt: skip
        root.buffers = [Table("Buffer") if data is None else Table("Buffer", data=data) for data in self.buffers]
        return root

    @staticmethod
    def number(numbers: dict[int, int], item: Any) -> int:
        if id(item) not in numbers:
            raise ModelError(f"{item!r} is used and is not part of the model", "Add it to model.graphs or to its graph")
        return numbers[id(item)]

    def buffer(self, data: np.ndarray) -> int:
        """The same array is stored once, however many tensors hold it."""
        if id(data) not in self.buffer_numbers:
            if isinstance(data, (bytes, bytearray, memoryview)):
                stored = np.frombuffer(data, np.uint8)
            elif isinstance(data, np.ndarray) and data.dtype == np.uint8 and data.ndim == 1:
                stored = np.ascontiguousarray(data)
            else:
                raise ModelError(f"its bytes are {quoted(data)}", "Give a uint8 array of one dimension; Tensor.data takes numbers")
            self.buffer_numbers[id(data)] = len(self.buffers)
            self.buffers.append(stored)
        return self.buffer_numbers[id(data)]

    @staticmethod
    def operator_code(code: str, version: int, custom_code: str | None) -> Table:
        number = int(code[9:]) if code.startswith("OPERATOR_") and code[9:].isdigit() else enum_number("BuiltinOperator", code)
        return Table(
            "OperatorCode", builtin_code=number, deprecated_builtin_code=min(number, _FIRST_NEW_CODE), version=version,
            custom_code=custom_code,
        )  # fmt: skip

    def graph(self, index: int, graph: Graph) -> Table:
        with _part(f"graph {index}"):
            tensors = graph.all_tensors()
            numbers = {id(tensor): number for number, tensor in enumerate(tensors)}
            self.tensors[id(graph)] = numbers
            return Table(
                "SubGraph", name=graph.name, debug_metadata_index=graph.debug_metadata_index,
                tensors=[self.named(number, tensor, numbers) for number, tensor in enumerate(tensors)],
                inputs=self.indices(graph.inputs, numbers), outputs=self.indices(graph.outputs, numbers),
                operators=[self.op(op, numbers) for op in graph.ops],
            )  # fmt: skip

    def indices(self, tensors: Iterable[Tensor | None], numbers: dict[int, int]) -> np.ndarray:
        return np.array([-1 if tensor is None else self.number(numbers, tensor) for tensor in tensors], np.int32)

    def named(self, number: int, tensor: Tensor, numbers: dict[int, int]) -> Table:
        with _part(f"tensor {number} {quoted(getattr(tensor, 'name', None))}"):
            return self.tensor(tensor, numbers)

    def tensor(self, tensor: Tensor, numbers: dict[int, int]) -> Table:
        table = Table(
            "Tensor", name=tensor.name, shape=_sizes("shape", tensor.shape), type=tensor.type, is_variable=tensor.is_variable,
            has_rank=tensor.has_rank, sparsity=tensor.sparsity, variant_tensors=tensor.variant_tensors,
        )  # fmt: skip
        if tensor.buffer is not None:
            table.buffer = self.buffer(tensor.buffer)
        if tensor.shape_signature is not None:
            table.shape_signature = _sizes("shape signature", tensor.shape_signature)
        if tensor.external_buffer is not None:
            table.external_buffer = tensor.external_buffer.id
            self.external[tensor.external_buffer.id] = tensor.external_buffer
        if tensor.quantization is not None:
            quantization = tensor.quantization
            table.quantization = Table("QuantizationParameters", quantized_dimension=quantization.quantized_dimension)
            for name in ("min", "max", "scale", "zero_point"):
                if getattr(quantization, name).size:
                    setattr(table.quantization, name, getattr(quantization, name))
            if quantization.details is not None:
                table.quantization.details = self.refer(quantization.details, numbers)
        return table

    def op(self, op: Op, numbers: dict[int, int]) -> Table:
        with _part(f"op {getattr(op, 'name', None)}"):
            if not isinstance(op.version, (int, np.integer)):
                raise ModelError(f"its version is {quoted(op.version)}", "Give a whole number from 1 on")
            code = self.codes.setdefault((op.code, op.version, op.custom_code), len(self.codes))
            table = Table(
                "Operator", opcode_index=code, inputs=self.indices(op.inputs, numbers), outputs=self.indices(op.outputs, numbers),
                debug_metadata_index=op.debug_metadata_index,
            )  # fmt: skip
            if op.options is not None:
                union = "builtin_options" if op.options.table in UNIONS["BuiltinOptions"] else "builtin_options_2"
                setattr(table, union, self.refer(op.options, numbers))
            if op.custom_options is not None:
                table.custom_options = np.frombuffer(op.custom_options, np.uint8)
            if op.mutating_variable_inputs:
                table.mutating_variable_inputs = np.array(op.mutating_variable_inputs, np.bool_)
            if op.intermediates:
                table.intermediates = self.indices(op.intermediates, numbers)
            return table

    def refer(self, table: Table, tensors: dict[int, int]) -> Table:
        """A copy with numbers for the objects that it refers to."""
        if not isinstance(table, Table):
            raise ModelError(f"{quoted(table)} is not a Table of the schema")
        numbered = Table(table.table, **table.fields)
        for name, target in references(table):
            numbers = self.graphs if target == "subgraphs" else tensors
            if name not in table.fields:
                continue
            value = table.fields[name]
            if isinstance(value, tuple):
                numbered.fields[name] = tuple(self.number(numbers, item) for item in value)
            else:
                numbered.fields[name] = -1 if value is None else self.number(numbers, value)
        return numbered

    def signature(self, signature: Signature) -> Table:
        graph = signature.graph
        return Table(
            "SignatureDef", signature_key=signature.key, subgraph_index=self.number(self.graphs, graph),
            inputs=self.names(graph, followed(signature, "inputs")), outputs=self.names(graph, followed(signature, "outputs")),
        )  # fmt: skip

    def names(self, graph: Graph, tensors: dict[str, Tensor]) -> list[Table]:
        numbers = self.tensors.get(id(graph), {})
        return [Table("TensorMap", name=name, tensor_index=self.number(numbers, tensor)) for name, tensor in tensors.items()]


def _sizes(what: str, given: Any) -> np.ndarray:
    sizes = np.array(given)
    if sizes.ndim != 1 or (sizes.size and sizes.dtype.kind not in "iu"):
        raise ModelError(f"its {what} is {quoted(given)}", "Give whole numbers, as in (1, 224, 224, 3)")
    return sizes.astype(np.int64)
