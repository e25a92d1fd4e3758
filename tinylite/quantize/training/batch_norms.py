"""The batch norms of a graph that follow a layer, fused or spelled out, with all that folding them needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .editing import ADDS, BETWEEN, LAYERS, NORMS, SHARING

__all__ = ["BatchNorm", "MovingAverage", "batch_norms", "is_nchw", "moving_average"]


@dataclass(frozen=True)
class BatchNorm:
    """A batch norm after a layer: (x - mean) gamma / sqrt(variance + epsilon) + beta.

    layer           the op whose weights it goes into, and `between` the ops after it that its result goes through, first to last
    bias            the bias between layer and batch norm, a tensor, or None
    x, output       what is normalized, and what is read of it, tensors
    gamma, beta     tensors, or None where there is none
    mean, variance  of the batch in training, and moving averages otherwise
    factor, offset  gamma / sqrt(variance + epsilon) and beta - mean factor, where the graph has them already
    """

    layer: Any
    between: tuple[Any, ...]
    bias: Any
    x: Any
    output: Any
    op: Any
    gamma: Any
    beta: Any
    mean: Any
    variance: Any
    epsilon: float
    training: bool
    factor: Any = None
    offset: Any = None

    @property
    def fused(self) -> bool:
        return self.op.type in NORMS


@dataclass(frozen=True)
class MovingAverage:
    """value -= (value - new) rate: the tensors `value` and `rate`, and the product."""

    value: Any
    rate: Any
    product: Any


def batch_norms(graph: Any) -> Iterator[BatchNorm]:
    """Those that something reads, each layer's once; the fused ones first."""
    seen: set[Any] = set()
    for find in (_fused, _spelled_out):
        for op in graph.get_operations():
            found = find(op)
            if found is not None and found.layer not in seen and found.output.consumers():
                seen.add(found.layer)
                yield found


@dataclass(frozen=True)
class _Behind:
    """A layer and what its result has gone through: ops between, a bias or None, and whether a Reshape."""

    layer: Any
    between: tuple[Any, ...]
    bias: Any
    reshaped: bool

    @property
    def channels(self) -> int | None:
        shape = self.layer.outputs[0].shape
        return None if shape.rank is None else shape[1 if is_nchw(self.layer) else -1]


def is_nchw(op: Any) -> bool:
    return op.type != "MatMul" and op.get_attr("data_format") in (b"NCHW", "NCHW")


def _layer_before(tensor: Any) -> _Behind | None:
    """The layer that computes a tensor, if one does."""
    bias, added_by = None, ""
    passed: list[Any] = []
    op = _behind_moves(tensor.op, passed)
    added = _bias(op)
    if added is not None:
        if any(reader.type in SHARING for reader in op.outputs[0].consumers()):
            return None  # it is a separate result, as before the batch norms of ResNet v2
        bias, data = added
        added_by, op = op.type, _behind_moves(data.op, passed)
    between = tuple(moved for moved in reversed(passed) if moved.type in BETWEEN)
    if op.type not in LAYERS or (is_nchw(op) and (between or added_by in ADDS)):  # where these add along the width
        return None
    return _Behind(op, between, bias, any(moved.type == "Reshape" for moved in passed))


def _behind_moves(op: Any, passed: list[Any]) -> Any:
    """What computes an op's values, which only moves them; `passed` gets the ops on the way."""
    while op.type in ("Identity", "Reshape", *BETWEEN):
        passed.append(op)
        op = op.inputs[0].op
    return op


def _bias(op: Any) -> tuple[Any, Any] | None:
    """The vector that an op adds, and what to."""
    if op.type not in ("BiasAdd", *ADDS):
        return None
    x, y = op.inputs
    return (y, x) if y.shape.rank == 1 else (x, y) if x.shape.rank == 1 else None


def _fused(op: Any) -> BatchNorm | None:
    found = _layer_before(op.inputs[0]) if op.type in NORMS else None
    if found is None:
        return None
    x, gamma, beta, mean, variance = op.inputs[:5]
    output, training = op.outputs[0], bool(op.get_attr("is_training"))
    if found.reshaped:
        output = _rows_again(found, x, output)
        if output is None:
            return None
    if training:
        mean, variance = op.outputs[1:3]
    epsilon = float(op.get_attr("epsilon"))
    return BatchNorm(found.layer, found.between, found.bias, x, output, op, gamma, beta, mean, variance, epsilon, training)


