"""tinylite.diff on models that are more than one change apart, and on what one would rather not compare."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import (
    ExternalBuffer,
    FileError,
    Graph,
    Metadata,
    Model,
    NotATfliteFileError,
    Op,
    Quantization,
    SettingError,
    Signature,
    Tensor,
    TensorError,
)  # fmt: skip
from tinylite.model.objects import Contents
from tinylite.schema.table import Table

from .. import small_models
from ..graphs import Maker, loop, model
from .test_mutations import DIGITS, told

S = "FLOAT32"


def scaled(name: str, shape: tuple[int, ...], scale: float, zero: int = 0, type: str = "INT8") -> Tensor:
    return Tensor(name, shape, type, quantization=Quantization([scale], [zero]))


def constant(name: str, values: Any, type: str = S, scale: float | None = None) -> Tensor:
    tensor = Tensor(name, np.shape(values), type, quantization=None if scale is None else Quantization([scale], [0]))
    tensor.data = np.asarray(values)
    return tensor


WEIGHTS = np.round(np.random.default_rng(0).uniform(-1, 1, (4, 8)) * 100).astype(np.float32) / 100


def float_model() -> Model:
    x, y, z = Tensor("x", (1, 8)), Tensor("y", (1, 4)), Tensor("z", (1, 4))
    weights = constant("weights", WEIGHTS)
    ops = [Op("FULLY_CONNECTED", [x, weights, None], [y], fused_activation_function="RELU"), Op("SOFTMAX", [y], [z], beta=1.0)]
    return Model([Graph("main", [x], [z], ops)])


def int8_model(float_ends: bool) -> Model:
    x, y = scaled("x_int8", (1, 8), 1 / 128), scaled("y", (1, 4), 0.05, -128)
    z = scaled("z_int8", (1, 4), 1 / 256, -128)
    weights = constant("weights", np.rint(WEIGHTS * 100).astype(np.int8), "INT8", 0.01)
    ops = [
        Op("FULLY_CONNECTED", [x, weights, None], [y], fused_activation_function="RELU", version=4),
        Op("SOFTMAX", [y], [z], beta=1.0, version=2),
    ]
    if not float_ends:
        return Model([Graph("main", [x], [z], ops)])
    first, last = Tensor("x", (1, 8)), Tensor("z", (1, 4))
    ops = [Op("QUANTIZE", [first], [x]), *ops, Op("DEQUANTIZE", [z], [last], version=2)]
    return Model([Graph("main", [first], [last], ops)])


def test_floats_and_their_integers() -> None:
    found = tinylite.diff(float_model(), int8_model(float_ends=True))
    assert told(found)[:3] == [
        "2 ops were added: QUANTIZE (op 0 of B) and DEQUANTIZE (op 3 of B).",
        "3 tensors that were FLOAT32 became INT8: 2 activations and 1 weight tensor.",
        "This constant holds the same numbers, except for rounding.",
    ]
    (run,) = found.results
    assert run.problem is None
    dense, softmax = run.tensors
    assert (dense.op_a.index, dense.op_b.index, dense.b.type) == (0, 1, "INT8")
    # The same real numbers went in, drawn as B's QUANTIZE stores them: what comes out is apart by rounding alone.
    assert dense.difference.steps <= 0.5 + 1e-3 and softmax.difference.steps < 2
    assert run.outputs[0].a.type == run.outputs[0].b.type == S
    assert not {"ops removed", "reads", "weights", "quantization"} & found.differences.keys()


def test_integers_against_floats_from_either_side_and_with_given_inputs() -> None:
    a, b = float_model(), int8_model(float_ends=False)
    stored = np.arange(-60, -52, dtype=np.int8)[None]
    real = stored.astype(np.float32) / 128
    wanted = None
    for first, second, given in ((a, b, real), (a, b, stored), (b, a, real), (b, a, stored)):
        (run,) = tinylite.diff(first, second, [given]).results
        result = run.outputs[0].difference
        assert run.inputs == "the inputs given" and result.steps is not None
        wanted = result.steps if wanted is None else wanted
        assert result.steps == pytest.approx(wanted)
    (run,) = tinylite.diff(a, b, {"x": real.tolist()}).results
    assert run.outputs[0].difference.steps == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ([], "0 inputs are given and A has 1"),
        (3, "the inputs are 3"),
        ("x", "the inputs are 'x'"),
        ({"y": 1}, "the inputs are 'y'"),
        ([np.zeros((1, 7), np.float32)], "was given float32"),
        ([np.zeros((1, 8), np.int32)], None),
        (["text"], "was given ndarray, which is not an array of numbers"),
    ],
)
def test_inputs_that_do_not_fit(given: Any, text: str | None) -> None:
    if text is None:  # whole numbers are real numbers
        assert tinylite.diff(float_model(), float_model(), given).same
        return
    with pytest.raises(TensorError, match=text):
        tinylite.diff(float_model(), float_model(), given)


def test_settings_and_files_that_cannot_be_used(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match="seed"):
        tinylite.diff(DIGITS, DIGITS, seed=-1)
    with pytest.raises(SettingError, match="arithmetic"):
        tinylite.diff(DIGITS, DIGITS, arithmetic="exact")
    with pytest.raises(FileError, match="missing"):
        tinylite.diff(DIGITS, tmp_path / "missing.tflite")
    (tmp_path / "text.tflite").write_text("no model")
    with pytest.raises(NotATfliteFileError):
        tinylite.diff(tmp_path / "text.tflite", DIGITS)
    with pytest.raises(TensorError):
        tinylite.diff(DIGITS, 3)  # type: ignore[arg-type]


def test_the_seed_and_the_arithmetic_are_used() -> None:
    b = Model.load(DIGITS)
    values = b.graph.ops[3].inputs[1].data.copy()
    b.graph.ops[3].inputs[1].data = values ^ 1
    results = [tinylite.diff(DIGITS, b, seed=seed).results[0].tensors[3].difference for seed in (0, 0, 1)]
    assert results[0] == results[1] != results[2]
    assert tinylite.diff(DIGITS, b, seed=3).sentences[1].startswith("On random values of seed 3, ")
    refused = tinylite.diff(DIGITS, b, arithmetic="tflm").results[0].problem
    assert refused is not None and refused.startswith("A does not run: op 0 DEPTHWISE_CONV_2D") and "tflm" in refused


# ---- ops


def chain(codes: str, activation: str | None = None) -> Model:
    """A chain of ops on four floats; "ADD" adds what it reads to the input."""
    maker = Maker("main", [Tensor("x", (1, 4))])
    value = x = maker.graph.inputs[0]
    for code in codes.split():
        options = {"fused_activation_function": activation} if code == "ADD" and activation else {}
        value = maker.add(code, *([value, x] if code in ("ADD", "SUB") else [value]), **options)
        value.name = f"{code}_{len(maker.graph.ops)}"
    value.name = "result"
    return model(maker.gives(value))


@pytest.mark.parametrize(
    ("a", "b", "sentences"),
    [
        (chain("NEG ADD RELU ABS"), chain("NEG ADD ABS", "RELU"), ["Op 2 RELU was fused into op 1 ADD."]),
        (
            chain("NEG ADD ABS", "RELU"),
            chain("NEG ADD RELU ABS"),
            ["The RELU that was fused into op 1 ADD is an op of its own, op 2 of B."],
        ),
        (chain("NEG ADD ABS", "RELU"), chain("NEG ADD ABS"), ["Op 1 ADD lost its RELU."]),
        (chain("NEG ADD RELU ABS"), chain("NEG ADD ABS"), ["1 op was removed: RELU (op 2)."]),
        (chain("NEG ADD ABS", "RELU"), chain("NEG ADD ABS", "RELU6"), ["Op 1 ADD has RELU6 instead of its RELU."]),
        (chain("NEG ADD ABS ADD", "RELU"), chain("NEG ADD ABS ADD"), ["2 ADD (ops 1 and 3) lost their RELU."]),
        (chain("NEG ABS TANH"), chain("NEG FLOOR TANH"), ["Op 1 ABS was replaced by FLOOR."]),
        (chain("NEG ABS TANH"), chain("NEG TANH FLOOR"), ["1 op was removed: ABS (op 1).", "1 op was added: FLOOR (op 2 of B)."]),
    ],
)  # fmt: skip
def test_ops_that_are_something_else(a: Model, b: Model, sentences: list[str]) -> None:
    found = tinylite.diff(a, b)
    # All that is said besides is how tensors are called.
    assert [sentence for sentence in told(found) if "name" not in sentence and "called" not in sentence] == sentences
    if "fused" in sentences[0]:  # what comes of it is the same, and compared with what the two ops make
        (run,) = found.results
        assert not run.differ and len(run.tensors) == 3


def test_inputs_of_ops_that_changed() -> None:
    def build(reads: str) -> Model:
        x = Tensor("x", (1, 4))
        n, m, out = (Tensor(name, (1, 4)) for name in ("n", "m", "out"))
        values = {"x": x, "n": n, "m": m}
        ops = [Op("NEG", [x], [n]), Op("ABS", [x], [m]), Op("SUB", [values[name] for name in reads], [out])]
        return Model([Graph("main", [x], [out], ops)])

    found = tinylite.diff(build("nm"), build("mn"))
    assert told(found) == ["Op 2 SUB reads its inputs in the other order."]
    assert found.differences.keys() == {"reads", "results"}
    assert [op.index for op in found.results[0].origins] == [2]  # all that it is given is the same
    found = tinylite.diff(build("nm"), build("nx"))
    assert told(found) == ["Op 2 SUB reads 'x' as input 1 instead of 'm'."]
    other = build("nm")
    other.graph.outputs = [other.graph.ops[1].outputs[0]]
    found = tinylite.diff(build("nm"), other)
    assert told(found) == ["Output 'out' was replaced by another tensor, 'm' (FLOAT32 [1, 4])."]
    assert found.differences == {"outputs": 1, "results": 1}
    moved = build("nm")
    moved.graph.ops[:2] = moved.graph.ops[1::-1]
    found = tinylite.diff(build("nm"), moved)
    assert told(found) == ["1 op has another place in the order: op 0 NEG (op 1 of B)."]
    assert found.differences == {"ops moved": 1}


def test_inputs_and_outputs_of_graphs() -> None:
    def build(names: str, outputs: str) -> Model:
        tensors = {name: Tensor(name, (1, 4)) for name in "xyz"}
        made = {"a": Tensor("a", (1, 4)), "b": Tensor("b", (1, 4))}
        ops = [Op("ADD", [tensors["x"], tensors["y"]], [made["a"]]), Op("NEG", [made["a"]], [made["b"]])]
        return Model([Graph("main", [tensors[name] for name in names], [made[name] for name in outputs], ops)])

    found = tinylite.diff(build("xy", "ab"), build("yx", "ba"))
    assert told(found) == [
        "The inputs are in another order: 'x' and 'y' became 'y' and 'x'.",
        "The outputs are in another order: 'a' and 'b' became 'b' and 'a'.",
    ]
    assert not found.results[0].differ, "each is given what it is given in the other model"
    found = tinylite.diff(build("xyz", "b"), build("xy", "ab"))
    assert told(found)[:2] == ["Input 'z' (FLOAT32 [1, 4]) was removed.", "Output 'a' (FLOAT32 [1, 4]) was added."]
    assert found.results[0].problem == "the models do not have the same inputs"


def test_graphs_that_ops_call() -> None:
    def build(factor: float) -> Model:
        count, x = Tensor("count", (), "INT32"), Tensor("x", (1, 4))
        maker = Maker("main", [count, x])

        def turn(inner: Maker, _: Tensor, value: Tensor) -> list[Tensor]:
            number = constant("factor", np.full((1,), factor, np.float32))
            return [inner.add("MUL", value, number)]

        results = maker.call("WHILE", count, x, outputs=[count, x], **loop([count, x], turn))
        return model(maker.gives(*results))

    a = build(2)
    assert tinylite.diff(a, build(2)).same
    found = tinylite.diff(a, build(3))
    assert told(found) == ["Constants of 1 op differ: graph 2, op 0 MUL in its only value by 1 (of at most 2)."]
    assert len(found.graphs) == 3 and found.results[0].differ
    other = build(2)
    other.graphs[1:] = other.graphs[:0:-1]
    found = tinylite.diff(a, other)
    assert told(found) == ["2 graphs have another number: 1 became 2 and 2 became 1."]
    found = tinylite.diff(a, Model([chain("NEG").graph]))
    assert told(found)[:2] == ["Graph 1 'cond' of 1 ops was removed.", "Graph 2 'body' of 2 ops was removed."]


# ---- nothing goes unseen


def external() -> bytes:
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
    weights = Tensor("weights", (4, 4), external_buffer=ExternalBuffer(1, "weights.bin", 0, 64))
    return Model([Graph("main", [x], [y], [Op("FULLY_CONNECTED", [x, weights, None], [y])])]).to_bytes()


# For each field of each object a change; the fields that say where a model comes from are left out.
_VALUES: dict[tuple[type, str], Callable[[Any], Any]] = {
    (Tensor, "name"): lambda _: "other",
    (Tensor, "shape"): lambda shape: (*shape, 1),
    (Tensor, "type"): lambda _: "INT16",
    (Tensor, "buffer"): lambda buffer: buffer ^ 1,
    (Tensor, "quantization"): lambda _: None,
    (Tensor, "shape_signature"): lambda _: (-1, 10),
    (Tensor, "is_variable"): lambda _: True,
    (Tensor, "has_rank"): lambda known: not known,
    (Tensor, "sparsity"): lambda _: Table("SparsityParameters", traversal_order=np.array([0], np.int32)),
    (Tensor, "variant_tensors"): lambda _: [Table("VariantSubType", has_rank=True)],
    (Tensor, "external_buffer"): lambda _: ExternalBuffer(0, "weights.bin", 0, 40),
    (Quantization, "scale"): lambda scale: scale * np.float32(2),
    (Quantization, "zero_point"): lambda zero: zero + 1,
    (Quantization, "quantized_dimension"): lambda axis: axis + 1,
    (Quantization, "min"): lambda _: np.array([-3], np.float32),
    (Quantization, "max"): lambda _: np.array([3], np.float32),
    (Quantization, "details"): lambda _: Table("CustomQuantization"),
    (Op, "code"): lambda _: "LOGISTIC",
    (Op, "custom_code"): lambda _: "Other",
    (Op, "custom_options"): lambda _: b"options",
    (Op, "debug_metadata_index"): lambda _: 3,
    (Op, "inputs"): lambda inputs: [*inputs[:-1], None],
    (Op, "intermediates"): lambda _: None,  # tensors, which are compared as such
    (Op, "mutating_variable_inputs"): lambda _: (True,),
    (Op, "options"): lambda _: None,
    (Op, "outputs"): lambda outputs: [*outputs, Tensor("more", (1,))],
    (Op, "version"): lambda version: version + 1,
    (Graph, "name"): lambda _: "other",
    (Graph, "inputs"): lambda inputs: [*inputs, Tensor("more", (1,))],
    (Graph, "outputs"): lambda outputs: [*outputs, outputs[0]],
    (Graph, "ops"): lambda ops: [*ops, Op("NEG", ops[-1].outputs, [Tensor("more", (1, 10))])],
    (Graph, "tensors"): lambda tensors: [*tensors, Tensor("more", (1,))],
    (Graph, "debug_metadata_index"): lambda _: 3,
    (Signature, "key"): lambda _: "other",
    (Signature, "graph"): lambda _: Graph("other"),
    (Signature, "inputs"): lambda inputs: {"other": next(iter(inputs.values()))},
    (Signature, "outputs"): lambda outputs: {**outputs, "more": next(iter(outputs.values()))},
    (Metadata, "name"): lambda _: "other",
    (Metadata, "data"): lambda data: data ^ 1,
    (Contents, "graphs"): lambda graphs: [*graphs, Graph("other")],
    (Contents, "description"): lambda _: "other",
    (Contents, "version"): lambda version: version + 1,
    (Contents, "metadata"): lambda metadata: [*metadata, Metadata("more", np.zeros(1, np.uint8))],
    (Contents, "metadata_buffer"): lambda _: [np.zeros(3, np.uint8)],
    (Contents, "signatures"): lambda _: [],
    (Contents, "associated_files"): lambda _: {"other.txt": b""},
}
# narrow and loose are of the objects alone; files do not hold them. An op's `replaces` is of passes.
_NOT_IN_FILES = {
    (Quantization, "narrow"),
    (Signature, "loose"),
    (Contents, "source"),
    (Contents, "notes"),
    (Contents, "unknown"),
    (Op, "replaces"),
}


def _part(model: Model, kind: type) -> Any:
    dense = model.graph.ops[3]
    tensor = dense.inputs[2]
    return {
        Tensor: tensor, Quantization: tensor.quantization, Op: dense, Graph: model.graph, Signature: model.signatures[0],
        Metadata: model.metadata[0], Contents: model,
    }[kind]  # fmt: skip


def test_every_field_of_a_model_has_a_change_below() -> None:
    known = {(kind, field.name) for kind in (Tensor, Quantization, Graph, Signature, Metadata, Contents) for field in fields(kind)}
    known |= {(Op, name) for name in Op.__slots__}
    assert known - _NOT_IN_FILES == _VALUES.keys()


@pytest.mark.parametrize(("kind", "name"), [key for key in _VALUES if key != (Op, "intermediates")], ids=str)
def test_no_field_changes_unseen(kind: type, name: str) -> None:
    a = Model.load(DIGITS)
    b = a.copy()
    part = _part(b, kind)
    setattr(part, name, _VALUES[kind, name](getattr(part, name)))
    for first, second in ((a, b), (b, a)):
        found = tinylite.diff(first, second, run=False)
        assert not found.same and found.sentences and "same" not in found.sentences[0]
        json.dumps(found.plain(), allow_nan=True)
        assert found.html().count("<table>") > 1


@pytest.mark.parametrize("make", [small_models.sparse, small_models.two_signatures, small_models.reshaped, small_models.sliced, external])
def test_other_models_are_the_same_as_themselves(make: Callable[[], bytes]) -> None:
    assert tinylite.diff(make(), make()).same
    assert not tinylite.diff(make(), DIGITS).same


def test_quantization_of_intermediates_is_compared() -> None:
    def build(scale: float) -> Model:
        x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
        op = Op("NEG", [x], [y])
        op.intermediates = [scaled("inner", (0,), scale, type="INT16")]
        return Model([Graph("main", [x], [y], [op])])

    assert told(tinylite.diff(build(0.5), build(0.25))) == ["1 scale moved by 50 %: that of 'inner' (op 0 NEG), 0.5 became 0.25."]


# ---- what cannot be compared


def test_models_that_cannot_run_are_compared_all_the_same() -> None:
    def build(axis: int, value: bytes) -> Model:
        x = Tensor("x", (1, 4), "STRING")
        table = Tensor("table", (1,), "STRING")
        table.buffer = np.frombuffer(value, np.uint8)
        y = Tensor("y", (1, 4), "STRING")
        op = Op("CUSTOM", [x, table], [y], custom_code="Unheard", custom_options=bytes([axis]))
        return Model([Graph("main", [x], [y], [op])])

    assert tinylite.diff(build(1, b"abc"), build(1, b"abc")).same
    found = tinylite.diff(build(1, b"abc"), build(2, b"abd"))
    assert found.differences == {"constants": 1, "records": 1}
    sentences = found.sentences
    assert sentences[0] == "Constants of 1 op differ: op 0 Unheard, where they cannot be compared as numbers."
    assert sentences[1].startswith("The results were not compared: ")
    assert "custom_options is 02 instead of 01" in sentences[2]


def test_tensors_that_nothing_writes() -> None:
    """As files of NPU compilers have them, and damaged ones."""

    def build(name: str) -> Model:
        x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
        return Model([Graph("main", [x], [y], [Op("ADD", [x, Tensor(name, (1, 4))], [y])])])

    assert tinylite.diff(build("lost"), build("lost")).same
    found = tinylite.diff(build("lost"), build("gone"))
    assert found.differences == {"names": 1}
    assert found.results[0].problem is not None and found.results[0].problem.startswith("A does not run: op 0 ADD")


def test_values_that_are_no_numbers() -> None:
    def build(*values: float) -> Model:
        maker = Maker("main", [Tensor("x", (1, 3))])
        return model(maker.gives(maker.add("MUL", maker.graph.inputs[0], constant("c", np.array([values], np.float32)))))

    assert tinylite.diff(build(np.nan, 0, 1), build(np.nan, 0, 1)).same
    found = tinylite.diff(build(np.nan, 0, 1), build(1, 0, np.inf))
    (change,) = found.graphs[0].constants
    assert (change.difference.differing, change.difference.real) == (2, np.inf)
    assert told(found) == ["Constants of 1 op differ: op 0 MUL in 2 of 3 values by at most a NaN or an infinity."]
    (sentence,) = [sentence for sentence in found.sentences if "output" in sentence]
    assert sentence.endswith("differs in 2 of 3 values, at most by a NaN or an infinity."), "of which there is no average"
    (change,) = tinylite.diff(build(0.0, 1, 2), build(-0.0, 1, 2)).graphs[0].constants
    assert (change.difference.differing, change.difference.real) == (1, 0), "0 and -0 are not the same bits"


def test_names_that_would_command_a_terminal_or_a_browser() -> None:
    b = Model.load(DIGITS)
    b.graph.ops[1].outputs[0].name = "\x1b[31m\u202e<script>alert(1)</script>" + "x" * 100_000
    b.description = "</title><script>"
    b.graph.name = "a\nb"
    b.metadata[0].name = "<img src=x>"
    found = tinylite.diff(DIGITS, b)
    text = "\n".join(found.sentences)
    assert text.isascii() and "\x1b" not in text and len(text) < 3000
    page = found.html()
    assert "<script" not in page and "<img" not in page and "\x1b" not in page and "\u202e" not in page
    assert len(page) < 20_000


def test_the_page_needs_nothing_from_outside_and_is_well_formed() -> None:
    from html.parser import HTMLParser

    class Checker(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.open: list[str] = []

        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            assert tag != "script" and not {"src", "href"} & {name for name, _ in attributes}
            if tag != "meta":
                self.open.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert self.open.pop() == tag

    found = tinylite.diff(float_model(), int8_model(float_ends=True))
    page = found.html()
    checker = Checker()
    checker.feed(page)
    assert checker.open == [] and "http" not in page and "url(" not in page
    for sentence in found.sentences:
        assert sentence.replace("'", "&#x27;") in page
    assert "The models are the same." in tinylite.diff(DIGITS, DIGITS).html()


def test_plain_data_is_what_json_has() -> None:
    found = tinylite.diff(float_model(), int8_model(float_ends=False))
    plain = json.loads(json.dumps(found.plain()))
    assert plain["same"] is False and plain["sentences"] == found.sentences and plain["differences"] == found.differences
    assert plain["graphs"][0]["tensors"][0]["changes"][0] == {"name": "name", "a": "x", "b": "x_int8"}
    assert plain["results"][0]["outputs"][0]["difference"]["count"] == 4


# ---- the same inputs for both


def one_op(type: str, scale: tuple[float, int] | None = None, shape: tuple[int, ...] = (1, 4)) -> Model:
    quantization = None if scale is None else Quantization([scale[0]], [scale[1]])
    x, y = (Tensor(name, shape, type, quantization=quantization) for name in "xy")
    reads = [x, constant("shape", np.array(shape, np.int32), "INT32")]
    return Model([Graph("main", [x], [y], [Op("RESHAPE", reads, [y])])])


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (one_op("INT32"), one_op("INT64")),
        (one_op("UINT8", (0.5, 128)), one_op("INT8", (0.5, 0))),
        (one_op("INT8", (0.5, 3)), one_op(S)),
        (one_op(S), one_op("UINT8", (1 / 64, 7))),
        (one_op("INT16", (1 / 64, 0)), one_op("INT8", (1 / 64, 0))),
    ],
)
def test_inputs_of_other_types_hold_the_same_numbers(a: Model, b: Model) -> None:
    for pair in ((a, b), (b, a)):
        (run,) = tinylite.diff(*pair).results
        (output,) = run.outputs
        assert run.problem is None and output.difference is not None
        assert output.difference.differing == 0, output


@pytest.mark.parametrize(
    ("a", "b", "problem"),
    [
        (one_op("BOOL"), one_op(S), "input 0 'x' is BOOL in A and FLOAT32 in B, and neither says the other's numbers"),
        (one_op("INT32"), one_op("INT8", (0.5, 0)), "input 0 'x' is INT32 in A and INT8 in B, and neither says the other's numbers"),
        (one_op(S), one_op(S, shape=(1, 5)), "input 0 'x' has the shape [1, 4] in A and [1, 5] in B"),
        (one_op("STRING"), one_op(S), "input 0 'x' holds no numbers"),
    ],
)
def test_inputs_that_cannot_hold_the_same_numbers(a: Model, b: Model, problem: str) -> None:
    assert tinylite.diff(a, b).results[0].problem == problem


def test_inputs_may_have_shapes_that_files_leave_open() -> None:
    def build(factor: float) -> Model:
        x, y = (Tensor(name, (1, 4), shape_signature=(-1, 4)) for name in "xy")
        return Model([Graph("main", [x], [y], [Op("MUL", [x, constant("c", np.full((1, 4), factor, np.float32))], [y])])])

    (run,) = tinylite.diff(build(2), build(3), [np.ones((5, 4), np.float32)]).results
    assert run.outputs[0].difference is not None and (run.outputs[0].difference.count, run.outputs[0].difference.real) == (20, 1)
    with pytest.raises(TensorError, match=r"was given float32 \[5, 3\]"):
        tinylite.diff(build(2), build(3), [np.ones((5, 3), np.float32)])


def test_random_values_are_those_of_random_inputs() -> None:
    """So that `tinylite run` and `tinylite explain` make the same of the same seed."""
    a, b = Model.load(DIGITS), Model.load(DIGITS)
    values = b.graph.ops[3].inputs[2].data.copy()
    b.graph.ops[3].inputs[2].data = values + 3000
    interpreter = tinylite.Interpreter(b)
    interpreter.allocate_tensors()
    (drawn,) = tinylite.random_inputs(interpreter.get_input_details(), 4)
    interpreter.set_tensor(0, drawn)
    by_hand = tinylite.diff(a, b, [drawn]).results[0]
    assert by_hand.outputs[0].difference == tinylite.diff(a, b, seed=4).results[0].outputs[0].difference
