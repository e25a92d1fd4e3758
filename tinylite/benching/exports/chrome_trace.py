"""Profiles as a Chrome trace, which chrome://tracing and Perfetto (https://ui.perfetto.dev) draw along the time."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ...errors import at
from ...files.io import write_whole

if TYPE_CHECKING:
    from ...report.profile import OpTime, Profile

__all__ = ["chrome_trace", "save_chrome_trace"]


def save_chrome_trace(profiles: Mapping[str, Profile], path: str | os.PathLike[str]) -> None:
    """Write `chrome_trace` as JSON, whole or not at all. Raises FileError."""
    where = os.fsdecode(path)
    with at(where):
        write_whole(where, [(json.dumps(chrome_trace(profiles), allow_nan=False) + "\n").encode()])


def chrome_trace(profiles: Mapping[str, Profile]) -> dict[str, Any]:
    """Profiles by the names that their tracks get, as JSON's types.

    Each is a process with one track: a call, and in it its ops, one after the other, with their median times. So the picture is not of
    one run that was watched, but of the usual one.
    """
    events: list[dict[str, Any]] = []
    for number, (name, profile) in enumerate(profiles.items(), 1):
        track = {"pid": number, "tid": 1}
        events.append({"ph": "M", "name": "process_name", **track, "args": {"name": name}})
        events.append({"ph": "M", "name": "process_sort_index", **track, "args": {"sort_index": number}})
        threads = f"{profile.threads} thread{'' if profile.threads == 1 else 's'}"
        events.append({"ph": "M", "name": "thread_name", **track, "args": {"name": f"tinylite, {threads}"}})
        # Whole nanoseconds, so that an op never ends after the call that it is part of: such events are dropped.
        spans, start = [], 0
        for op in profile.ops:
            spans.append((op, start, _nanoseconds(op.seconds)))
            start += spans[-1][2]
        call = max(_nanoseconds(profile.seconds), start)
        words = {"call_us": profile.seconds * 1e6, "ops_us": profile.ops_seconds * 1e6, "rounds": profile.runs}
        events.append(_event("invoke", "call", track, 0, call, words))
        events += [_event(op.name, "op", track, begin, length, _facts(op)) for op, begin, length in spans]
    return {"traceEvents": events, "displayTimeUnit": "ns"}


def _event(name: str, kind: str, track: Mapping[str, int], start: int, length: int, words: Mapping[str, Any]) -> dict[str, Any]:
    """A complete event; the format counts in microseconds."""
    finite = {key: value for key, value in words.items() if not isinstance(value, float) or math.isfinite(value)}  # JSON has no other
    return {"ph": "X", "name": name, "cat": kind, **track, "ts": start / 1000, "dur": length / 1000, "args": finite}


def _nanoseconds(seconds: float) -> int:
    """0 for what is no time: profiles may come from a file, and then be anything."""
    return round(seconds * 1e9) if 0 <= seconds < 1e9 else 0


def _facts(op: OpTime) -> dict[str, Any]:
    """What is shown of an op when it is chosen."""
    facts: dict[str, Any] = {
        "op": op.index, "output": op.output, "shape": "x".join(map(str, op.shape)), "kernels": " ".join(op.kernels),
        "share": float(f"{op.share:.4g}"), "operations": sum(op.work.operations.values()), "bytes": op.work.bytes,
    }  # fmt: skip
    for name, rate in (("gops", op.operations_per_second), ("gbs", op.bytes_per_second)):
        if rate is not None:
            facts[name] = float(f"{rate / 1e9:.4g}")
    if op.peak is not None:
        facts["of_peak"] = float(f"{op.peak:.4g}")
    if op.bound is not None:
        facts["bound"] = op.bound
    return facts
