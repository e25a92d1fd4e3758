"""Policies and sources of ranges: each new one is one file, such as benchmarks/calibration.py, and no other is edited for it."""

from __future__ import annotations

import ast
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite.quantize
from benchmarks.calibration import Calibration
from tinylite import ConvertError, Interpreter, Model, dequantize_values
from tinylite.model import Quantization
from tinylite.quantization_math import round_half_away
from tinylite.quantize import (
    MLIR,
    POLICIES,
    TOCO,
    FullIntegerQuantization,
    Policy,
    Range,
    Ranges,
    RangeSource,
    WeightQuantization,
    quantize_model,
    quantize_weights,
)

from ..conftest import litert_interpreter
from ..draft import Draft

RNG = np.random.default_rng(11)
PICTURES = RNG.normal(0, 1, (8, 6, 6, 4)).astype(np.float32)


AXES = {"CONV_2D": 0, "DEPTHWISE_CONV_2D": 3, "TRANSPOSE_CONV": 0}


def network(layer: str = "CONV_2D") -> Model:
    """A network of floats without any range, whose output channels have weights of very different sizes."""
    d = Draft()
    x = d.input()
    sizes = np.float32([0.01, 0.1, 1, 10])
    rng = np.random.default_rng(3)
    if layer == "TRANSPOSE_CONV":
        weights = rng.normal(0, 1, (4, 3, 3, 4)) * sizes[:, None, None, None]
        y = d.op(layer, d.ints(1, 6, 6, 4), weights, x, np.linspace(-1, 1, 4), padding="SAME", stride_h=1, stride_w=1)
    elif layer == "DEPTHWISE_CONV_2D":
        y = d.op("DEPTHWISE_CONV_2D", x, rng.normal(0, 1, (1, 3, 3, 4)) * sizes, np.linspace(-1, 1, 4), padding="SAME", stride_h=1,
                 stride_w=1, depth_multiplier=1)  # fmt: skip
    else:
        weights = rng.normal(0, 1, (4, 3, 3, 4)) * sizes[:, None, None, None]
        y = d.op("CONV_2D", x, weights, np.linspace(-1, 1, 4), padding="SAME", stride_h=1, stride_w=1, fused_activation_function="RELU")
    y = d.op("RESHAPE", y, d.ints(1, 144), shape=(1, 144))
    output = d.op("FULLY_CONNECTED", y, rng.normal(0, 0.1, (3, 144)), np.float32([0.5, 0, -0.5]), shape=(1, 3))
    output.name = "scores"
    return Model([d.done(output)])


def run(content: bytes, x: np.ndarray, interpreter: Any = None) -> np.ndarray:
    made = interpreter or Interpreter(model_content=content)
    made.allocate_tensors()
    made.set_tensor(made.get_input_details()[0]["index"], x)
    made.invoke()
    return np.asarray(made.get_tensor(made.get_output_details()[0]["index"]))


# ---- a policy, whole

CALIBRATED = dataclasses.replace(MLIR, name="calibrated", per_channel_weights=True)


@pytest.mark.parametrize("layer", AXES)
def test_a_new_policy_and_a_new_source_quantize_a_model(layer: str) -> None:
    source: RangeSource = Calibration(PICTURES)
    float_scores = np.concatenate([run(network(layer).to_bytes(), x[None]) for x in PICTURES])
    axis = AXES[layer]
    values = network(layer).graph.ops[0].inputs[1].data  # type: ignore[union-attr]
    assert values is not None
    largest = np.abs(values).max(tuple({0, 1, 2, 3} - {axis}), keepdims=True)
    lost, made = {}, {}
    for policy in (CALIBRATED, MLIR):
        ends = {"input_type": "FLOAT32", "output_type": "FLOAT32"}
        settings = FullIntegerQuantization("INT8", policy, range_sources=[source], **ends)
        made[policy.name] = quantize_model(network(layer), settings)
        content = made[policy.name].to_bytes()
        scores = np.concatenate([run(content, x[None]) for x in PICTURES])
        judged = np.concatenate([run(content, x[None], litert_interpreter(content, "BUILTIN_REF")) for x in PICTURES])
        assert np.array_equal(scores, judged)
        assert np.abs(scores - float_scores).max() < 0.05 * np.abs(float_scores).max()
        weights = made[policy.name].graph.ops[1].inputs[1]
        assert weights is not None
        lost[policy.name] = (np.abs(dequantize_values(weights.data, weights) - values) / largest).max(tuple({0, 1, 2, 3} - {axis}))
    assert [op.code for op in made["calibrated"].graph.ops] == ["QUANTIZE", layer, "RESHAPE", "FULLY_CONNECTED", "DEQUANTIZE"]
    weights, bias = (made["calibrated"].graph.ops[1].inputs[place] for place in (1, -1))
    assert weights is not None and weights.quantization is not None and bias is not None and bias.quantization is not None
    assert weights.quantization.scale == pytest.approx(largest.reshape(-1) / 127, rel=1e-6)
    assert bias.quantization.scale.shape == (4,)
    assert weights.quantization.quantized_dimension == axis and bias.quantization.quantized_dimension == 0
    # A scale for each channel keeps all of them to half a step; one for all keeps nothing of the smallest.
    assert lost["calibrated"].max() <= 0.5001 / 127
    assert lost["mlir"].max() == 1 and lost["mlir"].min() <= 0.5001 / 127


