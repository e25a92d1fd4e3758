"""What converters and the command line are told of quantization, and how it reaches the file; without TensorFlow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tinylite import Interpreter, Model, TFLiteConverter, TinyliteError
from tinylite.cli import main
from tinylite.converter.graphdef import GraphDef

from ..conftest import litert_interpreter
from ..converter.nodes import Nodes
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


def ran(interpreter: Any, x: np.ndarray) -> np.ndarray:
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def call(*given: Any) -> Result:
    return CliRunner().invoke(main, ["convert", *map(str, given)], catch_exceptions=False)


@pytest.mark.parametrize(("type", "mean"), [("QUANTIZED_UINT8", 128), ("INT8", 0)])
def test_a_float_file_may_take_integers(type: str, mean: int) -> None:
    content = converted(inference_input_type=type, quantized_input_stats={"x0": (mean, 64.0)})
    assert [op.code for op in Model.load(content).graph.ops] == ["DEQUANTIZE", "ADD", "FAKE_QUANT"]
    x = np.array([[mean, mean + 64, mean - 64, mean + 127]], type.removeprefix("QUANTIZED_").lower())
    found = ran(Interpreter(model_content=content), x)
    assert np.allclose(found, [[1, 2, 0, 2]], atol=0.02)
    assert np.array_equal(found, ran(litert_interpreter(content, "BUILTIN_REF"), x))


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"inference_output_type": "UINT8"}, "UINT8 are asked of a float file"),
        ({"inference_input_type": "INT16"}, "inputs of type INT16"),
        ({"inference_input_type": "UINT8"}, "mean and std are not given"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (0, float("nan"))}}, "give no range"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (float("inf"), 1)}}, "give no range"),
        ({"inference_input_type": "UINT8", "quantized_input_stats": {"x0": (0, 1), "x": (0, 1)}}, "'x', which is no input"),
        ({"inference_type": "UINT8", "quantized_input_stats": {"x0": (0, 1)}, "default_ranges_stats": 6}, "Give two numbers"),
    ],
)
def test_what_cannot_be_is_told(settings: dict[str, Any], text: str) -> None:
    with pytest.raises(TinyliteError, match=text):
        converted(**settings)


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
