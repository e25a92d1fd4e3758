"""The files of small fake-quantized graphs, tensor by tensor: parameters and stored numbers as the first converter (1.15) chose them.

What it would have chosen is computed here by its formulas, in double as it did, of what `graphs` knows of each tensor.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import ConvertError, Interpreter, Model, TinyliteError
from tinylite.model import Op, Tensor

from ..conftest import litert_interpreter
from .builders import FIXED, Draw, Drawing, Drawn, Known, draw, fake_quantized, numbers, tf, v1
from .graphs import GRAPHS


def converted(drawn: Drawn, policy: str = "toco", type: str = "QUANTIZED_UINT8", **settings: Any) -> Model:
    converter = tinylite.TFLiteConverter.from_frozen_graph(drawn.graph_def.SerializeToString(), list(drawn.inputs), drawn.outputs)
    converter.inference_type, converter.quantizer_policy = type, policy
    converter.quantized_input_stats = drawn.notes.stats
    for name, value in {**drawn.notes.settings, **settings}.items():
        setattr(converter, name, value)
    model = Model.load(converter.convert())
    assert {tensor.name for tensor in model.graph.inputs} == set(drawn.inputs)
    assert [tensor.name for tensor in model.graph.outputs] == drawn.outputs
    return model


# ---- the first converter's arithmetic


def away_from_zero(value: float) -> int:
    return int(math.copysign(math.floor(abs(value) + 0.5), value))


def chosen(known: Known) -> tuple[float, int]:
    """Scale and zero point."""
    if known.fixed is not None:
        return FIXED[known.fixed]
    first, last = int(known.narrow), 255
    scale = (known.high - known.low) / (last - first)
    from_low, from_high = first - known.low / scale, last - known.high / scale
    low_error, high_error = abs(first) + abs(known.low / scale), abs(last) + abs(known.high / scale)
    return scale, away_from_zero(min(max(from_low if low_error < high_error else from_high, first), last))


def stored(known: Known) -> np.ndarray:
    """A constant's bytes."""
    assert known.values is not None
    values = fake_quantized(known) if known.rounded else known.values
    scale, zero = chosen(known)
    found = [away_from_zero(zero + float(value) * (1 / scale)) for value in values.reshape(-1)]
    return np.clip(found, int(known.narrow), 255).astype(np.uint8).reshape(values.shape)


# ---- the file


def tensors(model: Model) -> dict[str, Tensor]:
    return {str(tensor.name): tensor for tensor in model.graph.all_tensors()}


def writer(model: Model, name: str) -> Op:
    return next(op for op in model.graph.ops if any(tensor.name == name for tensor in op.outputs))


def constant(op: Op, type: str) -> Tensor | None:
    """The weights or biases that an op reads."""
    return next((t for t in op.inputs if t is not None and t.is_constant and t.type == type and t.quantization is not None), None)


def told(tensor: Tensor) -> tuple[float, int]:
    assert tensor.quantization is not None, tensor.name
    return float(tensor.quantization.scale[0]), int(tensor.quantization.zero_point[0])


def single(parameters: tuple[float, int]) -> tuple[float, int]:
    return float(np.float32(parameters[0])), parameters[1]


