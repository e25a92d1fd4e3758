"""Tables of models and interpreters as notebooks show them. Every name is escaped: files come from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

import numpy as np

from .model import Graph, Model, Tensor

__all__ = ["ends_table", "graph_table", "model_tables"]

_MOST = 200  # rows of a table
_LONGEST = 200  # characters of a cell


def model_tables(model: Model) -> str:
    """The model in a line, and its first graph."""
    return f"<p><code>{_cell(model)}</code></p>{graph_table(model.graph)}"


def graph_table(graph: Graph) -> str:
    """A row an op: what it is, what it reads and what it writes."""
    rows = (
        (index, op.name, _tensors(t for t in op.inputs if t is not None and not t.is_constant), _tensors(op.outputs))
        for index, op in enumerate(graph.ops[:_MOST])
    )
    return _table(("op", "operator", "reads", "writes"), rows, len(graph.ops))


def ends_table(inputs: Sequence[dict[str, Any]], outputs: Sequence[dict[str, Any]]) -> str:
    """A row an input or output, from its details."""
    rows = (
        (side, entry["index"], entry["name"], entry["shape_signature"].tolist(), np.dtype(entry["dtype"]).name, entry["quantization"])
        for side, entries in (("input", inputs), ("output", outputs))
        for entry in entries[:_MOST]
    )
    return _table(("", "index", "name", "shape", "type", "scale, zero point"), rows, len(inputs) + len(outputs))


def _tensors(tensors: Iterable[Tensor]) -> str:
    return ", ".join(f"{tensor.name} {tensor.type} {list(tensor.signature)}" for tensor in tensors)


def _table(head: Sequence[str], rows: Iterable[Sequence[Any]], count: int) -> str:
    body = "".join(f"<tr>{''.join(f'<td>{_cell(cell)}</td>' for cell in row)}</tr>" for row in rows)
    more = f"<p>... of {count}</p>" if count > _MOST else ""
    return f"<table><thead><tr>{''.join(f'<th>{_cell(name)}</th>' for name in head)}</tr></thead><tbody>{body}</tbody></table>{more}"


def _cell(value: Any) -> str:
    text = str(value)
    return escape(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}...")
