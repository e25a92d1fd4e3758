"""`tinylite.diff`: what differs between two models."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..arithmetic import Arithmetic, find
from ..engine.checks import prepared_graph
from ..engine.planner import Planner
from ..engine.settings import Settings
from ..errors import SettingError, TinyliteError, quoted
from ..model import Graph, Model
from ..model.source import read_model
from .align import Alignment, align
from .file_records import file_changes
from .model_diff import ModelDiff
from .pairing import Pairing
from .records import Change, GraphDiff, ModelFacts, Results
from .references import References, shortened
from .results import Runs, problem_text
from .structure import graph_diff

__all__ = ["diff"]


def diff(
    a: str | os.PathLike[str] | bytes | Model,
    b: str | os.PathLike[str] | bytes | Model,
    inputs: Sequence[Any] | Mapping[str, Any] | None = None,
    *,
    seed: int = 0,
    arithmetic: Arithmetic | str | None = None,
    run: bool = True,
) -> ModelDiff:
    """What differs between two models: ops, options, types, shapes, scales, weights, signatures, metadata, memory; and, unless `run` is
    false, what they compute.

    `a` and `b` are paths, contents of files as bytes, or Models. Ops are recognized by names, constants and what is around them, so that
    one that was added does not make all that follow it others.

    Both models are run on the same real numbers: `inputs`, an array for each input of A in its order or by its name, as A or B stores it
    or real numbers; without them random ones, those of tinylite.random_inputs for the seed. Where one model is quantized and the other is
    not, they are drawn as the quantized one stores them. What both compute on the way is compared too, op by op, as real numbers where
    types or scales differ. `arithmetic` is that of both, as of an Interpreter. A model that cannot be run, or that takes other inputs, is
    compared all the same; `results` then say why there are none.

    Raises FileError for what is not a .tflite file or is damaged, TensorError for inputs that do not fit A, and SettingError.
    """
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise SettingError(f"the seed is {quoted(seed)}", "Give a whole number from 0 on")
    chosen = None if arithmetic is None else find(arithmetic)
    models = read_model(a), read_model(b)
    compared = [_Compared(*models, first, second, found) for first, second, found in _pairs(*models)]
    runs = Runs(*models, chosen) if run else None
    changes = file_changes(*models, [(each.pairing, each.a, each.b) for each in compared])
    return ModelDiff(
        _facts(models[0], a),
        _facts(models[1], b),
        graphs=tuple(each.diff for each in compared),
        graphs_removed=tuple(_alone(models[0], {each.a for each in compared}, 0)),
        graphs_added=tuple(_alone(models[1], {each.b for each in compared}, 1)),
        signatures=changes["signatures"],
        metadata=changes["metadata"],
        files=changes["files"],
        records=changes["records"],
        results=() if runs is None else tuple(_results(runs, compared, models, inputs, seed)),
    )


class _Compared:
    """Two graphs that correspond to each other."""

    def __init__(self, a: Model, b: Model, first: int, second: int, found: Alignment) -> None:
        self.a, self.b, self.found = first, second, found
        self.pairing = Pairing(found)
        self.references = References(a.graphs[first], first), References(b.graphs[second], second)
        self.diff: GraphDiff = graph_diff(found, self.pairing, *self.references)


def _pairs(a: Model, b: Model) -> Iterator[tuple[int, int, Alignment]]:
    """The graphs that correspond to each other: the first ones, those of signatures of a key, what aligned ops call, and others by name,
    then in their order."""
    numbers = [{id(graph): number for number, graph in enumerate(model.graphs)} for model in (a, b)]
    taken: tuple[set[int], set[int]] = (set(), set())
    waiting: list[tuple[Graph, Graph]] = []

    def follow() -> Iterator[tuple[int, int, Alignment]]:
        while waiting:
            graphs = waiting.pop(0)
            first, second = (side.get(id(graph), -1) for side, graph in zip(numbers, graphs, strict=True))
            if first < 0 or second < 0 or first in taken[0] or second in taken[1]:
                continue
            taken[0].add(first)
            taken[1].add(second)
            found = align(*graphs)
            for mine, theirs in found.pairs:
                waiting.extend(zip(found.a.ops[mine].graphs, found.b.ops[theirs].graphs, strict=False))
            yield first, second, found

    waiting += zip(a.graphs[:1], b.graphs[:1], strict=False)
    keys = {signature.key: signature.graph for signature in b.signatures}
    waiting += [(signature.graph, keys[signature.key]) for signature in a.signatures if signature.key in keys]
    yield from follow()
    names = {graph.name: graph for number, graph in enumerate(b.graphs) if number not in taken[1]}
    waiting += [(graph, names[graph.name]) for number, graph in enumerate(a.graphs) if number not in taken[0] and graph.name in names]
    yield from follow()
    rest = [[graph for number, graph in enumerate(model.graphs) if number not in side] for model, side in zip((a, b), taken, strict=True)]
    waiting += zip(*rest, strict=False)
    yield from follow()


def _alone(model: Model, paired: set[int], side: int) -> Iterator[Change]:
    for number, graph in enumerate(model.graphs):
        if number not in paired:
            shown = f"{shortened(graph.name)!r} of {len(graph.ops)} ops"
            yield Change(f"graph {number}", *((shown, None) if side == 0 else (None, shown)))


def _results(
    runs: Runs, compared: Sequence[_Compared], models: tuple[Model, Model], inputs: Any, seed: int
) -> Iterator[Results]:  # fmt: skip
    """The results of the first graphs and of those that have signatures: those that somebody runs. What was given is for the first."""
    run = {id(models[0].graphs[0])} | {id(signature.graph) for signature in models[0].signatures}
    for each in compared:
        if id(models[0].graphs[each.a]) in run:
            yield runs.results(each.found, each.pairing, *each.references, inputs if each.a == 0 else None, seed)


def _facts(model: Model, given: Any) -> ModelFacts:
    tensors = [tensor for graph in model.graphs for tensor in graph.all_tensors()]
    constants = {id(tensor.buffer): int(tensor.buffer.size) for tensor in tensors if tensor.buffer is not None}
    arena, problem = _arena(model.graphs[0]) if model.graphs else (None, "it has no graph")
    size = len(given) if isinstance(given, (bytes, bytearray, memoryview)) else _file_bytes(model.source)
    return ModelFacts(
        model.source or ("a Model" if isinstance(given, Model) else f"{size} bytes"),
        None if isinstance(given, Model) else size,
        sum(constants.values()),
        arena,
        problem,
        len(model.graphs),
        len(tensors),
        dict(sorted(Counter(shortened(op.name) for graph in model.graphs for op in graph.ops).items())),
    )


def _file_bytes(path: str | None) -> int | None:
    try:
        return os.path.getsize(path) if path else None
    except OSError:
        return None


def _arena(graph: Graph) -> tuple[int | None, str | None]:
    """The bytes of the arena that the graph would be planned with, or why it cannot be."""
    try:
        planner = Planner(prepared_graph(graph), {}, Settings())
        planner.run()
        planner.lay_out()
    except TinyliteError as error:
        return None, problem_text(error)
    return planner.arena_size, None
