"""Ops in a converted graph that no runtime would take, so that they are reported now and not when the file is loaded."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Graph, Op
from .call import Problem
from .types import type_names, untaken

__all__ = ["unsupported_types"]


def unsupported_types(graphs: Iterable[Graph]) -> list[Problem]:
    """A problem for each op that reads a type that its operator does not take."""
    return [problem for graph in graphs for op in graph.ops for problem in _problems(op)]


def _problems(op: Op) -> Iterable[Problem]:
    type = untaken(op)
    if type is not None:
        yield Problem(
            op.outputs[0].name or "", op.code, f"it would read {type}, and the operator takes {', '.join(type_names(op.code))}",
            "Cast to one of these before, and back after it",
        )  # fmt: skip
