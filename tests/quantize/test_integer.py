"""Full quantization of float models with FAKE_QUANT ops, without TensorFlow: parameters, agreement with the float run, errors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tinylite import ConvertError, Interpreter, Model, TinyliteError, ops, toco_convert
from tinylite.files.graphdef import GraphDef
from tinylite.model import Quantization, Signature, Tensor
from tinylite.passes.set_versions import set_versions
from tinylite.quantization_math import integer_limits
from tinylite.quantize import FullIntegerQuantization, WeightQuantization, quantize_model, quantize_weights
from tinylite.quantize.full_integer import quantize_graph
from tinylite.quantize.parameters import Range, choose, nudged_range, quantized

from ..conftest import litert_interpreter
from ..converter.nodes import Nodes
from ..custom_ops.tflite_detection_postprocess import detection
from ..draft import Draft
from ..test_ops import CASES

STATS = {"x0": (127.5, 127.5)}
Build = Callable[[Draft, Tensor], Tensor]


def fake(d: Draft, x: Tensor, low: float = -2.0, high: float = 2.0, bits: int = 8) -> Tensor:
    return d.op("FAKE_QUANT", x, shape=x.shape, min=low, max=high, num_bits=bits, narrow_range=False)


def weights(d: Draft, *shape: int, low: float = -0.9, high: float = 1.0) -> Tensor:
    """Values on the steps of a narrow range, as training leaves them."""
    found = choose(Range(low, high, narrow=True), "UINT8")
    stored = np.random.default_rng(len(d.graph.ops)).integers(1, 256, shape)
    made = d.constant((stored - found.zero_point) * found.scale)
    made.name = f"weights{len(d.graph.ops)}"
    made.quantization = Quantization(min=np.array([low]), max=np.array([high]), narrow=True)
    return made


def layer(d: Draft, x: Tensor, out: int = 4, activation: str = "NONE") -> Tensor:
    return d.op("CONV_2D", x, weights(d, out, 3, 3, x.shape[-1]), np.linspace(-0.5, 0.5, out), shape=(*x.shape[:3], out), padding="SAME",
                stride_h=1, stride_w=1, fused_activation_function=activation)  # fmt: skip


def model(build: Build) -> Model:
    d = Draft()
    x = d.input()
    d.graph.outputs = [build(d, x)]
    d.graph.outputs[0].name = "out"
    return Model([d.graph])


def run(content: bytes, x: np.ndarray) -> tuple[np.ndarray, dict[str, Any]]:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    details = interpreter.get_input_details()[0]
    interpreter.set_tensor(details["index"], x.astype(details["dtype"]))
    interpreter.invoke()
    output = interpreter.get_output_details()[0]
    return interpreter.get_tensor(output["index"]), output


GRAPHS: dict[str, Build] = {
    "conv": lambda d, x: fake(d, layer(d, x), -4, 4),
    "relu6": lambda d, x: fake(d, layer(d, x, activation="RELU6"), 0, 5),
    "residual": lambda d, x: fake(d, d.op("ADD", y := fake(d, layer(d, x), -4, 4), fake(d, layer(d, y), -9, 9)), -10, 10),
    "concatenation": lambda d, x: d.op("CONCATENATION", fake(d, layer(d, x), -4, 4), x, shape=(1, 6, 6, 8), axis=3),
    "pool": lambda d, x: d.op("MAX_POOL_2D", fake(d, layer(d, x), -4, 4), shape=(1, 3, 3, 4), padding="SAME", stride_h=2, stride_w=2,
                              filter_height=2, filter_width=2),
    "reshape": lambda d, x: fake(d, d.op("FULLY_CONNECTED", d.op("RESHAPE", x, d.ints(1, 144), shape=(1, 144)), weights(d, 5, 144), None,
                                         shape=(1, 5)), -20, 20),
    "logistic": lambda d, x: d.op("LOGISTIC", fake(d, layer(d, x), -4, 4)),
    "softmax": lambda d, x: d.op("SOFTMAX", fake(d, layer(d, x), -3, 3), beta=1.0),
    "two ranges": lambda d, x: fake(d, d.op("RESHAPE", fake(d, layer(d, x), -4, 4), d.ints(1, 36, 4), shape=(1, 36, 4)), -4, 4),
    "requantized": lambda d, x: fake(d, d.op("TRANSPOSE", fake(d, layer(d, x), -4, 4), d.ints(0, 2, 1, 3)), -3, 3),
    "constant": lambda d, x: fake(d, d.op("ADD", x, np.linspace(-1, 1, 4)), -2, 2),
    "leaky": lambda d, x: fake(d, d.op("LEAKY_RELU", fake(d, layer(d, x), -4, 4), alpha=0.1), -0.4, 4),
}  # fmt: skip


def quantize(build: Build, **given: Any) -> Model:
    """The graph itself, since quantize_model refuses FAKE_QUANT ops with ranges that no kernel runs, and converters meet those."""
    made = model(build)
    quantize_graph(made.graph, FullIntegerQuantization(**{"input_stats": STATS, **given}))
    set_versions(made)
    return made


@pytest.mark.parametrize("policy", ["toco", "mlir"])
@pytest.mark.parametrize("name", GRAPHS)
def test_integers_agree_with_the_fake_quantized_run_and_with_litert(name: str, policy: str) -> None:
    """Within one step nearly everywhere; LiteRT's reference kernels return the same bits."""
    stored = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    real, _ = run(model(GRAPHS[name]).to_bytes(), (stored - 128) * np.float32(2 / 255))
    made = quantize(GRAPHS[name], policy=policy)
    content = made.to_bytes()
    assert all(t.type in ("UINT8", "INT32") for t in made.graph.all_tensors())
    found, output = run(content, stored)
    scale, zero = output["quantization"]
    assert np.mean(np.abs((found.astype(np.float64) - zero) * scale - real) <= 1.001 * scale) >= 0.99
    oracle = litert_interpreter(content, "BUILTIN_REF")
    oracle.allocate_tensors()
    oracle.set_tensor(oracle.get_input_details()[0]["index"], stored.astype(np.uint8))
    oracle.invoke()
    assert np.array_equal(found, oracle.get_tensor(oracle.get_output_details()[0]["index"]))


