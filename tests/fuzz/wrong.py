"""Wrong on purpose: kernels that leave their memory or read what nobody wrote, and attacks that do what none should.

A target that tests/test_fuzz.py runs to see that each is found; number 0 is the sound one. WRONG says what a finding must say.
"""

from __future__ import annotations

import ctypes
import os
import re
import time
from collections.abc import Callable, Iterable

import numpy as np

from tests.small_models import chain
from tinylite import TinyliteError
from tinylite.engine import segment
from tinylite.kernels.kernel import Kernel
from tinylite.memory import arena as memory
from tinylite.memory.arena import SLACK

from . import campaign, limits
from .guards import GUARD
from .trial import attempt

__all__ = ["WRONG"]

_ELEMENTS = 50  # of a tensor, FLOAT32: the kernel negates them
_SIZE = 4 * _ELEMENTS
_BEHIND = SLACK + 64  # bytes past the end of a tensor that a kernel may never touch: the slack, and what aligning adds


def _numbers(address: int, count: int = _ELEMENTS) -> np.ndarray:
    return np.frombuffer((ctypes.c_float * count).from_address(address), np.float32)


def _sound(x: int, out: int) -> None:
    _numbers(out)[:] = -_numbers(x)


def _reads_one_more(x: int, out: int) -> None:
    _numbers(out)[:] = -_numbers(x + 4)


def _reads_far_behind(x: int, out: int) -> None:
    _sound(x, out)
    ctypes.string_at(x + _SIZE + _BEHIND, 1)


def _reads_in_front(x: int, out: int) -> None:
    _sound(x, out)
    ctypes.string_at(x - 4, 4)


def _writes_one_more(x: int, out: int) -> None:
    _sound(x, out)
    ctypes.memset(out + _SIZE, 0, 4)


def _writes_in_front(x: int, out: int) -> None:
    _sound(x, out)
    ctypes.memset(out - 4, 0, 4)


def _writes_far_behind(x: int, out: int) -> None:
    _sound(x, out)
    ctypes.memset(out + _SIZE + GUARD - 64, 0, 1)


def _leaves_one_out(x: int, out: int) -> None:
    _numbers(out)[:-1] = -_numbers(x)[:-1]


def _never_ends(x: int, out: int) -> None:
    while True:
        pass


def _foreign() -> None:
    raise IndexError("list index out of range")


def _warns() -> None:
    np.float32(3e38) * np.float32(10)


def _takes_memory() -> None:
    assert b"x" * (2 * limits.GROWTH)


def _says_too_much() -> None:
    raise TinyliteError("\n".join("x" * 500 for _ in range(20)))


def _asks_the_system() -> None:
    """More than there is, where tinylite's own limit allows it."""
    before = os.environ["TINYLITE_MEMORY_LIMIT"]
    os.environ["TINYLITE_MEMORY_LIMIT"] = "1e12"
    try:
        memory.allocate(2 * limits.ADDRESS_SPACE, "a test")
    finally:
        os.environ["TINYLITE_MEMORY_LIMIT"] = before


def _waits() -> None:
    time.sleep(1000)


Wrong = tuple[Callable[..., None], str]
# What a kernel does, or an attack by itself, and what is found.
WRONG: list[Wrong] = [
    (_sound, ""), (_reads_one_more, "depends on what memory held"), (_reads_far_behind, "died of SIGSEGV"),
    (_reads_in_front, "died of SIGSEGV"), (_writes_one_more, "bytes beside tensor .* were written"),
    (_writes_in_front, "bytes beside tensor .* were written"), (_writes_far_behind, "died of SIGSEGV"),
    (_leaves_one_out, "depends on what memory held"), (_never_ends, "hangs: it used 2 s of processor time"),
    (_foreign, "IndexError: list index out of range"), (_warns, "RuntimeWarning: overflow"),
    (_takes_memory, "took .* MB of memory for 0 bytes"),
    (_asks_the_system, "the limit on memory was not kept, the system's was met"),
    (_says_too_much, "a message of .* characters"), (_waits, "stuck: no end, and no processor time used"), (_sound, ""),
]  # fmt: skip
_ALONE = {_foreign, _warns, _takes_memory, _asks_the_system, _says_too_much, _waits}


def prepare() -> bytes:
    limits.SECONDS, campaign._STUCK = 2.0, 4.0
    return chain((_ELEMENTS,), None, "NEG")


def attack(seeds: bytes, number: int) -> tuple[str, int]:
    action, _ = WRONG[number]
    if action in _ALONE:
        try:
            action()
        except TinyliteError as error:
            return str(error), 0
        return "works", 0
    with_kernel(action)
    # 2: separate memory for each tensor, nothing kept, one thread and then three
    return attempt(seeds, 2)


def with_kernel(action: Callable[[int, int], None]) -> None:
    """Replace every kernel by this one, which gets the addresses of its operands."""
    record: list[Kernel] = []

    @ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * 4)
    def called(arguments: int, _low: int, _high: int, _scratch: int) -> int:
        assert record[0].record is not None
        fields = record[0].record.fields
        x, out = (ctypes.c_int64.from_address(arguments + fields[name][3]).value for name in ("x", "out"))
        action(x, out)
        return 0

    def addresses(kernels: Iterable[Kernel], progress: object = None) -> dict[str, int]:
        record[:] = list(kernels)
        found = ctypes.cast(called, ctypes.c_void_p).value
        assert found is not None
        return {kernel.name: found for kernel in record}

    segment.addresses = addresses  # type: ignore[assignment]


def matches(number: int, what: str) -> bool:
    """Whether a finding says what it should."""
    return bool(WRONG[number][1]) and re.search(WRONG[number][1], what) is not None
