"""Files of goldens: what they hold, that they come back, and that none is overwritten."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tinylite import golden
from tinylite.errors import FileError

from ..small_models import DEMO

DIGITS = DEMO / "digits_uint8.tflite"


@pytest.fixture(scope="module")
def digits() -> golden.Golden:
    return golden.record(DIGITS, cases=2, layers=True)


def test_a_golden_comes_back(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    assert found == digits and found.path == str(tmp_path / "g.npz")
    for mine, theirs in zip(digits.cases, found.cases, strict=True):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_array_equal(a.value, b.value, strict=True)


def test_plain_numpy_reads_it(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    with np.load(tmp_path / "g.npz") as arrays:
        described = json.loads(arrays["golden.json"])
        assert described["format_version"] == 1 and described["model"] == DIGITS.name
        for tensor, record in zip(described["tensors"], described["cases"][1], strict=True):
            values = arrays[record["array"]]
            assert values.dtype.name == tensor["dtype"] and list(values.shape) == record["shape"]
        assert "1/conv_1_Relu" in arrays


def test_the_same_golden_is_the_same_bytes(digits: golden.Golden, tmp_path: Path) -> None:
    for name in "ab":
        golden.save(digits, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_arrays_begin_at_aligned_places(digits: golden.Golden, tmp_path: Path) -> None:
    golden.save(digits, tmp_path / "g.npz")
    found = golden.load(tmp_path / "g.npz")
    starts = {record.value.ctypes.data % 16 for case in found.cases for record in case}
    assert starts == {0}


def test_nothing_is_overwritten_unless_asked(digits: golden.Golden, tmp_path: Path) -> None:
    path = tmp_path / "g.npz"
    path.write_bytes(b"mine")
    with pytest.raises(FileError, match="there is such a file already"):
        golden.save(digits, path)
    assert path.read_bytes() == b"mine" and list(tmp_path.iterdir()) == [path]
    golden.save(digits, path, overwrite=True)
    assert golden.load(path) == digits
