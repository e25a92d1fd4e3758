"""What is said of differences, and the tables of the page."""

from __future__ import annotations

import re

import numpy as np

import tinylite
from tinylite import Graph, Metadata, Model, Op, Quantization, Signature, Tensor

from ..graphs import Maker, model
from .test_diff import chain, constant, float_model, int8_model
from .test_mutations import DIGITS, told


def weights_of(*layers: np.ndarray, extra: int = 0) -> Model:
    maker = Maker("main", [Tensor("x", (1, 4))])
    value = maker.graph.inputs[0]
    for number, values in enumerate(layers):
        value = maker.add("FULLY_CONNECTED", value, constant(f"w{number}", values), None, shape=(1, 4), keep_num_dims=False)
    made = model(maker.gives(value))
    made.graph.tensors = made.graph.all_tensors()
    if extra:
        made.graph.tensors.append(constant("extra", np.zeros(extra, np.float32)))
    return made


def test_weights_of_many_layers_are_one_sentence() -> None:
    layers = [np.eye(4, dtype=np.float32) for _ in range(5)]
    changed = [values.copy() for values in layers]
    for number, values in enumerate(changed):
        values[0, 0] += 0.1 + 0.1 * number
    (sentence,) = told(tinylite.diff(weights_of(*layers), weights_of(*changed)))
    assert sentence == "The weights of 5 layers differ, in 6.2 % of 80 values; most those of op 4 FULLY_CONNECTED, by 0.5 (of at most 1)."
    three = weights_of(*changed[:3], *layers[3:])
    (sentence,) = told(tinylite.diff(weights_of(*layers), three))
    assert sentence.startswith(
        "The weights of 3 layers differ: op 0 FULLY_CONNECTED in 1 of 16 values, at [0, 0], by 0.1 (of at most 1); op 1 "
    )


def test_memory_is_told_where_it_changed() -> None:
    layer = np.eye(4, dtype=np.float32)
    a, b = weights_of(layer), weights_of(layer, extra=1000)
    found = tinylite.diff(a, b, run=False)
    assert found.sentences[0] == "Memory: constants 4.1 kB instead of 64 B."
    assert (found.a.weights_bytes, found.b.weights_bytes, found.a.file_bytes) == (64, 4064, None)
    found = tinylite.diff(a.to_bytes(), b.to_bytes(), run=False)
    assert found.sentences[0].startswith("The file takes ") and " and constants 4.1 kB instead of 64 B." in found.sentences[0]
    assert (found.a.file_bytes, found.b.file_bytes) == (len(a.to_bytes()), len(b.to_bytes()))
    shared = weights_of(layer, layer)
    shared.graph.ops[1].inputs[1].buffer = shared.graph.ops[0].inputs[1].buffer
    assert tinylite.diff(shared, shared).a.weights_bytes == 64, "what tensors share counts once"
    longer = tinylite.diff(weights_of(layer), weights_of(*[layer] * 3))
    assert (longer.a.arena_bytes, longer.b.arena_bytes) != (None, None) and longer.a.ops == {"FULLY_CONNECTED": 1}


def test_signatures_of_several_graphs() -> None:
    def build(first: str, second: str, factor: float) -> Model:
        graphs = []
        for number, name in enumerate((first, second)):
            maker = Maker(name, [Tensor("x", (1, 4))])
            kernel = constant("c", np.full((1, 4), factor if name == "double" else 1, np.float32))
            graphs.append(maker.gives(maker.add("MUL", maker.graph.inputs[0], kernel)))
            assert number < 2
        signatures = [Signature(graph.name, graph, {"in": graph.inputs[0]}, {"out": graph.outputs[0]}) for graph in graphs]
        return Model(graphs, signatures=signatures)

    a = build("single", "double", 2)
    assert tinylite.diff(a, build("single", "double", 2)).same
    found = tinylite.diff(a, build("single", "double", 3))
    assert [(run.a, run.differ) for run in found.results] == [(0, False), (1, True)], "each graph that a signature names is run"
    assert "On random values of seed 0, output 'double_0' of graph 1 differs in all 4 values" in "\n".join(found.sentences)
    # Graphs are found by the keys of their signatures, wherever they are; the first graph is the first graph.
    found = tinylite.diff(a, build("double", "single", 2))
    assert {"signatures", "weights", "constants", "graphs"} & found.differences.keys()
    third = build("single", "double", 2)
    third.graphs.insert(1, Graph("spare", [x := Tensor("x", (1,))], [x]))
    found = tinylite.diff(a, third)
    assert told(found) == ["Graph 1 of B, 'spare' of 0 ops, was added.", "1 graph has another number: 1 became 2."]
    assert [(graph.a, graph.b) for graph in found.graphs] == [(0, 0), (1, 2)]


def test_signatures_and_metadata_in_detail() -> None:
    def build(**names: str) -> Model:
        made = Model.load(DIGITS)
        (signature,) = made.signatures
        signature.inputs = {names.get("input", "picture"): made.graph.inputs[0]}
        signature.outputs = {"scores": made.graph.outputs[0], **({names["more"]: made.graph.outputs[0]} if "more" in names else {})}
        signature.key = names.get("key", "serving_default")
        return made

    found = tinylite.diff(build(), build(key="other", input="image", more="again"), run=False)
    assert told(found) == [
        "Signature 'serving_default' is called 'other'.",
        "Input of signature 'serving_default' 'picture' is called 'image'.",
        "Output of signature 'serving_default' 'again' was added.",
    ]
    a, b = build(), build()
    for made, values in ((a, (b"one", b"two")), (b, (b"one", b"six"))):
        made.metadata += [Metadata("note", np.frombuffer(value, np.uint8)) for value in values]
    assert told(tinylite.diff(a, b, run=False)) == ["Metadata 'note' has other content of the same size."]
    moved = build()
    moved.signatures[0].outputs = {"scores": moved.graph.ops[3].outputs[0]}
    moved.signatures[0].loose = True
    assert told(tinylite.diff(build(), moved, run=False)) == [
        "The tensor of output 'scores' of signature 'serving_default' is dense/add instead of scores."
    ]


