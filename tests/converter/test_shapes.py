"""Shapes as far as a graph says them: what unknown dimensions leave unknown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinylite.converter.shapes import _TRIALS, PartialShape, broadcast, computed, infer, joined, merged
from tinylite.errors import ConvertError
from tinylite.model import Op, Tensor


def dynamic(*signature: int) -> Tensor:
    return computed("x", "FLOAT32", signature)


def fixed(values: Any, type: str = "INT32") -> Tensor:
    tensor = computed("constant", type, np.shape(values))
    tensor.data = np.asarray(values, np.int32 if type == "INT32" else np.float32)
    return tensor


def convolution(signature: tuple[int, ...], **options: Any) -> Op:
    weights = fixed(np.zeros((8, 3, 3, 4)), "FLOAT32")
    return Op(
        "CONV_2D", [dynamic(*signature), weights, None], [Tensor("y")], **{"padding": "SAME", "stride_h": 1, "stride_w": 1, **options}
    )


CASES: dict[str, tuple[Op, PartialShape]] = {
    "known": (convolution((2, 9, 9, 4), padding="VALID"), (2, 7, 7, 8)),
    "batch": (convolution((-1, 9, 9, 4), stride_h=2, stride_w=2), (-1, 5, 5, 8)),
    "picture": (convolution((1, -1, -1, 4), stride_h=2, stride_w=2), (1, -1, -1, 8)),
    "reshape": (Op("RESHAPE", [dynamic(-1, 6), fixed([-1, 2, 3])], [Tensor("y")]), (-1, 2, 3)),
    "flat": (Op("RESHAPE", [dynamic(-1, 6), fixed([-1])], [Tensor("y")]), (-1,)),
    "reduced": (Op("SUM", [dynamic(-1, 6, -1), fixed([0])], [Tensor("y")]), (6, -1)),
    "joined": (Op("CONCATENATION", [dynamic(-1, 6), dynamic(3, 6)], [Tensor("y")], axis=0), (-1, 6)),
    "shape": (Op("SHAPE", [dynamic(-1, 6)], [Tensor("y")]), (2,)),
    "blocks": (Op("SPACE_TO_DEPTH", [dynamic(1, -1, 8, 3)], [Tensor("y")], block_size=2), (1, -1, 4, 12)),
}


@pytest.mark.parametrize("name", CASES)
def test_dimensions_that_depend_on_unknown_ones_are_unknown(name: str) -> None:
    op, wanted = CASES[name]
    assert infer(op) == [wanted]


def test_a_shape_that_is_computed_has_no_known_rank() -> None:
    assert infer(Op("RESHAPE", [dynamic(2, 6), Tensor("s", (2,), "INT32")], [Tensor("y")])) == [None]


def test_sizes_that_are_tried_differ_and_are_unlike_any_other() -> None:
    """Equal ones would make all unknown dimensions known; strides and blocks up to 16 divide both."""
    assert len(set(_TRIALS)) == 2 and min(_TRIALS) > 1 << 16
    assert all(size % divisor == 0 for size in _TRIALS for divisor in range(1, 17))


@pytest.mark.parametrize(
    ("signatures", "stretched", "same", "either"),
    [
        (((2, 3), (2, 3)), (2, 3), (2, 3), (2, 3)),
        (((-1, 3), (2, 3)), (2, 3), (2, 3), (-1, 3)),
        (((-1, 3), (1, 3)), (-1, 3), (1, 3), (-1, 3)),
        (((-1,), (-1,)), (-1,), (-1,), (-1,)),
        (((2, 3), (3,)), (2, 3), "differ in their number of dimensions", None),
        (((2, 3), (2, 4)), "do not stretch", "differ", (2, -1)),
        (((2, 3), None), None, (2, 3), None),
    ],
)
def test_signatures_are_put_together(
    signatures: tuple[PartialShape, PartialShape], stretched: object, same: object, either: PartialShape
) -> None:
    for rule, wanted in ((broadcast, stretched), (merged, same), (joined, either)):
        if isinstance(wanted, str):
            with pytest.raises(ConvertError, match=wanted):
                rule(*signatures)
        else:
            assert rule(*signatures) == wanted, rule.__name__
            assert rule(*reversed(signatures)) == wanted, rule.__name__
