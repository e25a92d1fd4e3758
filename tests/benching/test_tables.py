"""A benchmark as tables: the same columns in all forms, and nothing that a name can do to them."""

from __future__ import annotations

import csv
import dataclasses
import math
import re
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from tinylite.benching.csv_table import bench_csv
from tinylite.benching.estimates import Estimate
from tinylite.benching.result import Bench, BenchRow, Measurement
from tinylite.benching.tables import bench_grid, bench_markdown

from .made import MACHINE, made_bench, made_row

EVIL = "=1|<b>[red]`x`\x1b[31m\n"


def estimate(value: float, half: float = 0.01) -> Estimate:
    return Estimate(value, value * (1 - half), value * (1 + half))


def full() -> Bench:
    """Two rows with all that a row may have."""
    ours = Measurement("tinylite", "1.0", estimate(1.234e-3), memory={"peak": 12_345_678, "arena": 1024})
    xnnpack = Measurement("xnnpack", "2.3", estimate(1.5e-3), estimate(0.8227), "same bits", memory={"peak": 99_000_000})
    tflm = Measurement("tflm", refused="operator CUSTOM is not in it")
    first = BenchRow(
        "net", "model", "a" * 64, [ours, xnnpack, tflm], 2, 8, operations={"float": 1_000_000, "8-bit": 20_000_000}, peak_share=0.62
    )
    second = BenchRow(
        "CONV_2D i8", "op", "b" * 64, [Measurement("tinylite", "1.0", estimate(497e-9, 0.08))], count=12, part_of="net", verified="same"
    )
    second.noise.append("the clock has changed")
    return made_bench([first, second])


def test_all_columns() -> None:
    grid = bench_grid(full())
    assert grid.head == [
        "name", "model", "count", "threads", "batch", "tinylite", "beside", "its time", "ratio", "95 % interval", "outputs", "verified",
        "GOP/s", "of peak", "peak memory", "arena memory", "its peak memory", "noise",
    ]  # fmt: skip
    assert grid.rows == [
        [
            "net", "", "", "2", "8", "1.23 ms", "xnnpack", "1.50 ms", "0.823", "0.8144 to 0.8310", "same bits", "",
            "17.0", "62%", "12.3 MB", "1.0 kB", "99.0 MB", "",
        ],
        ["", "", "", "2", "8", "", "tflm", "refused", "", "", "", "", "", "", "", "", "", ""],
        [
            "CONV_2D i8", "net", "12", "1", "", "0.50 µs", "", "", "", "0.457 to 0.537 µs", "", "same", "", "", "", "", "", "noisy",
        ],
    ]  # fmt: skip
    assert grid.headline == f"{MACHINE}; 2026-01-01T00:00:00+00:00"
    assert grid.notes == [
        "A ratio is tinylite's time divided by the baseline's in the same rounds: below 1, tinylite is faster.",
        "net, 2 threads, tflm refused: operator CUSTOM is not in it",
        "CONV_2D i8, 1 thread, noisy: the clock has changed",
    ]


def test_empty_columns_are_left_out() -> None:
    bench = made_bench([made_row("net", np.random.default_rng(1), ["iid"], baselines=())])
    assert bench_grid(bench).head == ["name", "threads", "tinylite", "95 % interval"]
    assert bench_grid(bench).notes == []
    assert bench_csv(bench).splitlines()[0] == (
        "name,kind,count,threads,tinylite seconds,tinylite seconds low,tinylite seconds high,digest"
    )


def test_csv_is_for_programs() -> None:
    first, second = csv.DictReader(StringIO(bench_csv(full())))
    assert float(first["tinylite seconds"]) == 1.234e-3 and float(first["xnnpack ratio"]) == 0.8227
    assert float(first["xnnpack ratio low"]) == round(0.8227 * 0.99, 6) and first["tflm refused"] == "operator CUSTOM is not in it"
    assert first["operations"] == "21000000" and first["tinylite peak bytes"] == "12345678" and first["xnnpack seconds high"] == "0.001515"
    assert second["xnnpack seconds"] == second["batch"] == "" and second["noise"] == "the clock has changed" and second["count"] == "12"
    assert first["digest"] == "a" * 64


def test_every_form_shows_every_cell() -> None:
    bench = full()
    stream = StringIO()
    Console(file=stream, width=400).print(bench_grid(bench).rich())
    forms = [stream.getvalue(), bench_markdown(bench).replace("\\", ""), bench_grid(bench).html().replace("&#x27;", "'")]
    grid = bench_grid(bench)
    for form in forms:
        for text in [grid.headline, *grid.head, *(cell for row in grid.rows for cell in row), *grid.notes]:
            assert text in form


