"""The distinct ops of a model, each cut out as a model, and how often each is there."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np

from ...engine.infer_shapes import infer_shapes
from ...errors import ModelError, TinyliteError, UnsupportedError, quoted
from ...model import Graph, Model, Op, Tensor, called_graphs
from ...model.cut import cut_ops, read_tensors
from ...ops import facts_of
from .case import OpCase
from .tensors import quant_of
from .types import short_type
from .writing import is_written_out, op_words

__all__ = ["ops_of"]

# Types of axes, sizes and flags; what is of other types is a weight, be it a single one.
_COUNTING = ("INT32", "INT64", "BOOL")

ShapeOf = Callable[[Tensor], tuple[int, ...]]


def ops_of(model: Model) -> list[tuple[OpCase, int]]:
    """Every distinct op of all graphs of a model, in the order in which they come first, with how often it is there.

    Ops are the same if operator, options, types, shapes, and how each input is given and quantized (not at all, as a whole, for each
    channel) are the same; and the values of axes, sizes and the like, but not those of weights, nor scales. The first of them is what is
    cut out: with its constants and its quantization, and with shapes that planning finds for the inputs' shapes of the file. Shapes that
    only a run can know are those of the file. An op that no line can say (it calls graphs, or is of an unknown operator) is described.
    Raises ModelError for what is not a Model.
    """
    if not isinstance(model, Model):
        raise ModelError(f"ops_of takes a tinylite.Model, not {quoted(model)}", "Load it with tinylite.Model.load")
    counts: dict[Hashable, int] = {}
    cases: dict[Hashable, OpCase] = {}
    for number, graph in enumerate(model.graphs):
        shape_of = _shapes(graph)
        for index, op in enumerate(graph.ops):
            key = _key(op, shape_of)
            if key not in cases:
                cases[key] = _case(model, number, index, shape_of)
            counts[key] = counts.get(key, 0) + 1
    return [(case, counts[key]) for key, case in cases.items()]


def _shapes(graph: Graph) -> ShapeOf:
    """The shapes that tensors of a graph have in a run, as far as planning knows them."""
    planned = Model(called_graphs(graph)).copy()
    shapes = {id(tensor): tensor.shape for tensor in graph.all_tensors()}
    try:
        infer_shapes(planned)
    except TinyliteError:  # what does not run as a whole: each op says so by itself
        return lambda tensor: shapes[id(tensor)]
    found = zip(graph.all_tensors(), planned.graph.all_tensors(), strict=True)
    shapes.update((id(tensor), twin.shape) for tensor, twin in found)
    return lambda tensor: shapes[id(tensor)]


def _key(op: Op, shape_of: ShapeOf) -> Hashable:
    """What ops have in common that count as one."""
    operator = facts_of(op)
    weights = {place for place in (getattr(operator.layer, "weights", None), getattr(operator.layer, "bias", None)) if place is not None}
    first: dict[int, int] = {}
    inputs: list[Hashable] = []
    for place, tensor in enumerate(op.inputs):
        if tensor is None:
            inputs.append(None)
            continue
        role = "const" if tensor.is_constant else "state" if tensor.is_variable else "input"
        values = None if place in weights else _values(tensor)
        again = first.setdefault(id(tensor), place)
        inputs.append((role, tensor.type, shape_of(tensor), _kind(tensor), values, again))
    outputs = tuple((tensor.type, shape_of(tensor), _kind(tensor)) for tensor in op.outputs)
    options = () if op.options is None else (op.options.table, *((name, _comparable(value)) for name, value in op.options.items()))
    return op.code, op.custom_code, op.custom_options, options, tuple(inputs), outputs


def _comparable(value: Any) -> Hashable:
    """An option, as it is compared: graphs that are called are the same if they are one."""
    if isinstance(value, Graph):
        return id(value)
    return value.tobytes() if isinstance(value, np.ndarray) else repr(value)


def _values(tensor: Tensor) -> bytes | None:
    """The values of a constant that says what an op does, as axes and sizes do; None for other tensors."""
    try:
        counts = tensor.is_constant and tensor.type in _COUNTING and tensor.sparsity is None and is_written_out(tensor)
    except ModelError:  # that it is damaged, whoever runs the op says
        return None
    return tensor.buffer.tobytes() if counts and tensor.buffer is not None else None


def _kind(tensor: Tensor) -> tuple[str, int | None]:
    quant = quant_of(tensor)
    return quant.kind, quant.axis


def _case(model: Model, graph: int, index: int, shape_of: ShapeOf) -> OpCase:
    op = model.graphs[graph].ops[index]
    made = cut_ops(model, graph, [index], read_tensors(op), op.outputs, shape_of)
    made.source = None
    for tensor in made.graph.tensors:
        if tensor.quantization is not None and len(tensor.shape) == 1:
            tensor.quantization.quantized_dimension = 0  # of a vector it says nothing, and LiteRT refuses what older files have there
    cut = made.graph.ops[0]
    problem = _problem(cut)
    try:
        return OpCase(" ".join(op_words(cut)), made, problem=problem)
    except (UnsupportedError, ModelError) as error:
        return OpCase(f"{_description(cut)}: {error.problem}", made, written=False, problem=problem)


def _problem(op: Op) -> str:
    """Why an op cannot be run by itself."""
    for tensor in (*op.inputs, *op.outputs):
        if tensor is not None and not tensor.is_numeric:
            return f"its tensor {tensor.name!r} is {tensor.type} and holds no numbers"
    return "" if op.outputs else "it has no output"


def _description(op: Op) -> str:
    """An op in words, for what no line can say: its operator, and the types and shapes of what it reads."""
    shown = ["-" if t is None else f"{short_type(t.type)}:{'x'.join(map(str, t.shape)) or 'scalar'}" for t in op.inputs]
    return " ".join([op.name, *shown[:12], *(["..."] if len(shown) > 12 else [])])
