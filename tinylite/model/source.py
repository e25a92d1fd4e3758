"""What an Interpreter is made of: a path, a file's content or a Model, and the Model that it works on then."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from ..errors import ModelError, TensorError, UnsupportedError, at, quoted
from ..files.file_formats import identify
from .load import fill
from .model import Model

__all__ = ["VERSION", "model_from", "read_model"]

VERSION = 3  # of the format: the only one that runtimes run
_LONGEST_PATH = 4096  # bytes
_KINDS = "a path, the content of a .tflite file as bytes, or a tinylite.Model"


def model_from(model_path: Any, model_content: Any) -> Model:
    """The model that the Interpreter's first two arguments say, one of which is None; the first one may be any of the kinds.

    Raises UnsupportedError for a version of the format that runtimes do not run.
    """
    model = _model_from(model_path, model_content)
    if model.version != VERSION:
        with at(model.source or "model content"):
            raise UnsupportedError(
                f"it is of version {model.version} of the format, and runtimes run version {VERSION} only",
                f"Convert the model again; if only the number is wrong, set Model.version to {VERSION} and save it",
            )
    return model


def _model_from(model_path: Any, model_content: Any) -> Model:
    if (model_path is None) == (model_content is None):
        raise ModelError(
            "give either model_path or model_content" + (", not both" if model_path is not None else ""), f"The first may be {_KINDS}"
        )
    given = model_path if model_content is None else model_content
    return _as_saved(given) if isinstance(given, Model) else read_model(given, model_content is None)


def read_model(given: Any, path: bool = True) -> Model:
    """The model of a path, unless `path` is false, or of a file's content; a Model is itself. Any version of the format is read."""
    if isinstance(given, Model):
        return given
    if path and (isinstance(given, (str, os.PathLike)) or (isinstance(given, bytes) and _is_path(given))):
        return Model.load(os.fsdecode(given))
    try:
        content = memoryview(given).cast("B")
    except (TypeError, ValueError, BufferError):  # ValueError: of NumPy, for dates; BufferError: for what is not in one piece
        raise TensorError(_problem(given, path), _remedy(given, path)) from None
    return Model.load(content)


def _is_path(given: bytes) -> bool:
    """Whether bytes are a path, and not content: a path may be anything, but what looks like a file's content is a path if it exists."""
    if given[4:8] == b"TFL3" or b"\0" in given or not 0 < len(given) <= _LONGEST_PATH:
        return False
    return os.path.exists(given) or not (b"\n" in given or identify(given).id == "other")


def _problem(given: Any, first: bool) -> str:
    if not first:
        return f"model_content should be a file's bytes, not {type(given).__name__}"
    return f"the model should be {_KINDS}, not {quoted(given)}"


def _remedy(given: Any, first: bool) -> str | None:
    if not first and isinstance(given, (str, os.PathLike)):
        return "Give a path as model_path"
    if callable(getattr(given, "read", None)):
        return "Give what its read() returns, or its path"
    if hasattr(given, "SerializeToString") or hasattr(given, "graph_def") or type(given).__module__.partition(".")[0] in _CONVERTIBLE:
        return "Convert it first: Interpreter(tinylite.convert(x))"
    return None


_CONVERTIBLE = ("keras", "tf_keras", "tensorflow")


def _as_saved(model: Model) -> Model:
    """The Model that the file of another one would hold. Constants are shared, except those that can be written, and are for reading:

    plans are made for what they hold.
    """
    if not isinstance(model.graphs, (list, tuple)) or not model.graphs:
        raise ModelError("the model has no graph", "Add one to model.graphs")
    from .save import tables_of

    made = Model()
    fill(made, tables_of(model), np.zeros(0, np.uint8))
    made.source = model.source
    kept: dict[int, np.ndarray] = {}
    for graph in made.graphs:
        for tensor in graph.tensors:
            if tensor.buffer is not None and tensor.buffer.flags.writeable:
                tensor.buffer = kept.setdefault(id(tensor.buffer), tensor.buffer.copy())
                tensor.buffer.flags.writeable = False
    return made
