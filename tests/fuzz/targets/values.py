"""Sound models, hostile values: every operator's cases with their constants made inputs, fed with what nobody meant.

Indices, shapes, axes, counts and paddings are constants in most cases; as inputs they are only known when the model runs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from tests.cases import Case, T
from tinylite.interpreter import Interpreter
from tinylite.tensor_types import tensor_dtype

from ..campaign import TALLY
from ..guards import copied, mode
from ..models import all_cases
from ..trial import BOTH, outcome_of, same

SHARE = 3  # of a campaign's time, where other targets have 1

_TURNS = 6  # invokes of one model, between two with the case's own values
_SMALL = 32  # elements of a constant that is more likely numbers of places than weights
_STATE = {"VAR_HANDLE", "ASSIGN_VARIABLE", "READ_VARIABLE", "CALL_ONCE", "RANDOM_UNIFORM", "RANDOM_STANDARD_NORMAL", "MULTINOMIAL"}

_INTEGERS = [0, 1, 2, 3, 4, 5, 7, 8, 100, 255, 256, 65_535, 65_536, 1 << 20, 1 << 30, (1 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32,
             (1 << 62) + 1, (1 << 63) - 1]  # fmt: skip
_FLOATS = [0.0, -0.0, 0.5, 1.0, -1.0, 1e-45, 1e-30, 1e30, 3e38, np.inf, -np.inf, np.nan, 2.0**31, -(2.0**31), 2.0**63, 1e9]


def prepare() -> list[Case]:
    return [case for case, _ in all_cases()]


def attack(seeds: list[Case], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    case = _opened(seeds[rng.integers(len(seeds))], rng)
    content = case.model().to_bytes()
    feeds = [case_values(t, rng) for t in case.inputs if t is not None and t.data is None and not t.variable]
    own = [value for value, _ in feeds]
    rows = [own, *[[hostile(value, rng) if rng.random() < share else value for value, share in feeds] for _ in range(_TURNS)], own]
    results = []
    for kind, threads in zip(BOTH, (1, 1 + number % 3), strict=True):
        said: list[str] = []
        found: list[np.ndarray] = []
        with mode(kind):
            _run(content, rows, threads, said, found, lasting=bool({op.code for op in case.model().graph.ops} & _STATE))
        results.append((said, found))
    same(*results)
    said = results[0][0]
    return (said[-2] if len(said) > 1 else said[0]), len(content)


def _opened(case: Case, rng: np.random.Generator) -> Case:
    """The case with some of its constants as inputs that have the constants' values."""
    share = rng.choice([0.0, 0.5, 1.0])

    def opened(given: T | None) -> T | None:
        if given is None or given.data is None or given.scale is not None:
            return given
        small = np.size(given.data) <= _SMALL
        return replace(given, data=_Once(given.data)) if rng.random() < (share if small else 0.1 * share) else given

    inputs = [opened(given) for given in case.inputs]
    return replace(case, inputs=[_as_input(given) for given in inputs])


class _Once:
    """The values that a constant had, before it became an input."""

    def __init__(self, values: Any) -> None:
        self.values = values


class _Input(T):
    """An input with its own values."""

    own: Any = None


def _as_input(given: T | None) -> T | None:
    if given is None or not isinstance(given.data, _Once):
        return given
    made = _Input(given.shape, given.type, variable=given.variable)
    made.own = given.data.values
    return made


def case_values(given: T, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Good values for an input, and how often it is fed bad ones."""
    if isinstance(given, _Input):
        return np.asarray(given.own, tensor_dtype(given.type)).reshape(given.shape), 0.8
    return given.values(rng), 0.5


def hostile(value: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Some or all elements of an array made what nobody meant."""
    made = np.array(value)
    if made.dtype.kind == "b":
        return rng.choice(np.array([0, 1, 2, 127, 128, 255], np.uint8), made.shape).view(bool)
    flat = made.reshape(-1)
    where = rng.random(flat.size) < rng.choice([0.1, 0.5, 1.0])
    if flat.size and not where.any():
        where[rng.integers(flat.size)] = True
    with np.errstate(all="ignore"):
        if made.dtype.kind in "fc":
            chosen = rng.choice(_FLOATS, flat.size).astype(made.dtype)
        else:
            chosen = (rng.choice(np.array(_INTEGERS, np.uint64), flat.size).view(np.int64) * rng.choice([1, -1], flat.size)).astype(
                made.dtype
            )
            near = flat + rng.integers(-2, 3, flat.size).astype(made.dtype)
            chosen = np.where(rng.random(flat.size) < 0.4, near, chosen)
    flat[where] = chosen[where]
    return made


def _run(content: bytes, rows: list[list[np.ndarray]], threads: int, said: list[str], found: list[np.ndarray], lasting: bool) -> None:
    """Invoke with each row of values. After the bad ones the good ones must have the results that they had before."""
    made: list[Interpreter] = []

    def allocate() -> None:
        made.append(Interpreter(model_content=copied(content), num_threads=threads))  # type: ignore[arg-type]
        made[0].allocate_tensors()

    said.append(outcome_of(allocate))
    if said[0] != "works":
        return
    ends: list[list[np.ndarray]] = []
    for row in rows:
        outputs: list[np.ndarray] = []
        said.append(outcome_of(lambda: _invoke(made[0], row, outputs)))  # noqa: B023
        ends.append(outputs)
        found += outputs
    if not (lasting or any(tensor.is_variable for tensor in made[0].model.graph.all_tensors())):
        same(([said[1]], ends[0]), ([said[-1]], ends[-1]))


def _invoke(interpreter: Interpreter, row: list[np.ndarray], outputs: list[np.ndarray]) -> None:
    for entry, value in zip(interpreter.get_input_details(), row, strict=True):
        interpreter.tensor(entry["index"])()[...] = value
    TALLY["invokes"] += 1
    TALLY["hostile invokes"] += 1
    interpreter.invoke()
    for entry in interpreter.get_output_details():
        outputs.append(interpreter.get_tensor(entry["index"]))
