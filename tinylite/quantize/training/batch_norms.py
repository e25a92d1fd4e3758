"""The batch norms of a graph that stand behind a layer, fused or spelled out, with all that folding them needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...errors import QuantizeError
from .editing import LAYERS, SHARING, context_of

__all__ = ["FUSED", "BatchNorm", "MovingAverage", "batch_norms", "moving_average"]

FUSED = ("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
_ADDS = ("Add", "AddV2")


@dataclass(frozen=True)
class BatchNorm:
    """A batch norm behind a layer: (x - mean) gamma / sqrt(variance + epsilon) + beta.

    layer           the op whose weights it goes into, and `to_space` the BatchToSpaceND behind it, if it is dilated
    bias            the bias between layer and batch norm, a tensor, or None
    x, output       what is normalized, and what is read of it, tensors
    gamma, beta     tensors; gamma is None where there is none
    mean, variance  of the batch in training, and moving averages otherwise
    variance_op     the op whose output `variance` is, before Bessel's correction is undone
    factor, offset  gamma / sqrt(variance + epsilon) and beta - mean factor, where the graph has them already
    """

    layer: Any
    to_space: Any
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
        return self.op.type in FUSED


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


def _layer_before(tensor: Any) -> tuple[Any, Any, Any]:
    """The layer that gives a tensor, the BatchToSpaceND behind it and its bias; Nones if there is no layer."""
    op, bias, to_space = tensor.op, None, None
    while op.type in ("Identity", "Reshape"):
        op = op.inputs[0].op
    if op.type in ("BiasAdd", *_ADDS) and _is_vector(op.inputs[1]):
        if any(reader.type in SHARING for reader in op.outputs[0].consumers()):
            return None, None, None  # it is a result of its own, as before the batch norms of ResNet v2
        bias, op = op.inputs[1], op.inputs[0].op
        while op.type in ("Identity", "Reshape"):
            op = op.inputs[0].op
    if op.type == "BatchToSpaceND":
        to_space, op = op, op.inputs[0].op
    return (op, to_space, bias) if op.type in LAYERS else (None, None, None)


def _is_vector(tensor: Any) -> bool:
    return bool(tensor.shape.rank == 1)


def _fused(op: Any) -> BatchNorm | None:
    if op.type not in FUSED:
        return None
    layer, to_space, bias = _layer_before(op.inputs[0])
    if layer is None:
        return None
    x, gamma, beta, mean, variance = op.inputs[:5]
    output, training = op.outputs[0], bool(op.get_attr("is_training"))
    if layer.type == "MatMul":  # whose rows are a picture of one pixel for the time being
        reshaped = [reader for reader in output.consumers() if reader.type == "Reshape"]
        if len(reshaped) == 1:
            output = reshaped[0].outputs[0]
    if training:
        mean, variance = op.outputs[1:3]
    epsilon = float(op.get_attr("epsilon"))
    return BatchNorm(layer, to_space, bias, x, output, op, gamma, beta, mean, variance, epsilon, training)


def _spelled_out(op: Any) -> BatchNorm | None:
    """x factor + (beta - mean factor), as tf.nn.batch_normalization writes it."""
    if op.type not in _ADDS:
        return None
    scaled, offset = (tensor.op for tensor in op.inputs)
    if scaled.type != "Mul" or offset.type != "Sub":
        return None
    beta, shift = offset.inputs
    if shift.op.type != "Mul":
        return None
    x, factor = scaled.inputs
    mean = next((tensor for tensor in shift.op.inputs if tensor is not factor), None)
    if mean is None or all(tensor is not factor for tensor in shift.op.inputs):
        return None
    layer, to_space, bias = _layer_before(x)
    root, gamma = factor.op, None
    if root.type == "Mul":
        root, gamma = next(((a.op, b) for a, b in (root.inputs, reversed(root.inputs)) if a.op.type == "Rsqrt"), (root, None))
    if layer is None or root.type != "Rsqrt" or root.inputs[0].op.type not in _ADDS:
        return None
    variance, epsilon = root.inputs[0].op.inputs
    training = any(reader.type == "Sub" and moving_average(mean) is not None for reader in mean.consumers())
    return BatchNorm(
        layer, to_space, bias, x, op.outputs[0], op, gamma, beta, mean, variance, _number(epsilon, op), training, factor, offset.outputs[0]
    )  # fmt: skip


def _number(tensor: Any, op: Any) -> float:
    from tensorflow import get_static_value

    value = get_static_value(tensor)
    if value is None:
        raise QuantizeError(f"the epsilon of batch norm {context_of(op)!r} is computed", "Give it as a number")
    return float(value)


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
