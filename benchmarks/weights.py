"""tinylite's weights-only files beside TensorFlow's: the same Keras models, stored smaller by both."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tinylite import Interpreter, convert
from tinylite.freezing.tf import tensorflow
from tinylite.quantize import WeightQuantization

__all__ = ["MODELS", "Smaller", "compare"]

MODELS = (
    "MobileNetV2",
    "MobileNetV3Small",
    "EfficientNetB0",
    "ResNet50",
    "NASNetMobile",
    "dense",
    "LSTM",
    "GRU",
    "transposed",
    "embedding",
    "Conv1D",
    "Conv3D",
    "products",
    "MobileNetV2 0.35",
)
TYPES = ("INT8", "FLOAT16")


@dataclass
class Smaller:
    """One model and type: bytes of both files, and the largest difference from the float model over its largest output.

    Files are run by LiteRT's reference kernels; `apart` is by how much tinylite differs from them on its own file.
    """

    name: str
    type: str
    ours: int
    theirs: int
    float_bytes: int
    difference: float
    their_difference: float
    apart: float


def compare(names: list[str]) -> Iterator[Smaller]:
    """Store each model's weights smaller by both converters, and run the files."""
    tf = tensorflow()
    for name in names:
        tf.keras.utils.set_random_seed(1)
        model = _make(tf, name)
        inputs = _inputs(model)
        wanted = np.asarray(model(inputs))
        plain = len(convert(model).to_bytes())
        for type in TYPES:
            ours, theirs = convert(model, quantization=WeightQuantization(type)).to_bytes(), _theirs(tf, model, type)
            found, judged, rival = _run(Interpreter, ours, inputs), _run(_litert, ours, inputs), _run(_litert, theirs, inputs)
            largest = np.abs(wanted).max()
            differences = (float(np.abs(a - b).max() / largest) for a, b in ((judged, wanted), (rival, wanted), (found, judged)))
            yield Smaller(name, type, len(ours), len(theirs), plain, *differences)


def _make(tf: Any, name: str) -> Any:
    layers, keras = tf.keras.layers, tf.keras
    if name == "MobileNetV2 0.35":
        return keras.applications.MobileNetV2(weights=None, alpha=0.35, input_shape=(96, 96, 3), classes=100, classifier_activation=None)
    if hasattr(keras.applications, name):
        # Logits: a softmax of untrained networks hides what differs.
        return getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3), classes=100, classifier_activation=None)
    matrices = np.random.default_rng(0).normal(0, 0.1, (4, 64, 48)).astype(np.float32)
    made: dict[str, Callable[[], Any]] = {
        "dense": lambda: [keras.Input((64,), 1), layers.Dense(200, "relu"), layers.Dense(50)],
        "LSTM": lambda: [keras.Input((20, 32), 1), layers.LSTM(64), layers.Dense(50)],
        "GRU": lambda: [keras.Input((20, 32), 1), layers.GRU(64), layers.Dense(50)],
        "transposed": lambda: [keras.Input((16, 16, 16), 1), layers.Conv2DTranspose(32, 3, 2), layers.Conv2D(8, 3)],
        "Conv1D": lambda: [keras.Input((40, 16), 1), layers.Conv1D(48, 5), layers.Conv1D(8, 3)],
        "Conv3D": lambda: [keras.Input((8, 8, 8, 8), 1), layers.Conv3D(16, 3)],
        "products": lambda: [keras.Input((8, 64), 4), layers.Lambda(lambda x: tf.matmul(x, matrices))],
        "embedding": lambda: [keras.Input((20,), 1, dtype="int32"), layers.Embedding(1000, 32), layers.LSTM(64), layers.Dense(50)],
    }
    return keras.Sequential(made[name]())


def _inputs(model: Any) -> np.ndarray:
    rng = np.random.default_rng(0)
    shape = [size or 1 for size in model.inputs[0].shape]
    integer = "int" in str(model.inputs[0].dtype)
    return rng.integers(0, 1000, shape).astype(np.int32) if integer else rng.normal(0, 1, shape).astype(np.float32)


def _theirs(tf: Any, model: Any, type: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if type == "FLOAT16":
        converter.target_spec.supported_types = [tf.float16]
    with contextlib.redirect_stdout(io.StringIO()):  # it prints the signature of what it converts
        return bytes(converter.convert())


def _litert(model_content: bytes) -> Any:
    from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

    return LiteRT(model_content=model_content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)


def _run(runtime: Callable[..., Any], content: bytes, inputs: np.ndarray) -> np.ndarray:
    interpreter = runtime(model_content=content)
    given = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(given, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given, inputs)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
