"""Weights-only quantization beside TF 2.21's: its float files, stored smaller by us, against those that it makes itself."""

from __future__ import annotations

import contextlib
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinylite import Interpreter, Model
from tinylite.converter.tflite_converter import Optimize, TFLiteConverter
from tinylite.model import Op
from tinylite.quantize import WeightQuantization, quantize_weights

from ..conftest import litert_interpreter, run_once

tf: Any = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")
layers, keras = tf.keras.layers, tf.keras
RNG = np.random.default_rng(3)


def two_keras() -> list[Any]:
    """LSTM of Keras 2, which TensorFlow makes one operator of."""
    keras_2 = pytest.importorskip("tf_keras")
    return [keras_2.Input((6, 32), 1), keras_2.layers.LSTM(64), keras_2.layers.Dense(50)]


def shared() -> list[Any]:
    layer = layers.Dense(64, use_bias=False)
    return [keras.Input((64,), 1), layer, layers.ReLU(), layer]


def dead() -> list[Any]:
    """Filters that training has left at 0 and next to it."""
    weights = RNG.normal(0, 0.1, (64, 32))
    weights[:, 0], weights[:, 1], weights[:, 2] = 0, weights[:, 1] * 1e-38, 1e-9
    return [keras.Input((64,), 1), layers.Dense(32, kernel_initializer=lambda *_, **__: tf.constant(weights, tf.float32))]


def products() -> list[Any]:
    matrices = RNG.normal(0, 0.1, (4, 64, 48)).astype(np.float32)
    return [keras.Input((8, 64), 4), layers.Lambda(lambda x: tf.matmul(x, matrices))]


NETWORKS: dict[str, Callable[[], list[Any]]] = {
    "dense": lambda: [keras.Input((64,), 1), layers.Dense(200, "relu"), layers.Dense(50)],
    "dead filters": dead,
    "shared weights": shared,
    "Conv1D": lambda: [keras.Input((40, 16), 1), layers.Conv1D(48, 5, padding="same")],
    "Conv2D": lambda: [keras.Input((16, 16, 8), 1), layers.Conv2D(32, 3, activation="relu"), layers.Conv2D(32, 3, dilation_rate=2)],
    "groups": lambda: [keras.Input((16, 16, 32), 1), layers.Conv2D(64, 3, groups=4)],
    "depthwise": lambda: [keras.Input((16, 16, 32), 1), layers.SeparableConv2D(64, 7, depth_multiplier=2)],
    "Conv3D": lambda: [keras.Input((8, 8, 8, 8), 1), layers.Conv3D(16, 3)],
    "transposed": lambda: [keras.Input((16, 16, 16), 1), layers.Conv2DTranspose(32, 3, 2)],
    "products": products,
    "embedding": lambda: [keras.Input((20,), 1, dtype="int32"), layers.Embedding(1000, 32), layers.Dense(5)],
    "LSTM": lambda: [keras.Input((6, 32), 1), layers.LSTM(64)],
    "GRU": lambda: [keras.Input((6, 32), 1), layers.GRU(64)],
    "LSTM as one operator": two_keras,
}


def theirs(model: Any, type: str | None) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT] if type else []
    converter.target_spec.supported_types = [tf.float16] if type == "FLOAT16" else []
    with contextlib.redirect_stdout(io.StringIO()):
        return bytes(converter.convert())


def made(name: str) -> Any:
    first, *rest = NETWORKS[name]()
    keras.utils.set_random_seed(1)
    kind = pytest.importorskip("tf_keras") if name == "LSTM as one operator" else keras
    return kind.Sequential([first, *rest])


def all_ops(model: Model) -> list[Op]:
    """All ops but those that begin states: TensorFlow's FLOAT16 files dequantize the zeros that an LSTM's begin with."""
    return [op for graph in model.graphs for op in graph.ops if not any(tensor.is_variable for tensor in op.outputs)]


def constants(model: Model) -> set[Any]:
    """Type, shape, bytes, scales and their dimension of all constants of floats that are, or were, in a model."""
    found = set()
    for tensor in (tensor for op in all_ops(model) for tensor in op.inputs if tensor is not None and tensor.is_constant):
        if tensor.type not in ("FLOAT32", "FLOAT16", "INT8") or tensor.data is None:
            continue
        parameters = tensor.quantization
        scales = None if parameters is None or not parameters.scale.size else (parameters.scale.tobytes(), parameters.quantized_dimension)
        found.add((tensor.type, tuple(tensor.shape), np.ascontiguousarray(tensor.data).tobytes(), scales))
    return found


def kinds(model: Model) -> Counter[Any]:
    """Operators, the types that they read, and whether inputs get zero points."""
    return Counter(
        (op.code, tuple(tensor and tensor.type for tensor in op.inputs), getattr(op.options, "asymmetric_quantize_inputs", False))
        for op in all_ops(model)
    )


def run(interpreter: Any) -> np.ndarray:
    details = interpreter.get_input_details()[0]
    rng = np.random.default_rng(0)
    floats = details["dtype"] == np.float32
    values = rng.normal(0, 1, details["shape"]) if floats else rng.integers(0, 400, details["shape"])
    return run_once(interpreter, values.astype(details["dtype"]))


@pytest.mark.parametrize("type", ["INT8", "FLOAT16"])
@pytest.mark.parametrize("name", NETWORKS)
def test_files_have_tensorflow_s_weights(name: str, type: str) -> None:
    model = made(name)
    plain, rival = theirs(model, None), theirs(model, type)
    ours = quantize_weights(Model.load(plain), WeightQuantization(type))
    content, oracle = ours.to_bytes(), Model.load(rival)
    assert len(content) <= 1.01 * len(rival)
    assert constants(ours) == constants(oracle)
    assert kinds(ours) == kinds(oracle)
    real = run(litert_interpreter(plain, "BUILTIN_REF"))
    found, wanted = (run(litert_interpreter(file, "BUILTIN_REF")) for file in (content, rival))
    largest = np.abs(real).max()
    assert np.abs(found - real).max() <= np.abs(wanted - real).max() + 1e-6 * largest
    assert np.abs(run(Interpreter(model_content=content)) - found).max() <= 1e-5 * largest
    assert np.abs(run(Interpreter(model_content=rival)) - wanted).max() <= 1e-5 * largest


@pytest.mark.parametrize(("asked", "types"), [([], {"FLOAT32"}), (["DEFAULT"], {"INT8"}), (["EXPERIMENTAL_SPARSITY"], {"FLOAT32"})])
def test_what_makes_weights_smaller_is_asked_for_as_of_tensorflow(asked: list[str], types: set[str]) -> None:
    converter = TFLiteConverter.from_keras_model(made("dense"))
    converter.optimizations = [Optimize[name] for name in asked]
    weights = {op.inputs[1].type for op in Model.load(converter.convert()).graph.ops if op.code == "FULLY_CONNECTED" and op.inputs[1]}
    assert weights == types