@pytest.mark.parametrize("name", GRAPHS)
def test_a_model_its_copy_and_its_graph_are_quantized_alike(name: str) -> None:
    """A copy keeps that weights are narrow, which no file holds: their scale is 1.9 / 254, not 1.9 / 255."""
    source, graph = model(GRAPHS[name]), model(GRAPHS[name])
    made = quantize_model(source, FullIntegerQuantization(input_stats=STATS))
    assert source == graph  # what is given stays as it is
    assert quantize_model(source.copy(), FullIntegerQuantization(input_stats=STATS)) == made
    quantize_graph(graph.graph, FullIntegerQuantization(input_stats=STATS))
    set_versions(graph)
    assert graph == made and graph.to_bytes() == made.to_bytes()
    scales = [float(t.quantization.scale[0]) for t in made.graph.all_tensors() if t.is_constant and (t.name or "").startswith("weights")]  # type: ignore[union-attr]
    assert scales == [pytest.approx(1.9 / 254)] * len(scales)
    assert len(scales) == sum(op.code in ("CONV_2D", "FULLY_CONNECTED") for op in made.graph.ops)


@pytest.mark.parametrize(
    ("range", "type", "scale", "zero"),
    [
        (Range(-1.0, 1.0), "UINT8", 2 / 255, 128),
        (Range(-1.0, 127 / 128), "UINT8", 1 / 128, 128),
        (Range(0.0, 1.0), "UINT8", 1 / 255, 0),
        (Range(0.0, 255 / 9.8077), "UINT8", 0.1019607, 0),
        (Range(-0.9, 1.0, narrow=True), "UINT8", 1.9 / 254, 121),
        (Range(-1.0, 1.0, narrow=True), "INT8", 1 / 127, 0),
        (Range(-2.0, 2.0), "INT8", 4 / 255, 0),
        (Range(0.0, 0.0), "UINT8", 1e-6 / 255, 127),
    ],
)
def test_parameters_are_those_of_the_first_converter(range: Range, type: str, scale: float, zero: int) -> None:
    found = choose(range, type)
    assert found.scale == pytest.approx(scale, rel=1e-6)
    assert found.zero_point == zero


