"""Editing models: what docs/editing.md shows, and what goes wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tinylite import Graph, Model, ModelError, Op, Quantization, Signature, Tensor, TensorError

from .conftest import Judge


def chain() -> Model:
    """x -> ABS -> a -> ADD w -> b -> NEG -> y"""
    x, a, b, y = (Tensor(name, (1, 3)) for name in "xaby")
    w = Tensor("w")
    w.data = np.float32([1, 2, 3])
    model = Model([Graph("main", [x], [y], [Op("ABS", [x], [a]), Op("ADD", [a, w], [b]), Op("NEG", [b], [y])])])
    model.signatures = [Signature("serve", model.graph, {"x": x}, {"y": y})]
    return model


def test_rename_a_tensor(tmp_path: Path) -> None:
    chain().save(tmp_path / "in.tflite")
    model = Model.load(tmp_path / "in.tflite")
    model.graph.tensor("x").name = "image"
    model.save(tmp_path / "out.tflite")
    assert Model.load(tmp_path / "out.tflite").graph.inputs[0].name == "image"


def test_cut_a_graph(tmp_path: Path, run: Judge) -> None:
    chain().save(tmp_path / "in.tflite")
    model = Model.load(tmp_path / "in.tflite")
    model.cut(["a"], ["b"])
    model.save(tmp_path / "out.tflite")
    cut = Model.load(tmp_path / "out.tflite")
    assert [op.code for op in cut.graph.ops] == ["ADD"]
    assert [tensor.name for tensor in cut.graph.tensors] == ["a", "w", "b"]
    assert run((tmp_path / "out.tflite").read_bytes(), [np.zeros((1, 3), np.float32)])[0].tolist() == [[1, 2, 3]]


def test_change_a_constant(tmp_path: Path, run: Judge) -> None:
    chain().save(tmp_path / "in.tflite")
    model = Model.load(tmp_path / "in.tflite")
    model.graph.tensor("w").data = np.float32([7, 8, 9])
    model.save(tmp_path / "out.tflite")
    assert run((tmp_path / "out.tflite").read_bytes(), [np.zeros((1, 3), np.float32)])[0].tolist() == [[-7, -8, -9]]


def test_a_cut_drops_signatures_that_no_longer_fit_and_keeps_others() -> None:
    model = chain()
    x, b = model.graph.tensor("x"), model.graph.tensor("b")
    model.signatures.append(Signature("half", model.graph, {"x": x}, {"b": b}))
    model.cut(["x"], ["b"])
    assert [signature.key for signature in model.signatures] == ["half"]
    model.to_bytes()


def test_a_cut_that_cannot_be_made_says_what_is_missing() -> None:
    model = chain()
    with pytest.raises(TensorError, match=r"needs 'x', which is not computed from the inputs given\. Add it to the inputs"):
        model.cut(["w"], ["b"])
    assert len(model.graph.ops) == 3, "a failed cut changes nothing"
    with pytest.raises(TensorError, match="no tensor is named 'z'"):
        model.cut(["z"], ["b"])


def test_a_name_that_is_not_there_gets_the_nearest() -> None:
    model = chain()
    model.graph.tensor("a").name = "block_1/conv"
    with pytest.raises(TensorError, match=r"no tensor is named 'block_1/cnv'\. The nearest names are 'block_1/conv'"):
        model.graph.tensor("block_1/cnv")


def test_data_must_be_of_the_tensor_s_type() -> None:
    tensor = Tensor("w", (2,), "INT8")
    with pytest.raises(TensorError, match=r"'w' is INT8 and was given float64 values\. Convert them with \.astype\('int8'\)"):
        tensor.data = [1.5, 2.5]
    packed = Tensor("p", (2,), "INT4")
    with pytest.raises(TensorError, match=r"values from 1 to 9 do not fit INT4\. It holds -8 to 7"):
        packed.data = np.int8([1, 9])
    text = Tensor("t", (1,), "STRING", np.zeros(4, np.uint8))
    with pytest.raises(ModelError, match="a tensor of type STRING holds no numbers"):
        _ = text.data


def test_an_option_that_an_operator_does_not_have() -> None:
    with pytest.raises(AttributeError, match="SoftmaxOptions has no field 'alpha'; it has: beta"):
        Op("SOFTMAX", [], [], alpha=1.0)
    with pytest.raises(ModelError, match="operator PRELU has no options and was given alpha"):
        Op("PRELU", [], [], alpha=1.0)


def test_a_tensor_of_another_graph_cannot_be_saved() -> None:
    model = chain()
    model.signatures[0].inputs["x"] = Tensor("stranger")
    with pytest.raises(ModelError, match=r"stranger.*is used and is not part of the model"):
        model.to_bytes()


def test_quantization_takes_numbers_and_lists() -> None:
    one, many = Quantization(0.5, 3), Quantization([0.5, 1.0], [0, 0], 3)
    assert one.scale.tolist() == [0.5] and one.scale.dtype == np.float32 and one.zero_point.dtype == np.int64
    assert not one.per_channel and many.per_channel and many.quantized_dimension == 3


def test_neighbours() -> None:
    graph = chain().graph
    a = graph.tensor("a")
    assert graph.producer(a) is graph.ops[0] and graph.consumers(a) == [graph.ops[1]]
    assert graph.producer(graph.inputs[0]) is None


def test_a_model_that_is_none_is_not_saved(tmp_path: Path) -> None:
    x, y = Tensor("x", (1,)), Tensor("y", (1,))
    for model, problem in (
        (Model([]), "it has no graph"),
        (Model([Graph("main", [x], [y], [Op("ADDD", [x], [y])])]), "ADDD"),
    ):
        with pytest.raises(ModelError, match=problem):
            model.save(tmp_path / "none.tflite")
    assert not list(tmp_path.iterdir())
