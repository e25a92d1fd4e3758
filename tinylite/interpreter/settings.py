"""What a script asks of an interpreter: the kernels that LiteRT would use, threads, delegates."""

from __future__ import annotations

import enum
import warnings
from typing import Any, NoReturn

import numpy as np

from ..errors import SettingError, UnsupportedError, quoted
from ..kernels.cpu import cores

__all__ = ["OpResolverType", "load_delegate", "thread_count"]


class OpResolverType(enum.Enum):
    """The kernels that a script asks LiteRT for. BUILTIN_REF means the arithmetic "litert-reference" here, the others "fast"."""

    AUTO = 0
    BUILTIN = 1
    BUILTIN_REF = 2
    BUILTIN_WITHOUT_DEFAULT_DELEGATES = 3


def load_delegate(library: str, options: dict[str, Any] | None = None) -> NoReturn:
    """There are no delegates: raises UnsupportedError, which scripts that fall back to the CPU catch as ValueError."""
    raise UnsupportedError(
        f"tinylite loads no delegates such as {quoted(library)}", "Leave experimental_delegates out: the CPU runs all of the model"
    )


def thread_count(wanted: Any) -> int:
    """How many threads to use where `wanted` are asked for. Raises SettingError; warns if they are more than makes sense here."""
    if wanted is None:
        return 1
    if not isinstance(wanted, (int, np.integer)) or isinstance(wanted, bool):
        raise SettingError(f"num_threads should be a whole number, not {quoted(wanted)}")
    if wanted < 1 and wanted != -1:
        raise SettingError(f"num_threads should be at least 1, not {quoted(wanted)}")
    most = 4 * cores()
    if wanted > most:
        warnings.warn(
            f"tinylite uses {most} threads, not {quoted(wanted)}: this process may use {most // 4} cores, and more than 4 threads "
            "for each only wait for one another",
            RuntimeWarning,
            stacklevel=3,
        )
    return max(min(int(wanted), most), 1)