def assert_chosen(drawn: Drawn, model: Model) -> None:
    notes, found = drawn.notes, tensors(model)
    named = {name: known for name, known in notes.known.items() if known.values is None and name in found}
    assert set(drawn.outputs) | set(notes.stats) <= set(named)
    assert {name: told(found[name]) for name in named} == {name: single(chosen(known)) for name, known in named.items()}
    for name, layer in notes.layers.items():
        op = writer(model, name)
        constants = [
            t for t in op.inputs if t is not None and t.is_constant and t.type in ("UINT8", "INT32") and t.quantization is not None
        ]
        weights, bias = (next((t for t in constants if t.type == type), None) for type in ("UINT8", "INT32"))
        assert weights is not None
        if layer.folded:
            assert told(weights)[0] == pytest.approx(chosen(layer.weights)[0], rel=1e-6)
            assert np.abs(weights.data.astype(int) - layer.filter(stored(layer.weights)).astype(int)).max() <= 1  # type: ignore[union-attr]
        else:
            assert told(weights) == single(chosen(layer.weights))
            assert np.array_equal(weights.data, layer.filter(stored(layer.weights)))  # type: ignore[arg-type]
        if bias is None:
            assert op.code == "TRANSPOSE_CONV"  # which had none
            continue
        scale = chosen(notes.known[notes.name(layer.data)])[0] * chosen(layer.weights)[0]
        assert told(bias) == single((scale, 0)) or layer.folded
        off = bias.data - np.array([away_from_zero(float(value) * (1 / scale)) for value in layer.bias])  # type: ignore[operator]
        assert np.abs(off).max() <= (1 if layer.folded else 0)
    for name, known in notes.known.items():
        if known.values is not None and name in found:
            assert told(found[name]) == single(chosen(known))
            assert np.array_equal(found[name].data, stored(known))  # type: ignore[arg-type]


def run(interpreter: Any, inputs: dict[str, np.ndarray]) -> list[np.ndarray]:
    interpreter.allocate_tensors()
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], inputs[details["name"]])
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


def within_a_step(drawn: Drawn, model: Model) -> float:
    """The share of the outputs' values that are within one step of TensorFlow's; LiteRT's reference kernels return the same bits."""
    content = model.to_bytes()
    found = run(Interpreter(model_content=content), drawn.inputs)
    judged = run(litert_interpreter(content, "BUILTIN_REF"), drawn.inputs)
    shares = []
    for output, ours, theirs, wanted in zip(model.graph.outputs, found, judged, drawn.wanted, strict=True):
        assert np.array_equal(ours, theirs)
        scale, zero = told(output)
        shares.append(np.mean(np.abs(numbers(ours, scale, zero) - wanted) <= 1.001 * scale))
    return float(min(shares))


# Where what training computed is not what the file is asked for.
OTHERWISE = {
    "a FakeQuant that contradicts the input": "mean and std say that the input has another range",
    "4 bits": "8 bits are finer",
    "two FakeQuants that differ": "one of them counts",
}
# What TF 2.21 does with graphs that it takes otherwise than both styles here do.
THEIRS = {
    "batch norm after ranged weights": "it leaves the convolution in float",
    "shared weights": "it forgets their FakeQuant, and takes the range of their values",
    "prelu": "it leaves the parts of it in float",
    "relu after a range": "it forgets the FakeQuant between the convolution and its RELU",
    "relu that changes nothing": "it leaves it in float",
    "weights of nothing but 0": "its scale of them is so small that biases do not fit INT32",
    "relu6 after a range": "it forgets the FakeQuant between the convolution and its RELU6",
    "gather of positive numbers into another range": "it forgets that they are positive",
    "transpose into another range": "it fails",
    "two outputs in a row": "it gives the first one out as floats",
    "an integer input": "it wants mean and std of integers",
    "4 bits": "it refuses",
}


@pytest.mark.parametrize("name", GRAPHS)
def test_parameters_and_numbers_are_those_of_the_first_converter(name: str) -> None:
    drawn = draw(GRAPHS[name])
    model = converted(drawn)
    assert all(tensor.type in ("UINT8", "INT32") for tensor in model.graph.all_tensors())
    assert_chosen(drawn, model)


@pytest.mark.parametrize("policy", ["toco", "mlir"])
@pytest.mark.parametrize("name", GRAPHS)
def test_files_compute_what_tensorflow_does(name: str, policy: str) -> None:
    """Within one step for 99% of the values, where TensorFlow rounds what integers must round."""
    if name == "4 bits" and policy == "mlir":
        with pytest.raises(ConvertError, match="has 4 bits"):
            converted(draw(GRAPHS[name]), policy)
        return
    share = within_a_step(draw(GRAPHS[name], rounds=policy), converted(draw(GRAPHS[name]), policy))
    assert share >= 0.99 or name in OTHERWISE


