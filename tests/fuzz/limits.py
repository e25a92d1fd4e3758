"""What one attack may take: memory, iterations of loops, processor time; and what it may not do at all."""

from __future__ import annotations

import faulthandler
import gc
import os
import resource
import signal
import sys
import warnings
from types import SimpleNamespace
from typing import Any

__all__ = ["ADDRESS_SPACE", "GROWTH", "MEMORY", "PER_BYTE", "SECONDS", "Peak", "begin", "restrict", "settings", "spoken"]

MEMORY = 16 << 20  # bytes that a plan may take; the models need some kilobytes
TURNS = 200  # how many iterations a loop may have
ADDRESS_SPACE = 512 << 20  # bytes that a process may take beyond what it has before its first attack
GROWTH = 8 * MEMORY  # bytes by which one attack may raise the peak of memory, beside what its input pays for
PER_BYTE = 64  # bytes of memory that a byte of input pays for
SECONDS = 20.0  # of processor time for one attack: what fits into MEMORY is computed in less


def settings() -> None:
    """Set what tinylite reads from the environment. Before it is imported."""
    os.environ.update(TINYLITE_MEMORY_LIMIT=str(MEMORY), TINYLITE_MAX_LOOP_ITERATIONS=str(TURNS), TINYLITE_QUIET="1")


def restrict() -> None:
    """Bound this process for the rest of its life."""
    warnings.simplefilter("error")
    for name in ("tensorflow", "keras", "tf_keras", "ai_edge_litert"):  # what is attacked is what works without them
        sys.modules[name] = None  # type: ignore[assignment]
    from tinylite.ops.common import random

    random.os = SimpleNamespace(urandom=lambda count: bytes(range(1, count + 1)))  # type: ignore[attr-defined]
    faulthandler.enable()
    faulthandler.register(signal.SIGPROF, all_threads=True, chain=True)
    with open("/proc/self/statm") as file:
        now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (now + ADDRESS_SPACE, now + ADDRESS_SPACE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    gc.collect()
    gc.freeze()


def begin() -> None:
    """Start the clock of an attack: a process that uses it up is ended, with a traceback."""
    signal.setitimer(signal.ITIMER_PROF, SECONDS)


class Peak:
    """The most memory that this process has had; `grown` is called after each attack."""

    def __init__(self) -> None:
        self.bytes = self._now()

    @staticmethod
    def _now() -> int:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def grown(self, size: int) -> str | None:
        """What to say if an input of `size` bytes has raised the peak beyond what it pays for."""
        before, self.bytes = self.bytes, self._now()
        grown = self.bytes - before
        if grown > GROWTH + PER_BYTE * size:
            return f"took {grown / 1e6:.0f} MB of memory for {size} bytes"
        return None


def spoken(outcome: Any) -> str:
    """An outcome in one line of bounded length."""
    text = " ".join(str(outcome).split())
    return text if len(text) <= 300 else f"{text[:200]} ... {text[-90:]}"
