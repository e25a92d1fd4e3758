"""CMSIS-NN's operators that are no sums of products, called with the numbers that tflite-micro computes for them."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tinylite.model import Op, Tensor
from tinylite.quantization_math import multiplier_and_shift

from .cmsis_nn import checkout, library, limits

__all__ = ["OTHERS", "call"]

Array = np.ndarray
Numbers = list[int]


def _affine(tensor: Tensor) -> tuple[float, int]:
    assert tensor.quantization is not None
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zero_point[0])


def _four(shape: Sequence[int], fill: int = 1) -> Numbers:
    """A shape as [n, h, w, c]."""
    return [fill] * (4 - len(shape)) + [int(size) for size in shape]


def _stretched(op: Op, x: Array, y: Array) -> tuple[Array, Array]:
    """tflite-micro stretches them by itself."""
    shape = op.outputs[0].shape
    return np.broadcast_to(x, shape), np.broadcast_to(y, shape)


def _add(op: Op, x: Array, y: Array) -> tuple[Numbers, Array, Array]:
    (x_scale, x_zero), (y_scale, y_zero), (scale, zero) = (_affine(tensor) for tensor in (op.inputs[0], op.inputs[1], op.outputs[0]))  # type: ignore[arg-type]
    common = 2 * max(x_scale, y_scale)
    to = multiplier_and_shift(common / ((1 << 20) * scale))
    numbers = [-x_zero, *multiplier_and_shift(x_scale / common), -y_zero, *multiplier_and_shift(y_scale / common), 20, zero, *to]
    return [math.prod(op.outputs[0].shape), *numbers, *limits(op)], *_stretched(op, x, y)


def _mul(op: Op, x: Array, y: Array) -> tuple[Numbers, Array, Array]:
    (x_scale, x_zero), (y_scale, y_zero), (scale, zero) = (_affine(tensor) for tensor in (op.inputs[0], op.inputs[1], op.outputs[0]))  # type: ignore[arg-type]
    numbers = [-x_zero, -y_zero, zero, *multiplier_and_shift(x_scale * y_scale / scale)]
    return [math.prod(op.outputs[0].shape), *numbers, *limits(op)], *_stretched(op, x, y)


def _pool(op: Op, x: Array) -> tuple[Numbers, Array]:
    options, (_, height, width, _) = op.options, op.outputs[0].shape
    strides, filter = (options.stride_h, options.stride_w), (options.filter_height, options.filter_width)
    sizes = zip((height, width), strides, filter, x.shape[1:3], strict=True)
    around = [max((out - 1) * stride + size - inner, 0) // 2 if options.padding == "SAME" else 0 for out, stride, size, inner in sizes]
    return [*x.shape, 1, *filter, 1, *op.outputs[0].shape, *strides, *around, *limits(op)], x


def _softmax(op: Op, x: Array) -> tuple[Numbers, Array]:
    scale, _ = _affine(op.inputs[0])  # type: ignore[arg-type]
    multiplier, shift = multiplier_and_shift(min(scale * op.options.beta * (1 << 26), 2.0**31 - 1))
    radius = math.floor(31 * (1 << 26) / 2**shift)
    return [x.size // x.shape[-1], x.shape[-1], multiplier, shift, -radius], x


def _pad(op: Op, x: Array, amounts: Array, *value: Array) -> tuple[Numbers, Array]:
    padding = int(value[0].reshape(())) if value else _affine(op.outputs[0])[1]
    return [*_four(x.shape), *_four(amounts[:, 0], 0), *_four(amounts[:, 1], 0), padding], x


def _transpose(op: Op, x: Array, order: Array) -> tuple[Numbers, Array]:
    fill = [1] * (4 - x.ndim)
    return [*x.shape, *fill, *op.outputs[0].shape, *fill, x.ndim, *map(int, order)], x


def _pick(op: Op, x: Array, y: Array) -> tuple[Numbers, Array, Array]:
    return [*_four(x.shape), *_four(y.shape), *_four(op.outputs[0].shape)], x, y


# Operator -> its function in cmsis_nn_others.c, and what that is called with, of the op and its inputs.
OTHERS: dict[str, tuple[str, Callable[..., Any]]] = {
    "ADD": ("add", _add),
    "MUL": ("mul", _mul),
    "AVERAGE_POOL_2D": ("average_pool_2d", _pool),
    "MAX_POOL_2D": ("max_pool_2d", _pool),
    "SOFTMAX": ("softmax", _softmax),
    "PAD": ("pad", _pad),
    "PADV2": ("pad", _pad),
    "TRANSPOSE": ("transpose", _transpose),
    "MAXIMUM": ("maximum", _pick),
    "MINIMUM": ("minimum", _pick),
}


def call(op: Op, inputs: list[Array], single: bool) -> list[Array]:
    """The output of an op."""
    name, arguments = OTHERS[op.code]
    numbers, *arrays = arguments(op, *inputs)
    found = np.zeros(op.outputs[0].shape, np.int8)
    given = [np.array(numbers, np.int32), *(np.ascontiguousarray(array) for array in arrays)]
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in given] + [None] * (3 - len(given))
    assert getattr(library(checkout(), single), name)(*pointers, found.ctypes.data_as(ctypes.c_void_p)) == 0
    return [found]
