"""What converters and the command line are given about quantization, and how it reaches the file; without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tinylite import Interpreter, Model, TFLiteConverter, TinyliteError
from tinylite.cli import main
from tinylite.converter.tflite_converter import Optimize, TargetSpec
from tinylite.files.graphdef import GraphDef

from ..conftest import litert_interpreter, run_once
from ..converter.nodes import Nodes
from ..converter.test_conversion import node, numbers
from ..draft import Draft
from .test_integer import GRAPHS, model


def graph() -> GraphDef:
    """x0 and numbers added to it, with a range."""
    n = Nodes()
    n.add("FakeQuantWithMinMaxArgs", n.add("AddV2", n.input(1, 4), np.ones(4, np.float32)), min=-1.0, max=2.0, num_bits=8)
    return GraphDef(n.nodes, {})


def converted(**settings: Any) -> bytes:
    converter = TFLiteConverter.from_frozen_graph(graph(), None, None)  # type: ignore[arg-type]
    for name, value in settings.items():
        assert hasattr(converter, name)
        setattr(converter, name, value)
    return converter.convert()


def call(*given: Any) -> Result:
    return CliRunner().invoke(main, ["convert", *map(str, given)], catch_exceptions=False)


@pytest.mark.parametrize(("type", "mean"), [("QUANTIZED_UINT8", 128), ("INT8", 0)])
def test_a_float_file_may_take_integers(type: str, mean: int) -> None:
    content = converted(inference_input_type=type, quantized_input_stats={"x0": (mean, 64.0)})
    assert [op.code for op in Model.load(content).graph.ops] == ["DEQUANTIZE", "ADD", "FAKE_QUANT"]
    x = np.array([[mean, mean + 64, mean - 64, mean + 127]], type.removeprefix("QUANTIZED_").lower())
    found = run_once(Interpreter(model_content=content), x)
    assert np.allclose(found, [[1, 2, 0, 2]], atol=0.02)
    assert np.array_equal(found, run_once(litert_interpreter(content, "BUILTIN_REF"), x))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"inference_output_type": "UINT8"}, "UINT8 are asked of a float file"),
        ({"inference_input_type": "INT16"}, "inputs of type INT16"),
        ({"inference_input_type": "UINT8"}, "mean and std are not given"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (0, float("nan"))}}, "make no range"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (float("inf"), 1)}}, "make no range"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (0, 1), "x": (0, 1)}}, "'x', which is not an input"),
        ({"inference_type": "UINT8", "quantized_input_stats": {"x0": (0, 1)}, "default_ranges_stats": 6}, "Give two numbers"),
        ({"optimizations": Optimize.DEFAULT}, "optimizations is <Optimize.DEFAULT.* Give a list"),
        ({"optimizations": "DEFAULT"}, "optimizations is 'DEFAULT'"),
        ({"optimizations": ["SMALL"]}, "optimizations has SMALL"),
        ({"target_spec": TargetSpec(supported_types=np.float16)}, "target_spec.supported_types is"),
        ({"target_spec": TargetSpec(supported_types=[np.int16])}, "target_spec.supported_types has INT16"),
        ({"target_spec": TargetSpec(supported_ops="TFLITE_BUILTINS")}, "target_spec.supported_ops is"),
        ({"output_format": "ONNX"}, "output_format has ONNX"),
    ],
)
def test_what_cannot_be_is_told(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(TinyliteError, match=text):
        converted(**settings)


def test_lists_of_settings_may_be_sets_or_none() -> None:
    spec = TargetSpec(supported_types={np.float16})
    for asked in ({Optimize.DEFAULT}, ["DEFAULT"], (Optimize.OPTIMIZE_FOR_SIZE,)):
        types = {tensor.type for tensor in Model.load(converted(optimizations=asked, target_spec=spec)).graph.all_tensors()}
        assert types == {"FLOAT32", "FLOAT16"}
    assert converted(optimizations=None) == converted()


@pytest.mark.parametrize(("given", "wanted"), [("UINT8", "FLOAT"), ("UINT8", "INT8"), ("INT8", "FLOAT"), ("FLOAT", "INT8")])
def test_an_input_that_is_given_out_has_the_type_of_outputs(given: str, wanted: str) -> None:
    converter = TFLiteConverter.from_frozen_graph(graph(), None, ["x0", "AddV2_2"])  # type: ignore[arg-type]
    converter.inference_type, converter.inference_input_type, converter.inference_output_type = "QUANTIZED_UINT8", given, wanted
    converter.quantized_input_stats, converter.default_ranges_stats = {"x0": (128, 64)}, (-1, 2)
    content = converter.convert()
    ends = Model.load(content).graph
    types = {"FLOAT": "FLOAT32"}
    assert [tensor.type for tensor in (*ends.inputs, *ends.outputs)] == [types.get(type, type) for type in (given, wanted, wanted)]
    assert ends.inputs[0].name == "x0"
    x = np.array([[1, 2, 3, 4]], {"UINT8": np.uint8, "INT8": np.int8}.get(given, np.float32))
    assert np.array_equal(run_once(Interpreter(model_content=content), x), run_once(litert_interpreter(content, "BUILTIN_REF"), x))


def test_a_float_file_takes_integers_on_the_command_line(tmp_path: Path) -> None:
    source, target = tmp_path / "float.tflite", tmp_path / "made.tflite"
    given = model(GRAPHS["conv"])
    given.graph.inputs[0].name = "serving_default_x:0"  # as TF 2 names it
    given.save(source)
    stats = ("--mean_values", 128, "--std_dev_values", 127, "-o", target)
    assert call(source, "--inference_input_type", "QUANTIZED_UINT8", *stats).exit_code == 0
    made = Model.load(target)
    assert [tensor.type for tensor in (*made.graph.inputs, *made.graph.outputs)] == ["UINT8", "FLOAT32"]
    assert call(source, "--inference_type", "QUANTIZED_UINT8", *stats).exit_code == 0
    made = Model.load(target)
    assert [tensor.type for tensor in (*made.graph.inputs, *made.graph.outputs)] == ["UINT8", "UINT8"]
    refused = call(source, "-o", tmp_path / "other.tflite")
    assert refused.exit_code != 0
    assert "--inference_input_type" in refused.output


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (("--input_arrays=x",), "input_arrays are x, and"),
        (("--output_arrays=a,b",), "output_arrays are a, b, and"),
        (("--input_shapes=1,6,6,3",), "input_shapes are others"),
    ],
)
def test_a_tflite_file_keeps_its_ends(flags: tuple[str, ...], text: str, tmp_path: Path) -> None:
    """Flags that ask for others had no effect; those that name what is there pass, as toco wanted them."""
    source, target = tmp_path / "float.tflite", tmp_path / "made.tflite"
    model(GRAPHS["conv"]).save(source)
    own = ("--input_arrays=x0:0", "--output_arrays=out", "--input_shapes=1,6,6,4", "--quantize_to_float16", "-o", target)
    refused = call(source, *own, *flags)
    assert refused.exit_code != 0
    assert text in refused.output
    assert not target.exists()
    assert call(source, *own).exit_code == 0


def test_stats_go_by_the_order_of_input_arrays(tmp_path: Path) -> None:
    source, target = tmp_path / "float.tflite", tmp_path / "made.tflite"
    d = Draft()
    d.graph.outputs = [d.op("CONCATENATION", d.input(), d.input(), shape=(1, 6, 6, 8), axis=3)]
    Model([d.graph]).save(source)
    made = call(
        source, "--inference_type=QUANTIZED_UINT8", "--input_arrays=x1,x0", "--mean_values=0,128", "--std_dev_values=1,2", "-o", target
    )
    assert made.exit_code == 0
    zeros = {tensor.name: int(tensor.quantization.zero_point[0]) for tensor in Model.load(target).graph.inputs}  # type: ignore[union-attr]
    assert zeros == {"x0": 128, "x1": 0}


def test_flags_that_a_float_file_takes_nothing_from_are_told(tmp_path: Path) -> None:
    source, target = tmp_path / "float.tflite", tmp_path / "made.tflite"
    model(GRAPHS["conv"]).save(source)
    flags = ("--mean_values", 128, "--std_dev_values", 128, "--default_ranges_min", -1, "--default_ranges_max", 1, "-o", target)
    made = call(source, "--quantize_to_float16", *flags)
    assert made.output.count("has no effect on a float file") == 2
    made = call(source, "--inference_input_type", "UINT8", *flags)
    assert made.output.count("Note: --default_ranges_min has no effect on a float file") == made.output.count("no effect") == 1
    assert "no effect" not in call(source, "--inference_type", "UINT8", *flags).output


def test_smaller_weights_are_those_of_a_float_file(tmp_path: Path) -> None:
    """As tflite_convert had it: --post_training_quantize outweighs --inference_type, and says so."""
    source, target = tmp_path / "float.tflite", tmp_path / "made.tflite"
    model(GRAPHS["conv"]).save(source)
    flags = ("--inference_type", "QUANTIZED_UINT8", "--mean_values", 128, "--std_dev_values", 128, "-o", target)
    made = call(source, "--post_training_quantize", *flags)
    assert made.exit_code == 0
    assert "Note: --post_training_quantize makes a float file" in made.output
    assert Model.load(target).graph.inputs[0].type == "FLOAT32"
    refused = call(source, "--quantize_to_float16", *flags)
    assert refused.exit_code != 0
    assert "--quantize_to_float16 makes a float file" in refused.output


@pytest.mark.parametrize("types", ["INT32", "int32"])
def test_types_of_inputs_that_are_no_floats_are_taken_as_they_are(types: str, tmp_path: Path) -> None:
    """Toco wanted them named, one for each input."""
    source, target = tmp_path / "graph.pbtxt", tmp_path / "made.tflite"
    ids = 'node { name: "ids" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "shape" value { shape { } } } }'
    gather = node("rows", "GatherV2", "table", "ids", "axis").replace(
        "attr {", 'attr { key: "Tparams" value { type: DT_FLOAT } } attr { key: "Tindices" value { type: DT_INT32 } } attr {', 1
    )
    source.write_text(ids + numbers("table", 1, 4, 3, type="FLOAT") + numbers("axis", 0) + gather)
    made = call(source, "--inference_type", "QUANTIZED_UINT8", "--input_data_types", types, "-o", target)
    assert made.exit_code == 0, made.output
    assert [tensor.type for tensor in (*Model.load(target).graph.inputs, *Model.load(target).graph.outputs)] == ["INT32", "UINT8"]
