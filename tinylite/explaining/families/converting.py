"""QUANTIZE and DEQUANTIZE: from real numbers to stored ones, and back."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...errors import UnsupportedError
from ...ops.common.node import Value
from ...ops.common.quantization_params import scales_and_zeros
from ...ops.dequantize import Dequantize
from ...ops.quantize import Quantize
from ...quantization_math import integer_limits, multiplier_and_shift
from ..explanation import Derivation, Stage
from ..integers import round_half_away, signed
from ..requantizing import by_multiplier
from ..site import Index, Place, Site, explains
from ..stages import clamped, to_output
from .formulas import in_stages

__all__: list[str] = []


@explains("QUANTIZE", types="INT8 UINT8")
def quantize(site: Site) -> Place:
    input, (scale, zero), (low, high) = site.node.input(0), site.scale_and_zero(site.result), integer_limits(site.result.type)
    if input.type == "FLOAT32":
        return _of_floats(site, np.float32(scale), zero, low, high)
    in_scale, in_zero = site.scale_and_zero(input)
    rescale = by_multiplier(*multiplier_and_shift(in_scale / scale), f"{np.float32(in_scale)!s} / {np.float32(scale)!s} in double")

    def place(at: Index) -> Derivation:
        value = int(site.array(0)[at])
        stages = [
            Stage("x", value, "the input"),
            Stage("centered", value - in_zero, f"{value} {signed(in_zero)}, the input's zero point"),
            *rescale(value - in_zero),
        ]
        stages += to_output(int(stages[-1].value), zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("QUANTIZE", types="INT8 UINT8", methods=("optimized", "xnnpack"))
def quantize_otherwise(site: Site) -> Place:
    """What is left over by groups is rounded by another formula."""
    node, operator = site.node, site.operator
    assert isinstance(operator, Quantize)
    input, (low, high) = node.input(0), integer_limits(site.result.type)
    if input.type == "FLOAT32":
        return _to_even(site, operator)
    (found, group), reference = operator.integer_stages(node, site.rule.method), site.reference()
    first = integer_limits(input.type)[0]

    def place(at: Index) -> Derivation:
        if _number(at, input) >= input.size // group * group:
            return reference(at)
        value = int(site.array(0)[at])
        stages = [Stage("x", value, "the input"), *in_stages(site, found, value - first)]
        stages.append(clamped(stages[-1].value, low, high))
        return Derivation(stages, stages[-1].value)

    return place


def _number(at: Index, value: Value) -> int:
    """The place of an element among all."""
    return int(np.ravel_multi_index(at, value.shape))


def _of_floats(site: Site, scale: np.float32, zero: int, low: int, high: int) -> Place:
    def place(at: Index) -> Derivation:
        value = np.float32(site.array(0)[at])
        with np.errstate(all="ignore"):
            steps = value / scale
        stages = [Stage("x", value, "the input"), Stage("quotient", steps, f"{value!s} / {scale!s} in float")]
        return _rounded(stages, float(steps), "away from zero", round_half_away, zero, low, high, low)

    return place


def _rounded(
    stages: list[Stage], steps: float, halves: str, rounding: Callable[[float], int], zero: int, low: int, high: int, invalid: int
) -> Derivation:
    """From steps to what is stored. What is far outside ends at a limit, and NaN at `invalid`."""
    if not abs(steps) <= 1e6:
        out = invalid if steps != steps else high if steps > 0 else low
        return Derivation([*stages, Stage("out", out, f"kept within {low}..{high}; NaN is {invalid}")], out)
    scaled = rounding(steps)
    stages = [*stages, Stage("scaled", scaled, f"rounded, halves {halves}"), *to_output(scaled, zero, low, high)]
    return Derivation(stages, stages[-1].value)


def _to_even(site: Site, operator: Quantize) -> Place:
    """Times the scale's inverse, halves to even; what is left over by groups in double, halves away from zero."""
    (scale, zero), (low, high) = site.scale_and_zero(site.result), integer_limits(site.result.type)
    inverse, whole = np.float32(1 / scale), operator.whole_groups(site.result.size, site.rule.method)
    invalid = high if site.rule.method == "xnnpack" else low

    def place(at: Index) -> Derivation:
        value = np.float32(site.array(0)[at])
        stages = [Stage("x", value, "the input")]
        with np.errstate(all="ignore"):
            if _number(at, site.result) >= whole:
                steps = float(value) / scale
                stages.append(Stage("quotient", steps, f"{value!s} / {np.float32(scale)!s} in double"))
                return _rounded(stages, steps, "away from zero", round_half_away, zero, low, high, low)
            product = value * inverse
        stages.append(Stage("inverse scale", inverse, f"1 / {np.float32(scale)!s} in double, then float", True))
        stages.append(Stage("quotient", product, f"{value!s} * {inverse!s} in float"))
        return _rounded(stages, float(product), "to even", round, zero, low, high, invalid)

    return place


@explains("DEQUANTIZE", types="FLOAT32", methods=("", "tflm", "optimized"))
def dequantize(site: Site) -> Place:
    input, operator, method = site.node.input(0), site.operator, site.rule.method
    assert isinstance(operator, Dequantize)
    quantization = input.tensor.quantization if input.tensor is not None else None
    if input.type not in ("INT8", "UINT8", "INT16") or quantization is None:
        raise UnsupportedError(f"there is no explanation for DEQUANTIZE of {input.type}", "It is for INT8, UINT8 and INT16")
    along = quantization.quantized_dimension
    scales, zeros = scales_and_zeros(site.node, input, input.shape[along] if 0 <= along < len(input.shape) else 1)
    if method == "tflm":  # which has one scale for a tensor
        scales, zeros = scales[:1], zeros[:1]
    whole = operator.whole_groups(input.size, method, zeros)

    def place(at: Index) -> Derivation:
        channel = at[along] if scales.size > 1 else 0
        value, zero, scale = int(site.array(0)[at]), int(zeros[channel]), np.float32(scales[channel])
        stages = [Stage("x", value, "the input")]
        if _number(at, input) < whole:
            shift, product = operator.shift(scales, zeros), np.float32(value) * scale
            stages += [
                Stage("shift", shift, f"{-zero} * {scale!s} in double, then float", True),
                Stage("product", product, f"{value} * {scale!s} in float"),
                Stage("out", product + shift, f"{product!s} + {shift!s} in float"),
            ]
        else:
            stages += [
                Stage("centered", value - zero, f"{value} {signed(zero)}, the zero point"),
                Stage("out", np.float32(value - zero) * scale, f"{value - zero} * {scale!s} in float"),
            ]
        return Derivation(stages, stages[-1].value)

    return place
