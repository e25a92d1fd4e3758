"""Weights-only quantization, without TensorFlow: what is stored how, and that both runtimes compute the same with it."""

from __future__ import annotations

import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import ConvertError, Interpreter, Model, ModelError, UnsupportedError
from tinylite.cli import main
from tinylite.model import Graph, Op, Tensor
from tinylite.quantize import WeightQuantization, quantize_weights
from tinylite.quantize.weights import _Storing

from ..cases import Case, T
from ..conftest import feed_and_run, litert_interpreter
from ..draft import Draft
from ..ops import bidirectional_sequence_lstm, bidirectional_sequence_rnn, lstm, rnn, svdf, unidirectional_sequence_lstm

RNG = np.random.default_rng(2)


def network() -> Model:
    """A convolution, a depthwise one and a dense layer of more than a thousand weights each, and small ones."""
    d = Draft()
    x = d.input((1, 12, 12, 8))
    y = d.op("CONV_2D", x, RNG.normal(0, 1, (24, 3, 3, 8)), np.zeros(24), shape=(1, 12, 12, 24), padding="SAME", stride_h=1, stride_w=1)
    y = d.op("DEPTHWISE_CONV_2D", y, RNG.normal(0, 1, (1, 7, 7, 24)), np.zeros(24), shape=(1, 12, 12, 24), padding="SAME", stride_h=1,
             stride_w=1, depth_multiplier=1)  # fmt: skip
    y = d.op("CONV_2D", y, RNG.normal(0, 1, (4, 1, 1, 24)), np.zeros(4), shape=(1, 12, 12, 4), padding="SAME", stride_h=1, stride_w=1)
    y = d.op("RESHAPE", y, d.ints(1, 576), shape=(1, 576))
    y = d.op("FULLY_CONNECTED", y, RNG.normal(0, 1, (5, 576)), RNG.normal(0, 1, 5), shape=(1, 5))
    return Model([d.done(y)])


def table() -> Model:
    d = Draft()
    indices = Tensor("indices", (3,), "INT32", has_rank=True)
    d.graph.inputs.append(indices)
    return Model([d.done(d.op("GATHER", RNG.normal(0, 1, (100, 16)), indices, shape=(3, 16), axis=0))])


def run(interpreter: Any, x: np.ndarray) -> np.ndarray:
    interpreter.allocate_tensors()
    for details in interpreter.get_input_details()[1:]:  # states, which LiteRT leaves as memory was
        interpreter.set_tensor(details["index"], np.zeros(details["shape"], details["dtype"]))
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x)
    interpreter.invoke()
    return np.asarray(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


PICTURE = RNG.normal(0, 1, (1, 12, 12, 8)).astype(np.float32)


def weights(model: Model, code: str) -> Tensor:
    found = next(op for op in model.graph.ops if op.code == code).inputs[1]
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        (WeightQuantization(), 0.05),
        (WeightQuantization(policy="toco"), 0.05),
        (WeightQuantization(per_channel=False), 0.05),
        (WeightQuantization("FLOAT16"), 0.001),
    ],
)
def test_outputs_stay_near_and_both_runtimes_agree(settings: WeightQuantization, tolerance: float) -> None:
    source = network()
    before = source.to_bytes()
    content = quantize_weights(source, settings).to_bytes()
    assert source.to_bytes() == before
    assert len(content) < len(before) * (0.6 if settings.type == "FLOAT16" else 0.4)
    real, found = run(Interpreter(model_content=before), PICTURE), run(Interpreter(model_content=content), PICTURE)
    largest = np.abs(real).max()
    assert np.abs(found - real).max() <= tolerance * largest
    assert np.abs(found - run(litert_interpreter(content, "BUILTIN_REF"), PICTURE)).max() <= 1e-5 * largest


