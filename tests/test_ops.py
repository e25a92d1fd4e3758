"""Every operator's cases: against LiteRT's reference kernels, through a round trip, and with several threads."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

from tinylite import ops
from tinylite.model import Model

from . import ops as folder
from .cases import Case
from .conftest import Oracle, assert_close

MODULES = {module.name: importlib.import_module(f"{folder.__name__}.{module.name}") for module in pkgutil.iter_modules(folder.__path__)}
CASES: list[Case] = [case for module in MODULES.values() for case in module.CASES]


def test_every_operator_has_cases() -> None:
    missing, left = {*ops.names()} - {name.upper() for name in MODULES}, {name.upper() for name in MODULES} - {*ops.names()}
    assert not missing, f"tests/ops/ has no file with cases of {missing}"
    assert not left, f"tests/ops/ has cases of {left}, which tinylite/ops/ has not"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_equals_the_reference(case: Case, litert: Oracle, run: Oracle) -> None:
    content = case.model().to_bytes()
    feeds = case.feeds()
    assert_close(run(content, feeds, runs=case.runs), litert(content, feeds, case.reference, case.runs), case.tolerance)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_does_not_depend_on_threads(case: Case, run: Oracle) -> None:
    content = case.model().to_bytes()
    feeds = case.feeds()
    for alone, together in zip(run(content, feeds), run(content, feeds, threads=3), strict=True):
        assert alone.tobytes() == together.tobytes()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_survives_a_round_trip(case: Case) -> None:
    model = case.model()
    content = model.to_bytes()
    loaded = Model.load(content)
    assert loaded == model
    assert loaded.to_bytes() == content
    assert np.array_equal(loaded.graph.ops[0].version, case.version)
