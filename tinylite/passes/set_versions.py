"""The versions of a model's ops, and the runtime that it needs; each operator's file says what its versions add."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from importlib import resources

import numpy as np

from .. import ops
from ..model import Graph, Metadata, Model, Op
from ..ops.common.versions import Versions

__all__ = ["minimum_runtime", "set_versions", "version_of"]


def version_of(op: Op) -> int:
    """The lowest version of its operator that an op needs; 1 for custom operators, and for those that tinylite does not run."""
    operator = ops.operator_of(op)
    if operator is None:
        return 1
    return operator.version_needed(op) if op.inputs else operator.versions.needed(op)


def minimum_runtime(graphs: Iterable[Graph]) -> str:
    """The first runtime that knows every operator of these graphs in its version, like "2.5.0"; empty if none is known."""
    found = {runtime for graph in graphs for op in graph.ops if (runtime := _runtime(op)) is not None}
    return max(found, key=lambda version: tuple(map(int, version.split("."))), default="")


def _runtime(op: Op) -> str | None:
    operator = ops.operator_of(op)
    if operator is not None:
        return operator.versions.runtime(op.version)
    return Versions(_other_operators().get(op.code, "")).runtime(op.version)


@cache
def _other_operators() -> dict[str, str]:
    """The first runtimes with each version of the operators that tinylite does not run, and that may be in files all the same."""
    found: dict[str, str] = json.loads((resources.files("tinylite.ops") / "other_operators.json").read_text(encoding="utf-8"))
    return found


def set_versions(model: Model) -> None:
    """Set every op's version, and add to the model a note of the runtime that it needs, as TensorFlow's converter does."""
    for graph in model.graphs:
        for op in graph.ops:
            op.version = version_of(op)
    note = minimum_runtime(model.graphs).encode().ljust(_NOTE_SIZE, b"\0")
    model.metadata = [entry for entry in model.metadata if entry.name != _NOTE]
    model.metadata.append(Metadata(_NOTE, np.frombuffer(note, np.uint8)))


_NOTE, _NOTE_SIZE = "min_runtime_version", 16
