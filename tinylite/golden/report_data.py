"""A report as plain data, and as JUnit's XML."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import asdict
from typing import Any

import numpy as np

from ..text import printable
from .findings import CaseDifference, Findings
from .report_text import described, text

__all__ = ["junit", "plain"]

# What XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def plain(report: Findings) -> dict[str, Any]:
    """See `Report.plain`."""
    golden, first = report.golden, report.first
    return {
        "passes": report.passes,
        "golden": {
            "path": golden.path, "model": golden.model, "model_sha256": golden.model_sha256, "arithmetic": golden.arithmetic,
            "arithmetic_version": golden.arithmetic_version, "tinylite": golden.tinylite, "seed": golden.seed, "cpu": golden.cpu,
            "layers": golden.layers, "hashes_only": golden.hashes_only, "graph": golden.graph,
        },
        "model": report.model,
        "source": report.source,
        "arithmetic_then": report.then,
        "arithmetic_now": report.now,
        "cases": len(golden.cases),
        "compared": report.compared,
        "first": _difference(first) if first is not None else None,
        "verdict": asdict(report.verdict) if report.verdict is not None else None,
        "guilty": [asdict(each) for each in report.guilty],
        "hints": list(report.hints),
        "notes": list(report.notes),
        "commands": list(report.commands),
        "reproduction": report.reproduction,
        "differences": [_difference(each) for each in report.differences],
    }  # fmt: skip


def _difference(each: CaseDifference) -> dict[str, Any]:
    found = each.difference
    return {
        "case": each.case, "tensor": each.key, "index": found.tensor.index, "role": found.tensor.role, "dtype": found.tensor.dtype,
        "shape": list(each.record.shape), "op": found.tensor.op, "operator": found.tensor.operator, "passes": found.passes,
        "problem": found.problem, "size": found.size, "count": found.count, "beyond": found.beyond, "steps": found.steps,
        "real": found.real, "worst": list(found.worst), "golden": _value(found.golden), "found": _value(found.found),
        "drift": found.drift, "histogram": [list(pair) for pair in found.histogram],
    }  # fmt: skip


def _value(value: Any) -> Any:
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return str(value) if isinstance(value, complex) else value


def junit(report: Findings) -> str:
    """See `Report.junit`."""
    name = report.golden.path or report.golden.model or "golden"
    failed = report.failed
    cases = {each.case for each in failed}
    suite = ET.Element("testsuite", name="tinylite golden check", tests=str(len(report.golden.cases)), failures=str(len(cases)),
                       errors="0", skipped="0")  # fmt: skip
    for case in range(len(report.golden.cases)):
        entry = ET.SubElement(suite, "testcase", classname=_xml(name), name=f"case {case}")
        found = [each for each in failed if each.case == case]
        if found:
            first = report.first if report.first is not None and report.first.case == case else found[0]
            failure = ET.SubElement(entry, "failure", message=_xml(f"{first.key!r}: {described(first.difference)}"), type="GoldenError")
            lines = [f"{each.key!r}: {described(each.difference)}" for each in found]
            failure.text = _xml(text(report) if first is report.first else "\n".join(map(printable, lines)))
    if report.passes:
        ET.SubElement(suite, "system-out").text = _xml(text(report))
    root = ET.Element("testsuites")
    root.append(suite)
    ET.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _xml(content: str) -> str:
    """Text without what XML cannot hold."""
    return _NOT_XML.sub("\ufffd", content)
