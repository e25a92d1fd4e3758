"""Where an interpreter's memory goes, counted, and its memory plan."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import Graph, Interpreter, InvokeError, Model, Op, Tensor
from tinylite.report.memory import MemoryUse, memory_of

from .conftest import shared_models
from .graphs import Maker
from .ops.fully_connected import dense
from .ops.svdf import filtered
from .variables import accumulator

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"


def of(model: Model | Path, threads: int = 1) -> MemoryUse:
    interpreter = Interpreter(model if isinstance(model, Model) else str(model), num_threads=threads)
    interpreter.allocate_tensors()
    return memory_of(interpreter)


def check_plan(found: MemoryUse) -> None:
    """Tensors lie in their arena, and apart while both are needed."""
    for placed in found.plan:
        assert placed.offset >= 0 and -1 <= placed.first <= placed.last < max(len(found.steps[placed.arena]), 1)
    for a, b in combinations(found.plan, 2):
        together = a.arena == b.arena and a.first <= b.last and b.first <= a.last
        assert not together or a.offset + a.size <= b.offset or b.offset + b.size <= a.offset, (a, b)


def test_the_plan_is_that_of_the_interpreter() -> None:
    found = of(DIGITS)
    check_plan(found)
    assert len(found.steps) == 1 and found.steps[0][0] == "DEPTHWISE_CONV_2D" and found.steps[0][-1] == "SOFTMAX"
    assert max(placed.offset + placed.size for placed in found.plan) <= found.arena
    names = [placed.name for placed in found.plan]
    assert "scores" in names
    scores = found.plan[names.index("scores")]
    assert (scores.size, scores.last) == (10, len(found.steps[0]) - 1)


@pytest.mark.parametrize("name", shared_models())
def test_plans_of_real_models_have_no_overlaps(shared: Path, name: str) -> None:
    found = of(shared / "models" / name)
    check_plan(found)
    assert found.arena > 0 and found.weights > 0 and found.scratch > 0


def test_weights_are_those_of_the_file_and_counted_once() -> None:
    model = dense((3,), 40, 50, "f32").model()
    alone = of(model)
    assert alone.weights == 4 * (40 * 50 + 50)
    assert alone.packed >= 4 * 40 * 50  # in the kernel's order
    graph = model.graph
    again = Tensor("again", graph.outputs[0].shape)
    op = graph.ops[0]
    twice = Op("FULLY_CONNECTED", op.inputs, [again])
    both = of(Model([Graph("main", graph.inputs, [*graph.outputs, again], [op, twice])]))
    assert both.weights == alone.weights


def test_what_is_packed_is_without_the_constants() -> None:
    """A constant that a kernel reads as it is, is copied for the room behind it, and only the copy counts."""
    x, y = Tensor("x", (1000,)), Tensor("y", (1000,))
    c = Tensor("c", (1000,))
    c.data = np.ones(1000, np.float32)
    found = of(Model([Graph("main", [x], [y], [Op("ADD", [x, c], [y])])]))
    assert found.weights == 4000 and 4000 <= found.packed < 5000


def test_scratch_is_that_of_all_threads() -> None:
    model = dense((3,), 40, 50, "i8").model()
    one, four = of(model), of(model, 2)
    assert four.scratch == 3 * one.scratch  # a run by one thread, where the team is busy, has its own
    assert (four.weights, four.packed) == (one.weights, one.packed)


def test_states_last_and_are_in_the_arena() -> None:
    found = of(filtered(2, 3, 4, 2, 10).model())
    (state,) = (placed for placed in found.plan if placed.first == -1)
    assert state.size == 4 * 2 * 8 * 10 and state.last == len(found.steps[0]) - 1


def test_shapes_that_depend_on_values_make_arenas_one_after_the_other() -> None:
    maker = Maker("main", [count := Tensor("count", (1,), "INT32"), value := Tensor("value")])
    filled = maker.add("FILL", maker.add("ADD", count, count), value, type="FLOAT32", shape=(1,))
    interpreter = Interpreter(Model([maker.gives(filled)]))
    interpreter.allocate_tensors()
    interpreter.set_tensor(0, np.array([3], np.int32))
    interpreter.invoke()
    found = memory_of(interpreter)
    check_plan(found)
    assert [len(steps) for steps in found.steps] == [1, 1] and {placed.arena for placed in found.plan} == {0, 1}
    assert next(placed.size for placed in found.plan if placed.arena == 1 and placed.name == filled.name) == 4 * 6


def test_resource_variables_count() -> None:
    interpreter = Interpreter(accumulator("ADD", (5,)).model())
    interpreter.allocate_tensors()
    assert 4 * 5 <= memory_of(interpreter).variables < 4 * 5 + 1000


def test_it_is_plain_data_and_adds_up() -> None:
    found = of(DIGITS)
    stored = json.loads(json.dumps(asdict(found)))
    assert stored["plan"][0]["size"] == found.plan[0].size
    assert found.total == sum(stored[name] for name in ("arena", "weights", "packed", "variables", "scratch"))


def test_it_wants_an_interpreter_that_is_allocated() -> None:
    with pytest.raises(InvokeError, match="not ready"):
        memory_of(Interpreter(str(DIGITS)))
