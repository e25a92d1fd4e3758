"""`tinylite.explain`: a model is run up to an op, and one element of its output explained, term by term and rounding by rounding."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from ..arithmetic import ARITHMETICS, FAST, REFERENCE, Arithmetic, find
from ..errors import ExplainError, SettingError, TensorError, UnsupportedError, at as place_of, nearest, quoted
from ..inputs.random_values import random_inputs
from ..interpreter import GraphRunner, Interpreter
from ..model import Model, Op, Tensor
from ..model.source import model_from
from .alone import kernel_outputs
from .explanation import Derivation, Explanation, Outcome
from .site import derive, node_of
from .target import Target, find_target

__all__ = ["arithmetics_of", "explain", "explain_op", "explain_run", "feed"]


def explain(
    model: Model | str | os.PathLike[str] | bytes,
    op: int | str,
    at: Sequence[int] | np.ndarray,
    inputs: Sequence[Any] | Mapping[str, Any] | np.ndarray | None = None,
    *,
    seed: int = 0,
    arithmetic: Arithmetic | str | Sequence[Arithmetic | str] = REFERENCE.name,
    output: int | None = None,
    graph: int = 0,
) -> Explanation:
    """How an element of an op's output comes about: terms, sum, factor, every rounding, zero point, clamp, result.

    `op` is its number, as `tinylite inspect` counts them, or the name of one of its outputs; `at` the index of the element in the op's
    output number `output`, which is the one that is named, or the first, if nothing is said. `inputs` are arrays for the graph's inputs,
    in their order or by name, in the inputs' dtypes, or the array of the only one; without them, those of `random_inputs` for `seed`.
    Only ops that this one depends on are run.

    `arithmetic` is a name, or several, or "all", which leaves out "fast", whose integers are those of "litert-reference". The first one
    runs the model; the others compute this op alone, on the same inputs, so that what differs is this op's doing. One that is not proven
    for the op is listed with the reason.

    Integers are Python's, exact; what a kernel computes in float or double is so here, and said. The result is compared with what the
    kernel has computed.

    Raises TensorError for an op, an element or inputs that there are not, SettingError for an arithmetic, UnsupportedError for an
    operator or type that cannot be explained or that the first arithmetic is not proven for, ExplainError where the explanation and the
    kernel do not agree, and what loading, planning and running raise.
    """
    arithmetics = arithmetics_of(arithmetic)
    target = find_target(model_from(model, None), op, graph)
    with Interpreter(target.model, arithmetic=arithmetics[0], experimental_preserve_all_tensors=True) as interpreter:
        runner = interpreter.get_graph_runner(graph)
        feed(runner, inputs, seed)
        return explain_run(target, runner, at, arithmetics, output)


def arithmetics_of(given: Arithmetic | str | Sequence[Arithmetic | str]) -> list[Arithmetic]:
    """Those that are asked for. "all" are all but "fast", whose integers are those of "litert-reference", which comes first."""
    if isinstance(given, (Arithmetic, str)) or not isinstance(given, Sequence):
        given = [given]  # what is neither is refused by name
    if not given:
        raise SettingError("no arithmetic is asked for", "Name one, or 'all'")
    if "all" in given:
        given = sorted((name for name in ARITHMETICS if name != FAST.name), key=lambda name: name != REFERENCE.name)
    found = [find(entry) for entry in given]
    return found


def feed(runner: GraphRunner, inputs: Sequence[Any] | Mapping[str, Any] | np.ndarray | None, seed: int) -> None:
    """Set the inputs of a graph, and plan it."""
    tensors = runner.graph.inputs
    if inputs is None:
        runner.allocate()
        inputs = random_inputs([runner.details(tensor) for tensor in tensors], seed)
    if isinstance(inputs, Mapping):
        names = [tensor.name or "" for tensor in tensors]
        unknown = [name for name in inputs if name not in names]
        missing = [name for name in names if name not in inputs]
        if unknown:
            raise TensorError(
                f"the model has no input {quoted(unknown[0])}", nearest(unknown[0], names) or f"There are: {', '.join(names)}"
            )
        if missing:
            raise TensorError(f"nothing is given for input {quoted(missing[0])}", "Give an array for each")
        inputs = [inputs[name] for name in names]
    elif isinstance(inputs, np.ndarray):
        inputs = [inputs]
    elif not isinstance(inputs, Sequence):
        raise TensorError(f"the inputs are {quoted(inputs)}", "Give a list of arrays, or a dict of them by name")
    if len(inputs) != len(tensors):
        raise TensorError(f"the number of inputs is {len(tensors)}, and {len(inputs)} are given", "Give an array for each, in their order")
    for tensor, value in zip(tensors, inputs, strict=True):
        runner.resize(runner.index_of(tensor), np.shape(value))
    runner.allocate()
    for tensor, value in zip(tensors, inputs, strict=True):
        runner.set(runner.index_of(tensor), value)


def explain_run(
    target: Target, runner: GraphRunner, at: Sequence[int] | np.ndarray, arithmetics: Sequence[Arithmetic],
    output: int | None = None,
) -> Explanation:  # fmt: skip
    """Run the target's graph, whose inputs are set and whose tensors are all kept, and explain an element. See `explain`."""
    op = runner.graph.ops[-1]  # an interpreter has a copy of its model
    output = target.output if output is None else output

    def value(tensor: Tensor) -> np.ndarray:
        return runner.view(runner.index_of(tensor))

    with runner.place(), place_of(f"op {target.index} {op.name}"):
        _check_output(op, output)
    # Variables, which the op may change, are read before it does.
    states = {id(tensor): value(tensor).copy() for tensor in op.inputs if tensor is not None and tensor.is_variable}
    runner.invoke()
    inputs = [None if tensor is None else states.get(id(tensor), value(tensor)) for tensor in op.inputs]
    outputs = [value(tensor) for tensor in op.outputs]
    planned = [None if tensor is None else runner.plan.value(tensor) for tensor in op.inputs]
    computed = [index for index, known in enumerate(planned) if known is not None and known.constant_value is None]
    with runner.place(), place_of(f"op {target.index} {op.name}"):
        found = explain_op(op, inputs, at, arithmetics, output, computed=computed, outputs=outputs)
    return replace(found, model=target.model.source or "model content", graph=target.graph, op=target.index)


