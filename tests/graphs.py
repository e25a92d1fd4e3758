"""Small graphs for operators that call graphs, and ops in short."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinylite.model import Graph, Model, Op, Tensor, called_graphs

_TYPES = {"float32": "FLOAT32", "int32": "INT32", "bool": "BOOL"}


def constant(values: Any, dtype: Any = np.float32) -> Tensor:
    values = np.asarray(values, dtype)
    tensor = Tensor("constant", values.shape, _TYPES[values.dtype.name], has_rank=True)
    tensor.data = values
    return tensor


def like(tensors: Sequence[Tensor], suffix: str = "") -> list[Tensor]:
    """Tensors of the same names, shapes and types."""
    return [Tensor(f"{t.name}{suffix}", t.shape, t.type, has_rank=True, quantization=t.quantization) for t in tensors]


class Maker:
    """A graph that grows op by op: `maker.add("ADD", x, y)` returns the output."""

    def __init__(self, name: str, inputs: Sequence[Tensor]) -> None:
        self.graph = Graph(name, list(inputs))

    def add(
        self, code: str, *inputs: Tensor | None, type: str | None = None, shape: tuple[int, ...] | None = None, **options: Any
    ) -> Tensor:
        first = next(tensor for tensor in inputs if tensor is not None)
        shape = max((t.shape for t in inputs if t is not None), key=len) if shape is None else shape
        scale = first.quantization if type is None else None
        output = Tensor(f"{self.graph.name}_{len(self.graph.ops)}", shape, type or first.type, has_rank=True, quantization=scale)
        self.graph.ops.append(Op(code, inputs, [output], **options))
        return output

    def call(self, code: str, *inputs: Tensor, outputs: Sequence[Tensor], **graphs: Graph) -> list[Tensor]:
        """An op that calls graphs, with outputs such as these."""
        made = like(outputs, f"_{len(self.graph.ops)}")
        self.graph.ops.append(Op(code, inputs, made, **graphs))
        return made

    def gives(self, *outputs: Tensor) -> Graph:
        self.graph.outputs = list(outputs)
        return self.graph


def nonzero(maker: Maker, count: Tensor) -> Tensor:
    return maker.add("CAST", count, type="BOOL", in_data_type="INT32", out_data_type="BOOL")


def counted(variables: Sequence[Tensor], name: str = "cond") -> Graph:
    """A condition: the first variable, an INT32, is not 0."""
    maker = Maker(name, like(variables))
    return maker.gives(nonzero(maker, maker.graph.inputs[0]))


def body(variables: Sequence[Tensor], turn: Callable[..., Sequence[Tensor]], name: str = "body") -> Graph:
    """A body that counts the first variable down, and computes the next of the others: turn(maker, count, *others) -> others."""
    maker = Maker(name, like(variables))
    count, *others = maker.graph.inputs
    others = list(turn(maker, count, *others))
    return maker.gives(maker.add("SUB", count, constant(1, np.int32)), *others)


def loop(variables: Sequence[Tensor], turn: Callable[..., Sequence[Tensor]]) -> dict[str, Graph]:
    """The options of a WHILE that iterates as often as its first variable says."""
    return {"cond_subgraph_index": counted(variables), "body_subgraph_index": body(variables, turn)}


def branch(name: str, inputs: Sequence[Tensor], make: Callable[..., Sequence[Tensor]]) -> Graph:
    """A graph of some ops: make(maker, *inputs) -> outputs."""
    maker = Maker(name, like(inputs))
    return maker.gives(*make(maker, *maker.graph.inputs))


def model(graph: Graph) -> Model:
    """A model of a graph and all that it calls."""
    return Model(called_graphs(graph))
