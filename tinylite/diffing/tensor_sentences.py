"""What became of tensors, in sentences: types, shapes, scales and constants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from .records import ConstantChange, Differences, QuantizationChange, TensorChange
from .wording import amount, count_of, count_text, grouped, listed, op_text, percent, share_text, steps_text, tensor_text, value_text

__all__ = ["ENDS", "constants", "quantization", "rounded", "shapes", "types"]

ENDS = ("input", "output")  # roles of tensors that have sentences of their own
_CONSTANTS = ("weights", "bias", "constant")
_FEW = 3  # layers whose constants get a part of a sentence each


def types(tensors: Sequence[TensorChange]) -> Iterator[str]:
    groups: dict[tuple[str, str], list[TensorChange]] = {}
    for tensor in tensors:
        change = tensor.change("type")
        if change is not None and tensor.role not in ENDS:
            groups.setdefault((str(change.a), str(change.b)), []).append(tensor)
    for (before, after), here in sorted(groups.items(), key=lambda entry: -len(entry[1])):
        if len(here) == 1:
            yield f"{_role(here[0].role)} {tensor_text(here[0].a, here[0].op)} became {after}, from {before}."
            continue
        roles = Counter(tensor.role for tensor in here)
        shown = listed(_roles(role, count) for role, count in roles.most_common())
        yield f"{len(here)} tensors that were {before} became {after}: {shown}."


def rounded(diff: Differences) -> Iterator[str]:
    """Constants that are stored as another type and hold the same numbers, as well as that type can say them."""
    for graph in diff.graphs:
        changed = {(change.a, change.b) for change in graph.constants}
        stored = [tensor for tensor in graph.tensors if tensor.role in _CONSTANTS and tensor.change("type") is not None]
        same = [tensor for tensor in stored if (tensor.a, tensor.b) not in changed and tensor.change("shape") is None]
        if same:
            which = f"{len(same)} of these {len(stored)} constants {'holds' if len(same) == 1 else 'hold'}"
            if len(same) == len(stored):
                which = "this constant holds" if len(stored) == 1 else "all of these constants hold"
            yield f"{which} the same numbers, except for rounding."


def _role(role: str) -> str:
    return {"weights": "the weights", "bias": "the bias"}.get(role, f"the {role}")


def _has(role: str) -> str:
    return "have" if role == "weights" else "has"


def _roles(role: str, count: int) -> str:
    names = {"weights": ("weight tensor", "weight tensors"), "bias": ("bias", "biases"), "activation": ("activation", "activations")}
    one, many = names.get(role, (role, f"{role}s"))
    return f"{count} {one if count == 1 else many}"


def shapes(tensors: Sequence[TensorChange]) -> Iterator[str]:
    changed = [(tensor, change) for tensor in tensors if (change := tensor.change("shape")) is not None]
    inner = [(tensor, change) for tensor, change in changed if tensor.role not in ENDS]
    if not inner:
        return
    batches = {(*change.a[:1], *change.b[:1]) if change.a[1:] == change.b[1:] else () for _, change in changed}
    if len(changed) > 1 and len(batches) == 1 and len(batch := batches.pop()) == 2:
        before, after = batch
        yield f"the first dimension of {count_of(len(inner), 'tensor')} is {after} instead of {before}."
    elif len(inner) == 1:
        tensor, change = inner[0]
        which = f"{_role(tensor.role)} {tensor_text(tensor.a, tensor.op)}"
        yield f"{which} {_has(tensor.role)} the shape {value_text(change.b)} instead of {value_text(change.a)}."
    else:
        tensor, change = inner[0]
        first = f"{tensor_text(tensor.a, tensor.op)} {value_text(change.b)} instead of {value_text(change.a)}"
        yield f"{len(inner)} tensors have other shapes, the first {first}."


def quantization(changes: Sequence[QuantizationChange]) -> Iterator[str]:
    inner = [change for change in changes if change.role not in ENDS]
    moved = [change for change in inner if change.kind == "moved" and change.scale]
    if moved:
        worst = max(moved, key=lambda change: change.scale)
        which = f"{tensor_text(worst.a, worst.op)}{_channel(worst)}"
        shown = f"{value_text(worst.worst.a)} became {value_text(worst.worst.b)}" if worst.worst is not None else ""
        if len(moved) == 1:
            yield f"1 scale moved by {percent(worst.scale)}: that of {which}, {shown}."
        else:
            yield f"{len(moved)} scales moved by at most {percent(worst.scale)}, most that of {which}: {shown}."
    zeros = [change for change in inner if change.kind == "moved" and change.zero_point]
    if zeros:
        worst = max(zeros, key=lambda change: change.zero_point)
        which = f"{tensor_text(worst.a, worst.op)}{'' if worst.scale else _channel(worst)}"
        if len(zeros) == 1:
            yield f"1 zero point moved by {steps_text(worst.zero_point)}: that of {which}."
        else:
            yield f"{len(zeros)} zero points moved by at most {steps_text(worst.zero_point)}, most that of {which}."
    for kind, verb in (("lost", "lost"), ("gained", "got")):
        here = [change for change in inner if change.kind == kind]
        if here:
            what = "its scale" if kind == "lost" else "a scale"
            many = "their scales" if kind == "lost" else "scales"
            names = listed(tensor_text(change.a, change.op) for change in here)
            yield f"{count_of(len(here), 'tensor')} {verb} {what if len(here) == 1 else many}: {names}."
    granular = [change for change in inner if change.kind == "granularity"]
    for (before, after), here in grouped(
        granular, lambda change: change.scales if change.scales[0] != change.scales[1] else (0, 0)
    ).items():
        names = listed(tensor_text(change.a, change.op) for change in here)
        if before == after:
            yield f"{count_text(len(here), 'tensor', 'has')} scales along another dimension: {names}."
        else:
            yield f"{count_text(len(here), 'tensor', 'has')} {count_of(after, 'scale')} instead of {before:,}: {names}."


def _channel(change: QuantizationChange) -> str:
    return "" if change.channel is None else f", channel {change.channel} of {change.scales[0]}"


def constants(changes: Sequence[ConstantChange]) -> Iterator[str]:
    for role, thing in (("weights", "the weights"), ("bias", "the biases"), ("constant", "constants")):
        here = [change for change in changes if change.role == role]
        if not here:
            continue
        many = count_of(len(here), "op" if role == "constant" else "layer")
        if len(here) <= _FEW:
            yield f"{thing} of {many} differ: {'; '.join(map(_constant, here))}."
            continue
        compared = [(change, change.difference) for change in here if change.difference is not None]
        text = f"{thing} of {many} differ"
        if compared:
            total, differing = (sum(getattr(each, name) for _, each in compared) for name in ("count", "differing"))
            text += f", in {percent(differing / total)} of {total:,} values"
            change, worst = max(compared, key=lambda entry: (entry[1].steps or 0, entry[1].real or 0))
            text += f"; most those of {op_text(change.op_a, change.op_b)}, by {amount(worst)}"
        yield f"{text}."


def _constant(change: ConstantChange) -> str:
    place = op_text(change.op_a, change.op_b)
    if change.transposed is not None:
        return f"{place} has them transposed, in the order {list(change.transposed)}"
    if change.difference is None:
        return f"{place}, where they cannot be compared as numbers"
    if change.difference.differing > 1:
        return f"{place} in {share_text(change.difference)} by at most {amount(change.difference)}"
    where = f", at {list(change.difference.place)}," if change.difference.count > 1 and change.difference.place else ""
    return f"{place} in {share_text(change.difference)}{where} by {amount(change.difference)}"
