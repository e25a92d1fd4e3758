"""What bench() may be called with, as scripts and notebooks call it, and what it says of the rest before it takes any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import SettingError
from tinylite.benching import arguments, measure, rows
from tinylite.benching.bench import bench

DEMO = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no threads": ({"threads": []}, "nothing to time"),
    "half a thread": ({"threads": 1.5}, "1.5"),
    "threads as text": ({"threads": "2"}, "'2'"),
    "against nothing": ({"against": None}, "against has None"),
    "against a number": ({"against": 5}, "against has 5"),
    "against numbers": ({"against": [5]}, "against has 5"),
    "no target": ({"against": "cpu:"}, "'cpu:' is no baseline"),
    "no line": ({"ops": None}, "the op is None"),
    "a number as a line": ({"ops": 5}, "the op is 5"),
    "three of a pair": ({"ops": [("RELU f32 1x8", 1, 2)]}, "the op is"),
    "minus three times": ({"ops": [("RELU f32 1x8", -3)]}, "-3"),
    "batch as text": ({"batch": "2"}, "batch is '2'"),
    "batch of nothing": ({"batch": 0}, "batch is 0"),
    "true as batch": ({"batch": True}, "batch is True"),
    "shapes without names": ({"shapes": [1, 2]}, "shapes is [1, 2]"),
    "a number as shape": ({"shapes": {"picture": 5}}, "the shape of input 'picture' is 5"),
    "text as shape": ({"shapes": {"picture": "12"}}, "the shape of input 'picture' is '12'"),
    "halves in a shape": ({"shapes": {"picture": [1.5]}}, "1.5"),
    "less than nothing": ({"shapes": {"picture": [-1, 8, 8, 1]}}, "-1"),
    "no seconds": ({"seconds": 0}, "seconds is 0"),
    "seconds as text": ({"seconds": "1"}, "seconds is '1'"),
    "not a number": ({"seconds": float("nan")}, "seconds is nan"),
    "precision of two": ({"precision": 2}, "precision is 2"),
    "seed below 0": ({"seed": -1}, "seed is -1"),
    "seed as text": ({"seed": "a"}, "seed is 'a'"),
    "no seed": ({"seed": None}, "seed is None"),
    "only a number": ({"only": 5}, "only has 5"),
    "only numbers": ({"only": [5]}, "only has 5"),
    "progress of 5": ({"progress": 5}, "progress is 5"),
    "one array": ({"inputs": np.zeros((1, 8, 8, 1), np.uint8)}, "inputs is an array of uint8 [1, 8, 8, 1]"),
    "arrays by name": ({"inputs": {"picture": 1}}, "inputs is"),
    "a number as inputs": ({"inputs": 5}, "inputs is 5"),
    "rows that differ": ({"inputs": [[[1], [1, 2]]]}, "input 0"),
}


@pytest.mark.parametrize(("given", "said"), WRONG.values(), ids=WRONG)
def test_wrong_arguments_are_named_before_anything_is_timed(given: dict[str, Any], said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "measure_all", lambda *rest: pytest.fail("it was timed"))
    with pytest.raises(SettingError) as error:
        bench(DEMO, **given)
    assert said in str(error.value)


def test_one_is_as_good_as_a_list_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LAUNCHES", 2)
    found = bench(
        (path for path in [DEMO]), ops="RELU f32 1x8", against="cpu:portable", threads=np.int64(1), batch=np.int64(2),
        seconds=np.float32(0.02), precision=np.float64(0.5), seed=np.int32(3),
    )  # fmt: skip
    assert [(row.name, row.batch, type(row.threads)) for row in found.rows] == [("digits_uint8", 2, int), ("RELU f32 1x8", None, int)]
    assert [each.name for each in found.rows[0].baselines] == ["cpu:portable"]
    assert found.rows[0].shapes == {"picture": [2, 8, 8, 1]}
    assert found.to_json()["settings"]["seed"] == 3


def test_what_is_one_and_what_is_several() -> None:
    content = DEMO.read_bytes()
    for one in (str(DEMO), DEMO, content, bytearray(content), tinylite.Model.load(DEMO), 5, np.int64(5)):
        assert arguments.several(one) == [one]
    assert arguments.several(np.array([1, 2])) == [1, 2]
    assert arguments.thread_counts([1, 2, 1]) == [1, 2]


def test_what_an_input_cannot_hold_is_a_refusal_that_names_it() -> None:
    for value in (None, object(), np.array(["a", None], object)):
        assert "input 'picture' was given" in bench(DEMO, [value], seconds=0.02).rows[0].ours.refused


def test_refusals_name_no_file_that_was_made_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LAUNCHES", 2)
    refused = bench(DEMO, [np.zeros((8, 8, 1), np.uint8)], seconds=0.02).rows[0].ours.refused
    assert refused.startswith("digits_uint8.tflite, graph 0, op 0 DEPTHWISE_CONV_2D")


def test_a_program_that_is_not_a_python_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(measure, "LAUNCHES", 2)
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho hello\nexec cat\n")
    program.chmod(0o755)
    ours, other = bench(DEMO, against=f"python:{program}", seconds=0.02).rows[0].measurements
    assert "does not answer as a Python does" in other.refused
    assert not ours.refused
