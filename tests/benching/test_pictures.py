"""The report of a benchmark as a page: what it draws, that it is small and stands for itself, and that names are only text in it."""

from __future__ import annotations

import dataclasses
import html
import math
import re
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite.benching.estimates import Estimate
from tinylite.benching.pictures.page import MOST_BYTES, report_html, save_html
from tinylite.benching.records import BenchRow, Measurement
from tinylite.errors import FileError, MissingPackageError
from tinylite.report.memory import Placed

from .drawn import PEAKS, made_op, made_plan, made_profile, timed_row
from .made import made_bench


def test_says_what_to_install_where_matplotlib_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingPackageError, match=r"matplotlib.*pip install 'tinylite\[bench\]'"):
        report_html(made_bench([timed_row()]))


mpl = pytest.importorskip("matplotlib")

from tinylite.benching.pictures import distributions, memory_plan, op_strip, ratios, roofline, scaling  # noqa: E402
from tinylite.benching.pictures.drawing import COLOURS, SERIES, draw, fitted, log_ticks, text_width  # noqa: E402
from tinylite.benching.pictures.ratios import Ratio  # noqa: E402

NASTY = (
    "<script>alert(1)</script>", "a & b \"c\" 'd'", "$x_1$ and $\\frac{1}{0}$ $", "\x00\x1b[31m\u202e", "\ud800half", "名前/層" * 9,
    "", "x" * 5000, "_leading", "tip0", "%s {0}",
)  # fmt: skip


def full_row(name: str, ops: int = 30, **options: Any) -> BenchRow:
    """A row with everything that is drawn of one."""
    row = timed_row(name, **options)
    seconds = 1e-6 * row.threads
    row.profile = made_profile([made_op(index, seconds * (1 + index % 7), output=f"{name} {index}") for index in range(ops)])
    row.plan = made_plan(ops, name)
    return row


def svg_of(text: str | None) -> ET.Element:
    """The one drawing in a part of a page."""
    assert text is not None
    (found,) = re.findall(r"<svg.*?</svg>", text, re.S)
    return ET.fromstring(found)


def words(svg: ET.Element) -> list[str]:
    return [text.text or "" for text in svg.iter("text")]


def shapes(svg: ET.Element, colour: str, key: str = "fill") -> list[np.ndarray]:
    """The corners of all paths with that colour, each [count, x and y]."""
    variable = f"{key}:var(--{next(name for name, each in COLOURS.items() if each == colour)})"
    found = [path.attrib["d"] for path in svg.iter("path") if variable in path.attrib.get("style", "").split(";")]
    return [np.array(re.findall(r"(-?[\d.]+) (-?[\d.]+)", each), float) for each in found]


def dots(svg: ET.Element, colour: str) -> np.ndarray:
    """Where markers of that colour are."""
    variable = f"fill:var(--{next(name for name, each in COLOURS.items() if each == colour)})"
    found = [use.attrib for use in svg.iter("use") if variable in use.attrib.get("style", "")]
    return np.array([(float(each["x"]), float(each["y"])) for each in found])


# ---- the page


def test_a_page_is_one_file_without_network_and_script() -> None:
    text = report_html(made_bench([full_row("one"), full_row("two", threads=2, seed=1), full_row("two")]))
    # Ratios, threads, and of each row rounds, ops, roofline and memory; the plans of one model are the same.
    assert len(re.findall("<svg", text)) == 1 + 1 + 3 * 4 - 1
    for forbidden in ("http:", "https:", "<script", "<link", "@import", "url(", "src=", "onload", "<metadata", "clip-path"):
        assert forbidden not in text, forbidden
    identities = re.findall(r' id="([^"]*)"', text)
    assert identities and len(set(identities)) == len(identities)
    assert set(re.findall(r' href="#([^"]*)"', text)) == set(identities)
    for svg in re.findall(r"<svg.*?</svg>", text, re.S):
        root = ET.fromstring(svg)
        assert root.attrib["viewBox"] and root.attrib["role"] == "img" and len(root.attrib["aria-label"]) > 20
        assert "width:100%" in root.attrib["style"]
        # Colours are the page's, for both schemes.
        assert not re.search(r'style="[^"]*#[0-9a-f]{3}', svg)
    style = text.split("<style>")[1].split("</style>")[0]
    light, dark = style.split("@media (prefers-color-scheme: dark)")[:2]
    for name in set(re.findall(r"var\(--(\w+)\)", text)):
        assert f"--{name}:" in light, name
        if name not in ("above", "below"):
            assert f"--{name}:" in dark, name


