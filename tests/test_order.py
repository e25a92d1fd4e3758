"""Records of tensors and ops that contradict themselves."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite.engine.checks import check_records
from tinylite.errors import ModelError
from tinylite.model import Graph, Op, Quantization, Tensor


def records(shape: tuple[int, ...], scales: int, axis: int, zeros: int | None = None, version: int = 1) -> Graph:
    x, y = Tensor("x", shape, "INT8"), Tensor("y", shape, "INT8")
    x.quantization = Quantization(np.full(scales, 0.5), np.zeros(scales if zeros is None else zeros), axis)
    return Graph("main", [x], [y], [Op("RESHAPE", [x], [y], version=version)], [x, y])


@pytest.mark.parametrize(("shape", "scales", "axis"), [((2, 3), 3, 1), ((2, 3), 2, 0), ((2, 3), 1, 7), ((4,), 4, 3), ((2, 3), 0, 9)])
def test_scales_along_a_dimension_that_has_as_many_elements(shape: tuple[int, ...], scales: int, axis: int) -> None:
    """A single scale has no dimension, and with a vector there is no doubt."""
    check_records(records(shape, scales, axis))


@pytest.mark.parametrize(("shape", "scales", "axis"), [((2, 3), 3, 0), ((2, 3), 2, 1), ((2, 3), 2, 2), ((2, 3), 2, -1), ((4,), 3, 0)])
def test_scales_along_another_dimension_are_refused(shape: tuple[int, ...], scales: int, axis: int) -> None:
    with pytest.raises(ModelError, match=rf"tensor 0 'x': it has {scales} scales along dimension {axis}, which its shape"):
        check_records(records(shape, scales, axis))


def test_other_contradictions() -> None:
    with pytest.raises(ModelError, match="it has 3 scales and 1 zero point"):
        check_records(records((2, 3), 3, 1, zeros=1))
    with pytest.raises(ModelError, match=r"op 0 RESHAPE.*its version is 0, and versions count from 1"):
        check_records(records((2, 3), 1, 0, version=0))
