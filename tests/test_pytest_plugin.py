"""The fixture `tflite_golden`, its options and its summary, in runs of pytest within tests."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite.golden import Golden, Record, load, record, save
from tinylite.kernels import store
from tinylite.pytest_plugin import _write_index

ROOT = Path(__file__).parent.parent
DIGITS = ROOT / "tinylite" / "demo" / "digits_uint8.tflite"

# The plugin is loaded by its entry point where tinylite is installed with it, and by name elsewhere; never twice.
INSTALLED = any(each.value == "tinylite.pytest_plugin" for each in importlib.metadata.entry_points(group="pytest11", name="tinylite"))
OPTIONS = [*([] if INSTALLED else ["-p", "tinylite.pytest_plugin"]), "-p", "no:cacheprovider"]

HEAD = """
import numpy as np, pytest, tinylite

def by_tinylite(model, inputs):
    interpreter = tinylite.Interpreter(model)
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), inputs, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]

def moved(by, share=1.0):
    def run(model, inputs):
        (scores,) = by_tinylite(model, inputs)
        places = np.arange(scores.size).reshape(scores.shape) < share * scores.size
        return [np.where(places, np.where(scores > 127, scores - by, scores + by), scores).astype(scores.dtype)]
    return run
"""


class Kept:
    """Keeps what runs of pytest in this process import, which pytester forgets afterwards: no process may make a kernel twice."""

    def __init__(self) -> None:
        self._modules = dict[str, Any]()

    def pytest_unconfigure(self) -> None:
        self._modules |= {name: each for name, each in sys.modules.items() if not name.startswith(("test_", "conftest"))}

    def restore(self) -> None:
        sys.modules.update({name: module for name, module in self._modules.items() if name not in sys.modules})


@pytest.fixture
def kept() -> Iterator[Kept]:
    """Asked for before pytester, and so restored after it; where kernels are kept is found out before it changes HOME, too."""
    found = Kept()
    store._root()
    yield found
    found.restore()


class Project:
    """A folder with a model and tests, in which pytest runs."""

    def __init__(self, pytester: pytest.Pytester, kept: Kept) -> None:
        self.pytester, self.path, self._kept = pytester, pytester.path, kept
        (self.path / "digits.tflite").write_bytes(DIGITS.read_bytes())

    def tests(self, body: str, name: str = "test_mod.py") -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(HEAD + body)
        return path

    def run(self, *options: str) -> pytest.RunResult:
        try:
            return self.pytester.runpytest_inprocess(*OPTIONS, *options, plugins=[self._kept])
        finally:
            self._kept.restore()

    def run_apart(self, *options: str) -> pytest.RunResult:
        """In a process of its own, for xdist."""
        return self.pytester.runpytest_subprocess(*OPTIONS, *options)

    def record(self, *options: str) -> pytest.RunResult:
        result = self.run("--tflite-regen-missing", *options)
        assert result.ret == 0, result.stdout.str()
        return result

    def goldens(self, folder: str = "goldens") -> list[str]:
        return sorted(path.relative_to(self.path / folder).as_posix() for path in (self.path / folder).rglob("*") if path.is_file())

    def golden(self, name: str = "test_mod/test_it.npz") -> Golden:
        return load(self.path / "goldens" / name)


@pytest.fixture
def project(kept: Kept, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TINYLITE_CACHE", store._root())
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])))
    return Project(pytester, kept)


PLAIN = "def test_it(tflite_golden): tflite_golden('digits.tflite', cases=2)"


# ---- start


def test_loading_the_plugin_imports_nothing_but_the_standard_library() -> None:
    code = "import sys, pytest; before = {*sys.modules}; import tinylite.pytest_plugin; print(*{*sys.modules} - before)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    others = {name.partition(".")[0] for name in done.stdout.split()} - sys.stdlib_module_names
    assert others == {"tinylite"}
    assert {name for name in done.stdout.split() if name.startswith("tinylite")} == {"tinylite", "tinylite.pytest_plugin"}


def test_a_run_without_the_fixture_imports_nothing_heavy(project: Project) -> None:
    """Only as much as pytest and other plugins import by themselves."""
    project.tests("").write_text("import sys\ndef test_it(): print('LOADED', *sys.modules)")
    result = project.pytester.runpytest_subprocess(*OPTIONS, "-s", "-p", "no:xdist")
    loaded = next(line for line in result.outlines if "LOADED" in line).split()
    assert not {"numpy", "numba", "llvmlite", "PIL", "tinylite.golden", "tinylite.html_page"} & {*loaded}
    assert "tinylite.pytest_plugin" in loaded


def test_the_plugin_is_an_entry_point() -> None:
    assert '[project.entry-points.pytest11]\ntinylite = "tinylite.pytest_plugin"\n' in (ROOT / "pyproject.toml").read_text()


def test_help_has_the_options(project: Project) -> None:
    text = project.run("--help").stdout.str()
    assert all(option in text for option in ("--tflite-regen ", "--tflite-regen-missing", "--tflite-html=DIR", "tflite_goldens (string)"))


# ---- recording


def test_a_missing_golden_fails_with_the_command_that_records_it(project: Project) -> None:
    project.tests(PLAIN)
    result = project.run()
    result.assert_outcomes(failed=1)
    text = result.stdout.str()
    assert "there is no golden goldens/test_mod/test_it.npz" in text
    assert "pytest test_mod.py::test_it --tflite-regen-missing" in text
    assert "pytest_plugin.py" not in text, "frames of the plugin"
    assert not (project.path / "goldens").exists()


def test_missing_goldens_are_recorded_and_named_and_then_checked(project: Project) -> None:
    project.tests(PLAIN)
    assert "goldens/test_mod/test_it.npz recorded" in project.record().stdout.str()
    golden = project.golden()
    assert (golden.model, golden.seed, len(golden.cases), golden.layers) == ("digits.tflite", 0, 2, False)
    result = project.run()
    result.assert_outcomes(passed=1)
    assert "goldens of tinylite" not in result.stdout.str()


def test_missing_goldens_alone_are_recorded(project: Project) -> None:
    """One that is there and differs fails all the same."""
    project.tests("def test_it(tflite_golden): tflite_golden('digits.tflite', seed=1, cases=1)\n" + PLAIN.replace("it(", "new("))
    (project.path / "goldens" / "test_mod").mkdir(parents=True)
    save(record(str(project.path / "digits.tflite"), seed=2, cases=1), project.path / "goldens" / "test_mod" / "test_it.npz")
    before = (project.path / "goldens" / "test_mod" / "test_it.npz").read_bytes()
    result = project.run("--tflite-regen-missing")
    result.assert_outcomes(passed=1, failed=1)
    assert "recorded with seed=2, and the test asks for seed=1" in result.stdout.str()
    assert "pytest test_mod.py::test_it --tflite-regen" in result.stdout.str()
    assert (project.path / "goldens" / "test_mod" / "test_it.npz").read_bytes() == before
    assert project.goldens() == ["test_mod/test_it.npz", "test_mod/test_new.npz"]


def test_regen_rewrites_what_has_changed_and_says_so(project: Project) -> None:
    project.tests(PLAIN + "\ndef test_same(tflite_golden): tflite_golden('digits.tflite', cases=1)")
    project.record()
    same = (project.path / "goldens" / "test_mod" / "test_same.npz").stat().st_mtime_ns
    project.tests(PLAIN.replace("cases=2", "cases=3, layers=True") + "\ndef test_same(tflite_golden): tflite_golden('digits.tflite')")
    result = project.run("--tflite-regen")
    result.assert_outcomes(passed=2)
    assert "goldens/test_mod/test_it.npz regenerated" in result.stdout.str() and "test_same.npz" not in result.stdout.str()
    assert len(project.golden().cases) == 3 and project.golden().layers
    assert (project.path / "goldens" / "test_mod" / "test_same.npz").stat().st_mtime_ns == same
    project.run().assert_outcomes(passed=2)


def test_regen_replaces_a_file_that_is_damaged(project: Project) -> None:
    project.tests(PLAIN)
    project.record()
    path = project.path / "goldens" / "test_mod" / "test_it.npz"
    path.write_bytes(path.read_bytes()[:-100])
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "damaged" in result.stdout.str()
    project.run("--tflite-regen").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)


@pytest.mark.parametrize("trouble", ["run raises", "later assertion", "error in teardown", "values differ"])
def test_regen_writes_nothing_where_a_test_fails(project: Project, trouble: str) -> None:
    project.tests(PLAIN)
    project.record()
    path = project.path / "goldens" / "test_mod" / "test_it.npz"
    before = path.read_bytes()
    body = {
        "run raises": "def test_it(tflite_golden):\n    def run(model, inputs): raise KeyError('the device is off')\n"
        "    tflite_golden('digits.tflite', seed=9, run=run)",
        "later assertion": "def test_it(tflite_golden):\n    tflite_golden('digits.tflite', seed=9)\n    assert not 'the device is off'",
        "error in teardown": "@pytest.fixture\ndef device():\n    yield\n    raise KeyError('the device is off')\n"
        "def test_it(device, tflite_golden): tflite_golden('digits.tflite', seed=9)",
        "values differ": "def test_it(tflite_golden): tflite_golden('digits.tflite', seed=9, run=moved(1))",
    }
    project.tests(body[trouble])
    result = project.run("--tflite-regen")
    outcomes = result.parseoutcomes()
    assert outcomes.get("failed", 0) + outcomes.get("errors", 0) == 1
    assert ("no golden is written" if trouble == "values differ" else "the device is off") in result.stdout.str()
    assert path.read_bytes() == before and project.goldens() == ["test_mod/test_it.npz"], "not even a temporary file"
    assert "regenerated" not in result.stdout.str()


def test_an_error_in_run_keeps_its_traceback(project: Project) -> None:
    project.tests(
        "def run(model, inputs): return tinylite.Interpreter('absent.tflite')\n"
        "def test_it(tflite_golden): tflite_golden('digits.tflite', run=run)"
    )
    text = project.run("--tflite-regen").stdout.str()
    assert re.search(r"test_mod.py:\d+: in run$", text, re.MULTILINE) and "absent.tflite: there is no such file" in text


@pytest.mark.parametrize("option", ["--tflite-regen", "--tflite-regen-missing"])
def test_nothing_is_written_where_ci_is_set(project: Project, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    project.tests(PLAIN)
    monkeypatch.setenv("CI", "true")
    result = project.run(option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"{option} writes no goldens where CI is set in the environment" in result.stderr.str()
    assert not (project.path / "goldens").exists()
    project.run().assert_outcomes(failed=1)
    monkeypatch.setenv("CI", "false")
    project.run(option).assert_outcomes(passed=1)


def test_a_golden_that_holds_hashes_stays_one(project: Project) -> None:
    project.tests(PLAIN)
    (project.path / "goldens" / "test_mod").mkdir(parents=True)
    path = project.path / "goldens" / "test_mod" / "test_it.npz"
    save(record(str(project.path / "digits.tflite"), cases=2, hashes_only=True), path)
    project.run().assert_outcomes(passed=1)
    project.tests("def test_it(tflite_golden): tflite_golden('digits.tflite', run=moved(1))")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "10 of 10 values differ" in result.stdout.str(), "they are computed again"
    project.tests(PLAIN.replace("2)", "3)"))
    project.run("--tflite-regen").assert_outcomes(passed=1)
    assert project.golden().hashes_only and len(project.golden().cases) == 3
    project.run().assert_outcomes(passed=1)


# ---- names


def test_each_test_and_parameter_has_a_file_of_its_own(project: Project) -> None:
    project.tests("""
