"""Each TensorFlow op alone: what tinylite converts it to, run by LiteRT and tinylite, gives what TensorFlow gives."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from hypothesis import HealthCheck, given, settings, strategies as st

from tinylite.converter.folding import FOLDERS

from .cases import CASES
from .referee import Case, check, check_folded

few = settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_op_gives_what_tensorflow_gives(name: str) -> None:
    """With shapes that are known, and with unknown dimensions."""

    @few
    @given(CASES[name], st.booleans())
    def examples(case: Case, unknown: bool) -> None:
        check(case, unknown)

    examples()


@pytest.mark.parametrize("name", sorted(FOLDERS.keys() & CASES.keys()))
def test_an_op_of_constants_is_computed(name: str) -> None:
    @few
    @given(CASES[name])
    def examples(case: Case) -> None:
        check_folded(case)

    examples()
