"""RESIZE_BILINEAR: each output pixel is blended from the four input pixels around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.operator import Node, Shape, register
from .common.resizing import Resizing
from .common.versions import Versions, option

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext

_Table = tuple[np.ndarray, np.ndarray, np.ndarray]  # first neighbour, second neighbour, distance from the first


@register
class ResizeBilinear(Resizing):
    """UINT8 blends in float, INT8 with ten fractional bits; neither rescales. Oldest files keep the size in the options."""

    code = "RESIZE_BILINEAR"
    example = "i8 1x56x56x24 [112,112] half_pixel_centers"
    methods = ("optimized", "xnnpack")
    max_version = 4
    versions = Versions("1.7.0 1.14.0 2.2.0 2.5.0", types={"INT8": 2, "INT16": 4})
    plain_types = "FLOAT32 UINT8 INT8 INT16"
    options = "ResizeBilinearOptions"
    per_element = 7  # four products and their sum

    def version_needed(self, op: Op) -> int:
        return max(super().version_needed(op), 3 if option(op, "half_pixel_centers") else 1)

    def check_types(self, node: Node) -> None:
        from ..kernels.resize import resize_bilinear

        input, output = node.input(0), node.outputs[0]
        if input.type not in resize_bilinear:
            node.unsupported(f"there is no kernel for input {input}; there are: {', '.join(resize_bilinear)}")
        node.require(output.type == input.type, f"its output {output} is not {input.type}, as its input is")

    def infer(self, node: Node) -> Sequence[Shape]:
        both = node.options.align_corners and node.options.half_pixel_centers
        node.require(not both, "it has both align_corners and half_pixel_centers, which exclude each other")
        return super().infer(node)

    def size(self, node: Node) -> tuple[int, int]:
        if node.optional(1) is None:
            height, width = node.options.new_height, node.options.new_width
            node.require(height > 0 and width > 0, f"its size {height} x {width} is not above 0")
            return height, width
        return super().size(node)

    @staticmethod
    def floats(size: int, out: int, align_corners: bool, half_pixel: bool) -> _Table:
        f = np.float32
        scale = f(size - 1) / f(out - 1) if align_corners and out > 1 else f(size) / f(out)
        at = np.arange(out).astype(f)
        at = (at + f(0.5)) * scale - f(0.5) if half_pixel else at * scale
        low = np.clip(np.floor(at), 0, size - 1).astype(np.int32)
        return low, np.minimum(np.ceil(at), size - 1).astype(np.int32), at - low.astype(f)

    @staticmethod
    def integers(size: int, out: int, align_corners: bool, half_pixel: bool) -> _Table:
        """The same with ten fractional bits; divisions go towards zero, as in C."""
        corners = align_corners and out > 1
        scale = ((size - 1) * 1024 + (out - 1) // 2) // (out - 1) if corners else (size * 1024 + out // 2) // out
        at = np.arange(out, dtype=np.int64) * scale + (scale // 2 - 512 if half_pixel else 0)
        # Rounded up, the scale may lead past the end, where the last pixel is repeated for what is not there.
        low = np.clip(np.trunc(at / 1024), 0, size - 1).astype(np.int64)
        high = np.minimum(np.trunc((at + 1023) / 1024), size - 1)
        return low.astype(np.int32), high.astype(np.int32), (at - 1024 * low).astype(np.int32)

    @staticmethod
    def eleven_bits(size: int, out: int, align_corners: bool, half_pixel: bool) -> _Table:
        """XNNPACK's: places in float, kept inside the picture, with eleven fractional bits in the end, halves to even."""
        f, corners = np.float32, align_corners and out > 1
        scale = f(size - corners) / f(out - corners)
        at = np.arange(out).astype(f) * scale
        if half_pixel:
            at = at + (f(0.5) * scale - f(0.5))
        at = np.clip(at, f(0), f(size - 1))
        low = at.astype(np.int32)
        part = np.rint((at - low.astype(f)) * f(2048)).astype(np.int32)
        return low, np.minimum(low + 1, size - 1).astype(np.int32), part

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ..kernels.resize import resize_bilinear, resize_bilinear_otherwise

        input, output, options = node.input(0), node.outputs[0], node.options
        plan.check_table(max(output.shape[1:3]))
        method = self.rule(node, plan.arithmetic).method
        kernels = resize_bilinear_otherwise[method] if method else resize_bilinear
        table = self.eleven_bits if method == "xnnpack" else self.integers if input.type == "INT8" else self.floats
        fields: dict[str, Any] = {}
        for name, axis in (("y", 1), ("x", 2)):
            parts = table(input.shape[axis], output.shape[axis], options.align_corners, options.half_pixel_centers)
            for suffix, part in zip(("low", "high", "part"), parts, strict=True):
                fields[f"{name}_{suffix}"] = plan.constant(part, part.dtype)
        plan.step(
            kernels[input.type], work=output.shape[0] * output.shape[1] if output.size else 0,
            cost=output.shape[2] * output.shape[3] * 8, x=input, out=output, in_h=input.shape[1], in_w=input.shape[2],
            out_h=output.shape[1], out_w=output.shape[2], channels=input.shape[3], **fields,
        )  # fmt: skip
