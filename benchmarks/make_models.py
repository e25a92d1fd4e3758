"""Make the networks that the benchmarks run, with TensorFlow: MobileNet v1, v2, v3, ResNet-50, EfficientNet, an SSD head.

Usage: python benchmarks/make_models.py [--output models] [NAME ...]

Needs the extra `tensorflow`. Nothing is downloaded: weights are random, but batch normalization gets the statistics of
real activations (one pass in training mode with momentum 0), without which scales collapse. Each network is written as
NAME_float, NAME_int8 and NAME_dynamic (.tflite).
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

SEED = 7


def pictures(size: int, count: int) -> np.ndarray:
    """Smooth random pictures, [count, size, size, 3] in 0..1: neighbouring pixels agree, as they do in photographs."""
    rng = np.random.default_rng(SEED)
    coarse = rng.uniform(0, 1, (count, 8, 8, 3))
    steps = np.linspace(0, 6.999, size)
    low, part = steps.astype(int), steps % 1
    rows = coarse[:, low] * (1 - part)[None, :, None, None] + coarse[:, low + 1] * part[None, :, None, None]
    smooth = rows[:, :, low] * (1 - part)[None, None, :, None] + rows[:, :, low + 1] * part[None, None, :, None]
    return np.clip(smooth + rng.normal(0, 0.05, smooth.shape), 0, 1).astype(np.float32)


def ssd_head(keras: Any) -> Any:
    """A detector's head over two feature maps: box and class predictions, concatenated, and decoded boxes."""
    layers = keras.layers
    base = keras.applications.MobileNet(weights=None, include_top=False, input_shape=(192, 192, 3), alpha=0.5)
    boxes, scores = [], []
    for name in ("conv_pw_11_relu", "conv_pw_13_relu"):
        features = base.get_layer(name).output
        boxes.append(layers.Reshape((-1, 4))(layers.Conv2D(12, 3, padding="same")(features)))
        scores.append(layers.Reshape((-1, 11))(layers.Conv2D(33, 3, padding="same")(features)))
    box = layers.Concatenate(axis=1)(boxes)
    score = layers.Activation("sigmoid")(layers.Concatenate(axis=1)(scores))
    return keras.Model(base.input, [box, score])


def networks(keras: Any) -> dict[str, Any]:
    applications = keras.applications
    return {
        "mobilenet_v1": lambda: applications.MobileNet(weights=None),
        "mobilenet_v2": lambda: applications.MobileNetV2(weights=None),
        "mobilenet_v3": lambda: applications.MobileNetV3Large(weights=None, input_shape=(224, 224, 3)),
        "resnet50": lambda: applications.ResNet50(weights=None),
        "efficientnet_b0": lambda: applications.EfficientNetB0(weights=None),
        "ssd_head": lambda: ssd_head(keras),
    }


def settle(network: Any, inputs: np.ndarray) -> None:
    """Give every batch normalization random parameters and the statistics of what reaches it."""
    rng = np.random.default_rng(SEED)
    for layer in network.layers:
        if type(layer).__name__ == "BatchNormalization":
            layer.momentum = 0.0
            layer.gamma.assign(rng.uniform(0.8, 1.2, layer.gamma.shape))
            layer.beta.assign(rng.uniform(-0.2, 0.4, layer.beta.shape))
    network(inputs, training=True)


def spread_classes(keras: Any, network: Any, inputs: np.ndarray) -> None:
    """Scale a classifier's last weights so that what reaches its softmax spreads over -8..8, as in a trained one.

    A benchmark of classes that are all but equal would time what no trained network does.
    """
    if getattr(network.layers[-1], "activation", None) is not keras.activations.softmax:
        return
    last = [layer for layer in network.layers if hasattr(layer, "kernel")][-1]
    activation, last.activation = last.activation, keras.activations.linear
    sums = np.asarray(keras.Model(network.input, last.output)(inputs))
    last.kernel.assign(last.kernel * (8 / float(np.abs(sums).max())))
    last.activation = activation


def convert(tf: Any, network: Any, inputs: np.ndarray, kind: str) -> bytes:
    converter = tf.lite.TFLiteConverter.from_keras_model(network)
    if kind != "float":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "int8":

        def examples() -> Iterator[list[np.ndarray]]:
            for picture in inputs:
                yield [picture[None]]

        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
    return bytes(converter.convert())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=Path("models"), help="the directory to write to (default: models)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="networks to make (default: all)")
    arguments = parser.parse_args()

    import keras
    import tensorflow as tf

    makers = networks(keras)
    unknown = set(arguments.names) - set(makers)
    if unknown:
        parser.error(f"unknown networks: {', '.join(sorted(unknown))}; there are: {', '.join(makers)}")
    arguments.output.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or makers:
        keras.utils.set_random_seed(SEED)
        network = makers[name]()
        size = network.input_shape[1]
        # Networks that rescale in the graph want 0..255; the others, -1..1.
        rescales = any(type(layer).__name__ == "Rescaling" for layer in network.layers)
        inputs = pictures(size, 16) * 255 if rescales else pictures(size, 16) * 2 - 1
        settle(network, inputs)
        spread_classes(keras, network, inputs)
        for kind in ("float", "int8", "dynamic"):
            target = arguments.output / f"{name}_{kind}.tflite"
            target.write_bytes(convert(tf, network, inputs, kind))
            print(f"{target}: {target.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
