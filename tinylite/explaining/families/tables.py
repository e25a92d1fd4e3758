"""Functions of one 8-bit number, which kernels look up: how the entry of the table was computed."""

from __future__ import annotations

import numpy as np

from ...ops.common.lookup import stored_values
from ...ops.common.quantization_params import stored_bound
from ...quantization_math import integer_limits, multiplier_16, multiplier_and_shift
from ..explanation import Derivation, Stage
from ..integers import divide_half_away, divide_towards_zero, multiply_high, round_half_away, saturate, signed, wrap
from ..requantizing import by_multiplier
from ..site import Index, Place, Site, explains
from ..stages import to_output

__all__: list[str] = []

_FUNCTIONS = {
    "ELU": "x, or e^x - 1 below 0",
    "EXP": "e^x",
    "GELU": "x times the normal distribution at x",
    "LOGISTIC": "1 / (1 + e^-x)",
    "TANH": "tanh x",
}


def _centered(site: Site, at: Index) -> tuple[int, list[Stage]]:
    """The input less its zero point, and the stages that show it."""
    value, zero = int(site.array(0)[at]), site.scale_and_zero(site.node.input(0))[1]
    return value - zero, [
        Stage("x", value, f"input 0 at {','.join(map(str, at)) or '()'}"),
        Stage("centered", value - zero, f"{value} {signed(zero)}, the input's zero point"),
    ]


def _parameters(site: Site) -> tuple[np.float32, np.float32, int, int, int]:
    """The scales of input and output, and the output's zero point and limits."""
    out_scale, out_zero = site.scale_and_zero(site.result)
    return np.float32(site.scale_and_zero(site.node.input(0))[0]), np.float32(out_scale), out_zero, *integer_limits(site.result.type)


@explains(*_FUNCTIONS, types="INT8")
@explains("GELU", "LOGISTIC", "TANH", types="UINT8")
def functions(site: Site) -> Place:
    """A float function of the real number, brought to the output by the inverse of its scale."""
    node, (in_scale, out_scale, out_zero, low, high) = site.node, _parameters(site)
    values = stored_values(node.input(0).type)
    reals = in_scale * (values - site.scale_and_zero(node.input(0))[1]).astype(np.float32)
    with np.errstate(all="ignore"):
        results = site.operator.real(reals, node).astype(np.float32)  # type: ignore[attr-defined]
    inverse, first = np.float32(1) / out_scale, int(values[0])

    def place(at: Index) -> Derivation:
        centered, stages = _centered(site, at)
        entry = int(stages[0].value) - first
        result = results[entry]
        with np.errstate(all="ignore"):
            steps = result * inverse
            whole = _rounded(steps)
            shifted = np.float32(whole) + np.float32(out_zero)
        out = low if np.isnan(shifted) else int(min(max(float(shifted), low), high))
        stages += [
            Stage("real", reals[entry], f"{centered} * {in_scale!s} in float"),
            Stage("function", result, f"{_FUNCTIONS[node.op.code]} in float"),
            Stage("inverse scale", inverse, f"1 / {out_scale!s} in float", True),
            Stage("product", steps, f"{result!s} * {inverse!s} in float"),
            Stage("scaled", whole, "product rounded, halves away from zero"),
            Stage("with zero point", shifted, f"{whole} {signed(-out_zero)}, the output's zero point"),
            Stage("out", out, f"kept within {low}..{high}"),
        ]
        return Derivation(stages, out)

    return place


def _rounded(steps: np.float32) -> int | np.float32:
    """Halves away from zero; what is no finite number stays."""
    return round_half_away(float(steps)) if np.isfinite(steps) else steps


