"""MIRROR_PAD: the input's own elements around it, mirrored at its border."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .common.copying import mapped_step, strides_of
from .common.operator import Node, register
from .common.padding import Padding

if TYPE_CHECKING:
    from ..planner import Planner


@register
class MirrorPad(Padding):
    """REFLECT leaves the border out of the mirror image, SYMMETRIC repeats it."""

    code = "MIRROR_PAD"
    max_version = 3
    options = "MirrorPadOptions"

    def prepare(self, node: Node, plan: Planner) -> None:
        input, output = node.input(0), node.outputs[0]
        reflect = node.options.mode == "REFLECT"
        maps = []
        for size, stride, (before, behind) in zip(
            input.shape, strides_of(input.shape, input.dtype.itemsize), self.amounts(node), strict=True
        ):
            node.want(max(before, behind) <= size - reflect, f"it pads {max(before, behind)} elements from a mirror of {size - reflect}")
            border = 1 if reflect else 0
            left = np.arange(before, 0, -1) - 1 + border
            right = size - 1 - border - np.arange(behind)
            maps.append((np.concatenate([left, np.arange(size), right]), stride))
        mapped_step(node, plan, input, output, maps)
