"""What a line leaves out, by the facts that operators declare: roles, types, quantization, biases, results.

Reading and writing lines both ask here, so what writing leaves out is what reading puts there.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError, TinyliteError
from ...model import Op, Tensor
from ...ops.common.node import Node, Value, node_of
from ...ops.common.operator import Operator
from ...ops.common.quantization_params import CLAMPS
from ...ops.common.quantization_rules import QuantizationRule
from ...quantization_math import integer_limits
from ...tensor_types import PACKED_BITS
from .drawing import tensor_of
from .options import coupled_types
from .tensors import NONE, Quant, quant_of

__all__ = ["Usual", "usual_results"]

_EIGHT = ("INT8", "UINT8")
_DATA = {"INT8": Quant(0.05, 3), "UINT8": Quant(0.05, 131), "INT16": Quant(0.0002)}
_WIDER = {"INT8": Quant(0.1, 3), "UINT8": Quant(0.1, 131), "INT16": Quant(0.0004)}  # of what is computed of values at those scales
# Of weights, for a sum of one product; the more a sum has, the smaller weights are, so that results of layers do not grow with them.
_WEIGHTS = {"INT8": Quant(0.01), "UINT8": Quant(0.01, 128), "INT16": Quant(0.00004)}
_NARROW = Quant(0.1)  # of weights of less than 8 bits
# Types of results that are tried after the type of the data, in this order.
_TRIED = ("BOOL", "INT8", "INT32", "INT64", "FLOAT32", "COMPLEX64", "FLOAT64", "UINT8", "INT16")
_TRIED_TOGETHER = ("INT32", "FLOAT32", "INT64")
_MOST_RESULTS = 4096


@dataclass(frozen=True)
class Usual:
    """What an operand is where a line says no more than its shape: `lead` is the type that the line begins with, `weights` that of weights.

    `per_tensor` says that weights have one scale.
    """

    operator: Operator
    lead: str
    weights: str
    per_tensor: bool = False

    @property
    def hybrid(self) -> bool:
        """Whether floats meet weights that are stored as integers."""
        return self.lead.startswith("FLOAT") and self.weights != self.lead

    def is_weights(self, place: int) -> bool:
        """Whether an input holds weights, which are constants."""
        operator = self.operator
        rule, stored = operator.quantized, operator.stored_weights
        if (operator.layer is not None and place == operator.layer.weights) or (rule is not None and place == rule.weights):
            return True
        # What is only stored small may be computed as well, unless it is the kernel's own to read it so.
        return stored is not None and place in stored.inputs and (rule is None or self.hybrid)

    def is_bias(self, place: int) -> bool:
        """Whether an input holds a layer's biases."""
        return self.operator.layer is not None and place == self.operator.layer.bias

    def role(self, place: int) -> str:
        return "const" if self.is_weights(place) or self.is_bias(place) else "input"

    def type(self, place: int) -> str:
        if self.is_bias(place):
            return "INT32" if self.lead in _EIGHT else "INT64" if self.lead == "INT16" else self.lead
        return self.weights if self.is_weights(place) else self.lead

    def quant(self, place: int, type: str, shape: tuple[int, ...]) -> Quant:
        """The quantization of an input of this type and shape."""
        if self.is_weights(place):
            return self._of_weights(place, type, shape)
        if type in _EIGHT:
            return _DATA[type] if _computes_on_integers(self.operator) else NONE
        return _DATA[type] if type == self.lead == "INT16" and not self.operator.takes("INT16") else NONE

    def _of_weights(self, place: int, type: str, shape: tuple[int, ...]) -> Quant:
        rule, stored = self.operator.quantized, self.operator.stored_weights
        if type not in (*_WEIGHTS, *PACKED_BITS):
            return NONE
        axis = None
        if self.hybrid:
            axis = stored.channels if stored is not None else None
        elif rule is not None and rule.weights is not None and type.startswith("INT"):
            axis = rule.channels
        if axis is not None and not self.per_tensor:
            return Quant(axis=axis)
        usual = _WEIGHTS.get(type, _NARROW)
        return Quant(_short(usual.scale * self.factor(place, shape)), usual.zero)

    def factor(self, place: int, shape: tuple[int, ...]) -> float:
        """What scales of an input's weights are multiplied by."""
        return 1 / math.sqrt(self.depth(shape)) if self.is_weights(place) else 1.0

    def depth(self, shape: tuple[int, ...]) -> int:
        """How many of an input's weights of this shape a sum of the layer has."""
        channels = self.operator.layer.channels if self.operator.layer is not None else 0
        return max(math.prod(shape) // max(shape[channels], 1), 1) if channels < len(shape) else 1

    def bias_shape(self, inputs: Sequence[Tensor | None]) -> tuple[int, ...] | None:
        """The shape of the biases of a layer with these inputs; None where there is no place for them."""
        layer = self.operator.layer
        if layer is None or layer.weights >= len(inputs):
            return None
        weights = inputs[layer.weights]
        return (weights.shape[layer.channels],) if weights is not None and layer.channels < len(weights.shape) else None

    def bias_quant(self, inputs: Sequence[Tensor | None]) -> Quant:
        """That of a layer's biases: the product of the scales of its data and its weights."""
        layer = self.operator.layer
        assert layer is not None
        data, weights = (inputs[place] if place < len(inputs) else None for place in (self.operator.data_input, layer.weights))
        if data is None or weights is None or not quant_of(data).scale:
            return NONE
        of = quant_of(weights)
        return Quant(axis=0) if of.axis is not None else Quant(quant_of(data).scale * of.scale) if of.scale else NONE


def _computes_on_integers(operator: Operator) -> bool:
    return operator.quantized is not None or operator.converts or operator.stored_weights is not None


def _result_quant(usual: Usual, op: Op, type: str) -> Quant:
    """The quantization of a result of this type."""
    operator = usual.operator
    rule = operator.quantized or (QuantizationRule() if operator.converts else None)
    if type not in _DATA or rule is None or (rule.floats_out and operator.quantized is not None):
        return NONE
    if type == "INT16" and (operator.takes("INT16") and not operator.converts):
        return NONE
    if rule.fixed is not None and type in _EIGHT:
        scale, zero = rule.fixed
        return Quant(scale, zero - 128 if type == "INT8" else zero)
    data = op.inputs[operator.data_input] if operator.data_input < len(op.inputs) else None
    of = quant_of(data) if data is not None else NONE
    if data is None or data.type not in _DATA:
        return _DATA[type]
    if type == data.type and (rule.copies or rule.joins or type in rule.moves or of == NONE):
        return _DATA[type] if of.kind == "axis" else of
    found = Quant(_sum_scale(usual, op, of), _DATA[type].zero) if _is_sum(operator) else _WIDER[type]
    return _clamped(op, type, found)


def _is_sum(operator: Operator) -> bool:
    """Whether it is a layer, or a product of matrices."""
    return operator.layer is not None or operator.stored_weights is not None


def _sum_scale(usual: Usual, op: Op, of: Quant) -> float:
    """The scale of sums of products, so that few of them leave an 8-bit type.

    Products of values that fill their types are 128 of their steps on average, and sums grow as the root of how many there are.
    """
    place = usual.operator.layer.weights if usual.operator.layer is not None else 1
    weights = op.inputs[place] if place < len(op.inputs) else None
    if weights is None:
        return _WIDER["INT8"].scale
    scale, depth = quant_of(weights).scale, usual.depth(weights.shape)
    if usual.operator.layer is None:  # matrices, of which the first has the depth in its last dimension
        data = op.inputs[usual.operator.data_input]
        depth = max(data.shape[-1], 1) if data is not None and data.shape else 1
    scale = scale or _WEIGHTS["INT8"].scale / math.sqrt(depth)
    return _short(of.scale * scale * 128 * math.sqrt(depth))


def _clamped(op: Op, type: str, quant: Quant) -> Quant:
    """The same, or where a fused activation has bounds a quantization that begins or ends there."""
    low, high = CLAMPS.get(str(getattr(op.options, "fused_activation_function", "NONE")), (-math.inf, math.inf))
    least, most = integer_limits(type)
    if math.isinf(low):
        return quant
    scale = quant.scale if math.isinf(high) else (high - low) / (most - least)
    return Quant(scale, least - round(low / scale))


def _short(scale: float) -> float:
    """A scale of two digits, as somebody would write it."""
    return float(f"{scale:.1e}") if scale > 0 else 1.0


def usual_results(usual: Usual, op: Op, given: Mapping[int, tuple[str | None, Quant | None]], options: Mapping[str, Any]) -> list[Tensor]:
    """The results of an op that has its inputs and options: those of the first types that the operator takes.

    `given` says what is known of each. Options that repeat types are set, except for `options`. Raises what the operator's check raises
    if it takes none.
    """
    operator = usual.operator
    count = operator.outputs_of(op)
    if not 0 < count <= _MOST_RESULTS:
        raise ModelError(f"it would have {count} outputs", f"Give it 1 to {_MOST_RESULTS}")
    op.outputs = []
    inputs = node_of(op).inputs
    refused: TinyliteError | None = None
    for types in _candidates(count, usual.lead, {place: type for place, (type, _) in given.items() if type is not None}):
        quants = [(given.get(place) or (None, None))[1] for place in range(count)]
        op.outputs = [
            tensor_of(f"output{place}", type, (), _result_quant(usual, op, type) if quant is None else quant)
            for place, (type, quant) in enumerate(zip(types, quants, strict=True))
        ]
        if op.options is not None:
            read = [str(tensor.type) for tensor in op.inputs if tensor is not None]
            for name, value in coupled_types(operator, read, types).items():
                if name not in options:
                    setattr(op.options, name, value)
        try:
            operator.check(
                Node(op, 0, inputs, [Value(str(tensor.name), type, (), tensor) for tensor, type in zip(op.outputs, types, strict=True)])
            )
        except TinyliteError as error:
            refused = refused or error
        else:
            return op.outputs
    assert refused is not None
    raise refused


def _candidates(count: int, lead: str, given: Mapping[int, str]) -> Iterator[tuple[str, ...]]:
    """The types of results to be tried."""
    first = list(dict.fromkeys((lead, *_TRIED)))
    if len(given) == count:
        yield tuple(given[place] for place in range(count))
        return
    for type in first:
        yield tuple(given.get(place, type) for place in range(count))
    if 1 < count <= 4:
        tried = list(dict.fromkeys((lead, *_TRIED_TOGETHER)))
        for types in itertools.product(tried, repeat=count):
            yield tuple(given.get(place, type) for place, type in enumerate(types))
