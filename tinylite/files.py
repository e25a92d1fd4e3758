"""Files as bytes: mapped, so that what is read of them is loaded when it is looked at and never copied; and written whole."""

from __future__ import annotations

import mmap
import os
import stat
from collections.abc import Iterable

from .errors import FileError

__all__ = ["mapped", "write_whole"]


def mapped(path: str | os.PathLike[str]) -> memoryview:
    """The content of a file, for reading only. Raises FileError, which says why not; the caller adds the path."""
    if os.path.isdir(path):
        raise FileError("it is a directory", "Give the path of a file inside it")
    if os.path.exists(path) and not os.path.isfile(path):
        raise FileError("it is a pipe, a socket or a device, which cannot be mapped", "Save the model as a file first")
    try:
        with open(path, "rb") as file:
            if os.fstat(file.fileno()).st_size == 0:
                return memoryview(b"")
            return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except FileNotFoundError:
        raise FileError("there is no such file", f"The current directory is {os.getcwd()}") from None
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        raise FileError(f"it cannot be read: {error}", "Check the path and its permissions") from None


def write_whole(path: str, parts: Iterable[bytes | memoryview]) -> None:
    """Write a file that appears under its name when its last byte is written. Raises FileError.

    A link stays, and its target is written; a device or a pipe, such as /dev/stdout, is written into.
    """
    import tempfile  # which takes a while, and nobody needs who only reads

    try:
        mode = os.stat(path or ".").st_mode
        if stat.S_ISDIR(mode):
            raise FileError("it cannot be written: it is a directory", "Give the name of a file")
        if not stat.S_ISREG(mode):
            with open(path, "wb") as file:
                for part in parts:
                    file.write(part)
            return
    except FileNotFoundError:
        pass
    except OSError as error:
        raise FileError(f"it cannot be written: {error.strerror}", "Give another file") from None
    path = os.path.realpath(path)
    if not os.path.isdir(os.path.dirname(path)):
        raise FileError("it cannot be written: its directory does not exist", "Make the directory, or give another file")
    try:
        descriptor, temporary = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".tinylite-")
    except OSError as error:
        raise FileError(f"it cannot be written: {error.strerror}", "Check the permissions of its directory") from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            for part in parts:
                file.write(part)
        os.chmod(temporary, 0o666 & ~_umask())
        os.replace(temporary, path)
    except BaseException as error:
        os.unlink(temporary)
        if isinstance(error, OSError):
            raise FileError(f"it cannot be written: {error.strerror}", "Check the space on the disk and the permissions") from None
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
