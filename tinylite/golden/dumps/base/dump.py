"""A dump as a source of values for a golden."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from ....errors import FileError, at, nearest
from ....limits import check_size, memory_shortage
from ...golden import Golden, Record, stored_bytes
from .. import format_of
from .entry import STACK, Entry, Wanted
from .names import Names

__all__ = ["Dump"]

_INPUTS = "Run on the golden's inputs, which are the arrays of its .npz file; or record a golden on these"
_LESS = "Dump fewer cases or tensors in a file"


class Dump:
    """Values that a device, a simulator or another tool has written to a file or folder, in any format of `tinylite.golden.dumps`.

    Raises FileError, when values are asked for, with the place in the dump, what was expected there, and a remedy.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fsdecode(path)
        self._read: tuple[Golden, _Contents] | None = None

    def values(self, golden: Golden, case: int) -> Mapping[str, np.ndarray | int]:
        """What it holds of a case: arrays of the tensors' types and shapes, or CRC32s, by the golden's keys. Read when looked up.

        Names that are none of the golden's tensors are among the keys, and have no value.
        """
        with at(self.name), memory_shortage("reading it", _LESS):
            if self._read is None or self._read[0] is not golden:
                self._read = golden, _Contents(self.name, golden)
            return self._read[1].case(case)


