"""Operators of two inputs, element by element, which stretch to each other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.common.quantization_params import activation_range
from ..explanation import Derivation, Stage
from ..integers import signed
from ..requantizing import Requantize, by_multiplier
from ..site import Index, Place, Site, broadcast_index, explains
from ..stages import in_32_bits, renamed, to_output
from .moving import stored

__all__: list[str] = []


def _operands(site: Site) -> Callable[[Index], tuple[int, int, list[Stage]]]:
    """From an output index to both stored values, and stages that show them."""
    x, y = site.array(0), site.array(1)

    def operands(at: Index) -> tuple[int, int, list[Stage]]:
        places = broadcast_index(at, x.shape), broadcast_index(at, y.shape)
        values = int(x[places[0]]), int(y[places[1]])
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


@explains("ADD", "SUB", types="INT8 UINT8")
def sums(site: Site) -> Place:
    """Both inputs are brought to twice the larger scale, with 20 bits to spare."""
    site.check_reference()
    node, fields = site.node, site.operator.rescaling(site.node)  # type: ignore[attr-defined]
    low, high = activation_range(node, node.options.fused_activation_function, site.result)
    operands, subtracts = _operands(site), node.op.code == "SUB"
    x_scale, y_scale, out_scale = _scales(site)
    common = f"(2 * max({x_scale}, {y_scale}))"
    to_common = [
        by_multiplier(*_factor(fields, "x"), f"{x_scale} / {common} in double"),
        by_multiplier(*_factor(fields, "y"), f"{y_scale} / {common} in double"),
    ]
    out = by_multiplier(*_factor(fields, "out"), f"{common} / 2^20 / {out_scale} in double")

    def place(at: Index) -> Derivation:
        *values, stages = operands(at)
        terms = []
        for name, value, rescale in zip("xy", values, to_common, strict=True):
            zero = fields[f"{name}_zero"]
            stages.append(in_32_bits(f"{name} raised", (value - zero) << 20, f"({value} {signed(zero)}) * 2^20"))
            stages += renamed(rescale(int(stages[-1].value)), name)
            terms.append(int(stages[-1].value))
        total = terms[0] - terms[1] if subtracts else terms[0] + terms[1]
        stages.append(in_32_bits("sum", total, f"{terms[0]} {'-' if subtracts else '+'} {terms[1]} at the common scale"))
        stages += out(int(stages[-1].value))
        stages += to_output(int(stages[-1].value), fields["out_zero"], low, high)
        return Derivation(stages, stages[-1].value)

    return place


@explains("MUL", types="INT8 UINT8")
def products(site: Site) -> Place:
    site.check_reference()
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
    site.check_reference()
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


@explains("MAXIMUM", "MINIMUM", types="INT8 UINT8 FLOAT32")
def extremes(site: Site) -> Place:
    """Of stored values, whatever their scales."""
    site.check_reference()
    x, y, largest = site.array(0), site.array(1), site.node.op.code == "MAXIMUM"

    def place(at: Index) -> Derivation:
        a, b = (stored(array[broadcast_index(at, array.shape)]) for array in (x, y))
        out = (a if a > b else b) if largest else (a if a < b else b)
        stages = [
            Stage("x", a, f"input 0 at {','.join(map(str, broadcast_index(at, x.shape))) or '()'}"),
            Stage("y", b, f"input 1 at {','.join(map(str, broadcast_index(at, y.shape))) or '()'}"),
            Stage("out", out, f"the {'larger' if largest else 'smaller'} of the stored values"),
        ]
        return Derivation(stages, out)

    return place
