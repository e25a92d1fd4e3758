"""Work, counted: what an action costs on any machine, however busy."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

import tinylite
from tinylite import kernels, schema
from tinylite.engine.plan import Plan
from tinylite.engine.segment import Step

__all__ = ["assert_linear", "lines_run", "steps_of"]

PRODUCT = tuple(os.path.dirname(str(package.__file__)) + os.sep for package in (tinylite, kernels, schema))


def lines_run(action: Callable[[], object]) -> int:
    """How many lines of tinylite's Python an action runs in this thread. What NumPy and Python do inside a line is not seen."""
    count = 0

    def line(frame: FrameType, event: str, argument: object) -> Any:
        nonlocal count
        count += event == "line"
        return line

    def call(frame: FrameType, event: str, argument: object) -> Any:
        return line if frame.f_code.co_filename.startswith(PRODUCT) else None

    before = sys.gettrace()
    sys.settrace(call)
    try:
        action()
    finally:
        sys.settrace(before)
    return count


def assert_linear(make: Callable[[int], Callable[[], object]], size: int) -> None:
    """`make(size)` returns an action on something of that size: one of twice the size may run twice as many lines, and a tenth more."""
    make(1)()  # what is made once
    small, large = (lines_run(make(count)) for count in (size, 2 * size))
    assert small >= size // 4, f"{small} lines for a size of {size}: this does not look at what it is given"
    assert large <= 2.2 * small, f"{small} lines for a size of {size}, {large} for twice of it"


def steps_of(plan: Plan) -> list[Step]:
    """The steps of all segments that are planned."""
    return [step for segment in plan.segments for step in segment.steps]
