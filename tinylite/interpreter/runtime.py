"""What the graphs of one interpreter share: settings, state, and the locks that let one thread at a time run or change them."""

from __future__ import annotations

import os
import threading
import weakref

from ..arithmetic import Arithmetic
from ..errors import InvokeError
from ..memory.state import State

__all__ = ["Runtime"]


class Runtime:
    """Settings, state and locks of an interpreter.

    `turn` is held by the thread that runs or changes anything, and `running` during runs: the handler of a signal, which gets the
    turn of the thread that it interrupts, finds it locked.
    """

    def __init__(self, source: str | None, keep_all: bool, threads: int, arithmetic: Arithmetic) -> None:
        self.source = source or "model content"
        self.keep_all = keep_all
        self.threads = threads
        self.arithmetic = arithmetic
        self.state = State()
        self.closed = False
        self.runner = 0  # the thread that runs, while `running` is locked
        self.unlock()
        _runtimes.add(self)

    def clone(self) -> Runtime:
        """The same settings, with a copy of the state and its own locks."""
        made = Runtime(self.source, self.keep_all, self.threads, self.arithmetic)
        made.state = self.state.copy()
        return made

    def unlock(self) -> None:
        """Make new locks."""
        self.turn, self.running = threading.RLock(), threading.Lock()

    def close(self) -> None:
        """Release the state. To be called with the turn."""
        self.closed = True
        self.state = State()

    def check_open(self) -> None:
        """Raise InvokeError if the interpreter is closed."""
        if self.closed:
            raise InvokeError("the interpreter is closed", "Make another one")

    def check_no_run(self) -> None:
        """Raise InvokeError in the middle of a run. To be called with the turn, so that it is a run in this thread."""
        if self.running.locked():
            raise InvokeError(
                "the interpreter is in the middle of a run, and this is called from within it",
                "Call it when the run has ended, not in the handler of a signal",
            )

    def check_idle(self) -> None:
        """Raise InvokeError during a run, in this thread or in another."""
        if self.running.locked():
            if self.runner == threading.get_ident():
                self.check_no_run()
            raise InvokeError(
                "the interpreter is running in another thread",
                "Give each thread its own interpreter: interpreter.clone() makes one that shares the weights",
            )


_runtimes: weakref.WeakSet[Runtime] = weakref.WeakSet()


def _end_runs() -> None:
    """After a fork: no thread that was running an interpreter is in the child."""
    for runtime in _runtimes:
        runtime.unlock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_end_runs)
