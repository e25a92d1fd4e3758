"""Small networks as people wrote them for tf.contrib.quantize, in graph mode, for tests that have TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf: Any = pytest.importorskip("tensorflow")
v1 = tf.compat.v1

Network = Callable[[bool], tuple[Any, Any]]


def variable(name: str, shape: list[int], initializer: Any = None) -> Any:
    return v1.get_variable(name, shape, initializer=initializer or v1.truncated_normal_initializer(stddev=0.2, seed=1))


def batch_norm(
    x: Any, training: bool, *, fused: bool = True, rate: float = 0.1, data_format: str = "NHWC", center: bool = True, scale: bool = True,
    dtype: Any = None,
) -> Any:  # fmt: skip
    """With its moving averages, and their updates in the collection UPDATE_OPS."""
    from tensorflow.python.training.moving_averages import assign_moving_average

    last = data_format == "NHWC"
    channels = [x.shape[-1 if last else 1]]
    shape = channels if last or fused else [1, *channels, 1, 1]
    ones, zeros = v1.ones_initializer(), v1.zeros_initializer()

    def made(name: str, initializer: Any, trainable: bool = True) -> Any:
        return v1.get_variable(name, shape, dtype, initializer, trainable=trainable)

    with v1.variable_scope("BatchNorm"):
        gamma = made("gamma", ones) if scale else None
        beta = made("beta", zeros) if center else None
        averages = [made("moving_mean", zeros, False), made("moving_variance", ones, False)]
        if not fused:
            axes = list(range(x.shape.rank - 1)) if last else [0, 2, 3]
            statistics = v1.nn.moments(x, axes, keepdims=not last) if training else averages
            y = tf.nn.batch_normalization(x, *statistics, beta, gamma, 1e-3)
        elif training:
            y, *statistics = v1.nn.fused_batch_norm(x, gamma, beta, epsilon=1e-3, data_format=data_format, is_training=True)
        else:
            y = v1.nn.fused_batch_norm(x, gamma, beta, *averages, epsilon=1e-3, data_format=data_format, is_training=False)[0]
        for average, new in zip(averages, statistics, strict=False) if training else ():
            update = assign_moving_average(average, new, 1 - rate, zero_debias=False)
            v1.add_to_collection(v1.GraphKeys.UPDATE_OPS, update)
    return y


def layer(
    x: Any, name: str, out: int, training: bool, *, size: int = 3, stride: int = 1, activation: Any = tf.nn.relu6, depthwise: bool = False,
    bias: bool = False, norm: str = "fused", dilation: int = 1,
) -> Any:  # fmt: skip
    """A convolution with what is usually after it; `norm` is "fused", "spelled out" or ""."""
    with v1.variable_scope(name):
        shape = [size, size, int(x.shape[-1])]
        if depthwise:
            y = v1.nn.depthwise_conv2d_native(
                x, variable("depthwise_weights", [*shape, 1]), [1, stride, stride, 1], "SAME", name="depthwise"
            )
        else:
            dilations = [1, dilation, dilation, 1]
            y = v1.nn.conv2d(x, variable("weights", [*shape, out]), [1, stride, stride, 1], "SAME", dilations=dilations)
        if bias:
            y = v1.nn.bias_add(y, variable("biases", [int(y.shape[-1])]))
        if norm:
            y = batch_norm(y, training, fused=norm == "fused")
        return activation(y) if activation is not None else y


def placeholder(channels: int = 3) -> Any:
    return v1.placeholder(tf.float32, [4, 16, 16, channels], name="input")


def one_layer(**given: Any) -> Network:
    """A network of nothing else; `given` is what `layer` takes."""

    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        return x, tf.identity(layer(x, "a", 8, training, **given), name="y")

    return network


def mobilenet_v1(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    y = layer(x, "Conv2d_0", 8, training, stride=2)
    for index in (1, 2):
        y = layer(y, f"Conv2d_{index}_depthwise", 0, training, depthwise=True)
        y = layer(y, f"Conv2d_{index}_pointwise", 12, training, size=1)
    y = v1.nn.avg_pool(y, [1, 8, 8, 1], [1, 1, 1, 1], "VALID")
    y = layer(y, "Conv2d_1c_1x1", 5, training, size=1, activation=None, bias=True, norm="")
    return x, tf.nn.softmax(tf.squeeze(y, [1, 2]), name="softmax")


def mobilenet_v2(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    with v1.variable_scope("Mobilenet"):
        y = layer(x, "Conv", 8, training, stride=2)
        for index in range(2):
            with v1.variable_scope(f"expanded_conv_{index}"):
                z = layer(y, "expand", 16, training, size=1)
                z = layer(z, "depthwise", 0, training, depthwise=True)
                z = layer(z, "project", 8, training, size=1, activation=None)
                y = tf.identity(tf.add(z, y, name="add"), name="output")
        y = layer(y, "Conv_1", 12, training, size=1)
        y = v1.nn.avg_pool(y, [1, 8, 8, 1], [1, 1, 1, 1], "VALID")
        y = layer(y, "Logits", 5, training, size=1, activation=None, bias=True, norm="")
    return x, tf.nn.softmax(tf.squeeze(y, [1, 2]), name="softmax")


def resnet(training: bool) -> tuple[Any, Any]:
    x = placeholder()
    y = layer(x, "Conv", 8, training, activation=tf.nn.relu)
    for index in range(2):
        with v1.variable_scope(f"block{index}"):
            z = layer(y, "a", 8, training, activation=tf.nn.relu)
            z = layer(z, "b", 8, training, activation=None)
            y = tf.nn.relu(z + y, name="Relu")
    with v1.variable_scope("fc"):
        y = tf.reshape(y, [4, -1])
        y = v1.nn.bias_add(tf.matmul(y, variable("weights", [16 * 16 * 8, 5])), variable("biases", [5]))
    return x, tf.nn.softmax(y, name="softmax")


def plain(training: bool) -> tuple[Any, Any]:
    """Without scopes, as in the speech commands tutorial."""
    x = placeholder(1)
    y = tf.nn.relu(v1.nn.conv2d(x, variable("first_weights", [3, 3, 1, 8]), [1, 2, 2, 1], "SAME") + variable("first_bias", [8]))
    y = tf.reshape(tf.nn.max_pool2d(y, 2, 2, "SAME"), [4, -1])
    y = tf.matmul(y, variable("final_weights", [128, 5])) + variable("final_bias", [5])
    return x, tf.nn.softmax(y, name="softmax")


def preactivated(training: bool) -> tuple[Any, Any]:
    """A residual network whose sums go on past their activations, as in ResNet v2."""
    x = placeholder()
    y = layer(x, "Conv", 8, training, activation=None, bias=True, norm="")
    for index in range(2):
        with v1.variable_scope(f"block{index}"):
            z = layer(tf.nn.relu(y, name="Relu"), "a", 8, training)
            y = tf.add(layer(z, "b", 8, training, activation=None, bias=True, norm=""), y, name="add")
    return x, tf.reduce_mean(tf.nn.relu(y, name="Relu"), [1, 2], name="pool")


def branches(training: bool) -> tuple[Any, Any]:
    """Sums of two layers' activations, without scopes: the order in which layers are found determines the names."""
    x = placeholder()

    def convolved(x: Any, index: int, activation: Any = tf.nn.relu) -> Any:
        y = v1.nn.conv2d(x, variable(f"weights{index}", [3, 3, int(x.shape[-1]), 8]), [1, 1, 1, 1], "SAME")
        return activation(v1.nn.bias_add(y, variable(f"biases{index}", [8])))

    y = convolved(x, 0)
    y = convolved(y, 1) + convolved(y, 2)
    return x, tf.reduce_mean(convolved(y, 3) + y, [1, 2], name="pool")


