"""A process in which runtimes run, so that one that crashes, hangs or prints takes nothing along."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import weakref
from typing import IO, Any

import numpy as np

from ....errors import InvokeError, MissingPackageError, SettingError, quoted
from .messages import receive, send

__all__ = ["TIMEOUT", "RuntimeProcess"]

TIMEOUT = 600.0  # seconds for a step of a run, such as invoke

_PRINTED = 2000  # bytes of what a runtime has printed last that an error shows
_MAIN = "import sys; sys.path[:] = {}; from tinylite.golden.runtimes.base.child import main; main()"
_INSTALL = "Install its package again, with what it needs"
_OTHER = "Check with another runtime, or with tinylite's own arithmetic"


class RuntimeProcess:
    """Runs models in runtimes, each request in the same process until one ends it; the next then starts another."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
            raise SettingError(f"the timeout is {quoted(timeout)}", "Give seconds, more than 0")
        self.timeout = min(timeout, threading.TIMEOUT_MAX)
        self._running: _Running | None = None

    def run(
        self, runtime: str, content: bytes | memoryview, inputs: list[np.ndarray], wanted: list[int]
    ) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
        """Run a model: the outputs, and of the tensors of these indices in its first graph those that the runtime keeps.

        Raises InvokeError, with what the runtime has printed, if it refuses the model or an input, ends its process, or takes longer
        than the timeout for a step, and MissingPackageError if it cannot be imported. The next run is unaffected.
        """
        if self._running is None:
            self._running = _Running()
        running, doing = self._running, "its start"
        printed = running.printed.seek(0, os.SEEK_END)
        timer = _Timer(self.timeout, running.process)
        try:
            send(running.requests, {"runtime": runtime, "wanted": wanted}, [np.frombuffer(content, np.uint8), *inputs])
            while True:
                answer, arrays = receive(running.answers)
                if "doing" not in answer:
                    break
                doing = str(answer["doing"])
                timer.restart()
        except (OSError, EOFError, ValueError, KeyError, TypeError):  # the last: what no child of ours writes
            running.process.kill()
            problem = f"ended its process ({running.reason()}) in {doing}"
            if timer.late:
                problem = f"has not answered within {self.timeout:g} s, in {doing}, and was ended"
            raise InvokeError(f"{runtime} {problem}{running.last(printed)}", _OTHER) from None
        finally:
            timer.stop()
            if sys.exc_info()[0] is not None:  # Ctrl-C, too: what the process would still answer is not read
                self.close(at_once=True)
        if answer.get("missing"):
            raise MissingPackageError(f"{runtime} cannot be imported: {answer['error']}{running.last(printed)}", _INSTALL)
        if "error" in answer:
            raise InvokeError(
                f"{runtime} refuses the model or its inputs in {doing}: {answer['error']}{running.last(printed)}", _OTHER
            )  # fmt: skip
        count = int(answer["outputs"])
        return arrays[:count], dict(zip(map(int, answer["kept"]), arrays[count:], strict=True))

    def close(self, at_once: bool = False) -> None:
        """End the process; a later run starts another."""
        running, self._running = self._running, None
        if running is not None:
            if at_once:
                running.process.kill()
            running.end()


class _Timer:
    """Ends a process that takes longer for a step than it may."""

    def __init__(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self.seconds, self.process, self.late = seconds, process, False
        self.restart()

    def restart(self) -> None:
        self.stop()
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        if hasattr(self, "_timer"):
            self._timer.cancel()

    def _end(self) -> None:
        self.late = True
        self.process.kill()


class _Running:
    """A process that has been started, with the pipes to it and the file that it prints to."""

    def __init__(self) -> None:
        if not sys.executable:
            raise SettingError("Python does not know where its program is, so no other can be started", "Use a Python that was installed")
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115, closed in `end`
        path = [entry for entry in sys.path if isinstance(entry, str)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN.format(ascii(path))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.printed
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self.requests, self.answers = self.process.stdin, self.process.stdout
        self.end = weakref.finalize(self, _end, self.process, self.printed)

    def reason(self) -> str:
        """What the process ended with."""
        code = self.process.wait()
        if code >= 0:
            return f"exit code {code}"
        with contextlib.suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"

    def last(self, start: int) -> str:
        """What has been printed since a place in the file of it: the end of it, as a part of a message."""
        if self.printed.closed:
            return ""
        end = self.printed.seek(0, os.SEEK_END)
        self.printed.seek(max(start, end - _PRINTED))
        lines = [line.strip() for line in self.printed.read().decode(errors="replace").splitlines()]
        # What LiteRT says at each start; a line that says it again says nothing.
        kept = list(dict.fromkeys(line for line in lines if line and not line.startswith(("INFO:", "WARNING: All log messages"))))
        return f"; it printed: {' | '.join(kept)}" if kept else ""


def _end(process: subprocess.Popen[bytes], printed: IO[Any]) -> None:
    for pipe in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            pipe.close()  # type: ignore[union-attr]
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    printed.close()
