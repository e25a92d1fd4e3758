"""Run targets: workers are forked from a process that has loaded everything, and forked again when one dies of an attack."""

from __future__ import annotations

import contextlib
import glob
import importlib
import json
import mmap
import os
import pkgutil
import re
import selectors
import signal
import struct
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Protocol

from . import limits

__all__ = ["TALLY", "Finding", "Report", "Target", "run", "target_names"]

TALLY: Counter[str] = Counter()  # what attacks count: TALLY["invokes"] += 1
_CHUNK = 400  # attacks that a worker does before it is replaced by a fresh one
_STUCK = 60.0  # seconds in which an attack neither ends nor was seen computing: it waits for something
_LONGEST = 4000  # characters of a message of tinylite's


class Target(Protocol):
    """What a module of tests/fuzz/targets has, and SHARE if it should have more time than others.

    `attack` returns an outcome, "works" or an error's text, or that and the bytes of the input, which pay for memory.
    """

    def prepare(self) -> Any: ...

    def attack(self, seeds: Any, number: int) -> Any: ...


@dataclass
class Finding:
    """An attack that did what none should. `what` is one line; `trace` where it happened."""

    target: str
    number: int
    what: str
    trace: str = ""


@dataclass
class Report:
    """What came of a campaign: attacks by target, what else was counted, outcomes by kind, findings."""

    attacks: Counter[str] = field(default_factory=Counter)
    tally: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> str:
        return json.dumps({**vars(self), "findings": [vars(finding) for finding in self.findings]})


def target_names() -> list[str]:
    """Those that a campaign runs when none is named."""
    from . import targets

    return sorted(module.name for module in pkgutil.iter_modules(targets.__path__))


def load_target(name: str) -> Target:
    """A target by its module's name; with a dot, a module of any package."""
    return importlib.import_module(name if "." in name else f"{__package__}.targets.{name}")  # type: ignore[return-value]


def run(
    names: list[str], *, first: int = 0, count: int | None = None, seconds: float | None = None, jobs: int = 2,
    say: Callable[[str], None] = lambda line: None,
) -> Report:  # fmt: skip
    """Run each target for `count` attacks or its share of `seconds`, from number `first` on. `say` gets each finding as a line."""
    limits.settings()
    from .warm import load_everything

    load_everything()
    report, began = Report(), time.monotonic()
    targets = {name: load_target(name) for name in names}
    shares = [getattr(target, "SHARE", 1) for target in targets.values()]
    for position, (name, target) in enumerate(targets.items()):
        until = None
        if seconds is not None:
            left = began + seconds - time.monotonic()
            until = time.monotonic() + left * shares[position] / sum(shares[position:])
        _Runner(name, target, target.prepare(), report, say).run(first, count, until, jobs)
    report.seconds = time.monotonic() - began
    return report


class _Worker:
    """A child process, and what is known of it: the number at hand in memory that both see, findings by a pipe."""

    def __init__(self, runner: _Runner, numbers: range) -> None:
        self.numbers = numbers
        self.shared = mmap.mmap(-1, 8)
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115, closed by end()
        self.buffer = b""
        self.seen = (-1, time.monotonic())
        self.killed = False
        reading, writing = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if not self.pid:
            status = 1
            try:
                os.close(reading)
                os.dup2(self.stderr.fileno(), 2)
                runner.work(numbers, self.shared, writing)
                status = 0
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(status)
        os.close(writing)
        self.pipe = reading

    @property
    def number(self) -> int:
        return int(struct.unpack("<q", self.shared[:8])[0])

    def kill_if_stuck(self) -> None:
        number, since = self.seen
        if self.number != number or self.computes():
            self.seen = self.number, time.monotonic()
        elif time.monotonic() - since > _STUCK:
            self.killed = True
            os.kill(self.pid, signal.SIGKILL)

    def computes(self) -> bool:
        """Whether a thread of it runs, or would if there were a processor for it: then its own clock ends it."""
        states = []
        for task in glob.glob(f"/proc/{self.pid}/task/*/stat"):
            with contextlib.suppress(OSError), open(task) as file:  # it may just have ended
                states.append(file.read().rpartition(")")[2].split()[0])
        return "R" in states

    def end(self) -> tuple[int, str]:
        """How the process ended, and what it wrote to stderr."""
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.pipe)
        self.stderr.seek(0)
        text = self.stderr.read().decode("utf-8", "replace")
        self.stderr.close()
        return os.waitstatus_to_exitcode(status), text


