"""A model in words and numbers: what `tinylite inspect` shows, as plain data (for JSON) and as tables."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from ..arithmetic import FAST, Arithmetic
from ..engine.checks import prepared_graph
from ..engine.planner import Planner
from ..engine.segment import name_in_file, steps_by_op
from ..engine.settings import Settings
from ..errors import TinyliteError
from ..limits import size_text
from ..memory.arena import ALIGNMENT, Storage
from ..model import Graph, Model, Quantization, Tensor
from ..model.metadata import EndFacts, all_facts
from ..model.source import VERSION
from ..schema.table import Table, fields_of
from ..schema.tables import OPERATOR_OPTIONS
from ..tensor_types import stored_size

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

__all__ = ["describe", "new_table", "short", "tables", "time_text"]

_LONGEST = 1000  # characters of a name where it is only referred to


def describe(model: Model, memory: bool = True, arithmetic: Arithmetic = FAST) -> dict[str, Any]:
    """The model as plain data: file, graphs with ops and tensors, signatures, metadata, and with `memory` the memory plan in an arithmetic.

    Weights are left out; everything else that a reader could want is in, by name and number.
    """
    numbers = {id(graph): index for index, graph in enumerate(model.graphs)}
    facts, notes = all_facts(model)
    return {
        "file": {
            "path": model.source,
            "bytes": _bytes(model.source),
            "version": model.version,
            "description": model.description,
            "unknown": sorted(set(model.unknown)),
            "notes": [*model.notes, *notes, *_version_notes(model)],
        },
        "graphs": [
            {**_graph(index, graph, arithmetic if memory else None), "metadata": _metadata(*ends)}
            for (index, graph), ends in zip(enumerate(model.graphs), facts, strict=True)
        ],
        "signatures": [
            {
                "key": signature.key,
                "graph": numbers[id(signature.graph)],
                "inputs": {name: short(tensor.name) for name, tensor in signature.inputs.items()},
                "outputs": {name: short(tensor.name) for name, tensor in signature.outputs.items()},
            }
            for signature in model.signatures
        ],
        "metadata": [{"name": entry.name, "bytes": int(entry.data.size), "text": _text(entry.data)} for entry in model.metadata],
        "associated_files": {name: len(content) for name, content in model.associated_files.items()},
    }


def _bytes(path: str | None) -> int | None:
    """How long the file is, if it is still there."""
    try:
        return os.path.getsize(path) if path else None
    except OSError:
        return None


def _metadata(inputs: list[EndFacts], outputs: list[EndFacts]) -> dict[str, list[dict[str, Any]]]:
    """What the model's metadata say of a graph's inputs and outputs."""
    return {
        side: [{**asdict(facts), "text": facts.text()} for facts in found] for side, found in (("inputs", inputs), ("outputs", outputs))
    }


def _version_notes(model: Model) -> list[str]:
    return [] if model.version == VERSION else [f"runtimes run version {VERSION} of the format only"]


def short(name: str | None) -> str | None:
    """A name where something refers to what has it: whole if it is of use, for many may refer to a name of megabytes."""
    return name if name is None or len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."


def _text(data: np.ndarray) -> str | None:
    """Metadata that is text, without the zeros that pad it."""
    try:
        text = bytes(data[:4096]).rstrip(b"\0").decode("ascii")
    except UnicodeDecodeError:
        return None
    return text if text.isprintable() else None


def _graph(index: int, graph: Graph, arithmetic: Arithmetic | None) -> dict[str, Any]:
    tensors = graph.all_tensors()
    numbers = {id(tensor): number for number, tensor in enumerate(tensors)}

    def references(tensors: list[Any]) -> list[int]:
        return [-1 if tensor is None else numbers[id(tensor)] for tensor in tensors]

    return {
        "index": index,
        "name": graph.name,
        "inputs": references(list(graph.inputs)),
        "outputs": references(list(graph.outputs)),
        "ops": [
            {
                "index": position,
                "code": op.code,
                "name": short(op.name),
                "version": op.version,
                "inputs": references(list(op.inputs)),
                "outputs": references(list(op.outputs)),
                "options": {} if op.options is None else {name: _plain(value) for name, value in op.options.items()},
                "custom_options": None if op.custom_options is None else len(op.custom_options),
            }
            for position, op in enumerate(graph.ops)
        ],
        "tensors": [_tensor(number, tensor) for number, tensor in enumerate(tensors)],
        "memory": _memory(graph, numbers, arithmetic) if arithmetic is not None else None,
    }


def _plain(value: Any) -> Any:
    """A value as JSON has it, which knows neither NaN nor infinity."""
    if isinstance(value, Graph):
        return short(value.name)
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, Table):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value


def _tensor(number: int, tensor: Tensor) -> dict[str, Any]:
    kind = "variable" if tensor.is_variable else "constant" if tensor.buffer is not None else "computed"
    return {
        "index": number,
        "name": tensor.name,
        "type": tensor.type,
        "shape": list(tensor.shape),
        "shape_signature": list(tensor.shape_signature) if tensor.shape_signature is not None else None,
        "kind": "external" if tensor.external_buffer is not None else kind,
        "bytes": int(tensor.buffer.size)
        if tensor.buffer is not None
        else stored_size(tensor.type, tensor.shape)
        if tensor.is_numeric
        else None,
        "sparse": tensor.sparsity is not None,
        "quantization": _quantization(tensor.quantization),
    }


def _quantization(quantization: Quantization | None) -> dict[str, Any] | None:
    if quantization is None:
        return None
    return {
        "scale": _plain(quantization.scale),
        "zero_point": _plain(quantization.zero_point),
        "quantized_dimension": quantization.quantized_dimension,
        "min": _plain(quantization.min),
        "max": _plain(quantization.max),
        "details": None if quantization.details is None else quantization.details.table,
    }


def _memory(graph: Graph, numbers: dict[int, int], arithmetic: Arithmetic) -> dict[str, Any]:
    """Where tensors would lie, or why the graph cannot be planned."""
    try:
        settings = Settings(arithmetic=arithmetic)
        planner = Planner(prepared_graph(graph, settings.keeps_ops), {}, settings)
        need = planner.run()
        planner.lay_out()
    except TinyliteError as error:
        return {"problem": str(error)}
    shared: dict[int, list[int]] = {}
    for value in planner.values.values():
        if value.storage is not None:
            shared.setdefault(id(value.storage), []).append(numbers[id(value.tensor)])

    def entry(storage: Storage) -> dict[str, Any]:
        return {
            "tensors": shared.get(id(storage), []),  # none: what passes between two steps of an op
            "bytes": storage.size,
            "offset": storage.offset,
            "first_step": max(storage.first, 0),
            "last_step": min(storage.last, len(planner.steps)),
        }

    return {
        "arena_bytes": planner.arena_size,
        "weights_packed_bytes": planner.prepared,
        "steps": len(planner.steps),
        "ops": [
            {
                "index": op.node.index,
                "name": short(name_in_file(op.node.op)),
                "first_step": op.first,
                "last_step": op.first + len(op.steps) - 1,
                "kernels": list(op.kernels),
            }
            for op in steps_by_op(planner.steps)
        ],
        "alignment": ALIGNMENT,
        "dynamic_from": None if need is None else need.name,
        "dynamic_because": None if need is None else need.reason,
        "blocks": [entry(storage) for storage in planner.blocks()],
    }


# ---- for people


def time_text(seconds: float | None) -> str:
    """Seconds in the unit that reads best."""
    if seconds is None:
        return ""
    for unit, name in ((1.0, "s"), (1e-3, "ms")):
        if seconds >= unit:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1e6:.3g} µs"


def quantization_text(quantization: dict[str, Any] | None) -> str:
    """A tensor's quantization on one line."""
    if quantization is None:
        return ""
    scale, zero = [float(value) for value in quantization["scale"]], quantization["zero_point"]
    if quantization["details"]:
        return str(quantization["details"])
    if len(scale) == 1:
        offset = zero[0] if zero else 0
        return f"{scale[0]:.6g} * " + (f"(q {'-' if offset > 0 else '+'} {abs(offset)})" if offset else "q")
    if len(scale) > 1:
        zeros = f", zero points {min(zero)}..{max(zero)}" if any(zero) else ""
        return f"{len(scale)} scales {min(scale):.3g}..{max(scale):.3g} along {quantization['quantized_dimension']}{zeros}"
    if quantization["min"] and quantization["max"]:
        return f"range {float(quantization['min'][0]):.4g}..{float(quantization['max'][0]):.4g}"
    return ""