@given(st.floats(-1e6, 0), st.floats(0, 1e6), st.booleans())
@settings(max_examples=200, deadline=None)
def test_every_range_with_0_has_parameters_that_hold_it(low: float, high: float, narrow: bool) -> None:
    for type in ("UINT8", "INT8"):
        found = choose(Range(low, high, narrow), type)
        least, most = integer_limits(type)
        assert found.scale > 0
        assert least + narrow <= found.zero_point <= most
        ends = quantized(np.array([low, 0.0, high]), found, narrow)
        assert ends[1] == found.zero_point
        if high - low > 1e-6:  # smaller ones are widened
            assert abs(int(ends[0]) - (least + narrow)) <= 1
            assert abs(int(ends[2]) - most) <= 1


def test_a_range_without_0_is_widened_or_moved() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        return fake(d, layer(d, x), 1, 5)

    widened, moved = (quantize(build, policy=policy).graph.outputs[0].quantization for policy in ("toco", "mlir"))
    assert widened is not None
    assert moved is not None
    assert (widened.scale[0], widened.zero_point[0]) == (np.float32(5 / 255), 0)
    assert (moved.scale[0], moved.zero_point[0]) == (np.float32(4 / 255), 0)
    assert nudged_range(Range(1.0, 5.0)) == Range(0.0, 4.0)


def test_weights_behind_a_narrow_fake_quant_keep_their_bytes() -> None:
    made = quantize(GRAPHS["conv"])
    filters = made.graph.ops[0].inputs[1]
    assert filters is not None
    assert filters.data is not None
    assert filters.data.min() == 1
    stored = np.random.default_rng(0).integers(1, 256, (4, 3, 3, 4))
    assert np.array_equal(filters.data, stored)


def test_biases_are_int32_at_the_product_of_the_scales() -> None:
    op = quantize(GRAPHS["conv"]).graph.ops[0]
    data, filters, bias = (t.quantization.scale[0] for t in op.inputs if t is not None and t.quantization is not None)
    assert op.inputs[2] is not None
    assert op.inputs[2].type == "INT32"
    assert bias == pytest.approx(data * filters, rel=1e-6)
    assert np.array_equal(op.inputs[2].data, np.round(np.linspace(-0.5, 0.5, 4) / (2 / 255 * (1.9 / 254))))


@pytest.mark.parametrize("policy", ["toco", "mlir"])
@pytest.mark.parametrize("type", ["UINT8", "INT8"])
@pytest.mark.parametrize("size", [0.0, 1e-9, 1e-4])
def test_biases_fit_int32_beside_small_weights(size: float, type: str, policy: str) -> None:
    """As of a layer that training has left dead: its biases are all it returns."""

    def build(d: Draft, x: Tensor) -> Tensor:
        weights = d.constant(np.random.default_rng(1).normal(0, size, (4, 3, 3, 4)))
        return fake(d, d.op("CONV_2D", x, weights, np.array([1.0, -0.5, 40.0, -90.0]), padding="SAME", stride_h=1, stride_w=1), -100, 100)

    stored = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4)) - (128 if type == "INT8" else 0)
    stats = {"x0": (127.5 if type == "UINT8" else -0.5, 127.5)}
    content = quantize(build, type=type, policy=policy, input_stats=stats, nudge_weights=True).to_bytes()
    found, output = run(content, stored)
    scale, zero = output["quantization"]
    assert np.abs((found.astype(np.float64) - zero) * scale - [1, -0.5, 40, -90]).max() <= 0.51 * scale
    oracle = litert_interpreter(content, "BUILTIN_REF")
    oracle.allocate_tensors()
    oracle.set_tensor(oracle.get_input_details()[0]["index"], stored.astype(output["dtype"]))
    oracle.invoke()
    assert np.array_equal(found, oracle.get_tensor(oracle.get_output_details()[0]["index"]))


def test_an_activation_that_the_range_keeps_is_dropped_in_the_first_style() -> None:
    codes = [quantize(GRAPHS["relu6"], policy=policy).graph.ops[0].options.fused_activation_function for policy in ("toco", "mlir")]  # type: ignore[union-attr]
    assert codes == ["NONE", "RELU6"]


def test_a_convolution_of_one_channel_becomes_depthwise_in_the_first_style() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        one = d.op("STRIDED_SLICE", x, d.ints(0, 0, 0, 0), d.ints(1, 6, 6, 1), d.ints(1, 1, 1, 1), shape=(1, 6, 6, 1))
        return fake(d, layer(d, one, 8), -4, 4)

    depthwise, plain = (quantize(build, policy=policy).graph.ops[-1] for policy in ("toco", "mlir"))
    assert (depthwise.code, plain.code) == ("DEPTHWISE_CONV_2D", "CONV_2D")
    stored = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    outputs = [run(quantize(build, policy=policy).to_bytes(), stored)[0] for policy in ("toco", "mlir")]
    assert np.array_equal(*outputs)


