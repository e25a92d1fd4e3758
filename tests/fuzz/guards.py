"""Memory that nobody can leave unseen: every allocation lies between GUARD bytes that may not be touched.

While `install` is in force every tensor of a plan has memory to itself, as have constants, packed weights, tables, argument records
and scratch. An allocation ends where the guard after it begins (Edge.END), or begins where the one in front of it ends
(Edge.START); run a model both ways to see both. What a run must not depend on, memory of tensors and scratch before they are
written, is filled with a poison, and so are the bytes past the end of a tensor that kernels may read and not write, which `check` looks at.
"""

from __future__ import annotations

import ctypes
import enum
import functools
import mmap
import weakref
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from tinylite.engine import segment
from tinylite.engine.layout import ARENA
from tinylite.kernels import executor
from tinylite.limits import Account, check_size
from tinylite.memory import arena as memory
from tinylite.memory.arena import SLACK

from .limits import ADDRESS_SPACE

__all__ = ["GUARD", "Edge", "Mode", "check", "copied", "install", "mode"]

GUARD = 1 << 20
_PAGE = mmap.PAGESIZE
_RESERVED = 24 << 30  # addresses, of which nothing is used until it is asked for
_LARGE = 256  # pages from which on memory is returned to the system at once
_ALIGNMENT = 64

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.mmap.restype = ctypes.c_void_p
_LIBC.mmap.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long)
_LIBC.mprotect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_LIBC.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
_NONE, _READ_WRITE = 0, mmap.PROT_READ | mmap.PROT_WRITE
_NO_RESERVE = 0x4000


class Edge(enum.Enum):
    """Which guard an allocation touches."""

    END = "end"
    START = "start"


class Mode:
    """How memory is handed out: at which edge, with which poison, and whether tensors share an arena as they do for users."""

    def __init__(self, edge: Edge = Edge.END, poison: int = 0xA5, shared: bool = False) -> None:
        self.edge = edge
        self.poison = poison
        self.shared = shared


