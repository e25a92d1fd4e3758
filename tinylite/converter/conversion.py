"""One conversion: a TensorFlow graph and the names of its inputs and outputs, to a Model and a report."""

from __future__ import annotations

import logging
import operator
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import ConvertError, FileError, OutOfMemoryError, TinyliteError, at
from ..files.graph_io import is_variable, likely_inputs, likely_outputs
from ..files.graphdef import GraphDef
from ..model import Graph, Model, Signature, Tensor, called_graphs
from ..passes.pipelines import optimize
from ..passes.recognize_lstm import recognize_lstm
from ..passes.set_versions import set_versions
from ..passes.simplify_loops import copy_moved_variables
from ..quantize.config import FullIntegerQuantization
from ..quantize.full_integer import quantize_graph, read_ranges
from ..tensor_types import tensor_dtype
from .call import Problem, Settings
from .frames import functionalized
from .halves import HALVES, in_float32
from .listing import listing, tf_listing
from .output_types import output_type
from .shapes import PartialShape, computed
from .target import type_of
from .tf_graph import Edge, TfGraph, TfNode, parse_name, tf_graph
from .tf_ops.registry import STAND_INS
from .translate import Translator
from .unsupported_types import unsupported_types

__all__ = ["Arrays", "Conversion", "Report", "guessed_inputs", "guessed_outputs", "input_types"]

Progress = Callable[[str, int, int], None]
T = TypeVar("T")
_log = logging.getLogger("tinylite")
Types = Mapping[str, Any] | Sequence[Any]
Shapes = Mapping[str, Sequence[int | None] | None] | Sequence[Sequence[int | None] | None]


@dataclass
class Arrays:
    """The inputs or outputs of a conversion: tensors' names, and what a signature calls them where there is one."""

    names: list[str]
    keys: list[str] | None = None

    def without(self, others: Iterable[str]) -> Arrays:
        """The same but for some tensors."""
        left_out = set(map(parse_name, others))
        kept = [place for place, name in enumerate(self.names) if parse_name(name) not in left_out] if left_out else range(len(self.names))
        return Arrays([self.names[place] for place in kept], None if self.keys is None else [self.keys[place] for place in kept])


@dataclass
class Report:
    """What a conversion did: `nodes` and `ops` count operators before and after, `changes` what each pass did."""

    nodes: Counter[str] = field(default_factory=Counter)
    ops: Counter[str] = field(default_factory=Counter)
    folded: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    constant_bytes: int = 0


