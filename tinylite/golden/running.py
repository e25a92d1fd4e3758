"""A graph of a model, run case after case: each begins with fresh variables, and every tensor can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .. import ops
from ..arithmetic import Arithmetic
from ..errors import TensorError, UnsupportedError, nearest, quoted
from ..interpreter import Interpreter
from ..model import Graph, Model, Op, Tensor
from ..ops.common.random import Random
from .golden import GoldenTensor, tensor_keys

__all__ = ["GraphRun", "random_ops", "tensors_of"]


class GraphRun:
    """A graph of a model that runs cases: the one of this number. With `layers` what lies between inputs and outputs is kept.

    `given` is what an Interpreter takes. Raises what an Interpreter raises.
    """

    def __init__(self, given: Any, graph: int, arithmetic: Arithmetic | str, layers: bool) -> None:
        self._given, self.number, self.arithmetic, self.layers = given, graph, arithmetic, layers
        self._ran = False
        self._start()
        self._draws = bool(random_ops(self._interpreter.model))

    def _start(self) -> None:
        self._interpreter = Interpreter(self._given, experimental_preserve_all_tensors=self.layers, arithmetic=self.arithmetic)
        self.runner = self._interpreter.get_graph_runner(self.number)
        self._tensors: dict[bool, list[tuple[GoldenTensor, Tensor]]] = {}

    @property
    def graph(self) -> Graph:
        return self.runner.graph

    def details(self) -> list[dict[str, Any]]:
        """The details of each input."""
        return [self.runner.details(tensor) for tensor in self.graph.inputs]

    def run(self, inputs: Sequence[np.ndarray]) -> None:
        """Run on these inputs, in their order and with their shapes, as a new interpreter would."""
        if self._ran and (self._draws or self.runner.runtime.state.variables):
            self._start()  # resource variables, and where random numbers go on, outlast a run
        runner, self._ran = self.runner, True
        if len(inputs) != len(self.graph.inputs):
            raise TensorError(f"the model has {len(self.graph.inputs)} inputs, and {len(inputs)} are given", "Give one array for each")
        for tensor, value in zip(self.graph.inputs, inputs, strict=True):
            if np.shape(value) != runner.shape(tensor):
                runner.resize(runner.index_of(tensor), np.shape(value))
        runner.allocate()
        with runner.runtime.turn:
            runner.reset_variables()
        for tensor, value in zip(self.graph.inputs, inputs, strict=True):
            runner.set(runner.index_of(tensor), value)
        runner.invoke()

    def view(self, tensor: Tensor) -> np.ndarray | None:
        """What a tensor holds after a run, until the next; None if the run has not reached it."""
        try:
            return self.runner.view(self.runner.index_of(tensor))
        except TensorError:
            return None

    def values(self, layers: bool) -> dict[str, np.ndarray]:
        """What all inputs, outputs and with `layers` what lies between hold after a run, by the keys that a golden has for them."""
        found = [(each.name, each.index, view) for each, tensor in self.tensors(layers) if (view := self.view(tensor)) is not None]
        keys = tensor_keys([(name, index) for name, index, _ in found])
        return {key: view for key, (_, _, view) in zip(keys, found, strict=True)}

    def tensors(self, layers: bool) -> list[tuple[GoldenTensor, Tensor]]:
        """See `tensors_of`."""
        if layers not in self._tensors:
            numbers = {id(tensor): number for number, tensor in enumerate(self.graph.tensors)}
            self._tensors[layers] = tensors_of(self.graph, numbers, layers)
        return self._tensors[layers]

    def position(self, name: Any) -> int:
        """The input that a name, of a tensor or in a signature, or a number says. Raises TensorError, with the nearest names."""
        inputs = self.graph.inputs
        if isinstance(name, (int, np.integer)) and not isinstance(name, bool) and 0 <= name < len(inputs):
            return int(name)
        keys = tensor_keys([(tensor.name or "", self.runner.index_of(tensor)) for tensor in inputs])
        for each, tensor in (*zip(keys, inputs, strict=True), *self._in_signatures()):
            if each == name:
                return next(position for position, item in enumerate(inputs) if item is tensor)
        raise TensorError(f"the model has no input {quoted(name)}", nearest(name, keys) or f"There are: {', '.join(map(repr, keys))}")

    def _in_signatures(self) -> list[tuple[str, Tensor]]:
        """What signatures of this graph call its inputs."""
        signatures = [signature for signature in self._interpreter.model.signatures if signature.graph is self.graph]
        return [each for signature in signatures for each in signature.inputs.items()]

    def shape(self, shapes: Mapping[Any, Sequence[int]]) -> None:
        """Give inputs other shapes."""
        for name, shape in shapes.items():
            self.runner.resize(self.runner.index_of(self.graph.inputs[self.position(name)]), shape)


def _holds_values(tensor: Tensor) -> bool:
    """Whether a tensor holds numbers or text, and not a handle."""
    return tensor.is_numeric or tensor.type == "STRING"


def tensors_of(graph: Graph, numbers: Mapping[int, int], layers: bool) -> list[tuple[GoldenTensor, Tensor]]:
    """What a golden of a graph holds: inputs, outputs, and with `layers` all others that ops compute. `numbers` are indices by id."""
    producers = {id(output): (index, op.name) for index, op in enumerate(graph.ops) for output in op.outputs}
    ends = {id(tensor) for tensor in (*graph.inputs, *graph.outputs)}
    inner = [output for op in graph.ops for output in op.outputs if not (id(output) in ends or output.is_constant or output.is_variable)]
    found = []
    for role, tensors in (("input", graph.inputs), ("output", graph.outputs), ("layer", inner if layers else [])):
        for tensor in tensors:
            if _holds_values(tensor):
                found.append((GoldenTensor.of(tensor, numbers[id(tensor)], role, *producers.get(id(tensor), ())), tensor))
    return found


def random_ops(model: Model) -> list[tuple[str, bool]]:
    """The ops that draw random numbers, as "op 3 RANDOM_UNIFORM", and whether their seeds say which."""
    found = []
    for number, graph in enumerate(model.graphs):
        for index, op in enumerate(graph.ops):
            if _is_random(op):
                name = f"op {index} {op.name}{f' of graph {number}' if number else ''}"
                found.append((name, bool(getattr(op.options, "seed", 0) or getattr(op.options, "seed2", 0))))
    return found


def _is_random(op: Op) -> bool:
    try:
        return isinstance(ops.find(op.code), Random)
    except UnsupportedError:  # planning says so
        return False
