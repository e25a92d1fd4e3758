"""A report in words."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..text import printable
from .compare import Difference
from .findings import CaseDifference, Findings
from .golden import shown_name

__all__ = ["described", "text"]

_MOST_LINES = 20  # of tensors that differ
_MOST_GUILTY = 20


def text(report: Findings) -> str:
    """See `Report.text`."""
    lines = _passing(report) if report.first is None else _failing(report, report.first)
    return "\n".join(printable(line) for line in lines)


def _name(report: Findings) -> str:
    return report.golden.path or f"the golden of {report.golden.model or 'a model without a file'}"


def _passing(report: Findings) -> list[str]:
    cases = len(report.golden.cases)
    line = f"passes: {_count(report.compared, 'tensor')} of {_count(cases, 'case')} agree with {_name(report)}"
    within = len(report.differences)
    if within:
        most = max(each.difference.steps for each in report.differences)
        line += f"; {_count(within, 'of them differs', 'of them differ')} within the tolerance, by at most {most}"
    return [line, *_ending(report)]


def _failing(report: Findings, first: CaseDifference) -> list[str]:
    tensor, verdict = first.difference.tensor, report.verdict
    op, operator = (verdict.op, verdict.operator) if verdict is not None else (tensor.op, tensor.operator)
    where = f"input {shown_name(first.key)}" if op is None else f"op {op} {operator}, output {shown_name(first.key)}"
    shape = list(first.found.shape if first.found is not None else first.record.shape)
    lines = [f"first difference: {where} {tensor.dtype} {shape}, case {first.case}: {described(first.difference)}"]
    if verdict is not None:
        lines.append(f"{verdict.kind}: op {verdict.op} {verdict.operator}: {verdict.reason}")
    elif op is None:
        lines.append("an input differs: what was fed is not what the golden was recorded with")
    lines += [f"hint: {hint}" for hint in report.hints]
    explaining = report.commands[:1] if report.commands and report.commands[0].startswith("tinylite explain ") else ()
    lines += [f"to explain it: {command}" for command in explaining]
    lines.append(f"arithmetic then: {report.then}; now: {report.now or report.source}")
    if report.reproduction is not None:
        lines.append(f"to reproduce it: {report.reproduction} has the op alone, op.tflite, with its inputs, op.golden.npz")
    lines += [f"also: {command}" for command in report.commands[len(explaining) :]]
    if len(report.guilty) > 1:
        shown = ", ".join(f"op {each.op} {each.operator} ({shown_name(each.tensor)})" for each in report.guilty[:_MOST_GUILTY])
        lines.append(f"guilty, {len(report.guilty)} in all: {shown}{', ...' if len(report.guilty) > _MOST_GUILTY else ''}")
    failed = report.failed
    lines.append(f"{_count(len(failed), 'tensor differs', 'tensors differ')} of {report.compared}, in {_cases(report)}:")
    lines += [f"  case {each.case}, {shown_name(each.key)}: {described(each.difference)}" for each in failed[:_MOST_LINES]]
    if len(failed) > _MOST_LINES:
        lines.append(f"  and {len(failed) - _MOST_LINES} more")
    return [*lines, *_ending(report)]


def _ending(report: Findings) -> list[str]:
    return [f"note: {note}" for note in report.notes]


def _cases(report: Findings) -> str:
    return f"{len({each.case for each in report.failed})} of {_count(len(report.golden.cases), 'case')} of {_name(report)}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def described(difference: Difference) -> str:
    """A difference in words: how many values, by how much, where the largest is, and to which side."""
    if difference.problem is not None:
        return difference.problem
    beyond = f", {difference.beyond} beyond the tolerance" if difference.beyond not in (0, difference.count) else ""
    quantized = difference.tensor.is_quantized
    parts = [f"{difference.count} of {difference.size} values differ{beyond}"]
    if difference.tensor.dtype.startswith(("float", "complex")):
        parts.append(f"at most {difference.real:.6g}, {difference.steps} floats apart")
    elif quantized:
        parts.append(f"at most {_count(difference.steps, 'step')}, {difference.real:.6g}")
    elif difference.tensor.dtype not in ("bool", "str"):
        parts.append(f"at most {difference.steps}")
    parts.append(f"worst at {list(difference.worst)}: golden {number(difference.golden)}, found {number(difference.found)}")
    if difference.tensor.dtype not in ("bool", "str"):
        parts.append(f"drift {difference.drift}")
    return "; ".join(parts)


def number(value: Any) -> str:
    """A value as a line shows it."""
    if isinstance(value, (float, np.floating)):
        return f"{float(value):.9g}" if math.isfinite(value) else str(float(value))
    return str(value.item() if isinstance(value, np.generic) else value)
