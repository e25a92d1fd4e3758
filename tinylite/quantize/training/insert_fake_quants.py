"""Where FakeQuants go: on the weights of layers, and on all that becomes integers between them."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

from .editing import Consumers, context_of, reroute
from .layers import ACTIVATIONS, Layer, find_layers
from .ranges import FakeQuant

__all__ = ["FAKE_QUANTS", "insert_fake_quants"]

FAKE_QUANTS = ("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVarsPerChannel")
_COMPUTED = ("Add", "AddV2", "Mul")
# Ops that LiteRT computes with a range of their own and that no layer's activation is; tf.contrib.quantize left them out.
_OWN_RANGE = ("LeakyRelu",)
_PASSED = ("Reshape", "Identity", "BatchToSpaceND", "SpaceToBatchND", "MaxPool", "Max")
_RELUS = ("Relu", "Relu6")


def insert_fake_quants(
    tf: Any, graph: Any, training: bool, *, weight_bits: int, activation_bits: int, symmetric: bool, delay: int, scope: str | None
) -> int:  # fmt: skip
    """Insert them; gives how many layers there are.

    `scope` leaves out what is not under this name scope. Warns of tensors that nobody reads: what is made of them afterwards
    is not rounded.
    """
    weights = FakeQuant(training, False, weight_bits, narrow=True, symmetric=symmetric, delay=delay)
    values = FakeQuant(training, True, activation_bits, symmetric=symmetric, delay=delay)
    positive = FakeQuant(training, True, activation_bits, symmetric=symmetric, delay=delay, least=0.0)
    computed = FakeQuant(training, True, activation_bits, delay=delay)
    inserter = _Inserter(tf, graph, f"{scope.rstrip('/')}/" if scope else "")
    layers = find_layers(graph)
    for layer in layers:
        inserter.layer(layer, weights, values, positive)
    inserter.elsewhere(computed)
    return len(layers)


class _Inserter:
    def __init__(self, tf: Any, graph: Any, scope: str) -> None:
        self.tf = tf
        self.graph = graph
        self.scope = scope
        self.consumers = Consumers(graph)
        self.done: set[Any] = set()

    def layer(self, layer: Layer, weights: FakeQuant, values: FakeQuant, positive: FakeQuant) -> None:
        context = context_of(layer.op)
        around = context.rpartition("/")[0] if layer.bypass is not None else context
        if layer.weights is not None:
            self.insert(weights, layer.weights.op, context, "weights_quant", inside="consumers")
        self.insert(positive, layer.activation, around, "act_quant", inside="producer")
        if layer.bypass is not None:
            self.insert(values, layer.bias, context, "conv_quant", inside="both")
            # With an activation alone behind it the sum is clamped at once and is no tensor of the file; see `elsewhere` for the rest.
            if not self.followed(layer.bypass, ACTIVATIONS):
                self.insert(values, layer.bypass, around, "add_quant", inside="both")
        if layer.add_behind is not None and not self.followed(layer.add_behind, _RELUS):
            self.insert(values, layer.add_behind, context_of(layer.add_behind), "post_activation_bypass_quant", inside="producer")

    def elsewhere(self, computed: FakeQuant) -> None:
        """Sums and products that no layer has, and activations that layers do not end with."""
        self.consumers = Consumers(self.graph)
        for op in self.graph.get_operations():
            if self.needs_range(op):
                self.insert(computed, op, op.name, f"activation_{op.type}_quant", inside="producer")

    def needs_range(self, op: Any) -> bool:
        """Whether an op computes with quantized values and gives a tensor that the file will have."""
        if op in self.done or op.type not in (*_COMPUTED, *_OWN_RANGE):
            return False
        readers = op.outputs[0].consumers()
        if len(readers) == 1 and readers[0].type in _RELUS:
            return False
        for tensor in op.inputs:
            source = tensor.op
            while source.type in _PASSED:
                source = source.inputs[0].op
            if source.type == "FakeQuantWithMinMaxVars" or "delayed_quant/Merge" in source.name:
                return True
            if source.type in _COMPUTED and any(self.needs_range(before.op) for before in source.inputs):
                return True
        return False

    def followed(self, op: Any, types: Sequence[str]) -> bool:
        return any(reader.type in types for reader in self.consumers.of(op))

    def insert(self, how: FakeQuant, producer: Any, context: str, name: str, *, inside: str) -> None:
        """Put a FakeQuant between an op and those that read it, unless one is there.

        `inside` says who must be under the scope that was given: the producer, its consumers, or both.
        """
        readers = self.consumers.of(producer)
        self.done.add(producer)
        checked = ([producer] if inside != "consumers" else []) + (readers if inside != "producer" else [])
        if any(not op.name.startswith(self.scope) for op in checked):
            return
        x = producer.outputs[0]
        if _has_fake_quant(x):
            return
        prefix = f"{context}/{name}" if context else name
        rounded = how.apply(self.tf, x, prefix.removeprefix(f"{self.graph.get_name_scope()}/"))
        if reroute(x, rounded, readers) == 0:
            warnings.warn(
                f"nothing reads {x.name!r}, so that nothing reads it rounded: as an output of a quantized file, name "
                f"{rounded.name!r} in its place",
                stacklevel=6,
            )


def _has_fake_quant(tensor: Any) -> bool:
    """Whether a tensor goes into a FakeQuant, at once or reshaped."""
    waiting = list(tensor.consumers())
    while waiting:
        op = waiting.pop()
        if op.type in FAKE_QUANTS:
            return True
        if op.type in ("Reshape", "Identity"):
            waiting += [reader for output in op.outputs for reader in output.consumers()]
    return False
