"""The whole way: train with the rewrite, rewrite for evaluation, freeze, convert, run; and the same file's parameters by TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Interpreter, Model
from tinylite.quantize import FullIntegerQuantization, create_eval_graph, create_training_graph

from ..conftest import litert_interpreter, run_once
from .tf_networks import NETWORKS, build, tf, v1

STATS = (0.0, 64.0)


def pictures(x: Any, count: int) -> np.ndarray:
    """Stored integers, of four kinds that a network can distinguish: where a bright patch is."""
    rng = np.random.default_rng(count)
    shape = (count, *x.shape.as_list())
    made = rng.integers(0, 90, shape)
    for index in range(count):
        for row in range(shape[1]):
            y, z = divmod((row + index) % 4, 2)
            made[index, row, 8 * y : 8 * y + 8, 8 * z : 8 * z + 8] += 120
    return made.astype(np.uint8)


@pytest.fixture(scope="module")
def frozen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any, np.ndarray]:
    """A network trained for a little while: the frozen graph, its input, and what TensorFlow makes of some pictures."""
    network = NETWORKS[request.param]
    folder = tmp_path_factory.mktemp(request.param)
    graph, x, y = build(network, True)
    with graph.as_default():
        labels = tf.constant([0, 1, 2, 3])
        loss = -tf.reduce_mean(tf.math.log(tf.gather(y, labels, batch_dims=1) + 1e-6))
        create_training_graph(graph)
        train = v1.train.AdamOptimizer(0.01).minimize(loss)
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            updates = v1.get_collection(v1.GraphKeys.UPDATE_OPS)
            for index, picture in enumerate(pictures(x, 300)):
                rows = [(label - index) % 4 for label in range(4)]  # in the order of their kinds
                session.run([train, updates], {x: picture[rows] / STATS[1]})
            saved = v1.train.Saver().save(session, str(folder / "model"))
    graph, x, y = build(network, False, create_eval_graph)
    with graph.as_default(), v1.Session(graph=graph) as session:
        v1.train.Saver().restore(session, saved)
        wanted = np.stack([session.run(y, {x: picture / STATS[1]}) for picture in pictures(x, 100)])
        (folder / "frozen.pb").write_bytes(tinylite.freeze(session, ["softmax"]).to_bytes())
    return folder / "frozen.pb", x, y, wanted


def run(interpreter: Any, pictures: np.ndarray) -> np.ndarray:
    return np.stack([run_once(interpreter, picture) for picture in pictures])


@pytest.mark.parametrize("frozen", NETWORKS, indirect=True)
@pytest.mark.parametrize("policy", ["toco", "mlir"])
def test_the_uint8_file_agrees_with_the_fake_quantized_graph(frozen: tuple[Path, Any, Any, np.ndarray], policy: str) -> None:
    path, x, _, wanted = frozen
    model = tinylite.convert(
        path, ["input"], ["softmax"], quantization=FullIntegerQuantization(input_stats={"input": STATS}, policy=policy)
    )
    assert all(tensor.type in ("UINT8", "INT32") for tensor in model.graph.all_tensors())
    content, given = model.to_bytes(), pictures(x, 100)
    found = run(Interpreter(model_content=content), given)
    assert np.array_equal(found, run(litert_interpreter(content, "BUILTIN_REF"), given))
    quantization = model.graph.outputs[0].quantization
    assert quantization is not None
    real = (found.astype(np.float32) - quantization.zero_point[0]) * quantization.scale[0]
    assert np.mean(np.abs(real - wanted) <= 1.001 * quantization.scale[0]) >= 0.99
    assert np.mean(found.argmax(-1) == wanted.argmax(-1)) >= 0.98


# What goes into softmax, whose own steps are too coarse to say much. Of mobilenet_v2, two FakeQuants in a row round sums twice, and
# a file does it once: 89% of its values are within a step, and 78% of those of TF 2.21's file.
LOGITS = [("mobilenet_v1", "Conv2d_1c_1x1/act_quant"), ("resnet", "fc/act_quant"), ("plain", "act_quant_1")]


@pytest.mark.parametrize(("frozen", "scope"), LOGITS, indirect=["frozen"])
def test_logits_agree_with_the_fake_quantized_graph(frozen: tuple[Path, Any, Any, np.ndarray], scope: str) -> None:
    path, x, *_ = frozen
    name = f"{scope}/FakeQuantWithMinMaxVars"
    given, graph_def = pictures(x, 100), v1.GraphDef.FromString(path.read_bytes())
    with tf.Graph().as_default() as graph, v1.Session(graph=graph) as session:
        v1.import_graph_def(graph_def, name="")
        wanted = np.stack([session.run(f"{name}:0", {"input:0": picture / STATS[1]}) for picture in given])
    model = tinylite.convert(path, ["input"], [name], quantization=FullIntegerQuantization(input_stats={"input": STATS}))
    found, quantization = run(Interpreter(model_content=model.to_bytes()), given), model.graph.outputs[0].quantization
    assert quantization is not None
    real = (found.astype(np.float32) - quantization.zero_point[0]) * quantization.scale[0]
    assert np.mean(np.abs(real - wanted) <= 1.001 * quantization.scale[0]) >= 0.99


def parameters(model: Model) -> list[tuple[tuple[int, ...], float, int]]:
    """Of all tensors of 8 bits.

    Biases follow from them; after two FakeQuants in a row TF 2.21 makes theirs with the second one's scale, and the tensor's of the
    first.
    """
    return sorted(
        (tensor.shape, float(tensor.quantization.scale[0]), int(tensor.quantization.zero_point[0]))
        for tensor in model.graph.all_tensors()
        if tensor.type == "UINT8" and tensor.quantization is not None
    )


@pytest.mark.parametrize("frozen", NETWORKS, indirect=True)
def test_parameters_and_weights_are_those_of_tensorflow_s_converter(frozen: tuple[Path, Any, Any, np.ndarray]) -> None:
    path, *_ = frozen
    converter = tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(str(path), ["input"], ["softmax"])
    converter.inference_type = tf.uint8
    converter.quantized_input_stats = {"input": STATS}
    theirs = Model.load(converter.convert())
    ours = tinylite.convert(path, ["input"], ["softmax"], quantization=FullIntegerQuantization(input_stats={"input": STATS}, policy="mlir"))
    assert parameters(ours) == parameters(theirs)
    weights = [sorted(t.data.tobytes() for t in m.graph.all_tensors() if t.type == "UINT8" and t.is_constant) for m in (ours, theirs)]  # type: ignore[union-attr]
    assert weights[0] == weights[1]