@pytest.mark.parametrize("name", ["a/b", "a_b", "../x", "c:*?", "v" * 300, "w" * 300, "ü"])
def test_it(tflite_golden, name):
    tflite_golden('digits.tflite', cases=1)

class TestThem:
    class TestInner:
        def test_it(self, tflite_golden):
            tflite_golden('digits.tflite', cases=1)
            tflite_golden('digits.tflite', cases=2)
            tflite_golden('digits.tflite', cases=3, name="three of them")
            tflite_golden('digits.tflite', cases=4)
""")
    project.record()
    found = project.goldens()
    assert len(found) == 7 + 4
    assert {"test_mod/test_it[a_b].npz", "test_mod/TestThem.TestInner.test_it.npz", "test_mod/TestThem.TestInner.test_it-2.npz"} < {*found}
    assert {"test_mod/TestThem.TestInner.test_it-4.npz"} < {*found}
    assert all(re.fullmatch(r"test_mod/[A-Za-z0-9_.,=+\[\]-]{1,150}\.npz", name) for name in found)
    assert len({name.lower() for name in found}) == len(found)
    project.run().assert_outcomes(passed=8)


def test_two_goldens_of_one_name_are_an_error(project: Project) -> None:
    project.tests("""
def test_it(tflite_golden):
    tflite_golden('digits.tflite', cases=1, name="x")
    tflite_golden('digits.tflite', cases=2, name="x")
