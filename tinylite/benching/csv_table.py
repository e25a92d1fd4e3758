"""A benchmark as the table that programs read: numbers of full precision, a line for each row."""

from __future__ import annotations

from .estimates import Estimate
from .grid import csv_text
from .records import BenchRow, Figures, Measurement

__all__ = ["bench_csv"]

Cell = str | float | None


def bench_csv(bench: Figures) -> str:
    """Seconds, ratios and the ends of their intervals, by baseline; columns that are empty in all lines are left out."""
    lines = [_line(row) for row in bench.rows]
    names = dict.fromkeys(name for line in lines for name in line)
    kept = [name for name in names if name == "name" or any(line.get(name) not in (None, "") for line in lines)] or ["name"]
    return csv_text(kept, [[line.get(name) for name in kept] for line in lines])


def _line(row: BenchRow) -> dict[str, Cell]:
    line: dict[str, Cell] = {
        "name": row.name, "kind": row.kind, "model": row.part_of, "count": row.count, "threads": row.threads, "batch": row.batch,
    }  # fmt: skip
    for number, each in enumerate(row.measurements):
        line |= _measured(each, "tinylite" if number == 0 else each.name)
    return line | {
        "verified": row.verified, "kernel": row.kernel, "bound": row.bound, "operations": sum(row.operations.values()) or None,
        "peak_share": row.peak_share, "noise": "; ".join(row.noise), "digest": row.digest,
    }  # fmt: skip


def _measured(found: Measurement, name: str) -> dict[str, Cell]:
    return {
        **_estimate(None if found.refused else found.seconds, f"{name} seconds"),
        f"{name} refused": found.refused,
        **_estimate(None if found.refused else found.ratio, f"{name} ratio"),
        f"{name} outputs": found.agreement,
        **{f"{name} {kind} bytes": size for kind, size in found.memory.items()},
    }


def _estimate(found: Estimate | None, name: str) -> dict[str, Cell]:
    if found is None:
        return dict.fromkeys((name, f"{name} low", f"{name} high"))
    return {name: found.value, f"{name} low": found.low, f"{name} high": found.high}
