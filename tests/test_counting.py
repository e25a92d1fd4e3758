"""Outputs that are as large as a run has counted: one cut, and plans that are kept for the count."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite.engine.plan import Plan
from tinylite.errors import InvokeError
from tinylite.model import Graph, Op, Tensor

from .cases import T
from .conftest import Oracle
from .ops.range import span
from .ops.unique import unique
from .test_plan import run as run_plan


def picked() -> Graph:
    """The elements of x that are greater than a limit."""
    x, limit = Tensor("x", (3, 4)), Tensor("limit", ())
    above, where, found = Tensor("above", (), "BOOL"), Tensor("where", (), "INT64"), Tensor("found", ())
    ops = [Op("GREATER", [x, limit], [above]), Op("WHERE", [above], [where]), Op("GATHER_ND", [x, where], [found])]
    return Graph("main", [x, limit], [found, where], ops)


def test_other_values_with_the_same_count_run_without_planning_again() -> None:
    plan = Plan(picked())
    assert not plan.static
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    values, places = run_plan(plan, x, np.float32(8.5))
    assert values.tolist() == [9, 10, 11]
    assert places.tolist() == [[2, 1], [2, 2], [2, 3]]
    behind = plan.segments[1]
    values, places = run_plan(plan, -x, np.float32(-2.5))
    assert (values.tolist(), places.tolist()) == ([0, -1, -2], [[0, 0], [0, 1], [0, 2]])
    assert plan.segments[1] is behind
    values, places = run_plan(plan, x, np.float32(100))
    assert (values.shape, places.shape) == ((0,), (0, 2))


def test_what_is_counted_of_constants_cuts_no_plan() -> None:
    data, ids, out, y = Tensor("data", (3, 2)), Tensor("ids", (3,), "INT32"), Tensor("out", ()), Tensor("y", ())
    ids.data = np.array([0, 0, 1], np.int32)
    plan = Plan(Graph("main", [data], [y], [Op("SEGMENT_SUM", [data, ids], [out]), Op("NEG", [out], [y])]))
    assert plan.static
    assert run_plan(plan, np.arange(6).reshape(3, 2))[0].tolist() == [[-2, -4], [-4, -5]]


def test_nothing_at_all(run: Oracle) -> None:
    """LiteRT runs these too; its Python interface cannot say what came out."""
    assert run(span("INT32", 4, 4, 1).model().to_bytes(), [])[0].tolist() == []
    values, indices = run(unique(T((0,)), "INT32").model().to_bytes(), [np.zeros(0, np.float32)])
    assert (values.tolist(), indices.tolist()) == ([], [])


@pytest.mark.parametrize(
    ("type", "ends", "problem"),
    [
        ("INT32", (5, 1, 1), "no number"),
        ("INT32", (1, 5, 0), "no number"),
        ("INT64", (-(1 << 63), (1 << 63) - 1, 1), "more numbers than a tensor holds"),
        ("FLOAT32", (0, np.inf, 1), "more numbers"),
        ("FLOAT32", (0, 1, np.nan), "no number"),
    ],
)
def test_ranges_that_are_none(type: str, ends: tuple[float, float, float], problem: str, run: Oracle) -> None:
    case = span(type, 0, 1, 1, "sld")
    with pytest.raises(InvokeError, match=problem):
        run(case.model().to_bytes(), [np.array(end, case.inputs[0].values(np.random.default_rng()).dtype) for end in ends])


def test_ranges_as_wide_as_their_type(run: Oracle) -> None:
    """LiteRT counts these in the type itself, which overflows."""
    content = span("INT32", 0, 1, 1, "sld").model().to_bytes()
    ends = [np.int32(-(2**31)), np.int32(2**31 - 1), np.int32(2**30)]
    assert run(content, ends)[0].tolist() == [-(2**31), -(2**30), 0, 2**30]
