"""What is computed of shapes that are known in part holds for every size, not only for the numbers that are used in its place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from .referee import Case, check  # noqa: E402


def _table() -> Any:
    return tf.constant(np.arange(32)[:, None] * [1, 2, 3], tf.float32)


def _whole(number: Any, factor: float) -> Any:
    return tf.cast(tf.cast(number, tf.float32) * factor, tf.int32)


# Of x, [1, n, 3], and n, which the graph does not know.
FORMS: dict[str, Callable[[Any, Any], Any]] = {
    "a table to as many rows": lambda x, n: x + _table()[:n],
    "a table from a row on": lambda x, n: _table()[n:],
    "every so manieth row of a table": lambda x, n: _table()[::n],
    "one row of a table": lambda x, n: x + _table()[n - 1],
    "so many rows of a table": lambda x, n: x + tf.slice(_table(), [0, 0], [n, 3]),
    "a gathered row": lambda x, n: x + tf.gather(_table(), n),
    "a gathered number": lambda x, n: tf.gather([4, 5, 6], n // 3),
    "a part of a shape": lambda x, n: tf.tile([1.0, 2.0], tf.shape(x)[n // 6 : n // 6 + 1]),
    "repetitions": lambda x, n: tf.tile([7], [n]),
    "what is left of two": lambda x, n: x * tf.cast(n - n // 2 * 2, tf.float32),
    "what is left of three": lambda x, n: x * tf.cast(n - n // 3 * 3, tf.float32),
    "up to a multiple": lambda x, n: tf.pad(x, [[0, 0], [0, (n + 3) // 4 * 4 - n], [0, 0]]),
    "a large divisor": lambda x, n: tf.fill([n * 2500 // 5000], 1.0),
    "a half": lambda x, n: tf.fill([_whole(n, 0.5)], 1.0),
    "whether there are any": lambda x, n: tf.cast(tf.cast(n - 2, tf.bool), tf.int32),
    "a divisor that cancels": lambda x, n: tf.reshape(x, [-1, n * 3 // n]),
    "a divisor that nearly cancels": lambda x, n: tf.fill([(n + 2) // n], 1.0),
    "two sizes": lambda x, n: tf.fill([n // (1 + tf.shape(x)[0])], 1.0),
}


def _form(what: str) -> Callable[[Any], Any]:
    return lambda x: FORMS[what](x, tf.shape(x)[1])


@pytest.mark.parametrize("count", [2, 7])
@pytest.mark.parametrize("what", FORMS)
def test_sizes_that_only_a_run_knows(what: str, count: int) -> None:
    check(Case(_form(what), [np.arange(count * 3, dtype=np.float32).reshape(1, count, 3)], [(0, 1)]), unknown=True)


@pytest.mark.parametrize("made", [lambda n: n // 16000, lambda n: _whole(n, 0.0001)], ids=["quotient", "factor"])
def test_sizes_that_are_larger_than_those_that_stand_in(made: Callable[[Any], Any]) -> None:
    check(Case(lambda x: tf.fill([made(tf.shape(x)[0])], 1.0), [np.zeros(40000, np.float32)]), unknown=True)


def test_what_cancels_stays_constant() -> None:
    """Sizes that do not depend on what is unknown must still be found."""
    graph = check(Case(_form("a divisor that cancels"), [np.ones((2, 4, 3), np.float32)], [(0, 1)]), unknown=True)
    assert [op.name for op in graph.ops] == ["RESHAPE"]
