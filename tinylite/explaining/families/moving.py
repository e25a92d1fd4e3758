"""Operators that move elements: where the one at a place comes from."""

from __future__ import annotations

import numpy as np

from ...ops.common.quantization_params import scale_and_zero
from ..alone import sources
from ..explanation import Derivation, Number, Stage
from ..integers import round_half_away, signed
from ..site import Index, Place, Site, explains

__all__: list[str] = []

MOVING = (
    "BATCH_TO_SPACE_ND", "BROADCAST_TO", "CONCATENATION", "DEPTH_TO_SPACE", "DYNAMIC_UPDATE_SLICE", "EXPAND_DIMS", "GATHER", "GATHER_ND",
    "MIRROR_PAD", "PACK", "PAD", "PADV2", "RESHAPE", "RESIZE_NEAREST_NEIGHBOR", "REVERSE_SEQUENCE", "REVERSE_V2", "SELECT", "SELECT_V2",
    "SLICE", "SPACE_TO_BATCH_ND", "SPACE_TO_DEPTH", "SPLIT", "SPLIT_V", "SQUEEZE", "STRIDED_SLICE", "TILE", "TRANSPOSE", "UNPACK",
)  # fmt: skip


@explains(*MOVING, types="INT8 UINT8 FLOAT32")
def moved(site: Site) -> Place:
    """The kernel itself says it, where it is fed the elements' numbers."""
    node, result = site.node, site.result
    inputs = [None if value is None else value.constant_value for value in node.inputs]
    data = [index for index, value in enumerate(node.inputs) if value is not None and value.type == result.type]
    numbers = sources(node.op, inputs, data, site.output)
    filling = site.scale_and_zero(result)[1] if result.type != "FLOAT32" and result.quantized else 0

    def place(at: Index) -> Derivation:
        number = int(numbers[at]) - 1
        if number < 0:
            value: Number = filling if result.type != "FLOAT32" else np.float32(0)
            return Derivation([Stage("out", value, "padding" if not filling else "padding: the output's zero point")], value)
        for index in data:
            array = site.array(index)
            if number < array.size:
                break
            number -= array.size
        source = tuple(map(int, np.unravel_index(number, array.shape)))
        value = stored(array[source])
        stages = [Stage("source", value, f"input {index} at {','.join(map(str, source)) or '()'}")]
        stages += _rescaled(site, index, value) if node.op.code == "CONCATENATION" else [Stage("out", value, "as it is")]
        return Derivation(stages, stages[-1].value)

    return place


def stored(value: np.generic) -> Number:
    """An element as Python's int, or as numpy's float32."""
    return np.float32(value) if isinstance(value, np.floating) else int(value)


def _rescaled(site: Site, index: int, value: Number) -> list[Stage]:
    """UINT8 elements come to the output's scale: value * factor + offset in float, rounded."""
    input, result = site.node.input(index), site.result
    if input.type != "UINT8" or not (input.quantized and result.quantized):
        return [Stage("out", value, "as it is")]
    (in_scale, in_zero), (out_scale, out_zero) = scale_and_zero(site.node, input), scale_and_zero(site.node, result)
    if (in_scale, in_zero) == (out_scale, out_zero):
        return [Stage("out", value, "as it is")]
    with np.errstate(over="ignore"):
        factor = np.float32(in_scale) * (np.float32(1) / np.float32(out_scale))
        offset = np.float32(-in_zero) * factor
        sum_ = np.float32(value) * factor + offset
    scaled = round_half_away(float(sum_)) if np.isfinite(sum_) else int(np.sign(sum_)) << 32
    return [
        Stage("factor", factor, f"{np.float32(in_scale)!s} * (1 / {np.float32(out_scale)!s}), input over output scale in float", True),
        Stage("offset", offset, f"{-in_zero} * factor in float", True),
        Stage("product", sum_, f"{value} * factor + offset in float"),
        Stage("scaled", scaled, "product rounded, halves away from zero"),
        Stage("with zero point", scaled + out_zero, f"{scaled} {signed(-out_zero)}, the output's zero point"),
        Stage("out", min(max(scaled + out_zero, 0), 255), "kept within 0..255"),
    ]
