"""Every format is read back as it was written, every type, and looks as its readers want it."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest

import tinylite
from tinylite.cli import main
from tinylite.errors import SettingError, UnsupportedError
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.tensor_types import tensor_dtype
from tinylite.test_vectors import formats
from tinylite.test_vectors.format import Settings
from tinylite.test_vectors.manifest import entry
from tinylite.test_vectors.vector import BITS, Vector, VectorSet

from ..arithmetics.cases import CASES
from ..arithmetics.oracles import ORACLES

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"
FORMATS = [name for name in formats.names() if name != "cmsis"]  # which is for ops: test_cmsis.py
TYPES = ("INT8", "UINT8", "INT16", "INT32", "INT64", "FLOAT32", "BOOL")
HOSTILE = '../../etc\x1b[31m"};\n`endif //\\ ☃ */ con'


def moved(type: str, shape: tuple[int, ...] = (1, 3, 5, 2), name: str = "x", **quantization: Any) -> Model:
    """A model that returns what it takes, as a row."""
    count = int(np.prod(shape))
    x, y = Tensor(name, shape, type), Tensor("y", (count,), type)
    if quantization:
        x.quantization, y.quantization = Quantization(**quantization), Quantization(**quantization)
    return Model([Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=(count,))], [x, y])])


def values(type: str, shape: tuple[int, ...] = (1, 3, 5, 2)) -> np.ndarray:
    """All that a type has to show: its limits, numbers between, and of floats what has no decimal digits."""
    dtype, count = np.dtype(tensor_dtype(type)), int(np.prod(shape))
    rng = np.random.default_rng(5)
    if dtype.kind == "b":
        return rng.integers(0, 2, shape).astype(bool)
    if dtype.kind == "f":
        some = rng.integers(0, 2**32, count, np.uint32).view(np.float32)
        some[:6] = [np.inf, -np.inf, np.nan, -0.0, 1e-45, 0.1]
        return np.where(np.isnan(some), np.float32(np.nan), some).reshape(shape)
    info = np.iinfo(dtype)
    some = rng.integers(info.min, info.max, count, dtype, endpoint=True)
    some[:3] = [info.min, info.max, 0]
    return some.reshape(shape)


def same(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("type", TYPES)
def test_arrays_come_back_as_they_were(format: str, type: str, tmp_path: Path) -> None:
    given = values(type)
    tinylite.vectors(moved(type), tmp_path / "v", format=format, inputs=[given])
    x, y = tinylite.read_vectors(tmp_path / "v").vectors
    assert (x.role, x.tensor, x.type, x.case, x.position) == ("input", "x", type, 0, 0)
    assert (y.role, y.tensor, y.type, y.case, y.position) == ("output", "y", type, 0, 0)
    assert same(x.values, given) and same(y.values, given.reshape(-1))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("type", BITS)
def test_types_that_few_models_have_come_back(format: str, type: str) -> None:
    """By the formats alone, through what a manifest says."""
    dtype = np.dtype(tensor_dtype(type))
    patterns = np.random.default_rng(3).integers(0, 256, (2, 3, dtype.itemsize), np.uint8)
    given = patterns.view(dtype)[..., 0] if dtype.kind != "b" else patterns[..., 0] > 99
    given = np.where(np.isnan(given), dtype.type(0), given) if dtype.kind == "f" else given
    made = VectorSet("v", moved("INT8"), b"", vectors=[Vector("x", "input", given, type, "x", 0, 0), Vector("e", "state", given[:0], type)])
    writer = formats.find(format)
    entries = [(file, held) for file in writer.write(made, Settings()) for held in entry(made, file)["vectors"]]
    assert [held["role"] for _, held in entries] == ["input", "state"]
    for (file, held), wanted in zip(entries, (given, given[:0]), strict=True):
        assert same(writer.read(memoryview(file.content), json.loads(json.dumps(held))), wanted)


def test_numpy_reads_archives_and_arrays(tmp_path: Path) -> None:
    tinylite.vectors(DIGITS, tmp_path / "v", format="npz", op=1)
    read = {vector.stem: vector.values for vector in tinylite.read_vectors(tmp_path / "v").vectors}
    with np.load(tmp_path / "v" / "vectors.npz") as archive:
        assert {*archive} == {*read} and all(same(archive[name], read[name]) for name in archive)
    tinylite.vectors(DIGITS, tmp_path / "w", format="npy", op=1)
    assert all(same(np.load(tmp_path / "w" / f"{name}.npy"), values) for name, values in read.items())


@pytest.mark.parametrize("format", ["memh", "coe"])
@pytest.mark.parametrize("lanes", ["lsb-first", "msb-first"])
@pytest.mark.parametrize("type", TYPES)
def test_buses_and_layouts_come_back(format: str, lanes: str, type: str, tmp_path: Path) -> None:
    given = values(type)
    for bus, layout in ((None, "nchw"), (128, None), (192, "cwhn")):
        folder = tmp_path / f"{bus}{layout}"
        tinylite.vectors(moved(type), folder, format=format, inputs=[given], bus=bus, lanes=lanes, layout=layout)
        x, y = tinylite.read_vectors(folder).vectors
        assert same(x.values, given) and same(y.values, given.reshape(-1))


@pytest.mark.parametrize("format", FORMATS)
def test_ops_come_back_with_all_that_they_have(format: str, tmp_path: Path) -> None:
    """The same arrays in each format, of each op and run, with names, scales and zero points; and files that are listed, all of them."""
    manifest = tinylite.vectors(DIGITS, tmp_path / "v", format=format, each=True, cases=2, seed=3)
    read = tinylite.read_vectors(tmp_path / "v")
    tinylite.vectors(DIGITS, tmp_path / "npz", format="npz", each=True, cases=2, seed=3)
    plain = tinylite.read_vectors(tmp_path / "npz")

    def described(folder: Any) -> dict[Any, Any]:
        entries = [held for file in folder.manifest["files"] for held in file["vectors"]]
        return {
            (held["op"], held["role"], held["position"], held["case"]): (
                vector.values.tobytes(),
                vector.values.shape,
                vector.tensor,
                vector.scale,
                vector.zero_point,
            )
            for held, vector in zip(entries, folder.vectors, strict=True)
        }

    assert described(read) == described(plain) and len(read.vectors) == len(described(read)) > 40
    files = {path.relative_to(tmp_path / "v").as_posix() for path in (tmp_path / "v").rglob("*") if path.is_file()}
    assert files == {file["path"] for file in manifest["files"]} | {"manifest.json"}
    assert json.loads((tmp_path / "v" / "manifest.json").read_text()) == manifest
    for file in manifest["files"]:
        content = (tmp_path / "v" / file["path"]).read_bytes()
        assert (hashlib.sha256(content).hexdigest(), len(content)) == (file["sha256"], file["bytes"])


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_is_written_twice(format: str, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    made = [tinylite.vectors(DIGITS, tmp_path / name / "v", format=format, op=1) for name in ("a", "b")]
    assert made[0] == made[1]


@pytest.mark.parametrize("format", FORMATS)
def test_names_of_tensors_may_be_anything(format: str, tmp_path: Path) -> None:
    """They get into no path, and where they are shown nothing of them is obeyed."""
    tinylite.vectors(moved("INT8", name=HOSTILE), tmp_path / "v", format=format)
    assert [path.name for path in tmp_path.iterdir()] == ["v"]
    files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
    assert all(re.fullmatch(r"v(/[A-Za-z0-9_][\w.-]*)+", file) for file in files)
    assert tinylite.read_vectors(tmp_path / "v").find("input")[0].tensor == HOSTILE
    for path in (tmp_path / "v").rglob("*"):
        if path.suffix in (".c", ".h", ".cc", ".svh", ".yaml", ".csv", ".memh", ".coe", ".json"):
            assert all(byte in b"\t\n" or 32 <= byte < 127 for byte in path.read_bytes()), path


def test_two_tensors_of_one_name_get_two_folders(tmp_path: Path) -> None:
    x, y = Tensor("in/a", (2,), "INT8"), Tensor("in_A", (2,), "INT8")
    z = Tensor("z", (4,), "INT8")
    for tensor in (x, y, z):
        tensor.quantization = Quantization([0.5], [0])
    model = Model([Graph("main", [x, y], [z], [Op("CONCATENATION", [x, y], [z], axis=0)], [x, y, z])])
    tinylite.vectors(model, tmp_path / "v", format="arm")
    assert sorted(path.name for path in (tmp_path / "v" / "testing_input").iterdir()) == ["in_A-2", "in_a"]
    assert [vector.tensor for vector in tinylite.read_vectors(tmp_path / "v").find("input")] == ["in/a", "in_A"]


def test_lines_of_memories_are_as_simulators_read_them(tmp_path: Path) -> None:
    given = np.array([[[[-1, -128], [127, 1]], [[2, 3], [4, 5]]]], np.int8)
    model = moved("INT8", (1, 2, 2, 2))

    def lines(**options: Any) -> list[str]:
        manifest = tinylite.vectors(model, tmp_path / "v", format="memh", inputs=[given], overwrite=True, **options)
        (held,) = manifest["files"][0]["vectors"]
        assert manifest["files"][0]["path"] == "input.memh" and held["lines"] == len((tmp_path / "v" / "input.memh").read_text().split())
        return (tmp_path / "v" / "input.memh").read_text().split("\n")[:-1]

    assert lines() == ["ff", "80", "7f", "01", "02", "03", "04", "05"]
    assert lines(layout="nchw") == ["ff", "7f", "02", "04", "80", "01", "03", "05"]
    assert lines(bus=24) == ["7f80ff", "030201", "000504"]
    assert lines(bus=24, lanes="msb-first") == ["ff807f", "010203", "040500"]
    layout = json.loads((tmp_path / "v" / "layout.json").read_text())
    assert [layout["arrays"][0][key] for key in ("dims", "bits", "bits_per_line", "lines", "fill")] == [[1, 2, 2, 2], 8, 24, 3, 1]
    tinylite.vectors(moved("FLOAT32", (2,)), tmp_path / "f", format="memh", inputs=[np.array([1, -2], np.float32)])
    assert (tmp_path / "f" / "input.memh").read_text() == "3f800000\nc0000000\n"


def test_a_memory_file_of_vivado(tmp_path: Path) -> None:
    tinylite.vectors(moved("INT8", (4,)), tmp_path / "v", format="coe", inputs=[np.array([-1, 0, 1, 2], np.int8)], bus=16)
    text = [line for line in (tmp_path / "v" / "input.coe").read_text().splitlines() if not line.startswith(";")]
    assert text == ["memory_initialization_radix=16;", "memory_initialization_vector=", "00ff,", "0201;"]


def test_raw_bytes_are_little_endian_and_text_has_a_line_a_row(tmp_path: Path) -> None:
    given = np.array([[1, 2, 3], [4, 5, -6]], np.int16)
    tinylite.vectors(moved("INT16", (2, 3)), tmp_path / "b", format="bin", inputs=[given])
    assert (tmp_path / "b" / "input.bin").read_bytes() == given.astype("<i2").tobytes()
    tinylite.vectors(moved("INT16", (2, 3)), tmp_path / "c", format="csv", inputs=[given])
    assert (tmp_path / "c" / "input.csv").read_text() == "1,2,3\n4,5,-6\n"
    floats = np.array([0.1, 1e30, -0.0], np.float32)
    tinylite.vectors(moved("FLOAT32", (3,)), tmp_path / "f", format="csv", inputs=[floats])
    assert (tmp_path / "f" / "input.csv").read_text() == "0.1,1e+30,-0.0\n"


def test_the_tree_of_arm_s_zoo(tmp_path: Path) -> None:
    tinylite.vectors(DIGITS, tmp_path / "digits", format="arm", cases=2)
    folder = tmp_path / "digits"
    assert np.load(folder / "testing_input" / "picture" / "1.npy").shape == (1, 8, 8, 1)
    assert np.load(folder / "testing_output" / "scores" / "0.npy").dtype == np.uint8
    assert (folder / "digits.tflite").read_bytes() == DIGITS.read_bytes()
    text = (folder / "definition.yaml").read_text()
    assert '  - name: "picture"' in text and '      path: "testing_output/scores"' in text and "  - CONV_2D\n" in text
    assert hashlib.sha256(DIGITS.read_bytes()).hexdigest() in text


def test_the_op_of_a_tflm_test_computes_its_golden(tmp_path: Path) -> None:
    tinylite.vectors(DIGITS, tmp_path / "conv", format="tflm", op=1)
    names = {path.name for path in (tmp_path / "conv").iterdir()}
    assert {"conv.tflite", "conv_model_data.cc", "conv_model_data.h", "conv_input0_uint8.csv", "conv_input0_uint8_test_data.cc"} <= names
    assert {"conv_golden_uint8.csv", "conv_golden_uint8_test_data.h", "conv_acc_int32.csv"} <= names
    interpreter = tinylite.Interpreter(tmp_path / "conv" / "conv.tflite", arithmetic="litert-reference")
    interpreter.allocate_tensors()
    (entry,), (out,) = interpreter.get_input_details(), interpreter.get_output_details()
    row = np.loadtxt(tmp_path / "conv" / "conv_input0_uint8.csv", delimiter=",")
    interpreter.set_tensor(entry["index"], row.astype(np.uint8).reshape(entry["shape"]))
    interpreter.invoke()
    golden = np.loadtxt(tmp_path / "conv" / "conv_golden_uint8.csv", delimiter=",")
    assert np.array_equal(interpreter.get_tensor(out["index"]).reshape(-1), golden)
    source = (tmp_path / "conv" / "conv_golden_uint8_test_data.cc").read_text()
    assert "alignas(16) const uint8_t g_conv_golden_uint8_test_data[] = {" in source


@pytest.mark.parametrize("code", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
def test_tflm_computes_the_golden_of_an_op(code: str, tmp_path: Path) -> None:
    for seed in range(3):
        model = CASES[code, "INT8"](np.random.default_rng(seed)).model()
        folder = tmp_path / f"op{seed}"
        tinylite.vectors(model, folder, format="tflm", op=0, seed=seed, arithmetic="tflm")
        rows = [
            np.loadtxt(folder / f"op{seed}_input{number}_int8.csv", delimiter=",", dtype=np.int8).reshape(tensor.shape)
            for number, tensor in enumerate(model.graph.inputs)
        ]
        (found,) = ORACLES["tflm"](Model.load(folder / f"op{seed}.tflite"), rows)
        golden = np.loadtxt(folder / f"op{seed}_golden_int8.csv", delimiter=",", dtype=np.int8)
        assert np.array_equal(found.reshape(-1), np.atleast_1d(golden))


def test_what_a_format_cannot_do_is_refused(tmp_path: Path) -> None:
    def write(**options: Any) -> None:
        tinylite.vectors(DIGITS, tmp_path / "v", **{"format": "memh", **options})

    for options, problem in (
        ({"format": "memhex"}, "memh"),
        ({"format": "npy", "layout": "nchw"}, "bin, coe, memh"),
        ({"format": "csv", "bus": 64}, "coe, memh"),
        ({"bus": 20}, "multiple of 8"),
        ({"bus": 1 << 20}, "no more than 65536"),
        ({"lanes": "left"}, "lsb-first"),
        ({"format": "npz", "lanes": "msb-first"}, "have no bus"),
        ({"layout": "nhw"}, "nchw"),
        ({"op": 99}, "first graph has 5"),
        ({"op": -1}, "first graph has 5"),
        ({"op": 0, "each": True}, "one of the two"),
        ({"cases": 0}, "1 to"),
        ({"seed": -1}, "seed"),
        ({"cases": 2, "inputs": [np.zeros((1, 8, 8, 1), np.uint8)]}, "one of the two"),
        ({"arithmetic": "tfml"}, "tflm"),
    ):
        with pytest.raises(SettingError, match=problem):
            write(**options)
    with pytest.raises(UnsupportedError, match="does not hold whole elements"):
        write(op=0, bus=16)
    assert not list(tmp_path.iterdir())
    x = Tensor("x", (2,), "COMPLEX64")
    y = Tensor("y", (2,), "FLOAT32")
    model = Model([Graph("main", [x], [y], [Op("REAL", [x], [y])], [x, y])])
    with pytest.raises(UnsupportedError, match=r"COMPLEX64.*npz"):
        tinylite.vectors(model, tmp_path / "v", format="csv")
    tinylite.vectors(model, tmp_path / "v", format="npz")
    assert tinylite.read_vectors(tmp_path / "v").find("input")[0].values.dtype == np.complex64


def test_the_command_line_lists_the_formats() -> None:
    (option,) = [option for option in main.commands["vectors"].params if option.name == "format"]
    assert isinstance(option.type, click.Choice) and sorted(option.type.choices) == formats.names()
    page = (Path(__file__).parents[2] / "docs" / "vectors.md").read_text()
    assert all(f"`{name}`" in page for name in formats.names())
