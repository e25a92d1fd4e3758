"""AudioSpectrogram: the magnitudes of the Fourier transforms of overlapping windows of sound [samples, channels]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..common.custom_options import whole_numbers
from ..common.fourier import twiddles
from ..common.operator import Node, Operator, Shape, register

if TYPE_CHECKING:
    from ..common.plan_context import PlanContext

_LARGEST_WINDOW = 1 << 28
_OPTIONS = ("window_size", "stride", "magnitude_squared")


class _Windows(NamedTuple):
    length: int
    stride: int
    squared: bool

    @property
    def size(self) -> int:
        """The length of the transforms: the next power of two."""
        return 1 << (self.length - 1).bit_length()


@register
class AudioSpectrogram(Operator):
    """FLOAT32; computed in double."""

    code = "AudioSpectrogram"
    example = "f32 16000x1 window_size=480 stride=160 magnitude_squared=1"

    custom_options = _OPTIONS

    def check_types(self, node: Node) -> None:
        for value in (node.input(0), node.outputs[0]):
            if value.type != "FLOAT32":
                node.unsupported(f"there is no kernel for {value}; there is one for FLOAT32")

    def windows(self, node: Node) -> _Windows:
        length, stride, squared = whole_numbers(node, *_OPTIONS)
        windows = _Windows(length, stride, bool(squared))
        node.require(2 <= windows.length <= _LARGEST_WINDOW, f"its window_size is {windows.length}")
        node.require(0 < windows.stride < 1 << 31, f"its stride {windows.stride} is not positive or too large")
        return windows

    def infer(self, node: Node) -> Sequence[Shape]:
        input, windows = node.input(0), self.windows(node)
        node.require(len(input.shape) == 2, f"its input {input} does not have 2 dimensions, samples and channels")
        samples, channels = input.shape
        frames = 0 if samples < windows.length else 1 + (samples - windows.length) // windows.stride
        return [(channels, frames, windows.size // 2 + 1)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.audio import spectrogram

        input, output, windows = node.input(0), node.outputs[0], self.windows(node)
        channels, frames, _ = output.shape
        size = windows.size
        hann = 0.5 - 0.5 * np.cos(2.0 * np.pi * np.arange(windows.length) / windows.length)
        plan.step(
            spectrogram, work=channels * frames, cost=size * (size.bit_length() + 2), scratch=8 * (size + 2), input=input, output=output,
            window=plan.constant(hann, np.float64), table=plan.constant(twiddles(size), np.float64), length=windows.length, size=size,
            stride=windows.stride, frames=frames, channels=channels, squared=int(windows.squared),
        )  # fmt: skip
