"""Shapes: reshaping, slicing, joining, padding, filling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import RNG, Draw, Op, drawn, each, shapes, some


@each("Identity", "StopGradient", "PreventGradient", "Snapshot")
def _same(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(input=x) + 1, [some((3, 4))], codes="ADD")]


@each("CheckNumerics")
def _check_numerics(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(tensor=x, message="") + 1, [some((3, 4))], codes="ADD")]


@each("IdentityN")
def _identity_n(op: Op) -> Sequence[Case]:
    return [Case(lambda x, y: [z + 1 for z in op(input=[x, y])], [some((3, 4)), some((2,))], codes="ADD ADD")]


@each("PlaceholderWithDefault")
def _with_default(op: Op) -> Sequence[Case]:
    return [Case(lambda x: x * op(input=tf.constant(2.0), shape=()), [some((3, 4))], codes="MUL")]


@each("EnsureShape")
def _ensure_shape(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(input=x, shape=(3, 4)) + 1, [some((3, 4))], codes="ADD")]


@each("Shape", "Size", "Rank")
def _of_shape(op: Op) -> Sequence[Case]:
    types = [{}] if op is tf.raw_ops.Rank else [{}, dict(out_type=tf.int64)]
    return [Case(lambda x, more=more: op(input=x, **more), [some(shape)]) for shape in [(3, 4), (2,)] for more in types]


@each("ShapeN")
def _shapes(op: Op) -> Sequence[Case]:
    return [Case(lambda x, y: op(input=[x, y]), [some((3, 4)), some((2,))])]


@drawn("Reshape")
def _reshape(draw: Draw, op: Op) -> Case:
    """To a constant, to another tensor's shape, and to its own with its dimensions put together."""
    x = some(draw(shapes(1)))
    order = np.array(draw(st.permutations(x.shape)), draw(st.sampled_from(["int32", "int64"])))
    form = draw(st.integers(0, 3))
    if form == 0:
        order[draw(st.integers(0, x.ndim - 1))] = -1
        return Case(lambda x: op(tensor=x, shape=order), [x], False)
    if form == 1:
        return Case(lambda x, s: op(tensor=x, shape=s), [x, order], [True, False])
    if form == 2:
        return Case(lambda x, y: op(tensor=x, shape=tf.shape(y)), [x, some(tuple(order))])
    return Case(lambda x: op(tensor=x, shape=tf.stack([tf.shape(x)[0], -1])), [x])


@drawn("Squeeze")
def _squeeze(draw: Draw, op: Op) -> Case:
    shape = draw(st.lists(st.sampled_from([1, 1, 3]), min_size=1, max_size=4))
    ones = [axis for axis, size in enumerate(shape) if size == 1]
    axes = [axis - len(shape) if draw(st.booleans()) else axis for axis in ones if draw(st.booleans())]
    unknown = tuple(axis for axis in range(len(shape)) if shape[axis] != 1) if axes else ()
    return Case(lambda x: op(input=x, axis=axes), [some(shape)], [unknown])


@drawn("ExpandDims")
def _expand_dims(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(0, 3))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    return Case(lambda x: op(input=x, axis=axis), [some(shape)], [tuple(axis for axis in range(len(shape)) if draw(st.booleans()))])


@each("Transpose")
def _computed_order(op: Op) -> Sequence[Case]:
    weights = some((4, 4))
    return [
        Case(lambda x, p: op(x=x, perm=p), [some((2, 3, 4)), np.array([2, 0, 1], "int64")], [True, False]),
        Case(lambda x: tf.vectorized_map(lambda row: tf.linalg.matvec(weights, row), x), [some((3, 4))]),
    ]


@drawn("Transpose")
def _transpose(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1, 6, 3))
    order = np.array(draw(st.permutations(range(len(shape)))), draw(st.sampled_from(["int32", "int64"])))
    return Case(lambda x: op(x=x, perm=order), [some(shape, draw(st.sampled_from(["float32", "int32", "bool"])))])


@drawn("Pack")
def _pack(draw: Draw, op: Op) -> Case:
    shape, count = draw(shapes(0, 3)), draw(st.integers(1, 3))
    axis = draw(st.integers(-len(shape) - 1, len(shape)))
    return Case(lambda *x: op(values=x, axis=axis), [some(shape) for _ in range(count)])


@drawn("Unpack")
def _unpack(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(2))
    axis = draw(st.integers(1, len(shape) - 1))
    return Case(lambda x: op(value=x, num=shape[axis], axis=axis), [some(shape)])