@explains("RELU", "RELU6", "RELU_0_TO_1", "RELU_N1_TO_1", types="INT8 UINT8")
def clamps(site: Site) -> Place:
    node, (in_scale, out_scale, out_zero, least, largest) = site.node, _parameters(site)
    bottom, top = site.operator.clamp or (0.0, np.inf)
    low = max(least, out_zero + stored_bound(node, bottom, float(out_scale)))
    high = min(largest, out_zero + stored_bound(node, top, float(out_scale))) if np.isfinite(top) else largest
    rescale = by_multiplier(*multiplier_and_shift(float(in_scale / out_scale)), f"{in_scale!s} / {out_scale!s} in float")

    def place(at: Index) -> Derivation:
        centered, stages = _centered(site, at)
        stages += rescale(centered)
        stages += to_output(int(stages[-1].value), out_zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("LEAKY_RELU", types="INT8 UINT8")
def leaky(site: Site) -> Place:
    in_scale, out_scale, out_zero, low, high = _parameters(site)
    alpha = np.float32(site.node.options.alpha)
    above = by_multiplier(*multiplier_and_shift(float(in_scale / out_scale)), f"{in_scale!s} / {out_scale!s} in float")
    slope = float(in_scale * abs(alpha) / out_scale)
    below = by_multiplier(*multiplier_and_shift(slope), f"{in_scale!s} * {abs(alpha)!s} / {out_scale!s} in float")

    def place(at: Index) -> Derivation:
        centered, stages = _centered(site, at)
        stages += above(centered) if centered >= 0 else below(centered)
        if centered < 0 and alpha < 0:
            stages.append(Stage("negated", -int(stages[-1].value), f"{stages[-1].value} * -1: alpha is negative"))
        stages += to_output(int(stages[-1].value), out_zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("ABS", types="INT8")
def sizes(site: Site) -> Place:
    in_scale, out_scale, out_zero, low, high = _parameters(site)
    rescale = by_multiplier(*multiplier_and_shift(float(in_scale / out_scale)), f"{in_scale!s} / {out_scale!s} in float")

    def place(at: Index) -> Derivation:
        centered, stages = _centered(site, at)
        stages.append(Stage("size", abs(centered), f"|{centered}|"))
        if in_scale != out_scale:
            stages += rescale(abs(centered))
        stages += to_output(int(stages[-1].value), out_zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("HARD_SWISH", types="INT8 UINT8")
def hard_swish(site: Site) -> Place:
    """x * relu6(x + 3) / 6 in 16-bit fixed point."""
    in_scale, out_scale, out_zero, low, high = _parameters(site)
    fine = np.float32(1 / 128) * in_scale
    multiplier, shift = multiplier_16(float(fine / out_scale))
    gate_multiplier, gate_shift = multiplier_16(float(fine / (np.float32(3) / np.float32(32768))))
    settings = [
        Stage("multiplier", multiplier, f"{in_scale!s} / 128 / {out_scale!s} in float, * 2^{15 - shift}, in 16 bits", True),
        Stage("shift", shift, "to the right", True),
        Stage("gate multiplier", gate_multiplier, f"{in_scale!s} / 128 / (3 / 32768) in float, * 2^{15 - gate_shift}, in 16 bits", True),
        Stage("gate shift", gate_shift, "to the left" if gate_shift > 0 else "to the right", True),
    ]

    def place(at: Index) -> Derivation:
        centered, stages = _centered(site, at)
        x = wrap(centered << 7, 16)
        unshifted = multiply_high(x, multiplier, 16)
        stages += [
            *settings,
            Stage("x raised", x, f"{centered} * 2^7"),
            Stage("x scaled", unshifted, f"{x} * {multiplier} / 2^15, rounded, halves up"),
        ]
        gate = x
        if gate_shift > 0:
            gate = saturate(x << (gate_shift - 1), 16)
            stages.append(Stage("gate shifted", gate, f"{x} * 2^{gate_shift - 1} within 16 bits"))
        high_half = multiply_high(gate, gate_multiplier, 16)
        stages.append(Stage("gate high product", high_half, f"{gate} * {gate_multiplier} / 2^15, rounded, halves up"))
        if gate_shift > 0:
            third = saturate(high_half << 1, 16)
            stages.append(Stage("x / 3", third, f"{high_half} * 2 within 16 bits"))
        else:
            third = divide_half_away(high_half, -gate_shift)
            stages.append(Stage("x / 3", third, f"{high_half} / 2^{-gate_shift}, rounded, halves away from zero"))
        sixth = (third + (1 << 15)) >> 1
        product = sixth * unshifted
        cut = divide_towards_zero(product, 1 << 15)
        stages += [
            Stage("gate", sixth, f"({third} + 2^15) / 2, rounded down: (x + 3) / 6 within 0..1"),
            Stage("product", product, f"{sixth} * {unshifted}"),
            Stage("high product", cut, f"{product} / 2^15, cut off"),
            Stage("scaled", divide_half_away(cut, -shift), f"{cut} / 2^{-shift}, rounded, halves away from zero"),
        ]
        stages += to_output(int(stages[-1].value), out_zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place
