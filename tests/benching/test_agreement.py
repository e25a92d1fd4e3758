"""The words for how outputs compare."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite.benching.agreement import agreement

FLOATS, BYTES = np.array([1, -4, 2], np.float32), np.array([1, 250, 3], np.uint8)


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        ([FLOATS, BYTES], [FLOATS, BYTES], "same bits"),
        ([FLOATS], [FLOATS * np.float32(1.000001)], "within 1e-06"),
        ([FLOATS], [FLOATS + np.float32([0.4, 0, 0])], "differs: by up to 0.1 of the largest output"),
        ([BYTES], [BYTES + np.uint8([0, 1, 250])], "differs: 2 of 3, by at most 250"),
        ([FLOATS, BYTES], [FLOATS, BYTES + np.uint8(1)], "differs: 3 of 3 of output 1, by at most 1"),
        ([FLOATS], [FLOATS.astype(np.float64)], "not compared: float32 and float64"),
        ([BYTES], [BYTES.reshape(1, 3)], "differs: [3] and [1, 3]"),
        ([BYTES], [], "differs: 1 outputs and 0"),
        ([FLOATS], [np.float32([1, np.nan, 2])], "differs: 1 of 3 are NaN or infinite in one and not the other"),
        ([FLOATS], [np.float32([1, -np.inf, 2])], "differs: 1 of 3 are NaN or infinite in one and not the other"),
        ([np.float32([1, np.inf])], [np.float32([1, -np.inf])], "differs: 1 of 2 are NaN or infinite in one and not the other"),
        ([np.float32([1, np.nan])], [np.float32([2, -np.float32("nan")])], "differs: by up to 0.5 of the largest output"),
        ([np.float32([0.0])], [np.float32([-0.0])], "same bits but for the signs of zeros"),
        ([np.array([b"a", b"b"])], [np.array([b"a", b"c"])], "differs: 1 of 2, by at most 1"),
        ([np.zeros((0, 3), np.float32)], [np.zeros((0, 3), np.float32)], "same bits"),
        ([np.complex64([1 + 1j])], [np.complex64([1 - 1j])], "differs: by up to 1 of the largest output"),
    ],
)  # fmt: skip
def test_agreement(found: list[np.ndarray], wanted: list[np.ndarray], said: str) -> None:
    assert agreement(found, wanted, 1e-5) == said
