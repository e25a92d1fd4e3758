"""Small graphs of TensorFlow, converted by tinylite, and run by all three."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from tests.conftest import assert_close
from tinylite.converter.call import Settings
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.files.graphdef import read_graph_def
from tinylite.model import Graph, Model

from .running import gives

__all__ = ["Case", "check", "check_folded", "convert", "expected", "frozen"]


@dataclass
class Case:
    """What a graph computes from which values.

    `dynamic` says which dimensions of the inputs are unknown in the second version of the graph: of each input whether its
    first one is, or the axes. `codes` are the ops that the first version must become, if that matters.
    """

    build: Callable[..., Any]
    feeds: list[np.ndarray] = field(default_factory=list)
    dynamic: Sequence[bool | tuple[int, ...]] | bool = True
    tolerance: float = 1e-5
    codes: str | None = None

    def __repr__(self) -> str:
        return f"Case({[f'{feed.dtype}{list(feed.shape)}' for feed in self.feeds]}, {self.dynamic})"

    def shapes(self, unknown: bool) -> list[tuple[int | None, ...]]:
        """The shapes of the inputs, None where they are unknown."""
        told = self.dynamic if isinstance(self.dynamic, Sequence) else [self.dynamic] * len(self.feeds)
        axes = [((0,) if each else ()) if isinstance(each, bool) else each for each in told]
        return [
            tuple(None if unknown and axis in varying else size for axis, size in enumerate(feed.shape))
            for feed, varying in zip(self.feeds, axes, strict=True)
        ]


def frozen(case: Case, unknown: bool) -> tuple[Any, list[str], list[str]]:
    """The graph of a case, and the names of its inputs and outputs."""
    graph = tf.Graph()
    with graph.as_default():
        inputs = [
            tf.compat.v1.placeholder(feed.dtype, shape, f"x{index}")
            for index, (feed, shape) in enumerate(zip(case.feeds, case.shapes(unknown), strict=True))
        ]
        made = tf.nest.flatten(case.build(*inputs))
        outputs = [tf.identity(tensor, f"y{index}") for index, tensor in enumerate(made)]
    return graph, [tensor.name for tensor in inputs], [tensor.name for tensor in outputs]


def convert(graph: Any, inputs: Sequence[str], outputs: Sequence[str], **settings: Any) -> Model:
    conversion = Conversion(
        read_graph_def(graph.as_graph_def()), Arrays(list(inputs)), Arrays(list(outputs)), settings=Settings(**settings)
    )  # fmt: skip
    return Model.load(conversion.model.to_bytes())


def expected(graph: Any, inputs: Sequence[str], outputs: Sequence[str], feeds: Sequence[np.ndarray]) -> list[np.ndarray]:
    with tf.compat.v1.Session(graph=graph) as session:
        return [np.asarray(value) for value in session.run(list(outputs), dict(zip(inputs, feeds, strict=True)))]


def check(case: Case, unknown: bool = False) -> Graph:
    """Convert a case, run it, compare with TensorFlow; returns the converted graph."""
    graph, inputs, outputs = frozen(case, unknown)
    wanted = [_wide(value) for value in expected(graph, inputs, outputs, case.feeds)]
    model = convert(graph, inputs, outputs)
    for tensor, value in zip(model.graph.outputs, wanted, strict=True):
        told = tensor.shape_signature or tensor.shape
        fits = len(told) == value.ndim and all(a in (-1, b) for a, b in zip(told, value.shape, strict=True))
        assert fits, f"the file says {told}, it is {value.shape}"
    if not unknown and case.codes is not None:
        assert " ".join(op.name for op in model.graph.ops) == case.codes
    gives(model, [_wide(feed) for feed in case.feeds], wanted, case.tolerance)
    return model.graph


def _wide(value: np.ndarray) -> np.ndarray:
    """What a graph of 16-bit floats takes and returns, as the file has it."""
    return value.astype(np.float32) if value.dtype == np.float16 else value


def check_folded(case: Case) -> None:
    """Replace a case's inputs by constants: the graph must become constants, of TensorFlow's values."""
    graph = tf.Graph()
    with graph.as_default():
        made = tf.nest.flatten(case.build(*[tf.constant(feed) for feed in case.feeds]))
        outputs = [tf.identity(tensor, f"y{index}").name for index, tensor in enumerate(made)]
    wanted = [_wide(value) for value in expected(graph, [], outputs, [])]
    model = convert(graph, [], outputs)
    assert not model.graph.ops
    assert_close([tensor.data for tensor in model.graph.outputs], wanted, case.tolerance)
