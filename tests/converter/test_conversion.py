"""Whole conversions without TensorFlow: what is said of bad input, what is the same every time, what is left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main
from tinylite.converter.conversion import Conversion, guessed_outputs
from tinylite.errors import ConvertError, FileError, TinyliteError
from tinylite.files.graphdef import GraphDef, Node, read_graph_def

SHAPE = 'attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } }'
INPUT = f'node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: DT_FLOAT }} }} {SHAPE} }}'
T = 'attr { key: "T" value { type: DT_FLOAT } }'


def node(name: str, op: str, *inputs: str) -> str:
    return f'node {{ name: "{name}" op: "{op}" {" ".join(f"input: {text!r}" for text in inputs)} {T} }}'


def numbers(name: str, value: int, *shape: int, type: str = "INT32") -> str:
    """A constant that holds one value everywhere."""
    of = f"dtype: DT_{type} tensor_shape {{ {' '.join(f'dim {{ size: {size} }}' for size in shape or (1,))} }}"
    tensor = f"tensor {{ {of} {'int_val' if type == 'INT32' else 'float_val'}: {value} }}"
    dtype = f'attr {{ key: "dtype" value {{ type: DT_{type} }} }}'
    return f'node {{ name: "{name}" op: "Const" {dtype} attr {{ key: "value" value {{ {tensor} }} }} }}'


WEIGHTS = numbers("w", 1, 3, 2, type="FLOAT")
PICTURES = (
    INPUT.replace('"x"', '"p"').replace("dim { size: 3 }", "dim { size: 8 } dim { size: 8 } dim { size: 1 }")
    + numbers("f", 1, 3, 3, 1, 4, type="FLOAT")
    + node("y", "Conv2D", "p", "f").replace("attr {", 'attr { key: "strides" value { list { i: 1 i: 1 i: 1 i: 1 } } } attr {', 1)
)
GRAPH = "\n".join([INPUT, node("net/Relu", "Relu", "x"), node("net/probabilities", "Softmax", "net/Relu")])


def test_the_same_graph_gives_the_same_bytes() -> None:
    first, second = (tinylite.convert(GRAPH.encode()).to_bytes() for _ in range(2))
    assert first == second


def test_what_is_unknown_stays_open_and_names_stay() -> None:
    model = tinylite.convert(GRAPH.encode())
    assert [op.code for op in model.graph.ops] == ["RELU", "SOFTMAX"]
    assert [(t.name, t.shape, t.shape_signature) for t in (*model.graph.inputs, *model.graph.outputs)] == [
        ("x", (1, 3), (-1, 3)),
        ("net/probabilities", (1, 3), (-1, 3)),
    ]
    interpreter = tinylite.Interpreter(model_content=model.to_bytes())
    interpreter.resize_tensor_input(0, (2, 3))
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, np.array([[-1, 0, 0], [0, 0, np.log(2)]], np.float32))
    interpreter.invoke()
    np.testing.assert_allclose(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[1], [0.25, 0.25, 0.5], rtol=1e-6)


@pytest.mark.parametrize(
    ("graph", "arguments", "said"),
    [
        (GRAPH, {"outputs": ["probabilites"]}, "no output 'probabilites'.*net/probabilities"),
        (GRAPH, {"outputs": ["relu"]}, "nearest names are 'net/Relu'"),
        (GRAPH, {"inputs": ["y"]}, "no input 'y'"),
        (GRAPH, {"input_shapes": {"x": [1, 3, 3]}}, r"'x' is \[-1, 3\] in the graph, and the shape given for it is \[1, 3, 3\]"),
        (GRAPH, {"input_shapes": {"y": [1, 3]}}, "shape is given for 'y'"),
        (GRAPH, {"inputs": [], "outputs": ["net/Relu"]}, "need 'x', which must be fed"),
        (GRAPH, {"outputs": []}, "no output is named"),
        (GRAPH, {"outputs": ["net/Relu:\u00b2"]}, "is not the name of a tensor"),
        (GRAPH, {"inputs": ["x", "x:0"]}, "'x' is named twice among the inputs"),
        (GRAPH, {"input_shapes": {"x": [-2, 3]}}, "-2 is not the size of a dimension"),
        (GRAPH, {"input_shapes": {"x": [1.5, 3]}}, "1.5 is not the size of a dimension"),
        (GRAPH, {"input_shapes": {"x": [2**31, 3]}}, "2147483648 is not the size of a dimension"),
        (INPUT + WEIGHTS + node("y", "MatMul", "x", "w"), {"input_shapes": {"x": [2, 4]}}, "rows of 4 values, and its weights are for 3"),
        (INPUT + numbers("s", 2) + node("y", "Reshape", "x", "s"), {"input_shapes": {"x": [1, 3]}}, r"3 values of .* do not fill \[2\]"),
        (PICTURES, {"input_shapes": {"p": [1, 8, 8, 3]}}, "3 channels, and its 4 filters are for 1"),
        (INPUT + node("v", "VariableV2") + node("y", "Add", "x", "v"), {},
         "not frozen: 1 of its nodes are variables.*'v'.*convert GRAPH --input_checkpoint"),
        (INPUT + node("a", "Betainc", "x", "x", "x") + node("b", "Digamma", "x") + node("c", "Digamma", "b"), {"outputs": ["a", "c"]},
         r"(?s)3 nodes cannot be expressed in TFLite.*Betainc \('a'\).*Digamma \('b', 'c'\)"),
        (INPUT + node("a", "Add", "x", "b") + node("b", "Relu", "a"), {"outputs": ["b"]}, "circle"),
        (INPUT + node("a", "Relu", "nowhere"), {}, "reads 'nowhere'"),
        (GRAPH.replace("Softmax", "Concat"), {}, "net/probabilities"),
    ],
)  # fmt: skip
def test_bad_input_is_explained(graph: str, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ConvertError, match=said):
        tinylite.convert(graph.encode(), **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("graph", "said"),
    [
        (node("y", "Range", "zero", "many", "zero"), "division by zero"),
        (node("y", "Split", "zero", "x").replace("attr {", 'attr { key: "num_split" value { i: 99999999999 } } attr {'), "more than 65536"),
        (node("y", "Unpack", "x").replace("attr {", 'attr { key: "num" value { i: 99999999999 } } attr {'), "more than 65536"),
        (numbers("large", 1, 1 << 20, 1 << 20) + node("y", "Cast", "large"), "the constant 'large' takes .* GB"),
    ],
    ids=["range", "split", "unpack", "constant"],
)
def test_a_small_graph_cannot_ask_for_all_memory(graph: str, said: str) -> None:
    common = INPUT + numbers("zero", 0) + numbers("many", 2**31 - 1)
    with pytest.raises(TinyliteError, match=said):
        tinylite.convert((common + graph).encode(), outputs=["y"])


@pytest.mark.parametrize(
    "graph",
    [node("y", "Range", "zero", "many", "one"), node("y", "Tile", "one", "many"), node("y", "OneHot", "one", "many", "one", "zero")],
)
def test_large_values_of_constants_are_not_computed(graph: str) -> None:
    graph = INPUT + numbers("zero", 0) + numbers("one", 1) + numbers("many", 2**31 - 1) + graph.replace("FLOAT", "INT32")
    assert tinylite.convert(graph.encode(), outputs=["y"]).graph.ops


def test_an_input_at_an_iterator_has_its_type_and_shape() -> None:
    types = 'attr { key: "output_types" value { list { type: DT_STRING type: DT_FLOAT } } }'
    shapes = 'attr { key: "output_shapes" value { list { shape { dim { size: -1 } } shape { dim { size: -1 } dim { size: 3 } } } } }'
    graph = f'node {{ name: "next" op: "IteratorGetNext" {types} {shapes} }}' + WEIGHTS
    graph += node("batch", "Identity", "next:1") + node("y", "MatMul", "batch", "w")
    for name in ("next:1", "batch"):
        model = tinylite.convert(graph.encode(), [name], ["y"])
        assert [(t.name, t.type, t.shape_signature) for t in model.graph.inputs] == [(name, "FLOAT32", (-1, 3))]


def test_custom_ops_pass_on_request() -> None:
    model = tinylite.convert((INPUT + node("a", "Digamma", "x")).encode(), allow_custom_ops=True)
    (op,) = model.graph.ops
    assert (op.code, op.custom_code) == ("CUSTOM", "Digamma")


@pytest.mark.parametrize("named", [["none.pb"], ["--saved_model_dir=none.pb"], ["none.pb", "--input_checkpoint=c", "--output_arrays=y"]])
def test_a_file_that_is_not_there_is_named(named: list[str]) -> None:
    result = CliRunner().invoke(main, ["convert", *named, "-o", "model.tflite"])
    assert result.exit_code == 1
    assert "none.pb: there is no such file" in result.stderr


def test_an_error_leaves_no_file_and_stages_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("good.pbtxt").write_text(GRAPH)
    Path("bad.pbtxt").write_text(INPUT + node("a", "Digamma", "x"))
    failed = CliRunner().invoke(main, ["convert", "bad.pbtxt", "-o", "bad.tflite"])
    assert failed.exit_code == 1 and "Digamma" in failed.stderr
    assert not Path("bad.tflite").exists()
    line = ["--GRAPH-DEF-FILE=good.pbtxt", "--output_file=good.tflite", "--Input_Arrays=x", "--input_shapes=2,3", "--dump=stages"]
    done = CliRunner().invoke(main, ["convert", *line])
    assert done.exit_code == 0, done.output
    assert tinylite.Model.load("good.tflite").graph.inputs[0].shape == (2, 3)
    assert [path.name for path in sorted(Path("stages").iterdir())][:2] == ["000_graph.txt", "001_translated.txt"]
    assert sorted(path.name for path in Path().iterdir()) == ["bad.pbtxt", "good.pbtxt", "good.tflite", "stages"]


@pytest.mark.parametrize("name", ["graph.pbtxt", "./graph.pbtxt", "link.pbtxt"])
def test_a_result_never_replaces_the_graph_that_is_read(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could not be made again. A .tflite file, of which another one is made, may be replaced."""
    monkeypatch.chdir(tmp_path)
    Path("graph.pbtxt").write_text(GRAPH)
    Path("link.pbtxt").symlink_to("graph.pbtxt")
    for command in (["convert"], ["freeze", "--output_node_names=net/probabilities"]):
        refused = CliRunner().invoke(main, [*command, "graph.pbtxt", "-o", name])
        assert refused.exit_code == 1 and f"{name}: it is the file that is read" in refused.stderr
    converter = tinylite.TFLiteConverter.from_frozen_graph("graph.pbtxt", None, None)
    for make in (
        lambda: tinylite.convert("graph.pbtxt", output=name),
        lambda: tinylite.freeze("graph.pbtxt", output_graph=name),
        lambda: converter.convert(output=name),
    ):
        with pytest.raises(FileError, match="Give the result another name"):
            make()
    assert Path("graph.pbtxt").read_text() == GRAPH
    tinylite.convert("graph.pbtxt", output="model.tflite")
    assert CliRunner().invoke(main, ["convert", "model.tflite", "--quantize_to_float16", "-o", "model.tflite"]).exit_code == 0