def test_zero_points_that_are_left_out_or_one_for_all_channels() -> None:
    def build(zeros: list[int]) -> Model:
        x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
        weights = Tensor("w", (4, 4), "INT8", quantization=Quantization([0.5] * 4, zeros, 0))
        weights.data = np.ones((4, 4), np.int8)
        return Model([Graph("main", [x], [y], [Op("FULLY_CONNECTED", [x, weights, None], [y])])])

    assert tinylite.diff(build([0] * 4), build([]), run=False).same and tinylite.diff(build([3] * 4), build([3]), run=False).same
    found = tinylite.diff(build([0] * 4), build([0, 0, 7, 0]), run=False)
    assert told(found) == ["1 zero point moved by 7 steps: that of 'w' (op 0 FULLY_CONNECTED), channel 2 of 4."]
    other = build([0] * 4)
    other.graph.ops[0].inputs[1].quantization.scale = np.array([0.5, 0.75, 0.5, 0.5], np.float32)
    found = tinylite.diff(build([0] * 4), other, run=False)
    assert told(found) == ["1 scale moved by 50 %: that of 'w' (op 0 FULLY_CONNECTED), channel 1 of 4, 0.5 became 0.75."]


def test_scales_that_are_no_numbers() -> None:
    def build(scale: float) -> Model:
        x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
        y.type, y.quantization = "INT8", Quantization([scale], [0])
        return Model([Graph("main", [x], [Tensor("z", (1, 4))], [Op("QUANTIZE", [x], [y])])])

    assert tinylite.diff(build(np.nan), build(np.nan)).same
    assert told(tinylite.diff(build(0), build(0.5), run=False)) == [
        "1 scale moved by any percentage (it was 0): that of 'y' (op 0 QUANTIZE), 0 became 0.5."
    ]
    assert "nan became 0.5" in told(tinylite.diff(build(np.nan), build(0.5), run=False))[0]


def test_tables_of_the_page() -> None:
    def rows(a: Model, b: Model, title: str) -> list[list[str]]:
        page = tinylite.diff(a, b).html()
        section = page.split(f"<h2>{title}</h2>")[1].split("<h2>")[0]
        cells = [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", section)]
        return [[re.sub(r"<[^>]*>", "", cell) for cell in row] for row in cells if row]

    fused = chain("NEG ADD RELU ABS"), chain("NEG ADD ABS", "RELU")
    assert rows(*fused, "Ops") == [["1 ADD", "1 ADD", "fused_activation_function: NONE → RELU"], ["2 RELU", "", "fused into op 1"]]
    assert rows(*fused, "Operators") == [["ABS", "1", "1", ""], ["ADD", "1", "1", ""], ["NEG", "1", "1", ""], ["RELU", "1", "0", "-1"]]
    pair = float_model(), int8_model(float_ends=True)
    assert [row[0] for row in rows(*pair, "Ops")] == ["", "0 FULLY_CONNECTED", "1 SOFTMAX", ""]
    assert rows(*pair, "Files")[-2] == ["ops", "2", "4", "+2"]
    layer = np.eye(4, dtype=np.float32)
    (row,) = rows(weights_of(layer), weights_of(layer * 2), "Constants")
    assert row == ["0 FULLY_CONNECTED", "weights", "w0", "4 of 16 values", "", "", "1", "[0, 0]", "1", "2"]
    edited = Model.load(DIGITS)
    quantization = edited.graph.ops[3].outputs[0].quantization
    quantization.scale = quantization.scale * np.float32(1.5)
    assert rows(Model.load(DIGITS), edited, "Quantization") == [
        ["dense/add", "activation", "3 FULLY_CONNECTED", "0.197352", "0.296028", "50 %", "", ""]
    ]


def test_a_model_that_cannot_be_planned_is_told_without_a_run_too() -> None:
    broken = Model.load(DIGITS)
    broken.graph.ops[1].options.padding = "VALID"
    problem = "op 2 RESHAPE version 1 (output 'dense/Reshape'): the 216 elements of 'conv_2/Relu' (UINT8 [1, 3, 3, 24]) do not fill"
    for name, pair in (("B", (DIGITS, broken)), ("A", (broken, DIGITS))):
        assert any(sentence.startswith(f"{name} cannot be planned: {problem}") for sentence in tinylite.diff(*pair, run=False).sentences)
        (said,) = [sentence for sentence in tinylite.diff(*pair).sentences if problem in sentence]
        assert said.startswith(f"The results were not compared: {name} does not run: ")
        assert f"Not compared: {name} does not run: " in tinylite.diff(*pair).html()


def test_several_signatures_of_which_one_is_gone() -> None:
    def build(*keys: str) -> Model:
        made = Model.load(DIGITS)
        (old,) = made.signatures
        made.signatures = [Signature(key, old.graph, old.inputs, old.outputs) for key in keys]
        return made

    assert told(tinylite.diff(build("a", "b", "c"), build("a", "c"), run=False)) == ["Signature 'b' was removed."]
    assert told(tinylite.diff(build("a"), build("a", "b", "c"), run=False)) == ["Signature 'b' was added.", "Signature 'c' was added."]
