"""What `tinylite inspect --quantization` says of models of each kind."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Model
from tinylite.cli import main
from tinylite.files.graphdef import GraphDef
from tinylite.model import Op, Quantization, Tensor
from tinylite.quantize import WeightQuantization, quantize_weights
from tinylite.report.describe_quantization import describe, describe_graph_def

from ..conftest import shared_models
from ..converter.nodes import Nodes
from ..draft import Draft
from .test_integer import GRAPHS, fake, layer, model, quantize, unranged
from .test_weights import network


def rounded() -> Model:
    """Floats that pass through integers, as TF 2.21 writes FakeQuants into float files."""
    d = Draft()
    x = d.input()
    integers = quantize(GRAPHS["conv"]).graph.outputs[0]
    integers.buffer = None
    between = d.op("QUANTIZE", d.op("RELU", x))
    between.type, between.quantization = "UINT8", integers.quantization
    return Model([d.done(d.op("RELU", d.op("DEQUANTIZE", between)))])


def picked_weights() -> Model:
    """Stored weights of which some are picked, and then read as floats."""
    d = Draft()
    table = d.constant(np.zeros((4, 6)))
    table.type, table.data = "INT8", np.zeros((4, 6), np.int8)
    table.quantization = Quantization([0.5], [0])
    rows = d.op("GATHER", table, d.ints(0, 2), shape=(2, 6))
    rows.type, rows.quantization = "INT8", table.quantization
    return Model([d.done(d.op("DEQUANTIZE", rows, shape=(2, 6)))])


def float_results() -> Model:
    """An op that turns integers into the floats of the result, as detectors end."""
    made = quantize(GRAPHS["conv"])
    boxes = Tensor("boxes", (1, 4))
    made.graph.ops.append(Op("CUSTOM", [made.graph.outputs[0]], [boxes], custom_code="TFLite_Detection_PostProcess"))
    made.graph.outputs = [boxes]
    return made


def integer_ends() -> Model:
    """Floats between integer ends."""
    d = Draft()
    x = d.input()
    x.type, x.quantization = "UINT8", Quantization([0.5], [128])
    y = d.op("QUANTIZE", d.op("RELU", d.op("DEQUANTIZE", x)))
    y.type, y.quantization = "UINT8", x.quantization
    return Model([d.done(y)])


@pytest.mark.parametrize(
    ("made", "kind", "types"),
    [
        (network, "float", []),
        (lambda: model(GRAPHS["conv"]), "fake-quantized", []),
        (rounded, "fake-quantized", ["UINT8"]),
        (lambda: quantize_weights(network()), "weights only", ["INT8"]),
        (lambda: quantize_weights(network(), WeightQuantization("FLOAT16")), "weights only", ["FLOAT16"]),
        (picked_weights, "weights only", ["INT8"]),
        (float_results, "fully quantized", ["UINT8"]),
        (integer_ends, "float", ["UINT8"]),
        (lambda: quantize(unranged, allow_float_ops=True), "partly quantized", ["UINT8"]),
        (lambda: quantize(GRAPHS["conv"], type="INT8", output_type="FLOAT32"), "fully quantized", ["INT8"]),
    ],
)
def test_kinds(made: object, kind: str, types: list[str]) -> None:
    found = describe(made())  # type: ignore[operator]
    assert (found["kind"], found["types"]) == (kind, types)


def test_ops_that_stay_in_float_are_named_and_why() -> None:
    graph = describe(quantize(unranged, allow_float_ops=True))["graphs"][0]
    assert [op["name"] for op in graph["float_ops"]] == ["ADD", "CONV_2D", "MUL"]
    assert all("no scale" in op["why"] for op in graph["float_ops"])
    graph = describe(quantize(lambda d, x: fake(d, d.op("COS", fake(d, layer(d, x)))), allow_float_ops=True))["graphs"][0]
    assert [op["why"] for op in graph["float_ops"]] == ["tinylite knows no UINT8 form of it"]
    assert [(op["name"], op["place"]) for op in graph["conversions"]] == [("DEQUANTIZE", "between"), ("QUANTIZE", "output")]
    assert (graph["ops"], graph["integer_ops"]) == (4, 1)


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


def test_ends_that_a_node_leaves_out_are_tensorflow_s_own() -> None:
    n = Nodes()
    n.add("FakeQuantWithMinMaxArgs", n.input(4))
    n.add("FakeQuantWithMinMaxArgs", "x0", min=-1.0, max=0.5, num_bits=4, narrow_range=True)
    found = describe_graph_def(GraphDef(n.nodes, {}))["fake_quants"]
    assert [(entry["min"], entry["max"], entry["bits"], entry["narrow"]) for entry in found] == [
        ([-6.0], [6.0], 8, False), ([-1.0], [0.5], 4, True),
    ]  # fmt: skip


def test_ops_that_stay_in_float_are_printed_with_their_outputs(tmp_path: Path) -> None:
    path = tmp_path / "partly.tflite"
    made = quantize(unranged, allow_float_ops=True)
    for number, op in enumerate(op for op in made.graph.ops if op.code in ("ADD", "CONV_2D", "MUL")):
        op.outputs[0].name = f"result_{number}"
    made.save(path)
    text = CliRunner().invoke(main, ["inspect", "--quantization", str(path)]).output
    stay = describe(made)["graphs"][0]["float_ops"]
    assert len(stay) == 3
    for op in stay:
        assert re.search(rf"{op['index']}\W+{op['name']}\W+{op['output']}\W", text), text


def fake_quant(n: Nodes, x: str, low: object = -2.0, high: object = 2.0) -> str:
    ends = [end if isinstance(end, str) else np.float32(end) for end in (low, high)]  # type: ignore[arg-type]
    return n.add("FakeQuantWithMinMaxVars", x, *ends, num_bits=8, narrow_range=False)


def test_layers_of_a_graph_know_where_their_ranges_come_from() -> None:
    """Past data-movement ops before a layer, and after its bias and activation, but not after a sum of two layers."""
    n = Nodes()
    x = n.input(1, 8, 8, 4)
    weights = fake_quant(n, n.constant(np.ones((3, 3, 4, 4), np.float32)))
    first = n.add("Conv2D", x, weights)
    y = fake_quant(n, n.add("Relu", n.add("BiasAdd", first, np.zeros(4, np.float32))))
    second = n.add(
        "Conv2D", n.add("MaxPool", n.add("ConcatV2", n.add("Softmax", y), y, np.int32(3))), n.constant(np.ones((1, 1, 8, 4), np.float32))
    )
    third = n.add("Conv2D", n.add("LeakyRelu", second), weights)
    fake_quant(n, n.add("AddV2", third, n.add("Identity", y)))
    layers = {layer.pop("name"): layer for layer in describe_graph_def(GraphDef(n.nodes, {}))["layers"]}
    ranges = {name: [layer[side]["range"] is not None for side in ("data", "weights", "output")] for name, layer in layers.items()}
    assert ranges == {first: [True, True, True], second: [True, False, False], third: [False, True, False]}
    assert layers[first]["data"] == {"tensor": "x0", "range": "input"}
    assert layers[first]["output"]["range"] == y
    assert layers[second]["data"]["range"] == "fixed"
    assert layers[third]["data"]["tensor"].startswith("LeakyRelu")


def test_what_is_printed_of_a_graph(tmp_path: Path) -> None:
    """With a function in it, layers without ranges, and a FakeQuant whose range a variable holds."""
    path = tmp_path / "graph.pbtxt"
    path.write_text(
        """
