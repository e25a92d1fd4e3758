"""Read the messages that TensorFlow writes, in binary or text: GraphDef, MetaGraphDef, SaverDef. The content says which format it is."""

from __future__ import annotations

import os
import re
from typing import Any

from ..errors import FileError, at
from ..files import file_formats
from ..files.diagnose import diagnose_path
from ..files.io import content_of, ends_of
from .tf import tensorflow

__all__ = ["is_text", "read_graph", "read_meta_graph", "read_saver", "source_kind"]

_DAMAGED = "It may have been cut short: copy or fetch it again"


def is_text(path: str) -> bool:
    """Whether a file holds a message in text form."""
    return file_formats.is_text(ends_of(path, file_formats.HEAD, 0)[0])


def source_kind(path: str) -> str:
    """What is to be frozen: "saved model", "keras", "meta graph" or "graph". Raises FileError for what cannot be.

    What nobody knows is held for a graph: reading it says what is wrong.
    """
    with at(path):
        kind = file_formats.detect_format(path)
    if kind.id == "tflite":
        raise FileError(f"{path}: this is a .tflite file: there is nothing to freeze", "Run it, or look at it with tinylite inspect")
    if kind.id == "checkpoint":
        raise FileError(f"{path}: it is {kind.text}, which has no graph", diagnose_path(path)[1])
    if os.path.isdir(path) and kind.id != "saved model":
        raise FileError(f"{path}: this directory holds no SavedModel: it has no saved_model.pb", "Give a file, or the directory of one")
    if path.endswith((".keras", ".meta")) and not os.path.isdir(path):
        return "keras" if path.endswith(".keras") else "meta graph"
    if kind.id == "other":
        raise FileError(f"{path}: it is {kind.text}", kind.remedy)
    if kind.id == "meta graph" and not is_text(path):  # or a damaged graph
        return "graph"
    return kind.id if kind.id != "unknown" else "graph"


def read_graph(path: str) -> Any:
    """The GraphDef in a file; of a MetaGraphDef, its graph. Raises FileError."""
    kind = source_kind(path)
    if kind == "saved model":
        raise FileError(f"{path}: this is a part of a SavedModel", "Give its directory, as the SavedModel")
    if kind == "keras":
        raise FileError(f"{path}: not a graph, but a Keras model", "Give it as the Keras model")
    if kind == "meta graph":
        return read_meta_graph(path).graph_def
    tf = tensorflow()
    graph_def = _parsed(path, tf.compat.v1.GraphDef, "GraphDef")
    if _is_graph(graph_def):
        return graph_def
    try:  # MetaGraphDefs read as GraphDefs, with nonsense in the nodes
        return read_meta_graph(path).graph_def
    except FileError:
        has = "what it has are not nodes" if graph_def.node else "it has no nodes"
        raise FileError(f"{path}: not a GraphDef: {has}", _DAMAGED) from None


def read_meta_graph(path: str) -> Any:
    """The MetaGraphDef in a file. Raises FileError."""
    meta = _parsed(path, tensorflow().compat.v1.MetaGraphDef, "MetaGraphDef")
    if not _is_graph(meta.graph_def):
        raise FileError(f"{path}: not a MetaGraphDef: it has no graph", "Give it as the graph, if it is a GraphDef")
    return meta


def read_saver(path: str) -> Any:
    """The SaverDef in a file. Raises FileError."""
    return _parsed(path, tensorflow().compat.v1.train.SaverDef, "SaverDef")


def _is_graph(graph_def: Any) -> bool:
    return bool(graph_def.node) and all(re.fullmatch(r"[A-Za-z_][\w>./-]*", node.op) for node in graph_def.node)


def _parsed(path: str, message: Any, kind: str) -> Any:
    from google.protobuf import text_format
    from google.protobuf.message import DecodeError

    text = is_text(path)
    with at(path):
        content = bytes(content_of(path))
    if not content:
        raise FileError(f"{path}: it is empty", "The download or the program that should have written it failed")
    try:
        if text:
            return text_format.Parse(content.decode(), message())
        return message.FromString(content)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: not a {kind} in text form: {error}", "A .pbtxt file starts with node {") from None
    except DecodeError as error:
        raise FileError(f"{path}: not a {kind}: {error}", _DAMAGED) from None
