"""Fake quantization: values rounded to what a quantized tensor could hold.

In a float model these stay, as FAKE_QUANT; on constants they are computed. For the quantizer they state the range as it is in the
graph, even one that no kernel runs with.
"""

from __future__ import annotations

import numpy as np

from ...model import Tensor
from ...ops.fake_quant import fits_floats
from ...quantization_math import nudge_range, symmetric_range
from ..call import Call
from .formulas import Term
from .registry import translates

_TRAINING = (
    "Graphs for training compute the ranges of their weights: build the model anew with tinylite.quantize.create_eval_graph, restore the "
    "checkpoint and freeze that"
)


@translates("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars")
def fake_quant(call: Call) -> Tensor:
    if call.op == "FakeQuantWithMinMaxArgs":
        low, high = float(call.attribute("min", -6.0)), float(call.attribute("max", 6.0))
    else:
        low, high = (float(call.constant(index, "range", _TRAINING).reshape(())) for index in (1, 2))
    return rounded(call, low, high, int(call.attribute("num_bits", 8)), bool(call.attribute("narrow_range")))


@translates("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def quantize_and_dequantize(call: Call) -> Tensor:
    """The same with a range that puts 0 on a step; what lies halfway between two steps may go to the other one."""
    call.require(bool(call.attribute("range_given")), "it takes the range from each input, and the operator needs it constant")
    low, high = (call.constant(index, "range") for index in (1, 2))
    bits = call.numbers(3, "number of bits")[0] if call.op.endswith("V3") else int(call.attribute("num_bits", 8))
    call.require(low.size == high.size == 1, "it has a range for each channel, and the operator has one")
    signed = bool(call.attribute("signed_input", True))
    narrow = signed and bool(call.attribute("narrow_range"))
    return rounded(call, *symmetric_range(float(low.reshape(())), float(high.reshape(())), bits, signed, narrow), bits, narrow)


def rounded(call: Call, low: float, high: float, bits: int, narrow: bool) -> Tensor:
    """FAKE_QUANT. It has no narrow range, which is the full one with a step below that is cut off."""
    x, settings = call.input(0), call.translator.settings
    if settings.drop_fake_quants:
        return x
    if settings.keep_ranges:
        return call.emit("FAKE_QUANT", [x], None, call.partial_shape(x), min=low, max=high, num_bits=bits, narrow_range=narrow)
    call.require(low <= high, f"its range {low} to {high} is empty")
    if low == high == 0:
        return call.elementwise("MUL", x, call.make(np.float32(0)))
    call.require(fits_floats(low, high), f"its range {low:g} to {high:g} is too narrow or too wide for floats")
    if not low <= 0 <= high:
        low, high = (float(end) for end in nudge_range(low, high, bits, narrow)[:2])  # the same steps, of which 0 is one
    if narrow:
        bottom, top, step = nudge_range(np.float32(low), np.float32(high), bits, True)
        x = call.elementwise("MAXIMUM", x, call.make(bottom))
        low, high = float(bottom - step), float(top)
    options = dict(min=low, max=high, num_bits=bits, narrow_range=False)
    return call.emit("FAKE_QUANT", [x], None, call.partial_shape(x), **options)


@translates("FakeQuantWithMinMaxVarsPerChannel")
def fake_quant_per_channel(call: Call) -> Tensor:
    """There is no operator for it: the arithmetic is spelled out."""
    settings = call.translator.settings
    if settings.drop_fake_quants:
        return call.input(0)
    if settings.keep_ranges:
        call.fail("it has a range for each channel, and a quantized tensor that is computed has one", "Use FakeQuantWithMinMaxVars")
    low, high = (call.constant(index, "ranges").astype(np.float32) for index in (1, 2))
    bottom, top, step = nudge_range(low, high, int(call.attribute("num_bits", 8)), bool(call.attribute("narrow_range")))
    x = Term(call, call.input(0))
    steps = (x.with_("MINIMUM", top).with_("MAXIMUM", bottom) - bottom) * (np.float32(1) / step)
    return ((steps + 0.5)("FLOOR") * step + bottom).tensor
