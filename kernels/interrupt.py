"""Leave a run soon after a signal: what the executor asks between tiles, and a kernel that takes long for one unit of work.

Python runs the handlers of signals in its main thread, between two instructions of its own: never while a plan runs. So a run
in that thread returns to Python for a moment when enough work and time have passed, and ends if a handler has raised.

Each thread that runs steps has some words of its own, in front of the scratch memory that every kernel is given.
"""

from __future__ import annotations

import numpy as np

from .kernel import device
from .lazy import machine, simd

__all__ = ["CONTROL_BYTES", "LOOK", "begin", "due", "interrupted"]

CONTROL_BYTES = 64
LOOK = 1 << 24  # elementary operations from look to look: some milliseconds
# Python's state of this thread if it may ask for signals, or 0; work left until the next look at the clock; when it last asked; room
# for the clock's answer; the address of a word that is not 0 when all threads of the run are to leave; that word, if it is its own.
_STATE, _LEFT, _LAST, _CLOCK, _STOP, _RAISED = 0, 1, 2, 3, 5, 6

_CALL = 100  # what a call costs beside its work, in elementary operations
# Milliseconds between two questions. Each may have to wait for another Python thread, which is let go on for 5 ms.
_PATIENCE = 50


@device
def begin(scratch, stop, state, main):
    """Set the words of a thread that starts a run: `stop` is the address of the team's word, or 0; `state` what letting Python go gave,
    or 0; at `main` stands the number of Python's main thread."""
    words = simd.pointer(scratch - CONTROL_BYTES, np.int64)
    words[_STATE] = 0
    if state != 0:
        here = machine.thread_number() & 0xFFFFFFFF
        if here == simd.pointer(main, np.int64)[0] & 0xFFFFFFFF:
            words[_STATE] = state
    words[_LEFT] = LOOK
    words[_LAST] = 0
    words[_RAISED] = 0
    words[_STOP] = stop
    if stop == 0:
        words[_STOP] = scratch - CONTROL_BYTES + 8 * _RAISED


@device
def _look(words):
    words[_LEFT] = LOOK
    stop = simd.pointer(words[_STOP], np.int64)
    if machine.atomic_load(stop) != 0:
        return True
    if words[_STATE] == 0:
        return False
    now = machine.milliseconds(words + _CLOCK)
    if words[_LAST] == 0:
        words[_LAST] = now
    if now - words[_LAST] < _PATIENCE:
        return False
    words[_LAST] = now
    machine.return_to_python(words[_STATE])
    raised = machine.check_signals() & 0xFFFFFFFF  # a C int
    words[_STATE] = machine.release_python()
    if raised == 0:
        return False
    machine.atomic_store(stop, -1)
    return True


@device
def due(scratch, work):
    """Whether to leave, after so many elementary operations: an exception is set then, and what the caller returns is not looked at."""
    words = simd.pointer(scratch - CONTROL_BYTES, np.int64)
    left = words[_LEFT] - work - _CALL
    words[_LEFT] = left
    if left > 0:
        return False
    return _look(words)


@device
def interrupted(scratch):
    """Whether a run of this thread alone has ended with an exception."""
    return simd.pointer(scratch - CONTROL_BYTES, np.int64)[_RAISED] != 0
