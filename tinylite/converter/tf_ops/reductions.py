"""Ops that reduce dimensions to one value."""

from __future__ import annotations

from ...model import Tensor
from ..translate import Call
from ..types import wider
from .registry import translates

REDUCTIONS = {
    "Mean": "MEAN", "Sum": "SUM", "Prod": "REDUCE_PROD", "Max": "REDUCE_MAX", "Min": "REDUCE_MIN", "All": "REDUCE_ALL", "Any": "REDUCE_ANY",
}  # fmt: skip


@translates(*REDUCTIONS)
def reduction(call: Call) -> Tensor:
    x = call.input(0)
    before, keep = call.shape(x), bool(call.attribute("keep_dims"))
    axes = sorted({call.axis(axis, len(before)) for axis in call.numbers(1, "axes")})
    after = tuple(1 if axis in axes else size for axis, size in enumerate(before) if keep or axis not in axes)
    if not axes:
        return x
    code, type = REDUCTIONS[call.op], str(x.type)
    made = call.emit(code, [call.cast(x, wider(code, type)), call.shape_tensor(axes)], None, after, keep_dims=keep)
    return call.cast(made, type)


@translates("ArgMax", "ArgMin")
def arg(call: Call) -> Tensor:
    x, type = call.input(0), call.attribute("output_type", "INT64")
    before = call.shape(x)
    axis = call.axis(call.numbers(1, "axis")[0], len(before))
    code = "ARG_MAX" if call.op == "ArgMax" else "ARG_MIN"
    x = call.cast(x, wider(code, str(x.type)))
    return call.emit(code, [x, call.make(axis, "int32")], type, (*before[:axis], *before[axis + 1 :]), output_type=type)
