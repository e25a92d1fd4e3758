"""Sliding windows: output sizes and padding, as LiteRT's padding.h has them."""

from __future__ import annotations

from typing import Any, NamedTuple

from .operator import Node

__all__ = ["Axis", "axes", "axis", "transposed_axis"]

_LARGEST = 2**31 - 1
_LARGEST_SPREAD = 1 << 16


class Axis(NamedTuple):
    """A window along one axis: sizes in elements, `before` and `after` the padding."""

    size: int
    filter: int
    stride: int
    dilation: int
    out: int
    before: int
    after: int


def axis(node: Node, padding: str, size: int, filter: int, stride: int, dilation: int) -> Axis:
    """The window of a convolution or a pool along one axis."""
    node.require(stride > 0, f"its stride {stride} is not positive")
    node.require(dilation > 0, f"its dilation {dilation} is not positive")
    node.require(filter > 0, f"its filter has size {filter}")
    node.require(max(stride, dilation, filter) < _LARGEST // 2, "its stride, dilation or filter is too large")
    reach = (filter - 1) * dilation + 1
    if padding == "SAME":
        out = -(-size // stride)
    elif padding == "VALID":
        out = (size + stride - reach) // stride
    else:
        node.fail(f"its padding {padding!r} is neither SAME nor VALID")
    node.require(out > 0 or size == 0, f"its filter covers {reach} elements, more than the {size} of the input")
    out = max(out, 0)
    total = max((out - 1) * stride + reach - size, 0) if out else 0
    return Axis(size, filter, stride, dilation, out, total // 2, total - total // 2)


def axes(node: Node, options: Any, height: int, width: int, filter_height: int, filter_width: int) -> tuple[Axis, Axis]:
    """The windows along height and width that an options table with padding, strides and perhaps dilations means."""
    dilation_h = getattr(options, "dilation_h_factor", 1)
    dilation_w = getattr(options, "dilation_w_factor", 1)
    return (
        axis(node, options.padding, height, filter_height, options.stride_h, dilation_h),
        axis(node, options.padding, width, filter_width, options.stride_w, dilation_w),
    )


def transposed_axis(node: Node, padding: str, size: int, filter: int, stride: int, dilation: int, out: int) -> Axis:
    """The window of a transposed convolution: seen from the output, a convolution over the input spread out by `stride`.

    Fails unless a convolution from output to input, which is what padding speaks of, would lead to the input's size.
    """
    node.require(0 < stride < _LARGEST_SPREAD and filter > 0, f"its stride {stride} or its filter's size {filter} is not positive")
    node.require(dilation > 0 and max(filter, dilation) < _LARGEST // 2, f"its dilation {dilation} is not positive or too large")
    reach = (filter - 1) * dilation + 1
    wanted = -(-out // stride) if padding == "SAME" else (out + stride - reach) // stride
    node.require(wanted == size, f"a convolution of its output's {out} elements would produce {wanted}, not the {size} of its input")
    padded = max((size - 1) * stride + reach - out, 0) // 2
    return Axis(size, filter, 1, dilation, out, reach - 1 - padded, 0)
