"""Pictures: resizing, blocks between channels or batch and space, normalisation over channels."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ...model import Tensor
from ..call import Call
from ..shapes import PartialShape
from . import sizes
from .convolution import channels_first, channels_last, window_size
from .registry import translates


@translates("ResizeBilinear", "ResizeNearestNeighbor", ranks=(4,))
def resize(call: Call) -> Tensor:
    x, size = call.input(0), call.input(1)
    bilinear = call.op == "ResizeBilinear"
    if bilinear:
        x = call.cast(x, "FLOAT32")  # TensorFlow interpolates integers in floats too
    batch, _, _, channels = call.shape(x)
    height, width = call.translator.partial.values(size) or (-1, -1)
    options = {name: bool(call.attribute(name)) for name in ("align_corners", "half_pixel_centers")}
    code = "RESIZE_BILINEAR" if bilinear else "RESIZE_NEAREST_NEIGHBOR"
    return call.emit(code, [x, call.cast(size, "INT32")], None, (batch, height, width, channels), **options)


@translates("SpaceToDepth", "DepthToSpace", ranks=(4,))
def blocks_and_depth(call: Call) -> Tensor:
    block = int(call.attribute("block_size"))
    call.require(call.attribute("data_format", "NHWC") != "NCHW_VECT_C", "its channels lie in vectors of 4 (NCHW_VECT_C)")

    def compute(x: Tensor) -> Tensor:
        batch, height, width, channels = call.shape(x)
        if call.op == "SpaceToDepth":
            shape = batch, _divided(height, block), _divided(width, block), _times(channels, block * block)
            return call.emit("SPACE_TO_DEPTH", [x], None, shape, block_size=block)
        shape = batch, _times(height, block), _times(width, block), _divided(channels, block * block)
        return call.emit("DEPTH_TO_SPACE", [x], None, shape, block_size=block)

    return channels_last(call, call.input(0), compute)


def _times(size: int, factor: int) -> int:
    return -1 if min(size, factor) < 0 else size * factor


def _divided(size: int, factor: int) -> int:
    return -1 if min(size, factor) < 0 else size // factor


@translates("SpaceToBatchND", "BatchToSpaceND")
@translates("SpaceToBatch", "BatchToSpace", ranks=(4,))
def blocks_and_batch(call: Call) -> Tensor:
    """The operators know pictures of one and two dimensions; what follows these becomes one dimension of channels."""
    x = call.input(0)
    to_batch = call.op.startswith("SpaceToBatch")
    if call.op.endswith("ND"):
        block, amounts = call.input(1), call.input(2)
    else:
        block, amounts = call.make([int(call.attribute("block_size"))] * 2, np.int32), call.input(1)
    (count,) = call.shape(block)
    call.require(count in (1, 2), f"it has blocks along {count} dimensions, and the operator knows one or two")
    before = sizes.of(call, x)
    if count == 1 and len(before) == 4 and block.is_constant and amounts.is_constant:
        # A picture needs no other shape: there are blocks of 1 along its second dimension.
        block = call.shape_tensor([*call.constant(1, "block"), 1])
        amounts = call.make(np.concatenate([call.constant(2, "margins"), [[0, 0]]]).astype(np.int32))
        count = 2
    front, rest = before[: count + 1], before[count + 1 :]
    x = sizes.reshape(call, x, [*front, sizes.product(rest)])
    blocks = call.translator.partial.values(block) or [-1] * count
    margins = call.translator.partial.values(amounts) or [-1] * (2 * count)
    after = _after_blocks(call.shape(x), blocks, margins, to_batch)
    code = "SPACE_TO_BATCH_ND" if to_batch else "BATCH_TO_SPACE_ND"
    made = call.emit(code, [x, call.cast(block, "INT32"), call.cast(amounts, "INT32")], None, after)
    return made if len(rest) == 1 else sizes.reshape(call, made, [*sizes.of(call, made)[: count + 1], *rest])


def _after_blocks(before: Sequence[int], blocks: Sequence[int], margins: Sequence[int], to_batch: bool) -> PartialShape:
    batch, *lengths, channels = before
    after = []
    for axis, (size, block) in enumerate(zip(lengths, blocks, strict=True)):
        low, high = margins[2 * axis : 2 * axis + 2]
        known = min(size, block, low, high) >= 0
        after.append(-1 if not known else (size + low + high) // block if to_batch else size * block - low - high)
    area = -1 if min(blocks) < 0 else math.prod(blocks)
    return (_times(batch, area) if to_batch else _divided(batch, area), *after, channels)


@translates("LRN", ranks=(4,))
def local_response_normalization(call: Call) -> Tensor:
    x = call.input(0)
    options = {name: float(call.attribute(name, default)) for name, default in (("bias", 1), ("alpha", 1), ("beta", 0.5))}
    radius = int(call.attribute("depth_radius", 5))
    return call.emit("LOCAL_RESPONSE_NORMALIZATION", [x], None, call.partial_shape(x), radius=radius, **options)


@translates("AvgPool3D", "MaxPool3D", ranks=(5,))
def pool_3d(call: Call) -> Tensor:
    """Pooling over height and width, then over depth: the mean of means is the mean, as each counts only what is there."""
    ksize, strides = list(call.attribute("ksize")), list(call.attribute("strides"))
    window, stride = (values[2:] if channels_first(call) else values[1:-1] for values in (ksize, strides))
    whole = (ksize[0], ksize[1 if channels_first(call) else -1])
    call.require(whole == (1, 1), f"its window {ksize} covers batch or channels, which no operator does")

    def pooled(x: Tensor, window: Sequence[int], stride: Sequence[int]) -> Tensor:
        if tuple(window) == tuple(stride) == (1, 1):
            return x
        padding = call.attribute("padding")
        batch, height, width, channels = call.shape(x)
        spread = zip((height, width), window, stride, strict=True)
        after = (batch, *(window_size(padding, size, reach, step) for size, reach, step in spread), channels)
        return call.emit(
            "AVERAGE_POOL_2D" if call.op == "AvgPool3D" else "MAX_POOL_2D", [x], None, after, padding=padding, stride_h=stride[0],
            stride_w=stride[1], filter_height=window[0], filter_width=window[1], fused_activation_function="NONE",
        )  # fmt: skip

    def compute(x: Tensor) -> Tensor:
        batch, depth, height, width, channels = sizes.of(call, x)
        flat = sizes.reshape(call, x, [sizes.product([batch, depth]), height, width, channels])
        flat = pooled(flat, window[1:], stride[1:])
        _, height, width, _ = sizes.of(call, flat)
        tall = sizes.reshape(call, flat, [batch, depth, sizes.product([height, width]), channels])
        tall = pooled(tall, (window[0], 1), (stride[0], 1))
        return sizes.reshape(call, tall, [batch, sizes.of(call, tall)[1], height, width, channels])

    return channels_last(call, call.input(0), compute)
