"""MIRROR_PAD: the input's own elements around it, mirrored at its border."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from .common.copying import mapped_step, strides_of
from .common.operator import Node, register
from .common.padding import Padding
from .common.versions import Versions

if TYPE_CHECKING:
    from .common.plan_context import PlanContext

# Elements of a dimension that is padded at once, by a table of 8 bytes an element; longer ones take a step for each of their parts.
_LONGEST_TABLE = 1 << 16


@register
class MirrorPad(Padding):
    """REFLECT leaves the border out of the mirror image, SYMMETRIC repeats it."""

    code = "MIRROR_PAD"
    example = "f32 1x56x56x24 [[0,0],[1,1],[1,1],[0,0]] symmetric"
    max_version = 3
    versions = Versions("1.13.1 2.3.0 2.12.0", types={"INT8": 2, "INT16": 3})
    options = "MirrorPadOptions"

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        reflect = node.options.mode == "REFLECT"
        # For each dimension the parts of which it is made: where one starts, its indices into the input, bytes from one to the next.
        axes: list[list[tuple[int, range | np.ndarray, int]]] = []
        for size, stride, (before, behind) in zip(
            input.shape, strides_of(input.shape, input.dtype.itemsize), self.amounts(node), strict=True
        ):
            node.require(max(before, behind) <= size - reflect, f"it pads {max(before, behind)} elements from a mirror of {size - reflect}")
            first, last = (1, size - 2) if reflect else (0, size - 1)
            parts = [range(first + before - 1, first - 1, -1), range(size), range(last, last - behind, -1)]
            if before + behind == 0:
                axes.append([(0, range(size), stride)])
            elif before + size + behind <= _LONGEST_TABLE:
                axes.append([(0, np.concatenate([np.arange(part.start, part.stop, part.step) for part in parts]), stride)])
            else:
                axes.append([(start, part, stride) for start, part in zip((0, before, before + size), parts, strict=True)])
        for chosen in itertools.product(*axes):
            mapped_step(node, plan, input, output, [part[1:] for part in chosen], into=[part[0] for part in chosen])
