"""What an interpreter shows of itself: its model, its plan, and its graphs, each of which runs alone."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest

from tinylite import GraphRunner, Interpreter, InvokeError, Model, TensorError

from .small_models import DEMO, X, chain, ready, two_signatures

DIGITS = DEMO / "digits_uint8.tflite"


def test_the_model_is_the_interpreters_own() -> None:
    model = Model.load(DIGITS)
    interpreter = Interpreter(model)
    names = [op.name for op in model.graph.ops]
    model.graph.ops.clear()
    assert len(names) == 5 and [op.name for op in interpreter.model.graph.ops] == names
    assert interpreter.model.graphs == [runner.graph for runner in interpreter.graph_runners]


def test_a_plan_says_what_runs_where() -> None:
    interpreter = Interpreter(DIGITS)
    with pytest.raises(InvokeError, match=r"the model is not ready\. Call allocate_tensors\(\) first"):
        _ = interpreter.plan
    interpreter.allocate_tensors()
    plan = interpreter.plan
    assert [step.node.op.name for step in plan.steps] == ["DEPTHWISE_CONV_2D", "CONV_2D", "FULLY_CONNECTED", "SOFTMAX"]
    assert [step.node.index for step in plan.steps] == [0, 1, 3, 4]  # a RESHAPE needs no step
    assert plan.steps[-1].kernel.name == "u8_softmax"
    assert max(block.offset + block.size for block in plan.memory) <= plan.arena_size < plan.size
    for one in plan.memory:
        assert all(
            one is other
            or one.last < other.first
            or other.last < one.first
            or one.offset + one.size <= other.offset
            or other.offset + other.size <= one.offset
            for other in plan.memory
        ), one
    interpreter.resize_tensor_input(0, [2, *interpreter.get_input_details()[0]["shape"][1:]])
    with pytest.raises(InvokeError, match=r"the model is not ready"):
        _ = interpreter.plan


def test_every_graph_runs_alone() -> None:
    interpreter = Interpreter(two_signatures())
    runner = interpreter.get_signature_runner("minus").graph_runner
    assert runner is interpreter.get_graph_runner(runner.index) and runner.graph is interpreter.model.graphs[runner.index]
    for other in interpreter.graph_runners:
        assert not other.is_allocated
    (x,), (y,) = runner.graph.inputs, runner.graph.outputs
    wide = np.concatenate([X, X])
    runner.resize(runner.index_of(x), wide.shape)
    runner.allocate()
    runner.set(runner.index_of(x), wide)
    runner.invoke()
    assert np.array_equal(runner.get(runner.index_of(y)), -wide)
    assert runner.details(y)["shape"].tolist() == list(wide.shape) == list(runner.shape(y))
    assert np.shares_memory(runner.view(runner.index_of(y)), runner.view(runner.index_of(y)))
    assert not np.shares_memory(runner.get(runner.index_of(y)), runner.view(runner.index_of(y)))
    assert [other.is_allocated for other in interpreter.graph_runners] == [other is runner for other in interpreter.graph_runners]


@pytest.mark.parametrize("index", [-1, 2, 0.5, "a", None])
def test_graphs_that_are_not_there(index: object) -> None:
    with pytest.raises(TensorError, match=r"there is no graph .*: the model has \d\. Graphs are counted from 0"):
        Interpreter(two_signatures()).get_graph_runner(index)  # type: ignore[arg-type]


CALLS: dict[str, Callable[[GraphRunner], object]] = {
    "plan": lambda runner: runner.plan,
    "resize": lambda runner: runner.resize(0, [2, 4]),
    "allocate": GraphRunner.allocate,
    "set": lambda runner: runner.set(0, X),
    "invoke": GraphRunner.invoke,
    "get": lambda runner: runner.get(0),
    "view": lambda runner: runner.view(0),
}


@pytest.mark.parametrize("call", CALLS)
def test_runners_of_a_closed_interpreter_say_so(call: str) -> None:
    with ready(chain()) as interpreter:
        runner = interpreter.get_graph_runner()
        runner.invoke()
    with pytest.raises(InvokeError, match=r"the interpreter is closed\. Make another one"):
        CALLS[call](runner)
    assert not runner.is_allocated


def test_what_is_exclusive_keeps_runs_out() -> None:
    interpreter = ready(chain(), num_threads=2)
    runner = interpreter.get_graph_runner()
    refused: list[InvokeError] = []

    def run() -> None:
        with pytest.raises(InvokeError) as caught:
            interpreter.invoke()
        refused.append(caught.value)

    with runner.exclusive():
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        for use in (interpreter.invoke, interpreter.clone, lambda: runner.exclusive().__enter__()):
            with pytest.raises(InvokeError, match="the interpreter is in the middle of a run"):
                use()
    assert "running in another thread" in str(refused[0])
    interpreter.invoke()
