"""How two graphs differ: ops, their options and what they read; inputs and outputs; tensors, scales and constants."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..model import ExternalBuffer, Op, references
from ..ops import facts_of
from ..schema.table import Table
from .align import Alignment
from .fingerprints import Ops, constant_digest
from .pairing import Pair, Pairing
from .quantization import quantization_change
from .records import Change, ConstantChange, GraphDiff, OpChange, OpRef, QuantizationChange, TensorChange
from .references import References, plain_value, shortened
from .weights import constant_change

__all__ = ["graph_diff"]

# Records of an op, and of a tensor, that are compared as they are; the others have their own ways.
_OP_RECORDS = ("version", "custom_options", "mutating_variable_inputs", "debug_metadata_index")
_TENSOR_RECORDS = ("is_variable", "has_rank", "sparsity", "variant_tensors", "external_buffer")
_GRAPH_RECORDS = ("name", "debug_metadata_index")


def graph_diff(found: Alignment, pairing: Pairing, a: References, b: References) -> GraphDiff:
    """The differences of two graphs whose ops are aligned and whose tensors are paired."""
    tensors, quantization, constants = _tensors(found, pairing, a, b)
    return GraphDiff(
        a.number,
        b.number,
        len(found.to_b),
        ops_removed=tuple(a.op(position) for position in found.removed if position not in found.fused),
        ops_added=tuple(b.op(position) for position in found.added if position not in found.split),
        ops_replaced=tuple((a.op(first), b.op(second)) for first, second in found.replaced),
        ops_fused=tuple((a.op(position), a.op(into)) for position, into in found.fused.items()),
        ops_split=tuple((b.op(position), b.op(source)) for position, source in found.split.items()),
        ops_moved=tuple((a.op(first), b.op(second)) for first, second in found.moved),
        ops_changed=tuple(_changed(found, pairing, a, b)),
        inputs_removed=tuple(map(a.tensor, pairing.inputs.removed)),
        inputs_added=tuple(map(b.tensor, pairing.inputs.added)),
        outputs_removed=tuple(map(a.tensor, pairing.outputs.removed)),
        outputs_added=tuple(map(b.tensor, pairing.outputs.added)),
        outputs_replaced=tuple((a.tensor(mine), b.tensor(theirs)) for mine, theirs in pairing.replaced_outputs),
        order=tuple(_order(pairing, found, a, b)),
        tensors=tuple(tensors),
        quantization=tuple(quantization),
        constants=tuple(constants),
        records=(*_records(a.graph, b.graph, _GRAPH_RECORDS), *_unused(found)),
    )


# ---- ops


def _changed(found: Alignment, pairing: Pairing, a: References, b: References) -> Any:
    reads: dict[int, list[Change]] = {}
    for reading in pairing.readings:
        op = found.a.ops[reading.op_a]
        names = [None if tensor is None else shortened(tensor.name) for tensor in (reading.a, reading.b)]
        if reading.slot is None:
            swapped = [shortened(tensor.name) if tensor is not None else None for tensor in op.inputs]
            reads.setdefault(reading.op_a, []).append(Change("order", swapped, swapped[::-1]))
        else:
            reads.setdefault(reading.op_a, []).append(Change(_input_name(op, reading.slot), *names))
    replaced = set(found.replaced)
    for first, second in found.pairs:
        op_a, op_b = found.a.ops[first], found.b.ops[second]
        if (first, second) in replaced:
            continue
        options = _options(op_a, op_b)
        other = _records(op_a, op_b, _OP_RECORDS)
        if len(op_a.outputs) != len(op_b.outputs):
            other = (*other, Change("number of outputs", len(op_a.outputs), len(op_b.outputs)))
        if options or other or first in reads:
            yield OpChange(a.op(first), b.op(second), options, tuple(reads.get(first, ())), other)


def _input_name(op: Op, slot: int) -> str:
    layer = facts_of(op).layer
    if layer is not None and slot in (layer.weights, layer.bias):
        return "weights" if slot == layer.weights else "bias"
    return f"input {slot}"


def _options(a: Op, b: Op) -> tuple[Change, ...]:
    """The fields of their options that differ. Which graphs they call says the comparison of those."""
    mine, theirs = a.options, b.options
    if mine is None or theirs is None or mine.table != theirs.table:
        names = [None if table is None else table.table for table in (mine, theirs)]
        return (Change("options", *names),) if names[0] != names[1] else ()
    called = {name for name, target in references(mine) if target == "subgraphs"}
    return tuple(
        Change(name, plain_value(value), plain_value(other))
        for (name, value), (_, other) in zip(mine.items(), theirs.items(), strict=True)
        if name not in called and not _equal(value, other)
    )


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        return a is not None and b is not None and np.array_equal(a, b)
    if isinstance(a, Table) and isinstance(b, Table):
        return a.table == b.table and all(_equal(mine, theirs) for (_, mine), (_, theirs) in zip(a.items(), b.items(), strict=True))
    if isinstance(a, ExternalBuffer) and isinstance(b, ExternalBuffer):
        return vars(a) == vars(b)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(_equal, a, b))
    return bool(a == b) or bool(a != a and b != b)


def _records(a: Any, b: Any, names: tuple[str, ...]) -> tuple[Change, ...]:
    """Attributes that differ; empty ones and None say the same."""
    return tuple(
        Change(name, plain_value(mine), plain_value(theirs))
        for name in names
        if not _equal(mine := getattr(a, name), theirs := getattr(b, name)) and not (_is_empty(mine) and _is_empty(theirs))
    )


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, bytes, list, tuple)) and not value)


# ---- tensors


def _tensors(
    found: Alignment, pairing: Pairing, a: References, b: References
) -> tuple[list[TensorChange], list[QuantizationChange], list[ConstantChange]]:  # fmt: skip
    tensors, quantization, constants = [], [], []
    for pair in pairing.pairs:
        refs = a.tensor(pair.a), b.tensor(pair.b)
        op: OpRef | None = None if pair.op_a is None else a.op(pair.op_a)
        changes = _tensor_changes(pair)
        if pair.role == "output" and any(pair.a is mine and pair.b is theirs for mine, theirs in pairing.replaced_outputs):
            changes = tuple(change for change in changes if change.name != "name")  # another tensor, not one of another name
        if changes:
            tensors.append(TensorChange(*refs, pair.role, op, changes))
        change = quantization_change(pair.a, pair.b, refs, pair.role, op)
        if change is not None:
            quantization.append(change)
        if pair.op_a is not None and pair.op_b is not None and pair.a.is_constant and pair.b.is_constant:
            constant = constant_change(pair.a, pair.b, refs, (a.op(pair.op_a), b.op(pair.op_b)), pair.role)
            if constant is not None:
                constants.append(constant)
    return tensors, quantization, constants


def _tensor_changes(pair: Pair) -> tuple[Change, ...]:
    a, b = pair.a, pair.b
    found = []
    if (a.name or "") != (b.name or ""):
        found.append(Change("name", shortened(a.name), shortened(b.name)))
    if a.type != b.type:
        found.append(Change("type", a.type, b.type))
    if tuple(a.dynamic_shape) != tuple(b.dynamic_shape):
        found.append(Change("shape", plain_value(a.dynamic_shape), plain_value(b.dynamic_shape)))
    elif tuple(a.shape) != tuple(b.shape):  # where it may vary, the shape that the file was made for
        found.append(Change("shape", plain_value(a.shape), plain_value(b.shape)))
    if a.is_constant != b.is_constant:
        found.append(Change("constant", a.is_constant, b.is_constant))
    return (*found, *_records(a, b, _TENSOR_RECORDS))


def _order(pairing: Pairing, found: Alignment, a: References, b: References) -> Any:
    for name, ends, sides in (
        ("inputs", pairing.inputs, (a.graph.inputs, b.graph.inputs)),
        ("outputs", pairing.outputs, (a.graph.outputs, b.graph.outputs)),
    ):
        if ends.reordered:
            yield Change(name, *([shortened(tensor.name) for tensor in side] for side in sides))
    if not (found.removed or found.added or found.moved or found.replaced or pairing.replaced_outputs or _changed_ends(pairing)):
        numbers = sorted((a.indices[id(pair.a)], b.indices[id(pair.b)]) for pair in pairing.pairs)
        moved = sum(first != second for first, second in numbers)
        if len(a.indices) == len(b.indices) and moved:
            yield Change("tensors", moved, moved)


def _changed_ends(pairing: Pairing) -> bool:
    return any(ends.removed or ends.added or ends.reordered for ends in (pairing.inputs, pairing.outputs))


def _unused(found: Alignment) -> list[Change]:
    """The tensors that no op reads or writes."""
    before, after = (Counter(_unread(side)) for side in (found.a, found.b))
    gone, new = (list(map(shortened, (one - other).elements())) for one, other in ((before, after), (after, before)))
    return [Change("unused tensors", plain_value(gone), plain_value(new))] if gone or new else []


def _unread(side: Ops) -> Iterator[str]:
    used = {id(tensor) for op in side.ops for tensor in (*op.inputs, *op.outputs, *op.intermediates)}
    used |= {id(tensor) for tensor in (*side.graph.inputs, *side.graph.outputs)}
    for tensor in side.graph.all_tensors():
        if id(tensor) not in used:
            content = f" {constant_digest(tensor).hex()}" if tensor.is_constant else ""
            yield f"{tensor.name} {tensor.type} {list(tensor.dynamic_shape)}{content}"