def test_weights_have_a_scale_for_each_channel_where_kernels_know_it() -> None:
    made = quantize_weights(network())
    for code, channels, axis in (("CONV_2D", 24, 0), ("DEPTHWISE_CONV_2D", 24, 3), ("FULLY_CONNECTED", 5, 0)):
        stored = weights(made, code)
        assert stored.quantization is not None
        assert (stored.type, stored.quantization.scale.size, stored.quantization.quantized_dimension) == ("INT8", channels, axis)
        assert not stored.quantization.zero_point.any()
        assert stored.data is not None
        other = tuple(dim for dim in range(stored.data.ndim) if dim != axis)
        assert (np.abs(stored.data.astype(int)).max(axis=other) == 127).all()
    assert next(op for op in made.graph.ops if op.code == "FULLY_CONNECTED").options.asymmetric_quantize_inputs  # type: ignore[union-attr]


def test_the_first_style_has_one_scale_and_dequantizes_for_depthwise_convolutions() -> None:
    made = quantize_weights(network(), WeightQuantization(policy="toco"))
    stored = weights(made, "CONV_2D")
    assert stored.quantization is not None
    assert stored.quantization.scale.size == 1
    assert weights(made, "DEPTHWISE_CONV_2D").type == "FLOAT32"
    assert made.graph.ops[0].code == "DEQUANTIZE"
    assert [op.version for op in made.graph.ops if op.code == "CONV_2D"] == [2, 1]
    assert not next(op for op in made.graph.ops if op.code == "FULLY_CONNECTED").options.asymmetric_quantize_inputs  # type: ignore[union-attr]


def test_small_weights_and_biases_stay_float() -> None:
    made = quantize_weights(network())
    small = [op for op in made.graph.ops if op.code == "CONV_2D"][1]
    assert [t.type for t in small.inputs if t is not None] == ["FLOAT32"] * 3
    everything = quantize_weights(network(), WeightQuantization(least_elements=0))
    assert [t.type for t in [op for op in everything.graph.ops if op.code == "CONV_2D"][1].inputs if t is not None][1] == "INT8"


def test_a_table_is_dequantized_behind_the_pick() -> None:
    made = quantize_weights(table())
    assert [op.code for op in made.graph.ops] == ["GATHER", "DEQUANTIZE"]
    indices = np.array([3, 99, 0], np.int32)
    content = made.to_bytes()
    real = run(Interpreter(model_content=table_of(made)), indices)
    assert np.array_equal(run(Interpreter(model_content=content), indices), real)
    assert np.array_equal(run(litert_interpreter(content, "BUILTIN_REF"), indices), real)


def table_of(made: Model) -> bytes:
    """The same picks from the values that the stored table means."""
    stored = made.graph.ops[0].inputs[0]
    assert stored is not None
    assert stored.data is not None
    assert stored.quantization is not None
    d = Draft()
    indices = Tensor("indices", (3,), "INT32", has_rank=True)
    d.graph.inputs.append(indices)
    return Model([d.done(d.op("GATHER", stored.data * stored.quantization.scale[0], indices, shape=(3, 16), axis=0))]).to_bytes()


def test_weights_that_two_ops_share_are_stored_once() -> None:
    d = Draft()
    x, shared = d.input((1, 64)), d.constant(RNG.normal(0, 1, (64, 64)))
    y = d.op("FULLY_CONNECTED", d.op("FULLY_CONNECTED", x, shared, None, shape=(1, 64)), shared, None, shape=(1, 64))
    made = quantize_weights(Model([d.done(y)]))
    first, second = (op.inputs[1] for op in made.graph.ops)
    assert first is second


def test_bodies_of_loops_are_stored_smaller_too() -> None:
    def body() -> Graph:
        d = Draft()
        x = d.input((1, 64))
        return d.done(d.op("FULLY_CONNECTED", x, RNG.normal(0, 1, (64, 64)), None, shape=(1, 64)))

    d = Draft()
    x = d.input((1, 64))
    choose = Tensor("choose", (), "BOOL", has_rank=True)
    d.graph.inputs.insert(0, choose)
    output = Tensor("y", (1, 64), has_rank=True)
    graphs = body(), body()
    d.graph.ops.append(Op("IF", [choose, x], [output], then_subgraph_index=graphs[0], else_subgraph_index=graphs[1]))
    made = quantize_weights(Model([d.done(output), *graphs]))
    assert [op.inputs[1].type for graph in made.graphs[1:] for op in graph.ops] == ["INT8", "INT8"]  # type: ignore[union-attr]


