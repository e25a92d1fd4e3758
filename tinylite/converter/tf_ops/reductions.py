"""Ops that reduce dimensions to one value."""

from __future__ import annotations

from ...model import Tensor
from ..call import Call
from ..types import wider
from .registry import translates

REDUCTIONS = {
    "Mean": "MEAN", "Sum": "SUM", "Prod": "REDUCE_PROD", "Max": "REDUCE_MAX", "Min": "REDUCE_MIN", "All": "REDUCE_ALL", "Any": "REDUCE_ANY",
}  # fmt: skip


@translates(*REDUCTIONS)
def reduction(call: Call) -> Tensor:
    x = call.input(0)
    before, keep = call.partial_shape(x), bool(call.attribute("keep_dims"))
    code, type = REDUCTIONS[call.op], str(x.type)
    if before is None:
        made = call.emit(code, [call.cast(x, wider(code, type)), call.shape_tensor(call.numbers(1, "axes"))], None, None, keep_dims=keep)
        return call.cast(made, type)
    axes = sorted({call.axis(axis, len(before)) for axis in call.numbers(1, "axes")})
    after = tuple(1 if axis in axes else size for axis, size in enumerate(before) if keep or axis not in axes)
    if not axes:
        return x
    made = call.emit(code, [call.cast(x, wider(code, type)), call.shape_tensor(axes)], None, after, keep_dims=keep)
    return call.cast(made, type)


@translates("ArgMax", "ArgMin")
def arg(call: Call) -> Tensor:
    x, type = call.input(0), call.attribute("output_type", "INT64")
    before, axis = call.partial_shape(x), call.numbers(1, "axis")[0]
    axis = axis if before is None else call.axis(axis, len(before))
    after = None if before is None else (*before[:axis], *before[axis + 1 :])
    code = "ARG_MAX" if call.op == "ArgMax" else "ARG_MIN"
    x = call.cast(x, wider(code, str(x.type)))
    return call.emit(code, [x, call.make(axis, "int32")], type, after, output_type=type)
