"""Thousands of damaged models (tests/mutants.py): each works or gives an error of tinylite's; none may crash, hang, fill the memory
or warn of arithmetic.

Mutants run in processes of their own, so that a kernel that leaves its memory is caught and named. A mutant may ask for long
computations in good order; the limit on memory keeps them short, and one that takes longer than mutants.SECONDS all the same
counts as hung.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tinylite.interpreter import Interpreter
from tinylite.kernels.cpu import available

from . import mutants

ROOT = Path(__file__).parent.parent


def python(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "faulthandler", "-W", "error", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


def try_mutants(which: str, first: int, count: int, **environment: str) -> None:
    ran = python("-m", "tests.mutants", which, str(first), str(count), **environment)
    said = ran.stdout.split()
    if said[-1:] == ["done"]:
        return
    end = f"died of {signal.Signals(-ran.returncode).name}" if ran.returncode < 0 else f"ended with {ran.returncode}"
    settings = " ".join(f"{name}={value} " for name, value in environment.items())
    number = said[-1] if said else first
    pytest.fail(f"mutant {number} {end}; again: {settings}python -m tests.mutants {which} {number} 1\n{ran.stderr[-4000:]}")


@pytest.mark.parametrize("first", range(0, 4000, 1000))
def test_few_models(first: int) -> None:
    try_mutants("few", first, 1000)


def test_every_operator() -> None:
    try_mutants("all", 0, 1500)


@pytest.mark.slow
@pytest.mark.parametrize("target", [target.name for target in available()])
@pytest.mark.parametrize(("which", "first"), [(which, first) for which in mutants.SETS for first in range(100_000, 125_000, 5000)])
def test_fifty_thousand(which: str, first: int, target: str) -> None:
    try_mutants(which, first, 5000, TINYLITE_CPU=target)


@pytest.mark.parametrize(("batch", "filters"), [(0, 4), (1, 0)])
def test_a_convolution_of_nothing(batch: int, filters: int) -> None:
    """Empty results are no error: what mutants found."""
    model = mutants.conv()
    input, weights, bias, _ = model.graph.tensors
    input.shape, weights.shape, bias.shape = (batch, 6, 6, 2), (filters, 3, 3, 2), (filters,)
    for tensor in (weights, bias):
        assert tensor.buffer is not None and tensor.quantization is not None
        tensor.quantization.scale, tensor.quantization.zero_point = tensor.quantization.scale[:1], tensor.quantization.zero_point[:1]
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    interpreter.invoke()
    assert interpreter.get_tensor(3).shape == (batch, 6, 3, filters)


def test_mutants_are_the_same_each_time() -> None:
    contents = mutants.SETS["few"]()
    for number in range(50):
        assert mutants.mutant(contents, number) == mutants.mutant(contents, number)


@pytest.mark.parametrize("place", [-4096, 64])
def test_memory_has_borders(place: int) -> None:
    """What a kernel writes a page in front of its memory, or right behind it, ends the process: these tests can fail."""
    write = f"import ctypes; from tests import mutants; ctypes.memset(mutants.guarded(64, 'u1').ctypes.data + {place}, 1, 1)"
    assert python("-c", write).returncode == -signal.SIGSEGV