def explain_op(
    op: Op, inputs: Sequence[np.ndarray | None], at: Sequence[int] | np.ndarray, arithmetics: Sequence[Arithmetic], output: int = 0,
    *, computed: Collection[int] | None = None, outputs: Sequence[np.ndarray] | None = None,
) -> Explanation:  # fmt: skip
    """Explain an element of what an op alone makes of these inputs, in the order of the op's. See `explain`.

    `computed` are the numbers of the inputs that a run computes; without it, of those that are not constants. `outputs` are what the op
    has made of them in the first arithmetic, if that is known.
    """
    _check_output(op, output)
    tensor = op.outputs[output]
    if computed is None:
        computed = [index for index, entry in enumerate(op.inputs) if entry is not None and not entry.is_constant]
    if outputs is None:
        outputs = kernel_outputs(op, inputs, arithmetics[0], computed)
    shape = outputs[output].shape
    index = _element(at, shape, tensor)
    node = node_of(op, 0, inputs, [value.shape for value in outputs])
    outcomes = [_compared(arithmetics[0], derive(node, arithmetics[0], output, computed)(index), outputs[output][index])]
    for arithmetic in arithmetics[1:]:
        try:
            found = kernel_outputs(op, inputs, arithmetic, computed)[output][index]
        except UnsupportedError as error:
            outcomes.append(Outcome(arithmetic.name, refused=error.problem))
            continue
        try:
            outcomes.append(_compared(arithmetic, derive(node, arithmetic, output, computed)(index), found))
        except UnsupportedError as error:  # it is known what it computes, and not how
            outcomes.append(Outcome(arithmetic.name, refused=error.problem, result=found.item()))
    return Explanation(
        model="", graph=0, op=0, code=op.name, output=int(output), name=tensor.name or "", type=str(tensor.type), shape=shape, at=index,
        operands=tuple(_operands(op, inputs, outputs)), outcomes=tuple(outcomes), real=_real(tensor, outputs[output][index]),
    )  # fmt: skip