def test_an_earlier_source_is_not_overruled() -> None:
    """FakeQuants and mean and std come first, then further sources in order, then the default range."""

    class Constant:
        def __init__(self, size: float) -> None:
            self.size = size

        def provide(self, ranges: Ranges) -> None:
            for op in ranges.graph.ops:
                for tensor in op.outputs:
                    ranges.set_if_missing(tensor, Range(-self.size, self.size))

    made = quantize_model(
        network(),
        FullIntegerQuantization(
            "UINT8", input_stats={"x0": (128.0, 64.0)}, default_range=(-9.0, 9.0), range_sources=[Constant(2.0), Constant(5.0)],
            nudge_weights=True,
        ),
    )  # fmt: skip
    convolution = made.graph.ops[0]
    scales = [float(tensor.quantization.scale[0]) for tensor in (convolution.inputs[0], convolution.outputs[0])]  # type: ignore[union-attr]
    assert scales == [pytest.approx(1 / 64), pytest.approx(4 / 255)]


@dataclasses.dataclass
class Said:
    """One range for every tensor."""

    range: Any

    def provide(self, ranges: Ranges) -> None:
        for op in ranges.graph.ops:
            for tensor in (*op.inputs, *op.outputs):
                if tensor is not None and not tensor.is_constant:
                    ranges.set_if_missing(tensor, self.range)


@pytest.mark.parametrize("policy", POLICIES)
def test_what_a_source_says_is_made_to_hold_0(policy: str) -> None:
    """A calibration that has seen 1 to 5: both ends and 0 can be stored, as the padding of a layer must be."""
    made = quantize_model(network(), FullIntegerQuantization("UINT8", policy, range_sources=[Said(Range(1.0, 5.0))], nudge_weights=True))
    found = made.graph.inputs[0].quantization
    assert found is not None and (float(found.scale[0]), int(found.zero_point[0])) == (pytest.approx(5 / 255), 0)


@pytest.mark.parametrize(
    "range",
    [
        (-2.0, 2.0), Range(2.0, -2.0), Range(float("nan"), 2.0), Range(-2.0, float("inf")), Range(-1e39, 1e39), Range("a", "b"),
        Range((0.0, 1.0), (0.5, 0.5)), Range((0.0, 1.0), 2.0), Range(None, None),
    ],
    ids=repr,
)  # fmt: skip
def test_what_is_no_range_is_refused_with_its_source_and_tensor(range: Any) -> None:
    with pytest.raises(ConvertError, match=r"^Said says of 'x0' that its range is .*\. A source gives tinylite\.quantize\.Range\("):
        quantize_model(network(), FullIntegerQuantization(range_sources=[Said(range)]))


def test_what_is_no_source_is_refused() -> None:
    for sources, text in [
        ([object()], "is not a source of ranges. Give objects with a method provide"), ([Said], "is not a source"), ([None], "None is not"),
        (Said(Range(0.0, 1.0)), r"range_sources is Said\(.* Give a list"),
    ]:  # fmt: skip
        with pytest.raises(ConvertError, match=text):
            FullIntegerQuantization(range_sources=sources)