def test_int8_and_types_of_the_ends() -> None:
    stored = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    plain, output = run(quantize(GRAPHS["conv"]).to_bytes(), stored)
    scale, zero = output["quantization"]
    real = (plain.astype(np.float32) - zero) * np.float32(scale)
    floats, output = run(
        quantize(GRAPHS["conv"], input_type="FLOAT32", output_type="FLOAT32").to_bytes(), (stored - 128) * np.float32(2 / 255)
    )
    assert output["dtype"] is np.float32
    assert np.allclose(floats, real, atol=1e-6)
    signed, output = run(quantize(GRAPHS["conv"], output_type="INT8").to_bytes(), stored)
    assert np.array_equal(signed.astype(int) + 128, plain)
    made = quantize(GRAPHS["conv"], type="INT8", input_stats={"x0": (-0.5, 127.5)}, input_type="UINT8")
    assert [t.type for t in made.graph.inputs] == ["UINT8"]
    found, output = run(made.to_bytes(), stored)
    scale, zero = output["quantization"]
    assert np.abs((found.astype(np.float32) - zero) * scale - real).max() < 0.1  # INT8 weights have their own steps


def unranged(d: Draft, x: Tensor) -> Tensor:
    y = fake(d, layer(d, x), -4, 4)
    return fake(d, d.op("MUL", d.op("ADD", y, y), layer(d, y)), -5, 5)


def test_all_tensors_without_a_range_are_told_at_once() -> None:
    with pytest.raises(ConvertError) as caught:
        quantize(unranged)
    text = str(caught.value)
    for part in ("2 tensors have no range", "made by ADD", "made by CONV_2D", "before it", "[-4, 4]", "after it", "create_training_graph",
                 "default_ranges_stats", "allow_float_ops"):  # fmt: skip
        assert part in text


def test_ops_without_a_quantized_form_are_told_and_may_stay_in_float() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        return fake(d, d.op("COS", fake(d, layer(d, x), -4, 4)), -1, 1)

    with pytest.raises(ConvertError, match=r"there is no quantized kernel yet(?s:.*)COS(?s:.*)allow_float_ops"):
        quantize(build)
    made = quantize(build, allow_float_ops=True)
    assert [op.code for op in made.graph.ops] == ["CONV_2D", "DEQUANTIZE", "COS", "QUANTIZE"]
    stored = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    real, _ = run(model(build).to_bytes(), (stored - 128) * np.float32(2 / 255))
    found, output = run(made.to_bytes(), stored)
    scale, zero = output["quantization"]
    # One step of the cosine's input is two of its output.
    assert np.mean(np.abs((found.astype(np.float64) - zero) * scale - real) <= 4 * scale) >= 0.99


def test_what_has_no_range_stays_in_float_on_request() -> None:
    made = quantize(unranged, allow_float_ops=True)
    assert [op.code for op in made.graph.ops].count("CONV_2D") == 2
    assert made.graph.outputs[0].type == "UINT8"
    assert run(made.to_bytes(), np.zeros((1, 6, 6, 4)))[0].shape == (1, 6, 6, 4)


