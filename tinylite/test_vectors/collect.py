"""What is written: the arrays of runs of a model, or of its ops one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..arithmetic import REFERENCE, Arithmetic
from ..errors import InvokeError, SettingError, TensorError, UnprovenError, UnsupportedError, at, nearest, quoted
from ..inputs.random_values import random_inputs
from ..interpreter import Interpreter
from ..limits import check_size
from ..model import Model, Op, Tensor
from ..ops.common.node import node_of
from .one_op import one_op_model
from .parameters import parameters_of
from .stages import Datapath, Stages, datapath_of, stage_arrays
from .vector import Vector, VectorSet, named, quantization_of

__all__ = ["Case", "Collector", "Skipped", "cases_of", "op_numbers"]

Case = Sequence[np.ndarray]  # an array for each input of a graph
_FIXED_POINT = ("fixed", "once")  # as CMSIS-NN's two forms round
_FEWER = "Take one op by its number, or fewer runs"


class Skipped(NamedTuple):
    """An op of which no vectors are written, and why."""

    op: int
    operator: str
    reason: str


def cases_of(interpreter: Interpreter, inputs: Any, seed: int, cases: int) -> list[Case]:
    """The inputs of each run: those given, for one, or random ones from `seed` on. Allocates the interpreter.

    `inputs` is a sequence of arrays, in the model's order, or a mapping from inputs' names to arrays. Raises TensorError.
    """
    if inputs is None:
        interpreter.allocate_tensors()
        details = interpreter.get_input_details()
        return [random_inputs(details, seed + case) for case in range(cases)]
    details = interpreter.get_input_details()
    if isinstance(inputs, Mapping):
        names = [entry["name"] for entry in details]
        for name in inputs:
            if name not in names:
                raise TensorError(f"the model has no input {quoted(name)}", nearest(name, names) or f"There are {', '.join(names)}")
        missing = [name for name in names if name not in inputs]
        if missing or len(set(names)) < len(names):
            problem = f"nothing is given for input {', '.join(map(repr, missing))}" if missing else "inputs of the model share a name"
            raise TensorError(problem, "Give an array for each, in a list in the model's order")
        inputs = [inputs[name] for name in names]
    if not isinstance(inputs, (list, tuple)) or len(inputs) != len(details):
        raise TensorError(
            f"the inputs are {quoted(inputs)}, and the model has {len(details)}", "Give an array for each, in a list or by name"
        )
    arrays = [np.asarray(value) for value in inputs]
    for entry, value in zip(details, arrays, strict=True):
        if value.shape != tuple(entry["shape"]):
            interpreter.resize_tensor_input(entry["index"], value.shape)
    interpreter.allocate_tensors()
    return [arrays]


def _run(interpreter: Interpreter, case: Case) -> None:
    """Run a model on the inputs of a case, with its state as it is at first."""
    interpreter.reset_all_variables()
    for entry, value in zip(interpreter.get_input_details(), case, strict=True):
        interpreter.set_tensor(entry["index"], value)
    interpreter.invoke()


@dataclass(eq=False)
class Collector:
    """The vectors of a model under an arithmetic, for the inputs of each run, or random ones of `seed` where there are none.

    `notes` are sentences on what whoever uses the vectors should know, once they are collected.
    """

    model: Model
    content: bytes
    arithmetic: Arithmetic
    inputs: Any
    seed: int
    cases: int
    notes: list[str] = field(default_factory=list)

    def place(self) -> at:
        """What errors say of the model."""
        return at(self.model.source or "the model")

    def whole(self, name: str) -> VectorSet:
        """The model's inputs and outputs. Raises what planning and running raise."""
        made = VectorSet(name, self.model, self.content)
        with Interpreter(self.model, arithmetic=self.arithmetic) as interpreter:
            graph = interpreter.model.graph
            with self.place():
                for end, tensors in (("input", graph.inputs), ("output", graph.outputs)):
                    for tensor in tensors:
                        if not tensor.is_numeric:
                            raise UnsupportedError(
                                f"{end} {tensor.name!r} is {tensor.type} and holds no numbers", "Choose ops with numbers"
                            )
            cases = cases_of(interpreter, self.inputs, self.seed, self.cases)
            stems = named(["input"] * len(graph.inputs)) + named(["output"] * len(graph.outputs))
            for number, case in enumerate(cases):
                _run(interpreter, case)
                outputs = [interpreter.get_tensor(entry["index"]) for entry in interpreter.get_output_details()]
                ends = [("input", position, tensor, value) for position, (tensor, value) in enumerate(zip(graph.inputs, case, strict=True))]
                ends += [
                    ("output", position, tensor, value) for position, (tensor, value) in enumerate(zip(graph.outputs, outputs, strict=True))
                ]
                for stem, (role, position, tensor, value) in zip(stems, ends, strict=True):
                    made.vectors.append(_vector(stem, role, tensor, value, position, number))
        return made

    def ops(self, numbers: Sequence[int], skip: bool, name_of: Callable[[int, Op], str]) -> Iterator[VectorSet | Skipped]:
        """The vectors of ops of the first graph, by their indices there, each fed what it reads in a run of the model.

        Where the whole model cannot be planned with the arithmetic, its ops are fed what they read under "litert-reference". An op that
        cannot be taken apart is `Skipped` where that is wanted, and raises UnsupportedError where not.
        """
        with self._stimulus() as interpreter:
            source = interpreter.model.graph
            cases = cases_of(interpreter, self.inputs, self.seed, self.cases)
            read = {
                id(tensor): tensor
                for number in numbers
                for tensor in (*source.ops[number].inputs, *source.ops[number].outputs)
                if tensor is not None and not tensor.is_constant and not tensor.is_variable and tensor.is_numeric
            }
            seen: list[dict[int, np.ndarray]] = []
            for case in cases:
                _run(interpreter, case)
                seen.append(_read(interpreter, list(read.values()), len(cases)))
            for number in numbers:
                found: VectorSet | Skipped
                try:
                    with self.place(), at(f"op {number} {source.ops[number].name}"):
                        found = self._op(interpreter, number, seen, name_of)
                except (UnsupportedError, TensorError) as error:
                    if not skip:
                        raise
                    found = Skipped(number, source.ops[number].name, error.problem)
                yield found

    def _stimulus(self) -> Interpreter:
        """What runs the model for the inputs of its ops."""
        interpreter = Interpreter(self.model, experimental_preserve_all_tensors=True, arithmetic=self.arithmetic)
        try:
            interpreter.allocate_tensors()
        except UnprovenError as error:
            interpreter.close()
            self.notes.append(
                f"ops are fed what they read under {REFERENCE.name!r}, since the whole model does not run under {self.arithmetic.name!r}: "
                f"{error.problem}"
            )
            return Interpreter(self.model, experimental_preserve_all_tensors=True, arithmetic=REFERENCE)
        return interpreter

    def _op(self, interpreter: Interpreter, number: int, seen: list[dict[int, np.ndarray]], name_of: Callable[[int, Op], str]) -> VectorSet:
        source = interpreter.model.graph.ops[number]
        main = interpreter.get_graph_runner(0)
        alone = one_op_model(interpreter.model, number, main.shape)
        content = alone.to_bytes()
        made = VectorSet(name_of(number, source), alone, content, number, source.name)
        with Interpreter(alone, arithmetic=self.arithmetic) as runner:
            runner.allocate_tensors()
            op = runner.model.graph.ops[0]
            node = node_of(op)
            made.parameters = parameters_of(node, self.arithmetic)
            feeds = [tensor for tensor in source.inputs if tensor is not None and not tensor.is_constant and not tensor.is_variable]
            feeds = list({id(tensor): tensor for tensor in feeds}.values())
            same = interpreter.runtime.arithmetic == self.arithmetic
            stages: list[Stages | None] = []
            for case, values in enumerate(seen):
                state = _run_op(runner, [_seen(values, tensor) for tensor in feeds])
                reads = [None if t is None else state.get(position, values.get(id(t), t.data)) for position, t in enumerate(source.inputs)]
                writes = [runner.get_tensor(entry["index"]) for entry in runner.get_output_details()]
                if same:
                    _check_same(source, values, writes)
                stages.append(_stages(node, reads, writes[0] if writes else None, self.arithmetic))
                made.vectors += _op_vectors(source, reads, writes, stages[-1], case)
            datapath = datapath_of(node, self.arithmetic)
            if datapath is not None:
                made.vectors += _constants_of(datapath, source.outputs[0])
                self._note_rounding(number, source, datapath, stages)
        return made

    def _note_rounding(self, number: int, op: Op, datapath: Datapath, stages: Sequence[Stages | None]) -> None:
        """Where the arithmetic scales in floating point, or rounds otherwise than kernels in fixed point, say how many outputs differ."""
        if datapath.how.method in _FIXED_POINT:
            return
        known = [stage for stage in stages if stage is not None]
        others = [datapath.output(datapath.scaled(stage.biased.astype(np.int64), "fixed")) for stage in known]
        changed = sum(int(np.count_nonzero(other != stage.out)) for other, stage in zip(others, known, strict=True))
        if changed:
            total = sum(stage.out.size for stage in known)
            self.notes.append(
                f"op {number} {op.name}: {changed} of {total} outputs are not what multiplier and shift lead to, rounded twice as gemmlowp "
                f"does, since the arithmetic {self.arithmetic.name!r} rounds by {datapath.how.method!r}: compare kernels in fixed point "
                "with another arithmetic, such as 'cmsis-nn' or 'tflm'"
            )


