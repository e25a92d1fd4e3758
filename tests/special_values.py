"""Cells of the sweep of special values: an operator's case, one of its inputs, a value, and where it is planted.

LiteRT judges in a separate process, so that it may end without ending the tests.
"""

from __future__ import annotations

import multiprocessing
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tinylite import Interpreter, OpResolverType

from .cases import Case, T
from .conftest import feed_and_run, litert_interpreter

FLOATS = {
    "nan": np.nan, "inf": np.inf, "-inf": -np.inf, "-0": -0.0, "denormal": 1e-41, "-denormal": -1e-41, "huge": 3e38, "-huge": -3e38,
}  # fmt: skip
_FLOAT_TYPES = ("FLOAT16", "FLOAT32", "FLOAT64", "COMPLEX64", "COMPLEX128")
_INTEGER_TYPES = ("INT8", "UINT8", "INT16", "INT32", "INT64")
# Integers that are places, sizes or seeds: extremes of them are errors, not numbers.
_PLACES = {
    "BROADCAST_ARGS", "CALL_ONCE", "DYNAMIC_UPDATE_SLICE", "EMBEDDING_LOOKUP", "FILL", "GATHER", "GATHER_ND", "IF", "MULTINOMIAL",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "ONE_HOT", "RANDOM_STANDARD_NORMAL", "RANDOM_UNIFORM", "RANGE",
    "REVERSE_SEQUENCE", "SCATTER_ND", "SEGMENT_SUM", "SLICE", "SPARSE_TO_DENSE", "UNSORTED_SEGMENT_MAX", "UNSORTED_SEGMENT_MIN",
    "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_SUM", "WHILE",
}  # fmt: skip


@dataclass
class Cell:
    """`value` is planted in one place of input `number`, or in all (`everywhere`)."""

    case: Case
    number: int
    value: str
    everywhere: bool
    content: bytes
    feeds: list[np.ndarray]

    def __str__(self) -> str:
        return f"{self.case.name}, input {self.number} with {self.value} {'everywhere' if self.everywhere else 'in one place'}"

    @property
    def finite(self) -> bool:
        return self.value not in ("nan", "inf", "-inf")

    @property
    def overflows(self) -> bool:
        return self.value in ("huge", "-huge")

    @property
    def hybrid(self) -> bool:
        """Whether floats are multiplied by 8-bit weights."""
        types = {t.type for t in self.case.inputs if t is not None}
        return "FLOAT32" in types and bool(types & {"INT8", "UINT8"}) and self.case.outputs[0].type == "FLOAT32"


def size(t: T | None) -> int:
    return int(np.prod(t.shape)) if t is not None else 0


def smallest(cases: Sequence[Case], types: Sequence[str]) -> list[Case]:
    """Of the cases with an input of these types, the smallest of each kind: types, constants and options that are not numbers."""
    kinds: dict[Any, list[Case]] = defaultdict(list)
    for case in cases:
        if any(t is not None and t.type in types and size(t) and not t.variable for t in case.inputs):
            options = tuple(sorted((name, str(value)) for name, value in case.options.items() if isinstance(value, (str, bool))))
            inputs = tuple(None if t is None else (t.type, t.data is not None) for t in case.inputs)
            kinds[inputs, tuple(t.type for t in case.outputs), options, case.ops is not None].append(case)
    return [min(found, key=lambda case: (size(case.inputs[0]) < 4, sum(map(size, case.inputs)))) for found in kinds.values()]


