"""Which TensorFlow ops are computed on constants, and what computing may take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...errors import ConvertError
from ..call import Call
from .demand import DEMANDS, Demand, demand_of

__all__ = ["FOLDERS", "SAME_VALUES", "UNKNOWN", "Folder", "fold", "folds"]

Folder = Callable[..., Any]
FOLDERS: dict[str, Folder] = {}
SAME_VALUES: set[str] = set()
UNKNOWN: dict[str, slice] = {}


def fold(call: Call, given: Sequence[np.ndarray | None]) -> list[np.ndarray] | None:
    """The outputs of a node whose inputs have these values, or None if it cannot be computed here."""
    with np.errstate(all="ignore"):
        try:
            if not _affordable(call, [value for value in given if value is not None]):
                return None
            found = FOLDERS[call.op](call, *given)
        except MemoryError:
            return None
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ConvertError(f"it cannot be computed from its constants: {error}", "The graph is damaged: make it again") from None
    if found is None:
        return None
    return [np.asarray(value) for value in (found if isinstance(found, (list, tuple)) else [found])]


def _affordable(call: Call, given: Sequence[np.ndarray]) -> bool:
    """Whether computing this leaves the conversion within its bounds; it is counted then."""
    made, work = demand_of(call, given)
    grown = max(made - sum({value.__array_interface__["data"][0]: value.size for value in given}.values()), 0)
    left = call.translator
    if grown > left.growth_left or work > left.work_left:
        return False
    left.growth_left -= grown
    left.work_left -= work
    return True


def folds(*ops: str, unknown: slice | None = None, same_values: bool = False, demand: Demand | None = None) -> Callable[[Folder], Folder]:
    """Register a function that computes these TensorFlow ops on constants: of the node and its inputs' values, those of its outputs.

    `unknown` are the inputs of which a part may be unknown while the rest is computed (see partial.py). `same_values` says that the
    result has the values of the first input, in the same order or another. `demand` says what computing takes, where it makes more
    elements than it is given (see demand.py).
    """

    def register(folder: Folder) -> Folder:
        for op in ops:
            FOLDERS[op] = folder
            if unknown is not None:
                UNKNOWN[op] = unknown
            if demand is not None:
                DEMANDS[op] = demand
        SAME_VALUES.update(ops if same_values else ())
        return folder

    return register
