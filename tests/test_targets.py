"""Every way to multiply that this CPU has: the operators' and corners' tests on targets that are not its best."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinylite.kernels.cpu import available, target

TESTS = ["test_ops.py", "test_conformance.py", "test_properties.py"]


def others() -> list[str]:
    """The best target of each width and way to sum 8-bit products, but for the one that all tests run on."""
    found: dict[tuple[int, str], str] = {}
    for candidate in available():
        found.setdefault((candidate.lanes, candidate.dot), candidate.name)
    return [name for name in found.values() if name != target().name]


@pytest.mark.slow
@pytest.mark.parametrize("name", others())
def test_kernels_of_other_targets_have_the_same_bits(name: str) -> None:
    here = Path(__file__).parent
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-n",
        "auto",
        "-k",
        "not threads and not round_trip",
        *(str(here / test) for test in TESTS),
    ]
    done = subprocess.run(command, env=dict(os.environ, TINYLITE_CPU=name), cwd=here.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-3000:]
