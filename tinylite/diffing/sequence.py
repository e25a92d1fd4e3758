"""Two sequences aligned in order, so that the sum of what their pairs score is greatest."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import numpy as np

__all__ = ["align_sequences", "increasing"]

_MOST_CELLS = 1 << 24  # that are looked at; longer sequences are cut into as many parts each, of which the nth are aligned
_NEVER = -1

# The score of each element of the second sequence from one place up to another, int32 [stop - start], with one element of the first;
# below 0 where the two cannot be a pair.
Score = Callable[[int, int, int], np.ndarray]


def align_sequences(first: int, second: int, score: Score) -> list[tuple[int, int]]:
    """The pairs (i, j), in increasing order of both, for sequences of these lengths; those that nothing speaks for stay alone."""
    parts = max(1, -(-first * second // _MOST_CELLS))
    cuts = [(first * part // parts, second * part // parts) for part in range(parts + 1)]
    pairs: list[tuple[int, int]] = []
    for (i, j), (i_end, j_end) in pairwise(cuts):
        pairs += _aligned(i, i_end, j, j_end, score)
    return pairs


def _aligned(start: int, stop: int, low: int, high: int, score: Score) -> Iterator[tuple[int, int]]:
    """As Needleman and Wunsch do it, where leaving an element alone costs nothing."""
    if start == stop or low == high:
        return iter(())
    best = np.zeros(high - low + 1, np.int64)
    paired = np.zeros((stop - start, high - low), np.bool_)
    above = np.zeros((stop - start, high - low), np.bool_)
    for row in range(stop - start):
        scores = score(start + row, low, high)
        diagonal = np.where(scores >= 0, best[:-1] + scores, _NEVER)
        found = np.maximum.accumulate(np.maximum(diagonal, best[1:]))
        paired[row] = diagonal == found
        above[row] = best[1:] == found
        best[1:] = found
    return iter(_traced(paired, above, start, low))


def _traced(paired: np.ndarray, above: np.ndarray, start: int, low: int) -> list[tuple[int, int]]:
    row, column = paired.shape[0] - 1, paired.shape[1] - 1
    pairs = []
    while row >= 0 and column >= 0:
        if paired[row, column]:
            pairs.append((start + row, low + column))
            row, column = row - 1, column - 1
        elif above[row, column]:
            row -= 1
        else:
            column -= 1
    return pairs[::-1]


def increasing(values: Sequence[int]) -> list[int]:
    """The places of a longest increasing subsequence."""
    from bisect import bisect_left

    ends: list[int] = []  # the least last value of a subsequence of each length
    places: list[int] = []  # and where it is
    previous = [-1] * len(values)
    for place, value in enumerate(values):
        length = bisect_left(ends, value)
        previous[place] = places[length - 1] if length else -1
        ends[length : length + 1] = [value]
        places[length : length + 1] = [place]
    found = []
    place = places[-1] if places else -1
    while place >= 0:
        found.append(place)
        place = previous[place]
    return found[::-1]
