"""Small fake-quantized graphs of every kind of operator, made with TensorFlow.

The uint8 file against TensorFlow's execution, and against the parameters of its own converter (2.21) wherever both know what to do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Interpreter, Model
from tinylite.quantize import Integers

from ..conftest import litert_interpreter
from .tf_networks import tf, v1

SHAPE = (1, 8, 8, 4)
Build = Callable[[Any, np.random.Generator], Any]


def fake(x: Any, low: float = -2.0, high: float = 2.0, narrow: bool = False) -> Any:
    return tf.quantization.fake_quant_with_min_max_vars(x, tf.constant(low), tf.constant(high), 8, narrow)


def constant(rng: np.random.Generator, *shape: int) -> Any:
    return tf.constant(rng.normal(0, 0.3, shape).astype(np.float32))


def weights(rng: np.random.Generator, *shape: int) -> Any:
    return fake(constant(rng, *shape), -0.9, 1.0, True)


def conv(x: Any, rng: np.random.Generator, out: int = 4) -> Any:
    return tf.nn.conv2d(x, weights(rng, 3, 3, int(x.shape[-1]), out), 1, "SAME")


def between(move: Callable[[Any], Any]) -> Build:
    """A convolution, an op that has no range of its own, and another convolution."""
    return lambda x, rng: fake(conv(move(fake(conv(x, rng, 8))), rng))


def behind(compute: Callable[[Any], Any]) -> Build:
    """A convolution and what is computed of it."""
    return lambda x, rng: compute(fake(conv(x, rng)))


def of_two(combine: Callable[[Any, Any], Any], low: float = -4.0, high: float = 4.0) -> Build:
    return lambda x, rng: fake(combine(fake(conv(x, rng)), fake(conv(x, rng), -1.0, 3.0)), low, high)


def batch_norm(x: Any, rng: np.random.Generator) -> Any:
    mean, variance = constant(rng, 4), tf.constant(rng.uniform(0.5, 1, 4).astype(np.float32))
    y = v1.nn.fused_batch_norm(conv(x, rng), constant(rng, 4) + 1, constant(rng, 4), mean, variance, is_training=False)[0]
    return fake(tf.nn.relu(y), 0.0, 3.0)


def transposed(x: Any, rng: np.random.Generator) -> Any:
    return fake(tf.nn.conv2d_transpose(fake(conv(x, rng)), weights(rng, 3, 3, 5, 4), (1, 16, 16, 5), 2, "SAME"))


def dense(x: Any, rng: np.random.Generator) -> Any:
    rows = tf.reshape(fake(conv(x, rng)), (1, 256))
    return fake(tf.matmul(rows, weights(rng, 256, 7)) + constant(rng, 7), -9.0, 9.0)


def resized(method: str) -> Callable[[Any], Any]:
    return lambda x: getattr(v1.image, method)(x, (16, 16))


SAME: dict[str, Build] = {
    "relu6": lambda x, rng: fake(tf.nn.relu6(conv(x, rng) + constant(rng, 4)), 0.0, 5.5),
    "leaky relu": lambda x, rng: fake(tf.nn.leaky_relu(fake(conv(x, rng)))),
    "depthwise": lambda x, rng: fake(tf.nn.depthwise_conv2d(x, weights(rng, 3, 3, 4, 2), (1, 1, 1, 1), "SAME")),
    "dilated": lambda x, rng: fake(tf.nn.conv2d(fake(conv(x, rng)), weights(rng, 3, 3, 4, 4), 1, "SAME", dilations=2)),
    "transposed convolution": transposed,
    "dense": dense,
    "add": of_two(tf.add),
    "subtract": of_two(tf.subtract),
    "multiply": of_two(tf.multiply),
    "maximum": lambda x, rng: fake(conv(tf.maximum(fake(conv(x, rng)), fake(conv(x, rng))), rng)),
    "add a constant": lambda x, rng: fake(fake(conv(x, rng)) + constant(rng, 4), -3.0, 3.0),
    "concatenation": lambda x, rng: fake(conv(fake(tf.concat([fake(conv(x, rng)), fake(conv(x, rng))], -1)), rng)),
    "resize bilinear": between(resized("resize_bilinear")),
    "resize nearest": between(resized("resize_nearest_neighbor")),
    "pad": between(lambda x: tf.pad(x, [[0, 0], [2, 1], [1, 1], [0, 0]])),
    "max pool": between(lambda x: tf.nn.max_pool2d(x, 2, 2, "SAME")),
    "average pool": between(lambda x: tf.nn.avg_pool2d(x, 2, 2, "SAME")),
    "depth to space": between(lambda x: tf.nn.depth_to_space(x, 2)),
    "space to depth": between(lambda x: tf.nn.space_to_depth(x, 2)),
    "transpose": between(lambda x: tf.transpose(x, (0, 2, 1, 3))),
    "slice": between(lambda x: x[:, 1:7, ::2]),
    "gather": between(lambda x: tf.gather(x, [1, 3, 5, 7], axis=1)),
    "split": lambda x, rng: fake(tf.add(*tf.split(fake(conv(x, rng, 8)), 2, -1)), -3.0, 3.0),
    "pack and unpack": between(lambda x: tf.unstack(tf.stack([x, x], 1), axis=1)[1]),
    "largest": behind(lambda x: tf.reduce_max(x, (1, 2))),
    "mean": behind(lambda x: fake(tf.reduce_mean(x, (1, 2)), -1.0, 1.0)),
    "sum": behind(lambda x: fake(tf.reduce_sum(x, (1, 2)), -40.0, 40.0)),
    "softmax": behind(tf.nn.softmax),
    "log softmax": behind(tf.nn.log_softmax),
    "logistic": behind(tf.sigmoid),
    "tanh": behind(tf.tanh),
    "L2 normalization": behind(lambda x: tf.nn.l2_normalize(x, -1)),
    "hard swish": behind(lambda x: fake(x * tf.nn.relu6(x + 3) / 6, -1.0, 2.0)),
    "weights without a range": lambda x, rng: fake(tf.nn.conv2d(x, constant(rng, 3, 3, 4, 4), 1, "SAME")),
    "a range without 0": lambda x, rng: fake(conv(x, rng), 1.0, 5.0),
}  # fmt: skip
# Where TF 2.21 leaves floats, and the first converter did not.
OURS: dict[str, Build] = {
    "batch norm": batch_norm,
    "relu behind a range": behind(lambda x: fake(tf.nn.relu(x), 0.0, 2.0)),
    "prelu": lambda x, rng: fake(tf.nn.relu(y := fake(conv(x, rng))) + -constant(rng, 4) * tf.nn.relu(-y)),
    "concatenation of two ranges": lambda x, rng: fake(conv(tf.concat([fake(conv(x, rng)), fake(conv(x, rng), -1.0, 3.0)], -1), rng)),
}


def frozen(build: Build) -> tuple[Any, np.ndarray, np.ndarray]:
    """A graph, stored inputs, and what TensorFlow computes of the numbers that these stand for."""
    stored = np.random.default_rng(1).integers(0, 256, SHAPE).astype(np.uint8)
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        x = v1.placeholder(tf.float32, SHAPE, "input")
        y = tf.identity(build(x, np.random.default_rng(0)), name="output")
        return graph.as_graph_def(), stored, session.run(y, {x: (stored.astype(np.float32) - 128) * np.float32(2 / 255)})


def run(interpreter: Any, stored: np.ndarray) -> np.ndarray:
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], stored)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


@pytest.mark.parametrize("style", ["toco", "mlir"])
@pytest.mark.parametrize("name", [*SAME, *OURS])
def test_the_file_agrees_with_tensorflow_s_execution(name: str, style: str) -> None:
    graph_def, stored, wanted = frozen({**SAME, **OURS}[name])
    model = tinylite.convert(graph_def, ["input"], ["output"], integers=Integers(input_stats={"input": (127.5, 127.5)}, style=style))
    content, quantization = model.to_bytes(), model.graph.outputs[0].quantization
    assert quantization is not None
    assert all(tensor.type in ("UINT8", "INT32") for tensor in model.graph.all_tensors())
    found = run(Interpreter(model_content=content), stored)
    assert np.array_equal(found, run(litert_interpreter(content, "BUILTIN_REF"), stored))
    steps = np.abs((found.astype(np.float64) - quantization.zero_point[0]) * quantization.scale[0] - wanted) / quantization.scale[0]
    # Means and moved pixels are not rounded in training: a layer behind them adds up what the file rounds.
    assert np.mean(steps <= 1.001) >= (0.93 if name in ("average pool", "resize bilinear", "concatenation of two ranges") else 0.96)
    assert steps.max() <= 3.001


def parameters(model: Model) -> set[tuple[str, float, int]]:
    return {
        (str(t.type), float(t.quantization.scale[0]), int(t.quantization.zero_point[0]))
        for t in model.graph.all_tensors() if t.quantization is not None and t.quantization.scale.size
    }  # fmt: skip


@pytest.mark.parametrize("type", ["UINT8", "INT8"])
@pytest.mark.parametrize("name", SAME)
def test_parameters_and_bytes_are_those_of_tensorflow_s_converter(name: str, type: str, tmp_path: Any) -> None:
    graph_def, *_ = frozen(SAME[name])
    path = tmp_path / "graph.pb"
    path.write_bytes(graph_def.SerializeToString())
    stats = (127.5, 127.5) if type == "UINT8" else (-0.5, 127.5)
    converter = v1.lite.TFLiteConverter.from_frozen_graph(str(path), ["input"], ["output"])
    converter.inference_type = tf.uint8 if type == "UINT8" else tf.int8
    converter.quantized_input_stats = {"input": stats}
    theirs = Model.load(converter.convert())
    ours = tinylite.convert(graph_def, ["input"], ["output"], integers=Integers(type, "mlir", {"input": stats}))
    constants = [sorted(t.data.tobytes() for t in m.graph.all_tensors() if t.type == type and t.is_constant) for m in (ours, theirs)]  # type: ignore[union-attr]
    if type == "UINT8":
        assert parameters(ours) == parameters(theirs)
        assert constants[0] == constants[1]
        return
    # INT8 weights whose range is not symmetric get a zero point there, with which no kernel computes.
    computed = [
        {
            (t.quantization.scale[0], t.quantization.zero_point[0])
            for t in m.graph.all_tensors()
            if t.type == "INT8" and t.quantization is not None and not t.is_constant
        }
        for m in (ours, theirs)
    ]
    assert computed[0] == computed[1]
