"""Editing models: what docs/editing.md shows, and what goes wrong."""

from __future__ import annotations

import copy
import io
import pickle
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import Graph, Metadata, Model, ModelError, Op, Quantization, Signature, Tensor, TensorError, UnsupportedError, infer_shapes

from .conftest import Oracle
from .small_models import reshaped


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


def test_cut_a_graph(tmp_path: Path, run: Oracle) -> None:
    chain().save(tmp_path / "in.tflite")
    model = Model.load(tmp_path / "in.tflite")
    model.cut(["a"], ["b"])
    model.save(tmp_path / "out.tflite")
    cut = Model.load(tmp_path / "out.tflite")
    assert [op.code for op in cut.graph.ops] == ["ADD"]
    assert [tensor.name for tensor in cut.graph.tensors] == ["a", "w", "b"]
    assert run((tmp_path / "out.tflite").read_bytes(), [np.zeros((1, 3), np.float32)])[0].tolist() == [[1, 2, 3]]


def test_change_a_constant(tmp_path: Path, run: Oracle) -> None:
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
    with pytest.raises(
        TensorError, match=r"'w' is INT8 and was given float64 values\. Where all of them are such numbers, give x\.astype\(np\.int8\)"
    ):
        tensor.data = [1.5, 2.5]
    packed = Tensor("p", (2,), "INT4")
    with pytest.raises(TensorError, match=r"values from 1 to 9 do not fit INT4\. It holds -8 to 7"):
        packed.data = np.int8([1, 9])
    text = Tensor("t", (1,), "STRING", np.zeros(4, np.uint8))
    with pytest.raises(ModelError, match="a tensor of type STRING holds no numbers"):
        _ = text.data


