"""Placeholders of which the graph says no shape: the ops that read them determine their rank, or the file leaves it open."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

import tinylite
from tinylite.errors import ConvertError

raw = tf.raw_ops
ONES = np.ones((2, 3), np.float32)
# By op: what is made of x, the shape of x, and the shape that the file says of it.
FORMS: dict[str, tuple[Callable[[Any], Any], tuple[int, ...], tuple[int, ...] | None]] = {
    "Pad": (lambda x: tf.pad(x, [[1, 0], [0, 2]]), (2, 3), (-1, -1)),
    "Transpose": (lambda x: tf.transpose(x, [1, 0]), (2, 3), (-1, -1)),
    "Slice": (lambda x: raw.Slice(input=x, begin=[0, 1], size=[1, 2]), (2, 3), (-1, -1)),
    "MatMul": (lambda x: raw.MatMul(a=x, b=tf.ones((3, 4))), (2, 3), (-1, 3)),
    "MatMul transposed": (lambda x: raw.MatMul(a=tf.ones((4, 2)), b=x, transpose_a=True, transpose_b=True), (3, 4), (-1, 4)),
    "MatMul a transposed": (lambda x: raw.MatMul(a=x, b=tf.ones((4, 2)), transpose_a=True), (4, 3), (4, -1)),
    "Conv2D": (
        lambda x: raw.Conv2D(input=x, filter=tf.ones((2, 2, 3, 4)), strides=[1] * 4, padding="SAME"), (1, 5, 5, 3), (-1, -1, -1, 3)),
    "MaxPool": (lambda x: raw.MaxPool(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="VALID"), (1, 4, 4, 2), (-1,) * 4),
    "ConcatV2": (lambda x: tf.concat([x, ONES], 0), (2, 3), (-1, -1)),
    "Mean": (lambda x: tf.reduce_mean(x, [1]), (2, 3), None),
    "ArgMax": (lambda x: tf.argmax(x, 1), (2, 3), None),
    "Shape": (tf.shape, (2, 3), None),
    "Size": (tf.size, (2, 3), None),
    "Rank": (lambda x: raw.Rank(input=x), (2, 3), None),
    "Squeeze": (lambda x: raw.Squeeze(input=x, axis=[0]), (1, 3), None),
    "ExpandDims": (lambda x: tf.expand_dims(x, 1), (2, 3), None),
    "Gather": (lambda x: tf.gather(x, [1, 0]), (2, 3), None),
    "Softmax": (tf.nn.softmax, (2, 3), None),
    "Reshape": (lambda x: tf.reshape(x, [-1, 2]), (2, 3), None),
    "StridedSlice": (lambda x: x[:, 1], (2, 3), None),
    "BiasAdd": (lambda x: raw.BiasAdd(value=x, bias=[1.0, 2, 3]), (2, 3), None),
    "TopKV2": (lambda x: tf.nn.top_k(x, 2)[0], (2, 3), None),
    "Split": (lambda x: tf.split(x, 3, 1)[0], (2, 3), None),
    "Pack": (lambda x: tf.stack([x, x]), (2, 3), None),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMS))
def test_a_placeholder_of_unknown_rank_is_converted(name: str) -> None:
    build, shape, told = FORMS[name]
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, None, "x")
        tf.identity(build(x), name="y")
        values = np.random.default_rng(0).normal(size=shape).astype(np.float32)
        with tf.compat.v1.Session() as session:
            wanted = session.run("y:0", {"x:0": values})
    model = tinylite.convert(graph.as_graph_def())
    assert (model.graph.inputs[0].dynamic_shape if model.graph.inputs[0].has_rank else None) == told
    interpreter = tinylite.Interpreter(model_content=model.to_bytes())
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(index, values)
    interpreter.invoke()
    np.testing.assert_allclose(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]), wanted, 1e-6, 1e-6)


def test_another_rank_than_an_op_takes_is_an_error_of_the_shape() -> None:
    with tf.Graph().as_default() as graph:
        x = tf.compat.v1.placeholder(tf.float32, None, "x")
        tf.nn.conv2d(tf.expand_dims(tf.expand_dims(x, 0), 2), tf.ones((3, 1, 4, 2)), 1, "VALID", name="y")
    with pytest.raises(ConvertError, match=r"has 5 dimensions, \[1, 1, 1, 10, 4\], and it takes 4. Check the shapes of the inputs"):
        tinylite.convert(graph.as_graph_def(), input_shapes={"x": [1, 10, 4]})
