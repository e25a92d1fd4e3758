"""How two files differ beside their graphs: signatures, metadata, attached files, version and description."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from ..model import Model, Signature
from ..model.metadata import all_facts
from .pairing import Pairing
from .records import Change
from .references import shortened

__all__ = ["file_changes"]

_LONGEST_TEXT = 60  # bytes of metadata that are shown as text


def file_changes(a: Model, b: Model, graphs: Sequence[tuple[Pairing, int, int]]) -> dict[str, tuple[Change, ...]]:
    """The changes by the fields of a ModelDiff."""
    return {
        "signatures": tuple(_signatures(a, b, graphs)),
        "metadata": (*_metadata(a, b), *_ends(a, b, graphs)),
        "files": tuple(_files(a, b)),
        "records": tuple(
            Change(name, mine, theirs)
            for name in ("version", "description")
            if (mine := getattr(a, name) or None) != (theirs := getattr(b, name) or None)
        ),
    }


def _signatures(a: Model, b: Model, graphs: Sequence[tuple[Pairing, int, int]]) -> Iterator[Change]:
    mine, theirs = ({signature.key: signature for signature in model.signatures} for model in (a, b))
    lost, new = [key for key in mine if key not in theirs], [key for key in theirs if key not in mine]
    pairs = [(mine[key], theirs[key]) for key in mine if key in theirs]
    numbers = [{id(graph): number for number, graph in enumerate(model.graphs)} for model in (a, b)]
    known = {(first, second) for _, first, second in graphs}
    for key in list(lost):  # one that has another name now is of the same graph
        place = numbers[0].get(id(mine[key].graph), -1)
        renamed = [other for other in new if (place, numbers[1].get(id(theirs[other].graph), -2)) in known]
        if len(renamed) == 1:
            yield Change("signature", shortened(key), shortened(renamed[0]))
            pairs.append((mine[key], theirs[renamed[0]]))
            lost.remove(key)
            new.remove(renamed[0])
    for key in lost:
        yield Change("signature", shortened(key), None)
    for key in new:
        yield Change("signature", None, shortened(key))
    tensors = {(id(one), id(other)) for pairing, _, _ in graphs for one, other in (*pairing.inputs.pairs, *pairing.outputs.pairs)}
    tensors |= {(id(pair.a), id(pair.b)) for pairing, _, _ in graphs for pair in pairing.pairs}
    for one, other in pairs:
        graph = numbers[0].get(id(one.graph), -1), numbers[1].get(id(other.graph), -1)
        if graph not in known:
            yield Change(f"graph of signature {shortened(one.key)!r}", *graph)
            continue
        for side in ("inputs", "outputs"):
            yield from _names(one, other, side, tensors)


def _names(a: Signature, b: Signature, side: str, tensors: set[tuple[int, int]]) -> Iterator[Change]:
    """The inputs or outputs that have other names, or whose names are those of other tensors."""
    mine, theirs = dict(getattr(a, side)), dict(getattr(b, side))
    label = f"{side[:-1]} of signature {shortened(a.key)!r}"
    for name in [name for name in mine if name in theirs]:
        one, other = mine.pop(name), theirs.pop(name)
        if (id(one), id(other)) not in tensors:
            yield Change(f"tensor of {side[:-1]} {shortened(name)!r} of signature {shortened(a.key)!r}", one.name, other.name)
    for name, tensor in mine.items():
        renamed = next((other for other, candidate in theirs.items() if (id(tensor), id(candidate)) in tensors), None)
        if renamed is not None:
            del theirs[renamed]
        yield Change(label, shortened(name), None if renamed is None else shortened(renamed))
    for name in theirs:
        yield Change(label, None, shortened(name))


def _metadata(a: Model, b: Model) -> Iterator[Change]:
    entries: list[dict[str, list[np.ndarray]]] = []
    for model in (a, b):
        by_name: dict[str, list[np.ndarray]] = {}
        for entry in model.metadata:
            by_name.setdefault(entry.name or "", []).append(entry.data)
        entries.append(by_name)
    for name in dict.fromkeys([*entries[0], *entries[1]]):
        mine, theirs = entries[0].get(name), entries[1].get(name)
        if mine is None or theirs is None or not _equal(mine, theirs):
            yield Change(shortened(name), _shown(mine), _shown(theirs))
    mine, theirs = a.metadata_buffer or [], b.metadata_buffer or []
    if not _equal(mine, theirs):
        yield Change("metadata_buffer", _shown(mine or None), _shown(theirs or None))


def _equal(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> bool:
    return len(a) == len(b) and all(np.array_equal(one, other) for one, other in zip(a, b, strict=True))


def _shown(entries: Sequence[np.ndarray] | None) -> str | None:
    """Metadata that is a short text as it is, without the zeros that pad it; of others, the size."""
    if entries is None:
        return None
    content = bytes(entries[0].tobytes()).rstrip(b"\0") if len(entries) == 1 and entries[0].size <= _LONGEST_TEXT else b""
    text = content.decode("ascii", "replace")
    if text and text.isprintable() and text.isascii():
        return text
    return f"{sum(int(entry.size) for entry in entries)} bytes"


def _ends(a: Model, b: Model, graphs: Sequence[tuple[Pairing, int, int]]) -> Iterator[Change]:
    """What the metadata say of inputs and outputs."""
    facts: list[Any] = [all_facts(model)[0] for model in (a, b)]
    for _, first, second in graphs:
        for side, name in ((0, "input"), (1, "output")):
            for number, (one, other) in enumerate(zip(facts[0][first][side], facts[1][second][side], strict=False)):
                if one.text() != other.text():
                    yield Change(f"{name} {number}", one.text() or None, other.text() or None)


def _files(a: Model, b: Model) -> Iterator[Change]:
    for name in dict.fromkeys([*a.associated_files, *b.associated_files]):
        mine, theirs = a.associated_files.get(name), b.associated_files.get(name)
        if mine != theirs:
            yield Change(shortened(name), *(None if content is None else f"{len(content)} bytes" for content in (mine, theirs)))
