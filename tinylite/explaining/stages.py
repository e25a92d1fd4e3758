"""Stages that the explanations of several families end with, or repeat."""

from __future__ import annotations

from collections.abc import Iterable

from .explanation import Stage
from .integers import signed, wrap

__all__ = ["renamed", "to_output"]


def to_output(scaled: int, zero: int, low: int, high: int) -> list[Stage]:
    """From output steps to what is stored: zero point and clamp."""
    shifted = wrap(scaled + zero)
    wrapped = "" if shifted == scaled + zero else ", which wraps in 32 bits"
    return [
        Stage("with zero point", shifted, f"{scaled} {signed(-zero)}, the output's zero point{wrapped}"),
        Stage("out", min(max(shifted, low), high), f"kept within {low}..{high}"),
    ]


def renamed(stages: Iterable[Stage], name: str) -> list[Stage]:
    """The stages of one of several operands."""
    return [stage._replace(name=f"{name} {stage.name}") for stage in stages]
