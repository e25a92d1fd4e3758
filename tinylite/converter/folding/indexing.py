"""TensorFlow ops that read and write elements of constants by their places."""

from __future__ import annotations

import math

import numpy as np

from ..call import MOST_MADE, Call
from ..slicing import strided
from .demand import gathered, gathered_nd
from .registry import folds

__all__: list[str] = []

_FIRST = slice(0, 1)


@folds("Slice", unknown=_FIRST)
def _slice(call: Call, x: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    ends = [dimension if count < 0 else start + count for start, count, dimension in zip(begin, size, x.shape, strict=True)]
    return x[tuple(slice(int(start), int(end)) for start, end in zip(begin, ends, strict=True))]


@folds("StridedSlice", unknown=_FIRST)
def _strided_slice(call: Call, x: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray) -> np.ndarray:
    return x[strided(call, begin.tolist(), end.tolist(), strides.tolist())]


@folds("Gather", unknown=_FIRST, demand=gathered)
def _gather(call: Call, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.take(x, indices, 0)


@folds("GatherV2", unknown=_FIRST, demand=gathered)
@folds("ResourceGather", demand=gathered)
def _gather_v2(call: Call, x: np.ndarray, indices: np.ndarray, axis: np.ndarray | int = 0) -> np.ndarray:
    along, batch = int(np.reshape(axis, ())) % x.ndim, call.attribute("batch_dims", 0)
    batch += indices.ndim if batch < 0 else 0
    if not batch:
        return np.take(x, indices, along)
    parts = [np.take(x[place], indices[place], along - batch) for place in np.ndindex(*x.shape[:batch])]
    return np.reshape(parts, (*x.shape[:along], *indices.shape[batch:], *x.shape[along + 1 :]))


@folds("GatherNd", demand=gathered_nd)
def _gather_nd(call: Call, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return x[tuple(np.moveaxis(indices, -1, 0))]


@folds("ScatterNd")
def _scatter_nd(call: Call, indices: np.ndarray, updates: np.ndarray, shape: np.ndarray) -> np.ndarray | None:
    if math.prod(shape.tolist()) > MOST_MADE:
        return None
    made = np.zeros(tuple(shape.tolist()), updates.dtype)
    np.add.at(made, tuple(np.moveaxis(indices, -1, 0)), updates)
    return made


@folds("OneHot")
def _one_hot(call: Call, indices: np.ndarray, depth: np.ndarray, on: np.ndarray, off: np.ndarray) -> np.ndarray | None:
    if indices.size * depth.item() > MOST_MADE:
        return None
    axis = call.attribute("axis", -1)
    hot = np.expand_dims(indices, axis) == np.arange(depth.item()).reshape([-1] + [1] * (0 if axis == -1 else indices.ndim - axis))
    return np.where(hot, on, off)


@folds("Where")
def _where(call: Call, condition: np.ndarray) -> np.ndarray:
    return np.argwhere(condition)


@folds("MatrixBandPart", demand=lambda call, x, *_: x.size + math.prod(x.shape[-2:]))
def _band(call: Call, x: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    down, right = lower.item(), upper.item()
    distance = np.arange(x.shape[-2])[:, None] - np.arange(x.shape[-1])
    inside = ((down < 0) | (distance <= down)) & ((right < 0) | (-distance <= right))
    return np.where(inside, x, x.dtype.type(0))


@folds("DynamicStitch", "ParallelDynamicStitch")
def _stitch(call: Call, *given: np.ndarray) -> np.ndarray | None:
    half = len(given) // 2
    indices, data = given[:half], given[half:]
    count = max((int(index.max()) for index in indices if index.size), default=-1) + 1
    if count * math.prod(data[0].shape[indices[0].ndim :]) > MOST_MADE:
        return None
    made = np.zeros((count, *data[0].shape[indices[0].ndim :]), data[0].dtype)
    for index, values in zip(indices, data, strict=True):
        made[index] = values
    return made


@folds("RaggedTensorToTensor")
def _filled_rows(call: Call, shape: np.ndarray, values: np.ndarray, default: np.ndarray, *parts: np.ndarray) -> np.ndarray | None:
    """Rows of different lengths, on several levels, filled up to the longest, or to `shape` where that is not negative."""
    levels: list[np.ndarray] = []  # the lengths of the rows of each
    for part, kind in zip(parts, call.attribute("row_partition_types"), strict=True):
        if kind == b"ROW_SPLITS":
            levels.append(np.diff(part))
        elif kind == b"VALUE_ROWIDS":
            levels.append(np.bincount(part, minlength=int(levels[-1].sum() if levels else parts[0])))
    levels.insert(0, np.array([levels[0].size]))  # all rows are one of a level above
    sizes = shape.tolist() if shape.ndim else [-1] * len(levels)
    cells = values
    for lengths, size in zip(reversed(levels), sizes[len(levels) - 1 :: -1], strict=True):
        width = int(lengths.max(initial=0)) if size < 0 else size
        if lengths.size * width * math.prod(cells.shape[1:]) > MOST_MADE:
            return None
        made = np.empty((lengths.size, width, *cells.shape[1:]), values.dtype)
        made[:] = default
        for row, start, length in zip(made, np.cumsum(lengths) - lengths, np.minimum(lengths, width), strict=True):
            row[:length] = cells[start : start + length]
        cells = made
    return cells[0]


@folds("TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate")
def _tensor_scatter(call: Call, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
    made, places = x.copy(), tuple(np.moveaxis(indices, -1, 0))
    if call.op == "TensorScatterUpdate":
        made[places] = updates
    else:
        (np.add if call.op == "TensorScatterAdd" else np.subtract).at(made, places, updates)
    return made
