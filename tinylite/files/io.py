"""Files as bytes: read whole, or mapped where they are large; and written whole.

A file of less than MAPPED_FROM bytes is read into memory, so that whatever becomes of it afterwards, what was read stays.
Reading takes about 0.3 ms a megabyte, which is little beside what is done with the content, but adds up: from 128 MB on
(some 40 ms, and memory that a process may lack) a file is mapped, and its pages are loaded when they are looked at. Truncating a
mapped file takes pages away, and looking at those ends the process; so `check_unchanged` is asked before many are looked at.
"""

from __future__ import annotations

import glob
import io
import mmap
import os
import stat
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, BinaryIO

import numpy as np

from ..errors import FileError, OutOfMemoryError, at

__all__ = [
    "MAPPED_FROM", "check_no_pipes", "check_not_source", "check_readable", "check_unchanged", "check_writable", "content_of",
    "current_directory", "ends_of", "keep_name", "stream_of", "umask", "write_whole",
]  # fmt: skip

MAPPED_FROM = 128 << 20  # bytes

_CHANGING = "Wait until the program that writes it has finished, and try again"
_PERMISSIONS = "Check the path and its permissions"
_EXISTS = ("there is such a file already", "Give another name, or ask for it to be overwritten")
_REPLACE = "Load it again; to replace a file that is in use, write a new one and rename it, as Model.save does"


class _Mapping(mmap.mmap):
    """A mapped file that can detect whether it has changed."""

    path: str
    state: tuple[int, int]
    descriptor: int

    def check(self) -> None:
        if _state(self.descriptor) != self.state:
            raise FileError(f"{self.path}: it has been changed since it was loaded, and it is too large to be kept in memory", _REPLACE)


def content_of(path: str | os.PathLike[str]) -> memoryview:
    """The content of a file, for reading only. Raises FileError, which says why not; the caller adds the path."""
    with _opened(path) as file:
        size, _ = state = _state(file.fileno())
        if size >= MAPPED_FROM:
            mapping = _Mapping(file.fileno(), 0, access=mmap.ACCESS_READ)
            mapping.path, mapping.state, mapping.descriptor = os.fsdecode(path), state, os.dup(file.fileno())
            weakref.finalize(mapping, os.close, mapping.descriptor)
            return memoryview(mapping)
        try:
            content: memoryview = np.empty(size, np.uint8).data  # bytes would be set to zero first, which takes as long again
        except MemoryError:
            raise OutOfMemoryError(f"it has {size} bytes, for which there is no memory", "Free some, or use a larger machine") from None
        found = 0
        while found < size and (count := file.readinto(content[found:])):  # type: ignore[attr-defined]
            found += count
        if found < size or file.read(1) or _state(file.fileno()) != state:
            raise FileError("it changed while it was read", _CHANGING)
        return content.toreadonly()


def ends_of(path: str | os.PathLike[str], first: int, last: int) -> tuple[bytes, bytes]:
    """The first and the last bytes of a file, so many at most. Raises FileError as `content_of` does."""
    with _opened(path) as file:
        head = file.read(first)
        file.seek(max(_state(file.fileno())[0] - last, 0))
        return head, file.read(last)


def current_directory() -> str:
    """Where a relative path starts, as a remedy for one that leads nowhere."""
    try:
        return f"The current directory is {os.getcwd()}"
    except OSError:
        return "The current directory has been removed: change to another"


def check_unchanged(contents: Iterable[Any]) -> None:
    """Raise FileError if an array or memoryview among these is part of a mapped file that has been changed since."""
    checked: set[int] = set()
    for content in contents:
        base = content
        while isinstance(base, (np.ndarray, memoryview)):
            base = base.base if isinstance(base, np.ndarray) else base.obj
        if isinstance(base, _Mapping) and id(base) not in checked:
            checked.add(id(base))
            base.check()


def _state(descriptor: int) -> tuple[int, int]:
    """What changes with a file: its size, and when it was written last."""
    found = os.fstat(descriptor)
    return found.st_size, found.st_mtime_ns


def check_readable(path: str | os.PathLike[str]) -> None:
    """Raise FileError for what is not there or cannot be read, before another package opens it: a pipe would keep it waiting."""
    with _opened(path):
        pass


def check_no_pipes(start: str, *patterns: str) -> None:
    """Raise FileError if one of the files that another package may read is a pipe or a device: `start` and what a pattern adds to it."""
    for pattern in patterns:
        for path in glob.glob(glob.escape(start) + pattern):
            if os.path.exists(path) and not os.path.isdir(path):
                with at(path):
                    check_readable(path)


@contextmanager
def stream_of(path: str | os.PathLike[str], content: bytes | None = None) -> Iterator[IO[bytes]]:
    """A file to read from, or this `content` if it has been read already. Raises FileError as `content_of` does."""
    if content is not None:
        yield io.BytesIO(content)
        return
    with _opened(path) as raw, io.BufferedReader(raw) as file:  # type: ignore[type-var]
        yield file


