"""Plans: memory that is shared and never overlaps, what is computed once, and the cut where a shape depends on a value."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tinylite import ops
from tinylite.engine.plan import Plan
from tinylite.engine.segment import Step
from tinylite.errors import KernelError, ModelError, OutOfMemoryError, SettingError, UnsupportedError
from tinylite.kernels import store
from tinylite.memory.arena import ALIGNMENT, Block, place
from tinylite.model import Graph, Op, Tensor

from .bombs import constant
from .work import assert_linear, steps_of

lifetimes = st.tuples(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 20)).map(lambda t: Block(t[0], min(t[1:]), max(t[1:])))


@given(st.lists(lifetimes, max_size=40))
@settings(max_examples=200, deadline=None)
def test_blocks_that_live_together_lie_apart(blocks: list[Block]) -> None:
    total = place(blocks)
    for index, a in enumerate(blocks):
        assert a.offset % ALIGNMENT == 0
        assert a.offset + a.size <= total
        for b in blocks[:index]:
            if a.first <= b.last and b.first <= a.last and a.size and b.size:
                assert a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
    busiest = max((sum(b.size for b in blocks if b.first <= now <= b.last) for now in range(21)), default=0)
    assert total >= busiest


def test_a_chain_needs_two_places() -> None:
    blocks = [Block(1000, step, step + 1) for step in range(10)]
    assert place(blocks) == 2 * 1024


def test_a_block_goes_into_the_lowest_gap_that_has_room() -> None:
    """Two live all the time, around the place of one that ends; a smaller one takes it over, and the next goes on top."""
    below, gone, above = Block(3000, 0, 9), Block(2000, 0, 3), Block(1900, 0, 9)
    fits, large = Block(1800, 5, 9), Block(1700, 5, 9)
    assert place([below, gone, above, fits, large]) == 3008 + 2048 + 1920 + 1728
    assert (below.offset, gone.offset, above.offset) == (0, 3008, 3008 + 2048)
    assert fits.offset == gone.offset and large.offset > above.offset


@pytest.mark.parametrize(("values", "dtype"), [([0, 255], np.uint8), ([-128, 127], np.int8), ([-(2**31), 2**31 - 1], np.int32)])
def test_parameters_that_a_type_does_not_hold_are_refused(values: list[int], dtype: type) -> None:
    planner = Plan(chain(1)).root.planner
    assert planner.constant(values, dtype).tolist() == values
    for worse in ([values[0] - 1, 0], [0, values[1] + 1]):
        with pytest.raises(ModelError, match=r"its parameters make numbers from .* which no u?int\d+ holds"):
            planner.constant(worse, dtype)


def chain(length: int, size: int = 4096) -> Graph:
    tensors = [Tensor(f"t{index}", (size,)) for index in range(length + 1)]
    ops = [Op("ABS" if index % 2 else "NEG", [tensors[index]], [tensors[index + 1]]) for index in range(length)]
    return Graph("main", [tensors[0]], [tensors[-1]], ops, tensors)


def run(plan: Plan, *values: np.ndarray) -> list[np.ndarray]:
    graph = plan.planner.graph
    for tensor, value in zip(graph.inputs, values, strict=True):
        found = plan.value(tensor)
        assert found is not None
        plan.view(found)[...] = value
    plan.run()
    outputs = [plan.value(tensor) for tensor in graph.outputs]
    return [plan.view(value).copy() for value in outputs if value is not None]


def test_tensors_share_memory_unless_all_are_kept() -> None:
    values = np.linspace(-1, 1, 4096, dtype=np.float32)
    shared, kept = Plan(chain(12)), Plan(chain(12), keep_all=True)
    assert kept.arena_size >= 13 * 4 * 4096
    # The input, which a caller may read again, the output, and two to go between.
    assert shared.arena_size < 5 * 4 * 4096
    for plan in (shared, kept):
        assert np.array_equal(run(plan, values)[0], np.abs(values))


def test_what_no_input_reaches_is_computed_once() -> None:
    x, k, half, y = Tensor("x", (4,)), Tensor("k", (4,)), Tensor("half", (4,)), Tensor("y", (4,))
    k.data = np.array([4, 9, 16, 25], np.float32)
    graph = Graph("main", [x], [y], [Op("SQRT", [k], [half]), Op("ADD", [x, half], [y])], [x, k, half, y])
    plan = Plan(graph)
    assert [step.node.op.code for step in plan.segments[0].steps] == ["ADD"]
    assert run(plan, np.ones(4, np.float32))[0].tolist() == [3, 4, 5, 6]


def reshaped() -> Graph:
    x, shape, y, z = Tensor("x", (2, 6)), Tensor("shape", (2,), "INT32"), Tensor("y", ()), Tensor("z", ())
    return Graph("main", [x, shape], [z], [Op("RESHAPE", [x, shape], [y]), Op("NEG", [y], [z])], [x, shape, y, z])


def test_a_shape_that_is_an_input_cuts_the_plan_and_what_follows_is_kept_for_the_same_value() -> None:
    plan = Plan(reshaped())
    x = np.arange(12, dtype=np.float32).reshape(2, 6)
    assert not plan.static
    (found,) = run(plan, x, np.array([3, 4]))
    assert found.tolist() == (-x.reshape(3, 4)).tolist()
    behind = plan.segments[1]
    (found,) = run(plan, x + 1, np.array([3, 4]))
    assert found.tolist() == (-(x + 1).reshape(3, 4)).tolist()
    assert plan.segments[1] is behind
    (found,) = run(plan, x, np.array([-1, 2]))
    assert found.shape == (6, 2)
    assert plan.segments[1] is not behind


def test_a_value_that_cannot_be_is_an_error_and_the_plan_still_runs() -> None:
    plan = Plan(reshaped())
    x = np.zeros((2, 6), np.float32)
    with pytest.raises(ModelError, match="op 0 RESHAPE"):
        run(plan, x, np.array([5, 5]))
    assert run(plan, x, np.array([12, 1]))[0].shape == (12, 1)


def test_an_operator_that_tinylite_lacks_is_named_with_version_graph_and_tensor() -> None:
    x, y = Tensor("x", (4,)), Tensor("embeddings", (4,))
    graph = Graph("main", [x], [y], [Op("CONCAT_EMBEDDINGS", [x], [y], version=2)], [x, y])
    with pytest.raises(
        UnsupportedError,
        match=r"op 0 CONCAT_EMBEDDINGS version 2 \(output 'embeddings'\): tinylite has no kernel for operator CONCAT_EMBEDDINGS",
    ):
        Plan(graph)


def test_a_type_that_an_operator_lacks_is_named() -> None:
    x, y = Tensor("x", (4,), "INT16"), Tensor("y", (4,), "INT16")
    with pytest.raises(UnsupportedError, match=r"op 0 EXP version 1 \(output 'y'\).*INT16"):
        Plan(Graph("main", [x], [y], [Op("EXP", [x], [y])], [x, y]))


def test_very_many_blocks_are_placed() -> None:
    """The small ones after the large ones, none over another that is needed at the same time."""
    rng = np.random.default_rng(0)
    starts = rng.integers(0, 40_000, 50_000)
    blocks = [
        Block(int(size), int(start), int(start + rng.integers(0, 5)))
        for size, start in zip(rng.integers(1, 500, 50_000), starts, strict=True)
    ]
    total = place(blocks)
    events = sorted([(b.first, 1, i) for i, b in enumerate(blocks)] + [(b.last + 1, 0, i) for i, b in enumerate(blocks)])
    live: dict[int, Block] = {}
    for _, begins, index in events:
        if not begins:
            del live[index]
            continue
        block = blocks[index]
        assert block.offset % ALIGNMENT == 0
        assert block.offset + block.size <= total
        assert all(block.offset + block.size <= o.offset or o.offset + o.size <= block.offset for o in live.values())
        live[index] = block
    assert total < sum(block.size for block in blocks) // 20  # they share


def test_placing_takes_work_that_grows_as_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the largest, a fixed number of them, are compared with one another."""
    monkeypatch.setattr("tinylite.memory.arena._FITTED", 20)
    rng = np.random.default_rng(0)

    def placing(count: int) -> Callable[[], object]:
        blocks = [Block(int(size), start, start + start % 5) for start, size in enumerate(rng.integers(1, 500, count))]
        return lambda: place(blocks)

    assert_linear(placing, 1000)


