"""Random cases of operators that only move, repeat and compare numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tinylite import ops

from ..cases import Case, T
from .tensors import Shape, quantized, shape

__all__ = ["CASES"]

TYPES = ("INT8", "UINT8", "INT16", "INT32")
Maker = Callable[[np.random.Generator], Case]
Generator = np.random.Generator


def numbers(values: Any) -> T:
    return T(np.shape(values), "INT32", data=values)


def any_shape(rng: Generator, least: int = 1) -> Shape:
    return shape(rng, int(rng.integers(least, 5)))


def amounts(rng: Generator, of: Shape, most: int) -> np.ndarray:
    """How much to pad: along the first dimension rarely, as networks do."""
    found = rng.integers(0, most + 1, (len(of), 2))
    found[rng.integers(3, size=len(of)) == 0] = 0
    return found


def reshape(rng: Generator, data: T) -> Case:
    order = tuple(int(size) for size in rng.permutation(data.shape))
    return Case("RESHAPE", [data, numbers(order)], [T(order)])


def transpose(rng: Generator, data: T) -> Case:
    order = rng.permutation(len(data.shape))
    return Case("TRANSPOSE", [data, numbers(order)], [T(tuple(data.shape[axis] for axis in order))])


def strided_slice(rng: Generator, data: T) -> Case:
    begin, end, strides = [], [], []
    masks = {f"{name}_mask": int(rng.integers(1 << len(data.shape))) if rng.integers(3) == 0 else 0 for name in ("begin", "end")}
    for size in data.shape:
        first, last = sorted(int(at) for at in rng.integers(0, size + 1, 2))
        first, last = (first - (first == size), last + (first == last and last < size)) if first == last else (first, last)
        begin.append(first - size if first and rng.integers(3) == 0 else first)
        end.append(last)
        strides.append(int(rng.choice((1, 1, 2, 3))))
    shrink = int(rng.integers(1 << len(data.shape))) if rng.integers(3) == 0 else 0
    index: list[Any] = []
    for axis in range(len(data.shape)):
        if shrink >> axis & 1:
            strides[axis] = 1
            first = 0 if masks["begin_mask"] >> axis & 1 else begin[axis]
            end[axis] = first + 1
            index.append(first)
        else:
            first, last = (None if masks[mask] >> axis & 1 else at[axis] for mask, at in (("begin_mask", begin), ("end_mask", end)))
            index.append(slice(first, last, strides[axis]))
    out = np.empty(data.shape)[tuple(index)].shape
    inputs = [data, numbers(begin), numbers(end), numbers(strides)]
    return Case("STRIDED_SLICE", inputs, [T(out)], {**masks, "shrink_axis_mask": shrink})


def slices(rng: Generator, data: T) -> Case:
    begin = [int(rng.integers(size)) for size in data.shape]
    out = [int(rng.integers(1, size - first + 1)) for size, first in zip(data.shape, begin, strict=True)]
    asked = [-1 if first + count == size else count for size, first, count in zip(data.shape, begin, out, strict=True)]
    return Case("SLICE", [data, numbers(begin), numbers(asked)], [T(out)])


def cut(rng: Generator, data: T, sizes: list[int]) -> tuple[int, list[T]]:
    """An axis, whose size becomes the sum of `sizes`, and the parts."""
    axis = int(rng.integers(len(data.shape)))
    data.shape = (*data.shape[:axis], sum(sizes), *data.shape[axis + 1 :])
    return axis, [T((*data.shape[:axis], size, *data.shape[axis + 1 :])) for size in sizes]


def split(rng: Generator, data: T) -> Case:
    count = int(rng.integers(2, 5))
    axis, parts = cut(rng, data, [int(rng.integers(1, 20))] * count)
    return Case("SPLIT", [numbers(axis), data], parts, {"num_splits": count})


def split_v(rng: Generator, data: T) -> Case:
    sizes = [int(size) for size in rng.integers(1, 20, int(rng.integers(2, 5)))]
    axis, parts = cut(rng, data, sizes)
    return Case("SPLIT_V", [data, numbers(sizes), numbers(axis)], parts, {"num_splits": len(sizes)})


def squeeze(rng: Generator, data: T) -> Case:
    axes = sorted(int(axis) for axis in rng.permutation(len(data.shape))[: rng.integers(len(data.shape))])
    data.shape = tuple(1 if axis in axes else size for axis, size in enumerate(data.shape))
    out = tuple(size for axis, size in enumerate(data.shape) if axis not in axes) if axes else tuple(s for s in data.shape if s != 1)
    return Case("SQUEEZE", [data], [T(out)], {"squeeze_dims": axes})


def expand_dims(rng: Generator, data: T) -> Case:
    data.shape = data.shape[-3:]
    axis = int(rng.integers(-len(data.shape) - 1, len(data.shape) + 1))
    return Case("EXPAND_DIMS", [data, numbers(axis)], [T(np.expand_dims(np.empty(data.shape), axis).shape)])


def pack(rng: Generator, data: T) -> Case:
    data.shape = data.shape[-3:]
    count, axis = int(rng.integers(1, 5)), int(rng.integers(-len(data.shape) - 1, len(data.shape) + 1))
    out = np.stack([np.empty(data.shape)] * count, axis).shape
    return Case("PACK", [data] * count, [T(out)], {"axis": axis, "values_count": count})


def unpack(rng: Generator, data: T) -> Case:
    axis = int(rng.integers(len(data.shape)))
    count = data.shape[axis]
    out = (*data.shape[:axis], *data.shape[axis + 1 :])
    return Case("UNPACK", [data], [T(out) for _ in range(count)], {"axis": axis, "num": count})


def gather(rng: Generator, data: T) -> Case:
    axis, count = int(rng.integers(len(data.shape))), int(rng.integers(1, 9))
    indices = T((count,), "INT32", low=0, high=data.shape[axis] - 1)
    return Case("GATHER", [data, indices], [T((*data.shape[:axis], count, *data.shape[axis + 1 :]))], {"axis": axis})


def pixels(rng: Generator, block: int) -> tuple[int, int, int, int]:
    batch, height, width, channels = (int(rng.integers(1, end + 1)) for end in (2, 4, 4, 20))
    return batch, height * block, width * block, channels


def space_to_depth(rng: Generator, data: T) -> Case:
    block = int(rng.integers(1, 4))
    n, h, w, c = data.shape = pixels(rng, block)
    return Case("SPACE_TO_DEPTH", [data], [T((n, h // block, w // block, c * block * block))], {"block_size": block})


def depth_to_space(rng: Generator, data: T) -> Case:
    block = int(rng.integers(1, 4))
    n, h, w, c = pixels(rng, block)
    data.shape = (n, h // block, w // block, c * block * block)
    return Case("DEPTH_TO_SPACE", [data], [T((n, h, w, c))], {"block_size": block})


def space_to_batch(rng: Generator, data: T) -> Case:
    by, bx = (int(size) for size in rng.integers(1, 4, 2))
    n, h, w, c = data.shape = pixels(rng, 1)
    top, left = (int(pad) for pad in rng.integers(0, 3, 2))
    bottom, right = -(h + top) % by, -(w + left) % bx
    out = (n * by * bx, (h + top + bottom) // by, (w + left + right) // bx, c)
    return Case("SPACE_TO_BATCH_ND", [data, numbers([by, bx]), numbers([[top, bottom], [left, right]])], [T(out)])


def batch_to_space(rng: Generator, data: T) -> Case:
    by, bx = (int(size) for size in rng.integers(1, 4, 2))
    n, h, w, c = pixels(rng, 1)
    data.shape = (n * by * bx, h, w, c)
    top, left = int(rng.integers(0, min(2, h * by))), int(rng.integers(0, min(2, w * bx)))
    return Case("BATCH_TO_SPACE_ND", [data, numbers([by, bx]), numbers([[top, 0], [left, 0]])], [T((n, h * by - top, w * bx - left, c))])


def pad(rng: Generator, data: T) -> Case:
    around = amounts(rng, tuple(data.shape), 3)
    return Case("PAD", [data, numbers(around)], [T(np.pad(np.empty(data.shape), around).shape)])


def padv2(rng: Generator, data: T) -> Case:
    made = pad(rng, data)
    value = T((1,), data.type, scale=data.scale, zero=data.zero, data=[int(rng.integers(0, 100))])
    return Case("PADV2", [*made.inputs, value], made.outputs)


def mirror_pad(rng: Generator, data: T) -> Case:
    mode = str(rng.choice(("REFLECT", "SYMMETRIC")))
    around = np.minimum(amounts(rng, tuple(data.shape), 3), np.reshape(data.shape, (-1, 1)) - (mode == "REFLECT"))
    return Case("MIRROR_PAD", [data, numbers(around)], [T(np.pad(np.empty(data.shape), around).shape)], {"mode": mode})


def tile(rng: Generator, data: T) -> Case:
    times = [int(count) for count in rng.integers(1, 4, len(data.shape))]
    return Case("TILE", [data, numbers(times)], [T(np.tile(np.empty(data.shape, np.int8), times).shape)])


def broadcast_to(rng: Generator, data: T) -> Case:
    out = data.shape
    data.shape = tuple(1 if rng.integers(2) else size for size in out)[int(rng.integers(len(out))) :]
    return Case("BROADCAST_TO", [data, numbers(out)], [T(out)], version=2)


def reverse(rng: Generator, data: T) -> Case:
    return Case("REVERSE_V2", [data, numbers([int(rng.integers(len(data.shape)))])], [T(data.shape)])


def concatenation(rng: Generator, data: T) -> Case:
    """One to six inputs; of UINT8, half of the time with scales of their own."""
    count, axis = int(rng.integers(1, 7)), int(rng.integers(len(data.shape)))
    parts = []
    for _ in range(count):
        own = quantized(rng, "UINT8") if data.type == "UINT8" and rng.integers(2) else {}
        size = (*data.shape[:axis], int(rng.integers(1, 20)), *data.shape[axis + 1 :])
        parts.append(T(size, **{"type": data.type, "scale": data.scale, "zero": data.zero, **own}))
    out = (*data.shape[:axis], sum(part.shape[axis] for part in parts), *data.shape[axis + 1 :])
    given = axis - len(data.shape) if rng.integers(3) == 0 else axis
    return Case("CONCATENATION", parts, [T(out)], {"axis": given}, version=2)


def moving(make: Callable[[Generator, T], Case], type: str, least: int = 1) -> Maker:
    """Inputs of one scale, which all outputs have too."""

    def case(rng: Generator) -> Case:
        more = quantized(rng, type) if type != "INT32" else {"type": type}
        made = make(rng, T(any_shape(rng, least), **more))
        for output in made.outputs:
            output.type, output.scale, output.zero = type, more.get("scale"), more.get("zero", 0)
        made.version = ops.find(made.code).version_needed(made.model().graph.ops[0])
        return made

    return case


MOVING = {
    "RESHAPE": reshape, "TRANSPOSE": transpose, "STRIDED_SLICE": strided_slice, "SLICE": slices, "SPLIT": split, "SPLIT_V": split_v,
    "SQUEEZE": squeeze, "EXPAND_DIMS": expand_dims, "PACK": pack, "UNPACK": unpack, "GATHER": gather, "SPACE_TO_DEPTH": space_to_depth,
    "DEPTH_TO_SPACE": depth_to_space, "SPACE_TO_BATCH_ND": space_to_batch, "BATCH_TO_SPACE_ND": batch_to_space, "PAD": pad,
    "PADV2": padv2, "MIRROR_PAD": mirror_pad, "TILE": tile, "BROADCAST_TO": broadcast_to, "REVERSE_V2": reverse,
    "CONCATENATION": concatenation,
}  # fmt: skip


def index_of_extreme(code: str, output: str) -> Maker:
    def case(rng: Generator) -> Case:
        of = any_shape(rng)
        axis = int(rng.integers(len(of)))
        x = T(of, **quantized(rng, "INT8" if output == "INT32" else "UINT8"), high=20)
        out = T((*of[:axis], *of[axis + 1 :]), output)
        return Case(code, [x, T((), "INT32", data=axis)], [out], {"output_type": output}, version=2)

    return case


def shape_of(rng: Generator) -> Case:
    of = any_shape(rng)
    return Case("SHAPE", [T(of, **quantized(rng, str(rng.choice(("INT8", "UINT8")))))], [T((len(of),), "INT32")], {"out_type": "INT32"})


CASES: dict[tuple[str, str], Maker] = {
    **{(code, type): moving(make, type) for code, make in MOVING.items() for type in TYPES},
    **{(code, type): index_of_extreme(code, type) for code in ("ARG_MAX", "ARG_MIN") for type in ("INT32", "INT64")},
    ("SHAPE", "INT32"): shape_of,
}
