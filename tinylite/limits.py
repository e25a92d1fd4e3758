"""What a file may take: one limit on memory, one on the iterations of loops, and the error of memory that is not there.

Whatever a file makes tinylite take, a plan's tensors and packed weights, an array that an archive unfolds to, a picture, is
checked here before it is taken. docs/security.md says what is counted.
"""

from __future__ import annotations

import functools
import os
from contextlib import ContextDecorator
from types import TracebackType

from .errors import OutOfMemoryError, SettingError, TinyliteError

__all__ = ["Account", "check_size", "max_loop_iterations", "memory_limit", "memory_shortage", "size_text"]

_CGROUPS = "/sys/fs/cgroup"


def memory_limit() -> int:
    """The bytes that a model may take: TINYLITE_MEMORY_LIMIT, or three quarters of what the process may have.

    That is the machine's memory, or less in a container (cgroups) or under a limit of address space (ulimit -v). Raises
    SettingError.
    """
    wanted = _number("TINYLITE_MEMORY_LIMIT", "bytes", "2e9")
    if wanted is not None:
        return wanted
    return min(_machine_memory(), _address_space()) // 4 * 3


def max_loop_iterations() -> int:
    """The most iterations of a WHILE: TINYLITE_MAX_LOOP_ITERATIONS, or unlimited. Raises SettingError."""
    wanted = _number("TINYLITE_MAX_LOOP_ITERATIONS", "iterations", "1e6")
    return 1 << 62 if wanted is None else wanted


def _number(name: str, what: str, example: str) -> int | None:
    """The number that an environment variable sets, if it is set."""
    wanted = os.environ.get(name)
    if not wanted:
        return None
    try:
        number = min(int(float(wanted)), 1 << 62)
    except (ValueError, OverflowError):
        number = -1
    if number < 0:
        raise SettingError(f"{name}={wanted} is not a number of {what}", f"Give one such as {example}, or leave it unset")
    return number


@functools.cache
def _machine_memory() -> int:
    """The machine's memory, or that of the process's container if it is less."""
    try:
        machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        machine = 1 << 46
    return min([machine, *_cgroup_limits()])


def _cgroup_limits(root: str = _CGROUPS, own: str = "/proc/self/cgroup") -> list[int]:
    """The limits of the process's control group and of those that it is part of, of either version of cgroups."""
    try:
        with open(own) as file:
            lines = [line.rstrip("\n").split(":", 2) for line in file]
    except (OSError, UnicodeDecodeError):
        return []
    found = []
    for _, controllers, path in (line for line in lines if len(line) == 3):
        if controllers and "memory" not in controllers.split(","):
            continue
        top, name = (f"{root}/memory", "memory.limit_in_bytes") if controllers else (root, "memory.max")
        # In a container the path is often the host's, and what is mounted is the container's own group.
        parts = [part for part in path.split("/") if part not in ("", "..")]
        for depth in range(len(parts) + 1):
            try:
                with open("/".join([top, *parts[:depth], name])) as file:
                    found.append(int(file.read()))
            except (OSError, ValueError):  # ValueError: "max", which is not a limit
                continue
    return found


def _address_space() -> int:
    try:
        import resource
    except ImportError:  # Windows
        return 1 << 62
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return 1 << 62 if limit == resource.RLIM_INFINITY else limit


def size_text(count: float | None) -> str:
    """Bytes in the unit that reads best."""
    if count is None:
        return ""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.2f} GB"


def check_size(size: int, what: str, remedy: str = "Resize the inputs", beside: int = 0) -> None:
    """Raise OutOfMemoryError if `size` bytes, with those `beside` that are taken already, are more than memory_limit()."""
    limit = memory_limit()
    if size + beside > limit:
        more = f" beside the {size_text(beside)} that are taken" if beside > limit // 100 else ""
        raise OutOfMemoryError(
            f"{what} takes {size_text(size)}{more}, and {size_text(limit)} are allowed", f"{remedy}, or raise TINYLITE_MEMORY_LIMIT"
        )


class Account:
    """The bytes that a plan with those of the graphs that it calls, or a conversion, has taken so far."""

    __slots__ = ("remedy", "spent")

    def __init__(self, spent: int = 0, remedy: str = "Resize the inputs") -> None:
        self.spent = spent
        self.remedy = remedy

    def take(self, size: int, what: str) -> None:
        """Count `size` bytes more. Raises OutOfMemoryError, and counts nothing, if that is more than is allowed."""
        check_size(size, what, self.remedy, self.spent)
        self.spent += size


class memory_shortage(ContextDecorator):  # noqa: N801, reads as a word of the with statement
    """`with memory_shortage("reading the model", "Give a smaller file"):` turns a MemoryError into an OutOfMemoryError.

    Before a function, as a decorator, it does so for all that the function does. This is
    for memory that the system refuses although the limit would allow it: other processes have it, or it is limited by ulimit.
    """

    def __init__(self, what: str, remedy: str) -> None:
        self.what = what
        self.remedy = remedy

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if isinstance(error, MemoryError) and not isinstance(error, TinyliteError):
            raise OutOfMemoryError(f"{self.what} takes more memory than is available", self.remedy) from None
