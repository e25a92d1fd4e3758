"""Loops that step an LSTM cell through a sequence, as one operator.

Only on request: the operator keeps its state from run to run, until the interpreter's variables are reset, and a loop begins
anew every time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..model import Graph, Op, Tensor
from .graph_pass import changes_bits
from .uses import Uses, constant

__all__ = ["recognize_lstm"]

_GATES = ("input", "forget", "cell", "output")


@changes_bits
def recognize_lstm(graph: Graph) -> int:
    """Replace each WHILE that computes an LSTM by a UNIDIRECTIONAL_SEQUENCE_LSTM; returns the number replaced.

    Float cells with sigmoid gates and tanh, that begin with zeros and a batch of known size, over all steps of a sequence;
    of the state only the last output may be read after the loop.
    """
    found = 0
    for op in list(graph.ops):
        if op.code == "WHILE" and (cell := _matched(graph, op)) is not None:
            place = next(index for index, other in enumerate(graph.ops) if other is op)
            graph.ops[place : place + 1] = _written(graph, op, cell)
            found += 1
    return found


class _NoLstm(Exception):
    """The loop is something else."""


@dataclass
class _Cell:
    """What a loop's body computes: weights [gates * units, depth] in the order of `gates`, and the places of its variables."""

    x: int
    sequence: int | None = None  # the list of all outputs
    last: list[int] = field(default_factory=list)  # outputs of the last step: the state, and lists of one element
    weights: dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]] = field(default_factory=dict)  # by gate: input, recurrent, bias


def _matched(graph: Graph, op: Op) -> _Cell | None:
    try:
        return _Matcher(graph, op).cell()
    except _NoLstm:
        return None


def _want(condition: object) -> None:
    if not condition:
        raise _NoLstm


def _all(tensor: Tensor | None, number: int) -> bool:
    """Whether a tensor is a constant of nothing but this number."""
    return tensor is not None and tensor.is_constant and bool(np.all(np.asarray(tensor.data) == number))


