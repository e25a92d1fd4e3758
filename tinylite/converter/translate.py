"""The walk from a TensorFlow graph to a Graph: each node becomes ops, or a constant, or nothing at all.

TfGraph ──Translator──> Graph
             ├─ folding    a node whose inputs are constants is computed
             ├─ partial    a shape that is known in part is computed in part
             └─ tf_ops     what each TensorFlow op becomes
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NoReturn

import numpy as np

from .. import ops
from ..errors import ConvertError, OutOfMemoryError, TinyliteError, at
from ..limits import Account
from ..model import Graph, Op, Tensor
from ..tensor_types import tensor_dtype
from . import folding, tf_ops
from .constants import Constants
from .custom import custom_op
from .frames import functionalized
from .graphdef import Function
from .partial import Partial
from .ranks import settle_ranks
from .shapes import Signature, broadcast, computed, infer, signature_of
from .tf_graph import Edge, TfGraph, TfNode, function_graph
from .types import untaken, wider

__all__ = ["Call", "Problem", "Settings", "Translator", "type_name"]

_TYPES = {
    np.dtype(tensor_dtype(name)): name
    for name in ("FLOAT32", "FLOAT16", "FLOAT64", "INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64", "BOOL",
                 "COMPLEX64", "COMPLEX128")
}  # fmt: skip
# A constant that folding would make much larger than what it is made from stays an op.
_MOST_FOLDED = 1 << 20
_TEXT = 64  # bytes that a text of a constant takes while it is written, beside its own
# The elementary operations that folding may take altogether: some ten seconds. What is more stays an op.
_MOST_WORK = 1 << 34
# No op has more outputs: a graph that says so is damaged, and a list of them would fill the memory.
_MOST_OUTPUTS = 1 << 16
# Functions can call functions twice that call others twice: no model of use has so many more nodes than its file, or functions so deep.
_FREE_NODES, _NODE_GROWTH = 1 << 14, 64
_DEEPEST = 50
# What becomes of attributes of another kind than the op's, and of inputs that it does not have.
_DAMAGES = (ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError)


def type_name(dtype: Any) -> str:
    """The tensor type of a numpy dtype."""
    dtype = np.dtype(dtype)
    return "STRING" if dtype.kind in "OSU" else _TYPES[dtype]


@dataclass(frozen=True)
class Problem:
    """A node that has no form in a .tflite file: why, and what to do."""

    node: str
    op: str
    why: str
    remedy: str | None = None


@dataclass
class Settings:
    """What a conversion is asked for, besides names and shapes.

    `fuse_lstm` lets the loop of an LSTM be one operator, which keeps its state from run to run (see passes/recognize_lstm).
    `keep_ranges` lets constants tell the range that they were fake-quantized with, and FAKE_QUANT ops have that of the graph, for a
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
    """The graph that is being written: its ops, and the tensors that stand for the edges of the TensorFlow graph.

    `sources` are the TensorFlow graphs whose edges these are, and `read` the edges that something reads.
    """

    graph: Graph
    values: dict[tuple[int, int], Tensor] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    sources: list[TfGraph] = field(default_factory=list)
    read: set[tuple[int, int]] = field(default_factory=set)
    outputs_read: dict[int, int] = field(default_factory=dict)  # up to which number outputs of a node, by its id, are read

    def reads(self, edges: Iterable[Edge]) -> None:
        """Remember that something reads these edges."""
        for edge in edges:
            self.read.add((id(edge.node), edge.index))
            self.outputs_read[id(edge.node)] = max(self.outputs_read.get(id(edge.node), 0), edge.index + 1)

    def free_name(self, wanted: str) -> str:
        name, number = wanted, 1
        while name in self.names:
            name, number = f"{wanted}_{number}", number + 1
        self.names.add(name)
        return name