def test_default_ranges_fill_what_is_missing() -> None:
    made = quantize(unranged, default_range=(-6.0, 6.0))
    assert all(t.type in ("UINT8", "INT32") for t in made.graph.all_tensors())


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"input_stats": {}}, "mean and std are not given for input 'x0'"),
        ({"input_stats": {"x0": (0, 0)}}, "std must be above 0"),
        ({"input_stats": {"x0": (0, float("nan"))}}, "make no range"),
        ({"input_stats": {"x0": (0, 1e-60)}}, "make no range"),
        ({"input_stats": {"x0": (0, 1e39)}}, "make no range"),
        ({"input_stats": {"x0": (127, 1e-37)}}, "make no range"),
        ({"input_stats": {"x0": (0, 1e30)}}, "make no range"),
        ({"input_stats": {"x0": 127.5}}, "are 127.5"),
        ({"input_stats": [(127.5, 127.5)]}, "by name"),
        ({"input_stats": {"y": (0, 1), **STATS}}, "'y', which is not an input"),
        ({"input_stats": {0: (0, 1), **STATS}}, "0, which is not an input"),
        ({"default_range": (3.0, 1.0)}, "not one"),
        ({"default_range": (-1e39, 1e300)}, "not one"),
        ({"default_range": (0.0, 1e-60)}, "not one"),
        ({"default_range": (1.0,)}, "Give two numbers"),
        ({"default_range": 6.0}, "Give two numbers"),
        ({"type": "INT16"}, "INT16"),
        ({"policy": "tf"}, "there is no policy .tf.. There are: toco, mlir"),
        ({"output_type": "INT32"}, "INT32"),
    ],
)
def test_settings_that_make_no_sense(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ConvertError, match=text):
        quantize(GRAPHS["conv"], **given)


@pytest.mark.parametrize(("told", "named"), [("x0", "x0:0"), ("x0:0", "x0"), ("x0:0", "x0:0")])
def test_inputs_are_named_with_their_number_and_without(told: str, named: str) -> None:
    """As of files that TF 2 wrote, whose inputs are named serving_default_x:0."""
    source = model(GRAPHS["conv"])
    source.graph.inputs[0].name = told
    made = quantize_model(source, FullIntegerQuantization(input_stats={named: (127.5, 127.5)}))
    assert made.graph.inputs[0].quantization.zero_point.tolist() == [128]  # type: ignore[union-attr]


def test_a_mean_beside_all_stored_numbers_is_told(caplog: pytest.LogCaptureFixture) -> None:
    quantize(GRAPHS["conv"], input_stats={"x0": (127.5, 127.5)})
    assert not caplog.records
    quantize(GRAPHS["conv"], input_stats={"x0": (-5.0, 1.0)})
    assert "-5 of input 'x0' is not among the numbers that UINT8 stores, 0 to 255" in caplog.text


@pytest.mark.parametrize(("low", "high"), [(float("nan"), 1.0), (2.0, -2.0), (0.0, float("inf"))])
def test_ranges_that_are_none(low: float, high: float) -> None:
    with pytest.raises(ConvertError, match="is not one"):
        quantize(lambda d, x: fake(d, layer(d, x), low, high))


@pytest.mark.parametrize("code", ["ADD", "SUB", "SOFTMAX", "LOG_SOFTMAX"])
def test_ranges_too_narrow_for_fixed_point(code: str) -> None:
    """Their fixed point has not enough bits: they are refused, and the next wider one returns LiteRT's numbers."""

    def build(d: Draft, x: Tensor, width: float) -> Tensor:
        if code.endswith("SOFTMAX"):
            return d.op(code, fake(d, layer(d, x), -width, 0), **({"beta": 1.0} if code == "SOFTMAX" else {}))
        return fake(d, d.op(code, x, np.linspace(-1, 1, 4)), -width, 0)

    for width in (0.0, 1e-6):
        with pytest.raises(ConvertError, match=f"too narrow for integers in {code}"):
            quantize(lambda d, x, width=width: build(d, x, width))
    content = quantize(lambda d, x: build(d, x, 1e-5)).to_bytes()
    x = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    oracle = litert_interpreter(content, "BUILTIN_REF")
    oracle.allocate_tensors()
    oracle.set_tensor(oracle.get_input_details()[0]["index"], x.astype(np.uint8))
    oracle.invoke()
    assert np.array_equal(run(content, x)[0], oracle.get_tensor(oracle.get_output_details()[0]["index"]))


def test_a_softmax_of_nothing_is_told() -> None:
    with pytest.raises(ConvertError, match=r"range \[.*\] of 'x0', times its beta 0, is too narrow"):
        quantize(lambda d, x: d.op("SOFTMAX", x, beta=0.0))


