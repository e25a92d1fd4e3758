"""`tinylite bench` as its users call it: what is printed, written and returned."""

from __future__ import annotations

import csv
import io
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import tinylite
from tinylite import Bench
from tinylite.benching import hosts, measure, noise
from tinylite.cli import bench as command, main

DEMO = Path(tinylite.__file__).parent / "demo"
DIGITS, EIGHT_BITS, THREE = (str(DEMO / name) for name in ("digits_uint8.tflite", "digits_int8.tflite", "digit_3.png"))


@pytest.fixture(autouse=True)
def few_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LAUNCHES", 2)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["bench", "--seconds", "0.02", *arguments])


def test_a_table_of_models_with_a_real_input() -> None:
    done = run(DIGITS, EIGHT_BITS, THREE, "--against", "cpu:portable")
    assert done.exit_code == 0, done.output
    for text in ("digits_uint8", "digits_int8", "ratio to", "same bits", "µs"):
        assert text in done.output


def test_forms_for_programs() -> None:
    rows = list(csv.DictReader(io.StringIO(run(DIGITS, "--threads", "1,2", "--csv").output)))
    assert [(row["name"], row["threads"]) for row in rows] == [("digits_uint8", "1"), ("digits_uint8", "2")]
    assert all(0 < float(row["tinylite seconds"]) < 60 for row in rows)
    found = json.loads(run(DIGITS, "--json").output)
    assert found["rows"][0]["measurements"][0]["name"] == "tinylite"
    assert run(DIGITS, "--markdown").output.count("\n|") >= 3


def test_ops_of_the_command_line_of_files_and_of_models(tmp_path: Path) -> None:
    listing = tmp_path / "ops.txt"
    listing.write_text("# two\n3 x RELU i8 1x64\nADD f32 1x8*2\n")
    done = run("--op", "TANH f32 1x8", "--ops", str(listing), "--ops-of", DIGITS, "--csv")
    assert done.exit_code == 0, done.output
    rows = list(csv.DictReader(io.StringIO(done.output)))
    assert [row["name"].split()[0] for row in rows[:4]] == ["TANH", "RELU", "ADD", "DEPTHWISE_CONV_2D"]
    assert [row["count"] for row in rows[:3]] == ["1", "3", "1"]


def test_the_grammar_is_shown() -> None:
    done = run("--help-ops")
    assert done.exit_code == 0
    assert "\n  CONV_2D i8" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "there is nothing to time"),
        ([DIGITS, "--against", "xnpack"], "no baseline"),
        ([DIGITS, "--precision", "200%"], "is not a share"),
        ([DIGITS, "--threads", "1,x"], "is not a list of numbers"),
        ([DIGITS, THREE, "--batch", "2"], "--batch is of random inputs"),
        (["--op", "CONV2D f32 1x8"], "CONV_2D"),
        (["--ops", "absent.txt"], "absent.txt"),
        (["--op", "RELU f32 1x8", "--batch", "2"], "--batch is of models"),
        (["--op", "RELU f32 1x8", "--trace", "trace.json"], "--trace is of models"),
        ([DIGITS, "--compare", "absent.json"], "absent.json: there is no such file"),
        ([DIGITS, "--cpu", "z80"], "z80"),
    ],
)
def test_what_cannot_be_done_is_said_before_time_is_taken(arguments: list[str], said: str) -> None:
    done = run(*arguments)
    assert done.exit_code != 0
    assert said in done.output
    assert "Traceback" not in done.output


def test_nothing_measured_is_not_success(tmp_path: Path) -> None:
    (tmp_path / "broken.tflite").write_bytes(bytes(64))
    done = run(str(tmp_path / "broken.tflite"))
    assert done.exit_code == 2
    assert "refused" in done.output


