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
from tinylite.quantize import Weights

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
)
TYPES = ("INT8", "FLOAT16")


@dataclass
class Smaller:
    """One model and type: bytes of both files, and the largest difference from the float model over its largest output."""

    name: str
    type: str
    ours: int
    theirs: int
    float_bytes: int
    difference: float
    their_difference: float


def compare(names: list[str]) -> Iterator[Smaller]:
    """Store each model's weights smaller by both converters, and run both files with LiteRT's reference kernels."""
    tf = tensorflow()
    for name in names:
        tf.keras.utils.set_random_seed(1)
        model = _make(tf, name)
        inputs = _inputs(model)
        wanted = np.asarray(model(inputs))
        plain = len(convert(model).to_bytes())
        for type in TYPES:
            ours, theirs = convert(model, weights=Weights(type)).to_bytes(), _theirs(tf, model, type)
            differences = [float(np.abs(_run(content, inputs) - wanted).max() / np.abs(wanted).max()) for content in (ours, theirs)]
            yield Smaller(name, type, len(ours), len(theirs), plain, *differences)


def _make(tf: Any, name: str) -> Any:
    layers, keras = tf.keras.layers, tf.keras
    if hasattr(keras.applications, name):
        # Logits: a softmax of untrained networks hides what differs.
        return getattr(keras.applications, name)(weights=None, input_shape=(224, 224, 3), classes=100, classifier_activation=None)
    made: dict[str, Callable[[], Any]] = {
        "dense": lambda: [keras.Input((64,), 1), layers.Dense(200, "relu"), layers.Dense(50)],
        "LSTM": lambda: [keras.Input((20, 32), 1), layers.LSTM(64), layers.Dense(50)],
        "GRU": lambda: [keras.Input((20, 32), 1), layers.GRU(64), layers.Dense(50)],
        "transposed": lambda: [keras.Input((16, 16, 16), 1), layers.Conv2DTranspose(32, 3, 2), layers.Conv2D(8, 3)],
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


def _run(content: bytes, inputs: np.ndarray) -> np.ndarray:
    from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

    interpreter = LiteRT(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    Interpreter(model_content=content)  # which tinylite must be able to plan as well
    given = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(given, inputs.shape)
    interpreter.allocate_tensors()
    interpreter.set_tensor(given, inputs)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
