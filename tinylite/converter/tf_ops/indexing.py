"""Picking, scattering, sorting and reversing by indices."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import MOST_MADE, Call
from ..shapes import merged
from . import sizes
from .registry import translates
from .sizes import Size


@translates("GatherNd")
def gather_nd(call: Call) -> Tensor:
    x, indices = call.input(0), call.input(1)
    before = call.shape(x)
    *rows, depth = call.shape(indices)
    call.require(depth >= 0, "only a run knows how many numbers make an index")
    return call.emit("GATHER_ND", [x, indices], None, (*rows, *before[depth:]))


@translates("ScatterNd")
def scatter_nd(call: Call) -> Tensor:
    indices, updates, shape = call.inputs
    known = call.translator.partial.values(shape)
    after = tuple(known) if known else (-1,) * call.shape(shape)[0]
    return _scatter(call, indices, updates, call.cast(shape, "INT32"), after)


def _scatter(call: Call, indices: Tensor, updates: Tensor, shape: Tensor, after: Sequence[int]) -> Tensor:
    return call.emit("SCATTER_ND", [call.cast(indices, "INT32"), updates, shape], updates.type, tuple(after))


@translates("InvertPermutation")
def invert_permutation(call: Call) -> Tensor:
    """Each place is written where its number says."""
    order = call.input(0)
    (count,) = call.shape(order)
    call.require(count >= 0, "only a run knows how many numbers it permutes")
    call.check_count(count)
    places = call.make(np.arange(count, dtype=tensor_dtype(order.type)))
    return _scatter(call, call.reshape(order, (count, 1)), places, call.shape_tensor([count]), (count,))


@translates("TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate")
def tensor_scatter(call: Call) -> Tensor:
    """The updates scattered over zeros are added, taken away, or chosen where a mask is scattered too."""
    x, indices, updates = call.inputs
    before = call.shape(x)
    whole = sizes.of(call, x)
    scattered = _scatter(call, indices, updates, sizes.shape_vector(call, whole), before)
    if call.op != "TensorScatterUpdate":
        return call.elementwise("ADD" if call.op == "TensorScatterAdd" else "SUB", x, scattered)
    *rows, depth = sizes.of(call, indices)
    call.require(depth.known <= len(whole), f"its indices have {depth.known} numbers each, for {len(whole)} dimensions")
    flat = [*whole[: depth.known], *[Size(1)] * (len(whole) - depth.known)]
    ones = sizes.full(call, [*rows, *flat[depth.known :]], True, np.bool_)
    known = call.known(indices)
    shape = [size.known for size in flat]
    if known is not None and -1 not in shape and math.prod(shape) <= MOST_MADE:
        hit = np.zeros(shape, np.bool_)
        hit[tuple(np.moveaxis(known, -1, 0))] = True
        mask = call.make(hit)
    else:
        mask = _scatter(call, indices, ones, sizes.shape_vector(call, flat), shape)
    return call.elementwise("SELECT_V2", mask, scattered, x, type=x.type)


@translates("OneHot")
def one_hot(call: Call) -> Tensor:
    indices, depth, on, off = call.inputs
    indices = indices if indices.type in ("INT32", "INT64") else call.cast(indices, "INT32")
    before, (size,) = call.shape(indices), call.translator.partial.values(depth) or [-1]
    axis = int(call.attribute("axis", -1))
    place = axis % (len(before) + 1)
    return call.emit("ONE_HOT", [indices, depth, on, off], on.type, (*before[:place], size, *before[place:]), axis=axis)


@translates("TopKV2", "TopK")
def top_k(call: Call) -> Sequence[Tensor]:
    x = call.input(0)
    k = call.cast(call.input(1), "INT32") if call.op == "TopKV2" else call.make(int(call.attribute("k")), np.int32)
    (count,) = call.translator.partial.values(k) or [-1]
    before = call.partial_shape(x)
    shape = None if before is None else (*before[:-1], count)
    values, indices = call.emit_all("TOPK_V2", [x, k], [x.type, "INT32"], [shape, shape])
    return [values, call.cast(indices, call.attribute("index_type", "INT32"))]


@translates("Unique", "UniqueV2")
def unique(call: Call) -> Sequence[Tensor]:
    x, type = call.input(0), call.attribute("out_idx", "INT32")
    call.require(call.rank(x) == 1, f"its input {list(call.shape(x))} is not a vector, and the operator takes vectors only")
    return call.emit_all("UNIQUE", [x], [x.type, type], [(-1,), call.partial_shape(x)], idx_out_type=type)


@translates("Where")
def where(call: Call) -> Tensor:
    rank = call.rank(call.input(0))
    return call.emit("WHERE", [call.input(0)], "INT64", (-1, rank))


@translates("Range")
def range_(call: Call) -> Tensor:
    start = call.input(0)
    type = start.type if start.type in ("FLOAT32", "INT32", "INT64") else "INT32"
    made = call.emit("RANGE", [call.cast(tensor, type) for tensor in call.inputs], type, (-1,))
    return call.cast(made, str(start.type))


@translates("ReverseV2", "Reverse")
def reverse(call: Call) -> Tensor:
    """The operator reverses neighbouring axes; others take one op for each group of neighbours."""
    x = call.input(0)
    shape = call.shape(x)
    if call.op == "Reverse":
        axes = [axis for axis, chosen in enumerate(call.numbers(1, "choice of axes")) if chosen]
    else:
        axes = sorted({call.axis(axis, len(shape)) for axis in call.numbers(1, "axes")})
    axes = [axis for axis in axes if shape[axis] != 1]
    for _, group in itertools.groupby(enumerate(axes), lambda pair: pair[1] - pair[0]):
        x = call.emit("REVERSE_V2", [x, call.shape_tensor(axis for _, axis in group)], None, shape)
    return x


@translates("ReverseSequence")
def reverse_sequence(call: Call) -> Tensor:
    x, lengths = call.input(0), call.input(1)
    options = {name: int(call.attribute(name, 0)) % call.rank(x) for name in ("seq_dim", "batch_dim")}
    return call.emit("REVERSE_SEQUENCE", [x, lengths], None, call.partial_shape(x), **options)


@translates("Cumsum")
def cumsum(call: Call) -> Tensor:
    x, axis = call.input(0), call.cast(call.input(1), "INT32")
    options = {name: bool(call.attribute(name)) for name in ("exclusive", "reverse")}
    return call.emit("CUMSUM", [x, axis], None, call.partial_shape(x), **options)


@translates("Roll")
def roll(call: Call) -> Tensor:
    """Two slices change places; where a size is unknown, or the shift, indices that are turned are gathered."""
    x = call.input(0)
    before = call.shape(x)
    axes = [call.axis(axis, len(before)) for axis in call.numbers(2, "axes")]
    shifts = call.known(call.input(1))
    for position, axis in enumerate(axes):
        if shifts is not None and before[axis] >= 0:
            x = _turned(call, x, axis, int(shifts.reshape(-1)[position]) % max(before[axis], 1))
        else:
            x = _gathered(call, x, axis, call.input(1), position)
    return x


def _turned(call: Call, x: Tensor, axis: int, shift: int) -> Tensor:
    if shift == 0:
        return x
    before = call.shape(x)
    cut = before[axis] - shift

    def part(begin: int, size: int) -> Tensor:
        begins, after = [0] * len(before), list(before)
        begins[axis], after[axis] = begin, size
        return call.emit("SLICE", [x, call.shape_tensor(begins), call.shape_tensor(after)], None, tuple(after))

    return call.emit("CONCATENATION", [part(cut, shift), part(0, cut)], None, before, axis=axis, fused_activation_function="NONE")


def _gathered(call: Call, x: Tensor, axis: int, shift: Tensor, position: int) -> Tensor:
    by = call.cast(shift, "INT32")
    if call.rank(by):
        bounds = [call.shape_tensor([number]) for number in (position, position + 1, 1)]
        by = call.emit("STRIDED_SLICE", [by, *bounds], None, (), shrink_axis_mask=1)
    size = call.reshape(sizes.shape_vector(call, [sizes.of(call, x)[axis]]), ())
    places = call.emit("RANGE", [call.make(0, np.int32), size, call.make(1, np.int32)], "INT32", (call.shape(x)[axis],))
    indices = call.elementwise("FLOOR_MOD", call.elementwise("SUB", places, by), size)
    return call.emit("GATHER", [x, indices], None, call.shape(x), axis=axis, batch_dims=0)


@translates("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd")
def unsorted_segment(call: Call) -> Tensor:
    x, ids, count = call.input(0), call.cast(call.input(1), "INT32"), call.cast(call.input(2), "INT32")
    (segments,) = call.translator.partial.values(count) or [-1]
    code = "UNSORTED_SEGMENT_" + call.op.removeprefix("UnsortedSegment").upper()
    return call.emit(code, [x, ids, count], None, (segments, *call.shape(x)[call.rank(ids) :]))


@translates("SparseToDense")
def sparse_to_dense(call: Call) -> Tensor:
    indices, shape, values, default = call.inputs
    known = call.translator.partial.values(shape)
    after = tuple(known) if known else (-1,) * call.shape(shape)[0]
    return call.emit("SPARSE_TO_DENSE", [indices, shape, values, default], values.type, after)


@translates("Bucketize")
def bucketize(call: Call) -> Tensor:
    x = call.input(0)
    boundaries = tuple(float(number) for number in call.attribute("boundaries") or ())
    return call.emit("BUCKETIZE", [x], "INT32", call.partial_shape(x), boundaries=boundaries)


@translates("Bitcast")
def bitcast(call: Call) -> Tensor:
    x, type = call.input(0), str(call.attribute("type"))
    before = call.shape(x)
    wide, narrow = (np.dtype(tensor_dtype(name)).itemsize for name in (str(x.type), type))
    if wide == narrow:
        after = before
    else:
        after = (*before, wide // narrow) if wide > narrow else before[:-1]
    return call.emit("BITCAST", [x], type, after)


@translates("DynamicStitch", "ParallelDynamicStitch")
def dynamic_stitch(call: Call) -> Tensor:
    """Constant indices: the rows of all inputs in one tensor, gathered in their order; the last row for an index counts."""
    half = len(call.inputs) // 2
    data = call.inputs[half:]
    indices = [call.constant(position, "indices") for position in range(half)]
    source: dict[int, int] = {}
    count = 0
    for each in indices:
        source.update((int(index), count + row) for row, index in enumerate(each.reshape(-1)))
        count += each.size
    call.require(sorted(source) == list(range(len(source))), "its indices leave rows out, whose values nobody knows")
    rest = merged(*(call.shape(tensor)[each.ndim :] for each, tensor in zip(indices, data, strict=True)))
    assert rest is not None
    rows = [
        sizes.reshape(call, tensor, [Size(each.size), *sizes.of(call, tensor)[each.ndim :]])
        for each, tensor in zip(indices, data, strict=True)
    ]
    joined = rows[0]
    if len(rows) > 1:
        joined = call.emit("CONCATENATION", rows, None, (count, *rest), axis=0, fused_activation_function="NONE")
    order = [source[index] for index in range(len(source))]
    if order == list(range(count)):
        return joined
    return call.emit("GATHER", [joined, call.shape_tensor(order)], None, (len(order), *rest), axis=0, batch_dims=0)


@translates("DynamicPartition")
def dynamic_partition(call: Call) -> Sequence[Tensor]:
    """The places of each number, and what lies there."""
    x, partitions = call.input(0), call.input(1)
    rank = call.rank(partitions)
    made = []
    for number in range(int(call.attribute("num_partitions"))):
        here = call.elementwise("EQUAL", partitions, call.make(number, np.int32), type="BOOL")
        places = call.emit("WHERE", [here], "INT64", (-1, rank))
        made.append(call.emit("GATHER_ND", [x, places], None, (-1, *call.shape(x)[rank:])))
    return made
