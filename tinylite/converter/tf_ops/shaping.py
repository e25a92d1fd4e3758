"""Shapes: reshaping, slicing, joining, picking."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from ..ranks import of_entries
from ..shapes import PartialShape, merged
from ..types import takes
from . import sizes
from .registry import translates
from .sizes import Size


def shape_input(call: Call, tensor: Tensor) -> Tensor:
    """A shape, size or axis as all operators take it."""
    return call.cast(tensor, "INT32")


def amounts_input(call: Call, tensor: Tensor) -> Tensor:
    """Paddings and multiples, which may be INT64; constants are not, to be small."""
    return shape_input(call, tensor) if tensor.is_constant else tensor


@translates("Shape", "ShapeN")
def shape(call: Call) -> Sequence[Tensor]:
    type = call.attribute("out_type", "INT32")
    shapes = [call.partial_shape(x) for x in call.inputs]
    return [
        call.emit("SHAPE", [x], type, (-1 if shape is None else len(shape),), out_type=type)
        if shape is None or -1 in shape else call.make(np.array(shape, tensor_dtype(type)))
        for x, shape in zip(call.inputs, shapes, strict=True)
    ]  # fmt: skip


@translates("Rank")
def rank(call: Call) -> Tensor:
    x = call.input(0)
    return call.emit("RANK", [x], "INT32", ()) if call.partial_shape(x) is None else call.make(call.rank(x), np.int32)


@translates("Size")
def size(call: Call) -> Tensor:
    x, type = call.input(0), call.attribute("out_type", "INT32")
    shape = call.partial_shape(x)
    if shape is not None and -1 not in shape:
        return call.make(math.prod(shape), tensor_dtype(type))
    counted = call.emit("SHAPE", [x], type, (-1 if shape is None else len(shape),), out_type=type)
    return call.emit("REDUCE_PROD", [counted, call.shape_tensor([0])], type, (), keep_dims=False)


@translates("Reshape")
def reshape(call: Call) -> Tensor:
    """With at most one unknown dimension the new shape is a constant with -1 in it."""
    x, wanted = call.input(0), call.input(1)
    known = call.translator.partial.values(wanted)
    before = call.partial_shape(x)
    if known is not None:
        target = _filled(known, before)
        if before is not None and -1 not in before:
            values = math.prod(before)
            call.fits(target.count(-1) > 1 or _holds(target, values), f"the {values} values of {list(before)} do not fill {target}")
        if target.count(-1) <= 1:
            return call.reshape(x, target)
        return call.emit("RESHAPE", [x, shape_input(call, wanted)], None, tuple(target))
    count = call.partial_shape(wanted)
    made: PartialShape = None if count is None or count[0] < 0 else (-1,) * count[0]
    return call.emit("RESHAPE", [x, shape_input(call, wanted)], None, made)


def _holds(shape: Sequence[int], count: int) -> bool:
    """Whether `count` values fill a shape, in which one dimension may be -1."""
    product = math.prod(shape)
    return product == count if product >= 0 else count % -product == 0


def _filled(wanted: Sequence[int], before: PartialShape) -> list[int]:
    """A shape in which a -1 is a number where the number of elements determines it."""
    target = list(wanted)
    if before is not None and -1 not in before and target.count(-1) == 1:
        rest, total = -math.prod(target), math.prod(before)
        if rest > 0 and total % rest == 0:
            target[target.index(-1)] = total // rest
    return target


@translates("Squeeze")
def squeeze(call: Call) -> Tensor:
    x = call.input(0)
    told = call.attribute("squeeze_dims") or []
    if call.partial_shape(x) is None and told:
        return call.emit("SQUEEZE", [x], None, None, squeeze_dims=tuple(told))
    before = call.shape(x)
    axes = [call.axis(axis, len(before)) for axis in told]
    axes = axes or [axis for axis, size in enumerate(before) if size == 1]
    after = tuple(size for axis, size in enumerate(before) if axis not in axes)
    if after.count(-1) <= 1:
        return call.reshape(x, after)
    return call.emit("SQUEEZE", [x], None, after, squeeze_dims=tuple(axes))


@translates("ExpandDims")
def expand_dims(call: Call) -> Tensor:
    x = call.input(0)
    if call.partial_shape(x) is None:
        return call.emit("EXPAND_DIMS", [x, call.shape_tensor(call.numbers(1, "axis"))], None, None)
    before = call.shape(x)
    axis = call.axis(call.numbers(1, "axis")[0], len(before) + 1)
    after = (*before[:axis], 1, *before[axis:])
    if after.count(-1) <= 1:
        return call.reshape(x, after)
    return call.emit("EXPAND_DIMS", [x, call.shape_tensor([axis])], None, after)


@translates("Transpose", ranks=of_entries)
def transpose(call: Call) -> Tensor:
    """An order that is computed, as vectorized_map computes it, says nothing of the sizes."""
    x, order = call.inputs
    if call.known(order) is None:
        return call.emit("TRANSPOSE", [x, shape_input(call, order)], None, (-1,) * call.rank(x))
    return call.transpose(x, call.numbers(1, "order of dimensions"))


@translates("Pack")
def pack(call: Call) -> Tensor:
    each = merged(*map(call.partial_shape, call.inputs))
    if each is None:
        return call.emit("PACK", call.inputs, None, None, values_count=len(call.inputs), axis=call.attribute("axis", 0))
    axis = call.axis(call.attribute("axis", 0), len(each) + 1)
    count = len(call.inputs)
    if not takes("PACK", call.input(0).type):
        made = (*each[:axis], 1, *each[axis:])
        rows = [call.emit("EXPAND_DIMS", [tensor, call.shape_tensor([axis])], None, made) for tensor in call.inputs]
        after = (*each[:axis], count, *each[axis:])
        return rows[0] if count == 1 else call.emit("CONCATENATION", rows, None, after, axis=axis, fused_activation_function="NONE")
    return call.emit("PACK", call.inputs, None, (*each[:axis], count, *each[axis:]), values_count=count, axis=axis)


@translates("Unpack")
def unpack(call: Call) -> Sequence[Tensor]:
    x, count = call.input(0), call.attribute("num")
    before = call.shape(x)
    axis = call.axis(call.attribute("axis", 0), len(before))
    after = (*before[:axis], *before[axis + 1 :])
    if not takes("UNPACK", x.type):
        return [_picked(call, x, axis, place) for place in range(count)]
    return call.emit_all("UNPACK", [x], [x.type] * count, [after] * count, num=count, axis=axis)


def _picked(call: Call, x: Tensor, axis: int, place: int) -> Tensor:
    """One index of a dimension, which goes."""
    before = call.shape(x)
    begin, end = [0] * len(before), [0] * len(before)
    begin[axis], end[axis] = place, place + 1
    others = (1 << len(before)) - 1 - (1 << axis)
    bounds = [call.shape_tensor(values) for values in (begin, end, [1] * len(before))]
    after = (*before[:axis], *before[axis + 1 :])
    return call.emit("STRIDED_SLICE", [x, *bounds], None, after, begin_mask=others, end_mask=others, shrink_axis_mask=1 << axis)


def _joined_ranks(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    """What is joined has one rank."""
    values = range(len(call.inputs) - 1) if call.op == "ConcatV2" else range(1, len(call.inputs))
    known = [shape for index in values if (shape := call.partial_shape(call.inputs[index])) is not None]
    for index in values if known else ():
        if call.partial_shape(call.inputs[index]) is None:
            yield index, (-1,) * len(known[0])


@translates("ConcatV2", "Concat", ranks=_joined_ranks)
def concat(call: Call) -> Tensor:
    at = -1 if call.op == "ConcatV2" else 0
    tensors = call.inputs[:-1] if at else call.inputs[1:]
    if len(tensors) == 1:
        return tensors[0]
    shapes = [call.shape(tensor) for tensor in tensors]
    axis = call.axis(call.numbers(at, "axis")[0], len(shapes[0]))
    rest = merged(*((*shape[:axis], -1, *shape[axis + 1 :]) for shape in shapes))
    assert rest is not None
    lengths = [shape[axis] for shape in shapes]
    total = -1 if -1 in lengths else sum(lengths)
    return call.emit(
        "CONCATENATION", tensors, None, (*rest[:axis], total, *rest[axis + 1 :]), axis=axis, fused_activation_function="NONE"
    )  # fmt: skip


@translates("Split")
def split(call: Call) -> Sequence[Tensor]:
    x, count, axis = call.input(1), call.attribute("num_split"), call.numbers(0, "axis")[0]
    if call.partial_shape(x) is None:
        return call.emit_all("SPLIT", [call.make(axis, np.int32), x], [x.type] * count, [None] * count, num_splits=count)
    before = call.shape(x)
    axis = call.axis(axis, len(before))
    call.require(before[axis] % count == 0 or before[axis] < 0, f"{before[axis]} elements cannot be split evenly into {count}")
    if count == 1:
        return [x]
    part = -1 if before[axis] < 0 else before[axis] // count
    if part >= 0 and not takes("SPLIT", x.type):
        return _slices(call, x, axis, [part] * count)
    after = (*before[:axis], part, *before[axis + 1 :])
    return call.emit_all("SPLIT", [call.make(axis, np.int32), x], [x.type] * count, [after] * count, num_splits=count)


@translates("SplitV")
def split_v(call: Call) -> Sequence[Tensor]:
    x, lengths = call.input(0), call.numbers(1, "sizes")
    before = call.shape(x)
    axis = call.axis(call.numbers(2, "axis")[0], len(before))
    if before[axis] >= 0:
        lengths = [before[axis] - sum(size for size in lengths if size >= 0) if size < 0 else size for size in lengths]
    if len(lengths) == 1:
        return [x]
    if min(lengths) >= 0 and not takes("SPLIT_V", x.type):
        return _slices(call, x, axis, lengths)
    shapes = [(*before[:axis], size, *before[axis + 1 :]) for size in lengths]
    inputs = [x, call.shape_tensor(lengths), call.make(axis, np.int32)]
    return call.emit_all("SPLIT_V", inputs, [x.type] * len(lengths), shapes, num_splits=len(lengths))


def _slices(call: Call, x: Tensor, axis: int, lengths: Sequence[int]) -> list[Tensor]:
    """Parts of these lengths along a dimension, one after the other."""
    before, made, at = call.shape(x), [], 0
    for size in lengths:
        begin, count = [0] * len(before), list(before)
        begin[axis], count[axis] = at, size
        made.append(call.emit("SLICE", [x, call.shape_tensor(begin), call.shape_tensor(count)], None, tuple(count)))
        at += size
    return made


@translates("Slice", ranks=of_entries)
def slice_(call: Call) -> Tensor:
    x, begin, size = call.inputs
    before, told = call.shape(x), call.translator.partial.values(size)
    begins = call.translator.partial.values(begin)
    if told is None:
        after = (-1,) * len(before)
    else:
        spread = zip(before, told, begins or [-1] * len(before), strict=True)
        after = tuple(
            wanted if wanted >= 0 else whole - first if min(whole, first) >= 0 and call.known(size) is not None else -1
            for whole, wanted, first in spread
        )
    type = "INT64" if "INT64" in (begin.type, size.type) else "INT32"
    if call.known(begin) is not None and call.known(size) is not None:
        type = "INT32"
    return call.emit("SLICE", [x, call.cast(begin, type), call.cast(size, type)], None, after)


@translates("Pad", "PadV2", "MirrorPad", ranks=of_entries)
def pad(call: Call) -> Tensor:
    x, amounts = call.input(0), call.translator.partial.values(call.input(1))
    before = call.shape(x)
    if amounts is not None and not any(amounts):
        return x
    pairs = [(-1, -1)] * len(before) if amounts is None else list(zip(amounts[::2], amounts[1::2], strict=True))
    after = tuple(-1 if min(size, *pair) < 0 else size + sum(pair) for size, pair in zip(before, pairs, strict=True))
    if call.op == "MirrorPad":
        options = {"mode": "REFLECT" if call.attribute("mode") == "REFLECT" else "SYMMETRIC"}
        return call.emit("MIRROR_PAD", [x, amounts_input(call, call.input(1))], None, after, **options)
    filling = call.known(call.input(2)) if call.op == "PadV2" else np.zeros(())
    if filling is not None and not filling.any():
        return call.emit("PAD", [x, amounts_input(call, call.input(1))], None, after)
    return call.emit("PADV2", [x, amounts_input(call, call.input(1)), call.input(2)], None, after)


@translates("Tile", ranks=of_entries)
def tile(call: Call) -> Tensor:
    x, times = call.input(0), call.translator.partial.values(call.input(1))
    before = call.shape(x)
    after = (-1,) * len(before) if times is None else tuple(
        -1 if min(size, count) < 0 else size * count for size, count in zip(before, times, strict=True)
    )  # fmt: skip
    return call.emit("TILE", [x, amounts_input(call, call.input(1))], None, after)


@translates("Fill")
def fill(call: Call) -> Tensor:
    dims, value = call.inputs
    known = call.translator.partial.values(dims)
    return call.emit("FILL", [dims, value], value.type, tuple(known) if known is not None else (-1,) * call.shape(dims)[0])


@translates("Gather", "GatherV2", "ResourceGather")
def gather(call: Call) -> Tensor:
    x, indices = call.input(0), call.input(1)
    if call.partial_shape(x) is None or call.partial_shape(indices) is None:
        axis = call.numbers(2, "axis")[0] if call.op == "GatherV2" else 0
        return call.emit("GATHER", [x, indices], None, None, axis=axis, batch_dims=call.attribute("batch_dims", 0))
    before, picked = call.shape(x), call.shape(indices)
    axis = call.axis(call.numbers(2, "axis")[0] if call.op == "GatherV2" else 0, len(before))
    batch = call.attribute("batch_dims", 0)
    batch += len(picked) if batch < 0 else 0
    after = (*before[:axis], *picked[batch:], *before[axis + 1 :])
    return call.emit("GATHER", [x, indices], None, after, axis=axis, batch_dims=batch)


@translates("StridedSlice")
def strided_slice(call: Call) -> Tensor:
    """Masks for a new axis and an ellipsis are spelled out, since few kernels know them."""
    x = call.input(0)
    begin, end, strides = (call.known(call.input(index)) for index in (1, 2, 3))
    masks = {
        name: int(call.attribute(name, 0)) for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")
    }
    if begin is None or end is None or strides is None:
        return _computed_slice(call, masks)
    if call.partial_shape(x) is None and not masks["ellipsis_mask"] and not masks["new_axis_mask"]:
        operands = [call.shape_tensor(values.tolist()) for values in (begin, end, strides)]
        return call.emit("STRIDED_SLICE", [x, *operands], None, None, **masks)
    x, bounds = _spelled_out(call, x, begin.tolist(), end.tolist(), strides.tolist(), masks)
    before = call.shape(x)
    after = [_length(size, *bound[:5]) for size, bound in zip(before, bounds, strict=True) if not bound[5]]
    if all(bound[3] and bound[4] and bound[2] == 1 and not bound[5] for bound in bounds):
        return x
    if after.count(-1) <= 1 and all(
        (size == 1 and bound[5]) or bound[2:] == (1, True, True, False) for size, bound in zip(before, bounds, strict=True)
    ):
        return call.reshape(x, after)
    operands = [call.shape_tensor(bound[position] for bound in bounds) for position in (0, 1, 2)]
    return call.emit("STRIDED_SLICE", [x, *operands], None, tuple(after), **_packed(bounds))


def _computed_slice(call: Call, masks: dict[str, int]) -> Tensor:
    """A slice of which only a run knows some bounds. Those of the axes that are spelled out are picked from those that are given."""
    places = list(range(call.shape(call.input(1))[0]))
    x, bounds = _spelled_out(call, call.input(0), places, places, places, masks)
    before = call.shape(x)
    while bounds and bounds[-1] == _WHOLE:
        del bounds[-1]  # an axis of which nothing is said is taken whole
    picked = [bound[0] for bound in bounds]
    strides = call.known(call.input(3)) if picked == places else call.constant(3, "strides")
    told = [call.translator.partial.values(tensor) for tensor in call.inputs[1:]]
    operands, after = [], []
    for tensor in call.inputs[1:3]:
        known, operand = call.known(tensor), shape_input(call, tensor)
        if known is not None:
            operand = call.shape_tensor(known[picked])
        elif picked != places:
            operand = call.emit("GATHER", [operand, call.shape_tensor(picked)], "INT32", (len(picked),), axis=0, batch_dims=0)
        operands.append(operand)
    steps = shape_input(call, call.input(3))
    if strides is not None:
        steps = call.shape_tensor(1 if bound == _WHOLE else int(strides[bound[2]]) for bound in bounds)
    for size, bound in zip(before, bounds, strict=False):
        free, (first, last, step) = bound[3:5], (-1 if values is None else values[bound[0]] for values in told)
        if bound == _WHOLE:
            after.append(size)
        elif not bound[5]:
            fixed = step > 0 and (free[0] or first >= 0) and (free[1] or last >= 0)
            after.append(_length(size, first, last, step, *free) if fixed else -1)
    return call.emit("STRIDED_SLICE", [x, *operands, steps], None, (*after, *before[len(bounds) :]), **_packed(bounds))


_Bound = tuple[int, int, int, bool, bool, bool]  # begin, end, stride; begin counts not; end counts not; the axis goes
_WHOLE: _Bound = (0, 0, 1, True, True, False)


def _packed(bounds: Sequence[_Bound]) -> dict[str, int]:
    """The masks of bounds."""
    return {
        name: sum(bool(bound[position]) << axis for axis, bound in enumerate(bounds))
        for name, position in (("begin_mask", 3), ("end_mask", 4), ("shrink_axis_mask", 5))
    }


def _spelled_out(
    call: Call, x: Tensor, begin: list[int], end: list[int], strides: list[int], masks: dict[str, int]
) -> tuple[Tensor, list[_Bound]]:  # fmt: skip
    """The input with its new axes, and the bounds of every axis."""

    def on(name: str, position: int) -> bool:
        return bool(masks[name] >> position & 1)

    before = sizes.of(call, x)
    positions = range(len(begin))
    named = sum(not on("ellipsis_mask", position) and not on("new_axis_mask", position) for position in positions)
    call.require(named <= len(before), f"it slices {named} dimensions of {list(call.shape(x))}")
    shape: list[Size] = []
    bounds: list[_Bound] = []
    axis = 0

    def keep(count: int) -> None:
        nonlocal axis
        shape.extend(before[axis : axis + count])
        bounds.extend([_WHOLE] * count)
        axis += count

    for position in positions:
        if on("ellipsis_mask", position):
            keep(len(before) - named)
        elif on("new_axis_mask", position):
            shape.append(Size(1))
            bounds.append(_WHOLE)
        else:
            shape.append(before[axis])
            flags = on("begin_mask", position), on("end_mask", position), on("shrink_axis_mask", position)
            bounds.append((begin[position], end[position], strides[position], *flags))
            axis += 1
    keep(len(before) - axis)
    return sizes.reshape(call, x, shape), bounds


def _length(size: int, begin: int, end: int, stride: int, free_begin: bool, free_end: bool) -> int:
    """How many elements a slice takes of a dimension; -1 if only a run knows."""
    if size < 0:
        return -1
    return len(range(*slice(None if free_begin else begin, None if free_end else end, stride).indices(size)))