def _read(interpreter: Interpreter, tensors: Sequence[Tensor], runs: int) -> dict[int, np.ndarray]:
    """Copies of those tensors that the run has computed, by the tensor's id."""
    main = interpreter.get_graph_runner(0)
    views: dict[int, np.ndarray] = {}
    for tensor in tensors:
        with suppress(TensorError):  # nothing has used it
            views[id(tensor)] = main.view(main.index_of(tensor))
    check_size(runs * sum(view.nbytes for view in views.values()), "what its ops read and write", _FEWER)
    return {number: view.copy() for number, view in views.items()}


def _seen(values: Mapping[int, np.ndarray], tensor: Tensor) -> np.ndarray:
    if id(tensor) not in values:
        raise UnsupportedError(f"its input {tensor.name!r} was not computed in this run", "Choose an op that runs")
    return values[id(tensor)]


def _run_op(runner: Interpreter, feeds: Case) -> dict[int, np.ndarray]:
    """Run an op alone; what its variables hold before, by position among its inputs."""
    runner.reset_all_variables()
    graph = runner.model.graph
    main = runner.get_graph_runner(0)
    state = {
        position: main.get(main.index_of(tensor))
        for position, tensor in enumerate(graph.ops[0].inputs)
        if tensor is not None and tensor.is_variable and not tensor.is_constant
    }
    for entry, value in zip(runner.get_input_details(), feeds, strict=True):
        runner.set_tensor(entry["index"], value)
    runner.invoke()
    return state


