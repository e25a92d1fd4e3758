"""A pytest plugin that records which tests call which functions of the product, in this process: `-p tests.mutate.coverage`."""

from __future__ import annotations

import json
import os
import random
import sys
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType

import pytest

from .mutants import Mutant

__all__ = ["FOLDER", "ROOT", "Coverage"]

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / ".mutation"
PRODUCT = tuple(str(ROOT / folder) + os.sep for folder in ("tinylite", "kernels", "schema"))
# Kernels that have their own test file under another name.
MATRIX_KERNELS = ("gemm", "gemm_variants", "f32_gemm", "q8_gemm", "dots", "epilogues", "dwconv", "packing", "patches", "tiles")
MATRIX_TESTS = ["tests/test_matrix_kernels.py"]
TESTS_A_FILE = 8  # of a test file, chosen at random, for each function

Tests = dict[str, list[str]]  # by test file, as `tests/test_x.py::test_name[case]`


class Coverage:
    """The tests that call a function, where recorded. Raises SystemExit if nothing is."""

    def __init__(self) -> None:
        self.functions: dict[str, dict[int, Tests]] = defaultdict(lambda: defaultdict(dict))  # by file and first line
        for path in sorted(FOLDER.glob("*.json")):
            for name, tests in json.loads(path.read_text()).items():
                file, _, line = name.rpartition(":")
                known = self.functions[file][int(line)]
                for test_file, added in tests.items():
                    known[test_file] = list(dict.fromkeys([*known.get(test_file, []), *added]))[:TESTS_A_FILE]
        if not self.functions:
            raise SystemExit('no coverage is recorded. Run: python -m pytest -p tests.mutate.coverage -m "not slow"')

    def tests(self, mutant: Mutant) -> list[str]:
        """The test file named like a mutant's, and the tests that call the inmost function around it, or any of its file."""
        stem = Path(mutant.path).stem
        named = [str(file.relative_to(ROOT)) for file in (ROOT / "tests").rglob(f"test_{stem}.py")]
        if mutant.path.startswith("kernels/"):  # compiled, and called by whoever imports it
            named += MATRIX_TESTS if stem in MATRIX_KERNELS else []
            recorded = [path for path in self.functions if (ROOT / path).is_file()]  # and not moved since
            users = [path for path in recorded if f"kernels.{stem} import" in (ROOT / path).read_text()]
            called = [tests for path in users for tests in self.functions[path].values()]
        else:
            known = self.functions.get(mutant.path, {})
            inmost = [known[line] for line in mutant.functions if line in known][:1]
            called = inmost if mutant.functions else list(known.values())
        found = [test for tests in called for some in tests.values() for test in some]
        return list(dict.fromkeys([*named, *found]))


class _Recorder:
    """Traces calls, and not lines, which would make tests several times as slow."""

    def __init__(self) -> None:
        self.called: set[CodeType] = set()
        self.passed = False
        self.file = ""
        self.counts: dict[tuple[str, str], int] = defaultdict(int)
        self.functions: dict[str, Tests] = defaultdict(lambda: defaultdict(list))
        self.random = random.Random(0)

    def _call(self, frame: FrameType, event: str, argument: object) -> None:
        self.called.add(frame.f_code)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):  # type: ignore[no-untyped-def]
        self.called.clear()
        self.passed = False
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            if self.passed:
                self._save(item.nodeid)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            self.passed = report.passed

    def _save(self, test: str) -> None:
        """Keep TESTS_A_FILE of a file's n tests, each with the same chance."""
        file = test.partition("::")[0]
        if file != self.file:  # a session that is ended has recorded the files before
            self._write()
            self.file = file
        for code in self.called:
            if code.co_filename.startswith(PRODUCT):
                name = f"{code.co_filename[len(str(ROOT)) + 1 :]}:{code.co_firstlineno}"
                self.counts[name, file] += 1
                count, kept = self.counts[name, file], self.functions[name][file]
                if count <= TESTS_A_FILE:
                    kept.append(test)
                elif (place := self.random.randrange(count)) < TESTS_A_FILE:
                    kept[place] = test

    def _write(self) -> None:
        FOLDER.mkdir(exist_ok=True)
        (FOLDER / f"{os.getpid()}.json").write_text(json.dumps(self.functions))

    def pytest_sessionfinish(self) -> None:
        self._write()


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(_Recorder(), "tests.mutate.recorder")
