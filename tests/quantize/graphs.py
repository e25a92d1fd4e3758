"""Small fake-quantized graphs: each function draws one, noting what is known of it, and returns its output or outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .builders import HIGH, LOW, Draw, Drawing, Known, Layer, fake_quantized, ohwi, plain, single, tf, v1

__all__ = ["GRAPHS"]


def chain(move: Callable[[Any], Any]) -> Draw:
    """A convolution, an op that hands the range on, and another convolution."""

    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        return g.conv(g.moves(move(y), y))

    return draw


def end(compute: Callable[[Any], Any], which: str) -> Draw:
    """A convolution, and an activation that always has the same range."""
    return lambda g: g.fixed(compute(g.conv(g.input())), which)


def of_two(combine: Callable[[Any, Any], Any], low: float = -4.0, high: float = 4.0, picks: bool = False) -> Draw:
    """Two convolutions and what is computed of both; what only picks one of two numbers lets them have the result's range in TF 2.21."""

    def draw(g: Drawing) -> Any:
        x = g.input()
        ranges = ((low, high), (low, high)) if picks and g.rounds == "mlir" else ((LOW, HIGH), (-1.0, 3.0))
        return g.fake(combine(*(g.conv(x, low=low, high=high) for low, high in ranges)), low, high)

    return draw


def one_channel(g: Drawing) -> Any:
    """One input channel: a depthwise convolution in the first converter's file."""
    y = g.conv(g.input((1, 8, 8, 1)))
    g.layers[g.name(y)].filter = lambda values: values.reshape(1, 3, 3, 8)
    return y


def spelled_dilation(g: Drawing) -> Any:
    """As TensorFlow 1 wrote dilated convolutions: SpaceToBatchND, convolution, BatchToSpaceND."""
    x = g.conv(g.input())

    def convolve(x: Any, w: Any) -> Any:
        y = tf.space_to_batch_nd(x, [2, 2], [[2, 2], [2, 2]])
        return tf.batch_to_space(tf.nn.conv2d(y, w, 1, "VALID"), [2, 2], [[0, 0], [0, 0]])

    return g.layer(convolve, x, g.weights(3, 3, 8, 5), ohwi)


def dense_behind_reshape(g: Drawing) -> Any:
    y = g.conv(g.input())
    return g.dense(g.moves(tf.reshape(y, (1, -1)), y))


def transposed(g: Drawing) -> Any:
    y = g.conv(g.input(), out=4)
    weights = g.weights(3, 3, 5, 4)

    def convolve(x: Any, w: Any) -> Any:
        return tf.nn.conv2d_transpose(x, w, (1, 16, 16, 5), 2, "SAME")

    return g.layer(convolve, y, weights, lambda values: values.transpose(2, 0, 1, 3), bias=False)


def batch_norm(given: str) -> Draw:
    """Folded into weights, which lose their FakeQuant's range and have that of their values then."""

    def draw(g: Drawing) -> Any:
        x = g.input()
        w, known = g.weights(3, 3, 4, 8) if given == "ranged" else g.plain_weights(3, 3, 4, 8)
        mean, gamma, beta = g.array(8), g.array(8) + 1, g.array(8)
        variance = g.rng.uniform(0.5, 1, 8).astype(np.float32)
        y = v1.nn.fused_batch_norm(tf.nn.conv2d(x, w, 1, "SAME"), gamma, beta, mean, variance, is_training=False, epsilon=1e-3)[0]
        y = tf.nn.relu6(y)
        factor = gamma / np.sqrt(variance + np.float32(1e-3))
        values = ((fake_quantized(known) if known.rounded else known.values) * factor).astype(np.float32)
        if g.rounds:
            rounded = tf.quantization.fake_quant_with_min_max_vars(values, values.min(), values.max(), narrow_range=g.rounds == "mlir")
            y = tf.nn.conv2d(x, rounded, 1, "SAME")
            y = tf.nn.relu6(y + (beta - mean * factor))
        g.layers[y.op.name] = Layer(x, plain(values), beta - mean * factor, ohwi, folded=True)
        return g.fake(y, 0.0, 3.0)

    return draw


