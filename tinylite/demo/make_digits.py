"""Make the digit classifier of `tinylite demo`: train it with fake quantization, write it as a uint8 .tflite file.

Usage: python -m tinylite.demo.make_digits [DIRECTORY]        (default: this folder)

Needs tensorflow and scikit-learn. The data are scikit-learn's bundled digits, 1797 scans of 8x8 pixels; every fifth is
held out. Weights and activations are rounded to 8 bits while training, as the first TensorFlow Lite quantizer did it:
one scale and zero point a tensor, weights in the narrow range 1..255, biases INT32 at input scale times weight scale. The
file is written by tinylite's own Model. Writes digits_uint8.tflite and digit_0.png .. digit_9.png, and prints the
accuracy of the file, run by tinylite, on the held-out digits.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import numpy as np

from tinylite import Graph, Interpreter, Metadata, Model, Op, Quantization, Signature, Tensor

SEED = 3
STEPS = 3000
BATCH = 64
# Filters of the two 3x3 convolutions.
FILTERS = (12, 24)


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Pictures float32 [n, 8, 8, 1] in 0..255 and labels [n]: training and held out."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    pictures = np.round(digits.images * (255 / 16)).astype(np.float32)[..., None]
    held = np.arange(len(pictures)) % 5 == 0
    return pictures[~held], digits.target[~held], pictures[held], digits.target[held]


def shifted(pictures: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Each picture moved by at most one pixel, so that training sees more than a thousand and a half."""
    padded = np.pad(pictures, ((0, 0), (1, 1), (1, 1), (0, 0)))
    starts = rng.integers(0, 3, (len(pictures), 2))
    return np.stack([picture[y : y + 8, x : x + 8] for picture, (y, x) in zip(padded, starts, strict=True)])


def choose(low: float, high: float, narrow: bool) -> tuple[float, int]:
    """Scale and zero point of uint8 values for a real range that holds 0: the zero point from the end whose error is smaller."""
    least = 1 if narrow else 0
    scale = (high - low) / (255 - least)
    from_low, from_high = least - low / scale, 255 - high / scale
    zero = from_low if least + abs(low / scale) < 255 + abs(high / scale) else from_high
    return scale, int(np.clip(np.floor(zero + 0.5), least, 255))


class Network:
    """Two convolutions and a dense layer; every weight and activation passes a fake quantization."""

    def __init__(self, tf: Any) -> None:
        self.tf = tf
        random = tf.random.Generator.from_seed(SEED)
        shapes = [(3, 3, 1, FILTERS[0]), (3, 3, FILTERS[0], FILTERS[1]), (4 * 4 * FILTERS[1], 10)]
        self.weights = [tf.Variable(random.normal(shape, stddev=(2 / np.prod(shape[:-1])) ** 0.5)) for shape in shapes]
        self.biases = [tf.Variable(tf.zeros(shape[-1])) for shape in shapes]
        # Ranges of the activations: of the two RELUs and of the logits, as moving averages.
        self.ranges = [tf.Variable([0.0, 6.0]), tf.Variable([0.0, 6.0]), tf.Variable([-6.0, 6.0])]

    def weight(self, index: int) -> tuple[Any, float, float]:
        tf = self.tf
        weight = self.weights[index]
        low, high = tf.minimum(tf.reduce_min(weight), 0.0), tf.maximum(tf.reduce_max(weight), 0.0)
        return tf.quantization.fake_quant_with_min_max_vars(weight, low, high, narrow_range=True), float(low), float(high)

    def activation(self, x: Any, index: int, training: bool) -> Any:
        tf = self.tf
        kept = self.ranges[index]
        if training:
            seen = tf.stack([tf.minimum(tf.reduce_min(x), 0.0), tf.maximum(tf.reduce_max(x), 0.0)])
            kept.assign(kept * 0.99 + seen * 0.01)
        return tf.quantization.fake_quant_with_min_max_vars(x, kept[0], kept[1])

    def __call__(self, pictures: np.ndarray, training: bool) -> Any:
        tf = self.tf
        x = tf.constant(pictures / 255)
        for index, stride in ((0, 1), (1, 2)):
            x = tf.nn.relu(tf.nn.conv2d(x, self.weight(index)[0], stride, "SAME") + self.biases[index])
            x = self.activation(x, index, training)
        x = tf.reshape(x, (len(pictures), -1)) @ self.weight(2)[0] + self.biases[2]
        return self.activation(x, 2, training)


