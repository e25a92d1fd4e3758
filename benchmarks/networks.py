"""Keras networks to time: random weights that behave as trained ones do, and inputs that look real. Nothing is downloaded.

Batch normalizations get the statistics of real activations (one pass in training mode with momentum 0), without which scales
collapse, and what reaches a softmax is spread as widely as a trained network's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["KERAS", "SEED", "Network"]

SEED = 7
SAMPLES = 16


class Network(NamedTuple):
    """A Keras model with one input, and samples of that: float32 [SAMPLES, ...]."""

    model: Any
    samples: np.ndarray


def application(name: str, **arguments: Any) -> Network:
    """A network of keras.applications for pictures of 224 by 224 pixels."""
    import keras

    return settled(keras, getattr(keras.applications, name)(weights=None, **arguments))


def ssd_head() -> Network:
    """A detector's head over two feature maps: box and class predictions, concatenated, and decoded boxes."""
    import keras

    layers = keras.layers
    base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(192, 192, 3), alpha=0.5)
    boxes, scores = [], []
    for name in ("conv_pw_11_relu", "conv_pw_13_relu"):
        features = base.get_layer(name).output
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(12, 3, padding="same")(features)))
        scores.append(layers.Reshape((-1, 11))(layers.Conv2D(33, 3, padding="same")(features)))
    box = layers.Concatenate(axis=1)(boxes)
    score = layers.Activation("sigmoid")(layers.Concatenate(axis=1)(scores))
    return settled(keras, keras.Model(base.input, [box, score]))


def lstm() -> Network:
    """Twelve spoken words from 49 frames of 40 features: an LSTM of 128 units, which the converter makes one operator.

    Of Keras 2: TensorFlow 2.21 leaves Keras 3's as a loop, and its calibration ends the process.
    """
    import tf_keras as keras

    frames = keras.Input((49, 40), batch_size=1)
    x = keras.layers.LSTM(128)(frames)
    model = keras.Model(frames, keras.layers.Dense(12, activation="softmax")(x))
    return spread(keras, Network(model, features(49, 40)))


def transformer() -> Network:
    """The encoder of a small BERT after its embeddings: 4 layers, 128 tokens of 256 numbers, 4 heads, GELU; and 2 classes."""
    import keras

    layers, width, heads = keras.layers, 256, 4
    tokens = x = keras.Input((128, width), batch_size=1)
    for _ in range(4):
        attended = layers.MultiHeadAttention(heads, width // heads)(x, x)
        x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, attended]))
        fed = layers.Dense(width)(layers.Dense(4 * width, activation="gelu")(x))
        x = layers.LayerNormalization(epsilon=1e-6)(layers.Add()([x, fed]))
    x = layers.GlobalAveragePooling1D()(x)
    return spread(keras, Network(keras.Model(tokens, layers.Dense(2, activation="softmax")(x)), features(128, width)))


KERAS: dict[str, Callable[[], Network]] = {
    "mobilenet_v1": lambda: application("MobileNet"),
    "mobilenet_v2": lambda: application("MobileNetV2"),
    "mobilenet_v3": lambda: application("MobileNetV3Large", input_shape=(224, 224, 3)),
    "resnet50": lambda: application("ResNet50"),
    "efficientnet_b0": lambda: application("EfficientNetB0"),
    "ssd_head": ssd_head,
    "lstm": lstm,
    "transformer": transformer,
}


# ---- inputs


def pictures(size: int) -> np.ndarray:
    """Smooth random pictures, [SAMPLES, size, size, 3] in 0..1: neighbouring pixels agree, as they do in photographs."""
    rng = np.random.default_rng(SEED)
    coarse = rng.uniform(0, 1, (SAMPLES, 8, 8, 3))
    steps = np.linspace(0, 6.999, size)
    low, part = steps.astype(int), steps % 1
    rows = coarse[:, low] * (1 - part)[None, :, None, None] + coarse[:, low + 1] * part[None, :, None, None]
    smooth = rows[:, :, low] * (1 - part)[None, None, :, None] + rows[:, :, low + 1] * part[None, None, :, None]
    return np.clip(smooth + rng.normal(0, 0.05, smooth.shape), 0, 1).astype(np.float32)


def features(length: int, width: int) -> np.ndarray:
    """Normal numbers, [SAMPLES, length, width]: what a layer normalization or a filter bank's whitening leaves."""
    return np.random.default_rng(SEED).normal(0, 1, (SAMPLES, length, width)).astype(np.float32)


# ---- weights


def settled(keras: Any, model: Any) -> Network:
    """A network of pictures whose batch normalizations have random parameters and the statistics of what reaches them."""
    # Networks that rescale in the graph want 0..255; the others, -1..1.
    rescales = any(type(layer).__name__ == "Rescaling" for layer in model.layers)
    samples = pictures(model.input_shape[1])
    samples = samples * 255 if rescales else samples * 2 - 1
    rng = np.random.default_rng(SEED)
    for layer in model.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.momentum = 0.0
            layer.gamma.assign(rng.uniform(0.8, 1.2, layer.gamma.shape))
            layer.beta.assign(rng.uniform(-0.2, 0.4, layer.beta.shape))
    model(samples, training=True)
    return spread(keras, Network(model, samples))


def spread(keras: Any, network: Network) -> Network:
    """Scale a classifier's last weights so that what reaches its softmax spreads over -8..8, as in a trained one.

    A benchmark of classes that are all but equal would time what no trained network does.
    """
    model, samples = network
    if getattr(model.layers[-1], "activation", None) is not keras.activations.softmax:
        return network
    last = [layer for layer in model.layers if hasattr(layer, "kernel")][-1]
    activation, last.activation = last.activation, keras.activations.linear
    logits = keras.Model(model.input, last.output)
    largest = max(float(np.abs(logits(sample[None])).max()) for sample in samples)
    last.kernel.assign(last.kernel * (8 / largest))
    last.activation = activation
    return network
