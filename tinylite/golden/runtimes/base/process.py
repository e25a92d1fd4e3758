"""A process in which runtimes run, so that one that crashes, hangs or prints takes nothing along."""

from __future__ import annotations

import sys
import threading

import numpy as np

from ....child_process import ChildProcess, TimeLimit
from ....errors import InvokeError, MissingPackageError, SettingError, quoted
from .messages import receive, send

__all__ = ["TIMEOUT", "RuntimeProcess"]

TIMEOUT = 600.0  # seconds for a step of a run, such as invoke

_MAIN = "import sys; sys.path[:] = {}; from tinylite.golden.runtimes.base.child import main; main()"
_INSTALL = "Install its package again, with what it needs"
_OTHER = "Check with another runtime, or with tinylite's own arithmetic"


class RuntimeProcess:
    """Runs models in runtimes, each request in the same process until one ends it; the next then starts another."""

    def __init__(self, timeout: float = TIMEOUT) -> None:
        if isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
            raise SettingError(f"the timeout is {quoted(timeout)}", "Give seconds, more than 0")
        self.timeout = min(timeout, threading.TIMEOUT_MAX)
        self._running: ChildProcess | None = None

    def run(
        self, runtime: str, content: bytes | memoryview, inputs: list[np.ndarray], wanted: list[int]
    ) -> tuple[list[np.ndarray], dict[int, np.ndarray]]:
        """Run a model: the outputs, and of the tensors of these indices in its first graph those that the runtime keeps.

        Raises InvokeError, with what the runtime has printed, if it refuses the model or an input, ends its process, or takes longer
        than the timeout for a step, and MissingPackageError if it cannot be imported. The next run is unaffected.
        """
        if self._running is None:
            self._running = _started()
        running, doing = self._running, "its start"
        printed = running.mark()
        timer = TimeLimit(self.timeout, running.process)
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
            running.close(at_once)


def _started() -> ChildProcess:
    if not sys.executable:
        raise SettingError("Python does not know where its program is, so no other can be started", "Use a Python that was installed")
    path = [entry for entry in sys.path if isinstance(entry, str)]
    return ChildProcess([sys.executable, "-c", _MAIN.format(ascii(path))])
