"""The order of elements in files that hold no shape."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["AXES", "in_order", "order_of", "restored"]

AXES = "nhwc"


def order_of(layout: str, rank: int) -> list[int]:
    """The axes of an array in the order of a layout, outermost first; arrays without four axes keep theirs.

    Filters have their output channels where activations have n, and their input channels where those have c.
    """
    return [AXES.index(letter) for letter in layout] if rank == len(AXES) else list(range(rank))


def in_order(values: np.ndarray, layout: str) -> tuple[np.ndarray, dict[str, Any]]:
    """The elements [n] of an array in a layout, little-endian, and what the manifest says of it."""
    order = order_of(layout, values.ndim)
    moved = values.transpose(order).reshape(-1).astype(values.dtype.newbyteorder("<"), copy=False)
    return np.ascontiguousarray(moved), {"order": order}


def restored(elements: np.ndarray, held: dict[str, Any]) -> np.ndarray:
    """The array of elements that `in_order` has put in a layout. Raises ValueError for what its manifest does not fit."""
    shape, order = held["shape"], held.get("order", list(range(len(held["shape"]))))
    if not isinstance(order, list) or sorted(order, key=str) != list(range(len(shape))):
        raise ValueError(f"the order of its axes is {order!r}")
    moved = elements.reshape([shape[axis] for axis in order])
    return np.ascontiguousarray(moved.transpose(np.argsort(order).tolist())).reshape(shape)
