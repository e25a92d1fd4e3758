"""A figure and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Estimate"]


@dataclass(frozen=True)
class Estimate:
    """A median, and the interval from `low` to `high` that holds the true one with a confidence of 95 %.

    Where too few values were measured for that, the interval is from 0 to infinity, or less where more is known.
    """

    value: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """The interval's width as a share of the value."""
        return (self.high - self.low) / self.value if self.value else float("inf")
