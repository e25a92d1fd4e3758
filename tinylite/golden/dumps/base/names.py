"""Which tensors of a golden the entries of a dump are, by what the dump calls them.

The best that a name says counts, in this order: the tensor's name; its number in the model, as 7, tensor_7 or T#7; its position among
outputs or inputs, as output_0, ofm0 or arr_0; the op that writes it, as op_3/output; a name as tools write it, without :0, and without
"StatefulPartitionedCall/" or "serving_default_" before it; one as files and C can have it, with _ for the rest; one of the names that the
converter joins with semicolons where it fuses ops.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from ....errors import FileError
from ...golden import Golden

__all__ = ["Matched", "Names", "is_op"]

_INDEX = re.compile(r"(?:tensor|t)[ _#]*([0-9]{1,9})", re.IGNORECASE)
_POSITION = {
    "output": re.compile(r"(?:ofm|outputs?|out|results?|arr|golden)[ _#]*\[?([0-9]{0,9})\]?", re.IGNORECASE),
    "input": re.compile(r"(?:ifm|inputs?|inp|in)[ _#]*\[?([0-9]{0,9})\]?", re.IGNORECASE),
}
_OP = re.compile(r"op[ _#]*([0-9]{1,9})(?:_\w+)?", re.IGNORECASE)
_CASE_AFTER = re.compile(r"(.+?)[._-]case[_-]?([0-9]{1,9})", re.IGNORECASE)
_JOINED = 6  # the rule from which on a name is one of several that are joined
_BEFORE = re.compile(r"^(?:StatefulPartitionedCall/|PartitionedCall/|serving_default_)+")
_REMEDY = "Name it as the golden does, or by the tensor's number or position: tensor_7, output_0"


@dataclass
class Matched:
    """What names of a dump mean.

    keys     the golden's (`Golden.keys`) that they are
    others   names that are joined in those of tensors which the dump has by better names: of the op's weights, most likely
    unknown  names of nothing that the golden has
    """

    keys: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


class Names:
    """The names of a golden's tensors, in all forms that a dump may have them in. They have so many `words` at most."""

    def __init__(self, golden: Golden) -> None:
        self._numbers: dict[int, list[str]] = defaultdict(list)
        self._ops: dict[int, list[str]] = defaultdict(list)
        self._roles: dict[str, list[str]] = {role: [] for role in _POSITION}
        # A form of names, and the keys by the names in that form; tried in this order.
        self._exact: dict[str, list[str]] = defaultdict(list)
        self._forms = [(form, defaultdict[str, list[str]](list)) for form in (_plain, _folded, _plain, _folded)]
        for key, tensor in zip(golden.keys, golden.tensors, strict=True):
            self._numbers[tensor.index].append(key)
            if tensor.op is not None:
                self._ops[tensor.op].append(key)
            if tensor.role in self._roles:
                self._roles[tensor.role].append(key)
            self._exact[tensor.name].append(key)
            for number, (form, table) in enumerate(self._forms):
                parts = [tensor.name] if number < 2 else tensor.name.split(";")  # a dump has one of the names that the model's joins
                for name in {each for part in parts for each in form(part)}:
                    table[name].append(key)
        self._exact.update({key: [key] for key in golden.keys})
        self.words = max([2, *(len(name.split()) for name in self._exact)])  # "tensor 7" has two

    def match(self, names: Iterable[str]) -> Matched:
        """Match names, all of one case.

        Raises FileError where one may be several tensors that no other name is better, and where two are the same.
        """
        names = list(dict.fromkeys(names))
        positions = self._numbers_are_positions(names)
        ranked = {name: self._ranked(name, positions) for name in names}
        best: dict[str, int] = {}
        for rank, keys in ranked.values():
            if len(keys) == 1:
                best[keys[0]] = min(rank, best.get(keys[0], rank))
        matched = Matched()
        taken: dict[str, str] = {}
        for name, (rank, keys) in ranked.items():
            if len(keys) > 1 and not all(key in best for key in keys):
                listed = ", ".join(map(repr, keys[:5]))
                raise FileError(f"{name!r} may be any of {len(keys)} tensors of the golden: {listed}", _REMEDY)
            if not keys:
                matched.unknown.append(name)
            elif len(keys) > 1 or (rank >= _JOINED and best[keys[0]] < rank):
                matched.others.append(name)
            elif keys[0] in taken:
                raise FileError(f"{taken[keys[0]]!r} and {name!r} are both the golden's {keys[0]!r}", _REMEDY)
            else:
                taken[keys[0]] = name
                matched.keys[name] = keys[0]
        return matched

    def knows(self, name: str) -> bool:
        """Whether a name is that of a tensor, or may be of several."""
        return bool(self._ranked(name, False)[1])

    def _numbers_are_positions(self, names: list[str]) -> bool | None:
        """Whether plain numbers count outputs, and are not the numbers of tensors in the model; None where they may be both."""
        numbers = {int(name) for name in names if _is_number(name)}
        if not numbers or numbers != set(range(len(self._roles["output"]))):
            return False
        return None if all(number in self._numbers for number in numbers) else True

    def _ranked(self, name: str, positions: bool | None) -> tuple[int, list[str]]:
        """How well a name says what it means, 0 is best, and the keys that it may mean."""
        for rank, keys in enumerate(self._meanings(name, positions)):
            if keys:
                return rank, list(dict.fromkeys(keys))
        return 0, []

    def _meanings(self, name: str, positions: bool | None) -> Iterator[list[str]]:
        """The keys that a name may mean, by one rule after the other."""
        yield self._exact.get(name, [])
        yield self._numbered(name, positions)
        yield self._positioned(name)
        yield self._written_by(name)
        for form, table in self._forms:
            yield [key for each in form(name) for key in table.get(each, [])]

    def _numbered(self, name: str, positions: bool | None) -> list[str]:
        if _is_number(name):
            of_index = [] if positions else self._numbers.get(int(name), [])
            return of_index if positions is False else [*of_index, *self._roles["output"][int(name) : int(name) + 1]]
        found = _INDEX.fullmatch(name)
        return self._numbers.get(int(found[1]), []) if found else []

    def _written_by(self, name: str) -> list[str]:
        """What an op writes: "op_3", or "op_3_conv_2d/output"."""
        op, _, end = name.partition("/")
        found = _OP.fullmatch(op)
        if found is None or not (_POSITION["output"].fullmatch(end) or not end):
            return []
        return self._ops.get(int(found[1]), [])

    def in_case(self, name: str) -> tuple[str, int | None]:
        """A name without the case that it ends with, as "logits_case1" does, and that case."""
        found = _CASE_AFTER.fullmatch(name)
        return (found[1], int(found[2])) if found and not self.knows(name) else (name, None)

    def _positioned(self, name: str) -> list[str]:
        for role, pattern in _POSITION.items():
            if found := pattern.fullmatch(name):
                keys = self._roles[role]
                return keys[int(found[1]) : int(found[1]) + 1] if found[1] else keys
        return []


def is_op(name: str) -> bool:
    """Whether a name is that of an op, such as "op_3_conv_2d"."""
    return _OP.fullmatch(name) is not None


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdecimal() and len(name) < 10


@lru_cache(1 << 12)  # logs name the same tensors in every run
def _plain(name: str) -> frozenset[str]:
    """A name without what tools add to it."""
    bare = _BEFORE.sub("", name.strip())
    return frozenset({bare, bare.removesuffix(":0")} - {""})


@lru_cache(1 << 12)
def _folded(name: str) -> frozenset[str]:
    """The same as the name of a file, or of an array in C, may be."""
    return frozenset({re.sub(r"[^a-z0-9]+", "_", part.lower()).strip("_") for part in _plain(name)} - {""})