def _planted(x: np.ndarray, value: Any, everywhere: bool) -> np.ndarray:
    planted = np.array(x).reshape(-1)
    with np.errstate(all="ignore"):
        planted[slice(None) if everywhere else slice(planted.size // 2, planted.size // 2 + 1)] = value
    return planted.reshape(np.shape(x))


def float_cells(case: Case) -> Iterator[Cell]:
    """Every special value in each input of floats, constant or not."""
    content, feeds = case.model().to_bytes(), case.feeds()
    fed = [number for number, t in enumerate(case.inputs) if t is not None and t.data is None and not t.variable]
    for number, t in enumerate(case.inputs):
        if t is None or t.type not in _FLOAT_TYPES or not size(t) or t.variable:
            continue
        for name, value in FLOATS.items():
            for everywhere in (False, True)[size(t) == 1 :]:
                if number not in fed and name not in ("nan", "inf", "huge"):
                    continue
                if number in fed:
                    place = fed.index(number)
                    given = [_planted(x, value, everywhere) if index == place else x for index, x in enumerate(feeds)]
                    yield Cell(case, number, name, everywhere, content, given)
                else:
                    inputs = list(case.inputs)
                    inputs[number] = replace(t, data=_planted(np.asarray(t.data, np.float64), value, everywhere))
                    yield Cell(case, number, name, everywhere, replace(case, inputs=inputs).model().to_bytes(), feeds)


def integer_cells(case: Case) -> Iterator[Cell]:
    """The least and the largest integer of its type in each input that a run is given, and all of them at an end."""
    if case.code in _PLACES:
        return
    content, feeds = case.model().to_bytes(), case.feeds()
    for number, x in enumerate(feeds):
        if x.dtype.kind in "iu" and x.size:
            for name in ("min", "max"):
                for everywhere in (False, True):
                    planted = _planted(x, getattr(np.iinfo(x.dtype), name), everywhere)
                    yield Cell(case, number, name, everywhere, content, [*feeds[:number], planted, *feeds[number + 1 :]])
    if len(feeds) > 1 and all(x.dtype.kind in "iu" for x in feeds):
        for name in ("min", "max"):
            yield Cell(case, 0, name, True, content, [_planted(x, getattr(np.iinfo(x.dtype), name), True) for x in feeds])


Found = list[np.ndarray] | str  # outputs, or what went wrong
Run = tuple[bytes, list[np.ndarray], str, int]  # a model, its inputs, LiteRT's resolver, and how often it runs


def outcomes(runs: Sequence[Run], ready: Callable[[bytes, str], Any]) -> list[Found]:
    """What each run returns. Neighbours of one model share an interpreter, unless its values may outlive a run."""
    found: list[Found] = []
    interpreter, loaded = None, b""
    for content, feeds, resolver, count in runs:
        try:
            if interpreter is None or content is not loaded or count > 1:
                interpreter, loaded = ready(content, resolver), content
            interpreter.reset_all_variables()
            found.append(feed_and_run(interpreter, feeds, count))
        except (RuntimeError, ValueError) as error:  # TinyliteErrors are both or either
            found.append(str(error))
            interpreter = None
    return found


def _runs(cells: Sequence[Cell]) -> list[Run]:
    return [(cell.content, cell.feeds, cell.case.reference, cell.case.runs) for cell in cells]


def ours(cells: Sequence[Cell], exact: bool) -> list[Found]:
    kind = OpResolverType.BUILTIN_REF if exact else OpResolverType.AUTO

    def ready(content: bytes, resolver: str) -> Interpreter:
        interpreter = Interpreter(model_content=content, experimental_op_resolver_type=kind)
        interpreter.allocate_tensors()
        return interpreter

    return outcomes(_runs(cells), ready)


def _theirs(runs: list[Run]) -> list[Found]:
    return outcomes(runs, litert_interpreter)


class Referee:
    """LiteRT in another process. A cell that ends it fails the test: leave it out by a rule that does not say how it is done."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))

    def __call__(self, cells: Sequence[Cell]) -> list[Found]:
        return self.pool.submit(_theirs, _runs(cells)).result(timeout=600)


def differences(found: np.ndarray, wanted: np.ndarray, tolerance: float) -> np.ndarray:
    """Where two outputs differ: floats by more than `tolerance` of the largest, in NaN, infinity or a zero's sign; integers at all."""
    if found.dtype.kind == "c":
        found, wanted = (np.stack([x.real, x.imag], axis=-1) for x in (found, wanted))
    if found.dtype.kind != "f":
        return np.asarray(found != wanted)
    found, wanted = found.astype(np.float64), wanted.astype(np.float64)
    bound = tolerance * np.abs(wanted[np.isfinite(wanted)]).max(initial=0.0)
    with np.errstate(all="ignore"):
        near = (np.abs(found - wanted) <= bound) | (found == wanted) | (np.isnan(found) & np.isnan(wanted))
    signs = (found == 0) & (wanted == 0) & (np.signbit(found) != np.signbit(wanted))
    return ~near | signs
