"""What two models compute of the same inputs: outputs, and what aligned ops write, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..arithmetic import Arithmetic
from ..errors import TensorError, TinyliteError, quoted
from ..inputs.random_values import random_inputs
from ..inputs.stored_values import as_array, dequantize_values, quantize_values, stored_as
from ..interpreter import GraphRunner, Interpreter
from ..interpreter.details import tensor_details
from ..model import Graph, Tensor
from ..tensor_types import tensor_dtype
from .align import Alignment
from .pairing import Pair, Pairing
from .records import Results, TensorResult
from .references import References
from .values import difference

__all__ = ["Runs", "problem_text"]


def problem_text(error: TinyliteError, told: str = "") -> str:
    """What an error says, without what to do, and without a place that is `told` already."""
    places = [place for place in reversed(error.places) if place != told]
    return f"{', '.join(places)}: {error.problem}" if places else error.problem


class Runs:
    """Both models, ready to run. `problem` says why one of them cannot, and then neither is run."""

    def __init__(self, a: Any, b: Any, arithmetic: Arithmetic | None) -> None:
        self.problem: str | None = None
        self.interpreters: list[Interpreter] = []
        for name, model in (("A", a), ("B", b)):
            try:
                self.interpreters.append(Interpreter(model, experimental_preserve_all_tensors=True, arithmetic=arithmetic))
            except TinyliteError as error:
                self.problem = f"{name} does not run: {problem_text(error, str(getattr(model, 'source', None)))}"
                return

    def results(self, found: Alignment, pairing: Pairing, a: References, b: References, given: Any, seed: int) -> Results:
        """Run the graphs that correspond to each other, and compare what comes out.

        Raises TensorError for inputs that were given and do not fit; whatever else prevents a run becomes the `problem` of the results.
        """
        inputs = f"random values of seed {seed}" if given is None else "the inputs given"
        problem = self.problem or _input_problem(pairing)
        if problem is not None:
            return Results(a.number, b.number, inputs, problem=problem)
        runners = [
            interpreter.get_graph_runner(side.number) for interpreter, side in zip(self.interpreters, (a, b), strict=True)
        ]  # fmt: skip
        try:
            places = [(a.indices[id(mine)], b.indices[id(theirs)]) for mine, theirs in pairing.inputs.pairs]
            arrays = None if given is None else _in_order(given, runners[0].graph)
            for which, (name, runner) in enumerate(zip("AB", runners, strict=True)):
                for place, array in zip(places, arrays or (), strict=False):
                    _resize(runner, place[which], array.shape)
                with _running(name, runner):
                    runner.allocate()
            values = _inputs(runners, places, arrays, seed)
            for name, runner, side in zip("AB", runners, values, strict=True):
                for index, value in side.items():
                    runner.set(index, value)
                with _running(name, runner):
                    runner.invoke()
        except _DoesNotRunError as error:
            return Results(a.number, b.number, inputs, problem=str(error))
        except TinyliteError as error:
            if given is not None:
                raise
            return Results(a.number, b.number, inputs, problem=f"no random values can be fed: {problem_text(error)}")
        return _compared(runners, found, pairing, a, b, inputs)


class _DoesNotRunError(Exception):
    """Which model does not run, and why."""


@contextmanager
def _running(name: str, runner: GraphRunner) -> Iterator[None]:
    try:
        yield
    except TinyliteError as error:
        raise _DoesNotRunError(f"{name} does not run: {problem_text(error, runner.place().place)}") from error


def _input_problem(pairing: Pairing) -> str | None:
    """Why the graphs cannot be given the same inputs, or None."""
    ends = pairing.inputs
    if ends.removed or ends.added:
        return "the models do not have the same inputs"
    for number, (a, b) in enumerate(ends.pairs):
        if tuple(a.shape) != tuple(b.shape):
            return f"input {number} {a.name!r} has the shape {list(a.shape)} in A and {list(b.shape)} in B"
        if (a.is_numeric, b.is_numeric) != (True, True):
            return f"input {number} {a.name!r} holds no numbers"
        kinds = [np.dtype(tensor_dtype(tensor.type)).kind for tensor in (a, b)]
        plain = [tensor.quantization_params is None and kind in "biu" for tensor, kind in zip((a, b), kinds, strict=True)]
        if a.type != b.type and (plain[0] != plain[1] or "c" in kinds):
            return f"input {number} {a.name!r} is {a.type} in A and {b.type} in B, and neither says the other's numbers"
    return None


def _resize(runner: GraphRunner, index: int, shape: tuple[int, ...]) -> None:
    """Give an input the shape of what was given for it, where its file leaves that open."""
    tensor = runner.graph.tensors[index]
    if len(shape) == len(tensor.dynamic_shape) and all(
        size in (-1, length) for size, length in zip(tensor.dynamic_shape, shape, strict=True)
    ):
        runner.resize(index, shape)


def _inputs(
    runners: Sequence[GraphRunner], places: Sequence[tuple[int, int]], given: Sequence[np.ndarray] | None, seed: int
) -> tuple[dict[int, np.ndarray], dict[int, np.ndarray]]:
    """What each graph is fed, by index: the same real numbers. `places` are the indices of inputs that correspond to each other."""
    tensors = [tuple(runner.graph.tensors[index] for runner, index in zip(runners, place, strict=True)) for place in places]
    sides = tuple(runner.graph for runner in runners)
    details = [tuple(runner.details(each) for runner, each in zip(runners, pair, strict=True)) for pair in tensors]
    if given is None:
        # Drawn as the coarser of the two stores them, the integers, so that the other one can be given the same numbers.
        drawn = [_drawn(pair, entries, sides) for pair, entries in zip(tensors, details, strict=True)]
        values = random_inputs([entry for _, entry in drawn], seed)
        from_b = [tensor is theirs for (tensor, _), (_, theirs) in zip(drawn, tensors, strict=True)]
        values = [
            value if tensor in pair else dequantize_values(value, tensor)
            for value, (tensor, _), pair in zip(values, drawn, tensors, strict=True)
        ]
    else:
        values = list(given)
        from_b = [value.dtype == theirs["dtype"] != mine["dtype"] for value, (mine, theirs) in zip(values, details, strict=True)]
    fed: tuple[dict[int, np.ndarray], dict[int, np.ndarray]] = {}, {}
    for (first, second), (mine, theirs), value, which in zip(places, tensors, values, from_b, strict=True):
        if which:
            fed[0][first], fed[1][second] = stored_as(value, theirs, mine), value
        else:
            fed[0][first] = _given(value, mine)
            fed[1][second] = stored_as(fed[0][first], mine, theirs)
    return fed


def _drawn(pair: Sequence[Tensor], entries: Sequence[dict[str, Any]], sides: Sequence[Graph]) -> tuple[Tensor, dict[str, Any]]:
    """The tensor that says the range of random values for an input, and its details: the first that is quantized of A's input, B's, and
    what QUANTIZE makes of A's or B's floats; else A's."""
    for tensor, details in zip(pair, entries, strict=True):
        if tensor.quantization_params is not None:
            return tensor, details
    for tensor, details, graph in zip(pair, entries, sides, strict=True):
        reads = [op for op in graph.ops if any(read is tensor for read in op.inputs)]
        if tensor.type == "FLOAT32" and reads and all(op.code == "QUANTIZE" and op.outputs for op in reads):
            made = reads[0].outputs[0]
            if made.quantization_params is not None and made.is_numeric and not made.quantization_params.per_channel:
                return made, {**tensor_details(made, details["index"], tuple(details["shape"])), "name": details["name"]}
    return pair[0], entries[0]