class Conversion:
    """Converts one graph; `model` and `report` hold the result.

    `shapes` sets or overrides shapes of inputs, by name or for all in order; `batch_size` the first dimension of those where
    it is unknown, or with -1 makes it so. `types` says of which type inputs are where the graph does not, by name or for all in
    order. `constants` are values, by name, that replace placeholders or other tensors, which are then not inputs. `dump` is a
    directory that gets a text file for every stage.
    `progress` hears of each stage: its name, and how many of how many steps are done.
    `quantization` makes the model a fully quantized one; with `reorder_across_fake_quants` its passes may see through FakeQuants.

    Raises ConvertError for names that are not there, for a graph that is not frozen, and for ops that cannot be expressed in
    TFLite, all of them at once.
    """

    def __init__(
        self, graph_def: GraphDef, inputs: Arrays | None = None, outputs: Arrays | None = None, *,
        shapes: Shapes | None = None, types: Types | None = None, constants: Mapping[str, Any] | None = None,
        batch_size: int | None = None, settings: Settings | None = None, quantization: FullIntegerQuantization | None = None,
        reorder_across_fake_quants: bool = False,
        signature_key: str | None = None, dump: str | os.PathLike[str] | None = None, progress: Progress | None = None,
    ) -> None:  # fmt: skip
        self.report = Report()
        self.progress = progress or (lambda stage, done, total: None)
        self.dump = _Dump(dump) if dump is not None else None
        self.quantization = quantization
        self.reorder = reorder_across_fake_quants
        with at(graph_def.source or "the graph"):
            constants = constants or {}
            graph_def = in_float32(graph_def)
            inputs = (inputs or Arrays(guessed_inputs(graph_def))).without(constants)
            outputs = outputs or Arrays(guessed_outputs(graph_def))
            _check_names(inputs.names, outputs.names)
            self.batch_size = None if batch_size is None else _size(batch_size)
            settings = replace(settings or Settings(), keep_ranges=quantization is not None)
            try:
                self.model = self.converted(graph_def, inputs, outputs, shapes or {}, types or {}, constants, settings)
            except MemoryError as error:
                if isinstance(error, TinyliteError):
                    raise
                remedy = "Convert on a larger machine, or cut the graph before what needs so much (output_arrays)"
                raise OutOfMemoryError(f"its conversion takes more memory than there is: {error}", remedy) from None
        if signature_key is not None:
            graph = self.model.graph
            names = [dict(zip(a.keys or a.names, t, strict=True)) for a, t in ((inputs, graph.inputs), (outputs, graph.outputs))]
            self.model.signatures = [Signature(signature_key, graph, names[0], names[1])]

    def converted(
        self, graph_def: GraphDef, inputs: Arrays, outputs: Arrays, shapes: Shapes, types: Types, constants: Mapping[str, Any],
        settings: Settings,
    ) -> Model:  # fmt: skip
        with self.stage("read"):
            part = tf_graph(graph_def, inputs.names, outputs.names, rounded=self.quantization is not None, constants=constants)
            ends = [edge.node.name for edge in part.outputs]
            source = functionalized(part)
            nodes = source.nodes()
            self.report.nodes = Counter(node.op for node in nodes)
            _check_frozen(source, inputs.names)
            if self.dump:
                self.dump("graph", tf_listing(source))
        with self.stage("translate"):
            given = _by_name("shape", inputs.names, shapes)
            sizes = {name: None if shape is None else tuple(map(_size, shape)) for name, shape in given.items()}
            kinds = {name: _type(type) for name, type in _by_name("type", inputs.names, types).items()}
            tensors = [self.input(edge, name, sizes, kinds.get(name)) for name, edge in zip(inputs.names, source.inputs, strict=True)]
            translator = Translator(graph_def.functions, settings, lambda done: self.progress("translate", done, len(nodes)), len(nodes))
            with np.errstate(all="ignore"):  # values that cannot be make infinities and NaN, as in a run
                translator.graph(source, tensors)
            for tensor, end, name in zip(translator.graphs[0].outputs, ends, outputs.names, strict=True):
                if end != parse_name(name)[0]:  # a FakeQuant replaces it
                    tensor.name = name.removesuffix(":0")
            translator.add_first_values()
            self.report.folded = translator.counts.folded
            if self.dump:
                self.dump("translated", listing(translator.graphs))
            _raise_all(translator.problems)
        ranges = read_ranges(translator.graphs[0], self.quantization) if self.quantization is not None and self.reorder else None
        with self.stage("optimize"):
            for graph in translator.graphs:
                self.optimized(graph)
            if settings.fuse_lstm:
                for graph in called_graphs(translator.graphs[0]):
                    if recognize_lstm(graph):
                        self.optimized(graph)
            graphs = called_graphs(translator.graphs[0])
            for graph in graphs:
                copy_moved_variables(graph)
        _raise_all([] if settings.allow_custom_ops else _left(graphs, settings))
        _raise_all(unsupported_types(graphs))
        if self.quantization is not None:
            with self.stage("quantize"):
                quantize_graph(graphs[0], self.quantization, ranges)
            if self.dump:
                self.dump("quantized", listing(graphs))
        model = Model(graphs, description="Converted by tinylite")
        set_versions(model)
        self.report.ops = Counter(op.name for graph in model.graphs for op in graph.ops)
        buffers = {id(t.buffer): t.buffer for graph in model.graphs for t in graph.tensors if t.buffer is not None}
        self.report.constant_bytes = sum(buffer.nbytes for buffer in buffers.values())
        return model

    def optimized(self, graph: Graph) -> None:
        for name, count in optimize(graph, watch=self.watch if self.dump else None).items():
            self.report.changes[name] = self.report.changes.get(name, 0) + count

    def input(self, edge: Edge, name: str, given: Mapping[str, PartialShape], wanted: str | None) -> Tensor:
        """The tensor of an input, of the shape that was given for it or that the graph knows, and of its type there."""
        known = _told_shape(edge.node)
        shape = given.get(name, known)
        if known is not None and shape is not None and len(known) != len(shape):
            raise ConvertError(
                f"input {name!r} is {list(known)} in the graph, and the shape given for it is {list(shape)}", "Give as many dimensions"
            )
        type = output_type(edge.node.op, edge.node.attributes, 0)
        if type is None and wanted is None:
            _log.warning("The graph does not say of which type %r is; it is taken for FLOAT32 (input_types says it otherwise)", name)
        elif None not in (type, wanted) and type != wanted and (type != "FLOAT32" or wanted not in ("UINT8", "INT8")):
            raise ConvertError(f"input {name!r} is {type} in the graph, and is asked to be {wanted}", "Leave its type out (input_types)")
        with at(f"input {name!r}"):
            return computed(edge.name, type or wanted or "FLOAT32", self.sized(shape))

    def sized(self, shape: PartialShape) -> PartialShape:
        """An input's shape with the batch size that was asked for; -1 leaves it open."""
        if self.batch_size == -1 and shape:
            return (-1, *shape[1:])
        return (self.batch_size, *shape[1:]) if self.batch_size and shape and shape[0] < 0 else shape

    def watch(self, name: str, graph: Graph, changes: int) -> None:
        """Write a graph down after a pass that changed it."""
        assert self.dump is not None
        self.dump(name, listing([graph]))

    def stage(self, name: str) -> _Stage:
        return _Stage(self, name)


