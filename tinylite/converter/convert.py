"""One conversion: a TensorFlow graph of any kind to a Model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..errors import ConvertError
from ..model import Model, Tensor
from ..passes.optimize import optimize
from .graphdef import GraphDef
from .shapes import Signature, computed
from .tf_graph import tf_graph
from .translate import Problem, Settings, Translator

__all__ = ["convert_graph_def"]


def convert_graph_def(
    graph_def: GraphDef, inputs: Sequence[str], outputs: Sequence[str], shapes: Mapping[str, Signature] | None = None,
    settings: Settings | None = None,
) -> Model:  # fmt: skip
    """A Model that computes `outputs` from `inputs`, which are tensors' names; `shapes` gives or overrides the inputs' shapes."""
    source = tf_graph(graph_def, inputs, outputs)
    translator = Translator(graph_def.functions, settings)
    graph = translator.graph(
        source, [_input(name, edge.node.attributes, shapes or {}) for name, edge in zip(inputs, source.inputs, strict=True)]
    )
    if translator.problems:
        raise ConvertError(_all_problems(translator.problems))
    for each in translator.graphs:
        optimize(each)
    del graph
    return Model(translator.graphs, description="tinylite")


def _input(name: str, attributes: Mapping[str, Any], shapes: Mapping[str, Signature]) -> Tensor:
    return computed(name, attributes.get("dtype", "FLOAT32"), shapes.get(name, attributes.get("shape")))


def _all_problems(problems: Sequence[Problem]) -> str:
    return "\n".join(f"  {problem.node} ({problem.op}): {problem.why}" for problem in problems)
