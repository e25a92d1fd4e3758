"""Differences of values: in steps and as real numbers, whatever the types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinylite import Quantization, Tensor
from tinylite.diffing import values as module
from tinylite.diffing.values import ValueDifference, difference
from tinylite.tensor_types import tensor_dtype


def compare(
    a: Any, b: Any, types: tuple[str, str], scales: tuple[Any, Any] = (None, None), axis: int = 0, bits: bool = False
) -> ValueDifference | None:  # fmt: skip
    arrays = [np.asarray(values).astype(tensor_dtype(type)) for values, type in zip((a, b), types, strict=True)]
    tensors = []
    for array, type, scale in zip(arrays, types, scales, strict=True):
        params = None if scale is None else Quantization(scale[0], scale[1], axis)
        tensors.append(Tensor("x", array.shape, type, quantization=params))
    return difference(arrays[0], arrays[1], tensors[0], tensors[1], bits)


def found(*arguments: Any, **options: Any) -> ValueDifference:
    made = compare(*arguments, **options)
    assert made is not None
    return made


def test_integers_of_one_scale_differ_by_whole_steps() -> None:
    scale = ([0.5], [3])
    result = found([[1, 2, -128]], [[1, 4, 127]], ("INT8", "INT8"), (scale, scale))
    assert (result.count, result.differing, result.steps, result.real) == (3, 2, 255, 127.5)
    assert (result.place, result.a, result.b) == ((0, 2), -128, 127)
    assert result.mean == pytest.approx((1 + 127.5) / 3) and result.largest == 65.5
    assert result.share == pytest.approx(2 / 3)
    equal = found([1], [1], ("INT8", "INT8"), (scale, scale))
    assert (equal.differing, equal.steps, equal.place, equal.a) == (0, 0, None, None)


def test_integers_without_a_scale() -> None:
    result = found([1, 5], [2, 2], ("INT32", "INT32"))
    assert (result.differing, result.steps, result.real, result.place) == (2, 3, None, (1,))
    wide = found([-(2**63)], [2**63 - 1], ("INT64", "INT64"))
    assert wide.steps == float(2**64 - 1)
    assert found([3, 255], [5, 0], ("UINT8", "UINT8")).steps == 255
    assert found([7], [9], ("INT32", "INT64")).steps == 2
    assert found([True, False], [True, True], ("BOOL", "BOOL")).differing == 1


def test_scales_that_moved() -> None:
    """Real numbers are compared, and a step is the larger scale; half a step is what rounding may do."""
    result = found([100, 10], [100, 10], ("INT8", "INT8"), (([1.0], [0]), ([1.02], [0])))
    assert (result.differing, result.place) == (1, (0,))
    assert result.steps == pytest.approx(2 / 1.02) and result.real == pytest.approx(2, abs=1e-5)
    result = found([10, 20], [138, 148], ("INT8", "UINT8"), (([0.5], [0]), ([0.5], [128])))
    assert (result.differing, result.steps) == (0, 0)


def test_scales_of_channels() -> None:
    scales = ([1.0, 10.0], [0, 0])
    result = found([[1, 1], [1, 1], [1, 1]], [[1, 1], [1, 3], [2, 1]], ("INT8", "INT8"), (scales, scales), axis=1)
    assert (result.steps, result.real, result.place) == (2, 20, (1, 1))
    result = found([[1, 1], [5, 5]], [[1, 1], [5, 6]], ("INT8", "INT8"), (scales, scales), axis=0)
    assert (result.real, result.place) == (10, (1, 1))
    one, many = ([1.0], [0]), ([1.0, 2.0], [0, 0])
    result = found([[4, 4], [4, 4]], [[4, 4], [2, 2]], ("INT8", "INT8"), (one, many), axis=0)
    assert result.differing == 0
    assert compare([[1, 1]], [[1, 2]], ("INT8", "INT8"), (many, one), axis=0) is None, "scales along a dimension that has another size"


def test_floats_against_integers() -> None:
    scale = ([0.25], [0])
    result = found([1.0, 1.12, 1.13, 2.0], [4, 4, 4, 7], ("FLOAT32", "INT8"), (None, scale))
    assert (result.differing, result.steps, result.place) == (2, 1, (3,))
    assert (result.a, result.b) == (2.0, 7)
    back = found([4, 4, 4, 7], [1.0, 1.12, 1.13, 2.0], ("INT8", "FLOAT32"), (scale, None))
    assert (back.differing, back.steps) == (2, 1)


def test_floats() -> None:
    result = found([1, -4, np.nan, np.inf], [1.5, -4, np.nan, np.inf], ("FLOAT32", "FLOAT32"))
    assert (result.differing, result.steps, result.real, result.largest, result.mean) == (1, None, 0.5, 4, 0.125)
    result = found([1, np.nan, 5], [1, 0, np.inf], ("FLOAT32", "FLOAT32"))
    assert (result.differing, result.real, result.mean) == (2, np.inf, 0)
    zeros = ([0.0, 1], [-0.0, 1], ("FLOAT32", "FLOAT32"))
    assert (found(*zeros).differing, found(*zeros, bits=True).differing) == (0, 1)


@pytest.mark.parametrize("type", ["FLOAT16", "BFLOAT16"])
def test_floats_that_were_rounded_to_a_shorter_type_are_the_same(type: str) -> None:
    numbers = np.random.default_rng(0).normal(size=1000).astype(np.float32)
    short = numbers.astype(np.float16) if type == "FLOAT16" else None
    if short is None:  # rounded to nearest, by hand
        bits = numbers.view(np.uint32)
        short = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
    tensors = Tensor("x", (1000,), "FLOAT32"), Tensor("x", (1000,), type)
    result = difference(numbers, short, *tensors)
    assert result is not None and result.differing == 0 and result.real is not None and result.real > 0
    short = short.copy()
    short.view(np.uint16)[7] += 1
    result = difference(numbers, short, *tensors)
    assert result is not None and (result.differing, result.place) == (1, (7,))


def test_complex_numbers_and_bit_patterns() -> None:
    result = found([1 + 1j, 2], [1 + 1j, 2 + 3j], ("COMPLEX64", "COMPLEX64"))
    assert (result.differing, result.real) == (1, 3)
    result = found([1, 2], [1, 3], ("FLOAT8_E5M2", "FLOAT8_E5M2"))
    assert (result.differing, result.steps, result.real, result.a, result.b) == (1, None, None, 2, 3)


@pytest.mark.parametrize(
    "types", [("STRING", "STRING"), ("BOOL", "INT32"), ("COMPLEX64", "FLOAT32"), ("FLOAT8_E5M2", "FLOAT32"), ("FLOAT8_E5M2", "BFLOAT16")]
)
def test_what_cannot_be_compared(types: tuple[str, str]) -> None:
    tensors = [Tensor("x", (2,), type) for type in types]
    assert difference(np.zeros(2), np.ones(2), *tensors) is None
    assert compare([1, 2], [1], ("INT8", "INT8")) is None


def test_large_arrays_are_compared_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(-128, 128, (2, 7, 30), dtype=np.int8)
    scales = (rng.uniform(0.1, 1, 7), np.zeros(7, np.int64))
    whole = compare(a, b, ("INT8", "INT8"), (scales, scales))
    monkeypatch.setattr(module, "_CHUNK", 16)
    assert compare(a, b, ("INT8", "INT8"), (scales, scales)) == whole
    assert compare(np.zeros((0, 3)), np.zeros((0, 3)), ("FLOAT32", "FLOAT32")) == ValueDifference(0, 0, None, 0, 0, 0)
