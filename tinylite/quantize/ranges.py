"""The store of ranges: what sources know of a graph's tensors, and what follows from it, op by op.

Sources are in range_sources/, one file each: FakeQuants, statistics of inputs, defaults. A new one, a calibration say, is one file more.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from .. import ops
from ..errors import ConvertError, quoted
from ..model import Graph, Op, Tensor
from ..ops.common.quantization_rules import QuantizationRule
from ..passes.uses import Uses
from .parameters import Range, choose, range_of_values
from .policy import Policy

__all__ = ["RangeSource", "Ranges", "is_real", "pair", "rule", "scaled_by_result"]

_log = logging.getLogger("tinylite")


def rule(op: Op, type: str) -> QuantizationRule | None:
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


def pair(what: str, given: Any) -> tuple[float, float]:
    """Two numbers, however they are given; raises ConvertError for anything else."""
    try:
        first, second = (float(number) for number in given)
    except (TypeError, ValueError):
        raise ConvertError(f"{what} are {given!r}", "Give two numbers") from None
    return first, second


class RangeSource(Protocol):
    """Something that knows ranges, such as FakeQuants, statistics or a calibration."""

    def provide(self, ranges: Ranges) -> None:
        """Set the ranges of tensors of `ranges.graph`, with `set_if_missing`: what an earlier source has set stays.

        The store makes them hold 0, and propagates them afterwards. Raises ConvertError for ranges that are none.
        """


def _checked(given: Any, tensor: Tensor, source: RangeSource) -> Range:
    """What a source has said of a tensor, with ends that are numbers or tuples of them."""
    remedy = "A source gives tinylite.quantize.Range(low, high), of finite numbers, the lower one first"
    who = type(source).__name__
    if not isinstance(given, Range):
        raise ConvertError(f"{who} says of {tensor.name!r} that its range is {quoted(given)}", remedy)
    try:
        low, high = given.ends
        with np.errstate(over="ignore"):
            whole = low.shape == high.shape and np.isfinite([low.astype(np.float32), high.astype(np.float32)]).all() and (low <= high).all()
    except (TypeError, ValueError):
        whole = False
    if not whole:
        raise ConvertError(f"{who} says of {tensor.name!r} that its range is {quoted((given.low, given.high))}", remedy)
    return Range.of(low, high, given.narrow, given.axis)


@dataclass
class Ranges:
    """Ranges by the ids of tensors, which `tensors` keeps alive. `type` is the type that tensors will have."""

    graph: Graph
    type: str
    policy: Policy
    change_concat_inputs: bool = False
    known: dict[int, Range] = field(default_factory=dict)
    tensors: dict[int, Tensor] = field(default_factory=dict)
    user_specified: set[int] = field(default_factory=set)  # the inputs whose range follows from mean and std
    rounded: set[int] = field(default_factory=set)  # what a FAKE_QUANT has rounded

    def get(self, tensor: Tensor) -> Range | None:
        return self.known.get(id(tensor))

    def set(self, tensor: Tensor, range: Range) -> bool:
        """Know a range; returns whether it is news."""
        self.tensors[id(tensor)] = tensor
        news = self.known.get(id(tensor)) != range
        self.known[id(tensor)] = range
        return news

    def set_if_missing(self, tensor: Tensor, range: Range | None) -> bool:
        """Know a range where none is known yet."""
        return range is not None and is_real(tensor) and id(tensor) not in self.known and self.set(tensor, range)

    def ask(self, source: RangeSource) -> None:
        """Take what a source says, and make its ranges hold 0. Raises ConvertError for what is not a range."""
        before = dict(self.known)
        source.provide(self)
        for key, range in list(self.known.items()):
            if before.get(key) is not range:
                self.known[key] = _checked(range, self.tensors[key], source).with_zero()

    # ---- what follows

    def propagate(self) -> None:
        """Set ranges of tensors that have none, until nothing is new, by the rules that operators declare."""
        news = True
        while news:
            news = sum(map(self.propagate_through, self.graph.ops)) > 0

    def propagate_through(self, op: Op) -> bool:
        declared = rule(op, self.type)
        inputs = [tensor for tensor in op.inputs if tensor is not None and is_real(tensor)]
        outputs = [tensor for tensor in op.outputs if is_real(tensor)]
        if declared is None or not inputs or not outputs:
            return False
        if declared.fixed is not None:
            return self.set_if_missing(outputs[0], self.of_fixed(op, declared.fixed))
        if declared.ranges == "union":
            return self.united(op, inputs, outputs[0])
        news = False
        if declared.ranges in ("forward", "both", "zero") and (op.code != "SUM" or self.policy.sums_keep_range):
            found = self.range_of(inputs[0])
            if found is not None and declared.ranges == "zero":
                found = found.with_zero()
            for output in outputs:
                news |= self.set_if_missing(output, found)
            if news and op.code == "SUM":
                _log.warning("The sum %r takes its input's range, as it has none: that may cost accuracy", outputs[0].name)
        if self.idle(op, inputs[0]):
            news |= self.set_if_missing(outputs[0], self.get(inputs[0]))
        if declared.ranges in ("backward", "both"):
            news |= not inputs[0].is_constant and self.set_if_missing(inputs[0], self.get(outputs[0]))
        return news

    def of_fixed(self, op: Op, fixed: tuple[float, int]) -> Range:
        """The range of a result that always has this scale and zero point, as UINT8."""
        declared = ops.facts_of(op).quantized
        if self.policy.declared_ranges and declared is not None and declared.range is not None:
            return Range(*declared.range)
        scale, zero = fixed
        return Range(-zero * scale, (255 - zero) * scale)

    def idle(self, op: Op, x: Tensor) -> bool:
        """Whether an activation is dropped, since its input's integers mean nothing that it would change."""
        found = self.get(x)
        clamp = ops.facts_of(op).clamp
        if not self.policy.drop_idle_activations or clamp is None or found is None:
            return False
        low, high = clamp
        able = choose(found, self.type, id(x) in self.user_specified).range()
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

    def propagate_backward(self) -> None:
        """Propagate the range of a data-movement op's result to its input if it is the only consumer, as TF 2.21 does.

        Not where a range from 0 on, which represents an activation, would be lost with it: that range stays.
        """
        uses = Uses(self.graph)
        given_out = {id(tensor) for tensor in self.graph.outputs}
        for op in self.graph.ops:
            found = self.get(op.outputs[0]) if scaled_by_result(op, self.type) else None
            for tensor in op.inputs if found is not None else ():
                producer, known = uses.producer(tensor), self.get(tensor) if tensor is not None else None
                made = rule(producer, self.type) if producer is not None else None
                if tensor is None or found is None or known is None or made is None or made.moves or made.fixed is not None:
                    continue
                clamped = (known.low == 0 > found.low) or (known.high == 0 < found.high)
                if not clamped and id(tensor) not in given_out and all(reader is op for reader in uses.readers[id(tensor)]):
                    self.set(tensor, found)
