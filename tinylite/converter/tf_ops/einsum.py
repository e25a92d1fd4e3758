"""Einsum: sums of products, as BATCH_MATMUL or FULLY_CONNECTED between reshapes and transposes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from . import sizes
from .matrices import batch_product, fully_connected
from .registry import translates
from .sizes import Size


@dataclass
class _Operand:
    """A tensor whose dimensions have labels, and the size of each label that is known best."""

    call: Call
    tensor: Tensor
    labels: str

    def order(self, labels: str) -> _Operand:
        """The same with its dimensions in another order."""
        self.tensor = self.call.transpose(self.tensor, [self.labels.index(label) for label in labels])
        self.labels = labels
        return self

    def sum_to(self, labels: str) -> _Operand:
        """Sum over the dimensions whose label is not among these."""
        axes = [axis for axis, label in enumerate(self.labels) if label not in labels]
        if axes:
            kept = [axis for axis in range(len(self.labels)) if axis not in axes]
            shape = self.call.shape(self.tensor)
            after = tuple(shape[axis] for axis in kept)
            self.tensor = self.call.emit("SUM", [self.tensor, self.call.shape_tensor(axes)], None, after, keep_dims=False)
            self.labels = "".join(self.labels[axis] for axis in kept)
        return self

    def diagonal(self) -> _Operand:
        """Make a label that occurs twice occur once: what lies off the diagonal is made 0 and summed."""
        for label, count in Counter(self.labels).items():
            for _ in range(count - 1):
                first, second = self.labels.index(label), self.labels.rindex(label)
                shape = self.call.shape(self.tensor)
                self.call.require(shape[first] == shape[second] >= 0, "it takes a diagonal whose length only a run knows")
                self.call.check_count(shape[first] ** 2)
                mask = [1] * len(shape)
                mask[first] = mask[second] = shape[first]
                ones = self.call.make(np.eye(shape[first], dtype=tensor_dtype(self.tensor.type)).reshape(mask))
                masked = self.call.elementwise("MUL", self.tensor, ones)
                after = (*shape[:second], *shape[second + 1 :])
                self.tensor = self.call.emit("SUM", [masked, self.call.shape_tensor([second])], None, after, keep_dims=False)
                self.labels = self.labels[:second] + self.labels[second + 1 :]
        return self

    def lengths(self) -> dict[str, Size]:
        return dict(zip(self.labels, sizes.of(self.call, self.tensor), strict=True))

    def spread(self, labels: str) -> Tensor:
        """The tensor with these dimensions: of size 1 where it does not have the label."""
        self.order("".join(label for label in labels if label in self.labels))
        own = self.lengths()
        return sizes.reshape(self.call, self.tensor, [own.get(label, Size(1)) for label in labels])


@translates("Einsum")
def einsum(call: Call) -> Tensor:
    """One or two operands; an ellipsis means dimensions that stretch."""
    call.require(len(call.inputs) <= 2, f"it has {len(call.inputs)} operands", "Write it as einsums of two operands")
    labels, out = _labels(call)
    operands = [_Operand(call, tensor, each).diagonal() for tensor, each in zip(call.inputs, labels, strict=True)]
    if len(operands) == 1:
        return operands[0].sum_to(out).order(out).tensor
    a, b = operands
    a.sum_to(b.labels + out)
    b.sum_to(a.labels + out)
    summed = "".join(label for label in a.labels if label in b.labels and label not in out)
    if not summed or call.input(0).type != "FLOAT32" or (set(a.labels) == set(b.labels)):
        every = out + summed
        made = call.elementwise("MUL", a.spread(every), b.spread(every))
        return _Operand(call, made, every).sum_to(out).tensor
    return _product(call, a, b, summed, out)


def _labels(call: Call) -> tuple[list[str], str]:
    """The labels of the operands and of the output, with separate letters for what an ellipsis means."""
    equation = str(call.attribute("equation")).replace(" ", "")
    left, arrow, out = equation.partition("->")
    terms = left.split(",")
    call.require(bool(arrow) and len(terms) == len(call.inputs), f"its equation {equation!r} does not fit {len(call.inputs)} operands")
    free = "0123456789"  # no labels of TensorFlow
    longest = 0
    for term, tensor in zip(terms, call.inputs, strict=True):
        named = len(term.replace("...", ""))
        rank = call.rank(tensor)
        call.require(
            named <= rank if "..." in term else named == rank, f"its equation {equation!r} does not fit {list(call.shape(tensor))}"
        )
        longest = max(longest, rank - named if "..." in term else 0)
    letters = free[:longest]
    spelled = [
        term.replace("...", letters[longest - (call.rank(tensor) - len(term.replace("...", ""))) :] if "..." in term else "")
        for term, tensor in zip(terms, call.inputs, strict=True)
    ]  # fmt: skip
    return spelled, out.replace("...", letters)


def _product(call: Call, a: _Operand, b: _Operand, summed: str, out: str) -> Tensor:
    """Sum over `summed`, as a product of matrices."""
    shared = "".join(label for label in out if label in a.labels and label in b.labels)
    rest = [label for label in out if label not in shared]
    if rest and rest[0] not in a.labels:
        a, b = b, a  # the output begins with the rows of the first
    rows, columns = ("".join(label for label in out if label in x.labels and label not in shared) for x in (a, b))
    weights = call.known(b.tensor) is not None and not shared
    if not weights and call.known(a.tensor) is not None and not shared:
        a, b, rows, columns, weights = b, a, columns, rows, True
    if weights:
        made = _layer(call, a, b, rows, columns, summed)
    else:
        made = _matrices(call, a, b, shared, rows, columns, summed)
    return made.order(out).tensor


def _layer(call: Call, a: _Operand, b: _Operand, rows: str, columns: str, summed: str) -> _Operand:
    """Constant weights: FULLY_CONNECTED on the last dimension of `a`."""
    if a.labels.startswith(rows):
        summed = a.labels[len(rows) :]
    else:
        a.order(rows + summed)
    b.order(columns + summed)
    own, other = a.lengths(), b.lengths()
    depth = sizes.product([own[label] for label in summed])
    x = sizes.reshape(call, a.tensor, [*(own[label] for label in rows), depth])
    width = sizes.product([other[label] for label in columns])
    weights = call.reshape(b.tensor, (width.known, depth.known))
    if not rows:
        x = call.reshape(x, (1, depth.known))
    made = fully_connected(call, x, weights)
    return _Operand(
        call, sizes.reshape(call, made, [*(own[label] for label in rows), *(other[label] for label in columns)]), rows + columns
    )


def _matrices(call: Call, a: _Operand, b: _Operand, shared: str, rows: str, columns: str, summed: str) -> _Operand:
    """[shared, rows, summed] times [shared, summed, columns], where each may be transposed."""
    flip_a = _arrange(a, shared, rows, summed)
    flip_b = not _arrange(b, shared, columns, summed)
    own, other = a.lengths(), b.lengths()
    stretched = [_larger(own[label], other[label]) for label in shared]

    def matrix(x: _Operand, lengths: dict[str, Size], free: str, flipped: bool) -> Tensor:
        sides = [sizes.product([lengths[label] for label in labels]) for labels in (free, summed)]
        return sizes.reshape(call, x.tensor, [*(lengths[label] for label in shared), *(sides[::-1] if flipped else sides)])

    x, y = matrix(a, own, rows, flip_a), matrix(b, other, columns, not flip_b)
    if len(shared) > _MOST_SHARED:
        front = sizes.product(stretched)
        pairs = [(own[label].known, other[label].known) for label in shared]
        call.require(all(min(pair) < 0 or pair[0] == pair[1] for pair in pairs), f"it has more than {_MOST_SHARED} dimensions that stretch")
        x, y = (sizes.reshape(call, each, [front, *sizes.of(call, each)[-2:]]) for each in (x, y))
    made = batch_product(call, x, y, flip_a, flip_b)
    free = [*(own[label] for label in rows), *(other[label] for label in columns)]
    return _Operand(call, sizes.reshape(call, made, [*stretched, *free]), shared + rows + columns)


_MOST_SHARED = 3  # BATCH_MATMUL takes up to five dimensions


def _arrange(x: _Operand, shared: str, free: str, summed: str) -> bool:
    """Bring an operand into the order [shared, free, summed], or leave it at [shared, summed, free]: True for that."""
    if x.labels == shared + summed + free and free and x.labels != shared + free + summed:
        return True
    x.order(shared + free + summed)
    return False


def _larger(a: Size, b: Size) -> Size:
    """The size that two dimensions stretch to."""
    return b if a.known == 1 or (a.known < 0 <= b.known and b.known != 1) else a