def test_a_model_without_large_weights_stays_as_it_is() -> None:
    d = Draft()
    model = Model([d.done(d.op("RELU", d.input()))])
    assert [op.code for op in quantize_weights(model).graph.ops] == ["RELU"]


def test_what_cannot_be_is_told() -> None:
    model = network()
    values = weights(model, "CONV_2D").data
    assert values is not None
    bad = values.copy()
    bad[0, 0, 0, 0] = np.nan
    weights(model, "CONV_2D").data = bad
    with pytest.raises(ConvertError, match="NaN"):
        quantize_weights(model)
    with pytest.raises(UnsupportedError, match="INT4"):
        WeightQuantization("INT4")
    with pytest.raises(ConvertError, match="least_elements"):
        WeightQuantization(least_elements=-1)


def test_weights_beyond_the_largest_half_are_told(caplog: pytest.LogCaptureFixture) -> None:
    d = Draft()
    model = Model([d.done(d.op("ADD", d.input((1, 3)), [1e5, -7e4, 65504.0], shape=(1, 3)))])
    made = quantize_weights(model, WeightQuantization("FLOAT16"))
    assert made.graph.ops[0].inputs[0].data.tolist() == [65504, -65504, 65504]  # type: ignore[union-attr]
    assert "2 of the weights 'c' are beyond 65504" in caplog.text


def test_a_float_file_is_quantized_on_the_command_line(tmp_path: Path) -> None:
    source, target = tmp_path / "float.tflite", tmp_path / "small.tflite"
    network().save(source)
    call = CliRunner().invoke(main, ["convert", str(source), "--post_training_quantize", "-o", str(target)])
    assert call.exit_code == 0, call.output
    assert Model.load(target) == quantize_weights(Model.load(source))
    size = source.stat().st_size
    copy = tmp_path / "copy.tflite"
    copy.write_bytes(source.read_bytes())
    call = CliRunner().invoke(main, ["convert", str(copy), "--post_training_quantize", "-o", str(copy)])
    assert f"({target.stat().st_size} bytes, from {size})" in call.output
    assert copy.read_bytes() == target.read_bytes()
    call = CliRunner().invoke(main, ["convert", str(source), "-o", str(tmp_path / "other.tflite")])
    assert call.exit_code != 0
    assert "--post_training_quantize" in call.output
    assert not (tmp_path / "other.tflite").exists()


def recurrent(cells: int, inputs: int, kernel_type: str = "FULL") -> Model:
    """One step of an LSTM layer; its matrices have cells * inputs and cells * cells elements, those of BASIC are one."""
    d = Draft()
    x = d.input((1, inputs))
    states = [Tensor(name, (1, cells), has_rank=True, is_variable=True) for name in ("output", "cell")]
    if kernel_type == "BASIC":
        weights = RNG.normal(0, 0.3, (4 * cells, inputs + cells))
        given = [x, states[0], d.constant(weights), d.constant(np.zeros(4 * cells)), states[1]]
        shapes: list[tuple[int, ...]] = [(1, cells), (1, cells), (1, inputs + cells), (1, 4 * cells)]
    else:
        matrices = [d.constant(RNG.normal(0, 0.3, (cells, size))) for size in (inputs, cells) for _ in range(4)]
        given = [x, *matrices, *[None] * 3, *[d.constant(np.zeros(cells)) for _ in range(4)], None, None, *states]  # type: ignore[list-item]
        shapes = [(1, cells)]
    outputs = [Tensor(f"y{number}", shape, has_rank=True) for number, shape in enumerate(shapes)]
    d.graph.ops.append(Op("LSTM", given, outputs, kernel_type=kernel_type, fused_activation_function="TANH"))  # type: ignore[arg-type]
    return Model([d.done(outputs[0])])


