"""Smaller files of float models: weights are stored as INT8 or FLOAT16, and what is computed stays float.

Kernels that read INT8 weights quantize their inputs on the way (dynamic range); where there is none, and for FLOAT16, a
DEQUANTIZE goes before. Biases and other small constants stay as they are in INT8.
"""

from __future__ import annotations

import logging
from collections import Counter

import numpy as np

from .. import ops
from ..errors import ConvertError, UnsupportedError
from ..limits import memory_shortage
from ..model import Graph, Model, Op, Quantization, Tensor, called_graphs
from ..ops.common.quantization_rules import WeightStorageRule
from ..quantization_math import integer_limits, round_half_away
from .check import check_ops
from .config import WeightQuantization
from .policy import Policy

__all__ = ["quantize_weights"]

_log = logging.getLogger("tinylite")
_LARGEST_HALF = np.float32(65504)


@memory_shortage("quantizing it", "Quantize it on a larger machine, or end other programs")
def quantize_weights(model: Model, quantization: WeightQuantization | None = None) -> Model:
    """A float model with its weights stored smaller, in all of its graphs; the model given stays as it is.

    What is not a float weight is left alone, so that a model may already be quantized in part; one that has none comes back as it is.
    Raises ConvertError for weights that hold NaN or infinity, and ModelError for ops that break their operators' rules.
    """
    quantization = quantization or WeightQuantization()
    made = model.copy()
    graphs = {id(graph): graph for first in made.graphs for graph in called_graphs(first)}.values()
    for graph in graphs:
        check_ops(graph)
    changed = [_Storing(graph, quantization).apply() for graph in graphs]
    if any(changed):
        from ..passes.set_versions import set_versions

        set_versions(made)
    return made


