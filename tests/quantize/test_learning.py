"""Training with the rewrite on real data: it learns as well as in float, and its uint8 file is as good as it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Interpreter
from tinylite.quantize import FullIntegerQuantization, create_eval_graph, create_training_graph

from .tf_networks import layer, tf, v1, variable

Data = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@pytest.fixture(scope="module")
def digits() -> Data:
    """Pictures [n, 8, 8, 1] of 0 to 1 and labels, to train with and held out."""
    found = pytest.importorskip("sklearn.datasets").load_digits()
    pictures = (np.round(found.images * (255 / 16)) / 255).astype(np.float32)[..., None]
    held = np.arange(len(pictures)) % 4 == 0
    return pictures[~held], found.target[~held], pictures[held], found.target[held]


def network(x: Any, training: bool) -> Any:
    """All kinds of layers, with batch norms and a bypass."""
    y = layer(x, "first", 12, training)
    with v1.variable_scope("block"):
        z = layer(y, "depthwise", 0, training, depthwise=True)
        z = layer(z, "project", 12, training, size=1, activation=None)
        y = tf.nn.relu(z + y, name="Relu")
    y = layer(y, "second", 16, training, stride=2)
    with v1.variable_scope("scores"):
        y = tf.matmul(tf.reshape(y, [-1, 4 * 4 * 16]), variable("weights", [4 * 4 * 16, 10]))
        return v1.nn.bias_add(y, variable("biases", [10], v1.zeros_initializer()), name="logits")


def trained(digits: Data, path: Path, rounding: bool, steps: int = 400) -> None:
    pictures, labels, *_ = digits
    rng = np.random.default_rng(5)
    with tf.Graph().as_default() as graph:
        v1.set_random_seed(5)
        x, wanted = v1.placeholder(tf.float32, [None, 8, 8, 1]), v1.placeholder(tf.int64, [None])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=wanted, logits=network(x, True)))
        if rounding:
            create_training_graph(quant_delay=steps // 2)
        train = v1.train.AdamOptimizer(3e-3).minimize(loss)
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            for _ in range(steps):
                chosen = rng.integers(0, len(pictures), 64)
                session.run([train, v1.get_collection(v1.GraphKeys.UPDATE_OPS)], {x: pictures[chosen], wanted: labels[chosen]})
            v1.train.Saver().save(session, str(path))


def evaluated(digits: Data, path: Path, rounding: bool) -> tuple[np.ndarray, Any]:
    """The held-out digits' logits and the frozen graph, whose output nothing reads."""
    with tf.Graph().as_default() as graph:
        x = v1.placeholder(tf.float32, [None, 8, 8, 1], "picture")
        y = network(x, False)
        if rounding:
            create_eval_graph()
            y = graph.get_tensor_by_name("scores/act_quant/FakeQuantWithMinMaxVars:0")
        with v1.Session(graph=graph) as session:
            v1.train.Saver().restore(session, str(path))
            return session.run(y, {x: digits[2]}), tinylite.freeze(session, ["scores/logits"])


@pytest.mark.filterwarnings("ignore:nothing reads")
def test_training_with_rounding_learns_as_float_does_and_its_file_keeps_it(digits: Data, tmp_path: Path) -> None:
    right = {}
    for rounding in (False, True):
        trained(digits, tmp_path / str(rounding), rounding)
        logits, frozen = evaluated(digits, tmp_path / str(rounding), rounding)
        right[rounding] = logits.argmax(1) == digits[3]
    assert right[False].mean() > 0.96
    assert right[True].mean() >= right[False].mean() - 0.01

    stats = FullIntegerQuantization(input_stats={"picture": (0, 255)})
    model = tinylite.convert(frozen, ["picture"], ["scores/logits"], input_shapes={"picture": (1, 8, 8, 1)}, quantization=stats)
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    found = []
    for picture in np.round(digits[2] * 255).astype(np.uint8):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[None])
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])
    quantization = model.graph.outputs[0].quantization
    assert quantization is not None
    steps = np.stack(found) - (logits / quantization.scale[0] + quantization.zero_point[0])
    assert np.mean(np.abs(steps) <= 1.001) >= 0.99
    assert abs(np.mean(np.stack(found).argmax(1) == digits[3]) - right[True].mean()) <= 0.005
