"""What people have, made into what a conversion starts from: a frozen GraphDef and the names of its inputs and outputs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ..errors import ConvertError, FileError, at
from ..files.diagnose import diagnose_path
from ..files.file_formats import detect_format
from ..files.graphdef import GraphDef, read_graph_def
from .conversion import Arrays

__all__ = ["Source", "load_source"]


@dataclass
class Source:
    """A frozen graph; `inputs` and `outputs` are None where only the graph itself can say."""

    graph_def: GraphDef
    inputs: Arrays | None = None
    outputs: Arrays | None = None
    signature_key: str | None = None


def load_source(
    given: Any, inputs: Sequence[str] | None = None, outputs: Sequence[str] | None = None, *,
    checkpoint: str | os.PathLike[str] | None = None, signature_key: str | None = None, tags: Iterable[str] | None = None,
    custom_objects: dict[str, Any] | None = None, allow_code: bool = False,
) -> Source:  # fmt: skip
    """Read or freeze what is given: a path of any kind, bytes, or an object of TensorFlow or Keras.

    Frozen graphs need no TensorFlow, and hold no code. Raises FileError, FreezeError, ConvertError; CodeRefusedError for what would run
    code that a file holds, unless `allow_code` is set.
    """
    graph_def = _read(given) if checkpoint is None else None
    if graph_def is not None:
        return Source(graph_def, _named(inputs), _named(outputs))
    from ..freezing.dispatch import freeze
    from ..freezing.frozen import Frozen

    frozen = given if isinstance(given, Frozen) else freeze(
        given, checkpoint=checkpoint, outputs=outputs, signature_key=signature_key, tags=tags, custom_objects=custom_objects,
        allow_code=allow_code,
    )  # fmt: skip
    return Source(
        read_graph_def(frozen.graph_def),
        _named(inputs) or Arrays([tensor.name for tensor in frozen.inputs], [tensor.key for tensor in frozen.inputs]),
        _named(outputs) or Arrays([tensor.name for tensor in frozen.outputs], [tensor.key for tensor in frozen.outputs]),
        frozen.signature_key,
    )


def _named(names: Sequence[str] | None) -> Arrays | None:
    return None if names is None else Arrays([name.name if hasattr(name, "name") else str(name) for name in names])


def _needs_freezing(path: str) -> bool:
    """Whether what is at a path must be frozen before it can be read. Raises FileError for what is not a model."""
    with at(path):
        kind = detect_format(path)
        if kind.id == "tflite":
            raise ConvertError("it is a .tflite file already", "Load it with tinylite.Model.load")
        if kind.id in ("checkpoint", "other"):
            what, remedy = diagnose_path(path)
            raise FileError(f"not a model that can be converted: this looks like {what}", remedy)
    return kind.id in ("saved model", "meta graph", "keras")


def _read(given: Any) -> GraphDef | None:
    """The GraphDef that is there without TensorFlow's help, if it is."""
    if isinstance(given, GraphDef):
        return given
    if isinstance(given, (str, os.PathLike)):
        return None if _needs_freezing(os.fsdecode(given)) else read_graph_def(given)
    is_message = hasattr(given, "SerializeToString") and hasattr(given, "node")
    return read_graph_def(given) if isinstance(given, (bytes, bytearray, memoryview)) or is_message else None
