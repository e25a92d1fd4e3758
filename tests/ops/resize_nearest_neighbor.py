"""Cases of RESIZE_NEAREST_NEIGHBOR, which unlike RESIZE_BILINEAR takes both flags at once."""

from __future__ import annotations

from ..cases import Case, T
from ..families import SIZES, resize

BOTH = {"align_corners": True, "half_pixel_centers": True}
CASES = resize("RESIZE_NEAREST_NEIGHBOR", "FLOAT32", "UINT8", "INT8", "INT32")
CASES += [Case("RESIZE_NEAREST_NEIGHBOR", [T(shape), T((2,), "INT32", data=size)], [T(())], BOTH, version=3) for shape, size in SIZES]
