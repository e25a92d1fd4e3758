"""`tinylite golden record` and `tinylite golden check`: options, exit codes, what they write."""

from __future__ import annotations

import json
import shlex
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tinylite import golden
from tinylite.cli import main
from tinylite.model import Graph, Model, Op, Quantization, Tensor

from ..small_models import DEMO
from .network import changed, network
from .test_mutations import MODELS

DIGITS = DEMO / "digits_uint8.tflite"
THREE = DEMO / "digit_3.png"


def run(*arguments: object, code: int = 0) -> Result:
    done = CliRunner().invoke(main, ["golden", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a model, a golden of it, and another model whose op 0 has another bias."""
    model = network()
    model.save(tmp_path / "net.tflite")
    changed(model, MODELS["one bias"][0]).save(tmp_path / "other.tflite")
    run("record", tmp_path / "net.tflite", "-o", tmp_path / "g.npz", "--layers", "--cases", 2, "--seed", 3)
    return tmp_path


def test_a_file_and_a_number_of_cases_contradict_each_other(tmp_path: Path) -> None:
    done = run("record", DIGITS, THREE, "--cases", 3, "-o", tmp_path / "g.npz", code=2)
    assert "each INPUT is one" in done.stderr and not list(tmp_path.iterdir())


def test_what_is_recorded_is_what_the_library_records(folder: Path) -> None:
    made = golden.load(folder / "g.npz")
    assert made == golden.record(folder / "net.tflite", layers=True, cases=2, seed=3)
    done = run("record", folder / "net.tflite", "-o", folder / "h.npz", "--hash", "--arithmetic", "fast")
    assert "8 cases of 1 input, 1 output, fast" in done.stdout
    assert golden.load(folder / "h.npz") == golden.record(folder / "net.tflite", arithmetic="fast", hashes_only=True)


def test_a_file_makes_a_case(tmp_path: Path) -> None:
    run("record", DIGITS, THREE, "-o", tmp_path / "g.npz")
    made = golden.load(tmp_path / "g.npz")
    assert len(made.cases) == 1 and made.seed is None
    assert int(np.argmax(made.cases[0][1].value)) == 3


def test_each_file_for_the_only_input_makes_a_case(tmp_path: Path) -> None:
    pictures = [DEMO / f"digit_{digit}.png" for digit in (3, 7, 8)]
    done = run("record", DIGITS, *pictures, "-o", tmp_path / "g.npz")
    made = golden.load(tmp_path / "g.npz")
    assert [int(np.argmax(case[1].value)) for case in made.cases] == [3, 7, 8]
    assert done.stderr.count("Note: input") == 1  # what was done to each of them


def test_an_unchanged_model_passes_without_being_named(folder: Path) -> None:
    done = run("check", folder / "g.npz")
    assert done.stdout == f"passes: 22 tensors of 2 cases agree with {folder / 'g.npz'}\n"
    run("check", folder / "g.npz", folder / "net.tflite", "--each")


def test_nothing_is_overwritten_unless_asked(folder: Path) -> None:
    before = (folder / "g.npz").read_bytes()
    done = run("record", folder / "net.tflite", "-o", folder / "g.npz", code=1)
    assert "there is such a file already" in done.stderr and (folder / "g.npz").read_bytes() == before
    run("record", folder / "net.tflite", "-o", folder / "g.npz", "--overwrite", "--cases", 1)
    assert len(golden.load(folder / "g.npz").cases) == 1
    done = run("record", folder / "net.tflite", "-o", folder / "net.tflite", "--overwrite", code=1)
    assert "would be lost" in done.stderr
    for option in ("--html", "--junit", "--json"):
        run("check", folder / "g.npz", option, folder / "g.npz", code=1)


def test_a_difference_is_told_in_order_with_code_1(folder: Path) -> None:
    done = run("check", folder / "g.npz", folder / "other.tflite", "--changed-model", "--repro", folder / "repro", code=1)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("first difference: op 0 CONV_2D, output 'conv' int8 [1, 6, 6, 8], case 0: ")
    for part in (" of 288 values differ; at most ", " steps, ", "; worst at [0, ", "golden ", "found ", "; drift "):
        assert part in lines[0]
    assert lines[1] == "guilty: op 0 CONV_2D: fed the golden's inputs it still differs"
    starts = [line.partition(":")[0] for line in lines]
    order = ["first difference", "guilty", "hint", "to explain it", "arithmetic then", "to reproduce it"]
    places = [starts.index(start) for start in order]
    assert places == sorted(places)
    assert "then: litert-reference 1; now: litert-reference 1" in done.stdout


def test_the_command_that_explains_runs_and_shows_the_value(folder: Path) -> None:
    done = run("check", folder / "g.npz", folder / "other.tflite", "--changed-model", code=1)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("to explain it: ")]
    words = shlex.split(line.partition(": ")[2])
    assert words[:3] == ["tinylite", "explain", str(folder / "other.tflite")]
    report = golden.check(folder / "g.npz", folder / "other.tflite", changed_model=True)
    assert report.first is not None
    explained = CliRunner().invoke(main, [*words[1:], "--json"])
    assert explained.exit_code == 0, explained.output
    assert str(int(report.first.difference.found)) in explained.stdout


def test_the_reproduction_differs_too(folder: Path) -> None:
    done = run("check", folder / "g.npz", folder / "other.tflite", "--changed-model", "--repro", folder / "repro", code=1)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("also: tinylite golden check")]
    again = run(*shlex.split(line)[3:], code=1)
    assert "guilty: op 0 CONV_2D" in again.stdout and "note: op 0 of net.tflite, case 0" in again.stdout


def test_another_arithmetic_is_in_the_commands(tmp_path: Path) -> None:
    run("record", DEMO / "digits_int8.tflite", "-o", tmp_path / "g.npz", "--cases", 2)
    done = run(
        "check", tmp_path / "g.npz", DEMO / "digits_int8.tflite", "--arithmetic", "xnnpack", "--repro", tmp_path / "repro", "--each", code=1
    )
    lines = dict(line.partition(": ")[::2] for line in done.stdout.splitlines())
    assert lines["to explain it"].endswith("--arithmetic litert-reference --arithmetic xnnpack")
    again = run(*shlex.split(lines["also"])[2:], code=1)
    assert "now: xnnpack 1" in again.stdout and "guilty: op 0 CONV_2D" in again.stdout


def test_the_output_that_differs_is_explained_and_what_has_no_explanation_is_not(tmp_path: Path) -> None:
    def tensor(name: str, shape: tuple[int, ...]) -> Tensor:
        return Tensor(name, shape, "INT8", quantization=Quantization([0.5], [0]))

    axis, at = Tensor("axis", (), "INT32"), Tensor("at", (1,), "INT32")
    axis.data, at.data = np.int32(1), np.zeros(1, np.int32)
    x, left, right, y = tensor("x", (1, 4)), tensor("left", (1, 2)), tensor("right", (1, 2)), tensor("y", (1,))
    graph = Graph("main", [x], [left, right], [Op("SPLIT", [axis, x], [left, right], num_splits=2)], [axis, x, left, right])
    made = golden.record(Model([graph]), np.array([[1, 2, 3, 4]], np.int8))
    Model([graph]).save(tmp_path / "split.tflite")
    golden.save(made, tmp_path / "split.npz")
    np.savez(tmp_path / "dump.npz", left=np.array([[1, 2]], np.int8), right=np.array([[3, 5]], np.int8))
    report = golden.check(golden.load(tmp_path / "split.npz"), Model([graph]), using=str(tmp_path / "dump.npz"), changed_model=True)
    assert report.first is not None and report.first.key == "right" and report.commands == ()  # a Model has no path
    done = run("check", tmp_path / "split.npz", tmp_path / "split.tflite", "--with", tmp_path / "dump.npz", "--changed-model", code=1)
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("to explain it: ")]
    explained = CliRunner().invoke(main, [*shlex.split(line)[4:], "--json"])
    assert explained.exit_code == 0, explained.output
    assert "--output 1" in line and json.loads(explained.stdout)["name"] == "right"

    graph = Graph("main", [x], [y], [Op("ARG_MAX", [x, at], [y])], [x, at, y])
    y.type, y.quantization = "INT32", None
    made = golden.record(Model([graph]), np.array([[1, 2, 3, 4]], np.int8))
    Model([graph]).save(tmp_path / "top.tflite")
    golden.save(made, tmp_path / "top.npz")
    np.savez(tmp_path / "dump.npz", y=np.array([1], np.int32))
    done = run("check", tmp_path / "top.npz", tmp_path / "top.tflite", "--with", tmp_path / "dump.npz", "--changed-model", code=1)
    assert "guilty: op 0 ARG_MAX" in done.stdout and "explain" not in done.stdout

    a, weights, b = Tensor("a", (1, 4)), Tensor("w", (2, 4), "INT8", quantization=Quantization([0.5], [0])), Tensor("b", (1, 2))
    weights.data = np.arange(8, dtype=np.int8).reshape(2, 4)  # of a float op, which quantizes its input on the way
    graph = Graph("main", [a], [b], [Op("FULLY_CONNECTED", [a, weights, None], [b])], [a, weights, b])
    Model([graph]).save(tmp_path / "dense.tflite")
    golden.save(golden.record(tmp_path / "dense.tflite", np.ones((1, 4), np.float32)), tmp_path / "dense.npz")
    np.savez(tmp_path / "dump.npz", b=np.zeros((1, 2), np.float32))
    done = run("check", tmp_path / "dense.npz", tmp_path / "dense.tflite", "--with", tmp_path / "dump.npz", code=1)
    assert "guilty: op 0 FULLY_CONNECTED" in done.stdout and "explain" not in done.stdout


def test_where_one_of_several_ops_is_guilty_none_is_reproduced(folder: Path) -> None:
    kept = golden.load(folder / "g.npz")
    np.savez(folder / "dump.npz", **{f"{case}/y": kept.cases[case][kept.keys.index("y")].value ^ 1 for case in range(2)})
    done = run("check", folder / "g.npz", "--with", folder / "dump.npz", "--repro", folder / "repro", "--json", folder / "r.json", code=1)
    assert "it is one of ops 0 to 10" in done.stdout and "to reproduce it" not in done.stdout and not (folder / "repro").exists()
    assert "Note: nothing was written into" in done.stderr and "no single op that is guilty" in done.stderr
    assert json.loads((folder / "r.json").read_text())["verdict"]["ops"] == list(range(11))


def test_of_two_models_of_one_name_the_golden_s_own_is_taken(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "old").mkdir()
    (folder / "old" / "g.npz").write_bytes((folder / "g.npz").read_bytes())
    (folder / "old" / "net.tflite").write_bytes((folder / "other.tflite").read_bytes())
    monkeypatch.chdir(folder)
    run("check", "old/g.npz")
    (folder / "net.tflite").unlink()
    assert "the golden is of another model" in run("check", "old/g.npz", code=1).stderr


@pytest.mark.parametrize("options", [["--with", "litert"], ["--each"]])
def test_a_model_that_is_needed_and_nowhere_is_named(options: list[str], folder: Path) -> None:
    (folder / "net.tflite").unlink()
    done = run("check", folder / "g.npz", *options, code=1)
    assert "the model 'net.tflite' is neither beside the golden nor in the current directory" in done.stderr


def test_reports_are_written(folder: Path) -> None:
    arguments = ["check", folder / "g.npz", folder / "other.tflite", "--changed-model"]
    done = run(*arguments, "--json", "-", "--junit", folder / "j.xml", code=1)
    plain = json.loads(done.stdout)
    assert plain["passes"] is False and plain["verdict"]["kind"] == "guilty" and plain["first"]["tensor"] == "conv"
    suite = ET.parse(folder / "j.xml").getroot()[0]
    assert suite.attrib["tests"] == "2" and suite.attrib["failures"] == "2"
    assert "'conv'" in suite[0][0].attrib["message"] and "guilty: op 0" in suite[0][0].text
    done = run("check", folder / "g.npz", "--json", folder / "j.json", "--junit", folder / "k.xml")
    run(*arguments, "--html", folder / "r.html", code=1)
    assert "op 0 CONV_2D" in (folder / "r.html").read_text()
    assert json.loads((folder / "j.json").read_text())["passes"] is True and f"written: {folder / 'k.xml'}" in done.stdout
    assert ET.parse(folder / "k.xml").getroot()[0].attrib["failures"] == "0"


def test_tolerances_are_for_all_tensors_or_for_one(folder: Path) -> None:
    model = Model.load(folder / "net.tflite")
    changed(model, MODELS["a zero point of an output"][0]).save(folder / "other.tflite")
    arguments = ["check", folder / "g.npz", folder / "other.tflite", "--changed-model"]
    assert "'sub'" in run(*arguments, code=1).stdout.splitlines()[0]
    assert "'sub'" not in run(*arguments, "--tensor", "sub:lsb=1", code=1).stdout.splitlines()[0]
    run(*arguments, "--lsb", 255)
    run(*arguments, "--share", 1)
    assert "'sub'" in run(*arguments, "--lsb", 255, "--tensor", "sub:lsb=0", code=1).stdout.splitlines()[0]
    assert "within the tolerance" in run(*arguments, "--lsb", 255).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--tensor", "sub"], 2, "'sub' is not a tolerance such as NAME:lsb=2,share=0.01"),
        (["--tensor", "sub:bits=2"], 2, "it may have lsb, share, rtol, atol, ulp"),
        (["--tensor", "sub:lsb=x"], 2, "'x' in 'sub:lsb=x' is not a number"),
        (["--tensor", "sub:lsb=-1"], 2, "lsb is -1"),
        (["--tensor", "sub:lsb=1", "--tensor", "sub:lsb=2"], 2, "has two tolerances"),
        (["--tensor", "subb:lsb=1"], 1, "nearest names are 'sub'"),
        (["--share", "2"], 2, "share is 2"),
        (["--rtol", "nan"], 2, "rtol is nan"),
        (["--html", "r.out", "--junit", "./r.out"], 2, "two reports go to one file"),
        (["--tensor", "sub:lsb=1,lsb=2"], 2, "says lsb twice"),
        (["--tensor", "zz:lsb=1"], 1, "The golden has 'conv', 'deep', "),
        (["--with", "litert", "--arithmetic", "xnnpack"], 2, "give one of the two"),
        (["--lsb", "-1"], 2, "is not in the range"),
        (["--arithmetic", "none"], 2, "is not one of"),
        (["--with", "nowhere"], 1, "'nowhere' is neither"),
        (["--with", "cmsis-nn"], 1, "'cmsis-nn' is an arithmetic of tinylite"),
    ],
)
def test_what_cannot_be_is_said(arguments: list[str], code: int, text: str, folder: Path) -> None:
    assert text in run("check", folder / "g.npz", *arguments, code=code).stderr


def test_another_model_is_refused_with_a_remedy(folder: Path) -> None:
    done = run("check", folder / "g.npz", folder / "other.tflite", code=1)
    assert f"{folder / 'g.npz'}: the golden is of another model" in done.stderr and "--changed-model" in done.stderr


def test_a_model_that_is_nowhere_is_asked_for(folder: Path) -> None:
    (folder / "net.tflite").unlink()
    done = run("check", folder / "g.npz", code=1)
    assert "is neither beside the golden nor in the current directory" in done.stderr and "Give its path" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("arithmetic_version", 99, "with version 99 of the arithmetic 'litert-reference'"),
        ("arithmetic", "quantum", "arithmetic 'quantum' is not one of this tinylite"),
    ],
)
def test_an_arithmetic_that_is_not_there_is_an_error(name: str, value: object, text: str, folder: Path) -> None:
    made = golden.load(folder / "g.npz")
    golden.save(replace(made, **{name: value}), folder / "h.npz")  # type: ignore[arg-type]
    assert text in run("check", folder / "h.npz", code=1).stderr
    run("check", folder / "h.npz", "--arithmetic", "litert-reference")


def test_names_that_end_a_line_or_a_terminal_s_mind_are_shown_as_they_are(tmp_path: Path) -> None:
    model = network()
    model.graph.ops[3].outputs[0].name = "evil\x1b[2J\n<b>&\x00"
    made = golden.record(model, layers=True, cases=1)
    report = golden.check(made, changed(model, MODELS["a zero point of an output"][0]), changed_model=True)
    assert "\x1b" not in report.text() and "\n<b>" not in report.text()
    root = ET.fromstring(report.junit())
    assert "<b>&" in root[0][0][0].attrib["message"]


def test_long_names_are_shown_without_their_middle() -> None:
    model = network()
    model.graph.ops[3].outputs[0].name = "start" + 300 * "x" + "end"
    made = golden.record(model, layers=True, cases=1)
    report = golden.check(made, changed(model, MODELS["a zero point of an output"][0]), changed_model=True)
    assert "xxx...xxx" in report.text() and "xend'" in report.text() and max(map(len, report.text().splitlines())) < 300
    assert report.plain()["first"]["tensor"] == model.graph.ops[3].outputs[0].name


def test_the_command_that_explains_says_which_output_and_is_left_out_where_there_is_no_explanation(tmp_path: Path) -> None:
    def commands(op: Op, wrong: str) -> list[str]:
        inputs = [tensor for tensor in op.inputs if tensor is not None and not tensor.is_constant]
        Model([Graph("main", inputs, list(op.outputs), [op])]).save(tmp_path / "m.tflite")
        made = golden.record(tmp_path / "m.tflite", cases=1)
        golden.save(made, tmp_path / "m.npz", overwrite=True)
        values = {tensor.name: record.value for tensor, record in zip(made.tensors, made.cases[0], strict=True) if tensor.role == "output"}
        np.savez(tmp_path / "dump.npz", **{name: value + (name == wrong) for name, value in values.items()})
        return list(golden.check(tmp_path / "m.npz", tmp_path / "m.tflite", using=str(tmp_path / "dump.npz")).commands)

    axis, x = Tensor("axis", (), "INT32"), Tensor("x", (1, 4))
    axis.data = np.array(1, np.int32)
    (command,) = commands(Op("SPLIT", [axis, x], [Tensor("a", (1, 2)), Tensor("b", (1, 2))], num_splits=2), "b")
    assert "--output 1" in command
    explained = CliRunner().invoke(main, shlex.split(command)[1:])
    assert explained.exit_code == 0 and "output 1 'b'" in explained.stdout, explained.output
    page = tmp_path / "page.html"
    run("check", tmp_path / "m.npz", tmp_path / "m.tflite", "--with", tmp_path / "dump.npz", "--html", page, code=1)
    assert "output 1" in page.read_text() and "How tinylite computes the worst value" in page.read_text()
    assert commands(Op("SOFTMAX", [Tensor("x", (1, 4))], [Tensor("y", (1, 4))], beta=1.0), "y") == []
