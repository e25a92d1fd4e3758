"""Benchmarks that nobody has measured: with the times of synthetic.py."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from tinylite.benching.estimates import launches_estimate, ratio_estimate
from tinylite.benching.machine import Machine
from tinylite.benching.result import Bench, BenchRow, Measurement, Settings

from .synthetic import times

__all__ = ["MACHINE", "made_bench", "made_row"]

MACHINE = Machine(
    "x86_64 Some CPU (family 6, model 1)", 8, 4, "avx2", "Linux x86_64", "3.12.1", {"tinylite": "1.0", "numpy": "2.4"}, 2,
    "powersave", True, True, "6.1",
)  # fmt: skip


def made_row(
    name: str, rng: np.random.Generator, kinds: Sequence[str] = ("offsets",), slower: float = 1.0, machine: float = 1.0,
    launches: int = 6, rounds: int = 10, baselines: Sequence[str] = ("xnnpack",),
) -> BenchRow:  # fmt: skip
    """A row of tinylite `slower` than it should be, on a machine that is slower as a whole, with the noise of one of `kinds`."""
    kind = kinds[int(rng.integers(len(kinds)))]
    ours, theirs = (each.tolist() for each in times(kind, rng, launches, rounds))
    ours = [[each * slower * machine for each in launch] for launch in ours]
    theirs = [[each * machine for each in launch] for launch in theirs]
    measurements = [Measurement("tinylite", "1.0", launches_estimate(ours), launches=ours)]
    measurements += [
        Measurement(each, "2.3", launches_estimate(theirs), ratio_estimate(ours, theirs), "same bits", launches=theirs)
        for each in baselines
    ]  # fmt: skip
    return BenchRow(name, "model", f"{name:0<64}", measurements, shapes={"x": [1, 224, 224, 3]})


def made_bench(rows: Sequence[BenchRow], **changes: object) -> Bench:
    """A benchmark of these rows; `changes` are of its machine."""
    return Bench(dataclasses.replace(MACHINE, **changes), Settings(10.0, 0.01), list(rows), "2026-01-01T00:00:00+00:00")  # type: ignore[arg-type]
