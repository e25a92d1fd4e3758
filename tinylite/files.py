"""Files as bytes in memory: mapped, so that what is read of them is loaded when it is looked at and never copied."""

from __future__ import annotations

import mmap
import os

from .errors import FileError

__all__ = ["mapped"]


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