@pytest.mark.parametrize("type", ["UINT8", "INT8"])
@pytest.mark.parametrize("name", [name for name in GRAPHS if name not in THEIRS])
def test_parameters_and_bytes_are_those_of_tensorflow_s_converter(name: str, type: str, tmp_path: Any) -> None:
    drawn = draw(GRAPHS[name])
    path = tmp_path / "graph.pb"
    path.write_bytes(drawn.graph_def.SerializeToString())
    offset = 128 if type == "INT8" else 0
    stats = {name: (mean - offset, std) for name, (mean, std) in drawn.notes.stats.items()}
    converter = v1.lite.TFLiteConverter.from_frozen_graph(str(path), list(drawn.inputs), drawn.outputs)
    converter.inference_type = tf.uint8 if type == "UINT8" else tf.int8
    converter.quantized_input_stats = stats
    for setting, value in drawn.notes.settings.items():
        setattr(converter, setting, value)
    theirs = Model.load(converter.convert())
    ours = converted(drawn, "mlir", type, quantized_input_stats=stats)
    for end in (*drawn.inputs, *drawn.outputs):
        assert told(tensors(ours)[end]) == told(tensors(theirs)[end])
    # INT8 weights whose range is not the same on both sides get a zero point there, with which no kernel computes.
    assert parameters(ours, type, constants=type == "UINT8") == parameters(theirs, type, constants=type == "UINT8")
    if type == "UINT8":
        assert constants_of(ours) == constants_of(theirs)


def constants_of(model: Model) -> list[bytes]:
    return sorted(t.data.tobytes() for t in model.graph.all_tensors() if t.type == "UINT8" and t.is_constant)  # type: ignore[union-attr]


def parameters(model: Model, type: str, constants: bool) -> set[tuple[float, int]]:
    return {told(tensor) for tensor in model.graph.all_tensors() if tensor.type == type and (constants or not tensor.is_constant)}


@pytest.mark.parametrize("name", GRAPHS)
def test_int8_files_have_the_same_steps(name: str) -> None:
    """Zero points 128 lower, weights of the same range on both sides; LiteRT's reference kernels return the same bits as tinylite."""
    drawn = draw(GRAPHS[name])
    notes = drawn.notes
    model = converted(drawn, type="INT8", quantized_input_stats={input: (mean - 128, std) for input, (mean, std) in notes.stats.items()})
    for tensor in model.graph.all_tensors():
        if tensor.type == "INT8" and not tensor.is_constant and tensor.name in notes.known and tensor.name not in notes.stats:
            scale, zero = chosen(notes.known[tensor.name])
            assert told(tensor) == single((scale, zero - 128))
    for output, layer in notes.layers.items():
        weights = constant(writer(model, output), "INT8")
        assert weights is not None
        assert told(weights) == (pytest.approx(max(-layer.weights.low, layer.weights.high) / 127, rel=1e-6), 0)
    if name.startswith(("depth to space", "sum")):
        return  # LiteRT's reference resolver knows no INT8 version of one, and reads INT8 as UINT8 in the other
    content = model.to_bytes()
    inputs = {input: (x.astype(int) - 128).astype(np.int8) if x.dtype == np.uint8 else x for input, x in drawn.inputs.items()}
    found, judged = (run(made, inputs) for made in (Interpreter(model_content=content), litert_interpreter(content, "BUILTIN_REF")))
    assert all(map(np.array_equal, found, judged))


# ---- what has no range, or no quantized kernel

