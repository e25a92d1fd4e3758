"""The tutorial: every step from photographs to a picture that a file of 8-bit integers made. Read it from top to bottom."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np

from tinylite import freeze
from tinylite.cli import main as command_line
from tinylite.errors import TinyliteError

from .comparison import Difference, difference, fake_quantized, milliseconds, picture, psnr
from .photographs import HEIGHT, WIDTH, Photographs
from .training import SEED, Course, evaluation_graph, train

__all__ = ["FULL", "SMALL", "Figures", "tutorial"]

FULL = Course(steps=2000, freeze_bn_delay=100, quant_delay=1600)
SMALL = Course(steps=320, freeze_bn_delay=40, quant_delay=240)

# Pixels of 0..255 are numbers of -1..1 to the network: (pixel - mean) / std.
MEAN = STD = "127.5"


class Figures(NamedTuple):
    """What came of a photograph. PSNRs are against the filter's picture."""

    name: str
    float_psnr: float
    uint8_psnr: float
    float_to_uint8: Difference
    tensorflow_to_uint8: Difference


def tutorial(directory: Path, course: Course) -> list[Figures]:
    """Everything, with all files in `directory`; what there is to see is printed, and the figures are given back."""
    directory.mkdir(parents=True, exist_ok=True)

    click.secho("1. Train a network with fake quantization to do what the filter does", bold=True)
    photographs = Photographs(SEED)
    checkpoint = str(directory / "model.ckpt")
    train(photographs, course, checkpoint, say=click.echo)

    click.secho("\n2. Freeze: join the evaluation graph with the trained values", bold=True)
    frozen = freeze(evaluation_graph(), ["picture"], checkpoint=checkpoint, output_graph=directory / "frozen.pb")
    click.echo(f"written: {directory / 'frozen.pb'}")

    # Without the FakeQuants the float file is a plain one. Default ranges are for tensors whose range training has not found; here
    # there are none, and the file would be the same without.
    click.secho("\n3. Convert: one file in float, one of 8-bit integers, both for pictures of any size", bold=True)
    convert = ["convert", f"--graph_def_file={directory / 'frozen.pb'}", "--input_arrays=photograph", "--output_arrays=picture",
               "--input_shapes=1,-1,-1,3", "--report=false"]  # fmt: skip
    tinylite(*convert, "--inference_type=FLOAT", "--drop_fake_quant", f"--output_file={directory / 'float.tflite'}")
    tinylite(*convert, "--inference_type=QUANTIZED_UINT8", f"--mean_value={MEAN}", f"--std_value={STD}",
             "--default_ranges_min=-1", "--default_ranges_max=1", f"--output_file={directory / 'uint8.tflite'}")  # fmt: skip

    click.secho("\n4. Photograph in, picture out: windows of the photographs that training has not seen", bold=True)
    for name, pair in photographs.held_out.items():
        save(pair.photograph, directory / f"{name}.png")
        save(pair.cartoon, directory / f"{name}_filter.png")
        for kind in ("float", "uint8"):
            tinylite("run", str(directory / f"{kind}.tflite"), str(directory / f"{name}.png"), "--mean", MEAN, "--std", STD,
                     "-o", str(directory / f"{name}_{kind}.png"))  # fmt: skip

    click.secho("\n5. Compare", bold=True)
    found = []
    for name, pair in photographs.held_out.items():
        in_float, in_uint8 = (picture(directory / f"{name}_{kind}.png") for kind in ("float", "uint8"))
        in_tensorflow = fake_quantized(frozen.graph_def, pair.photograph)
        found.append(Figures(
            name, psnr(in_float, pair.cartoon), psnr(in_uint8, pair.cartoon),
            difference(in_float, in_uint8), difference(in_tensorflow, in_uint8),
        ))  # fmt: skip
    show(found, directory)
    return found


def tinylite(*words: str) -> None:
    """Run a command as it would be typed."""
    click.echo(f"$ tinylite {shlex.join(words)}")
    if command_line(words, standalone_mode=False):
        raise TinyliteError(f"tinylite {words[0]} failed")


def save(pixels: np.ndarray, path: Path) -> None:
    from PIL import Image

    Image.fromarray(pixels).save(path)


def show(found: list[Figures], directory: Path) -> None:
    """Sizes and times of the two files, and the figures of each photograph."""
    files = [directory / f"{kind}.tflite" for kind in ("float", "uint8")]
    for file in files:
        one, two = (milliseconds(file, HEIGHT, WIDTH, threads) for threads in (1, 2))
        size = file.stat().st_size
        click.echo(f"{file.name}: {size} bytes, {one:.1f} ms for {WIDTH}x{HEIGHT} pixels on 1 thread, {two:.1f} ms on 2")
    click.echo(f"uint8 takes {files[1].stat().st_size / files[0].stat().st_size:.3f} of the space")
    for figures in found:
        click.echo(f"{figures.name}: to the filter's picture float {figures.float_psnr:.2f} dB, uint8 {figures.uint8_psnr:.2f} dB")
        for other, levels in (("float", figures.float_to_uint8), ("TensorFlow's fake quantization", figures.tensorflow_to_uint8)):
            click.echo(
                f"  uint8 to {other}: {levels.mean:.3f} levels of 255 in the mean, {levels.greatest} at most, "
                f"{levels.within_one:.2%} of values within one"
            )