node { name: "x" op: "Placeholder" } node { name: "w" op: "VariableV2" } node { name: "low" op: "VariableV2" }
node { name: "product" op: "MatMul" input: "x" input: "w" }
node { name: "fake" op: "FakeQuantWithMinMaxVars" input: "product" input: "low" input: "low" }
library { function { signature { name: "f" input_arg { name: "a" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
  node_def { name: "inner" op: "MatMul" input: "a" input: "a" } ret { key: "y" value: "inner:product:0" } } }
"""
    )
    text = CliRunner().invoke(main, ["inspect", "--quantization", str(path)], env={"COLUMNS": "140"}).output
    for part in (
        "fake-quantized",
        "freeze it, then convert",
        "variable",
        "2 of 2 layers without a FakeQuant",
        "of w",
        "f/inner",
        "after f/inner",
    ):
        assert part in text
    found = json.loads(CliRunner().invoke(main, ["inspect", "--quantization", "--json", str(path)]).output)
    assert [layer["output"]["range"] for layer in found["layers"]] == ["fake", None]
    path.write_text('node { name: "x" op: "Placeholder" }')
    assert CliRunner().invoke(main, ["inspect", "--quantization", str(path)]).output.startswith("float")


@pytest.mark.parametrize("width", ["80", "140"])
def test_numbers_stay_whole_in_a_narrow_terminal(tmp_path: Path, width: str) -> None:
    path = tmp_path / "uint8.tflite"
    made = quantize(GRAPHS["conv"])
    made.graph.ops[0].inputs[1].name = "a/layer/with/a/very/long/name/weights_quant/FakeQuantWithMinMaxVars"  # type: ignore[union-attr]
    made.save(path)
    text = CliRunner().invoke(main, ["inspect", "--quantization", str(path)], env={"COLUMNS": width}).output
    assert max(map(len, text.splitlines())) <= int(width)
    (row,) = [line for line in text.splitlines() if "a/layer" in line]
    assert [cell.strip() for cell in row.split("│")][3:-1] == ["UINT8", "0.007480315", "121", "-0.9051..1.002"]


@pytest.mark.parametrize("name", shared_models())
def test_real_models(name: str, shared: Path) -> None:
    path = shared / "models" / name
    found = describe(Model.load(path))
    kind = "weights only" if path.stem == "kws_float" else "float" if path.stem.endswith("float") else "fully quantized"
    assert found["kind"] == kind
    assert all(graph["integer_ops"] == (graph["ops"] if kind == "fully quantized" else 0) for graph in found["graphs"])
    assert CliRunner().invoke(main, ["inspect", "--quantization", str(path)]).output.startswith(kind)
