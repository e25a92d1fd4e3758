"""Each TensorFlow op alone: what tinylite converts it to, run by LiteRT and tinylite, gives what TensorFlow gives."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from hypothesis import HealthCheck, given, settings, strategies as st

from .cases import CASES
from .referee import check


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_op_gives_what_tensorflow_gives(name: str) -> None:
    @settings(max_examples=6, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(CASES[name], st.booleans())
    def examples(case, unknown):  # type: ignore[no-untyped-def]
        check(case, unknown)

    examples()
