"""The rewriting of a graph into integers, op by op in the order they run, once it is known that nothing is missing."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from .. import ops
from ..errors import ConvertError
from ..model import Graph, Op, Quantization, Tensor
from ..ops.common.quantization_params import CLAMPS
from ..ops.common.quantization_rules import QuantizationRule
from ..quantization_math import SMALLEST_RANGE
from .parameters import Parameters, Range, choose, quantized, range_of_values
from .ranges import Ranges, is_real, rule, scaled_by_result

if TYPE_CHECKING:
    from .config import FullIntegerQuantization

__all__ = ["Rewrite"]

_log = logging.getLogger("tinylite")
# LiteRT's fast uint8 kernels add two products in 16 bits, which the weights 0 can overflow if they are nearer than this.
_NEAREST_ZEROS = 16
_LARGEST_BIAS = 2**30  # half of INT32, so that products can be added


class Rewrite:
    """One rewriting. A tensor keeps its object and its name where it becomes integers; its float version, where one is read, is new."""

    def __init__(self, graph: Graph, ranges: Ranges, settings: FullIntegerQuantization, chosen: set[int]) -> None:
        self.graph = graph
        self.ranges = ranges
        self.settings = settings
        self.policy = settings.decisions
        self.chosen = chosen
        self.ops: list[Op] = []
        self.parameters: dict[int, Parameters] = {}  # of tensors that are integers by now
        self.integers: dict[tuple[int, Parameters], Tensor] = {}  # other integer versions of tensors
        self.floats: dict[int, Tensor] = {}  # float versions of tensors that are integers
        self.kept: list[Tensor] = list(graph.all_tensors())  # ids stay theirs
        self.instead: dict[int, Tensor] = {}  # what is read in place of an output that was dropped
        self.rounded_twice = 0

    def apply(self) -> None:
        inputs = [self.quantize_input(tensor) for tensor in self.graph.inputs]
        for op in self.graph.ops:
            op.inputs = [self.instead.get(id(tensor), tensor) if tensor is not None else None for tensor in op.inputs]
            if id(op) in self.chosen:
                self.integer(op)
            else:
                op.inputs = [self.as_float(tensor) if tensor is not None else None for tensor in op.inputs]
                self.ops.append(op)
        if self.rounded_twice:
            _log.warning(
                "%d weights were trained with ranges that differ on both sides of 0, and INT8 kernels know no zero point for weights: "
                "they are rounded a second time. Train with symmetric=True for INT8 files",
                self.rounded_twice,
            )
        given = [self.instead.get(id(tensor), tensor) for tensor in self.graph.outputs]
        ends = {id(tensor): self.quantize_output(tensor) for tensor in {id(tensor): tensor for tensor in given}.values()}
        outputs = [ends[id(tensor)] for tensor in given]
        self.graph.inputs, self.graph.outputs, self.graph.ops = inputs, outputs, self.ops
        self.graph.tensors = Graph(None, inputs, outputs, self.ops).all_tensors()

    # ---- the ends

    def quantize_input(self, tensor: Tensor) -> Tensor:
        """An input, which people fill: of the type that was asked for."""
        wanted, found = self.settings.input_type or self.settings.type, self.ranges.get(tensor)
        if not is_real(tensor) or found is None or wanted == "FLOAT32":
            return tensor
        parameters = choose(found, self.settings.type, id(tensor) in self.ranges.user_specified)
        if wanted == self.settings.type:
            self.become(tensor, parameters)
            return tensor
        given = Tensor(tensor.name, tensor.shape, wanted, None, _shifted(parameters, wanted).quantization(), tensor.shape_signature)
        tensor.name = f"{tensor.name}_{self.settings.type.lower()}"
        self.become(tensor, parameters)
        self.ops.append(Op("QUANTIZE", [given], [tensor]))
        return given

    def quantize_output(self, tensor: Tensor) -> Tensor:
        """An output, which people read: of the type that was asked for, if it has a range."""
        wanted = self.settings.output_type or self.settings.type
        parameters = self.parameters.get(id(tensor))
        if parameters is None:
            if not is_real(tensor) or wanted == "FLOAT32" or self.ranges.get(tensor) is None or tensor.is_constant:
                return tensor
            parameters = choose(self.range(tensor), self.settings.type)
            real, tensor = tensor, self.quantize(tensor, parameters)
            if not any(real is given for given in self.graph.inputs):
                real.name, tensor.name = f"{real.name}_float", real.name
        if wanted == self.settings.type:
            return tensor
        if any(tensor is given for given in self.graph.inputs):  # it keeps its name
            if wanted == "FLOAT32":
                return self.as_float(tensor)
            made = self.like(tensor, f"{tensor.name}_quantized", wanted, _shifted(parameters, wanted).quantization())
            self.ops.append(Op("QUANTIZE", [tensor], [made]))
            return made
        name, tensor.name = tensor.name, f"{tensor.name}_{self.settings.type.lower()}"
        if wanted == "FLOAT32":
            made = self.floats.get(id(tensor)) or self.like(tensor, name, "FLOAT32")
            made.name = name
            if id(tensor) not in self.floats:
                self.ops.append(Op("DEQUANTIZE", [tensor], [made]))
        else:
            made = self.like(tensor, name, wanted, _shifted(parameters, wanted).quantization())
            self.ops.append(Op("QUANTIZE", [tensor], [made]))
        return made

    # ---- tensors

    def like(self, tensor: Tensor, name: str | None, type: str, quantization: Quantization | None = None) -> Tensor:
        made = Tensor(name, tensor.shape, type, None, quantization, tensor.shape_signature, has_rank=tensor.has_rank)
        self.kept.append(made)
        return made

    def range(self, tensor: Tensor) -> Range:
        found = self.ranges.get(tensor)
        return range_of_values(tensor) if found is None else found

    def become(self, tensor: Tensor, parameters: Parameters) -> None:
        """Make a computed tensor a quantized one."""
        tensor.type = parameters.type
        tensor.quantization = parameters.quantization(self.recorded(tensor, parameters) if self.policy.record_ranges else None)
        self.parameters[id(tensor)] = parameters

    def recorded(self, tensor: Tensor, parameters: Parameters) -> Range:
        """The range that was asked for, or what the integers mean where that is another."""
        asked, found = self.ranges.get(tensor), parameters.range()
        if asked is None or max(abs(found.low - asked.low), abs(found.high - asked.high)) > 1e-5 * (found.high - found.low):
            return found
        return asked

    def as_float(self, tensor: Tensor) -> Tensor:
        """The float version of a tensor, for an op that stays in float; rounded where training has rounded it."""
        if id(tensor) not in self.parameters and id(tensor) in self.ranges.rounded and not tensor.is_constant:
            tensor = self.quantize(tensor, self.params_for(tensor))
        if id(tensor) not in self.parameters:
            return tensor
        if id(tensor) not in self.floats:
            self.floats[id(tensor)] = self.like(tensor, f"{tensor.name}_dequantized", "FLOAT32")
            self.ops.append(Op("DEQUANTIZE", [tensor], [self.floats[id(tensor)]]))
        return self.floats[id(tensor)]

    def params_for(self, tensor: Tensor) -> Parameters:
        """The parameters of an input: those it has, or those of its range."""
        return self.parameters.get(id(tensor)) or choose(self.range(tensor), self.settings.type)

    def quantize(self, tensor: Tensor, parameters: Parameters) -> Tensor:
        """A tensor as integers of these parameters: itself, a constant, or what a QUANTIZE makes of it."""
        if self.parameters.get(id(tensor)) == parameters:
            return tensor
        key = id(tensor), parameters
        if key not in self.integers:
            made = self.like(tensor, f"{tensor.name}_quantized", parameters.type, parameters.quantization())
            if tensor.is_constant:
                self.set_constant(made, tensor, parameters)
            else:
                self.ops.append(Op("QUANTIZE", [tensor], [made]))
            self.parameters[id(made)] = parameters
            self.integers[key] = made
        return self.integers[key]

    def set_constant(self, made: Tensor, tensor: Tensor, parameters: Parameters) -> None:
        found = self.range(tensor)
        assert tensor.data is not None
        made.name = tensor.name
        made.data = quantized(tensor.data, parameters, found.narrow)
        made.quantization = parameters.quantization(found if self.policy.record_ranges and parameters.type != "INT32" else None)

    # ---- ops

    def integer(self, op: Op) -> None:
        """Write an op on integers."""
        if op.code == "FAKE_QUANT":
            x, y = op.inputs[0], op.outputs[0]
            assert x is not None
            x = self.quantize(x, self.params_for(x))
            self.become(y, choose(self.range(y), self.settings.type))
            self.ops.append(Op("QUANTIZE", [x], [y]))
            return
        declared = rule(op, self.settings.type)
        assert declared is not None
        if declared.weights is not None:
            self.rewrite_layer(op, declared)
        elif self.settings.type in declared.moves:
            self.rewrite_data_movement(op, declared)
        else:
            op.inputs = [self.quantize(t, self.params_for(t)) if t is not None and is_real(t) else t for t in op.inputs]
            outputs = [output for output in op.outputs if is_real(output) and not declared.floats_out]
            written = {id(output): self.computed(op, declared, output) for output in outputs}
            asked = declared.fixed is not None and self.policy.requantize_fixed_results
            wanted = {id(output): choose(self.range(output), self.settings.type) for output in outputs} if asked else written
            self.write(op, written, wanted)

    def computed(self, op: Op, declared: QuantizationRule, output: Tensor) -> Parameters:
        """The parameters of what an op computes."""
        type = self.settings.type
        if declared.fixed is not None:
            scale, zero = declared.fixed
            return Parameters(type, scale, zero - (128 if type == "INT8" else 0))
        copies = declared.copies or (declared.joins and self.settings.change_concat_inputs)
        if copies and self.policy.share_input_scale:
            return next(self.parameters[id(t)] for t in op.inputs if id(t) in self.parameters)
        return choose(self.range(output), type)

    def rewrite_data_movement(self, op: Op, declared: QuantizationRule) -> None:
        """A data-movement op: all of its tensors get one scale, and what wants another is brought to it."""
        real = [t for t in op.inputs if t is not None and (is_real(t) or id(t) in self.parameters)]
        outputs = [output for output in op.outputs if is_real(output)]
        wanted = {id(output): choose(self.range(output), self.settings.type) for output in outputs}
        # What is joined takes the result's scale; else the result takes the scale of what is moved.
        backward = declared.ranges == "union" or (self.policy.backward_through_moves and scaled_by_result(op, self.settings.type))
        common = wanted[id(outputs[0])] if backward and outputs else self.params_for(real[0])
        op.inputs = [self.quantize(t, common) if any(t is other for other in real) else t for t in op.inputs]  # type: ignore[arg-type]
        written = dict.fromkeys(wanted, common)
        self.write(op, written, written if declared.copies and self.policy.share_input_scale else wanted)

    def write(self, op: Op, written: dict[int, Parameters], wanted: dict[int, Parameters]) -> None:
        """Add an op that writes outputs, by id, with these parameters, and a QUANTIZE for each that shall have others."""
        after = []
        for index, output in enumerate(op.outputs):
            given = written.get(id(output))
            if given is not None and wanted[id(output)] != given:
                op.outputs[index] = self.like(output, f"{output.name}_{op.code.lower()}", given.type, given.quantization())
                self.parameters[id(op.outputs[index])] = given
                after.append(Op("QUANTIZE", [op.outputs[index]], [output]))
            if given is not None:
                self.become(output, wanted[id(output)])
        self.emit(op)
        self.ops += after

    def rewrite_layer(self, op: Op, declared: QuantizationRule) -> None:
        """A layer of weights: they have their own scale, and the biases the product of it and the data's."""
        assert declared.weights is not None and declared.bias is not None
        data, weights = op.inputs[declared.data], op.inputs[declared.weights]
        assert data is not None and weights is not None
        if len(weights.shape) <= declared.channels:
            raise ConvertError(f"the weights {weights.name!r} of {op.name} are {list(weights.shape)}, which has too few dimensions")
        data = self.quantize(data, self.params_for(data))
        bias = op.inputs[declared.bias] if declared.bias < len(op.inputs) else None
        found = self.with_room(self.weights_range(weights, declared), bias, self.parameters[id(data)])
        self.ranges.set(weights, found)
        stored = self.quantize(weights, choose(found, "INT8") if self.settings.type == "INT8" else self.params_for(weights))
        if weights.is_constant and self.settings.type == "UINT8" and self.policy.part_zero_weights and declared.in_16_bits:
            self.check_zeros(stored)
        inputs = [*op.inputs, *[None] * (declared.bias + 1 - len(op.inputs))]
        inputs[declared.data], inputs[declared.weights] = data, stored
        inputs[declared.bias] = self.bias(op, declared, inputs[declared.bias], self.parameters[id(data)], self.parameters[id(stored)])
        op.inputs = inputs if inputs[-1] is not None else inputs[:-1]
        self.become(op.outputs[0], choose(self.range(op.outputs[0]), self.settings.type))
        self.emit(op)

    def weights_range(self, weights: Tensor, declared: QuantizationRule) -> Range:
        """The range of weights: INT8 kernels know no zero point, so that theirs is the same on both sides."""
        known = self.ranges.get(weights)
        each = self.policy.per_channel_weights and self.settings.type == "INT8"
        if each and (known is None or (known.per_channel and known.axis != declared.channels)):  # of another layer
            found = range_of_values(weights, declared.channels)
        else:
            found = self.range(weights)
        low, high = found.ends
        high = np.where((low == 0) & (high == 0), 1.0, high)  # as of constants without a FakeQuant: beside a scale of 0 no biases fit INT32
        narrow = found.narrow or (known is None and self.policy.narrow_weights)
        if self.settings.type == "INT8":
            most = np.maximum(-low, high)
            self.rounded_twice += known is not None and bool((np.abs(low + high) > most / 127).any())
            low, high, narrow = -most, most, True
        return Range.of(low, high, narrow, found.axis)

    def with_room(self, weights: Range, bias: Tensor | None, data: Parameters) -> Range:
        """The range of weights, made wider where the biases, whose scale follows from it, would not fit INT32 beside what is added."""
        sizes = np.abs(bias.data) if bias is not None and bias.data is not None else np.zeros(0)
        most = sizes.astype(np.float64) if weights.per_channel and sizes.size else np.float64(sizes.max(initial=0))
        factor = most / (_LARGEST_BIAS * data.scale * np.asarray(choose(weights, self.settings.type).scale))
        low, high = weights.ends
        small = (factor > 1) & (high - low < SMALLEST_RANGE)
        low, high = np.where(small, -SMALLEST_RANGE / 2, low), np.where(small, SMALLEST_RANGE / 2, high)
        factor = np.maximum(factor, 1)
        return Range.of(low * factor, high * factor, weights.narrow, weights.axis)

    def bias(self, op: Op, declared: QuantizationRule, bias: Tensor | None, data: Parameters, weights: Parameters) -> Tensor | None:
        """Biases as INT32; there always are some, unless the operator's file says that it does without and the policy leaves out zeros."""
        zeros = bias is None or (bias.data is not None and not bias.data.any())
        if zeros and self.policy.omit_zero_bias and declared.drops_bias:
            return None
        if bias is None:
            if not declared.adds_bias:
                return None
            bias = Tensor(f"{op.outputs[0].name}_bias", has_rank=True)
            bias.data = np.zeros(op.inputs[declared.weights].shape[declared.channels], np.float32)  # type: ignore[index, union-attr]
            self.kept.append(bias)
        if not bias.is_constant:
            raise ConvertError(f"the bias {bias.name!r} of {op.outputs[0].name!r} is computed, and a quantized layer needs it constant")
        scale = data.scale * np.asarray(weights.scale)
        return self.quantize(bias, Parameters.of("INT32", scale, np.zeros(scale.shape, np.int64)))

    def check_zeros(self, weights: Tensor) -> None:
        """Weights of 0 that are too near to one another become 1, or are refused."""
        assert weights.data is not None
        values = weights.data.reshape(-1)
        places = np.flatnonzero(values == 0)
        if len(places) < 2 or np.diff(places).min() >= _NEAREST_ZEROS:
            return
        if not (self.settings.nudge_weights or self.settings.default_range is not None):
            at = int(np.diff(places).argmin())
            raise ConvertError(
                f"the weights {weights.name!r} are 0 at index {places[at]} and {places[at + 1]}, which is nearer than "
                f"{_NEAREST_ZEROS}: LiteRT's fast uint8 kernels may overflow there",
                "Train with narrow ranges (create_training_graph does), or let such weights be 1 with "
                "allow_nudging_weights_to_use_fast_gemm_kernel",
            )
        made, last = values.copy(), -_NEAREST_ZEROS
        for place in places.tolist():
            if place - last < _NEAREST_ZEROS:
                made[place] = 1
            else:
                last = place
        weights.data = made.reshape(weights.shape)

    # ---- activations

    def emit(self, op: Op) -> None:
        """Add an op, without an activation that the output's range keeps anyway; an op that is nothing else is left out."""
        if self.policy.drop_idle_activations:
            activation = getattr(op.options, "fused_activation_function", "NONE") if op.options is not None else "NONE"
            if activation in CLAMPS and self.within(op.outputs[0], *CLAMPS[activation]):
                op.options.fused_activation_function = "NONE"  # type: ignore[union-attr]
            if self.idle(op):
                return
        self.check_scales(op)
        self.ops.append(op)

    def check_scales(self, op: Op) -> None:
        """Raise ConvertError for scales that LiteRT's fixed point cannot hold: its kernels end the whole program there."""
        declared = rule(op, self.settings.type)
        given = [(tensor, found) for tensor in op.inputs if tensor is not None and (found := self.parameters.get(id(tensor))) is not None]
        if declared is None or not given:
            return
        narrow, times = None, ""
        result, beta = self.parameters.get(id(op.outputs[0])), getattr(op.options, "beta", 1.0)
        if result is not None and max(np.max(found.scale) for _, found in given) >= declared.coarser * result.scale:
            narrow = op.outputs[0], result
        elif np.max(given[0][1].scale) * beta <= declared.finest:
            narrow, times = given[0], "" if beta == 1 else f", times its beta {beta:g},"
        if narrow is not None:
            tensor, found = narrow
            raise ConvertError(
                f"the range {found.range()} of {tensor.name!r}{times} is too narrow for integers in {op.name} ({op.outputs[0].name!r})",
                "Look for layers that training has left dead, or mend the FakeQuant's min and max",
            )

    def within(self, tensor: Tensor, low: float, high: float) -> bool:
        """Whether all that a tensor's integers can mean lies between two numbers."""
        found = self.parameters[id(tensor)].range()
        return low <= found.low and found.high <= high

    def idle(self, op: Op) -> bool:
        """Whether an activation, a MAXIMUM or a MINIMUM with a constant changes nothing; then its input is read in its place."""
        x, y = op.inputs[0], op.outputs[0]
        facts = ops.facts_of(op)
        if facts.clamp is not None:
            low, high = facts.clamp
        elif facts.bounds and (limit := self.limit(op.inputs[1])) is not None:
            low, high = (limit, np.inf) if facts.bounds == "low" else (-np.inf, limit)
        else:
            return False
        assert x is not None
        if not self.within(x, low, high) or self.parameters[id(x)] != self.parameters[id(y)] or x.shape != y.shape:
            return False
        if any(y is output for output in self.graph.outputs):
            if any(x is other for other in (*self.graph.inputs, *self.graph.outputs)):
                return False
            x.name = y.name
        self.instead[id(y)] = x
        return True

    def limit(self, tensor: Tensor | None) -> float | None:
        """The number that a constant of one element means."""
        if tensor is None or tensor.data is None or tensor.data.size != 1:
            return None
        parameters = self.parameters[id(tensor)]
        return (float(tensor.data.reshape(())) - parameters.zero_point) * parameters.scale


def _shifted(parameters: Parameters, type: str) -> Parameters:
    """The same steps in the other of the two 8-bit types."""
    return Parameters(type, parameters.scale, parameters.zero_point + (128 if type == "UINT8" else -128))