class _Pool:
    """Pieces of one reserved range of addresses, used again by size: asking the system each time would take most of the time."""

    def __init__(self) -> None:
        start = _LIBC.mmap(None, _RESERVED, _NONE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NO_RESERVE, -1, 0)
        if start in (None, ctypes.c_void_p(-1).value):
            raise MemoryError("no addresses for guarded memory")
        self.next = start + GUARD
        self.end = start + _RESERVED
        self.free: dict[int, list[int]] = defaultdict(list)
        self.used = 0

    def take(self, size: int) -> tuple[int, int]:
        """The address and size of whole pages that hold `size` bytes, between guards."""
        pages = 1 << max(-(-size // _PAGE) - 1, 0).bit_length()
        start, room = self.next, pages * _PAGE
        if self.used + room > ADDRESS_SPACE:
            raise MemoryError("more guarded memory is in use than a process may take")
        self.used += room
        if self.free[pages]:
            return self.free[pages].pop(), room
        if start + room + GUARD > self.end:
            raise MemoryError("guarded memory is used up")
        self.next = start + room + GUARD
        if _LIBC.mprotect(start, room, _READ_WRITE):
            raise MemoryError("the system has no memory left")
        return start, room

    def give_back(self, start: int, room: int) -> None:
        self.used -= room
        if room >= _LARGE * _PAGE:
            _LIBC.madvise(start, room, mmap.MADV_DONTNEED)
        self.free[room // _PAGE].append(start)


@functools.cache
def _pool() -> _Pool:
    return _Pool()


class _Piece:
    """Memory from the pool, returned to it when the last array that shows it is gone."""

    def __init__(self, size: int, fill: int, margin: int, behind: int, edge: Edge, tensor: str | None = None) -> None:
        self.start, self.room = _pool().take(size + behind)
        place = 0 if edge is Edge.START else (self.room - size - behind) // _ALIGNMENT * _ALIGNMENT
        address = self.start + place
        ctypes.memset(self.start, margin, self.room)
        if fill != margin:
            ctypes.memset(address, fill, size)
        self.__array_interface__ = {"shape": (size,), "typestr": "|u1", "data": (address, False), "version": 3}
        self.place, self.size, self.margin, self.tensor = place, size, margin, tensor
        if tensor is not None:
            _watched.add(self)

    def margins_changed(self) -> bool:
        """Whether anything was written around it.

        Without NumPy, since __del__ asks: when Python collects garbage inside NumPy's errstate, NumPy would find its state freed.
        """
        after = self.place + self.size
        around = ctypes.string_at(self.start, self.place) + ctypes.string_at(self.start + after, self.room - after)
        return around.count(self.margin) != len(around)

    def look(self) -> None:
        """Note if something was written around it."""
        if self.tensor is not None and self.margins_changed():
            _left.append(self.tensor)

    def __del__(self) -> None:
        if hasattr(self, "size"):
            self.look()
        if hasattr(self, "room"):
            _pool().give_back(self.start, self.room)


_mode = Mode()
_watched: weakref.WeakSet[_Piece] = weakref.WeakSet()  # the tensors of the runs at hand
_left: list[str] = []  # those beside which something was written


def zeros(size: int, dtype: Any, alignment: int = _ALIGNMENT) -> np.ndarray:
    """What `executor.aligned` returns, between guards. The edge is as close as the alignment of elements that vectors read allows."""
    dtype = np.dtype(dtype)
    return np.asarray(_Piece(size * dtype.itemsize, 0, 0, 0, _mode.edge)).view(dtype)


def copied(content: bytes) -> memoryview:
    """Bytes of a file between guards, at whatever alignment puts their last one at the end."""
    piece = _Piece(-(-len(content) // _ALIGNMENT) * _ALIGNMENT, 0, 0, 0, _mode.edge)
    whole = np.asarray(piece)
    place = whole[: len(content)] if _mode.edge is Edge.START else whole[len(whole) - len(content) :]
    place[:] = np.frombuffer(content, np.uint8)
    place.flags.writeable = False
    return memoryview(place)


def _poisoned(size: int, what: str, account: Account | None = None) -> np.ndarray:
    """What `memory.allocate` returns, filled with poison: scratch holds what the kernel before has left."""
    if account is not None:
        account.take(size, what)
    else:
        check_size(size, what)
    return np.asarray(_Piece(size, _mode.poison, _mode.poison, 0, _mode.edge))


def _allocate(size: int, what: str, account: Account | None = None) -> np.ndarray:
    """`memory.allocate` for the regions of an interpreter: an arena holds what was in it before."""
    return (_poisoned if what == ARENA else _original_allocate)(size, what, account)


def _at(self: memory.Memory, storage: memory.Storage) -> np.ndarray:
    """`Memory.at` with a piece for each tensor, for as long as the plan and this memory last; no arena is taken then."""
    if _mode.shared:
        return _original_at(self, storage)
    pieces = self.__dict__.setdefault("pieces", weakref.WeakKeyDictionary())
    if storage not in pieces:
        pieces[storage] = np.asarray(_Piece(storage.size, _mode.poison, _mode.poison, SLACK, _mode.edge, storage.name))
    found: np.ndarray = pieces[storage]
    return found


_original_at, _original_allocate = memory.Memory.at, memory.allocate


def install() -> None:
    """Make all of tinylite allocate its memory here, for the rest of the process."""
    for module in (memory, segment, executor):
        module.aligned = zeros  # type: ignore[attr-defined]
    memory.allocate = _allocate
    memory.Memory.at = _at  # type: ignore[method-assign]
    segment.allocate = _poisoned


@contextmanager
def mode(chosen: Mode) -> Iterator[None]:
    """Hand out memory this way meanwhile; at the end the margins of tensors are checked."""
    global _mode  # noqa: PLW0603
    before, _mode = _mode, chosen
    _left.clear()
    try:
        yield
        check()
    finally:
        _mode = before


def check() -> None:
    """Fail if a kernel has written beside a tensor, be it one that is gone."""
    for piece in list(_watched):
        piece.look()
    _watched.clear()
    assert not _left, f"bytes beside tensor {_left[0]!r} were written"
