"""Which tensor of one graph is which tensor of another, once their ops are aligned; and which inputs of ops are not what they were."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from ..model import Op, Tensor
from ..ops import facts_of
from .align import Alignment
from .fingerprints import Ops, converts

__all__ = ["Ends", "Pair", "Pairing", "Reading"]

_MOST_STEPS = 64  # ops that were added or removed which are looked through


@dataclass
class Pair:
    """Two tensors in the same place: read (constants, variables) or written by these ops, or inputs and outputs of the graphs."""

    a: Tensor
    b: Tensor
    role: str
    op_a: int | None = None
    op_b: int | None = None


@dataclass
class Reading:
    """An input of an op that is another one than before; both inputs, in the other order, where `slot` is None."""

    op_a: int
    op_b: int
    slot: int | None
    a: Tensor | None
    b: Tensor | None


@dataclass
class Ends:
    """Inputs or outputs of the graphs: those of both, and those of one. `reordered` if they are not in the same order."""

    pairs: list[tuple[Tensor, Tensor]]
    removed: list[Tensor]
    added: list[Tensor]
    reordered: bool


@dataclass
class Pairing:
    """The pairs of tensors, each once: inputs, what ops read and write in the order of A, outputs."""

    found: Alignment
    inputs: Ends = field(init=False)
    outputs: Ends = field(init=False)
    pairs: list[Pair] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)

    def __post_init__(self) -> None:
        a, b = self.found.a.graph, self.found.b.graph
        self.inputs, self.outputs = _ends(a.inputs, b.inputs), _ends(a.outputs, b.outputs)
        self._known: set[tuple[int, int]] = set()
        self._to_b: dict[int, set[int]] = {}
        for mine, theirs in self.inputs.pairs:
            self._add(Pair(mine, theirs, "input"))
        self._known |= {(id(mine), id(theirs)) for mine, theirs in self.outputs.pairs}  # they come last
        replaced = set(self.found.replaced)
        fused = ({into: op for op, into in taken_up.items()} for taken_up in (self.found.fused, self.found.split))
        self._fused: tuple[dict[int, int], ...] = tuple(fused)
        for first, second in self.found.pairs:  # what they write, before what anything reads: files may have them in any order
            for one, other in self._written(first, second):
                self._to_b.setdefault(id(one), set()).add(id(other))
        self.replaced_outputs = [
            (mine, theirs)
            for mine, theirs in self.outputs.pairs
            if (mine.name or "") != (theirs.name or "") and self._to_b.get(id(mine)) and not self._same_source(mine, theirs)
        ]
        for first, second in self.found.pairs:
            op_a, op_b = self.found.a.ops[first], self.found.b.ops[second]
            if (first, second) not in replaced:
                self._read(op_a, op_b, first, second)
                for one, other in zip(op_a.intermediates, op_b.intermediates, strict=False):
                    self._add(Pair(one, other, "activation", first, second))
            for one, other in self._written(first, second):
                self._add(Pair(one, other, "activation", first, second))
        self._known -= {(id(mine), id(theirs)) for mine, theirs in self.outputs.pairs}
        for mine, theirs in self.outputs.pairs:
            self._add(Pair(mine, theirs, "output", self.found.a.producer.get(id(mine)), self.found.b.producer.get(id(theirs))))

    def _written(self, first: int, second: int) -> Iterator[tuple[Tensor, Tensor]]:
        """What a pair of ops writes: with the activation that one of them has taken up, and the other has an op for."""
        op_a = self.found.a.ops[self._fused[0].get(first, first)]
        op_b = self.found.b.ops[self._fused[1].get(second, second)]
        return zip(op_a.outputs, op_b.outputs, strict=False)

    def _add(self, pair: Pair) -> None:
        key = (id(pair.a), id(pair.b))
        self._to_b.setdefault(key[0], set()).add(key[1])
        if key not in self._known:
            self._known.add(key)
            self.pairs.append(pair)

    def _read(self, op_a: Op, op_b: Op, first: int, second: int) -> None:
        reads_a, reads_b = list(op_a.inputs), list(op_b.inputs)
        if len(reads_a) == len(reads_b) == 2 and not self._agree(reads_a, reads_b) and self._agree(reads_a, reads_b[::-1]):
            self.readings.append(Reading(first, second, None, reads_a[0], reads_b[0]))
            reads_b.reverse()
        for slot in range(max(len(reads_a), len(reads_b))):
            one = reads_a[slot] if slot < len(reads_a) else None
            other = reads_b[slot] if slot < len(reads_b) else None
            if one is None and other is None:
                continue
            constant = _constant(self.found.a, one, self.found.to_b), _constant(self.found.b, other, self.found.to_a)
            if constant[0] is not None and constant[1] is not None:
                self._add(Pair(constant[0], constant[1], _role(op_a, slot), first, second))
            elif one is not None and other is not None and not self._is_computed(one, other):
                self._add(Pair(one, other, "variable", first, second))
            elif not self._same_source(one, other):
                self.readings.append(Reading(first, second, slot, one, other))

    def _agree(self, reads_a: Iterable[Tensor | None], reads_b: Iterable[Tensor | None]) -> bool:
        """Whether inputs of an op are the same, one by one; of constants, only that they are some."""
        return all(
            one is not None
            and other is not None
            and (one.is_constant == other.is_constant and (one.is_constant or self._same_source(one, other)))
            for one, other in zip(reads_a, reads_b, strict=True)
        )

    def _is_computed(self, *tensors: Tensor) -> bool:
        """Whether an op writes one of the tensors, of A and of B, or somebody gives it. Others are state, or what a file lacks."""
        sides = (self.found.a, self.found.b)
        return any(id(tensor) in side.producer or id(tensor) in side.input for side, tensor in zip(sides, tensors, strict=True))

    def _same_source(self, one: Tensor | None, other: Tensor | None) -> bool:
        """Whether two tensors correspond to each other, or what they are made of by ops that only one graph has."""
        if one is None or other is None:
            return False
        theirs = set(map(id, _origins(self.found.b, other, self.found.to_a)))
        return any(self._to_b.get(id(tensor), set()) & theirs for tensor in _origins(self.found.a, one, self.found.to_b))


def _origins(side: Ops, tensor: Tensor, paired: dict[int, int]) -> Iterator[Tensor]:
    """A tensor, and those that it is made of by ops which have no counterpart."""
    waiting, seen = [tensor], {id(tensor)}
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        current = waiting.pop()
        yield current
        producer = side.producer.get(id(current))
        if producer is not None and producer not in paired:
            for read in side.ops[producer].inputs[:_MOST_STEPS]:
                if read is not None and id(read) not in seen:
                    seen.add(id(read))
                    waiting.append(read)


def _constant(side: Ops, tensor: Tensor | None, paired: dict[int, int]) -> Tensor | None:
    """The constant that an op reads, at once or by a QUANTIZE or DEQUANTIZE that the other graph does not have."""
    for _ in range(_MOST_STEPS):
        if tensor is None or tensor.is_constant or tensor.external_buffer is not None:
            break
        producer = side.producer.get(id(tensor))
        if producer is None or producer in paired or not converts(side.ops[producer]) or not side.ops[producer].inputs:
            return None
        tensor = side.ops[producer].inputs[0]
    return tensor if tensor is not None and (tensor.is_constant or tensor.external_buffer is not None) else None


def _role(op: Op, slot: int) -> str:
    layer = facts_of(op).layer
    if layer is not None and slot in (layer.weights, layer.bias):
        return "weights" if slot == layer.weights else "bias"
    return "constant"


def _ends(a: list[Tensor], b: list[Tensor]) -> Ends:
    """Inputs or outputs by name, where a name tells one; the others in their order."""
    counts = [Counter(tensor.name for tensor in side) for side in (a, b)]
    by_name = {tensor.name: place for place, tensor in enumerate(b) if counts[1][tensor.name] == 1}
    places = {
        place: by_name[tensor.name]
        for place, tensor in enumerate(a)
        if tensor.name and counts[0][tensor.name] == 1 and tensor.name in by_name
    }
    alone = [place for place in range(len(a)) if place not in places]
    taken = set(places.values())
    free = dict.fromkeys(place for place in range(len(b)) if place not in taken)
    if len(a) == len(b):  # at the same place first, so that one that was renamed shifts no other
        for place in [place for place in alone if place in free]:
            places[place] = place
            del free[place]
    for place, other in zip([place for place in alone if place not in places], list(free), strict=False):
        places[place] = other
        del free[other]
    order = [places[place] for place in sorted(places)]
    return Ends(
        [(a[place], b[places[place]]) for place in sorted(places)],
        [tensor for place, tensor in enumerate(a) if place not in places],
        [b[place] for place in free],
        order != sorted(order),
    )
