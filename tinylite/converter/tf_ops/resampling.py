"""Resizing that no operator does: each new row is a weighted sum of old ones, so it is a product with a matrix along each dimension."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from ...model import Tensor
from ..call import Call
from .matrices import fully_connected
from .registry import translates

_REMEDY = "Give the shapes of the inputs (input_shapes)"
_BLOCK = 1 << 18  # elements of a matrix that are computed at a time: a formula holds several arrays of doubles

Rows = Callable[[int, int, np.ndarray], np.ndarray]  # of the old and new length, and some of the new points: their rows [points, old]


def _resampled(call: Call, rows: Rows, columns: Rows) -> Tensor:
    """Pictures [batch, height, width, channels], with matrices [new, old] of which `rows` and `columns` compute some rows."""
    old, new = list(call.shape(call.input(0))[1:3]), call.numbers(1, "size")
    call.require(min(old) > 0, f"it resizes {old}, and the matrices that do need it known", _REMEDY)
    call.require(len(new) == 2 and min(new) > 0, f"it resizes to {new}, which is not a height and a width", "Give two numbers from 1 on")
    height, width = (_matrix(call, *each) for each in zip((rows, columns), old, new, strict=True))
    x = call.transpose(call.cast(call.input(0), "FLOAT32"), (0, 1, 3, 2))
    x = call.transpose(fully_connected(call, x, call.make(width)), (0, 3, 2, 1))
    return call.transpose(fully_connected(call, x, call.make(height)), (0, 3, 1, 2))


def _matrix(call: Call, rows: Rows, old: int, new: int) -> np.ndarray:
    call.check_count(old * new)
    matrix, step = np.empty((new, old), np.float32), max(_BLOCK // old, 1)
    for start in range(0, new, step):
        matrix[start : start + step] = rows(old, new, np.arange(start, min(start + step, new)))
    return matrix


def _scale(call: Call, old: int, new: int) -> np.float32:
    if call.attribute("align_corners") and new > 1:
        return np.float32(old - 1) / np.float32(new - 1)
    return np.float32(old) / np.float32(new)


# ---- bicubic

_STEPS = 1024  # TensorFlow's kernel rounds where a point lies between two others to so many steps


def _keys(distance: np.ndarray, a: float) -> np.ndarray:
    near = ((a + 2) * distance - (a + 3)) * distance * distance + 1
    far = ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
    return np.where(distance <= 1, near, far)


def _bicubic(call: Call, old: int, new: int, points: np.ndarray) -> np.ndarray:
    half = bool(call.attribute("half_pixel_centers"))
    place = points.astype(np.float32)
    place = (place + np.float32(0.5)) * _scale(call, old, new) - np.float32(0.5) if half else place * _scale(call, old, new)
    first = np.floor(place).astype(np.int64)
    between = np.rint((place - first.astype(np.float32)) * np.float32(_STEPS)) / _STEPS
    matrix = np.zeros((points.size, old))
    for offset in (-1, 0, 1, 2):
        weights = _keys(np.abs(between - offset), -0.5 if half else -0.75)
        index = first + offset
        inside = np.clip(index, 0, old - 1)
        np.add.at(matrix, (np.arange(points.size), inside), np.where(index == inside, weights, 0) if half else weights)
    return matrix / matrix.sum(1, keepdims=True) if half else matrix


@translates("ResizeBicubic", ranks=(4,))
def resize_bicubic(call: Call) -> Tensor:
    rows = partial(_bicubic, call)
    return _resampled(call, rows, rows)


# ---- area


@translates("ResizeArea", ranks=(4,))
def resize_area(call: Call) -> Tensor:
    """The mean over the part of the picture that a new point covers."""

    def rows(old: int, new: int, points: np.ndarray) -> np.ndarray:
        scale = float(_scale(call, old, new))
        starts = points[:, None] * scale
        cells = np.arange(max(old, math.ceil(starts[-1, 0] + scale)))[None]
        covered = np.clip(np.minimum(starts + scale, cells + 1) - np.maximum(starts, cells), 0, None)
        made = np.zeros((points.size, old))
        np.add.at(made.T, np.minimum(cells[0], old - 1), covered.T)
        return made / scale

    return _resampled(call, rows, rows)


# ---- any scale and translation


def _lanczos(radius: float) -> Callable[[np.ndarray], np.ndarray]:
    def kernel(x: np.ndarray) -> np.ndarray:
        return np.where(np.abs(x) > radius, 0, np.sinc(x) * np.sinc(x / radius))

    return kernel


def _cubic(near: Callable[[np.ndarray], np.ndarray], far: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    def kernel(x: np.ndarray) -> np.ndarray:
        x = np.abs(x)
        return np.where(x >= 2, 0, np.where(x >= 1, far(x), near(x)))

    return kernel


# How far each reaches, and its weight at a distance.
_KERNELS: dict[str, tuple[float, Callable[[np.ndarray], np.ndarray]]] = {
    "lanczos1": (1, _lanczos(1)), "lanczos3": (3, _lanczos(3)), "lanczos5": (5, _lanczos(5)),
    "gaussian": (1.5, lambda x: np.where(np.abs(x) >= 1.5, 0, np.exp(-x * x / 0.5))),
    "box": (0.5, lambda x: np.where(np.abs(x) < 0.5, 1, np.where(np.abs(x) == 0.5, 0.5, 0))),
    "triangle": (1, lambda x: np.maximum(0, 1 - np.abs(x))),
    "keyscubic": (2, _cubic(lambda x: ((1.5 * x - 2.5) * x) * x + 1, lambda x: ((-0.5 * x + 2.5) * x - 4) * x + 2)),
    "mitchellcubic": (2, _cubic(
        lambda x: (((7 * x - 12) * x) * x + 16 / 3) / 6, lambda x: (((-7 / 3 * x + 12) * x - 20) * x + 32 / 3) / 6)),
}  # fmt: skip


@translates("ScaleAndTranslate", ranks=(4,))
def scale_and_translate(call: Call) -> Tensor:
    kind = call.attribute("kernel_type", "lanczos3")
    call.require(kind in _KERNELS, f"its kernel_type is {kind!r}")
    radius, kernel = _KERNELS[kind]
    scales, moves = (call.constant(index, what).astype(np.float32).tolist() for index, what in ((2, "scale"), (3, "translation")))

    call.require(len(scales) == len(moves) == 2, f"its scale is {scales} and its translation {moves}, which are not two numbers each")

    def rows(scale: float, move: float, old: int, new: int, points: np.ndarray) -> np.ndarray:
        call.require(scale > 0, f"its scale is {scale}")
        wide = max(1 / scale, 1.0) if call.attribute("antialias", True) else 1.0
        place = ((points + 0.5) / scale - move / scale)[:, None]
        cells = np.arange(old)[None]
        reached = (cells >= np.ceil(place - radius * wide - 0.5)) & (cells <= np.floor(place + radius * wide - 0.5))
        # A point outside of the picture is 0; one at its edge has what lies nearest.
        reached |= ~reached.any(1, keepdims=True) & (cells == np.clip(np.floor(place), 0, old - 1))
        weights = np.where(reached & (place >= 0) & (place <= old), kernel((cells + 0.5 - place) / wide), 0)
        total = weights.sum(1, keepdims=True)
        return np.where(np.abs(total) > 1e-30, weights / np.where(total == 0, 1, total), weights)

    return _resampled(call, *(partial(rows, *each) for each in zip(scales, moves, strict=True)))
