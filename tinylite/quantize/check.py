"""Which ops can be quantized, and what to say about the others: all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from .. import ops
from ..errors import ConvertError, UnsupportedError, at
from ..model import Graph, Op, Tensor
from ..ops.common.operator import Node, Value
from ..passes.uses import Uses
from .ranges import Ranges, is_real, rule

if TYPE_CHECKING:
    from .config import FullIntegerQuantization

__all__ = ["check_ops", "quantizable"]

_REMEDIES = (
    "Three things help: train with fake quantization there (tinylite.quantize.create_training_graph puts FakeQuants on most layers, and "
    "tf.quantization.fake_quant_with_min_max_vars on any tensor); give a default range to try it out (default_ranges_stats, "
    "--default_ranges_min and --default_ranges_max); or leave these ops in float (allow_float_ops, --allow_float_ops)"
)


def check_ops(graph: Graph) -> None:
    """Raise ModelError for ops that break their operators' rules, as a file's may; what tinylite does not run is not looked at."""
    for index, op in enumerate(graph.ops):
        with at(f"op {index} {op.name}"), suppress(UnsupportedError):
            operator = ops.operator_of(op)
            if operator is not None:
                operator.check(Node(op, index, [None if t is None else _value(t) for t in op.inputs], [_value(t) for t in op.outputs]))


def _value(tensor: Tensor) -> Value:
    known = tensor.data if tensor.is_constant and tensor.sparsity is None and tensor.type != "STRING" else None
    return Value(tensor.name or "", str(tensor.type), tensor.shape, tensor, known)


def quantizable(graph: Graph, ranges: Ranges, quantization: FullIntegerQuantization) -> set[int]:
    """The ids of the ops that become integer ones.

    Raises ConvertError that names every tensor without a range and every op without a quantized kernel, unless these may stay in float.
    """
    chosen: set[int] = set()
    unsupported: list[Op] = []
    unranged: dict[int, Tensor] = {}
    stored: dict[int, Tensor] = {}
    uses = Uses(graph)
    for op in graph.ops:
        real = [tensor for tensor in (*op.inputs, *op.outputs) if tensor is not None and is_real(tensor)]
        if not real or ops.facts_of(op).converts:
            continue
        if op.code == "FAKE_QUANT":  # that stayed between two names that people know, with a range on both sides
            chosen.add(id(op))
            continue
        if rule(op, quantization.type) is None:
            unsupported.append(op)
            continue
        if found := _stored(op, uses):
            stored.update((id(tensor), tensor) for tensor in found)
            continue
        missing = [tensor for tensor in _needed(op, quantization.type) if ranges.get(tensor) is None]
        unranged.update((id(tensor), tensor) for tensor in missing)
        if not missing:
            chosen.add(id(op))
    if not quantization.keeps_float:
        _check_stored(list(stored.values()))
        _check_inputs(graph, ranges)
        _raise(graph, ranges, quantization, unsupported, list(unranged.values()))
    return chosen


def _needed(op: Op, type: str) -> Iterable[Tensor]:
    """The tensors that must have a range: all real ones but constants, and what is always the same."""
    declared = rule(op, type)
    assert declared is not None
    bias = op.inputs[declared.bias] if declared.bias is not None and declared.bias < len(op.inputs) else None
    for tensor in op.inputs:
        if tensor is not None and is_real(tensor) and not tensor.is_constant and tensor is not bias:
            yield tensor
    if declared.fixed is None and not declared.floats_out:
        yield from (tensor for tensor in op.outputs if is_real(tensor))


def _stored(op: Op, uses: Uses) -> list[Tensor]:
    """The constants of an op on floats that are not floats: weights that are stored smaller, as they are or after a DEQUANTIZE."""
    found = []
    for tensor in op.inputs:
        producer = uses.producer(tensor)
        source = producer.inputs[0] if producer is not None and producer.code == "DEQUANTIZE" else tensor
        if (
            source is not None
            and source.is_constant
            and (source is not tensor or (source.quantization_params is not None and not is_real(source)))
        ):
            found.append(source)
    return found


def _check_stored(tensors: list[Tensor]) -> None:
    if tensors:
        types = " and ".join(sorted({str(tensor.type) for tensor in tensors}))
        names = ", ".join(repr(tensor.name) for tensor in tensors[:5])
        raise ConvertError(
            f"{len(tensors)} weights are stored as {types} already: {names}{', ...' if len(tensors) > 5 else ''}",
            "Give the float model that they were made of, or leave these ops in float (allow_float_ops, --allow_float_ops)",
        )


def _check_inputs(graph: Graph, ranges: Ranges) -> None:
    missing = [repr(tensor.name) for tensor in graph.inputs if is_real(tensor) and ranges.get(tensor) is None]
    if missing:
        raise ConvertError(
            f"mean and std are not given for {'input' if len(missing) == 1 else 'inputs'} {', '.join(missing)}",
            "Give quantized_input_stats={name: (mean, std)} (--mean_values, --std_dev_values), with real = (stored - mean) / std",
        )


def _raise(graph: Graph, ranges: Ranges, quantization: FullIntegerQuantization, unsupported: list[Op], unranged: list[Tensor]) -> None:
    problems = []
    if unsupported:
        lines = [f"  {op.name} ({op.outputs[0].name!r})" for op in unsupported if op.outputs]
        problems.append(f"for {len(unsupported)} ops there is no quantized kernel yet for {quantization.type}:\n" + "\n".join(lines))
    if unranged:
        around = _Around(graph, ranges)
        lines = [f"  {around.described(tensor)}" for tensor in unranged]
        problems.append(
            f"{len(unranged)} tensors have no range (min and max), without which they cannot be quantized:\n" + "\n".join(lines)
        )
    if problems:
        remedy = _REMEDIES if unranged else "Leave them in float between DEQUANTIZE and QUANTIZE (allow_float_ops, --allow_float_ops)"
        raise ConvertError("\n".join(problems), remedy)


class _Around:
    """The nearest tensors with a range on both sides of one without."""

    def __init__(self, graph: Graph, ranges: Ranges) -> None:
        self.uses = Uses(graph)
        self.ranges = ranges

    def described(self, tensor: Tensor) -> str:
        producer = self.uses.producer(tensor)
        text = f"{tensor.name!r}, " + (f"made by {producer.name}" if producer is not None else "an input")
        before = self.nearest(tensor, lambda t: _inputs(self.uses.producer(t)))
        after = self.nearest(tensor, lambda t: [out for op in self.uses.readers.get(id(t), ()) for out in op.outputs])
        near = [f"{where} it {t.name!r} has {self.ranges.get(t)}" for where, t in (("before", before), ("after", after)) if t is not None]
        return f"{text}; {', '.join(near)}" if near else text

    def nearest(self, tensor: Tensor, step: Callable[[Tensor], list[Tensor]]) -> Tensor | None:
        seen, waiting = {id(tensor)}, [tensor]
        while waiting:
            found = [t for at in waiting for t in step(at) if id(t) not in seen]
            seen.update(map(id, found))
            known = next((t for t in found if self.ranges.get(t) is not None and not t.is_constant), None)
            if known is not None:
                return known
            waiting = found
        return None


def _inputs(op: Op | None) -> list[Tensor]:
    return [tensor for tensor in op.inputs if tensor is not None] if op is not None else []
