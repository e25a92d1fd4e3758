"""What a check does not do: values that are equal are looked at once, and nothing is computed of them."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import golden
from tinylite.golden import compare
from tinylite.golden.compare import compare_record

from .network import Dump, network


def _counted(monkeypatch: pytest.MonkeyPatch, place: Any, name: str) -> list[int]:
    """How large the first argument was in each call of a function from now on."""
    original: Callable[..., Any] = getattr(place, name)
    sizes: list[int] = []

    def counting(first: Any, *rest: Any) -> Any:
        sizes.append(len(memoryview(first).cast("B")))
        return original(first, *rest)

    monkeypatch.setattr(place, name, counting)
    return sizes


def test_equal_values_are_neither_compared_one_by_one_nor_hashed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = network()
    model.save(tmp_path / "net.tflite")
    made = golden.record(model, layers=True, cases=3)
    golden.save(golden.record(tmp_path / "net.tflite", layers=True, cases=3), tmp_path / "g.npz")
    compared = _counted(monkeypatch, compare, "compare_arrays")
    hashed = _counted(monkeypatch, zlib, "crc32")
    assert golden.check(tmp_path / "g.npz", tmp_path / "net.tflite").passes
    inputs = [6 * 6 * 4] * 3
    assert not compared and sorted(hashed)[:3] == inputs and len(hashed) == 4  # and golden.json
    dump = Dump.of(made)
    dump.cases[1]["sub"].flat[3] ^= 1
    golden.check(made, model, using=dump)  # loads the kernels that judge ops, whose sums are checked too
    compared.clear()
    hashed.clear()
    assert not golden.check(made, model, using=dump).passes
    sizes = {record.value.nbytes for case in made.cases for record in case if record.value is not None}
    assert len(compared) == 1 and [size for size in hashed if size in sizes] == [3 * 3 * 8]  # kernels that are loaded now are hashed too


@pytest.mark.parametrize("shape", [(), (1,), (7,), (64,), (65,), (3, 129), (1000, 3)])
@pytest.mark.parametrize("dtype", [np.int8, np.bool_, np.float32, np.float64, np.complex128])
def test_every_single_difference_is_seen(shape: tuple[int, ...], dtype: Any) -> None:
    size = int(np.prod(shape))
    values = (np.arange(size) % 2).astype(dtype).reshape(shape)
    tensor = golden.GoldenTensor("x", 0, "output", np.dtype(dtype).name)
    record = golden.Record.of(values)
    for found in (values, values.copy(order="F"), values[..., ::-1][..., ::-1] if shape else values):
        assert compare_record(found, record, tensor) is None
    for place in {0, size // 2, size - 1}:
        other = values.copy()
        other.reshape(-1)[place] = 1 - other.reshape(-1)[place] if dtype is not np.bool_ else not other.reshape(-1)[place]
        difference = compare_record(other, record, tensor)
        assert difference is not None and difference.count == 1 and not difference.passes
        assert difference.worst == tuple(map(int, np.unravel_index(place, shape)))
        assert (difference.golden, difference.found) == (values[difference.worst], other[difference.worst])
