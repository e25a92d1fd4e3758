"""The command line, as a person meets it: what goes in, what comes out, and what is said when it cannot be."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import wave
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import tinylite
from tinylite import Interpreter, ops
from tinylite.cli import main
from tinylite.model import Graph, Metadata, Model, Op, Quantization, Signature, Tensor
from tinylite.ops import custom_ops
from tinylite.report.profile import profile

DEMO = Path(tinylite.__file__).parent / "demo"
DIGITS = str(DEMO / "digits_uint8.tflite")
THREE = str(DEMO / "digit_3.png")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test in its own directory."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLUMNS", raising=False)
    return tmp_path


def tinylite_(*arguments: object, code: int = 0) -> Result:
    """Run a command in this process, and see that it ends with this code."""
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], prog_name="tinylite")
    assert result.exit_code == code, f"{result.output}{result.stderr}\n{result.exception!r}"
    return result


def error(*arguments: object, code: int = 1) -> str:
    """What a command that fails says, on stderr and without a traceback."""
    result = tinylite_(*arguments, code=code)
    assert "Traceback" not in result.stderr
    return result.stderr


def command(*arguments: object, module: bool = False) -> list[str]:
    installed = shutil.which("tinylite", path=str(Path(sys.executable).parent))
    start = [sys.executable, "-m", "tinylite"] if module or installed is None else [installed]
    return [*start, *map(str, arguments)]


# ---- models: what goes in comes out, so that outputs show inputs


def echo(
    shape: Sequence[int], type: str = "FLOAT32", signature: Sequence[int] | None = None, scale: float | None = None, zero: int = 0,
    name: str | None = "x", to: str = "m.tflite",
) -> str:  # fmt: skip
    """A model whose output is its input, reshaped to what it is."""
    quantization = None if scale is None else Quantization([scale], [zero])
    x = Tensor(name, tuple(shape), type, shape_signature=None if signature is None else tuple(signature), quantization=quantization)
    y = Tensor(None if name is None else "y", tuple(shape), type, shape_signature=x.shape_signature, quantization=quantization)
    op = Op("PAD", [x, pads := Tensor("pads", (), "INT32")], [y])
    pads.data = np.zeros((len(shape), 2), np.int32)
    Model([Graph("main", [x], [y], [op], [x, pads, y])]).save(to)
    return to


def two_inputs(named: bool = True, to: str = "two.tflite") -> str:
    """first - second, with a signature that calls them a and b, or without any name."""
    first, second, result = (Tensor(name if named else None, (1, 4)) for name in ("first:0", "second:0", "result:0"))
    graph = Graph("main", [first, second], [result], [Op("SUB", [first, second], [result])], [first, second, result])
    signatures = [Signature("subtract", graph, {"a": first, "b": second}, {"difference": result})] if named else []
    Model([graph], signatures=signatures).save(to)
    return to


def fed(*arguments: object, output: str = "out.npy") -> np.ndarray:
    """The first output of `tinylite run` as it was written."""
    tinylite_("run", *arguments, "-o", output)
    found: np.ndarray = np.load(output)
    return found


# ---- demo and help


def test_the_demo_reads_all_ten_digits() -> None:
    text = tinylite_("demo").stdout
    for digit in range(10):
        assert f"digit_{digit}.png: I see a {digit} (" in text
    assert "10 of 10 right" in text
    assert "CONV_2D" in text and "SOFTMAX" in text and "%" in text


@pytest.mark.parametrize("module", [False, True])
def test_the_installed_command_and_the_module_are_the_same(module: bool) -> None:
    done = subprocess.run(command("--version", module=module), capture_output=True, text=True, check=True)
    assert done.stdout == f"tinylite {tinylite.__version__}\n"


def test_help_names_commands_exit_codes_and_environment() -> None:
    text = tinylite_("--help").stdout
    for word in (*main.commands, "130", "TINYLITE_CACHE", "TINYLITE_CPU", "TINYLITE_MEMORY_LIMIT", "TINYLITE_QUIET"):
        assert word in text
    assert tinylite_("-h").stdout == text
    assert "..." not in text.split("Commands:")[1]


def _all_commands() -> dict[tuple[str, ...], click.Command]:
    """The commands, and those within groups, by the words that call them."""
    found: dict[tuple[str, ...], click.Command] = {(name,): command for name, command in main.commands.items()}
    for name, command in main.commands.items():
        if isinstance(command, click.Group):
            found |= {(name, inner): each for inner, each in command.commands.items()}
    return found


@pytest.mark.parametrize("names", _all_commands(), ids=" ".join)
def test_help_of_a_command_names_and_explains_every_option(names: tuple[str, ...]) -> None:
    text = tinylite_(*names, "--help").stdout
    for parameter in _all_commands()[names].params:
        if parameter.param_type_name == "option":
            assert parameter.help  # type: ignore[attr-defined]
            for spelling in (*parameter.opts, *parameter.secondary_opts):
                assert re.search(rf"(^|\s){spelling}\b", text), spelling
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "Usage: tinylite [OPTIONS] COMMAND [ARGS]..."),
        (["inspct"], "No such command 'inspct'"),
        (["run"], "Missing argument 'MODEL'"),
        (["inspect"], "Missing argument 'MODEL'"),
        (["run", DIGITS, THREE, "--resize", "squeeze"], "'squeeze' is not one of"),
        (["run", DIGITS, THREE, "--std", "0"], "--std: it must not be 0"),
        (["run", DIGITS, THREE, "--raw", "--mean", "1"], "--raw takes pixels as they are"),
        (["run", DIGITS, THREE, "--labels", "none.txt"], "File 'none.txt' does not exist"),
        (["run", DIGITS, THREE, "--threads", "0"], "0 is not in the range x>=1"),
        (["run", DIGITS, THREE, "--nonsense"], "No such option"),
        (["run", DIGITS, "-1.57"], "-1.57 looks like an option: give a negative number as 0=-1.57, or NAME=-1.57"),
        (["run", DIGITS, "-.5"], "as 0=-.5, or NAME=-.5"),
        (["run", DIGITS, THREE, "--mean", "-1", "-x"], "No such option"),
    ],
)
def test_a_wrong_command_line_is_explained_with_code_2(arguments: list[str], text: str) -> None:
    assert text in error(*arguments, code=2)


# ---- pictures


def picture(mode: str, name: str) -> Image.Image:
    """A grey ramp of 16 columns, in a mode of Pillow's, saved under a name."""
    ramp = np.tile(np.arange(0, 256, 17, np.uint8), (4, 1))
    if mode == "I;16":
        image = Image.fromarray(ramp.astype(np.uint16) * 257)
    elif mode == "P":
        image = Image.fromarray(ramp).convert("RGB").quantize(16)
    elif mode == "RGBA":
        image = Image.fromarray(ramp).convert("RGB")
        image.putalpha(255)
    else:
        image = Image.fromarray(ramp).convert(mode)
    image.save(name)
    return image


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    ("mode", "name", "off"),
    [
        ("L", "p.png", 0), ("RGB", "p.png", 0), ("RGBA", "p.png", 0), ("P", "p.png", 0), ("I;16", "p.png", 0),
        ("L", "p.bmp", 0), ("RGB", "p.bmp", 0), ("RGB", "P.JPG", 3), ("L", "p.gif", 0), ("CMYK", "p.jpg", 3), ("I;16", "p.tif", 0),
    ],
)  # fmt: skip
def test_pictures_of_all_kinds_become_the_same_pixels(mode: str, name: str, off: int, channels: int) -> None:
    picture(mode, name)
    found = fed(echo((1, 4, 16, channels), "UINT8", scale=1 / 255), name)
    wanted = np.tile(np.arange(0, 256, 17)[:, np.newaxis], (1, 4, 1, channels))
    assert np.abs(found.astype(int) - wanted).max() <= off


