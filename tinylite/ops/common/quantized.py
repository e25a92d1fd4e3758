"""Arithmetic on quantization parameters, done once while a plan is made. The names are LiteRT's where it has them."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ModelError
from ...tensor_types import tensor_dtype
from .operator import Node, Value

__all__ = [
    "FACTORS_END", "FLOAT_MAX", "SATURATING", "activation_range", "integer_range", "quantize_multiplier", "scale_and_zero",
    "scales_and_zeros", "stored_bound",
]  # fmt: skip

FLOAT_MAX = float(np.finfo(np.float32).max)
FACTORS_END = 2.0**31  # the first factor that is out of fixed point's reach
SATURATING = 512.0  # times this, whatever is not 0 ends at a limit of 8 bits, and sums below 2^22 do not wrap
INTEGER_LIMITS = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-32768, 32767)}
# Fused activations: the real range that they clamp to.
CLAMPS: dict[str, tuple[float, float]] = {
    "RELU": (0.0, np.inf),
    "RELU6": (0.0, 6.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}


def scale_and_zero(node: Node, value: Value) -> tuple[float, int]:
    """The one scale and zero point of a tensor. Fails if it has none or several, or if they make no sense."""
    scales, zeros = scales_and_zeros(node, value, None)
    if scales.size != 1:
        node.fail(f"{value} has {scales.size} scales, one for each channel, where one for the whole tensor is wanted")
    return float(scales[0]), int(zeros[0])


def scales_and_zeros(node: Node, value: Value, channels: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Scales float32 [n] and zero points int64 [n] of a tensor: n is 1, or `channels`, its size along the quantized dimension."""
    quantization = value.tensor.quantization if value.tensor is not None else None
    if quantization is None or quantization.scale.size == 0:
        node.fail(f"{value} has no scale and zero point", "Quantized tensors need both; convert the model again")
    scales, zeros = quantization.scale, quantization.zero_point
    if zeros.size == 0:
        zeros = np.zeros(scales.size, np.int64)
    if zeros.size != scales.size:
        node.fail(f"{value} has {scales.size} scales and {zeros.size} zero points")
    if channels is not None and scales.size not in (1, channels):
        node.fail(f"{value} has {scales.size} scales for {channels} channels")
    # A number so small that it is stored with fewer bits has no inverse.
    sound = np.isfinite(scales) & (scales >= np.finfo(np.float32).tiny)
    if not sound.all():
        node.fail(f"{value} has a scale that is not a positive number or too near to 0: {float(scales[~sound][0]):.6g}")
    low, high = INTEGER_LIMITS.get(value.type, (-(2**31), 2**31 - 1))
    if zeros.min() < low or zeros.max() > high:
        node.fail(f"{value} has a zero point outside {low}..{high}")
    return scales, zeros


def quantize_multiplier(factors: Any) -> tuple[np.ndarray, np.ndarray]:
    """Real factors >= 0 as (multiplier, shift), int32 each: factor = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31).

    LiteRT's QuantizeMultiplier: rounds half away from zero, and makes 0 of what would shift right by more than 31. Factors from 2^31
    on, which would shift left by more than 31, count as SATURATING. Raises ModelError for those that no float holds.
    """
    factors = np.atleast_1d(np.asarray(factors, np.float64))
    if not (factors <= FLOAT_MAX).all():
        raise ModelError(f"its scales make a factor of {float(factors.max()):.3g}, which is too large for fixed point")
    factors = np.where(factors < FACTORS_END, factors, SATURATING)
    fraction, shift = np.frexp(factors)
    multiplier = np.floor(fraction * 2.0**31 + 0.5).astype(np.int64)
    overflow = multiplier == 2**31
    multiplier = np.where(overflow, 2**30, multiplier)
    shift = np.where(overflow, shift + 1, shift)
    gone = (shift < -31) | (multiplier == 0)
    return np.where(gone, 0, multiplier).astype(np.int32), np.where(gone, 0, shift).astype(np.int32)


def integer_range(type: str) -> tuple[int, int]:
    """The least and the largest value of an integer type."""
    limits = np.iinfo(tensor_dtype(type))
    return int(limits.min), int(limits.max)


def activation_range(node: Node, activation: str, output: Value, finite: bool = True) -> tuple[Any, Any]:
    """What a fused activation clamps an output to: floats for FLOAT32 and integers for the others, in the output's own units.

    Floats end at the largest there is, or with `finite=False` at infinity where the activation has no bound. For quantized types as
    CalculateActivationRangeQuantized: zero point + round(bound / scale), in float.
    """
    if activation != "NONE" and activation not in CLAMPS:
        node.unsupported(f"it fuses the activation {activation}, which no kernel has")
    low, high = CLAMPS.get(activation, (-np.inf, np.inf))
    if output.type == "FLOAT32":
        return (max(low, -FLOAT_MAX), min(high, FLOAT_MAX)) if finite else (low, high)
    least, largest = integer_range(output.type)
    if activation == "NONE":
        return least, largest
    if not output.quantized:
        return int(max(low, least)), int(min(high, largest))
    scale, zero = scale_and_zero(node, output)
    if np.isfinite(low):
        least = max(least, zero + stored_bound(node, low, scale))
    if np.isfinite(high):
        largest = min(largest, zero + stored_bound(node, high, scale))
    return least, largest


def stored_bound(node: Node, bound: float, scale: float) -> int:
    """A real bound as an activation stores it, but for the zero point: bound / scale in float, rounded half away from zero."""
    quotient = float(np.float32(bound) / np.float32(scale))
    # LiteRT's converts this to an int32.
    node.want(abs(quotient) < 2**31, f"its output has a scale of {scale:.6g}, too small for an activation that ends at {bound:g}")
    return int(np.floor(abs(quotient) + 0.5)) * (1 if quotient >= 0 else -1)
