"""Graphs that compute in 16-bit floats become files in FLOAT32, with a note."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("tensorflow")

import tensorflow as tf

import tinylite

from .running import gives


@pytest.mark.parametrize("type", ["float16", "bfloat16"])
def test_a_graph_in_16_bits_becomes_one_in_32(type: str, caplog: pytest.LogCaptureFixture) -> None:
    """Weights, a function of the library, a conditional and casts among it."""
    half = getattr(tf, type)

    @tf.function(input_signature=[tf.TensorSpec([2, 3], half), tf.TensorSpec([], tf.bool)])
    def network(x: Any, flag: Any) -> Any:
        x = tf.matmul(x, tf.constant([[1, 2], [3, 4], [0.5, 0]], half)) + tf.cast(tf.range(2.0), half)
        return tf.cond(flag, lambda: tf.nn.relu(x) * 2, lambda: x - 1)

    graph = network.get_concrete_function().graph.as_graph_def()
    names = [node.name for node in graph.node if node.op == "Placeholder"]
    model = tinylite.convert(graph, names)
    assert {str(tensor.type) for part in model.graphs for tensor in part.all_tensors()} <= {"FLOAT32", "BOOL", "INT32"}
    assert f"computes in {type.upper()}, and the file in FLOAT32" in caplog.text
    x = np.array([[1, -2, 0.5], [3, 0.25, -1]], np.float32)
    for flag in (True, False):
        wanted = network(tf.constant(x, half), flag)
        gives(model, [x, np.array(flag)], [tf.cast(wanted, tf.float32).numpy()], 1e-2)


def test_other_graphs_stay_as_they_are(caplog: pytest.LogCaptureFixture) -> None:
    with tf.Graph().as_default() as graph:
        tf.identity(tf.compat.v1.placeholder(tf.float64, [2], "x"), name="y")
    assert tinylite.convert(graph.as_graph_def()).graph.inputs[0].type == "FLOAT64"
    assert not caplog.records