@pytest.mark.parametrize("type", ["UINT8", "INT8"])
def test_weights_that_are_computed_have_parameters_that_kernels_take(type: str) -> None:
    """INT8 kernels take no zero point of theirs."""
    d = Draft()
    x, y = d.input((3, 4)), d.input((5, 4))
    d.graph.outputs = [fake(d, d.op("FULLY_CONNECTED", x, y, None, shape=(3, 5)), -9, 9)]
    stats = {"x0": (100.0, 60.0), "x1": (130.0, 90.0)} if type == "UINT8" else {"x0": (-28.0, 60.0), "x1": (2.0, 90.0)}
    made = quantize_model(Model([d.graph]), FullIntegerQuantization(type, input_stats=stats))
    content, dtype = made.to_bytes(), np.dtype(type.lower())
    rng, least = np.random.default_rng(3), np.iinfo(dtype).min
    given = [(rng.integers(0, 256, shape) + least).astype(dtype) for shape in ((3, 4), (5, 4))]
    found = []
    for interpreter in (Interpreter(model_content=content), litert_interpreter(content, "BUILTIN_REF")):
        interpreter.allocate_tensors()
        for details, values in zip(interpreter.get_input_details(), given, strict=True):
            interpreter.set_tensor(details["index"], values)
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))
    assert np.array_equal(*found)
    left, right = ((values.astype(float) - mean) / std for values, (mean, std) in zip(given, stats.values(), strict=True))
    scale = made.graph.outputs[0].quantization
    assert scale is not None
    assert np.abs((found[0].astype(float) - scale.zero_point) * scale.scale - left @ right.T).max() < 0.15


def test_constants_that_are_no_numbers() -> None:
    with pytest.raises(ConvertError, match="NaN"):
        quantize(lambda d, x: fake(d, d.op("ADD", x, np.array([1.0, np.nan, 0, 0]))))


def test_bits_that_8_cannot_hold() -> None:
    def build(d: Draft, x: Tensor, bits: int = 16) -> Tensor:
        return fake(d, layer(d, x), bits=bits)

    with pytest.raises(ConvertError, match="16 bits"):
        quantize(build)
    with pytest.raises(ConvertError, match="4 bits"):
        quantize(lambda d, x: build(d, x, 4), policy="mlir")
    assert quantize(lambda d, x: build(d, x, 4)).graph.outputs[0].quantization.scale[0] == np.float32(4 / 255)  # type: ignore[union-attr]


def test_weights_of_0_that_are_too_near_are_refused_or_moved() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        values = np.full((4, 3, 3, 4), 0.5)
        values[0, 0, 0, :2] = -1.0
        return fake(d, d.op("CONV_2D", x, values, np.zeros(4), padding="SAME", stride_h=1, stride_w=1), -9, 9)

    with pytest.raises(ConvertError, match="allow_nudging_weights"):
        quantize(build)
    for allowed in ({"nudge_weights": True}, {"default_range": (0.0, 1.0)}):
        filters = quantize(build, **allowed).graph.ops[0].inputs[1]
        assert filters is not None
        assert filters.data.reshape(-1)[:3].tolist() == [0, 1, 255]  # type: ignore[union-attr]


def test_concatenation_gives_its_range_to_its_inputs_on_request() -> None:
    scales = [
        {float(t.quantization.scale[0]) for t in (*op.inputs, *op.outputs) if t is not None and t.quantization is not None}
        for op in (quantize(GRAPHS["concatenation"], change_concat_inputs=change).graph.ops[-1] for change in (False, True))
    ]
    assert [len(found) for found in scales] == [2, 1]


def test_a_model_is_left_as_it_is() -> None:
    source = model(GRAPHS["conv"])
    before = source.to_bytes()
    assert quantize_model(source, FullIntegerQuantization(input_stats=STATS)).graph.outputs[0].type == "UINT8"
    with pytest.raises(ConvertError):
        quantize_model(source)
    assert source.to_bytes() == before
    with pytest.raises(ConvertError, match="already"):
        quantize_model(quantize_model(source, FullIntegerQuantization(input_stats=STATS)))


@pytest.mark.parametrize("policy", ["toco", "mlir"])
def test_between_ops_that_stay_in_float_training_s_rounding_stays(policy: str) -> None:
    """As TF 2.21 leaves it: clipping to a range is a part of what was trained."""
    made = quantize(
        lambda d, x: fake(d, layer(d, fake(d, d.op("COS", fake(d, d.op("SIN", fake(d, layer(d, x), -4, 4)), -0.5, 0.9)), 0, 0.8)), -4, 4),
        policy=policy, allow_float_ops=True,
    )  # fmt: skip
    ops = ["CONV_2D", "DEQUANTIZE", "SIN", "QUANTIZE", "DEQUANTIZE", "COS", "QUANTIZE", "CONV_2D"]
    assert [op.code for op in made.graph.ops] == ops