def test_a_page_is_the_same_each_time_and_whatever_the_settings_of_matplotlib() -> None:
    bench = made_bench([full_row("one"), full_row("one", threads=2)])
    expected = report_html(bench)
    with mpl.rc_context({"text.usetex": True, "font.size": 40, "axes.facecolor": "red", "svg.fonttype": "path", "lines.linewidth": 9}):
        before = dict(mpl.rcParams)
        assert report_html(bench) == expected
        assert dict(mpl.rcParams) == before


@pytest.mark.parametrize("name", NASTY)
def test_names_are_text_and_nothing_else(name: str) -> None:
    row = full_row(name, ops=2, medians={"tinylite": 1e-3, name + "1": 2e-3, name + "2": 1e-2})
    other = timed_row(name, threads=2, seed=1, medians={"tinylite": 1e-3, name + "1": 2e-3, name + "2": 1e-2})
    row.noise = [name]
    row.measurements.append(Measurement(name, refused=name))
    text = report_html(made_bench([row, other]))
    text.encode("utf-8")
    assert len(re.findall("<svg", text)) == 2 + 4 + 1
    assert "<script" not in text and "\x1b" not in text and "\u202e" not in text
    opened: list[str] = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            opened.append(tag)
            assert not any(key.startswith("on") for key, _ in attributes)

        def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
            pass

        def handle_endtag(self, tag: str) -> None:
            while opened.pop() != tag:
                assert opened, tag

    Parser().feed(text)
    if name == NASTY[2]:
        assert "$x_1$ and $\\frac{1}{0}$" in " ".join(
            word for svg in re.findall(r"<svg.*?</svg>", text, re.S) for word in words(svg_of(svg))
        )


def test_a_page_of_many_rows_and_ops_is_small_and_says_what_it_leaves_out() -> None:
    runtimes = {"tinylite": 1e-3, **{f"a baseline of a long name {number}": 2e-3 for number in range(4)}}
    rows = [
        full_row(f"a model with a rather long name {number}", 200, medians=runtimes, launches=8, rounds=40, threads=1 + number % 2)
        for number in range(100)
    ]
    text = report_html(made_bench(rows))
    size = len(text.encode())
    assert MOST_BYTES * 0.8 < size < MOST_BYTES
    drawn = len(re.findall("<svg", text))
    left = int(re.findall(r"(\d+) more pictures of rows did not fit", text)[0])
    assert drawn - 1 + left == 4 * len(rows)
    for kind in ("Rounds:", "Ops:", "Roofline:", "Memory plan:"):
        assert kind in text
    assert "360 more ratios are not drawn" in text
    assert "160 more ops" in text


def test_rows_without_end_do_not_take_time_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from tinylite.benching.pictures import page as pages

    drawn: list[str] = []
    real = pages.distributions
    monkeypatch.setattr(pages, "distributions", lambda found, name: (drawn.append(name), real(found, name))[1])
    monkeypatch.setattr(pages, "_MOST_TRIED", 5)
    text = report_html(made_bench([timed_row()] * 40))  # all alike, so that they take no room
    assert len(drawn) == 5
    assert "35 more pictures of rows did not fit" in text


def test_a_page_of_huge_names_is_small() -> None:
    rows = [full_row(f"{number}" + "名" * 5000, 200, medians={"tinylite": 1e-3, "層" * 900: 2e-3}) for number in range(300)]
    assert len(report_html(made_bench(rows)).encode()) < MOST_BYTES


def test_a_page_says_what_was_interrupted_refused_and_noisy() -> None:
    row = timed_row("one")
    row.noise = ["the clock moved by 4 %"]
    refused = BenchRow("two", "model", "", [Measurement("tinylite", refused="it is not a .tflite file")])
    bench = made_bench([row, refused, BenchRow("three", "op", "", [])])
    bench.complete = False
    text = report_html(bench)
    assert "interrupted" in text and "one, 1 thread, noisy: the clock moved by 4 %" in text
    assert "two, 1 thread, tinylite refused: it is not a .tflite file" in text and ">three<" in text


@pytest.mark.parametrize("value", [0.0, -1.0, math.inf, 1e-300, 1e300, 5e-324])
def test_figures_that_are_none_are_left_out(value: float) -> None:
    row, other = full_row("one"), full_row("one", threads=2)
    for each in (*row.measurements, *other.measurements[:1]):
        each.seconds = each.ratio = Estimate(value, value, value)
        each.launches = [[value, 1e-3], [value]]
    other.measurements[1].seconds = Estimate(1e-3, value, math.inf)
    row.profile = made_profile([made_op(0, value), made_op(1, 1e-6)])
    row.plan = dataclasses.replace(made_plan(2), plan=(*made_plan(2).plan, Placed(7, "a", 0, 9, 0, 0), Placed(0, "b", -5, 1 << 70, -9, 99)))
    text = report_html(made_bench([row, other]))
    assert "<svg" in text and "nan" not in re.sub(r"<title>.*?</title>", "", text).lower()