class _Stage:
    """Times a stage and reports it."""

    def __init__(self, conversion: Conversion, name: str) -> None:
        self.conversion, self.name = conversion, name

    def __enter__(self) -> None:
        self.start = time.perf_counter()
        self.conversion.progress(self.name, 0, 0)

    def __exit__(self, *error: object) -> None:
        self.conversion.report.seconds[self.name] = time.perf_counter() - self.start


class _Dump:
    """Numbered text files in a directory, one for each stage."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self.directory = Path(directory)
        self.count = 0
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FileError(f"{directory} cannot be a directory for stages: {error}", "Give another one to dump") from None

    def __call__(self, stage: str, text: str) -> None:
        try:
            (self.directory / f"{self.count:03}_{stage}.txt").write_text(text)
        except OSError as error:
            raise FileError(f"{self.directory} cannot be written: {error}", "Give another directory to dump") from None
        self.count += 1


def guessed_inputs(graph_def: GraphDef) -> list[str]:
    """The Placeholders that something reads, in the graph's order."""
    return [node.name for node in likely_inputs(graph_def)]


def input_types(graph_def: GraphDef, names: Sequence[str]) -> list[str | None]:
    """The types of tensors, None where the graph does not say it."""
    nodes = {node.name: node for node in graph_def.nodes}
    places = [(nodes.get(node), index) for node, index in map(parse_name, names)]
    return [None if node is None else output_type(node.op, node.attributes, index, graph_def.functions) for node, index in places]


def guessed_outputs(graph_def: GraphDef) -> list[str]:
    """The nodes that have outputs which nobody reads."""
    found = [node.name for node in likely_outputs(graph_def)]
    if not found:
        raise ConvertError(
            "no output is found: all nodes are placeholders or constants, or are read by others", "Name the outputs (output_arrays)"
        )
    return found


def _check_names(inputs: Sequence[str], outputs: Sequence[str]) -> None:
    """Raise ConvertError if no output is named, or an input twice."""
    if not outputs:
        raise ConvertError("no output is named", "Name some (output_arrays), or leave that out for all that nobody reads")
    twice = [name for (name, _), count in Counter(map(parse_name, inputs)).items() if count > 1]
    if twice:
        raise ConvertError(f"{twice[0]!r} is named twice among the inputs", "Name each once (input_arrays)")


def _by_name(what: str, names: Sequence[str], given: Mapping[str, T] | Sequence[T]) -> dict[str, T]:
    """What is given for inputs, by their names, which may be written with or without :0, or for all in their order."""
    plain = {parse_name(name): name for name in names}
    if not isinstance(given, Mapping):
        if len(given) != len(names):
            raise ConvertError(f"{len(given)} {what}s are given for {len(names)} inputs", f"The inputs are {', '.join(names)}")
        given = dict(zip(names, given, strict=True))
    for name in given:
        if parse_name(name) not in plain:
            raise ConvertError(f"a {what} is given for {name!r}, which is not an input", f"The inputs are {', '.join(names)}")
    return {plain[parse_name(name)]: value for name, value in given.items()}


