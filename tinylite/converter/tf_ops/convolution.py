"""Convolutions, pooling, batch normalisation and biases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from ..ranks import other_input
from ..shapes import PartialShape
from .registry import translates

_TO_LAST, _TO_FIRST = {4: (0, 2, 3, 1), 5: (0, 2, 3, 4, 1)}, {4: (0, 3, 1, 2), 5: (0, 4, 1, 2, 3)}


def channels_first(call: Call) -> bool:
    return str(call.attribute("data_format", "NHWC")).startswith("NC")


def channels_last(call: Call, x: Tensor, compute: Callable[[Tensor], Tensor]) -> Tensor:
    """What `compute` returns for a picture with channels last, whatever the node's data_format; .tflite files know no other."""
    if not channels_first(call):
        return compute(x)
    rank = call.rank(x)
    return call.transpose(compute(call.transpose(x, _TO_LAST[rank])), _TO_FIRST[rank])


def along(call: Call, values: Sequence[int]) -> list[int]:
    """The entries of strides, dilations or windows for the dimensions of the picture."""
    values = list(values)
    return values[2:] if channels_first(call) else values[1:-1]


def window_size(padding: str, size: int, filter: int, stride: int, dilation: int = 1) -> int:
    """How often a window fits along a dimension; -1 if only a run knows."""
    if size < 0:
        return -1
    reach = (filter - 1) * dilation + 1
    return -(-size // stride) if padding == "SAME" else max((size - reach + stride) // stride, 0)


def padded(call: Call, x: Tensor) -> tuple[Tensor, str]:
    """The input and the padding of a node; explicit amounts become a PAD."""
    padding = call.attribute("padding")
    if padding != "EXPLICIT":
        return x, padding
    amounts = np.array(call.attribute("explicit_paddings"), np.int32).reshape(-1, 2)
    if channels_first(call):
        amounts = amounts[list(_TO_LAST[len(amounts)])]
    if not amounts.any():
        return x, "VALID"
    shape = [size if size < 0 else size + sum(amount) for size, amount in zip(call.shape(x), amounts.tolist(), strict=True)]
    return call.emit("PAD", [x, call.make(amounts)], None, tuple(shape)), "VALID"


def zeros(call: Call, count: int, type: str | int) -> Tensor:
    call.check_count(count)
    return call.make(np.zeros(count, tensor_dtype(type)), name=f"{call.node.name}_bias")


def _window(call: Call, stride: Sequence[int], dilation: Sequence[int], padding: str) -> dict[str, Any]:
    return dict(
        padding=padding, stride_h=stride[0], stride_w=stride[1], dilation_h_factor=dilation[0], dilation_w_factor=dilation[1],
        fused_activation_function="NONE",
    )  # fmt: skip


def _picture(
    call: Call, x: Tensor, filter: Sequence[int], out: int, stride: Sequence[int], dilation: Sequence[int], padding: str
) -> PartialShape:
    batch, *sizes, _ = call.shape(x)
    spread = zip(sizes, filter, stride, dilation, strict=True)
    return (batch, *(window_size(padding, size, reach, step, wide) for size, reach, step, wide in spread), out)


def _convolution_ranks(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The picture's channels are those that the filter takes."""
    filter = other_input(call, 0, 4)
    channels = -1 if filter is None else filter[2]
    yield 0, (-1, channels, -1, -1) if channels_first(call) else (-1, -1, -1, channels)
    yield 1, (-1,) * 4


@translates("Conv2D", ranks=_convolution_ranks)
def conv_2d(call: Call) -> Tensor:
    """The filter [height, width, in, out] becomes [out, height, width, in]; there is always a bias."""
    filter = call.input(1)
    height, width, depth, out = call.shape(filter)
    weights = call.transpose(filter, (3, 0, 1, 2))
    stride, dilation = along(call, call.attribute("strides")), along(call, call.attribute("dilations") or [1, 1, 1, 1])

    def compute(x: Tensor) -> Tensor:
        found = call.shape(x)[-1]
        groups = found // depth if depth > 0 else 0
        fit = -1 in (found, depth, out) or (groups and groups * depth == found and out % groups == 0)
        call.fits(bool(fit), f"it reads {found} channels, and its {out} filters are for {depth}")
        x, padding = padded(call, x)
        shape = _picture(call, x, (height, width), out, stride, dilation, padding)
        return call.emit("CONV_2D", [x, weights, zeros(call, out, x.type)], None, shape, **_window(call, stride, dilation, padding))

    return channels_last(call, call.input(0), compute)


@translates("DepthwiseConv2dNative", ranks=_convolution_ranks)
def depthwise_conv_2d(call: Call) -> Tensor:
    """The filter [height, width, in, multiplier] becomes [1, height, width, in * multiplier], which moves nothing."""
    filter = call.input(1)
    height, width, channels, multiplier = call.shape(filter)
    weights = call.reshape(filter, (1, height, width, channels * multiplier))
    stride, dilation = along(call, call.attribute("strides")), along(call, call.attribute("dilations") or [1, 1, 1, 1])

    def compute(x: Tensor) -> Tensor:
        found = call.shape(x)[-1]
        call.fits(-1 in (found, channels) or found == channels, f"it reads {found} channels, and its filters are for {channels}")
        x, padding = padded(call, x)
        out = channels * multiplier
        shape = _picture(call, x, (height, width), out, stride, dilation, padding)
        return call.emit(
            "DEPTHWISE_CONV_2D", [x, weights, zeros(call, out, x.type)], None, shape, depth_multiplier=multiplier,
            **_window(call, stride, dilation, padding),
        )  # fmt: skip

    return channels_last(call, call.input(0), compute)


@translates("Conv2DBackpropInput", ranks=(1, 4, 4))
def transpose_conv(call: Call) -> Tensor:
    """The filter [height, width, out, in] becomes [out, height, width, in]."""
    sizes, filter, x = call.input(0), call.input(1), call.input(2)
    stride = along(call, call.attribute("strides"))
    call.require(set(along(call, call.attribute("dilations") or [1, 1, 1, 1])) == {1}, "it has dilations, which TRANSPOSE_CONV does not")
    call.require(call.attribute("padding") != "EXPLICIT", "it has explicit paddings, which TRANSPOSE_CONV does not")
    weights = call.transpose(filter, (2, 0, 1, 3))
    known = call.translator.partial.values(sizes)
    if channels_first(call):
        value = call.known(sizes)
        call.require(value is not None, "its output shape is computed and its channels come first")
        assert value is not None
        sizes = call.make(value[list(_TO_LAST[4])])
        known = known and [known[axis] for axis in _TO_LAST[4]]

    def compute(x: Tensor) -> Tensor:
        out = call.shape(filter)[2]
        shape = (*known[:3], out) if known else (call.shape(x)[0], -1, -1, out)
        return call.emit(
            "TRANSPOSE_CONV", [call.cast(sizes, "INT32"), weights, x], x.type, shape, padding=call.attribute("padding"),
            stride_h=stride[0], stride_w=stride[1],
        )  # fmt: skip

    return channels_last(call, x, compute)


@translates("Conv3D", ranks=(5, 5))
def conv_3d(call: Call) -> Tensor:
    filter = call.input(1)
    depth, height, width, _, out = call.shape(filter)
    stride, dilation = along(call, call.attribute("strides")), along(call, call.attribute("dilations") or [1] * 5)

    def compute(x: Tensor) -> Tensor:
        padding = call.attribute("padding")
        shape = _picture(call, x, (depth, height, width), out, stride, dilation, padding)
        return call.emit("CONV_3D", [x, filter, zeros(call, out, x.type)], None, shape, **_volume(stride, dilation, padding))

    return channels_last(call, call.input(0), compute)


@translates("Conv3DBackpropInputV2", ranks=(1, 5, 5))
def conv_3d_transpose(call: Call) -> Tensor:
    sizes, filter, x = call.input(0), call.input(1), call.input(2)
    stride, dilation = along(call, call.attribute("strides")), along(call, call.attribute("dilations") or [1] * 5)
    known = call.translator.partial.values(sizes)
    shape = tuple(known) if known else (call.shape(x)[0], -1, -1, -1, call.shape(filter)[3])
    call.require(not channels_first(call), "its channels come first, which CONV_3D_TRANSPOSE does not know")
    bias = zeros(call, call.shape(filter)[3], x.type)
    options = _volume(stride, dilation, call.attribute("padding"))
    return call.emit("CONV_3D_TRANSPOSE", [call.cast(sizes, "INT32"), filter, x, bias], x.type, shape, **options)


def _volume(stride: Sequence[int], dilation: Sequence[int], padding: str) -> dict[str, Any]:
    return dict(
        padding=padding, stride_d=stride[0], stride_h=stride[1], stride_w=stride[2], dilation_d_factor=dilation[0],
        dilation_h_factor=dilation[1], dilation_w_factor=dilation[2], fused_activation_function="NONE",
    )  # fmt: skip


@translates("AvgPool", "MaxPool", "MaxPoolV2", ranks=(4,))
def pool(call: Call) -> Tensor:
    if call.op == "MaxPoolV2":
        ksize, strides = call.numbers(1, "window"), call.numbers(2, "stride")
    else:
        ksize, strides = call.attribute("ksize"), call.attribute("strides")
    first = channels_first(call)
    call.require(ksize[0] == 1 and ksize[1 if first else -1] == 1, f"its window {ksize} covers batch or channels, which no operator does")
    call.require(call.attribute("padding") != "EXPLICIT", "it has explicit paddings, which pooling operators do not")
    window, stride = along(call, ksize), along(call, strides)
    padding = call.attribute("padding")

    def compute(x: Tensor) -> Tensor:
        shape = _picture(call, x, window, call.shape(x)[-1], stride, (1, 1), padding)
        return call.emit(
            "AVERAGE_POOL_2D" if call.op == "AvgPool" else "MAX_POOL_2D", [x], None, shape, padding=padding, stride_h=stride[0],
            stride_w=stride[1], filter_height=window[0], filter_width=window[1], fused_activation_function="NONE",
        )  # fmt: skip

    return channels_last(call, call.input(0), compute)


@translates("BiasAdd", "BiasAddV1")
def bias_add(call: Call) -> Tensor:
    x, bias = call.input(0), call.input(1)
    if channels_first(call):
        bias = call.reshape(bias, (call.shape(bias)[0], *[1] * (call.rank(x) - 2)))
    return call.emit("ADD", [x, bias], None, call.partial_shape(x), fused_activation_function="NONE")


@translates("FusedBatchNorm", "FusedBatchNormV2", "BatchNormWithGlobalNormalization", ranks=(4,))
@translates("FusedBatchNormV3")
def batch_norm(call: Call) -> Sequence[Tensor]:
    """x * m + (offset - mean * m) with m = scale / sqrt(variance + epsilon); a convolution in front takes both later.

    In training the statistics are those of the batch: layer normalisation in Keras 2 is built on that.
    """
    if call.op == "BatchNormWithGlobalNormalization":
        x, mean, variance, offset, scale = call.inputs[:5]
        epsilon, training = call.attribute("variance_epsilon"), False
        factors = [scale] if call.attribute("scale_after_normalization") else []
    else:
        x, scale, offset, mean, variance = call.inputs[:5]
        factors = [scale]
        epsilon, training = call.attribute("epsilon", 1e-4), bool(call.attribute("is_training", True))
    first = channels_first(call)
    rank = call.rank(x)
    if training:
        mean, variance = _moments(call, x, [axis for axis in range(rank) if axis != (1 if first else rank - 1)])

    def fit(tensor: Tensor) -> Tensor:
        return call.reshape(tensor, (call.shape(tensor)[0], *[1] * (rank - 2))) if first and call.rank(tensor) == 1 else tensor

    factor = call.elementwise("RSQRT", call.elementwise("ADD", fit(variance), call.make(np.float32(epsilon))))
    for scale in factors:
        factor = factor if _all(call, scale, 1) else call.elementwise("MUL", factor, fit(scale))
    shift = call.elementwise("SUB", fit(offset), call.elementwise("MUL", fit(mean), factor))
    result = call.elementwise("ADD", call.elementwise("MUL", x, factor), shift)
    # The other outputs are for training, and nobody reads them.
    return (
        [result, *call.inputs[3:5], *call.inputs[3:5], call.inputs[3]] if not training else [result, mean, variance, mean, variance, mean]
    )


def _all(call: Call, tensor: Tensor, value: float) -> bool:
    known = call.known(tensor)
    return known is not None and bool(np.all(known == value))


def _moments(call: Call, x: Tensor, axes: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Mean and variance along axes, kept as dimensions of 1."""
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(call.shape(x)))
    mean = call.emit("MEAN", [x, call.shape_tensor(axes)], None, shape, keep_dims=True)
    spread = call.elementwise("SQUARED_DIFFERENCE", x, mean)
    return mean, call.emit("MEAN", [spread, call.shape_tensor(axes)], None, shape, keep_dims=True)
