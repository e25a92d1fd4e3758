"""Where FakeQuants go: on the weights of layers, and on all that becomes integers between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .editing import ADDS, LAYERS, SHARING, Consumers, context_of, reroute, source
from .layers import ACTIVATIONS, Layer, find_layers
from .ranges import FakeQuant

__all__ = ["FAKE_QUANTS", "Inserted", "insert_fake_quants"]

FAKE_QUANTS = ("FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVarsPerChannel")
_COMPUTED = (*ADDS, "Mul")
_CHOSEN = ("Maximum", "Minimum")
_PASSED = ("Reshape", "Squeeze", "ExpandDims", "Identity", "BatchToSpaceND", "SpaceToBatchND", "MaxPool", "Max")
_RELUS = ("Relu", "Relu6")
# Activations that always have the same range in a file.
_FIXED = {"Sigmoid": (0.0, 255 / 256), "Tanh": (-1.0, 127 / 128)}
# What goes on in the model with a layer's result, unlike losses and summaries.
_GO_ON = (*SHARING, *_COMPUTED, *_CHOSEN)


@dataclass
class Inserted:
    """What was done: the layers that have FakeQuants, and, of tensors that nobody reads, theirs: pairs of names."""

    layers: list[Layer] = field(default_factory=list)
    unread: list[tuple[str, str]] = field(default_factory=list)


def insert_fake_quants(
    tf: Any, graph: Any, training: bool, *, weight_bits: int, activation_bits: int, symmetric: bool, delay: int, scope: str
) -> Inserted:  # fmt: skip
    """Insert them on ops whose names begin with `scope`, "" or a name scope with its slash."""
    weights = FakeQuant(training, False, weight_bits, narrow=True, symmetric=symmetric, delay=delay)
    values = FakeQuant(training, True, activation_bits, symmetric=symmetric, delay=delay)
    positive = FakeQuant(training, True, activation_bits, symmetric=symmetric, delay=delay, least=0.0)
    computed = FakeQuant(training, True, activation_bits, delay=delay)
    inserter = _Inserter(tf, graph, scope)
    layers = find_layers(graph)
    for layer in layers:
        inserter.layer(layer, weights, values, positive)
    inserter.elsewhere(computed)
    return Inserted(layers, inserter.unread)


class _Inserter:
    def __init__(self, tf: Any, graph: Any, scope: str) -> None:
        self.tf = tf
        self.graph = graph
        self.scope = scope
        self.consumers = Consumers(graph)
        self.before = set(graph.get_operations())
        self.done: set[Any] = set()
        self.branching: set[Any] = set()  # results that go on beside their activation
        self.unread: list[tuple[str, str]] = []

    def layer(self, layer: Layer, weights: FakeQuant, values: FakeQuant, positive: FakeQuant) -> None:
        context = context_of(layer.op)
        around = context.rpartition("/")[0] if layer.bypass is not None else context
        if layer.weights is not None:
            self.insert(weights, layer.weights.op, context, "weights_quant", inside="consumers")
        self.activation(layer.activation, positive, around)
        if layer.bypass is not None:
            self.insert(values, layer.bias, context, "conv_quant", inside="both")
            # With an activation alone after it the sum is clamped at once and is not a tensor of the file; see `elsewhere` for the rest.
            if not self.followed(layer.bypass, ACTIVATIONS):
                self.insert(values, layer.bypass, around, "add_quant", inside="both")
        if layer.add_behind is not None and not self.followed(layer.add_behind, _RELUS):
            self.insert(values, layer.add_behind, context_of(layer.add_behind), "post_activation_bypass_quant", inside="producer")

    def activation(self, op: Any, how: FakeQuant, context: str) -> None:
        """After an activation; before an Identity that is only another name, so that what is read by either name is rounded."""
        if op.type in ACTIVATIONS:
            before = op.inputs[0].op
            others = any(reader is not op and reader.type in _GO_ON for reader in self.consumers.of(before))
            if op.type != "Identity":
                if others:
                    self.branching.add(before)
            elif not self.consumers.of(op) and not _has_fake_quant(op.outputs[0]):
                op = before
        self.insert(how, op, context, "act_quant", inside="producer")

    def elsewhere(self, computed: FakeQuant) -> None:
        """Sums and products that no layer has; then what tf.contrib.quantize left without a range and a file needs one for."""
        self.consumers = Consumers(self.graph)
        for op in self.graph.get_operations():
            if self.needs_range(op) or self.lacked_range(op):
                self.insert(computed, op, op.name, f"activation_{op.type}_quant", inside="producer")
            elif op.type in _FIXED and op in self.before:
                self.fixed(op, replace(computed, fixed=_FIXED[op.type]))

    def fixed(self, op: Any, how: FakeQuant) -> None:
        """Round a Sigmoid or Tanh for those that the model goes on with: a loss may need its logarithm, which rounding makes infinite."""
        readers = [reader for reader in self.consumers.of(op) if reader.type in LAYERS or self.is_inner(reader)]
        if readers:
            self.insert(how, op, op.name, f"activation_{op.type}_quant", inside="producer", readers=readers)

    def is_inner(self, op: Any) -> bool:
        """Whether an op is a sum or product of nothing but what the file has as integers."""
        origins = [source(tensor.op, _PASSED) for tensor in op.inputs] if op.type in _COMPUTED else []
        return bool(origins) and all(_is_rounded(origin) or origin.type in ("Const", *_FIXED) for origin in origins)

    def needs_range(self, op: Any) -> bool:
        """Whether an op is a sum or product of rounded values that is a tensor of the file."""
        return op not in self.done and op.type in _COMPUTED and not _only_clamped(op) and self.of_rounded(op)

    def of_rounded(self, op: Any) -> bool:
        """Whether an op reads a rounded value, at once or through ops that pass it on."""
        for tensor in op.inputs:
            origin = source(tensor.op, _PASSED)
            if _is_rounded(origin):
                return True
            if origin.type in _COMPUTED and any(self.needs_range(before.op) for before in origin.inputs):
                return True
        return False

    def lacked_range(self, op: Any) -> bool:
        """LeakyRelu; Relu after a sum that has no range for its sake; maxima; and results that branch off before their activation."""
        if op in self.done or op not in self.before:  # the updates of ranges have maxima, too
            return False
        if op.type in _RELUS:
            before = op.inputs[0].op
            return before.type in _COMPUTED and before not in self.done and self.of_rounded(before)
        if op.type == "LeakyRelu":
            return not _only_clamped(op) and self.of_rounded(op)
        if op.type in _CHOSEN:  # a loss may take one of what the model computes and something else
            origins = [source(tensor.op, _PASSED) for tensor in op.inputs]
            return any(map(_is_rounded, origins)) and all(origin.type == "Const" or _is_rounded(origin) for origin in origins)
        return op in self.branching

    def followed(self, op: Any, types: Sequence[str]) -> bool:
        return any(reader.type in types for reader in self.consumers.of(op))

    def insert(self, how: FakeQuant, producer: Any, context: str, name: str, *, inside: str, readers: list[Any] | None = None) -> None:
        """Put a FakeQuant between an op and those that read it, or `readers` only, unless one is there.

        `inside` says who must be under the scope that was given: the producer, its consumers, or both.
        """
        readers = self.consumers.of(producer) if readers is None else readers
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
            self.unread.append((x.name, rounded.name))


def _is_rounded(op: Any) -> bool:
    return op.type == "FakeQuantWithMinMaxVars" or "delayed_quant/Merge" in op.name or op.name.endswith("_quant/FakeQuantWithMinMaxArgs")


def _only_clamped(op: Any) -> bool:
    """Whether a Relu alone reads an op, so that they become one."""
    readers = op.outputs[0].consumers()
    return len(readers) == 1 and readers[0].type in _RELUS


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