def _compared(arithmetic: Arithmetic, derivation: Derivation, computed: Any) -> Outcome:
    """How an arithmetic computes an element. Raises ExplainError unless the result is what the kernel has computed."""
    result = derivation.result
    if not (result == computed or (result != result and computed != computed)):
        raise ExplainError(
            f"the explanation arrives at {result}, and the kernel of {arithmetic.name!r} has computed {computed}",
            "This is a fault of tinylite: please report it, with the model",
        )
    return Outcome(arithmetic.name, derivation, result=result)


def _check_output(op: Op, output: Any) -> None:
    if not isinstance(output, (int, np.integer)) or not 0 <= output < len(op.outputs):
        raise TensorError(f"it has no output {quoted(output)}", f"It has {len(op.outputs)}, counted from 0")


def _element(at: Sequence[int] | np.ndarray, shape: tuple[int, ...], tensor: Tensor) -> tuple[int, ...]:
    """The index of an element. Raises TensorError unless there is one."""
    shown = f"output {tensor.name!r} has the shape {list(shape)}"
    if isinstance(at, (int, np.integer)):
        at = (int(at),)
    if not isinstance(at, (Sequence, np.ndarray)) or isinstance(at, str) or not all(isinstance(number, (int, np.integer)) for number in at):
        raise TensorError(f"{quoted(at)} is not an index", f"Give a whole number for each dimension: {shown}")
    index = tuple(map(int, at))
    if len(index) != len(shape):
        raise TensorError(
            f"the index {list(index)} has the length {len(index)}, and {shown}", "Give a number for each dimension, from 0 on"
        )
    for dimension, (number, size) in enumerate(zip(index, shape, strict=True)):
        if not 0 <= number < size:
            raise TensorError(
                f"the index {list(index)} is out of range: {shown}",
                f"Dimension {dimension} goes from 0 to {size - 1}" if size else "It has no elements",
            )
    return index


def _operands(op: Op, inputs: Sequence[np.ndarray | None], outputs: Sequence[np.ndarray]) -> Iterator[tuple[str, ...]]:
    """A row for each tensor of an op."""
    for side, tensors, values in (("input", op.inputs, inputs), ("output", op.outputs, outputs)):
        for number, (tensor, value) in enumerate(zip(tensors, values, strict=True)):
            if tensor is None or value is None:
                continue
            scales, zeros = _parameters(tensor)
            yield f"{side} {number}", tensor.name or "", str(tensor.type), str(list(value.shape)), scales, zeros


def _parameters(tensor: Tensor) -> tuple[str, str]:
    quantization = tensor.quantization
    if quantization is None or not quantization.scale.size:
        return "", ""
    scales, zeros = quantization.scale, quantization.zero_point
    if scales.size == 1:
        return str(scales[0]), str(zeros[0] if zeros.size else 0)
    return f"{scales.size}, {scales.min()} to {scales.max()}", str(zeros[0]) if zeros.size and (
        zeros == zeros[0]
    ).all() else f"{zeros.size}"


def _real(tensor: Tensor, stored: Any) -> float | None:
    quantization = tensor.quantization
    if quantization is None or quantization.scale.size != 1 or not isinstance(stored, np.integer):
        return None
    zero = int(quantization.zero_point[0]) if quantization.zero_point.size else 0
    return float(quantization.scale[0]) * (int(stored) - zero)
