"""Pools and reductions: what a window, or dimensions that are reduced, hold."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ...ops.common.reducing import reduced_axes
from ...quantization_math import integer_limits
from ..explanation import Derivation, Number, Stage, Taps
from ..integers import divide_towards_zero, round_half_away, signed
from ..requantizing import by_multiplier
from ..site import Index, Place, Site, explains, window_places
from ..stages import clamped, in_32_bits, to_output
from .moving import stored

__all__: list[str] = []


@explains("AVERAGE_POOL_2D", "MAX_POOL_2D", types="INT8 UINT8 FLOAT32", methods=("", "xnnpack"))
def pools(site: Site) -> Place:
    """Stored values as they are: LiteRT does not rescale."""
    node, x, mean = site.node, site.array(0), site.node.op.code == "AVERAGE_POOL_2D"
    height, width = site.operator.windows(node)  # type: ignore[attr-defined]
    low, high = site.operator.limits(node, site.arithmetic)  # type: ignore[attr-defined]

    def place(at: Index) -> Derivation:
        n, y, x_at, channel = at
        places = list(itertools.product(window_places(height, y)[1], window_places(width, x_at)[1]))
        values = [((n, iy, ix, channel), stored(x[n, iy, ix, channel])) for iy, ix in places]
        rows, total = _folded(values, x.dtype, sum_=mean)
        left_out = height.filter * width.filter - len(rows)
        note = f"{left_out} of the window's places lie outside of the input and do not count" if left_out else ""
        stages = [Stage("sum" if mean else "largest", total, f"of {len(rows)} stored values")]
        if mean:
            stages.append(_mean(total, len(rows)))
        stages.append(clamped(stages[-1].value, low, high))
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum" if mean else "largest"), rows, note))

    return place


def _mean(total: Number, count: int) -> Stage:
    if isinstance(total, int):
        half = count // 2
        rounded = divide_towards_zero(total + half if total > 0 else total - half, count)
        return Stage("mean", rounded, f"{total} / {count}, rounded, halves away from zero")
    return Stage("mean", total / np.float32(count), f"{total!s} / {count} in float")


def _folded(
    values: Sequence[tuple[Index, Number]], dtype: np.dtype[Any], sum_: bool = False, smallest: bool = False
) -> tuple[list[tuple[Any, ...]], Any]:
    """A row for each value, with the sum, or the extreme, of all so far."""
    floats = dtype.kind == "f"
    limits: Any = np.finfo(dtype) if floats else np.iinfo(dtype)
    extreme = limits.max if smallest else limits.min
    total: Any = (np.float32(0) if floats else 0) if sum_ else stored(dtype.type(extreme))
    join: Callable[[Any, Any], Any] = (lambda a, b: a + b) if sum_ else min if smallest else max
    rows = []
    with np.errstate(all="ignore"):
        for at, value in values:
            total = join(total, value)
            rows.append((at, value, total))
    return rows, total


def _reduced(site: Site) -> tuple[Callable[[Index], list[tuple[Index, Number]]], int]:
    """From an output index to the elements that it is made of, and how many there are."""
    node, x = site.node, site.array(0)
    axes = reduced_axes(node, x.ndim)
    kept = bool(node.options.keep_dims)

    def values(at: Index) -> list[tuple[Index, Number]]:
        rest = iter(at)
        ranges = []
        for axis, size in enumerate(x.shape):
            index = next(rest) if kept or axis not in axes else 0
            ranges.append(range(size) if axis in axes else (index,))
        found = x[np.ix_(*ranges)].reshape(-1)
        return [(source, stored(value)) for source, value in zip(itertools.product(*ranges), found, strict=True)]

    return values, x.size // site.result.size


@explains("MEAN", "SUM", types="INT8 UINT8")
def sums(site: Site) -> Place:
    node, (values, count) = site.node, _reduced(site)
    mean = node.op.code == "MEAN"
    fields = site.operator.rescaling(node, count, mean=mean)  # type: ignore[attr-defined]
    zero, out_zero = fields["in_zero"], fields["out_zero"]
    in_scale, out_scale = (np.float32(site.scale_and_zero(value)[0]) for value in (node.input(0), site.result))
    by = f" / {count}, folded into the multiplier" if mean else ""
    how = f"{in_scale!s} / {out_scale!s}{by}: input over output scale in double"
    low, high = integer_limits(site.result.type)
    requantize = by_multiplier(fields["multiplier"], fields["shift"], how)

    def place(at: Index) -> Derivation:
        rows, total = _folded(values(at), site.array(0).dtype, sum_=True)
        stages = [
            Stage("acc", total, f"the sum of {count} stored values"),
            in_32_bits("centered", total - zero * count, f"{total} {signed(zero * count)}, {count} times the input's zero point"),
        ]
        stages += requantize(int(stages[-1].value))
        stages += to_output(int(stages[-1].value), out_zero, low, high)
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum"), rows))

    return place


@explains("MEAN", "SUM", types="INT8 UINT8", methods=("optimized", "xnnpack"))
def rounded_sums(site: Site) -> Place:
    """By factors that hold both scales, and a term that holds both zero points; in float, or in fixed point."""
    node, (values, count) = site.node, _reduced(site)
    low, high = integer_limits(site.result.type)
    axes = reduced_axes(node, site.array(0).ndim)
    found = site.operator.rounded(node, site.rule.method, axes, count)  # type: ignore[attr-defined]
    if found is None:
        return site.reference()
    scaled = (_in_float if "factor" in found[1] else _in_vectors)(found[1], site.result.shape)

    def place(at: Index) -> Derivation:
        rows, total = _folded(values(at), site.array(0).dtype, sum_=True)
        stages = [Stage("acc", total, f"the sum of {count} stored values"), *scaled(total, at)]
        stages.append(clamped(stages[-1].value, low, high))
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum"), rows))

    return place


def _in_float(fields: dict[str, Any], shape: tuple[int, ...]) -> Callable[[int, Index], list[Stage]]:
    factor, term, zero = np.float32(fields["factor"]), np.float32(fields["bias"]), fields["zero"]
    halves = "to even" if fields["even"] else "away from zero"
    settings = [
        Stage("factor", factor, "input over output scale, of a mean over the count too, in float", True),
        Stage("term", term, "what the zero points come to in output steps, in float", True),
    ]

    def scaled(total: int, at: Index) -> list[Stage]:
        product = np.float32(total) * factor
        moved = product + term
        kept = min(max(float(moved), -1e6), 1e6)
        whole = (round(kept) if fields["even"] else round_half_away(kept)) + zero
        more = f" {signed(-zero)}" if zero else ""
        return [
            *settings,
            Stage("product", product, f"{total} * {factor!s} in float"),
            Stage("with term", moved, f"{product!s} + {term!s} in float"),
            Stage("with zero point", whole, f"{moved!s} rounded, halves {halves}{more}"),
        ]

    return scaled


def _in_vectors(fields: dict[str, Any], shape: tuple[int, ...]) -> Callable[[int, Index], list[Stage]]:
    """Channels that are left over by vectors of 16 are rounded as the reference kernels do."""
    multiplier, shift, term = fields["multiplier"], fields["left"] - fields["right"], fields["bias"]
    factor = "input scale over count and output scale in float"
    ways = [by_multiplier(multiplier, shift, factor, up=up) for up in (False, True)]

    def scaled(total: int, at: Index) -> list[Stage]:
        channel = int(np.ravel_multi_index(at, shape)) % fields["channels"]
        stages = ways[channel < fields["whole"]](total)
        shifted = int(stages[-1].value) + term
        return [*stages, Stage("with zero point", shifted, f"{stages[-1].value} {signed(-term)}, both zero points in output steps")]

    return scaled


@explains("MEAN", "SUM", types="FLOAT32")
def float_sums(site: Site) -> Place:
    values, count = _reduced(site)

    def place(at: Index) -> Derivation:
        rows, total = _folded(values(at), site.array(0).dtype, sum_=True)
        stages = [Stage("acc", total, f"the sum of {count} values, each sum rounded to float")]
        with np.errstate(all="ignore"):
            stages.append(_mean(total, count) if site.node.op.code == "MEAN" else Stage("out", total, "as it is"))
        return Derivation(stages, stages[-1].value, Taps(("input", "x", "sum"), rows))

    return place


@explains("REDUCE_MAX", "REDUCE_MIN", types="INT8 UINT8 FLOAT32")
def extremes(site: Site) -> Place:
    """Of stored values."""
    values, count = _reduced(site)
    smallest = site.node.op.code == "REDUCE_MIN"
    name = "smallest" if smallest else "largest"

    def place(at: Index) -> Derivation:
        rows, extreme = _folded(values(at), site.array(0).dtype, smallest=smallest)
        return Derivation([Stage("out", extreme, f"the {name} of {count} stored values")], extreme, Taps(("input", "x", name), rows))

    return place
