"""Which op is which, whatever was changed around it."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
import pytest

from tinylite import Graph, Op, Tensor
from tinylite.diffing import align as module, sequence
from tinylite.diffing.align import Alignment, align
from tinylite.diffing.sequence import align_sequences, increasing

CODES = ("RELU", "ABS", "NEG", "TANH", "FULLY_CONNECTED", "ADD")


def network(count: int, seed: int = 0, weights: int = 0, name: str = "layer_{}") -> Graph:
    """A chain with a shortcut here and there. The operators follow from `seed`, the numbers from `weights`."""
    choose, numbers = random.Random(seed), np.random.default_rng([seed, weights])
    x = Tensor("x", (1, 8))
    values, ops = [x], []
    for index in range(count):
        code = choose.choice(CODES)
        made = Tensor(name.format(index), (1, 8))
        reads: list[Tensor | None] = [values[-1]]
        if code == "FULLY_CONNECTED":
            kernel = Tensor(f"{made.name}/weights", (8, 8))
            kernel.data = numbers.normal(size=(8, 8)).astype(np.float32)
            reads += [kernel, None]
        elif code == "ADD":
            reads.append(values[max(-len(values), -choose.randrange(2, 5))])
        ops.append(Op(code, reads, [made]))
        values.append(made)
    return Graph("main", [x], [values[-1]], ops)


def without(graph: Graph, positions: Sequence[int]) -> Graph:
    """The graph without some ops, whose readers read what they read."""
    for position in sorted(positions, reverse=True):
        op = graph.ops.pop(position)
        for reader in graph.ops:
            reader.inputs = [op.inputs[0] if tensor is op.outputs[0] else tensor for tensor in reader.inputs]
    return graph


def shuffled(graph: Graph, seed: int) -> tuple[Graph, list[int]]:
    """The graph with its ops in another order in which they can run, and where each was."""
    choose = random.Random(seed)
    made, order, left = {id(tensor) for tensor in graph.inputs}, [], list(range(len(graph.ops)))
    written = {id(tensor) for op in graph.ops for tensor in op.outputs}
    while left:
        ready = [n for n in left if all(id(t) in made or id(t) not in written for t in graph.ops[n].inputs if t is not None)]
        chosen = choose.choice(ready)
        left.remove(chosen)
        order.append(chosen)
        made |= {id(tensor) for tensor in graph.ops[chosen].outputs}
    graph.ops = [graph.ops[n] for n in order]
    return graph, order


def branches(count: int, weights: int = 0, name: str = "branch_{}") -> Graph:
    """Many branches of the same two ops, added up: what tells them are constants and where they go."""
    numbers = np.random.default_rng(weights)
    x = Tensor("x", (1, 8))
    ops, total = [], x
    for index in range(count):
        kernel = Tensor(f"weights_{index}", (8, 8))
        kernel.data = numbers.normal(size=(8, 8)).astype(np.float32)
        inner, out, added = (Tensor(name.format(f"{index}{part}"), (1, 8)) for part in "abc")
        ops += [Op("FULLY_CONNECTED", [x, kernel, None], [inner]), Op("RELU", [inner], [out]), Op("ADD", [total, out], [added])]
        total = added
    return Graph("main", [x], [total], ops)


def check_all_pairs(found: Alignment) -> None:
    assert (found.removed, found.added, found.replaced) == ([], [], [])


@pytest.mark.parametrize("name", ["layer_{}", "other_{}"])
@pytest.mark.parametrize("weights", [0, 1])
def test_ops_of_networks_that_were_renamed_or_trained_anew(name: str, weights: int) -> None:
    found = align(network(200), network(200, weights=weights, name=name))
    assert found.pairs == [(n, n) for n in range(200)]
    check_all_pairs(found)
    assert not found.moved


@pytest.mark.parametrize("name", ["layer_{}", "other_{}"])
@pytest.mark.parametrize("seed", range(5))
def test_ops_that_were_dropped_shift_no_other(name: str, seed: int) -> None:
    dropped = sorted(random.Random(seed).sample(range(10, 190), 7))
    found = align(network(200), without(network(200, name=name), dropped))
    kept = [n for n in range(200) if n not in dropped]
    assert len(found.removed) == len(found.to_b) - 200 + 14 == 7 and not found.added
    # Of two equal ops in a row, either may be the one that was dropped.
    off = [(first, second) for first, second in found.pairs if kept[second] != first]
    assert len(off) <= 7 and not found.moved
    back = align(without(network(200, name=name), dropped), network(200))
    assert (len(back.added), back.removed) == (7, [])


@pytest.mark.parametrize("name", ["branch_{}", "other_{}"])
def test_ops_in_another_order(name: str) -> None:
    other, order = shuffled(branches(30, name=name), seed=3)
    found = align(branches(30), other)
    assert found.pairs == sorted((was, now) for now, was in enumerate(order))
    assert 0 < len(found.moved) < 90


def test_branches_that_were_trained_anew_and_renamed_are_known_by_where_they_go() -> None:
    other, order = shuffled(branches(10, weights=1, name="z{}"), seed=4)
    found = align(branches(10), other)
    assert found.pairs == sorted((was, now) for now, was in enumerate(order))


def test_names_that_are_numbers_of_another_graph_do_not_mislead() -> None:
    """Tensors are numbered, and one op more in front shifts all numbers."""
    a, b = network(60, name="t{}"), network(60, name="u{}")
    x = b.inputs[0]
    first = Tensor("first", (1, 8))
    for op in b.ops:
        op.inputs = [first if tensor is x else tensor for tensor in op.inputs]
    b.ops.insert(0, Op("FLOOR", [x], [first]))
    for index, op in enumerate(b.ops):
        op.outputs[0].name = f"t{index}"
    found = align(a, b)
    assert found.pairs == [(n, n + 1) for n in range(60)] and found.added == [0]


def test_weights_that_changed_places_do_not_move_their_ops() -> None:
    a, b = branches(6), branches(6)
    one, other = b.ops[3], b.ops[9]
    one.inputs[1], other.inputs[1] = other.inputs[1], one.inputs[1]
    found = align(a, b)
    assert found.pairs == [(n, n) for n in range(18)]


def test_joined_names_of_converters() -> None:
    a, b = branches(3), branches(3, weights=1)
    for graph in (a, b):
        for position, op in enumerate(graph.ops):
            op.outputs[0].name = f"part{position};common" if graph is a else f"common;part{position};new"
    other, order = shuffled(b, seed=1)
    assert align(a, other).pairs == sorted((was, now) for now, was in enumerate(order))


def test_an_op_in_the_place_of_another() -> None:
    a, b = network(40), network(40, name="z{}")
    position = next(n for n in range(5, 40) if a.ops[n].code in ("RELU", "ABS"))
    b.ops[position] = Op("FLOOR", b.ops[position].inputs[:1], b.ops[position].outputs)
    found = align(a, b)
    assert found.replaced == [(position, position)]
    assert found.pairs == [(n, n) for n in range(40)]


def test_quantize_and_dequantize_are_looked_through() -> None:
    a, b = network(40), network(40, weights=1, name="z{}")
    for position in (30, 12, 0):
        made = Tensor(f"quantized_{position}", (1, 8), "INT8")
        read = b.ops[position].inputs[0]
        b.ops[position].inputs[0] = made
        b.ops.insert(position, Op("QUANTIZE", [read], [made]))
    found = align(a, b)
    assert [b.ops[position].code for position in found.added] == ["QUANTIZE"] * 3
    assert not found.removed and not found.moved and len(found.pairs) == 40


def test_empty_graphs_and_ops_without_inputs_or_outputs() -> None:
    empty = Graph("main")
    strange = Graph("main", ops=[Op("RELU", [], []), Op("QUANTIZE", [], []), Op("ADD", [None, None], [])])
    assert align(empty, empty).pairs == []
    assert align(empty, strange).added == [0, 1, 2]
    assert align(strange, strange).pairs == [(0, 0), (1, 1), (2, 2)]


def test_a_graph_that_reads_what_it_writes_later_is_aligned() -> None:
    x, y = Tensor("x", (1,)), Tensor("y", (1,))
    graph = Graph("main", [], [x], [Op("QUANTIZE", [y], [x]), Op("DEQUANTIZE", [x], [y])])
    assert align(graph, graph).pairs == [(0, 0), (1, 1)]


def test_large_graphs_are_not_compared_op_with_op(monkeypatch: pytest.MonkeyPatch) -> None:
    """3000 ops with other names and weights, of which 30 are missing: the scores that are computed are counted."""
    cells = []
    kept = module._scores

    def counting(*arguments):  # type: ignore[no-untyped-def]
        score = kept(*arguments)

        def counted(row: int, low: int, high: int) -> np.ndarray:
            cells.append(high - low)
            return score(row, low, high)

        return counted

    monkeypatch.setattr(module, "_scores", counting)
    found = align(network(3000), without(network(3000, weights=1, name="z{}"), range(50, 3000, 100)))
    assert len(found.removed) == 30 and not found.added and len(found.moved) < 5
    assert sum(cells) <= 3000 * 3000  # and no more than once
    cells.clear()
    monkeypatch.setattr(sequence, "_MOST_CELLS", 1 << 14)
    found = align(network(3000), network(3000, seed=1, name="z{}"))
    assert sum(cells) < 1 << 16  # however little they have in common
    cells.clear()
    align(network(3000), network(3000, weights=1))
    assert sum(cells) == 0  # names tell


def test_sequences() -> None:
    def letters(first: str, second: str) -> list[tuple[int, int]]:
        codes = np.frombuffer(second.encode(), np.uint8)

        def score(row: int, low: int, high: int) -> np.ndarray:
            return np.where(codes[low:high] == ord(first[row]), 1, -1).astype(np.int32)

        return align_sequences(len(first), len(second), score)

    assert letters("abcdef", "abxdef") == [(0, 0), (1, 1), (3, 3), (4, 4), (5, 5)]
    assert letters("abc", "xaxbxcx") == [(0, 1), (1, 3), (2, 5)]
    assert letters("abc", "xyz") == letters("", "a") == []
    for seed in range(20):  # as long as the longest common subsequence, which is found another way
        choose = random.Random(seed)
        first, second = ("".join(choose.choices("abc", k=choose.randrange(1, 30))) for _ in range(2))
        assert len(letters(first, second)) == _common(first, second)


def _common(first: str, second: str) -> int:
    lengths = [[0] * (len(second) + 1) for _ in range(len(first) + 1)]
    for i, one in enumerate(first):
        for j, other in enumerate(second):
            lengths[i + 1][j + 1] = lengths[i][j] + 1 if one == other else max(lengths[i][j + 1], lengths[i + 1][j])
    return lengths[-1][-1]


def test_longest_increasing_subsequence() -> None:
    assert increasing([]) == [] and increasing([3, 1, 2]) == [1, 2]
    values = [5, 1, 6, 2, 7, 3, 4]
    assert [values[place] for place in increasing(values)] == [1, 2, 3, 4]
