"""RESIZE_NEAREST_NEIGHBOR: each output pixel is the input pixel nearest to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..quantization_math import round_half_away
from .common.copying import mapped_step, strides_of
from .common.operator import Node, register
from .common.resizing import Resizing
from .common.versions import Versions, option

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@register
class ResizeNearestNeighbor(Resizing):
    """Any type of whole bytes."""

    code = "RESIZE_NEAREST_NEIGHBOR"
    example = "i8 1x56x56x24 [112,112] half_pixel_centers"
    max_version = 4
    versions = Versions("1.13.1 1.14.0 2.3.0 2.4.0", types={"INT8": 2, "INT16": 4})
    plain_types = "FLOAT32 FLOAT16 BFLOAT16 INT8 UINT8 INT16 UINT16 INT32 UINT32 BOOL"
    options = "ResizeNearestNeighborOptions"
    input_count = (2, 2)

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if option(op, "half_pixel_centers") or option(op, "align_corners") else 1)

    def check_types(self, node: Node) -> None:
        node.require(
            node.outputs[0].type == node.input(0).type, f"its output {node.outputs[0]} is not {node.input(0).type}, as its input is"
        )
        if node.input(0).type in ("INT4", "UINT4", "INT2"):
            node.unsupported(f"there is no kernel for packed input {node.input(0)}")

    @staticmethod
    def nearest(size: int, out: int, align_corners: bool, half_pixel: bool) -> np.ndarray:
        """The input index for each output index, computed in float as LiteRT does."""
        f = np.float32
        scale = f(size - 1) / f(out - 1) if align_corners and out > 1 else f(size) / f(out)
        position = (np.arange(out).astype(f) + f(0.5 if half_pixel else 0)) * scale
        index = (round_half_away(position) if align_corners else np.floor(position)).astype(np.int64)
        return np.maximum(np.minimum(index, size - 1), 0)

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output, options = node.input(0), node.outputs[0], node.options
        plan.check_table(max(output.shape[1:3]))
        indices = [
            range(size) if axis not in (1, 2) else self.nearest(size, out, options.align_corners, options.half_pixel_centers)
            for axis, (size, out) in enumerate(zip(input.shape, output.shape, strict=True))
        ]
        mapped_step(node, plan, input, output, list(zip(indices, strides_of(input.shape, input.dtype.itemsize), strict=True)))
