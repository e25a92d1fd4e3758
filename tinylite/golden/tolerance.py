"""How much a value may differ from a golden's."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from ..errors import SettingError, quoted

__all__ = ["EXACT", "Tolerance"]


@dataclass(frozen=True)
class Tolerance:
    """What counts as equal; exact unless it says otherwise.

    lsb    steps by which an integer of a quantized tensor may differ. Integers without a scale, booleans and text are always exact
    share  of a tensor's values, from 0 to 1, that may differ by more
    rtol, atol  floats may differ by atol + rtol * |golden|
    ulp    or by so many floats of their type that lie between them
    """

    lsb: int = 0
    share: float = 0.0
    rtol: float = 0.0
    atol: float = 0.0
    ulp: int = 0

    def __post_init__(self) -> None:
        for name in ("lsb", "ulp"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                raise SettingError(f"{name} is {quoted(value)}", "Give a whole number from 0 on")
        for name in ("share", "rtol", "atol"):
            number: Any = getattr(self, name)
            if isinstance(number, bool) or not isinstance(number, (int, float)) or not 0 <= number < math.inf:
                raise SettingError(f"{name} is {quoted(number)}", "Give a number from 0 on")
        if self.share > 1:
            raise SettingError(f"share is {self.share}", "Give a share from 0 to 1, such as 0.001 for a value in a thousand")


EXACT = Tolerance()
