"""The fast version of tests/fuzz, with the same attacks every time; and the machinery itself, which must see what is wrong.

All of it runs in separate processes: attacks may end them. The long version is `make fuzz`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import ops
from tinylite.interpreter import Interpreter
from tinylite.ops import custom_ops

from .fuzz import wrong
from .fuzz.campaign import load_target, target_names
from .fuzz.models import all_cases, conv
from .fuzz.seeds import graphs

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="guards and limits are Linux's")

ROOT = Path(__file__).parent.parent
# Attacks of each target in the fast version. The numbers differ from those that the long version begins with.
FIRST = 10_000_000
COUNTS = {
    "operators": 1500, "chains": 800, "values": 400, "graphs": 1000, "models": 50, "freeze": 500, "formats": 500, "diffs": 1000,
}  # fmt: skip


def fuzz(*arguments: str) -> dict[str, Any]:
    """The report of a campaign."""
    command = [sys.executable, "-m", "tests.fuzz", *arguments, "--jobs", "2"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode in (0, 1) and ran.stdout, ran.stderr[-4000:]
    report: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    assert bool(report["findings"]) == (ran.returncode == 1)
    return report


def test_every_target_has_a_fast_form() -> None:
    assert sorted(COUNTS) == target_names()


@pytest.mark.parametrize("target", COUNTS)
def test_attacks_find_nothing(target: str) -> None:
    report = fuzz(target, "--first", str(FIRST), "--count", str(COUNTS[target]))
    assert report["attacks"] == {target: COUNTS[target]}
    # One that is refused at the door tests nothing after it.
    far = sum(report["outcomes"].get(outcome, 0) for outcome in ("works", "InvokeError", "ModelError"))
    assert far > 0.25 * COUNTS[target], report["outcomes"]
    for finding in report["findings"]:
        print(f"python -m tests.fuzz {target} --first {finding['number']} --count 1\n{finding['what']}\n{finding['trace']}")
    assert not report["findings"]


@pytest.mark.slow
@pytest.mark.parametrize("target", COUNTS)
def test_attacks_of_minutes_find_nothing(target: str) -> None:
    assert not fuzz(target, "--first", "20000000", "--seconds", "120")["findings"]


def test_what_is_wrong_is_found() -> None:
    """Kernels beside their memory, values that nobody wrote, hangs, foreign errors; and what is sound is not."""
    report = fuzz("tests.fuzz.wrong", "--first", "0", "--count", str(len(wrong.WRONG)))
    assert report["attacks"] == {"tests.fuzz.wrong": len(wrong.WRONG)}
    found = {finding["number"]: finding["what"] for finding in report["findings"]}
    for number, (action, says) in enumerate(wrong.WRONG):
        assert bool(says) == (number in found), f"{action.__name__}: {found.get(number, 'not found')}"
        assert not says or wrong.matches(number, found[number]), f"{action.__name__}: {found[number]}"


def test_an_attack_can_be_done_again() -> None:
    """By its number, alone, with the same outcome; a finding ends with 1."""
    command = [sys.executable, "-m", "tests.fuzz", "operators", "--first", "12", "--count", "1"]
    one, other = (subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert one == other != ""
    number = str([action.__name__ for action, _ in wrong.WRONG].index("_foreign"))
    again = subprocess.run(
        [*command[:3], "tests.fuzz.wrong", "--first", number, "--count", "1"], cwd=ROOT, capture_output=True, check=False
    )
    assert again.returncode == 1 and b"IndexError" in again.stderr


def test_every_op_that_is_translated_is_attacked() -> None:
    """Run `python -m tests.fuzz.seeds` after adding cases of one to tests/converter."""
    pytest.importorskip("tensorflow")
    from .converter.cases import CASES

    assert set(CASES) == {name.rpartition("-")[0] for name in graphs() if not name.startswith(("functions-", "frames-"))}


def test_every_operator_is_attacked() -> None:
    """Each has cases that are not too large, which are left out."""
    codes = {op.name.upper() for case, _ in all_cases() for graph in case.model().graphs for op in graph.ops}
    assert not {name.upper() for name in (*ops.names(), *custom_ops.names())} - codes


@pytest.mark.parametrize(("batch", "filters"), [(0, 4), (1, 0)])
def test_a_convolution_of_nothing(batch: int, filters: int) -> None:
    """Empty results are not errors: what mutants found."""
    model = conv()
    input, weights, bias, _ = model.graph.tensors
    input.shape, weights.shape, bias.shape = (batch, 6, 6, 2), (filters, 3, 3, 2), (filters,)
    for tensor in (weights, bias):
        assert tensor.buffer is not None and tensor.quantization is not None
        tensor.quantization.scale, tensor.quantization.zero_point = tensor.quantization.scale[:1], tensor.quantization.zero_point[:1]
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    interpreter.invoke()
    assert interpreter.get_tensor(3).shape == (batch, 6, 3, filters)


def test_targets_say_what_they_attack() -> None:
    for name in target_names():
        assert load_target(name).__doc__
    assert np.unique([len(content) for content in graphs().values()]).size > 50