@pytest.mark.parametrize(
    ("shape", "arguments", "wanted"),
    [
        ((1, 4, 16, 1), [], np.arange(0, 256, 17) / 127.5 - 1),  # a float input: -1..1
        ((1, 4, 16, 1), ["--mean", "10", "--std", "5"], (np.arange(0, 256, 17) - 10) / 5),
        ((1, 4, 16, 1), ["--std", "255"], np.arange(0, 256, 17) / 255),
        ((4, 16), ["--mean", "0"], np.arange(0, 256, 17)),  # no batch and no channels
        ((1, 3, 4, 16), ["--mean", "0"], np.arange(0, 256, 17)),  # channels first, as PyTorch has them
    ],
)
def test_pixels_become_real_numbers(shape: tuple[int, ...], arguments: list[str], wanted: np.ndarray) -> None:
    picture("L", "p.png")
    found = fed(echo(shape), "p.png", *arguments)
    assert found.shape == shape
    columns = found.reshape(-1, 4, 16) if 3 in shape or len(shape) == 2 else found[..., 0]
    assert np.abs(columns - wanted).max() < 1e-5


@pytest.mark.parametrize(
    ("type", "zero", "arguments", "wanted"),
    [
        ("UINT8", 0, [], np.arange(0, 256, 17)),
        ("INT8", -128, [], np.arange(0, 256, 17) - 128),
        ("INT8", 3, ["--mean", "0", "--std", "255"], np.round(np.arange(0, 256, 17) / 255 / 0.5) + 3),
        ("UINT8", 100, ["--mean", "99.5", "--std", "2"], np.arange(0, 256, 17)),  # quantized for them, the mean rounded
        ("INT8", -28, ["--mean", "99.5", "--std", "2"], np.arange(0, 256, 17) - 128),
        ("UINT8", 100, ["--mean", "98", "--std", "2"], np.minimum(np.arange(0, 256, 17) + 2, 255)),
        ("INT8", 3, ["--raw"], np.arange(0, 256, 17).astype(np.uint8).view(np.int8)),
    ],
)
def test_pixels_are_quantized_as_the_input_wants(type: str, zero: int, arguments: list[str], wanted: np.ndarray) -> None:
    picture("L", "p.png")
    assert np.array_equal(fed(echo((1, 4, 16, 1), type, scale=0.5, zero=zero), "p.png", *arguments)[0, 0, :, 0], wanted)