def tables(description: dict[str, Any]) -> Iterator[RenderableType]:
    """The description as rich tables, one after the other."""
    file = description["file"]
    head = new_table("", "", title="File", show_header=False)
    head.add_row("path", file["path"] or "")
    head.add_row("size", size_text(file["bytes"]))
    head.add_row("description", file["description"] or "")
    head.add_row("format version", str(file["version"]))
    for part in file["unknown"]:
        head.add_row("newer than this tinylite", part)
    for note in file["notes"]:
        head.add_row("note", note)
    for entry in description["metadata"]:
        head.add_row(f"metadata {entry['name']}", f"{entry['text'] or ''} ({size_text(entry['bytes'])})".strip())
    for name, count in description["associated_files"].items():
        head.add_row(f"attached file {name}", size_text(count))
    yield head
    for graph in description["graphs"]:
        yield from _graph_tables(graph)
    if description["signatures"]:
        signatures = new_table("key", "graph", "inputs", "outputs", title="Signatures")
        for entry in description["signatures"]:
            sides = ["\n".join(f"{name} = {tensor}" for name, tensor in entry[side].items()) for side in ("inputs", "outputs")]
            signatures.add_row(str(entry["key"]), str(entry["graph"]), *sides)
        yield signatures


def _graph_tables(graph: dict[str, Any]) -> Iterator[RenderableType]:
    from rich.text import Text

    tensors = graph["tensors"]
    quantization = [quantization_text(tensor["quantization"]) for tensor in tensors]
    title = f"Graph {graph['index']} {short(graph['name']) or ''}".rstrip()
    said = any(facts["text"] for side in graph["metadata"].values() for facts in side)
    ends = new_table(
        "", "tensor", "name", "type", "shape", "quantization", *(["metadata"] if said else []), title=f"{title}: inputs and outputs"
    )
    for side in ("inputs", "outputs"):
        for number, facts in zip(graph[side], graph["metadata"][side], strict=True):
            tensor = tensors[number]
            cells = [side[:-1], str(number), short(tensor["name"]), str(tensor["type"]), _shape_text(tensor), quantization[number]]
            ends.add_row(*cells, *([facts["text"]] if said else []))
    yield ends
    ops = new_table("op", "operator", "inputs", "outputs", "output shape", "options", title=f"{title}: ops")
    for op in graph["ops"]:
        shapes = "\n".join(f"{tensors[number]['type']} {tensors[number]['shape']}" for number in op["outputs"])
        numbers = [" ".join("-" if number < 0 else str(number) for number in op[side]) for side in ("inputs", "outputs")]
        ops.add_row(str(op["index"]), f"{op['name']} v{op['version']}", *numbers, shapes, _options_text(op))
    yield ops
    counts = new_table("operator", "ops", title=f"{title}: how often")
    for name, count in Counter(op["name"] for op in graph["ops"]).most_common():
        counts.add_row(name, str(count))
    yield counts
    rows = new_table("tensor", "name", "type", "shape", "kind", "size", "quantization", title=f"{title}: tensors")
    for tensor in tensors:
        kind = tensor["kind"] + (", sparse" if tensor["sparse"] else "")
        rows.add_row(
            str(tensor["index"]), tensor["name"], str(tensor["type"]), _shape_text(tensor), kind, size_text(tensor["bytes"]),
            quantization[tensor["index"]],
        )  # fmt: skip
    yield rows
    if graph["memory"] is not None:
        if "problem" in graph["memory"]:
            text = f"{title}: no memory plan, since tinylite cannot run it: {graph['memory']['problem']}\n"
            yield Text(text, style="yellow")
        else:
            yield _kernel_table(title, graph["memory"])
            yield _memory_table(title, graph["memory"], tensors)


