"""What rewrites of graphs must know of a convolution or matrix product, declared in the operator's own file."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

__all__ = ["Layer"]


class _Shaped(Protocol):
    """A value, of which only the shape matters here."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def size(self) -> int: ...


@dataclass(frozen=True)
class Layer:
    """An operator that multiplies its data (`data_input`) by weights and adds biases: constants after it can be folded into them.

    channels  the dimension of the weights that is the output's channels
    weights   the input with the weights
    bias      the input with the biases, [channels]
    spreads   whether each element of the data goes to several outputs (a transposed convolution), and the weights' last dimension is the
              data's channels; else each output is a sum over a window of the data
    factors   whether factors of the data's channels, input 0, can be folded into the weights, too
    dilates   whether its window has the options of a two-dimensional one: padding, strides and dilation of height and width
    """

    channels: int
    weights: int = 1
    bias: int = 2
    spreads: bool = False
    factors: bool = False
    dilates: bool = False

    def operations(self, weights: _Shaped, data: _Shaped, output: _Shaped) -> int:
        """Multiplications and additions: two for each weight that meets an element. Where padding is, windows count as whole ones."""
        shared = weights.shape[-1 if self.spreads else self.channels]  # between what the weights are multiplied with and elements counted
        return 2 * (data if self.spreads else output).size * (math.prod(weights.shape) // max(shared, 1))
