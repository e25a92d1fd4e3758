"""One model, many arithmetics: where their results part."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arithmetic import ARITHMETICS, FAST, find
from ..errors import SettingError, UnprovenError
from ..inputs.random_values import random_inputs
from ..model import Graph, Model, Tensor
from ..model.source import model_from
from .compare import Difference, compare_arrays
from .golden import GoldenTensor
from .running import GraphRun

__all__ = ["ArithmeticMatrix", "Pair", "compare_arithmetics"]


@dataclass(frozen=True)
class Pair:
    """Two arithmetics on the same inputs.

    op     the number of the first op whose outputs differ, or None; `code` and `tensor` are its operator and its output
    share  of the values of the model's outputs that differ, 0 to 1
    steps  the largest difference of the model's outputs, in stored steps; `real` in real numbers
    """

    first: str
    second: str
    op: int | None
    code: str | None
    tensor: str | None
    share: float
    steps: int
    real: float


@dataclass(frozen=True)
class ArithmeticMatrix:
    """What arithmetics make of a model: all pairs of those that run it, and why the others do not."""

    arithmetics: tuple[str, ...]
    pairs: tuple[Pair, ...]
    refused: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        pairs = [pair.__dict__ for pair in self.pairs]
        return {"arithmetics": list(self.arithmetics), "pairs": pairs, "refused": self.refused}


def compare_arithmetics(
    model: Any, inputs: Sequence[np.ndarray] | None = None, *, seed: int = 0, arithmetics: Iterable[str] | None = None
) -> ArithmeticMatrix:
    """Run the first graph of a model in each arithmetic, on the same inputs, and say of each pair where they part and by how much.

    `model` is a path, the content of a file, or a Model; `inputs` has an array for each input, and without it they are random_inputs by
    `seed`. `arithmetics` are names; without them all but "fast", whose integers are those of "litert-reference". An arithmetic that
    is not proven for an op of the model is in `refused`. Raises what running the model raises, and SettingError for unknown names and
    fewer than two of them.
    """
    names = list(dict.fromkeys(find(name).name for name in ([*ARITHMETICS] if arithmetics is None else arithmetics)))
    if arithmetics is None:
        names.remove(FAST.name)
    if len(names) < 2:
        raise SettingError(f"there is nothing to compare {', '.join(names) or 'no arithmetic'} with", "Name two arithmetics or more")
    loaded = model_from(model, None)
    feeds = list(inputs) if inputs is not None else random_inputs(GraphRun(loaded, 0, FAST, layers=False).details(), seed)
    values: dict[str, dict[int, np.ndarray]] = {}
    refused: dict[str, str] = {}
    for name in names:
        try:
            values[name] = _values(loaded, feeds, name)
        except UnprovenError as error:
            refused[name] = ": ".join([*error.places[:1], error.problem.split(";")[0]])
    pairs = tuple(_pair(loaded.graphs[0], one, other, values) for one, other in itertools.combinations(values, 2))
    return ArithmeticMatrix(tuple(values), pairs, refused)


def _values(model: Model, feeds: Sequence[np.ndarray], arithmetic: str) -> dict[int, np.ndarray]:
    """What each op of the first graph computes, by the tensor's number."""
    run = GraphRun(model, 0, arithmetic, layers=True)
    run.run(feeds)
    found = ((each, run.view(tensor)) for each, tensor in run.tensors(layers=True) if each.op is not None)
    return {each.index: view.copy() for each, view in found if view is not None}


def _pair(graph: Graph, one: str, other: str, values: dict[str, dict[int, np.ndarray]]) -> Pair:
    numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}

    def difference(tensor: Tensor) -> Difference | None:
        number = numbers[id(tensor)]
        if number not in values[one]:
            return None
        return compare_arrays(values[other][number], values[one][number], GoldenTensor.of(tensor, number))

    found = [difference(tensor) for tensor in graph.outputs]
    known = [each for each in found if each is not None]
    size = sum(each.size for each in known)
    share = sum(each.count for each in known) / size if size else 0.0
    largest, real = (max((getattr(each, name) for each in known), default=0) for name in ("steps", "real"))
    for number, op in enumerate(graph.ops):
        for tensor in op.outputs:
            if (here := difference(tensor)) is not None and (here.count or here.problem):
                return Pair(one, other, number, op.name, tensor.name, share, largest, real)
    return Pair(one, other, None, None, None, share, largest, real)
