"""`tinylite vectors`: a thin face of the function."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"


@pytest.fixture
def runner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CliRunner:
    monkeypatch.chdir(tmp_path)
    return CliRunner()


def test_it_writes_what_the_function_writes(runner: CliRunner) -> None:
    done = runner.invoke(
        main, ["vectors", str(DIGITS), "--op", "1", "--format", "memh", "--bus", "128", "--layout", "nchw", "--seed", "4", "-o", "v"]
    )
    assert done.exit_code == 0, done.output
    assert done.stdout == "written: v: op 1 CONV_2D, 11 files: input, weights, bias, output, acc, acc+bias, scaled, multiplier, shift\n"
    Path("other").mkdir()
    manifest = tinylite.vectors(DIGITS, "other/v", format="memh", op=1, bus=128, layout="nchw", seed=4)
    assert json.loads(Path("v/manifest.json").read_text()) == manifest


def test_it_says_what_is_in_the_way(runner: CliRunner) -> None:
    command = ["vectors", str(DIGITS), "--format", "csv", "-o", "v"]
    assert runner.invoke(main, command).exit_code == 0
    again = runner.invoke(main, command)
    assert again.exit_code == 1 and "v: it is a folder that holds test vectors" in again.output
    assert runner.invoke(main, [*command, "--overwrite"]).exit_code == 0
    for wrong in (["--op", "0", "--each"], ["--cases", "2", "3"]):
        assert runner.invoke(main, [*command, *wrong, "--overwrite"]).exit_code == 2
    refused = runner.invoke(main, [*command, "--op", "9", "--overwrite"])
    assert refused.exit_code == 1 and refused.stderr.startswith(f"Error: {DIGITS}: there is no op 9: the first graph has 5")


def test_it_takes_files_as_run_does(runner: CliRunner) -> None:
    picture = np.arange(64, dtype=np.uint8).reshape(1, 8, 8, 1)
    np.save("p.npy", picture)
    done = runner.invoke(main, ["vectors", str(DIGITS), "picture=p.npy", "--format", "arm", "-o", "v", "--json"])
    assert done.exit_code == 0, done.output
    manifest = json.loads(done.stdout)
    assert manifest["seed"] is None and manifest["vector_format"] == "arm"
    assert np.array_equal(np.load("v/testing_input/picture/0.npy"), picture)


def test_each_op_has_a_folder_and_a_line(runner: CliRunner) -> None:
    done = runner.invoke(main, ["vectors", str(DIGITS), "--each", "--format", "npz", "-o", "ops/"])
    assert done.exit_code == 0, done.output
    ops = [op.code for op in tinylite.Model.load(DIGITS).graph.ops]
    assert [line.split(":")[1].strip() for line in done.stdout.splitlines()] == [
        f"ops/op_{number}_{code.lower()}" for number, code in enumerate(ops)
    ]
    assert sorted(path.name for path in Path("ops").iterdir() if path.is_dir()) == sorted(
        f"op_{number}_{code.lower()}" for number, code in enumerate(ops)
    )
