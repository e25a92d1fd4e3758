"""The network: the one of fast style transfer, made small, as a graph of TensorFlow 1.

A convolution halves the picture, residual blocks work on it there, and a convolution after a resize brings it back. Batch
norms, which melt into their convolutions, replace instance norms, which have no quantized kernel: their statistics
are those of each picture, and would have to be computed with integers while the model runs.
"""

from __future__ import annotations

from typing import Any

from tinylite.freezing.tf import tensorflow

__all__ = ["network"]

BLOCKS = 2
CHANNELS = 32  # of the halved picture; the whole one has half as many


def network(photographs: Any, training: bool) -> Any:
    """Photographs [n, height, width, 3] of -1..1 to pictures of the same shape. Height and width are even."""
    tf = tensorflow()
    relu = tf.nn.relu
    x = layer(photographs, "halved", CHANNELS, training, relu, size=5, stride=2)
    for number in range(BLOCKS):
        with tf.compat.v1.variable_scope(f"block_{number}"):
            y = layer(x, "first", CHANNELS, training, relu)
            x = x + layer(y, "second", CHANNELS, training)
    x = layer(doubled(x), "whole_again", CHANNELS // 2, training, relu)
    with tf.compat.v1.variable_scope("last"):
        x = tf.nn.bias_add(convolution(x, 3, 5, 1), variable("bias", [3], tf.zeros_initializer()))
    # The range of pictures is known and need not be learned. Written so, the 256 values that 8 bits have are the levels of brightness.
    return tf.quantization.fake_quant_with_min_max_args(x, -128 / 127.5, 127 / 127.5, name="picture")


def layer(x: Any, name: str, channels: int, training: bool, activation: Any = None, *, size: int = 3, stride: int = 1) -> Any:
    """A convolution, its batch norm and perhaps an activation."""
    with tensorflow().compat.v1.variable_scope(name):
        x = batch_norm(convolution(x, channels, size, stride), training)
        return x if activation is None else activation(x)


def convolution(x: Any, channels: int, size: int, stride: int) -> Any:
    tf = tensorflow()
    weights = variable("weights", [size, size, x.shape[-1], channels], tf.compat.v1.variance_scaling_initializer(2.0))
    return tf.nn.conv2d(x, weights, stride, "SAME")


def doubled(x: Any) -> Any:
    """Twice as high and wide. With a convolution after it: unlike a transposed convolution, it leaves no chessboard."""
    tf = tensorflow()
    return tf.image.resize(x, 2 * tf.shape(x)[1:3], "nearest")


def batch_norm(x: Any, training: bool) -> Any:
    """In training, by the statistics of the batch, whose averages are kept by the ops in the collection UPDATE_OPS."""
    tf = tensorflow()
    from tensorflow.python.training.moving_averages import assign_moving_average

    v1 = tf.compat.v1
    with v1.variable_scope("BatchNorm"):
        shape = [x.shape[-1]]
        zeros, ones = v1.zeros_initializer(), v1.ones_initializer()
        gamma, beta = variable("gamma", shape, ones), variable("beta", shape, zeros)
        averages = [variable("moving_mean", shape, zeros, False), variable("moving_variance", shape, ones, False)]
        if not training:
            return v1.nn.fused_batch_norm(x, gamma, beta, *averages, epsilon=1e-3, is_training=False)[0]
        x, *statistics = v1.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-3, is_training=True)
        for average, new in zip(averages, statistics, strict=False):
            v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, assign_moving_average(average, new, 0.95, zero_debias=False))
        return x


def variable(name: str, shape: list[int], initializer: Any, trainable: bool = True) -> Any:
    return tensorflow().compat.v1.get_variable(name, shape, initializer=initializer, trainable=trainable)
