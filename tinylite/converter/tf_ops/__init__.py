"""What each TensorFlow op becomes.

A module holds the ops of one kind; a function decorated with `@translates("Conv2D")` writes what a Conv2D becomes. Nothing
lists the modules: all that lie here are read when the first op is looked up. Such a module also says of its ops which ranks their
inputs have (`@translates(..., ranks=...)`), and how they are computed on constants (`@folds` of folding/).
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import TYPE_CHECKING

from .registry import TRANSLATIONS

if TYPE_CHECKING:
    from ..call import Translation

__all__ = ["find", "names"]


@functools.cache
def _load() -> None:
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")


def find(op: str) -> Translation | None:
    """The translation of a TensorFlow op, if there is one."""
    _load()
    return TRANSLATIONS.get(op)


def names() -> list[str]:
    """The TensorFlow ops that can be translated, sorted."""
    _load()
    return sorted(TRANSLATIONS)
