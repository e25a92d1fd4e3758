"""What is as large as a kernel has counted: positions of what is not zero, different values, sequences of numbers.

Each has a kernel that counts, writing one number, and one that fills outputs of that size. One unit does all.
"""

from __future__ import annotations

import numpy as np

from .elements import ELEMENTS, NUMBERS
from .kernel import Device, Kernel, device, kernel
from .lazy import simd

# Elements of a table of different values: a position, and what it is counted as.
ENTRY = 2
_MOST = 2147483647


# ---- WHERE


def _make_count_nonzero(element: str) -> Kernel:
    zero = NUMBERS[element](0)

    @kernel(f"count_nonzero_{element}", x=element + "*", size="i64", count="i64*")
    def count_nonzero(a, lo, hi, scratch):
        total = np.int64(0)
        for i in range(a.size):
            total += np.int64(a.x[i] != zero)
        a.count[0] = total

    return count_nonzero


def _make_nonzero(element: str) -> Kernel:
    zero = NUMBERS[element](0)

    @kernel(f"nonzero_{element}", x=element + "*", size="i64", dims="i64*", rank="i64", output="i64*")
    def nonzero(a, lo, hi, scratch):
        """output[n] = the indices, one for each of `dims`, of the n-th element that is not zero."""
        to = a.output
        for i in range(a.size):
            if a.x[i] != zero:
                rest = np.int64(i)
                for d in range(a.rank - 1, -1, -1):
                    above = rest // a.dims[d]
                    to[d] = rest - above * a.dims[d]
                    rest = above
                to = to + a.rank

    return nonzero


# Zero looks the same in types of the same size.
_TESTED = {"BOOL": "u8", "INT8": "u8", "UINT8": "u8", "INT32": "i32", "UINT32": "i32", "INT64": "i64", "FLOAT32": "f32"}
_counters = {element: _make_count_nonzero(element) for element in sorted(set(_TESTED.values()))}
_finders = {element: _make_nonzero(element) for element in sorted(set(_TESTED.values()))}
count_nonzero = {type: _counters[element] for type, element in _TESTED.items()}
nonzero = {type: _finders[element] for type, element in _TESTED.items()}


# ---- UNIQUE


@device
def integer_key(x):
    return np.uint64(np.int64(x))


@device
def float_key(x):
    """The same for both zeros."""
    return np.uint64(np.uint32(simd.bits_of_float(x + np.float32(0))))


def _make_unique(element: str, key: Device) -> Kernel:
    @kernel(
        f"unique_{element}", x=element + "*", size="i64", count="i64*", table="i32*", bits="i64", fill="i64", values=element + "*",
        indices="i64*", indices32="i32*", wide="i64",
    )  # fmt: skip
    def unique(a, lo, hi, scratch):
        """Count different values, and with `fill` write them in the order in which they come first, and for each x which it is.

        `table` has 2^bits entries. NaN differs from everything.
        """
        mask = (np.int64(1) << a.bits) - 1
        for i in range(mask + 1):
            a.table[ENTRY * i] = np.int32(-1)
        total = np.int64(0)
        for i in range(a.size):
            # Fibonacci hashing: the upper bits of a product with 2^64 / golden ratio.
            slot = np.int64((key(a.x[i]) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(64 - a.bits))
            found = np.int64(-1)
            while a.table[ENTRY * slot] >= 0:
                if a.x[a.table[ENTRY * slot]] == a.x[i]:
                    found = np.int64(a.table[ENTRY * slot + 1])
                    break
                slot = (slot + 1) & mask
            if found < 0:
                found = total
                total += 1
                if a.x[i] == a.x[i]:
                    a.table[ENTRY * slot] = np.int32(i)
                    a.table[ENTRY * slot + 1] = np.int32(found)
                if a.fill != 0:
                    a.values[found] = a.x[i]
            if a.fill != 0:
                if a.wide != 0:
                    a.indices[i] = found
                else:
                    a.indices32[i] = np.int32(found)
        a.count[0] = total

    return unique


_COUNTED = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")
unique = {type: _make_unique(ELEMENTS[type], float_key if type == "FLOAT32" else integer_key) for type in _COUNTED}


# ---- RANGE


def _make_count_range(element: str) -> Kernel:
    whole = element != "f32"

    @kernel(f"count_range_{element}", start=element + "*", limit=element + "*", delta=element + "*", count="i64*")
    def count_range(a, lo, hi, scratch):
        """How many numbers lie before the limit, from start on. Fails with 1 if they never come to it, 2 if they are too many."""
        start, limit, delta = a.start[0], a.limit[0], a.delta[0]
        if not (((start <= limit) & (delta > 0)) | ((start >= limit) & (delta < 0))):
            return 1
        if whole:
            low, high = np.int64(min(start, limit)), np.int64(max(start, limit))
            way = np.uint64(high) - np.uint64(low)
            step = np.uint64(np.int64(delta)) if delta > 0 else np.uint64(0) - np.uint64(np.int64(delta))
            turns = way // step
            if turns >= np.uint64(_MOST):
                return 2
            total = np.int64(turns) + np.int64(turns * step != way)
        else:
            quotient = abs((limit - start) / delta)
            if not quotient < np.float32(_MOST):
                return 2
            total = np.int64(quotient)
            total += np.int64(np.float32(total) < quotient)
        a.count[0] = total
        return 0

    return count_range


def _make_fill_range(element: str) -> Kernel:
    number = NUMBERS[element]

    @kernel(f"fill_range_{element}", start=element + "*", delta=element + "*", output=element + "*", size="i64")
    def fill_range(a, lo, hi, scratch):
        """Each number is the one before plus delta, with what that rounds away."""
        value, delta = a.start[0], a.delta[0]
        for i in range(a.size):
            a.output[i] = value
            value = number(value + delta)

    return fill_range


_RANGES = ("FLOAT32", "INT32", "INT64")
count_range = {type: _make_count_range(ELEMENTS[type]) for type in _RANGES}
fill_range = {type: _make_fill_range(ELEMENTS[type]) for type in _RANGES}
