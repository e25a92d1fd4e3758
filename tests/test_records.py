"""What a file says of its parts: contradictions are refused before a run, as LiteRT refuses them, and inspect shows all of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Interpreter
from tinylite.cli import main
from tinylite.errors import ModelError, TinyliteError, UnsupportedError
from tinylite.model import Graph, Model, Op, Quantization, Tensor


def adding(type: str = "INT8", quantization: Quantization | None = None, op_version: int = 1) -> Model:
    """x + y, whose input x has this quantization."""
    x, y, z = (Tensor(name, (1, 4), type, quantization=Quantization([0.5], [0]) if type == "INT8" else None) for name in "xyz")
    x.quantization = quantization or x.quantization
    return Model([Graph("main", [x, y], [z], [Op("ADD", [x, y], [z], version=op_version)], [x, y, z])])


def versioned(version: int) -> Model:
    model = adding()
    model.version = version
    return model


CASES: dict[str, tuple[Callable[[], Model], type[TinyliteError], str]] = {
    "no_zero_point": (lambda: adding(quantization=Quantization([0.5], [])), ModelError, "tensor 0 'x': it has 1 scale and 0 zero points"),
    "of_floats": (lambda: adding("FLOAT32", Quantization([0.5], [])), ModelError, "it has 1 scale and 0 zero points"),
    "zero_points": (lambda: adding(quantization=Quantization([0.5], [0] * 4)), ModelError, "1 scale and 4 zero points"),
    "axis": (lambda: adding("FLOAT32", Quantization([1] * 4, [0] * 4, 2)), ModelError, "4 scales along dimension 2"),
    "negative_axis": (lambda: adding("FLOAT32", Quantization([1] * 4, [0] * 4, -1)), ModelError, "4 scales along dimension -1"),
    "scales": (lambda: adding("FLOAT32", Quantization([1] * 3, [0] * 3, 1)), ModelError, "3 scales along dimension 1"),
    "op_version_0": (lambda: adding(op_version=0), ModelError, "op 0 ADD version 0 (output 'z'): its version is 0"),
    "op_version_negative": (lambda: adding("FLOAT32", op_version=-1), ModelError, "its version is -1, and versions count from 1"),
    "version_0": (lambda: versioned(0), UnsupportedError, "it is of version 0 of the format"),
    "version_2": (lambda: versioned(2), UnsupportedError, "runtimes run version 3 only"),
    "version_4": (lambda: versioned(4), UnsupportedError, "it is of version 4 of the format"),
}


@pytest.mark.parametrize("name", CASES)
def test_records_that_contradict_themselves_are_refused_and_shown(name: str, tmp_path: Path) -> None:
    make, kind, words = CASES[name]
    path = tmp_path / "m.tflite"
    make().save(path)
    with pytest.raises(kind) as caught:
        Interpreter(path)  # as LiteRT does, before its details show what cannot be
    assert words in str(caught.value) and str(path) in str(caught.value) and caught.value.remedy
    with pytest.raises(kind):
        Interpreter(make())
    shown = CliRunner().invoke(main, ["inspect", str(path)])
    reason = "runtimes run version 3" if kind is UnsupportedError else "no memory plan, since tinylite cannot run it"
    assert shown.exit_code == 0 and reason in shown.stdout


def test_what_litert_runs_is_run() -> None:
    """A zero point without a scale means nothing, and one scale has no dimension."""
    for quantization in (Quantization([], [3]), Quantization([0.5], [0], 7)):
        Interpreter(adding("FLOAT32", quantization)).allocate_tensors()


def test_the_dimension_of_a_vector_s_scales_is_not_in_doubt() -> None:
    """Older converters number that of a bias as in the weights, and older runtimes run such files."""
    model = adding("FLOAT32")
    for tensor in model.graph.tensors:
        tensor.shape, tensor.quantization = (4,), Quantization([1] * 4, [0] * 4, 3)
    Interpreter(model).allocate_tensors()


# ---- inspect shows what cannot be run


def accelerated(code: str = "ethos-u") -> Model:
    """What compilers for NPUs write: an op that reads memory which nothing writes. An op before it is out of order, too."""
    x, y, z = Tensor("x", (1, 4), "INT8"), Tensor("y", (1, 4), "INT8"), Tensor("z", (1, 4), "INT8")
    scratch = Tensor("scratch", (64,), "UINT8")
    ops = [Op("RELU", [z], [y]), Op("CUSTOM", [scratch, x], [z], custom_code=code)]
    return Model([Graph("main", [x], [y], ops, [x, scratch, z, y])])


def textual() -> Model:
    words, count = Tensor("words", (2,), "STRING"), Tensor("count", (1,), "INT32")
    return Model([Graph("main", [words], [count], [Op("SHAPE", [words], [count], out_type="INT32")])])


def variant() -> Model:
    handle, x, y = Tensor("handle", (), "VARIANT"), Tensor("x", (2,)), Tensor("y", (2,))
    return Model([Graph("main", [x, handle], [y], [Op("CUSTOM", [handle, x], [y], custom_code="TensorListGetItem")])])


def unknown() -> Model:
    x, y, z = Tensor("x", (2,)), Tensor("y", (2,)), Tensor("newest", (2,), 77)
    return Model([Graph("main", [x], [z], [Op("OPERATOR_900", [x], [y]), Op("STABLEHLO_CASE", [y], [z])])])


@pytest.mark.parametrize("options", [[], ["--json"], ["--quantization"], ["--quantization", "--json"], ["--no-memory"]])
@pytest.mark.parametrize(
    ("make", "words"),
    [(accelerated, "ethos-u"), (textual, "STRING"), (variant, "VARIANT"), (unknown, "OPERATOR_900")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_inspect_shows_every_file_that_can_be_read(make: Callable[[], Model], words: str, options: list[str], tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    make().save(path)
    with pytest.raises(TinyliteError):
        Interpreter(path).allocate_tensors()
    done = CliRunner().invoke(main, ["inspect", str(path), *options])
    assert done.exit_code == 0, done.stderr
    if "--quantization" not in options:
        assert words in done.stdout


def test_a_missing_kernel_is_blamed_before_the_order_of_ops() -> None:
    with pytest.raises(UnsupportedError, match=r"op 1 ethos-u .*no kernel for the custom operator 'ethos-u'.*use the .tflite file"):
        Interpreter(accelerated()).allocate_tensors()


@pytest.mark.parametrize("arguments", [[], ["nonsense=1"], ["1", "2"], ["no.png"], ["3"]])
@pytest.mark.parametrize(("make", "words"), [(accelerated, "ethos-u"), (textual, "STRING"), (variant, "TensorListGetItem")])
def test_run_blames_what_no_input_mends(make: Callable[[], Model], words: str, arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "m.tflite"
    make().save(path)
    done = CliRunner().invoke(main, ["run", str(path), *arguments])
    assert done.exit_code == 1 and words in done.stderr and "tinylite" in done.stderr, done.stderr


def test_an_order_that_is_wrong_is_an_error_still() -> None:
    model = accelerated()
    model.graph.ops.pop()
    with pytest.raises(ModelError, match="it reads tensor 'z', which no op before it has written"):
        Interpreter(model).allocate_tensors()


def test_a_dimension_that_is_open_is_to_be_resized() -> None:
    sound, out, weights, bias = Tensor("sound", (1, 1, 1, 1)), Tensor("out", (1, 1, 1, 2)), Tensor("w", (2, 1, 64, 1)), Tensor("b", (2,))
    sound.shape_signature = (1, 1, -1, 1)
    weights.data, bias.data = np.ones((2, 1, 64, 1), np.float32), np.zeros(2, np.float32)
    op = Op("CONV_2D", [sound, weights, bias], [out], padding="VALID", stride_w=16, stride_h=1)
    interpreter = Interpreter(Model([Graph("main", [sound], [out], [op])]))
    with pytest.raises(ModelError, match="Dimension 2 of input 0 'sound' is open, and has size 1 now: resize it first"):
        interpreter.allocate_tensors()
    interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], (1, 1, 80, 1))
    interpreter.allocate_tensors()
    assert interpreter.get_output_details()[0]["shape"].tolist() == [1, 1, 2, 2]
