"""Picking, scattering, sorting, reversing, segments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import RNG, Draw, Op, drawn, each, shapes, some

WIDTHS = st.sampled_from(["int32", "int64"])


@each("Gather", "ResourceGather")
def _gather(op: Op) -> Sequence[Case]:
    return [
        Case(lambda x, i: tf.raw_ops.Gather(params=x, indices=i), [some((5, 3)), some((2, 2), kind, 0, 4)]) for kind in ("int32", "int64")
    ]


@drawn("GatherV2")
def _gather_v2(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    axis = draw(st.integers(0, len(shape) - 1))
    batch = draw(st.integers(0, axis))
    rows = (*shape[:batch], *draw(shapes(0, 2)))
    indices = some(rows, draw(WIDTHS), 0, shape[axis] - 1)
    return Case(lambda x, i: op(params=x, indices=i, axis=axis - len(shape), batch_dims=batch), [some(shape), indices])


@drawn("GatherNd")
def _gather_nd(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    depth = draw(st.integers(1, len(shape)))
    rows = draw(shapes(0, 2))
    indices = np.stack([RNG.integers(0, size, rows) for size in shape[:depth]], -1).astype(draw(WIDTHS))
    return Case(lambda x, i: op(params=x, indices=i), [some(shape), indices], [True, indices.ndim > 1])


def _scattered(draw: Draw, unique: bool) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    """A shape, indices into it and updates for them."""
    shape = draw(shapes(1, 3))
    depth = draw(st.integers(1, len(shape)))
    count = int(np.prod(shape[:depth]))
    places = RNG.permutation(count)[: draw(st.integers(1, count))] if unique else RNG.integers(0, count, draw(st.integers(1, 5)))
    indices = np.stack(np.unravel_index(places, shape[:depth]), -1).astype(draw(WIDTHS))
    return shape, indices, some((len(places), *shape[depth:]))


@drawn("ScatterNd")
def _scatter_nd(draw: Draw, op: Op) -> Case:
    shape, indices, updates = _scattered(draw, unique=False)
    wanted = np.array(shape, indices.dtype)
    if draw(st.booleans()):
        return Case(lambda i, u: op(indices=i, updates=u, shape=wanted), [indices, updates])
    return Case(lambda i, u, s: op(indices=i, updates=u, shape=s), [indices, updates, wanted], [True, True, False])


@drawn("TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate")
def _tensor_scatter(draw: Draw, op: Op) -> Case:
    shape, indices, updates = _scattered(draw, unique=True)
    if draw(st.booleans()):
        return Case(lambda x, u: op(tensor=x, indices=indices, updates=u), [some(shape), updates], [True, False])
    return Case(lambda x, i, u: op(tensor=x, indices=i, updates=u), [some(shape), indices, updates])


@drawn("OneHot")
def _one_hot(draw: Draw, op: Op) -> Case:
    indices = some(draw(shapes()), draw(st.sampled_from(["int32", "int64", "uint8"])), 0, 6)
    axis, kind = draw(st.integers(-1, indices.ndim)), draw(st.sampled_from(["float32", "int32", "bool"]))
    values = dict(on_value=np.array(1, kind), off_value=np.array(0, kind), axis=axis)
    if draw(st.booleans()):
        return Case(lambda i, d: op(indices=i, depth=d, **values), [indices, np.array(5, "int32")])
    return Case(lambda i: op(indices=i, depth=5, **values), [indices])


@drawn("TopKV2")
def _top_k(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    k, unknown = draw(st.integers(1, shape[-1])), len(shape) > 1
    x = RNG.permutation(int(np.prod(shape))).reshape(shape).astype(draw(st.sampled_from(["float32", "int32", "int64"])))
    if draw(st.booleans()):
        return Case(lambda x, k: op(input=x, k=k), [x, np.array(k, "int32")], unknown)
    return Case(lambda x: op(input=x, k=k, index_type=tf.int64), [x], unknown)


@each("Unique")
def _unique(op: Op) -> Sequence[Case]:
    forms = [("int32", tf.int32), ("int64", tf.int64), ("float32", tf.int32)]
    return [Case(lambda x, to=to: op(x=x, out_idx=to), [np.round(some((9,), dtype, 0, 4))]) for dtype, to in forms]


@each("UniqueV2")
def _unique_v2(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x, axis=np.zeros(0, "int32")), [some((9,), "int32", 0, 4)])]


@each("Where")
def _where(op: Op) -> Sequence[Case]:
    forms = [((4,), "bool"), ((3, 4), "bool"), ((2, 3, 2), "int32")]
    return [Case(lambda x: op(condition=x), [some(shape, dtype, 0, 1)]) for shape, dtype in forms]


def _axes(draw: Draw) -> tuple[np.ndarray, list[int]]:
    shape = draw(shapes(1))
    axes = draw(st.lists(st.integers(0, len(shape) - 1), max_size=len(shape), unique=True))
    return some(shape, draw(st.sampled_from(["float32", "int32", "bool"]))), axes


@drawn("Reverse")
def _reverse(draw: Draw, op: Op) -> Case:
    x, axes = _axes(draw)
    return Case(lambda x: op(tensor=x, dims=[axis in axes for axis in range(len(x.shape))]), [x])


@drawn("ReverseV2")
def _reverse_v2(draw: Draw, op: Op) -> Case:
    x, axes = _axes(draw)
    return Case(lambda x: op(tensor=x, axis=np.array(axes, "int64")), [x])


@each("ReverseSequence")
def _reverse_sequence(op: Op) -> Sequence[Case]:
    forms = [(1, 0, "int32"), (2, 1, "int64"), (0, 1, "int32")]
    return [
        Case(lambda x, n, seq=seq, batch=batch: op(input=x, seq_lengths=n, seq_dim=seq, batch_dim=batch),
             [some((3, 4, 5)), np.array([1, 3, 2, 2][: 3 + batch], kind)], batch == 0)
        for seq, batch, kind in forms
    ]  # fmt: skip


@drawn("Roll")
def _roll(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    axes = draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3))
    shifts = np.array([draw(st.integers(-7, 7)) for _ in axes], draw(WIDTHS))
    x = some(shape, draw(st.sampled_from(["float32", "int32"])))
    form = draw(st.integers(0, 2))
    if form == 0:
        return Case(lambda x: op(input=x, shift=shifts[0], axis=axes[0]), [x])
    if form == 1:
        return Case(lambda x, s: op(input=x, shift=s, axis=axes), [x, shifts], [True, False])
    return Case(lambda x: op(input=x, shift=shifts, axis=axes), [x])


@each("SegmentSum")
def _segment_sum(op: Op) -> Sequence[Case]:
    forms = [("float32", "int32"), ("int32", "int64")]
    return [Case(lambda x, i: op(data=x, segment_ids=i), [some((5, 3), dtype), np.array([0, 0, 1, 2, 2], kind)]) for dtype, kind in forms]


@each("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd")
def _unsorted_segment(op: Op) -> Sequence[Case]:
    forms = [((5, 3), "float32", [2, 0, 1, 2, -1], "int32"), ((2, 2, 3), "int32", [[0, 1], [1, 3]], "int64")]
    fixed = [
        Case(lambda x, i: op(data=x, segment_ids=i, num_segments=4), [some(shape, dtype), np.array(ids, kind)])
        for shape, dtype, ids, kind in forms
    ]  # fmt: skip
    computed = [some((3, 2)), np.array([1, 0, 1], "int32"), np.array(3, "int64")]
    return [*fixed, Case(lambda x, i, n: op(data=x, segment_ids=i, num_segments=n), computed)]


@each("SparseToDense")
def _sparse_to_dense(op: Op) -> Sequence[Case]:
    def case(indices: Any, kind: str, shape: tuple[int, ...], values: np.ndarray) -> Case:
        told = dict(output_shape=np.array(shape, kind), default_value=np.array(-1, values.dtype))
        return Case(lambda i, v: op(sparse_indices=i, sparse_values=v, **told), [np.array(indices, kind), values])

    return [case([[0, 1], [1, 2]], "int32", (3, 4), some((2,))), case([1, 3], "int64", (5,), some((2,), "int64"))]


@each("DynamicStitch", "ParallelDynamicStitch")
def _stitch(op: Op) -> Sequence[Case]:
    def case(indices: Sequence[Any], rest: tuple[int, ...]) -> Case:
        places = [np.array(each, "int32") for each in indices]
        return Case(lambda *data: op(indices=places, data=data), [some((*each.shape, *rest)) for each in places], False)

    return [case([[0, 2], [1, 3]], (2,)), case([[0, 2], 1, [[3, 4]]], (3, 2)), case([[0, 1], [2]], ()), case([0, 1], (2,))]


@each("DynamicStitch")
def _overwritten(op: Op) -> Sequence[Case]:
    return [Case(lambda a, b: op(indices=[[0, 1], [1, 2]], data=[a, b]), [some((2, 2)), some((2, 2))], False, codes="CONCATENATION GATHER")]


@each("RaggedTensorToTensor")
def _rows(op: Op) -> Sequence[Case]:
    """Constants, of which the case picks rows."""

    def case(values: Any, kinds: Sequence[str], *parts: Any, shape: Any = -1, default: Any = -1.0) -> Case:
        told = dict(values=np.array(values, "float32"), default_value=np.array(default, "float32"), row_partition_types=kinds)
        given = dict(shape=np.array(shape, "int64"), row_partition_tensors=[np.array(part, "int64") for part in parts], **told)
        return Case(lambda i: tf.gather(op(**given), i), [np.array([1, 0], "int32")], False, codes="GATHER")

    splits, ids = "ROW_SPLITS", ["FIRST_DIM_SIZE", "VALUE_ROWIDS"]
    return [
        case([1, 2, 3, 4, 5], [splits], [0, 2, 2, 5]), case([1, 2, 3, 4, 5], [splits], [0, 2, 2, 5], shape=[4, 2]),
        case([1, 2, 3, 4, 5], [splits], [0, 2, 2, 5], shape=[2, -1]), case([[1, 2], [3, 4]], [splits], [0, 0, 2], default=[7, 8]),
        case([1, 2, 3, 4], [splits, splits], [0, 2, 2, 3], [0, 2, 3, 4]), case([1, 2, 3], ids, 4, [0, 2, 2]),
        case([1, 2, 3], [*ids, ids[1]], 3, [0, 0, 2], [0, 2, 2], shape=[-1, 3, -1]),
    ]  # fmt: skip


@each("DynamicPartition")
def _partition(op: Op) -> Sequence[Case]:
    numbers = np.array([0, 2, 1, 1, 0, 2], "int32")
    return [Case(lambda x, p: op(data=x, partitions=p, num_partitions=3), [some((6, 2)), numbers])]