class _Runner:
    """One target's share of a campaign."""

    def __init__(self, name: str, target: Target, seeds: Any, report: Report, say: Callable[[str], None]) -> None:
        self.name, self.target, self.seeds, self.report, self.say = name, target, seeds, report, say

    # ---- in the parent

    def run(self, first: int, count: int | None, until: float | None, jobs: int) -> None:
        waiting = self.chunks(first, count, until)
        again: list[range] = []  # what workers that died have left
        workers: dict[int, _Worker] = {}
        with selectors.DefaultSelector() as selector:
            while True:
                while len(workers) < jobs:
                    numbers = again.pop() if again else next(waiting, None)
                    if numbers is None:
                        break
                    worker = _Worker(self, numbers)
                    workers[worker.pipe] = worker
                    selector.register(worker.pipe, selectors.EVENT_READ)
                if not workers:
                    return
                for key, _ in selector.select(timeout=1.0):
                    worker = workers[key.fd]
                    received = os.read(key.fd, 1 << 16)
                    if received:
                        worker.buffer += received
                        continue
                    selector.unregister(key.fd)
                    del workers[key.fd]
                    again += self.ended(worker)
                for worker in workers.values():
                    worker.kill_if_stuck()

    @staticmethod
    def chunks(first: int, count: int | None, until: float | None) -> Iterator[range]:
        end = None if count is None else first + count
        while (end is None or first < end) and (until is None or time.monotonic() < until):
            last = first + _CHUNK if end is None else min(first + _CHUNK, end)
            yield range(first, last)
            first = last

    def ended(self, worker: _Worker) -> list[range]:
        """Take in what a worker has said; what it has left undone is done by another."""
        status, text = worker.end()
        done = False
        for line in worker.buffer.splitlines():
            message = json.loads(line)
            if "number" in message:
                self.found(Finding(self.name, **message))
            else:
                done = True
                self.report.tally.update(message["tally"])
                self.report.outcomes.update(message["outcomes"])
        number = worker.number
        at = number + 1 if not done else worker.numbers.stop if message["next"] is None else message["next"]
        self.report.attacks[self.name] += at - worker.numbers.start
        if not done:
            how = "stuck: no end, and no processor time used" if worker.killed else _death(status)
            self.found(Finding(self.name, number, f"{how} {_place(text)}".strip(), text[-3000:]))
        return [range(at, worker.numbers.stop)] if at < worker.numbers.stop else []

    def found(self, finding: Finding) -> None:
        self.report.findings.append(finding)
        self.say(f"{finding.target} {finding.number}: {finding.what}")

    # ---- in a worker

    def work(self, numbers: range, shared: mmap.mmap, pipe: int) -> None:
        TALLY.clear()
        outcomes: Counter[str] = Counter()
        limits.restrict()
        peak = limits.Peak()
        after: int | None = None
        for number in numbers:
            shared[:8] = struct.pack("<q", number)
            limits.begin()
            found, size = self.judge(number, outcomes)
            grown = peak.grown(size)
            if grown and found is None:
                found = grown, ""
            if found is not None:
                os.write(pipe, json.dumps({"number": number, "what": found[0], "trace": found[1]}).encode() + b"\n")
            if grown:
                after = number + 1  # the peak stays high: the others get a separate process
                break
        signal.setitimer(signal.ITIMER_PROF, 0)
        os.write(pipe, json.dumps({"tally": TALLY, "outcomes": outcomes, "next": after}).encode() + b"\n")

    def judge(self, number: int, outcomes: Counter[str]) -> tuple[tuple[str, str] | None, int]:
        """Attack; returns what was found, and the size of the input."""
        try:
            outcome = self.target.attack(self.seeds, number)
            outcome, size = outcome if isinstance(outcome, tuple) else (outcome, 0)
        except Exception as error:
            lines = traceback.format_exception(error)
            text = limits.spoken(f"{type(error).__name__}: {error}")
            place = _frames(error)
            return (f"{text} {place}".strip(), "".join(lines)[-3000:]), 0
        outcomes[outcome.partition(":")[0]] += 1
        if len(outcome) > _LONGEST:
            return (f"a message of {len(outcome)} characters: {limits.spoken(outcome)}", ""), size
        if "than is available" in outcome or "which the system refuses" in outcome:
            return (f"the limit on memory was not kept, the system's was met: {limits.spoken(outcome)}", ""), size
        return None, size


def _death(status: int) -> str:
    if status == -signal.SIGPROF:
        return f"hangs: it used {limits.SECONDS:.0f} s of processor time"
    return f"died of {signal.Signals(-status).name}" if status < 0 else f"ended with {status}"


def _frames(error: BaseException) -> str:
    """The innermost place in tinylite."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if re.search(r"/(tinylite|kernels|schema)/", frame.filename)] or frames[-1:]
    return f"at {'/'.join(ours[-1].filename.split('/')[-3:])}:{ours[-1].lineno} in {ours[-1].name}" if ours else ""


def _place(text: str) -> str:
    """The innermost place in tinylite in what faulthandler has printed."""
    text = text[max(text.find("Current thread"), 0) :]
    found = re.search(r'File "[^"]*?/((?:tinylite|kernels|schema)/[^"]+)", line (\d+) in (\w+)', text)
    return f"at {found[1]}:{found[2]} in {found[3]}" if found else ""


def attack_once(name: str, number: int) -> str:
    """Do one attack in this process, and say what became of it."""
    limits.settings()
    from .warm import load_everything

    load_everything()
    target = load_target(name)
    seeds = target.prepare()
    limits.restrict()
    limits.begin()
    outcome = target.attack(seeds, number)
    return str(outcome[0] if isinstance(outcome, tuple) else outcome)