def new_table(*columns: str, title: str, show_header: bool = True) -> RichTable:
    """A table whose cells break where they must: nothing is cut off in a narrow terminal."""
    from rich.table import Column, Table

    folding = [Column(column, overflow="fold") for column in columns]
    return Table(*folding, title=title, title_justify="left", show_header=show_header)


# Options that a reader looks for even where they are the schema's defaults.
_ALWAYS_SHOWN = ("axis", "mode", "padding")


def _options_text(op: dict[str, Any]) -> str:
    """The options that say something: others than the schema's defaults."""
    table = OPERATOR_OPTIONS.get(op["code"])  # a damaged file has options of another operator, or where there should be none
    defaults = {name: field.default for name, field in fields_of(table).items()} if table is not None else {}
    return ", ".join(
        f"{name}={value}" for name, value in op["options"].items() if name in _ALWAYS_SHOWN or value not in (defaults.get(name), None, [])
    )


def _shape_text(tensor: dict[str, Any]) -> str:
    signature = tensor["shape_signature"]
    return str(tensor["shape"]) + (f" varies as {signature}" if signature and signature != tensor["shape"] else "")


def _kernel_table(title: str, memory: dict[str, Any]) -> RenderableType:
    table = new_table("steps", "op", "operator", "kernels", title=f"{title}: kernels")
    for op in memory["ops"]:
        table.add_row(f"{op['first_step']}..{op['last_step']}", str(op["index"]), op["name"], "\n".join(op["kernels"]))
    return table


def _memory_table(title: str, memory: dict[str, Any], tensors: list[dict[str, Any]]) -> RenderableType:
    table = new_table("steps", "offset", "size", "tensors", title=f"{title}: memory plan")
    for block in memory["blocks"]:
        held = "\n".join(f"{number} {short(tensors[number]['name']) or ''}".rstrip() for number in block["tensors"]) or "(workspace)"
        table.add_row(f"{block['first_step']}..{block['last_step']}", str(block["offset"]), size_text(block["bytes"]), held)
    arena, packed = size_text(memory["arena_bytes"]), size_text(memory["weights_packed_bytes"])
    table.caption = f"{memory['steps']} steps, arena {arena}, packed weights and tables {packed}"
    if memory["dynamic_from"]:
        table.caption += f"; planned as far as {memory['dynamic_from']!r}, {memory['dynamic_because']}"
    table.caption_justify = "left"
    return table
