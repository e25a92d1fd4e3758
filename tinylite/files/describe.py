"""What TensorFlow and Keras write, in words and numbers: a graph, a SavedModel, a checkpoint, a Keras model.

`tinylite inspect` shows it as JSON or as tables (graph_tables.py), and errors about such a file say it in a sentence.
"""

from __future__ import annotations

import glob
import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from ..errors import FileError, at
from .checkpoint import read_checkpoint
from .file_formats import HEAD, FileFormat, indices, is_text, saved_model_file
from .graph_io import likely_inputs, likely_outputs, variables
from .graphdef import GraphDef, MetaGraph, Node, read_graph_def, read_meta_graph, read_saved_model
from .io import check_readable, ends_of
from .keras import describe_keras

__all__ = ["KINDS", "WITHOUT_H5PY", "describe", "sentence"]

WITHOUT_H5PY = "its layers are not read, as h5py is not installed: pip install 'tinylite[hdf5]'"
_SOME = 4  # names that a sentence has
_INITIALIZER = "__saved_model_init_op"


def describe(given: str | bytes | memoryview, kind: FileFormat) -> dict[str, Any]:
    """A file, or the content of one, of a kind that `kinds` has identified, as plain data. Raises FileError."""
    path = given if isinstance(given, str) else None
    found: dict[str, Any] = {"kind": kind.id, "file": {"path": path, "bytes": _size(path) if path else len(given), "text": False}}
    if kind.id == "checkpoint" and path:
        found["checkpoint"] = _checkpoint(path)
    elif kind.id == "keras":
        found["keras"] = describe_keras(path or given)
    else:
        content = saved_model_file(path) if path else None
        if content:
            with at(content):
                check_readable(content)
        found["file"]["text"] = is_text(ends_of(content, HEAD, 0)[0] if content else bytes(given[:HEAD]))  # type: ignore[arg-type]
        if kind.id == "graph":
            found["graphs"] = [_graph(read_graph_def(given))]
        elif kind.id == "meta graph" and path:
            found["graphs"] = [_meta_graph(read_meta_graph(path))]
        elif kind.id == "saved model" and path:
            found["graphs"] = [_meta_graph(graph) for graph in read_saved_model(path)]
        else:
            raise FileError("it can only be read from a path", "Save it to a file")
    return found


def _size(path: str) -> int:
    """The bytes of a file, or of all files in a directory or under a checkpoint's prefix."""
    if os.path.isfile(path):
        return os.path.getsize(path)
    if os.path.isdir(path):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(path) for name in names]
    else:
        found = glob.glob(f"{glob.escape(path)}.*")
    return sum(os.path.getsize(file) for file in found if os.path.isfile(file))  # no links that lead nowhere


def _graph(graph: GraphDef) -> dict[str, Any]:
    values = [value for node in graph.nodes if node.op == "Const" and isinstance(value := node.attributes.get("value"), np.ndarray)]
    return {
        "nodes": len(graph.nodes),
        "ops": dict(Counter(node.op for node in graph.nodes).most_common()),
        "inputs": [_node(node) for node in likely_inputs(graph)],
        "outputs": [_node(node) for node in likely_outputs(graph)],
        "variables": [_node(node) for node in variables(graph)],
        "constant_bytes": sum(value.nbytes for value in values),
        "functions": [
            {"name": entry.name, "nodes": len(entry.nodes), "args": list(map(list, entry.args)), "results": list(map(list, entry.results))}
            for entry in graph.functions.values()
        ],
        "producer": graph.producer,
        "min_consumer": graph.min_consumer,
    }  # fmt: skip


def _node(node: Node) -> dict[str, Any]:
    given = node.attributes
    type = given.get("dtype", given.get("T", given.get("DstT", given.get("output_type"))))
    shape = given.get("shape")
    return {
        "name": node.name,
        "op": node.op,
        "type": type if isinstance(type, str) else None,
        "shape": list(shape) if isinstance(shape, tuple) else None,
    }


def _meta_graph(graph: MetaGraph) -> dict[str, Any]:
    def side(tensors: dict[str, tuple[str, str, tuple[int, ...] | None]]) -> list[dict[str, Any]]:
        return [
            {"key": key, "tensor": tensor, "type": type, "shape": None if shape is None else list(shape)}
            for key, (tensor, type, shape) in tensors.items()
        ]

    return {
        "tags": graph.tags,
        "tensorflow_version": graph.tensorflow_version,
        "written_by": 2 if graph.has_objects else 1,
        "signatures": [
            {"key": key, **{which: side(tensors) for which, tensors in signature.items()}}
            for key, signature in graph.signatures.items()
            if key != _INITIALIZER
        ],
        **_graph(graph.graph),
    }


def _checkpoint(path: str) -> dict[str, Any]:
    found = read_checkpoint(path)
    return {
        "prefix": found.prefix,
        "version": found.version,
        "shards": found.shards,
        "has_objects": found.has_objects,
        "variables": [
            {"name": entry.name, "type": entry.type, "shape": None if entry.shape is None else list(entry.shape), "bytes": entry.bytes}
            for entry in found.variables
        ],
    }


# ---- in a sentence


def sentence(description: dict[str, Any]) -> tuple[str, str]:
    """What a file is, to go after "it is", and what its owner can do, as a command with the file's own names."""
    path = description["file"]["path"]
    return KINDS[description["kind"]](description, path or "MODEL")


