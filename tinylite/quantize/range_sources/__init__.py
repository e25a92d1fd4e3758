"""Where ranges come from, one file a source; each is a RangeSource (see quantize.ranges)."""

from __future__ import annotations

from ..config import FullIntegerQuantization
from ..ranges import RangeSource
from .default_range import DefaultRange
from .fake_quants import FakeQuants
from .input_stats import InputStats
from .weight_fake_quants import WeightFakeQuants

__all__ = ["further_sources", "graph_sources"]


def graph_sources(quantization: FullIntegerQuantization) -> list[RangeSource]:
    """What a graph and the user say of it, the strongest first. These read the graph as it is translated, and drop its FakeQuants."""
    said: list[RangeSource] = [InputStats(quantization.input_stats), FakeQuants()]
    return [WeightFakeQuants(), *(said if quantization.decisions.stats_before_fake_quants else reversed(said))]


def further_sources(quantization: FullIntegerQuantization) -> list[RangeSource]:
    """What is asked for the tensors that these and what follows from them leave without a range, in order."""
    default = [] if quantization.default_range is None else [DefaultRange(quantization.default_range)]
    return [*quantization.range_sources, *default]
