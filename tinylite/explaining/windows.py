"""What an output element of a convolution or matrix product is a sum over."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from .. import ops
from ..ops.batch_matmul import MatrixProduct
from ..ops.common.node import Node
from ..ops.common.window import Axis
from ..ops.linear.layers import LinearLayer
from ..ops.linear.pairs import CONVOLUTION, DENSE, MATRICES
from .site import Index, Site, broadcast_index, window_places

__all__ = ["WINDOWS", "Window", "Windows", "layer_of"]


class Window(NamedTuple):
    """Blocks of equal shape [rows, columns, depth] of input and weights, which are multiplied.

    `input_at` and `weight_at` lead from a position in the blocks to the index in the tensor. `left_out` of the window's places lie in
    the padding, or between the pixels of an input that is spread out.
    """

    inputs: np.ndarray
    weights: np.ndarray
    input_at: Callable[[int, int, int], Index]
    weight_at: Callable[[int, int, int], Index]
    left_out: int = 0

    @property
    def note(self) -> str:
        return f"{self.left_out} of the filter's places lie outside of the input and add 0" if self.left_out else ""

    def terms(self) -> Iterator[tuple[Index, Any, Index, Any]]:
        """Input index and value, weight index and value, in the order of the reference kernels."""
        rows, columns, depth = self.inputs.shape
        inputs, weights = self.inputs.reshape(-1).tolist(), self.weights.reshape(-1).tolist()
        at = ((row, column, d) for row in range(rows) for column in range(columns) for d in range(depth))
        for place, x, w in zip(at, inputs, weights, strict=True):
            yield self.input_at(*place), x, self.weight_at(*place), w


def layer_of(node: Node) -> LinearLayer:
    """The layer that an op of WINDOWS is, with what its factors, bias and limits follow from."""
    output, weights = node.outputs[0], node.input(1)
    if node.op.code == "BATCH_MATMUL":
        channels = math.prod(weights.shape[:-2]) * output.shape[-1]
        return MatrixProduct(node, MATRICES, node.input(0), weights, None, output, channels)
    operator = ops.find(node.op.code)
    facts = operator.layer
    assert facts is not None and facts.weights == 1
    return LinearLayer(
        node, DENSE if node.op.code == "FULLY_CONNECTED" else CONVOLUTION, node.input(operator.data_input), weights,
        node.optional(facts.bias), output, weights.shape[facts.channels], facts.channels, node.options.fused_activation_function,
    )  # fmt: skip


# A layer, and a function from an output index to its window.
Windows = tuple[LinearLayer, Callable[[Index], Window]]


class _Reach(NamedTuple):
    """The places of a filter that meet the input at an output pixel, and where they do."""

    rows: list[int]
    columns: list[int]
    ys: list[int]
    xs: list[int]
    left_out: int

    def of_input(self, picture: np.ndarray) -> np.ndarray:
        return picture[self.ys][:, self.xs]

    def of_filter(self, filter: np.ndarray) -> np.ndarray:
        return filter[self.rows][:, self.columns]


def _reach(height: Axis, width: Axis, y: int, x: int, spread: tuple[int, int] = (1, 1), turned: bool = False) -> _Reach:
    (rows, ys), (columns, xs) = window_places(height, y, spread[0]), window_places(width, x, spread[1])
    if turned:
        rows, columns = [height.filter - 1 - row for row in rows], [width.filter - 1 - column for column in columns]
    return _Reach(rows, columns, ys, xs, height.filter * width.filter - len(rows) * len(columns))


def _convolution(site: Site) -> Windows:
    node, x, filters = site.node, site.array(0), site.array(1)
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    depth = filters.shape[3]
    per_group = filters.shape[0] // (x.shape[3] // depth)

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        reach, first = _reach(height, width, y, x_at), channel // per_group * depth
        return Window(
            reach.of_input(x[n])[..., first : first + depth], reach.of_filter(filters[channel]),
            lambda r, c, d: (n, reach.ys[r], reach.xs[c], first + d), lambda r, c, d: (channel, reach.rows[r], reach.columns[c], d),
            reach.left_out,
        )  # fmt: skip

    return layer_of(site.planned()), window


def _depthwise(site: Site) -> Windows:
    node, x, filters = site.node, site.array(0), site.array(1)
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    channels = filters.shape[3]
    multiplier = channels // x.shape[3]

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        reach, seen = _reach(height, width, y, x_at), channel // multiplier
        return Window(
            reach.of_input(x[n])[..., seen : seen + 1], reach.of_filter(filters[0])[..., channel : channel + 1],
            lambda r, c, d: (n, reach.ys[r], reach.xs[c], seen), lambda r, c, d: (0, reach.rows[r], reach.columns[c], channel),
            reach.left_out,
        )  # fmt: skip

    return layer_of(site.planned()), window


def _transposed(site: Site) -> Windows:
    """Seen from the output: the filter, turned around, over the input with gaps between its pixels."""
    node, x, filters = site.node, site.array(2), site.array(1)
    height, width = site.operator.windows(node, site.result.shape)  # type: ignore[attr-defined]
    strides = site.operator.strides(node)  # type: ignore[attr-defined]

    def window(at: Index) -> Window:
        n, y, x_at, channel = at
        reach = _reach(height, width, y, x_at, strides, turned=True)
        return Window(
            reach.of_input(x[n]), reach.of_filter(filters[channel]),
            lambda r, c, d: (n, reach.ys[r], reach.xs[c], d), lambda r, c, d: (channel, reach.rows[r], reach.columns[c], d),
            reach.left_out,
        )  # fmt: skip

    return layer_of(site.planned()), window


def _dense(site: Site) -> Windows:
    matrix, shape = site.array(1), site.array(0).shape
    channels, depth = matrix.shape
    rows = site.array(0).reshape(-1, 1, 1, depth)

    def window(at: Index) -> Window:
        row = int(np.ravel_multi_index(at, site.result.shape)) // channels
        return Window(
            rows[row], matrix[at[-1]].reshape(1, 1, -1),
            lambda r, c, d: tuple(map(int, np.unravel_index(row * depth + d, shape))), lambda r, c, d: (at[-1], d),
        )  # fmt: skip

    return layer_of(site.planned()), window


def _matrices(site: Site) -> Windows:
    x, y, options = site.array(0), site.array(1), site.node.options

    def window(at: Index) -> Window:
        x_matrix, y_matrix = broadcast_index(at[:-2], x.shape[:-2]), broadcast_index(at[:-2], y.shape[:-2])
        row = x[x_matrix][:, at[-2]] if options.adj_x else x[x_matrix][at[-2]]
        column = y[y_matrix][at[-1]] if options.adj_y else y[y_matrix][:, at[-1]]
        return Window(
            row.reshape(1, 1, -1), column.reshape(1, 1, -1),
            lambda r, c, d: (*x_matrix, *((d, at[-2]) if options.adj_x else (at[-2], d))),
            lambda r, c, d: (*y_matrix, *((at[-1], d) if options.adj_y else (d, at[-1]))),
        )  # fmt: skip

    return layer_of(site.planned()), window


WINDOWS: dict[str, Callable[[Site], Windows]] = {
    "BATCH_MATMUL": _matrices,
    "CONV_2D": _convolution,
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _dense,
    "TRANSPOSE_CONV": _transposed,
}
