"""Compiled kernels: kept on disk, compiled when missing, loaded by llvmlite alone.

An object file is stored under a directory named by a hash of everything that its code depends on: all sources of this
package, numba, llvmlite and the CPU. A file appears whole, by rename, so any number of processes may fill the store at
once; one that is damaged is compiled again; a directory that cannot be written only means that nothing is kept.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from .compile import symbol
from .cpu import llvm_cpu, target
from .kernel import Kernel

__all__ = ["CompileError", "Progress", "addresses", "directory"]

# Called as progress(done, total, seconds) when compilation starts and after each kernel.
Progress = Callable[[int, int, float], None]
_MAGIC = b"tinylite kernel 1\n"


class CompileError(RuntimeError):
    """A kernel could not be compiled; the text is the compiler's."""


@functools.cache
def directory() -> Path:
    """Where this machine's kernels are kept: under TINYLITE_CACHE, or the user's cache directory."""
    root = os.environ.get("TINYLITE_CACHE")
    if not root:
        home = os.path.expanduser("~")
        if sys.platform == "win32":
            root = os.path.join(os.environ.get("LOCALAPPDATA", home), "tinylite")
        elif sys.platform == "darwin":
            root = os.path.join(home, "Library", "Caches", "tinylite")
        else:
            root = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "tinylite")
    return Path(root) / f"{target().name}-{_key()}"


def _key() -> str:
    """A hash of what compiled code depends on."""
    import llvmlite

    digest = hashlib.sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.name.encode() + source.read_bytes())
    digest.update(f"{llvmlite.__version__} {_numba_version()} {target().name} {llvm_cpu()}".encode())
    return digest.hexdigest()[:16]


def _numba_version() -> str:
    """numba's version, without the half second that importing it takes."""
    spec = importlib.util.find_spec("numba")
    if spec is None or spec.origin is None:
        return "none"
    try:
        return Path(spec.origin).with_name("_version.py").read_text()
    except OSError:
        return "unknown"


def _read(name: str) -> bytes | None:
    """A kernel's object file, if the store has it whole."""
    try:
        stored = (directory() / f"{name}.o").read_bytes()
    except OSError:
        return None
    code = stored[len(_MAGIC) + 32 :]
    if stored[: len(_MAGIC)] != _MAGIC or hashlib.sha256(code).digest() != stored[len(_MAGIC) : len(_MAGIC) + 32]:
        return None
    return code


@functools.cache
def _warn_not_kept(problem: str) -> None:
    warnings.warn(
        f"tinylite cannot keep compiled kernels ({problem}), so every process compiles them again; "
        f"set TINYLITE_CACHE to a directory that can be written",
        RuntimeWarning,
        stacklevel=2,
    )


def _write(name: str, code: bytes) -> None:
    try:
        directory().mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=directory())
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + hashlib.sha256(code).digest() + code)
            os.replace(temporary, directory() / f"{name}.o")
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        _warn_not_kept(str(error))


def _compile(kernels: list[Kernel], workers: int, progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    """Compile in `workers` processes; gives (name, object file) in the order they are done."""
    waiting: queue.SimpleQueue[Kernel] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[str, bytes] | CompileError] = queue.SimpleQueue()
    for kernel in kernels:
        waiting.put(kernel)
    cpu, features = llvm_cpu()
    # numba only makes LLVM's input; optimizing it is done once, in compile_kernel, for the target wanted.
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(path for path in sys.path if path), NUMBA_DISABLE_JIT="0",
                       NUMBA_CPU_NAME=cpu, NUMBA_CPU_FEATURES=features, NUMBA_NUM_THREADS="1", NUMBA_OPT="0")  # fmt: skip

    def serve() -> None:
        with (
            tempfile.TemporaryFile() as errors,
            subprocess.Popen(
                [sys.executable, "-m", "tinylite.kernels.compile"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
                env=environment,
            ) as worker,
        ):  # fmt: skip
            assert worker.stdin is not None and worker.stdout is not None
            try:
                while True:
                    kernel = waiting.get_nowait()
                    worker.stdin.write(f"{kernel.module} {kernel.name}\n".encode())
                    worker.stdin.flush()
                    size = int(worker.stdout.readline().split()[1])
                    done.put((kernel.name, worker.stdout.read(size)))
            except queue.Empty:
                worker.stdin.close()
            except (OSError, IndexError):
                worker.kill()
                errors.seek(0)
                done.put(CompileError(f"compiling {kernel.name} failed:\n{errors.read().decode(errors='replace')[-3000:]}"))

    start = time.monotonic()
    for _ in range(min(workers, len(kernels))):
        threading.Thread(target=serve, daemon=True).start()
    if progress:
        progress(0, len(kernels), 0.0)
    for count in range(1, len(kernels) + 1):
        result = done.get()
        if isinstance(result, CompileError):
            raise result
        if progress:
            progress(count, len(kernels), time.monotonic() - start)
        yield result


class _Loader:
    """The process's one LLVM engine, and the kernels that are in it."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self.engine: Any = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
        self.addresses: dict[str, int] = {}

    def add(self, objects: dict[str, bytes]) -> None:
        for code in objects.values():
            self.engine.add_object_file(self.llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()
        for name in objects:
            self.addresses[name] = self.engine.get_function_address(symbol(name))


_loader: _Loader | None = None
_lock = threading.Lock()


def addresses(kernels: Iterable[Kernel], progress: Progress | None = None) -> dict[str, int]:
    """The addresses of kernels by name, loaded from the store or compiled.

    `progress` hears of compilation. Raises CompileError with the compiler's words.
    """
    global _loader
    with _lock:
        if _loader is None:
            _loader = _Loader()
        wanted = {kernel.name: kernel for kernel in kernels}
        missing = [kernel for name, kernel in wanted.items() if name not in _loader.addresses]
        if missing:
            objects: dict[str, bytes] = {}
            unknown = []
            for kernel in missing:
                code = _read(kernel.name)
                if code is None:
                    unknown.append(kernel)
                else:
                    objects[kernel.name] = code
            if unknown:
                for name, code in _compile(unknown, os.cpu_count() or 1, progress):
                    _write(name, code)
                    objects[name] = code
            _loader.add(objects)
        return {name: _loader.addresses[name] for name in wanted}
