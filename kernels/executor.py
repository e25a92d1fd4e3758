"""Run a plan natively: one call for all its steps, alone or by a team of threads.

A plan is an array of step records of STEP_WORDS int64 words:

    0 kernel address   1 argument record   2 work   3 tile   4 cost of a unit   (a cache line)
    8 work claimed                                                              (a line of its own)
   16 work done                                                                 (a line of its own)

Between tiles, a run looks whether a signal wants it to end (see interrupt.py), unless the cost is 0: too little to look.

A team shares a job: threads claim `tile` units of a step's work at a time, and a step ends when its work is done, not
when its threads have arrived; a thread that sleeps or comes late delays nobody. The caller takes part from the start,
the others join while there is something left to claim. Between jobs they poll for a moment, then sleep.
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from .interrupt import CONTROL_BYTES, begin, due, interrupted
from .kernel import device, native
from .lazy import machine, simd
from .store import addresses

__all__ = ["STEP_WORDS", "Call", "aligned", "run_together"]

STEP_WORDS = 24
_CLAIMED, _DONE = 8, 16
_POLLS = 20_000  # looks at the job number before a thread goes to sleep: a fraction of a millisecond

# A team's shared words, a cache line each. JOB is odd while the others change.
_JOB, _STEP, _STEPS, _PLAN, _INSIDE, _FAILED, _SCRATCH, _SCRATCH_SIZE = range(0, 64, 8)
_TEAM_WORDS = 64


@device
def walk(plan, steps, scratch):
    """Run every step; gives 0, or the number of the step that failed, from 1, plus its status times 2^32. What it gives means nothing
    if a signal has ended the run."""
    step = plan
    for index in range(steps):
        work, tile, cost = step[2], step[3], step[4]
        low = 0
        if cost == 0:
            low = work
            status = machine.call(step[0], step[1], 0, work, scratch)
            if status != 0:
                return (status << 32) + index + 1
        while low < work:
            high = min(low + tile, work)
            status = machine.call(step[0], step[1], low, high, scratch)
            if status != 0:
                return (status << 32) + index + 1
            if due(scratch, (high - low) * cost):
                return -1
            low = high
        step = step + STEP_WORDS
    return 0


@native
def python_method(itself, unused, unused_too, unused_either):
    """Run a plan as a Python builtin without arguments: `itself`, a Python int, is the address of
    [plan, steps, scratch, whether to let other Python threads run meanwhile, address of the main thread's number]. Gives what
    `walk` gives, as an int, or NULL if a signal's handler has raised.
    """
    header = simd.pointer(machine.integer_of(itself), np.int64)
    plan, steps, scratch = simd.pointer(header[0], np.int64), header[1], header[2]
    if header[3]:
        state = machine.release_python()
        begin(scratch, 0, state, header[4])
        result = walk(plan, steps, scratch)
        machine.return_to_python(state)
        if interrupted(scratch):
            return 0
        return machine.object_of(result)
    begin(scratch, 0, 0, 0)
    return machine.object_of(walk(plan, steps, scratch))


@device
def take_part(words, scratch):
    """Claim and do work of the current job until no step is left."""
    steps = machine.atomic_load(words + _STEPS)
    plan = simd.pointer(machine.atomic_load(words + _PLAN), np.int64)
    while True:
        index = machine.atomic_load(words + _STEP)
        if index >= steps:
            return
        step = plan + index * STEP_WORDS
        work, tile, cost = step[2], step[3], step[4]
        while True:
            low = machine.atomic_add(step + _CLAIMED, tile)
            if low >= work:
                break
            high = min(low + tile, work)
            # What is left of a step that failed is only counted.
            if machine.atomic_load(words + _FAILED) == 0:
                status = machine.call(step[0], step[1], low, high, scratch)
                if status != 0:
                    machine.atomic_store(words + _FAILED, (status << 32) + index + 1)
                due(scratch, (high - low) * cost)
            if machine.atomic_add(step + _DONE, high - low) + high - low == work:
                # Whoever ends the last piece opens the next step, or ends a job that failed.
                failed = machine.atomic_load(words + _FAILED) != 0
                machine.atomic_store(words + _STEP, steps if failed else index + 1)
        while machine.atomic_load(words + _STEP) == index:
            machine.pause()
            due(scratch, 0)


@native
def team_publish(team, plan, steps, unused):
    """Make a plan the team's next job."""
    words = simd.pointer(team, np.int64)
    machine.atomic_add(words + _JOB, 1)
    # From here on nobody joins; who is still inside finds nothing left to claim in the last job, and leaves.
    while machine.atomic_load(words + _INSIDE) > 0:
        machine.pause()
    step = simd.pointer(plan, np.int64)
    for _ in range(steps):
        step[_CLAIMED] = 0
        step[_DONE] = 0
        step = step + STEP_WORDS
    machine.atomic_store(words + _FAILED, 0)
    machine.atomic_store(words + _STEPS, steps)
    machine.atomic_store(words + _PLAN, plan)
    machine.atomic_store(words + _STEP, 0)
    machine.atomic_add(words + _JOB, 1)
    return 0


@native
def team_lead(team, scratch, main, unused):
    """Do the published job as its leader, letting other Python threads run meanwhile; gives what `walk` gives. At `main` stands the
    number of Python's main thread."""
    words = simd.pointer(team, np.int64)
    state = machine.release_python()
    begin(scratch, team + 8 * _FAILED, state, main)
    take_part(words, scratch)
    machine.return_to_python(state)
    return machine.atomic_load(words + _FAILED)


@native
def team_work(team, thread, seen, polls):
    """Join every job that comes; after `polls` looks without one give the number of the last job, to sleep outside."""
    words = simd.pointer(team, np.int64)
    idle = 0
    while idle <= polls:
        job = machine.atomic_load(words + _JOB)
        if job == seen or job & 1:
            idle += 1
            machine.pause()
            continue
        machine.atomic_add(words + _INSIDE, 1)
        # Still open: now that this thread is counted, nobody changes the words.
        if machine.atomic_load(words + _JOB) == job:
            scratch = machine.atomic_load(words + _SCRATCH) + thread * machine.atomic_load(words + _SCRATCH_SIZE)
            # An empty job is published when the scratch memory is not there yet, or about to go.
            if machine.atomic_load(words + _STEPS) > 0:
                begin(scratch, team + 8 * _FAILED, 0, 0)
                take_part(words, scratch)
            seen = job
            idle = 0
        machine.atomic_add(words + _INSIDE, -1)
    return seen


_FOUR_NUMBERS = ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64
_Native = ctypes.CFUNCTYPE(ctypes.c_int64, *_FOUR_NUMBERS)
# A function that lets other threads run by itself, and may return with a Python exception.
_NativeOfPython = ctypes.PYFUNCTYPE(ctypes.c_int64, *_FOUR_NUMBERS)


def aligned(count: int, dtype: Any, alignment: int = 64) -> np.ndarray:
    """An array of zeros that starts on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(count * dtype.itemsize + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + count * dtype.itemsize].view(dtype)


class _Team:
    """`threads` - 1 threads that wait for plans, for any number of callers, one at a time."""

    def __init__(self, threads: int) -> None:
        found = addresses([team_publish, team_lead, team_work])
        self._publish, self._work = _Native(found[team_publish.name]), _Native(found[team_work.name])
        self._lead = _NativeOfPython(found[team_lead.name])
        self._words = aligned(_TEAM_WORDS, np.int64)
        self._team = self._words.ctypes.data
        self._busy = threading.Lock()
        self._scratch = np.zeros(0, np.uint8)
        # The memory of the last job: a late thread may still look at it until the next one is published.
        self._held: Any = None
        self._handshake = threading.Lock()
        self._asleep: list[bool] = []
        self._alarms: list[threading.Lock] = []
        for index in range(threads - 1):
            self._asleep.append(False)
            self._alarms.append(threading.Lock())
            self._alarms[index].acquire()
            try:
                threading.Thread(target=self._serve, args=(index,), daemon=True, name=f"tinylite-{index}").start()
            except RuntimeError:  # the system allows no more: those that there are do the work
                del self._asleep[index], self._alarms[index]
                break
        self._threads = 1 + len(self._alarms)

    def _serve(self, index: int) -> None:
        seen = 0
        while True:
            seen = self._work(self._team, index + 1, seen, _POLLS)
            self._asleep[index] = True
            # The leader publishes first and looks for sleepers then; this thread says that it sleeps first and looks
            # for a job then. So one of the two sees the other.
            if self._words[_JOB] != seen:
                with self._handshake:
                    if self._asleep[index]:
                        self._asleep[index] = False
                        continue
            self._alarms[index].acquire()

    def run(self, plan: np.ndarray, steps: int, scratch: int) -> int | None:
        """Run a plan whose threads use `scratch` bytes each; None if the team is busy with another caller's."""
        # A signal's handler may raise between any two lines: `with` cannot be left without releasing.
        if self._busy.locked():
            return None
        with self._busy:
            try:
                return self._run(plan, steps, scratch)
            except BaseException:
                self._words[_FAILED] = -1
                self._close()  # once the others have left
                raise

    def _run(self, plan: np.ndarray, steps: int, scratch: int) -> int:
        each = -(-scratch // 4096) * 4096
        if self._scratch.size < each * self._threads:
            self._close()
            self._scratch = aligned(each * self._threads, np.uint8)
        first = self._scratch.ctypes.data + CONTROL_BYTES
        self._words[_SCRATCH], self._words[_SCRATCH_SIZE] = first, each
        self._publish(self._team, plan.ctypes.data, steps, 0)
        self._held = plan
        if any(self._asleep):
            with self._handshake:
                for index, asleep in enumerate(self._asleep):
                    if asleep:
                        self._asleep[index] = False
                        self._alarms[index].release()
        return self._lead(self._team, first, _main_thread.ctypes.data, 0)

    def _close(self) -> None:
        """Publish an empty job, after which nobody looks at the last one's memory."""
        self._publish(self._team, self._words.ctypes.data, 0, 0)


_teams: dict[int, _Team] = {}
_teams_lock = threading.RLock()
_main_thread = np.array([threading.main_thread().ident], np.uint64).view(np.int64)


def _forget_teams() -> None:
    """A fork leaves the threads behind: the child makes new ones when it needs them. Its main thread is the one that has forked."""
    global _teams_lock  # noqa: PLW0603
    _teams.clear()
    _teams_lock = threading.RLock()
    _main_thread.view(np.uint64)[0] = threading.get_ident()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_teams)


def _team(threads: int) -> _Team:
    with _teams_lock:
        if threads not in _teams:
            _teams[threads] = _Team(threads)
        return _teams[threads]


class _MethodDef(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (("name", ctypes.c_char_p), ("function", ctypes.c_void_p), ("flags", ctypes.c_int), ("doc", ctypes.c_char_p))


_METH_NOARGS = 4


class Call:
    """A plan as something to call: `call()` runs it in this thread and gives what `walk` gives.

    It is a builtin function of its own, since reaching one takes a tenth of the time that ctypes does. A plan that takes
    longer than the switch is worth lets other Python threads run, and ends with what a signal's handler raises. `scratch` is what
    the kernels use, with CONTROL_BYTES in front.
    """

    def __init__(self, plan: np.ndarray, steps: int, scratch: np.ndarray, long: bool) -> None:
        # All of it must outlive the function.
        first = scratch.ctypes.data + CONTROL_BYTES
        self._header = np.array([plan.ctypes.data, steps, first, int(long), _main_thread.ctypes.data], np.int64)
        self._memory = plan, scratch
        self._method = _MethodDef(b"run_plan", addresses([python_method])[python_method.name], _METH_NOARGS, None)
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype, make.argtypes = ctypes.py_object, (ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
        self.function: Callable[[], int] = make(ctypes.addressof(self._method), int(self._header.ctypes.data), None)


def run_together(threads: int, plan: np.ndarray, steps: int, scratch: int) -> int | None:
    """Run a plan by a team of `threads`, each with `scratch` bytes, CONTROL_BYTES included; gives what `walk` gives, None if the team is
    busy. Raises what a signal's handler raises."""
    return _team(threads).run(plan, steps, scratch)