@pytest.mark.parametrize("begin", [0.0, 0.5])
def test_states_that_a_file_sets_to_zero_last_from_run_to_run(begin: float) -> None:
    """TensorFlow's FLOAT16 files dequantize the zeros that an LSTM's states begin with; the referee for what that means is LiteRT."""
    model = recurrent(8, 5)
    for state in [tensor for tensor in model.graph.all_tensors() if tensor.is_variable]:
        halves = Tensor(f"{state.name}/halves", state.shape, "FLOAT16", np.full(state.shape, begin, np.float16).view(np.uint8).ravel())
        model.graph.ops.insert(0, Op("DEQUANTIZE", [halves], [state]))
    ours, theirs = Interpreter(model_content=model.to_bytes()), litert_interpreter(model.to_bytes(), "BUILTIN_REF")
    if begin:
        with pytest.raises(ModelError, match="writes tensor 'cell', which already has a value"):
            ours.allocate_tensors()
        return
    first, second = (RNG.normal(0, 1, (1, 5)).astype(np.float32) for _ in range(2))
    for x in (first, second, first):
        assert np.abs(run(ours, x) - run(theirs, x)).max() <= 1e-6


@pytest.mark.parametrize("policy", ["mlir", "toco"])
def test_kernels_that_read_no_integers_get_floats(policy: str) -> None:
    """The BASIC kernel does not exist with INT8 weights: LiteRT refuses to run it."""
    model = recurrent(24, 40, "BASIC")
    made = quantize_weights(model, WeightQuantization(policy=policy))
    assert [op.code for op in made.graph.ops] == ["DEQUANTIZE", "LSTM"]
    content, x = made.to_bytes(), RNG.normal(0, 1, (1, 40)).astype(np.float32)
    real = run(Interpreter(model_content=model.to_bytes()), x)
    found = run(Interpreter(model_content=content), x)
    assert np.abs(found - real).max() <= 0.05
    assert np.abs(found - run(litert_interpreter(content, "BUILTIN_REF"), x)).max() <= 1e-5


def test_tensors_that_are_replaced_live_until_the_graph_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are known by their ids: a new tensor with the id of one that is gone would be dequantized in its place."""
    before: list[weakref.ref[Tensor]] = []
    first, last = _Storing.__init__, _Storing.dequantize_for_others

    def begun(storing: _Storing, graph: Graph, settings: WeightQuantization) -> None:
        first(storing, graph, settings)
        before.extend(weakref.ref(tensor) for op in graph.ops for tensor in op.inputs if tensor is not None)

    def ended(storing: _Storing) -> None:
        assert len(before) > 10 and all(reference() is not None for reference in before)
        before.clear()
        last(storing)

    monkeypatch.setattr(_Storing, "__init__", begun)
    monkeypatch.setattr(_Storing, "dequantize_for_others", ended)
    quantize_weights(network(), WeightQuantization(policy="toco"))
    assert not before


@pytest.mark.parametrize("settings", [WeightQuantization(policy="toco"), WeightQuantization(per_channel=False), WeightQuantization()])
def test_grouped_convolutions_have_a_scale_for_each_filter(settings: WeightQuantization) -> None:
    """LiteRT's kernel reads one for each, and refuses to run with a single one."""
    d = Draft()
    weights = RNG.normal(0, 1, (32, 3, 3, 4))
    y = d.op("CONV_2D", d.input((1, 12, 12, 8)), weights, np.zeros(32), shape=(1, 12, 12, 32), padding="SAME", stride_h=1, stride_w=1)
    model = Model([d.done(y)])
    content = quantize_weights(model, settings).to_bytes()
    real, found = run(Interpreter(model_content=model.to_bytes()), PICTURE), run(Interpreter(model_content=content), PICTURE)
    assert np.abs(found - real).max() <= 0.02 * np.abs(real).max()
    assert np.abs(found - run(litert_interpreter(content, "BUILTIN_REF"), PICTURE)).max() <= 1e-5 * np.abs(real).max()