def test_saving_is_whole_or_not_at_all(tmp_path: Path) -> None:
    bench, path = made_bench([timed_row()]), tmp_path / "report.html"
    save_html(bench, path)
    assert path.read_text() == report_html(bench)
    with pytest.raises(FileError, match="nowhere"):
        save_html(bench, tmp_path / "nowhere" / "report.html")


# ---- the pictures


def test_ops_are_as_long_as_their_times_and_in_their_order() -> None:
    ops = [made_op(index, seconds) for index, seconds in enumerate((1e-6, 4e-6, 3e-6, 2e-6))]
    svg = svg_of(op_strip.op_strip(ops, "ops"))
    colours = op_strip.bound_colours(ops)
    lengths = {}
    for op in ops:
        piece, bar = sorted(shapes(svg, colours[op.bound]), key=lambda shape: shape[:, 1].max())[-2:]  # the first is of the legend
        lengths[op.index] = np.ptp(piece[:, 0]), np.ptp(bar[:, 0]), piece[:, 0].min(), bar[:, 1].min()
    for number, seconds in enumerate((1e-6, 4e-6, 3e-6, 2e-6)):
        assert lengths[number][0] == pytest.approx(760 * seconds / 1e-5 - 1, abs=0.2)
        assert lengths[number][1] / lengths[1][1] == pytest.approx(seconds / 4e-6, abs=0.01)
    assert [lengths[number][2] for number in range(4)] == pytest.approx([0, 76, 380, 608])
    assert sorted(range(4), key=lambda number: lengths[number][3]) == [1, 2, 3, 0]
    assert "40.0% · 4 µs" in words(svg)


def test_of_many_ops_the_slowest_are_named() -> None:
    ops = [made_op(index, 1e-6 + index * 1e-9, output=f"out {index}") for index in range(100)]
    found = words(svg_of(op_strip.op_strip(ops, "ops")))
    assert {f"out {index}" for index in range(60, 100)} <= set(found) and "out 59" not in found
    assert "60 more ops" in found


def test_dots_of_a_roofline_are_where_their_figures_are() -> None:
    ops = [made_op(0, 1e-5, operations=10**6, size=10**5), made_op(4, 1e-5, operations=10**6, size=10**4)]  # 100 GOP/s; 10 and 100 a byte
    svg = svg_of(roofline.roofline(ops, PEAKS, "roof"))
    low, high = sorted(dots(svg, op_strip.bound_colours(ops)["compute"]).tolist())
    assert low[1] == high[1]
    ticks = {text.text: float(text.attrib["x"]) for text in svg.iter("text") if "text-anchor:middle" in text.attrib.get("style", "")}
    assert low[0] == pytest.approx(ticks["10"], abs=0.2) and high[0] == pytest.approx(ticks["100"], abs=0.2)
    found = words(svg)
    assert "8-bit: 200 GOP/s" in found and "memory: 10 GB/s" in found and "cache: 100 GB/s" in found
    assert not any(each.startswith("float") for each in found)  # no op has such operations
    assert roofline.roofline([made_op(0, 1e-5, operations=0)], PEAKS, "roof") is None
    assert "memory" not in " ".join(words(svg_of(roofline.roofline(ops, None, "roof"))))


def test_every_round_is_a_mark_and_every_launch_a_line() -> None:
    row = timed_row(launches=3, rounds=20)
    svg = svg_of(distributions.distributions(row.measurements, "rounds"))
    for each, colour in zip(row.measurements, SERIES, strict=False):
        lanes = [shape for shape in shapes(svg, colour, "stroke") if len(shape) > 2]
        assert len(lanes) == 3
        assert sum(len(lane) for lane in lanes) // 2 in (59, 60)  # one may be slower than what is shown
        for lane, launch in zip(lanes, each.launches, strict=True):
            drawn, seconds = lane[::2, 0], np.log(launch)
            if drawn.size == seconds.size:  # two runtimes of different speeds: the axis is logarithmic
                assert np.corrcoef(drawn, seconds)[0, 1] > 0.999
    assert "60 rounds, 3 launches" in words(svg)


