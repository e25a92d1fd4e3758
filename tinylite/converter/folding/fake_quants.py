"""TensorFlow ops that round to the numbers of a quantized range, on constants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...model import Quantization
from ...quantization_math import fake_quantize, symmetric_range
from ..call import Call
from .registry import folds

__all__ = ["FAKE_QUANTS", "told_range"]

FAKE_QUANTS = ("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")


def told_range(call: Call, given: Sequence[Any]) -> Quantization:
    """The range of a FakeQuant, as it says it."""
    low, high = given[1:] if len(given) > 1 else (call.attribute("min", -6.0), call.attribute("max", 6.0))
    return Quantization(min=low, max=high, narrow=bool(call.attribute("narrow_range")))


@folds(*FAKE_QUANTS)
def _fake_quant(call: Call, x: np.ndarray, *given: np.ndarray) -> np.ndarray:
    if call.translator.settings.drop_fake_quants:
        return x
    low, high = given or (call.attribute("min", -6.0), call.attribute("max", 6.0))
    return fake_quantize(x, low, high, int(call.attribute("num_bits", 8)), bool(call.attribute("narrow_range")))


@folds("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def _quantize_and_dequantize(call: Call, x: np.ndarray, low: np.ndarray, high: np.ndarray, *bits: np.ndarray) -> np.ndarray | None:
    """Without a given range, that of the values; one for all of them."""
    if call.attribute("axis", -1) != -1:
        return None
    low, high = (low, high) if call.attribute("range_given") else (np.min(x), np.max(x))
    count = int(bits[0]) if bits else int(call.attribute("num_bits", 8))
    signed, narrow = bool(call.attribute("signed_input", True)), bool(call.attribute("narrow_range"))
    return fake_quantize(x, *symmetric_range(float(low), float(high), count, signed, narrow), count, signed and narrow)
