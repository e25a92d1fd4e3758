"""Types that operators take: those of their cases, and no others."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tinylite.engine.plan import Plan
from tinylite.errors import TinyliteError
from tinylite.model import Op

from .cases import Case, T
from .conftest import Oracle
from .test_ops import CASES

Types = tuple[tuple[str | int | None, ...], tuple[str | int | None, ...]]  # of inputs and outputs

# Operators that take any type, and those that take each of their operands' types with each of another's, of which cases try some.
ANY = {"BITCAST", "CAST", "RANK", "SHAPE"}
INDEPENDENT = {"DYNAMIC_UPDATE_SLICE", "REVERSE_SEQUENCE", "SCATTER_ND", "SPARSE_TO_DENSE", "TOPK_V2", "UNIQUE"}
# What LiteRT refuses.
SCATTERED = [
    Case("SCATTER_ND", [T((3, 2), type, low=0, high=2), T((3,)), T((2,), "INT32", data=[3, 4])], [T(())]) for type in ("INT32", "INT64")
]
OTHERS = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64", "BOOL")


def types_of(op: Op) -> Types:
    return tuple(t.type if t is not None else None for t in op.inputs), tuple(t.type for t in op.outputs)


def tried() -> dict[str, dict[Types, Case]]:
    """The first case of each combination of types, by operator."""
    found: dict[str, dict[Types, Case]] = defaultdict(dict)
    for case in (*CASES, *SCATTERED):
        if case.ops is None:
            found[case.code].setdefault(types_of(case.model().graph.ops[0]), case)
    return found


TRIED = tried()


class Accepted(Exception):
    """A plan that wants its kernels has passed all checks."""


@pytest.mark.parametrize("code", sorted(TRIED.keys() - ANY))
def test_a_combination_of_types_has_a_case_or_is_refused(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each operand in turn gets another type. A kernel that met one that it is not made for would read or write beyond the tensor's end."""

    def accept(*_: object) -> None:
        raise Accepted

    monkeypatch.setattr("tinylite.engine.segment.addresses", accept)
    known = TRIED[code]
    places = [{types[0][place] if place < len(types[0]) else None for types in known} for place in range(max(len(t[0]) for t in known))]
    results = [{types[1][place] for types in known if place < len(types[1])} for place in range(max(len(t[1]) for t in known))]
    refused, unknown = 0, []
    for case in known.values():
        op = case.model().graph.ops[0]
        for number, tensor in enumerate((*op.inputs, *op.outputs)):
            if tensor is None or tensor.is_constant:
                continue
            for other in OTHERS:
                graph = case.model().graph
                changed = (*graph.ops[0].inputs, *graph.ops[0].outputs)[number]
                assert changed is not None
                changed.type = other
                types = types_of(graph.ops[0])
                each = all(type in place for type, place in zip((*types[0], *types[1]), (*places[: len(types[0])], *results), strict=False))
                if types in known or (code in INDEPENDENT and each):
                    continue
                try:
                    Plan(graph)
                except TinyliteError:
                    refused += 1
                    continue
                except Accepted:
                    pass
                unknown.append(types)
    assert not unknown, f"{code} takes {unknown[:5]}, which no case tries"
    assert refused


def test_indices_of_64_bits_scatter_as_those_of_32(run: Oracle) -> None:
    short, long = (run(case.model().to_bytes(), case.feeds()) for case in SCATTERED)
    assert short[0].any() and short[0].tobytes() == long[0].tobytes()
