"""Have kernels compiled by processes of their own (see compile.py), several at a time."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator

from .cpu import llvm_cpu
from .kernel import CompileError, Kernel, Progress

__all__ = ["compile_all"]

# Nothing is imported before the parent's path is there: `python -c` would look into the current directory first.
_WORKER = "import sys; sys.path[:] = sys.argv[2:]; from tinylite.kernels.compile import main; main(int(sys.argv[1]))"


class _Worker:
    """A process that compiles one kernel after the other. Raises OSError if it cannot be started."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115, serve() closes it
        try:
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment)
        except BaseException:
            self.errors.close()
            raise

    def compile(self, kernel: Kernel) -> bytes:
        """What the store keeps of a kernel. Raises whatever stands in the way."""
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{kernel.module} {kernel.name}\n".encode())
        self.process.stdin.flush()
        size = int(self.process.stdout.readline().split()[1])
        code = self.process.stdout.read(size)
        if len(code) != size:
            raise EOFError(f"{len(code)} bytes of {size} came")
        return code

    def serve(self, waiting: queue.SimpleQueue[Kernel], done: queue.SimpleQueue[tuple[str, bytes] | CompileError]) -> None:
        """Compile what waits, until nothing does or something fails."""
        name = "kernels"
        with self.errors, self.process:
            try:
                while True:
                    with contextlib.suppress(queue.Empty):
                        kernel = waiting.get_nowait()
                        name = kernel.name
                        done.put((name, self.compile(kernel)))
                        continue
                    break
            except Exception as error:  # whatever it is, somebody waits for an answer
                self.process.kill()
                self.errors.seek(0)
                said = self.errors.read().decode(errors="replace")[-3000:] or repr(error)
                done.put(CompileError(f"compiling {name} failed:\n{said}"))


def compile_all(kernels: list[Kernel], workers: int, progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    """Compile in up to `workers` processes; yields (name, what the store keeps) in the order they are done. Raises CompileError.

    No process outlasts the iteration, however it ends.
    """
    waiting: queue.SimpleQueue[Kernel] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, bytes] | CompileError] = queue.SimpleQueue()
    for kernel in kernels:
        waiting.put(kernel)
    cpu, features = llvm_cpu()
    # numba only makes LLVM's input; optimizing it is done once, in compile_kernel, for the target wanted.
    environment = dict(os.environ, NUMBA_DISABLE_JIT="0", NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES=features, NUMBA_NUM_THREADS="1",
                       NUMBA_OPT="0")  # fmt: skip
    # The worker finds what this process would, wherever it was started: not a folder `tinylite` that happens to be here.
    command = [sys.executable, "-c", _WORKER, str(os.getpid()), *sys.path]
    start = time.monotonic()
    started: list[_Worker] = []
    try:
        serving = 0
        for _ in range(min(workers, len(kernels))):
            try:
                started.append(_Worker(command, environment))
                threading.Thread(target=started[-1].serve, args=(waiting, done), daemon=True).start()
                serving += 1
            except (OSError, RuntimeError) as error:  # RuntimeError: no more threads
                if serving == 0:
                    raise CompileError(
                        f"compiling needs another process, which cannot be started: {error}",
                        "Raise the limits of processes, open files and memory (ulimit -a)",
                    ) from None
                break
        if progress:
            progress(0, len(kernels), 0.0)
        for count in range(1, len(kernels) + 1):
            result = done.get()
            if isinstance(result, CompileError):
                raise result
            if progress:
                progress(count, len(kernels), time.monotonic() - start)
            yield result
    finally:
        with contextlib.suppress(queue.Empty):
            while True:
                waiting.get_nowait()
        for worker in started:
            worker.process.kill()
            worker.process.wait()