def test_slow_rounds_are_counted_and_do_not_hide_the_others() -> None:
    row = timed_row(medians={"tinylite": 1e-3}, launches=2, rounds=100)
    row.measurements[0].launches[1][7] = 5.0
    svg = svg_of(distributions.distributions(row.measurements, "rounds"))
    assert any(re.fullmatch(r"[1-7] slower, not shown", each) for each in words(svg))
    lanes = [shape for shape in shapes(svg, SERIES[0], "stroke") if len(shape) > 2]
    assert np.ptp(np.concatenate(lanes)[:, 0]) > 400  # of 574 pixels


def test_of_many_rounds_quantiles_are_drawn() -> None:
    row = timed_row(medians={"tinylite": 1e-3}, launches=40, rounds=500)
    picture = distributions.distributions(row.measurements, "rounds")
    assert picture is not None and len(picture) < 10_000
    assert "20000 rounds, 40 launches" in words(svg_of(picture))
    assert len([shape for shape in shapes(svg_of(picture), SERIES[0], "stroke") if len(shape) > 2]) == 12


def test_ratios_are_on_a_logarithmic_axis_around_one() -> None:
    lines = [Ratio(f"row {value}", Estimate(value, value * 0.9, value * 1.1), SERIES[0]) for value in (0.25, 0.5, 2.0, 4.0)]
    svg = svg_of(ratios.ratios(lines, "ratios", "the ratio", ("faster", "slower"), floor=0.05))
    xs = dots(svg, SERIES[0])[:, 0]
    (one,) = (shape for shape in shapes(svg, COLOURS["ink"], "stroke") if len(shape) == 2)
    steps = (xs - one[0, 0]) / (xs[-1] - one[0, 0])
    assert steps == pytest.approx([-1, -0.5, 0.5, 1], abs=0.01)
    bars = shapes(svg, SERIES[0], "stroke")
    assert (bars[0][1, 0] - bars[0][0, 0]) / (xs[-1] - xs[-2]) == pytest.approx(math.log(1.1 / 0.9) / math.log(2), abs=0.02)
    assert "the ratio" in words(svg) and "row 0.25" in words(svg)
    assert ratios.ratios([], "ratios", "the ratio", ("faster", "slower")) is None


def test_ops_of_a_model_have_a_picture_of_ratios_with_the_slowest_first() -> None:
    ops = [timed_row(f"op {number}", {"tinylite": 1e-4, "xnnpack": 1e-4}) for number in range(3)]
    for op, count in zip(ops, (1, 5, 3), strict=True):
        op.kind, op.part_of, op.count = "op", "model", count
    text = report_html(made_bench([ops[0], timed_row("model"), *ops[1:]]))
    assert "<h1>Benchmark of model</h1>" in text
    beside, of_ops = (words(ET.fromstring(found)) for found in re.findall(r"<svg.*?</svg>", text, re.S)[:2])
    assert "model" in beside and not any(each.startswith("op ") for each in beside)
    assert [each for each in of_ops if each.startswith("op ")] == ["op 1", "op 2", "op 0"]
    sections = re.findall("<h2>(.*?)</h2>", text)
    of_model = "Ops of model beside the baselines, 1 thread"
    assert sections == ["Results", "Beside the baselines", of_model, "model, 1 thread", "Ops one by one"]
    results, folded = text.split("<details><summary>Ops of model</summary>")
    assert "op 1<" in folded.split("</table>")[0] and "op 1<" not in results.split("</table>")[0]
    alone = report_html(made_bench(ops))
    assert "op 1, 1 thread" in re.findall("<h2>(.*?)</h2>", alone) and "<details>" not in alone


def test_what_changed_is_beside_the_figures_in_the_colours_of_the_verdicts() -> None:
    old = made_bench([timed_row(name, seed=seed) for seed, name in enumerate(("slower", "same", "faster"))])
    new = made_bench([
        timed_row("slower", {"tinylite": 1.3e-3, "xnnpack": 2e-3}), timed_row("same", seed=9),
        timed_row("faster", {"tinylite": 0.7e-3, "xnnpack": 2e-3}),
    ])  # fmt: skip
    comparison = new.compare(old)
    text = report_html(new, comparison)
    assert comparison.summary() in html.unescape(text) and "5.0% to either side" in text
    changes, beside, *_ = (ET.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.S))
    assert {"faster now", "slower now", "slower", "same"} <= set(words(changes)) and "the baseline is faster" in words(beside)
    for colour, middle in ((COLOURS["bad"], 1.3), (COLOURS["good"], 0.7), (COLOURS["bar"], 1.0)):
        (dot,) = dots(changes, colour)
        one = next(shape for shape in shapes(changes, COLOURS["ink"], "stroke") if len(shape) == 2)[0, 0]
        assert (dot[0] - one) * (middle - 1) > 0 or (middle == 1.0 and abs(dot[0] - one) < 20)
    assert "Then and now" not in report_html(new)


