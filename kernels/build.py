"""Have kernels compiled by processes of their own (see compile.py), several at a time."""

from __future__ import annotations

import contextlib
import json
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

_WORKER = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from tinylite.kernels.compile import main; main()"


def compile_all(kernels: list[Kernel], workers: int, progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    """Compile in `workers` processes; gives (name, object file) in the order they are done."""
    waiting: queue.SimpleQueue[Kernel] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, bytes] | CompileError] = queue.SimpleQueue()
    for kernel in kernels:
        waiting.put(kernel)
    cpu, features = llvm_cpu()
    # numba only makes LLVM's input; optimizing it is done once, in compile_kernel, for the target wanted.
    environment = dict(os.environ, NUMBA_DISABLE_JIT="0", NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES=features, NUMBA_NUM_THREADS="1",
                       NUMBA_OPT="0")  # fmt: skip
    # The worker finds what this process would, wherever it was started: not a folder `tinylite` that happens to be here.
    command = [sys.executable, "-c", _WORKER, json.dumps(sys.path)]

    def compile_with(worker: subprocess.Popen[bytes], kernel: Kernel) -> bytes:
        assert worker.stdin is not None and worker.stdout is not None
        worker.stdin.write(f"{kernel.module} {kernel.name}\n".encode())
        worker.stdin.flush()
        size = int(worker.stdout.readline().split()[1])
        code = worker.stdout.read(size)
        if len(code) != size:
            raise EOFError(f"{len(code)} bytes of {size} came")
        return code

    def serve() -> None:
        name = "kernels"
        with tempfile.TemporaryFile() as errors:
            try:
                with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment) as worker:
                    try:
                        while not waiting.empty():
                            with contextlib.suppress(queue.Empty):
                                kernel = waiting.get_nowait()
                                name = kernel.name
                                done.put((name, compile_with(worker, kernel)))
                    except BaseException:
                        worker.kill()
                        raise
            except Exception as error:  # whatever it is, somebody waits for an answer
                errors.seek(0)
                said = errors.read().decode(errors="replace")[-3000:] or repr(error)
                done.put(CompileError(f"compiling {name} failed:\n{said}"))

    start = time.monotonic()
    for _ in range(min(workers, len(kernels))):
        threading.Thread(target=serve, daemon=True).start()
    if progress:
        progress(0, len(kernels), 0.0)
    for count in range(1, len(kernels) + 1):
        result = done.get()
        if isinstance(result, CompileError):
            with contextlib.suppress(queue.Empty):
                while True:
                    waiting.get_nowait()
            raise result
        if progress:
            progress(count, len(kernels), time.monotonic() - start)
        yield result
