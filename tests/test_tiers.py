"""What the tests themselves compile: few tests only the kernels that they need, many tests all of them first."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .all_kernels import all_kernels

ROOT = Path(__file__).parent.parent


def run_pytest(arguments: list[str], **environment: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


def test_few_tests_compile_what_they_need(tmp_path: Path) -> None:
    run_pytest(["tests/test_model.py::test_change_a_constant"], TINYLITE_CACHE=str(tmp_path))
    compiled = {path.stem for path in tmp_path.rglob("*.o")}
    assert {"f32_abs", "f32_add", "f32_neg"} <= compiled
    assert len(compiled) <= 5, f"the test's model has three operators, and {sorted(compiled)} were compiled"


def test_all_kernels_are_those_of_every_operator() -> None:
    names = {kernel.name for kernel in all_kernels()}
    assert len(names) > 300
    assert {"f32_abs", "python_method"} <= names


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["alone", "xdist"])
def test_many_tests_compile_all_kernels_first(tmp_path: Path, workers: list[str]) -> None:
    if workers:
        pytest.importorskip("xdist")
    (tmp_path / "conftest.py").write_text(f"""
from tests import all_kernels, conftest
from tests.conftest import pytest_collection_finish, pytest_xdist_node_collection_finished

conftest.MANY_TESTS = 3
all_kernels.load_all_kernels = lambda: open({str(tmp_path / "loaded")!r}, "a").close()
""")
    for count, loaded in ((2, False), (3, True)):
        (tmp_path / "test_some.py").write_text(f"""
import pathlib, pytest

@pytest.mark.parametrize("number", range({count}))
def test(number):
    assert pathlib.Path({str(tmp_path / "loaded")!r}).exists() == {loaded}
""")
        run_pytest([*workers, "--rootdir", str(tmp_path), str(tmp_path)], PYTHONPATH=str(ROOT))
