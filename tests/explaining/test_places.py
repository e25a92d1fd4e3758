"""Explanations against kernels, at random places: of every operator and type, in every arithmetic that is proven."""

from __future__ import annotations

import importlib
import zlib

import numpy as np
import pytest

from tinylite import UnprovenError, UnsupportedError
from tinylite.arithmetic import ARITHMETICS, find
from tinylite.explaining.requantizing import METHODS
from tinylite.explaining.site import explained

from ..arithmetics.cases import CASES as RANDOM_CASES
from ..arithmetics.test_conformance import RULES
from ..cases import Case
from .places import check_places

FAST, SLOW = 200, 10_000


def cases_of(code: str, type: str) -> list[Case]:
    """The cases of an operator with outputs of a type that are one op."""
    cases: list[Case] = importlib.import_module(f"tests.ops.{code.lower()}").CASES
    return [case for case in cases if case.outputs[0].type == type and len(case.model().graph.ops) == 1]


def generator(*parts: object) -> np.random.Generator:
    return np.random.default_rng(zlib.crc32(repr(parts).encode()))


def check_cases(code: str, type: str, places: int) -> int:
    """Explain as many places of all cases together, in as many feeds as that takes."""
    cases, rng, done, seed, refused = cases_of(code, type), generator(code, type), 0, 0, 0
    each = max(places // len(cases), 1)
    while done < places:
        for case in cases:
            try:
                done += check_places(case.model(), case.feeds(seed), min(each, 200), rng)
            except UnsupportedError:
                refused += 1
        assert refused < len(cases) * (seed + 1), "all of its cases are refused"
        seed += 1
    return done


PLACES = [place for place in sorted(explained()) if cases_of(*place)]


def test_every_operator_that_is_explained_has_cases() -> None:
    assert {code for code, _ in explained()} == {code for code, _ in PLACES}


@pytest.mark.parametrize(("code", "type"), PLACES)
def test_explanations_arrive_at_what_kernels_compute(code: str, type: str) -> None:
    assert check_cases(code, type, FAST) >= FAST


@pytest.mark.slow
@pytest.mark.parametrize(("code", "type"), PLACES)
def test_explanations_arrive_at_what_kernels_compute_in_10000_places(code: str, type: str) -> None:
    assert check_cases(code, type, SLOW) >= SLOW


def check_arithmetic(name: str, code: str, type: str, places: int, each: int) -> None:
    done, seed = 0, 0
    while done < places:
        rng = generator(name, code, type, seed)
        case = RANDOM_CASES[code, type](rng)
        seed += 1
        try:
            done += check_places(case.model(), case.feeds(seed), each, rng, name)
        except UnprovenError:
            assert seed < 5 * places  # some are refused for their details, not all


@pytest.mark.parametrize(("name", "code", "type"), RULES)
def test_explanations_have_the_rounding_of_each_arithmetic(name: str, code: str, type: str) -> None:
    check_arithmetic(name, code, type, FAST, 20)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code", "type"), RULES)
def test_explanations_have_the_rounding_of_each_arithmetic_in_10000_places(name: str, code: str, type: str) -> None:
    check_arithmetic(name, code, type, SLOW, 100)


def test_every_method_of_a_rule_is_explained() -> None:
    places = {place: rule for name in ARITHMETICS for place, rule in (find(name).rules or {}).items() if rule is not None and rule.factor}
    assert {rule.method for rule in places.values()} <= {*METHODS}
