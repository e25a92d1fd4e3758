"""What is done with the bytes of a model: load, describe, save, and run it twice in memory of different kinds.

The two runs differ in all that a result must not depend on: where memory lies and what it held, and the number of threads.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinylite import TinyliteError
from tinylite.interpreter import Interpreter
from tinylite.model import Model
from tinylite.report.describe import describe, tables

from .campaign import TALLY
from .guards import Edge, Mode, copied, mode
from .limits import MEMORY, PER_BYTE

__all__ = ["BOTH", "attempt", "outcome_of", "random_values", "same"]

BOTH = (Mode(Edge.END, 0xA5), Mode(Edge.START, 0x5A))
_PACKED = (Mode(Edge.END, 0xA5), Mode(Edge.START, 0x5A, shared=True))  # tensors that share an arena, as users have them
_HOSTILE_SIZES = [0, 1, 2, 3, 5, 7, 16, 33, 255, 65_536, (1 << 31) - 1]

Values = dict[str, np.ndarray]


def outcome_of(action: Callable[[], object]) -> str:
    """ "works", or tinylite's error; other exceptions pass."""
    try:
        action()
    except TinyliteError as error:
        return f"{type(error).__name__}: {error}"
    return "works"


def attempt(content: bytes, number: int, sound: bool = False) -> tuple[str, int]:
    """All that can be done with a model; returns what became of the run, and the bytes of the model.

    One of the runs of a `sound` model keeps all tensors, so that nothing is fused, and must have the same results. Damaged ones
    may have ops that nobody needs, which fail only where they are kept.
    """
    if number % 2:
        outcome = _look(content, number)
        if outcome != "works":
            return outcome, len(content)
    keeps = (False, True) if sound else (number % 3 == 1,) * 2
    threads, resize = (1, 1 + number % 3), number % 7 == 0
    results = []
    for kind, count, keep in zip(_PACKED if number % 4 == 1 else BOTH, threads, keeps, strict=True):
        found: list[np.ndarray] = []
        with mode(kind):
            said = _run(content, np.random.default_rng(number), count, keep, resize, found)
        results.append((said, found))
        if said[-1].startswith(("CorruptFileError", "NotATfliteFileError")):
            return said[-1], len(content)  # whatever the memory
    same(*results)
    held = sum(value.nbytes for _, found in results for value in found)  # by us, to compare
    return results[0][0][-1], len(content) + held // PER_BYTE