@drawn("Concat", "ConcatV2")
def _concat(draw: Draw, op: Op) -> Case:
    shape = list(draw(shapes(1)))
    axis = draw(st.integers(0, len(shape) - 1))
    parts = [some((*shape[:axis], draw(st.integers(1, 3)), *shape[axis + 1 :])) for _ in range(draw(st.integers(2, 3)))]
    if op is tf.raw_ops.Concat:
        return Case(lambda *x: op(concat_dim=axis, values=x), parts)
    return Case(lambda *x: op(values=x, axis=axis - len(shape)), parts)


@drawn("Split")
def _split(draw: Draw, op: Op) -> Case:
    shape, count = draw(shapes(1)), draw(st.integers(1, 3))
    axis = draw(st.integers(0, len(shape) - 1))
    whole = (*shape[:axis], shape[axis] * count, *shape[axis + 1 :])
    return Case(lambda x: op(axis=axis - len(shape), value=x, num_split=count), [some(whole)])


@drawn("SplitV")
def _split_v(draw: Draw, op: Op) -> Case:
    shape, sizes = draw(shapes(1)), draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
    axis = draw(st.integers(0, len(shape) - 1))
    whole = (*shape[:axis], sum(sizes), *shape[axis + 1 :])
    told = np.array(sizes, draw(st.sampled_from(["int32", "int64"])))
    if draw(st.booleans()):
        told[draw(st.integers(0, len(sizes) - 1))] = -1
    return Case(lambda x: op(value=x, size_splits=told, axis=axis, num_split=len(sizes)), [some(whole)], [(0,) if axis else ()])


