"""Arithmetics by name. LiteRT's kernels differ among themselves, and from those of microcontrollers, by a step here and there, so that
which of them a result equals is part of its name.

To add one: a file with its rules here, what its operators do differently (an epilogue in kernels/epilogues.py if none rounds so), and an
oracle in tests/arithmetics/oracles.py, with which the cases there compare it.
"""

from __future__ import annotations

from ..errors import SettingError, nearest, quoted
from .arithmetic import Arithmetic, Rule
from .cmsis_nn import CMSIS_NN, CMSIS_NN_SINGLE
from .litert_builtin import LITERT_BUILTIN
from .litert_reference import FAST, REFERENCE
from .tflm import TFLM
from .xnnpack import XNNPACK

__all__ = [
    "ARITHMETICS", "CMSIS_NN", "CMSIS_NN_SINGLE", "FAST", "LITERT_BUILTIN", "REFERENCE", "TFLM", "XNNPACK", "Arithmetic", "Rule", "find",
]  # fmt: skip

_ALL = (FAST, REFERENCE, LITERT_BUILTIN, XNNPACK, TFLM, CMSIS_NN, CMSIS_NN_SINGLE)
ARITHMETICS = {arithmetic.name: arithmetic for arithmetic in _ALL}


def find(arithmetic: Arithmetic | str) -> Arithmetic:
    """The arithmetic of a name, or the one that is given. Raises SettingError, with the nearest names, for anything else."""
    if isinstance(arithmetic, Arithmetic):
        return arithmetic
    if isinstance(arithmetic, str) and arithmetic in ARITHMETICS:
        return ARITHMETICS[arithmetic]
    names = ", ".join(map(repr, ARITHMETICS))
    raise SettingError(f"there is no arithmetic {quoted(arithmetic)}", nearest(arithmetic, ARITHMETICS) or f"Give one of {names}")
