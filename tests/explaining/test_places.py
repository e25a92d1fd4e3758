"""Explanations against kernels, at random places: of every operator and type, in every arithmetic that is proven."""

from __future__ import annotations

import importlib
import zlib
from dataclasses import replace

import numpy as np
import pytest

from tinylite import UnprovenError, UnsupportedError
from tinylite.arithmetic import ARITHMETICS, Arithmetic, Rule
from tinylite.explaining.requantizing import METHODS
from tinylite.explaining.site import explained

from ..arithmetics.cases import CASES as RANDOM_CASES
from ..arithmetics.test_conformance import RULES
from ..cases import Case, T
from .places import check_places

FAST, SLOW = 200, 10_000


def cases_of(code: str, type: str) -> list[Case]:
    """The cases of an operator with outputs of a type that are one op; where there are none, those of floats, in this type."""
    cases: list[Case] = importlib.import_module(f"tests.ops.{code.lower()}").CASES
    alone = [case for case in cases if len(case.model().graph.ops) == 1]
    found = [case for case in alone if case.outputs[0].type == type]
    return found or [retyped(case, type) for case in alone if case.outputs[0].type == "FLOAT32"]


def retyped(case: Case, type: str) -> Case:
    """A case with the floats of its inputs and outputs replaced."""

    def other(tensor: T | None) -> T | None:
        if tensor is None or tensor.type != "FLOAT32":
            return tensor
        return replace(tensor, type=type, scale=0.5, zero=3, data=None if tensor.data is None else np.asarray(tensor.data).astype(int))

    return replace(case, inputs=[other(t) for t in case.inputs], outputs=[other(t) for t in case.outputs])


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


PLACES = sorted(explained())


@pytest.mark.parametrize(("code", "type"), PLACES)
def test_explanations_arrive_at_what_kernels_compute(code: str, type: str) -> None:
    assert check_cases(code, type, FAST) >= FAST


@pytest.mark.slow
@pytest.mark.parametrize(("code", "type"), PLACES)
def test_explanations_arrive_at_what_kernels_compute_in_10000_places(code: str, type: str) -> None:
    assert check_cases(code, type, SLOW) >= SLOW


# The rules of arithmetics for operators and types that are explained.
PROVEN = [rule for rule in RULES if rule[1:] in explained()]
# Those that are not the reference kernels' own.
OTHERS = [(name, *place) for name, *place in PROVEN if (ARITHMETICS[name].rules or {})[tuple(place)] is not None]


def check_arithmetic(arithmetic: Arithmetic | str, code: str, type: str, places: int, each: int) -> None:
    done, seed = 0, 0
    while done < places:
        rng = generator(str(arithmetic), code, type, seed)
        case = RANDOM_CASES[code, type](rng)
        seed += 1
        try:
            done += check_places(case.model(), case.feeds(seed), each, rng, arithmetic)
        except UnprovenError:
            assert seed < 5 * places  # some are refused for their details, not all


@pytest.mark.parametrize(("name", "code", "type"), OTHERS)
def test_explanations_have_the_rounding_of_each_arithmetic(name: str, code: str, type: str) -> None:
    check_arithmetic(name, code, type, FAST, 20)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "code", "type"), PROVEN)
def test_explanations_have_the_rounding_of_each_arithmetic_in_10000_places(name: str, code: str, type: str) -> None:
    check_arithmetic(name, code, type, SLOW, 100)


@pytest.mark.parametrize("code", ["CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED"])
@pytest.mark.parametrize("method", sorted(METHODS))
def test_methods_that_no_rule_names_yet(method: str, code: str) -> None:
    rule = Rule(method, "double", block=8 if method == "halves_up" else 1)
    check_arithmetic(Arithmetic("tried", "separate", {(code, "INT8"): rule}), code, "INT8", FAST, 20)