def _type(given: Any) -> str | None:
    """A type that was given for an input. Raises ConvertError for what is none."""
    type = type_of(given)
    try:
        if type not in (None, "STRING"):
            tensor_dtype(str(type))
    except TinyliteError:
        raise ConvertError(f"{given!r} is not the type of a tensor", "There are FLOAT32, INT32, UINT8, STRING and others") from None
    return "FLOAT32" if type in HALVES else type


def _size(size: object) -> int:
    """One dimension of a shape that was given. Raises ConvertError for what is none."""
    try:
        number = -1 if size is None else operator.index(size)  # type: ignore[arg-type]
    except TypeError:
        number = -2
    if not -1 <= number < 2**31:
        raise ConvertError(f"{size!r} is not the size of a dimension", "Sizes are whole numbers up to 2147483647; -1 is what may vary")
    return number


def _told_shape(node: TfNode) -> PartialShape:
    """The shape that a Placeholder asks for."""
    shape = node.attributes.get("shape")
    return tuple(shape) if isinstance(shape, (tuple, list)) and all(isinstance(size, int) for size in shape) else None


def _check_frozen(source: TfGraph, inputs: Sequence[str]) -> None:
    """Raise ConvertError if the graph has variables without values, or inputs that are not named."""
    nodes = source.nodes()
    variables = [node.name for node in nodes if is_variable(node.op) and node.attributes.get("first_value") is None]
    if variables:
        some = ", ".join(map(repr, variables[:5])) + (", ..." if len(variables) > 5 else "")
        raise ConvertError(
            f"the graph is not frozen: {len(variables)} of its nodes are variables without values ({some})",
            "Join it with its checkpoint: tinylite convert GRAPH --input_checkpoint CHECKPOINT --output_arrays NAMES, in Python "
            "tinylite.convert(GRAPH, outputs=NAMES, checkpoint=CHECKPOINT)",
        )
    given = {id(edge.node) for edge in source.inputs}
    missing = [node.name for node in nodes if node.op == "Placeholder" and id(node) not in given and not _is_leftover(node.name)]
    if missing:
        raise ConvertError(
            f"the outputs need {', '.join(map(repr, missing[:8]))}, which must be fed, besides the inputs {', '.join(map(repr, inputs))}",
            "Add them to the inputs (input_arrays), or fix them to values (constants)",
        )


def _is_leftover(name: str) -> bool:
    return name.startswith("unused_control_flow_input")


def _left(graphs: Sequence[Graph], settings: Settings) -> list[Problem]:
    """Temporary ops for a pattern that was not found."""
    return [
        Problem(op.outputs[0].name or "", op.name, "it cannot be expressed with builtin operators outside of a GELU",
                "Replace it in the model, or let it through as a custom op with allow_custom_ops")
        for graph in graphs for op in graph.ops
        if op.code == "CUSTOM" and op.name in STAND_INS and op.name not in settings.custom_op_names
    ]  # fmt: skip


def _raise_all(problems: Sequence[Problem]) -> None:
    """Raise one ConvertError for all problems, those of the same kind together."""
    if not problems:
        return
    kinds: dict[tuple[str, str, str | None], list[str]] = {}
    for problem in problems:
        kinds.setdefault((problem.op, problem.why, problem.remedy), []).append(problem.node)
    lines = []
    for (op, why, remedy), nodes in sorted(kinds.items()):
        places = ", ".join(map(repr, nodes[:3])) + (f" and {len(nodes) - 3} more" if len(nodes) > 3 else "")
        lines.append(f"  {op} ({places}): {why}" + (f". {remedy}" if remedy else ""))
    count = len(problems)
    raise UnconvertibleError(f"{count} {'node' if count == 1 else 'nodes'} cannot be expressed in TFLite:\n" + "\n".join(lines), problems)


class UnconvertibleError(ConvertError):
    """Nodes that cannot be expressed in TFLite; `problems` has them one by one."""

    def __init__(self, text: str, problems: Sequence[Problem]) -> None:
        super().__init__(text)
        self.problems = list(problems)
