"""Operators of two inputs, element by element, which stretch to each other."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.common.quantization_params import activation_range
from ..explanation import Derivation, Stage
from ..integers import signed
from ..requantizing import Requantize, by_multiplier
from ..site import Index, Place, Site, broadcast_index, explains
from ..stages import clamped, in_32_bits, renamed, to_output
from .moving import stored

__all__: list[str] = []


def _operands(site: Site) -> Callable[[Index], tuple[Any, Any, list[Stage]]]:
    """From an output index to both stored values, and stages that show them."""
    x, y = site.array(0), site.array(1)

    def operands(at: Index) -> tuple[Any, Any, list[Stage]]:
        places = broadcast_index(at, x.shape), broadcast_index(at, y.shape)
        values = stored(x[places[0]]), stored(y[places[1]])
        shown = (",".join(map(str, place)) or "()" for place in places)
        return *values, [
            Stage(name, value, f"input {number} at {place}")
            for number, (name, value, place) in enumerate(zip("xy", values, shown, strict=True))
        ]

    return operands


def _factor(fields: dict[str, Any], name: str) -> tuple[int, int]:
    """Multiplier and shift of `Binary.rescaling`."""
    return fields[f"{name}_multiplier"], fields.get(f"{name}_left", 0) - fields[f"{name}_right"]


def _scales(site: Site) -> list[str]:
    node = site.node
    return [str(np.float32(site.scale_and_zero(value)[0])) for value in (node.input(0), node.input(1), site.result)]


def _common_terms(fields: dict[str, Any], x_scale: Any, y_scale: Any, common: str) -> Callable[[list[int], list[Stage], int], list[int]]:
    """(both values, stages, bits to spare) -> both at the scale `common`; how they come there is added to the stages."""
    scales = {"x": x_scale, "y": y_scale}
    to_common = {name: by_multiplier(*_factor(fields, name), f"{scale} / {common} in double") for name, scale in scales.items()}

    def terms(values: list[int], stages: list[Stage], bits: int) -> list[int]:
        found = []
        for (name, rescale), value in zip(to_common.items(), values, strict=True):
            zero = fields[f"{name}_zero"]
            stages.append(in_32_bits(f"{name} raised", (value - zero) << bits, f"({value} {signed(zero)}) * 2^{bits}"))
            stages += renamed(rescale(int(stages[-1].value)), name)
            found.append(int(stages[-1].value))
        return found

    return terms


@explains("ADD", "SUB", types="INT8 UINT8")
def sums(site: Site) -> Place:
    """Both inputs are brought to twice the larger scale, with 20 bits to spare."""
    node, fields = site.node, site.operator.rescaling(site.node)  # type: ignore[attr-defined]
    low, high = activation_range(node, node.options.fused_activation_function, site.result)
    operands, subtracts = _operands(site), node.op.code == "SUB"
    x_scale, y_scale, out_scale = _scales(site)
    common = f"(2 * max({x_scale}, {y_scale}))"
    common_terms = _common_terms(fields, x_scale, y_scale, common)
    out = by_multiplier(*_factor(fields, "out"), f"{common} / 2^20 / {out_scale} in double")

    def place(at: Index) -> Derivation:
        *values, stages = operands(at)
        terms = common_terms(values, stages, 20)
        total = terms[0] - terms[1] if subtracts else terms[0] + terms[1]
        stages.append(in_32_bits("sum", total, f"{terms[0]} {'-' if subtracts else '+'} {terms[1]} at the common scale"))
        stages += out(int(stages[-1].value))
        stages += to_output(int(stages[-1].value), fields["out_zero"], low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("MUL", types="INT8 UINT8")
def products(site: Site) -> Place:
    node, fields = site.node, site.operator.rescaling(site.node)  # type: ignore[attr-defined]
    low, high = activation_range(node, node.options.fused_activation_function, site.result)
    operands = _operands(site)
    x_scale, y_scale, out_scale = _scales(site)
    out = by_multiplier(*_factor(fields, "out"), f"{x_scale} * {y_scale} / {out_scale} in float")

    def place(at: Index) -> Derivation:
        x, y, stages = operands(at)
        x_centered, y_centered = x - fields["x_zero"], y - fields["y_zero"]
        stages += [
            Stage("x centered", x_centered, f"{x} {signed(fields['x_zero'])}"),
            Stage("y centered", y_centered, f"{y} {signed(fields['y_zero'])}"),
            Stage("product", x_centered * y_centered, f"{x_centered} * {y_centered}"),
            *out(x_centered * y_centered),
        ]
        stages += to_output(int(stages[-1].value), fields["out_zero"], low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("PRELU", types="INT8 UINT8")
def slopes(site: Site) -> Place:
    fields = site.operator.fields(site.node)  # type: ignore[attr-defined]
    operands = _operands(site)
    x_scale, y_scale, out_scale = _scales(site)
    above: Requantize = by_multiplier(*_factor(fields, "x"), f"{x_scale} / {out_scale} in float")
    below: Requantize = by_multiplier(*_factor(fields, "out"), f"{x_scale} * {y_scale} / {out_scale} in float")

    def place(at: Index) -> Derivation:
        x, y, stages = operands(at)
        centered = x - fields["x_zero"]
        stages.append(Stage("x centered", centered, f"{x} {signed(fields['x_zero'])}"))
        if centered >= 0:
            stages += above(centered)
        else:
            slope = y - fields["y_zero"]
            stages.append(Stage("slope", slope, f"{y} {signed(fields['y_zero'])}"))
            stages.append(Stage("product", centered * slope, f"{centered} * {slope}"))
            stages += below(centered * slope)
        stages += to_output(int(stages[-1].value), fields["out_zero"], fields["low"], fields["high"])
        return Derivation(stages, stages[-1].value)

    return place


@explains("SQUARED_DIFFERENCE", types="INT8")
def squares(site: Site) -> Place:
    """Both inputs are brought to twice the larger scale, with 7 bits to spare."""
    fields = site.operator.fields(site.node)  # type: ignore[attr-defined]
    operands = _operands(site)
    x_scale, y_scale, out_scale = _scales(site)
    common = f"(2 * max({x_scale}, {y_scale}))"
    common_terms = _common_terms(fields, x_scale, y_scale, common)
    out = by_multiplier(*_factor(fields, "out"), f"{common}^2 / 2^14 / {out_scale} in double")

    def place(at: Index) -> Derivation:
        *values, stages = operands(at)
        terms = common_terms(values, stages, 7)
        difference = terms[0] - terms[1]
        stages.append(Stage("difference", difference, f"{terms[0]} - {terms[1]} at the common scale"))
        stages.append(in_32_bits("square", difference * difference, f"{difference} * {difference}"))
        stages += out(int(stages[-1].value))
        stages += to_output(int(stages[-1].value), fields["out_zero"], fields["low"], fields["high"])
        return Derivation(stages, stages[-1].value)

    return place


_SIGNS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "ADD": ("+", operator.add), "SUB": ("-", operator.sub), "MUL": ("*", operator.mul), "DIV": ("/", operator.truediv),
}  # fmt: skip


@explains(*_SIGNS, types="FLOAT32")
def floats(site: Site) -> Place:
    operands, (sign, function) = _operands(site), _SIGNS[site.node.op.code]
    low, high = activation_range(site.node, site.node.options.fused_activation_function, site.result)

    def place(at: Index) -> Derivation:
        x, y, stages = operands(at)
        with np.errstate(all="ignore"):
            result = function(x, y)
        stages += [Stage("result", result, f"{x!s} {sign} {y!s} in float"), clamped(result, low, high)]
        return Derivation(stages, stages[-1].value)

    return place


@explains("MAXIMUM", "MINIMUM", types="INT8 UINT8 FLOAT32")
def extremes(site: Site) -> Place:
    """Of stored values, whatever their scales."""
    operands, largest = _operands(site), site.node.op.code == "MAXIMUM"

    def place(at: Index) -> Derivation:
        x, y, stages = operands(at)
        out = (x if x > y else y) if largest else (x if x < y else y)
        stages.append(Stage("out", out, f"the {'larger' if largest else 'smaller'} of the stored values"))
        return Derivation(stages, out)

    return place