def residual(activation: Callable[[Any], Any] | None = None) -> Draw:
    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = g.conv(y) + y
        return g.fake(activation(z) if activation is not None else z, 0.0 if activation is not None else -4.0, 4.0)

    return draw


def with_constant(combine: Callable[[Any, Any], Any]) -> Draw:
    def draw(g: Drawing) -> Any:
        return g.fake(combine(g.conv(g.input()), g.constant(8)), -3.0, 3.0)

    return draw


def joined(ranged: bool, same: bool, change: bool = False) -> Draw:
    """A concatenation; without its own range it has the union of its inputs', and these, too, have it on request."""

    def draw(g: Drawing) -> Any:
        x = g.input()
        high = HIGH if same else 3.5
        left, right = g.conv(x, high=high if change and g.rounds else HIGH), g.conv(x, high=high)
        y = tf.concat([left, right], -1)
        y = g.fake(y, LOW, high) if ranged else g.note(y, Known(single(LOW), single(high)))
        if change:
            g.known[g.name(left)] = g.known[g.name(y)]
            g.settings["change_concat_input_ranges"] = True
        return g.conv(g.fake(y, LOW, high) if g.rounds else y)

    return draw


def average_pool(g: Drawing) -> Any:
    """Of nine numbers, whose mean is never half way between two steps."""
    y = g.conv(g.input())
    return g.conv(g.computes(tf.nn.avg_pool2d(y, 3, 1, "VALID"), y))


def resize(method: str, computes: bool) -> Draw:
    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = getattr(v1.image, method)(y, (24, 24))  # by thirds, which are never half way between two steps
        return g.conv(g.computes(z, y) if computes else g.moves(z, y))

    return draw


def mean(ranged: bool) -> Draw:
    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = tf.reduce_mean(y, (1, 2))
        return g.dense(g.fake(z, -1.0, 1.0) if ranged else g.computes(z, y))

    return draw


def split(g: Drawing) -> Any:
    y = g.conv(g.input())
    parts = tf.split(y, 2, -1, name="split")
    g.known["split"] = g.known["split:1"] = g.known[g.name(y)]
    return g.fake(parts[0] - parts[1], -4.0, 4.0)


def pack(g: Drawing) -> Any:
    """Packed and unpacked tensors need their own FakeQuants; they are the same everywhere, so that nothing is computed."""
    y = g.conv(g.input())
    stacked = g.fake(tf.stack([y, y], 1))
    return g.conv(g.fake(tf.unstack(stacked, axis=1)[1]))


def blocks(back: bool) -> Draw:
    """Space, depth and batch ops: of no range, with a FakeQuant of the same."""

    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = g.fake(tf.space_to_batch(y, [2, 2], [[0, 0], [0, 0]]))
        return g.conv(g.fake(tf.batch_to_space(z, [2, 2], [[0, 0], [0, 0]]))) if back else z

    return draw


def moved(move: Callable[[Any], Any], copies: bool = False, back: bool = True, clamped: bool = False) -> Draw:
    """A data-movement op, and after it a FakeQuant of another range.

    The first converter kept two ranges, or the input's where the op `copies`. TF 2.21 gives the later one to the producer, too,
    where it goes `back`, and tinylite does so, unless that range is `clamped` to numbers from 0 on.
    """

    def draw(g: Drawing) -> Any:
        low, high = -1.5, 1.4
        pulled = back and not copies and g.rounds == "mlir"
        y = g.conv(g.input(), **({"low": low, "high": high} if pulled else {"low": 0.0} if clamped else {}))
        z = move(y)
        if copies:
            g.note(z, g.known[g.name(y)])
        return z if copies and g.rounds == "toco" else g.fake(z, low, high)

    return draw


def ranged(move: Callable[[Any], Any]) -> Draw:
    """An op that hands no range on: with a FakeQuant of the same range after it."""

    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        return g.conv(g.fake(move(y)))

    return draw


