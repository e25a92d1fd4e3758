"""The network: tiny_conv of TensorFlow's tutorial, one convolution and one dense layer, as a graph of TensorFlow 1."""

from __future__ import annotations

from typing import Any

from .features import COEFFICIENTS, FRAMES, RANGE

__all__ = ["network"]

FILTERS, SIZE = 8, (10, 8)


def network(tf: Any, words: int, dropout: float = 0.0) -> tuple[Any, Any]:
    """The placeholder of coefficients, float32 [n, 49, 40], and the scores [n, words]."""
    v1 = tf.compat.v1
    coefficients = v1.placeholder(tf.float32, [None, FRAMES, COEFFICIENTS], "coefficients")
    # The file's input holds these steps: so does training's.
    seen = tf.quantization.fake_quant_with_min_max_args(coefficients, *RANGE)
    picture = tf.reshape(seen, [-1, FRAMES, COEFFICIENTS, 1])
    y = v1.nn.conv2d(picture, _weights(v1, "first_weights", [*SIZE, 1, FILTERS]), [1, 2, 2, 1], "SAME")
    y = tf.nn.relu(y + _bias(v1, "first_bias", FILTERS))
    if dropout:
        y = tf.nn.dropout(y, dropout)
    values = -(-FRAMES // 2) * -(-COEFFICIENTS // 2) * FILTERS
    y = tf.matmul(tf.reshape(y, [-1, values]), _weights(v1, "final_weights", [values, words])) + _bias(v1, "final_bias", words)
    return coefficients, tf.nn.softmax(y, name="scores")


def _weights(v1: Any, name: str, shape: list[int]) -> Any:
    return v1.get_variable(name, shape, initializer=v1.truncated_normal_initializer(stddev=0.01, seed=1))


def _bias(v1: Any, name: str, size: int) -> Any:
    return v1.get_variable(name, [size], initializer=v1.zeros_initializer())
