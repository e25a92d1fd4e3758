"""Damaged files of other formats: protocol buffers as text, labels, arrays, pictures, sounds, and attached archives."""

from __future__ import annotations

import io
import os
import tempfile
import wave
import zipfile
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from tests.converter import test_graphdef as graphdefs
from tinylite.cli.base.running import labels_of
from tinylite.files import file_formats
from tinylite.files.diagnose import diagnose_path
from tinylite.files.graphdef import read_graph_def
from tinylite.inputs.media import Normalization, read_input
from tinylite.interpreter import Interpreter
from tinylite.model import Graph, Model, Op, Tensor

from ..damage import damaged_bytes
from ..trial import outcome_of


@dataclass
class Seed:
    """A file's ending and content, and what reads it."""

    ending: str
    content: bytes
    read: Callable[[str, bytes], object]


def prepare() -> list[Seed]:
    from PIL import Image

    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (9, 11, 3)).astype(np.uint8)
    seeds = [Seed(".pbtxt", graphdefs.VALUES.encode(), _text)] * 8
    for ending in (".png", ".bmp", ".gif", ".jpg", ".webp", ".tiff", ".ppm"):
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, {".jpg": "JPEG", ".tiff": "TIFF"}.get(ending, ending[1:].upper()))
        seeds.append(Seed(ending, written.getvalue(), _media(1, 8, 8, 3)))
    for width in (1, 2, 3, 4):
        sound = io.BytesIO()
        with wave.open(sound, "wb") as file:
            file.setnchannels(2)
            file.setsampwidth(width)
            file.setframerate(16000)
            file.writeframes(rng.integers(0, 256, 64 * width).astype(np.uint8).tobytes())
        seeds.append(Seed(".wav", sound.getvalue(), _media(1, 16)))
    array = rng.normal(size=(1, 4)).astype(np.float32)
    for save, ending in ((np.save, ".npy"), (np.savez, ".npz"), (np.savez_compressed, ".npz")):
        arrays = io.BytesIO()
        save(arrays, array)  # type: ignore[operator]
        seeds += [Seed(ending, arrays.getvalue(), _media(1, 4))] * 3
    seeds += [Seed(".txt", "cat\ndog\r\ncafé\n".encode(), _labels)]
    seeds += [Seed(".tflite", _with_archive(compression), _attached) for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) * 4]
    return seeds


def _with_archive(compression: int) -> bytes:
    """A model with a zip archive at its end, as label files are attached."""
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
    content = Model([Graph("main", [x], [y], [Op("NEG", [x], [y])], [x, y])]).to_bytes()
    written = io.BytesIO(content)
    with zipfile.ZipFile(written, "a", compression) as archive:
        archive.writestr(zipfile.ZipInfo("labels.txt"), "cat\ndog\n" * 20, compression)
        archive.writestr(zipfile.ZipInfo("vocab.txt"), "a\nb\n", compression)
    return written.getvalue()


def _text(_path: str, content: bytes) -> object:
    return read_graph_def(content, text=True)


def _labels(_path: str, content: bytes) -> object:
    return labels_of(content)


def _attached(_path: str, content: bytes) -> object:
    model = Model.load(content)
    for name in list(model.associated_files):
        outcome_of(lambda name=name: bytes(model.associated_files[name]))  # type: ignore[misc]
    return model.to_bytes()


def _media(*shape: int) -> Callable[[str, bytes], object]:
    """Read a file as an input of this shape is read."""
    x, y = Tensor("x", shape), Tensor("y", shape)
    (details,) = Interpreter(model_content=Model([Graph("main", [x], [y], [Op("NEG", [x], [y])], [x, y])]).to_bytes()).get_input_details()

    def read(path: str, _content: bytes) -> object:
        return read_input(path, details, Normalization(127.5, 127.5))

    return read


def attack(seeds: list[Seed], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    seed = seeds[rng.integers(len(seeds))]
    content = damaged_bytes(seed.content, rng)
    with tempfile.NamedTemporaryFile(suffix=seed.ending) as file:
        file.write(content)
        file.flush()
        for look in (file_formats.detect_format, diagnose_path):
            outcome_of(lambda look=look: look(file.name))  # type: ignore[misc]
        outcome_of(lambda: file_formats.identify(content[: file_formats.HEAD]))
        return outcome_of(lambda: seed.read(os.fspath(file.name), content)), len(content)
