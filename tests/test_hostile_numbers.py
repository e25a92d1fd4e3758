"""Numbers in a file that mean nothing: scales that are NaN, counts that contradict, records that are not there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Interpreter, Model, TensorError, dequantize_values, quantize_values, random_inputs
from tinylite.cli import main
from tinylite.model import Quantization, Tensor
from tinylite.schema.table import Table

from .converter.wire import binary
from .small_models import quantized, sparse


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _json(*arguments: str) -> Any:
    """What a command prints as JSON, which knows neither NaN nor infinity."""
    done = CliRunner().invoke(main, [*arguments, "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout, parse_constant=_refuse)


@pytest.mark.parametrize("arguments", [["inspect"], ["inspect", "--quantization"]], ids=" ".join)
@pytest.mark.parametrize("scale", [np.nan, np.inf, -np.inf, 3e38, 0.0])
def test_scales_that_are_no_numbers_are_shown(scale: float, arguments: list[str], tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(quantized([scale], [np.iinfo(np.int64).min]))
    tensor = _json(*arguments, str(path))["graphs"][0]["tensors"][0]
    found = tensor["quantization"]["scale"] if arguments == ["inspect"] else tensor["scale"]
    assert found == [pytest.approx(scale) if np.isfinite(scale) else str(scale)]
    done = CliRunner().invoke(main, [*arguments, str(path)])
    assert done.exit_code == 0 and "Note" not in done.output


def test_the_range_of_an_extreme_zero_point_does_not_wrap(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    path.write_bytes(quantized([1.0], [np.iinfo(np.int64).min]))
    tensor = _json("inspect", "--quantization", str(path))["graphs"][0]["tensors"][0]
    assert tensor["min"] == tensor["max"] == 2.0**63


def test_a_range_that_is_no_number_is_shown(tmp_path: Path) -> None:
    """In a TensorFlow graph, too."""
    path = tmp_path / "graph.pb"
    path.write_bytes(binary(
        "node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } } }"
        "node { name: 'f' op: 'FakeQuantWithMinMaxArgs' input: 'x'"
        "  attr { key: 'min' value { f: nan } } attr { key: 'max' value { f: inf } } }"
    ))  # fmt: skip
    assert "nan" in json.dumps(_json("inspect", "--quantization", str(path)))


@pytest.mark.parametrize("counts", [(1, 9), (2, 1), (2, 3)])
def test_scales_and_zero_points_of_different_counts_are_refused(counts: tuple[int, int]) -> None:
    scales, zeros = counts
    tensor = Tensor("x", (2, 2), "INT8", quantization=Quantization([0.5] * scales, [0] * zeros))
    for call in (quantize_values, dequantize_values):
        with pytest.raises(TensorError, match=f"has {scales} scales and {zeros} zero points"):
            call(np.zeros((2, 2), np.int8), tensor)


def test_a_custom_quantization_may_contradict_what_it_replaces() -> None:
    """The interpreter does not look at scales that details replace, and what quantizes by them says that it cannot."""
    model = Model.load(quantized([0.5], [3]))
    quantization = model.graph.inputs[0].quantization
    assert quantization is not None
    quantization.zero_point = np.zeros(9, np.int64)
    quantization.details = Table("CustomQuantization")
    details = Interpreter(model).get_input_details()
    with pytest.raises(TensorError, match="1 scales and 9 zero points"):
        random_inputs(details, ranges={"x": (0, 1)})


def test_a_sparse_dimension_may_lack_its_numbers() -> None:
    model = Model.load(sparse())
    tensor = model.graph.tensors[1]
    assert tensor.sparsity is not None
    tensor.sparsity.dim_metadata[1].array_segments = Table("Int32Vector")
    details = Interpreter(model).get_tensor_details()[1]["sparsity_parameters"]["dim_metadata"][1]
    assert details["array_segments"].tolist() == [] and details["array_indices"].tolist() == [1]


@pytest.mark.parametrize("text", ["saved_model_schema_version: 1", "saved_model_schema_version: 1 meta_graphs { }"])
@pytest.mark.parametrize("option", ["--quantization", "--json"])
def test_a_saved_model_may_hold_nothing(option: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "saved_model.pb"
    path.write_bytes(binary(text, "SavedModel"))
    done = CliRunner().invoke(main, ["inspect", str(path), option])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert done.exit_code == (0 if "meta_graphs" in text else 1), done.output
