"""`tinylite diff`: what it prints and writes, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from tinylite import Graph, Model, Op, Quantization, Tensor
from tinylite.cli import main

from .test_mutations import DIGITS

PICTURE = DIGITS.parent / "digit_3.png"


def tinylite_(*arguments: object, code: int) -> Result:
    result = CliRunner().invoke(main, ["diff", *map(str, arguments)], prog_name="tinylite")
    assert result.exit_code == code, f"{result.output}{result.stderr}\n{result.exception!r}"
    assert "Traceback" not in result.stderr
    return result


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The digits' model, more eager by the bias of a class."""
    model = Model.load(DIGITS)
    values = model.graph.ops[3].inputs[2].data.copy()
    values[8] += 20_000
    model.graph.ops[3].inputs[2].data = values
    model.save(tmp_path / "edited.tflite")
    return tmp_path / "edited.tflite"


def test_the_exit_code_says_whether_models_are_the_same(edited: Path) -> None:
    same = tinylite_(DIGITS, DIGITS, code=0)
    assert same.stdout == "- The models are the same: 5 ops, 13 tensors, and the same results on random values of seed 0.\n"
    different = tinylite_(DIGITS, edited, code=1)
    assert (
        different.stdout.splitlines()[0]
        == "- The biases of 1 layer differ: op 3 FULLY_CONNECTED in 1 of 10 values, at [8], by 20,000 steps (19.4)."
    )
    assert "On random values of seed 0, output 'scores' differs in" in different.stdout and different.stderr == ""
    assert "of seed 5, " in tinylite_(DIGITS, edited, "--seed", 5, code=1).stdout


def test_the_command_that_explains_a_difference_does(edited: Path) -> None:
    commands = [line for line in tinylite_(DIGITS, edited, "--seed", 5, code=1).stdout.splitlines() if line.startswith("explained by: ")]
    assert [command.split()[4:] for command in commands] == [
        [str(path), "--op", "3", "--at", "0,8", "--seed", "5"] for path in (DIGITS, edited)
    ]
    for command in commands:
        result = CliRunner().invoke(main, command.removeprefix("explained by: tinylite ").split())
        assert result.exit_code == 0 and "acc+bias" in result.stdout, result.output


def test_a_command_is_named_only_for_what_can_be_explained_and_for_the_output_that_differs(tmp_path: Path) -> None:
    def made(code: str, type: str, options: dict[str, Any], outputs: int = 1) -> Model:
        scale = Quantization(np.array([0.5], np.float32), np.array([3]))
        x = Tensor("x", (1, 4), type, quantization=scale if type == "INT8" else None)
        results = [Tensor(name, (1, 4 // outputs), x.type, quantization=x.quantization) for name in "ab"[:outputs]]
        given = [Tensor("axis", (), "INT32"), x] if outputs > 1 else [x]
        if outputs > 1:
            given[0].data = np.array(1, np.int32)
        return Model([Graph("main", [x], results, [Op(code, given, results, **options)])])

    def commands(a: Model, b: Model) -> list[str]:
        a.save(tmp_path / "a.tflite")
        b.save(tmp_path / "b.tflite")
        lines = tinylite_(tmp_path / "a.tflite", tmp_path / "b.tflite", code=1).stdout.splitlines()
        return [line.removeprefix("explained by: tinylite ") for line in lines if line.startswith("explained by: ")]

    assert commands(made("SOFTMAX", "FLOAT32", {"beta": 1.0}), made("SOFTMAX", "FLOAT32", {"beta": 0.5})) == []
    other = made("SPLIT", "INT8", {"num_splits": 2}, 2)
    other.graph.outputs[1].quantization = Quantization(np.array([1.5], np.float32), np.array([3]))
    found = commands(made("SPLIT", "INT8", {"num_splits": 2}, 2), other)
    assert len(found) == 2 and all("--output 1" in command for command in found)
    assert all(CliRunner().invoke(main, command.split()).exit_code == 0 for command in found)


def test_files_are_read_as_run_reads_them(edited: Path, tmp_path: Path) -> None:
    given = tinylite_(DIGITS, edited, PICTURE, code=1)
    assert "On the inputs given, output 'scores' differs in" in given.stdout
    assert given.stderr.startswith("Note: input 'picture': pixels became ")
    np.save(tmp_path / "x.npy", np.zeros((1, 8, 8, 1), np.uint8))
    assert "On the inputs given" in tinylite_(DIGITS, edited, f"picture={tmp_path / 'x.npy'}", code=1).stdout
    assert "digit_9000" in tinylite_(DIGITS, edited, "digit_9000.png", code=1).stderr


def test_without_a_run_nothing_is_computed(edited: Path) -> None:
    assert len(tinylite_(DIGITS, edited, "--no-run", code=1).stdout.splitlines()) == 1
    assert "takes no inputs" in tinylite_(DIGITS, edited, PICTURE, "--no-run", code=2).stderr


def test_json(edited: Path) -> None:
    found = json.loads(tinylite_(DIGITS, edited, "--json", code=1).stdout)
    assert found["same"] is False and found["differences"]["bias"] == 1
    assert found["graphs"][0]["constants"][0]["difference"]["steps"] == 20_000
    assert json.loads(tinylite_(DIGITS, DIGITS, "--json", code=0).stdout)["same"] is True


def test_html(edited: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert tinylite_(DIGITS, edited, "--html", page, code=1).stdout.endswith(f"written: {page}\n")
    assert page.read_text().startswith("<!doctype html>") and "20,000 steps" in page.read_text()
    before = edited.read_bytes()
    assert "Error" in tinylite_(DIGITS, edited, "--html", edited, code=1).stderr
    assert edited.read_bytes() == before, "no model is overwritten by a page"
    nowhere = tmp_path / "none" / "page.html"
    assert tinylite_(DIGITS, edited, "--html", nowhere, code=1).stderr.startswith(f"Error: {nowhere}: it cannot be written")


def test_errors(edited: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("text")
    assert tinylite_(DIGITS, tmp_path / "missing", code=1).stderr.startswith("Error: ")
    assert "not a .tflite file" in tinylite_(tmp_path / "text", DIGITS, code=1).stderr
    assert "Missing argument" in tinylite_(DIGITS, code=2).stderr
    assert "exact" in tinylite_(DIGITS, edited, "--arithmetic", "exact", code=2).stderr
    two = tinylite_(DIGITS, edited, PICTURE, PICTURE, code=1)
    assert two.stdout == "" and "one file too many" in two.stderr
