"""Stages that the explanations of several families have in common."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .explanation import Number, Stage
from .integers import signed, wrap

__all__ = ["clamped", "in_32_bits", "renamed", "to_output"]


def in_32_bits(name: str, exact: int, how: str) -> Stage:
    """A value that the kernel keeps in an int32."""
    kept = wrap(exact)
    return Stage(name, kept, how if kept == exact else f"{how} = {exact}, which wraps in 32 bits")


def clamped(value: Number, low: float, high: float) -> Stage:
    """What a fused activation leaves of a value, or a type; NaN stays."""
    kept = value if value != value else min(max(value, low), high)
    if isinstance(value, np.float32):
        return Stage("out", np.float32(kept), f"kept within {low:g}..{high:g}")
    return Stage("out", int(kept), f"kept within {low}..{high}")


def to_output(scaled: int, zero: int, low: int, high: int) -> list[Stage]:
    """From output steps to what is stored: zero point and clamp."""
    shifted = in_32_bits("with zero point", scaled + zero, f"{scaled} {signed(-zero)}, the output's zero point")
    return [shifted, clamped(shifted.value, low, high)]


def renamed(stages: Iterable[Stage], name: str) -> list[Stage]:
    """The stages of one of several operands."""
    return [stage._replace(name=f"{name} {stage.name}") for stage in stages]