def _in_order(given: Any, graph: Graph) -> list[np.ndarray]:
    """What was given for each input: a sequence in the order of A, or a mapping by name."""
    names = [tensor.name or "" for tensor in graph.inputs]
    if isinstance(given, Mapping):
        unknown = [name for name in given if name not in names]
        missing = [name for name in names if name not in given]
        if unknown or missing:
            raise TensorError(
                f"the inputs are {', '.join(map(quoted, given)) or 'none'}", f"Give one for each of A's: {', '.join(map(repr, names))}"
            )
        return [as_array(given[name]) for name in names]
    if isinstance(given, np.ndarray) and len(names) == 1 and given.ndim == len(graph.inputs[0].shape):
        given = [given]  # the only one
    if isinstance(given, (str, bytes)) or not (isinstance(given, Sequence) or (isinstance(given, np.ndarray) and given.ndim)):
        raise TensorError(f"the inputs are {quoted(given)}", "Give a list with an array for each input of A, or a dict by name")
    values = list(given)
    if len(values) != len(names):
        raise TensorError(f"{len(values)} inputs are given and A has {len(names)}", f"Give one for each: {', '.join(map(repr, names))}")
    return list(map(as_array, values))


def _given(value: np.ndarray, tensor: Tensor) -> np.ndarray:
    """What was given for an input, as it stores it: real numbers are quantized, if it is."""
    if tensor.quantization_params is not None and value.dtype.kind == "f":
        return quantize_values(value, tensor)
    if np.dtype(tensor_dtype(tensor.type)).kind == "f" and value.dtype.kind in "fiub":
        return value.astype(tensor_dtype(tensor.type))
    return value  # which the interpreter refuses, with what to do


