"""The suites on something tiny, and the pages that are written of their figures."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import suites
from benchmarks.__main__ import main
from benchmarks.pages import README_MODELS, README_STARTS, rewrite, write_pages, write_reports
from benchmarks.suites import OPS, ROOT
from tinylite.benching.estimates import Estimate
from tinylite.benching.machine import Machine
from tinylite.benching.op_text import read_counted_ops, verify
from tinylite.benching.result import Bench, BenchRow, Measurement, Settings
from tinylite.cli import main as command_line
from tinylite.golden.runtimes.base.process import RuntimeProcess

from .conftest import litert_interpreter

DIGITS = ROOT / "tinylite" / "demo" / "digits_uint8.tflite"


# ---- the suites


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """A folder with copies of the pages that are written."""
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "README.md", tmp_path)
    shutil.copy(ROOT / "docs" / "benchmark-results.md", tmp_path / "docs")
    return tmp_path


def benchmark(*words: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.slow
def test_all_suites_in_one_command(pages: Path) -> None:
    """The demo's models, a few ops and a start are timed, and the page has their figures."""
    pytest.importorskip("ai_edge_litert")
    readme = (pages / "README.md").read_text()
    done = benchmark("all", "--quick", "--results", pages / "results", "--root", pages)
    found = {name: Bench.load(pages / "results" / f"{name}.json") for name in ("models", "ops", "starts", "profile")}
    assert {row.name for row in found["models"].rows} == {"digits_int8", "digits_uint8"}
    assert [each.name for row in found["models"].rows for each in row.baselines] == ["xnnpack", "reference"] * 2
    assert {each.agreement for row in found["models"].rows for each in row.baselines if each.name == "reference"} == {"same bits"}
    assert {row.kind for row in found["ops"].rows} == {"op"}
    assert {row.kind for row in found["starts"].rows} == {"start", "first run"}
    assert not any(row.operations for row in found["starts"].rows), "a start is not a rate of operations"
    assert any(row.profile is not None and row.ours.memory for row in found.pop("profile").rows)
    page = (pages / "docs" / "benchmark-results.md").read_text()
    for name, bench in found.items():
        assert {row.name.replace("_", "\\_") for row in bench.rows} <= {line[0] for line in cells(page, name)}
        assert all(row.ours.seconds is not None for row in bench.rows)
    assert (pages / "README.md").read_text() == readme
    assert "README.md stays: hello_world_int8, " in done.stderr


