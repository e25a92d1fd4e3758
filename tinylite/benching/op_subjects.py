"""Single ops as what is timed: of lines, of files of lines, and those that a model has."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any

from ..errors import TensorError
from ..golden.model_file import ModelFile
from ..golden.runtimes.base.process import RuntimeProcess
from .arguments import whole
from .op_text import OpCase, ops_of, parse_op, verify
from .subjects import Subject

__all__ = ["Verifier", "ops_in", "ops_written"]


class Verifier(contextlib.ExitStack):
    """Compares ops with LiteRT's reference kernels, in one process for all; use it in a with statement."""

    def __init__(self) -> None:
        super().__init__()
        self._process = RuntimeProcess()
        self.callback(self._process.close)

    def verify(self, case: OpCase, seed: int) -> str:
        """What op_text.verify says."""
        return verify(case, self._process, seed)


def ops_written(ops: Iterable[Any], verifier: Verifier, seed: int) -> list[Subject]:
    """Subjects of lines, of OpCases, or of pairs of those and how often they are there. Raises what parsing a line raises."""
    found = []
    for each in ops:
        case, count = each if isinstance(each, tuple) and len(each) == 2 else (each, 1)
        count = whole(count, "how often there is an op", 1)
        found.append(_subject(case if isinstance(case, OpCase) else parse_op(case), count, "", verifier, seed))
    return found


def ops_in(subject: Subject, verifier: Verifier, seed: int) -> Iterator[Subject]:
    """The distinct ops of a model, with how often it has each. Raises what loading the model raises."""
    for case, count in ops_of(ModelFile.of(subject.model).model):
        yield _subject(case, count, subject.name, verifier, seed)


def _subject(case: OpCase, count: int, part_of: str, verifier: Verifier, seed: int) -> Subject:
    def inputs() -> list[Any]:
        if case.problem:
            raise TensorError(f"it cannot be run by itself: {case.problem}")
        return case.inputs(seed)

    return Subject(case.text, "op", case.model, count, inputs, part_of, partial(verifier.verify, case, seed))
