"""Rows that are summed or compared by numbers beside them, and places of values among sorted ones."""

from __future__ import annotations

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from . import sizes
from .registry import translates
from .sizes import Size


def _number(call: Call, ids: Tensor) -> Tensor:
    """How many segments there are: their numbers are sorted."""
    bounds = [call.shape_tensor([number]) for number in (-1, 0, 1)]
    last = call.emit("STRIDED_SLICE", [ids, *bounds], "INT32", (), end_mask=1, shrink_axis_mask=1)
    return call.elementwise("ADD", last, call.make(1, np.int32))


def _counts(call: Call, x: Tensor, ids: Tensor, number: Tensor) -> Tensor:
    """How many rows each segment has, [segments, 1, ...] in the type of the rows."""
    ones = sizes.full(call, sizes.of(call, x)[:1] + [Size(1)] * (call.rank(x) - 1), 1, tensor_dtype(x.type))
    return call.emit("UNSORTED_SEGMENT_SUM", [ones, ids, number], None, (-1, *[1] * (call.rank(x) - 1)))


@translates("SegmentSum")
def segment_sum(call: Call) -> Tensor:
    x, ids = call.input(0), call.cast(call.input(1), "INT32")
    return call.emit("SEGMENT_SUM", [x, ids], None, (-1, *call.shape(x)[1:]))


@translates("SegmentMean", "SegmentMax", "SegmentMin", "SegmentProd")
def segment(call: Call) -> Tensor:
    """A segment without rows is 0, or 1 for a product. (SEGMENT_SUM does not take such segments.)"""
    x, ids = call.input(0), call.cast(call.input(1), "INT32")
    number, kind = _number(call, ids), call.op.removeprefix("Segment").upper()
    code = f"UNSORTED_SEGMENT_{'SUM' if kind == 'MEAN' else kind}"
    made = call.emit(code, [x, ids, number], None, (-1, *call.shape(x)[1:]))
    if kind == "PROD":
        return made
    counts, dtype = _counts(call, x, ids, number), tensor_dtype(x.type)
    if kind == "MEAN":
        return call.elementwise("DIV", made, call.elementwise("MAXIMUM", counts, call.make(1, dtype)))
    zero = call.make(0, dtype)
    return call.elementwise("SELECT_V2", call.elementwise("EQUAL", counts, zero, type="BOOL"), zero, made, type=x.type)


@translates("LowerBound", "UpperBound")
def bound(call: Call) -> Tensor:
    """In each row, how many of the sorted values lie below a value, or not above it."""
    rows, values = call.input(0), call.input(1)
    type = call.attribute("out_type", "INT32")
    (batch, count), (_, wanted) = call.shape(rows), call.shape(values)
    rows = call.emit("EXPAND_DIMS", [rows, call.make(1, np.int32)], None, (batch, 1, count))
    values = call.emit("EXPAND_DIMS", [values, call.make(2, np.int32)], None, (batch, wanted, 1))
    below = call.elementwise("LESS" if call.op == "LowerBound" else "LESS_EQUAL", rows, values, type="BOOL")
    return call.emit("SUM", [call.cast(below, type), call.shape_tensor([2])], None, (batch, wanted), keep_dims=False)


@translates("Cross")
def cross(call: Call) -> Tensor:
    """The vector product in the last dimension, which is of 3."""
    shape = call.shape(call.input(0))
    call.fits(bool(shape) and shape[-1] in (3, -1), f"its vectors are of {shape[-1:]} elements, and it takes 3")

    def turned(tensor: Tensor, order: list[int]) -> Tensor:
        return call.emit("GATHER", [tensor, call.shape_tensor(order)], None, call.shape(tensor), axis=len(shape) - 1, batch_dims=0)

    a, b = call.inputs
    products = [
        call.elementwise("MUL", turned(a, first), turned(b, second)) for first, second in (([1, 2, 0], [2, 0, 1]), ([2, 0, 1], [1, 2, 0]))
    ]
    return call.elementwise("SUB", *products)
