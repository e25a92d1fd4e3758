"""Comparing two arrays: steps, tolerances, and what no tolerance allows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinylite.errors import SettingError
from tinylite.golden import GoldenTensor, Tolerance, compare_arrays
from tinylite.golden.report_text import described

QUANTIZED = GoldenTensor("x", 0, "output", "uint8", (0.5,), (3,))
PLAIN = GoldenTensor("x", 0, "output", "uint8")


def bytes_(*values: int) -> np.ndarray:
    return np.array(values, np.uint8)


def test_a_difference_is_counted_in_steps_and_real_numbers() -> None:
    found = compare_arrays(bytes_(255, 4, 5, 7), bytes_(0, 5, 5, 6), QUANTIZED)
    assert (found.count, found.beyond, found.steps, found.real) == (3, 3, 255, 127.5)
    assert (found.worst, found.golden, found.found, found.above) == ((0,), 0, 255, 2)
    assert found.histogram == ((-1, 1), (0, 1), (1, 1), (255, 1)) and found.drift == "both ways"
    text = described(found)
    assert text == "3 of 4 values differ; at most 255 steps, 127.5; worst at [0]: golden 0, found 255; drift both ways"


@pytest.mark.parametrize(
    ("tensor", "lsb", "passes"), [(QUANTIZED, 0, False), (QUANTIZED, 1, True), (PLAIN, 1, False), (PLAIN, 9, False), (QUANTIZED, 9, True)]
)
def test_steps_are_allowed_only_where_there_is_a_scale(tensor: GoldenTensor, lsb: int, passes: bool) -> None:
    assert compare_arrays(bytes_(1, 2, 3), bytes_(1, 3, 3), tensor, Tolerance(lsb=lsb)).passes is passes


@pytest.mark.parametrize(("share", "passes"), [(0.0, False), (0.24, False), (0.25, True), (1.0, True)])
def test_a_share_of_values_may_lie_beyond(share: float, passes: bool) -> None:
    found = compare_arrays(bytes_(1, 2, 3, 9), bytes_(2, 2, 3, 4), QUANTIZED, Tolerance(lsb=1, share=share))
    assert found.passes is passes and (found.count, found.beyond) == (2, 1)


def test_steps_along_channels_have_their_own_scales() -> None:
    tensor = GoldenTensor("x", 0, "output", "int8", (1.0, 0.5, 0.25), (0, 0, 0), axis=1)
    found = compare_arrays(np.array([[1, 2, 4]], np.int8), np.zeros((1, 3), np.int8), tensor)
    assert found.real == 1.0 and found.steps == 4


@pytest.mark.parametrize("dtype", [np.int64, np.uint64])
def test_64_bit_integers_do_not_overflow(dtype: Any) -> None:
    limits = np.iinfo(dtype)
    found = compare_arrays(
        np.array([limits.max], dtype), np.array([limits.min], dtype), GoldenTensor("x", 0, "output", np.dtype(dtype).name)
    )
    assert found.count == 1 and found.steps == (1 << 63) - 1 and found.drift == "up"


@pytest.mark.parametrize(
    ("found", "golden", "tolerance", "passes"),
    [
        (1.0, 1.0 + 2**-23, {}, False),
        (1.0, 1.0 + 2**-23, {"ulp": 1}, True),
        (1.0, 1.0 + 2**-22, {"ulp": 1}, False),
        (1.0, 1.25, {"atol": 0.25}, True),
        (1.0, 1.5, {"atol": 0.25}, False),
        (2.0, 2.5, {"rtol": 0.25}, True),
        (2.5, 2.0, {"rtol": 0.2}, False),  # of the golden
        (0.0, -0.0, {}, True),
        (np.nan, np.nan, {}, True),
        (np.nan, 1.0, {"atol": 1e30, "share": 1.0}, False),
        (np.inf, np.inf, {}, True),
        (np.inf, -np.inf, {"rtol": 1e30, "atol": 1e30}, False),
        (np.inf, 1.0, {"rtol": 1e30, "atol": 1e30}, False),
        (-1e-45, 1e-45, {"ulp": 2}, True),
        (-1e-45, 1e-45, {"ulp": 1}, False),
    ],
)
@pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
def test_floats_are_near_by_any_of_the_tolerances(
    found: float, golden: float, tolerance: dict[str, float], passes: bool, shape: tuple[int, ...]
) -> None:
    arrays = [np.full(shape, value, np.float32) for value in (found, golden)]
    assert compare_arrays(*arrays, GoldenTensor("x", 0, "output", "float32"), Tolerance(**tolerance)).passes is passes  # type: ignore[arg-type]


def test_complex_numbers_are_near_in_both_parts() -> None:
    tensor = GoldenTensor("x", 0, "output", "complex64")
    golden = np.array([[1 + 2j, 3 + 4j]], np.complex64)
    found = compare_arrays(np.array([[1 + 2j, 3 + 4.5j]], np.complex64), golden, tensor)
    assert (found.count, found.worst, found.golden, found.found, found.real) == (1, (0, 1), 3 + 4j, 3 + 4.5j, 0.5)
    assert compare_arrays(golden, golden, tensor).passes


@pytest.mark.parametrize(
    ("found", "golden", "text"),
    [
        (np.zeros(3, np.int8), bytes_(0, 0, 0), "it is int8, and the golden uint8"),
        (np.zeros(3, np.float32), bytes_(0, 0, 0), "it holds real numbers, float32, and the golden stored ones, uint8"),
        (np.zeros((1, 3), np.uint8), bytes_(0, 0, 0), "its shape is"),
        (np.array([np.nan, 1, 1], np.float32), np.array([1, np.nan, 1], np.float32), "NaN is in other places: 2 of 3, the first at"),
    ],
)
def test_types_shapes_and_places_of_nan_must_be_equal(found: np.ndarray, golden: np.ndarray, text: str) -> None:
    difference = compare_arrays(found, golden, QUANTIZED, Tolerance(255, 1.0, 1e9, 1e9, 1 << 30))
    assert not difference.passes and str(difference.problem).startswith(text)


def test_booleans_and_text_are_exact() -> None:
    most = Tolerance(255, 0.0, 1e9, 1e9, 1 << 30)
    found = compare_arrays(np.array([True, False]), np.array([True, True]), GoldenTensor("x", 0, "output", "bool"), most)
    assert not found.passes and found.count == 1
    texts = [np.array([b"a", b"b\0"], object), np.array([b"a", b"b"], object)]
    found = compare_arrays(*texts, GoldenTensor("x", 0, "output", "str"), most)
    assert not found.passes and (found.golden, found.found) == (b"b", b"b\0")
    assert compare_arrays(texts[0], texts[0], GoldenTensor("x", 0, "output", "str")).passes


def test_nothing_equals_nothing() -> None:
    empty = np.zeros((0, 3), np.float32)
    assert compare_arrays(empty, empty, GoldenTensor("x", 0, "output", "float32")).passes


@pytest.mark.parametrize(
    "given", [{"lsb": -1}, {"lsb": 1.5}, {"lsb": True}, {"ulp": "1"}, {"share": 1.1}, {"share": -0.1}, {"rtol": np.inf}, {"atol": np.nan}]
)
def test_tolerances_are_numbers(given: dict[str, Any]) -> None:
    with pytest.raises(SettingError, match=next(iter(given))):
        Tolerance(**given)
