"""Graphs while they are drawn: what tests of passes and of the quantizer share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tinylite.model import Graph, Op, Tensor

RNG = np.random.default_rng(7)
X = (1, 6, 6, 4)


@dataclass
class Draft:
    """A graph while it is drawn: every method adds an op and returns its output."""

    graph: Graph = field(default_factory=lambda: Graph("main"))

    def input(self, shape: Sequence[int] = X) -> Tensor:
        tensor = Tensor(f"x{len(self.graph.inputs)}", tuple(shape), has_rank=True)
        self.graph.inputs.append(tensor)
        return tensor

    def constant(self, values: Any, dtype: Any = np.float32) -> Tensor:
        values = np.asarray(values, dtype)
        tensor = Tensor("c", values.shape, {"float32": "FLOAT32", "int32": "INT32"}[values.dtype.name], has_rank=True)
        tensor.data = values
        return tensor

    def op(self, code: str, *inputs: Any, shape: Sequence[int] = X, custom_code: str | None = None, **options: Any) -> Tensor:
        given = [t if isinstance(t, Tensor) or t is None else self.constant(t) for t in inputs]
        output = Tensor(f"t{len(self.graph.ops)}", tuple(shape), has_rank=True)
        self.graph.ops.append(Op(code, given, [output], custom_code=custom_code, **options))
        return output

    def ints(self, *values: Any) -> Tensor:
        return self.constant(values, np.int32)

    def conv(self, x: Tensor, out: int = 4, size: int = 3, padding: str = "SAME", shape: Sequence[int] = X, bias: bool = True) -> Tensor:
        weights = self.constant(RNG.normal(0, 0.5, (out, size, size, 4)))
        return self.op("CONV_2D", x, weights, np.zeros(out) if bias else None, shape=shape, padding=padding, stride_h=1, stride_w=1)

    def done(self, *outputs: Tensor) -> Graph:
        self.graph.outputs = list(outputs)
        return self.graph
