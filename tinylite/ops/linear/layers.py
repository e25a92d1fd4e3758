"""The builder of linear layers: from operands, the row of their types and a geometry to steps. No operator does any of it by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ...arithmetic import Arithmetic, Rule
from ..common.operator import Node, Value
from ..common.quantization_params import activation_range, scale_and_zero
from .operands import bias_operand, bias_values, filter_scales, find_pair
from .packing import check_weights
from .pairs import Pair
from .requantizing import FACTORS, Requantization, choose_rule

if TYPE_CHECKING:
    from ..common.plan_context import PlanContext

__all__ = ["Geometry", "LinearLayer"]


class Geometry(Protocol):
    """What multiplies inputs and weights, for each way of pairs.py: `Gemm` or `Depthwise`."""

    @property
    def computes_bias(self) -> bool:
        """Whether a float bias may be computed by the run."""

    def f32(self, plan: PlanContext, bias: np.ndarray | Value | None, low: float, high: float) -> None:
        """Add steps for clamp(sums + bias), from float sums; bias float32 [channels]."""

    def q8(self, plan: PlanContext, input_zero: int, weights_zero: int, bias: np.ndarray, how: Requantization) -> None:
        """Add steps for requantized int32 sums + bias; bias int32 [channels]."""

    def hybrid(self, plan: PlanContext, scales: np.ndarray, bias: np.ndarray, low: float, high: float) -> None:
        """Add steps for clamp(sums * scales + bias), of inputs quantized by their own range; all float32 [channels]."""


@dataclass(eq=False)
class LinearLayer:
    """The operands of a layer with `channels` outputs, whose weights may have a scale for each along `dimension`."""

    node: Node
    pairs: Sequence[Pair]
    input: Value
    weights: Value
    bias: Value | None
    output: Value
    channels: int
    dimension: int = 0
    activation: str = "NONE"

    def scales(self) -> tuple[np.ndarray, int]:
        """The scale of each channel, float32 [channels], and the weights' zero point."""
        return filter_scales(self.node, self.weights, self.channels, self.dimension)

    def build(self, plan: PlanContext, geometry: Geometry) -> None:
        """Add the layer's steps. Raises ModelError and UnsupportedError."""
        pair = find_pair(self.node, self.pairs, self.input, self.weights)
        _WAYS[pair.way](self, plan, geometry, pair)

    def rule(self, arithmetic: Arithmetic, pair: Pair) -> Rule:
        """How an arithmetic requantizes the layer. Raises UnprovenError where it is not proven."""
        return choose_rule(arithmetic, pair.rule, self.node, self.input, self.weights, self.bias, self.output)

    def requantization(self, arithmetic: Arithmetic, rule: Rule) -> Requantization:
        """What the rule makes of the layer's scales. Raises UnprovenError for a factor that it is not proven for."""
        factors = FACTORS[rule.factor](self.node, self.input, self.scales()[0], self.bias, self.output)
        arithmetic.check_factor(rule, float(factors.max(initial=0)))
        low, high = activation_range(self.node, self.activation, self.output, limits=rule.limits)
        return Requantization(factors, rule.method, scale_and_zero(self.node, self.output)[1], low, high, rule.block)

    def limits(self, pair: Pair) -> tuple[float, float]:
        """What a float output is clamped to."""
        return activation_range(self.node, self.activation, self.output, finite=pair.finite)


def _f32(layer: LinearLayer, plan: PlanContext, geometry: Geometry, pair: Pair) -> None:
    get = bias_operand if geometry.computes_bias else bias_values
    geometry.f32(plan, get(layer.node, layer.bias, layer.channels), *layer.limits(pair))


def _q8(layer: LinearLayer, plan: PlanContext, geometry: Geometry, pair: Pair) -> None:
    plan.check_table(layer.channels)
    bias = bias_values(layer.node, layer.bias, layer.channels).astype(np.int32)
    how = layer.requantization(plan.arithmetic, layer.rule(plan.arithmetic, pair))
    geometry.q8(plan, scale_and_zero(layer.node, layer.input)[1], layer.scales()[1], bias, how)


def _hybrid(layer: LinearLayer, plan: PlanContext, geometry: Geometry, pair: Pair) -> None:
    check_weights(layer.node, layer.weights)
    plan.check_table(layer.channels)
    bias = bias_values(layer.node, layer.bias, layer.channels)
    geometry.hybrid(plan, layer.scales()[0], bias, *layer.limits(pair))


_WAYS: dict[str, Callable[[LinearLayer, PlanContext, Geometry, Pair], None]] = {"f32": _f32, "q8": _q8, "hybrid": _hybrid}
