"""The distinct ops of models, and files of ops."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import shared_models
from tests.ops.conv_2d import conv
from tinylite import FileError, Interpreter, Model, ModelError, Op, OutOfMemoryError, Quantization, SettingError, Tensor
from tinylite.benching.op_text import OpCase, ops_of, parse_op, read_counted_ops, read_ops
from tinylite.model import Graph

rng = np.random.default_rng(3)


def constant(name: str, values: Any, dtype: Any, type: str) -> Tensor:
    tensor = Tensor(name, (), type)
    tensor.data = np.asarray(values, dtype)
    return tensor


def tower(layers: int = 3) -> Model:
    """Equal convolutions with other weights, two sums along different axes of the same shape, and a number of rows that may vary."""
    x = first = Tensor("x", (1, 6, 6, 4), shape_signature=(-1, 6, 6, 4))
    ops = []
    for layer in range(layers):
        y = Tensor(f"y{layer}", ())
        weights = constant(f"w{layer}", rng.normal(size=(4, 3, 3, 4)), np.float32, "FLOAT32")
        bias = constant(f"b{layer}", rng.normal(size=4), np.float32, "FLOAT32")
        ops.append(Op("CONV_2D", [x, weights, bias], [y], padding="SAME", stride_h=1, stride_w=1, fused_activation_function="RELU"))
        x = y
    sums = []
    for axis in (1, 2, 1):
        sums.append(Tensor(f"sum{axis}-{len(sums)}", ()))
        ops.append(Op("SUM", [x, constant(f"axis{len(sums)}", [axis], np.int32, "INT32")], [sums[-1]], keep_dims=False))
    square = Tensor("square", ())
    ops.append(Op("MUL", [x, x], [square], fused_activation_function="NONE"))
    return Model([Graph("main", [first], [*sums, square], ops)])


def test_equal_ops_are_one_and_counted() -> None:
    model = tower()
    before = model.to_bytes()
    found = ops_of(model)
    assert [(case.line(count), count) for case, count in found] == [
        ("3 x CONV_2D f32 1x6x6x4 4x3x3x4 same relu", 3), ("2 x SUM f32 1x6x6x4 [1]", 2), ("SUM f32 1x6x6x4 [2]", 1),
        ("MUL f32 1x6x6x4 =0", 1),
    ]  # fmt: skip
    assert model.to_bytes() == before
    case = found[0][0]
    cut = case.model.graph
    assert cut.ops[0].inputs[1].data is model.graph.ops[0].inputs[1].data or np.array_equal(  # type: ignore[union-attr]
        cut.ops[0].inputs[1].data, model.graph.ops[0].inputs[1].data  # type: ignore[union-attr, arg-type]
    )  # fmt: skip
    assert cut.outputs[0].shape == (1, 6, 6, 4) and cut.inputs[0].shape_signature is None  # XNNPACK needs to be told
    assert [value.shape for value in case.inputs()] == [(1, 6, 6, 4)]


def test_it_is_cut_with_its_quantization_and_runs_to_the_same_bits() -> None:
    case = conv(1, (6, 6), 4, 8, (3, 3), "i8", fused_activation_function="RELU6")
    model = case.model()
    (found, count), = ops_of(model)  # fmt: skip
    op, cut = model.graph.ops[0], found.model.graph.ops[0]
    for mine, theirs in zip((*op.inputs, *op.outputs), (*cut.inputs, *cut.outputs), strict=True):
        assert mine is not None and theirs is not None and mine.quantization is not None and theirs.quantization is not None
        assert np.array_equal(mine.quantization.scale, theirs.quantization.scale)
    runs = []
    for each in (model, found.model):
        with Interpreter(model_content=each.to_bytes()) as interpreter:
            interpreter.allocate_tensors()
            interpreter.set_tensor(interpreter.get_input_details()[0]["index"], found.inputs()[0])
            interpreter.invoke()
            runs.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    assert count == 1 and np.array_equal(*runs)
    read = parse_op(found.text).model.graph.ops[0]
    assert read.options == op.options and read.outputs[0].quantization is not None and op.outputs[0].quantization is not None
    assert np.array_equal(read.outputs[0].quantization.scale, op.outputs[0].quantization.scale)


def test_kinds_of_quantization_are_told_apart_and_scales_are_not() -> None:
    def model(*scales: list[float]) -> Model:
        ops, x = [], Tensor("x", (4, 3))
        for number, each in enumerate(scales):
            weights = constant(f"w{number}", np.ones((3, 3)), np.int8, "INT8")
            weights.quantization = Quantization(np.array(each, np.float32), np.zeros(len(each), np.int64))
            y = Tensor(f"y{number}", (4, 3))
            ops.append(Op("FULLY_CONNECTED", [x, weights, None], [y]))
            x = y
        return Model([Graph("main", [ops[0].inputs[0]], [x], ops)])  # type: ignore[list-item]

    assert [(case.text, count) for case, count in ops_of(model([0.1], [0.2], [0.1, 0.2, 0.3]))] == [
        ("FULLY_CONNECTED f32/i8 4x3 3x3@0.1 -", 2), ("FULLY_CONNECTED f32/i8 4x3 3x3 -", 1),
    ]  # fmt: skip


def test_a_bias_whose_dimension_is_numbered_as_that_of_the_weights_is_mended() -> None:
    case = conv(1, (6, 6), 4, 8, (3, 3), "i8").model()
    bias = case.graph.ops[0].inputs[2]
    assert bias is not None and bias.quantization is not None
    bias.quantization.quantized_dimension = 3
    ((found, _),) = ops_of(case)
    assert found.model.graph.ops[0].inputs[2].quantization.quantized_dimension == 0  # type: ignore[union-attr]
    assert " 8 " not in found.text and bias.quantization.quantized_dimension == 3


def test_all_graphs_are_looked_at_and_what_no_line_says_is_described() -> None:
    model = importlib.import_module("tests.ops.while").CASES[0].model()
    found = ops_of(model)
    assert sum(count for _, count in found) == sum(len(graph.ops) for graph in model.graphs) > len(model.graph.ops)
    (loop,) = [case for case, _ in found if not case.written]
    assert loop.text.startswith("WHILE ") and "calls graphs" in loop.text and not loop.problem
    assert loop.line(4).startswith("# 4 x WHILE ") and len(loop.model.graphs) == len(model.graphs)
    model = importlib.import_module("tests.ops.read_variable").CASES[0].model()
    assert {case.operator: case.problem for case, _ in ops_of(model)}["READ_VARIABLE"].startswith("its tensor")


def test_ops_that_tinylite_does_not_run_are_described() -> None:
    x, y, z = Tensor("x", (2, 3)), Tensor("y", (2, 3)), Tensor("z", (2, 3))
    model = Model([Graph("main", [x], [z], [Op("RELU", [x], [y]), Op("CUSTOM", [y], [z], custom_code="Unheard")])])
    found = [(case.text, case.written) for case, _ in ops_of(model)]
    assert found == [("RELU f32 2x3", True), ("Unheard f32:2x3: Unheard is not an operator that tinylite runs", False)]


@pytest.mark.parametrize("damage", ["buffer", "shape", "inputs", "outputs", "options", "scale"])
def test_a_damaged_model_is_looked_at_all_the_same(damage: str) -> None:
    model = conv(1, (6, 6), 4, 8, (3, 3), "i8").model()
    op = model.graph.ops[0]
    weights = op.inputs[1]
    assert weights is not None and weights.buffer is not None and weights.quantization is not None
    if damage == "buffer":
        weights.buffer = weights.buffer[:5]
    elif damage == "shape":
        weights.shape = (8, -1, -1, 4)
    elif damage == "inputs":
        del op.inputs[1:]
    elif damage == "outputs":
        op.outputs = model.graph.outputs = []
    elif damage == "options":
        op.options = Op("ADD", [], []).options
    else:
        weights.quantization.scale = np.array([np.nan], np.float32)
    ((case, count),) = ops_of(model)
    assert count == 1 and case.operator == "CONV_2D"


def test_only_models_are_looked_at() -> None:
    with pytest.raises(ModelError, match=r"ops_of takes a tinylite\.Model, not 'x\.tflite'"):
        ops_of("x.tflite")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", shared_models())
def test_lines_of_real_models_are_read_again(name: str, shared: Path) -> None:
    model = Model.load(shared / "models" / name)
    found = ops_of(model)
    assert sum(count for _, count in found) == len(model.graph.ops)
    for case, _ in found:
        assert case.written, case.text
        again = parse_op(case.text)
        assert again.text == case.text
        assert [t.shape for t in again.model.graph.outputs] == [t.shape for t in case.model.graph.outputs]


def test_a_file_has_an_op_a_line(tmp_path: Path) -> None:
    path = tmp_path / "ops.txt"
    path.write_text(
        "\ufeff# ops of a network\n\n13 x RELU f32 1x8  # many\n  2 X is not a count\n".replace("  2 X is not a count\n", "add f32 4*2\r\n")
    )
    found = read_counted_ops(path)
    assert [(case.text, count) for case, count in found] == [("RELU f32 1x8", 13), ("ADD f32 4*2", 1)]
    assert [case.text for case in read_ops(path)] == ["RELU f32 1x8", "ADD f32 4*2"]
    path.write_text("\n".join(case.line(count) for case, count in ops_of(tower())))
    assert [(case.text, count) for case, count in read_counted_ops(path)] == [(case.text, count) for case, count in ops_of(tower())]


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"RELU f32 4\n\nRELU f33 4\n", SettingError, r"ops\.txt, line 3, the op 'RELU f33 4', column 6: .* a type is wanted"),
        (b"0 x RELU f32 4", SettingError, r"ops\.txt, line 1: the op is there 0 times"),
        (b"# nothing\n", FileError, r"ops\.txt: it has no op"),
        (b"\xff\xfe\x00", FileError, r"ops\.txt: the ops cannot be read: it is not text in UTF-8"),
        (b"RELU f32 2147483647x100000", OutOfMemoryError, r"ops\.txt, line 1, the op '.*', column 10: an input of FLOAT32 .* are allowed"),
        (None, FileError, r"ops\.txt: the ops cannot be read: No such file"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_said_with_the_line(
    content: bytes | None, error: type[Exception], message: str, tmp_path: Path
) -> None:
    path = tmp_path / "ops.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(error, match=message):
        read_ops(path)


def test_a_case_says_what_it_is() -> None:
    case = parse_op("relu f32 4")
    assert isinstance(case, OpCase) and (case.line(), case.line(2), case.operator) == ("RELU f32 4", "2 x RELU f32 4", "RELU")
