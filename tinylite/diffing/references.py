"""The ops and tensors of a graph as records that outlast the model."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..model import Graph, Tensor
from ..schema.table import Table
from .records import OpRef, TensorRef

__all__ = ["References", "plain_value"]

_LONGEST = 300  # characters of a name
_MOST = 64  # elements of a value that is shown


class References:
    """Makes records of one graph."""

    def __init__(self, graph: Graph, number: int) -> None:
        self.graph, self.number = graph, number
        self.indices = {id(tensor): index for index, tensor in enumerate(graph.all_tensors())}

    def op(self, position: int) -> OpRef:
        op = self.graph.ops[position]
        return OpRef(self.number, position, shortened(op.name), shortened(op.outputs[0].name) if op.outputs else "")

    def tensor(self, tensor: Tensor) -> TensorRef:
        shape = tuple(map(int, tensor.dynamic_shape))
        return TensorRef(self.number, self.indices[id(tensor)], shortened(tensor.name), str(tensor.type), shape)


def shortened(name: str | None) -> str:
    """A name as it may be shown: files may have names of megabytes, a million times."""
    name = name or ""
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 3]}..."


def plain_value(value: Any) -> Any:
    """A value of a record as what JSON has."""
    if isinstance(value, Graph):
        return shortened(value.name)
    if isinstance(value, np.ndarray):
        return plain_value(value.tolist()) if value.size <= _MOST else f"{value.size} numbers"
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return [plain_value(item) for item in value] if len(value) <= _MOST else f"{len(value)} values"
    if isinstance(value, Table):
        return {name: plain_value(item) for name, item in value.items()}
    if isinstance(value, bytes):
        return value.hex() if len(value) <= _MOST else f"{len(value)} bytes"
    return shortened(value) if isinstance(value, str) else value