@pytest.mark.parametrize(
    ("now", "again", "code", "said"),
    [
        (1.0, 1.0, 0, "1 no change"),
        (1.04, 1.04, 0, "1 no change"),
        (1.08, 1.08, 1, "1 slower"),
        (1.08, 1.0, 0, "1 no change"),
        (0.5, 0.5, 0, "1 faster"),
    ],
    ids=["the same", "within the floor", "slower", "slower once", "faster"],
)
@pytest.mark.parametrize("machine", [1.0, 1.3], ids=["the same machine", "a slower machine"])
def test_the_gate(
    now: float, again: float, code: int, said: str, machine: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    """On times that are what this says, so that noise is not what is tested: see test_compare.py for that."""
    monkeypatch.setattr(measure, "LAUNCHES", 6)
    slowness = iter([(1.0, 1.0), (now, machine), (again, machine)])
    times: dict[str, float] = {}

    def start(self: measure.Measuring, name: str, requests: object) -> None:
        factor, others = next(slowness)
        times.update({"tinylite": 1e-5 * factor * others, "cpu:portable": 2e-5 * others})
        initial(self, name, requests)  # type: ignore[arg-type]

    initial = measure.Measuring.__init__
    monkeypatch.setattr(measure.Measuring, "__init__", start)
    monkeypatch.setattr(hosts.Hosts, "round", lambda self, timed, warmup, repeats: times[timed.name] * random.uniform(0.999, 1.001))
    monkeypatch.setattr(noise.NoiseWatch, "reasons", lambda self, estimates: [])
    saved = tmp_path / "then.json"
    assert run(DIGITS, "--against", "cpu:portable", "--save", str(saved)).exit_code == 0
    done = run(DIGITS, "--against", "cpu:portable", "--compare", str(saved), "--fail-above", "5%")
    assert done.exit_code == code, done.output
    assert said in done.output
    assert (next(slowness, None) is None) == (now > 1.05), "only what seems slower is measured again"


def test_figures_of_another_cpu_are_refused(tmp_path: Path) -> None:
    saved = tmp_path / "then.json"
    assert run(DIGITS, "--save", str(saved)).exit_code == 0
    found = Bench.load(saved)
    found.machine.cpu = "Zilog Z80"
    found.save(saved)
    done = run(DIGITS, "--compare", str(saved))
    assert done.exit_code not in (0, 1)
    assert "Z80" in done.output


def test_reports_are_written_beside_the_table(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    html, nodes, trace = (tmp_path / name for name in ("report.html", "nodes.json", "trace.json"))
    done = run(DIGITS, "--against", "cpu:portable", "--html", str(html), "--node-data", str(nodes), "--trace", str(trace))
    assert done.exit_code == 0, done.output
    assert "<svg" in html.read_text()
    assert len(html.read_bytes()) < 400_000
    assert json.loads(nodes.read_text())
    assert json.loads(trace.read_text())["traceEvents"]


def test_a_report_never_replaces_what_is_read(tmp_path: Path) -> None:
    model = tmp_path / "digits.tflite"
    content = Path(DIGITS).read_bytes()
    model.write_bytes(content)
    done = run(str(model), "--save", str(model))
    assert done.exit_code == 2
    assert model.read_bytes() == content


@pytest.mark.parametrize("error", [MemoryError(), OSError(28, "No space left on device"), tinylite.FileError("it is damaged")], ids=repr)
def test_no_error_is_taken_for_a_slower_row(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**settings: object) -> None:
        raise error

    monkeypatch.setattr("tinylite.benching.bench.bench", fail)
    assert run(DIGITS).exit_code == 2


def test_a_reader_that_has_gone_is_not_a_slower_row() -> None:
    command = [sys.executable, "-m", "tinylite", "bench", "--op", "RELU f32 1x8", "--seconds", "0.01", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    _, said = process.communicate(timeout=120)
    assert (process.returncode, said) == (2, b"")


@pytest.mark.parametrize("option", ["--save", "--html", "--node-data", "--trace"])
def test_where_nothing_can_be_written_no_time_is_taken(option: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.benching.bench.bench", lambda **settings: pytest.fail("it is timed"))
    done = run(DIGITS, option, str(tmp_path / "absent" / "figures"))
    assert done.exit_code == 2
    assert "its directory does not exist" in done.output
    assert not list(tmp_path.iterdir())


def test_figures_that_cannot_be_saved_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, parts: object, replace: bool = True) -> None:
        raise tinylite.FileError("it cannot be written: No space left on device")

    monkeypatch.setattr("tinylite.benching.stored.write_whole", full)
    done = run(DIGITS, "--save", str(tmp_path / "figures.json"))
    assert done.exit_code == 2
    assert "No space left" in done.output
    assert "digits_uint8" in done.output


def test_an_interrupt_while_it_is_measured_again_is_not_a_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinylite.benching.bench import bench

    old = str(tmp_path / "old.json")
    assert run(DIGITS, "--save", old).exit_code == 0
    monkeypatch.setattr("tinylite.benching.compare.regressions", lambda comparison: [comparison.new.rows[0]])

    def interrupted(**settings: Any) -> Bench:
        def stop(text: str) -> None:
            raise KeyboardInterrupt

        return bench(**(settings | {"progress": stop} if "only" in settings else settings))

    monkeypatch.setattr("tinylite.benching.bench.bench", interrupted)
    done = run(DIGITS, "--compare", old)
    assert done.exit_code == 130, done.output
    assert "counts from" in done.output
    assert "while what seems slower was measured again" in done.output


def test_what_can_never_be_compared_is_not_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = tmp_path / "then.json"
    assert run(DIGITS, "--cpu", "portable", "--save", str(saved)).exit_code == 0
    assert run(DIGITS, "--cpu", "portable", "--compare", str(saved)).exit_code == 0
    monkeypatch.setattr("tinylite.benching.bench.bench", lambda **settings: pytest.fail("it is timed"))
    for changed in ((), ("--cpu", "portable", "--arithmetic", "litert-reference")):
        done = run(DIGITS, "--compare", str(saved), *changed)
        assert done.exit_code == 2
        assert "the figures cannot be compared: " in done.output


def test_node_data_are_of_the_model_that_was_timed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Even if its file is gone by then."""
    model = tmp_path / "net.tflite"
    model.write_bytes(Path(DIGITS).read_bytes())
    show = command._show
    monkeypatch.setattr(command, "_show", lambda found, form: (model.unlink(), show(found, form)))
    assert run(str(model), "--node-data", str(tmp_path / "nodes.json")).exit_code == 0
    assert json.loads((tmp_path / "nodes.json").read_text())