def per_channel_fake_quants(size: int = 4) -> Model:
    model = network()
    weights = model.graph.ops[0].inputs[1]
    assert weights is not None
    weights.quantization = Quantization(min=-np.arange(1.0, size + 1), max=np.arange(1.0, size + 1), narrow=True)
    return model


def test_weights_that_two_kinds_of_layers_share_have_the_channels_of_each() -> None:
    d = Draft()
    x = d.input()
    shared = d.constant(np.random.default_rng(3).normal(0, 1, (1, 3, 3, 4)) * np.float32([0.1, 1, 10, 100]))
    settings: dict[str, Any] = {"padding": "SAME", "stride_h": 1, "stride_w": 1}
    first = d.op("CONV_2D", x, shared, np.zeros(1), shape=(1, 6, 6, 1), **settings)
    second = d.op("DEPTHWISE_CONV_2D", x, shared, np.zeros(4), depth_multiplier=1, **settings)
    first.name, second.name = "first", "second"
    made = quantize_model(
        Model([d.done(first, second)]), FullIntegerQuantization("INT8", CALIBRATED, range_sources=[Calibration(PICTURES)])
    )
    found = {op.code: op.inputs[1].quantization for op in made.graph.ops}  # type: ignore[union-attr]
    assert {code: each.scale.size for code, each in found.items()} == {"CONV_2D": 1, "DEPTHWISE_CONV_2D": 4}  # type: ignore[union-attr]
    assert found["DEPTHWISE_CONV_2D"].quantized_dimension == 3  # type: ignore[union-attr]


def test_a_large_bias_widens_the_range_of_its_own_channel_alone() -> None:
    """Its scale is the product of those of data and weights: with that of tiny weights it would not fit INT32."""
    model = network()
    _, weights, bias = model.graph.ops[0].inputs
    assert weights is not None and weights.data is not None and bias is not None
    weights.data = weights.data * np.float32([1e-9, 4e-6, 1, 1])[:, None, None, None]
    bias.data = np.float32([-1, 0, 0.5, 1])
    before = np.abs(weights.data).reshape(4, -1).max(1) / 127
    settings = FullIntegerQuantization("INT8", CALIBRATED, range_sources=[Calibration(PICTURES)])
    _, weights, bias = quantize_model(model, settings).graph.ops[0].inputs
    assert weights is not None and weights.quantization is not None and bias is not None and bias.data is not None
    assert weights.quantization.scale[1:] == pytest.approx(before[1:], rel=1e-6)
    assert weights.quantization.scale[0] > 10 * before[0] and abs(int(bias.data[0])) == pytest.approx(2**30, rel=1e-6)


def test_fake_quants_for_each_channel_are_ranges_of_arrays() -> None:
    settings = FullIntegerQuantization("INT8", CALIBRATED, range_sources=[Calibration(PICTURES)])
    weights = quantize_model(per_channel_fake_quants(), settings).graph.ops[0].inputs[1]
    assert weights is not None and weights.quantization is not None
    assert weights.quantization.scale == pytest.approx(np.arange(1, 5) / 127)
    for policy, type, size in ((MLIR, "INT8", 4), (CALIBRATED, "UINT8", 4), (CALIBRATED, "INT8", 3)):
        settings = FullIntegerQuantization(type, policy, range_sources=[Calibration(PICTURES)], nudge_weights=True)
        with pytest.raises(ConvertError, match=f"has a range for each of {size} channels"):
            quantize_model(per_channel_fake_quants(size), settings)


# ---- the decisions

DECISIONS = [field.name for field in dataclasses.fields(Policy) if field.name != "name"]


def test_the_two_policies_differ_in_every_decision_but_one() -> None:
    """A decision on which neither differs would be none; scales for each channel are for policies of one's own."""
    assert [name for name in DECISIONS if getattr(TOCO, name) == getattr(MLIR, name)] == ["per_channel_weights"]
    assert POLICIES == {"toco": TOCO, "mlir": MLIR}


def test_the_documentation_has_every_decision() -> None:
    docs = Path(__file__).parents[2] / "docs"
    text = "".join((docs / name).read_text() for name in ("quantization.md", "weights-only.md"))
    assert [name for name in DECISIONS if f"`{name}`" not in text] == []


