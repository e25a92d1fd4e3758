"""Elements picked and placed by indices that only a run knows. An index that is not there ends the run with status 1."""

from __future__ import annotations

import numpy as np

from .elements import NUMBERS
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

MAX_DIMS = 8
_INDICES = {"INT16": "i16*", "INT32": "i32*", "INT64": "i64*"}


def _make_gather_nd(type: str) -> Kernel:
    @kernel(
        f"gather_nd_{type.lower()}", input="u8*", output="u8*", indices=_INDICES[type], depth="i64", sizes=f"i64[{MAX_DIMS}]",
        strides=f"i64[{MAX_DIMS}]", slice_bytes="i64",
    )  # fmt: skip
    def gather_nd(a, lo, hi, scratch):
        """out[i] = in[indices[i, 0], indices[i, 1], ...], slices of bytes; a unit is one slice."""
        for unit in range(lo, hi):
            at = np.int64(0)
            for d in range(a.depth):
                index = np.int64(a.indices[unit * a.depth + d])
                if (index < 0) | (index >= a.sizes[d]):
                    return 1
                at += index * a.strides[d]
            simd.copy(a.output + unit * a.slice_bytes, a.input + at, a.slice_bytes)
        return 0

    return gather_nd


gather_nd = {type: _make_gather_nd(type) for type in _INDICES}


@device
def add(x, y):
    return x + y


@device
def either(x, y):
    return x | y


def _make_scatter_nd(type: str, element: str, combine: Device) -> Kernel:
    @kernel(
        f"scatter_nd_{type.lower()}_{element}_{combine.function.__name__}", updates=element + "*", output=element + "*",
        indices=_INDICES[type], count="i64", depth="i64", sizes=f"i64[{MAX_DIMS}]", strides=f"i64[{MAX_DIMS}]", slice="i64",
    )  # fmt: skip
    def scatter_nd(a, lo, hi, scratch):
        """out[indices[i, 0], ...] is combined with updates[i]; strides and slices in elements. One unit does all: indices may repeat."""
        for i in range(a.count):
            at = np.int64(0)
            for d in range(a.depth):
                index = np.int64(a.indices[i * a.depth + d])
                if (index < 0) | (index >= a.sizes[d]):
                    return 1
                at += index * a.strides[d]
            for c in range(a.slice):
                a.output[at + c] = combine(a.output[at + c], a.updates[i * a.slice + c])
        return 0

    return scatter_nd


_SCATTERED = {"FLOAT32": "f32", "INT32": "i32", "INT64": "i64", "INT8": "i8", "UINT8": "u8", "BOOL": "u8"}
# (type of indices, type of updates) -> kernel
scatter_nd = {
    (type, value): _make_scatter_nd(type, element, either if value == "BOOL" else add)
    for type in ("INT32", "INT64")
    for value, element in _SCATTERED.items()
}


def _make_sparse_to_dense(type: str, element: str) -> Kernel:
    @kernel(
        f"sparse_to_dense_{type.lower()}_{element}", values=element + "*", value_step="i64", output=element + "*", indices=_INDICES[type],
        count="i64", depth="i64", sizes=f"i64[{MAX_DIMS}]", strides=f"i64[{MAX_DIMS}]",
    )  # fmt: skip
    def sparse_to_dense(a, lo, hi, scratch):
        """out[indices[i, 0], ...] = values[i]; strides in elements. One unit does all: of values with the same index the last stays."""
        for i in range(a.count):
            at = np.int64(0)
            for d in range(a.depth):
                index = np.int64(a.indices[i * a.depth + d])
                if (index < 0) | (index >= a.sizes[d]):
                    return 1
                at += index * a.strides[d]
            a.output[at] = a.values[i * a.value_step]
        return 0

    return sparse_to_dense


# (type of indices, bytes of an element) -> kernel
sparse_to_dense = {
    (type, size): _make_sparse_to_dense(type, element)
    for type in ("INT32", "INT64")
    for size, element in ((1, "u8"), (2, "u16"), (4, "i32"), (8, "i64"))
}


def _make_one_hot(type: str, bits: int) -> Kernel:
    element = f"u{bits}*" if bits < 32 else f"i{bits}*"

    @kernel(
        f"one_hot_{type.lower()}_{bits}", indices=_INDICES[type], output=element, on=element, off=element, depth="i64", inner="i64"
    )  # fmt: skip
    def one_hot(a, lo, hi, scratch):
        """out[o, d, i] = on where indices[o, i] is d, off elsewhere; a unit is one o."""
        on, off = a.on[0], a.off[0]
        for o in range(lo, hi):
            for d in range(a.depth):
                for i in range(a.inner):
                    to = (o * a.depth + d) * a.inner + i
                    a.output[to] = on if np.int64(a.indices[o * a.inner + i]) == d else off

    return one_hot


