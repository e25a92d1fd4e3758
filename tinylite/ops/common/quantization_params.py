"""A node's quantization parameters, checked, and what its fused activation clamps to. The arithmetic is in quantization_math."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...arithmetic.formulas import Affine
from ...errors import SettingError, quoted
from ...quantization_math import FLOAT_MAX, integer_limits, quantize_limit, round_half_away
from .operator import Node, Value

__all__ = ["CLAMPS", "LIMITS", "activation_range", "affine", "scale_and_zero", "scales_and_zeros", "stored_bound"]

_NARROW = ("INT8", "UINT8", "INT16")  # types whose zero points must be values of theirs; of others, what an int32 holds
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


def affine(node: Node, value: Value) -> Affine:
    """The same, as formulas take it."""
    return Affine(*scale_and_zero(node, value))


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
    low, high = integer_limits(value.type if value.type in _NARROW else "INT32")
    if zeros.min() < low or zeros.max() > high:
        node.fail(f"{value} has a zero point outside {low}..{high}")
    return scales, zeros


def activation_range(node: Node, activation: str, output: Value, finite: bool = True, limits: str = "") -> tuple[Any, Any]:
    """What a fused activation clamps an output to: floats for FLOAT32 and integers for the others, in the output's own units.

    Floats end at the largest there is, or with `finite=False` at infinity where the activation has no bound. Quantized types store a
    bound as the function in LIMITS that an arithmetic names.
    """
    if activation != "NONE" and activation not in CLAMPS:
        node.unsupported(f"it fuses the activation {activation}, which no kernel has")
    low, high = CLAMPS.get(activation, (-np.inf, np.inf))
    if output.type == "FLOAT32":
        return (max(low, -FLOAT_MAX), min(high, FLOAT_MAX)) if finite else (low, high)
    least, largest = integer_limits(output.type)
    if activation == "NONE":
        return least, largest
    if not output.quantized:
        return int(max(low, least)), int(min(high, largest))
    scale, zero = scale_and_zero(node, output)
    if limits not in LIMITS:
        raise SettingError(f"the arithmetic's rule has the limits {quoted(limits)}", f"There are: {', '.join(map(repr, LIMITS))}")
    bounds = (least, largest)
    if np.isfinite(low):
        least = LIMITS[limits](node, low, scale, zero, *bounds)
    if np.isfinite(high):
        largest = LIMITS[limits](node, high, scale, zero, *bounds)
    return least, largest


def stored_bound(node: Node, bound: float, scale: float) -> int:
    """A real bound as an activation stores it, but for the zero point: bound / scale in float, rounded half away from zero."""
    quotient = float(np.float32(bound) / np.float32(scale))
    # LiteRT's converts this to an int32.
    node.require(abs(quotient) < 2**31, f"its output has a scale of {scale:.6g}, too small for an activation that ends at {bound:g}")
    return int(round_half_away(quotient))


def _away(node: Node, bound: float, scale: float, zero: int, low: int, high: int) -> int:
    """As CalculateActivationRangeQuantized: zero point + round(bound / scale), in float."""
    return min(max(zero + stored_bound(node, bound, scale), low), high)


def _to_even(node: Node, bound: float, scale: float, zero: int, low: int, high: int) -> int:
    return quantize_limit(bound, scale, zero, low, high)


# How a bound of an activation is stored, as Rule.limits names it.
LIMITS = {"": _away, "halves_even": _to_even}