class Call:
    """One node to be translated: its inputs as tensors, and the means to write ops."""

    def __init__(self, translator: Translator, scope: Scope, node: TfNode, inputs: Sequence[Tensor]) -> None:
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
        return tensor.data if tensor.is_constant and tensor.holds_numbers else None

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
        if value.dtype.kind not in "iu":
            self.fail(f"its {what} {self.input(index).name!r} is {self.input(index).type}, where integers are wanted")
        return [int(number) for number in value.reshape(-1)]

    def signature(self, tensor: Tensor) -> Signature:
        return signature_of(tensor)

    def shape(self, tensor: Tensor) -> tuple[int, ...]:
        """The shape of a tensor whose rank must be known, -1 for unknown dimensions."""
        signature = signature_of(tensor)
        if signature is None:
            self.fail(f"the number of dimensions of {tensor.name!r} is not known", "Give the shapes of the inputs (input_shapes)")
        return signature

    def rank(self, tensor: Tensor) -> int:
        return len(self.shape(tensor))

    def axis(self, number: int, rank: int) -> int:
        """An axis counted from the front."""
        if not -rank <= number < rank:
            self.fail(f"its axis {number} is not within the {rank} dimensions of its input")
        return number % rank

    def fits(self, condition: bool, why: str) -> None:
        """Shapes that a graph would not have by itself come of those that were given for its inputs."""
        self.want(condition, why, "Check the shapes of the inputs (input_shapes)")

    def fail(self, why: str, remedy: str | None = None) -> NoReturn:
        """This node has no form in a .tflite file."""
        raise ConvertError(why, remedy)

    def want(self, condition: bool, why: str, remedy: str | None = None) -> None:
        if not condition:
            self.fail(why, remedy)

    # ---- writing

    def make(self, values: Any, dtype: Any = None, name: str | None = None) -> Tensor:
        """A constant tensor. Equal ones become one later."""
        values = np.asarray(values, dtype)
        tensor = Tensor(self.scope.free_name(name or f"{self.node.name}/constant"), values.shape, type_name(values.dtype), has_rank=True)
        tensor.data = values
        return tensor

    def shape_tensor(self, shape: Iterable[int]) -> Tensor:
        """An INT32 vector, as ops take shapes, axes and paddings."""
        return self.make(np.asarray(list(shape), np.int32))

    def emit_all(
        self, code: str, inputs: Sequence[Tensor | None], types: Sequence[str | int], shapes: Sequence[Signature] | None = None,
        /, **options: Any,
    ) -> list[Tensor]:  # fmt: skip
        """Write an op with an output of each type; without `shapes` the operator's own rule gives them."""
        outputs = [Tensor(None, (), type) for type in types]
        op = Op(code, inputs, outputs, **options)
        for output, signature in zip(outputs, infer(op) if shapes is None else shapes, strict=True):
            made = computed("", output.type, signature)
            output.shape, output.shape_signature, output.has_rank = made.shape, made.shape_signature, made.has_rank
        self.scope.graph.ops.append(op)
        return outputs

    def emit(
        self, code: str, inputs: Sequence[Tensor | None], type: str | int | None = None, shape: Signature | str = "infer", /, **options: Any
    ) -> Tensor:
        """Write an op of one output, of the first input's type unless another is given; gives the output."""
        if type is None:
            assert inputs[0] is not None
            type = inputs[0].type
        shapes = None if isinstance(shape, str) else [shape]
        return self.emit_all(code, inputs, [type], shapes, **options)[0]

    # ---- what many ops are made of

    def check_count(self, count: int) -> None:
        """Fail if a constant of `count` elements, which the shape of an input asks for, is more than a file should hold."""
        self.want(count <= folding.MOST_MADE, f"it needs a constant of {count} elements", "Give inputs of smaller shapes (input_shapes)")

    def elementwise(self, code: str, *inputs: Tensor, type: str | int | None = None, **options: Any) -> Tensor:
        """An op whose inputs stretch to one shape; constants are computed at once.

        A type that the operator lacks is computed in a wider one.
        """
        values = [self.known(tensor) for tensor in inputs]
        computed = ops.find(code).numpy
        if computed is not None and all(value is not None for value in values) and not _would_grow(values):
            with np.errstate(all="ignore"):
                return self.make(np.asarray(computed(*values)), tensor_dtype(type or inputs[0].type))
        own = str(inputs[0].type)
        wide = wider(code, own)
        if wide == own:
            return self.emit(code, inputs, type, broadcast(*map(signature_of, inputs)), **options)
        made = self.elementwise(code, *(self.cast(tensor, wide) for tensor in inputs), type=type, **options)
        return made if type is not None else self.cast(made, own)

    def reshape(self, tensor: Tensor, shape: Sequence[int]) -> Tensor:
        """The same elements in another shape, -1 where a dimension is unknown; nothing is written if it is that already."""
        if signature_of(tensor) == tuple(shape):
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
        return self.emit("CAST", [tensor], type, signature_of(tensor), in_data_type=tensor.type, out_data_type=type)

    def body(self, name: str) -> TfGraph:
        """The graph that an attribute refers to: a function of the library, or what was made of TensorFlow 1's control flow."""
        return self.translator.body(self.node.attributes.get(name))

    def inline(self, reference: Any, arguments: Sequence[Tensor]) -> list[Tensor]:
        """The outputs of a function, whose nodes are translated here as if they stood in place of this one."""
        source = self.translator.body(reference, f"{self.node.name}/")
        self.want(len(source.inputs) == len(arguments), f"it gives {len(arguments)} arguments to a function of {len(source.inputs)}")
        with self.translator.calling(reference):
            self.translator.walk(self.scope, source, arguments)
        return [self.translator.value(self.scope, edge) for edge in source.outputs]

    def is_read(self, index: int) -> bool:
        """Whether anything reads an output of the node."""
        return (id(self.node), index) in self.scope.read