def copied(compute: Callable[[Any], Any], low: float, high: float) -> Draw:
    """An activation on its own, which takes its input's parameters, whatever its FakeQuant says."""

    def draw(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = compute(y)
        g.note(z, g.known[g.name(y)])
        return g.fake(z, low, high)

    return draw


def idle_relu(g: Drawing) -> Any:
    """A range from 0 on makes it go, and needs no other after it."""
    y = g.conv(g.input(), low=0.0)
    z = tf.nn.relu(y)
    g.stands_for[z.op.name] = y.op.name
    return g.conv(z)


def prelu(g: Drawing) -> Any:
    """As Keras wrote it; it takes its input's parameters."""
    y = g.conv(g.input())
    alpha = g.array(8)
    z = tf.nn.relu(y) + -tf.constant(alpha) * tf.nn.relu(-y)
    g.note(z, g.known[g.name(y)])
    return g.fake(z)


def two_inputs(g: Drawing) -> Any:
    left, right = g.input(name="left"), g.input(mean=0.0, std=255.0, name="right")
    return g.fake(g.conv(left) + g.conv(right), -4.0, 4.0)


def integer_input(g: Drawing) -> Any:
    places = v1.placeholder(tf.int32, (3,), "places")
    g.integers["places"] = (0, 7)
    y = g.conv(g.input())
    return g.conv(g.moves(tf.gather(y, places, axis=1), y))


def shared_weights(g: Drawing) -> Any:
    weights = g.weights(3, 3, 4, 4)
    y = g.conv(g.input(), weights=weights)
    return g.conv(y, weights=weights)


def several_outputs(g: Drawing) -> Any:
    y = g.conv(g.input())
    return g.conv(y), g.fixed(tf.nn.softmax(y), "softmax"), y


def outputs_in_a_row(g: Drawing) -> Any:
    """A FakeQuant between two outputs, which stays as an op that brings one to the other's steps."""
    y = g.conv(g.input())
    z = tf.quantization.fake_quant_with_min_max_vars(y, -1.0, 1.5)
    g.note(z, Known(-1.0, 1.5))
    return y, z


def input_fake_quant(low: float, high: float) -> Draw:
    """Mean and std say more than the input's own FakeQuant."""

    def draw(g: Drawing) -> Any:
        return g.conv(g.fake(g.input(), low, high))

    return draw


def in_a_row(low: float) -> Draw:
    """Two FakeQuants, of which the first says the range."""
    return lambda g: g.conv(g.fake(g.conv(g.input()), low, HIGH))


def args(g: Drawing) -> Any:
    x = g.input()
    w, known = g.weights(3, 3, 4, 8)
    y = tf.nn.conv2d(x, w, 1, "SAME")
    g.layers[y.op.name] = Layer(x, known, np.zeros(8, np.float32), ohwi)
    g.note(y, Known(-2.0, 3.0))
    z = tf.quantization.fake_quant_with_min_max_args(y, -2.0, 3.0)
    g.stands_for[z.op.name] = y.op.name
    return z


def default_ranges(g: Drawing) -> Any:
    low, high = -3.0, 2.8
    g.settings["default_ranges_stats"] = (low, high)
    x = g.input()
    w, known = g.weights(3, 3, 4, 8)
    y = tf.nn.conv2d(x, w, 1, "SAME")
    g.layers[y.op.name] = Layer(x, known, np.zeros(8, np.float32), ohwi)
    g.note(y, Known(single(low), single(high)))
    y = g.fake(y, low, high) if g.rounds else y
    z = tf.nn.leaky_relu(y)
    g.note(z, Known(single(low), single(high)))
    return z


def no_weights(g: Drawing) -> Any:
    """After a FakeQuant of 0 to 0, as of a layer that died: 0 to 1, with which biases can be stored."""
    w = g.fake(tf.zeros((3, 3, 4, 8)), 0.0, 0.0, True)
    return g.conv(g.input(), weights=(w, Known(0.0, 1.0, True, values=np.zeros((3, 3, 4, 8), np.float32))))


def hard_swish(g: Drawing) -> Any:
    y = g.conv(g.input())
    return g.fake(y * tf.nn.relu6(y + 3) / 6, -1.0, 2.0)


GRAPHS: dict[str, Draw] = {
    # layers
    "conv": lambda g: g.conv(g.input(), bias=False),
    "conv with biases": lambda g: g.conv(g.input()),
    "conv relu": lambda g: g.conv(g.input(), activation=tf.nn.relu, low=0.0),
    "conv relu6": lambda g: g.conv(g.input(), activation=tf.nn.relu6, low=0.0, high=6.0),
    "conv relu6 beyond": lambda g: g.conv(g.input(), activation=tf.nn.relu6, low=-1.0, high=7.0),
    "conv with strides": lambda g: g.conv(g.input(), stride=2, padding="VALID"),
    "conv of one channel": one_channel,
    "conv with dilation": lambda g: g.conv(g.conv(g.input()), dilation=2),
    "conv with dilation spelled out": spelled_dilation,
    "depthwise": lambda g: g.depthwise(g.input(), bias=False),
    "depthwise of two": lambda g: g.depthwise(g.input(), 2, 2, activation=tf.nn.relu6, low=0.0, high=3.0),
    "separable": lambda g: g.conv(g.depthwise(g.input(), activation=tf.nn.relu6, low=0.0), size=1),
    "dense": lambda g: g.dense(g.input((5, 30))),
    "dense without biases": lambda g: g.dense(g.input((5, 30)), bias=False),
    "dense relu": lambda g: g.dense(g.input((5, 30)), activation=tf.nn.relu, low=0.0),
    "dense after reshape": dense_behind_reshape,
    "transposed conv": transposed,
    "batch norm": batch_norm("plain"),
    "batch norm after ranged weights": batch_norm("ranged"),
    "weights without a range": lambda g: g.conv(g.input(), weights=g.plain_weights(3, 3, 4, 8)),
    "weights of a full range": lambda g: g.conv(g.input(), weights=g.weights(3, 3, 4, 8, narrow=False)),
    "weights that saturate": lambda g: g.conv(g.input(), weights=g.weights(3, 3, 4, 8, low=-0.2, high=0.25)),
    "weights of positive range": lambda g: g.conv(g.input(), weights=g.weights(3, 3, 4, 8, low=0.0, high=1.0)),
    "shared weights": shared_weights,
    # of two
    "residual": residual(),
    "residual relu": residual(tf.nn.relu),
    "subtract": of_two(tf.subtract),
    "multiply": of_two(tf.multiply),
    "maximum": of_two(tf.maximum, LOW, 3.0, picks=True),
    "minimum": of_two(tf.minimum, LOW, 3.0, picks=True),
    "add a constant": with_constant(tf.add),
    "multiply by a constant": with_constant(tf.multiply),
    "subtract from a constant": with_constant(lambda x, c: c - x),
    "concat": joined(ranged=True, same=True),
    "concat without a range": joined(ranged=False, same=True),
    "concat of two ranges": joined(ranged=False, same=False),
    "concat of two ranges, changed": joined(ranged=False, same=False, change=True),
    # what hands ranges on
    "pad": chain(lambda x: tf.pad(x, [[0, 0], [2, 1], [1, 1], [0, 0]])),
    "max pool": chain(lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME")),
    "average pool": average_pool,
    "mean": mean(ranged=False),
    "mean with a range": mean(ranged=True),
    "sum": lambda g: g.dense(g.fake(tf.reduce_sum(g.conv(g.input()), (1, 2)), -40.0, 45.0), low=-90.0, high=80.0),
    "largest": chain(lambda x: tf.reduce_max(x, 2, keepdims=True)),
    "least": chain(lambda x: tf.reduce_min(x, 2, keepdims=True)),
    "resize bilinear": resize("resize_bilinear", computes=True),
    "resize nearest": resize("resize_nearest_neighbor", computes=False),
    "reshape": chain(lambda x: tf.reshape(x, (1, 4, 16, 8))),
    "squeeze": chain(lambda x: tf.reshape(tf.squeeze(x, 0), (2, 4, 8, 8))),
    "expand": chain(lambda x: tf.squeeze(tf.expand_dims(x, 1), 1)),
    "transpose": chain(lambda x: tf.transpose(x, (0, 2, 1, 3))),
    "slice": chain(lambda x: tf.slice(x, (0, 1, 2, 0), (1, 5, 4, 8))),
    "strided slice": chain(lambda x: x[:, 1:7, ::2]),
    "gather": chain(lambda x: tf.gather(x, [1, 3, 5, 7], axis=1)),
    "split": split,
    "pack": pack,
    "depth to space": ranged(lambda x: tf.nn.depth_to_space(x, 2)),
    "space to depth": ranged(lambda x: tf.nn.space_to_depth(x, 2)),
    "space to batch": blocks(back=False),
    "batch to space": blocks(back=True),
    "gather into another range": moved(lambda x: tf.gather(x, [1, 3, 5, 7], axis=1)),
    "gather of positive numbers into another range": moved(lambda x: tf.gather(x, [1, 3, 5, 7], axis=1), back=False, clamped=True),
    "transpose into another range": moved(lambda x: tf.transpose(x, (0, 2, 1, 3)), back=False),
    "pad into another range": moved(lambda x: tf.pad(x, [[0, 0], [2, 1], [1, 1], [0, 0]])),
    "resize into another range": moved(lambda x: v1.image.resize_bilinear(x, (24, 24))),
    "largest of another range": moved(lambda x: tf.reduce_max(x, 2)),
    "max pool of another range": moved(lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME"), back=False),
    "depth to space of another range": moved(lambda x: tf.nn.depth_to_space(x, 2), copies=True),
    "split into another range": moved(lambda x: tf.split(x, 2, -1)[1], copies=True),
    # activations
    "softmax": end(tf.nn.softmax, "softmax"),
    "logistic": end(tf.sigmoid, "logistic"),
    "tanh": end(tf.tanh, "tanh"),
    "log softmax": end(tf.nn.log_softmax, "log softmax"),
    "l2 normalization": end(lambda x: tf.nn.l2_normalize(x, -1), "l2"),
    "softmax of another range": lambda g: g.fake(end(tf.nn.softmax, "softmax")(g), 0.0, 1.0),
    "tanh of another range": lambda g: g.fake(end(tf.tanh, "tanh")(g), -1.0, 1.0),
    "relu that changes nothing": idle_relu,
    "leaky relu": lambda g: g.fake(tf.nn.leaky_relu(g.conv(g.input())), -0.4, 2.0),
    "prelu": prelu,
    "relu after a range": copied(tf.nn.relu, 0.0, HIGH),
    "relu6 after a range": copied(tf.nn.relu6, 0.0, HIGH),
    "hard swish": hard_swish,
    # ends
    "two inputs": two_inputs,
    "an integer input": integer_input,
    "several outputs": several_outputs,
    "two outputs in a row": outputs_in_a_row,
    "pictures of 0 to 1": lambda g: g.conv(g.input(mean=0.0, std=255.0)),
    "pictures of 0 to 255": lambda g: g.conv(g.input(mean=0.0, std=1.0), low=-300.0, high=300.0),
    "pictures as ImageNet has them": lambda g: g.conv(g.input(mean=123.68, std=58.395)),
    "spectrograms": lambda g: g.conv(g.input(mean=0.0, std=9.8077), low=-30.0, high=30.0),
    "a FakeQuant of the input": input_fake_quant(-1.0, 1.0),
    "a FakeQuant that contradicts the input": input_fake_quant(-0.5, 1.5),
    # FakeQuants
    "a range above 0": lambda g: g.conv(g.input(), low=1.0, high=5.0),
    "a range below 0": lambda g: g.conv(g.input(), low=-5.0, high=-1.0),
    "an uneven range": lambda g: g.conv(g.input(), low=-0.3717, high=1.9231),
    "a range of steps": lambda g: g.conv(g.input(), low=-128 / 64, high=127 / 64),
    "a narrow range of activations": lambda g: g.fake(tf.nn.leaky_relu(g.conv(g.input())), -2.0, 2.0, narrow=True),
    "4 bits": lambda g: g.conv(g.fake(tf.nn.leaky_relu(g.conv(g.input())), bits=4)),
    "two FakeQuants": in_a_row(LOW),
    "two FakeQuants that differ": in_a_row(-1.0),
    "FakeQuantWithMinMaxArgs": args,
    "default ranges": default_ranges,
    "weights of nothing but 0": no_weights,
}  # fmt: skip
