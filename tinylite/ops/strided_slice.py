"""STRIDED_SLICE: Python's x[begin:end:stride, ...], with masks for what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .common.copying import Moving, mapped_step, strides_of
from .common.operator import Node, Shape, register
from .common.quantization_rules import MOVES
from .common.versions import Versions, option

if TYPE_CHECKING:
    from ..model import Op
    from .common.plan_context import PlanContext


@dataclass(frozen=True)
class _Cut:
    """What is taken along one output dimension: input dimension `axis` at `indices`, or a new dimension (axis None)."""

    axis: int | None
    indices: range
    kept: bool = True


@register
class StridedSlice(Moving):
    """Bit i of a mask speaks of entry i: begin_mask and end_mask leave that side open, ellipsis_mask means all
    dimensions not spoken of, new_axis_mask makes a dimension of one, shrink_axis_mask takes one index and drops the dimension.
    """

    code = "STRIDED_SLICE"
    example = "f32 1x56x56x24 [0,0,0,0] [1,56,56,24] [1,2,2,1]"
    max_version = 8
    versions = Versions(
        "1.6.0 1.14.0 2.1.0 2.2.0 2.5.0 2.6.0 2.14.0 2.14.0", types={"INT8": 2, "BOOL": 3, "STRING": 5, "UINT32": 7}, ranks={5: 4},
    )  # fmt: skip
    options = "StridedSliceOptions"
    input_count = (4, 4)
    quantized = MOVES
    picks = True

    def of_sizes(self, options: Any, *given: np.ndarray) -> np.ndarray | None:
        sizes, *bounds = given
        if sizes.ndim != 1 or options.ellipsis_mask or options.new_axis_mask:
            return None
        first, last, step = (bound.item() for bound in bounds)
        if options.shrink_axis_mask:
            return sizes[[first]].reshape(())
        return sizes[slice(None if options.begin_mask else first, None if options.end_mask else last, step)]

    def version_needed(self, op: Op) -> int:
        masked = option(op, "ellipsis_mask") or option(op, "new_axis_mask")
        return max(super().version_needed(op), 8 if option(op, "offset") else 6 if masked else 1)

    def cuts(self, node: Node) -> list[_Cut]:
        shape, options = node.input(0).shape, node.options
        begins, ends, strides = node.numbers(1), node.numbers(2), node.numbers(3)
        count = len(begins)
        node.require(count == len(ends) == len(strides), f"it has {count} begins, {len(ends)} ends and {len(strides)} strides")
        ellipses = sum(options.ellipsis_mask >> i & 1 for i in range(count))
        node.require(ellipses <= 1, f"its ellipsis_mask has {ellipses} bits where one is allowed")
        spoken = sum(1 for i in range(count) if not (options.new_axis_mask | options.ellipsis_mask) >> i & 1)
        node.require(spoken <= len(shape), f"it speaks of {spoken} dimensions, and {node.input(0)} has {len(shape)}")
        cuts: list[_Cut] = []
        axis = 0
        for i in range(count):
            if options.ellipsis_mask >> i & 1:
                for _ in range(len(shape) - spoken):
                    cuts.append(_Cut(axis, range(shape[axis])))
                    axis += 1
            elif options.new_axis_mask >> i & 1:
                cuts.append(_Cut(None, range(1)))
            else:
                cuts.append(self.cut(node, i, axis, begins[i], ends[i], strides[i]))
                axis += 1
        return cuts + [_Cut(rest, range(shape[rest])) for rest in range(axis, len(shape))]

    def cut(self, node: Node, i: int, axis: int, begin: int, end: int, stride: int) -> _Cut:
        size, options = node.input(0).shape[axis], node.options
        node.require(stride != 0, f"its stride {i} is 0")
        if options.offset:  # the end counts from where the slice starts, brought inside
            end += slice(None if options.begin_mask >> i & 1 else begin, None, stride).indices(size)[0]
        if options.shrink_axis_mask >> i & 1:
            node.require(stride > 0, f"its stride {i} is negative where shrink_axis_mask takes one index")
            index = 0 if options.begin_mask >> i & 1 else begin
            index += size if index < 0 else 0
            # As LiteRT does, an index outside is brought inside.
            node.require(size > 0, f"it takes an index of dimension {axis} of {node.input(0)}, which is empty")
            index = min(max(index, 0), size - 1)
            return _Cut(axis, range(index, index + 1), kept=False)
        low = None if options.begin_mask >> i & 1 else begin
        high = None if options.end_mask >> i & 1 else end
        return _Cut(axis, range(size)[slice(low, high, stride)])

    def infer(self, node: Node) -> Sequence[Shape]:
        return [tuple(len(cut.indices) for cut in self.cuts(node) if cut.kept)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        input, output = node.input(0), node.outputs[0]
        strides = strides_of(input.shape, input.dtype.itemsize)
        base, maps = 0, []
        for cut in self.cuts(node):
            if not cut.kept and cut.axis is not None:
                base += cut.indices[0] * strides[cut.axis]
            else:
                maps.append((cut.indices, strides[cut.axis] if cut.axis is not None else 0))
        mapped_step(node, plan, (input, base), output, maps)