# ---- what came out


def _compared(
    runners: Sequence[GraphRunner], found: Alignment, pairing: Pairing, a: References, b: References, inputs: str
) -> Results:  # fmt: skip
    def result(pair: Pair) -> TensorResult:
        op_a = None if pair.op_a is None else a.op(pair.op_a)
        op_b = None if pair.op_b is None else b.op(pair.op_b)
        place = a.tensor(pair.a), b.tensor(pair.b), op_a, op_b, pair.role
        written = () if pair.op_b is None else found.b.ops[pair.op_b].outputs
        output = next((number for number, tensor in enumerate(written) if tensor is pair.b), None)
        try:
            values = [runner.view(side.indices[id(each)]) for runner, side, each in zip(runners, (a, b), (pair.a, pair.b), strict=True)]
        except TinyliteError as error:
            return TensorResult(*place, None, error.problem, output)
        if values[0].shape != values[1].shape:
            return TensorResult(*place, None, f"its shape is {list(values[0].shape)} in A and {list(values[1].shape)} in B", output)
        compared = difference(values[0], values[1], pair.a, pair.b)
        problem = None if compared is not None else f"{pair.a.type} cannot be compared with {pair.b.type}"
        return TensorResult(*place, compared, problem, output)

    outputs = tuple(result(pair) for pair in pairing.pairs if pair.role == "output")
    inner = {id(tensor) for op in found.a.ops for tensor in op.intermediates}
    results = [pair for pair in pairing.pairs if pair.role in ("activation", "output") and id(pair.a) not in inner]
    written = [(pair.op_a, pair) for pair in results if pair.op_a is not None and found.to_b.get(pair.op_a) == pair.op_b]
    written.sort(key=lambda entry: entry[0])
    tensors = [result(pair) for _, pair in written]
    differing: set[int] = set()
    origins: dict[int, None] = {}
    for (position, pair), each in zip(written, tensors, strict=True):
        if each.difference is None or each.difference.differing:
            differing.add(id(pair.a))
            if each.difference is not None and not any(id(tensor) in differing for tensor in found.a.ops[position].inputs):
                origins[position] = None
    return Results(a.number, b.number, inputs, outputs, tuple(tensors), tuple(map(a.op, origins)))