RANGES = "have no range"
FORM = "there is no quantized kernel yet"
REFUSED: dict[str, tuple[Draw, str, str]] = {
    "a layer": (lambda g: tf.nn.conv2d(g.input(), g.weights(3, 3, 4, 4)[0], 1, "SAME", name="last"), RANGES, "'last', made by CONV_2D"),
    "a layer before softmax": (
        lambda g: tf.nn.softmax(tf.nn.conv2d(g.input(), g.weights(3, 3, 4, 4)[0], 1, "SAME", name="logits")),
        RANGES, "'logits', made by CONV_2D",
    ),
    "relu": (lambda g: tf.nn.relu(g.conv(g.input())), RANGES, r"'Relu', made by RELU; before it 'BiasAdd' has \[-2.7, 2.6\]"),
    "leaky relu": (lambda g: g.conv(tf.nn.leaky_relu(g.conv(g.input()))), RANGES, "'LeakyRelu', made by LEAKY_RELU"),
    "sum of two": (lambda g: g.conv(tf.add(g.conv(x := g.input()), g.conv(x), name="sum")), RANGES, "'sum', made by ADD"),
    "product": (lambda g: g.conv(tf.multiply(g.conv(x := g.input()), g.conv(x), name="product")), RANGES, "'product', made by MUL"),
    "exp": (lambda g: g.fake(tf.exp(g.conv(g.input()))), FORM, "EXP"),
    "square": (lambda g: g.fake(tf.square(g.conv(g.input()))), FORM, "SQUARE"),
    "cast": (lambda g: tf.cast(g.conv(g.input()), tf.int32), FORM, "CAST"),
    "sum of several": (lambda g: g.fake(tf.add_n([g.conv(x := g.input()), g.conv(x), g.conv(x)])), FORM, "ADD_N"),
    "products of rows": (lambda g: g.fake(tf.matmul(y := g.conv(g.input()), y, transpose_b=True)), FORM, "BATCH_MATMUL"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_first_converter_refused_is_refused_and_stays_in_float_on_request(name: str) -> None:
    build, kind, where = REFUSED[name]
    drawn = draw(build)
    with pytest.raises(ConvertError, match=f"{kind}(?s:.*){where}(?s:.*)allow_float_ops"):
        converted(drawn)
    for settings in ({"allow_float_ops": True}, {"policy": "mlir"}):
        model = converted(drawn, **settings)  # type: ignore[arg-type]
        run(Interpreter(model_content=model.to_bytes()), drawn.inputs)
        assert any(tensor.type == "FLOAT32" for tensor in model.graph.all_tensors())


@pytest.mark.parametrize(("given", "type"), [("FLOAT", "FLOAT32"), ("INT8", "INT8"), ("QUANTIZED_UINT8", "UINT8")])
def test_what_is_given_out_twice_has_one_name_and_the_type_that_was_asked_for(given: str, type: str) -> None:
    """Also after an op that stays in float."""

    def build(g: Drawing) -> Any:
        y = g.conv(g.input())
        z = g.fake(tf.exp(y))
        return tf.identity(y, "one"), tf.identity(y, "two"), tf.identity(z, "three"), tf.identity(z, "four")

    drawn = draw(build)
    converter = tinylite.TFLiteConverter.from_frozen_graph(drawn.graph_def.SerializeToString(), ["input"], drawn.outputs)
    converter.inference_type, converter.inference_output_type, converter.allow_float_ops = "QUANTIZED_UINT8", given, True
    converter.quantized_input_stats = drawn.notes.stats
    outputs = Model.load(converter.convert()).graph.outputs
    assert [(tensor.name, tensor.type) for tensor in outputs] == [(name, type) for name in ("two", "two", "four", "four")]


def test_inputs_without_mean_and_std_are_told() -> None:
    with pytest.raises(ConvertError, match="mean and std are not given for input 'right'"):
        converted(draw(GRAPHS["two inputs"]), quantized_input_stats={"left": (0.0, 1.0)})


def test_ranges_of_each_channel_are_for_weights_only() -> None:
    def build(g: Drawing) -> Any:
        return tf.quantization.fake_quant_with_min_max_vars_per_channel(g.conv(g.input(), out=2), [-1.0, -2.0], [1.0, 2.0])

    with pytest.raises(TinyliteError, match="a range for each channel"):
        converted(draw(build))
