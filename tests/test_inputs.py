"""What becomes of pictures, sound and numbers that a command feeds: what metadata says, what is noted, what is questioned."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import tracemalloc
import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

import tinylite
from tinylite import Interpreter, random_inputs
from tinylite.cli import main
from tinylite.errors import FileError, TensorError
from tinylite.inputs.media import read_input
from tinylite.model import Graph, Metadata, Model, Op, Quantization, Signature, Tensor
from tinylite.model.metadata import end_facts
from tinylite.schema.encode import encode
from tinylite.schema.table import Table
from tinylite.schema.tables import METADATA_IDENTIFIER

RAMP = np.arange(0, 256, 17)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.tile(RAMP.astype(np.uint8), (4, 1))).save("p.png")


def run(*arguments: object, code: int = 0, stdin: bytes = b"") -> Result:
    done = CliRunner().invoke(main, ["run", *map(str, arguments)], input=stdin)
    assert done.exit_code == code, f"{done.output}{done.exception!r}"
    return done


def fed(*arguments: object, **options: Any) -> np.ndarray:
    run(*arguments, "-o", "out.npy", **options)
    found: np.ndarray = np.load("out.npy")
    return found


def echo(
    shape: Sequence[int], type: str = "FLOAT32", scale: float | None = None, zero: int = 0, signature: Sequence[int] | None = None,
    metadata: bytes | None = None, files: dict[str, bytes] | None = None,
) -> str:  # fmt: skip
    """A model whose output y is its input x, of any shape."""
    quantization = None if scale is None else Quantization([scale], [zero])
    x, y = (Tensor(name, tuple(shape), type, quantization=quantization) for name in "xy")
    x.shape_signature = y.shape_signature = None if signature is None else tuple(signature)
    pads = Tensor("pads", (), "INT32")
    pads.data = np.zeros((len(shape), 2), np.int32)
    model = Model([Graph("main", [x], [y], [Op("PAD", [x, pads], [y])])], associated_files=files or {})
    if metadata is not None:
        model.metadata.append(Metadata("TFLITE_METADATA", np.frombuffer(metadata, np.uint8)))
    model.save("m.tflite")
    return "m.tflite"


def described(input: Table | None = None, output: Table | None = None) -> bytes:
    """Metadata that say this of the input and of the output."""
    graph = Table("SubGraphMetadata", input_tensor_metadata=[input or Table("TensorMetadata")])
    graph.output_tensor_metadata = [output or Table("TensorMetadata")]
    return bytes(encode(Table("ModelMetadata", name="a model", subgraph_metadata=[graph]), identifier=METADATA_IDENTIFIER))


def normalized(mean: Sequence[float], std: Sequence[float]) -> Table:
    options = Table("NormalizationOptions", mean=np.array(mean, np.float32), std=np.array(std, np.float32))
    return Table("TensorMetadata", name="image", process_units=[Table("ProcessUnit", options=options)])


def audio(rate: int, channels: int = 1) -> Table:
    properties = Table("AudioProperties", sample_rate=rate, channels=channels)
    return Table("TensorMetadata", content=Table("Content", content_properties=properties))


def sound(name: str = "w.wav", count: int = 16000, rate: int = 16000, channels: int = 1) -> np.ndarray:
    """A tone of 500 Hz, 16-bit."""
    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(count) / rate)
    with wave.open(name, "wb") as file:
        file.setparams((channels, 2, rate, count, "NONE", ""))
        file.writeframes(np.repeat(np.round(tone * 32768).astype("<i2"), channels).tobytes())
    return tone


# ---- pixels


@pytest.mark.parametrize(
    ("scale", "zero"), [(2 / 255, -1), (1 / 128, 0), (0.1, 0), (0.02, 3), (1 / 127.5, 0)], ids=["exact", "128", "coarse", "odd", "127"]
)
@pytest.mark.parametrize("arguments", [[], ["--mean", 127.5, "--std", 127.5], ["--std", 255], ["--mean", 100, "--std", 200]])
def test_a_quantized_input_gets_the_real_numbers_that_a_float_input_gets(scale: float, zero: int, arguments: list[object]) -> None:
    real = fed(echo((1, 4, 16, 1)), "p.png", *arguments)
    stored = fed(echo((1, 4, 16, 1), "INT8", scale, zero), "p.png", *arguments)
    meant = np.clip(real, scale * (-128 - zero), scale * (127 - zero))
    assert np.abs((stored.astype(float) - zero) * scale - meant).max() <= scale * 0.51
    unsigned = fed(echo((1, 4, 16, 1), "UINT8", scale, zero + 128), "p.png", *arguments)
    assert np.array_equal(unsigned.astype(int) - 128, stored)


@pytest.mark.parametrize(
    ("model", "arguments", "words"),
    [
        (((1, 4, 16, 1),), [], "pixels became (pixel - 127.5) / 127.5, a guess, since the file does not say"),
        (((1, 4, 16, 1), "INT8", 2 / 255, -1), [], "pixels became (pixel - 127.5) / 127.5, since the input stores -0.9961 to 1.004"),
        (((1, 4, 16, 1), "INT8", 1 / 255, -128), [], "pixels became pixel / 255, since the input stores 0 to 1; the same network"),
        (((1, 4, 16, 1), "INT8", 1.0, -128), [], "pixels stayed as they are, since the input stores 0 to 255"),
        (((1, 4, 16, 1), "INT8"), [], "pixels became pixel - 128, since the input's integers have no scale"),
        (((1, 4, 16, 1), "INT32"), [], "pixels stayed as they are, since the input's integers have no scale"),
        (((1, 4, 16, 1),), ["--mean", 1, "--std", 2], "pixels became (pixel - 1) / 2\n"),
        (((1, 4, 16, 1), "INT8", 1.0, -128), ["--raw"], "the bytes of pixels became those of the input"),
        (((1, 8, 8, 3),), ["--resize", "crop"], "input 'x': cropped from 16x4 to 8x8; pixels became"),
    ],
)  # fmt: skip
def test_what_was_done_to_pixels_is_said(model: tuple[Any, ...], arguments: list[object], words: str) -> None:
    assert words in run(echo(*model), "p.png", *arguments).stderr


def test_metadata_say_what_pixels_become() -> None:
    path = echo((1, 4, 16, 3), metadata=described(normalized([10, 20, 30], [2, 4, 5])))
    done = run(path, "p.png", "-o", "out.npy")
    assert "pixels became (pixel - [10, 20, 30]) / [2, 4, 5], as the file's metadata says" in done.stderr
    assert np.allclose(np.load("out.npy")[0, 0], (RAMP[:, np.newaxis] - [10, 20, 30]) / [2, 4, 5])
    quantized = fed(echo((1, 4, 16, 3), "INT8", 0.5, 3, metadata=described(normalized([10], [5]))), "p.png")
    assert np.array_equal(quantized[0, 0, :, 0], np.clip(np.round((RAMP - 10) / 5 / 0.5) + 3, -128, 127))
    given = fed(echo((1, 4, 16, 3), metadata=described(normalized([10], [5]))), "p.png", "--std", 255)
    assert np.allclose(given[0, 0, :, 0], RAMP / 255)


def test_inspect_shows_what_metadata_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    facts = normalized([10, 20, 30], [2])
    facts.content = audio(16000, 2).content
    facts.associated_files = [Table("AssociatedFile", name="names.txt", type="TENSOR_AXIS_LABELS")]
    path = echo((1, 4, 16, 3), metadata=described(facts))
    shown = CliRunner().invoke(main, ["inspect", path, "--json"])
    found = json.loads(shown.stdout)["graphs"][0]["metadata"]["inputs"][0]
    assert found["text"] == "audio; mean [10.0, 20.0, 30.0], std [2.0]; 16000 Hz; 2 channels; labels names.txt"
    assert (found["mean"], found["std"], found["rate"], found["axis_labels"]) == ([10, 20, 30], [2], 16000, ["names.txt"])
    assert "labels names.txt" in " ".join(CliRunner().invoke(main, ["inspect", path]).stdout.split())


@pytest.mark.parametrize(
    ("mean", "std"), [([0], [0]), ([float("nan")], [1]), ([0], [float("inf")]), ([1, 2], [1, 2, 3]), ([1], []), ([0] * 5000, [1])]
)
def test_metadata_that_cannot_be_are_not_used_and_noted(mean: list[float], std: list[float]) -> None:
    done = run(echo((1, 4, 16, 1), metadata=described(normalized(mean, std))), "p.png", "-o", "out.npy")
    assert "Note: the metadata's mean and std of input 0 cannot be used" in done.stderr and "a guess" in done.stderr
    assert np.allclose(np.load("out.npy")[0, 0, :, 0], RAMP / 127.5 - 1)


def test_damaged_metadata_never_stop_a_run() -> None:
    """Every byte changed in turn, and every length: at worst a note."""
    whole = described(normalized([10], [5]), audio(16000))
    graph = Graph("main", [Tensor("x")], [Tensor("y")])
    refused = 0
    for place in range(len(whole)):
        for damaged in (whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :], whole[:place]):
            model = Model([graph], metadata=[Metadata("TFLITE_METADATA", np.frombuffer(damaged, np.uint8))])
            inputs, outputs, notes = end_facts(model)
            assert len(inputs) == len(outputs) == 1
            refused += bool(notes)
    assert refused > len(whole)
    done = run(echo((1, 4, 16, 1), metadata=whole[:-9]), "p.png")
    assert "Note: the metadata TFLITE_METADATA is damaged and not used: " in done.stderr


def test_labels_go_to_the_output_that_metadata_say() -> None:
    labels = [Table("AssociatedFile", name="places.txt", type="TENSOR_AXIS_LABELS")]
    files = {"words.txt": b"wrong\n" * 4, "places.txt": b"cat\ndog\nowl\nfox\n"}
    path = echo((1, 4), metadata=described(None, Table("TensorMetadata", associated_files=labels)), files=files)
    assert "2     2  owl" in " ".join(run(path, "[1, 0, 2, 0]", "--top", 1).stdout.split()).replace(" 2 owl", "     2  owl")
    labels[0].type = "TENSOR_VALUE_LABELS"
    path = echo((1, 4), metadata=described(None, Table("TensorMetadata", associated_files=labels)), files=files)
    assert "  dog, cat, owl, 7\n" in run(path, "[1, 0, 2, 7]").stdout
    labels[0].type = "VOCABULARY"
    path = echo(
        (1, 4), metadata=described(None, Table("TensorMetadata", associated_files=labels)), files={"places.txt": files["places.txt"]}
    )
    assert json.loads(run(path, "[1, 0, 2, 7]", "--json").stdout)["outputs"][0]["values"] == [[1, 0, 2, 7]]


@pytest.mark.parametrize(
    ("shape", "signature", "size"),
    [
        ((1, 64), None, "8x8"),
        ((1, 64), (-1, 64), "8x8"),
        ((1, 192), None, "8x8"),
        ((64,), None, "WIDTHxHEIGHT"),
        ((1, 1, 60, 1), None, "W"),
    ],
)
def test_a_picture_for_a_row_of_numbers_is_questioned(shape: tuple[int, ...], signature: tuple[int, ...] | None, size: str) -> None:
    said = run(echo(shape, signature=signature), "p.png", code=1).stderr
    assert "which is not a picture. Give it as .npy" in said
    if size == "8x8":
        assert "--size 8x8" in said
        found = fed(echo(shape, signature=signature), "p.png", "--size", "8x8", "--mean", 0)
        assert found.shape == shape and np.ptp(found) > 200
    assert "a picture of 5x5 has 25, or 75 in colour" in run(echo((1, 64)), "p.png", "--size", "5x5", code=1).stderr


# ---- sound


def test_the_rate_that_is_unknown_is_said_to_be_left() -> None:
    tone = sound(count=4000)
    done = run(echo((1, 4000)), "w.wav", "-o", "out.npy")
    assert "their rate is left, since the file does not say which the model takes; --rate does" in done.stderr
    assert np.abs(np.load("out.npy")[0] - tone).max() < 1e-4


def test_sound_of_the_model_s_rate_needs_no_package(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("soundfile", "soxr"):
        monkeypatch.setitem(sys.modules, name, None)
    tone = sound(channels=2)
    done = run(echo((1, 16000), metadata=described(audio(16000))), "w.wav", "-o", "out.npy")
    assert "16000 samples at 16000 Hz, 2 channels; mixed to one channel; samples became -1..1" in done.stderr
    assert np.abs(np.load("out.npy")[0] - tone).max() < 1e-4
    said = run(echo((1, 16000), metadata=described(audio(8000))), "w.wav", code=1).stderr
    assert (
        "to change the rate from 16000 Hz to 8000 Hz takes the package soxr, which is not installed. pip install 'tinylite[audio]'" in said
    )
    content = bytearray(Path("w.wav").read_bytes())
    content[20] = 3  # WAVE_FORMAT_IEEE_FLOAT
    Path("f.wav").write_bytes(content)
    assert "takes the package soundfile, which is not installed" in run(echo((1, 16000)), "f.wav", code=1).stderr


@pytest.mark.parametrize(("given", "wanted"), [(8000, 16000), (44100, 16000), (16000, 8000)])
@pytest.mark.parametrize("by_metadata", [True, False])
def test_another_rate_is_resampled(given: int, wanted: int, by_metadata: bool) -> None:
    pytest.importorskip("soxr")
    sound(count=given, rate=given)
    path = echo((1, wanted), metadata=described(audio(wanted)) if by_metadata else None)
    done = run(path, "w.wav", "-o", "out.npy", *([] if by_metadata else ["--rate", wanted]))
    assert f"resampled to {wanted} Hz" in done.stderr
    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(wanted) / wanted)
    inner = slice(wanted // 8, -wanted // 8)
    assert np.abs(np.load("out.npy")[0] - tone)[inner].max() < 1e-3


@pytest.mark.parametrize("kind", [("wav", "FLOAT"), ("wav", "DOUBLE"), ("flac", "PCM_16"), ("ogg", "VORBIS"), ("wav", "ULAW")])
def test_other_kinds_of_sound_are_read(kind: tuple[str, str]) -> None:
    soundfile = pytest.importorskip("soundfile")
    tone = 0.5 * np.sin(2 * np.pi * 500 * np.arange(16000) / 16000)
    soundfile.write(f"s.{kind[0]}", tone, 16000, subtype=kind[1])
    assert np.abs(fed(echo((1, 16000)), f"s.{kind[0]}")[0] - tone).max() < (0.05 if kind[1] in ("VORBIS", "ULAW") else 1e-4)
    assert np.abs(fed(echo((1, 16000)), "-", stdin=Path(f"s.{kind[0]}").read_bytes())[0] - tone).max() < 0.05


def test_channels_that_metadata_say_stay() -> None:
    sound(count=4000, channels=2)
    assert fed(echo((1, 4000, 2), metadata=described(audio(16000, 2))), "w.wav").shape == (1, 4000, 2)


@pytest.mark.parametrize(
    ("model", "why"),
    [(((1, 1960), "INT8", 0.1, -128), "stores no negative numbers"), (((1, 640),), "640 samples are 40 ms of it"),
     (((1, 640), "FLOAT32", None, 0, (-1, 640)), "640 samples are 40 ms of it")],
)  # fmt: skip
def test_sound_for_features_is_questioned(model: tuple[Any, ...], why: str) -> None:
    sound()
    said = run(echo(*model), "w.wav", code=1).stderr
    assert "is hardly a row of samples" in said and why in said and "--rate 16000" in said
    assert fed(echo(*model), "w.wav", "--rate", 16000).shape == model[0]


# ---- numbers, stdin, shapes


@pytest.mark.parametrize(
    ("shape", "type", "scale", "entry", "wanted"),
    [
        ((1, 1), "FLOAT32", None, "3.5", [[3.5]]), ((2, 2), "FLOAT32", None, "x=7", [[7, 7], [7, 7]]),
        ((3,), "INT32", None, "[1, 2, 3]", [1, 2, 3]),
        ((1, 3), "FLOAT32", None, "x=[1,2.5,-3e0]", [[1, 2.5, -3]]), ((1,), "BOOL", None, "true", [True]),
        ((1, 2), "INT8", 0.5, "0=[1, 2]", [[2, 4]]),
        ((1, 1), "FLOAT32", None, "x=-0.5", [[-0.5]]), ((2, 2), "INT64", None, "[[1,2],[3,4]]", [[1, 2], [3, 4]]),
    ],
)  # fmt: skip
def test_numbers_may_be_written_out(shape: tuple[int, ...], type: str, scale: float | None, entry: str, wanted: Any) -> None:
    assert fed(echo(shape, type, scale), entry).tolist() == wanted


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("[1, 2", "is not an array of numbers"), ("[[1], [1, 2]]", "is not an array of numbers"), ('["a"]', "is not an array of numbers"),
        ("[" * 100000, "is not an array of numbers"), ("x=2.5", "which the input's int32 cannot hold"),
        ("z=1", "the model has no input 'z'"),
    ],
)  # fmt: skip
def test_numbers_that_do_not_fit_are_errors(entry: str, words: str) -> None:
    assert words in run(echo((1, 2), "INT32"), entry, code=1).stderr


def test_arrays_and_pictures_come_through_stdin() -> None:
    values = np.array([[1, 2, 3, 4]], np.float32)
    for write in (np.save, lambda file, array: np.savez(file, x=array)):
        written = io.BytesIO()
        write(written, values)
        for entry in ("-", "x=-"):
            assert np.array_equal(fed(echo((1, 4)), entry, stdin=written.getvalue()), values)
    assert np.array_equal(fed(echo((1, 4, 16, 1)), "-", "--mean", 0, stdin=Path("p.png").read_bytes())[0, 0, :, 0], RAMP)
    sound(count=8000)
    assert fed(echo((1, 8000)), "-", stdin=Path("w.wav").read_bytes()).any()
    assert "stdin is empty" in run(echo((1, 4)), "-", code=1).stderr
    assert "stdin, for input 'x': not a readable picture" in run(echo((1, 4, 4, 1)), "-", code=1, stdin=b"text").stderr


@pytest.mark.parametrize(("text", "wanted"), [("1.5\n", [[1.5, 1.5]]), (" [[1, -2]]", [[1, -2]]), ("[1, 2]\n", [[1, 2]])])
def test_numbers_come_through_stdin(text: str, wanted: list[list[float]]) -> None:
    assert fed(echo((1, 2)), "x=-", stdin=text.encode()).tolist() == wanted


def test_what_stdin_brings_as_numbers_is_checked() -> None:
    assert "'[1, 2' is not an array of numbers" in run(echo((1, 2)), "-", code=1, stdin=b"[1, 2").stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYLITE_MEMORY_LIMIT", "1e6")
        assert "as text" in run(echo((1, 2)), "-", code=1, stdin=b"[" + b"[]," * 20000 + b"1]").stderr


@pytest.mark.parametrize(("given", "axes"), [((1, 3, 8, 6), "0, 2, 3, 1"), ((3, 8, 6), "1, 2, 0"), ((1, 6, 8, 3), "0, 2, 1, 3")])
def test_an_array_in_another_order_is_not_reshaped(given: tuple[int, ...], axes: str) -> None:
    """It has as many elements, and would mix pixels with channels."""
    np.save("x.npy", np.zeros(given, np.float32))
    assert (
        f"takes its dimensions in another order, [1, 8, 6, 3]. Transpose it: x.transpose({axes})"
        in run(echo((1, 8, 6, 3)), "x.npy", code=1).stderr
    )


def test_an_array_of_another_shape_than_was_said_is_an_error() -> None:
    np.save("x.npy", np.zeros((1, 4), np.float32))
    assert fed(echo((1, 2)), "x.npy", "--shape", "x=1,4").shape == (1, 4)
    for entry, said in (("x.npy", "2,4"), ("[[1, 2]]", "1,3")):
        assert f"and --shape says [{said[0]}, {said[2]}]" in run(echo((1, 2)), entry, "--shape", f"x={said}", code=1).stderr


def test_open_sizes_are_given() -> None:
    path = echo((1, 1), signature=(1, -1))
    assert fed(path, "--seed", 1, "--shape", "x=1,5").shape == (1, 5)
    assert fed(path, "--seed", 1, "--shape", "1x5").shape == (1, 5)
    sound()
    done = run(path, "w.wav", "--shape", "x=1,8000")
    assert "the input takes 8000: the rest is cut off" in done.stderr
    assert "the model has no input 'z'. There are: 'x'" in run(path, "--seed", 1, "--shape", "z=1", code=1).stderr
    assert "'x=1,a' is not a shape" in run(path, "--seed", 1, "--shape", "x=1,a", code=1).stderr


def convolution(width: int) -> str:
    """A filter that is wider than the 1 which the file has for an open size."""
    sound, out, weights, bias = Tensor("s", (1, 1, 1, 1)), Tensor("out", (1, 1, 1, 2)), Tensor("w", (2, 1, width, 1)), Tensor("b", (2,))
    sound.shape_signature = (1, 1, -1, 1)
    weights.data, bias.data = np.ones((2, 1, width, 1), np.float32), np.zeros(2, np.float32)
    op = Op("CONV_2D", [sound, weights, bias], [out], padding="VALID", stride_w=16, stride_h=1)
    Model([Graph("main", [sound], [out], [op])]).save("open.tflite")
    return "open.tflite"


def test_a_size_is_found_for_random_values_and_said() -> None:
    done = run(convolution(60), "--seed", 1, "--profile", "--json")
    assert "so --shape s=1,1,64,1 was taken" in done.stderr
    found = json.loads(done.stdout)
    assert found["outputs"][0]["shape"] == [1, 1, 1, 2]
    assert [op["name"] for op in found["profile"]["ops"]] == ["CONV_2D"] and found["profile"]["ops"][0]["seconds"] > 0
    assert run(convolution(60), "--seed", 1, "--shape", "s=1,1,30,1", code=1).stderr.count("filter covers 60 elements")


# ---- results


def test_results_as_json() -> None:
    found = json.loads(run(echo((1, 3), "INT8", 0.5, 1), "[1, 2, NaN]", "--json", "--repeat", 3).stdout)
    assert found["outputs"] == [
        {"name": "y", "dtype": "int8", "shape": [1, 3], "values": [[3, 5, -128]], "real_values": [[1.0, 2.0, -64.5]]}
    ]  # fmt: skip
    assert found["graph"] == 0 and found["runs"] == 3 and found["threads"] == 1 and found["seconds"] > 0 and found["written"] == []
    assert json.loads(run(echo((1, 3)), "[1, NaN, Infinity]", "--json").stdout)["outputs"][0]["values"] == [[1, "nan", "inf"]]
    done = run(echo((1, 4, 16, 1)), "p.png", "--json")
    assert json.loads(done.stdout)["notes"] == [line.removeprefix("Note: ") for line in done.stderr.splitlines()]


def test_all_tensors_are_written() -> None:
    x, inner, y, other = (Tensor(name, (1, 4)) for name in ("x", "file", "y", "y"))
    model = Model([Graph("main", [x], [other], [Op("RELU", [x], [inner]), Op("EXP", [inner], [y]), Op("NEG", [y], [other])])])
    model.signatures = [Signature("serve", model.graph, {"in": x}, {"out": other})]
    model.save("m.tflite")
    run("m.tflite", "[-1, 0, 1, 2]", "--all-tensors", "-o", "all.npz")
    with np.load("all.npz") as found:
        assert sorted(found.files) == ["file", "in", "out", "y"]
        assert found["file"].tolist() == [[0, 0, 1, 2]] and np.allclose(found["out"], -np.exp(found["file"]))
    assert "give -o all.npz" in run("m.tflite", "1", "--all-tensors", code=2).stderr
    assert "give -o all.npz" in run("m.tflite", "1", "--all-tensors", "-o", "y.npy", code=2).stderr


# ---- random values


def details(shape: Sequence[int], type: str = "FLOAT32", scale: float | None = None) -> list[dict[str, Any]]:
    return Interpreter(echo(shape, type, scale)).get_input_details()


def test_random_values_are_those_that_are_documented() -> None:
    """Numbers that must never change: whoever compares two programs by a seed relies on them."""
    (found,) = random_inputs(details((4,)), 7)
    raw = np.random.PCG64(np.random.SeedSequence([7, 0])).random_raw(4)
    assert np.array_equal(found, np.array([-1 + 2 * ((int(number) >> 11) / 2**53) for number in raw], np.float32))
    assert [int(number) for number in raw[:2]] == RAW
    assert random_inputs(details((6,), "INT32"), 7, {"x": (5, 9)})[0].tolist() == BETWEEN


RAW = [11530976094092348043, 16550673365885938325]
BETWEEN = [8, 9, 8, 6, 6, 9]


@pytest.mark.parametrize(
    ("type", "scale", "limits", "low", "high"),
    [
        ("FLOAT32", None, None, -1, 1), ("FLOAT32", None, (2, 3), 2, 3), ("INT8", 0.1, None, -128, 127), ("INT8", 0.1, (0, 2), 0, 20),
        ("INT16", 1 / 32768, None, -32768, 32767), ("INT32", None, None, 0, 1), ("INT64", None, (0, 99), 0, 99), ("BOOL", None, None, 0, 1),
        ("UINT8", None, (250, 255), 250, 255),
    ],
)  # fmt: skip
def test_random_values_have_their_range(type: str, scale: float | None, limits: tuple[float, float] | None, low: int, high: int) -> None:
    (found,) = random_inputs(details((2000,), type, scale), 1, None if limits is None else {"x": limits})
    assert low <= found.min() and found.max() <= high
    assert float(found.max()) - float(found.min()) > 0.9 * (high - low)


@pytest.mark.parametrize("limits", [(0, 256), (2, 1), (0.2, 0.8), (float("nan"), 1), (0, float("inf"))])
def test_a_range_that_cannot_be_is_an_error(limits: tuple[float, float]) -> None:
    with pytest.raises(TensorError, match="input 'x'"):
        random_inputs(details((4,), "UINT8"), 1, {"x": limits})


def test_a_seed_and_a_range_on_the_command_line_are_the_function_s() -> None:
    path = echo((1, 50), "INT32")
    found = fed(path, "--seed", 3, "--range", "x=0,99")
    assert np.array_equal(found, random_inputs(Interpreter(path).get_input_details(), 3, {"x": (0, 99)})[0])
    assert np.array_equal(fed(path, "--random", 3, "--range", "0,99"), found)
    assert "'x=1' is not a range" in run(path, "--seed", 1, "--range", "x=1", code=1).stderr
    assert tinylite.random_inputs is random_inputs


def test_a_sound_whose_header_lies_of_its_length_takes_no_more_than_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = []
    with wave.open("lies.wav", "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(64))
    content = bytearray(Path("lies.wav").read_bytes())
    content[4:8] = content[40:44] = (0x7FFFFFFE).to_bytes(4, "little")
    Path("lies.wav").write_bytes(content)
    read = wave.Wave_read.readframes
    monkeypatch.setattr(wave.Wave_read, "readframes", lambda file, count: wanted.append(count) or read(file, count))
    assert run(echo((1, 16)), "lies.wav", "--rate", "16000").exit_code == 0
    assert 32 <= wanted[0] <= len(content) // 2


@pytest.mark.parametrize("chunk", [b"IDAT", b"IEND", b"tEXt", b"iCCP"])
def test_a_picture_takes_no_more_than_its_file_has(chunk: bytes, tmp_path: Path) -> None:
    """Pillow reads what a chunk says that it is long, and a file of Python's takes as much memory before it reads."""
    from PIL.PngImagePlugin import PngInfo

    written, text = io.BytesIO(), PngInfo()
    text.add_text("a", "b")
    Image.new("RGB", (8, 8)).save(written, "PNG", pnginfo=text, icc_profile=b"profile")
    content = bytearray(written.getvalue())
    at = content.index(chunk)
    content[at - 4 : at] = (64 << 20).to_bytes(4, "big")
    path = tmp_path / "lies.png"
    path.write_bytes(content)
    details = Interpreter(echo((1, 8, 8, 3))).get_input_details()[0]
    Image.new("RGB", (8, 8)).save(tmp_path / "whole.png")
    read_input(str(tmp_path / "whole.png"), details)  # which imports what is needed
    tracemalloc.start()
    try:
        with contextlib.suppress(FileError):
            read_input(str(path), details)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
