"""What scripts reach as tf.lite: with `import tinylite as tf`, tf.lite.Interpreter is tinylite's.

tf.compat.v1.lite is the same.
"""

from __future__ import annotations

import importlib
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from .interpreter import Interpreter, OpResolverType, load_delegate

if TYPE_CHECKING:
    from .converter.tflite_converter import OpsSet, Optimize, RepresentativeDataset, TargetSpec, TFLiteConverter, constants, toco_convert

_CONVERTER = ("OpsSet", "Optimize", "RepresentativeDataset", "TFLiteConverter", "TargetSpec", "constants", "toco_convert")

__all__ = [
    "Interpreter", "OpResolverType", "OpsSet", "Optimize", "RepresentativeDataset", "TFLiteConverter", "TargetSpec", "constants",
    "experimental", "load_delegate", "toco_convert",
]  # fmt: skip

# tf.lite.experimental.load_delegate and tf.lite.experimental.OpResolverType
experimental = SimpleNamespace(load_delegate=load_delegate, OpResolverType=OpResolverType)


def __getattr__(name: str) -> Any:
    if name not in _CONVERTER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(".converter.tflite_converter", __package__), name)
