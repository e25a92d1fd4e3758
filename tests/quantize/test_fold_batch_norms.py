"""Batch norms folded into the layers before them: where one is folded, results stay as they were; where none can be, all stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinylite import QuantizeError
from tinylite.quantize.training.fold_batch_norms import fold_batch_norms

from .tf_networks import Network, batch_norm, build, feed, layer, one_layer, placeholder, tf, v1, value, variable

Draw = Callable[[Any, bool], Any]


def network_of(draw: Draw) -> Network:
    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        return x, tf.identity(draw(x, training), name="y")

    return network


def conv(x: Any) -> Any:
    return v1.nn.conv2d(x, variable("weights", [3, 3, int(x.shape[-1]), 8]), 1, "SAME")


def conv_1d(x: Any, dilation: int = 1) -> Any:
    return tf.nn.conv1d(tf.reshape(x, [4, 16, 48]), variable("weights", [3, 48, 8]), 1, "SAME", dilations=dilation)


def dense(x: Any, transposed: bool = False) -> Any:
    x = tf.reshape(x, [4, -1])
    shape = [int(x.shape[-1]), 16]
    return tf.matmul(x, variable("weights", shape[::-1] if transposed else shape), transpose_b=transposed)


def bias() -> Any:
    return variable("bias", [8])


def one_pixel(rows: Any, training: bool) -> Any:
    """Through a fused batch norm, which takes pictures only."""
    return batch_norm(tf.reshape(rows, [-1, 1, 1, 16]), training)


def nchw(x: Any, training: bool, biased: bool = False, fused: bool = True) -> Any:
    y = v1.nn.conv2d(tf.transpose(x, [0, 3, 1, 2]), variable("weights", [3, 3, 3, 8]), 1, "SAME", data_format="NCHW")
    y = tf.nn.bias_add(y, bias(), data_format="NCHW") if biased else y
    return batch_norm(y, training, data_format="NCHW", fused=fused)


def halves(x: Any, training: bool) -> Any:
    y = v1.nn.conv2d(tf.cast(x, tf.float16), tf.cast(variable("weights", [3, 3, 3, 8]), tf.float16), 1, "SAME")
    return tf.cast(batch_norm(y, training), tf.float32)


def spelled_out(x: Any, statistics: Any) -> Any:
    return tf.nn.batch_normalization(x, *statistics, bias(), variable("gamma", [8]), 1e-3)


FOLDED: dict[str, Network] = {
    "fused": one_layer(),
    "depthwise": one_layer(depthwise=True),
    "biased": one_layer(bias=True),
    "spelled out": one_layer(norm="spelled out"),
    "all of that": one_layer(norm="spelled out", bias=True, depthwise=True),
    "dilated": one_layer(dilation=2),
    "bias in front": network_of(lambda x, training: batch_norm(bias() + conv(x), training)),
    "spelled out without beta": network_of(lambda x, training: batch_norm(conv(x), training, fused=False, center=False)),
    "spelled out without gamma": network_of(lambda x, training: batch_norm(conv(x), training, fused=False, scale=False)),
    "spelled out without both": network_of(
        lambda x, training: batch_norm(conv(x) + bias(), training, fused=False, center=False, scale=False)
    ),
    "dense": network_of(lambda x, training: batch_norm(dense(x), training, fused=False)),
    "dense, transposed": network_of(lambda x, training: batch_norm(dense(x, transposed=True), training, fused=False)),
    "dense, fused": network_of(lambda x, training: tf.reshape(one_pixel(dense(x), training), [-1, 16])),
    "one dimension": network_of(lambda x, training: batch_norm(conv_1d(x), training, fused=False)),
    "one dimension, dilated": network_of(lambda x, training: batch_norm(conv_1d(x, 2) + bias(), training, fused=False)),
    "one dimension, biased before": network_of(
        lambda x, training: batch_norm(tf.squeeze(conv(x[:, :1]) + bias(), 1), training, fused=False)
    ),
    "NCHW": network_of(nchw),
    "NCHW, biased": network_of(lambda x, training: nchw(x, training, biased=True)),
    "NCHW, spelled out": network_of(lambda x, training: nchw(x, training, fused=False)),
    "halves": network_of(halves),
    "read before as well": network_of(lambda x, training: batch_norm(y := conv(x), training) + tf.nn.relu(y)),
}  # fmt: skip

# What looks like a batch norm, or cannot go into weights.
LEFT: dict[str, Network] = {
    "channels put together": network_of(lambda x, training: batch_norm(tf.reshape(conv(x), [4, 16, 8, 16]), training)),
    "channels parted": network_of(lambda x, training: batch_norm(tf.reshape(dense(x), [4, 2, 2, 4]), training)),
    "pixels in another order": network_of(lambda x, training: batch_norm(tf.reshape(conv(x), [4, 8, 32, 8]), training)),
    "one pixel that stays one": network_of(lambda x, training: tf.reduce_mean(one_pixel(dense(x), training), [1, 2])),
    "instance norm": network_of(lambda x, _: spelled_out(y := conv(x), tf.nn.moments(y, [1, 2], keepdims=True))),
    "instance norm of one": network_of(lambda x, _: spelled_out(y := conv(x[:1]), tf.nn.moments(y, [1, 2], keepdims=True))),
    "layer norm": network_of(lambda x, _: spelled_out(y := conv(x), tf.nn.moments(y, [-1], keepdims=True))),
    "without averages": network_of(lambda x, _: spelled_out(y := conv(x), tf.nn.moments(y, [0, 1, 2]))),
    "an epsilon for each": network_of(
        lambda x, _: conv(x) * (factor := tf.math.rsqrt(variable("b", [8]) + tf.fill([8], 1e-3))) + (bias() - variable("c", [8]) * factor)
    ),
}  # fmt: skip


def results(network: Network, training: bool, fold: bool) -> tuple[int, list[np.ndarray]]:
    """How many were folded, and output and gradients of a graph with averages that differ from channel to channel."""
    graph, x, y = build(network, training)
    with graph.as_default(), v1.Session(graph=graph) as session:
        folded = fold_batch_norms(graph, training) if fold else 0
        loss = tf.reduce_sum(y * np.random.default_rng(3).normal(0, 1, y.shape.as_list()))
        gradients = [g for g in tf.gradients(loss, v1.trainable_variables()) if g is not None]
        session.run(v1.global_variables_initializer())
        for place, average in enumerate(v for v in v1.global_variables() if "moving" in v.name):
            count = average.shape.num_elements()
            average.load(np.linspace(0.2 + place, 1 + place, count).reshape(average.shape), session)
        return folded, session.run([y, *gradients], feed(x))


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", FOLDED)
def test_folding_changes_no_result_and_no_gradient(name: str, training: bool) -> None:
    """The correction undoes in training what the weights are scaled by."""
    (_, before), (folded, after) = (results(FOLDED[name], training, fold) for fold in (False, True))
    assert folded == 1
    rounding = 0.05 if name == "halves" else 2e-4  # which have a step of 0.001, and are summed
    largest = max(np.abs(values).max() for values in before)  # a bias before a batch norm has no gradient but noise
    for a, b in zip(before, after, strict=True):
        assert np.allclose(a, b, rtol=rounding, atol=rounding / 10 * largest)


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", LEFT)
def test_what_cannot_be_folded_stays_as_it_is(name: str, training: bool) -> None:
    graph, _, _ = build(LEFT[name], training)
    before = graph.as_graph_def()
    assert fold_batch_norms(graph, training) == 0
    assert graph.as_graph_def() == before


def test_an_error_leaves_the_graph_as_it_was() -> None:
    """The second batch norm has no moving averages; the first is not folded either."""

    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        y = layer(x, "a", 8, training)
        with v1.variable_scope("b"):
            return x, tf.nn.relu(v1.nn.fused_batch_norm(conv(y), bias(), variable("beta", [8]), is_training=True)[0])

    graph, _, _ = build(network, True)
    before = graph.as_graph_def()
    with pytest.raises(QuantizeError, match="moving averages of batch norm 'b/FusedBatchNormV3' are not found"):
        fold_batch_norms(graph, True)
    assert graph.as_graph_def() == before


def test_a_biased_layer_that_more_than_its_batch_norm_reads_is_not_computed_twice() -> None:
    def network(training: bool) -> tuple[Any, Any]:
        x = placeholder()
        y = layer(x, "a", 8, training, activation=None, bias=True, norm="")
        with v1.variable_scope("b"):
            return x, tf.nn.relu(batch_norm(y, training)) + y

    for training in (False, True):
        graph, _, _ = build(network, training)
        assert fold_batch_norms(graph, training) == 0


def test_after_the_delay_batch_norms_keep_their_averages() -> None:
    graph, x, y = build(one_layer(), True, lambda graph: fold_batch_norms(graph, True, freeze_bn_delay=3))
    with graph.as_default(), v1.Session(graph=graph) as session:
        session.run(v1.global_variables_initializer())
        mean = next(v for v in v1.global_variables() if "moving_mean" in v.name)
        seen = []
        for step in range(5):
            session.run([y, *v1.get_collection(v1.GraphKeys.UPDATE_OPS)], feed(x, step))
            seen.append(session.run(mean))
        assert not np.array_equal(seen[0], seen[1])
        assert np.array_equal(seen[2], seen[4])
        session.run(y, feed(x, 9))
        assert value(session, "fake_quantization_step") == 6
