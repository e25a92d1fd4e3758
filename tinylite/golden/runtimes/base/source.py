"""A runtime as a source of values for a golden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ....errors import InvokeError, TensorError
from ....model import Model, called_graphs
from ....model.cut import cut_ops, read_tensors
from ...golden import Golden, tensor_keys
from ...model_file import ModelFile
from ...running import tensors_of
from .. import load
from .process import TIMEOUT, RuntimeProcess

__all__ = ["RuntimeSource"]


class RuntimeSource:
    """Values that another runtime computes, by its name, in a process of its own; each case with fresh variables.

    Raises MissingPackageError without the runtime's package, and InvokeError, when it runs, for what it refuses and where it crashes or
    takes longer than `timeout` seconds.
    """

    def __init__(self, name: str, model: Any, timeout: float = TIMEOUT) -> None:
        runtime = load(name)
        self.runtime, self.name = name, f"{runtime.about}, {runtime.package} {runtime.version()}"
        self._model = ModelFile.of(model)
        self._process = RuntimeProcess(timeout)
        self._prepared: _Prepared | None = None

    def values(self, golden: Golden, case: int) -> Mapping[str, np.ndarray | int]:
        """Inputs, outputs and, of a golden with layers, what the runtime keeps of those."""
        prepared = self._prepared
        if prepared is None or (prepared.graph, prepared.layers) != (golden.graph, golden.layers):
            prepared = self._prepared = _Prepared.of(self._model.model, golden.graph, golden.layers)
        inputs = golden.inputs(case)
        outputs, kept = self._process.run(self.runtime, prepared.content, inputs, list(prepared.inner))
        if len(outputs) != len(prepared.outputs):
            raise InvokeError(f"{self.name} has {len(outputs)} outputs, and the model {len(prepared.outputs)}", "Report it to its authors")
        ends = [*zip(prepared.inputs, inputs, strict=False), *zip(prepared.outputs, outputs, strict=True)]
        return {**{prepared.inner[index]: value for index, value in kept.items()}, **{key: value for key, value in ends if key is not None}}

    def op(self, model: Model, op_index: int, inputs: Sequence[np.ndarray]) -> list[np.ndarray] | None:
        """The outputs of an op alone; None where the runtime does not run it so."""
        ops = model.graph.ops
        if op_index >= len(ops):
            raise TensorError(f"the model has no op {op_index}: it has {len(ops)}")
        if len(ops) > 1:
            model = cut_ops(model, 0, [op_index], read_tensors(ops[op_index]), ops[op_index].outputs)
        try:
            outputs, _ = self._process.run(self.runtime, model.to_bytes(), list(inputs), [])
        except InvokeError:
            return None
        return outputs

    def close(self) -> None:
        """End the process."""
        self._process.close()


@dataclass(frozen=True)
class _Prepared:
    """A graph of a model as a model, and what a golden of it calls its tensors: inputs, outputs, and by their indices the rest."""

    graph: int
    layers: bool
    content: bytes
    inputs: list[str | None]
    outputs: list[str | None]
    inner: dict[int, str]

    @classmethod
    def of(cls, model: Model, number: int, layers: bool) -> _Prepared:
        if not 0 <= number < len(model.graphs):
            raise TensorError(
                f"the golden is of graph {number}, and the model has {len(model.graphs)}", "Give the model that it was recorded of"
            )
        if number:
            model = model.copy()
            model.graphs, model.signatures = called_graphs(model.graphs[number]), []
        content = model.to_bytes()
        graph = Model.load(content).graph
        numbers = {id(tensor): index for index, tensor in enumerate(graph.tensors)}
        found = tensors_of(graph, numbers, layers)
        keys = tensor_keys([(each.name, each.index) for each, _ in found])
        named = {id(tensor): key for key, (_, tensor) in zip(keys, found, strict=True)}
        inner = {each.index: key for key, (each, _) in zip(keys, found, strict=True) if each.role == "layer"}
        return cls(
            number, layers, content, [named.get(id(each)) for each in graph.inputs], [named.get(id(each)) for each in graph.outputs], inner
        )
