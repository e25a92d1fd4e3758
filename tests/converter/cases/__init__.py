"""For every TensorFlow op that is translated: graphs of it, drawn by hypothesis where shapes and attributes matter."""

from __future__ import annotations

import importlib
import pkgutil

from .builders import CASES

__all__ = ["CASES"]

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")