@pytest.mark.parametrize("width", [20, 60, 80, 120, 200])
def test_a_terminal_that_is_narrow_or_a_name_that_is_long_hides_no_figure(width: int) -> None:
    bench = full()
    bench.rows[0].name = f"UNIDIRECTIONAL_SEQUENCE_LSTM {'1x20 ' * 40}"
    stream = StringIO()
    Console(file=stream, width=width).print(bench_grid(bench).rich())
    letters = re.sub(r"[\s│]", "", stream.getvalue())
    assert max(map(len, stream.getvalue().splitlines())) <= width
    for number in range(1, len(bench_grid(bench).head)):
        for row in bench_grid(bench).rows:
            assert len(row[number]) > 16 or row[number].replace(" ", "") in letters


def test_how_many_operations_a_start_does_says_nothing() -> None:
    row = made_row("net", np.random.default_rng(1), ["iid"], baselines=())
    row.operations = {"float": 9_000_000}
    assert "GOP/s" in bench_grid(made_bench([row])).head
    row.kind = "start"
    assert "GOP/s" not in bench_grid(made_bench([row])).head


def test_markdown_is_a_table() -> None:
    lines = bench_markdown(full()).splitlines()
    assert lines[1] == "" and lines[2].startswith("| name") and set(lines[3]) == set("|-: ")
    assert len({line.count("|") for line in lines[2:7]}) == 1 and len({len(line) for line in lines[2:7]}) == 1
    assert lines[7] == "" and lines[8].startswith("- A ratio is")


def test_names_are_only_text() -> None:
    row = dataclasses.replace(full().rows[0], name=EVIL)
    row.measurements[2].refused = EVIL
    bench = made_bench([row])
    markdown, html = bench_markdown(bench), bench_grid(bench).html()
    assert "\x1b" not in markdown + html + bench_csv(bench) and "<b>" not in markdown + html
    assert r"=1\|&lt;b>\[red\]\`x\`" in markdown
    table = [line for line in markdown.splitlines() if line.startswith("|")]
    assert len({line.replace(r"\|", "").count("|") for line in table}) == 1
    stream = StringIO()
    Console(file=stream, width=400).print(bench_grid(bench).rich())
    assert "[red]" in stream.getvalue() and "\x1b" not in stream.getvalue()
    (found,) = csv.DictReader(StringIO(bench_csv(bench)))
    assert found["name"].startswith("'=1|<b>")


def test_what_files_may_hold_is_shown() -> None:
    """Nothing measured, figures without bounds, baselines that a row lacks."""
    bench = made_bench(
        [
            BenchRow("empty", "model", "", []),
            BenchRow("refused", "model", "", [Measurement("tinylite", refused="not a .tflite file")]),
            BenchRow("once", "first run", "", [Measurement("tinylite", seconds=Estimate(2.5, 0, math.inf))], operations={"float": 9}),
            BenchRow("nothing", "model", "", [Measurement("tinylite", seconds=Estimate(math.inf, math.inf, math.inf))]),
            BenchRow("mad", "model", "", [Measurement("tinylite", seconds=Estimate(-1.0, 5.0, 0.0))], operations={"float": 9}),
        ]
    )
    bench.complete = False
    grid = bench_grid(bench)
    assert grid.head[1] == "kind" and [row[2] for row in grid.rows] == ["", "refused", "~2 s", "unknown", "unknown"]
    assert grid.notes[0].startswith("It was interrupted") and "not a .tflite file" in grid.notes[1]
    assert len(list(csv.DictReader(StringIO(bench_csv(bench))))) == 5
    for rows in ([], [BenchRow("empty", "model", "", [])]):
        small = made_bench(rows)
        assert bench_markdown(small) and bench_grid(small).html() and bench_csv(small).startswith("name")


def test_a_bench_shows_itself() -> None:
    bench = full()
    assert repr(bench) == "<Bench of 2 rows beside xnnpack, tflm, 2026-01-01T00:00:00+00:00>"
    assert repr(made_bench([])) == "<Bench of 0 rows, 2026-01-01T00:00:00+00:00>"
    assert bench.csv() == bench_csv(bench) and bench.markdown() == bench_markdown(bench)
    assert bench._repr_html_() == bench_grid(bench).html()
    stream = StringIO()
    Console(file=stream, width=300).print(bench)
    assert "0.8144 to 0.8310" in stream.getvalue()
    assert {change.row.name: change.verdict for change in bench.compare(bench).changes} == {"net": "no change", "CONV_2D i8": "cannot tell"}


def test_figures_that_were_stored_are_compared(tmp_path: Path) -> None:
    full().save(tmp_path / "old.json")
    assert not full().compare(Bench.load(tmp_path / "old.json"), fail_above=0.2).failed


def test_what_keeps_a_model_from_all_is_said_once() -> None:
    refused = [Measurement(name, refused="not a .tflite file") for name in ("tinylite", "xnnpack")]
    assert bench_grid(made_bench([BenchRow("net", "model", "", refused)])).notes == ["net, 1 thread: not a .tflite file"]
    refused[1].refused = "no such op"
    assert bench_grid(made_bench([BenchRow("net", "model", "", refused)])).notes == [
        "net, 1 thread, tinylite refused: not a .tflite file", "net, 1 thread, xnnpack refused: no such op",
    ]  # fmt: skip