def _frozen_or_not(description: dict[str, Any], path: str) -> tuple[str, str]:
    (graph,) = description["graphs"]
    form = " in text form" if description["file"]["text"] else ""
    ends = "; ".join(f"{side}: {_some(graph[side])}" for side in ("inputs", "outputs") if graph[side])
    facts = f"({_count(graph['nodes'], 'node')}{', ' * bool(ends)}{ends})"
    if not graph["variables"]:
        return f"a frozen TensorFlow GraphDef{form} {facts}", _command(
            "Convert it", "convert", path, "--output_file", _result(path, ".tflite")
        )
    return (
        f"a TensorFlow GraphDef{form} that is not frozen {facts}: {_valueless(graph)}",
        _command(
            "Give it its checkpoint", "freeze", "--input_graph", path, "--input_checkpoint", _near_checkpoint(path),
            "--output_node_names", _outputs(graph), "--output_graph", _result(path, "_frozen.pb"),
        ),
    )  # fmt: skip


def _meta(description: dict[str, Any], path: str) -> tuple[str, str]:
    (graph,) = description["graphs"]
    held = f": {_valueless(graph)}" if graph["variables"] else ""
    return (
        f"a TensorFlow MetaGraphDef ({_count(graph['nodes'], 'node')}), which belongs to a checkpoint{held}",
        _command(
            "Freeze it", "freeze", "--input_meta_graph", path, "--output_node_names", _outputs(graph),
            "--output_graph", _result(path, "_frozen.pb"),
        ),
    )  # fmt: skip


def _saved_model(description: dict[str, Any], path: str) -> tuple[str, str]:
    parts = []
    for graph in description["graphs"]:
        keys = [entry["key"] for entry in graph["signatures"]]
        parts.append(f"tags: {', '.join(graph['tags']) or 'none'}; signatures: {_names(keys) or 'none'}")
    version = max((graph["written_by"] for graph in description["graphs"]), default=2)
    if os.path.isdir(path):
        what, directory = "SavedModel directory", path
    else:
        what = "SavedModel, or rather one file of its directory"
        directory = os.path.dirname(path) or "." if os.path.basename(path) in ("saved_model.pb", "saved_model.pbtxt") else "DIRECTORY"
    target = os.path.basename(os.path.abspath(directory)) + ".tflite"
    return (
        f"a TensorFlow {version} {what} ({' | '.join(parts)})",
        _command("Convert it", "convert", "--saved_model_dir", directory, "--output_file", target),
    )


def _values(description: dict[str, Any], path: str) -> tuple[str, str]:
    found = description["checkpoint"]
    names = _names([entry["name"].removesuffix("/.ATTRIBUTES/VARIABLE_VALUE") for entry in found["variables"]])
    what = f"a TensorFlow checkpoint of {_count(len(found['variables']), 'variable')} ({names}), which has no graph"
    if found["has_objects"]:
        return what, "Restore it in Python into the model that it was saved from, and save that whole: tf.saved_model.save or model.save"
    meta = f"{found['prefix']}.meta"
    graph = ["--input_meta_graph", meta] if os.path.isfile(meta) else ["--input_graph", "GRAPH", "--input_checkpoint", found["prefix"]]
    return what, _command(
        "Join it with its graph", "freeze", *graph, "--output_node_names", "NAMES", "--output_graph", _result(found["prefix"], "_frozen.pb")
    )


def _keras(description: dict[str, Any], path: str) -> tuple[str, str]:
    found = description["keras"]
    version = f" of Keras {found['keras_version']}" if found["keras_version"] else ""
    facts = f" ({found['class']} {found['name']!r}, {_count(len(found['layers']), 'layer')})" if found["layers"] else ""
    facts = facts if found["read"] else f" ({WITHOUT_H5PY})"
    return (
        f"a Keras model: {found['format']}{version}{facts}",
        _command("Convert it", "convert", "--keras_model_file", path, "--output_file", _result(path, ".tflite")),
    )


KINDS = {"graph": _frozen_or_not, "meta graph": _meta, "saved model": _saved_model, "checkpoint": _values, "keras": _keras}


def _command(what: str, *words: str) -> str:
    return f"{what}: tinylite {shlex.join(words)}"


def _result(path: str, ending: str) -> str:
    """The name of a file to write, in the current directory, after one that is read."""
    name = os.path.basename(path)
    stem = re.sub(r"\.(pb|pbtxt|meta|keras|h5|hdf5|tflite)$", "", name)
    return f"{stem}_converted{ending}" if stem + ending == name else stem + ending


def _near_checkpoint(path: str) -> str:
    """The one checkpoint that lies beside a graph, or a word for it."""
    folder = os.path.dirname(path)
    found = indices(folder)
    return found[0].removesuffix(".index") if len(found) == 1 else "CHECKPOINT"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _names(names: Sequence[str]) -> str:
    return ", ".join(names[:_SOME]) + (f" and {len(names) - _SOME} more" if len(names) > _SOME else "")


def _some(entries: Iterable[dict[str, Any]]) -> str:
    return _names([entry["name"] for entry in entries])


def _valueless(graph: dict[str, Any]) -> str:
    names = graph["variables"]
    return f"its {_count(len(names), 'variable')} {_some(names)} {'has' if len(names) == 1 else 'have'} no values"


def _outputs(graph: dict[str, Any]) -> str:
    return ",".join(entry["name"] for entry in graph["outputs"][:_SOME]) or "NAMES"
