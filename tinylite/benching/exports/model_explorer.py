"""Figures of ops as node data of Model Explorer (https://github.com/google-ai-edge/model-explorer), which colours the graph by them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import SettingError, at, quoted
from ...files.io import write_whole

if TYPE_CHECKING:
    from ...model import Model
    from ...report.profile import OpTime, Profile

__all__ = ["FIGURES", "node_data", "save_node_data"]


def _billions(rate: float | None) -> float | None:
    return None if rate is None else rate / 1e9


# What a file may hold, by name: the title in Model Explorer, and the figure of an op, or None where it has none.
FIGURES: dict[str, tuple[str, Callable[[OpTime], float | str | None]]] = {
    "time": ("time, µs", lambda op: op.seconds * 1e6),
    "share": ("share of time, %", lambda op: op.share * 100),
    "gops": ("GOP/s", lambda op: _billions(op.operations_per_second)),
    "gbs": ("GB/s", lambda op: _billions(op.bytes_per_second)),
    "peak": ("share of peak, %", lambda op: None if op.peak is None else op.peak * 100),
    "bound": ("near the limit of", lambda op: op.bound),
}
_GRADIENT = [{"stop": stop, "bgColor": colour} for stop, colour in ((0, "#ffffff"), (0.5, "#fdcc8a"), (1, "#d7301f"))]
_COLOURS = {"compute": "#a6c8ff", "memory": "#ffc78f", "dispatch": "#9fe0c3", "none": "#e5b5e3"}


def save_node_data(
    profile: Profile, path: str | os.PathLike[str], model: Model | None = None, graph: int = 0, figure: str = "time"
) -> None:  # fmt: skip
    """Write `node_data` as JSON, whole or not at all: "Load node data" of Model Explorer reads it. Raises FileError and SettingError."""
    where = os.fsdecode(path)
    data = node_data(profile, model, graph, figure)
    with at(where):
        write_whole(where, [(json.dumps(data, indent=1, allow_nan=False) + "\n").encode()])


def node_data(profile: Profile, model: Model | None = None, graph: int = 0, figure: str = "time") -> dict[str, Any]:
    """One figure of each op, one of FIGURES, as JSON's types.

    With the model, the data are those of its graph of that number, whichever graph is open; without, those of the graph that is open when
    they are loaded. Ops that lack the figure are left out. Raises SettingError for other figures, and for a graph that is not there.
    """
    if figure not in FIGURES:
        raise SettingError(f"the figure of node data is {quoted(figure)}", f"Give one of {', '.join(FIGURES)}")
    title, value_of = FIGURES[figure]
    if model is not None and not 0 <= graph < len(model.graphs):
        raise SettingError(f"the model has no graph {graph}, but {len(model.graphs)}", "Give the number of one of its graphs")
    names = {op.output for op in profile.ops}
    if model is not None:
        names |= {tensor.name for tensor in model.graphs[graph].all_tensors() if tensor.name}
    results: dict[str, dict[str, Any]] = {}
    for op in profile.ops:
        value = value_of(op)
        if value is None or (isinstance(value, float) and not math.isfinite(value)):
            continue
        colour = {"bgColor": _COLOURS[value]} if isinstance(value, str) and value in _COLOURS else {}
        results[_key(op, names)] = {"value": value if isinstance(value, str) else float(f"{value:.4g}"), **colour}
    data: dict[str, Any] = {"name": f"tinylite: {title}", "results": results}
    if figure != "bound":
        data["gradient"] = _GRADIENT
    return data if model is None else {_graph_id(model, graph): data}


def _key(op: OpTime, names: set[str]) -> str:
    """Model Explorer numbers nodes as the file numbers ops, but looks for a tensor of that name first: then the op's own tensor says it."""
    number = str(op.index)
    return op.output if number in names and op.output else number


def _graph_id(model: Model, number: int) -> str:
    """What Model Explorer calls a graph: by its name, or by its first signature, or by its number."""
    graph = model.graphs[number]
    signature = next((each for each in model.signatures if each.graph is graph), None)
    default = "main" if number == 0 else f"subgraph_{number}"
    return graph.name or (signature.key if signature is not None else None) or default
