"""The differences of two models as one HTML page."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Any

from ..html_page import bar, page, section
from ..html_tables import Html
from ..limits import size_text
from ..text import printable
from .records import Change, Differences, GraphDiff, ModelFacts, OpRef, QuantizationChange, Results, TensorRef, TensorResult
from .sentences import sentences
from .values import ValueDifference
from .wording import count_of, end_of, percent, share_text, step_count, steps_text, value_text

__all__ = ["page_of"]

_WIDTH = 6  # of a bar in a table with many columns


def page_of(diff: Differences) -> str:
    """The whole page: the sentences first, then tables."""
    return page(printable(f"{_file(diff.a)} and {_file(diff.b)}"), _parts(diff))


def _file(facts: ModelFacts) -> str:
    return facts.source.replace("\\", "/").rpartition("/")[2]


def _parts(diff: Differences) -> Iterator[str]:
    verdict = ("good", "The models are the same.") if diff.same else ("bad", "The models differ.")
    yield f'<p class="{verdict[0]}">{verdict[1]}</p>\n'
    yield f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences(diff))}</ul>\n"
    yield section("Files", ("", "A", "B", "change"), list(_facts(diff.a, diff.b)))
    counts = [(name, diff.a.ops.get(name, 0), diff.b.ops.get(name, 0)) for name in sorted({*diff.a.ops, *diff.b.ops})]
    yield section("Operators", ("operator", "in A", "in B", "change"), [(*row, _signed(row[2] - row[1])) for row in _shown(counts)])
    for graph in diff.graphs:
        place = f" of graph {graph.a}" if len(diff.graphs) > 1 else ""
        yield from _graph(graph, place)
    for run in diff.results:
        yield from _results(run, f" of graph {run.a}" if len(diff.results) > 1 else "")
    for graph in diff.graphs:
        place = f" of graph {graph.a}" if len(diff.graphs) > 1 else ""
        yield from _table(
            f"Tensors{place}",
            ("tensor", "what", "op", "what differs"),
            [(_name(tensor.a), tensor.role, _op(tensor.op), _changes(tensor.changes)) for tensor in graph.tensors],
        )
    rows = [(kind, *_change(change)) for kind in ("signatures", "metadata", "files", "records") for change in getattr(diff, kind)]
    yield from _table("Signatures, metadata and records", ("", "what", "A", "B"), rows)


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[Any]], text: Iterable[str] = ()) -> Iterator[str]:
    """A section, if there are rows."""
    shown = _shown(rows)
    if shown:
        yield section(title, head, shown, text)


def _shown(rows: Iterable[Sequence[Any]]) -> list[tuple[Any, ...]]:
    """Rows whose texts can be shown; HTML stays what it is."""
    return [tuple(printable(cell) if type(cell) is str else cell for cell in row) for row in rows]


def _signed(number: int) -> str:
    return f"{number:+,}" if number else ""


def _facts(a: ModelFacts, b: ModelFacts) -> Iterator[tuple[Any, ...]]:
    yield "file", printable(a.source), printable(b.source), ""
    for name, what in (("file_bytes", "size"), ("weights_bytes", "constants"), ("arena_bytes", "arena")):
        before, after = getattr(a, name), getattr(b, name)
        change = "" if before is None or after is None or before == after or not before else f"{100 * (after - before) / before:+.3g} %"
        yield what, size_text(before) or "unknown", size_text(after) or "unknown", change
    yield "graphs", a.graphs, b.graphs, _signed(b.graphs - a.graphs)
    yield "ops", sum(a.ops.values()), sum(b.ops.values()), _signed(sum(b.ops.values()) - sum(a.ops.values()))
    yield "tensors", a.tensors, b.tensors, _signed(b.tensors - a.tensors)


def _change(change: Change) -> tuple[str, str, str]:
    return change.name, value_text(change.a), value_text(change.b)


def _changes(changes: Iterable[Change]) -> str:
    return "; ".join(f"{change.name}: {_value(change, change.a)} → {_value(change, change.b)}" for change in changes)


def _value(change: Change, value: Any) -> str:
    return end_of(value) if change.name == "name" else value_text(value)


def _op(op: OpRef | None) -> Html:
    return _whole("" if op is None else f"{op.index} {op.name}")


def _whole(text: str) -> Html:
    """A cell that is not broken into lines."""
    return Html(f'<span style="white-space: nowrap">{escape(printable(text))}</span>')


def _name(tensor: TensorRef) -> Html:
    """The end of a tensor's name; all of it where the mouse rests on it."""
    return Html(f'<span title="{escape(printable(tensor.name))}">{escape(end_of(tensor.name, 48))}</span>')


