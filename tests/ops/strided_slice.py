"""Cases of STRIDED_SLICE."""

from __future__ import annotations

from ..cases import Case, T


def sliced(shape: tuple[int, ...], begin: list[int], end: list[int], strides: list[int], type: str = "FLOAT32", **masks: int) -> Case:
    def numbers(values: list[int]) -> T:
        return T((len(values),), "INT32", data=values)

    return Case("STRIDED_SLICE", [T(shape, type), numbers(begin), numbers(end), numbers(strides)], [T((), type)], masks)


CASES = [sliced((5, 6), [1, 2], [4, 6], [1, 2], type) for type in ("FLOAT32", "INT8", "UINT8", "INT32", "INT64", "BOOL")] + [
    sliced((5, 6), [0, 0], [0, 0], [1, 1], begin_mask=3, end_mask=3),
    sliced((5, 6), [4, 5], [-6, -7], [-1, -2]),
    sliced((5, 6), [-1, 0], [0, 3], [-2, 1], begin_mask=1),
    sliced((2, 3, 4), [1], [2], [1], shrink_axis_mask=1),
    sliced((2, 3, 4), [1, 0, 2], [2, 0, 3], [1, 1, 1], shrink_axis_mask=5, begin_mask=2, end_mask=2),
    sliced((2, 3, 4), [-1, 0], [0, 2], [1, 1], shrink_axis_mask=1),
    sliced((2, 3, 4), [0, 1], [0, 3], [1, 1], ellipsis_mask=1),
    sliced((2, 3, 4), [0, 0, 1], [1, 0, 3], [1, 1, 2], ellipsis_mask=2),
    sliced((2, 3, 4), [0, 0], [0, 2], [1, 1], new_axis_mask=1),
    sliced((6,), [10], [20], [1]),
    sliced((6,), [-20], [20], [2]),
    sliced((4, 4), [1, 1], [2, 2], [1, 1], offset=True),
    sliced((7,), [-3], [3], [1], offset=True),
    sliced((7,), [-9], [3], [1], offset=True),
]
