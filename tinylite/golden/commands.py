"""Command lines that show more of a difference; each runs as it stands."""

from __future__ import annotations

import os
import shlex

from ..arithmetic import ARITHMETICS, FAST, REFERENCE
from ..explaining.site import explained
from .findings import Findings
from .runtimes.base.source import RuntimeSource
from .sources import TinyliteSource
from .verdict import Judge

__all__ = ["commands"]

# Runtimes that are called otherwise than the arithmetic that is proven against them.
_ARITHMETICS = {"litert": REFERENCE.name}


def commands(report: Findings, judge: Judge, folder: str | None) -> list[str]:
    """What explains the worst value of the first difference, if it can be explained, and what shows it in a reproduction's folder."""
    first, verdict = report.first, report.verdict
    assert first is not None and verdict is not None
    found = []
    explains = first.difference.problem is None and _is_explained(judge, first.key, verdict.op)
    if explains and report.model is not None and judge.golden.graph == 0:
        found.append(_explaining(report, judge, report.model, verdict.op, report.golden.path, first.case))
    if folder is None:
        return found
    golden, model = (os.path.join(folder, name) for name in ("op.golden.npz", "op.tflite"))
    if explains and not found:
        found.append(_explaining(report, judge, model, 0, golden, 0))
    if isinstance(judge.using, TinyliteSource):
        other = judge.using.arithmetic.name
        found.append(_checking(golden, model, *(["--arithmetic", other] if other != report.golden.arithmetic else [])))
    elif isinstance(judge.using, RuntimeSource):
        found.append(_checking(golden, model, "--with", judge.using.runtime))
    return found


def _checking(golden: str, model: str, *more: str) -> str:
    return shlex.join(["tinylite", "golden", "check", golden, model, *more])


def _is_explained(judge: Judge, key: str, op: int) -> bool:
    place = judge.golden.keys.index(key)
    return place in judge.places and (judge.graph.ops[op].name, judge.graph.tensors[judge.places[place]].type) in explained()


def _explaining(report: Findings, judge: Judge, model: str, op: int, golden: str | None, case: int) -> str:
    assert report.first is not None and report.verdict is not None
    first = report.first
    target = judge.graph.tensors[judge.places[judge.golden.keys.index(first.key)]]
    output = next(number for number, tensor in enumerate(judge.graph.ops[report.verdict.op].outputs) if tensor is target)
    command = ["tinylite", "explain", model, "--op", str(op), "--at", ",".join(map(str, first.difference.worst)) or "()"]
    if output:
        command += ["--output", str(output)]
    if golden is not None:
        command += ["--inputs", golden, *(["--case", str(case)] if case else [])]
    then, now = report.golden.arithmetic, _arithmetic_now(judge)
    if now is not None and now != then and then in ARITHMETICS:
        # "fast" has the integers of the reference, and no order of sums that could be explained.
        for name in dict.fromkeys(REFERENCE.name if name == FAST.name else name for name in (then, now)):
            command += ["--arithmetic", name]
    return shlex.join(command)


def _arithmetic_now(judge: Judge) -> str | None:
    """The arithmetic of what was compared, by name, if it has one."""
    if isinstance(judge.using, TinyliteSource):
        return judge.using.arithmetic.name
    return _ARITHMETICS.get(judge.using.runtime, judge.using.runtime) if isinstance(judge.using, RuntimeSource) else None
