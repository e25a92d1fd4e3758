"""QUANTIZE and DEQUANTIZE: from real numbers to stored ones, and back."""

from __future__ import annotations

import numpy as np

from ...errors import UnsupportedError
from ...ops.common.quantization_params import scales_and_zeros
from ...quantization_math import integer_limits, multiplier_and_shift
from ..explanation import Derivation, Stage
from ..integers import round_half_away, signed
from ..requantizing import by_multiplier
from ..site import Index, Place, Site, explains
from ..stages import to_output

__all__: list[str] = []


@explains("QUANTIZE", types="INT8 UINT8")
def quantize(site: Site) -> Place:
    site.check_reference()
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


def _of_floats(site: Site, scale: np.float32, zero: int, low: int, high: int) -> Place:
    def place(at: Index) -> Derivation:
        value = np.float32(site.array(0)[at])
        with np.errstate(all="ignore"):
            steps = value / scale
        stages = [Stage("x", value, "the input"), Stage("quotient", steps, f"{value!s} / {scale!s} in float")]
        if np.isnan(steps) or abs(float(steps)) > 1e6:
            out = high if steps > 0 else low
            return Derivation([*stages, Stage("out", out, f"kept within {low}..{high}; NaN is the least")], out)
        scaled = round_half_away(float(steps))
        stages.append(Stage("scaled", scaled, "quotient rounded, halves away from zero"))
        stages += to_output(scaled, zero, low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("DEQUANTIZE", types="FLOAT32")
def dequantize(site: Site) -> Place:
    site.check_reference()
    input = site.node.input(0)
    quantization = input.tensor.quantization if input.tensor is not None else None
    if input.type not in ("INT8", "UINT8", "INT16") or quantization is None:
        raise UnsupportedError(f"there is no explanation for DEQUANTIZE of {input.type}", "It is for INT8, UINT8 and INT16")
    along = quantization.quantized_dimension
    scales, zeros = scales_and_zeros(site.node, input, input.shape[along] if 0 <= along < len(input.shape) else 1)

    def place(at: Index) -> Derivation:
        channel = at[along] if scales.size > 1 else 0
        value, zero, scale = int(site.array(0)[at]), int(zeros[channel]), np.float32(scales[channel])
        centered = value - zero
        out = np.float32(centered) * scale
        stages = [
            Stage("x", value, "the input"),
            Stage("centered", centered, f"{value} {signed(zero)}, the zero point"),
            Stage("out", out, f"{centered} * {scale!s} in float"),
        ]
        return Derivation(stages, out)

    return place
