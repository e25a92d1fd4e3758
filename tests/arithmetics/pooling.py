"""Random cases of what makes one number of many: pools, reductions, and resizing."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..cases import Case, T
from .tensors import quantized, related, shape

__all__ = ["CASES"]

TYPES = ("INT8", "UINT8")
Maker = Callable[[np.random.Generator], Case]
ACTIVATIONS = ("NONE", "NONE", "RELU", "RELU6", "RELU_N1_TO_1")


def pool(code: str, type: str) -> Maker:
    """Also windows as large as the picture, as networks end with."""

    def case(rng: np.random.Generator) -> Case:
        batch, height, width, channels, fy, fx, sy, sx = (int(rng.integers(1, end + 1)) for end in (2, 12, 12, 40, 4, 4, 3, 3))
        if rng.integers(4) == 0:
            fy, fx = height, width
        if rng.integers(2):
            sy, sx = min(sy, fy), min(sx, fx)
        same = fy > height or fx > width or rng.integers(2) == 0
        axes = ((height, fy, sy), (width, fx, sx))
        out = [-(-size // stride) if same else (size - filter) // stride + 1 for size, filter, stride in axes]
        numbers = quantized(rng, type, 0.01, 0.3)
        options = {
            "filter_height": fy, "filter_width": fx, "stride_h": sy, "stride_w": sx, "padding": "SAME" if same else "VALID",
            "fused_activation_function": str(rng.choice(ACTIVATIONS)),
        }  # fmt: skip
        return Case(code, [T((batch, height, width, channels), **numbers)], [T((batch, *out, channels), **numbers)], options, version=2)

    return case


def reduction(code: str, type: str) -> Maker:
    """Half of them along height and width of a picture; the scale may change where the operator can change it."""

    def case(rng: np.random.Generator) -> Case:
        rank = int(rng.integers(1, 5))
        of, axes = shape(rng, rank, 1500), sorted(int(axis) for axis in rng.permutation(rank)[: rng.integers(1, rank + 1)])
        if rng.integers(2):
            of, axes = shape(rng, 4, 4000), [1, 2]
        keep = bool(rng.integers(2))
        out = tuple(1 if axis in axes else size for axis, size in enumerate(of) if keep or axis not in axes)
        count = int(np.prod([of[axis] for axis in axes]))
        x = y = quantized(rng, type)
        if code in ("MEAN", "SUM") and rng.integers(4):
            y = quantized(rng, type, x["scale"] / 8, x["scale"] * 2)
            if rng.integers(3) == 0:
                y["scale"] = related(rng, x["scale"] / (1 if code == "SUM" else count))
        if code == "SUM":
            y = {**y, "scale": float(np.float32(y["scale"] * count))}
        given = [axis - len(of) if rng.integers(3) == 0 else axis for axis in axes]
        return Case(code, [T(of, **x), T((len(axes),), "INT32", data=given)], [T(out, **y)], {"keep_dims": keep}, version=2)

    return case


def resize(code: str, type: str) -> Maker:
    def case(rng: np.random.Generator) -> Case:
        batch, height, width, channels = (int(rng.integers(1, end + 1)) for end in (2, 9, 9, 40))
        sizes = [int(rng.integers(1, 20)) for _ in range(2)]
        if rng.integers(2):
            sizes = [height * 2, width * 2]
        flags = ({}, {"align_corners": True}, {"half_pixel_centers": True})[int(rng.integers(3))]
        numbers = quantized(rng, type)
        output = T((batch, *sizes, channels), **numbers)
        return Case(code, [T((batch, height, width, channels), **numbers), T((2,), "INT32", data=sizes)], [output], dict(flags), version=3)

    return case


CASES: dict[tuple[str, str], Maker] = {
    **{(code, type): pool(code, type) for code in ("AVERAGE_POOL_2D", "MAX_POOL_2D") for type in TYPES},
    **{(code, type): reduction(code, type) for code in ("MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN") for type in TYPES},
    **{(code, type): resize(code, type) for code in ("RESIZE_BILINEAR", "RESIZE_NEAREST_NEIGHBOR") for type in TYPES},
}
