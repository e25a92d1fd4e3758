"""Shapes and options of operators at the edge of what they take."""

from __future__ import annotations

import pytest

from tinylite.engine.plan import Plan
from tinylite.errors import ModelError

from .cases import Case, T


def select(condition: tuple[int, ...], shape: tuple[int, ...] = (3, 2)) -> Case:
    return Case("SELECT", [T(condition, "BOOL"), T(shape), T(shape)], [T(())])


def reverse(along: int, batch: int, lengths: int = 3) -> Case:
    return Case("REVERSE_SEQUENCE", [T((3, 4)), T((lengths,), "INT32", low=0, high=3)], [T(())], {"seq_dim": along, "batch_dim": batch})


REFUSED = {
    "columns": (select((2,)), "condition"),
    "more dimensions": (select((3, 2, 1)), "condition"),
    "fewer rows": (select((1,)), "condition"),
    "one dimension": (reverse(0, 0, 3), "seq_dim 0 and batch_dim 0"),
    "above": (reverse(2, 0), "seq_dim 2"),
    "below": (reverse(-1, 0), "seq_dim -1"),
    "batch above": (reverse(1, 2), "batch_dim 2"),
    "batch below": (reverse(1, -2), "batch_dim -2"),
    "lengths": (reverse(1, 0, 4), "are not one for each of 3 batches"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_shapes_that_do_not_fit_are_refused(name: str) -> None:
    case, words = REFUSED[name]
    with pytest.raises(ModelError, match=words):
        Plan(case.model().graph)


@pytest.mark.parametrize("case", [select((3,)), select(()), select((3, 2)), reverse(1, 0)], ids=lambda case: case.name)
def test_shapes_that_fit_are_planned(case: Case) -> None:
    assert len(Plan(case.model().graph).segments[0].steps) == 1
