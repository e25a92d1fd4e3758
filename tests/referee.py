"""LiteRT, or tflite-micro, as a referee in a separate process: should it end that process, one test fails and says so, and the next has
another.

`Remote` is the interpreter to whoever calls its methods; what they take and return goes through a pipe. So its arrays are copies.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import pickle
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["Died", "Remote"]

# What is asked besides an interpreter's methods: to make one, and to call a signature.
_MAKE, _CALL = "its constructor", "a signature"


class Died(Exception):
    """LiteRT has ended its process. No RuntimeError, which LiteRT raises where it refuses a model."""


class _Process:
    """The process in which the interpreters are. One serves all tests, unless it dies."""

    def __init__(self) -> None:
        self.dropped: list[int] = []  # interpreters that nobody has any more
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.referee"], cwd=Path(__file__).parent.parent, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )  # fmt: skip
        atexit.register(self.end)

    def ask(self, number: int, method: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
        """What a method of an interpreter returns, or raise what it raises."""
        sent, answers = self.process.stdin, self.process.stdout
        assert sent is not None and answers is not None
        dropped = self.dropped[:]
        del self.dropped[: len(dropped)]
        try:
            pickle.dump((dropped, number, method, arguments, options), sent)
            sent.flush()
            failed, answer = pickle.load(answers)
        except (OSError, EOFError):
            code = self.end()
            name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
            raise Died(f"LiteRT ended its process in {method} ({name})") from None
        if failed:
            raise answer
        return answer

    def end(self) -> int:
        """End the process; returns its exit code, negative for a signal."""
        for pipe in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        atexit.unregister(self.end)
        return self.process.wait()


_running: list[_Process] = []


def _process() -> _Process:
    if not _running or _running[0].process.poll() is not None:
        _running[:] = [_Process()]
    return _running[0]


class Remote:
    """ai_edge_litert's Interpreter, made with these keywords in the referee's process."""

    count = 0

    def __init__(self, **options: Any) -> None:
        Remote.count += 1
        self._number = Remote.count
        self._process = _process()
        self._process.ask(self._number, _MAKE, (), options)
        weakref.finalize(self, self._process.dropped.append, self._number)

    def get_signature_runner(self, key: str | None = None) -> Callable[..., dict[str, Any]]:
        return lambda **inputs: self._process.ask(self._number, _CALL, (key,), inputs)

    def __getattr__(self, method: str) -> Any:
        return lambda *arguments, **options: self._process.ask(self._number, method, arguments, options)


def _litert(**options: Any) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    return Interpreter(**options)


def _tflite_micro(model_content: bytes) -> Any:
    """Keeps all tensors, which GetTensor(index, graph) then returns, and has room for models that are mostly activations."""
    from tflite_micro.python.tflite_micro.runtime import Interpreter, InterpreterConfig

    keep = InterpreterConfig.kPreserveAllTensors
    return Interpreter.from_bytes(model_content, arena_size=max(1 << 22, 10 * len(model_content)), intrepreter_config=keep)


_MAKERS = {"litert": _litert, "tflite_micro": _tflite_micro}


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever LiteRT may print is not an answer
    interpreters: dict[int, Any] = {}
    while True:
        try:
            dropped, number, method, arguments, options = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for gone in dropped:
            interpreters.pop(gone, None)
        answer: tuple[bool, Any] = False, None
        try:
            if method == _MAKE:
                interpreters[number] = _MAKERS[options.pop("runtime", "litert")](**options)
            elif method == _CALL:
                answer = False, interpreters[number].get_signature_runner(*arguments)(**options)
            else:
                answer = False, getattr(interpreters[number], method)(*arguments, **options)
        except Exception as error:
            answer = True, error
        pickle.dump(answer, answers)
        answers.flush()


if __name__ == "__main__":
    main()