def test_planning_takes_work_that_grows_as_the_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.memory.arena._FITTED", 20)

    def planning(count: int) -> Callable[[], object]:
        graph = chain(count, 4)
        return lambda: Plan(graph)

    assert_linear(planning, 100)


@pytest.mark.parametrize("shape", [(0, 4), (3, 0)])
def test_operators_prepare_nothing_for_empty_outputs(shape: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """They need not think of that: some would divide by a size of 0."""
    prepared: list[str] = []
    for name in ("NEG", "SUM"):
        kind = type(ops.find(name))
        monkeypatch.setattr(kind, "prepare", lambda self, node, plan: prepared.append(node.op.code))
    x, y, z = Tensor("x", shape), Tensor("y", shape), Tensor("z", ())
    Plan(Graph("main", [x], [y, z], [Op("NEG", [x], [y]), Op("SUM", [x, constant("axis", [1])], [z])]))
    assert prepared == (["SUM"] if shape == (3, 0) else []), "the sum of no elements is 0, which has to be written"


def copied(shape: tuple[int, ...], code: str, *parameters: list[int]) -> Step:
    """The one step that moves a tensor of this shape."""
    constants = [constant(f"c{number}", value) for number, value in enumerate(parameters)]
    x, y = Tensor("x", shape), Tensor("y", ())
    (step,) = steps_of(Plan(Graph("main", [x], [y], [Op(code, [x, *constants], [y])])))
    return step


@pytest.mark.parametrize(
    ("code", "parameters", "dims", "run"),
    [
        ("SLICE", [[1, 0, 0], [2, 5, 6]], [], 60),  # whole rows: one piece
        ("SLICE", [[0, 1, 0], [4, 3, 6]], [4], 18),
        ("SLICE", [[0, 0, 2], [4, 5, 3]], [20], 3),
        ("SLICE", [[1, 1, 1], [2, 2, 2]], [2, 2], 2),
        ("TRANSPOSE", [[1, 2, 0]], [30], 4),
        ("TRANSPOSE", [[1, 0, 2]], [5, 4], 6),
        ("REVERSE_V2", [[0]], [4], 30),
    ],
)
def test_what_lies_side_by_side_is_moved_in_one_run(code: str, parameters: list[list[int]], dims: list[int], run: int) -> None:
    step = copied((4, 5, 6), code, *parameters)
    assert (step.fields["dims"], step.fields["run"]) == (dims, run)
    assert step.fields["tables"].size == 0


def test_memory_has_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "1e4")
    with pytest.raises(OutOfMemoryError, match=r"takes 16\.4 kB, and 10\.0 kB are allowed"):
        Plan(chain(2))
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "plenty")
    with pytest.raises(SettingError, match="TINYLITE_MEMORY_LIMIT=plenty is not a number of bytes"):
        Plan(chain(2))


