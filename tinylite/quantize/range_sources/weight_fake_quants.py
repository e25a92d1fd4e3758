"""Ranges of weights that were after a FakeQuant, which constants keep as min and max."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...errors import ConvertError
from ...model import Tensor
from ..parameters import Range
from ..ranges import Ranges, is_real, rule
from .fake_quants import trained_range

__all__ = ["WeightFakeQuants"]


class WeightFakeQuants:
    """The constants of a graph. Raises ConvertError for values that are not numbers, which no range holds."""

    def provide(self, ranges: Ranges) -> None:
        constants = [tensor for tensor in ranges.graph.all_tensors() if tensor.is_constant and is_real(tensor)]
        _check_values(constants)
        for tensor in constants:
            quantization = tensor.quantization
            if quantization is None or not quantization.min.size:
                continue
            low, high, narrow = quantization.min.tolist(), quantization.max.tolist(), quantization.narrow
            axis = None if len(low) == 1 else self.axis(ranges, tensor, len(low))
            if len(low) > 1 and axis is None:
                raise ConvertError(
                    f"the FakeQuant of {tensor.name!r} has a range for each of {len(low)} channels, and tensors of a fully "
                    "quantized file have one scale",
                    "Use FakeQuantWithMinMaxVars, as create_training_graph does, or drop_fake_quant and give default ranges",
                )
            found = [trained_range(ranges.policy, Range(*ends, narrow), tensor.name) for ends in zip(low, high, strict=True)]
            ranges.set(tensor, found[0] if axis is None else _joined(found, narrow, axis))

    @staticmethod
    def axis(ranges: Ranges, tensor: Tensor, count: int) -> int | None:
        """The dimension along which weights have so many ranges, if the policy lets all their readers have a scale for each."""
        if ranges.type != "INT8" or not ranges.policy.per_channel_weights:
            return None
        axes: set[Any] = set()
        for op in ranges.graph.ops:
            for index, read in enumerate(op.inputs):
                if read is tensor:
                    declared = rule(op, ranges.type)
                    axes.add(declared.channels if declared is not None and declared.weights == index else None)
        axis = axes.pop() if len(axes) == 1 else None
        return axis if axis is not None and len(tensor.shape) > axis and tensor.shape[axis] == count else None


def _joined(ranges: list[Range], narrow: bool, axis: int) -> Range:
    return Range.of([range.low for range in ranges], [range.high for range in ranges], narrow, axis)


def _check_values(constants: list[Tensor]) -> None:
    bad = [tensor for tensor in constants if tensor.data is not None and not np.isfinite(tensor.data).all()]
    if bad:
        names = ", ".join(repr(tensor.name) for tensor in bad[:5])
        raise ConvertError(f"{len(bad)} constants hold NaN or infinity: {names}", "Look for the step at which training diverged")
