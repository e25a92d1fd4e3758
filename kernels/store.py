"""Compiled kernels: kept on disk, compiled when missing, loaded without numba.

A kernel's code is stored under a directory named by a hash of everything that its code depends on: all sources of this
package, numba, llvmlite and the CPU. A file appears whole, by rename, so any number of processes may fill the store at
once; one that is damaged is compiled again; a directory that cannot be written only means that nothing is kept.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
import threading
import zlib
from collections.abc import Iterable
from typing import Any

from .cpu import cores, host, target
from .image import linkable, load
from .kernel import CompileError, Kernel, Progress, symbol

__all__ = ["CompileError", "Progress", "addresses", "directory"]

# This module is on the way of every start: what only a compilation needs is imported when one is needed.
_MAGIC = b"tinylite kernel 1\n"
_SUM = 8  # bytes of checksum behind it


@functools.cache
def directory() -> str:
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
    return os.path.join(root, f"{target().name}-{_key()}")


def _key() -> str:
    """A checksum of what compiled code depends on."""
    folder = os.path.dirname(__file__)
    parts = [f"{_version('numba')} {_version('llvmlite')} {target().name} {host().identity}".encode()]
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as source:
                parts += [name.encode(), source.read()]
    return _checksum(b"\0".join(parts)).hex()


def _checksum(content: bytes) -> bytes:
    """Eight bytes that tell damaged or changed content; hashlib would cost more time to import than all the rest takes."""
    return zlib.crc32(content).to_bytes(4, "little") + zlib.adler32(content).to_bytes(4, "little")


def _version(package: str) -> str:
    """What a package's _version.py says, without importing the package: numba alone takes half a second."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        return "none"
    try:
        with open(os.path.join(os.path.dirname(spec.origin), "_version.py")) as file:
            return file.read()
    except OSError:
        return "unknown"


def _read(name: str) -> bytes | None:
    """A kernel's code, if the store has it whole."""
    try:
        with open(os.path.join(directory(), f"{name}.o"), "rb") as file:
            stored = file.read()
    except OSError:
        return None
    code = stored[len(_MAGIC) + _SUM :]
    return code if stored[: len(_MAGIC) + _SUM] == _MAGIC + _checksum(code) else None


@functools.cache
def _warn_not_kept(problem: str) -> None:
    import warnings

    warnings.warn(
        f"tinylite cannot keep compiled kernels ({problem}), so every process compiles them again; "
        f"set TINYLITE_CACHE to a directory that can be written",
        RuntimeWarning,
        stacklevel=2,
    )


def _write(name: str, code: bytes) -> None:
    import tempfile

    try:
        os.makedirs(directory(), exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=directory())
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(_MAGIC + _checksum(code) + code)
            os.replace(temporary, os.path.join(directory(), f"{name}.o"))
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:
        _warn_not_kept(str(error))


class _ObjectLoader:
    """Loads object files where there are no images: by llvmlite, and one engine for the process."""

    def __init__(self) -> None:
        import llvmlite.binding as llvm

        self.llvm = llvm
        llvm.initialize_native_target()
        llvm.initialize_native_asmprinter()
        machine = llvm.Target.from_default_triple().create_target_machine(jit=True)
        self.engine: Any = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)

    def load(self, name: str, code: bytes) -> int:
        self.engine.add_object_file(self.llvm.ObjectFileRef.from_data(code))
        self.engine.finalize_object()
        return int(self.engine.get_function_address(symbol(name)))


@functools.cache
def _object_loader() -> _ObjectLoader:
    return _ObjectLoader()


_addresses: dict[str, int] = {}
_lock = threading.Lock()


def _renew_lock() -> None:
    """After a fork: the thread that held it is not there to let it go."""
    global _lock  # noqa: PLW0603
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def addresses(kernels: Iterable[Kernel], progress: Progress | None = None) -> dict[str, int]:
    """The addresses of kernels by name, loaded from the store or compiled.

    `progress` hears of compilation. Raises CompileError with the compiler's words.
    """
    wanted = {kernel.name: kernel for kernel in kernels}
    with _lock:
        unknown = []
        for name, kernel in wanted.items():
            if name not in _addresses:
                code = _read(name)
                if code is None:
                    unknown.append(kernel)
                else:
                    _addresses[name] = _load(name, code)
        if unknown:
            from .build import compile_all

            for name, code in compile_all(unknown, cores(), progress):
                _addresses[name] = _load(name, code)
                _write(name, code)
        return {name: _addresses[name] for name in wanted}


def _load(name: str, code: bytes) -> int:
    return load(code) if linkable() else _object_loader().load(name, code)