def test_weights_of_a_layer_that_must_have_one_type_are_stored_all_or_none() -> None:
    """Its recurrent matrices have 1024 elements, those for the input fewer: LiteRT's kernel takes no mixture, as 1.15 knew."""
    model = recurrent(32, 8)
    assert quantize_weights(model) == model
    first = quantize_weights(model, WeightQuantization(policy="toco"))
    assert [op.code for op in first.graph.ops] == [*["DEQUANTIZE"] * 4, "LSTM"]
    x = RNG.normal(0, 1, (1, 8)).astype(np.float32)
    real = run(Interpreter(model_content=model.to_bytes()), x)
    for runtime in (Interpreter(model_content=first.to_bytes()), litert_interpreter(first.to_bytes(), "BUILTIN_REF")):
        assert np.abs(run(runtime, x) - real).max() <= 0.02


def test_the_first_style_keeps_no_floats_beside_stored_weights() -> None:
    d = Draft()
    x, shared = d.input((64, 64)), d.constant(RNG.normal(0, 1, (64, 64)))
    model = Model([d.done(d.op("FULLY_CONNECTED", d.op("MUL", x, shared, shape=(64, 64)), shared, None, shape=(64, 64)))])
    made = quantize_weights(model, WeightQuantization(policy="toco"))
    assert [op.code for op in made.graph.ops] == ["DEQUANTIZE", "MUL", "FULLY_CONNECTED"]
    assert made.graph.ops[2].inputs[1] is made.graph.ops[0].inputs[0]
    assert len(made.to_bytes()) < len(model.to_bytes()) * 0.35


@pytest.mark.parametrize(("reads", "codes"), [(1, ["EMBEDDING_LOOKUP", "DEQUANTIZE"]), (2, ["DEQUANTIZE", "EMBEDDING_LOOKUP"])])
def test_the_first_style_moves_integers_for_a_single_reader(reads: int, codes: list[str]) -> None:
    d = Draft()
    indices, stored = Tensor("indices", (3,), "INT32", has_rank=True), d.constant(RNG.normal(0, 1, (100, 16)))
    d.graph.inputs.append(indices)
    rows = [d.op("EMBEDDING_LOOKUP", indices, stored, shape=(3, 16)) for _ in range(reads)]
    content = quantize_weights(Model([d.done(*rows)]), WeightQuantization(policy="toco")).to_bytes()
    assert [op.code for op in Model.load(content).graph.ops][:2] == codes
    wanted = np.array([3, 99, 0], np.int32)
    assert np.array_equal(run(Interpreter(model_content=content), wanted), run(litert_interpreter(content, "BUILTIN_REF"), wanted))


def test_a_model_that_is_quantized_already_comes_back_as_it_is() -> None:
    once = quantize_weights(network(), WeightQuantization(least_elements=0))
    assert quantize_weights(once, WeightQuantization(least_elements=0)) == once
    small = Draft()
    model = Model([small.done(small.op("RELU", small.input()))])
    assert quantize_weights(model) == model


@pytest.mark.parametrize("policy", ["mlir", "toco"])
def test_channels_without_weights_get_scales_that_runtimes_take(policy: str) -> None:
    """Training leaves channels dead, with weights of 0 or of 1e-39. TF 2.21 widens their range to 1e-6; the largest is its own."""
    rng = np.random.default_rng(3)  # the same numbers whichever tests ran before
    values = rng.normal(0, 0.1, (32, 64)).astype(np.float32)
    values[0], values[1], values[2] = 0, values[1] * 1e-38, 1e-9
    d = Draft()
    x = d.input((1, 64))
    source = Model([d.done(d.op("FULLY_CONNECTED", x, values, None, shape=(1, 32)))])
    model = quantize_weights(source, WeightQuantization(policy=policy))
    stored = weights(model, "FULLY_CONNECTED")
    assert stored.quantization is not None
    assert stored.data is not None
    if policy == "mlir":
        assert np.array_equal(stored.quantization.scale[:3], np.full(3, 0.5e-6 / 127, np.float32))
        assert (stored.data[2] == np.round(1e-9 / (0.5e-6 / 127))).all()
    assert not stored.data[:2].any()
    given = rng.normal(0, 1, (1, 64)).astype(np.float32)
    real = run(Interpreter(model_content=source.to_bytes()), given)
    for content in (model.to_bytes(), quantize_weights(Model([table_of_zeros()]), WeightQuantization(policy=policy)).to_bytes()):
        found = run(Interpreter(model_content=content), given)
        assert np.array_equal(found, run(litert_interpreter(content, "BUILTIN_REF"), given))
    assert np.abs(run(Interpreter(model_content=model.to_bytes()), given) - real).max() <= 0.02 * np.abs(real).max()