@contextmanager
def _opened(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A file to read from, without a buffer. Raises FileError, for pipes and devices too, which might never end."""
    if os.path.isdir(path):
        raise FileError("it is a directory", "Give the path of a file inside it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileError("it is a pipe, a socket or a device", "Save what it holds as a file first")
    try:
        file = open(path, "rb", buffering=0, opener=_at_once)  # noqa: SIM115, closed below
    except FileNotFoundError:
        raise FileError("there is no such file", current_directory()) from None
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise FileError(f"it cannot be read: {error}", _PERMISSIONS) from None
    with file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):  # since it was looked at
            raise FileError("it is a pipe, a socket or a device", "Save what it holds as a file first")
        try:
            yield file
        except OSError as error:
            raise FileError(f"it cannot be read: {error}", _PERMISSIONS) from None


def _at_once(path: str, flags: int) -> int:
    """Open a file, and do not wait for somebody to write to it if it has become a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def check_not_source(path: str | os.PathLike[str], source: Any) -> None:
    """Raise FileError, before any work is done, if a result at `path` would replace the `source`, which cannot be made of it again."""
    if isinstance(source, (str, os.PathLike)):
        same = False
        with suppress(OSError, ValueError):  # where one of them is not there
            same = os.path.samefile(path, source)
        if same:
            raise FileError(f"{os.fspath(path)}: it is the file that is read, and would be lost", "Give the result another name")


def write_whole(path: str, parts: Iterable[bytes | memoryview], replace: bool = True) -> None:
    """Write a file that appears under its name when its last byte is on the disk. Raises FileError.

    So whoever reads it, even after a power loss, finds the old file or the new one, and never a part. A link stays, and its target
    is written; a device or a pipe, such as /dev/stdout, is written into. Without `replace` a file that is there already is an error,
    even one that another process has written meanwhile.
    """
    with _written_into(path):
        mode = _mode(path)
        if mode is not None and not stat.S_ISREG(mode):
            with open(path, "wb") as file:
                for part in parts:
                    file.write(part)
            return
    if mode is not None and not replace:
        raise FileError(*_EXISTS)
    path = os.path.realpath(path)
    descriptor, temporary = _temporary_beside(path)
    try:
        with os.fdopen(descriptor, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.chmod(temporary, 0o666 & ~umask())
            os.fsync(file.fileno())
        _rename(temporary, path, replace)
    except BaseException as error:
        with suppress(OSError):  # somebody else may have removed it, or its folder
            os.unlink(temporary)
        if isinstance(error, OSError):
            raise FileError(f"it cannot be written: {error.strerror}", "Check the space on the disk and the permissions") from None
        raise
    keep_name(os.path.dirname(path))


def check_writable(path: str | os.PathLike[str]) -> None:
    """Raise FileError, before any work is done, if `write_whole` could not write a result at `path`."""
    where = os.fsdecode(path)
    with at(where):
        with _written_into(where):
            mode = _mode(where)
        if mode is None or stat.S_ISREG(mode):
            descriptor, temporary = _temporary_beside(os.path.realpath(where))
            os.close(descriptor)
            os.unlink(temporary)


def _mode(path: str) -> int | None:
    """What there is already at a path that will be written; None if nothing. Raises FileError for a directory."""
    try:
        mode = os.stat(path or ".").st_mode
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(mode):
        raise FileError("it cannot be written: it is a directory", "Give the name of a file")
    return mode


@contextmanager
def _written_into(path: str) -> Iterator[None]:
    """Turn the errors of looking at a path that will be written, and of writing into a device there, into FileError."""
    try:
        yield
    except FileError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte, or with half a surrogate pair
        raise FileError(f"it cannot be written: {getattr(error, 'strerror', error)}", "Give another file") from None


def _temporary_beside(path: str) -> tuple[int, str]:
    """A new file in the directory of a path, open, and its name. Raises FileError."""
    import tempfile  # which takes a while, and nobody needs who only reads

    if not os.path.isdir(os.path.dirname(path)):
        raise FileError("it cannot be written: its directory does not exist", "Make the directory, or give another file")
    try:
        return tempfile.mkstemp(dir=os.path.dirname(path), prefix=".tinylite-")
    except OSError as error:
        raise FileError(f"it cannot be written: {error.strerror}", "Check the permissions of its directory") from None


def _rename(temporary: str, path: str, replace: bool) -> None:
    """Give a file its name. A second name, unlike a rename, is refused where there is such a file."""
    if not replace:
        try:
            os.link(temporary, path)
            os.unlink(temporary)
            return
        except FileExistsError:
            raise FileError(*_EXISTS) from None
        except OSError:  # a file system without links
            if os.path.lexists(path):
                raise FileError(*_EXISTS) from None
    os.replace(temporary, path)


def keep_name(folder: str) -> None:
    """Flush a folder, so that a new name in it outlasts a power loss, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def umask() -> int:
    """The permissions that the process takes from files that it makes."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
