"""`python -m tests.mutate`: see the package."""

from __future__ import annotations

import argparse
import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from .coverage import ROOT, Coverage
from .mutants import Mutant, mutants
from .trial import Copy, Forks


def choose(paths: list[str], count: int, seed: int) -> list[Mutant]:
    """A random sample in which all kinds of mutants have turns, so that constants, which are most, do not crowd out guards."""
    listed = subprocess.run(["git", "ls-files", "--", *paths], cwd=ROOT, text=True, capture_output=True, check=True).stdout.split()
    kinds: dict[str, list[Mutant]] = {}
    for path in listed:
        if path.endswith(".py") and path.startswith(("tinylite/", "schema/", "kernels/")):
            for mutant in mutants(ROOT, path):
                kinds.setdefault(mutant.kind, []).append(mutant)
    if not kinds:
        raise SystemExit(
            f"nothing in {', '.join(paths)} can be mutated: give files or folders of tinylite/, schema/ or kernels/ that git knows"
        )
    rng = random.Random(seed)
    for found in kinds.values():
        rng.shuffle(found)
    chosen: list[Mutant] = []
    while len(chosen) < count and any(kinds.values()):
        chosen += [found.pop() for found in kinds.values() if found]
    return chosen[:count]


class Report:
    """What has become of each mutant."""

    def __init__(self) -> None:
        self.results: dict[str, Counter[str]] = {}
        self.killers: Counter[str] = Counter()

    def add(self, mutant: Mutant, tests: int, failing: list[str], seconds: float) -> None:
        result = "survived" if not failing else "not tried" if failing == ["cannot be tried"] else "killed"
        self.results.setdefault(mutant.path, Counter())[result] += 1
        self.killers.update(failing[:1])
        if result == "survived":
            print(f"survived {tests} tests: {mutant.describe((ROOT / mutant.path).read_bytes())}", flush=True)
        else:
            print(f"{result}: {mutant.path}, {' '.join(failing[:1])} ({seconds:.1f} s)", flush=True)

    def show(self) -> None:
        for path, counts in sorted(self.results.items()):
            print(f"{path}: " + ", ".join(f"{count} {result}" for result, count in sorted(counts.items())))
        print(", ".join(f"{count} {result}" for result, count in sorted(sum(self.results.values(), Counter()).items())))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.mutate", description="Report the changes of the product that no test notices.")
    parser.add_argument("paths", nargs="*", default=["tinylite"], help="files or folders of the product (default: tinylite)")
    parser.add_argument("--count", type=int, default=20, help="how many mutants to try (default: 20)")
    parser.add_argument("--seed", type=int, default=0, help="which of them (default: 0)")
    arguments = parser.parse_args()
    coverage, report = Coverage(), Report()
    chosen = [(mutant, coverage.tests(mutant)) for mutant in choose(arguments.paths, arguments.count, arguments.seed)]
    compiled = [pair for pair in chosen if pair[0].path.startswith("kernels/")]
    swapped = [pair for pair in chosen if pair not in compiled]

    def each(pairs: list[tuple[Mutant, list[str]]], failing: Callable[[list[str], Mutant], list[str]]) -> None:
        for mutant, tests in pairs:
            start = time.monotonic()
            report.add(mutant, len(tests), failing(tests, mutant) if tests else [], time.monotonic() - start)

    sound: dict[str, bool] = {}  # tests that have failed with a mutant: whether they pass without

    def with_forks(forks: Forks) -> None:
        def failing(tests: list[str], mutant: Mutant) -> list[str]:
            while True:
                found = forks.failing([test for test in forks.tests(tests) if sound.get(test, True)], mutant)
                for test in found:
                    if test in forks.items and test not in sound:
                        sound[test] = not forks.failing([test], None)
                if all(sound.get(test, True) for test in found):
                    return found

        each(swapped, failing)

    if swapped:
        files = sorted({test.partition("::")[0] for _, tests in swapped for test in tests})
        pytest.main(["-q", "-p", "no:cacheprovider", "-m", "not slow", *files], plugins=[Forks(with_forks)])
    if compiled:
        with tempfile.TemporaryDirectory(prefix="mutate-") as folder:
            each(compiled, Copy(Path(folder)).failing)
    report.show()
    for test in (test for test, passes in sound.items() if not passes):
        print(f"left out, since it fails here without a mutant: {test}")


if __name__ == "__main__":
    main()
