"""The Model: a .tflite file as objects that refer to each other, made to be read and edited.

    Model ── graphs ──> Graph ── ops ──> Op ── inputs, outputs ──> Tensor

Nothing is referred to by number: an Op holds its Tensors, a Signature its Graph. Numbers are given when the Model is
saved, in the order of `Model.graphs` and `Graph.tensors`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import numpy as np

from .errors import ModelError, TensorError, nearest, quoted
from .files import check_unchanged
from .schema.table import Table, fields_of
from .schema.tables import ENUMS, OPERATOR_OPTIONS
from .tensor_types import DTYPES, PACKED_BITS, pack, stored_size, tensor_dtype, unpack

__all__ = ["ExternalBuffer", "Graph", "Metadata", "Model", "Op", "Quantization", "Signature", "Tensor", "called_graphs"]


@dataclass(eq=False)
class Quantization:
    """real = scale * (stored - zero_point).

    `scale` float32 and `zero_point` int64, one element each for the whole tensor, or one for each index along
    `quantized_dimension`. `min` and `max` (float32, often empty) are the range that the parameters were made from.
    `details`, a Table of the schema's QuantizationDetails, replaces scale and zero_point where it is not None.
    With no scale, `min` and `max` are a range that a quantizer may make parameters from; `narrow`, which files do not hold,
    says that the least integer is left out of it.
    """

    scale: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    zero_point: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    quantized_dimension: int = 0
    min: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    max: np.ndarray = field(default_factory=lambda: np.zeros(0, np.float32))
    details: Table | None = None
    narrow: bool = False

    def __post_init__(self) -> None:
        self.scale = np.atleast_1d(np.asarray(self.scale, np.float32))
        self.zero_point = np.atleast_1d(np.asarray(self.zero_point, np.int64))
        self.min = np.atleast_1d(np.asarray(self.min, np.float32))
        self.max = np.atleast_1d(np.asarray(self.max, np.float32))

    @property
    def per_channel(self) -> bool:
        return self.scale.size > 1


@dataclass(eq=False)
class ExternalBuffer:
    """Constant data in another file: `length` bytes from `offset` of the file that `group` names."""

    id: int
    group: str | None
    offset: int = 0
    length: int = 0
    packing: str | None = None


@dataclass(eq=False)
class Tensor:
    """One value of a graph.

    `type` is a TensorType name ("FLOAT32", "INT8", ...), `shape` the shape the file was made for; `shape_signature` has
    -1 for dimensions that may vary, and is None where it says nothing more than `shape`. `buffer` holds a constant's
    bytes as the file has them (uint8 [n], often a read-only view of the file's content) and is None for a tensor that is
    computed; `data` shows it as numbers.
    """

    name: str | None = None
    shape: tuple[int, ...] = ()
    type: str | int = "FLOAT32"
    buffer: np.ndarray | None = None
    quantization: Quantization | None = None
    shape_signature: tuple[int, ...] | None = None
    is_variable: bool = False
    has_rank: bool = False
    sparsity: Table | None = None
    variant_tensors: list[Table] | None = None
    external_buffer: ExternalBuffer | None = None

    def __post_init__(self) -> None:
        names = ENUMS["TensorType"][1]
        if self.type not in names and not isinstance(self.type, int):  # a number is a type that the schema does not know yet
            raise ModelError(f"there is no tensor type {quoted(self.type)}", nearest(getattr(self.type, "__name__", self.type), names))

    @property
    def is_constant(self) -> bool:
        return self.buffer is not None

    @property
    def signature(self) -> tuple[int, ...]:
        """The shape, -1 where a dimension may vary."""
        return self.shape if self.shape_signature is None else self.shape_signature

    @property
    def scaling(self) -> Quantization | None:
        """The quantization, if it has a scale: where it only tells a range, stored numbers mean themselves."""
        return self.quantization if self.quantization is not None and self.quantization.scale.size else None

    @property
    def holds_numbers(self) -> bool:
        """Whether the elements are numbers; text, handles and types newer than this schema are not."""
        return self.type in DTYPES

    @property
    def data(self) -> np.ndarray | None:
        """A constant's elements, [shape] of the type's numpy dtype, or None for a computed tensor.

        A view of `buffer` wherever the bytes allow it. Sparse and text constants have no such view: read `buffer`. Raises FileError if
        the bytes are those of a large file that has been changed since it was loaded.
        """
        if self.buffer is None:
            return None
        check_unchanged([self.buffer])
        if self.sparsity is not None:
            raise TensorError(f"tensor {self.name!r} is stored sparse and has no dense view", "Read its buffer and sparsity")
        size = stored_size(self.type, self.shape)
        if self.buffer.size < size:
            raise ModelError(f"tensor {self.name!r} of shape {list(self.shape)} needs {size} bytes and its buffer has {self.buffer.size}")
        stored = self.buffer[:size]
        if self.type in PACKED_BITS:
            return unpack(stored, int(np.prod(self.shape, dtype=np.int64)), str(self.type)).reshape(self.shape)
        return stored.view(tensor_dtype(self.type)).reshape(self.shape)

    @data.setter
    def data(self, values: Any) -> None:
        """Make the tensor a constant. The values must be of the tensor's dtype; the tensor takes their shape."""
        if values is None:
            self.buffer = None
            return
        values = np.asarray(values)
        wanted = np.dtype(tensor_dtype(self.type))
        if values.dtype != wanted:
            quantized = self.scaling is not None and wanted.kind in "iu"
            raise TensorError(
                f"tensor {self.name!r} is {self.type} and was given {values.dtype} values",
                "Give tinylite.quantize_values(x, tensor), where x are real numbers"
                if quantized
                else f"Where all of them are such numbers, give x.astype(np.{wanted.name})",
            )
        self.shape = values.shape
        self.shape_signature = None
        self.sparsity = None
        if self.type in PACKED_BITS:
            self.buffer = pack(values, str(self.type))
        else:
            self.buffer = np.ascontiguousarray(values).reshape(-1).view(np.uint8)

    def __repr__(self) -> str:
        constant = ", constant" if self.is_constant else ""
        return f"Tensor({self.name!r}, {self.type} {list(self.shape)}{constant})"


_CUSTOM = "An operator that the format does not have is Op('CUSTOM', ..., custom_code=its name)"


def _options(code: str, table: str, given: dict[str, Any]) -> Table:
    """The options table of an operator. Raises ModelError for options that it lacks, and for names that an enum lacks."""
    known = fields_of(table)
    for name, value in given.items():
        if name not in known:
            has = f"It has {', '.join(known)}" if known else "It has none"
            raise ModelError(f"operator {code} has no option {name!r}", nearest(name, known) or has)
        names = ENUMS[known[name].type][1] if known[name].type in ENUMS else None
        if names is not None and isinstance(value, str) and value not in names:
            raise ModelError(f"option {name} of {code} cannot be {quoted(value)}", nearest(value, names) or f"There are {', '.join(names)}")
    return Table(table, **given)


class Op:
    """One operator of a graph: `code` is a BuiltinOperator name ("CONV_2D"), or "CUSTOM" with a `custom_code`.

    Options are given by keyword and read as `op.options.stride_w`; which there are, the schema says for each operator.
    An input that is left out is None. `version` is the lowest that says what the op needs, as the format counts it.
    """

    __slots__ = (
        "code",
        "custom_code",
        "custom_options",
        "debug_metadata_index",
        "inputs",
        "intermediates",
        "mutating_variable_inputs",
        "options",
        "outputs",
        "replaces",
        "version",
    )  # fmt: skip

    def __init__(
        self, code: str, inputs: Iterable[Tensor | None], outputs: Iterable[Tensor], /, *, version: int = 1,
        custom_code: str | None = None, custom_options: bytes | None = None, **options: Any,
    ) -> None:  # fmt: skip
        self.code = code
        self.inputs: list[Tensor | None] = list(inputs)
        self.outputs: list[Tensor] = list(outputs)
        self.version = version
        self.custom_code = custom_code
        self.custom_options = custom_options
        self.intermediates: list[Tensor] = []
        self.mutating_variable_inputs: tuple[bool, ...] = ()
        self.debug_metadata_index = -1
        self.replaces: tuple[Op, ...] = ()  # the ops that a pass made into this one
        self.options: Table | None = None
        known = ENUMS["BuiltinOperator"][1]
        if code not in known and not (isinstance(code, str) and code.startswith("OPERATOR_") and code[9:].isdigit()):
            raise ModelError(f"there is no operator {quoted(code)}", nearest(code, known) or _CUSTOM)
        if code in OPERATOR_OPTIONS:
            self.options = _options(code, OPERATOR_OPTIONS[code], options)
        elif options:
            raise ModelError(f"operator {code} has no options and was given {', '.join(options)}")

    @property
    def graphs(self) -> list[Graph]:
        """The graphs that its options refer to: those that it calls."""
        if self.options is None:
            return []
        found = (getattr(self.options, name) for name, target in references(self.options) if target == "subgraphs")
        return [graph for given in found for graph in (given if isinstance(given, list) else [given]) if isinstance(graph, Graph)]

    @property
    def name(self) -> str:
        """The operator, for people: the code, or a custom operator's own name."""
        return self.custom_code or "CUSTOM" if self.code == "CUSTOM" else self.code

    def __repr__(self) -> str:
        return f"Op({self.name}, {[t and t.name for t in self.inputs]} -> {[t.name for t in self.outputs]})"


@dataclass(eq=False, repr=False)
class Graph:
    """A list of ops in the order they run, and the tensors they read and write."""

    name: str | None = None
    inputs: list[Tensor] = field(default_factory=list)
    outputs: list[Tensor] = field(default_factory=list)
    ops: list[Op] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    debug_metadata_index: int = -1

    def all_tensors(self) -> list[Tensor]:
        """The tensors in the order in which a file numbers them: those listed, then others that are used, by first use."""
        return list({id(tensor): tensor for tensor in (*self.tensors, *self._used())}.values())

    def _used(self) -> Iterator[Tensor]:
        yield from self.inputs
        for op in self.ops:
            yield from (tensor for tensor in op.inputs if tensor is not None)
            yield from op.outputs
            yield from op.intermediates
        yield from self.outputs

    def tensor(self, name: str) -> Tensor:
        """The tensor of this name. Raises TensorError, with the nearest names, if there is none or more than one."""
        tensors = self.all_tensors()
        found = [tensor for tensor in tensors if tensor.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise TensorError(f"{len(found)} tensors are named {name!r}", "Pick one from graph.tensors")
        raise TensorError(f"no tensor is named {quoted(name)}", nearest(name, (tensor.name for tensor in tensors)))

    def __repr__(self) -> str:
        return f"Graph({self.name!r}, {shown_ends(self)}, {len(self.ops)} ops)"

    def _repr_html_(self) -> str:
        from .notebook import graph_table

        return graph_table(self)

    def producer(self, tensor: Tensor) -> Op | None:
        """The op that writes a tensor; None for inputs, constants and variables."""
        return next((op for op in self.ops if any(out is tensor for out in op.outputs)), None)

    def consumers(self, tensor: Tensor) -> list[Op]:
        """The ops that read a tensor, in order."""
        return [op for op in self.ops if any(read is tensor for read in op.inputs)]

    def cut(self, inputs: Iterable[Tensor | str], outputs: Iterable[Tensor | str]) -> None:
        """Keep only what computes `outputs` from `inputs`, which become the graph's own.

        Raises TensorError if an output needs a tensor that is neither a constant nor computed from `inputs`.
        """
        starts = [self.tensor(t) if isinstance(t, str) else t for t in inputs]
        ends = [self.tensor(t) if isinstance(t, str) else t for t in outputs]
        given = set(map(id, starts))
        needed = {id(tensor) for tensor in ends} - given
        kept: list[Op] = []
        for op in reversed(self.ops):
            if any(id(out) in needed for out in op.outputs):
                kept.append(op)
                needed -= {id(out) for out in op.outputs}
                needed |= {id(t) for t in op.inputs if t is not None} - given
        missing = [t for t in self.all_tensors() if id(t) in needed and t.buffer is None and not t.is_variable]
        if missing:
            raise TensorError(
                f"the cut needs {', '.join(repr(t.name) for t in missing)}, which is not computed from the inputs given",
                "Add it to the inputs",
            )
        self.ops = kept[::-1]
        self.inputs, self.outputs = starts, ends
        used = {id(t) for t in self._used()}
        self.tensors = [t for t in self.tensors if id(t) in used]


@dataclass(eq=False)
class Signature:
    """Names for a graph's inputs and outputs, as its author called them.

    Where an edit gives the graph other inputs or outputs, the file that is saved has the names for those that took their place; where
    it is not clear which did, saving raises ModelError. A `loose` signature stays as it is: the file had names for inner tensors.
    """

    key: str | None
    graph: Graph
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    loose: bool = False

    def stale(self) -> Iterator[tuple[str, str]]:
        """The names that it has for tensors which are no inputs or outputs of its graph, as (name, "input" or "output")."""
        for side, names, ends in (("input", self.inputs, self.graph.inputs), ("output", self.outputs, self.graph.outputs)):
            known = set(map(id, ends))
            yield from ((name, side) for name, tensor in names.items() if id(tensor) not in known)


@dataclass(eq=False)
class Metadata:
    """Named bytes that travel with the model: uint8 [n]."""

    name: str | None
    data: np.ndarray


# What a model has until it is closed.
_LENT = ("graphs", "metadata", "signatures", "associated_files", "unknown")


@dataclass(eq=False, repr=False)
class Model:
    """A whole .tflite file.

    `associated_files` are the files (label lists, mostly) that TensorFlow Lite's metadata tools append to a model as a
    zip archive. `source` is the path it was loaded from, for messages. `notes` say what could not be read of the file beside the
    graphs, and so will not be saved: attached files that are damaged or would unpack to far more than the file.
    """

    graphs: list[Graph] = field(default_factory=list)
    description: str | None = None
    version: int = 3
    metadata: list[Metadata] = field(default_factory=list)
    metadata_buffer: list[np.ndarray] | None = None
    signatures: list[Signature] = field(default_factory=list)
    associated_files: dict[str, bytes] = field(default_factory=dict)
    source: str | None = None
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @staticmethod
    def load(file: str | os.PathLike[str] | bytes) -> Model:
        """Read a model from a path or from bytes. Raises FileError with place and remedy.

        Files of less than 128 MB are read into memory, and may change afterwards. Larger ones are mapped, and must stay as they are
        as long as the model is used; replacing one by `save`, or by a rename, is no change.
        """
        from .load import load

        return load(file)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, whole or not at all. Raises ModelError with the place of what cannot be written."""
        from .save import save

        save(self, path)

    def to_bytes(self) -> bytes:
        """The .tflite file as bytes; the same model always gives the same."""
        from .save import to_bytes

        return to_bytes(self)

    def close(self) -> None:
        """Let go of the graphs and constants, and of a large file that is mapped. Using the Model afterwards raises ModelError."""
        for name in _LENT:
            self.__dict__.pop(name, None)

    def __enter__(self) -> Model:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __getattr__(self, name: str) -> NoReturn:
        # Only called for what is not there.
        if name in _LENT:
            raise ModelError("the model is closed", "Load it again" if self.source else None)
        raise AttributeError(f"a Model has no attribute {name!r}")

    @property
    def graph(self) -> Graph:
        """The first graph, which is the model; the others are called by it or by signatures."""
        return self.graphs[0]

    def cut(self, inputs: Iterable[Tensor | str], outputs: Iterable[Tensor | str]) -> None:
        """Keep only what computes `outputs` from `inputs` in the first graph, and the signatures that still fit.

        Raises TensorError, and changes nothing, if an output needs what is neither a constant nor computed from `inputs`.
        """
        self.graph.cut(inputs, outputs)
        self.signatures = [signature for signature in self.signatures if signature.graph is not self.graph or not any(signature.stale())]

    def infer_shapes(self) -> None:
        """Give the tensors of the first graph the shapes that follow from its inputs' shapes, which an edit may have changed.

        Raises what planning raises for shapes that the ops cannot take, and UnsupportedError where only a run can know them; nothing is
        changed then.
        """
        from .infer_shapes import infer_shapes

        infer_shapes(self)

    def copy(self) -> Model:
        """A Model that can be edited without changing this one; constants are shared, not copied, so give them anew to change them."""
        from .clone import copied

        return copied(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Model:
        from .clone import copied

        self._check_constants()
        return copied(self, constants=True)

    def __getstate__(self) -> dict[str, Any]:
        self._check_constants()  # they are about to be pickled
        return self.__dict__

    def _check_constants(self) -> None:
        check_unchanged(tensor.buffer for graph in self.graphs for tensor in graph.all_tensors())

    def __eq__(self, other: object) -> bool:
        """Whether all that the models hold is the same; where they come from, and in whose memory constants lie, does not count."""
        if not isinstance(other, Model):
            return NotImplemented
        from .clone import same

        return same(self, other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """One line: where it comes from, what its first graph takes and gives, and how much there is."""
        where = f"{self.source!r}: " if self.source else ""
        if "graphs" not in self.__dict__:
            return f"Model({where}closed)"
        if not self.graphs:
            return f"Model({where}no graph)"
        others = f", {len(self.graphs) - 1} other graphs" if len(self.graphs) > 1 else ""
        return f"Model({where}{shown_ends(self.graph)}, {len(self.graph.ops)} ops{others})"

    def _repr_html_(self) -> str:
        """What notebooks show: the first graph's ops as a table."""
        if "graphs" not in self.__dict__ or not self.graphs:
            return ""
        from .notebook import model_tables

        return model_tables(self)


def shown_ends(graph: Graph) -> str:
    """What a graph takes and gives, on one line."""
    ends = [", ".join(f"{t.name!r} {t.type} {list(t.signature)}" for t in side[:2]) for side in (graph.inputs, graph.outputs)]
    more = [f", {len(side) - 2} more" if len(side) > 2 else "" for side in (graph.inputs, graph.outputs)]
    shown = f"{ends[0]}{more[0]} -> {ends[1]}{more[1]}"
    return shown if len(shown) <= 300 else f"{shown[:297]}..."


def own_options(op: Op) -> Table | None:
    """The options of an op, unless they are those of another operator, which a file may give it."""
    return op.options if op.options is not None and op.options.table == options_table(op.code) else None


def options_table(code: str) -> str | None:
    """The name of the options table of an operator, if it has one."""
    return OPERATOR_OPTIONS.get(code)


def called_graphs(graph: Graph) -> list[Graph]:
    """A graph and all that its ops call, and theirs, each once."""
    found = {id(graph): graph}
    waiting = [graph]
    while waiting:
        for op in waiting.pop().ops:
            new = [called for called in op.graphs if id(called) not in found]
            found.update((id(called), called) for called in new)
            waiting += new
    return list(found.values())


def references(table: Table) -> Iterator[tuple[str, str]]:
    """The fields of a table that refer to others, as (field, what it refers to: "subgraphs" or "tensors")."""
    for name, declared in fields_of(table.table).items():
        if declared.index_of is not None:
            yield name, declared.index_of
