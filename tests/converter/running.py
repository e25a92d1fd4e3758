"""Running converted models by LiteRT and by tinylite, and what TensorFlow returns for the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.conftest import assert_close
from tests.referee import Remote
from tinylite import Interpreter, ops
from tinylite.converter.call import Settings
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.errors import UnsupportedError
from tinylite.files.graphdef import GraphDef, read_graph_def
from tinylite.model import Model

__all__ = ["by_litert", "by_tinylite", "convert", "gives"]


def convert(graph: GraphDef | Any, inputs: Sequence[str], outputs: Sequence[str], **settings: Any) -> Model:
    """A GraphDef, or a message of it, as it comes out of a file."""
    graph = graph if isinstance(graph, GraphDef) else read_graph_def(graph)
    return Model.load(Conversion(graph, Arrays(list(inputs)), Arrays(list(outputs)), settings=Settings(**settings)).model.to_bytes())


def gives(model: Model, feeds: Sequence[np.ndarray], wanted: Sequence[np.ndarray], tolerance: float = 1e-5) -> None:
    """Fail unless LiteRT, and tinylite where it has all the operators as they are used here, return what is wanted."""
    assert_close(by_litert(model, feeds), list(wanted), tolerance)
    found = by_tinylite(model, feeds)
    if found is not None:
        assert_close(found, list(wanted), tolerance)


def by_litert(model: Model, feeds: Sequence[np.ndarray]) -> list[np.ndarray]:
    """What LiteRT's own kernels return, without XNNPACK."""
    from ai_edge_litert.interpreter import OpResolverType

    resolver = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    return _run(Remote(model_content=model.to_bytes(), experimental_op_resolver_type=resolver, num_threads=1), feeds)


def by_tinylite(model: Model, feeds: Sequence[np.ndarray]) -> list[np.ndarray] | None:
    """What tinylite returns, or None if it lacks one of the operators, or one as the model uses it."""
    if not {op.code for graph in model.graphs for op in graph.ops} <= set(ops.names()):
        return None
    try:
        return _run(Interpreter(model_content=model.to_bytes(), num_threads=1), feeds)
    except UnsupportedError:
        return None


def _run(interpreter: Any, feeds: Sequence[np.ndarray]) -> list[np.ndarray]:
    for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
        if tuple(details["shape"]) != value.shape:
            interpreter.resize_tensor_input(details["index"], value.shape)
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
