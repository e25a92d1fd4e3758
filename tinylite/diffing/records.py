"""The differences of two models as data. A is the first model, B the second."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from .values import ValueDifference

__all__ = [
    "Change", "ConstantChange", "Differences", "GraphDiff", "ModelFacts", "OpChange", "OpRef", "QuantizationChange", "Results",
    "TensorChange", "TensorRef", "TensorResult",
]  # fmt: skip


@dataclass(frozen=True)
class OpRef:
    """An op: the number of its graph, its number there, its operator and the name of its first output."""

    graph: int
    index: int
    name: str
    output: str


@dataclass(frozen=True)
class TensorRef:
    """A tensor: the number of its graph, its index there, its name, type and shape (-1 where a dimension may vary)."""

    graph: int
    index: int
    name: str
    type: str
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """One thing that is `a` in A and `b` in B; None where a model does not have it."""

    name: str
    a: Any
    b: Any


@dataclass(frozen=True)
class OpChange:
    """What differs of an op that both graphs have.

    options  fields of its options
    reads    inputs that are other tensors than before; where ops that were added or removed lie between, they are looked through
    other    version, custom options and other records
    """

    a: OpRef
    b: OpRef
    options: tuple[Change, ...] = ()
    reads: tuple[Change, ...] = ()
    other: tuple[Change, ...] = ()


@dataclass(frozen=True)
class TensorChange:
    """What differs of a tensor, except its quantization and its values.

    role     "input" or "output" of the graph, "activation", "variable", "weights", "bias" or "constant"
    op       the op of A that reads the constant or writes the tensor; None for the graph's inputs
    changes  of name, type, shape, and other records
    """

    a: TensorRef
    b: TensorRef
    role: str
    op: OpRef | None
    changes: tuple[Change, ...]

    def change(self, name: str) -> Change | None:
        return next((each for each in self.changes if each.name == name), None)


@dataclass(frozen=True)
class QuantizationChange:
    """How the quantization of a tensor changed that has the same type, or another integer type, in both models.

    kind        "moved": other scales or zero points; "lost" or "gained": there are none in B, or in A; "granularity": another number of
                scales, or scales along another dimension; "records": only what no kernel reads, such as min and max
    scale       the largest change of a scale in proportion to it: 0.004 is 0.4 %; infinite where a scale was 0
    zero_point  the largest change of a zero point, in steps
    scales      how many there are, in A and in B
    worst       the scale that changed most, or the zero point if no scale has, and what it was and is; None if none has changed
    channel     the place of it along the quantized dimension; None if there is one for the whole tensor
    changes     of the dimension, min, max, details
    """

    a: TensorRef
    b: TensorRef
    role: str
    op: OpRef | None
    kind: str
    scale: float = 0.0
    zero_point: int = 0
    scales: tuple[int, int] = (1, 1)
    worst: Change | None = None
    channel: int | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class ConstantChange:
    """How the values of a constant changed that an op of both graphs reads.

    role        "weights", "bias", or "constant"
    difference  None where the values cannot be compared, such as text
    transposed  the order of dimensions in which A's values are B's, bit by bit, if there is one
    """

    a: TensorRef
    b: TensorRef
    op_a: OpRef
    op_b: OpRef
    role: str
    difference: ValueDifference | None
    transposed: tuple[int, ...] | None = None


@dataclass(frozen=True)
class GraphDiff:
    """Two graphs that correspond to each other.

    a, b            their numbers
    paired          how many ops were recognized in both
    ops_replaced    ops of A, each with the op of B, another operator, that is in its place
    ops_fused       ops of A that are a part of another op in B, each with the op of A that it follows
    ops_split       ops of B that were a part of another op in A, each with the op of B that it follows
    ops_removed     the other ops of A alone, and ops_added those of B alone
    ops_moved       ops that run in another order
    inputs_removed, inputs_added, outputs_removed, outputs_added    of the graph
    outputs_replaced    outputs that are other tensors than before: what A's output was computes something else in B, or is no output there
    order           "inputs" or "outputs" that are in another order, as names; "tensors" that are only numbered in another order
    records         of the graph itself: its name
    """

    a: int
    b: int
    paired: int
    ops_removed: tuple[OpRef, ...] = ()
    ops_added: tuple[OpRef, ...] = ()
    ops_replaced: tuple[tuple[OpRef, OpRef], ...] = ()
    ops_fused: tuple[tuple[OpRef, OpRef], ...] = ()
    ops_split: tuple[tuple[OpRef, OpRef], ...] = ()
    ops_moved: tuple[tuple[OpRef, OpRef], ...] = ()
    ops_changed: tuple[OpChange, ...] = ()
    inputs_removed: tuple[TensorRef, ...] = ()
    inputs_added: tuple[TensorRef, ...] = ()
    outputs_removed: tuple[TensorRef, ...] = ()
    outputs_added: tuple[TensorRef, ...] = ()
    outputs_replaced: tuple[tuple[TensorRef, TensorRef], ...] = ()
    order: tuple[Change, ...] = ()
    tensors: tuple[TensorChange, ...] = ()
    quantization: tuple[QuantizationChange, ...] = ()
    constants: tuple[ConstantChange, ...] = ()
    records: tuple[Change, ...] = ()


@dataclass(frozen=True)
class TensorResult:
    """What a tensor held after a run of each model. `difference` is None where it cannot be compared, and `problem` says why. It is output
    number `output` of `op_b`; None where no op of B writes it."""

    a: TensorRef
    b: TensorRef
    op_a: OpRef | None
    op_b: OpRef | None
    role: str
    difference: ValueDifference | None
    problem: str | None = None
    output: int | None = None


@dataclass(frozen=True)
class Results:
    """What both models made of the same inputs, in one graph.

    inputs   what they were: "random values of seed 0", or "the inputs given"
    outputs  of the graph, and `tensors` of the ops that both have, in the order of A
    origins  the ops of A whose outputs differ although all that they were given is the same: where the difference comes from
    problem  why the results could not be compared; then there are none
    """

    a: int
    b: int
    inputs: str
    outputs: tuple[TensorResult, ...] = ()
    tensors: tuple[TensorResult, ...] = ()
    origins: tuple[OpRef, ...] = ()
    problem: str | None = None

    @property
    def first(self) -> TensorResult | None:
        """The first tensor, in the order of A, that differs."""
        return next((each for each in self.tensors if each.difference is not None and each.difference.differing), None)

    @property
    def differ(self) -> bool:
        return any(each.difference is not None and each.difference.differing for each in (*self.outputs, *self.tensors))


@dataclass(frozen=True)
class ModelFacts:
    """What a model is and takes.

    source         its path, or what it was given as
    file_bytes     the size of the file; None for a Model
    weights_bytes  of constants; those that several tensors share count once
    arena_bytes    what tensors that are computed take in memory while graph 0 runs; None where it cannot be planned
    arena_problem  why it cannot
    ops            how often there is each operator, in all graphs
    """

    source: str
    file_bytes: int | None
    weights_bytes: int
    arena_bytes: int | None
    arena_problem: str | None
    graphs: int
    tensors: int
    ops: dict[str, int]


@dataclass(frozen=True)
class Differences:
    """All differences of two models.

    graphs     pairs of graphs, even if nothing differs in them
    signatures, metadata, files, records    of the file: those are its attached files, and version and description
    results    for each pair of graphs that was run; empty without `run`
    """

    a: ModelFacts
    b: ModelFacts
    graphs: tuple[GraphDiff, ...] = ()
    graphs_removed: tuple[Change, ...] = ()
    graphs_added: tuple[Change, ...] = ()
    signatures: tuple[Change, ...] = ()
    metadata: tuple[Change, ...] = ()
    files: tuple[Change, ...] = ()
    records: tuple[Change, ...] = ()
    results: tuple[Results, ...] = ()

    @property
    def same(self) -> bool:
        """Whether the models say the same, and, if they were run, compute the same. Where in a file things are does not count."""
        return not self.differences

    @property
    def differences(self) -> dict[str, int]:
        """How many differences there are of each kind, by name: {"options": 1, "weights": 2}.

        The kinds: "graphs", "inputs", "outputs", "signatures", "ops added", "ops removed", "ops replaced", "ops fused", "ops split",
        "ops moved", "options", "reads", "types", "shapes", "quantization", "weights", "bias", "constants", "versions", "records", "order",
        "metadata", "files", "names", "results".
        """
        counts: Counter[str] = Counter()
        counts["graphs"] = len(self.graphs_removed) + len(self.graphs_added) + sum(graph.a != graph.b for graph in self.graphs)
        for kind in ("signatures", "metadata", "files", "records"):
            counts[kind] += len(getattr(self, kind))
        for graph in self.graphs:
            for side in ("inputs", "outputs"):
                counts[side] += len(getattr(graph, f"{side}_removed")) + len(getattr(graph, f"{side}_added"))
            counts["outputs"] += len(graph.outputs_replaced)
            for kind in ("added", "removed", "replaced", "fused", "split", "moved"):
                counts[f"ops {kind}"] += len(getattr(graph, f"ops_{kind}"))
            for op in graph.ops_changed:
                counts["options"] += len(op.options)
                counts["reads"] += len(op.reads)
                for change in op.other:
                    counts["versions" if change.name == "version" else "records"] += 1
            counts["order"] += len(graph.order)
            counts["records"] += len(graph.records)
            for tensor in graph.tensors:
                for change in tensor.changes:
                    counts[{"type": "types", "shape": "shapes", "name": "names"}.get(change.name, "records")] += 1
            counts["quantization"] += len(graph.quantization)
            for constant in graph.constants:
                counts["constants" if constant.role == "constant" else constant.role] += 1
        counts["results"] = sum(
            1 for run in self.results for each in (*run.outputs, *run.tensors) if each.difference is not None and each.difference.differing
        )
        return {kind: count for kind, count in counts.items() if count}
