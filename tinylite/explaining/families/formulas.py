"""Operators of one or two 8-bit numbers in arithmetics other than the reference kernels': the stages of arithmetic/formulas.py."""

from __future__ import annotations

import numpy as np

from ...arithmetic.formulas import Stages
from ...ops.common.lookup import stored_values
from ...ops.common.quantization_params import activation_range
from ..explanation import Derivation, Stage
from ..integers import signed
from ..site import Index, Place, Site, broadcast_index, explains
from ..stages import clamped

__all__ = ["in_stages"]

_ONE = ("LEAKY_RELU", "LOGISTIC", "RELU", "RELU6", "TANH")
_TWO = ("ADD", "MUL", "PRELU", "SUB")
_METHODS = ("once", "optimized", "tflm", "xnnpack")

# How "scaled" comes of what is before it, by method and operator.
_SCALED = {
    ("once", "ADD"): "the sum times its multiplier in 64 bits, and one right shift, halves up",
    ("once", "MUL"): "product times the multiplier in 64 bits, and one right shift, halves up",
    ("optimized", "ADD"): "both shifts of the inputs cut off; the sum's product and shift rounded as the reference kernels do",
    ("optimized", "QUANTIZE"): "the high product shifted, halves up",
    ("tflm", "ABS"): "by a factor that is computed in double",
    ("tflm", "LEAKY_RELU"): "by factors that are computed in double",
    ("tflm", "MUL"): "by a factor that is computed in double",
    ("tflm", "PRELU"): "by factors that are computed in double",
    ("tflm", "RELU"): "by a factor that is computed in double",
    ("xnnpack", "ADD"): "the sum shifted to the right, halves up",
    ("xnnpack", "ELU"): "function times 1 / output scale in float",
    ("xnnpack", "LEAKY_RELU"): "product / 2^8, halves up: factors are whole 256ths",
    ("xnnpack", "LOGISTIC"): "function times 1 / output scale in float",
    ("xnnpack", "MUL"): "product as a float times a float factor, halves to even",
    ("xnnpack", "QUANTIZE"): "product / 2^8, halves up: factors are whole 256ths",
    ("xnnpack", "SUB"): "the sum shifted to the right, halves up",
    ("xnnpack", "TANH"): "function times 1 / output scale in float",
}
_HOW = {
    "centered": "the input less its zero point",
    "clamped": "the stored input within the activation's limits, by the input's own scale",
    "fixed point": "in fixed point with 4 integer bits; 0 stands for what is beyond",
    "function": "its value, in float or in fixed point with 31 fractional bits",
    "high product": "times the multiplier, / 2^31, halves up",
    "size": "of the input less its zero point",
}


def in_stages(site: Site, found: Stages, *entry: int) -> list[Stage]:
    """The stages of a formula for one entry of its tables."""
    code, method = site.node.op.code, site.rule.method
    zero = site.scale_and_zero(site.result)[1]
    products = {"product": "of both factors", "sum": "of both inputs, each at a scale that they share"}
    stages = []
    for name, values in found.items():
        value = np.broadcast_to(values, (256,) * len(entry))[entry]
        if name == "with zero point":
            how = f"in output steps {signed(-zero)}, the output's zero point"
        elif name == "scaled":
            how = _SCALED.get((method, code), "in output steps")
        else:
            how = _HOW.get(name) or products.get(name, "")
        stages.append(Stage(name, np.float32(value) if values.dtype.kind == "f" else int(value), how))
    return stages


@explains("ABS", "ELU", types="INT8", methods=_METHODS)
@explains(*_ONE, types="INT8 UINT8", methods=_METHODS)
def of_one(site: Site) -> Place:
    found = site.operator.stages(site.node, site.rule.method)  # type: ignore[attr-defined]
    if found is None:
        return site.reference()
    x, first = site.array(0), int(stored_values(site.node.input(0).type)[0])
    low, high = activation_range(site.node, "NONE", site.result)

    def place(at: Index) -> Derivation:
        value = int(x[at])
        stages = [Stage("x", value, f"input 0 at {','.join(map(str, at)) or '()'}"), *in_stages(site, found, value - first)]
        stages.append(clamped(stages[-1].value, low, high))
        return Derivation(stages, stages[-1].value)

    return place


@explains(*_TWO, types="INT8 UINT8", methods=_METHODS)
def of_two(site: Site) -> Place:
    node, operator = site.node, site.operator
    pairs = operator.pairs(node, site.rule)  # type: ignore[attr-defined]
    if pairs is None:
        return site.reference()
    x, y = site.array(0), site.array(1)
    first_x, first_y = (int(stored_values(node.input(number).type)[0]) for number in (0, 1))
    activation = node.options.fused_activation_function if operator.activates else "NONE"  # type: ignore[attr-defined]
    low, high = activation_range(node, activation, site.result, limits=pairs.limits)

    def place(at: Index) -> Derivation:
        places = broadcast_index(at, x.shape), broadcast_index(at, y.shape)
        values = int(x[places[0]]), int(y[places[1]])
        left_over = int(np.ravel_multi_index(at, site.result.shape)) % pairs.period >= pairs.whole
        stages = [
            Stage(name, value, f"input {number} at {','.join(map(str, place)) or '()'}")
            for number, (name, value, place) in enumerate(zip("xy", values, places, strict=True))
        ]
        found = pairs.rest if left_over and pairs.rest is not None else pairs.stages
        stages += in_stages(site, found, values[0] - first_x, values[1] - first_y)
        stages.append(clamped(stages[-1].value, low, high))
        return Derivation(stages, stages[-1].value)

    return place
