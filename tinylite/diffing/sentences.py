"""The differences of two models in plain English, what matters most first.

B is seen from A: what was, and what it is now. Similar changes are one sentence; what another sentence says already is left out.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from ..limits import size_text
from .records import (
    Change,
    Differences,
    GraphDiff,
    OpChange,
    QuantizationChange,
    Results,
    TensorChange,
    TensorRef,
    TensorResult,
)  # fmt: skip
from .tensor_sentences import ENDS, constants, quantization, rounded, shapes, types
from .wording import (
    amount,
    count_of,
    count_text,
    grouped,
    listed,
    name_text,
    number_text,
    op_text,
    ops_text,
    share_text,
    steps_text,
    tensor_text,
    value_text,
)

__all__ = ["result_sentences", "sentences"]


def sentences(diff: Differences) -> list[str]:
    """All that differs, or that nothing does."""
    if diff.same:
        return [_same(diff), *(sentence for run in diff.results if run.problem for sentence in result_sentences(run))]
    found: list[str] = [*_graphs(diff)]
    for graph in diff.graphs:
        found += _ends(graph)
    found += _signatures(diff.signatures)
    for graph in diff.graphs:
        found += _ops(graph)
    found += _options([change for graph in diff.graphs for change in graph.ops_changed], _told(diff))
    found += _reads([change for graph in diff.graphs for change in graph.ops_changed])
    tensors = [tensor for graph in diff.graphs for tensor in graph.tensors]
    found += types(tensors)
    found += rounded(diff)
    found += shapes(tensors)
    found += quantization([change for graph in diff.graphs for change in graph.quantization])
    found += constants([change for graph in diff.graphs for change in graph.constants])
    for run in diff.results:
        found += result_sentences(run)
    found += _memory(diff)
    found += _versions([change for graph in diff.graphs for change in graph.ops_changed])
    found += _records(diff, tensors)
    found += _metadata(diff)
    found += _names(diff, tensors)
    return [sentence[:1].upper() + sentence[1:] for sentence in found]


def _same(diff: Differences) -> str:
    ops = sum(diff.a.ops.values())
    ran = [run for run in diff.results if run.problem is None]
    results = f", and the same results on {ran[0].inputs}" if ran else ""
    return f"The models are the same: {count_of(ops, 'op')}, {count_of(diff.a.tensors, 'tensor')}{results}."


# ---- what a program that uses the model meets


def _graphs(diff: Differences) -> Iterator[str]:
    for change in diff.graphs_removed:
        yield f"{change.name} {value_text(change.a)} was removed."
    for change in diff.graphs_added:
        yield f"{change.name} of B, {value_text(change.b)}, was added."
    moved = [graph for graph in diff.graphs if graph.a != graph.b]
    if moved:
        yield f"{count_text(len(moved), 'graph', 'has')} another number: {listed(f'{graph.a} became {graph.b}' for graph in moved)}."


def _ends(graph: GraphDiff) -> Iterator[str]:
    place = f" of graph {graph.a}" if graph.a else ""
    for side in ("inputs", "outputs"):
        for tensors, verb in ((getattr(graph, f"{side}_removed"), "removed"), (getattr(graph, f"{side}_added"), "added")):
            for tensor in tensors:
                yield f"{side[:-1]} {_described(tensor)}{place} was {verb}."
    for mine, theirs in graph.outputs_replaced:
        yield f"output {name_text(mine.name)}{place} was replaced by another tensor, {_described(theirs)}."
    for order in graph.order:
        if order.name != "tensors":
            before, after = (listed(map(name_text, names)) for names in (order.a, order.b))
            yield f"the {order.name}{place} are in another order: {before} became {after}."
    moved = {(change.a, change.b): change for change in graph.quantization if change.role in ENDS}
    for tensor in graph.tensors:
        if tensor.role in ENDS:
            parts = list(_end_parts(tensor))
            change = moved.pop((tensor.a, tensor.b), None)
            if change is not None:
                parts.append(_end_quantization(change))
            if parts:
                yield f"{tensor.role} {name_text(tensor.a.name)}{place} {listed(parts)}."
    for change in moved.values():
        yield f"{change.role} {name_text(change.a.name)}{place} {_end_quantization(change)}."


def _described(tensor: TensorRef) -> str:
    return f"{name_text(tensor.name)} ({tensor.type} {list(tensor.shape)})"


def _end_parts(tensor: TensorChange) -> Iterator[str]:
    texts = {"name": "is called {b}", "type": "is {b} instead of {a}", "shape": "has the shape {b} instead of {a}"}
    for change in tensor.changes:
        if change.name in texts:
            show = name_text if change.name == "name" else value_text
            yield texts[change.name].format(a=show(change.a), b=show(change.b))


def _end_quantization(change: QuantizationChange) -> str:
    if change.kind == "moved" and change.worst is not None:
        steps = f"; its zero point moved by {steps_text(change.zero_point)}" if change.zero_point and change.worst.name == "scale" else ""
        what = "scale" if change.worst.name == "scale" else "zero point"
        return f"has the {what} {value_text(change.worst.b)} instead of {value_text(change.worst.a)}{steps}"
    texts = {"lost": "lost its scale", "gained": "got a scale", "records": "has other records of its quantization"}
    return texts.get(change.kind, f"has {change.scales[1]} scales instead of {change.scales[0]}")


def _signatures(changes: Sequence[Change]) -> Iterator[str]:
    for change in changes:
        a, b = name_text(change.a), name_text(change.b)
        if change.b is None:
            yield f"{change.name} {a} was removed."
        elif change.a is None:
            yield f"{change.name} {b} was added."
        elif change.name.startswith(("graph of", "tensor of")):
            yield f"the {change.name} is {value_text(change.b)} instead of {value_text(change.a)}."
        else:
            yield f"{change.name} {a} is called {b}."


# ---- ops


def _ops(graph: GraphDiff) -> Iterator[str]:
    for ops, verb, place in ((graph.ops_removed, "removed", ""), (graph.ops_added, "added", " of B")):
        if ops:
            yield f"{count_text(len(ops), 'op', 'was')} {verb}: {ops_text(ops, place)}."
    for (name, other), pairs in grouped(graph.ops_replaced, lambda pair: (pair[0].name, pair[1].name)).items():
        if len(pairs) == 1:
            yield f"{op_text(pairs[0][0])} was replaced by {op_text(pairs[0][1]) if pairs[0][0].index != pairs[0][1].index else other}."
        else:
            yield f"{len(pairs)} {name} were replaced by {other} (ops {listed(str(a.index) for a, _ in pairs)})."
    for name, pairs in grouped(graph.ops_fused, lambda pair: pair[0].name).items():
        if len(pairs) == 1:
            yield f"{op_text(pairs[0][0])} was fused into {op_text(pairs[0][1])}."
        else:
            yield f"{len(pairs)} {name} were fused into the ops before them (ops {listed(str(into.index) for _, into in pairs)})."
    for name, pairs in grouped(graph.ops_split, lambda pair: pair[0].name).items():
        if len(pairs) == 1:
            yield f"the {name} that was fused into {op_text(pairs[0][1])} is an op of its own, op {pairs[0][0].index} of B."
        else:
            yield f"{len(pairs)} {name} that were fused are ops of their own (ops {listed(str(op.index) for op, _ in pairs)} of B)."
    if graph.ops_moved:
        moved = listed(op_text(*pair) for pair in graph.ops_moved)
        yield f"{count_text(len(graph.ops_moved), 'op', 'has')} another place in the order: {moved}."


def _told(diff: Differences) -> set[tuple[int, int]]:
    """The ops of A, as (graph, number), whose activations were fused or split: their options say it again."""
    told = {(into.graph, into.index) for graph in diff.graphs for _, into in graph.ops_fused}
    for graph in diff.graphs:
        sources = {source for _, source in graph.ops_split}
        told |= {(change.a.graph, change.a.index) for change in graph.ops_changed if change.b in sources}
    return told


def _options(changes: Sequence[OpChange], told: set[tuple[int, int]]) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[OpChange]] = {}
    for change in changes:
        parts = [
            _option(option)
            for option in change.options
            if not (option.name == "fused_activation_function" and (change.a.graph, change.a.index) in told)
        ]
        if parts:
            groups.setdefault((change.a.name, *parts), []).append(change)
    for (name, *parts), here in groups.items():
        if len(here) == 1:
            yield f"{op_text(here[0].a, here[0].b)} {listed(parts)}."
        else:
            many = [part.replace("its", "their").replace("has", "have", 1).replace(" a ", " ", 1) for part in parts]
            yield f"{len(here)} {name} (ops {listed(str(change.a.index) for change in here)}) {listed(many)}."


def _option(change: Change) -> str:
    if change.name == "fused_activation_function":
        if change.b == "NONE":
            return f"lost its {change.a}"
        if change.a == "NONE":
            return f"got a {change.b}"
        return f"has {change.b} instead of its {change.a}"
    if change.name == "options" and None in (change.a, change.b):
        return f"has no {change.a} any more" if change.b is None else f"has {change.b}, which it did not have"
    return f"has {change.name} {value_text(change.b)} instead of {value_text(change.a)}"


def _reads(changes: Sequence[OpChange]) -> Iterator[str]:
    for change in changes:
        place = op_text(change.a, change.b)
        for read in change.reads:
            if read.name == "order":
                yield f"{place} reads its inputs in the other order."
            elif read.b is None:
                yield f"{place} lost its {read.name} {name_text(read.a)}."
            elif read.a is None:
                yield f"{place} got {_article(read.name)} {name_text(read.b)}."
            else:
                yield f"{place} reads {name_text(read.b)} as {read.name} instead of {name_text(read.a)}."


def _article(name: str) -> str:
    return {"weights": "weights", "bias": "a bias"}.get(name, name)


# ---- what they compute


def result_sentences(run: Results) -> Iterator[str]:
    """What the runs of a pair of graphs say."""
    place = f" of graph {run.a}" if run.a else ""
    if run.problem is not None:
        yield f"The results{place} were not compared: {run.problem.rstrip('.')}."
        return
    compared = [(each, each.difference) for each in run.outputs if each.difference is not None]
    differing = [(each, found) for each, found in compared if found.differing]
    for each, found in differing:
        averaged = found.mean is not None and found.count > 1 and found.real != math.inf  # of what is infinite there is no average
        mean = f", on average by {number_text(found.mean)}" if averaged else ""
        half = "" if _alike(each) or found.steps is None else "by more than half a step "
        how = f"{half}in {share_text(found)}, at most by {amount(found)}{mean}"
        yield f"on {run.inputs}, output {name_text(each.a.name)}{place} differs {how}."
    for each in run.outputs:
        if each.problem is not None:
            yield f"output {name_text(each.a.name)}{place} was not compared: {each.problem}."
    inner = [(each, each.difference) for each in run.tensors if each.difference is not None and each.difference.differing]
    if compared and not differing:
        within = "equal" if all(_alike(each) for each, _ in compared) else "equal to within half a step"
        also = f"; {count_text(len(inner), 'tensor', 'differs')} before them" if inner else ""
        yield f"on {run.inputs}, the outputs{place} are {within}{also}."
    if inner and all(_alike(each) for each, _ in inner):
        yield f"the difference{place} starts at {listed(map(op_text, run.origins))}."
    elif steps := [(found.steps, each, found) for each, found in inner if found.steps is not None]:
        _, each, found = max(steps, key=lambda entry: entry[0])
        op = op_text(each.op_a, each.op_b) if each.op_a is not None else name_text(each.a.name)
        yield f"of what ops compute{place}, the result of {op} differs most: by {amount(found)}."


def _alike(result: TensorResult) -> bool:
    """Whether both models store a result as the same type, so that it should be equal."""
    return result.a.type == result.b.type


# ---- the rest


def _memory(diff: Differences) -> Iterator[str]:
    parts = []
    for name, what in (("file_bytes", "the file takes"), ("weights_bytes", "constants"), ("arena_bytes", "the arena")):
        before, after = getattr(diff.a, name), getattr(diff.b, name)
        if before != after and before is not None and after is not None:
            parts.append(f"{what} {_size(after, before)} instead of {_size(before, after)}")
    if parts:
        text = listed(parts)
        yield f"{text if text.startswith('the file') else 'memory: ' + text}."
    if (diff.a.arena_problem is None) != (diff.b.arena_problem is None) and not any(run.problem for run in diff.results):
        name, problem = ("B", diff.b.arena_problem) if diff.a.arena_problem is None else ("A", diff.a.arena_problem)
        yield f"{name} cannot be planned: {str(problem).rstrip('.')}."


def _size(count: int, other: int) -> str:
    """A size, in bytes where its unit would hide that it differs from another one."""
    return size_text(count) if size_text(count) != size_text(other) else f"{count:,} B"


def _versions(changes: Sequence[OpChange]) -> Iterator[str]:
    counts: Counter[tuple[str, int, int]] = Counter()
    for change in changes:
        for record in change.other:
            if record.name == "version":
                counts[change.a.name, record.a, record.b] += 1
    if counts:
        shown = listed(f"{name} {before} became {after}" for (name, before, after), _ in counts.most_common())
        yield f"the {'version of 1 op differs' if counts.total() == 1 else f'versions of {counts.total()} ops differ'}: {shown}."


def _records(diff: Differences, tensors: Sequence[TensorChange]) -> Iterator[str]:
    def text(place: str, change: Change) -> str:
        return f"{place}{change.name} is {value_text(change.b)} instead of {value_text(change.a)}"

    found = [text(f"{op_text(change.a)} ", record) for change in _changed(diff) for record in change.other if record.name != "version"]
    for tensor in tensors:
        told = ("name", "type", "shape")
        found += [text(f"{tensor_text(tensor.a, tensor.op)} ", change) for change in tensor.changes if change.name not in told]
    for graph in diff.graphs:
        found += [text(f"graph {graph.a} ", change) for change in graph.records]
    quantized = [change for graph in diff.graphs for change in graph.quantization if change.kind == "records" and change.role not in ENDS]
    if found:
        yield f"other records: {listed(found)}."
    if quantized:
        names = listed(dict.fromkeys(record.name for change in quantized for record in change.changes))
        yield f"{count_text(len(quantized), 'tensor', 'has')} other records of quantization that no kernel reads: {names}."
    for change in diff.records:
        yield f"the {change.name} is {_quoted(change.b)} instead of {_quoted(change.a)}."


def _changed(diff: Differences) -> Iterator[OpChange]:
    for graph in diff.graphs:
        yield from graph.ops_changed


def _quoted(value: object) -> str:
    return name_text(value) if isinstance(value, str) else value_text(value)


def _metadata(diff: Differences) -> Iterator[str]:
    for change in diff.metadata:
        what = f"the metadata of {change.name}" if change.name.startswith(("input ", "output ")) else f"metadata {name_text(change.name)}"
        yield _entry(what, change)
    for change in diff.files:
        yield _entry(f"the attached file {name_text(change.name)}", change)


def _entry(what: str, change: Change) -> str:
    if change.b is None or change.a is None:
        return f"{what} was {'removed' if change.b is None else 'added'}."
    if change.a == change.b:
        return f"{what} has other content of the same size."
    return f"{what} is {value_text(change.b)} instead of {value_text(change.a)}."


def _names(diff: Differences, tensors: Sequence[TensorChange]) -> Iterator[str]:
    renamed = [(tensor, change) for tensor in tensors if (change := tensor.change("name")) is not None and tensor.role not in ENDS]
    if renamed:
        _, change = renamed[0]
        such = f"{name_text(change.a)} became {name_text(change.b)}"
        yield f"{count_text(len(renamed), 'tensor', 'has')} another name{'' if len(renamed) == 1 else ', such as'}: {such}."
    for graph in diff.graphs:
        for change in graph.order:
            if change.name == "tensors":
                yield "the tensors are numbered in another order."
