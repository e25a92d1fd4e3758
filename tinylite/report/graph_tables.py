"""The description of a GraphDef, SavedModel, checkpoint or Keras model (files/describe.py) as tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ..files.describe import WITHOUT_H5PY, sentence
from ..limits import size_text
from .describe import new_table

if TYPE_CHECKING:
    from rich.console import RenderableType

__all__ = ["tables"]


def tables(description: dict[str, Any]) -> Iterator[RenderableType]:
    """The description as rich tables, one after the other."""
    file = description["file"]
    what, remedy = sentence(description)
    head = new_table("", "", title="File", show_header=False)
    head.add_row("path", file["path"] or "")
    head.add_row("size", size_text(file["bytes"]))
    head.add_row("it is", what)
    head.add_row("to use it", remedy)
    yield head
    for graph in description.get("graphs", ()):
        yield from _graph_tables(graph)
    if "checkpoint" in description:
        yield _variables("Variables of the checkpoint", description["checkpoint"]["variables"])
    if "keras" in description:
        if not description["keras"]["read"]:
            yield WITHOUT_H5PY
            return
        layers = new_table("layer", "class", "name", "input shape", title="Layers")
        for index, layer in enumerate(description["keras"]["layers"]):
            layers.add_row(str(index), layer["class"], layer["name"], _shape_text(layer["input_shape"]))
        yield layers


def _graph_tables(graph: dict[str, Any]) -> Iterator[RenderableType]:
    title = f"Graph {', '.join(graph.get('tags', ()))}".rstrip()
    facts = new_table("", "", title=title, show_header=False)
    facts.add_row("nodes", str(graph["nodes"]))
    facts.add_row("constants", size_text(graph["constant_bytes"]))
    if graph.get("tensorflow_version"):
        facts.add_row("written by", f"TensorFlow {graph['tensorflow_version']}")
    facts.add_row("graph version", f"{graph['producer']}, for readers from {graph['min_consumer']}")
    yield facts
    if not graph.get("signatures"):
        ends = new_table("", "name", "op", "type", "shape", title=f"{title}: inputs, and nodes with no consumers")
        for side in ("inputs", "outputs"):
            for entry in graph[side]:
                ends.add_row(side[:-1], entry["name"], entry["op"], entry["type"] or "", _shape_text(entry["shape"]))
        yield ends
    if graph["variables"]:
        yield _variables(f"{title}: variables without values", graph["variables"])
    if graph.get("signatures"):
        signatures = new_table("key", "", "name", "tensor", "type", "shape", title=f"{title}: signatures")
        for signature in graph["signatures"]:
            for side in ("inputs", "outputs"):
                for entry in signature[side]:
                    signatures.add_row(
                        signature["key"], side[:-1], entry["key"], entry["tensor"], entry["type"], _shape_text(entry["shape"], "any")
                    )
        yield signatures
    counts = new_table("op", "nodes", title=f"{title}: how often")
    for op, count in graph["ops"].items():
        counts.add_row(op, str(count))
    yield counts
    if graph["functions"]:
        functions = new_table("function", "nodes", "arguments", "results", title=f"{title}: functions")
        for entry in graph["functions"]:
            sides = ["\n".join(f"{name} {type}" for name, type in entry[side]) for side in ("args", "results")]
            functions.add_row(entry["name"], str(entry["nodes"]), *sides)
        yield functions


def _variables(title: str, entries: Sequence[dict[str, Any]]) -> RenderableType:
    rows = new_table("variable", "type", "shape", "size", title=title)
    for entry in entries:
        rows.add_row(entry["name"], entry["type"] or "", _shape_text(entry["shape"], "any"), size_text(entry.get("bytes")))
    return rows


def _shape_text(shape: Sequence[int | None] | None, unknown: str = "") -> str:
    return unknown if shape is None else str([-1 if size is None else size for size in shape])