def _graph(graph: GraphDiff, place: str) -> Iterator[str]:
    rows: list[tuple[int, str, str, str]] = []  # the first is what they are sorted by
    rows += [(op.index, _op(op), "", "removed") for op in graph.ops_removed]
    rows += [(op.index, "", _op(op), "added") for op in graph.ops_added]
    rows += [(a.index, _op(a), _op(b), "replaced") for a, b in graph.ops_replaced]
    rows += [(a.index, _op(a), "", f"fused into op {into.index}") for a, into in graph.ops_fused]
    rows += [(b.index, "", _op(b), f"was fused into the op before it, op {source.index} of B") for b, source in graph.ops_split]
    rows += [(a.index, _op(a), _op(b), "another place in the order") for a, b in graph.ops_moved]
    rows += [
        (change.a.index, _op(change.a), _op(change.b), _changes((*change.options, *change.reads, *change.other)))
        for change in graph.ops_changed
    ]
    text = [f"{count_of(graph.paired, 'op')} recognized in both. Arrows lead from A to B."]
    yield from _table(f"Ops{place}", ("op of A", "op of B", "what differs"), [row[1:] for row in sorted(rows)], text)
    ends = [(side[:-1], "removed", _tensor(tensor), "") for side in ("inputs", "outputs") for tensor in getattr(graph, f"{side}_removed")]
    ends += [(side[:-1], "added", "", _tensor(tensor)) for side in ("inputs", "outputs") for tensor in getattr(graph, f"{side}_added")]
    ends += [("output", "replaced", _tensor(mine), _tensor(theirs)) for mine, theirs in graph.outputs_replaced]
    ends += [("order", *_change(change)) for change in graph.order]
    yield from _table(f"Inputs and outputs{place}", ("", "", "A", "B"), ends)
    yield from _table(
        f"Quantization{place}",
        ("tensor", "what", "op", "A", "B", "change", "", "zero point"),
        map(_quantization, graph.quantization),
        ["How much scales changed in proportion; a full bar is 100 % or more. Of several scales of a tensor, the one that changed most."],
    )
    yield from _table(
        f"Constants{place}",
        ("op of A", "what", "tensor", "values that differ", "", "most: steps", "real", "at", "A", "B"),
        [
            (
                _op(change.op_a),
                change.role,
                _name(change.a),
                *_difference(change.difference, f"transposed {list(change.transposed)}" if change.transposed else "not comparable"),
            )
            for change in graph.constants
        ],
    )


def _quantization(change: QuantizationChange) -> tuple[Any, ...]:
    """A row: the scale that changed most, or how many there are, by how much, and how far the zero point moved."""
    if change.kind == "moved" and change.worst is not None:
        values: tuple[str, ...] = _change(change.worst)[1:] if change.worst.name == "scale" else ("", "")
    else:
        values = () if change.kind == "records" else tuple(count_of(count, "scale") for count in change.scales)
    moved = percent(change.scale) if change.kind == "moved" and change.scale else {"moved": ""}.get(change.kind, change.kind)
    if change.kind == "granularity":
        moved = "another dimension" if change.scales[0] == change.scales[1] else ""
    filled = bar(min(change.scale, 1.0), _WIDTH) if change.scale else ""
    zero = f"moved by {steps_text(change.zero_point)}" if change.zero_point else ""
    return _name(change.a), change.role, _op(change.op), *(values or ("", "")), _whole(moved), filled, _whole(zero)


def _tensor(tensor: TensorRef) -> str:
    return f"{end_of(tensor.name)} {tensor.type} {list(tensor.shape)}"


def _difference(found: ValueDifference | None, instead: str) -> tuple[Any, ...]:
    """Cells: how many differ, a bar of their share, the largest difference in steps and real, where, and the values there."""
    if found is None:
        return instead, "", "", "", "", "", ""
    if not found.differing:
        return "none", "", "", "", "", "", ""
    steps = "" if found.steps is None else step_count(found.steps)
    values = [value_text(value) for value in (found.a, found.b)]
    return _whole(share_text(found)), bar(found.share, _WIDTH), steps, _real(found.real), _whole(str(list(found.place or ()))), *values


def _real(number: float | None) -> str:
    return "" if number is None else f"{number:.3g}"


def _results(run: Results, place: str) -> Iterator[str]:
    if run.problem is not None:
        yield section(f"Results{place}", text=[f"Not compared: {printable(run.problem)}."])
        return
    head = ("op", "tensor", "values that differ", "", "most: steps", "real", "at", "A", "B")
    text = [f"What both models computed on {run.inputs}. Where types or scales differ, values differ from half a step on."]
    yield from _table(f"Outputs{place}", head, map(_result, run.outputs), text)
    most = max((each.difference.steps or 0 for each in run.tensors if each.difference is not None), default=0)
    steps = [each for each in run.tensors if each.difference is not None and each.difference.differing]
    order = ["In the order in which A runs. Those that are equal are left out."]
    yield from _table(f"Results of ops{place}", head, map(_result, steps), order)
    if len(steps) > 1 and 0 < most < math.inf:
        yield from _table(
            f"Largest difference of each op{place}, in steps",
            ("op", "steps", ""),
            [
                (_op(each.op_a), step_count(each.difference.steps), bar(each.difference.steps / most))
                for each in steps
                if each.difference is not None and each.difference.steps is not None
            ],
        )


def _result(each: TensorResult) -> tuple[Any, ...]:
    moved = each.op_a is not None and each.op_b is not None and each.op_a.index != each.op_b.index
    op = Html(f"{_op(each.op_a)} {_whole(f'(op {each.op_b.index} of B)')}") if moved and each.op_b is not None else _op(each.op_a)
    return op, _name(each.a), *_difference(each.difference, f"not compared: {each.problem}")