def test_pictures_are_resized_as_asked() -> None:
    """White with a black left half, 16 wide and 8 high, for an input of 8x8."""
    pixels = np.full((8, 16), 255, np.uint8)
    pixels[:, :8] = 0
    Image.fromarray(pixels).save("p.png")
    model = echo((1, 8, 8, 1), "UINT8", scale=1.0)
    stretched, cropped, padded = (fed(model, "p.png", "--resize", how)[0, ..., 0] for how in ("stretch", "crop", "pad"))
    for found in (stretched, cropped):  # half of it is black with either
        assert (found[:, :3] == 0).all() and (found[:, 5:] == 255).all()
    assert cropped[0, 3] == 0 and cropped[0, 4] == 255  # not blurred: not resized
    assert (padded[:2] == 0).all() and (padded[6:] == 0).all() and padded[4, 7] == 255
    assert "the picture is 16x8 and the input 8x8. Allow resizing (stretch, crop or pad)" in error(
        "run", model, "p.png", "--resize", "none"
    )
    assert fed(echo((1, 8, 16, 1), "UINT8", scale=1.0), "p.png", "--resize", "none")[0, 0, 8, 0] == 255


def test_an_input_that_may_vary_takes_the_picture_s_size() -> None:
    Image.fromarray(np.zeros((5, 7, 3), np.uint8)).save("p.png")
    assert fed(echo((1, 1, 1, 3), signature=(-1, -1, -1, 3)), "p.png").shape == (1, 5, 7, 3)


def test_a_photograph_is_turned_as_its_camera_was_held() -> None:
    image = Image.new("L", (16, 8))
    exif = image.getexif()
    exif[0x0112] = 6  # lies on its side
    image.save("p.jpg", exif=exif)
    assert fed(echo((1, 1, 1, 1), signature=(1, -1, -1, 1)), "p.jpg").shape == (1, 16, 8, 1)


# ---- sound and arrays


def sound(width: int, channels: int, count: int = 8, rate: int = 16000) -> np.ndarray:
    """Write w.wav, of a ramp from -1 in each channel, the second being silent; returns the ramp."""
    ramp = np.linspace(-1, 0.75, count)
    samples = np.zeros((count, channels))
    samples[:, 0] = ramp
    stored = (samples * 128 + 128).astype(np.uint8) if width == 1 else np.round(samples * 2 ** (8 * width - 1)).astype("<i4")
    content = stored.tobytes() if width in (1, 4) else stored.reshape(-1, 1).view(np.uint8)[:, :width].tobytes()
    with wave.open("w.wav", "wb") as file:
        file.setparams((channels, width, rate, count, "NONE", ""))
        file.writeframes(content)
    return ramp


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("width", [1, 2, 3, 4])
def test_samples_become_minus_one_to_one_in_one_channel(width: int, channels: int) -> None:
    ramp = sound(width, channels)
    assert np.abs(fed(echo((1, 8)), "w.wav") - ramp / channels).max() < (1e-4 if width > 1 else 0.01)


@pytest.mark.parametrize(
    ("shape", "type", "scale", "arguments", "wanted"),
    [
        ((8,), "FLOAT32", None, [], [-1, -0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75]),
        ((1, 8, 1), "FLOAT32", None, ["--mean", "1", "--std", "2"], [-1, -0.875, -0.75, -0.625, -0.5, -0.375, -0.25, -0.125]),
        ((1, 8), "INT8", 1 / 64, [], [-64, -48, -32, -16, 0, 16, 32, 48]),
    ],
)
def test_samples_have_the_input_s_shape_and_scale(
    shape: tuple[int, ...], type: str, scale: float | None, arguments: list[str], wanted: list[float]
) -> None:
    sound(2, 1)
    found = fed(echo(shape, type, scale=scale), "w.wav", *arguments)
    assert found.shape == shape and np.abs(found.reshape(-1) - wanted).max() < 1e-6


def test_a_sound_of_another_length_is_cut_or_padded_and_that_is_said() -> None:
    sound(2, 1, 800, rate=8000)

    def notes(model: str) -> str:  # by a separate process: pytest keeps for itself what is logged in this one
        return subprocess.run(command("run", model, "w.wav", "-o", "out.npy"), capture_output=True, text=True, check=True).stderr

    assert notes(echo((1, 1000))) == (
        "Note: input 'x': 800 samples at 8000 Hz, one channel; their rate is left, since the file does not say which the model takes; "
        "--rate does; the input takes 1000: silence follows; samples became -1..1\n"
    )
    assert not np.load("out.npy")[0, 800:].any()
    assert "the input takes 300: the rest is cut off" in notes(echo((1, 300)))
    assert "the input takes" not in notes(echo((1, 1), signature=(1, -1)))


def test_a_sound_is_no_spectrogram() -> None:
    sound(2, 1)
    assert "the input has shape [1, 4, 2], which is not a row of samples" in error("run", echo((1, 4, 2)), "w.wav")


A, B = np.array([[5, 6, 7, 8]], np.float32), np.array([[1, 1, 2, 2]], np.float32)


@pytest.mark.parametrize(
    "entries",
    [
        ["a.npy", "b.npy"], ["a=a.npy", "b=b.npy"], ["b=b.npy", "a.npy"], ["1=b.npy", "0=a.npy"], ["second:0=b.npy", "first:0=a.npy"],
        ["both.npz"], ["tensors.npz"], ["a=both.npz", "b=both.npz"], ["a.npy", "b=one.npz"], ["a.npy", "one.npz"],
    ],
)  # fmt: skip
def test_arrays_go_to_inputs_by_order_name_or_number(entries: list[str]) -> None:
    np.save("a.npy", A)
    np.save("b.npy", B[0])  # without its batch dimension
    np.savez("both.npz", a=A, b=B)
    np.savez("tensors.npz", **{"first:0": A, "second:0": B})
    np.savez("one.npz", values=B)
    assert fed(two_inputs(), *entries).tolist() == [[4, 5, 5, 6]]