def _rows_again(found: _Behind, x: Any, output: Any) -> Any:
    """The rows of a MatMul that are a picture of one pixel for the time of a fused batch norm; None if `x` is anything else."""
    readers = output.consumers()
    if found.layer.type != "MatMul" or len(readers) != 1 or readers[0].type != "Reshape":
        return None
    rows = readers[0].outputs[0]
    fits = x.shape.rank == 4 and x.shape[1:].num_elements() == found.channels and rows.shape.rank in (None, 2)
    return rows if fits else None


def _spelled_out(op: Any) -> BatchNorm | None:
    """x factor + (beta - mean factor), or x factor + -mean factor, as tf.nn.batch_normalization writes it."""
    if op.type not in ADDS:
        return None
    scaled, offset = (tensor.op for tensor in op.inputs)
    if scaled.type != "Mul":
        return None
    x, factor = scaled.inputs
    beta, mean = _beta_and_mean(offset, factor)
    root, gamma = factor.op, None
    if root.type == "Mul":
        root, gamma = next(((a.op, b) for a, b in (root.inputs, reversed(root.inputs)) if a.op.type == "Rsqrt"), (root, None))
    found = _layer_before(x)
    if found is None or found.reshaped or mean is None or root.type != "Rsqrt" or root.inputs[0].op.type not in ADDS:
        return None
    variance, epsilon = root.inputs[0].op.inputs
    number = _number(epsilon)
    given = [tensor for tensor in (mean, variance, gamma, beta) if tensor is not None]
    if number is None or not all(_per_channel(tensor, found, x) for tensor in given):
        return None
    training = any(reader.type == "Sub" and moving_average(mean) is not None for reader in mean.consumers())
    if not training and _depends(mean, found.layer):
        return None  # it normalizes each run by itself, also for inference
    return BatchNorm(
        found.layer, found.between, found.bias, x, op.outputs[0], op, gamma, beta, mean, variance, number, training, factor,
        offset.outputs[0],
    )  # fmt: skip


def _beta_and_mean(offset: Any, factor: Any) -> tuple[Any, Any]:
    """Of beta - mean factor, or -mean factor; the mean is None if it is neither."""
    beta, shift = (offset.inputs[0], offset.inputs[1].op) if offset.type == "Sub" else (None, offset)
    if shift.type != "Mul" or all(tensor is not factor for tensor in shift.inputs):
        return None, None
    mean = next((tensor for tensor in shift.inputs if tensor is not factor), None)
    if offset.type == "Sub" or mean is None:
        return beta, mean
    return None, mean.op.inputs[0] if mean.op.type == "Neg" else None


def _per_channel(tensor: Any, found: _Behind, x: Any) -> bool:
    """Whether a tensor has one number for each of a layer's channels, as those of an instance norm have not."""
    shape, rank = tensor.shape, x.shape.rank
    if shape.rank is None or rank is None or not 1 <= shape.rank <= rank:
        return False
    axis = rank - 3 if is_nchw(found.layer) else rank - 1
    sizes = [1] * (rank - shape.rank) + shape.as_list()
    return all(size == (found.channels if index == axis else 1) for index, size in enumerate(sizes))


def _depends(tensor: Any, layer: Any) -> bool:
    """Whether a layer's result enters a tensor."""
    waiting, seen = [tensor.op], set()
    while waiting:
        op = waiting.pop()
        if op is layer:
            return True
        if op not in seen:
            seen.add(op)
            waiting += [read.op for read in op.inputs]
    return False


def _number(tensor: Any) -> float | None:
    from tensorflow import get_static_value

    value = get_static_value(tensor)
    return None if value is None or value.ndim else float(value)


def moving_average(new: Any) -> MovingAverage | None:
    """The moving average that a tensor enters, if it does: (value - new) rate, through Identity and Cast."""
    waiting = list(new.consumers())
    while waiting:
        op = waiting.pop(0)
        if op.type in ("Identity", "Cast"):
            waiting += op.outputs[0].consumers()
        if op.type != "Sub" or op.inputs[1].op not in (new.op, *_passed(op.inputs[1])):
            continue
        for product in op.outputs[0].consumers():
            if product.type == "Mul":
                rate = product.inputs[1] if product.inputs[0] is op.outputs[0] else product.inputs[0]
                return MovingAverage(op.inputs[0], rate, product)
    return None


def _passed(tensor: Any) -> Iterator[Any]:
    op = tensor.op
    while op.type in ("Identity", "Cast"):
        op = op.inputs[0].op
        yield op