def sequences(training: bool) -> tuple[Any, Any]:
    """Convolutions of one dimension: rows of a picture, one after the other."""
    x = placeholder()
    y = tf.reshape(x, [4, 16, 48])
    for name, dilation in (("first", 1), ("second", 2)):
        with v1.variable_scope(name):
            y = tf.nn.conv1d(y, variable("weights", [3, int(y.shape[-1]), 12]), 1, "SAME", dilations=dilation)
            y = tf.nn.relu(batch_norm(y, training, fused=False))
    with v1.variable_scope("fc"):
        y = tf.reshape(y, [4, -1])
        y = v1.nn.bias_add(tf.matmul(y, variable("weights", [16 * 12, 5])), variable("biases", [5]))
    return x, tf.nn.softmax(y, name="softmax")


NETWORKS: dict[str, Network] = {
    "mobilenet_v1": mobilenet_v1, "mobilenet_v2": mobilenet_v2, "resnet": resnet, "plain": plain, "sequences": sequences,
}  # fmt: skip
# More ways in which layers hang together.
JOINED: dict[str, Network] = {"preactivated": preactivated, "branches": branches}


def build(network: Network, training: bool, rewrite: Callable[[Any], None] | None = None) -> tuple[Any, Any, Any]:
    """A graph, its input and its output."""
    graph = tf.Graph()
    with graph.as_default():
        v1.set_random_seed(1)
        x, y = network(training)
        if rewrite is not None:
            rewrite(graph)
    return graph, x, y


def feed(x: Any, seed: int = 0) -> dict[Any, np.ndarray]:
    return {x: np.random.default_rng(seed).normal(0, 1, x.shape.as_list()).astype(np.float32)}


def value(session: Any, name: str) -> Any:
    return session.run(next(variable for variable in v1.global_variables() if variable.op.name == name))