@pytest.mark.parametrize(
    ("decision", "mine", "operators"),
    [("leftovers", "float", ["QUANTIZE", "CONV_2D", "DEQUANTIZE", "COS"]), ("leftovers", "error", "no quantized kernel yet.*COS")],
)
def test_one_decision_of_a_policy_is_changed_alone(decision: str, mine: str, operators: Any) -> None:
    d = Draft()
    x = d.input()
    y = d.conv(x)
    y.name = "conv"
    settings = FullIntegerQuantization(
        policy=dataclasses.replace(TOCO, **{decision: mine}), input_stats={"x0": (128.0, 64.0)}, default_range=(-4.0, 4.0),
        input_type="FLOAT32",
    )  # fmt: skip
    model = Model([d.done(d.op("COS", y))])
    if isinstance(operators, str):
        with pytest.raises(ConvertError, match=f"(?s){operators}"):
            quantize_model(model, settings)
    else:
        made = quantize_model(model, settings)
        assert [op.code for op in made.graph.ops][: len(operators)] == operators
        kept = next(tensor for tensor in made.graph.all_tensors() if tensor.name == "conv")
        assert kept.quantization is not None and kept.quantization.min.size == 1  # toco's, as before


@pytest.mark.parametrize("settings", [FullIntegerQuantization, WeightQuantization])
@pytest.mark.parametrize(
    ("given", "remedy"), [("tocco", "The nearest names are 'toco'"), ("MLIR", "'mlir'"), ("tf", "There are: toco, mlir"), (3, "There are")]
)
def test_unknown_policies_are_refused_with_near_names(settings: Any, given: Any, remedy: str) -> None:
    with pytest.raises(ConvertError, match=rf"there is no policy {given!r}.*{remedy}"):
        settings(policy=given)


def test_unknown_choices_are_refused() -> None:
    with pytest.raises(ConvertError, match=r"leftovers of policy 'mine' cannot be 'floats'. The nearest names are 'float'"):
        dataclasses.replace(MLIR, name="mine", leftovers="floats")
    flags = [field.name for field in dataclasses.fields(Policy) if isinstance(field.default, bool)]
    assert len(flags) > 10
    for flag in flags:
        with pytest.raises(ConvertError, match=f"{flag} of policy 'mine' cannot be 'no'. Give True or False"):
            dataclasses.replace(MLIR, name="mine", **{flag: "no"})
    for bits in (8, (8,), ("8", "8"), [8, 8, 8], None):
        with pytest.raises(ConvertError, match=r"fake_quant_bits of policy 'mine' cannot be .* Give the least and the most"):
            dataclasses.replace(MLIR, name="mine", fake_quant_bits=bits)


def test_a_policy_or_its_name_are_the_same() -> None:
    for policy in (TOCO, MLIR):
        made = [
            quantize_weights(network(), WeightQuantization(policy=given, least_elements=10)).to_bytes() for given in (policy, policy.name)
        ]
        assert made[0] == made[1]


def test_steps_of_stored_weights_have_the_precision_of_the_policy() -> None:
    """1.15 multiplies by an inverse in float32, 2.21 divides in double: halves of steps go to one side or the other."""
    largest = np.float32(127) * np.float32(0.1)
    values = np.concatenate([[largest], (np.arange(-120, 120) + np.float32(0.5)) * np.float32(0.1)]).astype(np.float32)[None]
    d = Draft()
    model = Model([d.done(d.op("FULLY_CONNECTED", d.input((1, 241)), values, None, shape=(1, 1)))])
    stored = {}
    for policy in (TOCO, MLIR):
        weights = quantize_weights(model, WeightQuantization(policy=policy, least_elements=0)).graph.ops[0].inputs[1]
        assert weights is not None and weights.data is not None
        stored[policy.name] = weights.data
    assert np.array_equal(stored["toco"], round_half_away(values * (np.float32(127) / largest)))
    assert np.array_equal(stored["mlir"], round_half_away(values / (np.float64(largest) / 127)))
    assert not np.array_equal(stored["toco"], stored["mlir"])


def test_nothing_but_policies_asks_whose_way_is_followed() -> None:
    root = Path(tinylite.quantize.__file__).parent
    for path in root.rglob("*.py"):
        if path.name in ("policy.py", "config.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.Constant) and node.value in ("toco", "mlir")), f"{path} line {node.lineno}"
