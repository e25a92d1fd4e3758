"""The layers of a graph: what is multiplied by weights, and what is done with the result until an activation.

    weights ── layer ── [between] ── [correction of a folded batch norm] ── [bias] ── [bypass] ── [activation] ── [add after it]

Between is BatchToSpaceND, in dilated convolutions, or Squeeze, in those of one dimension.

The longest chains are found first, and each layer belongs to one. The order in which they are found determines the names of FakeQuants of
graphs without scopes, so it is that of tf.contrib.quantize.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from .editing import ADDS, BETWEEN, LAYERS, NORMS, SHARING, source

__all__ = ["ACTIVATIONS", "Layer", "find_layers", "is_folded"]

ACTIVATIONS = ("Relu", "Relu6", "Identity")
# What a variable goes through when it is read; the weights of a convolution of one dimension get another.
_READ = ("Identity", "ExpandDims")


@dataclass(frozen=True)
class Layer:
    """A layer, its weights as a tensor (None between the two halves of a separable convolution), and the ops after it."""

    op: Any
    weights: Any
    bias: Any = None
    bypass: Any = None
    activation: Any = None
    add_behind: Any = None


Match = Callable[[Any], "Layer | None"]


def find_layers(graph: Any) -> list[Layer]:
    """The layers of a graph, longest first."""
    found: dict[Any, Layer] = {}
    for match in (_add_behind, _activated, _ended, _separable, _bare):
        for op in graph.get_operations():
            layer = match(op)
            if layer is not None and layer.op not in found and not _feeds_batch_norm(layer):
                found[layer.op] = layer
    return list(found.values())


def _weights(tensor: Any) -> bool:
    """Whether a tensor is a variable, or a weight that has taken up a batch norm."""
    return tensor.op.type == "Mul" or _variable(tensor)


def _variable(tensor: Any) -> bool:
    """Whether a tensor is a variable as it is read, whole or put together of parts."""
    op = source(tensor.op, _READ)
    if op.type == "ConcatV2":
        op = source(op.inputs[0].op, _READ)
    return op.type in ("ReadVariableOp", "Variable", "VariableV2")


def _layer(tensor: Any) -> Layer | None:
    """A layer's result, as it is or after what is between it and its bias."""
    op = source(tensor.op, BETWEEN)
    if op.type not in LAYERS:
        return None
    return next((Layer(op, weights) for weights in (op.inputs[1], op.inputs[0]) if _weights(weights)), None)


def _inputs(op: Any, *types: str) -> Iterator[Any]:
    if op.type in types:
        yield from op.inputs


def _first(tensors: Iterator[Any], match: Match) -> Layer | None:
    return next((layer for tensor in tensors if (layer := match(tensor)) is not None), None)


def _bias(tensor: Any) -> Layer | None:
    """A layer and its bias."""
    layer = _first(_inputs(tensor.op, *ADDS, "BiasAdd"), _layer)
    return replace(layer, bias=tensor.op) if layer is not None else None


def _folded_bias(tensor: Any) -> Layer | None:
    """A layer, the correction of its folded batch norm (a product and a sum), and the bias of that."""

    def corrected(added: Any) -> Layer | None:
        return _first(_inputs(added.op, *ADDS), lambda product: _first(_inputs(product.op, "Mul"), _layer))

    layer = _first(_inputs(tensor.op, *ADDS), corrected)
    return replace(layer, bias=tensor.op) if layer is not None else None


def _norm_identity(tensor: Any) -> Layer | None:
    """The same after an Identity, which batch norms with forced updates have."""
    return _folded_bias(tensor.op.inputs[0]) if tensor.op.type == "Identity" else None


def _biased(tensor: Any) -> Layer | None:
    return _bias(tensor) or _folded_bias(tensor) or _norm_identity(tensor)


def _bypass(tensor: Any) -> Layer | None:
    """A layer with its bias, and the sum with what goes around it."""
    layer = _first(_inputs(tensor.op, *ADDS), _biased)
    return replace(layer, bypass=tensor.op) if layer is not None else None


def _activated(op: Any) -> Layer | None:
    if op.type not in ACTIVATIONS:
        return None
    before = op.inputs[0]
    layer = _biased(before) or _bypass(before) or _layer(before)
    return replace(layer, activation=op) if layer is not None else None


def _add_behind(op: Any) -> Layer | None:
    """The layer whose activation a sum reads, the second one first, as names of old have it."""
    layer = _first(reversed([*_inputs(op, *ADDS)]), lambda tensor: _activated(tensor.op))
    return replace(layer, add_behind=op) if layer is not None else None


def _ended(op: Any) -> Layer | None:
    """A layer that ends with its bias, which counts as its activation."""
    if not op.outputs:
        return None
    layer = _bias(op.outputs[0]) or _folded_bias(op.outputs[0])
    return Layer(layer.op, layer.weights, activation=op) if layer is not None else None


def _separable(op: Any) -> Layer | None:
    """A layer whose result goes into the next one at once."""
    layer = _first(_inputs(op, *LAYERS), _layer)
    return replace(layer, activation=layer.op) if layer is not None else None


def _bare(op: Any) -> Layer | None:
    """A layer after which nothing of the above follows, such as one that ends with Tanh. tf.contrib.quantize left it out."""
    if op.type not in LAYERS or is_folded(op) or not _variable(op.inputs[1]):
        return None
    ends = op.outputs[0].consumers()
    end = ends[0] if len(ends) == 1 and ends[0].type in BETWEEN else op
    return Layer(op, op.inputs[1], activation=end)


def is_folded(op: Any) -> bool:
    """Whether a layer is the original of one with a folded batch norm. It stays for the batch's statistics, or read by nobody."""
    try:
        return bool(op.graph.get_operation_by_name(f"{op.name}_Fold"))
    except KeyError:
        return False


def _feeds_batch_norm(layer: Layer) -> bool:
    """Whether a layer only computes a folded batch norm's statistics, from after an Identity or its bias."""
    op = layer.activation
    if layer.add_behind is not None or len(op.outputs) != 1:
        return False
    readers = op.outputs[0].consumers()
    if op.type in ("BiasAdd", *ADDS):
        return is_folded(layer.op) and bool(readers) and not any(reader.type in SHARING for reader in readers)
    return op.type == "Identity" and len(readers) == 1 and readers[0].type in NORMS