@pytest.mark.parametrize(("high", "ops"), [(4.0, ["CONV_2D"]), (3.0, ["CONV_2D", "TRANSPOSE", "QUANTIZE", "TRANSPOSE"])])
def test_moves_that_only_a_fake_quant_parted_are_merged(high: float, ops: list[str]) -> None:
    """Unless it had another range: after that the bytes are other numbers."""

    def turned(d: Draft, x: Tensor) -> Tensor:
        return fake(d, d.op("TRANSPOSE", x, d.ints(0, 2, 1, 3), shape=x.shape), -high, high)

    made = quantize(lambda d, x: turned(d, turned(d, fake(d, layer(d, x), -4, 4))))
    assert [op.code for op in made.graph.ops] == ops


@pytest.mark.parametrize("ends", ["UINT8", "FLOAT32"])
def test_integers_are_not_quantized_again(ends: str) -> None:
    made = quantize_model(model(GRAPHS["conv"]), FullIntegerQuantization(input_stats=STATS, input_type=ends, output_type=ends))
    with pytest.raises(ConvertError, match="already"):
        quantize_model(made, FullIntegerQuantization(input_stats=STATS))


@pytest.mark.parametrize(("type", "told"), [("INT8", "2 weights are stored as INT8"), ("FLOAT16", "4 weights are stored as FLOAT16")])
def test_weights_that_are_stored_smaller_are_not_quantized_again(type: str, told: str) -> None:
    """Their integers would be taken for what they represent."""

    def build(d: Draft, x: Tensor) -> Tensor:
        return fake(d, layer(d, fake(d, layer(d, x), -40, 40)), -90, 90)

    small = quantize_weights(model(build), WeightQuantization(type, least_elements=0))
    with pytest.raises(ConvertError, match=told):
        quantize_model(small, FullIntegerQuantization(input_stats=STATS))
    made = quantize_model(small, FullIntegerQuantization(input_stats=STATS, allow_float_ops=True))
    assert [op.code for op in made.graph.ops if op.code != "DEQUANTIZE"] == ["CONV_2D", "QUANTIZE", "CONV_2D", "QUANTIZE"]
    x = np.random.default_rng(5).integers(0, 256, (1, 6, 6, 4))
    (found, output), (real, _) = run(made.to_bytes(), x), run(small.to_bytes(), (x - 128) * np.float32(2 / 255))
    scale, zero = output["quantization"]
    assert np.mean(np.abs((found.astype(np.float64) - zero) * scale - real) <= 3 * scale) >= 0.99


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda op: op.inputs.append(None), "op 0 CONV_2D: it has 4 inputs and takes 2 to 3"),
        (lambda op: op.inputs.clear(), "op 0 CONV_2D: it has 0 inputs and takes 2 to 3"),
        (lambda op: op.inputs.__setitem__(0, None), "op 0 CONV_2D: input 0 is missing"),
        (lambda op: op.outputs.clear(), "op 0 CONV_2D: it has 0 outputs and takes 1"),
        (lambda op: setattr(op, "options", None), "op 0 CONV_2D: its options are missing"),
    ],
)
def test_ops_that_break_the_rules_are_told(change: Callable[[Any], Any], text: str) -> None:
    """As a file's may, which nobody has looked at yet."""
    broken = model(GRAPHS["conv"])
    change(broken.graph.ops[0])
    for quantized_by in (lambda: quantize_model(broken, FullIntegerQuantization(input_stats=STATS)), lambda: quantize_weights(broken)):
        with pytest.raises(TinyliteError, match=text):
            quantized_by()


@pytest.mark.parametrize(("name", "op"), [("conv", 0), ("reshape", 1)])
def test_weights_without_dimensions_are_told(name: str, op: int) -> None:
    broken = model(GRAPHS[name])
    weights = broken.graph.ops[op].inputs[1]
    assert weights is not None
    weights.shape = ()
    with pytest.raises(ConvertError, match="too few dimensions"):
        quantize_model(broken, FullIntegerQuantization(input_stats=STATS))


