"""Identify a file that is not a .tflite model, and what its owner can do, for error messages.

Its first bytes decide (file_formats.py); only to say more of a graph, a checkpoint or a Keras model is more of it read.
"""

from __future__ import annotations

import os

from ..errors import TinyliteError
from .describe import describe, sentence
from .file_formats import HEAD, META_GRAPH, FileFormat, detect_format, identify, is_text
from .io import content_of

__all__ = ["diagnose", "diagnose_path"]

_LONGEST_TEXT = 1 << 23  # bytes of a text that are worth reading for an error's sake


def diagnose(data: bytes | memoryview, path: str | os.PathLike[str] | None = None) -> tuple[str, str]:
    """What data are ("a frozen TensorFlow GraphDef (12 nodes, ...)") and what their owner can do; `path` is where they lie."""
    kind = identify(bytes(data[:HEAD]))
    if path is not None and os.path.exists(path):
        kind = detect_format(path)
    return _in_detail(kind, data if path is None else os.fsdecode(path)) or kind[1:]


def diagnose_path(path: str | os.PathLike[str]) -> tuple[str, str]:
    """The same for what is at a path. Raises FileError if there is nothing."""
    kind = detect_format(path)
    return _in_detail(kind, os.fsdecode(path)) or kind[1:]


def _in_detail(kind: FileFormat, given: str | bytes | memoryview) -> tuple[str, str] | None:
    """What reading more of a model says, or why it cannot be read."""
    if kind.id in ("tflite", "other", "unknown") or not (isinstance(given, str) or kind.id in ("graph", "keras")):
        return None
    if kind.id == "graph":
        data = content_of(given) if isinstance(given, str) else given
        if len(data) > _LONGEST_TEXT and is_text(bytes(data[:HEAD])):
            return None
    try:
        return sentence(describe(given, kind))
    except TinyliteError as error:
        if kind == META_GRAPH and not str(given).endswith(".meta"):
            return "a protocol buffer, but no TensorFlow graph or model", "Give the file of the model itself"
        return f"{kind.text} that cannot be used: {error.problem}", error.remedy or kind.remedy
