"""Folders that appear whole or not at all, as `write_whole` writes files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress

from ..errors import FileError, at
from .io import keep_name, umask

__all__ = ["check_new_folder", "write_folder"]

_OTHER = "Give another folder, or empty this one"


def check_new_folder(path: str, replaceable: bool = False) -> None:
    """Raise FileError, before any work is done, if `write_folder` could not write there.

    A folder of that name must be empty, unless the caller has found it `replaceable`.
    """
    if not path:
        raise FileError("the name of the folder is empty", "Give the name of a folder")
    try:
        parent = os.path.dirname(os.path.realpath(path))
        if os.path.lexists(path) and not os.path.isdir(path):
            raise FileError("it is a file, where a folder is to be written", "Give another name")
        if os.path.isdir(path) and os.listdir(path) and not replaceable:
            raise FileError("it is a folder that holds files, which stay as they are", _OTHER)
    except (OSError, ValueError) as error:  # ValueError: a path with a zero byte
        if isinstance(error, FileError):
            raise
        raise FileError(f"it cannot be written: {getattr(error, 'strerror', error)}", "Give another folder") from None
    if not os.path.isdir(parent):
        raise FileError("it cannot be written: the folder around it does not exist", "Make that folder first, or give another name")


def write_folder(path: str, files: Iterable[tuple[str, bytes]], replaceable: bool = False) -> None:
    """Write a folder that appears under its name when the last byte of its last file is on the disk. Raises FileError with its path.

    `files` are names, with / between the parts of those in folders within it, and contents. An empty folder of that name is
    replaced, and with `replaceable` any.
    """
    import tempfile

    place = path
    with at(place):
        check_new_folder(path, replaceable)
        path = os.path.realpath(path)
        parent = os.path.dirname(path)
        try:
            temporary = tempfile.mkdtemp(dir=parent, prefix=".tinylite-")
        except OSError as error:
            raise FileError(f"it cannot be written: {error.strerror}", "Check the permissions of the folder around it") from None
    old = None
    try:
        folders = {temporary}
        for name, content in files:
            file = os.path.join(temporary, *name.split("/"))
            os.makedirs(os.path.dirname(file), exist_ok=True)
            folders.add(os.path.dirname(file))
            with open(file, "xb") as written:
                written.write(content)
                written.flush()
                os.fsync(written.fileno())
        os.chmod(temporary, 0o777 & ~umask())
        for folder in folders:
            keep_name(folder)
        if os.path.isdir(path):
            old = tempfile.mkdtemp(dir=parent, prefix=".tinylite-")
            os.rename(path, os.path.join(old, "old"))
        os.rename(temporary, path)
    except BaseException as error:
        if old is not None and not os.path.lexists(path):
            with suppress(OSError):  # what was there comes back
                os.rename(os.path.join(old, "old"), path)
        shutil.rmtree(temporary, ignore_errors=True)
        if old is not None and not os.path.lexists(os.path.join(old, "old")):
            shutil.rmtree(old, ignore_errors=True)
        if isinstance(error, OSError):
            with at(place):
                raise FileError(f"it cannot be written: {error.strerror}", "Check the space on the disk and the permissions") from None
        raise
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
    keep_name(parent)
