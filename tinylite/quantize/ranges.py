"""The ranges of a graph's tensors: read from its FAKE_QUANT ops, handed on from op to op, and asked for where they lack."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .. import ops
from ..errors import ConvertError
from ..model import Graph, Op, Tensor
from ..ops.common.quantizing import Quantized
from ..passes.uses import Uses
from ..quantization_math import SMALLEST_RANGE, integer_limits
from .parameters import Range, choose, nudged_range, range_of_values

__all__ = ["Ranges", "is_real", "pair", "rule", "scaled_by_result", "told_ranges"]

_log = logging.getLogger("tinylite")


def rule(op: Op, type: str) -> Quantized | None:
    """How an op is computed on integers of a type; None if it is not."""
    found = ops.facts_of(op).quantized
    return found if found is not None and type in found.types else None


def scaled_by_result(op: Op, type: str) -> bool:
    """Whether TF 2.21 lets the result's range be that of what an op moves: not of pools, nor where the input's goes on as it is."""
    declared = rule(op, type)
    if declared is None or type not in declared.moves or len(op.outputs) > 1 or declared.by_input:
        return False
    return declared.ranges != "zero" and not declared.copies


def is_real(tensor: Tensor | None) -> bool:
    return tensor is not None and tensor.type == "FLOAT32"


def told_ranges(inputs: Sequence[Tensor], stats: Mapping[str, Any], type: str, exact: Any = np.float64) -> Iterator[tuple[Tensor, Range]]:
    """The inputs that (mean, std) are given for, with their ranges: stored = real * std + mean.

    Names are taken with ":0" and without. Raises ConvertError for names that are no inputs, and for numbers that give no range.
    """
    if not isinstance(stats, Mapping):
        raise ConvertError(f"mean and std of inputs are {stats!r}", "Give them by name: {name: (mean, std)}")
    named = {(tensor.name or "").removesuffix(":0"): tensor for tensor in inputs}
    named.update((tensor.name or "", tensor) for tensor in inputs)
    least, most = integer_limits(type)
    for name, given in stats.items():
        tensor = named.get(name) or named.get(str(name).removesuffix(":0"))
        if tensor is None:
            known = ", ".join(repr(tensor.name) for tensor in inputs)
            raise ConvertError(f"mean and std are given for {name!r}, which is no input", f"The inputs are {known}")
        mean, std = pair(f"mean and std of {name!r}", given)
        with np.errstate(all="ignore"):
            shift, factor = (exact(np.float32(number)) for number in (mean, std))
            low, high = (float((exact(end) - shift) / factor) for end in (least, most))
            whole = np.isfinite(np.array([mean, std, low, high]).astype(np.float32)).all()
        if not (whole and high - low >= SMALLEST_RANGE):  # less is taken for nothing but 0
            raise ConvertError(
                f"mean {mean:g} and std {std:g} of input {name!r} give no range",
                "std must be above 0: real = (stored - mean) / std, so that pictures of -1 to 1 have mean 127.5 and std 127.5",
            )
        if not least - 0.5 <= mean <= most + 0.5:
            _log.warning(
                "The mean %g of input %r is not among the numbers that %s stores, %d to %d: its range, [%g, %g], is moved to hold 0%s",
                mean, name, type, least, most, low, high,
                f". A mean of {mean:g} for UINT8 is {mean - 128:g} for INT8" if type == "INT8" and 0 <= mean <= 255 else "",
            )  # fmt: skip
        yield tensor, Range(low, high)


def pair(what: str, given: Any) -> tuple[float, float]:
    """Two numbers, however they are given; raises ConvertError for anything else."""
    try:
        first, second = (float(number) for number in given)
    except (TypeError, ValueError):
        raise ConvertError(f"{what} are {given!r}", "Give two numbers") from None
    return first, second


@dataclass
class Ranges:
    """Ranges by the ids of tensors, which `tensors` keeps alive.

    `type` is the type that tensors will have; `style` whose rules hold where the converters differ (see quantize.integer).
    """

    graph: Graph
    type: str
    style: str
    change_concat_inputs: bool = False
    known: dict[int, Range] = field(default_factory=dict)
    tensors: dict[int, Tensor] = field(default_factory=dict)
    told: set[int] = field(default_factory=set)  # the inputs whose range follows from mean and std
    rounded: set[int] = field(default_factory=set)  # what a FAKE_QUANT has rounded

    def get(self, tensor: Tensor) -> Range | None:
        return self.known.get(id(tensor))

    def set(self, tensor: Tensor, range: Range) -> bool:
        """Know a range; gives whether it is news."""
        self.tensors[id(tensor)] = tensor
        news = self.known.get(id(tensor)) != range
        self.known[id(tensor)] = range
        return news

    def offer(self, tensor: Tensor, range: Range | None) -> bool:
        """Know a range where none is known yet."""
        return range is not None and is_real(tensor) and id(tensor) not in self.known and self.set(tensor, range)

    # ---- reading

    def read_inputs(self, stats: Mapping[str, tuple[float, float]]) -> None:
        """Ranges of inputs from (mean, std) by name; raises ConvertError as `told_ranges` does."""
        # Both converters took mean and std as float32, and the first one computed with them so.
        exact = np.float32 if self.style == "toco" else np.float64
        for tensor, range in told_ranges(self.graph.inputs, stats, self.type, exact):
            if self.offer(tensor, range):
                self.told.add(id(tensor))

    def read_constants(self) -> None:
        """Ranges of weights that were behind a FakeQuant."""
        for tensor in self.graph.all_tensors():
            quantization = tensor.quantization
            if not tensor.is_constant or quantization is None or not is_real(tensor):
                continue
            if quantization.min.size > 1:
                raise ConvertError(
                    f"the FakeQuant of {tensor.name!r} has a range for each of {quantization.min.size} channels, and tensors of a fully "
                    "quantized file have one scale",
                    "Use FakeQuantWithMinMaxVars, as create_training_graph does, or drop_fake_quant and give default ranges",
                )
            if quantization.min.size == 1:
                found = Range(float(quantization.min[0]), float(quantization.max[0]), quantization.narrow)
                self.set(tensor, self.of_fake_quant(found, tensor.name))

    def read_fake_quants(self) -> None:
        """Know what FAKE_QUANT ops say, on both of their sides, and drop them.

        The name of what they read stays, unless the graph gives their result out under its own.
        """
        uses = Uses(self.graph)
        for op in list(self.graph.ops):
            if op.code != "FAKE_QUANT" or op.options is None or op.inputs[0] is None:
                continue
            x, y = op.inputs[0], op.outputs[0]
            bits = op.options.num_bits
            if bits > 8 or (bits != 8 and self.style == "mlir"):
                raise ConvertError(f"the FakeQuant {y.name!r} has {bits} bits, and {self.type} has 8", "Rewrite the graph with 8 bits")
            found = self.of_fake_quant(Range(op.options.min, op.options.max, op.options.narrow_range), y.name)
            self.offer(x, found)
            self.offer(y, found)
            given_out = any(y is output for output in self.graph.outputs)
            if given_out and any(x is other for other in (*self.graph.inputs, *self.graph.outputs)):
                continue  # both have names that somebody knows: it stays, as an op that brings one to the other's scale
            if given_out:
                x.name = y.name
                self.set(x, self.known[id(y)])
            uses.redirect(y, x)
            self.rounded.add(id(x))
            self.graph.ops.remove(op)

    def of_fake_quant(self, found: Range, name: str | None) -> Range:
        """The range that a FakeQuant means: with 0, as the old converter made it, or moved as the training kernel moves it."""
        if not (math.isfinite(found.low) and math.isfinite(found.high) and found.low <= found.high):
            raise ConvertError(f"the range {found} of the FakeQuant {name!r} is not one: it needs numbers, the lower one first",
                               "Train longer, so that moving averages have values, or mend the FakeQuant's min and max")  # fmt: skip
        if found.low <= 0 <= found.high:
            return found
        if self.style == "mlir":
            return nudged_range(found)
        _log.warning("The range %s of %r does not hold 0 and is made to, which costs accuracy", found, name)
        return found.with_zero()

    # ---- handing on

    def propagate(self) -> None:
        """Hand ranges on to tensors that have none, until nothing is new, by the rules that operators declare."""
        news = True
        while news:
            news = sum(map(self.handed_on, self.graph.ops)) > 0

    def handed_on(self, op: Op) -> bool:
        declared = rule(op, self.type)
        inputs = [tensor for tensor in op.inputs if tensor is not None and is_real(tensor)]
        outputs = [tensor for tensor in op.outputs if is_real(tensor)]
        if declared is None or not inputs or not outputs:
            return False
        if declared.fixed is not None:
            return self.offer(outputs[0], self.of_fixed(op, declared.fixed))
        if declared.ranges == "union":
            return self.united(op, inputs, outputs[0])
        news = False
        if declared.ranges in ("forward", "both", "zero") and (op.code != "SUM" or self.style == "toco"):
            found = self.range_of(inputs[0])
            if found is not None and declared.ranges == "zero":
                found = found.with_zero()
            for output in outputs:
                news |= self.offer(output, found)
            if news and op.code == "SUM":
                _log.warning("The sum %r takes its input's range, as it has none: that may cost accuracy", outputs[0].name)
        if self.idle(op, inputs[0]):
            news |= self.offer(outputs[0], self.get(inputs[0]))
        if declared.ranges in ("backward", "both"):
            news |= not inputs[0].is_constant and self.offer(inputs[0], self.get(outputs[0]))
        return news

    def of_fixed(self, op: Op, fixed: tuple[float, int]) -> Range:
        """The range of a result that always has this scale and zero point, as UINT8."""
        declared = ops.facts_of(op).quantized
        if self.style == "toco" and declared is not None and declared.range is not None:
            return Range(*declared.range)
        scale, zero = fixed
        return Range(-zero * scale, (255 - zero) * scale)

    def idle(self, op: Op, x: Tensor) -> bool:
        """Whether an activation changes nothing, since its input's integers mean nothing else: the first converter dropped it."""
        found = self.get(x)
        clamp = ops.facts_of(op).clamp
        if self.style != "toco" or clamp is None or found is None:
            return False
        low, high = clamp
        able = choose(found, self.type, id(x) in self.told).range()
        return low <= able.low and able.high <= high

    def range_of(self, tensor: Tensor) -> Range | None:
        """The range of a tensor, of a constant also that of its values."""
        found = self.get(tensor)
        return range_of_values(tensor) if found is None and tensor.is_constant else found

    def united(self, op: Op, inputs: list[Tensor], output: Tensor) -> bool:
        """The union of what is known of the inputs, for an output without a range; of both for all of them, if that was asked for."""
        declared = ops.facts_of(op).quantized
        joins = declared is not None and declared.joins
        force = self.change_concat_inputs and joins
        known = [self.range_of(tensor) for tensor in (*inputs, *([output] if force else []))]
        found = [range for range in known if range is not None]
        if not found or (not force and self.get(output) is not None) or (not joins and len(found) < len(inputs)):
            return False
        union = found[0]
        for range in found[1:]:
            union = union.union(range)
        union = Range(union.low, union.high)
        return sum(self.set(tensor, union) for tensor in ((*inputs, output) if force else (output,))) > 0

    def pull_back(self) -> None:
        """Let what is computed for such an op alone have the range of the op's result, as TF 2.21 does.

        Not where a range from 0 on, which stands for an activation, would be lost with it: that range stays.
        """
        uses = Uses(self.graph)
        given_out = {id(tensor) for tensor in self.graph.outputs}
        for op in self.graph.ops:
            found = self.get(op.outputs[0]) if scaled_by_result(op, self.type) else None
            for tensor in op.inputs if found is not None else ():
                producer, own = uses.producer(tensor), self.get(tensor) if tensor is not None else None
                made = rule(producer, self.type) if producer is not None else None
                if tensor is None or found is None or own is None or made is None or made.moves or made.fixed is not None:
                    continue
                clamped = (own.low == 0 > found.low) or (own.high == 0 < found.high)
                if not clamped and id(tensor) not in given_out and all(reader is op for reader in uses.readers[id(tensor)]):
                    self.set(tensor, found)

    def give_default(self, low: float, high: float) -> None:
        """Let all that is computed and has no range have this one, and what follows from it."""
        with np.errstate(over="ignore"):
            ends = np.array([low, high]).astype(np.float32)
        if not (np.isfinite(ends).all() and ends[0] < ends[1]):
            raise ConvertError(f"the default range {low:g} to {high:g} is not one", "Give two numbers, the lower one first")
        given = Range(float(ends[0]), float(ends[1])).with_zero()
        for op in self.graph.ops:
            declared = rule(op, self.type)
            for tensor in (*op.inputs, *(() if declared is not None and declared.floats_out else op.outputs)):
                if tensor is not None and not tensor.is_constant:
                    self.offer(tensor, given)
        self.propagate()

    def check_values(self) -> None:
        """Raise ConvertError for constants that are not numbers, which no range holds."""
        bad = [
            tensor for tensor in self.graph.all_tensors()
            if tensor.is_constant and is_real(tensor) and tensor.data is not None and not np.isfinite(tensor.data).all()
        ]  # fmt: skip
        if bad:
            names = ", ".join(repr(tensor.name) for tensor in bad[:5])
            raise ConvertError(f"{len(bad)} constants hold NaN or infinity: {names}", "Look for the step at which training diverged")