def test_a_compiler_s_failure_becomes_a_kernel_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> dict[str, int]:
        raise store.CompileError("no compiler today")

    monkeypatch.setattr("tinylite.engine.segment.addresses", fail)
    with pytest.raises(KernelError, match="no compiler today"):
        Plan(chain(2))


def test_what_a_run_has_computed_may_be_a_constant_for_what_follows() -> None:
    """The value at a cut is known to the ops after it, and still lies where the run before has put it."""
    a, one, shape, hundred, filled, total = (Tensor(name, (2,), "INT32") for name in ("a", "one", "shape", "hundred", "filled", "total"))
    one.data, hundred.data = np.array([1, 1], np.int32), np.array([100, 200], np.int32)
    five = Tensor("five", ())
    five.data = np.float32(5)
    filled.type = "FLOAT32"
    ops = [Op("ADD", [a, one], [shape]), Op("FILL", [shape, five], [filled]), Op("ADD", [shape, hundred], [total])]
    plan = Plan(Graph("main", [a], [filled, total], ops))
    for fed, wanted in (([2, 3], [103, 204]), ([1, 4], [102, 205])):
        found = run(plan, np.array(fed))
        assert found[0].shape == (fed[0] + 1, fed[1] + 1)
        assert found[1].tolist() == wanted


def test_moving_takes_no_memory_beside_what_is_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "3e7")
    x, times, y = Tensor("x", (2,), "INT8"), Tensor("times", (1,), "INT32"), Tensor("y", (), "INT8")
    times.data = np.array([10_000_000], np.int32)
    plan = Plan(Graph("main", [x], [y], [Op("TILE", [x, times], [y])]))
    (found,) = run(plan, np.array([3, 4]))
    assert found[:4].tolist() == [3, 4, 3, 4]