Translation = Callable[[Call], "Tensor | Sequence[Tensor]"]


class Translator:
    """Writes the graphs of one Model. `problems` collects what has no form, so that all of it can be told at once."""

    def __init__(
        self, functions: Mapping[str, Function], settings: Settings | None = None, progress: Callable[[int], None] | None = None,
        nodes: int = 0,
    ) -> None:  # fmt: skip
        """`nodes` is how many the graph has beside its functions."""
        self.functions = functions
        self.progress = progress or (lambda done: None)
        self.settings = settings or Settings()
        self.problems: list[Problem] = []
        self.counts = Counts()
        self.own_nodes = nodes + sum(len(function.nodes) for function in functions.values())
        self.most_nodes = _FREE_NODES + _NODE_GROWTH * self.own_nodes
        self.seen = 0  # nodes, or their outputs where they have several, those of bodies as often as they were translated
        self.graphs: list[Graph] = []
        self.account = Account(
            remedy="Cut the graph before it (output_arrays)"
        )  # of constants that are computed, or that the file has one value of
        self.growth_left, self.work_left = folding.MOST_MADE, _MOST_WORK
        self.variables: dict[str, np.ndarray] = {}  # first values, by the variables' names in the file
        self.constants = Constants()
        self.pieces: dict[int, tuple[Tensor, dict[int, Tensor]]] = {}  # by the ids of lists: their elements, where their places are known
        self.tables: dict[int, tuple[dict[str, Any], Sequence[np.ndarray]]] = {}  # by number: a table's options, its keys and values
        self.handles: dict[int, tuple[Tensor, Signature]] = {}  # by the ids of handles and values read: handle, and shape
        self.active: list[Any] = []  # the functions that are being translated, outermost first
        self.partial = Partial()
        self.unknown: dict[int, Tensor] = {}  # tensors behind a problem, of which nothing can be said

    def graph(self, source: TfGraph, inputs: Sequence[Tensor], name: str = "main") -> Graph:
        """Translate a graph whose inputs are `inputs`, in order."""
        return self.scope(source, inputs, name).graph

    def scope(self, source: TfGraph, inputs: Sequence[Tensor], name: str, parameters: Sequence[Tensor] | None = None) -> Scope:
        """The same, with what is needed to write more ops into it; of the inputs only `parameters` are inputs of the Graph."""
        scope = Scope(Graph(name, list(inputs if parameters is None else parameters)))
        self.graphs.append(scope.graph)
        scope.names.update(tensor.name or "" for tensor in inputs)
        self.walk(scope, source, inputs)
        scope.graph.outputs = [self.output(scope, edge) for edge in source.outputs]
        scope.graph.tensors = scope.graph.all_tensors()
        return scope

    def walk(self, scope: Scope, source: TfGraph, inputs: Sequence[Tensor]) -> None:
        """Translate the nodes of a graph into an open scope, in which `inputs` stand for its inputs."""
        for edge, tensor in zip(source.inputs, inputs, strict=True):
            scope.values[id(edge.node), edge.index] = tensor
        given = {id(edge.node) for edge in source.inputs}
        nodes = [node for node in source.nodes() if id(node) not in given]
        scope.sources.append(source)
        scope.names.update(node.name for node in nodes)
        scope.reads(source.outputs)
        scope.reads(edge for node in nodes for edge in node.inputs)
        for node in nodes:
            self.counts.nodes += 1
            self.progress(self.counts.nodes)
            self._count(1)
            self._count(self.node(scope, node) - 1)

    def _count(self, nodes: int) -> None:
        self.seen += max(nodes, 0)
        if self.seen > self.most_nodes:
            raise OutOfMemoryError(  # which is no problem of one node, to be noted beside others
                f"its functions, written out, have more than {self.most_nodes} nodes, of which the graph has {self.own_nodes}",
                "Let fewer functions call others, or cut the graph (output_arrays)",
            )

    def body(self, reference: Any, prefix: str = "") -> TfGraph:
        """A function of the library as a graph whose nodes' names begin with `prefix`; a graph stays what it is."""
        if isinstance(reference, TfGraph):
            return reference
        name = getattr(reference, "name", reference)
        if not isinstance(name, str) or name not in self.functions:
            raise ConvertError(
                f"it calls function {name!r}, which the graph's library does not have", "The graph is incomplete: write it again"
            )
        with at(f"function {name!r}"):
            return functionalized(function_graph(self.functions[name], self.functions, prefix))

    @contextmanager
    def calling(self, reference: Any) -> Iterator[None]:
        """Remembers the function that is being translated. Raises ConvertError if it is inside itself."""
        name = getattr(reference, "name", reference)
        if isinstance(name, str) and name in self.active:
            raise ConvertError(f"function {name!r} calls itself, and a .tflite file has no recursion", "Write it as a loop")
        if len(self.active) == _DEEPEST:
            raise ConvertError(f"functions, loops and conditionals stand more than {_DEEPEST} deep in one another")
        self.active.append(name)
        try:
            yield
        finally:
            self.active.pop()

    def share(self, outside: Tensor, inside: Tensor) -> None:
        """Know of a body's input, which always is a tensor outside, what is known of that."""
        self.partial.share(outside, inside)
        if outside.type == "RESOURCE" and id(outside) in self.handles:
            self.handles[id(inside)] = inside, self.handles[id(outside)][1]

    def add_first_values(self) -> None:
        """Begin the first graph with one that sets the variables and fills the tables, once."""
        if not self.variables and not self.tables:
            return
        first = Graph("first_values")
        for name, value in self.variables.items():
            handle = Tensor(name, (), "RESOURCE", has_rank=True)
            tensor = self.held(f"{name}/first_value", value)
            first.ops.append(Op("VAR_HANDLE", [], [handle], container="", shared_name=name))
            first.ops.append(Op("ASSIGN_VARIABLE", [handle, tensor], []))
        for number, (options, entries) in self.tables.items():
            handle = Tensor(f"table_{number}", (1,), "RESOURCE", has_rank=True)
            first.ops.append(Op("HASHTABLE", [], [handle], **options))
            parts = [self.held(f"table_{number}/{part}", value) for part, value in zip(("keys", "values"), entries, strict=True)]
            first.ops.append(Op("HASHTABLE_IMPORT", [handle, *parts], []))
        self.graphs.append(first)
        self.graphs[0].ops.insert(0, Op("CALL_ONCE", [], [], init_subgraph_index=first))

    def mark(self) -> tuple[int, int, Counts]:
        """Where the translation stands, for `undo`."""
        return len(self.graphs), len(self.problems), replace(self.counts)

    def undo(self, mark: tuple[int, int, Counts]) -> None:
        """Forget the graphs and problems since a mark: a graph was translated only to see the shapes that come out."""
        del self.graphs[mark[0] :], self.problems[mark[1] :]
        self.counts = replace(mark[2])

    def output(self, scope: Scope, edge: Edge) -> Tensor:
        """The tensor of an output, under the name that it was asked for if it has none that matters."""
        tensor = self.value(scope, edge)
        fixed = tensor.is_constant or any(tensor is other for other in (*scope.graph.inputs, *scope.graph.outputs))
        if not fixed and tensor.name != edge.name and all(other.name != edge.name for other in scope.graph.outputs):
            tensor.name = edge.name
        return tensor

    @staticmethod
    def value(scope: Scope, edge: Edge) -> Tensor:
        try:
            return scope.values[id(edge.node), edge.index]
        except KeyError:
            count = sum(1 for number, _ in scope.values if number == id(edge.node))
            raise ConvertError(f"output {edge.index} of node {edge.node.name!r} ({edge.node.op}) is read, and it has {count}") from None

    def node(self, scope: Scope, node: TfNode) -> int:
        """Translate one node, and return how many outputs it has; what cannot be is noted in `problems`."""
        inputs = [self.value(scope, edge) for edge in node.inputs]
        call = Call(self, scope, node, inputs)
        first = len(scope.graph.ops)
        try:
            with at(f"node {node.name!r} ({node.op})"):
                outputs = self.translated(call)
        except ConvertError as error:
            self.problems.append(Problem(node.name, node.op, error.problem, error.remedy))
            outputs = self.nothings(scope, node)
        self.name(scope, node, outputs, first)
        for index, tensor in enumerate(outputs):
            scope.values[id(node), index] = tensor
        return len(outputs)

    def nothings(self, scope: Scope, node: TfNode) -> list[Tensor]:
        """As many as are read, of outputs that the node may have."""
        return [self.nothing() for _ in range(min(_most_outputs(node), scope.outputs_read.get(id(node), 0)))]

    def nothing(self) -> Tensor:
        """What stands behind a node that has no form."""
        tensor = Tensor(None, (), "FLOAT32")
        self.unknown[id(tensor)] = tensor
        return tensor

    def translated(self, call: Call) -> Sequence[Tensor]:
        """The outputs of a node: computed now, or by ops. Raises ConvertError whatever its inputs and attributes are."""
        try:
            return self.computed_or_written(call)
        except TinyliteError:
            raise
        except _DAMAGES as error:
            raise ConvertError(
                f"its inputs or attributes are not what the op takes: {error}", "The graph is damaged: make it again"
            ) from error  # fmt: skip

    def computed_or_written(self, call: Call) -> Sequence[Tensor]:
        if _most_outputs(call.node) > _MOST_OUTPUTS:
            call.fail(f"it says that it has more than {_MOST_OUTPUTS} outputs or inputs", "The graph is damaged: make it again")
        translation = tf_ops.find("PartitionedCall" if call.op in self.functions else call.op)
        if any(id(tensor) in self.unknown for tensor in call.inputs):
            if translation is None and not self.may_be_custom(call.op):
                self.refuse(call)
            return self.nothings(call.scope, call.node)
        folded = self.folded(call) or self.partial.folded(call)
        if folded is not None:
            self.counts.folded += call.op != "Const"
            return folded
        if translation is None or (call.op not in folding.FOLDERS and self.constants.are_integers(call)):
            made = self.constants.outputs(call)
            if made is not None:
                return made
        if translation is None:
            if not self.may_be_custom(call.op):
                self.refuse(call, self.constants.why_not)
            return custom_op(call)
        first = len(call.scope.graph.ops)
        try:
            settle_ranks(call)
            outputs = translation(call)
        except OutOfMemoryError:
            raise
        except TinyliteError as error:
            made = self.constants.outputs(call)
            if made is not None:
                return made
            if self.may_be_custom(call.op):
                return custom_op(call)
            raise error if isinstance(error, ConvertError) else ConvertError(error.problem, error.remedy) from None
        outputs = [outputs] if isinstance(outputs, Tensor) else outputs
        if any(untaken(op) for op in call.scope.graph.ops[first:]):
            made = self.constants.outputs(call)
            if made is not None:
                del call.scope.graph.ops[first:]
                return made
        self.counts.dropped += all(any(tensor is given for given in call.inputs) for tensor in outputs)
        self.partial.follow(call, outputs)
        self.constants.remember(call, outputs)
        return outputs

    def may_be_custom(self, op: str) -> bool:
        return self.settings.allow_custom_ops or op in self.settings.custom_op_names

    def refuse(self, call: Call, why_not: str | None = None) -> NoReturn:
        call.fail(
            "it has no form among the builtin operators" + (f", and {why_not}" if why_not else ""),
            "Replace it in the model, cut the graph before it, or let it through as a custom op with allow_custom_ops",
        )

    def folded(self, call: Call) -> list[Tensor] | None:
        """The outputs as constants, if the inputs are and the node can be computed here."""
        if call.op not in folding.FOLDERS or any(not tensor.is_constant for tensor in call.inputs):
            return None
        if call.op != "Const" and any(not tensor.holds_numbers for tensor in call.inputs):
            return None
        given = [tensor.data for tensor in call.inputs]
        values = folding.fold(call, given)
        if values is None or (call.op != "Const" and _grows(given, values)):
            return None
        outputs = [self.constant(call, value, index) for index, value in enumerate(values)]
        if self.settings.keep_ranges and call.op in folding.FAKE_QUANTS:
            outputs[0].quantization = folding.told_range(call, given)
        elif call.op in folding.SAME_VALUES:
            with_range(outputs[0], call.inputs[0])
        return outputs

    def constant(self, call: Call, value: np.ndarray, index: int = 0) -> Tensor:
        if not value.flags.c_contiguous or (call.op != "Const" and call.op not in folding.SAME_VALUES):
            each = _TEXT if value.dtype.kind in "OSU" else value.itemsize
            self.account.take(value.size * each, f"the constant {call.node.name!r}")
        return self.held(Edge(call.node, index).name, value)

    @staticmethod
    def held(name: str, value: np.ndarray) -> Tensor:
        """A constant tensor of numbers or text."""
        tensor = Tensor(name, value.shape, type_name(value.dtype), has_rank=True)
        if value.dtype.kind in "OSU":
            tensor.buffer = folding.string_buffer(value)
        else:
            tensor.data = value
        return tensor

    @staticmethod
    def name(scope: Scope, node: TfNode, outputs: Sequence[Tensor], first: int) -> None:
        """Name the tensors of a node: outputs after the node, those of ops from `first` on that lie between after node and op."""
        for index, tensor in enumerate(outputs):
            if not tensor.name:
                tensor.name = Edge(node, index).name
        for op in scope.graph.ops[first:]:
            for tensor in op.outputs:
                tensor.name = tensor.name or scope.free_name(f"{node.name}/{op.code.lower()}")


def with_range(made: Tensor, source: Tensor) -> Tensor:
    """A constant that has another's values in another order, and so its range."""
    made.quantization = source.quantization
    return made


def _would_grow(values: Sequence[np.ndarray | None]) -> bool:
    """Whether stretching constants to one shape makes them much larger than what they are made from."""
    given = [value for value in values if value is not None]
    made = math.prod(np.broadcast_shapes(*(value.shape for value in given)))
    return made * max(value.itemsize for value in given) > _MOST_FOLDED + 2 * sum(value.nbytes for value in given)


def _grows(given: Sequence[np.ndarray | None], values: Sequence[np.ndarray]) -> bool:
    return sum(value.nbytes for value in values) > _MOST_FOLDED + 2 * sum(value.nbytes for value in given if value is not None)


def _most_outputs(node: TfNode) -> int:
    """As many outputs as anybody can read of a node of which nothing is known."""
    for name in ("num_split", "num", "N", "num_outs"):
        if isinstance(node.attributes.get(name), int):
            return min(max(node.attributes[name], 8), _MOST_OUTPUTS + 1)
    return min(max([8, *(len(value) for value in node.attributes.values() if isinstance(value, list))]), _MOST_OUTPUTS)