def test_a_file_s_own_name_may_have_an_equals_sign() -> None:
    np.save("b=0.npy", A)
    assert fed(echo((1, 4)), "b=0.npy").tolist() == A.tolist()


def test_a_model_without_names_goes_by_numbers() -> None:
    np.save("a.npy", A)
    np.save("b.npy", B)
    model = two_inputs(named=False)
    assert fed(model, "1=b.npy", "0=a.npy").tolist() == [[4, 5, 5, 6]]
    assert "nothing is given for input '1' (float32 [1, 4])" in error("run", model, "a.npy")
    tinylite_("run", model, "a.npy", "b.npy", "-o", "0=out.npy")
    assert tinylite_("inspect", model).stdout.count("FLOAT32") >= 4


def test_arrays_are_quantized_or_converted_where_that_loses_nothing() -> None:
    np.save("f.npy", np.array([[0, 0.5, 1, 99]]))
    assert fed(echo((1, 4), "INT8", scale=0.5, zero=1), "f.npy").tolist() == [[1, 2, 3, 127]]
    assert fed(echo((1, 4)), "f.npy").tolist() == [[0, 0.5, 1, 99]]
    np.save("i.npy", np.array([[0, 1, 2, 200]]))
    assert fed(echo((1, 4), "INT32"), "i.npy").tolist() == [[0, 1, 2, 200]]
    text = error("run", echo((1, 4), "INT8", scale=0.5), "i.npy")
    assert "it holds int64 values such as 200, which the input's int8 cannot hold" in text
    assert "float64 values such as 0.5, which the input's int32 cannot hold" in error("run", echo((1, 4), "INT32"), "f.npy")


def test_a_longer_batch_resizes_the_model() -> None:
    np.save("a.npy", np.tile(A, (3, 1)))
    assert fed(echo((1, 4)), "a.npy").shape == (3, 4)


def test_random_values_fill_what_is_missing_and_repeat_with_their_seed() -> None:
    np.save("b.npy", np.zeros_like(B))
    first, again, other = (fed(two_inputs(), "b=b.npy", "--random", seed) for seed in (1, 1, 2))
    assert np.array_equal(first, again) and not np.array_equal(first, other)
    assert np.abs(first).max() <= 1
    assert set(fed(echo((1, 40), "INT32"), "--random", 0).reshape(-1)) == {0, 1}
    assert np.ptp(fed(echo((1, 400), "UINT8", scale=1 / 255), "--random", 0)) > 200


# ---- what is shown and written


def scores(count: int = 6) -> str:
    np.save("s.npy", np.array([[0.1, 0.5, 0.2, 0.9, 0.3, 0.4][:count]], np.float32))
    return echo((1, count))


def shown(*arguments: object) -> list[str]:
    return [" ".join(line.split()) for line in tinylite_("run", *arguments).stdout.splitlines()]


def test_the_largest_scores_are_shown_with_their_labels() -> None:
    Path("labels.txt").write_text("zero\none\n\nthree\n")
    assert shown(scores(), "s.npy", "--top", 3, "--labels", "labels.txt")[:4] == [
        "y: float32 1x6", "0.9 3 three", "0.5 1 one", "0.4 5",
    ]  # fmt: skip
    assert len(shown(scores(), "s.npy", "--top", 100)) == 1 + 6 + 1


def test_labels_that_are_attached_to_the_model_are_used() -> None:
    model = Model.load(scores())
    model.associated_files = {"labels.txt": b"zero\none\ntwo\nthree\nfour\nfive\n"}
    model.save("labelled.tflite")
    assert shown("labelled.tflite", "s.npy", "--top", 1)[1] == "0.9 3 three"


def test_labels_that_may_lack_the_background_are_noted() -> None:
    Path("labels.txt").write_text("one\ntwo\nthree\nfour\nfive\n")
    note = tinylite_("run", scores(), "s.npy", "--labels", "labels.txt").stderr
    assert "Note: y has 6 classes and there are 5 labels" in note


@pytest.mark.parametrize(
    ("values", "line"),
    [
        (np.array([7], np.int64), "7"), (np.array([123456789], np.int64), "123456789"), (np.array([0.25], np.float32), "0.25"),
        (np.array([3, 1, 2], np.int32), "3 1 2"), (np.arange(9, dtype=np.int32), "0 1 2 3 4 ..."),
        (np.array([[1, 2], [3, 6]], np.float32), "from 1 to 6, mean 3"), (np.zeros((0, 4), np.float32), "empty"),
    ],
)  # fmt: skip
def test_outputs_of_other_kinds_are_shown_as_they_read_best(values: np.ndarray, line: str) -> None:
    np.save("v.npy", values)
    model = echo(values.shape, str(values.dtype).upper(), signature=(-1, *values.shape[1:]))
    assert shown(model, "v.npy")[1] == line