""")
    result = project.run("--tflite-regen")
    result.assert_outcomes(failed=1)
    assert "two goldens 'x'" in result.stdout.str() and not (project.path / "goldens").exists()


def test_the_ini_option_names_another_folder(project: Project) -> None:
    """Which has the modules of all folders, and is found from the file that it is in."""
    project.pytester.makeini("[pytest]\ntflite_goldens = kept/here\naddopts = --import-mode=importlib\n")
    body = "def test_it(tflite_golden): tflite_golden(__file__.partition('/tests/')[0] + '/digits.tflite', cases=1)"
    for name in ("tests/a/test_mod.py", "tests/b/test_mod.py"):
        project.tests(body, name)
    project.record()
    assert project.goldens("kept/here") == ["tests/a/test_mod/test_it.npz", "tests/b/test_mod/test_it.npz"]
    assert "used by no test" not in project.run("tests/a").stdout.str()
    os.remove(project.path / "tests" / "b" / "test_mod.py")
    assert "kept/here/tests/b/test_mod/test_it.npz is used by no test" not in project.run("tests/a").stdout.str()


# ---- comparing


CALLS = [
    ("run=by_tinylite", True),
    ("run=moved(1)", False),
    ("run=moved(1), lsb=1", True),
    ("run=moved(2), lsb=1", False),
    ("run=moved(2), lsb=1, share=1.0", True),
    ("run=moved(200, 0.1), share=0.1", True),
    ("run=moved(200, 0.2), share=0.1", False),
    ("run=moved(2), tensors={'scores': {'lsb': 2}}", True),
    ("run=moved(2), lsb=2, tensors={'scores': {'lsb': 1}}", False),
    ("run=moved(2, 0.1), share=0.1, tensors={'scores': {'lsb': 1}}", True),
    ("run=moved(1), rtol=1.0, atol=300.0, ulp=300", False),
    ("run=lambda model, inputs: by_tinylite(model, inputs)[0]", True),
    ("run=lambda model, inputs: {'scores': by_tinylite(model, inputs)[0]}", True),
    ("run=lambda model, inputs: by_tinylite(model, inputs)[0].astype('float32'), lsb=255, atol=300.0", False),
    ("run=lambda model, inputs: by_tinylite(model, inputs)[0].astype('int8'), lsb=255", False),
    ("run=lambda model, inputs: by_tinylite(model, inputs)[0].ravel()", False),
    ("run=lambda model, inputs: by_tinylite(model, inputs) * 2", False),
    ("run=lambda model, inputs: []", False),
    ("run=lambda model, inputs: {'score': by_tinylite(model, inputs)[0]}", False),
    ("run=lambda model, inputs: inputs[0].fill(0) or by_tinylite(model, inputs)", False),
]


def test_what_passes(project: Project) -> None:
    """All calls in one run, each as a test of its own."""
    golden = record(str(project.path / "digits.tflite"), cases=2)
    folder = project.path / "goldens" / "test_mod"
    folder.mkdir(parents=True)
    for number in range(len(CALLS)):
        save(golden, folder / f"test_{number}.npz")
    bodies = (
        f"def test_{number}(tflite_golden): assert tflite_golden('digits.tflite', {call}).passes" for number, (call, _) in enumerate(CALLS)
    )
    project.tests("\n".join(bodies))
    result = project.run("-rA")
    passed = {*re.findall(r"^PASSED test_mod.py::test_(\d+)$", result.stdout.str(), re.MULTILINE)}
    failed = dict(re.findall(r"^FAILED test_mod.py::test_(\d+) - (\S+)", result.stdout.str(), re.MULTILINE))
    assert [call for number, (call, passes) in enumerate(CALLS) if (str(number) in passed) is not passes] == []
    assert "--tflite-regen" not in result.stdout.str(), "which would not change what run returns"
    assert {*failed.values()} == {"tinylite.errors.GoldenError:", "tinylite.errors.TensorError:"}
    assert len(passed) + len(failed) == len(CALLS)


def test_outputs_are_named_with_the_nearest_names(project: Project) -> None:
    project.tests(PLAIN)
    project.record()
    project.tests("def test_it(tflite_golden): tflite_golden('digits.tflite', run=lambda m, i: {'scoers': by_tinylite(m, i)[0]})")
    text = project.run().stdout.str()
    assert "scoers" in text and "'scores'" in text
    project.tests("def test_it(tflite_golden): tflite_golden('digits.tflite', tensors={'scoers': {'lsb': 1}})")
    assert "The nearest names are 'scores'" in project.run().stdout.str()
    project.tests("def test_it(tflite_golden): tflite_golden('digits.tflite', tensors={'scores': {'steps': 1}})")
    assert "Give a dict with some of lsb, share, rtol, atol, ulp" in project.run().stdout.str()


CHANGED = """
def changed(op, layer_lsb=0):
    model = tinylite.Model.load('digits.tflite')
    weights = model.graph.ops[op].inputs[1]
    weights.buffer = weights.buffer.copy()
    weights.buffer.flat[::7] ^= 1
    return model