class _Matcher:
    """Reads a body backwards from the new state."""

    def __init__(self, graph: Graph, op: Op) -> None:
        assert op.options is not None
        self.graph, self.op = graph, op
        self.cond: Graph = op.options.cond_subgraph_index
        self.body: Graph = op.options.body_subgraph_index
        self.uses = Uses(self.body)
        self.outside = Uses(graph)

    def made(self, tensor: Tensor | None, code: str, count: int = 2) -> Op:
        """The op of this code that writes a tensor of the body."""
        op = self.uses.producer(tensor, code)
        if op is None or len(op.inputs) < count or getattr(op.options, "fused_activation_function", "NONE") != "NONE":
            raise _NoLstm
        return op

    def variable(self, tensor: Tensor | None) -> int:
        """The place of a tensor among the body's inputs."""
        for place, each in enumerate(self.body.inputs):
            if each is tensor:
                return place
        raise _NoLstm

    def cell(self) -> _Cell:
        ends = self.body.outputs
        states = [place for place, end in enumerate(ends) if self.uses.producer(end, "MUL") is not None]
        _want(len(states) == 1)
        (h,) = states
        output, squashed = self.gate_and_value(ends[h])
        c = next((place for place, end in enumerate(ends) if end is squashed), -1)
        _want(c >= 0)
        total = self.made(squashed, "ADD")
        kept, new = total.inputs if self.reads(total.inputs[0], c) else total.inputs[::-1]
        forget = next(tensor for tensor in self.made(kept, "MUL").inputs if tensor is not self.body.inputs[c])
        entered, candidate = self.gate_and_value(new)
        gates = {"input": entered, "forget": self.made(forget, "LOGISTIC", 1).inputs[0], "cell": candidate, "output": output}
        cell = self.layers(gates, h)
        counter = self.counter(cell.x, ends)
        for place, end in enumerate(ends):
            if place not in (h, c, counter, cell.x):
                self.list(cell, place, end, ends[h], counter)
        _want(all(self.is_zero(self.op.inputs[place]) for place in (h, c)) and self.outside.reads[id(self.op.outputs[c])] == 0)
        _want(not any(self.outside.reads[id(self.op.outputs[place])] for place in (counter, cell.x)))
        cell.last.append(h)
        return cell

    def reads(self, tensor: Tensor | None, place: int) -> bool:
        op = self.uses.producer(tensor, "MUL")
        return op is not None and any(read is self.body.inputs[place] for read in op.inputs)

    def gate_and_value(self, tensor: Tensor | None) -> tuple[Tensor | None, Tensor | None]:
        """What goes into the sigmoid and into the tanh of a product of both."""
        a, b = self.made(tensor, "MUL").inputs
        if self.uses.producer(a, "LOGISTIC") is None:
            a, b = b, a
        return self.made(a, "LOGISTIC", 1).inputs[0], self.made(b, "TANH", 1).inputs[0]

    def layers(self, gates: dict[str, Tensor | None], h: int) -> _Cell:
        """The weights of the gates, parts of one product; a gate may have a constant added, as TensorFlow 1's forget bias."""
        parts: dict[str, Tensor | None] = {}
        biases: dict[str, np.ndarray] = {}
        for gate, tensor in gates.items():
            added = self.uses.producer(tensor, "ADD")
            value = constant(added.inputs[1]) if added is not None else None
            parts[gate] = tensor
            if added is not None and value is not None:
                biases[gate], parts[gate] = value, added.inputs[0]
        split = self.made(parts["input"], "SPLIT")
        _want(len(split.outputs) == 4 and split.inputs[0] is not None and split.inputs[0].is_constant)
        terms = self.terms(split.inputs[1])
        products = [term for term in terms if isinstance(term, Op)]
        bias = sum((term for term in terms if not isinstance(term, Op)), np.zeros(1, np.float32))
        place, weights, recurrent = self.product(products, h)
        units = recurrent.shape[1]
        _want(recurrent.shape[0] == weights.shape[0] == 4 * units)
        bias = np.broadcast_to(bias, [4 * units])
        cell = _Cell(place)
        for gate, tensor in parts.items():
            number = next((number for number, end in enumerate(split.outputs) if end is tensor), -1)
            _want(number >= 0)
            rows = slice(number * units, (number + 1) * units)
            cell.weights[gate] = weights[rows], recurrent[rows], (bias[rows] + biases.get(gate, 0)).astype(np.float32)
        return cell

    def terms(self, tensor: Tensor | None) -> list[Any]:
        """What a sum is of: FULLY_CONNECTED ops, and constants."""
        value = constant(tensor)
        if value is not None:
            return [value]
        if self.uses.producer(tensor, "ADD") is not None:
            return [term for read in self.made(tensor, "ADD").inputs for term in self.terms(read)]
        op = self.made(tensor, "FULLY_CONNECTED")
        bias = op.inputs[2] if len(op.inputs) > 2 else None
        _want(constant(op.inputs[1]) is not None and (bias is None or constant(bias) is not None))
        return [op] if bias is None else [op, constant(bias)]

    def product(self, products: list[Op], h: int) -> tuple[int, np.ndarray, np.ndarray]:
        """The place of the sequence, and the weights of a step of it and of the state: two products, or one of both joined."""
        pairs = []
        for op in products:
            weights = np.asarray(constant(op.inputs[1]))
            joined = self.uses.producer(op.inputs[0], "CONCATENATION")
            if joined is None:
                pairs.append((op.inputs[0], weights))
                continue
            start = 0
            for tensor in joined.inputs:
                depth = 0 if tensor is None else tensor.shape[-1]
                pairs.append((tensor, weights[:, start : start + depth]))
                start += depth
        _want(len(pairs) == 2 and any(tensor is self.body.inputs[h] for tensor, _ in pairs))
        (step, weights), (_, recurrent) = pairs if pairs[1][0] is self.body.inputs[h] else pairs[::-1]
        gather = self.made(step, "GATHER")
        _want(gather.options is not None and not gather.options.axis and not gather.options.batch_dims)
        self.index = gather.inputs[1]
        return self.variable(gather.inputs[0]), weights, recurrent

    def counter(self, x: int, ends: list[Tensor]) -> int:
        """The place of what counts the steps: from 0, by 1, to the length of the sequence."""
        place = self.variable(self.index)
        added = self.made(ends[place], "ADD")
        _want(any(read is self.index for read in added.inputs) and any(_all(read, 1) for read in added.inputs))
        length = self.body.inputs[x].shape[0]
        _want(_all(self.op.inputs[place], 0) and self.body.inputs[x].shape_signature is None)
        _want(len(self.cond.ops) == 1 and self.cond.ops[0].code == "LESS" and ends[x] is self.body.inputs[x])
        counted, limit = self.cond.ops[0].inputs
        _want(counted is self.cond.inputs[place] and _all(limit, length))
        return place

    def list(self, cell: _Cell, place: int, end: Tensor, h: Tensor, counter: int) -> None:
        """A list that takes the output of every step, or of the last."""
        row = end
        update = self.uses.producer(end, "DYNAMIC_UPDATE_SLICE")
        if update is not None:
            start = self.made(update.inputs[2], "PACK", 1)
            _want(start.inputs[0] is self.body.inputs[counter] and all(_all(tensor, 0) for tensor in start.inputs[1:]))
            _want(update.inputs[0] is self.body.inputs[place] and end.shape[0] == self.body.inputs[cell.x].shape[0])
            assert update.inputs[1] is not None
            row = update.inputs[1]
        _want(self.made(row, "RESHAPE", 1).inputs[0] is h and row.shape == (1, *h.shape))
        if update is None:
            cell.last.append(place)
        else:
            _want(cell.sequence is None)
            cell.sequence = place

    def is_zero(self, tensor: Tensor | None) -> bool:
        if tensor is None or tensor.shape_signature is not None or len(tensor.shape) != 2:
            return False
        fill = self.outside.producer(tensor, "FILL")
        return _all(tensor if fill is None else fill.inputs[1], 0)