def test_a_run_ends_with_its_time() -> None:
    number = r"[\d.e+]+ (µs|ms|s)"
    assert re.fullmatch(rf"{number}, 1 thread", shown(scores(), "s.npy")[-1])
    assert re.fullmatch(rf"{number}, the median of 20 runs, 2 threads", shown(scores(), "s.npy", "--repeat", 20, "--threads", 2)[-1])


def test_a_profile_lists_the_ops() -> None:
    text = tinylite_("run", DIGITS, THREE, "--profile").stdout
    assert "the median of 10 runs" in text
    for name in ("CONV_2D", "FULLY_CONNECTED", "SOFTMAX", "the whole model"):
        assert name in text


def test_outputs_are_written_as_arrays() -> None:
    text = tinylite_("run", scores(), "s.npy", "-o", "a.npy", "-o", "A.NPZ", "-o", "y=b.npy").stdout
    assert [line for line in text.splitlines() if line.startswith("written")] == ["written: a.npy", "written: A.NPZ", "written: b.npy"]
    for name in ("a.npy", "b.npy"):
        assert np.array_equal(np.load(name), np.load("s.npy"))
    with np.load("A.NPZ") as file:
        assert {name: file[name].tolist() for name in file.files} == {"y": np.load("s.npy").tolist()}
    assert sorted(os.listdir()) == ["A.NPZ", "a.npy", "b.npy", "m.tflite", "s.npy"]


@pytest.mark.parametrize("shape", [(1, 4, 16, 3), (4, 16, 3), (1, 4, 16, 1), (1, 4, 16), (4, 16)])
@pytest.mark.parametrize("type", ["FLOAT32", "UINT8", "INT8"])
def test_pictures_come_out_as_they_went_in(type: str, shape: tuple[int, ...]) -> None:
    picture("L", "p.png")
    model = echo(shape, type, scale=None if type == "FLOAT32" else 1 / 127)
    tinylite_("run", model, "p.png", "-o", "out.png", "-o", "out.bmp")
    with Image.open("p.png") as given, Image.open("out.png") as written, Image.open("out.bmp") as other:
        assert np.array_equal(np.asarray(written.convert("L")), np.asarray(given))
        assert np.array_equal(np.asarray(other.convert("L")), np.asarray(given))
        assert written.mode == ("RGB" if 3 in shape else "L")


def test_a_picture_is_written_with_the_scaling_that_it_was_read_with() -> None:
    picture("L", "p.png")
    tinylite_("run", echo((1, 4, 16, 1)), "p.png", "--mean", 100, "--std", 50, "-o", "out.png")
    with Image.open("p.png") as given, Image.open("out.png") as written:
        assert np.array_equal(np.asarray(written), np.asarray(given))


@pytest.mark.parametrize("type", ["UINT8", "INT8"])
def test_quantized_pictures_are_written_as_the_numbers_that_they_stand_for(type: str) -> None:
    """By the normalization, if there is one, and otherwise as an input of that kind is read."""
    picture("L", "p.png")
    given = np.asarray(Image.open("p.png"))
    least = -128 if type == "INT8" else 0
    tinylite_("run", echo((1, 4, 16, 1), type, scale=2 / 255, zero=128 + least), "p.png", "--mean", 127.5, "--std", 127.5, "-o", "same.png")
    wide = echo((1, 4, 16, 1), type, scale=4 / 255, zero=128 + least)
    tinylite_("run", wide, "p.png", "--mean", 127.5, "--std", 127.5, "-o", "near.png")
    tinylite_("run", wide, "p.png", "-o", "bytes.png")
    assert np.array_equal(np.asarray(Image.open("same.png")), given)
    for name in ("near.png", "bytes.png"):  # -1..1 in 128 steps, said or not
        assert np.abs(np.asarray(Image.open(name)).astype(int) - given).max() <= 1


def test_a_signature_names_inputs_and_outputs() -> None:
    model = Model.load(two_inputs())
    first, second = model.graph.inputs
    model.signatures.append(Signature("other", model.graph, {"left": first, "right": second}, {"out": model.graph.outputs[0]}))
    far = Tensor("far", (1,))
    model.graphs.append(Graph("far", [far], [far], [], [far]))
    model.signatures.append(Signature("elsewhere", model.graphs[1], {"x": far}, {"y": far}))
    model.save("m.tflite")
    np.save("a.npy", A)
    np.save("b.npy", B)
    assert "difference: float32 1x4" in tinylite_("run", "m.tflite", "a=a.npy", "b=b.npy").stdout
    assert "out: float32 1x4" in tinylite_("run", "m.tflite", "right=b.npy", "left=a.npy", "--signature", "other").stdout
    assert "'subtract', 'other', 'elsewhere'" in error("run", "m.tflite", "a.npy", "b.npy", "--signature", "nonsense")
    assert "y: float32 1\n  7" in tinylite_("run", "m.tflite", "x=7", "--signature", "elsewhere").stdout
    assert "y: float32 1\n  7" in tinylite_("run", "m.tflite", "7", "--graph", 1).stdout
    assert "is of graph 1, not 0" in error("run", "m.tflite", "7", "--graph", 0, "--signature", "elsewhere")
    assert "there is no graph 2: the model has 2" in error("run", "m.tflite", "7", "--graph", 2)


# ---- what cannot be


