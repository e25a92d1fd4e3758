"""What has probably been changed, found by running an op in other ways until one computes what was found."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from ..arithmetic import ARITHMETICS, FAST
from ..errors import TinyliteError
from ..model import Op, Quantization
from ..ops import facts_of
from .findings import CaseDifference, Verdict
from .hints import mixed_up, parameter_hints, value_hints
from .running import tensors_of
from .segments import Segment
from .sources import OpSource, TinyliteSource
from .verdict import Judge

__all__ = ["diagnose"]

_LARGEST = 1 << 24  # elements of what an op is run on again and again


def diagnose(judge: Judge, first: CaseDifference, verdict: Verdict | None, values: Mapping[str, np.ndarray | int]) -> list[str]:
    """Sentences on what was found, the most certain first. `values` are all that the source has in that case."""
    place = judge.golden.keys.index(first.key)
    hints = _parameters(judge)
    kept = first.record.value
    if first.found is None or kept is None:
        return hints
    mixed = mixed_up(first.found, judge.golden, first.case, place)
    if mixed:
        return [*hints, mixed, *value_hints(first.found, kept, first.difference.tensor)[:1]]
    if verdict is not None and verdict.kind == "guilty":
        hints += _rerun(judge, verdict.op, first, values)
    return hints + value_hints(first.found, kept, first.difference.tensor)


def _parameters(judge: Judge) -> list[str]:
    if judge.file.sha256 == judge.golden.model_sha256:
        return []
    numbers = {id(tensor): index for index, tensor in enumerate(judge.graph.tensors)}
    now = {each.index: each for each, _ in tensors_of(judge.graph, numbers, True)}
    changed = parameter_hints(judge.golden.tensors, {place: now[index] for place, index in judge.places.items() if index in now})
    return ["the model is another than the golden's: if it was meant to change, record a new golden", *changed]


def _rerun(judge: Judge, op: int, first: CaseDifference, values: Mapping[str, np.ndarray | int]) -> list[str]:
    """The other ways to compute an op that return what was found."""
    part = judge.part(op)
    known = judge.known(first.case, values) if isinstance(judge.using, OpSource) else judge.own(first.case, values)
    if part is None or judge.arithmetic is None or not all(index in known for index in part.inputs):
        return []
    fed = [known[index] for index in part.inputs]
    if sum(value.size for value in fed) > _LARGEST or first.found is None:
        return []
    at = part.outputs.index(judge.places[judge.golden.keys.index(first.key)])
    for hint, run in _other_ways(judge, part, fed):
        try:
            result = run()[at]
        except TinyliteError:  # not proven for the op, or not a model that runs
            continue
        if _equal(result, first.found) and not _equal(result, first.record.value):
            if hint:
                return [hint]
            break  # as the model says: it is the model that has changed
    return _swapped(judge, part, fed, at, first)


_Run = Callable[[], list[np.ndarray]]


def _other_ways(judge: Judge, part: Segment, fed: list[np.ndarray]) -> Iterator[tuple[str, _Run]]:
    """Ways to run the op, each with what it says if it computes what was found; the first is its own, which says nothing."""
    yield "", partial(TinyliteSource(judge.file, judge.golden.arithmetic).op, part.model, 0, fed)
    yield from _arithmetics(judge, part, fed)
    if judge.file.sha256 == judge.golden.model_sha256:
        yield from _variants(judge, part, fed)


def _arithmetics(judge: Judge, part: Segment, fed: list[np.ndarray]) -> Iterator[tuple[str, _Run]]:
    for name, arithmetic in ARITHMETICS.items():
        if name not in (judge.golden.arithmetic, FAST.name):
            yield f"it equals the arithmetic {name!r}", partial(TinyliteSource(judge.file, arithmetic).op, part.model, 0, fed)


def _variants(judge: Judge, part: Segment, fed: list[np.ndarray]) -> Iterator[tuple[str, _Run]]:
    """The op as an implementation may get it wrong."""
    for hint, edit in _EDITS.items():
        made = part.model.copy()
        if edit(made.graph.ops[0]):
            yield hint, partial(TinyliteSource(judge.file, judge.golden.arithmetic).op, made, 0, fed)


def _without_bias(op: Op) -> bool:
    layer = facts_of(op).layer
    bias = op.inputs[layer.bias] if layer is not None and layer.bias < len(op.inputs) else None
    if bias is None:
        return False
    if bias.buffer is not None:
        bias.buffer = np.zeros_like(bias.buffer)
    return bias.is_constant


def _without_activation(op: Op) -> bool:
    if getattr(op.options, "fused_activation_function", "NONE") == "NONE":
        return False
    setattr(op.options, "fused_activation_function", "NONE")  # noqa: B010, a field of the schema's
    return True


def _zero_point_left_out(position: int, outputs: bool = False) -> Callable[[Op], bool]:
    def edit(op: Op) -> bool:
        ends: list[Any] = list(op.outputs if outputs else op.inputs)
        tensor = ends[position] if position < len(ends) else None
        params = tensor.quantization_params if tensor is not None else None
        if tensor is None or params is None or not params.zero_point.any():
            return False
        tensor.quantization = Quantization(params.scale, np.zeros_like(params.zero_point), params.quantized_dimension)
        return True

    return edit


_EDITS: dict[str, Callable[[Op], bool]] = {
    "it equals the op without its bias": _without_bias,
    "it equals the op without its activation": _without_activation,
    "it equals the op with the zero point of its first input taken as 0": _zero_point_left_out(0),
    "it equals the op with the zero point of its second input taken as 0": _zero_point_left_out(1),
    "it equals the op with the zero point of its output taken as 0": _zero_point_left_out(0, outputs=True),
}


def _swapped(judge: Judge, part: Segment, fed: list[np.ndarray], at: int, first: CaseDifference) -> list[str]:
    """Whether two inputs have been confused: by what was found, or by the model, with which they then make the golden again."""
    same = judge.file.sha256 == judge.golden.model_sha256
    wanted = first.found if same else first.record.value
    for a, b in itertools.combinations(range(len(fed)), 2):
        if fed[a].shape != fed[b].shape or fed[a].dtype != fed[b].dtype or np.array_equal(fed[a], fed[b]):
            continue
        made, moved = part.model.copy(), list(fed)
        ends = made.graph.inputs
        others = {id(ends[a]): ends[b], id(ends[b]): ends[a]}
        op = made.graph.ops[0]
        op.inputs = [others.get(id(tensor), tensor) for tensor in op.inputs]
        moved[a], moved[b] = fed[b], fed[a]
        for model, values in ((made, fed), (part.model, moved)):  # with their scales, or without
            try:
                result = TinyliteSource(judge.file, judge.golden.arithmetic).op(model, 0, values)[at]
            except TinyliteError:
                continue
            if _equal(result, wanted):
                return [f"its inputs {a} and {b} are swapped"]
    return []


def _equal(a: np.ndarray, b: np.ndarray | None) -> bool:
    return b is not None and a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
