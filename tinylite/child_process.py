"""A process to talk to over pipes, so that one that crashes, hangs or prints takes nothing along."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import tempfile
import threading
import weakref
from collections.abc import Mapping, Sequence
from typing import IO, Any

__all__ = ["ChildProcess", "TimeLimit"]

_PRINTED = 2000  # bytes of what a process has printed last that an error shows


class ChildProcess:
    """A process that has been started: `requests` and `answers` are its stdin and stdout; what it prints to stderr is kept.

    Raises OSError if it cannot be started.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str] | None = None, folder: str | None = None) -> None:
        self.printed = tempfile.TemporaryFile()  # noqa: SIM115, closed in `end`
        try:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.printed, env=environment, cwd=folder
            )
        except BaseException:
            self.printed.close()
            raise
        assert self.process.stdin is not None and self.process.stdout is not None
        self.requests, self.answers = self.process.stdin, self.process.stdout
        self.end = weakref.finalize(self, _end, self.process, self.printed)

    def mark(self) -> int:
        """The place in what it prints that has been reached, for `last`."""
        return self.printed.seek(0, os.SEEK_END)

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

    def close(self, at_once: bool = False) -> None:
        """End the process: when it has answered what it was asked, or at once."""
        if at_once:
            self.process.kill()
        self.end()


class TimeLimit:
    """Ends a process that takes longer for a step than it may; `late` says that it did."""

    def __init__(self, seconds: float, process: subprocess.Popen[bytes]) -> None:
        self.seconds, self.process, self.late = seconds, process, False
        self.restart()

    def restart(self) -> None:
        """Begin another step."""
        self.stop()
        self._timer = threading.Timer(self.seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def stop(self) -> None:
        """There is no further step."""
        if hasattr(self, "_timer"):
            self._timer.cancel()

    def _end(self) -> None:
        self.late = True
        self.process.kill()


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
