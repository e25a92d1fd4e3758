"""Mutants and the tests that are to notice them: in forks of a process that has collected the tests, or in a copy of the tree."""

from __future__ import annotations

import os
import re
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from _pytest.runner import runtestprotocol

from .coverage import ROOT
from .mutants import Mutant
from .swap import CannotSwapError, swap

__all__ = ["Copy", "Forks"]

SECONDS = 60.0  # that the tests of a mutant may take; one that takes longer is taken for an endless loop


class Forks:
    """A plugin of pytest: instead of running what was collected, let `trial(self)` try tests with mutants."""

    def __init__(self, trial) -> None:  # type: ignore[no-untyped-def]
        self.trial = trial
        self.items: dict[str, pytest.Item] = {}

    def pytest_configure(self) -> None:
        import hypothesis

        # The same examples for each mutant, and none kept for the next run without one.
        hypothesis.settings.register_profile("mutate", database=None, derandomize=True, deadline=None)
        hypothesis.settings.load_profile("mutate")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        with session.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
            self.trial(self)
        return True

    def failing(self, tests: list[str], mutant: Mutant | None, first: bool = True) -> list[str]:
        """The tests that fail, or the first; "timeout" if they do not end, "cannot be tried" if the mutant cannot be swapped in."""
        items = [self.items[test] for test in tests]
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            self._run(items, mutant, first, writing)
        os.close(writing)
        try:
            said = b""
            while select.select([reading], [], [], SECONDS)[0]:
                part = os.read(reading, 1 << 16)
                if not part:
                    return [name for name in said.decode().split("\n") if name]
                said += part
            os.killpg(child, signal.SIGKILL)
            return ["timeout"]
        finally:
            os.close(reading)
            os.waitpid(child, 0)

    def tests(self, named: list[str]) -> list[str]:
        """The tests that were collected of these tests and files."""
        files = {name for name in named if "::" not in name}
        of_files = [name for name in self.items if name.partition("::")[0] in files]
        return list(dict.fromkeys([*of_files, *(name for name in named if name in self.items)]))

    def _run(self, items: list[pytest.Item], mutant: Mutant | None, first: bool, writing: int) -> None:
        """In the child: never returns."""
        failed = []
        try:
            os.setpgid(0, 0)
            quiet = os.open(os.devnull, os.O_RDWR)
            for descriptor in range(3):
                os.dup2(quiet, descriptor)
            if mutant is not None:
                swap(ROOT, mutant)
            for item, after in zip(items, [*items[1:], None], strict=True):
                if any(report.failed for report in runtestprotocol(item, log=False, nextitem=after)):
                    failed.append(item.nodeid)
                    if first:
                        break
        except CannotSwapError:
            failed = ["cannot be tried"]
        except BaseException as error:  # of pytest's own machinery, in which a mutant may end
            failed.append(f"{type(error).__name__} in {item.nodeid}")
        finally:
            os.write(writing, "\n".join(failed).encode())
            os._exit(0)


class Copy:
    """A copy of the tree, for mutants of kernels: compilers read files. The shared models stay where they are."""

    def __init__(self, folder: Path) -> None:
        self.root, self.kernels = folder / "tree", folder / "kernels"
        for path in subprocess.run(["git", "ls-files"], cwd=ROOT, text=True, capture_output=True, check=True).stdout.splitlines():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / path, self.root / path)

    def failing(self, tests: list[str], mutant: Mutant) -> list[str]:
        """As Forks.failing, the first."""
        path = self.root / mutant.path
        source = path.read_bytes()
        path.write_bytes(mutant.apply(source))
        environment = {"TINYLITE_SHARED": str(ROOT.parent / "shared"), **os.environ, "TINYLITE_CACHE": str(self.kernels)}
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-rfE", "-p", "no:cacheprovider", *tests]
        try:
            done = subprocess.run(
                command, cwd=self.root, env=environment, text=True, capture_output=True, timeout=10 * SECONDS, check=False
            )
            found = re.findall(r"^(?:FAILED|ERROR) (.+?)(?: - .*)?$", done.stdout, re.MULTILINE)
            return found or ([done.stdout[-500:]] if done.returncode else [])
        except subprocess.TimeoutExpired:
            return ["timeout"]
        finally:
            path.write_bytes(source)
            shutil.rmtree(self.kernels, ignore_errors=True)
