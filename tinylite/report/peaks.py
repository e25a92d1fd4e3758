"""What this machine attains with nothing else to do: multiply-adds, bytes to and from memory, steps that do nothing.

The limits that an op's time is compared with (roofline.py). All of it is measured in the executor that runs models, by as many threads.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from ..engine.segment import addresses_of
from ..interpreter.compilation import show_compilation
from ..interpreter.settings import thread_count
from ..kernels.executor import STEP_WORDS, Call, aligned, run_together
from ..kernels.interrupt import CONTROL_BYTES
from ..kernels.kernel import Kernel
from ..kernels.probes import PRODUCTS, STREAM_BYTES, TILE_BYTES, VALUES, peak_f32, peak_q8, stream_copy, stream_read
from ..limits import memory_shortage

__all__ = ["Bandwidth", "Peaks", "peaks"]

# Seconds of a round, of which the best counts: a short one has the clock's highest rate and nobody else in it; several threads need some
# time until the system lets each have a core.
_ROUND, _ROUND_OF_SEVERAL = 0.0005, 0.003
_SECONDS = 0.02  # that each figure is measured for; twice that by several threads
_SIZES = (1 << 14, 1 << 17, 1 << 20, 1 << 23, 1 << 26)  # bytes: of most CPUs in the first, second and third cache, the last in none
_TRAFFIC = 50_000_000_000  # bytes a second, about: how much a round moves
_STEPS = 100
_SCRATCH = 4096


@dataclass(frozen=True)
class Bandwidth:
    """Bytes a second, read and written together, where all threads go again and again through `size` bytes in all."""

    size: int
    rate: float


@dataclass(frozen=True)
class Peaks:
    """The limits of `threads` threads together.

    operations  multiplications and additions a second, by kind: "float" (float32, fused where the CPU does) and "8-bit" (8-bit products
                that are added up in 32 bits)
    bandwidth   by ascending size; of each the faster of reading alone and of copying
    dispatch    seconds that a step takes which has nothing to do: with several threads they meet at the end of each
    """

    threads: int
    operations: Mapping[str, float]
    bandwidth: tuple[Bandwidth, ...]
    dispatch: float

    def rate(self, size: int) -> float:
        """Bytes a second of what goes again and again through `size` bytes: as measured at the next larger size."""
        return next((level.rate for level in self.bandwidth if level.size >= size), self.bandwidth[-1].rate)


def peaks(threads: int = 1) -> Peaks:
    """Measure the limits of `threads` threads that run at the same time, in about a second; once in a process for each number.

    As of an interpreter, they are at most four for each core that this process may use. With fewer free cores the figures are what the
    threads attain there together, and at least what one of them attains alone. Raises SettingError for a number that is none, KernelError
    if the machine cannot compile what measures it, and OutOfMemoryError without some 64 MB to spare.
    """
    return _measured(thread_count(threads))


@functools.cache
def _measured(threads: int) -> Peaks:
    addresses_of([peak_f32, peak_q8, stream_copy, stream_read], show_compilation)  # in one go, where they are missing
    operations = {"float": _products(peak_f32, 1, threads), "8-bit": _products(peak_q8, VALUES, threads)}
    with memory_shortage("measuring the bandwidth", "End other programs, or do without peaks"):
        bandwidth = _bandwidths(threads)
    if threads > 1:
        alone = _measured(1)
        operations = {kind: max(rate, alone.operations[kind]) for kind, rate in operations.items()}
        bandwidth = tuple(Bandwidth(a.size, max(a.rate, b.rate)) for a, b in zip(bandwidth, alone.bandwidth, strict=True))
    return Peaks(threads, operations, bandwidth, _dispatch(threads))


def _steps(kernel: Kernel, fields: dict[str, int], count: int, turns: int, threads: int) -> Callable[[], object]:
    """What runs `count` steps of a kernel of this package's probes natively, each with a part of `turns` units for each thread."""
    assert kernel.record is not None
    records = np.frombuffer(kernel.record.pack(fields), np.uint8).copy()
    words = aligned(count * STEP_WORDS, np.int64)
    words.reshape(count, STEP_WORDS)[:, :5] = addresses_of([kernel])[kernel.name], records.ctypes.data, threads * turns, turns, 0
    scratch = aligned(CONTROL_BYTES + _SCRATCH, np.uint8)
    call = Call(words, count, scratch, True)

    def run() -> None:
        assert records.size  # they must outlast the run
        if threads == 1 or run_together(threads, words, count, scratch.size) is None:
            call.function()

    return run


def _times(run: Callable[[], object], threads: int, seconds: float = _SECONDS) -> list[float]:
    """The seconds of many runs, one after the other."""
    run()
    found: list[float] = []
    end = time.perf_counter() + seconds * min(threads, 2)
    while time.perf_counter() < end or len(found) < 3:
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    return found


def _round(threads: int) -> float:
    return _ROUND if threads == 1 else _ROUND_OF_SEVERAL


def _products(kernel: Kernel, values: int, threads: int) -> float:
    """Operations a second, of which a product and its addition are two; a 32-bit product is one of `values`."""
    memory = {name: aligned(size, np.uint8) for name, size in TILE_BYTES.items()}
    for held in memory.values():
        held[:] = 0x3C  # 0.01 as floats: none so small that it is slow, none that grows without end
    fields = {name: held.ctypes.data for name, held in memory.items()}
    once = min(_times(_steps(kernel, fields, 1, 1, 1), 1, 0.001))
    turns = max(int(_round(threads) / once), 1)
    return 2 * values * PRODUCTS * turns * threads / min(_times(_steps(kernel, fields, 1, turns, threads), threads))


def _bandwidths(threads: int) -> tuple[Bandwidth, ...]:
    memory = aligned(_SIZES[-1], np.uint8)
    memory[:] = 1  # pages that were never written are all the same one
    start, found = memory.ctypes.data, []
    for size in _SIZES:
        turns = max(int(_TRAFFIC * _round(threads) * threads) // size, 1)
        half, part = size // 2, _part(size // 2, threads)
        copy = _steps(stream_copy, {"x": start, "y": start + half, "size": part, "turns": turns}, 1, turns, threads)
        whole = _part(size, threads)
        read = _steps(stream_read, {"x": start, "y": 0, "size": whole, "turns": turns}, 1, turns, threads)
        rates = (moved / min(_times(run, threads)) for moved, run in ((2 * part, copy), (whole, read)))
        found.append(Bandwidth(size, threads * turns * max(rates)))
    return tuple(found)


def _part(size: int, threads: int) -> int:
    """The bytes of each thread's part of a size."""
    return max(size // threads // STREAM_BYTES, 1) * STREAM_BYTES


def _dispatch(threads: int) -> float:
    """The median, since how long threads wait for each other is a part of it."""
    nothing = {"x": 0, "y": 0, "size": 0, "turns": 1}
    one, many = (statistics.median(_times(_steps(stream_read, nothing, count, 1, threads), threads)) for count in (1, 1 + _STEPS))
    return max(many - one, 0.0) / _STEPS
