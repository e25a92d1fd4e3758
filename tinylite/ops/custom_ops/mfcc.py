"""Mfcc: mel-frequency cepstral coefficients of spectra [channels, frames, bins], at the sample rate of the second input.

The magnitudes of bins are summed in overlapping triangles that are equally wide in mel; of the logarithms of the sums, the
first coefficients of the cosine transform are kept. The options are read as whole numbers, as LiteRT does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ..common.custom_options import whole_numbers
from ..common.operator import Node, Operator, Shape, register

if TYPE_CHECKING:
    from ..common.plan_context import PlanContext

_MOST = 1 << 20  # bands
_FASTEST = 1 << 31
_OPTIONS = ("lower_frequency_limit", "upper_frequency_limit", "filterbank_channel_count", "dct_coefficient_count")


class _Filters(NamedTuple):
    """Bins `start` up to `end`; bin i adds weights[i] of its magnitude to band bands[i], the rest to the next."""

    start: int
    end: int
    bands: np.ndarray
    weights: np.ndarray


def _mel(frequency: np.ndarray | float) -> np.ndarray:
    return 1127.0 * np.log1p(np.asarray(frequency, np.float64) / 700.0)


def _filters(bins: int, rate: int, low: float, high: float, channels: int) -> _Filters:
    """The triangles between `channels` + 2 frequencies from low to high, as HTK has them: without the bin of frequency 0."""
    first, last = float(_mel(low)), float(_mel(high))
    centers = first + (last - first) / (channels + 1) * np.arange(1, channels + 2)
    step = 0.5 * rate / (bins - 1)
    start, end = int(1.5 + low / step), int(high / step) + 1
    mels = _mel(np.arange(bins) * step)
    bands = np.minimum(np.searchsorted(centers, mels, side="left"), channels) - 1
    edges = np.concatenate([[first], centers])
    # A bin's share falls from 1 at its band's center, edges[band + 1], to 0 at the next.
    weights = (edges[bands + 2] - mels) / np.diff(edges)[bands + 1]
    return _Filters(start, end, bands, weights)


@register
class Mfcc(Operator):
    """FLOAT32; computed in double."""

    code = "Mfcc"
    example = (
        "f32 1x98x257~0..100 [16000] lower_frequency_limit=20 upper_frequency_limit=4000 filterbank_channel_count=40 "
        "dct_coefficient_count=13"
    )
    input_count = (2, 2)
    custom_options = _OPTIONS

    def check_types(self, node: Node) -> None:
        spectra, rate, output = node.input(0), node.input(1), node.outputs[0]
        for value in (spectra, output):
            if value.type != "FLOAT32":
                node.unsupported(f"there is no kernel for {value}; there is one for FLOAT32")
        node.require(rate.type == "INT32", f"its sample rate {rate} is not INT32")

    def infer(self, node: Node) -> Sequence[Shape]:
        spectra = node.input(0)
        low, high, channels, coefficients = whole_numbers(node, *_OPTIONS)
        node.require(len(spectra.shape) == 3, f"its input {spectra} does not have 3 dimensions: channels, frames, bins")
        node.require(0 < coefficients <= channels <= _MOST, f"it makes {coefficients} coefficients of {channels} bands")
        node.require(0 <= low < high < _FASTEST, f"its bands go from {low} to {high} Hz")
        node.require(spectra.shape[2] > 1, f"its spectra {spectra} have less than 2 bins")
        rates = node.numbers(1)
        node.require(len(rates) == 1 and rates[0] > 0, f"its sample rate is {rates}")
        return [(*spectra.shape[:2], coefficients)]

    def prepare(self, node: Node, plan: PlanContext) -> None:
        from ...kernels.audio import mfcc

        spectra, output = node.input(0), node.outputs[0]
        low, high, channels, coefficients = whole_numbers(node, *_OPTIONS)
        bins = spectra.shape[2]
        filters = _filters(bins, node.numbers(1)[0], low, high, channels)
        # LiteRT returns zeros where the bands go on after the last bin.
        used = channels if filters.end <= bins else 0
        cosines = math.sqrt(2.0 / channels) * np.cos(np.arange(coefficients)[:, None] * (np.pi / channels) * (np.arange(used) + 0.5))
        plan.step(
            mfcc, work=spectra.shape[0] * spectra.shape[1], cost=bins * 8 + used * (60 + coefficients), scratch=8 * (used + 1),
            input=spectra, output=output, bins=bins, start=filters.start, end=filters.end if used else 0,
            bands=plan.constant(filters.bands, np.int64), weights=plan.constant(filters.weights, np.float64), channels=used,
            cosines=plan.constant(cosines, np.float64), coefficients=coefficients,
        )  # fmt: skip
