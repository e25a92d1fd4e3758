"""What a .tflite file holds, as objects that refer to each other.

    Contents ── graphs ──> Graph ── ops ──> Op ── inputs, outputs ──> Tensor

Nothing is referred to by number: an Op holds its Tensors, a Signature its Graph. Numbers are given when a model is
saved, in the order of `Contents.graphs` and `Graph.tensors`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from ..errors import ModelError, TensorError, nearest, quoted
from ..files.io import check_unchanged
from ..html_tables import ShownAsTable, ShownTable
from ..schema.table import Table, fields_of
from ..schema.tables import ENUMS, OPERATOR_OPTIONS
from ..tensor_types import DTYPES, PACKED_BITS, pack, shape_problem, stored_size, tensor_dtype, unpack

__all__ = [
    "Contents", "ExternalBuffer", "Graph", "Metadata", "Op", "Quantization", "Signature", "Tensor", "called_graphs", "options_table",
    "own_options", "references", "shown_ends",
]  # fmt: skip


@dataclass(eq=False, repr=False)
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
        for name, dtype in (("scale", np.float32), ("zero_point", np.int64), ("min", np.float32), ("max", np.float32)):
            setattr(self, name, _vector(name, getattr(self, name), dtype))

    @property
    def per_channel(self) -> bool:
        return self.scale.size > 1

    def __repr__(self) -> str:
        parts = [f"scale {_spread(self.scale)}, zero point {_spread(self.zero_point)}"] if self.scale.size else []
        if self.per_channel:
            parts.append(f"{self.scale.size} channels along dimension {self.quantized_dimension}")
        if self.min.size or self.max.size:
            parts.append(f"min {_spread(self.min)}, max {_spread(self.max)}")
        return f"Quantization({', '.join([*parts, *(['details'] if self.details is not None else [])])})"


def _spread(values: np.ndarray) -> str:
    """The number, if all are one, or the least and the greatest."""
    if not values.size:
        return "none"
    low, high = values.min(), values.max()
    return f"{low:.6g}" if low == high or values.size == 1 else f"{low:.6g} to {high:.6g}"


def _vector(name: str, given: Any, dtype: type) -> np.ndarray:
    try:
        found = np.atleast_1d(np.asarray(given))
        if found.ndim == 1 and (not found.size or found.dtype.kind in "biuf"):
            with np.errstate(all="ignore"):
                return found.astype(dtype, copy=False)
    except (TypeError, ValueError, OverflowError):
        pass
    raise ModelError(f"the {name} of a quantization is {quoted(given)}", "Give a number, or one for each channel")


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
        # A number is a type that the schema does not know yet.
        if not isinstance(self.type, int) and not (isinstance(self.type, str) and self.type in names):
            raise ModelError(f"there is no tensor type {quoted(self.type)}", nearest(getattr(self.type, "__name__", self.type), names))

    @property
    def is_constant(self) -> bool:
        return self.buffer is not None

    @property
    def dynamic_shape(self) -> tuple[int, ...]:
        """The shape, -1 where a dimension may vary."""
        return self.shape if self.shape_signature is None else self.shape_signature

    @property
    def quantization_params(self) -> Quantization | None:
        """The quantization, if it has a scale: where it only states a range, stored numbers mean themselves."""
        return self.quantization if self.quantization is not None and self.quantization.scale.size else None

    @property
    def is_numeric(self) -> bool:
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
        problem = shape_problem(self.shape)
        if problem is not None:
            raise ModelError(f"tensor {self.name!r}: {problem}", "Give it a shape that a tensor can have")
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
            quantized = self.quantization_params is not None and wanted.kind in "iu"
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
        return f"Tensor({quoted(self.name)}, {self.type} {quoted(list(self.shape))}{constant})"


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
        if not (isinstance(code, str) and code in known) and not (
            isinstance(code, str) and code.startswith("OPERATOR_") and code[9:].isdigit()
        ):
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
        return _cut(f"Op({self.name}, {_names(self.inputs)} -> {_names(self.outputs)}", ")")


@dataclass(eq=False, repr=False)
class Graph(ShownAsTable):
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
        found = [tensor for tensor in tensors if isinstance(name, str) and tensor.name == name]
        if len(found) == 1:
            return found[0]
        if found:
            raise TensorError(f"{len(found)} tensors are named {name!r}", "Pick one from graph.tensors")
        raise TensorError(f"no tensor is named {quoted(name)}", nearest(name, (tensor.name for tensor in tensors)))

    def __repr__(self) -> str:
        return f"Graph({quoted(self.name)}, {shown_ends(self)}, {len(self.ops)} ops)"

    def _shown_table(self) -> ShownTable:
        """A row an op, with what it is, what it reads and what it writes."""
        rows = ((index, op.name, _computed(op.inputs), _shown(op.outputs)) for index, op in enumerate(self.ops))
        return ShownTable(("op", "operator", "reads", "writes"), rows, len(self.ops), ("op",))

    def producer(self, tensor: Tensor) -> Op | None:
        """The op that writes a tensor; None for inputs, constants and variables."""
        return next((op for op in self.ops if any(out is tensor for out in op.outputs)), None)

    def consumers(self, tensor: Tensor) -> list[Op]:
        """The ops that read a tensor, in order."""
        return [op for op in self.ops if any(read is tensor for read in op.inputs)]

    def _named(self, given: Iterable[Tensor | str]) -> list[Tensor]:
        """Tensors, of which some may be given by their names. A text alone is the name of one."""
        names = [given] if isinstance(given, (str, Tensor)) else given
        if not isinstance(names, Iterable):
            raise TensorError(f"the ends of a cut should be tensors or their names, not {quoted(given)}")
        return [each if isinstance(each, Tensor) else self.tensor(each) for each in names]

    def cut(self, inputs: Iterable[Tensor | str], outputs: Iterable[Tensor | str]) -> None:
        """Keep only what computes `outputs` from `inputs`, which become the graph's own.

        Raises TensorError if an output needs a tensor that is neither a constant nor computed from `inputs`.
        """
        starts, ends = self._named(inputs), self._named(outputs)
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


@dataclass(eq=False, repr=False)
class Signature:
    """Names for a graph's inputs and outputs, as its author called them.

    Where an edit sets other inputs or outputs of the graph, the file that is saved has the names for those that took their place; where
    it is not clear which did, saving raises ModelError. A `loose` signature stays as it is: the file had names for inner tensors.
    """

    key: str | None
    graph: Graph
    inputs: dict[str, Tensor] = field(default_factory=dict)
    outputs: dict[str, Tensor] = field(default_factory=dict)
    loose: bool = False

    def __repr__(self) -> str:
        return _cut(f"Signature({self.key!r}, {quoted(list(self.inputs))} -> {quoted(list(self.outputs))}", ")")

    def stale(self) -> Iterator[tuple[str, str]]:
        """The names that it has for tensors which are not inputs or outputs of its graph, as (name, "input" or "output")."""
        for side, names, ends in (("input", self.inputs, self.graph.inputs), ("output", self.outputs, self.graph.outputs)):
            known = set(map(id, ends))
            yield from ((name, side) for name, tensor in names.items() if id(tensor) not in known)


@dataclass(eq=False, repr=False)
class Metadata:
    """Named bytes that travel with the model: uint8 [n]."""

    name: str | None
    data: np.ndarray

    def __repr__(self) -> str:
        return f"Metadata({quoted(self.name)}, {np.size(self.data)} bytes)"


@dataclass(eq=False, repr=False)
class Contents:
    """All that a file holds.

    `associated_files` are the files (label lists, mostly) that TensorFlow Lite's metadata tools append to a model as a
    zip archive. `source` is the path it was loaded from, for messages. `notes` say what could not be read of the file beside the
    graphs, and so will not be saved: attached files that are damaged or would unpack to far more than the file. `unknown` names what
    a newer format has in it.
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


