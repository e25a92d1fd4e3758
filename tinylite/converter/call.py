"""One node of a TensorFlow graph while it is translated: what it is, and the means to write ops in its place."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

import numpy as np

from .. import ops
from ..errors import ConvertError
from ..model import Graph, Op, Tensor
from ..tensor_types import tensor_dtype
from .shapes import PartialShape, broadcast, computed, infer, partial_shape
from .tf_graph import Edge, TfGraph, TfNode
from .types import wider

__all__ = [
    "LARGEST_GROWTH", "MOST_MADE", "Call", "Counts", "Problem", "Scope", "Settings", "Translation", "TranslationContext", "type_name",
    "with_range",
]  # fmt: skip

_TYPES = {
    np.dtype(tensor_dtype(name)): name
    for name in ("FLOAT32", "FLOAT16", "FLOAT64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL",
                 "COMPLEX64", "COMPLEX128")
}  # fmt: skip
# A few numbers may ask for any amount of values: what would be more than these, by one node or by all together beyond those that
# they are made from, is left to the runtime.
MOST_MADE = 1 << 26
# A constant that folding would make so many bytes larger than what it is made from stays an op.
LARGEST_GROWTH = 1 << 20


def type_name(dtype: Any) -> str:
    """The tensor type of a numpy dtype."""
    dtype = np.dtype(dtype)
    return "STRING" if dtype.kind in "OSU" else _TYPES[dtype]


@dataclass(frozen=True)
class Problem:
    """A node that cannot be expressed in TFLite: why, and what to do."""

    node: str
    op: str
    why: str
    remedy: str | None = None


@dataclass
class Settings:
    """What a conversion is asked for, besides names and shapes.

    `fuse_lstm` lets the loop of an LSTM be one operator, which keeps its state from run to run (see passes/recognize_lstm).
    `keep_ranges` keeps with constants the range that they were fake-quantized with, and FAKE_QUANT ops have that of the graph, for a
    quantizer; `drop_fake_quants` leaves fake quantization out.
    """

    allow_custom_ops: bool = False
    custom_op_names: frozenset[str] = frozenset()
    fuse_lstm: bool = False
    keep_ranges: bool = False
    drop_fake_quants: bool = False


@dataclass
class Counts:
    """What became of the nodes, for the report."""

    nodes: int = 0
    folded: int = 0
    dropped: int = 0


@dataclass(eq=False)
class Scope:
    """The graph that is being written: its ops, and the tensors that represent the edges of the TensorFlow graph.

    `sources` are the TensorFlow graphs whose edges these are, and `read` the edges that something reads.
    """

    graph: Graph
    values: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    numbers: dict[str, int] = field(default_factory=dict)  # from which to look for a free name; many ops of a node want the same
    sources: list[TfGraph] = field(default_factory=list)
    read: set[tuple[int, int]] = field(default_factory=set)
    outputs_read: dict[int, int] = field(default_factory=dict)  # up to which number outputs of a node, by its id, are read

    def reads(self, edges: Iterable[Edge]) -> None:
        """Remember that something reads these edges."""
        for edge in edges:
            self.read.add((id(edge.node), edge.index))
            self.outputs_read[id(edge.node)] = max(self.outputs_read.get(id(edge.node), 0), edge.index + 1)

    def free_name(self, wanted: str) -> str:
        name, number = wanted, self.numbers.get(wanted, 1)
        while name in self.names:
            name, number = f"{wanted}_{number}", number + 1
        self.names.add(name)
        self.numbers[wanted] = number
        return name


class KnownValues(Protocol):
    """What is known of integer tensors, whole or in part."""

    def values(self, tensor: Tensor) -> list[int] | None:
        """The elements, -1 where one is not known; None if nothing is known."""
        ...


class ConstantValues(Protocol):
    """What is computed of constants alone."""

    def value(self, tensor: Tensor) -> np.ndarray | None: ...


class TranslationContext(Protocol):
    """What a translation may ask for beyond its node: the whole conversion. The Translator is one."""

    functions: Any
    settings: Settings
    problems: list[Problem]
    counts: Counts
    growth_left: int
    work_left: int
    variables: dict[str, np.ndarray]
    pieces: dict[int, tuple[Tensor, dict[int, Tensor]]]
    tables: dict[int, tuple[dict[str, Any], Sequence[np.ndarray]]]
    handles: dict[int, tuple[Tensor, PartialShape]]
    unknown: dict[int, Tensor]

    @property
    def partial(self) -> KnownValues: ...
    @property
    def constants(self) -> ConstantValues: ...
    def body(self, reference: Any, prefix: str = "") -> TfGraph: ...
    def calling(self, reference: Any) -> AbstractContextManager[None]: ...
    def scope(self, source: TfGraph, inputs: Sequence[Tensor], name: str, parameters: Sequence[Tensor] | None = None) -> Scope: ...
    def walk(self, scope: Scope, source: TfGraph, inputs: Sequence[Tensor]) -> None: ...
    def value(self, scope: Scope, edge: Edge) -> Tensor: ...
    def name(self, scope: Scope, node: TfNode, outputs: Sequence[Tensor], first: int) -> None: ...
    def constant(self, call: Call, value: np.ndarray, index: int = 0) -> Tensor: ...
    def share(self, outside: Tensor, inside: Tensor) -> None: ...
    def mark(self) -> tuple[int, int, Counts]: ...
    def undo(self, mark: tuple[int, int, Counts]) -> None: ...
    def nothing(self) -> Tensor: ...
    def may_be_custom(self, op: str) -> bool: ...


class Call:
    """One node to be translated: its inputs as tensors, and the means to write ops."""

    def __init__(self, translator: TranslationContext, scope: Scope, node: TfNode, inputs: Sequence[Tensor]) -> None:
        self.translator = translator
        self.scope = scope
        self.node = node
        self.inputs = list(inputs)

    # ---- reading

    @property
    def op(self) -> str:
        return self.node.op

    def attribute(self, name: str, default: Any = None) -> Any:
        """An attribute of the node; bytes come as text."""
        value = self.node.attributes.get(name, default)
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else value

    def input(self, index: int) -> Tensor:
        if not -len(self.inputs) <= index < len(self.inputs):
            self.fail(f"it has {len(self.inputs)} inputs and needs one more", "The graph is incomplete: write it again")
        return self.inputs[index]

    def known(self, tensor: Tensor) -> np.ndarray | None:
        """The value of a constant, or None."""
        return tensor.data if tensor.is_constant and tensor.is_numeric else None

    def constant(self, index: int, what: str, remedy: str | None = None) -> np.ndarray:
        """The value of an input that must be constant: `what` names it in the error."""
        value = self.known(self.input(index))
        value = self.translator.constants.value(self.input(index)) if value is None else value
        if value is None:
            self.fail(f"its {what} {self.input(index).name!r} is computed, and a .tflite file needs it constant", remedy)
        return value

    def numbers(self, index: int, what: str) -> list[int]:
        """The same as a list of Python integers."""
        value = self.constant(index, what)
        if value.dtype.kind not in "iub":
            self.fail(f"its {what} {self.input(index).name!r} is {self.input(index).type}, where integers are wanted")
        return [int(number) for number in value.reshape(-1)]

    def partial_shape(self, tensor: Tensor) -> PartialShape:
        return partial_shape(tensor)

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape of a tensor whose rank must be known, -1 for unknown dimensions."""
        partial = partial_shape(tensor)
        if partial is None:
            self.fail(f"the number of dimensions of {tensor.name!r} is not known", "Give the shapes of the inputs (input_shapes)")
        return partial

    def rank(self, tensor: Tensor) -> int:
        return len(self.shape(tensor))

    def axis(self, number: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= number < rank:
            self.fail(f"its axis {number} is not within the {rank} dimensions of its input")
        return number % rank

    def fits(self, condition: bool, why: str) -> None:
        """Shapes that a graph would not have by itself come of those that were given for its inputs."""
        self.require(condition, why, "Check the shapes of the inputs (input_shapes)")

    def fail(self, why: str, remedy: str | None = None) -> NoReturn:
        """This node cannot be expressed in TFLite."""
        raise ConvertError(why, remedy)

    def require(self, condition: bool, why: str, remedy: str | None = None) -> None:
        if not condition:
            self.fail(why, remedy)

    # ---- writing

    def make(self, values: Any, dtype: Any = None, name: str | None = None) -> Tensor:
        """A constant tensor, of the values' dtype: of a number of Python's, float64 or int64. Equal ones become one later."""
        values = np.asarray(values, dtype)
        tensor = Tensor(self.scope.free_name(name or f"{self.node.name}/constant"), values.shape, type_name(values.dtype), has_rank=True)
        tensor.data = values
        return tensor

    def shape_tensor(self, shape: Iterable[int]) -> Tensor:
        """An INT32 vector, as ops take shapes, axes and paddings."""
        return self.make(np.asarray(list(shape), np.int32))

    def emit_all(
        self, code: str, inputs: Sequence[Tensor | None], types: Sequence[str | int], shapes: Sequence[PartialShape] | None = None,
        /, **options: Any,
    ) -> list[Tensor]:  # fmt: skip
        """Write an op with an output of each type; without `shapes` the operator's own rule determines them."""
        outputs = [Tensor(None, (), type) for type in types]
        op = Op(code, inputs, outputs, **options)
        for output, partial in zip(outputs, infer(op) if shapes is None else shapes, strict=True):
            made = computed("", output.type, partial)
            output.shape, output.shape_signature, output.has_rank = made.shape, made.shape_signature, made.has_rank
        self.scope.graph.ops.append(op)
        return outputs

    def emit(
        self,
        code: str,
        inputs: Sequence[Tensor | None],
        type: str | int | None = None,
        shape: PartialShape | str = "infer",
        /,
        **options: Any,
    ) -> Tensor:
        """Write an op of one output, of the first input's type unless another is given; returns the output."""
        if type is None:
            assert inputs[0] is not None
            type = inputs[0].type
        shapes = None if isinstance(shape, str) else [shape]
        return self.emit_all(code, inputs, [type], shapes, **options)[0]

    # ---- what many ops are made of

    def check_count(self, count: int) -> None:
        """Fail if a constant of `count` elements, which the shape of an input asks for, is more than a file should hold."""
        self.require(count <= MOST_MADE, f"it needs a constant of {count} elements", "Give inputs of smaller shapes (input_shapes)")

    def elementwise(self, code: str, *inputs: Tensor, type: str | int | None = None, **options: Any) -> Tensor:
        """An op whose inputs stretch to one shape; constants are computed at once.

        A type that the operator lacks is computed in a wider one. Two inputs that do not share a type cannot be expressed in TFLite.
        """
        values = [self.known(tensor) for tensor in inputs]
        computed = ops.find(code).numpy
        if computed is not None and all(value is not None for value in values) and not _would_grow(values):
            with np.errstate(all="ignore"):
                return self.make(np.asarray(computed(*values)), tensor_dtype(type or inputs[0].type))
        own = str(inputs[0].type)
        if len(inputs) == 2 and inputs[1].type != own:
            named = " and ".join(f"{tensor.name!r} ({tensor.type})" for tensor in inputs)
            self.fail(f"{named} meet in {code}, whose inputs share a type", "Cast one of them to the type of the other before")
        wide = wider(code, own)
        if wide == own:
            return self.emit(code, inputs, type, broadcast(*map(partial_shape, inputs)), **options)
        made = self.elementwise(code, *(self.cast(tensor, wide) for tensor in inputs), type=type, **options)
        return made if type is not None else self.cast(made, own)

    def reshape(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        """The same elements in another shape, -1 where a dimension is unknown; nothing is written if it is that already."""
        if partial_shape(tensor) == tuple(shape):
            return tensor
        if list(shape).count(-1) > 1:
            self.fail(
                f"{tensor.name!r} would become {list(shape)}, of which only a run knows the dimensions", "Give the shapes of the inputs"
            )
        value = self.known(tensor)
        if value is not None:
            return with_range(self.make(value.reshape(shape)), tensor)
        return self.emit("RESHAPE", [tensor, self.shape_tensor(shape)], tensor.type, tuple(shape), new_shape=tuple(shape))

    def transpose(self, tensor: Tensor, order: Sequence[int]) -> Tensor:
        """Dimensions in another order; a constant is transposed at once."""
        if list(order) == list(range(len(order))):
            return tensor
        value = self.known(tensor)
        if value is not None:
            name = f"{tensor.name}/transpose" if tensor.quantization is not None else None
            return with_range(self.make(np.ascontiguousarray(value.transpose(order)), name=name), tensor)
        shape = self.shape(tensor)
        return self.emit("TRANSPOSE", [tensor, self.shape_tensor(order)], tensor.type, tuple(shape[axis] for axis in order))

    def cast(self, tensor: Tensor, type: str) -> Tensor:
        """The values in another type; nothing is written if it is that already."""
        if tensor.type == type:
            return tensor
        value = self.known(tensor)
        if value is not None:
            return self.make(value.astype(tensor_dtype(type)))
        return self.emit("CAST", [tensor], type, partial_shape(tensor), in_data_type=tensor.type, out_data_type=type)

    def body(self, name: str) -> TfGraph:
        """The graph that an attribute refers to: a function of the library, or what was made of TensorFlow 1's control flow."""
        return self.translator.body(self.node.attributes.get(name))

    def inline(self, reference: Any, arguments: Sequence[Tensor]) -> list[Tensor]:
        """The outputs of a function, whose nodes are translated here as if they were in place of this one."""
        source = self.translator.body(reference, f"{self.node.name}/")
        self.require(len(source.inputs) == len(arguments), f"it passes {len(arguments)} arguments to a function of {len(source.inputs)}")
        with self.translator.calling(reference):
            self.translator.walk(self.scope, source, arguments)
        return [self.translator.value(self.scope, edge) for edge in source.outputs]

    def is_read(self, index: int) -> bool:
        """Whether anything reads an output of the node."""
        return (id(self.node), index) in self.scope.read


Translation = Callable[[Call], "Tensor | Sequence[Tensor]"]


def with_range(made: Tensor, source: Tensor) -> Tensor:
    """A constant that has another's values in another order, and so its range."""
    made.quantization = source.quantization
    return made


def _would_grow(values: Sequence[np.ndarray | None]) -> bool:
    """Whether stretching constants to one shape makes them much larger than what they are made from."""
    given = [value for value in values if value is not None]
    made = math.prod(np.broadcast_shapes(*(value.shape for value in given)))
    return made * max(value.itemsize for value in given) > LARGEST_GROWTH + 2 * sum(value.nbytes for value in given)
