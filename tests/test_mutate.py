"""Mutation testing: which mutants are chosen."""

from __future__ import annotations

import sys

import pytest

if sys.version_info < (3, 11):
    pytest.skip("needs Python 3.11", allow_module_level=True)

from .mutate.__main__ import choose


def test_mutants_are_of_the_files_that_are_named_and_the_same_every_time() -> None:
    chosen = choose(["tinylite/passes"], 12, seed=1)
    assert len(chosen) == 12 and all(mutant.path.startswith("tinylite/passes/") for mutant in chosen)
    assert len({mutant.kind for mutant in chosen}) > 3
    assert choose(["tinylite/passes"], 12, seed=1) == chosen != choose(["tinylite/passes"], 12, seed=2)


@pytest.mark.parametrize("path", ["tinylite/no_such_file.py", "tests", "docs"])
def test_what_has_no_mutants_is_refused(path: str) -> None:
    with pytest.raises(SystemExit, match=f"nothing in {path} can be mutated: give files or folders of tinylite/"):
        choose([path], 3, seed=0)
