"""How near the pictures are to one another: the filter's, TensorFlow's, and those of the two files."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tinylite.freezing.tf import tensorflow
from tinylite.interpreter import Interpreter

from .training import session

__all__ = ["Difference", "difference", "fake_quantized", "milliseconds", "picture", "psnr"]

RUNS = 20


class Difference(NamedTuple):
    """Between two pictures, in levels of brightness (0..255) of one channel of one pixel."""

    mean: float
    greatest: int
    within_one: float  # the share of values that differ by one level at most


def picture(path: Path) -> np.ndarray:
    """A picture file as uint8 [height, width, 3]."""
    from PIL import Image

    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def difference(first: np.ndarray, second: np.ndarray) -> Difference:
    levels = np.abs(first.astype(int) - second)
    return Difference(float(levels.mean()), int(levels.max()), float(np.mean(levels <= 1)))


def psnr(found: np.ndarray, wanted: np.ndarray) -> float:
    """The peak signal-to-noise ratio in dB: 10 log10(255² / mean squared error)."""
    return float(10 * np.log10(255**2 / np.mean((found.astype(float) - wanted) ** 2)))


def fake_quantized(frozen: Any, photograph: np.ndarray) -> np.ndarray:
    """What TensorFlow makes of a photograph with the frozen graph, in float arithmetic with rounding where the uint8 file rounds.

    It gets the numbers that the uint8 file's input represents. Those are not quite (pixel - 127.5) / 127.5: the zero point of the
    file is an integer, 128.
    """
    tf = tensorflow()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(frozen, name="")
    with session(graph) as running:
        (values,) = running.run("picture:0", {"photograph:0": (photograph[None].astype(np.float32) - 128) / 127.5})
    return np.clip(np.round(values * 127.5 + 128), 0, 255).astype(np.uint8)


def milliseconds(path: Path, height: int, width: int, threads: int) -> float:
    """The median time of a run of a file for a picture of this size."""
    interpreter = Interpreter(str(path), num_threads=threads)
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], [1, height, width, 3])
    interpreter.allocate_tensors()
    interpreter.invoke()
    times = []
    for _ in range(RUNS):
        started = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - started)
    return 1000 * statistics.median(times)