def _look(content: bytes, number: int) -> str:
    """Load a model, and do with it what needs no run; returns what became of loading. Each is tried whether or not another worked."""
    rng = np.random.default_rng(number)
    loaded: list[Model] = []
    with mode(BOTH[number // 2 % 2]):
        outcome = outcome_of(lambda: loaded.append(Model.load(copied(content))))  # type: ignore[arg-type]
        if loaded and number % 3 == 0:
            outcome_of(lambda: list(tables(describe(loaded[0]))))
        if loaded and number % 3 == 1:
            outcome_of(loaded[0].to_bytes)
        if loaded and number % 3 == 2:
            for signature in loaded[0].signatures[:3]:
                outcome_of(lambda key=signature.key: _call(content, key, rng))  # type: ignore[misc]
    return outcome


def same(one: tuple[Sequence[str], Sequence[np.ndarray]], other: tuple[Sequence[str], Sequence[np.ndarray]]) -> None:
    """Fail unless two runs had the same outcomes and the same results.

    How much memory a plan takes depends on the number of threads, each of which has scratch memory: one run may be refused alone.
    """
    if any(said.startswith("OutOfMemoryError") for said in (*one[0], *other[0])):
        return
    said = [one[0], other[0]]
    if len(one[0]) != len(other[0]):  # with several threads, what follows a long IF or WHILE is planned when it has run
        said = [[next((outcome for outcome in outcomes if outcome != "works"), "works")] for outcomes in said]
    for a, b in zip(*said, strict=True):
        assert a.partition(":")[0] == b.partition(":")[0], f"one run says {a[:300]!r}, another {b[:300]!r}"
    for index, (x, y) in enumerate(zip(one[1], other[1], strict=True)):
        assert x.shape == y.shape and x.dtype == y.dtype, f"result {index} is {x.dtype}{x.shape} once and {y.dtype}{y.shape} once"
        if x.tobytes() != y.tobytes() and not _equal(x, y):
            raise AssertionError(f"result {index} depends on what memory held: {np.sum(x != y)} of {x.size} values differ")


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    """NaN is NaN, whichever."""
    return a.dtype.kind in "fc" and bool(((a == b) | ((a != a) & (b != b))).all())


def _call(content: bytes, key: str | None, rng: np.random.Generator) -> None:
    runner = Interpreter(model_content=copied(content)).get_signature_runner(key)  # type: ignore[arg-type]
    runner(**random_values(runner.get_input_details(), rng))
    TALLY["invokes"] += 1


def _run(content: bytes, rng: np.random.Generator, threads: int, keep: bool, resize: bool, found: list[np.ndarray]) -> list[str]:
    """Allocate and invoke, with zeros and with random bytes; returns all outcomes, the outputs of what worked are added to `found`."""
    made: list[Interpreter] = []

    def allocate() -> None:
        options = {"num_threads": threads, "experimental_preserve_all_tensors": keep}
        interpreter = Interpreter(model_content=copied(content), **options)  # type: ignore[arg-type]
        interpreter.get_tensor_details()
        if resize:
            _resize(interpreter, rng)
        interpreter.allocate_tensors()
        made.append(interpreter)

    def invoke(generator: np.random.Generator | None) -> None:
        interpreter = made[0]
        details = {str(entry["index"]): entry for entry in interpreter.get_input_details()}
        for index, value in random_values(details, generator).items():
            interpreter.tensor(int(index))()[...] = value
        TALLY["invokes"] += 1
        interpreter.invoke()
        for entry in interpreter.get_output_details():
            if entry["dtype"] not in (np.bytes_, np.object_):
                found.append(interpreter.get_tensor(entry["index"]))

    outcomes = [outcome_of(allocate)]
    if made:
        outcomes += [outcome_of(lambda: invoke(generator)) for generator in (None, rng, rng)]  # noqa: B023
    return outcomes


def _resize(interpreter: Interpreter, rng: np.random.Generator) -> None:
    """Set an input to a shape that nobody has thought of."""
    details = interpreter.get_input_details()
    if details:
        entry = details[rng.integers(len(details))]
        shape = [int(size) for size in entry["shape"]]
        for _ in range(rng.integers(1, 3)):
            if shape:
                shape[rng.integers(len(shape))] = int(rng.choice(_HOSTILE_SIZES))
        if rng.random() < 0.2:
            shape = shape[1:] if rng.random() < 0.5 else [1, *shape]
        interpreter.resize_tensor_input(entry["index"], shape)


def random_values(details: dict[str, dict[str, Any]], rng: np.random.Generator | None) -> Values:
    """For each input zeros, or with a generator random bytes: any index, NaN and infinity, bools that are neither 0 nor 1."""
    values = {}
    for name, entry in details.items():
        size = math.prod(entry["shape"].tolist()) * np.dtype(entry["dtype"]).itemsize
        if size > MEMORY or entry["dtype"] in (np.bytes_, np.object_):
            continue  # there will be no plan for it
        value = np.zeros(size, np.uint8) if rng is None else rng.integers(0, 256, size, np.uint8)
        if rng is not None and np.dtype(entry["dtype"]).kind == "i" and rng.random() < 0.5:
            value = rng.integers(0, 4, size // np.dtype(entry["dtype"]).itemsize, np.int8).astype(entry["dtype"]).view(np.uint8)
        if entry["dtype"] is np.bool_ and rng is not None and rng.random() < 0.8:
            value &= 1
        values[name] = value.view(entry["dtype"]).reshape(entry["shape"])
    return values
