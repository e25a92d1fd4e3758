"""Which op of one graph is which op of another.

Ops are paired by what tells them best, and what is paired helps to pair the rest:

1. by the names of their outputs, unless names mean something else in the two files (numbers that one more op has shifted, say);
2. by constants that no other op of either graph has, bit by bit;
3. by all that they are computed from and all that is computed from them, if no other op has the same;
4. by a part of a converter's joined names ("conv/Relu;conv/BiasAdd") that no other op has;
5. what lies between those, in order, so that as much as possible is alike: operator, options, shapes, constants, neighbours;
6. the rest by its neighbours, in whatever order.

What is still alone was added or removed, or one was put in the place of the other. No step looks at all pairs of a large graph.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from ..model import Graph, Op, own_options
from .fingerprints import Ops
from .sequence import align_sequences, increasing

__all__ = ["Alignment", "align"]

_BUSY = 64  # neighbours from which on an op says nothing about which of them is which
_EXCLUDED = -1
# Operators that become a fused activation of the one before.
_ACTIVATIONS = {code: code for code in ("RELU", "RELU6", "RELU_N1_TO_1", "TANH")}


@dataclass
class Alignment:
    """Pairs of positions, those of graph A in order: ops that are the same operator, and ops that were put in another one's place.

    `moved` are the pairs that run in another order. `removed` are the ops of A alone, `added` those of B alone. Of them, `fused` are the
    activations that the op before them has taken up in B, each with that op of A, and `split` those of B that were a part of another op in
    A, each with that op of B.
    """

    a: Ops
    b: Ops
    to_b: dict[int, int] = field(default_factory=dict)
    to_a: dict[int, int] = field(default_factory=dict)
    replaced: list[tuple[int, int]] = field(default_factory=list)
    moved: list[tuple[int, int]] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    added: list[int] = field(default_factory=list)
    fused: dict[int, int] = field(default_factory=dict)
    split: dict[int, int] = field(default_factory=dict)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        return sorted(self.to_b.items())

    def join(self, first: int, second: int) -> None:
        self.to_b[first], self.to_a[second] = second, first


def align(a: Graph, b: Graph) -> Alignment:
    """Pair the ops of two graphs."""
    found = Alignment(Ops(a), Ops(b))
    trusted = _names_agree(found)
    if trusted:
        _join_unique(found, _by_name)
    _join_unique(found, _by_content)
    _join_unique(found, _by_surroundings)
    if trusted:
        _join_parts(found)
    _join_in_order(found)
    _join_by_neighbours(found)
    alone_a = [position for position in range(found.a.count) if position not in found.to_b]
    alone_b = [position for position in range(found.b.count) if position not in found.to_a]
    found.replaced = _replaced(found, alone_a, alone_b, trusted)
    for first, second in found.replaced:
        found.join(first, second)
    found.removed = [position for position in alone_a if position not in found.to_b]
    found.added = [position for position in alone_b if position not in found.to_a]
    pairs = found.pairs
    kept = set(increasing([second for _, second in pairs]))
    found.moved = [pair for place, pair in enumerate(pairs) if place not in kept]
    found.fused = dict(_taken_up(found.a, found.b, found.to_b, found.removed))
    found.split = dict(_taken_up(found.b, found.a, found.to_a, found.added))
    return found


# ---- by what no other op has

Key = Callable[[Ops, int], Hashable]


def _by_name(side: Ops, position: int) -> Hashable:
    return (side.names[position], side.codes[position]) if side.names[position] else None


def _by_content(side: Ops, position: int) -> Hashable:
    return side.content[position]


def _by_surroundings(side: Ops, position: int) -> Hashable:
    return side.codes[position], side.forward[position], side.backward[position]


def _unique(side: Ops, key: Key, taken: dict[int, int]) -> dict[Hashable, int]:
    """The ops that are not paired yet by a key that is the key of no other op."""
    keys = [key(side, position) for position in range(side.count)]
    counts = Counter(keys)
    return {
        each: position for position, each in enumerate(keys) if each is not None and counts[each] == 1 and position not in taken
    }  # fmt: skip


def _join_unique(found: Alignment, key: Key) -> None:
    theirs = _unique(found.b, key, found.to_a)
    for each, position in _unique(found.a, key, found.to_b).items():
        if each in theirs:
            found.join(position, theirs[each])


def _names_agree(found: Alignment) -> bool:
    """Whether the names of most ops say the same as their constants and surroundings, as far as one can see."""
    named = _unique(found.b, lambda side, position: side.names[position] or None, {})
    agree = disagree = 0
    for key in (_by_content, _by_surroundings):
        theirs = _unique(found.b, key, {})
        for each, position in _unique(found.a, key, {}).items():
            name = found.a.names[position]
            if each in theirs and name in named:
                agree += named[name] == theirs[each]
                disagree += named[name] != theirs[each]
    return agree >= disagree


def _join_parts(found: Alignment) -> None:
    def parts(side: Ops, taken: dict[int, int]) -> dict[Hashable, int]:
        owners: dict[Hashable, list[int]] = {}
        for position, names in enumerate(side.names):
            for part in {part for name in names for part in name.split(";")}:
                owners.setdefault((part, side.codes[position]), []).append(position)
        return {part: here[0] for part, here in owners.items() if len(here) == 1 and here[0] not in taken}

    theirs = parts(found.b, found.to_a)
    for part, position in parts(found.a, found.to_b).items():
        if part in theirs and position not in found.to_b and theirs[part] not in found.to_a:
            found.join(position, theirs[part])


# ---- in order


def _join_in_order(found: Alignment) -> None:
    """Pair what lies between pairs that are in the same order."""
    pairs = found.pairs
    kept = [pairs[place] for place in increasing([second for _, second in pairs])]
    for (first, second), (first_end, second_end) in pairwise([(-1, -1), *kept, (found.a.count, found.b.count)]):
        rows = [position for position in range(first + 1, first_end) if position not in found.to_b]
        columns = [position for position in range(second + 1, second_end) if position not in found.to_a]
        if rows and columns:
            for i, j in align_sequences(len(rows), len(columns), _scores(found, rows, columns)):
                found.join(rows[i], columns[j])


def _scores(found: Alignment, rows: Sequence[int], columns: Sequence[int]) -> Callable[[int, int, int], np.ndarray]:
    """How much speaks for a pair: 4 for the operator, which must be the same, and more for all that is alike."""
    a, b = found.a, found.b
    features = (("content", 6), ("forward", 2), ("backward", 2), ("options", 1), ("shapes", 1), ("weights", 1), ("types", 1))
    codes = np.array([b.codes[column] for column in columns], np.int64)
    tables = [(np.array([getattr(b, name)[column] or 0 for column in columns], np.int64), name, points) for name, points in features]
    place = {column: number for number, column in enumerate(columns)}
    # An op that has no such constants is not like others that have none.
    tables[0][0][tables[0][0] == 0] = 1

    def score(row: int, low: int, high: int) -> np.ndarray:
        position = rows[row]
        total = np.full(high - low, 4, np.int32)
        for values, name, points in tables:
            total += points * (values[low:high] == (getattr(a, name)[position] or 0))
        for candidate in _neighbours(found, position):
            if low <= (column := place.get(candidate, _EXCLUDED)) < high:
                total[column - low] += 2
        total[codes[low:high] != a.codes[position]] = _EXCLUDED
        return total

    return score


# ---- by neighbours


def _neighbours(found: Alignment, position: int) -> list[int]:
    """Ops of B that are where an op of A is, seen from an op that is paired; those that are so in several ways several times."""
    a, b, seen = found.a, found.b, []
    for near, back in ((a.before, b.after), (a.after, b.before)):
        for neighbour in near[position][:_BUSY]:
            other = found.to_b.get(neighbour)
            if other is not None and len(back[other]) <= _BUSY:
                seen += back[other]
    return [candidate for candidate in seen if candidate >= 0]


def _join_by_neighbours(found: Alignment) -> None:
    """Pair what most of its neighbours lead to. Each pair is a reason to look at its neighbours again, and at no others."""
    waiting = deque(position for position in range(found.a.count) if position not in found.to_b)
    while waiting:
        position = waiting.popleft()
        if position in found.to_b:
            continue
        votes = Counter(
            candidate
            for candidate in _neighbours(found, position)
            if candidate not in found.to_a and found.b.codes[candidate] == found.a.codes[position]
        )
        best = votes.most_common(2)
        near = [*found.a.before[position], *found.a.after[position]]
        if best and 2 * best[0][1] >= len(near) and (len(best) == 1 or best[0][1] > best[1][1]):
            found.join(position, best[0][0])
            if len(near) <= _BUSY:
                waiting += [neighbour for neighbour in near if neighbour >= 0 and neighbour not in found.to_b]


def _replaced(found: Alignment, alone_a: Sequence[int], alone_b: Sequence[int], trusted: bool) -> list[tuple[int, int]]:
    """Pairs of ops that are different operators in the same place: between the same ops, or with outputs of the same names."""

    def place(side: Ops, position: int, to_b: Callable[[int], int | None]) -> Hashable:
        near = [tuple(map(to_b, neighbours)) for neighbours in (side.before[position], side.after[position])]
        return tuple(near) if any(near) and all(each is not None for neighbours in near for each in neighbours) else None

    def of_a(position: int) -> int | None:
        return position if position < 0 else found.to_b.get(position)

    def of_b(position: int) -> int | None:
        return position if position < 0 or position in found.to_a else None

    pairs: list[tuple[int, int]] = []
    keys: list[tuple[Callable[[int], Hashable], Callable[[int], Hashable]]] = [
        (lambda position: place(found.a, position, of_a), lambda position: place(found.b, position, of_b))
    ]
    if trusted:
        keys.insert(0, (lambda position: found.a.names[position] or None, lambda position: found.b.names[position] or None))
    for key_a, key_b in keys:
        taken_a, taken_b = {first for first, _ in pairs}, {second for _, second in pairs}
        places: list[dict[Hashable, list[int]]] = []
        for alone, key, taken in ((alone_a, key_a, taken_a), (alone_b, key_b, taken_b)):
            by_key: dict[Hashable, list[int]] = {}
            for position in alone:
                if position not in taken:
                    by_key.setdefault(key(position), []).append(position)
            places.append(by_key)
        for each, here in places[0].items():
            there = places[1].get(each, [])
            if each is not None and len(here) == len(there) == 1:
                pairs.append((here[0], there[0]))
    return pairs


def _taken_up(side: Ops, other: Ops, paired: dict[int, int], alone: Sequence[int]) -> Iterator[tuple[int, int]]:
    """The activations among ops that one graph has alone which the op before them has taken up in the other graph."""
    for position in alone:
        activation = _ACTIVATIONS.get(side.ops[position].code)
        source = side.before[position][0] if len(side.before[position]) == 1 else -1
        if activation is None or source not in paired or len(side.after[source]) > 1:
            continue
        if (_activation(side.ops[source]), _activation(other.ops[paired[source]])) == ("NONE", activation):
            yield position, source


def _activation(op: Op) -> str | None:
    options = own_options(op)
    return None if options is None else dict(options.items()).get("fused_activation_function")
