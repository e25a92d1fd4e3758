"""The processes that models are timed in: started, asked and ended, and what became of those that end by themselves."""

from __future__ import annotations

import contextlib
import json
import os
import random
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..child_process import ChildProcess, TimeLimit
from ..errors import SettingError, quoted
from .baselines import Timed

__all__ = ["EndedError", "Hosts", "RefusedError"]

TIMEOUT = 600.0  # seconds for an answer
_MOST_GREETINGS = 100  # lines that are no answers


class RefusedError(Exception):
    """A runtime refuses a model, or is not there. str() says why."""


class EndedError(Exception):
    """A process ended, or was ended for want of an answer, while something ran in it. str() says how."""


class _OtherProgramError(ValueError):
    """What was started prints lines, and none of them is an answer. str() says the last of them."""


class Hosts:
    """A launch: fresh processes, of which each runs all that has Timed.process in common. Use it in a with statement."""

    def __init__(self, folder: str, cores: Sequence[int] | None = None, environment: Mapping[str, str] | None = None) -> None:
        self._folder, self._cores, self._environment = folder, cores, environment or {}
        self._running: dict[Any, ChildProcess] = {}

    def __enter__(self) -> Hosts:
        return self

    def __exit__(self, kind: Any, *rest: Any) -> None:
        for child in self._running.values():
            child.close(at_once=kind is not None)
        self._running = {}

    def fresh(self, environment: Mapping[str, str] | None = None) -> Hosts:
        """Another launch like this one; its processes may have more in their environment."""
        return Hosts(self._folder, self._cores, {**self._environment, **(environment or {})})

    def open(self, timed: Timed, request: dict[str, Any]) -> dict[str, Any]:
        """Open a model and run it once: version, where, and, unless it is only to "start", seconds of a run.

        Raises RefusedError and EndedError.
        """
        return self._ask(timed, {"do": "open", "runtime": timed.runtime, "arithmetic": timed.arithmetic, **request})

    def round(self, timed: Timed, warmup: int, repeats: int) -> float:
        """Seconds of a run, the mean of `repeats` without a pause, after `warmup` runs that do not count."""
        return float(self._ask(timed, {"do": "round", "warmup": warmup, "repeats": repeats})["seconds"])

    def outputs(self, timed: Timed) -> tuple[list[np.ndarray], bool]:
        """The outputs of the first run, and whether those of the last are the same."""
        folder = os.path.join(self._folder, "outputs")
        os.makedirs(folder, exist_ok=True)
        answer = self._ask(timed, {"do": "outputs", "folder": folder})
        return [np.load(path, allow_pickle=False) for path in answer["paths"]], bool(answer["steady"])

    def close(self, timed: Timed) -> None:
        """Let go of a model. The process goes on."""
        self._ask(timed, {"do": "close"})

    def memory(self, timed: Timed, request: dict[str, Any]) -> dict[str, int]:
        """Bytes, where the system says them: the "peak" of the process, and of these those that opening and running have "added"."""
        before = self._ask(timed, {"do": "import", "runtime": timed.runtime})["now"]
        self.open(timed, request)
        peak = self._ask(timed, {"do": "memory"})["peak"]
        return {} if peak is None or before is None else {"peak": peak, "added": peak - before}

    def profile(self, timed: Timed, request: dict[str, Any]) -> dict[str, Any]:
        """What profiling.described() returns, of tinylite."""
        return self._ask(timed, {"do": "profile", "arithmetic": timed.arithmetic, **request})

    def _ask(self, timed: Timed, request: dict[str, Any]) -> dict[str, Any]:
        child = self._running.get(timed.process) or self._start(timed)
        mark = child.mark()
        limit = TimeLimit(TIMEOUT, child.process)
        doing = {"open": "opening or first running the model", "round": "running"}.get(request["do"], "answering")
        try:
            child.requests.write((json.dumps({"name": timed.name, **request}) + "\n").encode())
            child.requests.flush()
            answer = _answer(child.answers)
        except (OSError, ValueError) as error:
            child.process.kill()
            problem = f"ended its process ({child.reason()}) while {doing}"
            if isinstance(error, _OtherProgramError):
                problem = f"does not answer as a Python does, {doing}: {error}"
            if limit.late:
                problem = f"had not answered after {TIMEOUT:g} s, {doing}, and was ended"
            text = _with_title(f"{problem}{child.last(mark)}", request)
            child.close(at_once=True)
            del self._running[timed.process]
            raise EndedError(text) from None
        finally:
            limit.stop()
        if "error" in answer:
            text = f"{'cannot be imported: ' if answer.get('missing') else ''}{answer['error']}{child.last(mark)}"
            raise RefusedError(_with_title(text, request))
        return answer

    def _start(self, timed: Timed) -> ChildProcess:
        python = timed.python or sys.executable
        if not python:
            raise SettingError("Python does not know where its program is, so no other can be started", "Use a Python that was installed")
        environment = {**os.environ, "TINYLITE_QUIET": "1", **self._environment}
        # The size of the environment moves the stack, and with it how fast some code is (Mytkowicz et al., "Producing wrong data without
        # doing anything obviously wrong", 2009): so it is another one in each launch.
        environment["TINYLITE_PADDING"] = "." * random.randrange(4096)
        # Installed packages have their bytecode. A checkout gets it in its first run, unless this keeps it from that, as in many
        # containers: then each start would compile tinylite's source, and nobody's else.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        if timed.cpu:
            environment["TINYLITE_CPU"] = timed.cpu
        if timed.python is not None:  # what that Python has, not what this process has
            for name in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"):
                environment.pop(name, None)
        path = [] if timed.python is not None else [json.dumps(_folders())]
        try:
            child = ChildProcess([python, "-c", _program(), *path], environment, self._folder)
        except OSError as error:
            raise EndedError(f"cannot be started: {error.strerror or error}") from None
        self._running[timed.process] = child
        if self._cores is not None:
            self._ask(timed, {"do": "pin", "cores": list(self._cores)})
        return child


def _with_title(text: str, request: Mapping[str, Any]) -> str:
    """A text that says the model by its name, and not where its copy is for a while."""
    return text.replace(request["model"], request["title"]) if "title" in request else text


def _answer(pipe: IO[bytes]) -> dict[str, Any]:
    """The next answer on a pipe. What a program prints there by itself before it is a Python, such as a greeting, is skipped.

    Raises ValueError where the pipe ends, and for what only prints.
    """
    for _ in range(_MOST_GREETINGS):
        line = pipe.readline()
        if not line.endswith(b"\n"):
            raise ValueError("the pipe has ended")
        with contextlib.suppress(ValueError):
            answer = json.loads(line)
            if isinstance(answer, dict) and answer.pop("by", None) == "host":
                return answer
            if isinstance(answer, dict):  # what only repeats, as `cat` does, would leave us waiting
                break
    raise _OtherProgramError(f"it printed {quoted(line.decode(errors='replace').strip())}")


def _folders() -> list[str]:
    """Where this process finds its packages; what is relative to a current folder that has been removed is nowhere."""
    found = []
    for entry in sys.path:
        with contextlib.suppress(OSError):
            found += [os.path.abspath(entry)] if isinstance(entry, str) else []
    return found


@cache
def _program() -> str:
    return Path(__file__).with_name("host.py").read_text(encoding="utf-8")
