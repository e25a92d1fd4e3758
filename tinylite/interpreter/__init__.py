"""The interpreter that scripts know: tf.lite.Interpreter, tflite_runtime's and ai_edge_litert's, with the same calls and keys.

from tinylite.interpreter import Interpreter     instead of     from tflite_runtime.interpreter import Interpreter
"""

from __future__ import annotations

from .graph_runner import GraphRunner
from .interpreter import Interpreter
from .settings import OpResolverType, load_delegate
from .signature_runner import SignatureRunner

__all__ = ["GraphRunner", "Interpreter", "OpResolverType", "SignatureRunner", "load_delegate"]