def test_suites_say_what_tinylite_bench_understands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each would time, and beside what; what the user says is to be timed replaces it."""
    asked: list[dict[str, Any]] = []

    def parsed(words: list[str], prog_name: str) -> None:
        assert words.pop(0) == "bench"
        asked.append(command_line.commands["bench"].make_context("bench", words).params)
        raise SystemExit(len(asked))

    monkeypatch.setattr(suites, "command_line", parsed)
    for suite in suites.ALL:
        for quick in (False, True):
            assert suite(tmp_path, (), quick) == len(asked), "the exit code is that of tinylite bench"
        suite(tmp_path, [str(DIGITS), "--against=tflm"], True)
    all_models, quick_models, own_models, all_ops, quick_ops, own_ops, starts, _, own_start, profile, quick_profile, own_profile = asked
    assert [Path(file).stem for file in quick_models["files"]] == ["digits_int8", "digits_uint8"]
    assert {*quick_models["files"]} <= {*all_models["files"]}
    assert all(each["against"] == ("xnnpack,reference",) for each in (all_models, quick_models, all_ops, quick_ops))
    assert all((each["files"], each["against"]) == ((str(DIGITS),), ("tflm",)) for each in (own_models, own_start, own_profile))
    assert [Path(file).name for file in quick_ops["op_files"]] == ["ops.txt"] and not own_ops["op_files"]
    assert starts["start"] and not all_models["start"]
    assert profile["profile"] and profile["memory"] and quick_profile["threads"] == [1]
    assert len({each["save"] for each in asked}) == len(suites.ALL)


def test_without_further_models_the_demo_s_are_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(suites, "FOLDERS", (suites.DEMO, tmp_path / "absent"))
    monkeypatch.setattr(suites, "command_line", lambda words, prog_name: asked.append(words))
    for suite in (suites.models, suites.starts, suites.profile):
        suite(tmp_path, (), False)
    files = [[Path(word).name for word in words if word.endswith(".tflite")] for words in asked]
    assert files == [["digits_int8.tflite", "digits_uint8.tflite"], ["digits_int8.tflite"], ["digits_int8.tflite"]]


def test_a_file_that_litert_refuses_for_what_means_nothing_is_mended_for_all(
    tmp_path: Path, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """person_detect has scales along a dimension that is not there."""
    read: list[bytes] = []

    def listed(words: list[str], prog_name: str) -> None:
        read.extend(Path(word).read_bytes() for word in words if word.endswith(".tflite"))

    monkeypatch.setattr(suites, "command_line", listed)
    person_detect = shared / "models" / "person_detect_int8.tflite"
    suites.models(tmp_path, [str(person_detect)], True)
    litert_interpreter(*read)
    with pytest.raises(ValueError, match="quantized_dimension"):
        litert_interpreter(person_detect.read_bytes())


def test_words_for_tinylite_bench_outweigh_those_of_the_suite(tmp_path: Path) -> None:
    pytest.importorskip("ai_edge_litert")
    done = benchmark("models", "--quick", DIGITS, "--against", "reference", "--threads", "2", "--json", "--results", tmp_path)
    (row,) = json.loads(done.stdout)["rows"]
    assert (row["name"], row["threads"]) == ("digits_uint8", 2)


def test_what_tinylite_bench_refuses_is_said_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "models", str(DIGITS), "--against", "nobody", "--results", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode not in (0, 130)
    assert "'nobody'" in done.stderr and "Traceback" not in done.stderr


def test_ops_of_the_suite_have_the_reference_s_bits() -> None:
    """Each line of ops.txt says an op; what it computes on integers is what the reference kernels compute."""
    pytest.importorskip("ai_edge_litert")
    cases = read_counted_ops(OPS)
    assert len({case.text for case, _ in cases}) == len(cases) > 100
    process = RuntimeProcess()
    try:
        for case, _ in cases:
            found = verify(case, process)
            assert found == "same bits" or (" f32" in case.text and found.startswith("within")), f"{case.text}: {found}"
    finally:
        process.close()


# ---- pages


def measured(name: str, seconds: float, ratio: float | None = None, agreement: str = "") -> Measurement:
    """A measurement that is known to a hundredth."""

    def around(value: float) -> Estimate:
        return Estimate(value, value * 0.995, value * 1.005)

    return Measurement(name, "2.3", around(seconds), None if ratio is None else around(ratio), agreement)


def row(name: str, kind: str = "model", **more: Any) -> BenchRow:
    timed = [
        measured("tinylite", 2e-3),
        measured("xnnpack", 1.6e-3, 1.25, "differs"),
        measured("reference", 0.1, 0.02, "same bits"),
    ]
    return BenchRow(name, kind, "00", timed, **more)


def save(folder: Path, name: str, rows: list[BenchRow], complete: bool = True) -> None:
    folder.mkdir(exist_ok=True)
    Bench(Machine.here(), Settings(1.0, 0.01), rows, "2026-01-02T03:04:05+00:00", complete).save(folder / f"{name}.json")


def written(pages: Path) -> tuple[str, list[str]]:
    said: list[str] = []
    write_pages(pages / "results", pages, said.append)
    return (pages / "docs" / "benchmark-results.md").read_text(), said


def cells(page: str, part: str) -> list[list[str]]:
    """The cells of the table in a part of a page."""
    text = page.partition(f"<!-- benchmark {part} -->\n")[2].partition("<!-- end -->")[0]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in text.splitlines() if line.startswith("|")]


def test_a_page_has_a_table_for_each_suite_that_was_run(pages: Path) -> None:
    save(pages / "results", "models", [row("a"), row("b", noise=["the clock has changed"])])
    before = cells((pages / "docs" / "benchmark-results.md").read_text(), "ops")
    page, said = written(pages)
    found = cells(page, "models")
    assert [line[0] for line in found[2:] if line[0]] == ["a", "b"]
    figures = {cell for line in found for cell in line}
    assert {"2.00 ms", "1.600 ms", "1.250", "0.0200", "same bits"} <= figures
    assert "the clock has changed" in page
    assert cells(page, "ops") == before
    assert any("the table of ops stays" in text for text in said)


def test_readme_has_the_figures_of_its_models_once_all_are_there(pages: Path) -> None:
    before = (pages / "README.md").read_text()
    *most, last = README_MODELS
    save(pages / "results", "starts", [row(name, kind) for name in README_STARTS for kind in ("start", "first run")])
    save(pages / "results", "models", [row(name) for name in most])
    _, said = written(pages)
    assert (pages / "README.md").read_text() == before
    assert f"README.md stays: {last} was not measured" in said
    save(pages / "results", "models", [*(row(name) for name in most), row(last, threads=2), row(last)])
    written(pages)
    after = (pages / "README.md").read_text()
    part = after.partition("<!-- benchmark speed -->")[2].partition("<!-- end -->")[0]
    for title in README_MODELS.values():
        assert [title.replace("_", "\\_"), "2.00 ms", "1.250", "0.0200", "same bits"] in cells(after, "speed")
    assert "1.250 times LiteRT's time for hello_world, 1.250 times LiteRT's time for MobileNet v1." in part
    assert (after.partition("<!-- benchmark")[0], after.partition("<!-- end -->")[2]) == (
        before.partition("<!-- benchmark")[0], before.partition("<!-- end -->")[2],
    )  # fmt: skip


def test_each_suite_has_a_report(pages: Path) -> None:
    pytest.importorskip("matplotlib")
    save(pages / "results", "models", [row("one_model")])
    save(pages / "results", "profile", [row("another_model")])
    said: list[str] = []
    write_reports(pages / "results", said.append)
    reports = sorted((pages / "results").glob("*.html"))
    assert said == [f"written: {path}" for path in reports]
    assert ["one_model" in path.read_text() for path in reports] == [True, False]
    assert ["another_model" in path.read_text() for path in reports] == [False, True]


def test_without_matplotlib_there_are_tables_and_no_reports(pages: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    save(pages / "results", "models", [row("a")])
    said: list[str] = []
    write_reports(pages / "results", said.append)
    assert not list((pages / "results").glob("*.html"))
    (text,) = said
    assert "models.html is not written" in text and "matplotlib" in text


def test_a_part_that_a_page_lacks_is_an_error_and_the_page_stays(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- benchmark a -->\nold\n<!-- end -->\n<!-- benchmark b -->\n")
    for missing in ("b", "c"):
        with pytest.raises(ValueError, match=f"has no part <!-- benchmark {missing} -->"):
            rewrite(page, {"a": "new", missing: "new"})
    assert "old" in page.read_text()
    rewrite(page, {"a": "new\\1"})
    assert page.read_text() == "<!-- benchmark a -->\nnew\\1\n<!-- end -->\n<!-- benchmark b -->\n"


# ---- converters


def test_smaller_weights_beside_tensorflow_s(tmp_path: Path) -> None:
    pytest.importorskip("tensorflow")
    pytest.importorskip("ai_edge_litert")
    target = tmp_path / "figures.json"
    done = benchmark("weights", "dense", "--json", target)
    rows = json.loads(target.read_text())["rows"]
    assert [each["type"] for each in rows] == ["INT8", "FLOAT16"]
    assert all(each["ours"] < each["float_bytes"] for each in rows)
    assert done.stdout.count("| dense ") == 2


def test_networks_that_are_not_of_the_suite_are_refused() -> None:
    done = CliRunner().invoke(main, ["convert", "NoNet"])
    assert done.exit_code == 2
    assert "NoNet is none of MobileNet, " in done.output