def broken(path: str, content: bytes) -> str:
    Path(path).write_bytes(content)
    return path


ERRORS: dict[str, tuple[Callable[[], list[Any]], str]] = {
    "no_model": (lambda: ["no.tflite", "a.npy"], "no.tflite: there is no such file. The current directory is"),
    "model_is_a_picture": (lambda: [THREE], "not a .tflite file: this looks like a PNG picture. Give the model first, then the picture"),
    "cut_short": (lambda: [broken("cut.tflite", Path(DIGITS).read_bytes()[:999]), THREE], "cut.tflite: "),
    "no_input": (lambda: [two_inputs()], "nothing is given for input 'a' (float32 [1, 4]), 'b' (float32 [1, 4]). Give a file for each"),
    "no_file": (lambda: [two_inputs(), "no.npy"], "no.npy, for input 'a': there is no such file"),
    "no_npz": (lambda: [two_inputs(), "no.npz"], "no.npz, for input 'a': there is no such file"),
    "input_name": (lambda: [two_inputs(), "c=a.npy"], "the model has no input 'c'. There are: 'a', 'b'"),
    "too_many": (lambda: [two_inputs(), *["a.npy"] * 3], "a.npy is one file too many: the model has only the 2 inputs 'a', 'b'"),
    "one_too_many": (lambda: [echo((1, 4)), "a.npy", "b.npy"], "b.npy is one file too many: the model has only the input 'x'"),
    "twice": (lambda: [two_inputs(), "a=a.npy", "0=a.npy"], "input 'a' is given twice"),
    "kind": (lambda: [two_inputs(), broken("a.xyz", b"ID3")], "files of type '.xyz' are not known. Known are .png, .jpg"),
    "no_picture": (lambda: [DIGITS, broken("p.png", b"GIF")], "p.png, for input 'picture': not a readable picture. Convert it"),
    "cut_picture": (lambda: [DIGITS, broken("p.png", Path(THREE).read_bytes()[:60])], "p.png, for input 'picture': it cannot be read: "),
    "no_wav": (lambda: [echo((1, 8)), broken("w.wav", b"ID3")], "w.wav, for input 'x': not a readable WAV file"),
    "no_array": (lambda: [echo((1, 8)), broken("b.npy", b"ID3")], "not a readable NumPy file"),
    "no_archive": (lambda: [echo((1, 8)), broken("b.npz", b"PK\3\4")], "b.npz: not a readable NumPy file: File is not a zip"),
    "text_array": (lambda: [echo((1, 4)), "t.npy"], "t.npy, for input 'x': it holds <U1 and the input is float32. Give numbers"),
    "archive_names": (lambda: [echo((1, 4)), "c.npz"], "it holds the arrays 'c', 'd' and none for this input. Name one 'x'"),
    "no_place_for_a_picture": (lambda: [echo((2, 2, 2, 2)), THREE], "the input has shape [2, 2, 2, 2], which is not a picture"),
    "raw_floats": (lambda: [echo((1, 4, 4, 1)), THREE, "--raw"], "raw pixels are bytes, and the input is float32"),
    "shape": (lambda: [two_inputs(), "a.npy", "five.npy"], "two.tflite, graph 0, op 0 SUB version 1 (output 'result:0'): "),
    "output_name": (lambda: [echo((1, 4)), "a.npy", "-o", "z=z.npy"], "the model has no output 'z'. There are: 'y'"),
    "output_kind": (lambda: [echo((1, 4)), "a.npy", "-o", "z.txt"], "z.txt: files of type '.txt' cannot be written. Name it .npy"),
    "output_place": (lambda: [echo((1, 4)), "a.npy", "-o", "no/z.npy"], "no/z.npy: it cannot be written: its directory does not exist"),
    "output_is_a_directory": (lambda: [echo((1, 4)), "a.npy", "-o", "dir.npy"], "dir.npy: it cannot be written: "),
    "output_is_no_picture": (lambda: [echo((2, 2, 2, 2)), "f.npy", "-o", "f.png"], "2, 2], which is not a picture. Write it as .npy"),
    "output_is_an_input": (lambda: [two_inputs(), "a.npy", "b=five.npy", "-o", "./five.npy"], "./five.npy: it is the file that is read"),
    "signature": (lambda: [two_inputs(), "a.npy", "--signature", "s"], "there is no signature 's'. There are: 'subtract'"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_what_cannot_be_is_said_with_code_1(name: str) -> None:
    np.save("a.npy", A)
    np.save("five.npy", np.zeros((1, 5), np.float32))
    np.save("t.npy", np.array([["a", "b", "c", "d"]]))
    np.save("f.npy", np.zeros((2, 2, 2, 2), np.float32))
    np.savez("c.npz", c=A, d=A)
    os.mkdir("dir.npy")
    arguments, text = ERRORS[name]
    said = error("run", *arguments())
    assert said.startswith("Error: ") and text in said
    assert len(said.splitlines()) == 1
    assert not [left for left in os.listdir() if left.endswith(".part")]


def test_an_output_that_cannot_be_is_refused_before_the_model_runs() -> None:
    np.save("a.npy", A)
    assert tinylite_("run", echo((1, 4)), "a.npy", "-o", "z.txt", code=1).stdout == ""


def test_a_failed_write_leaves_the_old_file(monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("a.npy", A)
    np.save("out.npy", B)

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    model = echo((1, 4))
    monkeypatch.setattr(os, "replace", fail)
    assert "out.npy: it cannot be written: No space left on device" in error("run", model, "a.npy", "-o", "out.npy")
    assert np.array_equal(np.load("out.npy"), B)
    assert sorted(os.listdir()) == ["a.npy", "m.tflite", "out.npy"]


def test_outputs_are_written_through_links() -> None:
    np.save("a.npy", A)
    os.symlink("target.npy", "link.npy")
    tinylite_("run", echo((1, 4)), "a.npy", "-o", "link.npy")
    assert os.path.islink("link.npy")
    assert sorted(os.listdir()) == ["a.npy", "link.npy", "m.tflite", "target.npy"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="permissions do not bind this user")
def test_a_directory_that_may_not_be_written_is_an_error() -> None:
    np.save("a.npy", A)
    os.mkdir("closed")
    os.chmod("closed", 0o500)
    assert "closed/out.npy: it cannot be written: Permission denied" in error("run", echo((1, 4)), "a.npy", "-o", "closed/out.npy")


# ---- inspect


def several() -> str:
    """Two graphs, names that look like markup, a name that is missing, metadata, a label file, a quantized and a custom op."""
    x, y, z = Tensor("[red]x[/blue]:smile:", (1, 4), "INT8"), Tensor(None, (1, 4), "INT8"), Tensor("z\u00e4hler", (1, 4), "INT8")
    for tensor, zero in ((x, 3), (y, -3), (z, 0)):
        tensor.quantization = Quantization([0.5], [zero])
    first = Graph("main", [x], [z], [Op("RELU", [x], [y]), Op("RELU6", [y], [z])], [x, y, z])
    a, b = Tensor("a", (2,)), Tensor("b", (2,))
    second = Graph("second", [a], [b], [Op("CUSTOM", [a], [b], custom_code="Mine", custom_options=b"\1")], [a, b])
    model = Model([first, second], "a model", metadata=[Metadata("note", np.frombuffer(b"hello", np.uint8))])
    model.signatures = [Signature("serve", first, {"in": x}, {"out": z})]
    model.associated_files = {"labels.txt": b"cat\n"}
    model.save("several.tflite")
    return "several.tflite"


def test_inspect_shows_all_of_a_model() -> None:
    text = tinylite_("inspect", several()).stdout
    for words in (
        "a model", "metadata note", "hello (5 B)", "attached file labels.txt", "Graph 0 main: ops", "Graph 1 second: ops", "RELU6 v1",
        "Mine v1", "[red]x[/blue]:smile:", "zähler", "0.5 * (q - 3)", "0.5 * (q + 3)", "0.5 * q", "Graph 0 main: kernels",
        "Graph 0 main: memory plan", "serve",
        "Graph 1 second: no memory plan, since tinylite cannot run it: ", "Signatures",
    ):  # fmt: skip
        assert words in text, words
    without = tinylite_("inspect", several(), "--no-memory").stdout
    assert "memory plan" not in without and "kernels" not in without


def test_inspect_names_the_kernels_that_a_run_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of each op, with the variant of a matrix product: the same that the profile of a run shows."""
    monkeypatch.setenv("COLUMNS", "200")
    memory = json.loads(tinylite_("inspect", DIGITS, "--json").stdout)["graphs"][0]["memory"]
    interpreter = Interpreter(DIGITS)
    interpreter.allocate_tensors()
    assert [(op["index"], op["name"], tuple(op["kernels"])) for op in memory["ops"]] == [
        (op.index, op.name, op.kernels) for op in profile(interpreter, 1).ops
    ]
    steps = [range(op["first_step"], op["last_step"] + 1) for op in memory["ops"]]
    assert [step for of_op in steps for step in of_op] == list(range(memory["steps"]))
    names = {step.kernel.name for step in interpreter.plan.steps}
    assert any(name.startswith("q8_gemm") for name in names), names
    table = tinylite_("inspect", DIGITS).stdout.split(": kernels")[1].split("memory plan")[0]
    assert all(name in table for name in names)


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_tables_fit_the_terminal_and_cut_nothing_off(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    text = tinylite_("inspect", DIGITS).stdout
    assert max(map(len, text.splitlines())) <= columns
    assert "…" not in text


def test_json_holds_what_the_tables_show() -> None:
    found = json.loads(tinylite_("inspect", several(), "--json").stdout)
    assert list(found) == ["file", "graphs", "signatures", "metadata", "associated_files"]
    first, second = found["graphs"]
    assert [op["name"] for op in first["ops"]] == ["RELU", "RELU6"]
    assert [tensor["name"] for tensor in first["tensors"]] == ["[red]x[/blue]:smile:", None, "zähler"]
    assert first["tensors"][0]["quantization"]["zero_point"] == [3]
    assert second["ops"][0] == {
        "index": 0, "code": "CUSTOM", "name": "Mine", "version": 1, "inputs": [0], "outputs": [1], "options": {}, "custom_options": 1,
    }  # fmt: skip
    assert "custom operator 'Mine'" in second["memory"]["problem"]
    memory = first["memory"]
    assert memory["arena_bytes"] > 0 and memory["steps"] == 2 and memory["dynamic_from"] is None
    blocks = memory["blocks"]
    assert sorted(number for block in blocks for number in block["tensors"]) == [0, 1, 2]
    for block in blocks:
        assert 0 <= block["offset"] <= memory["arena_bytes"] - block["bytes"] and block["first_step"] <= block["last_step"]
    assert found["signatures"] == [{"key": "serve", "graph": 0, "inputs": {"in": "[red]x[/blue]:smile:"}, "outputs": {"out": "zähler"}}]
    assert found["metadata"] == [{"name": "note", "bytes": 5, "text": "hello"}] and found["associated_files"] == {"labels.txt": 4}
    assert json.loads(tinylite_("inspect", several(), "--json", "--no-memory").stdout)["graphs"][0]["memory"] is None


def test_json_has_neither_nan_nor_infinity() -> None:
    x, y = Tensor("x", (1, 4), "INT8", quantization=Quantization([np.inf], [0])), Tensor("y", (1, 4), "INT8")
    Model([Graph("main", [x], [y], [Op("LEAKY_RELU", [x], [y], alpha=float("nan"))], [x, y])]).save("m.tflite")

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    graph = json.loads(tinylite_("inspect", "m.tflite", "--json").stdout, parse_constant=refuse)["graphs"][0]
    assert graph["ops"][0]["options"] == {"alpha": "nan"} and graph["tensors"][0]["quantization"]["scale"] == ["inf"]
    assert "inf * q" in tinylite_("inspect", "m.tflite").stdout


def test_every_shared_model_can_be_shown(shared: Path) -> None:
    for path in sorted((shared / "models").glob("*.tflite")):
        graph = json.loads(tinylite_("inspect", path, "--json").stdout)["graphs"][0]
        assert graph["memory"]["arena_bytes"] > 0
        assert "…" not in tinylite_("inspect", path).stdout


def test_inspect_says_what_a_file_is_not() -> None:
    assert "no.tflite: there is no such file" in error("inspect", "no.tflite")
    assert "this looks like a PNG picture" in error("inspect", THREE, "--json")


# ---- a real terminal, a real pipe


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX's")
@pytest.mark.parametrize("arguments", [["inspect", DIGITS], ["inspect", DIGITS, "--json"], ["demo"], ["--help"]])
def test_a_reader_that_leaves_early_sees_no_traceback(arguments: list[str]) -> None:
    process = subprocess.Popen(
        command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(1)
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) in (0, 1)
    assert said == ""


@pytest.mark.skipif(os.name != "posix", reason="pipes and signals are POSIX's")
def test_ctrl_c_stops_without_a_traceback_and_with_code_130() -> None:
    np.save("a.npy", np.zeros((1, 1 << 16), np.float32))
    # Python ignores the signal where the shell that started the tests does.
    code = """
import signal
from tinylite.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
main()
"""
    start = [sys.executable, "-c", code, "run", echo((1, 1 << 16)), "a.npy", "--repeat", "100000000"]
    process = subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(1)
    process.send_signal(signal.SIGINT)
    output, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert output == "" and said.strip() == "Stopped"


def test_a_terminal_that_lacks_letters_gets_others() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for arguments in (["demo"], ["inspect", several()]):
        done = subprocess.run(command(*arguments), capture_output=True, text=True, env=environment, check=False)
        assert done.returncode == 0, done.stderr
    assert "z?hler" in done.stdout


def test_ops_lists_every_operator() -> None:
    rows = json.loads(CliRunner().invoke(main, ["ops", "--json"]).stdout)
    assert [row["name"] for row in rows if not row["custom"]] == ops.names()
    assert [row["name"].lower() for row in rows if row["custom"]] == custom_ops.names()
    assert all(row["types"] and row["versions"] and row["what"] for row in rows)
    text = CliRunner().invoke(main, ["ops", "conv_2d", "Mfcc"]).stdout
    assert "FLOAT32 x INT8" in text and "1 to 8" in text and "mel-frequency" in text and "SOFTMAX" not in text
    assert re.search(r"^\W*CONV_2D\W+FLOAT32", text, re.MULTILINE), "the name comes first, then the types"


def test_ops_names_what_is_near() -> None:
    done = CliRunner().invoke(main, ["ops", "softmaxx"])
    assert done.exit_code == 1 and "does not run softmaxx. The nearest names are 'SOFTMAX', 'LOG_SOFTMAX'" in done.stderr


def test_view_says_that_a_port_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[str, int]] = []
    netron = SimpleNamespace(start=lambda path, address, browse: served.append(address) or address, stop=lambda address: None)
    monkeypatch.setitem(sys.modules, "netron", netron)
    monkeypatch.setattr("time.sleep", lambda seconds: (_ for _ in ()).throw(KeyboardInterrupt))
    with socket.create_server(("localhost", 0)) as other:
        port = other.getsockname()[1]
        done = CliRunner().invoke(main, ["view", str(DIGITS), "--port", str(port), "--no-browse"])
        assert done.exit_code == 1 and not served
        assert re.search(f"nothing can be served at localhost:{port}: .*in use.*Give another --port", done.stderr)
    assert CliRunner().invoke(main, ["view", str(DIGITS), "--port", str(port), "--no-browse"]).exit_code == 130
    assert served == [("localhost", port)]
