"""GraphDef messages as Python objects."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Function", "FunctionRef", "GraphDef", "Node"]


@dataclass(eq=False)
class Node:
    """A NodeDef: inputs as written ("a", "a:1", "^control", and "node:output:0" inside functions)."""

    name: str
    op: str
    inputs: list[str]
    attributes: dict[str, Any]
    device: str = ""


@dataclass(eq=False)
class FunctionRef:
    """A function that a node calls."""

    name: str
    attributes: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Function:
    """A FunctionDef: (name, type) of arguments and results, and what each result is in the body."""

    name: str
    args: list[tuple[str, str]]
    results: list[tuple[str, str]]
    nodes: list[Node]
    returns: dict[str, str]
    attributes: dict[str, Any] = field(default_factory=dict)
    arg_attributes: dict[int, dict[str, Any]] = field(default_factory=dict)


@dataclass(eq=False)
class GraphDef:
    """A graph and its library of functions; `source` is where it was read from, for messages."""

    nodes: list[Node]
    functions: dict[str, Function]
    producer: int = 0
    min_consumer: int = 0
    source: str | None = None
