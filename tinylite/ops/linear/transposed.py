"""What transposed convolutions of pictures and of volumes have in common: the shapes, and the windows of the convolution that they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ..common.operator import Node, Operator, Shape
from ..common.window import Axis, transposed_axis

__all__ = ["TransposedConvolution"]


class TransposedConvolution(Operator):
    """Input 0 is the output's shape, 1 the weights, 2 the data; along `space`, the letters of its options, lie the spatial dimensions.

    Weights have the input's channels last; `layer` says which of their dimensions counts filters, and the others are spatial.
    """

    input_count = (3, 4)
    data_input = 2
    space: ClassVar[str]

    def filters(self, node: Node) -> int:
        """How many there are."""
        assert self.layer is not None
        return node.input(1).shape[self.layer.channels]

    def infer(self, node: Node) -> Sequence[Shape]:
        input, weights, shape = node.input(2), node.input(1), tuple(node.numbers(0))
        rank = len(self.space) + 2
        node.require(
            len(input.shape) == len(weights.shape) == len(shape) == rank,
            f"its input {input}, filter {weights} or output shape {list(shape)} does not have {rank} dimensions",
        )
        node.require(weights.shape[-1] == input.shape[-1], f"its filter {weights} and its input {input} differ in channels")
        node.require(
            min(shape) >= 0 and shape[0] == input.shape[0] and shape[-1] == self.filters(node),
            f"its output shape {list(shape)} fits neither {input} nor {weights}",
        )
        self.windows(node, shape)
        return [shape]

    def strides(self, node: Node) -> tuple[int, ...]:
        """Along the spatial dimensions."""
        return tuple(getattr(node.options, f"stride_{name}") for name in self.space)

    def windows(self, node: Node, out: Shape) -> tuple[Axis, ...]:
        """The windows, along the spatial dimensions, of the equivalent convolution over the spread out input."""
        assert self.layer is not None
        input, weights, options = node.input(2), node.input(1), node.options
        sizes = [size for axis, size in enumerate(weights.shape[:-1]) if axis != self.layer.channels]
        dilations = [getattr(options, f"dilation_{name}_factor", 1) for name in self.space]
        return tuple(
            transposed_axis(node, options.padding, *given)
            for given in zip(input.shape[1:-1], sizes, self.strides(node), dilations, out[1:-1], strict=True)
        )