class _Storing:
    """The rewriting of one graph. Weights that several ops read are stored once for each representation."""

    def __init__(self, graph: Graph, settings: WeightQuantization) -> None:
        self.graph = graph
        self.settings = settings
        self.policy = settings.decisions
        self.kept = graph.all_tensors()  # alive, so that no new tensor takes the id of one that was replaced
        self.readers = Counter(id(tensor) for op in graph.ops for tensor in op.inputs)
        self.stored: dict[tuple[int, int | None, int | None], Tensor] = {}
        self.floats: dict[int, Tensor] = {}  # what DEQUANTIZE returns, by the ids of stored tensors
        self.first: list[Op] = []  # the DEQUANTIZEs of weights
        self.ops: list[Op] = []

    def apply(self) -> bool:
        """Rewrite the graph; whether there was anything to store."""
        for op in self.graph.ops:
            self.ops.append(op)
            if self.settings.type == "FLOAT16":
                op.inputs = [self.half(tensor) for tensor in op.inputs]
            else:
                self.integers(op)
        if not self.stored:
            return False
        if self.policy.stored_for_all_readers:
            self.dequantize_for_others()
        self.graph.ops = [*self.first, *self.ops]
        self.graph.tensors = Graph(None, self.graph.inputs, self.graph.outputs, self.graph.ops).all_tensors()
        return True

    def half(self, tensor: Tensor | None) -> Tensor | None:
        """A float constant, whatever it is for, as FLOAT16 after a DEQUANTIZE."""
        if not _is_weight(tensor):
            return tensor
        assert tensor is not None
        key = id(tensor), None, None
        if key not in self.stored:
            values = _checked(tensor)
            if (beyond := int((np.abs(values) > _LARGEST_HALF).sum())) > 0:
                _log.warning("%d of the weights %r are beyond 65504, the largest FLOAT16, and become that", beyond, tensor.name)
            values = np.clip(values, -_LARGEST_HALF, _LARGEST_HALF).astype(np.float16)
            self.stored[key] = _constant(tensor, "FLOAT16", values)
        return self.float_form(self.stored[key], tensor)

    def integers(self, op: Op) -> None:
        declared = _declared(op)
        if declared is None or not self.policy.stores(declared):
            return
        given = {index for index in declared.inputs if index < len(op.inputs) and op.inputs[index] is not None}
        large = {index for index in given if self.is_large(op.inputs[index])}
        if not large or (self.policy.needs_all(declared) and large != given):
            return
        kernel = self.policy.kernel_reads(declared, large == given)
        channels = declared.channels if self.settings.per_channel and self.policy.stored_per_channel else None
        repeated = declared.channels if declared.each and kernel else None
        for index in large:
            tensor = op.inputs[index]
            assert tensor is not None
            key = id(tensor), channels, repeated
            if key not in self.stored:
                self.stored[key] = _symmetric(tensor, channels, repeated, self.policy)
            if self.policy.moves_stored(declared, self.readers[id(tensor)]):
                self.moved(op, index, self.stored[key])
            else:
                op.inputs[index] = self.stored[key] if kernel else self.float_form(self.stored[key], tensor)
        if declared.asymmetric and self.policy.asymmetric_inputs and op.options is not None:
            op.options.asymmetric_quantize_inputs = True

    def moved(self, op: Op, index: int, stored: Tensor) -> None:
        """Make an op move integers, and DEQUANTIZE after it the few that it picked."""
        output = op.outputs[0]
        picked = Tensor(
            f"{output.name}_quantized", output.shape, stored.type, None, stored.quantization, output.shape_signature, has_rank=True
        )
        op.inputs[index], op.outputs = stored, [picked]
        self.ops.append(Op("DEQUANTIZE", [picked], [output]))

    def is_large(self, tensor: Tensor | None) -> bool:
        return _is_weight(tensor) and tensor is not None and int(np.prod(tensor.shape)) >= max(self.settings.least_elements, 1)

    def dequantize_for_others(self) -> None:
        """Make all other consumers of stored weights read them too, so that no float copy is kept."""
        stored = {tensor: made for (tensor, _, _), made in self.stored.items()}
        for op in self.ops:
            op.inputs = [
                tensor if tensor is None or id(tensor) not in stored else self.float_form(stored[id(tensor)], tensor)
                for tensor in op.inputs
            ]

    def float_form(self, stored: Tensor, tensor: Tensor) -> Tensor:
        if id(stored) not in self.floats:
            made = Tensor(f"{tensor.name}_dequantized", tensor.shape, "FLOAT32", has_rank=True)
            self.floats[id(stored)] = made
            self.first.append(Op("DEQUANTIZE", [stored], [made]))
        return self.floats[id(stored)]


def _declared(op: Op) -> WeightStorageRule | None:
    try:
        return ops.find(op.code).weights_of(op)
    except UnsupportedError:
        return None


def _is_weight(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.is_constant and tensor.type == "FLOAT32" and tensor.sparsity is None and not tensor.is_variable


def _checked(tensor: Tensor) -> np.ndarray:
    values = tensor.data
    assert values is not None
    if not np.isfinite(values).all():
        raise ConvertError(f"the weights {tensor.name!r} hold NaN or infinity", "Look for the step at which training diverged")
    return values


def _constant(tensor: Tensor, type: str, values: np.ndarray, quantization: Quantization | None = None) -> Tensor:
    made = Tensor(tensor.name, tensor.shape, type, quantization=quantization, has_rank=True)
    made.data = values
    return made


def _symmetric(tensor: Tensor, channels: int | None, repeated: int | None, policy: Policy) -> Tensor:
    """Weights as INT8 in -127..127, with one scale or one for each index along `channels`: the largest over 127.

    One scale is written as often as there are indices along `repeated`.
    """
    values = _checked(tensor)
    axes = tuple(axis for axis in range(values.ndim) if axis != channels) if channels is not None else None
    scale, steps = policy.symmetric_steps(values, np.abs(values).max(axis=axes, keepdims=True))
    written = scale.reshape(-1).astype(np.float32)
    if channels is None and repeated is not None:
        channels, written = repeated, np.repeat(written, values.shape[repeated])
    quantization = Quantization(written, np.zeros(written.size, np.int64), channels or 0)
    return _constant(tensor, "INT8", np.clip(round_half_away(steps), *integer_limits("INT8", narrow=True)).astype(np.int8), quantization)
