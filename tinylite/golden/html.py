"""A report as one HTML file, without network and script: what differs, where, by how much, and why."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import at
from ..files.io import write_whole
from ..html_page import bar, block, listing, page, section
from ..html_tables import Html, html_cell
from .charts import counted, histogram, value_bars
from .compare import real_parts, steps_between
from .findings import CaseDifference
from .golden import GoldenTensor, Record
from .heat_map import Scale, heat_map, is_picture, picture
from .report import Report
from .tolerance import EXACT, Tolerance

__all__ = ["render", "write"]

_MOST_DRAWN = 6  # tensors of which pictures are shown
_MOST_BYTES = 4_000_000  # of pictures; then no more are added
_MOST_ROWS = 150  # of a table of tensors
_MOST_VALUES = 10  # of a table of the largest differences
_SHORT = 64  # values of a vector that are shown as bars


def write(report: Report, path: str | os.PathLike[str], *, overwrite: bool = False) -> None:
    """Write a report as HTML, whole or not at all. Raises FileError; a file that is there already is one unless `overwrite`."""
    where = os.fsdecode(path)
    with at(where):
        write_whole(where, [render(report).encode("utf-8", "backslashreplace")], replace=overwrite)


def render(report: Report) -> str:
    """A report as HTML. Pictures are bounded in number and size; the page says what it leaves out."""
    model = report.golden.model or "a model without a file"
    parts = [_summary(report)]
    drawn = [each for each in _worth_drawing(report) if each.difference.worst or each.found is not None]
    if drawn:
        parts += _drawings(drawn[0])
        parts.append(_explanation(report, drawn[0]))
    parts.append(_layers(report))
    size, left = sum(map(len, parts)), len(drawn[1:])
    for each in drawn[1:_MOST_DRAWN]:
        more = "".join(_drawings(each))
        if size + len(more) > _MOST_BYTES:
            break
        parts.append(more)
        size, left = size + len(more), left - 1
    if left > 0:
        parts.append(section("Not drawn", text=[f"{_count(left, 'tensor')} more of this case; the table above has them all."]))
    parts += [_arithmetic(report), _commands(report)]
    return page(f"Golden of {model}: {'passes' if report.passes else 'fails'}", parts)


# ---- what differs


def _summary(report: Report) -> str:
    compared = f"{_count(report.compared, 'tensor')} of {_count(report.cases, 'case')} together"
    source = f"Where the values come from: {html_cell(report.source)}."
    if report.passes:
        within = len({each.key for each in report.differences})
        rest = f", {within} of them within their tolerances" if within else ""
        verdict = f'<p><span class="good">Passes</span>: {compared} agree with the golden{rest}. {source}</p>'
    else:
        failed = len({each.key for each in report.differences if not each.difference.passes})
        differ = f"{compared} are compared, and {_count(failed, 'tensor')} differ from the golden"
        verdict = f'<p><span class="bad">Fails</span>: {differ}. {source}</p>'
    facts = "" if report.first is None else section("What differs first", (), list(_facts(report, report.first)))
    guilty = [(each.op, each.operator, each.tensor, each.reason) for each in report.guilty]
    return "\n".join([
        verdict, listing(report.hints), listing(report.notes), facts,
        section("Ops that are to blame", ("op", "operator", "output", "why"), guilty) if guilty else "",
    ])  # fmt: skip


def _facts(report: Report, first: CaseDifference) -> Iterator[tuple[str, Any]]:
    found, tensor = first.difference, first.difference.tensor
    if tensor.op is not None:
        yield "op", f"{tensor.op} {tensor.operator}"
    yield "tensor", f"{first.key}: {_described(tensor, first.record)}"
    yield "case", f"{first.case} of {report.cases}, counted from 0"
    if found.problem:
        yield "problem", found.problem
    if found.count:
        beyond = f"; {found.beyond:,} by more than is allowed" if found.beyond != found.count else ""
        yield "values that differ", f"{found.count:,} of {found.size:,} ({_percent(found.count, found.size)}){beyond}"
    if found.count and not found.problem:
        yield "largest difference", _largest(first)
        yield "worst value", _value_words(first)
    if found.count and not found.problem and tensor.dtype not in ("bool", "str"):
        words = {"up": "up: nine of ten or more are above the golden's", "down": "down: nine of ten or more are below the golden's"}
        yield "direction", words.get(found.drift, found.drift)
    if report.verdict is not None:
        style = "bad" if report.verdict.kind == "guilty" else ""
        yield "verdict", Html(f'<span class="{style}">{html_cell(report.verdict.kind)}</span>: {html_cell(report.verdict.reason)}')
    if report.reproduction:
        yield "reproduction", report.reproduction


def _largest(each: CaseDifference) -> str:
    found, tensor = each.difference, each.difference.tensor
    if tensor.is_quantized:
        return f"{_count(found.steps, 'step')}, {found.real:.6g} in real numbers"
    if tensor.dtype.startswith(("float", "complex")):
        return f"{found.real:.6g}; {found.steps:,} floats of its type lie between"
    return f"{found.steps:,}" if tensor.dtype not in ("bool", "str") else "other values"


def _value_words(each: CaseDifference) -> str:
    found, tensor = each.difference, each.difference.tensor
    golden, now = (f"{_shown(value)}{_real(tensor, value, found.worst)}" for value in (found.golden, found.found))
    return f"at {','.join(map(str, found.worst)) or '()'}: golden {golden}, found {now}"


def _described(tensor: GoldenTensor, record: Record) -> str:
    scale = ""
    if tensor.scale:
        scales = f"scale {tensor.scale[0]:.6g}" if len(tensor.scale) == 1 else f"{len(tensor.scale)} scales along dimension {tensor.axis}"
        scale = f", {scales}" + (f", zero point {tensor.zero_point[0]}" if len(tensor.zero_point) == 1 else "")
    return f"{tensor.dtype} {_shape(record.shape)}{scale}"


def _shape(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape)) or "a single value"


def _shown(value: Any) -> str:
    if isinstance(value, (bytes, np.bytes_)):
        return repr(bytes(value))
    if isinstance(value, (float, np.floating)):
        return f"{value:.9g}"
    return str(value)


def _real(tensor: GoldenTensor, value: Any, place: tuple[int, ...]) -> str:
    """The real number that a stored integer stands for, in brackets; "" of others."""
    if not tensor.is_quantized or value is None:
        return ""
    channel = 0 if len(tensor.scale) == 1 else place[tensor.axis] if 0 <= tensor.axis < len(place) else -1
    if not 0 <= channel < len(tensor.scale):
        return ""
    zero_point = tensor.zero_point[channel] if channel < len(tensor.zero_point) else 0
    return f" ({tensor.scale[channel] * (int(value) - zero_point):.6g})"


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _percent(count: int, size: int) -> str:
    share = 100 * count / max(size, 1)
    return f"{share:.2g} %" if 0 < share < 10 else f"{share:.1f} %"


# ---- where, and by how much


def _worth_drawing(report: Report) -> list[CaseDifference]:
    """What is drawn, in this order: what differs first, outputs, other tensors; of the first case that differs, those beyond their
    tolerances before others."""
    kept = [each for each in report.differences if each.found is not None and each.record.value is not None]
    place = (report.first.case, report.first.key) if report.first is not None else None
    first = [each for each in kept if (each.case, each.key) == place]
    rest = [each for each in kept if (each.case, each.key) != place]
    rest.sort(key=lambda each: (each.difference.passes, each.difference.tensor.role != "output"))
    return first + rest


def _drawings(each: CaseDifference) -> list[str]:
    """Sections of one tensor."""
    golden, found, tensor = each.record.value, each.found, each.difference.tensor
    place = f"op {tensor.op} {tensor.operator}, " if tensor.op is not None else ""
    parts = [section(f"{place}{each.key}, case {each.case}")]
    if golden is None or found is None or golden.dtype != found.dtype or golden.shape != found.shape or not golden.size:
        return [*parts, listing([each.difference.problem or ""])]
    if tensor.role != "layer" and is_picture(golden):
        parts.append(_pictures(golden, found, each.difference.worst))
    golden, found = real_parts(golden), real_parts(found)
    worst = (*each.difference.worst, *(0 for _ in range(golden.ndim)))[: golden.ndim]  # of a complex number, its real part's place
    steps = steps_between(found, golden)
    unit = _unit(tensor)
    if golden.dtype.kind in "iufb":
        if max(golden.shape, default=1) == golden.size <= _SHORT:
            parts.append(_bars(each, golden.ravel(), found.ravel()))
        else:
            sizes, what = (_real_differences(golden, found), "Differences") if golden.dtype.kind == "f" else (steps, "Steps")
            scale = Scale.of(sizes, unit if unit == "steps" else "")
            name = f"{what} of {each.key}, {_shape(golden.shape)}"
            parts.append(heat_map(sizes, worst, scale, name))
        words = "floats of their type that lie between" if unit == "ulp" else unit
        parts.append(histogram(counted(steps), words, f"How many of the {golden.size:,} values differ by how many {words}"))
    parts.append(_largest_values(each, golden, found, steps))
    return parts


def _unit(tensor: GoldenTensor) -> str:
    return "steps" if tensor.is_quantized else "ulp" if tensor.dtype.startswith(("float", "complex")) else "whole numbers"


def _real_differences(golden: np.ndarray, found: np.ndarray) -> np.ndarray:
    """found - golden as float64; 0 where both are the same or NaN, and infinite where only one is NaN."""
    same = (golden == found) | (np.isnan(golden) & np.isnan(found))
    with np.errstate(invalid="ignore", over="ignore"):
        difference = found.astype(np.float64) - golden.astype(np.float64)
    return np.where(same, 0.0, np.where(np.isnan(difference), np.inf, difference))


def _pictures(golden: np.ndarray, found: np.ndarray, worst: tuple[int, ...]) -> str:
    number = worst[0] if golden.ndim == 4 and worst else 0
    pair = [value[number] if value.ndim == 4 else value for value in (golden, found)]
    finite = pair[0][np.isfinite(pair[0])]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    words = f" {number} of {golden.shape[0]}" if golden.ndim == 4 and golden.shape[0] > 1 else ""
    scale = f"{low:.4g} is dark and {high:.4g} light"
    figures = [picture(value, low, high, f"{name}{words}; {scale}") for name, value in zip(("Golden", "Found"), pair, strict=True)]
    return f'<div class="pair">{"".join(figures)}</div>'


def _bars(each: CaseDifference, golden: np.ndarray, found: np.ndarray) -> str:
    tensor = each.difference.tensor
    words = ""
    if tensor.role == "output" and golden.size > 1 and golden.dtype.kind in "iuf":
        before, now = int(np.argmax(golden)), int(np.argmax(found))
        words = f" The largest value is number {now} in both."
        if before != now:
            words = f" The largest value is number {before} in the golden, and number {now} in what was found."
    return value_bars(golden, found, f"Grey: the golden's values of {each.key}; marks: what was found where it differs.{words}")


def _largest_values(each: CaseDifference, golden: np.ndarray, found: np.ndarray, steps: np.ndarray) -> str:
    """A table of the largest differences, the largest first."""
    tensor = each.difference.tensor
    sizes = np.abs(_real_differences(golden, found)) if golden.dtype.kind == "f" else np.abs(steps)
    flat = sizes.ravel()
    most = min(_MOST_VALUES, int(np.count_nonzero(flat)))
    if not most:
        return ""
    places = np.argpartition(-flat, most - 1)[:most]
    places = places[np.argsort(-flat[places], kind="stable")]
    rows = []
    for place in places:
        where = tuple(int(part) for part in np.unravel_index(int(place), golden.shape))
        pair = [f"{_shown(values[where])}{_real(tensor, values[where], where)}" for values in (golden, found)]
        size = ""
        if golden.dtype.kind == "f":
            size = f"{sizes[where]:.6g}" if np.isfinite(sizes[where]) else "not finite"
        elif golden.dtype.kind in "iu":
            size = f"{int(steps[where]):+,}"
        rows.append((",".join(map(str, where)), *pair, size))
    real = ", in brackets the real number" if tensor.is_quantized else ""
    return block(f"The largest differences{real}", ("index", "golden", "found", "difference"), rows)


# ---- why


def _explanation(report: Report, each: CaseDifference) -> str:
    """How tinylite computes the worst value; "" if that cannot be explained, which a report must not fail for."""
    verdict = report.verdict
    if report.model is None or verdict is None or verdict.tensor != each.key or not each.difference.worst:
        return ""
    try:
        import tinylite

        names = [report.golden.arithmetic, *report.now.split()[:1]]
        explained = tinylite.explain(
            report.model,
            verdict.op,
            each.difference.worst,
            report.golden.inputs(each.case),
            arithmetic=[*dict.fromkeys(names)],
            output=verdict.output,
            graph=report.golden.graph,
        )
        tables = [block(title, head, rows) for title, head, rows in explained.sections()]
    except Exception:
        return ""
    return section("How tinylite computes the worst value") + "".join(tables)


# ---- all tensors


def _layers(report: Report) -> str:
    """A row for each tensor, in the order in which ops run. Layers that the golden lacks, and that were computed again, are among them."""
    by_key: dict[str, list[CaseDifference]] = {}
    for each in report.differences:
        by_key.setdefault(each.key, []).append(each)
    golden = report.golden
    tensors = {key: tensor for key, tensor in zip(golden.keys, golden.tensors, strict=True) if tensor.role != "input" or key in by_key}
    tensors |= {each.key: each.difference.tensor for each in report.differences}
    pairs = sorted(tensors.items(), key=lambda pair: -1 if pair[1].op is None else pair[1].op)
    left = max(0, len(pairs) - _MOST_ROWS)
    if left:  # those that agree go first
        agree = {*[key for key, _ in pairs if key not in by_key][:left]}
        pairs = [pair for pair in pairs if pair[0] not in agree][:_MOST_ROWS]
    shapes = {each.key: each.record.shape for each in report.differences}
    shapes |= {key: record.shape for key, record in zip(golden.keys, golden.cases[0], strict=True)} if golden.cases else {}
    allowed = dict(zip(golden.keys, report.allowed, strict=False))
    rows = [_row(report, key, tensor, shapes[key], by_key.get(key, []), allowed.get(key)) for key, tensor in pairs]
    head = ("op", "result", "share that differs", "largest, in steps or ulp", "in real numbers", "tensor", "type", "shape", "allowed")
    return section("All tensors", head, rows, [f"{left} more tensors are left out, first those that agree."] if left else [])


def _row(
    report: Report, key: str, tensor: GoldenTensor, shape: tuple[int, ...], found: list[CaseDifference], allowed: Tolerance | None
) -> tuple[Any, ...]:  # fmt: skip
    name = f"{tensor.op} {tensor.operator}" if tensor.op is not None else tensor.role
    first = report.first is not None and report.first.key == key
    failed = [each for each in found if not each.difference.passes]
    if not found:
        state: Any = "not compared" if key in report.lacking else Html('<span class="good">equal</span>')
    elif not failed:
        state = Html('<span class="good">within</span>')
    else:
        state = Html(f'<span class="bad">{"differs first" if first else "differs"}</span>')
    verdicts = [report.verdict] if report.verdict is not None else []
    for verdict in [*verdicts, *report.guilty]:
        if failed and verdict.op == tensor.op and tensor.op is not None and verdict.kind != "unknown":
            state = Html(f'<span class="bad">{html_cell(verdict.kind)}{", first" if first else ""}</span>')
    count = sum(each.difference.count for each in found)
    size = max(1, math.prod(shape) * report.cases)
    unknown = any(each.difference.problem and not each.difference.count for each in found)
    share = Html("") if not found or unknown else Html(f'<span class="close">{bar(count / size)} {_percent(count, size)}</span>')
    worst = max(found, key=lambda each: (bool(each.difference.problem), each.difference.real), default=None)
    steps, real = ("", "") if worst is None else (worst.difference.problem, "") if worst.difference.problem else _largest_short(worst)
    shown = Html(f'<span class="close">{"x".join(map(str, shape))}</span>')
    op = Html(f'<span class="close">{html_cell(name)}</span>')
    words = Html(f'<span class="close">{html_cell(_words(allowed, tensor))}</span>')
    return op, state, share, steps, real, key, tensor.dtype, shown, words


def _largest_short(each: CaseDifference) -> tuple[str, str]:
    found, tensor = each.difference, each.difference.tensor
    if tensor.dtype in ("bool", "str"):
        return "", ""
    real = f"{found.real:.4g}" if tensor.is_quantized or tensor.dtype.startswith(("float", "complex")) else ""
    return f"{found.steps:,}", real


def _words(allowed: Tolerance | None, tensor: GoldenTensor) -> str:
    """What may differ of a tensor: "lsb 1, share 0.001", or "nothing"."""
    if allowed is None or allowed == EXACT:
        return "nothing"
    parts = [f"lsb {allowed.lsb}"] if allowed.lsb and tensor.is_quantized else []
    if tensor.dtype.startswith(("float", "complex")):
        parts += [f"{name} {value:g}" for name in ("rtol", "atol", "ulp") if (value := getattr(allowed, name))]
    if allowed.share:
        parts.append(f"share {allowed.share:g}")
    return ", ".join(parts) or "nothing"


# ---- with what


def _arithmetic(report: Report) -> str:
    golden = report.golden
    from .. import __version__
    from .cpu import cpu_name

    rows = [
        ("arithmetic", report.then, report.now or report.source),
        ("tinylite", golden.tinylite, __version__),
        ("CPU", golden.cpu, cpu_name()),
        ("model", golden.model, report.model or ""),
        ("SHA-256 of the model", golden.model_sha256, ""),
        ("cases", str(len(golden.cases)), str(report.cases)),
        ("inputs", "given" if golden.seed is None else f"random, with the seed {golden.seed}", "the golden's"),
    ]
    return section("Then and now", ("", "golden", "now"), rows)


def _commands(report: Report) -> str:
    if not report.commands:
        return ""
    lines = "\n".join(html_cell(line, 1000) for line in report.commands)
    return section("To go on") + f"<pre>{lines}</pre>\n"