def test_signatures_follow_what_is_given_and_given_out() -> None:
    source = model(GRAPHS["conv"])
    source.signatures = [Signature("main", source.graph, {"x": source.graph.inputs[0]}, {"y": source.graph.outputs[0]})]
    for ends in ("UINT8", "FLOAT32", "INT8"):
        made = quantize_model(source, FullIntegerQuantization(input_stats=STATS, input_type=ends, output_type=ends))
        assert made.signatures[0].inputs["x"] is made.graph.inputs[0]
        assert made.signatures[0].outputs["y"] is made.graph.outputs[0]
        assert Model.load(made.to_bytes()).graph.outputs[0].type == ends


def test_operators_with_a_quantized_form_have_cases_that_run_it() -> None:
    tested = {(case.code, t.type) for case in CASES for t in case.inputs if t is not None}
    assert {"CONV_2D", "ADD", "SOFTMAX"} <= {name for name in ops.names() if ops.find(name).quantized is not None}
    for name in ops.names():
        declared = ops.find(name).quantized
        computed = set(declared.types) - set(declared.moves) if declared is not None else ()  # moving is the same for all bytes
        for type in computed - {"INT8"} if name == "SUM" else computed:  # LiteRT's reference reads INT8 sums as UINT8
            assert (name, type) in tested, (name, type)


def test_detections_stay_float_behind_integers() -> None:
    """As SSD's uint8 files had them: boxes, scores and anchors are integers, what is found is not."""
    case = detection(30)
    d = Draft()
    boxes, scores = d.input((1, 30, 4)), d.input((1, 30, 6))
    anchors = d.constant(case.inputs[2].data)  # type: ignore[union-attr]
    d.op("CUSTOM", fake(d, boxes, -8, 8), d.op("LOGISTIC", fake(d, scores, -5, 5), shape=(1, 30, 6)), anchors, shape=(), **case.options)
    d.graph.ops[-1].outputs += [Tensor(f"found{index}", (), has_rank=True) for index in range(3)]
    made = Model([d.done(*d.graph.ops[-1].outputs)])
    stats = {"x0": (127.5, 16.0), "x1": (127.5, 25.0)}
    for default in (None, (-1.0, 1.0)):
        found = quantize_model(made, FullIntegerQuantization(input_stats=stats, default_range=default)).graph
        assert [t.type for t in found.ops[-1].inputs if t is not None] == ["UINT8"] * 3
        assert [t.type for t in found.outputs] == ["FLOAT32"] * 4


def test_a_range_for_each_channel_is_refused() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        y = layer(d, x)
        filters = d.graph.ops[-1].inputs[1]
        assert filters is not None
        filters.quantization = Quantization(min=-np.ones(4), max=np.ones(4), narrow=True)
        return fake(d, y)

    with pytest.raises(ConvertError, match="each of 4 channels"):
        quantize(build)


def test_old_calls_give_stats_in_the_order_of_inputs() -> None:
    n = Nodes()
    x = n.input(1, 4)
    y = n.add("FakeQuantWithMinMaxArgs", n.add("AddV2", x, np.ones(4, np.float32)), min=-1.0, max=2.0, num_bits=8)
    source = GraphDef(n.nodes, {})
    for stats in ([(127.5, 127.5)], {"x0": (127.5, 127.5)}):
        content = toco_convert(source, [x], [y], input_shapes=[(1, 4)], inference_type=np.uint8, quantized_input_stats=stats)
        assert Model.load(content).graph.inputs[0].type == "UINT8"
    with pytest.raises(ConvertError, match="2 pairs"):
        toco_convert(source, [x], [y], input_shapes=[(1, 4)], inference_type=np.uint8, quantized_input_stats=[(0, 1), (0, 1)])


TOCO_FILE = Path(__file__).parents[3] / "shared" / "models" / "tiny_conv_uint8.tflite"


@pytest.mark.skipif(not TOCO_FILE.exists(), reason="needs ../shared/models")
def test_parameters_are_those_of_a_file_that_the_first_converter_wrote() -> None:
    """It stored the ranges beside what it made of them."""
    tensors = [t for t in Model.load(TOCO_FILE).graph.all_tensors() if t.quantization is not None and t.quantization.min.size]
    assert len(tensors) == 6
    for tensor in tensors:
        told = tensor.quantization
        assert told is not None
        found = choose(Range(float(told.min[0]), float(told.max[0]), narrow=tensor.is_constant), "UINT8")
        assert (np.float32(found.scale), found.zero_point) == (told.scale[0], told.zero_point[0])