@drawn("Slice")
def _slice(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    begin = [draw(st.integers(0, size - 1)) for size in shape]
    size = [draw(st.integers(1, whole - first)) if draw(st.booleans()) else -1 for whole, first in zip(shape, begin, strict=True)]
    kind = draw(st.sampled_from(["int32", "int64"]))
    bounds = [np.array(values, kind) for values in (begin, size)]
    if draw(st.booleans()):
        return Case(lambda x: op(input=x, begin=bounds[0], size=bounds[1]), [some(shape)])
    return Case(lambda x, b, s: op(input=x, begin=b, size=s), [some(shape), *bounds], [True, False, False])


@drawn("StridedSlice")
def _strided_slice(draw: Draw, op: Op) -> Case:
    """What Python's brackets say: slices, numbers, new axes and an ellipsis."""
    shape = draw(shapes(1, 4, 6))
    parts: list[Any] = []
    for size in shape[: draw(st.integers(1, len(shape)))]:
        step = draw(st.sampled_from([1, 1, 2, -1, -2]))
        ends = [draw(st.one_of(st.none(), st.integers(-size, size))) for _ in range(2)]
        number = draw(st.integers(-size, size - 1))
        parts.append(draw(st.sampled_from([slice(None), slice(ends[0], ends[1], step), number])))
        if draw(st.integers(0, 4)) == 0:
            parts.append(tf.newaxis)
    if draw(st.booleans()):
        place = draw(st.integers(0, len(parts)))
        kept = [part for part in parts[place:] if part is not tf.newaxis]
        whole = [slice(None) if isinstance(part, slice) else part for part in kept]
        parts = [*parts[:place], ..., *(whole[-1:] if isinstance((whole or [0])[-1], slice) else [])]
    x = some(shape)
    if not np.asarray(x[tuple(parts)]).size:
        parts = [...]
    return Case(lambda x: x[tuple(parts)] + 0.0, [x])


@each("StridedSlice")
def _computed_bounds(op: Op) -> Sequence[Case]:
    return [
        Case(lambda x, n: x[: n[0], n[1]], [some((4, 5)), np.array([3, 2], "int32")], [True, False]),
        Case(lambda x, n: x[n[0] :], [some((4, 5)), np.array([1], "int32")], [True, False]),
        Case(lambda x, n: x[..., : n[0]], [some((2, 4, 5)), np.array([3], "int64")], [(0, 1), False]),
        Case(lambda x, n: x[..., : n[0], : n[1]], [some((4, 5, 2)), np.array([3, 1], "int32")], [(1,), False]),
        Case(lambda x, n: x[:, n[0] :, ..., ::2], [some((2, 4, 5, 3)), np.array([1], "int32")], [True, False]),
        Case(lambda x, n: x[..., n[0], :], [some((2, 4, 5)), np.array([1], "int32")], [(0, 1), False]),
        Case(lambda x, n: x[:, tf.newaxis, : n[0], tf.newaxis], [some((2, 4, 5)), np.array([3], "int32")], [(0, 1), False]),
        Case(lambda x, n: x[tf.newaxis, :, n[0], ..., tf.newaxis], [some((2, 4, 5)), np.array([3], "int32")], [(0, 1), False]),
        Case(lambda x, n: x[n[0] :, ..., : n[1]], [some((4, 5)), np.array([1, 3], "int32")], [True, False]),
        Case(lambda x, n: x[:: n[0], 1:3], [some((4, 5)), np.array([2], "int32")], [True, False]),
        Case(lambda x: x[tf.newaxis, :, tf.newaxis], [some((3, 4))], [(0, 1)]),
        Case(lambda x: x[:, 0], [some((3, 1, 4))], [(0, 2)]),
    ]


@drawn("Pad")
def _pad(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    amounts = np.array([[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in shape], draw(st.sampled_from(["int32", "int64"])))
    if draw(st.booleans()):
        return Case(lambda x: op(input=x, paddings=amounts), [some(shape)])
    return Case(lambda x, p: op(input=x, paddings=p), [some(shape), amounts], [True, False])


@drawn("PadV2")
def _pad_v2(draw: Draw, op: Op) -> Case:
    shape, value = draw(shapes(1)), draw(st.sampled_from([0.0, 1.5]))
    amounts = np.array([[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in shape], "int32")
    return Case(lambda x: op(input=x, paddings=amounts, constant_values=value), [some(shape)])


@drawn("MirrorPad")
def _mirror_pad(draw: Draw, op: Op) -> Case:
    shape, mode = draw(shapes(1)), draw(st.sampled_from(["REFLECT", "SYMMETRIC"]))
    most = [size - (mode == "REFLECT") for size in shape]
    amounts = np.array([[draw(st.integers(0, size)), draw(st.integers(0, size))] for size in most], "int32")
    return Case(lambda x: op(input=x, paddings=amounts, mode=mode), [some(shape)])


@drawn("Tile")
def _tile(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    times = np.array([draw(st.integers(1, 3)) for _ in shape], draw(st.sampled_from(["int32", "int64"])))
    if draw(st.booleans()):
        return Case(lambda x: op(input=x, multiples=times), [some(shape)])
    return Case(lambda x, t: op(input=x, multiples=t), [some(shape), times], [True, False])


@each("ZerosLike", "OnesLike")
def _like(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x), [some((3, 4), dtype)]) for dtype in ("float32", "int32", "bool", "uint8", "int64")]


@each("BroadcastTo")
def _broadcast_to(op: Op) -> Sequence[Case]:
    forms = [((3, 1), (2, 3, 4), "float32"), ((), (2, 2), "int32"), ((2, 3), (2, 3), "bool")]
    fixed = [
        Case(lambda x, shape=shape, kind=kind: op(input=x, shape=np.array(shape, kind)), [some(of, dtype)], False)
        for of, shape, dtype in forms for kind in ("int32", "int64")
    ]  # fmt: skip
    return [*fixed, Case(lambda x, y: op(input=x, shape=tf.shape(y)), [some((4,)), some((3, 4))], [False, True])]


@each("BroadcastArgs")
def _broadcast_args(op: Op) -> Sequence[Case]:
    forms = [([2, 1], [3], "int32"), ([1, 4], [5, 3, 1], "int64")]
    fixed = [Case(lambda a, b: op(s0=a, s1=b), [np.array(a, kind), np.array(b, kind)], False) for a, b, kind in forms]
    return [*fixed, Case(lambda a, b: op(s0=tf.shape(a), s1=tf.shape(b)), [some((3, 4)), some((3, 1))])]


@each("Fill")
def _fill(op: Op) -> Sequence[Case]:
    return [
        Case(lambda d: op(dims=d, value=2.5), [np.array([2, 3], "int32")], False),
        Case(lambda d, v: op(dims=d, value=v), [np.array([2, 3], "int64"), np.array(7, "int32")], False),
        Case(lambda x: op(dims=tf.shape(x), value=1.5), [some((3, 4))]),
    ]


@each("Range")
def _range(op: Op) -> Sequence[Case]:
    forms = [("int32", (1, 9, 2)), ("float32", (0, 2, 0.25)), ("int64", (5, -3, -1))]
    return [
        Case(lambda a, b, c: op(start=a, limit=b, delta=c), [np.array(value, dtype) for value in values], False)
        for dtype, values in forms
    ]  # fmt: skip


@each("LinSpace")
def _lin_space(op: Op) -> Sequence[Case]:
    return [Case(lambda x: x + op(start=0.5, stop=2.0, num=4), [some((3, 4))], codes="ADD")]


@each("InvertPermutation")
def _invert_permutation(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x), [RNG.permutation(5).astype(kind)], False) for kind in ("int32", "int64")]