def _written(graph: Graph, op: Op, cell: _Cell) -> list[Op]:
    """The operator in place of the loop, in the order of dimensions that the sequence had before it was turned for the loop."""
    x = op.inputs[cell.x]
    assert x is not None
    turn = Uses(graph).producer(x, "TRANSPOSE")
    order = turn.inputs[1] if turn is not None else None
    turned = order is not None and order.is_constant and np.array_equal(np.asarray(order.data), [1, 0, 2])
    if turned and turn is not None and turn.inputs[0] is not None:
        x = turn.inputs[0]
    name = op.outputs[cell.last[-1]].name
    units, (batch, steps) = cell.weights["input"][1].shape[1], x.shape[:2] if turned else x.shape[1::-1]

    def const(what: str, value: Any, type: str = "FLOAT32") -> Tensor:
        made = Tensor(f"{name}/{what}", type=type, has_rank=True)
        made.data = np.ascontiguousarray(value)
        return made

    inputs: list[Tensor | None] = [x, *[None] * 19]
    for place, gate in enumerate(_GATES):
        for first, part, value in zip((1, 5, 12), ("weights", "recurrent", "bias"), cell.weights[gate], strict=True):
            inputs[first + place] = const(f"{gate}_{part}", value)
    for place, what in ((18, "output_state"), (19, "cell_state")):
        inputs[place] = Tensor(f"{name}/{what}", (batch, units), "FLOAT32", is_variable=True, has_rank=True)
    shape = (batch, steps, units) if turned else (steps, batch, units)
    read = Uses(graph).reads
    sequence = op.outputs[cell.sequence] if cell.sequence is not None and read[id(op.outputs[cell.sequence])] else None
    made = Tensor(f"{name}/sequence", shape, "FLOAT32", has_rank=True) if turned or sequence is None else sequence
    ops = [Op("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [made], fused_activation_function="TANH", time_major=not turned)]
    if sequence is not None and sequence is not made:
        ops.append(Op("TRANSPOSE", [made, const("order", np.array([1, 0, 2], np.int32), "INT32")], [sequence]))
    axis = 1 if turned else 0
    begin = np.zeros(3, np.int32)
    begin[axis] = -1
    bounds = [const("begin", begin, "INT32"), const("end", np.zeros(3, np.int32), "INT32"), const("strides", np.ones(3, np.int32), "INT32")]
    for place in cell.last:
        end = op.outputs[place]
        if not read[id(end)]:
            continue
        last = end if len(end.shape) == 2 else Tensor(f"{name}/last", (batch, units), "FLOAT32", has_rank=True)
        ops.append(Op("STRIDED_SLICE", [made, *bounds], [last], begin_mask=7 ^ 1 << axis, end_mask=7, shrink_axis_mask=1 << axis))
        if last is not end:
            ops.append(Op("RESHAPE", [last, const("shape", np.array(end.shape, np.int32), "INT32")], [end], new_shape=tuple(end.shape)))
    return ops