class _Contents:
    """The entries of a dump, by the golden's keys and cases; None for a case that the dump does not say."""

    def __init__(self, path: str, golden: Golden) -> None:
        self.path, self.golden = path, golden
        self.entries: dict[tuple[str, int | None], Entry] = {}
        self.unknown: dict[str, None] = {}
        self._stacks: dict[str, np.ndarray] = {}
        groups: dict[int | None, dict[str, Entry]] = defaultdict(dict)
        names = Names(golden)
        for entry in format_of(path).entries(path, golden):
            if entry.case is None:
                name, case = names.in_case(entry.name)
                entry = replace(entry, name=name, case=case)
            group = groups[entry.case]
            if entry.name in group:
                raise FileError(f"{group[entry.name].place} and {entry.place} are both called {entry.name!r}", "Keep one of them")
            group[entry.name] = entry
        for case, group in groups.items():
            matched = names.match(group)
            keys = {**matched.keys, **self._only_output(group, matched.unknown, set(matched.keys.values()))}
            self.entries.update({(key, case): group[name] for name, key in keys.items()})
            self.unknown.update(dict.fromkeys(name for name in matched.unknown if name not in keys))
        self._check_names()

    def _only_output(self, group: dict[str, Entry], unknown: list[str], known: set[str]) -> dict[str, str]:
        """The one entry whose name may say nothing, as the golden's only output."""
        outputs = {key for key, tensor in zip(self.golden.keys, self.golden.tensors, strict=True) if tensor.role == "output"}
        anonymous = [name for name in unknown if group[name].anonymous]
        return dict(zip(anonymous, outputs, strict=True)) if len(anonymous) == len(outputs) == 1 and not outputs & known else {}

    def _check_names(self) -> None:
        """Raise FileError for a dump that has nothing of the golden, or that may have an output under a name that is not one."""
        keys = {key for key, _ in self.entries}
        outputs = [key for key, tensor in zip(self.golden.keys, self.golden.tensors, strict=True) if tensor.role == "output"]
        missing = [key for key in outputs if key not in keys]
        listed = ", ".join(map(repr, list(self.unknown)[:5])) + (", ..." if len(self.unknown) > 5 else "")
        near = next((remedy for name in self.unknown if (remedy := nearest(name, self.golden.keys))), None)
        remedy = near or f"The golden has the outputs {', '.join(map(repr, outputs[:5]))}; name them so, or output_0"
        if not keys:
            what = f"nothing but {listed}" if self.unknown else "nothing"
            raise FileError(f"it has none of the golden's tensors: {what}", remedy)
        if missing and self.unknown:
            raise FileError(f"it has no {', '.join(map(repr, missing[:5]))}, and the golden no {listed}", remedy)

    def case(self, case: int) -> Mapping[str, np.ndarray | int]:
        """The values of a case. Raises FileError if there is none, and if it was run on other inputs than the golden's."""
        values = _Values(self, case, [key for key in dict.fromkeys(self.golden.keys) if self._entry(key, case) is not None])
        if not values.known:
            cases = sorted({case for _, case in self.entries if case is not None})
            has = f"cases {cases[0]} to {cases[-1]}" if len(cases) > 1 else f"case {cases[0]}"
            raise FileError(
                f"it has nothing of case {case}: it has {has}, and the golden cases 0 to {len(self.golden.cases) - 1}",
                "Dump all cases, numbered from 0, or record a golden of fewer",
            )
        for key, tensor, record in zip(self.golden.keys, self.golden.tensors, self.golden.cases[case], strict=True):
            if tensor.role == "input" and key in values.known and record.value is not None:
                self._check_input(f"input {key!r} in case {case}", values[key], record)
        return values

    def _check_input(self, place: str, found: np.ndarray | int, golden: Record) -> None:
        """Raise FileError for an input that is not the golden's: its outputs then say nothing."""
        assert golden.value is not None
        if isinstance(found, int):
            problem = f"the CRC32 is {found:08x}, not {golden.crc32:08x}" if found != golden.crc32 else ""
        elif found.shape != golden.shape or found.dtype != golden.value.dtype:
            problem = f"it is {found.dtype} {list(found.shape)}, not {golden.value.dtype} {list(golden.shape)}"
        elif not _alike(found, golden.value):
            problem = f"{np.count_nonzero(found != golden.value)} of {found.size} values are others"
        else:
            return
        if problem:
            raise FileError(f"it is of a run on other inputs than the golden's: of {place}, {problem}", _INPUTS)

    def _entry(self, key: str, case: int) -> Entry | None:
        return self.entries.get((key, case)) or self.entries.get((key, None))

    def read(self, key: str, case: int) -> np.ndarray | int:
        """A tensor in a case. Raises KeyError for what the dump does not have, FileError for what it is not."""
        entry = self._entry(key, case)
        if entry is None:
            raise KeyError(key)
        if isinstance(entry.value, int):
            return entry.value
        with at(f"{self.path}, {entry.place}" if entry.place else self.path), memory_shortage("reading it", _LESS):
            if key in self._stacks:
                return self._stacks[key][case]
            number = self.golden.keys.index(key)
            cases = len(self.golden.cases) if entry.case is None else 1
            shape = self.golden.cases[case][number].shape
            if cases > 1 and any(records[number].shape != shape for records in self.golden.cases):
                raise FileError("the shape of this tensor is another in each case, and nothing says where one begins", STACK)
            wanted = Wanted(self.golden.tensors[number], shape, cases)
            check_size(wanted.count * 8, f"tensor {key!r}", _LESS)
            found = entry.value(wanted)
            if cases > 1:
                self._stacks[key] = found
            return found[case if cases > 1 else 0]


class _Values(Mapping[str, "np.ndarray | int"]):
    """The values of a case, read when they are looked up; names that the golden does not have are keys without a value."""

    def __init__(self, contents: _Contents, case: int, known: list[str]) -> None:
        self.contents, self.number, self.known = contents, case, known

    def __getitem__(self, key: str) -> np.ndarray | int:
        return self.contents.read(key, self.number)

    def __iter__(self) -> Iterator[str]:
        yield from self.known
        yield from self.contents.unknown

    def __len__(self) -> int:
        return len(self.known) + len(self.contents.unknown)


def _alike(found: np.ndarray, golden: np.ndarray) -> bool:
    """Whether inputs are the same; floats may have been printed with fewer digits."""
    if golden.dtype.kind in "fc":
        finite = np.abs(golden[np.isfinite(golden)])
        return np.allclose(found, golden, rtol=1e-3, atol=1e-6 * float(finite.max(initial=0)), equal_nan=True)
    return golden.dtype == object or stored_bytes(found) == stored_bytes(golden)