"""


def in_order(text: str, *parts: str) -> None:
    found = [text.find(part) for part in parts]
    assert -1 not in found and found == sorted(found), dict(zip(parts, found, strict=True))


def test_a_failure_says_which_op_is_guilty_in_order_and_leaves_a_reproduction(project: Project) -> None:
    project.tests(PLAIN.replace("cases=2", "cases=2, layers=True"))
    project.record()
    body = CHANGED + "\ndef test_it(tflite_golden):\n    tflite_golden(changed(1), layers=True, changed_model=True)\n"
    project.tests(body)
    result = project.run("--basetemp=temporary")
    result.assert_outcomes(failed=1)
    text = "\n".join(line.removeprefix("E").strip() for line in result.outlines)
    in_order(text, "first difference: op 1 CONV_2D", "guilty: op 1", "arithmetic then: litert-reference", "to reproduce it: ")
    in_order(text, "first difference: op 1 CONV_2D", "--tflite-regen")
    assert "pytest_plugin.py" not in text and "checking.py" not in text, "frames of tinylite"
    folder = project.path / re.findall(r"to reproduce it: (\S+)", text)[0]
    assert {path.name for path in folder.iterdir()} == {"op.tflite", "op.golden.npz"} and project.path / "temporary" in folder.parents
    kept = load(folder / "op.golden.npz")
    assert [tensor.name for tensor in kept.tensors if tensor.role == "output"] == ["conv_2/Relu"]


def test_an_op_whose_inputs_differed_already_is_a_victim(project: Project) -> None:
    project.tests(PLAIN.replace("cases=2", "cases=2, layers=True"))
    project.record()
    allowed = "tensors={'conv_2/Relu': {'lsb': 255}}"
    project.tests(CHANGED + f"\ndef test_it(tflite_golden): tflite_golden(changed(1), layers=True, changed_model=True, {allowed})\n")
    text = project.run().stdout.str()
    in_order(text, "first difference: op 2 RESHAPE", "victim: op 2", "arithmetic then: ")


def test_layers_that_run_returns_are_compared(project: Project) -> None:
    project.tests("""
