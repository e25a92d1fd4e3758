"""Command lines that show more of a difference; each runs as it stands."""

from __future__ import annotations

import os
import shlex

from ..arithmetic import ARITHMETICS, FAST, REFERENCE
from ..errors import TinyliteError
from ..explaining.site import can_explain, derive, node_of
from .findings import CaseDifference, Findings
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
    explains = first.difference.problem is None and _is_explained(judge, first, verdict.op, verdict.output)
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


def _is_explained(judge: Judge, first: CaseDifference, op: int, output: int) -> bool:
    """Whether `tinylite explain` has an answer, as far as can be said without running the model."""
    graph, place = judge.graph, judge.golden.keys.index(first.key)
    found = graph.ops[op]
    if place not in judge.places or not can_explain(found.name, str(graph.tensors[judge.places[place]].type)):
        return False
    known, numbers = judge.known(first.case, {}), {id(tensor): index for index, tensor in enumerate(graph.tensors)}
    inputs = [None if tensor is None else tensor.data if tensor.is_constant else known.get(numbers[id(tensor)]) for tensor in found.inputs]
    outputs = [known.get(numbers[id(tensor)]) for tensor in found.outputs]
    if any(value is None for value, tensor in zip(inputs, found.inputs, strict=True) if tensor is not None):
        return True
    computed = [number for number, tensor in enumerate(found.inputs) if tensor is not None and not tensor.is_constant]
    node = node_of(found, 0, inputs, [first.record.shape if value is None else value.shape for value in outputs])
    try:
        derive(node, ARITHMETICS[(*_arithmetics(judge), REFERENCE.name)[0]], output, computed)
    except TinyliteError:
        return False
    return True


def _explaining(report: Findings, judge: Judge, model: str, op: int, golden: str | None, case: int) -> str:
    assert report.first is not None and report.verdict is not None
    command = ["tinylite", "explain", model, "--op", str(op), "--at", ",".join(map(str, report.first.difference.worst)) or "()"]
    if report.verdict.output:
        command += ["--output", str(report.verdict.output)]
    if golden is not None:
        command += ["--inputs", golden, *(["--case", str(case)] if case else [])]
    for name in _arithmetics(judge):
        command += ["--arithmetic", name]
    return shlex.join(command)


def _arithmetics(judge: Judge) -> list[str]:
    """Those of the golden and of what was compared, if they are known and not the same."""
    then, now = judge.golden.arithmetic, _arithmetic_now(judge)
    if now is None or now == then or then not in ARITHMETICS:
        return []
    # "fast" has the integers of the reference, and no order of sums that could be explained.
    return list(dict.fromkeys(REFERENCE.name if name == FAST.name else name for name in (then, now)))


def _arithmetic_now(judge: Judge) -> str | None:
    """The arithmetic of what was compared, by name, if it has one."""
    if isinstance(judge.using, TinyliteSource):
        return judge.using.arithmetic.name
    return _ARITHMETICS.get(judge.using.runtime, judge.using.runtime) if isinstance(judge.using, RuntimeSource) else None
