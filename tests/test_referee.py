"""The referee is a separate process: its end is one test's failure, and not that of all that follow."""

from __future__ import annotations

import os
import signal

import numpy as np
import pytest

from . import referee
from .conftest import Oracle, litert_interpreter
from .ops.neg import CASES

pytest.importorskip("ai_edge_litert")
CASE = CASES[0]


def test_the_referee_s_end_fails_one_test(litert: Oracle) -> None:
    content, feeds = CASE.model().to_bytes(), CASE.feeds()
    wanted = litert(content, feeds)[0]
    interpreter = litert_interpreter(content)
    os.kill(referee._running[0].process.pid, signal.SIGKILL)
    with pytest.raises(referee.Died, match=r"ended its process in .* \(SIGKILL\)"):
        for _ in range(1000):
            interpreter.invoke()
    assert np.array_equal(litert(content, feeds)[0], wanted)


def test_what_litert_refuses_is_raised_here() -> None:
    interpreter = litert_interpreter(CASE.model().to_bytes())
    with pytest.raises(ValueError, match="Cannot set tensor"):
        interpreter.set_tensor(0, np.zeros(1, np.int64))
    with pytest.raises(ValueError, match="not a valid"):
        litert_interpreter(b"nothing that is a model at all")


def test_interpreters_that_nobody_has_are_forgotten() -> None:
    interpreter = litert_interpreter(CASE.model().to_bytes())
    number, dropped = interpreter._number, referee._running[0].dropped
    del interpreter
    assert number in dropped
    litert_interpreter(CASE.model().to_bytes())
    assert number not in dropped