def run(model, inputs):
    interpreter = tinylite.Interpreter(model, experimental_preserve_all_tensors=True)
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], inputs[0])
    interpreter.invoke()
    found = {each["name"]: interpreter.get_tensor(each["index"]) for each in interpreter.get_tensor_details()}
    return {name: value for name, value in found.items() if name in ("conv_1/Relu", "conv_2/Relu", "scores")}
def wrong(model, inputs):
    found = run(model, inputs)
    found["conv_2/Relu"][0, 0, 0, 0] ^= 1
    return found
def test_it(tflite_golden): tflite_golden('digits.tflite', cases=2, layers=True, run=run)
def test_wrong(tflite_golden): tflite_golden('digits.tflite', cases=2, layers=True, run=wrong)
""")
    result = project.run("--tflite-regen-missing")
    result.assert_outcomes(passed=1, failed=1)
    assert "first difference: op 1 CONV_2D, output 'conv_2/Relu'" in result.stdout.str()
    assert project.goldens() == ["test_mod/test_it.npz"]


STALE = {
    "cases=2": ("cases=3", "recorded with cases=2, and the test asks for cases=3"),
    "inputs=np.zeros((1, 8, 8, 1), np.uint8)": ("inputs=np.ones((1, 8, 8, 1), np.uint8)", "recorded with another"),
    "inputs=[np.zeros((1, 8, 8, 1), np.uint8)] * 2": ("inputs=np.zeros((1, 8, 8, 1), np.uint8)", "recorded with 2 cases, and 1 are given"),
    "seed=1": ("seed=1, layers=True", "has no layers, and the test asks for them"),
    "cases=1": ("cases=1, arithmetic='fast'", "recorded with the arithmetic 'litert-reference', and the test asks for 'fast'"),
    "arithmetic='litert-reference'": ("arithmetic='fast', run=by_tinylite", "recorded with the arithmetic 'litert-reference'"),
}


@pytest.mark.parametrize("before", STALE)
def test_a_golden_of_something_else_is_stale(project: Project, before: str) -> None:
    after, problem = STALE[before]
    project.tests(f"def test_it(tflite_golden): tflite_golden('digits.tflite', {before})")
    project.record()
    project.run().assert_outcomes(passed=1)
    project.tests(f"def test_it(tflite_golden): tflite_golden('digits.tflite', {after})")
    result = project.run()
    result.assert_outcomes(failed=1)
    assert problem in result.stdout.str() and "pytest test_mod.py::test_it --tflite-regen" in result.stdout.str()
    assert "tinylite/golden/" not in result.stdout.str(), "frames of tinylite"
    project.run("--tflite-regen").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)


def test_a_golden_of_another_model_is_stale(project: Project) -> None:
    project.tests(PLAIN)
    project.record()
    project.tests(CHANGED + "\ndef test_it(tflite_golden): tflite_golden(changed(1).to_bytes())")
    result = project.run()
    assert "the golden is of another model" in result.stdout.str() and "--tflite-regen" in result.stdout.str()
    project.run("--tflite-regen").assert_outcomes(passed=1)
    project.run().assert_outcomes(passed=1)


def test_the_message_names_the_arithmetic_then_and_now(project: Project) -> None:
    project.tests(PLAIN)
    project.record()
    golden = project.golden()
    wrong = golden.cases[0][-1].value ^ 1
    cases = ((*golden.cases[0][:-1], Record.of(wrong)), *golden.cases[1:])
    save(replace(golden, cases=cases), project.path / "goldens" / "test_mod" / "test_it.npz", overwrite=True)
    assert "arithmetic then: litert-reference 1; now: litert-reference 1" in project.run().stdout.str()
    project.tests(PLAIN.replace("cases=2", "arithmetic='fast'"))
    assert "arithmetic then: litert-reference 1; now: fast 1" in project.run().stdout.str()
    project.run("--tflite-regen").assert_outcomes(passed=1)
    assert project.golden().arithmetic == "fast"
    project.tests(PLAIN)
    project.run().assert_outcomes(passed=1)


def test_naming_the_arithmetic_keeps_its_version(project: Project) -> None:
    project.tests(PLAIN.replace("cases=2", "arithmetic='litert-reference'"))
    project.record()
    path = project.path / "goldens" / "test_mod" / "test_it.npz"
    save(replace(project.golden(), arithmetic_version=99), path, overwrite=True)
    result = project.run()
    result.assert_outcomes(failed=1)
    assert "recorded with version 99 of the arithmetic 'litert-reference'" in result.stdout.str()


# ---- compare


def test_files_and_arrays_are_compared_with_a_golden_of_any_name(project: Project) -> None:
    golden = record(str(project.path / "digits.tflite"), cases=2)
    (project.path / "tests").mkdir()
    save(golden, project.path / "tests" / "board.npz")
    project.tests(
        """