def _check_same(op: Op, values: Mapping[int, np.ndarray], writes: Sequence[np.ndarray]) -> None:
    for tensor, found in zip(op.outputs, writes, strict=True):
        wanted = values.get(id(tensor))
        if wanted is not None and (wanted.shape != found.shape or wanted.tobytes() != found.tobytes()):
            raise UnsupportedError(
                f"its output {tensor.name!r} is not the same when it runs alone: it is random, or depends on what ran before it",
                "Choose another op, or write the vectors of the whole model",
            )


def _stages(node: Any, reads: Sequence[np.ndarray | None], output: np.ndarray | None, arithmetic: Arithmetic) -> Stages | None:
    """The stages of an op, which lead to the kernel's output."""
    stages = stage_arrays(node, reads, arithmetic)
    if stages is not None and output is not None and not np.array_equal(stages.out, output):
        different = int(np.count_nonzero(stages.out != output))
        raise InvokeError(f"{different} of {output.size} outputs differ from what its stages lead to", "Report it, with the model")
    return stages


def _op_vectors(
    op: Op, reads: Sequence[np.ndarray | None], writes: Sequence[np.ndarray], stages: Stages | None, case: int
) -> Iterator[Vector]:
    """Those of a run, and with the first one the constants."""
    layer = ops.facts_of(op).layer
    roles = {layer.weights: "weights", layer.bias: "bias"} if layer is not None else {}
    ends: list[tuple[str, int, Tensor, np.ndarray]] = []
    for position, (tensor, value) in enumerate(zip(op.inputs, reads, strict=True)):
        if tensor is not None and value is not None:
            kind = "state" if tensor.is_variable and not tensor.is_constant else "constant" if tensor.is_constant else "input"
            ends.append((roles.get(position, kind), position, tensor, value))
    ends += [("output", position, tensor, value) for position, (tensor, value) in enumerate(zip(op.outputs, writes, strict=True))]
    for stem, (role, position, tensor, value) in zip(named([role for role, *_ in ends]), ends, strict=True):
        if not tensor.is_constant or case == 0:
            yield _vector(stem, role, tensor, value, position, None if tensor.is_constant else case)
    if stages is not None:
        for stem, role, value in (("acc", "acc", stages.acc), ("acc_bias", "acc+bias", stages.biased), ("scaled", "scaled", stages.scaled)):
            yield Vector(stem, role, value, "INT32", op.outputs[0].name, None, case)


def _constants_of(datapath: Datapath, output: Tensor) -> Iterator[Vector]:
    """The factors of a sum of products: as multiplier and shift, and as they are where the arithmetic takes them so."""
    from ..kernels.epilogues import EPILOGUES

    multiplier, shift = datapath.multiplier_and_shift
    yield Vector("multiplier", "multiplier", multiplier, "INT32", output.name)
    yield Vector("shift", "shift", shift, "INT32", output.name)
    stored = EPILOGUES[datapath.how.method].factors
    if stored == "f64":
        yield Vector("factor", "factor", np.ascontiguousarray(datapath.how.factors), "FLOAT64", output.name)
    elif stored == "f32":
        yield Vector("factor", "factor", datapath.how.factors.astype(np.float32), "FLOAT32", output.name)


def _vector(stem: str, role: str, tensor: Tensor, value: np.ndarray, position: int, case: int | None) -> Vector:
    return Vector(stem, role, value, str(tensor.type), tensor.name, position, case, **quantization_of(tensor))


def op_numbers(model: Model, op: Any) -> list[int]:
    """The index of an op, checked. Raises SettingError."""
    count = len(model.graph.ops)
    if not isinstance(op, (int, np.integer)) or isinstance(op, bool) or not 0 <= op < count:
        raise SettingError(f"there is no op {quoted(op)}: the first graph has {count}", "tinylite inspect shows their numbers")
    return [int(op)]
