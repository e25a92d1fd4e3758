"""Make the digit classifier of `tinylite demo`: train it with fake quantization, freeze it, convert it to .tflite files.

Needs tensorflow, scikit-learn and Pillow. The data are scikit-learn's bundled digits, 1797 scans of 8x8 pixels; every fifth is
held out. All of it is tinylite's own way: `create_training_graph` and `create_eval_graph` rewrite the graph, `freeze` joins it with
its variables, `convert` makes the file. Writes digits_uint8.tflite, digits_int8.tflite, which microcontrollers take, and digit_0.png ..
digit_9.png, and prints the accuracy on the held-out digits of a network trained in float, of those trained with rounding, and of the
files, run by tinylite.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from tinylite import Interpreter, Model, Signature, convert, freeze
from tinylite.errors import TinyliteError
from tinylite.freezing.tf import tensorflow
from tinylite.quantize import FullIntegerQuantization, experimental_create_eval_graph, experimental_create_training_graph

SEED = 3
STEPS = 3000
BATCH = 64
# Filters of the two 3x3 convolutions.
FILTERS = (12, 24)
# What stands for a black pixel, and how is decided what quantizers do differently.
FIRST = {"UINT8": 0.0, "INT8": -128.0}
POLICIES = {"UINT8": "toco", "INT8": "mlir"}


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


def network(tf: Any) -> tuple[Any, Any]:
    """The placeholder of pictures, float32 [n, 8, 8, 1] in 0..1, and the scores [n, 10]: two convolutions and a dense layer."""
    v1 = tf.compat.v1
    pictures = y = v1.placeholder(tf.float32, [None, 8, 8, 1], "picture")
    for index, (out, stride) in enumerate(zip(FILTERS, (1, 2), strict=True), 1):
        with v1.variable_scope(f"conv_{index}"):
            y = tf.nn.relu(v1.nn.conv2d(y, weights(v1, [3, 3, y.shape[-1], out]), [1, stride, stride, 1], "SAME") + bias(v1, out))
    with v1.variable_scope("dense"):
        y = tf.matmul(tf.reshape(y, [-1, 4 * 4 * FILTERS[-1]]), weights(v1, [4 * 4 * FILTERS[-1], 10])) + bias(v1, 10)
    return pictures, tf.nn.softmax(y, name="scores")


def weights(v1: Any, shape: list[int]) -> Any:
    deviation = (2 / np.prod(shape[:-1])) ** 0.5
    return v1.get_variable("weights", shape, initializer=v1.random_normal_initializer(stddev=deviation, seed=SEED))


def bias(v1: Any, size: int) -> Any:
    return v1.get_variable("bias", [size], initializer=v1.zeros_initializer())


def train(tf: Any, pictures: np.ndarray, labels: np.ndarray, checkpoint: str, type: str) -> None:
    """Train and save, with rounding to a type from the beginning, or for FLOAT32 without any."""
    v1 = tf.compat.v1
    rng = np.random.default_rng(SEED)
    with tf.Graph().as_default() as graph, v1.Session(config=one_thread(v1)) as session:
        x, scores = network(tf)
        wanted, rate = v1.placeholder(tf.int64, [None]), v1.placeholder(tf.float32, [])
        loss = -tf.reduce_mean(tf.math.log(tf.gather(scores, wanted, batch_dims=1) + 1e-7))
        if type != "FLOAT32":
            experimental_create_training_graph(graph, symmetric=type == "INT8")
        step = v1.train.AdamOptimizer(rate).minimize(loss)
        session.run(v1.global_variables_initializer())
        for count in range(1, STEPS + 1):
            chosen = rng.integers(0, len(pictures), BATCH)
            feed = {x: shifted(pictures[chosen], rng) / 255, wanted: labels[chosen], rate: 3e-3 * (1 - count / STEPS)}
            value = session.run([loss, step], feed)[0]
            if count % 1000 == 0:
                print(f"step {count}: loss {value:.4f}")
        v1.train.Saver().save(session, checkpoint)


def one_thread(v1: Any) -> Any:
    """Sums in one order, so that the same machine makes the same file."""
    return v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)


def evaluate(tf: Any, pictures: np.ndarray, labels: np.ndarray, checkpoint: str, type: str) -> tuple[float, Any]:
    """How many of some pictures a trained network classifies correctly, and the frozen graph."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph, v1.Session() as session:
        x, scores = network(tf)
        if type != "FLOAT32":
            experimental_create_eval_graph(graph, symmetric=type == "INT8")
        v1.train.Saver().restore(session, checkpoint)
        right = session.run(scores, {x: pictures / 255}).argmax(axis=1) == labels
        return float(right.mean()), freeze(session, ["scores"])


def write(frozen: Any, path: Path, type: str) -> None:
    """The frozen graph as a file of a type for one picture, whose stored integers are the pixels, less 128 if they are signed."""
    how = FullIntegerQuantization(type, POLICIES[type], input_stats={"picture": (FIRST[type], 255.0)})
    model: Model = convert(frozen, ["picture"], ["scores"], input_shapes={"picture": (1, 8, 8, 1)}, quantization=how)
    model.description = f"Handwritten digits, {type.lower()}, made by tinylite.demo.make_digits"
    graph = model.graph
    model.signatures = [Signature("serving_default", graph, {"picture": graph.inputs[0]}, {"scores": graph.outputs[0]})]
    model.associated_files["labels.txt"] = "\n".join(map(str, range(10))).encode()
    model.save(path)


def accuracy(path: Path, pictures: np.ndarray, labels: np.ndarray, type: str) -> float:
    """How many of some pictures a file classifies correctly, run by tinylite."""
    run = Interpreter(str(path)).get_signature_runner()
    stored = (pictures + FIRST[type]).astype(type.lower())
    right = [run(picture=picture[None])["scores"].argmax() == label for picture, label in zip(stored, labels, strict=True)]
    return float(np.mean(right))


@click.command(help=str(__doc__))
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), default=Path(__file__).parent)
def main(directory: Path) -> None:
    from tempfile import TemporaryDirectory

    from PIL import Image

    tf = tensorflow("training")
    directory.mkdir(parents=True, exist_ok=True)
    pictures, labels, held_pictures, held_labels = data()
    with TemporaryDirectory() as folder:
        for type in ("FLOAT32", *FIRST):
            print(f"training the {type} network")
            train(tf, pictures, labels, f"{folder}/{type}", type)
            share, frozen = evaluate(tf, held_pictures, held_labels, f"{folder}/{type}", type)
            print(f"{type}: {share:.2%} of {len(held_labels)} held-out digits right")
            if type in FIRST:
                path = directory / f"digits_{type.lower()}.tflite"
                write(frozen, path, type)
                print(f"{path.name}: {accuracy(path, held_pictures, held_labels, type):.2%} right, {path.stat().st_size} bytes")
    for digit in range(10):
        picture = held_pictures[np.flatnonzero(held_labels == digit)[0], :, :, 0]
        Image.fromarray(picture.astype(np.uint8)).save(directory / f"digit_{digit}.png")


if __name__ == "__main__":
    try:
        main()
    except TinyliteError as error:
        raise SystemExit(f"Error: {error}") from None
