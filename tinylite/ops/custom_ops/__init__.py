"""Custom operators that LiteRT registers by itself: one file an operator, named after its custom_code in small letters."""

from __future__ import annotations

import importlib
import importlib.util

from ..common.operator import REGISTRY, Operator

__all__ = ["find", "names"]


def find(name: str) -> Operator | None:
    """The operator with this custom_code, if tinylite runs it."""
    module = f"{__name__}.{name.lower()}"
    if name not in REGISTRY and name.isidentifier() and name.isascii() and importlib.util.find_spec(module) is not None:
        importlib.import_module(module)
    operator = REGISTRY.get(name)
    return operator if type(operator).__module__ == module else None


def names() -> list[str]:
    """The custom operators that tinylite runs, sorted, in small letters."""
    import pkgutil

    return sorted(module.name for module in pkgutil.iter_modules(__path__))