from tinylite.golden import load
def scores(): return [case[-1].value for case in load('tests/board.npz').cases]
def test_dicts(tflite_golden): tflite_golden.compare([{'scores': value} for value in scores()], 'board.npz')
def test_wrong(tflite_golden): tflite_golden.compare([{'scores': value ^ 1} for value in scores()], 'board.npz')
def test_near(tflite_golden): tflite_golden.compare([{'scores': value ^ 1} for value in scores()], 'board.npz', lsb=1)
def test_crc(tflite_golden): tflite_golden.compare([{'scores': case[-1].crc32} for case in load('tests/board.npz').cases], 'board.npz')
def test_few(tflite_golden): tflite_golden.compare([{'scores': scores()[0]}], 'board.npz')
def test_model(tflite_golden):
    with pytest.raises(AssertionError, match="guilty"):
        tflite_golden.compare([{'scores': value ^ 1} for value in scores()], 'board.npz', model='digits.tflite')
def test_absent(tflite_golden): tflite_golden.compare([], 'absent.npz')
""",
        "tests/test_mod.py",
    )
    result = project.run("--tflite-regen", "tests")
    result.assert_outcomes(passed=4, failed=3)
    text = result.stdout.str()
    assert "there is no golden tests/absent.npz" in text and "tinylite golden record MODEL -o tests/absent.npz" in text
    assert "10 of 10 values differ" in text and "1 cases" in text
    assert sorted(path.name for path in (project.path / "tests").rglob("*.npz")) == ["board.npz"], "compare records nothing"


# ---- unused goldens


CALL = "(tflite_golden): tflite_golden('digits.tflite', cases=1)"
TWO = f"def test_it{CALL}\ndef test_other{CALL}"


def unused(result: pytest.RunResult) -> list[str]:
    return re.findall(r"^(\S+) is used by no test", result.stdout.str(), re.MULTILINE)


def test_goldens_that_no_test_used_are_named(project: Project) -> None:
    project.tests(TWO)
    project.tests(TWO, "test_gone.py")
    project.record()
    assert unused(project.run()) == []
    project.tests(TWO.replace("test_other", "test_renamed"))
    assert unused(project.run("--tflite-regen-missing")) == ["goldens/test_mod/test_other.npz"]
    assert unused(project.run("test_mod.py")) == ["goldens/test_mod/test_other.npz"]
    for part in (["-k", "test_it"], ["test_mod.py::test_it"], ["--deselect", "test_mod.py::test_it"], ["--collect-only"], ["test_gone.py"]):
        assert unused(project.run(*part)) == [], part
    (project.path / "test_gone.py").unlink()
    assert unused(project.run("test_mod.py")) == ["goldens/test_mod/test_other.npz"], "other modules were not asked for"
    gone = ["goldens/test_gone/test_it.npz", "goldens/test_gone/test_other.npz"]
    assert sorted(unused(project.run())) == [*gone, "goldens/test_mod/test_other.npz"]
    assert sorted(unused(project.run("."))) == [*gone, "goldens/test_mod/test_other.npz"]


def test_goldens_of_tests_that_fail_are_skipped_or_come_after_a_stop_are_not_unused(project: Project) -> None:
    project.tests(TWO)
    project.record()
    project.tests(TWO.replace("tflite_golden('digits.tflite', cases=1)\ndef", "pytest.skip('no')\ndef"))
    assert unused(project.run()) == []
    project.tests(TWO.replace("tflite_golden('digits.tflite', cases=1)\ndef", "assert not 1\ndef"))
    assert unused(project.run()) == []
    assert unused(project.run("-x")) == []
    project.tests(TWO + "\n@pytest.mark.xfail\ndef test_last(): assert 0\n")
    assert unused(project.run()) == []
    project.tests("raise ImportError('no')")
    assert unused(project.run()) == []


# ---- pages


def test_pages_are_written_with_an_index(project: Project) -> None:
    project.tests(PLAIN + "\ndef test_wrong(tflite_golden): tflite_golden('digits.tflite', cases=2, name='<b>', layers=True)\n")
    project.run("--tflite-regen-missing")
    golden = record(str(project.path / "digits.tflite"), cases=2, layers=True)
    scores = next(place for place, tensor in enumerate(golden.tensors) if tensor.role == "output")
    cases = [[Record.of(each.value ^ 1) if place == scores and each.value is not None else each for place, each in enumerate(case)]
             for case in golden.cases]  # fmt: skip
    golden = replace(golden, cases=tuple(map(tuple, cases)))
    from tinylite.pytest_plugin import file_name

    save(golden, project.path / "goldens" / "test_mod" / f"test_wrong-{file_name('<b>')}.npz", overwrite=True)
    result = project.run("--tflite-html", "out/pages")
    result.assert_outcomes(passed=1, failed=1)
    assert "reports: out/pages/index.html" in result.stdout.str()
    index = (project.path / "out" / "pages" / "index.html").read_text()
    links = re.findall(r'href="([^"]+)"', index)
    assert len(links) == 2 and "1 of 2 comparisons with goldens fail" in index
    pages = {link: (project.path / "out" / "pages" / link).read_text() for link in links}
    assert sorted("fails" in re.findall("<h1>(.*)</h1>", page)[0] for page in pages.values()) == [False, True]
    page = re.findall(r"page: (\S+)", result.stdout.str())[0]
    assert (project.path / page).exists()
    folder = project.path / re.findall(r"to reproduce it: (\S+)", result.stdout.str())[0]
    assert project.path / "out" / "pages" in folder.parents and (folder / "op.tflite").exists()


def test_an_index_has_all_pages_and_those_that_fail_first(tmp_path: Path) -> None:
    names = [f"{number:03}" for number in range(300)]
    pages = [(f"t::{name}", "g.npz", "fails" if name == "299" else "passes", str(tmp_path / f"{name}.html")) for name in names]
    _write_index(tmp_path, pages)
    links = re.findall('href="([^"]*)"', (tmp_path / "index.html").read_text())
    assert links == [f"{name}.html" for name in ("299", *names[:-1])]


# ---- other plugins


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="needs pytest-xdist")
def test_with_workers_of_xdist(project: Project) -> None:
    """Both write goldens and pages, and what they used is known in the end."""
    body = "\n".join(f"def test_{number}(tflite_golden): tflite_golden('digits.tflite', cases=1, seed={number})" for number in range(6))
    project.tests(body)
    result = project.run_apart("-n", "2", "--tflite-regen-missing")
    result.assert_outcomes(passed=6)
    assert project.goldens() == [f"test_mod/test_{number}.npz" for number in range(6)]
    assert len(re.findall(r"\.npz recorded", result.stdout.str())) == 6
    project.tests(body.replace("def test_5", "def test_five").replace("seed=4", "seed=4, run=moved(1)"))
    result = project.run_apart("-n", "2", "--tflite-html", "pages", "-v")
    result.assert_outcomes(passed=4, failed=2)
    assert unused(result) == ["goldens/test_mod/test_5.npz"]
    assert len(re.findall("href=", (project.path / "pages" / "index.html").read_text())) == 5
    assert unused(project.run_apart("-n", "2", "-k", "not test_0")) == []


@pytest.mark.skipif(importlib.util.find_spec("xdist") is None, reason="needs pytest-xdist")
def test_names_do_not_depend_on_groups_of_xdist(project: Project) -> None:
    project.tests("@pytest.mark.xdist_group('g')\n" + PLAIN)
    project.run_apart("-n", "1", "--dist", "loadgroup", "--tflite-regen-missing").assert_outcomes(passed=1)
    assert project.goldens() == ["test_mod/test_it.npz"]
    project.run().assert_outcomes(passed=1)


@pytest.mark.skipif(
    not all(importlib.util.find_spec(name) for name in ("syrupy", "pytest_regressions")), reason="needs syrupy and pytest-regressions"
)
def test_beside_syrupy_and_pytest_regressions(project: Project) -> None:
    project.tests("""
