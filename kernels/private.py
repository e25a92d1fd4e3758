"""Files that nobody else can have written: machine code is run from no others.

A file or folder is private if its owner is this user or root and neither its group nor anybody else may write to it. Everything is
looked at by descriptor, so what is checked is what is read, whatever happens to the names meanwhile. Where there are no owners
and modes of this kind (Windows), a file is as private as the folder that it is in.
"""

from __future__ import annotations

import contextlib
import os
import stat

__all__ = ["Folder", "NotPrivateError"]

_OWNED = hasattr(os, "geteuid") and os.open in os.supports_dir_fd
_NO_LINK = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
_DIRECTORY = getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)


class NotPrivateError(Exception):
    """A file or folder that others may have written; the text says which and why."""


def _check(path: str, found: os.stat_result, sticky: bool = False) -> None:
    if found.st_uid not in (os.geteuid(), 0):
        raise NotPrivateError(f"{path} belongs to another user (number {found.st_uid})")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH) and not (sticky and found.st_mode & stat.S_ISVTX):
        raise NotPrivateError(f"others may write to {path} (its mode is {stat.S_IMODE(found.st_mode):04o})")


class Folder:
    """The folder `name` in the folder `root`, open for as long as a `with` lasts.

    `root` may be a link, and open to others if it is sticky, as /tmp is: they cannot replace what is not theirs. Raises
    NotPrivateError, or OSError if the folder is not there.
    """

    def __init__(self, root: str, name: str) -> None:
        self._path = os.path.join(root, name)
        self._descriptor: int | None = None
        if not _OWNED:
            return
        above = os.open(root, os.O_RDONLY | _DIRECTORY)
        try:
            _check(root, os.fstat(above), sticky=True)
            self._descriptor = os.open(name, os.O_RDONLY | _NO_LINK | _DIRECTORY, dir_fd=above)
        finally:
            os.close(above)
        try:
            _check(self._path, os.fstat(self._descriptor))
        except BaseException:
            self.close()
            raise

    @staticmethod
    def make(root: str, name: str) -> None:
        """Make both folders, for this user alone, where they are missing. Raises OSError."""
        os.makedirs(root, 0o700, exist_ok=True)
        os.makedirs(os.path.join(root, name), 0o700, exist_ok=True)

    def close(self) -> None:
        """Let the descriptor go."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)

    def __enter__(self) -> Folder:
        return self

    def __exit__(self, *unused: object) -> None:
        self.close()

    def _at(self, name: str) -> str:
        """What to open: a name in the folder's descriptor, or a path where there is none."""
        return name if self._descriptor is not None else os.path.join(self._path, name)

    def read(self, name: str) -> bytes:
        """A file's content. Raises NotPrivateError, or OSError."""
        descriptor = os.open(self._at(name), os.O_RDONLY | _NO_LINK, dir_fd=self._descriptor)
        with open(descriptor, "rb", buffering=0) as file:
            if _OWNED:
                found = os.fstat(descriptor)
                if not stat.S_ISREG(found.st_mode):
                    raise NotPrivateError(f"{os.path.join(self._path, name)} is not a regular file")
                _check(os.path.join(self._path, name), found)
            return file.read()

    def write(self, name: str, content: bytes) -> None:
        """Write a file for this user alone, which appears whole or not at all. Raises OSError."""
        temporary = f".{name}.{os.urandom(8).hex()}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_LINK
        descriptor = os.open(self._at(temporary), flags, 0o600, dir_fd=self._descriptor)
        try:
            # It is not flushed to the disk: after a power loss the checksum tells a damaged file, which is compiled again.
            with open(descriptor, "wb") as file:
                file.write(content)
            os.replace(self._at(temporary), self._at(name), src_dir_fd=self._descriptor, dst_dir_fd=self._descriptor)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(self._at(temporary), dir_fd=self._descriptor)
            raise