def table_of_zeros() -> Graph:
    d = Draft()
    return d.done(d.op("FULLY_CONNECTED", d.input((1, 64)), np.zeros((32, 64)), None, shape=(1, 32)))


@pytest.mark.parametrize(("batch", "codes"), [((3,), ["BATCH_MATMUL"]), ((2, 3), ["DEQUANTIZE", "BATCH_MATMUL"])])
def test_several_matrices_are_stored_so_that_every_runtime_computes_the_same(batch: tuple[int, ...], codes: list[str]) -> None:
    d = Draft()
    x = d.input((*batch, 5, 40))
    source = Model([d.done(d.op("BATCH_MATMUL", x, RNG.normal(0, 1, (*batch, 40, 10)), shape=(*batch, 5, 10)))])
    made = quantize_weights(source)
    assert [op.code for op in made.graph.ops] == codes
    given = RNG.normal(0, 1, (*batch, 5, 40)).astype(np.float32)
    real, found = (run(Interpreter(model_content=model.to_bytes()), given) for model in (source, made))
    assert np.abs(found - real).max() <= 0.03 * np.abs(real).max()
    assert np.abs(found - run(litert_interpreter(made.to_bytes(), "BUILTIN_REF"), given)).max() <= 1e-5 * np.abs(real).max()


def recurrent_layers() -> list[Case]:
    """One layer of each kind, whose matrices have 1024 elements or more."""
    found = [
        unidirectional_sequence_lstm.float_lstm(2, 5, 40, 32),
        unidirectional_sequence_lstm.float_lstm(2, 5, 40, 48, outputs=32),
        lstm.one_step(unidirectional_sequence_lstm.float_lstm(2, 1, 40, 32)),
        bidirectional_sequence_lstm.both(2, 5, 40, 32),
        bidirectional_sequence_rnn.both(2, 5, 40, (32, 36), major=True),
        svdf.filtered(2, 40, 32, 2, 20),
    ]
    shapes = (2, 40), rnn.cell(2, 40, 32)
    return [*found, Case("RNN", [T(shapes[0]), *shapes[1]], [T(())], {"fused_activation_function": "TANH"}, runs=3)]


@pytest.mark.parametrize("policy", ["mlir", "toco"])
@pytest.mark.parametrize("case", recurrent_layers(), ids=lambda case: case.code)
def test_recurrent_layers_run_on_both_runtimes(case: Case, policy: str) -> None:
    source = case.model()
    made = quantize_weights(source, WeightQuantization(policy=policy))
    assert any(tensor.type == "INT8" for tensor in made.graph.tensors)
    assert len(made.to_bytes()) < 0.5 * len(source.to_bytes())
    feeds = case.feeds()

    def outputs(interpreter: Any) -> list[np.ndarray]:
        interpreter.allocate_tensors()
        return feed_and_run(interpreter, feeds, case.runs)

    real, found = (outputs(Interpreter(model_content=model.to_bytes())) for model in (source, made))
    judged = outputs(litert_interpreter(made.to_bytes(), "BUILTIN_REF"))
    for a, b, c in zip(real, found, judged, strict=True):
        assert np.abs(b - a).max() <= 0.1 * np.abs(a).max()
        assert np.abs(b - c).max() <= 1e-4 * np.abs(a).max()
