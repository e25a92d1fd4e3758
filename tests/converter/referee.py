"""Small graphs of TensorFlow, converted by tinylite, and run by all three."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from tinylite.converter.conversion import Arrays, Conversion
from tinylite.converter.graphdef import read_graph_def
from tinylite.converter.translate import Settings
from tinylite.model import Graph, Model

from .running import gives

__all__ = ["Case", "check", "convert", "frozen"]


@dataclass
class Case:
    """What a graph computes from which values, and which of its inputs have an unknown first dimension when asked for.

    `folded` says that the op must become constants, `codes` the ops that it must become.
    """

    build: Callable[..., Any]
    feeds: list[np.ndarray] = field(default_factory=list)
    dynamic: Sequence[bool] | bool = True
    tolerance: float = 1e-5
    codes: str | None = None

    def __repr__(self) -> str:
        return f"Case({[f'{feed.dtype}{list(feed.shape)}' for feed in self.feeds]}, {self.dynamic})"


def frozen(case: Case, unknown: bool) -> tuple[Any, list[str], list[str]]:
    """The GraphDef of a case, and the names of its inputs and outputs."""
    dynamic = case.dynamic if isinstance(case.dynamic, Sequence) else [case.dynamic] * len(case.feeds)
    shapes = [
        (None, *feed.shape[1:]) if unknown and varies and feed.ndim else feed.shape
        for feed, varies in zip(case.feeds, dynamic, strict=True)
    ]  # fmt: skip
    specs = [tf.TensorSpec(shape, feed.dtype, f"x{index}") for index, (shape, feed) in enumerate(zip(shapes, case.feeds, strict=True))]
    graph = tf.Graph()
    with graph.as_default():
        inputs = [tf.compat.v1.placeholder(spec.dtype, spec.shape, spec.name) for spec in specs]
        made = tf.nest.flatten(case.build(*inputs))
        outputs = [tf.identity(tensor, f"y{index}") for index, tensor in enumerate(made)]
    return graph, [tensor.name for tensor in inputs], [tensor.name for tensor in outputs]


def convert(graph: Any, inputs: Sequence[str], outputs: Sequence[str], **settings: Any) -> Model:
    conversion = Conversion(
        read_graph_def(graph.as_graph_def()), Arrays(list(inputs)), Arrays(list(outputs)), settings=Settings(**settings)
    )  # fmt: skip
    return Model.load(conversion.model.to_bytes())


def check(case: Case, unknown: bool = False) -> Graph:
    """Convert a case, run it, compare with TensorFlow; gives the converted graph."""
    graph, inputs, outputs = frozen(case, unknown)
    with tf.compat.v1.Session(graph=graph) as session:
        wanted = [np.asarray(value) for value in session.run(outputs, dict(zip(inputs, case.feeds, strict=True)))]
    model = convert(graph, inputs, outputs)
    for tensor, value in zip(model.graph.outputs, wanted, strict=True):
        told = tensor.shape_signature or tensor.shape
        assert len(told) == value.ndim, f"the file says {told}, it is {value.shape}"
        assert all(a in (-1, b) for a, b in zip(told, value.shape, strict=True)), f"the file says {told}, it is {value.shape}"
    codes = " ".join(op.name for op in model.graph.ops)
    if not unknown and case.codes is not None:
        assert codes == case.codes
    gives(model, case.feeds, wanted, case.tolerance)
    return model.graph
