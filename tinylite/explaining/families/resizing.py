"""RESIZE_BILINEAR: four neighbours, by how near they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..explanation import Derivation, Stage, Taps
from ..integers import divide_half_up, divide_towards_zero
from ..site import Index, Place, Site, explains

__all__: list[str] = []

_HEADERS = ("input", "x", "part of row", "part of column", "product", "sum")


def _blend(x: np.ndarray, ys: Any, xs: Any, at: Index, one: int) -> tuple[list[tuple[Any, ...]], int]:
    """The four neighbours, each times its parts of `one`, in the order of kernels: both rows of the left column, then of the right."""
    n, y, x_at, channel = at
    rows: list[tuple[Any, ...]] = []
    total = 0
    for column, part_x in _neighbours(xs, x_at, one):
        for row, part_y in _neighbours(ys, y, one):
            value = int(x[n, row, column, channel])
            total += value * part_y * part_x
            rows.append(((n, row, column, channel), value, part_y, part_x, value * part_y * part_x, total))
    return rows, total


@explains("RESIZE_BILINEAR", types="INT8")
def integers(site: Site) -> Place:
    """With ten fractional bits for each part."""
    x = site.array(0)
    ys, xs = _tables(site, site.operator.integers)  # type: ignore[attr-defined]

    def place(at: Index) -> Derivation:
        rows, total = _blend(x, ys, xs, at, 1024)
        rounded = divide_towards_zero(total + 524288 if total > 0 else total - 524288, 1 << 20)
        stages = [
            Stage("acc", total, "the sum of four neighbours, each times two parts of 1024"),
            Stage("out", rounded, f"{total} / 2^20, rounded, halves away from zero"),
        ]
        return Derivation(stages, rounded, Taps(_HEADERS, rows))

    return place


@explains("RESIZE_BILINEAR", types="INT8 UINT8", methods=("xnnpack",))
def eleven_bits(site: Site) -> Place:
    """With eleven fractional bits for each part."""
    x = site.array(0)
    ys, xs = _tables(site, site.operator.eleven_bits)  # type: ignore[attr-defined]

    def place(at: Index) -> Derivation:
        rows, total = _blend(x, ys, xs, at, 2048)
        rounded = divide_half_up(total, 22)
        stages = [
            Stage("acc", total, "the sum of four neighbours, each times two parts of 2048"),
            Stage("out", rounded, f"{total} / 2^22, rounded, halves up"),
        ]
        return Derivation(stages, rounded, Taps(_HEADERS, rows))

    return place


@explains("RESIZE_BILINEAR", types="UINT8", methods=("optimized",))
def weights(site: Site) -> Place:
    """In float, with the product of both parts rounded first, and the neighbours in the order of a line."""
    x = site.array(0)
    ys, xs = _tables(site, site.operator.floats)  # type: ignore[attr-defined]
    one = np.float32(1)

    def place(at: Index) -> Derivation:
        n, y, x_at, channel = at
        rows, total = [], None
        for row, part_y in _neighbours(ys, y, one):
            for column, part_x in _neighbours(xs, x_at, one):
                value = np.float32(x[n, row, column, channel])
                product = value * (part_y * part_x)
                total = product if total is None else total + product
                rows.append(((n, row, column, channel), value, part_y, part_x, product, total))
        assert total is not None
        stages = [
            Stage("acc", total, "the sum of four neighbours, each times the product of two parts, each step rounded to float"),
            Stage("out", int(total + np.float32(0.5)), f"{total!s} + 0.5 in float, cut off"),
        ]
        return Derivation(stages, stages[-1].value, Taps(_HEADERS, rows))

    return place


@explains("RESIZE_BILINEAR", types="UINT8 FLOAT32")
def floats(site: Site) -> Place:
    """In float, each product and each sum rounded; of bytes, a half is added and the rest cut off."""
    x, bytes_ = site.array(0), site.result.type == "UINT8"
    ys, xs = _tables(site, site.operator.floats)  # type: ignore[attr-defined]
    one = np.float32(1)

    def place(at: Index) -> Derivation:
        n, y, x_at, channel = at
        rows, total = [], None
        with np.errstate(all="ignore"):
            for column, part_x in _neighbours(xs, x_at, one):
                for row, part_y in _neighbours(ys, y, one):
                    value = np.float32(x[n, row, column, channel])
                    product = value * part_y * part_x
                    total = product if total is None else total + product
                    rows.append(((n, row, column, channel), value, part_y, part_x, product, total))
            assert total is not None
            total = total + np.float32(0)
        taps = Taps(_HEADERS, rows)
        stages = [Stage("acc", total, "the sum of four neighbours, each times two parts, each step rounded to float")]
        if bytes_:
            stages.append(Stage("out", int(total + np.float32(0.5)), f"{total!s} + 0.5 in float, cut off"))
        else:
            stages.append(Stage("out", total, "as it is"))
        return Derivation(stages, stages[-1].value, taps)

    return place


def _tables(site: Site, make):  # type: ignore[no-untyped-def]
    """For rows and columns: both neighbours of each output index, and the distance from the first."""
    options, x, out = site.node.options, site.array(0), site.result
    return [make(x.shape[axis], out.shape[axis], options.align_corners, options.half_pixel_centers) for axis in (1, 2)]


def _neighbours(table, at: int, one):  # type: ignore[no-untyped-def]
    """Both neighbours with their parts, which add up to `one`."""
    first, second, distance = (part[at] for part in table)
    distance = type(one)(distance)
    return (int(first), one - distance), (int(second), distance)
