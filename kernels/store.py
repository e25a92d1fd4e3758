"""Compiled kernels: kept on disk, compiled when missing, loaded without numba.

A kernel's code is stored under a directory named by a hash of everything that its code depends on: all sources of this
package, numba, llvmlite and the CPU. A file appears whole, by rename, so any number of processes may fill the store at
once; one that is damaged is compiled again; a directory that cannot be written only means that nothing is kept. A checksum tells
damage; that nobody else has written a file is told by its owner and mode (see private.py): code from no other file is run.
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
from .image import ImageError, linkable, load
from .kernel import CompileError, Kernel, Progress, symbol
from .private import Folder, NotPrivateError

__all__ = ["CompileError", "Progress", "addresses", "directory"]

# This module is on the way of every start: what only a compilation needs is imported when one is needed.
_MAGIC = b"tinylite kernel 2\n"
_SUM = 8  # bytes of checksum after it
# Sources of this package that say how code is kept and who compiles it, and nothing of what the code is.
_BESIDE = ("build.py", "private.py", "store.py")


@functools.cache
def _root() -> str:
    """The folder of all kernels, of any version: TINYLITE_CACHE, or the user's cache directory."""
    root = os.environ.get("TINYLITE_CACHE")
    if root:
        return root
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        return os.path.join(os.environ.get("LOCALAPPDATA", home), "tinylite")
    if sys.platform == "darwin":
        return os.path.join(home, "Library", "Caches", "tinylite")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.join(home, ".cache"), "tinylite")


@functools.cache
def _place() -> str:
    """The name in it of the folder of those that this process can use."""
    return f"{target().name}-{_key()}"


def directory() -> str:
    """Where the kernels that this process can use are kept."""
    return os.path.join(_root(), _place())


def _key() -> str:
    """A checksum of what compiled code depends on: the sources, except those that only keep it."""
    folder = os.path.dirname(__file__)
    parts = [f"{_version('numba')} {_version('llvmlite')} {target().name} {host().identity}".encode()]
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py") and name not in _BESIDE:
            with open(os.path.join(folder, name), "rb") as source:
                parts += [name.encode(), source.read()]
    return _checksum(b"\0".join(parts)).hex()


def _checksum(content: bytes, name: str = "") -> bytes:
    """Eight bytes that tell damaged or changed content, and what is under another name than it was kept under.

    They keep nobody out; hashlib would cost more time to import than all the rest takes.
    """
    about = name.encode()
    return zlib.crc32(content, zlib.crc32(about)).to_bytes(4, "little") + zlib.adler32(content, zlib.adler32(about)).to_bytes(4, "little")


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


@functools.cache
def _warn_once(problem: str) -> None:
    import warnings

    warnings.warn(problem, RuntimeWarning, stacklevel=2)


def _distrust(error: NotPrivateError) -> None:
    _warn_once(
        f"tinylite runs no code from its cache of compiled kernels that others may have written: {error}. It compiles in memory instead. "
        f"If you trust what is there, make it yours alone (chmod -R go-w {_root()}); otherwise delete it, or set TINYLITE_CACHE to a "
        "folder of your own"
    )


def _load_kept(kernels: list[Kernel]) -> list[Kernel]:
    """Load the kernels that the store has; returns the others."""
    try:
        with Folder(_root(), _place()) as folder:
            return [kernel for kernel in kernels if not _load_from(folder, kernel.name)]
    except NotPrivateError as error:
        _distrust(error)
    except OSError:
        pass
    return kernels


def _load_from(folder: Folder, name: str) -> bool:
    """Load a kernel from the store, if it is there whole and nobody else can have written it."""
    try:
        stored = folder.read(f"{name}.o")
        code = stored[len(_MAGIC) + _SUM :]
        if stored[: len(_MAGIC) + _SUM] != _MAGIC + _checksum(code, f"{_place()}/{name}"):
            return False
        _addresses[name] = _load(name, code)
        return True
    except NotPrivateError as error:
        _distrust(error)
    except (OSError, ImageError):
        pass
    return False


def _keep(name: str, code: bytes) -> None:
    try:
        Folder.make(_root(), _place())
        with Folder(_root(), _place()) as folder:
            folder.write(f"{name}.o", _MAGIC + _checksum(code, f"{_place()}/{name}") + code)
    except NotPrivateError as error:
        _distrust(error)
    except OSError as error:
        _warn_once(
            f"tinylite cannot keep compiled kernels ({error.strerror} in {directory()}), so every process compiles them again; "
            "set TINYLITE_CACHE to a directory that can be written"
        )


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
        try:
            self.engine.add_object_file(self.llvm.ObjectFileRef.from_data(code))
        except RuntimeError as error:
            raise ImageError(f"it is not an object file: {error}") from None
        self.engine.finalize_object()
        address = int(self.engine.get_function_address(symbol(name)))
        if address == 0:
            raise ImageError(f"it does not define {symbol(name)!r}")
        return address


@functools.cache
def _object_loader() -> _ObjectLoader:
    return _ObjectLoader()


_addresses: dict[str, int] = {}
_lock = threading.RLock()  # which the handler of a signal may want, too, that comes while kernels compile


def _renew_lock() -> None:
    """After a fork: the thread that held it is not there to let it go."""
    global _lock  # noqa: PLW0603
    _lock = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


def addresses(kernels: Iterable[Kernel], progress: Progress | None = None) -> dict[str, int]:
    """The addresses of kernels by name, loaded from the store or compiled.

    `progress` hears of compilation. Raises CompileError with the compiler's words.
    """
    wanted = {kernel.name: kernel for kernel in kernels}
    with _lock:
        missing = [kernel for name, kernel in wanted.items() if name not in _addresses]
        if missing:
            missing = _load_kept(missing)
        if missing:
            from .build import compile_all

            for name, code in compile_all(missing, cores(), progress):
                try:
                    _addresses[name] = _load(name, code)
                except OSError as error:
                    raise CompileError(
                        f"loading {name} failed: {error}", "Raise the limit of memory, or allow memory to run code"
                    ) from None
                _keep(name, code)
        return {name: _addresses[name] for name in wanted}


def _load(name: str, code: bytes) -> int:
    """The address of a kernel. Raises ImageError if `code` is none, OSError if the system does not allow it."""
    return load(code) if linkable() else _object_loader().load(name, code)
