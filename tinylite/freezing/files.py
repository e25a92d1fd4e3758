"""Read the messages that TensorFlow writes, in binary or text: GraphDef, MetaGraphDef, SaverDef. The content tells which form it is."""

from __future__ import annotations

import os
import re
from typing import Any

from ..errors import FileError
from .tf import tensorflow

__all__ = ["is_text", "kind_of", "read_graph", "read_meta_graph", "read_saver"]

_HEAD = 4096
_TEXT = frozenset({*range(32, 256), *b"\t\n\r"}) - {127}
_DAMAGED = "It may have been cut short: copy or fetch it again"


def _head(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_HEAD)
    except FileNotFoundError:
        raise FileError(f"{path}: there is no such file", f"The current directory is {os.getcwd()}") from None
    except OSError as error:
        raise FileError(f"{path}: it cannot be read: {error}", "Check the path and its permissions") from None


def is_text(path: str) -> bool:
    """Whether a file holds text: a binary message has a byte below 32 in the tag or length of its first fields."""
    return set(_head(path)) <= _TEXT


def kind_of(path: str) -> str:
    """What is at a path: "saved_model", "keras", "meta_graph" or "graph". Raises FileError for what is none of them."""
    if os.path.isdir(path):
        if any(os.path.exists(os.path.join(path, f"saved_model.{kind}")) for kind in ("pb", "pbtxt")):
            return "saved_model"
        raise FileError(f"{path}: this directory holds no SavedModel: it has no saved_model.pb", "Give a file, or the directory of one")
    head = _head(path)
    if head.startswith((b"PK\x03\x04", b"\x89HDF\r\n\x1a\n")):
        return "keras"
    if head[4:8] == b"TFL3":
        raise FileError(f"{path}: this is a .tflite file: there is nothing to freeze", "Run it, or look at it with tinylite inspect")
    if os.path.basename(path) in ("saved_model.pb", "saved_model.pbtxt"):
        return "saved_model"
    if path.endswith(".index") or ".data-" in os.path.basename(path):
        raise FileError(f"{path}: this is a part of a checkpoint, which has no graph", "Give the graph, and this as the checkpoint")
    if set(head) <= _TEXT:
        return (
            "meta_graph" if re.match(rb"\s*(#.*\s*)*(meta_info_def|graph_def|saver_def|collection_def|signature_def)\b", head) else "graph"
        )
    return "meta_graph" if path.endswith(".meta") else "graph"


def read_graph(path: str) -> Any:
    """The GraphDef in a file; of a MetaGraphDef, its graph. Raises FileError."""
    if kind_of(path) == "saved_model":
        raise FileError(f"{path}: this is a part of a SavedModel", "Give its directory, as the SavedModel")
    if kind_of(path) == "keras":
        raise FileError(f"{path}: this is no graph: it is a zip archive or HDF5 file, as Keras models are", "Give it as the Keras model")
    if kind_of(path) == "meta_graph":
        return read_meta_graph(path).graph_def
    tf = tensorflow()
    graph_def = _parsed(path, tf.compat.v1.GraphDef, "GraphDef")
    if _is_graph(graph_def):
        return graph_def
    try:  # MetaGraphDefs read as GraphDefs, with nonsense in the nodes
        return read_meta_graph(path).graph_def
    except FileError:
        has = "what it has are no nodes" if graph_def.node else "it has no nodes"
        raise FileError(f"{path}: this is no GraphDef: {has}", _DAMAGED) from None


def read_meta_graph(path: str) -> Any:
    """The MetaGraphDef in a file. Raises FileError."""
    meta = _parsed(path, tensorflow().compat.v1.MetaGraphDef, "MetaGraphDef")
    if not _is_graph(meta.graph_def):
        raise FileError(f"{path}: this is no MetaGraphDef: it has no graph", "Give it as the graph, if it is a GraphDef")
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
    with open(path, "rb") as file:
        content = file.read()
    if not content:
        raise FileError(f"{path}: it is empty", "The download or the program that should have written it failed")
    try:
        if text:
            return text_format.Parse(content.decode(), message())
        return message.FromString(content)
    except (text_format.ParseError, UnicodeDecodeError) as error:
        raise FileError(f"{path}: this is no {kind} in text form: {error}", "A .pbtxt file starts with node {") from None
    except DecodeError as error:
        raise FileError(f"{path}: this is no {kind}: {error}", _DAMAGED) from None
