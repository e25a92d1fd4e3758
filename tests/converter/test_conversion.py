"""Whole conversions without TensorFlow: what is said of bad input, what is the same every time, what is left behind."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main
from tinylite.errors import ConvertError

SHAPE = 'attr { key: "shape" value { shape { dim { size: -1 } dim { size: 3 } } } }'
INPUT = f'node {{ name: "x" op: "Placeholder" attr {{ key: "dtype" value {{ type: DT_FLOAT }} }} {SHAPE} }}'
T = 'attr { key: "T" value { type: DT_FLOAT } }'


def node(name: str, op: str, *inputs: str) -> str:
    return f'node {{ name: "{name}" op: "{op}" {" ".join(f"input: {text!r}" for text in inputs)} {T} }}'


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
        (INPUT + node("v", "VariableV2") + node("y", "Add", "x", "v"), {}, "not frozen: 1 variables.*'v'"),
        (INPUT + node("a", "Betainc", "x", "x", "x") + node("b", "Digamma", "x") + node("c", "Digamma", "b"), {"outputs": ["a", "c"]},
         r"(?s)3 nodes have no form.*Betainc \('a'\).*Digamma \('b', 'c'\)"),
        (INPUT + node("a", "Add", "x", "b") + node("b", "Relu", "a"), {"outputs": ["b"]}, "circle"),
        (INPUT + node("a", "Relu", "nowhere"), {}, "reads 'nowhere'"),
        (GRAPH.replace("Softmax", "Concat"), {}, "net/probabilities"),
    ],
)  # fmt: skip
def test_bad_input_is_explained(graph: str, arguments: dict[str, object], said: str) -> None:
    with pytest.raises(ConvertError, match=said):
        tinylite.convert(graph.encode(), **arguments)  # type: ignore[arg-type]


def test_custom_ops_pass_on_request() -> None:
    model = tinylite.convert((INPUT + node("a", "Digamma", "x")).encode(), allow_custom_ops=True)
    (op,) = model.graph.ops
    assert (op.code, op.custom_code) == ("CUSTOM", "Digamma")


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