def test_an_interval_that_is_not_known_does_not_widen_the_axis() -> None:
    def one(*more: Ratio) -> float:
        lines = [Ratio("a", Estimate(1.1, 1.05, 1.15), SERIES[0]), *more]
        return float(dots(svg_of(ratios.ratios(lines, "ratios", "the ratio", ("faster", "slower"))), SERIES[0])[0, 0])

    assert one() == one(Ratio("b", Estimate(1.0, 0.0, math.inf), SERIES[1]), Ratio("c", Estimate(1.0, 0.01, 100.0), SERIES[1]))


def test_threads_are_compared_with_the_fewest() -> None:
    rows = [timed_row(threads=threads, medians={"tinylite": 4e-3 / threads, "xnnpack": 4e-3}) for threads in (4, 1, 2)]
    rows += [timed_row("other"), timed_row(threads=2, medians={"tinylite": 1.0})]
    (group,) = scaling.scaling_groups(rows)
    assert [row.threads for row in group] == [1, 2, 4]
    svg = svg_of(scaling.scaling(group, "threads"))
    ours = dots(svg, SERIES[0])
    speedups = ours[3:] if ours[0, 0] < ours[3, 0] else ours[:3]
    heights = speedups[0, 1] - speedups[:, 1]
    assert heights / heights[2] == pytest.approx([0, 1 / 3, 1], abs=0.03)
    ideal = next(shape for shape in shapes(svg, COLOURS["bar"], "stroke"))
    assert np.ptp(ideal[:, 1]) == pytest.approx(heights[2], rel=0.03)
    assert scaling.scaling([timed_row()], "threads") is None


def test_tensors_lie_where_the_plan_says() -> None:
    use = made_plan(4)
    svg = svg_of(memory_plan.memory_plan(use, "plan"))
    boxes = [
        [found[:, 0].min(), found[:, 0].max(), found[:, 1].min(), found[:, 1].max()]
        for number in range(4)
        for found in shapes(svg, SERIES[number])
    ]
    assert len(boxes) == 4
    wide, tall = 674 / 5, 340 / 2024
    placed = sorted(use.plan, key=lambda block: block.offset)  # of the same size: by address
    for block, (left, right, top, bottom) in zip(placed, boxes, strict=True):
        assert left == pytest.approx(70 + block.first * wide, abs=0.2)
        assert right == pytest.approx(70 + (block.last + 1) * wide, abs=0.2)
        assert bottom == pytest.approx(352 - block.offset * tall, abs=0.2) and bottom - top == pytest.approx(1000 * tall, abs=0.2)
    assert "tensor 0 1.0 kB" in words(svg)
    assert memory_plan.memory_plan(made_plan(0), "plan") is None


# ---- drawing


def test_names_are_shortened_in_the_middle_to_what_fits() -> None:
    name = "model/block_7/" + "x" * 200 + "/Relu6"
    short = fitted(name, 150)
    assert short.startswith("model") and short.endswith("/Relu6") and "…" in short
    assert 120 < text_width(short, 12) <= 150
    assert fitted("short", 150) == "short"


@pytest.mark.parametrize(("low", "high"), [(1.0, 1.5), (0.003, 40.0), (1e-9, 1e9), (0.9, 11.0), (2e-5, 3e-4)])
def test_ticks_of_logarithmic_axes_are_round_and_few(low: float, high: float) -> None:
    ticks = log_ticks(low, high)
    assert 1 <= len(ticks) <= 9 and all(low <= tick <= high for tick in ticks)
    assert all(f"{tick:.0e}"[0] in "1235" and float(f"{tick:.0e}") == pytest.approx(tick) for tick in ticks)


def test_words_appear_over_what_they_are_of() -> None:
    def paint(drawing: Any) -> None:
        axes = drawing.axes(0, 0, 100, 100)
        drawing.tip(axes.plot([0, 1], [0, 1])[0], "a < b")

    svg = svg_of(draw("name", "what it shows", (100, 100), paint))
    (group,) = (group for group in svg.iter("g") if group.find("title") is not None)
    assert group.findtext("title") == "a < b" and group.find("path") is not None
    assert html.unescape(svg.attrib["aria-label"]) == "what it shows"
