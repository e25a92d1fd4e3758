"""Heaps of (key, item) with the largest key on top.

Which of equal keys comes first is as in the GNU C++ library's heaps, on which LiteRT's results depend where scores are equal.
"""

from __future__ import annotations

import numpy as np

from .kernel import device


@device
def rise(keys, items, hole, top, key, item):
    """Put an entry into place `hole`, or above, as far as `top`, while the keys there are smaller."""
    while hole > top:
        above = (hole - 1) // 2
        if not keys[above] < key:
            break
        keys[hole] = keys[above]
        items[hole] = items[above]
        hole = above
    keys[hole] = key
    items[hole] = item


@device
def replace(keys, items, top, length, key, item):
    """Put an entry into a heap in place of the one at `top`, whose place sinks to the bottom first, past the larger of the two below.

    Of equal ones it is the second.
    """
    hole = np.int64(top)
    while 2 * hole + 2 < length:
        below = 2 * hole + 2
        if keys[below] < keys[below - 1]:
            below -= 1
        keys[hole] = keys[below]
        items[hole] = items[below]
        hole = below
    if 2 * hole + 2 == length:
        keys[hole] = keys[length - 1]
        items[hole] = items[length - 1]
        hole = np.int64(length - 1)
    rise(keys, items, hole, top, key, item)


@device
def first_largest(x, count, keys, items, k):
    """items = where the k largest of `count` numbers stand, in falling order. `keys` is room for k numbers."""
    for i in range(k):
        keys[i] = -x[i]
        items[i] = np.int32(i)
    for top in range((k - 2) // 2, -1, -1):
        replace(keys, items, top, k, keys[top], items[top])
    for i in range(k, count):
        if -x[i] < keys[0]:
            replace(keys, items, 0, k, -x[i], np.int32(i))
    for end in range(k - 1, 0, -1):
        key, item = keys[end], items[end]
        keys[end] = keys[0]
        items[end] = items[0]
        replace(keys, items, 0, end, key, item)