def test_an_option_that_an_operator_does_not_have() -> None:
    with pytest.raises(ModelError, match=r"operator SOFTMAX has no option 'alpha'\. It has beta"):
        Op("SOFTMAX", [], [], alpha=1.0)
    with pytest.raises(ModelError, match=r"no option 'fused_activation'\. The nearest names are 'fused_activation_function'"):
        Op("ADD", [], [], fused_activation="RELU")
    with pytest.raises(ModelError, match=r"option padding of CONV_2D cannot be 'same'\. The nearest names are 'SAME'"):
        Op("CONV_2D", [], [], padding="same")
    with pytest.raises(ModelError, match="operator PRELU has no options and was given alpha"):
        Op("PRELU", [], [], alpha=1.0)


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: Op("SOFTMAXX", [], []), r"there is no operator 'SOFTMAXX'\. The nearest names are 'SOFTMAX'"),
        (lambda: Op("softmax", [], []), r"there is no operator 'softmax'\. The nearest names are 'SOFTMAX'"),
        (lambda: Op("MyOwn", [], []), r"there is no operator 'MyOwn'.*"),
        (lambda: Tensor("x", (1,), "FLOAT"), r"there is no tensor type 'FLOAT'\. The nearest names are .*'FLOAT32'"),
        (lambda: Tensor("x", (1,), np.float32), r"there is no tensor type <class 'numpy.float32'>\. The nearest names are 'FLOAT32'"),  # type: ignore[arg-type]
    ],
)
def test_a_name_that_the_format_lacks_is_refused_at_once(make: Callable[[], object], problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        make()


def test_a_tensor_of_another_graph_cannot_be_saved() -> None:
    model = chain()
    model.signatures[0].inputs["x"] = Tensor("stranger")
    with pytest.raises(ModelError, match=r"its input 'x' is the tensor 'stranger', not an input"):
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
    renamed = Op("ADD", [x], [y])
    renamed.code = "ADDD"
    for model, problem in (
        (Model([]), "it has no graph"),
        (Model([Graph("main", [x], [y], [renamed])]), "ADDD"),
    ):
        with pytest.raises(ModelError, match=problem):
            model.save(tmp_path / "none.tflite")
    assert not list(tmp_path.iterdir())


# ---- signatures


def behind_a_cast(model: Model) -> Tensor:
    """Change the model's input to bytes, as editors of models do."""
    pixels, before = Tensor("pixels", (1, 3), "UINT8"), model.graph.inputs[0]
    model.graph.ops.insert(0, Op("CAST", [pixels], [before]))
    model.graph.inputs = [pixels]
    return pixels


@pytest.mark.parametrize("loaded", [False, True])
def test_a_signature_follows_what_is_put_before_an_input_and_after_an_output(loaded: bool) -> None:
    model = Model.load(chain().to_bytes()) if loaded else chain()
    graph = model.graph
    behind_a_cast(model)
    graph.ops.append(Op("NEG", [graph.outputs[0]], [last := Tensor("last", (1, 3))]))
    graph.outputs = [last]
    for content in (model.to_bytes(), model.copy().to_bytes()):
        runner = tinylite.Interpreter(model_content=content).get_signature_runner()
        assert runner.get_input_details()["x"]["name"] == "pixels"
        assert runner(x=np.uint8([[1, 2, 3]]))["y"].tolist() == [[2, 4, 6]]


def test_a_signature_follows_each_of_several_inputs() -> None:
    a, b, y = Tensor("a", (2,)), Tensor("b", (2,)), Tensor("y", (2,))
    model = Model([graph := Graph("main", [a, b], [y], [Op("SUB", [a, b], [y])])])
    model.signatures = [Signature("minus", graph, {"right": b, "left": a}, {"y": y})]
    bytes_a, bytes_b = Tensor("bytes_a", (2,), "UINT8"), Tensor("bytes_b", (2,), "UINT8")
    graph.ops[:0] = [Op("CAST", [bytes_a], [a]), Op("CAST", [bytes_b], [b])]
    graph.inputs = [bytes_b, bytes_a]
    run = tinylite.Interpreter(model_content=model.to_bytes()).get_signature_runner()
    assert run(left=np.uint8([9, 9]), right=np.uint8([1, 2]))["y"].tolist() == [8, 7]


def test_a_signature_that_cannot_follow_is_named(tmp_path: Path) -> None:
    model = chain()
    model.graph.inputs = [Tensor("p", (1, 3)), Tensor("q", (1, 3))]
    model.graph.ops[0].inputs = [model.graph.inputs[0]]
    with pytest.raises(ModelError, match=r"signature 'serve': its input 'x' is the tensor 'x', not an input.*are 'p', 'q', or take"):
        model.save(tmp_path / "model.tflite")
    assert not list(tmp_path.iterdir())
    model.signatures[0].inputs["x"] = model.graph.inputs[0]
    model.to_bytes()


def test_a_signature_of_inner_tensors_survives_if_a_file_has_it() -> None:
    model = chain()
    model.signatures[0].outputs["inner"] = model.graph.tensor("a")
    model.signatures[0].loose = True
    loaded = Model.load(model.to_bytes())
    assert loaded.signatures[0].outputs["inner"].name == "a"
    assert Model.load(loaded.to_bytes()) == loaded == model


# ---- copies


def with_history() -> Model:
    """What a file does not hold: a narrow range, what an op replaces, fields of a newer schema."""
    model = chain()
    model.graph.tensor("a").quantization = Quantization(min=-1.0, max=1.0, narrow=True)
    model.graph.ops[1].replaces = (Op("NEG", [model.graph.inputs[0]], [Tensor("gone")]), model.graph.ops[0])
    model.unknown = ["field 39 of SubGraph"]
    return model


COPIES = {"copy": Model.copy, "deepcopy": copy.deepcopy, "pickle": lambda model: pickle.loads(pickle.dumps(model))}


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_has_what_files_do_not_hold(kind: str) -> None:
    model = with_history()
    made = COPIES[kind](model)
    assert made == model
    range_ = made.graph.tensor("a").quantization
    assert range_ is not None and range_.narrow
    assert [op.name for op in made.graph.ops[1].replaces] == ["NEG", "ABS"]
    assert made.graph.ops[1].replaces[1] is made.graph.ops[0]
    assert made.unknown == model.unknown and made.signatures[0].inputs["x"] is made.graph.inputs[0]


CHANGES: dict[str, Callable[[Model], object]] = {
    "narrow": lambda model: setattr(model.graph.tensor("a").quantization, "narrow", False),
    "range": lambda model: model.graph.tensor("a").quantization.min.fill(-2),  # type: ignore[union-attr]
    "replaces": lambda model: setattr(model.graph.ops[1], "replaces", ()),
    "unknown": lambda model: model.unknown.clear(),
    "name": lambda model: setattr(model.graph.ops[0].outputs[0], "name", "other"),
    "order": lambda model: model.graph.ops.reverse(),
    "option": lambda model: setattr(model.graph.ops[1].options, "pot_scale_int16", False),
    "constant": lambda model: setattr(model.graph.tensor("w"), "data", np.float32([1, 2, 4])),
    "signature": lambda model: model.signatures[0].inputs.update(x=model.graph.tensor("a")),
    "twins": lambda model: model.graph.ops[1].inputs.__setitem__(1, model.graph.tensor("a")),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_changed_alone(change: str, kind: str) -> None:
    model = with_history()
    made = COPIES[kind](model)
    CHANGES[change](made)
    assert model == with_history() and made != model


@pytest.mark.parametrize("kind", COPIES)
def test_who_shares_constants(kind: str) -> None:
    model = chain()
    model.graph.ops[1].inputs.append(twin := Tensor("twin", (3,)))
    twin.buffer = model.graph.tensor("w").buffer
    made = COPIES[kind](model)
    assert made.graph.tensor("twin").buffer is made.graph.tensor("w").buffer
    assert (made.graph.tensor("w").buffer is model.graph.tensor("w").buffer) == (kind == "copy")


def test_graphs_may_call_graphs_as_deep_as_they_like() -> None:
    graphs = [Graph(str(number)) for number in range(2000)]
    for graph, called in pairwise(graphs):
        graph.ops = [Op("CALL_ONCE", [], [], init_subgraph_index=called)]
    model = Model(graphs)
    assert model.copy() == model == copy.deepcopy(model)


def test_a_model_is_shown_in_a_line() -> None:
    shown = repr(chain())
    assert "\n" not in shown and len(shown) < 200
    assert "'x' FLOAT32 [1, 3] -> 'y' FLOAT32 [1, 3], 3 ops" in shown


def test_notebooks_show_tables_in_which_names_are_escaped() -> None:
    model = chain()
    model.graph.tensor("x").name = "<script>alert('x')</script>"
    model.graph.ops.append(Op("CUSTOM", [model.graph.outputs[0]], [Tensor("last", (1, 3))], custom_code="<b>&"))
    interpreter = tinylite.Interpreter(Model([Graph("g", model.graph.inputs, model.graph.inputs)]))
    for shown in (model._repr_html_(), model.graph._repr_html_(), interpreter._repr_html_()):
        assert "<table>" in shown and "<script>" not in shown and "<b>" not in shown
        assert "&lt;script&gt;" in shown
    assert model._repr_html_().count("<tr>") == 1 + len(model.graph.ops)
    assert "\n" not in repr(interpreter) and len(repr(interpreter)) < 300


def test_long_models_are_shown_short() -> None:
    x = Tensor("x" * 10_000, (1,))
    graph = Graph("main", [x], [x], [Op("ABS", [x], [x])] * 5000)
    assert len(repr(Model([graph]))) < 500 and len(repr(graph)) < 500 and len(Model([graph])._repr_html_()) < 200_000


def test_whatever_is_large_has_a_short_repr() -> None:
    long, many = "x" * 10_000, np.linspace(1, 2, 900)
    channels = Quantization(many.astype(np.float32), np.zeros(900, np.int64), 3, -many, many)
    tensor = Tensor(long, (1,) * 500, quantization=channels)
    graph = Graph(long, [tensor] * 500, [tensor] * 500, [Op("ADD_N", [tensor, None] * 500, [tensor] * 500)])
    signature = Signature(long, graph, {f"{long}{number}": tensor for number in range(50)}, {"y": tensor})
    interpreter = tinylite.Interpreter(chain())
    interpreter.allocate_tensors()
    plan, runner = interpreter.plan, interpreter.get_graph_runner()
    held = [
        channels, tensor, graph, graph.ops[0], signature, Metadata(long, np.zeros(100_000, np.uint8)),
        Model([graph], signatures=[signature]), interpreter, runner, plan,
        *plan.steps, *plan.ops, *plan.memory, *(op.node for op in plan.ops),
    ]  # fmt: skip
    for each in held:
        assert len(repr(each)) <= 700 and "\n" not in repr(each), type(each)
        assert not re.search(r" at 0x[\da-f]+", repr(each)), f"{type(each).__name__} says where it lies, and not what it is"
    assert "scale 1 to 2, zero point 0, 900 channels along dimension 3" in repr(channels)
    assert repr(Quantization(0.5, 3)) == "Quantization(scale 0.5, zero point 3)" and repr(Quantization()) == "Quantization()"


def in_rich(shown: Any) -> str:
    from rich.console import Console

    console = Console(width=150, record=True, file=io.StringIO())
    console.print(shown)
    return console.export_text()


def test_rich_shows_the_tables_of_notebooks_and_obeys_nothing_in_them() -> None:
    model = chain()
    model.graph.tensor("x").name = "[red]x\x1b[31m"
    model.signatures = [Signature("first", model.graph, {"name": model.graph.inputs[0]}, {"end": model.graph.outputs[0]})]
    interpreter = tinylite.Interpreter(model)
    for shown in (model, model.graph, interpreter, interpreter.get_graph_runner(), interpreter.get_signature_runner()):
        text = in_rich(shown)
        assert "[red]x" in text and "\x1b" not in text and type(shown).__name__ in text
        assert f"<p><code>{type(shown).__name__}(" in shown._repr_html_()
    assert all(head in in_rich(model) for head in ("operator", "reads", "writes"))
    assert all(head in in_rich(interpreter) for head in ("index", "shape", "float32", "input", "output"))
    assert "name" in in_rich(interpreter.get_signature_runner()) and "end" in in_rich(interpreter.get_signature_runner())
    many = Graph("main", model.graph.inputs, model.graph.outputs, model.graph.ops * 300)
    assert "... of 900" in in_rich(many) and in_rich(many).count("\n") < 300
    interpreter.close()
    model.close()
    assert "closed" in in_rich(interpreter) and "closed" in in_rich(model) and "closed" in model._repr_html_()


def test_details_are_plain_dicts_and_lists() -> None:
    interpreter = tinylite.Interpreter(chain())
    for details in (interpreter.get_input_details(), interpreter.get_output_details(), interpreter.get_tensor_details()):
        assert type(details) is list and all(type(entry) is dict for entry in details)


# ---- shapes


def test_shapes_follow_those_of_inputs() -> None:
    model = chain()
    model.graph.tensor("a").shape_signature = (-1, 3)
    model.graph.inputs[0].shape = (5, 3)
    infer_shapes(model)
    assert [tensor.shape for tensor in model.graph.all_tensors() if not tensor.is_constant] == [(5, 3)] * 4
    assert model.graph.tensor("a").shape_signature == (-1, 3) and model.graph.tensor("w").shape == (3,)


def test_shapes_of_what_is_not_a_model_are_refused() -> None:
    for given in (chain().graph, "model.tflite", None):
        with pytest.raises(ModelError, match=r"^infer_shapes takes a tinylite.Model, not .* Load it with tinylite.Model.load"):
            infer_shapes(given)  # type: ignore[arg-type]


def test_shapes_that_cannot_follow_stay() -> None:
    model = chain()
    model.graph.inputs[0].shape = (5, 4)
    with pytest.raises(ModelError, match="ADD"):
        infer_shapes(model)
    assert model.graph.outputs[0].shape == (1, 3)
    cut = Model.load(reshaped())
    with pytest.raises(UnsupportedError, match="shapes depend on 'shape', whose value decides shapes"):
        infer_shapes(cut)


@pytest.mark.parametrize("type", ["FLOAT32", "INT4"])
@pytest.mark.parametrize("shape", [(-1, -1), (0, -3), (3, -1, 1)])
def test_a_constant_of_a_shape_that_no_tensor_can_have_is_refused(type: str, shape: tuple[int, ...]) -> None:
    tensor = Tensor("w", shape, type, buffer=np.zeros(12, np.uint8))
    with pytest.raises(ModelError, match=r"^tensor 'w': its shape \[.*\] has a negative dimension"):
        _ = tensor.data
