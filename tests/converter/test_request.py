"""One request serves `tinylite.convert`, TFLiteConverter and the command line."""

from __future__ import annotations

import dataclasses
import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite import ConvertRequest, Model, SettingError, TFLiteConverter, convert
from tinylite.cli import main
from tinylite.converter.request import TypeFlags, by_input
from tinylite.quantize import FullIntegerQuantization, WeightQuantization

from .test_conversion import GRAPH, INPUT, WEIGHTS, node

FULL = TypeFlags("QUANTIZED_UINT8", input_stats={"x": (128.0, 64.0)}, default_range=(-1.0, 6.0))


@pytest.fixture(autouse=True)
def _graph(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("g.pbtxt").write_text(GRAPH)
    Path("matmul.pbtxt").write_text(INPUT + WEIGHTS + node("y", "MatMul", "x", "w"))


def test_the_arguments_of_convert_are_the_fields_of_a_request() -> None:
    arguments = {name: given.default for name, given in inspect.signature(convert).parameters.items()}
    fields = {entry.name: entry.default for entry in dataclasses.fields(ConvertRequest)}
    assert arguments.pop("source") is inspect.Parameter.empty and fields.pop("source") is dataclasses.MISSING
    assert list(arguments.items()) == list(fields.items())
    documented = (ConvertRequest.__doc__ or "").split("\n")
    for name in fields:
        assert any(line.startswith(f"    {name} ") for line in documented), name
    for entry in dataclasses.fields(TypeFlags):
        assert f"\n    {entry.name} " in (TypeFlags.__doc__ or ""), entry.name


@pytest.mark.parametrize(
    ("settings", "flags", "properties"),
    [
        ({}, [], {}),
        ({"types": FULL}, ["--inference_type=QUANTIZED_UINT8", "--mean_values=128", "--std_dev_values=64", "--default_ranges_min=-1",
                           "--default_ranges_max=6"],
         {"inference_type": "QUANTIZED_UINT8", "quantized_input_stats": {"x": (128.0, 64.0)}, "default_ranges_stats": (-1, 6)}),
        ({"types": TypeFlags(stored_weights="FLOAT16")}, ["--quantize_to_float16"],
         {"optimizations": ["DEFAULT"], "target_spec": tinylite.lite.TargetSpec(supported_types=["FLOAT16"])}),
        ({"types": TypeFlags(inference_input_type="UINT8", input_stats=[(128.0, 64.0)])},
         ["--inference_input_type=UINT8", "--mean_values=128", "--std_dev_values=64"],
         {"inference_input_type": "UINT8", "quantized_input_stats": {"x": (128.0, 64.0)}}),
        ({"types": TypeFlags(input_stats=[(128.0, 64.0)]), "input_types": ["UINT8"]},
         ["--input_data_types=UINT8", "--mean_values=128", "--std_dev_values=64"],
         {"input_types": {"x": "UINT8"}, "quantized_input_stats": {"x": (128.0, 64.0)}}),
    ],
)  # fmt: skip
def test_the_same_is_made_in_every_way(settings: dict[str, Any], flags: list[str], properties: dict[str, Any]) -> None:
    request = ConvertRequest("matmul.pbtxt", **settings)
    wanted = convert(request).to_bytes()
    assert convert("matmul.pbtxt", **settings).to_bytes() == wanted
    done = CliRunner().invoke(main, ["convert", "matmul.pbtxt", *flags, "-o", "m.tflite"])
    assert done.exit_code == 0, done.output
    assert Path("m.tflite").read_bytes() == wanted
    converter = TFLiteConverter.from_frozen_graph("matmul.pbtxt", None, None)
    for name, value in properties.items():
        assert hasattr(converter, name)
        setattr(converter, name, value)
    assert converter.convert() == wanted


def test_integers_and_weights_are_the_same_as_flags() -> None:
    quantization = FullIntegerQuantization("UINT8", "toco", {"x": (128.0, 64.0)}, (-1.0, 6.0))
    assert convert("matmul.pbtxt", quantization=quantization) == convert("matmul.pbtxt", types=FULL)
    small = TypeFlags(stored_weights="FLOAT16")
    assert convert("matmul.pbtxt", quantization=WeightQuantization("FLOAT16")) == convert("matmul.pbtxt", types=small)


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"inputs": b"x"}, r"inputs is b'x'. Give a list, as inputs=\[b'x'\]"),
        ({"outputs": 3}, r"outputs is 3. Give a list, as outputs=\[3\]"),
        ({"tags": 1.5}, "tags is 1.5"),
        ({"input_shapes": "2,3"}, "input_shapes is '2,3'"),
        ({"input_types": "UINT8"}, "input_types is 'UINT8'"),
        ({"constants": ["x"]}, "constants is"),
        ({"batch_size": 0}, "batch_size is 0. Give a number from 1, or -1"),
        ({"batch_size": 1.5}, "batch_size is 1.5"),
        ({"types": {"inference_type": "INT8"}}, "types is"),
        ({"quantization": FullIntegerQuantization(), "types": TypeFlags()}, "quantization and types are given, which exclude one another"),
        ({"quantization": WeightQuantization(), "types": TypeFlags()}, "quantization and types are given"),
        ({"quantization": "INT8"}, "quantization is 'INT8'. Give a tinylite.quantize.FullIntegerQuantization or a"),
        ({"output_format": "ONNX"}, "output_format is 'ONNX'. There are: TFLITE, GRAPHVIZ_DOT"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_read(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(SettingError, match=text):
        ConvertRequest("nothing.pb", **settings)


def test_a_name_by_itself_is_a_list_of_one() -> None:
    assert convert("matmul.pbtxt", "x", "y") == convert("matmul.pbtxt", ["x"], ["y"])
    request = ConvertRequest("nothing.pb", tags="serve", custom_op_names="Mine")
    assert (request.tags, request.custom_op_names) == (["serve"], ["Mine"])


def test_a_request_comes_alone() -> None:
    request = ConvertRequest("g.pbtxt")
    with pytest.raises(SettingError, match="a ConvertRequest is given, and allow_custom_ops besides"):
        convert(request, allow_custom_ops=True)


def test_a_request_says_what_is_written_and_where() -> None:
    convert("g.pbtxt", output="m.dot", output_format="GRAPHVIZ_DOT")
    assert Path("m.dot").read_text().startswith("digraph")
    model = convert("g.pbtxt", output="m.tflite", batch_size=2)
    assert Path("m.tflite").read_bytes() == model.to_bytes()
    assert model.graph.inputs[0].shape == (2, 3)
    with pytest.raises(tinylite.ConvertError, match="wants all shapes known"):
        convert("g.pbtxt", allow_dynamic_tensors=False, output="other.tflite")
    assert not Path("other.tflite").exists()


def test_a_float_model_is_quantized_by_the_same_request() -> None:
    convert("matmul.pbtxt", output="float.tflite")
    model = Model.load("float.tflite")
    for source in ("float.tflite", Path("float.tflite"), model):
        made = convert(source, quantization=WeightQuantization("FLOAT16"))
        assert [tensor.type for tensor in made.graph.all_tensors()].count("FLOAT16") == 1
        assert convert(source, types=FULL).graph.inputs[0].type == "UINT8"
        with pytest.raises(tinylite.ConvertError, match="nothing is asked of it"):
            convert(source)
    assert model == Model.load("float.tflite")


def test_a_file_of_flags_may_leave_the_batch_open() -> None:
    Path("flags").write_text("variable_batch: true")
    Path("g.pbtxt").write_text(GRAPH.replace("size: -1", "size: 1"))
    done = CliRunner().invoke(main, ["convert", "g.pbtxt", "--model_flags_file=flags", "-o", "m.tflite"])
    assert done.exit_code == 0, done.output
    assert Model.load("m.tflite").graph.inputs[0].shape_signature == (-1, 3)


@pytest.mark.parametrize(
    ("given", "wanted"), [({"b": 2}, {"b": 2}), ([1], {"a": 1, "b": 1}), ([1, 2], {"a": 1, "b": 2}), ((), {}), ({}, {})]
)
def test_what_is_given_for_inputs_goes_by_name_or_order(given: Any, wanted: dict[str, int]) -> None:
    assert by_input("values", ["a", "b"], given) == wanted


@pytest.mark.parametrize("given", [[1, 2, 3], "xy", np.float32(3)])
def test_what_does_not_go_with_the_inputs_is_refused(given: Any) -> None:
    with pytest.raises(SettingError, match=r"values"):
        by_input("values", ["a", "b"], given)
