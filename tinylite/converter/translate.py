"""The walk from a TensorFlow graph to a Graph: each node becomes ops, or a constant, or nothing at all.

TfGraph ──Translator──> Graph
             ├─ folding    a node whose inputs are constants is computed
             ├─ partial    a shape that is known in part is computed in part
             └─ tf_ops     what each TensorFlow op becomes
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

import numpy as np

from ..errors import ConvertError, OutOfMemoryError, TinyliteError, at
from ..files.graphdef import Function
from ..limits import Account
from ..model import Graph, Op, Tensor
from . import folding, tf_ops
from .call import LARGEST_GROWTH, MOST_MADE, Call, Counts, Problem, Scope, Settings, type_name, with_range
from .constants import Constants
from .custom import custom_op
from .frames import functionalized
from .partial import Partial
from .ranks import settle_ranks
from .shapes import PartialShape
from .tf_graph import Edge, TfGraph, TfNode, function_graph
from .types import untaken

__all__ = ["Translator"]

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


class Translator:
    """Writes the graphs of one Model. `problems` collects what cannot be expressed in TFLite, so that all of it can be reported at once."""

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
        self.growth_left, self.work_left = MOST_MADE, _MOST_WORK
        self.variables: dict[str, np.ndarray] = {}  # first values, by the variables' names in the file
        self.constants = Constants()
        self.pieces: dict[int, tuple[Tensor, dict[int, Tensor]]] = {}  # by the ids of lists: their elements, where their places are known
        self.tables: dict[int, tuple[dict[str, Any], Sequence[np.ndarray]]] = {}  # by number: a table's options, its keys and values
        self.handles: dict[int, tuple[Tensor, PartialShape]] = {}  # by the ids of handles and values read: handle, and shape
        self.active: list[Any] = []  # the functions that are being translated, outermost first
        self.partial = Partial()
        self.unknown: dict[int, Tensor] = {}  # tensors after a problem, of which nothing can be said

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
        """Translate the nodes of a graph into an open scope, in which `inputs` represent its inputs."""
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
            raise OutOfMemoryError(  # which is not a problem of one node, to be noted beside others
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
            raise ConvertError(f"functions, loops and conditionals are nested more than {_DEEPEST} deep")
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
        """How far the translation is, for `undo`."""
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
        """A temporary output of a node that cannot be expressed in TFLite."""
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
            "it cannot be expressed with builtin operators" + (f", and {why_not}" if why_not else ""),
            "Replace it in the model, cut the graph before it, or let it through as a custom op with allow_custom_ops",
        )

    def folded(self, call: Call) -> list[Tensor] | None:
        """The outputs as constants, if the inputs are and the node can be computed here."""
        if call.op not in folding.FOLDERS or any(not tensor.is_constant for tensor in call.inputs):
            return None
        if call.op != "Const" and any(not tensor.is_numeric for tensor in call.inputs):
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


def _grows(given: Sequence[np.ndarray | None], values: Sequence[np.ndarray]) -> bool:
    return sum(value.nbytes for value in values) > LARGEST_GROWTH + 2 * sum(value.nbytes for value in given if value is not None)


def _most_outputs(node: TfNode) -> int:
    """As many outputs as anybody can read of a node of which nothing is known."""
    for name in ("num_split", "num", "N", "num_outs", "num_partitions"):
        if isinstance(node.attributes.get(name), int):
            return min(max(node.attributes[name], 8), _MOST_OUTPUTS + 1)
    return min(max([8, *(len(value) for value in node.attributes.values() if isinstance(value, list))]), _MOST_OUTPUTS)
