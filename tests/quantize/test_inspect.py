"""What `tinylite inspect --quantization` says of models of each kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Model
from tinylite.cli import main
from tinylite.converter.graphdef import GraphDef
from tinylite.describe_quantization import describe, describe_graph_def
from tinylite.quantize import Weights, quantize_weights

from ..converter.nodes import Nodes
from ..draft import Draft
from .test_integer import GRAPHS, fake, layer, model, quantize, unranged
from .test_weights import network

SHARED = Path(__file__).parents[3] / "shared" / "models"


def rounded() -> Model:
    """Floats that pass through integers, as TF 2.21 writes FakeQuants into float files."""
    d = Draft()
    x = d.input()
    integers = quantize(GRAPHS["conv"]).graph.outputs[0]
    integers.buffer = None
    between = d.op("QUANTIZE", d.op("RELU", x))
    between.type, between.quantization = "UINT8", integers.quantization
    return Model([d.done(d.op("RELU", d.op("DEQUANTIZE", between)))])


@pytest.mark.parametrize(
    ("made", "kind", "types"),
    [
        (network, "float", []),
        (lambda: model(GRAPHS["conv"]), "fake-quantized", []),
        (rounded, "fake-quantized", ["UINT8"]),
        (lambda: quantize_weights(network()), "weights only", ["INT8"]),
        (lambda: quantize_weights(network(), Weights("FLOAT16")), "weights only", []),
        (lambda: quantize(unranged, allow_float_ops=True), "partly quantized", ["UINT8"]),
        (lambda: quantize(GRAPHS["conv"], type="INT8", output_type="FLOAT32"), "fully quantized", ["INT8"]),
    ],
)
def test_kinds(made: object, kind: str, types: list[str]) -> None:
    found = describe(made())  # type: ignore[operator]
    assert (found["kind"], found["types"]) == (kind, types)


def test_ops_that_stay_in_float_are_named() -> None:
    graph = describe(quantize(unranged, allow_float_ops=True))["graphs"][0]
    assert [op["name"] for op in graph["float_ops"]] == ["ADD", "CONV_2D", "MUL"]


def test_tensors_have_their_real_range() -> None:
    tensors = {t["name"]: t for t in describe(quantize(lambda d, x: fake(d, layer(d, x), 0, 5)))["graphs"][0]["tensors"]}
    assert (tensors["out"]["min"], tensors["out"]["max"]) == pytest.approx((0, 5))
    assert tensors["x0"]["zero_point"] == [128]
    stored = describe(quantize_weights(network()))["graphs"][0]["tensors"]
    assert max(len(t["scale"]) for t in stored) == 24


def test_the_command(tmp_path: Path) -> None:
    path = tmp_path / "uint8.tflite"
    quantize(GRAPHS["conv"]).save(path)
    text = CliRunner().invoke(main, ["inspect", "--quantization", str(path)]).output
    assert "fully quantized (UINT8)" in text
    assert "0.0078431" in text
    found = json.loads(CliRunner().invoke(main, ["inspect", "--quantization", "--json", str(path)]).output)
    assert found["kind"] == "fully quantized"


def test_a_graph_s_fake_quants_are_listed() -> None:
    n = Nodes()
    name = n.add("FakeQuantWithMinMaxVars", n.input(4), np.float32(-1), np.float32(2), num_bits=8, narrow_range=True)
    found = describe_graph_def(GraphDef(n.nodes, {}))
    assert found["kind"] == "fake-quantized"
    assert found["fake_quants"] == [{"name": name, "input": "x0", "bits": 8, "narrow": True, "min": [-1.0], "max": [2.0]}]


@pytest.mark.skipif(not SHARED.exists(), reason="needs ../shared/models")
@pytest.mark.parametrize(
    ("name", "kind"),
    [("tiny_conv_uint8", "fully quantized"), ("person_detect_int8", "fully quantized"), ("resnet8_float", "float")],
)
def test_real_models(name: str, kind: str) -> None:
    assert describe(Model.load(SHARED / f"{name}.tflite"))["kind"] == kind
