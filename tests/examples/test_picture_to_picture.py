"""The picture to picture tutorial in its small version, from photographs to cartoons that a file of 8-bit integers draws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tinylite import Interpreter, Model
from tinylite.cli import main as command_line
from tinylite.examples.picture_to_picture.cartoon import blur, cartoon, kuwahara
from tinylite.examples.picture_to_picture.comparison import picture

from ..conftest import litert_interpreter

HEIGHT, WIDTH = 20, 31


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)


def test_a_blur_is_the_mean_of_a_square() -> None:
    picture = noise() / 255
    outwards = np.pad(picture, ((2, 2), (2, 2), (0, 0)), mode="edge")
    wanted = [[outwards[y : y + 5, x : x + 5].mean(axis=(0, 1)) for x in range(WIDTH)] for y in range(HEIGHT)]
    assert np.allclose(blur(picture, 2), wanted)


def test_smoothing_keeps_edges_and_levels_what_lies_between() -> None:
    edge = np.where(np.arange(WIDTH) < 15, 0.2, 0.8) * np.ones((HEIGHT, 1))
    rough = np.repeat((edge + np.random.default_rng(0).normal(0, 0.02, edge.shape))[..., None], 3, axis=2)
    smooth = kuwahara(rough, 4)
    assert np.abs(smooth - edge[..., None]).max() < 0.03
    assert (smooth - edge[..., None]).std() < 0.5 * (rough - edge[..., None]).std()


def test_the_filter_treats_all_directions_alike() -> None:
    """So that turning and flipping photographs and their cartoons makes more of them."""
    picture = noise()
    for turned in (np.rot90, np.fliplr, np.flipud):
        assert np.abs(cartoon(turned(picture)).astype(int) - turned(cartoon(picture))).max() <= 1


def test_lines_are_drawn_at_edges_only() -> None:
    picture = np.full((HEIGHT, WIDTH, 3), 200, np.uint8)
    assert np.array_equal(cartoon(picture), picture)
    picture[:, 15:] = 100
    drawn = cartoon(picture)
    assert drawn[10, 15].max() < 60
    assert (drawn[10, [0, 30], 0] == [200, 100]).all()


def test_crops_for_training_leave_the_windows_for_the_test_alone() -> None:
    pytest.importorskip("sklearn")
    from tinylite.examples.picture_to_picture.photographs import CORNERS, Pair, Photographs

    photographs = Photographs(seed=1)
    for name, (y, x) in CORNERS.items():
        marked = np.zeros_like(photographs.whole[name].photograph)
        marked[y : y + 256, x : x + 192] = 255
        photographs.whole[name] = Pair(marked, marked)
    crops, _ = photographs.batch(500, 32)
    assert crops.max() == -1
    assert [pair.photograph.shape for pair in photographs.held_out.values()] == [(256, 192, 3)] * 2


def test_the_whole_tutorial(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    pytest.importorskip("sklearn")
    from tinylite.examples.picture_to_picture.tutorial import SMALL, tutorial

    for figures in tutorial(tmp_path, SMALL):
        # Short training ends in another network for every number of threads: of 97 to 99.7% of the values. docs/ has the long one's.
        assert figures.tensorflow_to_uint8.within_one >= 0.95
        assert figures.tensorflow_to_uint8.mean < 1
        assert figures.float_to_uint8.mean < 2
        assert min(figures.float_psnr, figures.uint8_psnr) > 17
        assert abs(figures.float_psnr - figures.uint8_psnr) < 0.5
    model = Model.load(tmp_path / "uint8.tflite")
    assert {t.type for t in model.graph.all_tensors()} == {"UINT8", "INT32"}
    assert (tmp_path / "uint8.tflite").stat().st_size < 0.3 * (tmp_path / "float.tflite").stat().st_size

    # Training found all ranges: default ones have nothing to do.
    command("convert", tmp_path / "frozen.pb", "--inference_type=QUANTIZED_UINT8", "--mean_value=127.5", "--std_value=127.5",
            "--input_shapes=1,-1,-1,3", "-o", tmp_path / "again.tflite")  # fmt: skip
    assert (tmp_path / "again.tflite").read_bytes() == (tmp_path / "uint8.tflite").read_bytes()
    assert same_as_litert(tmp_path / "uint8.tflite", picture(tmp_path / "flower.png"))

    # Pictures of any size, whose pixels are the bytes of the file's input and output.
    with Image.open(tmp_path / "china.png") as image:
        image.resize((120, 70)).save(tmp_path / "other.png")
    normalization = ["--mean", "127.5", "--std", "127.5"]
    command("run", tmp_path / "uint8.tflite", tmp_path / "other.png", *normalization, "-o", tmp_path / "a.png")
    command("run", tmp_path / "uint8.tflite", tmp_path / "other.png", "--raw", "-o", tmp_path / "b.png")
    assert picture(tmp_path / "a.png").shape == (70, 120, 3)
    assert np.array_equal(picture(tmp_path / "a.png"), picture(tmp_path / "b.png"))


def same_as_litert(path: Path, photograph: np.ndarray) -> bool:
    """Whether LiteRT's reference kernels return the bytes that tinylite returns."""
    pictures = []
    for interpreter in (Interpreter(str(path)), litert_interpreter(path.read_bytes())):
        given, asked = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
        interpreter.resize_tensor_input(given, [1, *photograph.shape])
        interpreter.allocate_tensors()
        interpreter.set_tensor(given, photograph[None])
        interpreter.invoke()
        pictures.append(interpreter.get_tensor(asked))
    return np.array_equal(*pictures)


def command(*words: str | Path) -> None:
    called = CliRunner().invoke(command_line, [str(word) for word in words])
    assert called.exit_code == 0, called.output
