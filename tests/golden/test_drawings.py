"""Pictures and charts of reports, looked into: colours by value, where the worst is marked, what is left out."""

from __future__ import annotations

import base64
import io
import re

import numpy as np
import pytest

from tinylite.golden.charts import counted, histogram, value_bars
from tinylite.golden.heat_map import Scale, heat_map, is_picture, picture

Image = pytest.importorskip("PIL.Image")


def pixels(html: str) -> np.ndarray:
    """The only PNG of a figure, RGBA [height, width, 4]."""
    (content,) = re.findall(r'"data:image/png;base64,([^"]*)"', html)
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGBA")).astype(int)


def coloured(html: str) -> tuple[np.ndarray, np.ndarray]:
    """Where what was found is above the golden's, and where below."""
    red, _, blue, clear = np.moveaxis(pixels(html), 2, 0)
    return (red > blue) & (clear > 0), (blue > red) & (clear > 0)


def test_each_value_has_its_place_and_colour() -> None:
    steps = np.zeros((1, 4, 6, 2), np.int64)
    steps[0, 1, 2, 0], steps[0, 3, 5, 1], steps[0, 0, 0, 1] = 2, -1, 1
    html = heat_map(steps, (0, 1, 2, 0), Scale.of(steps, "steps"), "Steps of x")
    above, below = coloured(html)
    side = 24
    assert above.sum() == 2 * side * side and below.sum() == side * side
    assert above[3 + side : 3 + 2 * side, 3 + 2 * side : 3 + 3 * side].all()
    second = 3 + 6 * side + 3
    assert above[3 : 3 + side, second : second + side].all()
    assert below[3 + 3 * side : 3 + 4 * side, second + 5 * side : second + 6 * side].all()
    opacity = pixels(html)[..., 3]
    assert opacity[3 + side, 3 + 2 * side] == 255 and 0 < opacity[3, second] < 255, "two steps are stronger than one"
    cx, cy = map(float, re.findall(r'class="worst" cx="([\d.]+)" cy="([\d.]+)"', html)[0])
    assert (cx, cy) == (84 + 3 + 2.5 * side, 3 + 1.5 * side)
    assert "0-1</text>" in html and "the worst value is in the ring" in html.lower()


@pytest.mark.parametrize(
    "shape", [(7,), (1, 1000), (40, 3), (1, 9, 9, 3), (2, 3, 4, 5, 6), (1, 1, 1, 70), (1, 3000, 3000, 2), (1, 8, 8, 9000)]
)
def test_no_difference_is_lost_where_all_is_drawn_and_otherwise_the_caption_says_so(shape: tuple[int, ...]) -> None:
    steps = np.zeros(shape, np.int64)
    steps.flat[-1] = -5
    worst = tuple(size - 1 for size in shape)
    html = heat_map(steps, worst, Scale.of(steps, "steps"), "x")
    above, below = coloured(html)
    assert below.any() and not above.any()
    assert below.shape[0] <= 800 and below.shape[1] <= 720 and len(html) < 400_000
    caption = re.findall(r"<figcaption>(.*)</figcaption>", html)[0]
    assert ("values" in caption.replace("worst value", "")) == (shape in [(1, 3000, 3000, 2), (1, 8, 8, 9000)])
    assert ("dimension 0 at 1 of 2, dimension 1 at 2 of 3" in caption) == (len(shape) == 5)
    if shape[-1] == 9000:
        first, last = map(int, re.findall(r"channels (\d+) to (\d+) of 9000", caption)[0])
        assert first <= 8999 <= last


def test_channels_that_are_left_out_are_counted() -> None:
    steps = np.ones((1, 30, 30, 4000), np.int64)
    steps[0, 0, 0, 0] = 2
    caption = re.findall(r"<figcaption>(.*)</figcaption>", heat_map(steps, (0, 0, 0, 0), Scale.of(steps, "steps"), "x"))[0]
    first, last, rest = map(int, re.findall(r"channels (\d+) to (\d+) of 4000; in the others (\d+) values differ", caption)[0])
    assert first == 0 and rest == (3999 - last) * 900


def test_a_scale_of_floats_covers_three_decades_and_infinity_is_the_strongest() -> None:
    values = np.array([0.0, 1e-9, 1e-4, 1e-1, np.inf, -np.inf, np.nan])
    scale = Scale.of(values, "")
    assert (scale.low, scale.high) == (1e-4, 1e-1)
    assert scale.strength(np.abs(values[1:5])).tolist() == [0, 0, 1, 1]
    opacity = pixels(heat_map(values, (4,), scale, "x"))[15, 15::24, 3].tolist()[:7]
    assert opacity[0] == 0 and opacity[1] == opacity[2] < opacity[3] == opacity[4] == opacity[5] == opacity[6] == 255
    assert "+0.1" in scale.legend() and "-0.1" in scale.legend() and "steps" not in scale.legend()


def test_legends_of_few_steps_name_each() -> None:
    legend = Scale.of(np.array([3, -1, 0]), "steps").legend()
    assert re.findall(r"</i>([^<]*)<", legend) == ["-3", "-2", "-1", "0", "+1", "+2", "+3"]


@pytest.mark.parametrize("largest", [3, 8, 9, 200, 70_000, 2**31, 2**62])
def test_counts_of_steps_add_up(largest: int) -> None:
    steps = np.concatenate([np.arange(-8, 9), [largest, -largest, largest // 3, 0, 0]])
    rows = counted(steps)
    assert sum(count for _, count in rows) == steps.size and len(rows) <= 19
    assert dict(rows)["0"] == 3
    assert rows[0][0].startswith("-") and rows[-1][0].startswith("+")
    html = histogram(rows, "steps", "How many")
    assert html.count("<rect") == len(rows) and all(f">{count:,}</text>" in html for _, count in rows)
    assert f"{rows[0][0]}: {rows[0][1]}" in re.findall('aria-label="([^"]*)"', html)[0]


def test_bars_of_values_mark_those_that_differ() -> None:
    golden, found = np.array([1.0, -2.0, 3.0, np.nan, 5.0]), np.array([1.0, -2.5, 3.5, np.nan, np.inf])
    html = value_bars(golden, found, "Golden <b>")
    assert html.count('class="below"') == 1 and html.count('class="above"') == 2 and "<b>" not in html
    assert "nan" not in html and "inf" not in html.replace("info", "")


def test_pictures_are_known_by_their_shape_and_drawn_on_a_scale() -> None:
    assert all(is_picture(np.zeros(shape, np.uint8)) for shape in [(1, 8, 8, 3), (8, 9, 1), (2, 8, 8, 3)])
    assert not any(is_picture(np.zeros(shape, np.uint8)) for shape in [(1, 8, 8, 4), (1, 7, 8, 3), (10,), (8, 8), (1, 1, 8, 8, 3)])
    assert not is_picture(np.zeros((8, 8, 1), bool))
    value = np.linspace(-1, 1, 64, dtype=np.float32).reshape(8, 8, 1)
    grey = pixels(picture(value, -1, 1, "golden"))[..., 0]
    assert grey[0, 0] == 0 and grey[-1, -1] == 255 and abs(grey[3, 7] - 125) < 2
    value[0, 0] = np.nan
    assert pixels(picture(value, -1, 1, "golden")).shape == (8, 8, 4)
    large = picture(np.zeros((2000, 500, 3), np.uint8), 0, 255, "found")
    assert pixels(large).shape[0] == 320 and "drawn smaller than 500 x 2000" in large