def test_what_control_flow_leaves_unread_is_no_output() -> None:
    """A conditional's unread sides and condition, and the counter of a loop of which another variable is read."""
    condition = INPUT.replace('"x"', '"train"').replace("FLOAT", "BOOL").replace("dim { size: -1 } dim { size: 3 }", "")
    conditional = [
        node("switch", "Switch", "train", "train"), node("switch_t", "Identity", "switch:1"), node("switch_f", "Identity", "switch"),
        node("pred_id", "Identity", "train"), node("of", "Switch", "x", "train"), node("a", "Relu", "of:1"), node("b", "Tanh", "of"),
        node("merge", "Merge", "b", "a"),
    ]  # fmt: skip
    assert guessed_outputs(read_graph_def((INPUT + condition + "".join(conditional)).encode())) == ["merge"]
    loop = [
        node("go", "LoopCond", "less"), node("left", "Switch", "count", "go"), node("right", "Switch", "value", "go"),
        node("Exit", "Exit", "left"), node("Exit_1", "Exit", "right"),
    ]  # fmt: skip
    graph = INPUT + "".join(loop + [node(name, "Relu", "x") for name in ("less", "count", "value")])
    assert guessed_outputs(read_graph_def(graph.encode())) == ["Exit", "Exit_1"]
    assert guessed_outputs(read_graph_def((graph + node("y", "Relu", "Exit_1")).encode())) == ["y"]


@pytest.mark.parametrize(("asked", "works"), [("FLOAT32", True), ("INT32", False), ("INT64", False), ("FLOAT64", False)])
def test_an_input_has_the_type_that_the_graph_gives_it(asked: str, works: bool) -> None:
    if works:
        assert tinylite.convert(GRAPH.encode(), input_types={"x": asked}).graph.inputs[0].type == asked
        return
    with pytest.raises(ConvertError, match=rf"input 'x' is FLOAT32 in the graph, and is asked to be {asked}"):
        tinylite.convert(GRAPH.encode(), input_types={"x": asked})


def test_an_input_of_text_may_be_said_to_be_one() -> None:
    text = GraphDef([Node("x", "Placeholder", [], {"dtype": "STRING", "shape": (3,)}), Node("y", "Identity", ["x"], {})], {})
    assert Conversion(text, types={"x": "STRING"}).model.graph.inputs[0].type == "STRING"