def test_it(tflite_golden, snapshot, ndarrays_regression):
    report = tflite_golden('digits.tflite', cases=1)
    assert report.golden.model == snapshot
    ndarrays_regression.check({"scores": report.golden.cases[0][-1].value})
""")
    result = project.run_apart("--tflite-regen-missing", "--snapshot-update", "--regen-all")
    assert result.parseoutcomes()["passed"] == 1
    result = project.run_apart()
    result.assert_outcomes(passed=1)
    assert project.goldens() == ["test_mod/test_it.npz"] and unused(result) == []


def test_no_other_plugin_has_such_options() -> None:
    """All of tinylite's are prefixed, and none is a prefix that another could be meant by."""
    text = (ROOT / "tinylite" / "pytest_plugin.py").read_text()
    options = re.findall(r'addoption\("([^"]+)"', text)
    assert len(options) == 3 and all(option.startswith("--tflite-") for option in options)
    assert re.findall(r'addini\("([^"]+)"', text) == ["tflite_goldens"]


def test_goldens_are_plain_npz_files(project: Project) -> None:
    project.tests(PLAIN)
    project.record()
    path = project.path / "goldens" / "test_mod" / "test_it.npz"
    with np.load(path) as arrays:
        assert arrays["1/scores"].dtype == np.uint8
    with zipfile.ZipFile(path) as archive:
        assert json.loads(archive.read("golden.json"))["model"] == "digits.tflite"
