"""SOFTMAX of 8-bit values: powers, their sum and its reciprocal in fixed point."""

from __future__ import annotations

import numpy as np

from ...ops.common.differences import scaled_differences
from ...quantization_math import integer_limits
from ..explanation import Derivation, Stage, Taps
from ..integers import divide_half_away, multiply_high, saturate, wrap
from ..site import Index, Place, Site, explains

__all__: list[str] = []

# What is added up has 12 integer bits, and so 19 fractional ones.
_SUM_BITS = 12


@explains("SOFTMAX", types="INT8 UINT8")
def softmax(site: Site) -> Place:
    node, x = site.node, site.array(0)
    beta, scale = float(node.options.beta), site.scale_and_zero(node.input(0))[0]
    differences = scaled_differences(node, beta * scale)
    powers = differences.powers().tolist()
    least, largest = integer_limits(site.result.type)
    settings = [
        Stage("multiplier", differences.multiplier, f"{beta} * {np.float32(scale)!s} * 2^26 in double, * 2^{31 - differences.shift}", True),
        Stage("shift", differences.shift, "to the left", True),
        Stage("radius", differences.radius, "larger differences than this count as no share", True),
    ]

    def place(at: Index) -> Derivation:
        row = x[at[:-1]].tolist()
        top, total, rows = max(row), 0, []
        for column, value in enumerate(row):
            power = powers[top - value]
            term = divide_half_away(power, _SUM_BITS) if power >= 0 else 0
            total += term
            rows.append(((*at[:-1], column), value, top - value, power if power >= 0 else 0, term, total))
        total = wrap(total)
        zeros = 32 - total.bit_length() if total >= 0 else 0
        fraction = wrap((total << zeros) - (1 << 31))
        inverse, exponent = _reciprocal(fraction), _SUM_BITS - zeros + 31 - 8
        power = powers[top - row[at[-1]]]
        taps = Taps(("input", "x", "largest - x", "power", "/ 2^12", "sum"), rows)
        stages = [
            *settings,
            Stage("largest", top, "of the row"),
            Stage("sum of powers", total, f"of e^-(difference) with 31 fractional bits, each / 2^{_SUM_BITS}, halves away from zero"),
            Stage("headroom", zeros, f"leading zeros of {total}"),
            Stage("fraction", fraction, f"{total} * 2^{zeros} - 2^31: the sum is 1 and this, but for a power of two"),
            Stage("reciprocal", inverse, "1 / (1 + fraction) by three steps of Newton's method"),
            Stage("difference", top - row[at[-1]], f"{top} - {row[at[-1]]}"),
        ]
        if power < 0:
            stages.append(Stage("out", least, "beyond the radius: the least value"))
            return Derivation(stages, least, taps)
        high = multiply_high(inverse, power)
        scaled = divide_half_away(high, exponent)
        stages += [
            Stage("power", power, "e^-(difference * multiplier * 2^shift) in fixed point"),
            Stage("high product", high, f"{inverse} * {power} / 2^31, rounded, halves up"),
            Stage("scaled", scaled, f"{high} / 2^{exponent}, rounded, halves away from zero"),
            Stage("with zero point", scaled + least, f"{scaled} + {least}"),
            Stage("out", min(max(scaled + least, least), largest), f"kept within {least}..{largest}"),
        ]
        return Derivation(stages, stages[-1].value, taps)

    return place


def _reciprocal(x: int) -> int:
    """1 / (1 + x) for x in 0..1 with 31 fractional bits: 2 / (1 + x) with 29, from 48/17 - 32/17 (1 + x) / 2, three times improved."""
    half = (x + (1 << 31)) >> 1
    r = wrap(1515870810 + multiply_high(half, -1010580540))
    for _ in range(3):
        rest = wrap((1 << 29) - multiply_high(half, r))
        r = wrap(r + saturate(multiply_high(r, rest) << 2))
    return saturate(r << 1)
