"""Which op is to blame for a difference: one that differs for the right inputs is guilty, and one that agrees is a victim.

What can be run alone (tinylite, another runtime) is fed what the golden holds. What cannot, a dump, is asked the other way round: tinylite
computes the op from the dump's own values, and where that is what the dump holds, the op did what it should.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..arithmetic import ARITHMETICS, Arithmetic
from ..errors import TinyliteError
from ..model import Graph
from .compare import compare_arrays, compare_record
from .findings import CaseDifference, Verdict
from .golden import Golden, stored_bytes
from .model_file import ModelFile
from .recording import record
from .segments import Segment, matched, names_of, op_segment, segment
from .sources import OpSource, Source, TinyliteSource
from .tolerance import Tolerance

__all__ = ["Judge", "with_layers"]


def with_layers(golden: Golden, file: ModelFile) -> Golden | str:
    """The golden with all layers and values, computed again where it lacks them; or why that cannot be, as a sentence."""
    if golden.layers and not golden.hashes_only:
        return golden
    lacks = "the golden holds hashes only" if golden.layers else "the golden has no layers"
    if file.sha256 != golden.model_sha256:
        return f"{lacks}, and the values of layers cannot be computed from another model than its own"
    arithmetic = ARITHMETICS.get(golden.arithmetic)
    if arithmetic is None or arithmetic.version != golden.arithmetic_version:
        return f"{lacks}, and this tinylite lacks its arithmetic, {golden.arithmetic} {golden.arithmetic_version}"
    inputs = [golden.inputs(case) for case in range(len(golden.cases))]
    try:
        made = record(file, inputs, layers=True, arithmetic=arithmetic, graph=golden.graph)
    except TinyliteError as error:
        return f"{lacks}, and the values of layers cannot be computed again: {error}"
    places = {(tensor.name, tensor.index, tensor.role): place for place, tensor in enumerate(made.tensors)}
    for mine, theirs in zip(golden.cases, made.cases, strict=True):
        for tensor, kept in zip(golden.tensors, mine, strict=True):
            place = places.get((tensor.name, tensor.index, tensor.role))
            if place is None or theirs[place].sha256 != kept.sha256:
                return (
                    f"the golden is stale: this tinylite, {made.tinylite}, does not compute its {tensor.name!r} any more, with the same "
                    "model, inputs and arithmetic"
                )
    return made


_Said = tuple[str, str, tuple[int, ...]]  # kind, reason and ops of a Verdict


@dataclass
class Judge:
    """Says of ops whether they are to blame. `allowed` are the tolerances of the golden's tensors; `golden` has layers, if it can."""

    golden: Golden
    file: ModelFile
    using: Source
    allowed: Sequence[Tolerance]

    def __post_init__(self) -> None:
        self.places = matched(self.golden, self.graph)  # indices in the model, by places in the golden
        self._by_index = {index: place for place, index in self.places.items()}
        self._alone: dict[int, Segment | None] = {}

    @property
    def graph(self) -> Graph:
        return self.file.model.graphs[self.golden.graph]

    @property
    def arithmetic(self) -> Arithmetic | None:
        """The golden's, if this tinylite has it."""
        found = ARITHMETICS.get(self.golden.arithmetic)
        return found if found is not None and found.version == self.golden.arithmetic_version else None

    # ---- one difference

    def verdict(self, found: CaseDifference, values: Mapping[str, np.ndarray | int]) -> Verdict | None:
        """Whether the op that computes what differs is to blame; None for an input. `values` are what the source has in that case."""
        place = self.golden.keys.index(found.key)
        op = self.op_of(place)
        if op is None:
            return None
        try:
            kind, reason, ops = (
                self._fed_the_golden_s(place, op, found.case, values)
                if isinstance(self.using, OpSource)
                else self._fed_its_own(place, op, found, values)
            )
        except TinyliteError as error:
            kind, reason, ops = "unknown", f"the op cannot be run alone: {error}", ()
        return Verdict(op, self.graph.ops[op].name, found.key, kind, reason, self._output_of(op, place), ops)

    def op_of(self, place: int) -> int | None:
        """The op in the model that computes a tensor of the golden."""
        index = self.places.get(place)
        if index is None:
            return None
        target = self.graph.tensors[index]
        return next((number for number, op in enumerate(self.graph.ops) if any(output is target for output in op.outputs)), None)

    def _output_of(self, op: int, place: int) -> int:
        """Which output of an op, which computes it, a tensor of the golden is."""
        target = self.graph.tensors[self.places[place]]
        return next(number for number, output in enumerate(self.graph.ops[op].outputs) if output is target)

    def known(self, case: int, values: Mapping[str, np.ndarray | int]) -> dict[int, np.ndarray]:
        """What the golden holds, by indices in the model: its values, and those of the source that have the golden's hashes."""
        found = {}
        for place, index in self.places.items():
            kept, value = self.golden.cases[case][place], values.get(self.golden.keys[place])
            if kept.value is not None:
                found[index] = kept.value
            elif isinstance(value, np.ndarray) and compare_record(value, kept, self.golden.tensors[place]) is None:
                found[index] = value
        return found

    def part(self, op: int) -> Segment | None:
        """An op alone; see `op_segment`."""
        if op not in self._alone:
            self._alone[op] = op_segment(self.file.model, self.golden.graph, op)
        return self._alone[op]

    def _fed_the_golden_s(self, place: int, op: int, case: int, values: Mapping[str, np.ndarray | int]) -> _Said:
        known = self.known(case, values)
        differences = self.alone(op, case, known)
        if isinstance(differences, str):
            return self._with_those_before(place, case, known) or ("unknown", differences, ())
        key = self.golden.keys[place]
        if any(not each.difference.passes for each in differences):
            return "guilty", "fed the golden's inputs it still differs", ()
        if self._got_the_golden_s(op, case, values):
            return "guilty", "in the whole model it has the golden's inputs and differs, though alone it agrees", ()
        return "victim", f"fed the golden's inputs it agrees in {key!r}: what differs came from an earlier op", ()

    def _got_the_golden_s(self, op: int, case: int, values: Mapping[str, np.ndarray | int]) -> bool:
        """Whether an op had inputs in the whole model that do not differ at all from the golden's, so that no op before it is to blame."""
        part = self.part(op)
        for index in part.inputs if part is not None else ():
            place = self._by_index.get(index)
            if place is None:
                return False
            value, tensor = values.get(self.golden.keys[place]), self.golden.tensors[place]
            if value is None and tensor.role == "input":  # it was fed with the golden's
                continue
            if value is None or compare_record(value, self.golden.cases[case][place], tensor) is not None:
                return False
        return part is not None

    def _with_those_before(self, place: int, case: int, known: Mapping[int, np.ndarray]) -> _Said | None:
        """The same of an op of a changed model whose inputs the golden does not hold, together with the ops that compute those."""
        if not (self.golden.layers and isinstance(self.using, TinyliteSource)):
            return None
        part = segment(self.file.model, self.golden.graph, known.keys(), self.places[place])
        if part is None or len(part.ops) < 2:
            return None
        (value,) = self.using.op(part.model, 0, [known[index] for index in part.inputs])
        found = compare_record(value, self.golden.cases[case][place], self.golden.tensors[place], self.allowed[place])
        what = names_of(self.graph, part.ops)
        if found is not None and not found.passes:
            return "guilty", f"it is one of {what}: fed the golden's inputs they still differ, and it holds nothing in between", part.ops
        return "victim", f"fed the golden's inputs {what} agree: what differs came from an earlier op", ()

    def alone(self, op: int, case: int, known: Mapping[int, np.ndarray]) -> list[CaseDifference] | str:
        """How the outputs of an op that the source runs on the golden's values, `known`, differ; or why it cannot be said."""
        part = self.part(op)
        if part is None:
            return "it reads or writes a variable by a handle, so it cannot be run alone"
        missing = [self.graph.tensors[index].name for index in part.inputs if index not in known]
        if missing:
            return f"the golden does not hold its input {missing[0]!r}{'' if self.golden.layers else ': record it with layers'}"
        assert isinstance(self.using, OpSource)
        outputs = self.using.op(part.model, 0, [known[index] for index in part.inputs])
        if outputs is None:
            return "the source cannot run it alone"
        found = []
        for index, value in zip(part.outputs, outputs, strict=True):
            place = self._by_index.get(index)
            if place is not None:
                kept = self.golden.cases[case][place]
                difference = compare_record(value, kept, self.golden.tensors[place], self.allowed[place])
                if difference is not None:
                    found.append(CaseDifference(case, self.golden.keys[place], kept, difference, value))
        return found

    def _fed_its_own(self, place: int, op: int, found: CaseDifference, values: Mapping[str, np.ndarray | int]) -> _Said:
        if self.arithmetic is None:
            return "unknown", f"this tinylite lacks the golden's arithmetic {self.golden.arithmetic} {self.golden.arithmetic_version}", ()
        known = self.own(found.case, values)
        part = segment(self.file.model, self.golden.graph, known, self.places[place])
        if part is None:
            return "unknown", "what it computes from is neither in the dump nor known otherwise", ()
        (computed,) = self._computed(part, known)
        what = names_of(self.graph, part.ops)
        if self._agrees(values[found.key], computed, place):
            return "victim", f"from the dump's own inputs tinylite computes the same with {what}: what differs came from before", ()
        if len(part.ops) > 1:
            why = "from the dump's own inputs they compute something else, and it has nothing in between"
            return "guilty", f"it is one of {what}: {why}", part.ops
        return "guilty", "from the dump's own inputs tinylite computes something else", ()

    def own(self, case: int, values: Mapping[str, np.ndarray | int]) -> dict[int, np.ndarray]:
        """What a dump holds, by indices in the model: its arrays, and the golden's where a CRC32 says so, or of inputs that it lacks."""
        found = {}
        for place, index in self.places.items():
            tensor, key, kept = self.golden.tensors[place], self.golden.keys[place], self.golden.cases[case][place]
            value = values.get(key)
            if isinstance(value, np.ndarray):
                if value.dtype.name == tensor.dtype and value.shape == kept.shape:
                    found[index] = value
            elif kept.value is not None and (value == kept.crc32 if value is not None else tensor.role == "input"):
                found[index] = kept.value
        return found

    def _computed(self, part: Segment, known: Mapping[int, np.ndarray]) -> list[np.ndarray]:
        assert self.arithmetic is not None
        return TinyliteSource(self.file, self.arithmetic).op(part.model, 0, [known[index] for index in part.inputs])

    def _agrees(self, value: np.ndarray | int, computed: np.ndarray, place: int) -> bool:
        if not isinstance(value, np.ndarray):
            return int(value) == zlib.crc32(stored_bytes(computed))
        return compare_arrays(value, computed, self.golden.tensors[place], self.allowed[place]).passes

    # ---- all ops

    def each(self) -> tuple[list[CaseDifference], list[Verdict], set[str], list[str]]:
        """Every op alone on the golden's values, in all cases: what differs, the ops that are to blame, the keys of all that was compared,
        and which ops could not be asked."""
        found: list[CaseDifference] = []
        guilty: list[Verdict] = []
        asked: set[str] = set()
        unasked: dict[int, str] = {}
        for op in range(len(self.graph.ops)):
            failed: list[CaseDifference] = []
            for case in range(len(self.golden.cases)):
                try:
                    differences = self.alone(op, case, self.known(case, {}))
                except TinyliteError as error:
                    differences = str(error)
                if isinstance(differences, str):
                    unasked[op] = differences
                    break
                found += differences
                failed += [each for each in differences if not each.difference.passes]
            part = self.part(op)
            if part is not None and op not in unasked:
                asked |= {self.golden.keys[self._by_index[index]] for index in part.outputs if index in self._by_index}
            if failed:
                reason = f"fed the golden's inputs it differs, in {len({each.case for each in failed})} of {len(self.golden.cases)} cases"
                output = self._output_of(op, self.golden.keys.index(failed[0].key))
                guilty.append(Verdict(op, self.graph.ops[op].name, failed[0].key, "guilty", reason, output))
        notes = [
            f"{names_of(self.graph, [op])} was not checked alone, but as part of the whole model: {why}"
            for op, why in list(unasked.items())[:5]
        ]
        if len(unasked) > 5:
            notes.append(f"{len(unasked) - 5} more ops were checked as parts of the whole model")
        return [each for each in found if each.key in asked], guilty, asked, notes
