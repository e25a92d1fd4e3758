"""What scripts reach as tf.lite: with `import tinylite as tf`, tf.lite.Interpreter is tinylite's."""

from __future__ import annotations

from types import SimpleNamespace

from .interpreter import Interpreter, OpResolverType, load_delegate

__all__ = ["Interpreter", "OpResolverType", "experimental", "load_delegate"]

# tf.lite.experimental.load_delegate and tf.lite.experimental.OpResolverType
experimental = SimpleNamespace(load_delegate=load_delegate, OpResolverType=OpResolverType)
