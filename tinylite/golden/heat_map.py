"""Pictures of tensors in reports: where values differ and by how much, and what picture-like tensors hold. PNG within HTML."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ..html_page import figure
from ..html_tables import Html, html_cell

__all__ = ["Scale", "heat_map", "is_picture", "picture"]

_WIDTH, _HEIGHT, _GAP, _MARGIN = 700, 760, 3, 84  # of a heat map, between its tiles, and for labels to its left
_SMALLEST_TILE = 8  # smaller ones show nothing
_LARGEST_VALUE = 24  # pixels along a side of a value
_ABOVE, _BELOW, _EDGE = (222, 90, 20), (52, 118, 222), (128, 128, 128)  # told apart on white and on black, and by the colour-blind
_EDGE_INDEX = 255


@dataclass(frozen=True)
class Scale:
    """The colours of differences: those of `low` and less are the palest, and those of `high` and more the strongest, by logarithm.

    `unit` follows numbers in words: "steps", or "" for real numbers.
    """

    low: float
    high: float
    unit: str

    @classmethod
    def of(cls, differences: np.ndarray, unit: str) -> Scale:
        """The scale on which these can be told apart: from 1 for whole numbers, over three decades for floats."""
        finite = np.abs(differences[np.isfinite(differences)]) if differences.dtype.kind == "f" else np.abs(differences)
        high = float(finite.max(initial=0)) or 1.0
        return cls(high / 1000 if differences.dtype.kind == "f" else 1.0, high, unit)

    def strength(self, size: np.ndarray) -> np.ndarray:
        """0 to 1 of differences without their sign."""
        if self.high <= self.low:
            return np.ones(size.shape)
        with np.errstate(divide="ignore"):
            return np.clip(np.log(size.astype(np.float64) / self.low) / math.log(self.high / self.low), 0, 1)

    def legend(self) -> Html:
        """Swatches with what they mean, from the lowest to the highest difference."""
        sizes = self._marks()
        signed = [*(-size for size in reversed(sizes)), 0, *sizes]
        swatches = "".join(f'<span class="swatch"><i style="background:{self._css(each)}"></i>{_number(each)}</span>' for each in signed)
        return Html(f'<p class="legend">golden is higher {swatches} golden is lower{f", in {self.unit}" if self.unit else ""}</p>')

    def _marks(self) -> list[float]:
        if self.low == 1 and self.high <= 4:
            return [float(size) for size in range(1, int(self.high) + 1)]
        ratio = (self.high / self.low) ** (1 / 3)
        marks = [self.low, self.low * ratio, self.low * ratio * ratio, self.high]
        return [float(round(mark)) for mark in marks] if self.low == 1 else marks

    def _css(self, difference: float) -> str:
        if not difference:
            return "transparent"
        strength = float(self.strength(np.array(abs(difference))))
        return f"rgba{(*(_ABOVE if difference > 0 else _BELOW), round(_opacity(strength), 2))}"


def _opacity(strength: float) -> float:
    return 0.4 + 0.6 * strength


def _number(value: float) -> str:
    return "0" if not value else f"{value:+.3g}" if abs(value) < 1e6 else f"{value:+.1e}"


def heat_map(differences: np.ndarray, worst: Sequence[int], scale: Scale, name: str) -> Html:
    """A figure of the differences of a tensor, of any shape of at least one dimension and without 0: a plane for each channel.

    What does not fit is drawn smaller, each place in the colour of the largest of its differences, and of many channels those next to
    the worst value are drawn; the caption says so. `name` is what the figure shows, in words.
    """
    planes, place, notes = _planes(differences, worst)
    count, height, width = planes.shape
    kh, kw, first, shown = _fitting(count, height, width, place[0])
    if kh * kw > 1:
        notes.append(f"each place is the largest difference of {kh} x {kw} values")
    tiles = _pooled(planes[first : first + shown], kh, kw)
    if shown < count:
        rest = int(np.count_nonzero(planes)) - int(np.count_nonzero(planes[first : first + shown]))
        notes.append(f"channels {first} to {first + shown - 1} of {count}; in the others {rest} values differ")
    size = _value_size(*tiles.shape)
    columns = _columns(tiles.shape[0], tiles.shape[2] * size)
    content, (wide, high) = _drawn(tiles, scale, size, columns)
    step_y, step_x = tiles.shape[1] * size + _GAP, tiles.shape[2] * size + _GAP
    row, column = divmod(place[0] - first, columns)
    x = _MARGIN + _GAP + column * step_x + place[2] // kw * size + size / 2
    y = _GAP + row * step_y + place[1] // kh * size + size / 2
    ring = max(size / 2 + 3, 6)
    labels = _row_labels(count, height, width, first, shown, columns, step_y, kh)
    text = "".join(f'<text x="{_MARGIN - 6}" y="{at:.0f}" text-anchor="end">{html_cell(label)}</text>' for at, label in labels)
    svg = (
        f'<svg viewBox="0 -8 {_MARGIN + wide + 8} {high + 16}" style="width:{_MARGIN + wide + 8}px" role="img" '
        f'aria-label="{html_cell(name)}">'
        f'<image x="{_MARGIN}" y="0" width="{wide}" height="{high}" href="{_data_uri(content)}"/>{text}'
        f'<circle class="worst" cx="{x:.1f}" cy="{y:.1f}" r="{ring:.1f}"/></svg>'
    )
    caption = f"{name}. The worst value is in the ring{''.join(f'; {note}' for note in notes)}."
    return figure(Html(f'<div class="wide">{svg}</div>{scale.legend()}'), caption)


def _planes(values: np.ndarray, worst: Sequence[int]) -> tuple[np.ndarray, tuple[int, int, int], list[str]]:
    """[channels, rows, columns], where the worst is in them, and what was left out. Dimensions of 1 do not count; the last of three
    that are left is the channels, one dimension is wrapped into rows, and of more than three the first stay where the worst is."""
    notes: list[str] = []
    kept = [axis for axis in range(values.ndim) if values.shape[axis] > 1]
    if len(kept) > 3:
        fixed = kept[: len(kept) - 3]
        notes.append(", ".join(f"dimension {axis} at {worst[axis]} of {values.shape[axis]}" for axis in fixed))
        kept = kept[len(fixed) :]
    values = values[tuple(slice(None) if axis in kept else worst[axis] for axis in range(values.ndim))]
    at = tuple(int(worst[axis]) for axis in kept)
    if values.ndim == 3:
        return np.moveaxis(values, 2, 0), (at[2], at[0], at[1]), notes
    if values.ndim == 2:
        return values[np.newaxis], (0, at[0], at[1]), notes
    width = min(values.size, 64) if values.size <= 64 * 64 else math.ceil(math.sqrt(values.size))
    rows = -(-values.size // width)
    wrapped = np.zeros(rows * width, values.dtype)
    wrapped[: values.size] = values.ravel()
    return wrapped.reshape(1, rows, width), (0, *divmod(at[0] if at else 0, width)), notes


def _columns(count: int, width: int) -> int:
    return min(count, max(1, (_WIDTH + _GAP) // (width + _GAP)))


def _fits(count: int, height: int, width: int) -> bool:
    rows = -(-count // _columns(count, width))
    return width <= _WIDTH and rows * (height + _GAP) - _GAP <= _HEIGHT


def _fitting(count: int, height: int, width: int, worst: int) -> tuple[int, int, int, int]:
    """How many values along each axis share a place, the first channel that is drawn, and how many are."""
    if count == 1:
        return -(-height // _HEIGHT), -(-width // _WIDTH), 0, 1
    factor = 1
    while not _fits(count, -(-height // factor), -(-width // factor)):
        if min(height, width) // (factor + 1) < _SMALLEST_TILE and _fits(1, -(-height // factor), -(-width // factor)):
            break
        factor += 1
    high, wide = -(-height // factor), -(-width // factor)
    shown = min(count, _columns(count, wide) * max(1, (_HEIGHT + _GAP) // (high + _GAP)))
    return factor, factor, min(max(0, worst - shown // 2), count - shown), shown


def _value_size(count: int, height: int, width: int) -> int:
    """The largest whole number of pixels along a side of a value with which all fits."""
    return next((size for size in range(_LARGEST_VALUE, 1, -1) if _fits(count, height * size, width * size)), 1)


def _pooled(planes: np.ndarray, kh: int, kw: int) -> np.ndarray:
    """The difference of the largest size in each block."""
    if kh == kw == 1:
        return planes
    count, height, width = planes.shape
    padded = np.pad(planes, ((0, 0), (0, -height % kh), (0, -width % kw)))
    blocks = padded.reshape(count, padded.shape[1] // kh, kh, padded.shape[2] // kw, kw).swapaxes(2, 3)
    blocks = blocks.reshape(*blocks.shape[:3], kh * kw)
    return np.take_along_axis(blocks, np.abs(blocks).argmax(axis=3)[..., np.newaxis], 3)[..., 0]


def _drawn(tiles: np.ndarray, scale: Scale, size: int, columns: int) -> tuple[bytes, tuple[int, int]]:
    """A PNG of a palette: 0 is clear, 1..127 above, 128..254 below, 255 what is between tiles."""
    from PIL import Image

    finite = np.where(np.isnan(tiles), np.inf, tiles) if tiles.dtype.kind == "f" else tiles
    strength = np.round(126 * scale.strength(np.abs(finite))).astype(np.uint8)
    shades = np.where(finite == 0, 0, np.where(finite > 0, 1, 128) + strength).astype(np.uint8)
    count, height, width = shades.shape
    rows, step_y, step_x = -(-count // columns), height * size + _GAP, width * size + _GAP
    canvas = np.zeros((rows * step_y + _GAP, columns * step_x + _GAP), np.uint8)
    for number, shade in enumerate(shades):
        y, x = number // columns * step_y, number % columns * step_x
        canvas[y + 1 : y + step_y + 2, x + 1 : x + step_x + 2] = _EDGE_INDEX
        canvas[y + 2 : y + step_y + 1, x + 2 : x + step_x + 1] = 0
        canvas[y + _GAP : y + step_y, x + _GAP : x + step_x] = shade.repeat(size, 0).repeat(size, 1)
    image = Image.fromarray(canvas)
    image.putpalette([0, 0, 0, *(_ABOVE * 127), *(_BELOW * 127), *_EDGE])
    opacities = [round(255 * _opacity(step / 126)) for step in range(127)]
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True, transparency=bytes([0, *opacities, *opacities, 110]))
    return content.getvalue(), (canvas.shape[1], canvas.shape[0])


def _row_labels(count: int, height: int, width: int, first: int, shown: int, columns: int, step: int, kh: int) -> list[tuple[float, str]]:
    """Where a row of tiles is, and the numbers of its channels; of a single plane, the numbers of some of its rows."""
    if count > 1:
        starts = range(first, first + shown, columns)
        labels = [(row * step + step / 2 + 4, _range(start, min(start + columns, first + shown) - 1)) for row, start in enumerate(starts)]
    else:
        size = (step - _GAP) / -(-height // kh)
        labels = [((row / kh + 0.5) * size + 4, str(row)) for row in range(height)]
    every = max(1, math.ceil(16 * len(labels) / (labels[-1][0] - labels[0][0] + 1)))  # lines of 16 pixels
    return labels[::every]


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def is_picture(value: np.ndarray) -> bool:
    """Whether a tensor may be a picture, or several: rows and columns of 1 or 3 numbers."""
    shape = value.shape if value.ndim == 4 else (1, *value.shape)
    return len(shape) == 4 and shape[3] in (1, 3) and min(shape[1:3]) >= 8 and value.dtype.kind in "iuf"


def picture(value: np.ndarray, low: float, high: float, name: str) -> Html:
    """A figure of a picture [height, width, 1 or 3] whose values from `low` to `high` become dark to light."""
    from PIL import Image

    with np.errstate(invalid="ignore", over="ignore"):
        light = np.nan_to_num((value.astype(np.float64) - low) * (255 / ((high - low) or 1.0)), nan=0.0)
    pixels = np.clip(np.round(light), 0, 255).astype(np.uint8)
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    caption = name
    if max(image.size) > 320:
        image.thumbnail((320, 320))
        caption += f", drawn smaller than {value.shape[1]} x {value.shape[0]}"
    zoom = max(1, 256 // max(image.size))
    content = io.BytesIO()
    image.save(content, "PNG", optimize=True)
    tag = f'<img src="{_data_uri(content.getvalue())}" alt="{html_cell(name)}" style="width:{image.size[0] * zoom}px">'
    return figure(Html(tag), caption)


def _data_uri(content: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(content).decode()}"
