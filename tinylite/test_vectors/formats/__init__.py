"""The formats of test vectors: a file for each, found by its name."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any, cast

from ...errors import SettingError, nearest, quoted
from ..format import Format

__all__ = ["find", "names"]


def names() -> list[str]:
    """The formats that there are, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def find(name: Any) -> Format:
    """The format of a name. Raises SettingError, with the nearest names, if there is none."""
    known = names()
    if not isinstance(name, str) or name not in known:
        raise SettingError(f"there is no format {quoted(name)}", nearest(name, known) or f"There are {', '.join(known)}")
    return cast(Format, importlib.import_module(f"{__name__}.{name}"))
