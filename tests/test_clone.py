"""Clones of interpreters: what they share, what is their own, and that they compute the same at the same time."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import Graph, Interpreter, InvokeError, Model, Op, Signature, Tensor
from tinylite.engine.plan import Plan
from tinylite.engine.planner import Planner

from .conftest import feed_and_run
from .graphs import constant, model
from .small_models import X, chain, ready, reshaped, run, two_signatures
from .test_control_flow import ROW, doubled, failing, longer, looping, turns
from .test_ops import MODULES
from .variables import assigns, once, reads


def bits(arrays: list[np.ndarray]) -> list[tuple[tuple[int, ...], bytes]]:
    return [(array.shape, array.tobytes()) for array in arrays]


def together(count: int, work: Callable[[int], object]) -> None:
    """Run `work` in so many threads at once; raises what one of them raises."""
    failed: list[BaseException] = []
    barrier = threading.Barrier(count)

    def one(number: int) -> None:
        try:
            barrier.wait()
            work(number)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]


def fed_in_threads(base: Interpreter, feeds: list[list[Any]], clones: int = 8, rounds: int = 5) -> None:
    """Compare clones that run at once with new interpreters that do so alone; every feed must be in fresh state the same."""
    wanted = [bits(feed_and_run(base.clone(), feed, 1)) for feed in feeds]
    made = [base.clone() for _ in range(clones)]

    def work(number: int) -> None:
        for turn in range(rounds):
            index = (number + turn) % len(feeds)
            assert bits(feed_and_run(made[number], feeds[index], 1)) == wanted[index]

    together(clones, work)
    assert len({str(each) for each in wanted}) == len(feeds)  # otherwise mixing them up would not be seen


# ---- what is shared


def planners(interpreter: Interpreter) -> list[Planner]:
    plan: Plan = interpreter.plan
    return [part.planner for part in plan._way()]


def test_weights_are_packed_once(monkeypatch: pytest.MonkeyPatch, shared: Path) -> None:
    """Nothing is planned or packed for a clone: it has the very arrays of the first."""
    base = Interpreter(shared / "models" / "resnet8_int8.tflite")
    base.allocate_tensors()

    def refused(*_: object, **__: object) -> None:
        raise AssertionError("planned again")

    monkeypatch.setattr(Planner, "array", refused)
    monkeypatch.setattr(Planner, "plan", refused)
    clone = base.clone()
    mine, theirs = planners(base)[0], planners(clone)[0]
    assert sum(array.nbytes for array in mine.arrays.values()) > 50_000
    assert all(theirs.arrays[key] is array for key, array in mine.arrays.items()) and len(theirs.arrays) == len(mine.arrays)
    assert clone.model is base.model


def test_memory_is_not_shared() -> None:
    base = ready(chain())
    base.set_tensor(0, X)
    base.invoke()
    clone = base.clone()
    assert np.array_equal(clone.get_tensor(0), X) and np.array_equal(clone.get_tensor(2), np.abs(X))
    clone.set_tensor(0, X + 1)
    clone.invoke()
    assert np.array_equal(base.get_tensor(0), X) and np.array_equal(base.get_tensor(2), np.abs(X))
    assert not np.shares_memory(base.tensor(0)(), clone.tensor(0)())
    base.set_tensor(0, X + 2)
    assert np.array_equal(clone.get_tensor(2), np.abs(X + 1))


@pytest.mark.parametrize("operator", MODULES)
def test_kernels_write_nothing_that_clones_share(operator: str) -> None:
    """For every operator: what its steps share is the same after runs, and a clone goes on as the first does."""
    for case in MODULES[operator].CASES:
        base = ready(case.model().to_bytes())
        before = [(array, array.tobytes()) for part in planners(base) for array in part.arrays.values()]
        assert before or operator not in ("conv_2d", "fully_connected", "depthwise_conv_2d", "transpose_conv"), "packed weights are shared"
        for clone in (base.clone(), base):
            feed_and_run(clone, case.feeds(), case.runs)
        assert all(array.tobytes() == content for array, content in before), case.name
        first, second = (bits(feed_and_run(each, case.feeds(), 2)) for each in (base.clone(), base))
        seeds = [getattr(op.options, name, 1) for op in case.model().graph.ops for name in ("seed", "seed2")]
        assert first == second or (operator.startswith(("random", "multinomial")) and not any(seeds)), case.name


def test_shapes_are_each_clone_s_own() -> None:
    base = ready(chain())
    clone = base.clone()
    clone.resize_tensor_input(0, [3, 4])
    clone.allocate_tensors()
    assert run(clone, np.repeat(X, 3, 0)).shape == (3, 4) and run(base, X).shape == (1, 4)
    unready = Interpreter(chain()).clone()
    with pytest.raises(InvokeError, match="not ready"):
        unready.invoke()
    unready.allocate_tensors()
    assert np.array_equal(run(unready, X), np.abs(X))


# ---- at the same time


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("name", ["resnet8_int8", "kws_float", "mnist_lstm_int8"])
def test_clones_of_real_models_run_at_once(name: str, keep: bool, threads: int, shared: Path) -> None:
    base = Interpreter(shared / "models" / f"{name}.tflite", num_threads=threads, experimental_preserve_all_tensors=keep)
    base.allocate_tensors()
    (entry,) = base.get_input_details()
    rng = np.random.default_rng(0)
    values = [rng.uniform(-100, 100, entry["shape"]).astype(entry["dtype"]) for _ in range(4)]
    wanted = []
    for value in values:
        fresh = base.clone()
        wanted.append(bits(feed_and_run(fresh, [value], 1)))
    made = [base.clone() for _ in range(8)]

    def work(number: int) -> None:
        for turn in range(5):
            made[number].reset_all_variables()
            assert bits(feed_and_run(made[number], [values[(number + turn) % 4]], 1)) == wanted[(number + turn) % 4]

    together(8, work)


@pytest.mark.parametrize("warm", [False, True], ids=["planned_by_clones", "planned_before"])
@pytest.mark.parametrize("threads", [1, 2])
def test_plans_that_are_cut(warm: bool, threads: int) -> None:
    """Shapes that only a run knows: the parts after that are those of the first, or each clone plans its own."""
    base = ready(reshaped(), num_threads=threads)
    x = np.arange(12, dtype=np.float32).reshape(2, 6)
    feeds = [[x, np.array(shape, np.int32)] for shape in ([3, 4], [4, 3], [12, 1], [1, 12])]
    for feed in feeds[:2] if warm else ():
        feed_and_run(base, feed, 1)
    fed_in_threads(base, feeds)


@pytest.mark.parametrize("turn", [doubled, longer])
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("keep", [False, True])
def test_loops(turn: Callable[..., Any], threads: int, keep: bool) -> None:
    """Natively, and from Python where variables grow."""
    base = ready(looping(turn).to_bytes(), num_threads=threads, experimental_preserve_all_tensors=keep)
    feed_and_run(base, [turns(2), ROW], 1)
    fed_in_threads(base, [[turns(count), ROW * factor] for count, factor in ((1, 1), (3, 2), (5, 3))])


def test_intermediates_within_a_loop_are_each_clone_s_own() -> None:
    base = ready(looping(doubled).to_bytes(), experimental_preserve_all_tensors=True)
    feed_and_run(base, [turns(3), ROW], 1)
    clone = base.clone()
    feed_and_run(clone, [turns(3), ROW * 10], 1)
    body = next(index for index in range(base.num_subgraphs()) if len(base.get_tensor_details(index)) > 2 and index)
    found = [[each.get_tensor(entry["index"], body) for entry in each.get_tensor_details(body)] for each in (base, clone)]
    mine, theirs = ([array for array in arrays if array.shape == (1, 3)] for arrays in found)
    assert mine and all(np.array_equal(a * 10, b) for a, b in zip(mine, theirs, strict=True))


def test_what_is_planned_behind_a_cut_is_packed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    base = ready(reshaped())
    feed = [np.ones((2, 6), np.float32), np.array([3, 4], np.int32)]
    feed_and_run(base, feed, 1)
    made = []
    monkeypatch.setattr(Planner, "plan", lambda *_: made.append(1))
    feed_and_run(base.clone(), feed, 1)
    assert not made


# ---- state


def counting() -> bytes:
    """What runs were fed, added up from 1 in a variable."""
    first, read, x, total = constant([1]), Tensor("read", (1,), has_rank=True), Tensor("x", (1,)), Tensor("total", (1,))
    read_ops = reads(read)
    ops = [once(assigns(first)), *read_ops, Op("ADD", [read, x], [total]), Op("ASSIGN_VARIABLE", [read_ops[0].outputs[0], total], [])]
    return model(Graph("main", [x], [total], ops)).to_bytes()


def growing() -> bytes:
    """A variable that is a row longer after each run."""
    before, x, after = Tensor("before", (), has_rank=False), Tensor("x", (1, 3)), Tensor("after", (), has_rank=False)
    read = reads(before)
    ops = [once(assigns(constant(np.zeros((0, 3))))), *read, Op("CONCATENATION", [before, x], [after], axis=0)]
    return model(Graph("main", [x], [after], [*ops, Op("ASSIGN_VARIABLE", [read[0].outputs[0], after], [])])).to_bytes()


def test_variables_go_on_from_where_they_are_each_for_itself() -> None:
    base = ready(counting())
    one = np.ones(1, np.float32)
    assert [run(base, one).item() for _ in range(3)] == [2, 3, 4]
    clone = base.clone()
    assert [run(clone, one * 10).item() for _ in range(2)] == [14, 24]
    assert run(base, one).item() == 5
    again = clone.clone()
    assert run(again, one).item() == 25 and run(clone, one).item() == 25 and run(base.clone(), one).item() == 6
    fresh = Interpreter(counting()).clone()
    fresh.allocate_tensors()
    assert run(fresh, one).item() == 2


def test_variables_that_grow_grow_in_each_clone() -> None:
    base = ready(growing())
    rows = np.arange(3, dtype=np.float32).reshape(1, 3)
    run(base, rows)
    made = [base.clone() for _ in range(6)]

    def work(number: int) -> None:
        for turn in range(1, 6):
            found = run(made[number], rows + number)
            assert found.tolist() == [rows[0].tolist()] + [(rows[0] + number).tolist()] * turn

    together(6, work)
    assert run(base, rows).shape == (2, 3)


def test_variables_that_are_read_behind_a_cut() -> None:
    """What is planned there, by each clone for itself, is for the shape that the variable has in this clone."""
    x, shape, y = Tensor("x", (1, 6)), Tensor("shape", (2,), "INT32"), Tensor("y", ())
    value, read, after = Tensor("value", (1, 3)), Tensor("read", (), has_rank=False), Tensor("after", (), has_rank=False)
    joined = [Op("RESHAPE", [x, shape], [y]), *reads(read), Op("CONCATENATION", [read, y], [after], axis=0)]
    look, write = Graph("look", [x, shape], [after], joined), Graph("write", [value], [], assigns(value))
    signatures = [Signature("look", look, {"x": x, "shape": shape}, {"after": after}), Signature("write", write, {"value": value}, {})]
    base = Interpreter(Model([look, write], signatures=signatures))
    base.allocate_tensors()
    made = [base, base.clone(), base.clone()]
    feed = {"x": np.zeros((1, 6), np.float32), "shape": np.array([2, 3], np.int32)}
    for number, each in enumerate(made, 1):
        each.get_signature_runner("write")(value=np.full((number, 3), number, np.float32))
    for number, each in enumerate(made, 1):
        found = each.get_signature_runner("look")(**feed)["after"]
        assert found.shape == (number + 2, 3) and found[0, 0] == number


def test_clones_of_a_growing_clone_agree_about_forms() -> None:
    base = ready(growing())
    row = np.ones((1, 3), np.float32)
    chain = [base]
    for _ in range(4):
        run(chain[-1], row)
        chain.append(chain[-1].clone())
    assert [len(run(each, row)) for each in chain] == [2, 3, 4, 5, 5]


def test_random_numbers_without_seeds_differ_and_with_seeds_go_on() -> None:
    def random(**seeds: int) -> Interpreter:
        shape, y = Tensor("shape", (1,), "INT32"), Tensor("y", (8,))
        shape.data = np.array([8], np.int32)
        return ready(Model([Graph("main", [], [y], [Op("RANDOM_UNIFORM", [shape], [y], **seeds)])]).to_bytes())

    base = random()
    run(base)
    found = [run(each).tobytes() for each in (base.clone(), base.clone(), base)]
    assert len(set(found)) == 3
    seeded = random(seed=1, seed2=2)
    run(seeded)
    clone = seeded.clone()
    assert run(clone).tobytes() == run(seeded).tobytes() and run(clone).tobytes() == run(seeded).tobytes()


def test_signatures_of_a_clone_run_in_the_clone() -> None:
    base = Interpreter(two_signatures())
    first = base.get_signature_runner("minus")
    first(x=X)
    second = base.clone().get_signature_runner("minus")
    assert np.array_equal(second(x=X * 2)["out"], -X * 2) and np.array_equal(first(x=X)["out"], -X)


def test_errors_in_a_clone_are_its_own() -> None:
    base = ready(looping(failing).to_bytes())
    wanted = bits(feed_and_run(base, [turns(2), ROW], 1))
    clone = base.clone()
    with pytest.raises(InvokeError, match="GATHER"):
        feed_and_run(clone, [turns(6), ROW], 1)
    assert bits(feed_and_run(base, [turns(2), ROW], 1)) == wanted == bits(feed_and_run(clone, [turns(2), ROW], 1))


def test_a_clone_outlives_the_first() -> None:
    base = ready(chain())
    clone = base.clone()
    base.close()
    assert np.array_equal(run(clone, X), np.abs(X))
    with pytest.raises(InvokeError, match="the interpreter is closed"):
        base.clone()


def test_a_clone_waits_for_a_run_in_another_thread() -> None:
    base = ready(chain())
    made: list[Interpreter] = []
    with base.get_graph_runner().exclusive():
        thread = threading.Thread(target=lambda: made.append(base.clone()))
        thread.start()
        thread.join(0.05)
        assert not made
    thread.join()
    assert np.array_equal(run(made[0], X), np.abs(X))


# ---- copies and pickles


@pytest.mark.parametrize("make", [copy.copy, copy.deepcopy])
def test_copies_are_clones(make: Callable[[Interpreter], Interpreter]) -> None:
    base = ready(counting())
    one = np.ones(1, np.float32)
    run(base, one)
    made = make(base)
    assert run(made, one).item() == run(base, one).item() == 3


def test_a_pickle_has_model_settings_and_shapes() -> None:
    base = Interpreter(counting(), num_threads=2, experimental_preserve_all_tensors=True)
    unready = pickle.loads(pickle.dumps(base))
    with pytest.raises(InvokeError, match="not ready"):
        unready.invoke()
    base.resize_tensor_input(0, [1])
    base.allocate_tensors()
    one = np.ones(1, np.float32)
    run(base, one)
    made = pickle.loads(pickle.dumps(base))
    assert run(made, one).item() == 2  # what variables hold is not in it
    assert made.plan.settings.threads == 2 and made.plan.settings.keep_all
    resized = Interpreter(chain())
    resized.resize_tensor_input(0, [5, 4])
    resized.allocate_tensors()
    assert pickle.loads(pickle.dumps(resized)).get_output_details()[0]["shape"].tolist() == [5, 4]
