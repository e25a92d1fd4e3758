"""Running converted models by LiteRT and by tinylite, and what TensorFlow gives for the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.conftest import assert_close
from tinylite import Interpreter, ops
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.converter.graphdef import GraphDef, read_graph_def
from tinylite.converter.translate import Settings
from tinylite.errors import UnsupportedError
from tinylite.model import Model

__all__ = ["convert", "gives"]


def convert(graph: GraphDef | Any, inputs: Sequence[str], outputs: Sequence[str], **settings: Any) -> Model:
    """A GraphDef, or a message of it, as it comes out of a file."""
    graph = graph if isinstance(graph, GraphDef) else read_graph_def(graph)
    return Model.load(Conversion(graph, Arrays(list(inputs)), Arrays(list(outputs)), settings=Settings(**settings)).model.to_bytes())


def gives(model: Model, feeds: Sequence[np.ndarray], wanted: Sequence[np.ndarray], tolerance: float = 1e-5) -> None:
    """Fail unless LiteRT, and tinylite where it has all the operators in these forms, give what is wanted."""
    from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

    content = model.to_bytes()
    reference = LiteRT(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES, num_threads=1
    )  # fmt: skip
    assert_close(_run(reference, feeds), list(wanted), tolerance)
    if {op.code for graph in model.graphs for op in graph.ops} <= set(ops.names()):
        try:
            found = _run(Interpreter(model_content=content, num_threads=1), feeds)
        except UnsupportedError:
            return  # a form of an operator that tinylite says it lacks
        assert_close(found, list(wanted), tolerance)


def _run(interpreter: Any, feeds: Sequence[np.ndarray]) -> list[np.ndarray]:
    for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
        if tuple(details["shape"]) != value.shape:
            interpreter.resize_tensor_input(details["index"], value.shape)
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