def train(pictures: np.ndarray, labels: np.ndarray) -> Network:
    import tensorflow as tf

    network = Network(tf)
    variables = network.weights + network.biases
    moments = [(np.zeros(v.shape, np.float32), np.zeros(v.shape, np.float32)) for v in variables]
    rng = np.random.default_rng(SEED)
    for step in range(1, STEPS + 1):
        chosen = rng.integers(0, len(pictures), BATCH)
        with tf.GradientTape() as tape:
            logits = network(shifted(pictures[chosen], rng), training=True)
            loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels[chosen], logits))
        rate = 3e-3 * (1 - step / STEPS)
        for variable, gradient, (first, second) in zip(variables, tape.gradient(loss, variables), moments, strict=True):
            # Adam, spelled out: the same on every version of TensorFlow.
            first += 0.1 * (gradient.numpy() - first)
            second += 0.001 * (gradient.numpy() ** 2 - second)
            variable.assign_sub(rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-7))
        if step % 500 == 0:
            print(f"step {step}: loss {float(loss):.4f}")
    return network


def write(network: Network) -> Model:
    """The trained network as a uint8 model."""

    def quantized(name: str, shape: tuple[int, ...], scale: float, zero: int) -> Tensor:
        return Tensor(name, shape, "UINT8", quantization=Quantization(np.array([scale]), np.array([zero])), has_rank=True)

    pictures = quantized("picture", (1, 8, 8, 1), 1 / 255, 0)
    source, ops = pictures, []
    for index, name in enumerate(("conv_1", "conv_2", "dense")):
        values, low, high = network.weight(index)
        scale, zero = choose(low, high, narrow=True)
        order = (3, 0, 1, 2) if index < 2 else (1, 0)  # filters first, as the file wants them
        stored = np.clip(np.round(values.numpy().transpose(order) / scale) + zero, 1, 255).astype(np.uint8)
        weights = quantized(f"{name}/weights", stored.shape, scale, zero)
        weights.data = stored
        assert source.quantization is not None
        bias_scale = float(source.quantization.scale[0]) * float(np.float32(scale))
        bias = Tensor(
            f"{name}/bias", (stored.shape[0],), "INT32", quantization=Quantization(np.array([bias_scale]), np.array([0])), has_rank=True
        )
        bias.data = np.round(network.biases[index].numpy() / bias_scale).astype(np.int32)
        low, high = map(float, network.ranges[index].numpy())
        shape = ((1, 8, 8, FILTERS[0]), (1, 4, 4, FILTERS[1]), (1, 10))[index]
        output = quantized(name, shape, *choose(low, high, narrow=False))
        if index < 2:
            stride = index + 1
            options: dict[str, Any] = {"padding": "SAME", "stride_w": stride, "stride_h": stride, "fused_activation_function": "RELU"}
            ops.append(Op("CONV_2D", [source, weights, bias], [output], **options))
        else:
            ops.append(Op("FULLY_CONNECTED", [source, weights, bias], [output]))
        source = output
    scores = quantized("scores", (1, 10), 1 / 256, 0)
    ops.append(Op("SOFTMAX", [source], [scores], beta=1.0))
    graph = Graph("digits", [pictures], [scores], ops)
    model = Model([graph], description="Handwritten digits, uint8, made by tinylite.demo.make_digits")
    model.signatures.append(Signature("serving_default", graph, {"picture": pictures}, {"scores": scores}))
    model.metadata.append(Metadata("min_runtime_version", np.frombuffer(b"1.5.0".ljust(16, b"\0"), np.uint8)))
    model.associated_files["labels.txt"] = "\n".join(map(str, range(10))).encode()
    return model


def main() -> None:
    from PIL import Image

    target = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    target.mkdir(parents=True, exist_ok=True)
    pictures, labels, held_pictures, held_labels = data()
    network = train(pictures, labels)
    path = target / "digits_uint8.tflite"
    write(network).save(path)
    interpreter = Interpreter(str(path))
    interpreter.allocate_tensors()
    right = np.zeros(len(held_labels), bool)
    for index, (picture, label) in enumerate(zip(held_pictures, held_labels, strict=True)):
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture[None].astype(np.uint8))
        interpreter.invoke()
        right[index] = interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).argmax() == label
    faked = np.asarray(network(held_pictures, training=False)).argmax(axis=1) == held_labels
    print(f"held out: {len(held_labels)} digits, {faked.mean():.2%} right in training's arithmetic, {right.mean():.2%} right as uint8")
    for digit in range(10):
        picture = held_pictures[np.flatnonzero(held_labels == digit)[0], :, :, 0]
        Image.fromarray(picture.astype(np.uint8)).save(target / f"digit_{digit}.png")
    print(f"{path}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
