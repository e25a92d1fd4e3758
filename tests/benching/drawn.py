"""Figures with all that is drawn of them, of any size and with any names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tinylite.benching.estimates import launches_estimate, ratio_estimate
from tinylite.benching.records import BenchRow, Measurement
from tinylite.report.memory import MemoryUse, Placed
from tinylite.report.peaks import Bandwidth, Peaks
from tinylite.report.profile import OpTime, Profile
from tinylite.report.work import Work

__all__ = ["PEAKS", "made_op", "made_plan", "made_profile", "timed_row"]

PEAKS = Peaks(1, {"float": 60e9, "8-bit": 200e9}, (Bandwidth(1 << 14, 100e9), Bandwidth(1 << 26, 10e9)), 5e-9)


def timed_row(
    name: str = "model", medians: dict[str, float] | None = None, *, threads: int = 1, launches: int = 6, rounds: int = 20, seed: int = 0
) -> BenchRow:
    """A row whose runtimes have about these medians, in seconds; of "tinylite" and "xnnpack", unless others are asked for."""
    rng = np.random.default_rng(seed)
    medians = medians or {"tinylite": 1e-3, "xnnpack": 2e-3}
    times = {runtime: (median * np.exp(rng.normal(0, 0.01, (launches, rounds)))).tolist() for runtime, median in medians.items()}
    ours = next(iter(times.values()))
    measurements = [
        Measurement(
            runtime, "1.0", launches_estimate(found), ratio_estimate(ours, found) if found is not ours else None,
            "" if found is ours else "same bits", launches=found,
        )
        for runtime, found in times.items()
    ]  # fmt: skip
    return BenchRow(name, "model", "0" * 64, measurements, threads, operations={"8-bit": 10**7}, peak_share=0.25)


def made_op(index: int, seconds: float, name: str = "CONV_2D", output: str = "", operations: int = 10**6, size: int = 10**4) -> OpTime:
    """An op of 8-bit operations, and of so many bytes."""
    work = Work({"8-bit": operations} if operations else {}, size // 2, size - size // 2, size // 4)
    bound = ("compute", "memory", "dispatch", "none")[index % 4]
    return OpTime(index, name, output or f"tensor {index}", (1, 8, 8, 4), ("a_kernel",), seconds, 0.0, 1, work, 0.5, bound)


def made_profile(ops: Sequence[OpTime], peaks: Peaks | None = PEAKS) -> Profile:
    """A profile of these ops."""
    total = sum(op.seconds for op in ops)
    return Profile(total * 1.1, total, 20, 1, list(ops), peaks)


def made_plan(count: int, name: str = "tensor") -> MemoryUse:
    """A plan in which each tensor lasts for two steps, and two of 1000 bytes lie one above the other."""
    plan = tuple(Placed(0, f"{name} {step}", 1024 * (step % 2), 1000, step, step + 1) for step in range(count))
    return MemoryUse(2024, 10**5, 10**4, 0, 64, (("ADD",) * (count + 1),), plan)
