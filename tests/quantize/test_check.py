"""Which ops become integer ones, among others that do not, and which models are not for full quantization."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite import ConvertError, Model
from tinylite.model import Quantization, Tensor
from tinylite.quantize import FullIntegerQuantization, quantize_model

from ..draft import Draft
from .test_integer import GRAPHS, STATS, fake, layer, quantize, weights


def codes(model: Model) -> list[str]:
    return [op.code for op in model.graph.ops]


def test_ops_on_integers_neither_stop_the_others_nor_count() -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        size = d.op("ADD", d.ints(1, 36), d.ints(0, 0), shape=(2,))
        size.type = "INT32"
        wide = d.op("CONCATENATION", size, d.ints(4), shape=(3,), axis=0)
        wide.type = "INT32"
        return fake(d, d.op("RESHAPE", fake(d, layer(d, x), -4, 4), wide, shape=(1, 36, 4)), -4, 4)

    made = quantize(build)
    assert codes(made)[:2] == ["ADD", "CONCATENATION"] and made.graph.ops[0].inputs[0].type == "INT32"  # type: ignore[union-attr]
    assert [op.outputs[0].type for op in made.graph.ops[2:]] == ["UINT8"] * (len(made.graph.ops) - 2)


@pytest.mark.parametrize("behind", [True, False], ids=["dequantized", "hybrid"])
def test_weights_that_are_stored_smaller_already_are_refused(behind: bool) -> None:
    d = Draft()
    x, stored = d.input(), Tensor("stored", (4, 3, 3, 4), "INT8", has_rank=True, quantization=Quantization([0.01], [0]))
    stored.data = np.ones(stored.shape, np.int8)
    filters = d.op("DEQUANTIZE", stored, shape=stored.shape) if behind else stored
    y = d.op("CONV_2D", x, filters, np.zeros(4), padding="SAME", stride_h=1, stride_w=1)
    d.graph.outputs = [fake(d, y, -4, 4)]
    with pytest.raises(ConvertError, match="1 weights are stored as INT8 already: 'stored'"):
        quantize_model(Model([d.graph]), FullIntegerQuantization(input_stats=STATS))


@pytest.mark.parametrize("policy", ["toco", "mlir"])
@pytest.mark.parametrize("given", [2, 3], ids=["left out", "none"])
def test_layers_without_biases_get_zeros(given: int, policy: str) -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        y = layer(d, x)
        d.graph.ops[-1].inputs = [*d.graph.ops[-1].inputs[:2], None][:given]
        return fake(d, y, -4, 4)

    bias = quantize(build, policy=policy).graph.ops[0].inputs[2]
    assert bias is not None and bias.type == "INT32" and bias.data is not None
    assert bias.data.tolist() == [0] * 4


@pytest.mark.parametrize("values", [0.0, 1e-30])
def test_large_biases_beside_weights_without_a_range_fit_int32(values: float) -> None:
    """The scale of biases is that of weights times that of the data: where weights are all alike it follows from the biases."""

    def build(d: Draft, x: Tensor) -> Tensor:
        filters = weights(d, 4, 1, 1, 4, low=-values, high=values)
        filters.data = np.full((4, 1, 1, 4), values, np.float32)
        y = d.op("CONV_2D", x, filters, np.full(4, 1e6), padding="SAME", stride_h=1, stride_w=1)
        return fake(d, y, -2e6, 2e6)

    made = quantize(build)
    op = made.graph.ops[0]
    bias, data = op.inputs[2], op.outputs[0]
    assert bias is not None and bias.data is not None and bias.quantization is not None and data.quantization is not None
    real = bias.data * np.float64(bias.quantization.scale)
    assert np.abs(real - 1e6).max() < 1e6 / 1000 and np.abs(bias.data).max() < 2**31 - 1


def test_only_convolutions_of_one_channel_become_depthwise() -> None:
    """Others have weights of four dimensions, too."""

    def build(d: Draft, x: Tensor) -> Tensor:
        one = d.op("STRIDED_SLICE", x, d.ints(0, 0, 0, 0), d.ints(1, 6, 6, 1), d.ints(1, 1, 1, 1), shape=(1, 6, 6, 1))
        scaled = fake(d, d.op("MUL", fake(d, one), np.full((1, 1, 1, 1), 0.5), shape=(1, 6, 6, 1)), -1, 1)
        return fake(d, layer(d, scaled, 8), -4, 4)

    assert "DEPTHWISE_CONV_2D" in codes(quantize(build)) and "MUL" in codes(quantize(build))
    assert "DEPTHWISE_CONV_2D" not in codes(quantize(GRAPHS["conv"]))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_constants_that_are_no_numbers_are_refused(value: float) -> None:
    def build(d: Draft, x: Tensor) -> Tensor:
        y = layer(d, x)
        d.graph.ops[-1].inputs[2] = bias = d.constant(np.float32([0, value, 0, 0]))
        bias.name = "diverged"
        return fake(d, y, -4, 4)

    with pytest.raises(ConvertError, match="1 constants hold NaN or infinity: 'diverged'"):
        quantize(build)
