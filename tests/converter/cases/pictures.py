"""Convolutions, pooling, normalisation, resizing, blocks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import Draw, Op, drawn, each, shapes, some

PADDINGS = st.sampled_from(["SAME", "VALID"])


@drawn("Conv2D")
def _conv_2d(draw: Draw, op: Op) -> Case:
    """Strides or dilations, groups, explicit paddings, computed filters."""
    groups, depth, out = draw(st.sampled_from([1, 1, 2])), draw(st.integers(1, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    stride, dilation = draw(st.sampled_from([((1, 1), (1, 1)), ((2, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 3))]))
    padding = draw(st.sampled_from(["SAME", "VALID", "EXPLICIT"]))
    options = dict(strides=[1, *stride, 1], dilations=[1, *dilation, 1], padding=padding)
    if padding == "EXPLICIT":
        options["explicit_paddings"] = [0, 0, 1, 0, 2, 1, 0, 0]
    x, filter = some((2, 7, 9, groups * depth)), some((height, width, depth, groups * out))
    if draw(st.booleans()):
        return Case(lambda x: op(input=x, filter=filter, **options), [x])
    return Case(lambda x, f: op(input=x, filter=f, **options), [x, filter], [(0, 1, 2) if padding != "EXPLICIT" else (0,), False])


@drawn("DepthwiseConv2dNative")
def _depthwise(draw: Draw, op: Op) -> Case:
    depth, many = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    stride, dilation = draw(st.sampled_from([((1, 1), (1, 1)), ((2, 2), (1, 1)), ((1, 1), (2, 3))]))
    filter = some((draw(st.integers(1, 3)), draw(st.integers(1, 3)), depth, many))
    options = dict(strides=[1, *stride, 1], dilations=[1, *dilation, 1], padding=draw(PADDINGS))
    return Case(lambda x: op(input=x, filter=filter, **options), [some((2, 7, 9, depth))])


@drawn("Conv2DBackpropInput")
def _transposed(draw: Draw, op: Op) -> Case:
    depth, out, stride = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.sampled_from([1, 2, 3]))
    filter = some((draw(st.integers(1, 3)), draw(st.integers(1, 3)), out, depth))
    padding = draw(PADDINGS)
    sizes = [4 * stride if padding == "SAME" else 3 * stride + reach for reach in filter.shape[:2]]
    options = dict(strides=[1, stride, stride, 1], padding=padding)
    x = some((2, 4, 4, depth))
    if draw(st.booleans()):
        return Case(lambda x: op(input_sizes=[2, *sizes, out], filter=filter, out_backprop=x, **options), [x], False)
    return Case(lambda x: op(input_sizes=tf.stack([tf.shape(x)[0], *sizes, out]), filter=filter, out_backprop=x, **options), [x])


@drawn("Conv3D")
def _conv_3d(draw: Draw, op: Op) -> Case:
    filter, stride = some((2, 2, 3, 2, 3)), draw(st.sampled_from([(1, 1, 1), (2, 1, 2)]))
    padding = draw(PADDINGS)
    return Case(lambda x: op(input=x, filter=filter, strides=[1, *stride, 1], padding=padding), [some((2, 4, 5, 6, 2))])


@drawn("Conv3DBackpropInputV2")
def _transposed_3d(draw: Draw, op: Op) -> Case:
    filter, padding = some((2, 2, 2, 3, 2)), draw(PADDINGS)
    size, options = 6, dict(strides=[1, 2, 2, 2, 1], padding=padding)
    x = some((2, 3, 3, 3, 2))
    if draw(st.booleans()):
        return Case(lambda x: op(input_sizes=[2, size, size, size, 3], filter=filter, out_backprop=x, **options), [x], False)
    return Case(
        lambda x: op(input_sizes=tf.stack([tf.shape(x)[0], size, size, size, 3]), filter=filter, out_backprop=x, **options), [x]
    )  # fmt: skip


@drawn("AvgPool", "MaxPool", "MaxPoolV2")
def _pool(draw: Draw, op: Op) -> Case:
    window, stride = [draw(st.integers(1, 3)) for _ in range(2)], [draw(st.integers(1, 2)) for _ in range(2)]
    options = dict(ksize=[1, *window, 1], strides=[1, *stride, 1], padding=draw(PADDINGS))
    name = "value" if op is tf.raw_ops.AvgPool else "input"
    return Case(lambda x: op(**{name: x}, **options), [some((2, 5, 6, 3))], [(0, 1, 2)])


@drawn("AvgPool3D", "MaxPool3D")
def _pool_3d(draw: Draw, op: Op) -> Case:
    window, stride = [draw(st.integers(1, 3)) for _ in range(3)], [draw(st.integers(1, 2)) for _ in range(3)]
    options = dict(ksize=[1, *window, 1], strides=[1, *stride, 1], padding=draw(PADDINGS))
    return Case(lambda x: op(input=x, **options), [some((2, 4, 5, 6, 3))], [draw(st.sampled_from([(0,), (0, 1, 2, 3)]))])


@each("BiasAdd")
def _bias_add(op: Op) -> Sequence[Case]:
    bias = some((3,))
    return [
        Case(lambda x, form=form: op(value=x, bias=bias, data_format=form), [some(shape)])
        for form, shape in [("NHWC", (2, 4, 5, 3)), ("NHWC", (2, 3)), ("NCHW", (2, 3, 4, 5))]
    ]


@each("BiasAddV1")
def _bias_add_v1(op: Op) -> Sequence[Case]:
    return [Case(lambda x, b: op(value=x, bias=b), [some((2, 4, 5, 3)), some((3,))], [True, False])]


@each("FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3")
def _batch_norm(op: Op) -> Sequence[Case]:
    scale, offset, mean = (some((3,)) for _ in range(3))
    statistics = dict(scale=scale, offset=offset, mean=mean, variance=some((3,), low=0.5))
    ones = {**statistics, "scale": np.ones(3, np.float32)}
    training = dict(scale=scale, offset=offset, mean=np.zeros(0, np.float32), variance=np.zeros(0, np.float32), is_training=True)
    x = [some((2, 4, 5, 3))]
    return [
        Case(lambda x: op(x=x, epsilon=0.01, is_training=False, **statistics)[0], x, codes="MUL ADD"),
        Case(lambda x: op(x=x, is_training=False, **ones)[0], x, codes="MUL ADD"),
        Case(lambda x: op(x=x, epsilon=0.01, **training)[0], x),
    ]


@each("Softmax", "LogSoftmax")
def _softmax(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(logits=x), [some(shape)]) for shape in [(3, 5), (2, 3, 4)]]


@drawn("ResizeBilinear", "ResizeNearestNeighbor")
def _resize(draw: Draw, op: Op) -> Case:
    x = some((2, draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 3))))
    size = np.array([draw(st.integers(1, 9)), draw(st.integers(1, 9))], "int32")
    corners, centers = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    options = dict(align_corners=corners, half_pixel_centers=centers)
    if draw(st.booleans()):
        return Case(lambda x: op(images=x, size=size, **options), [x], [(0, 1, 2)])
    return Case(lambda x, size: op(images=x, size=size, **options), [x, size], [True, False])


@each("ResizeBilinear")
def _resize_integers(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(images=x, size=[4, 6]), [some((1, 2, 3, 1), "uint8", 0, 255)])]


@drawn("SpaceToDepth")
def _space_to_depth(draw: Draw, op: Op) -> Case:
    block, depth = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    shape = (2, draw(st.integers(1, 3)) * block, draw(st.integers(1, 3)) * block, depth)
    return Case(lambda x: op(input=x, block_size=block), [some(shape, draw(st.sampled_from(["float32", "int32", "int64"])))])


@drawn("DepthToSpace")
def _depth_to_space(draw: Draw, op: Op) -> Case:
    block = draw(st.integers(2, 3))
    shape = (2, draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 3)) * block**2)
    return Case(lambda x: op(input=x, block_size=block), [some(shape, draw(st.sampled_from(["float32", "int32", "int64"])))])


def _blocks(draw: Draw) -> tuple[list[int], list[list[int]], tuple[int, ...]]:
    """Block sizes along one or two dimensions, margins, and the dimensions after them."""
    block = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(1, 2)))]
    return block, [[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in block], draw(shapes(0, 2, 3))


@drawn("SpaceToBatchND")
def _space_to_batch(draw: Draw, op: Op) -> Case:
    block, margins, rest = _blocks(draw)
    x = some((2, *(draw(st.integers(1, 5)) for _ in block), *rest))
    margins = [[low, high - (size + low + high) % -each] for size, (low, high), each in zip(x.shape[1:], margins, block, strict=False)]
    return Case(lambda x: op(input=x, block_shape=block, paddings=margins), [x])


@drawn("BatchToSpaceND")
def _batch_to_space(draw: Draw, op: Op) -> Case:
    block, margins, rest = _blocks(draw)
    x = some((2 * int(np.prod(block)), *(draw(st.integers(2, 4)) for _ in block), *rest))
    crops = [[min(low, each), 0] for (low, _), each in zip(margins, block, strict=True)]
    return Case(lambda x: op(input=x, block_shape=block, crops=crops), [x])


@each("SpaceToBatch")
def _old_space_to_batch(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(input=x, block_size=2, paddings=[[0, 1], [1, 0]]), [some((2, 3, 5, 2))])]


@each("BatchToSpace")
def _old_batch_to_space(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(input=x, block_size=2, crops=[[0, 1], [1, 0]]), [some((4, 3, 5, 2))])]


@each("LRN")
def _lrn(op: Op) -> Sequence[Case]:
    return [
        Case(lambda x: op(input=x, depth_radius=2, bias=1.5, alpha=0.7, beta=0.6), [some((2, 3, 3, 8))]),
        Case(lambda x: op(input=x), [some((2, 3, 3, 8))]),
    ]