one_hot = {(type, bits // 8): _make_one_hot(type, bits) for type in ("INT32", "INT64") for bits in (8, 32, 64)}


def _make_cumsum(element: str) -> Kernel:
    number = NUMBERS[element]

    @kernel(f"cumsum_{element}", input=element + "*", output=element + "*", count="i64", inner="i64", exclusive="i32", reverse="i32")
    def cumsum(a, lo, hi, scratch):
        """Sums of all before along the middle of [outer, count, inner]; a unit is one line."""
        for unit in range(lo, hi):
            outer = unit // a.inner
            at = outer * a.count * a.inner + (unit - outer * a.inner)
            total = number(0)
            for i in range(a.count):
                place = at + (a.count - 1 - i if a.reverse else i) * a.inner
                value = a.input[place]
                if a.exclusive:
                    a.output[place] = total
                    total += value
                else:
                    total += value
                    a.output[place] = total

    return cumsum


cumsum = {type: _make_cumsum(element) for type, element in (("FLOAT32", "f32"), ("INT32", "i32"), ("INT64", "i64"))}


@device
def comes_before(x, i, j):
    """Whether x[i] is larger than x[j], or as large and earlier. NaN comes last."""
    if x[i] > x[j]:
        return True
    if x[i] < x[j]:
        return False
    first, second = x[i] == x[i], x[j] == x[j]
    return i < j if first == second else first


@device
def sink(x, heap, length, top, item):
    """Put an item into a heap, in which what comes last is on top, at `top` or as far below as it belongs."""
    hole = np.int64(top)
    while 2 * hole + 1 < length:
        below = 2 * hole + 1
        if below + 1 < length and comes_before(x, heap[below], heap[below + 1]):
            below += 1
        if not comes_before(x, item, heap[below]):
            break
        heap[hole] = heap[below]
        hole = below
    heap[hole] = item


def _make_top_k(element: str, index: str) -> Kernel:
    number = NUMBERS[index]

    @kernel(f"top_k_{element}_{index}", input=element + "*", values=element + "*", indices=index + "*", size="i64", k="i64")
    def top_k(a, lo, hi, scratch):
        """The k largest of each row, in falling order; of equal ones the first. A unit is a row."""
        for row in range(lo, hi):
            x, values, heap = a.input + row * a.size, a.values + row * a.k, a.indices + row * a.k
            for i in range(a.k):
                heap[i] = number(i)
            for top in range(a.k // 2 - 1, -1, -1):
                sink(x, heap, a.k, top, heap[top])
            for i in range(a.k, a.size):
                if comes_before(x, i, heap[0]):
                    sink(x, heap, a.k, 0, number(i))
            for end in range(a.k - 1, 0, -1):
                last = heap[end]
                heap[end] = heap[0]
                sink(x, heap, end, 0, last)
            for i in range(a.k):
                values[i] = x[heap[i]]

    return top_k


_ORDERED = {"FLOAT32": "f32", "INT8": "i8", "UINT8": "u8", "INT16": "i16", "INT32": "i32", "INT64": "i64"}
# (type of values, type of indices) -> kernel
top_k = {
    (type, index): _make_top_k(element, number)
    for type, element in _ORDERED.items()
    for index, number in (("INT32", "i32"), ("INT16", "i16"))
}


def _make_reverse_sequence(type: str) -> Kernel:
    @kernel(
        f"reverse_sequence_{type.lower()}", input="u8*", output="u8*", lengths=_INDICES[type], steps="i64", batch_stride="i64",
        step_stride="i64", outer="i64", outer_stride="i64", middle="i64", middle_stride="i64", slice_bytes="i64",
    )  # fmt: skip
    def reverse_sequence(a, lo, hi, scratch):
        """Of each batch the first `lengths[b]` steps, turned round; a unit is (batch, step, outer, middle)."""
        for unit in range(lo, hi):
            middle, rest = unit % a.middle, unit // a.middle
            outer, rest = rest % a.outer, rest // a.outer
            step, batch = rest % a.steps, rest // a.steps
            length = np.int64(a.lengths[batch])
            if (length < 0) | (length > a.steps):
                return 1
            base = batch * a.batch_stride + outer * a.outer_stride + middle * a.middle_stride
            source = length - 1 - step if step < length else step
            simd.copy(a.output + base + step * a.step_stride, a.input + base + source * a.step_stride, a.slice_bytes)
        return 0

    return reverse_sequence


reverse_sequence = {type: _make_reverse_sequence(type) for type in ("INT32", "INT64")}