def shown_ends(graph: Graph) -> str:
    """What a graph takes and returns, on one line."""
    ends = [", ".join(f"{t.name!r} {t.type} {list(t.dynamic_shape)}" for t in side[:2]) for side in (graph.inputs, graph.outputs)]
    more = [f", {len(side) - 2} more" if len(side) > 2 else "" for side in (graph.inputs, graph.outputs)]
    return _cut(f"{ends[0]}{more[0]} -> {ends[1]}{more[1]}")


def _cut(text: str, end: str = "") -> str:
    """A line that is not too long to be shown."""
    return f"{text if len(text) <= 300 else text[:297] + '...'}{end}"


def _names(tensors: Iterable[Tensor | None]) -> str:
    """The names of a few tensors, as a list."""
    first = list(islice(tensors, 21))
    shown = [quoted(tensor.name) if tensor is not None else "None" for tensor in first[:20]]
    return f"[{', '.join(shown)}{', ...' if len(first) > 20 else ''}]"


def _computed(tensors: Iterable[Tensor | None]) -> str:
    return _shown(tensor for tensor in tensors if tensor is not None and not tensor.is_constant)


def _shown(tensors: Iterable[Tensor]) -> str:
    return ", ".join(f"{tensor.name} {tensor.type} {list(tensor.dynamic_shape)}" for tensor in tensors)


def own_options(op: Op) -> Table | None:
    """The options of an op, unless they are those of another operator, which a file may have for it."""
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
