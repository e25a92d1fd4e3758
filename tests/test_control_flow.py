"""Control flow beyond single ops: nesting, shapes that change, variables, errors and what comes after them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from tinylite.engine.plan import Plan
from tinylite.errors import InvokeError, ModelError, UnsupportedError
from tinylite.interpreter import Interpreter
from tinylite.model import Graph, Model, Op, Signature, Tensor
from tinylite.report.describe import describe, tables
from tinylite.report.profile import profile

from .conftest import assert_close, feed_and_run, litert_interpreter
from .graphs import Maker, branch, constant, like, loop, model, nonzero
from .small_models import ready
from .variables import assigns, handle, once, reads

COUNT = Tensor("count", (), "INT32", has_rank=True)
X = Tensor("x", (1, 3), has_rank=True)
ROW = np.array([[1, 2, 3]], np.float32)


def turns(count: int) -> np.ndarray:
    return np.array(count, np.int32)


def looping(turn: Callable[..., Sequence[Tensor]], *others: Tensor) -> Model:
    """A model that is one loop over a counter and `others`; its outputs are computed from the loop's."""
    variables = [COUNT, *(others or [X])]
    maker = Maker("main", like(variables))
    found = maker.call("WHILE", *maker.graph.inputs, outputs=variables, **loop(variables, turn))
    return model(maker.gives(*(maker.add("ADD", value, constant(1, np.int32 if value.type == "INT32" else np.float32)) for value in found)))


def doubled(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    return [maker.add("ADD", x, x)]


def longer(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    """A row more. What it is depends on the counter."""
    row = maker.add("CAST", maker.add("ADD", count, constant([[0, 1, 2]], np.int32)), type="FLOAT32", in_data_type="INT32")
    return [maker.add("CONCATENATION", x, row, axis=0)]


def both(content: bytes, *feeds: list[Any], **options: Any) -> Interpreter:
    """Compare with LiteRT on each of the feeds, one after the other in the same interpreters; returns ours."""
    ours, theirs = ready(content, **options), litert_interpreter(content)
    for fed in feeds:
        assert_close(feed_and_run(ours, fed, 1), feed_and_run(theirs, fed, 1), 1e-5)
    return ours


# ---- loops


def test_a_loop_of_fixed_shapes_is_one_native_call() -> None:
    ours = both(looping(doubled).to_bytes(), *([turns(count), ROW] for count in (3, 0, 1, 10)))
    assert ours.plan.static


def test_a_loop_may_grow_its_variables() -> None:
    content = looping(longer).to_bytes()
    ours = both(content, *([turns(count), ROW] for count in (3, 0, 5, 5, 2)))
    assert not ours.plan.static
    assert ours.get_tensor(ours.get_output_details()[1]["index"]).shape == (3, 3)


def test_variables_that_change_places() -> None:
    """LiteRT copies them one by one, each over what the next one needs."""

    def turn(maker: Maker, count: Tensor, a: Tensor, b: Tensor, c: Tensor) -> list[Tensor]:
        return [b, c, a]

    ours = ready(looping(turn, *(Tensor(name, (2,)) for name in "abc")).to_bytes())
    rows = [np.full(2, value, np.float32) for value in (10, 20, 30)]
    found = feed_and_run(ours, [turns(4), *rows], 1)
    assert [value.tolist() for value in found[1:]] == [[21, 21], [31, 31], [11, 11]]


def test_variables_that_change_places_while_one_grows() -> None:
    def turn(maker: Maker, count: Tensor, a: Tensor, b: Tensor, x: Tensor) -> list[Tensor]:
        return [b, a, *longer(maker, count, x)]

    ours = ready(looping(turn, Tensor("a", (2,)), Tensor("b", (2,)), X).to_bytes())
    found = feed_and_run(ours, [turns(3), np.full(2, 10, np.float32), np.full(2, 20, np.float32), ROW], 1)
    assert [value.tolist() for value in found[1:3]] == [[21, 21], [11, 11]]
    assert found[3].shape == (4, 3)


def test_loops_within_loops() -> None:
    """The inner loop doubles as often as the outer counter says."""

    def outer(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        return maker.call("WHILE", count, x, outputs=[COUNT, X], **loop([COUNT, X], doubled))[1:]

    ours = both(looping(outer).to_bytes(), *([turns(count), ROW] for count in (3, 0, 1)))
    assert ours.plan.static


def test_growing_within_growing() -> None:
    def outer(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        return maker.call("WHILE", count, x, outputs=[COUNT, X], **loop([COUNT, X], longer))[1:]

    both(looping(outer).to_bytes(), *([turns(count), ROW] for count in (3, 0, 1, 4, 3)))


def test_a_branch_within_a_loop() -> None:
    """Every iteration but the last doubles, the last negates."""

    def turn(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        more = nonzero(maker, maker.add("SUB", count, constant(1, np.int32)))
        graphs = {"then_subgraph_index": branch("more", [X], lambda maker, x: [maker.add("ADD", x, x)]),
                  "else_subgraph_index": branch("last", [X], lambda maker, x: [maker.add("NEG", x)])}  # fmt: skip
        return maker.call("IF", more, x, outputs=[X], **graphs)

    ours = both(looping(turn).to_bytes(), *([turns(count), ROW] for count in (4, 1, 0)))
    assert ours.plan.static


def test_a_loop_within_a_branch_of_other_shapes() -> None:
    graphs = {
        "then_subgraph_index": branch(
            "grows", [COUNT, X], lambda maker, count, x: maker.call("WHILE", count, x, outputs=[COUNT, X], **loop([COUNT, X], longer))[1:]
        ),
        "else_subgraph_index": branch("stays", [COUNT, X], lambda maker, count, x: [maker.add("NEG", x)]),
    }
    maker = Maker("main", [Tensor("condition", (), "BOOL"), *like([COUNT, X])])
    (found,) = maker.call("IF", *maker.graph.inputs, outputs=[X], **graphs)
    content = model(maker.gives(maker.add("ABS", found))).to_bytes()
    both(content, *([np.array(chosen), turns(count), ROW] for chosen, count in ((True, 2), (False, 2), (True, 0), (True, 2), (False, 0))))


def test_a_shape_within_a_loop_that_the_counter_decides() -> None:
    """The body has its own cuts: TILE repeats as often as the counter says."""

    def turn(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        times = maker.add("CONCATENATION", maker.add("RESHAPE", count, shape=(1,), new_shape=[1]), constant([1], np.int32), axis=0)
        times.shape = (2,)
        tiled = maker.add("TILE", x, times)
        return [maker.add("SUM", tiled, constant([0], np.int32), keep_dims=True, shape=(1, 3))]

    both(looping(turn).to_bytes(), *([turns(count), ROW] for count in (4, 0, 2, 4)))


def test_a_scalar_and_a_list_of_one_are_the_same_to_a_loop() -> None:
    def turn(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        return [maker.add("ADD", x, constant([1]), shape=(1,))]

    ours = both(looping(turn, Tensor("x", ())).to_bytes(), *([turns(count), np.float32(2)] for count in (2, 0)))
    assert ours.plan.static


def test_inputs_may_be_resized() -> None:
    content = looping(doubled).to_bytes()
    ours, theirs = ready(content), litert_interpreter(content)
    for interpreter in (ours, theirs):
        interpreter.resize_tensor_input(interpreter.get_input_details()[1]["index"], [2, 3])
        interpreter.allocate_tensors()
    fed = [turns(3), np.repeat(ROW, 2, 0)]
    assert_close(feed_and_run(ours, fed, 1), feed_and_run(theirs, fed, 1), 0)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_after_a_long_loop_has_the_same_remedy_for_any_number_of_threads(threads: int) -> None:
    """With several threads, what follows a long loop is planned once it has run, though its shapes do not depend on it."""
    main = Maker("main", like([COUNT, X]))
    _, x = main.call("WHILE", *main.graph.inputs, outputs=[COUNT, X], **loop([COUNT, X], doubled))
    row = main.add("RESHAPE", x, constant([3], np.int32), shape=(3,))
    interpreter = Interpreter(model_content=model(main.gives(row)).to_bytes(), num_threads=threads)
    interpreter.resize_tensor_input(interpreter.get_input_details()[1]["index"], [1 << 17, 3])
    with pytest.raises(ModelError, match=r"do not fill the shape \[3\]. The model was made for 'count' \[\], 'x' \[1, 3\]: resize"):
        interpreter.allocate_tensors()
        interpreter.invoke()


def test_what_is_never_read_is_not_run_unless_it_changes_a_variable() -> None:
    def main(turn: Callable[..., Sequence[Tensor]]) -> bytes:
        maker = Maker("main", like([COUNT, X]))
        maker.call("WHILE", *maker.graph.inputs, outputs=[COUNT, X], **loop([COUNT, X], turn))
        read = Tensor("read", (1, 3))
        first = constant([[0, 0, 0]])
        maker.graph.ops[:0] = [once(assigns(first))]
        maker.graph.ops += reads(read)
        return model(maker.gives(read)).to_bytes()

    def writing(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        maker.graph.ops += assigns(x)
        return doubled(maker, count, x)

    for turn, wanted, steps in ((doubled, [0, 0, 0], 2), (writing, [4, 8, 12], 5)):
        ours = ready(main(turn))
        assert feed_and_run(ours, [turns(3), ROW], 1)[0].tolist() == [wanted]
        assert len(ours.plan.segments[0].steps) == steps


# ---- threads and memory


def test_large_bodies_are_shared_among_threads() -> None:
    large = Tensor("x", (128, 256))

    def turn(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        weights = constant(np.random.default_rng(1).uniform(-0.1, 0.1, (256, 256)))
        return [maker.add("FULLY_CONNECTED", x, weights, None, shape=(128, 256))]

    content = looping(turn, large).to_bytes()
    x = np.random.default_rng(0).normal(size=(128, 256)).astype(np.float32)
    alone, together = ready(content), ready(content, num_threads=3)
    assert alone.plan.static and not together.plan.static
    for a, b in zip(feed_and_run(alone, [turns(3), x], 2), feed_and_run(together, [turns(3), x], 2), strict=True):
        assert a.tobytes() == b.tobytes()


def test_long_loops_forget_what_was_planned_for_old_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.engine.plan._KEPT", 1_000_000)
    made: list[weakref.ref[Plan]] = []
    plan_of_called = Plan.called

    def called(*arguments: Any) -> Plan:
        plan = plan_of_called(*arguments)
        made.append(weakref.ref(plan))
        return plan

    monkeypatch.setattr(Plan, "called", called)
    interpreter = both(looping(longer).to_bytes(), *([turns(count), ROW] for count in (30, 2, 30)))
    gc.collect()
    kept = sum(plan() is not None for plan in made)
    assert len(made) > 60 and kept < 20, f"{kept} of {len(made)} plans are kept for {interpreter}"


@pytest.mark.parametrize("turn", [doubled, longer])
def test_all_tensors_are_kept_on_request(turn: Callable[..., Sequence[Tensor]]) -> None:
    content = looping(turn).to_bytes()
    ours = both(content, [turns(3), ROW], experimental_preserve_all_tensors=True)
    theirs = litert_interpreter(content, experimental_preserve_all_tensors=True)
    feed_and_run(theirs, [turns(3), ROW], 1)
    for entry in theirs.get_tensor_details():
        assert np.array_equal(ours.get_tensor(entry["index"]), theirs.get_tensor(entry["index"]))
    computed = [entry["index"] for entry in ours.get_tensor_details(2) if entry["name"].startswith("body")]
    assert len(computed) == len(Model.load(content).graphs[2].ops)
    for index in computed:
        assert np.array_equal(ours.get_tensor(index, 2), theirs.get_tensor(index, 2))


# ---- what is shown


@pytest.mark.parametrize("turn", [doubled, longer])
def test_profiles_and_descriptions(turn: Callable[..., Sequence[Tensor]]) -> None:
    content = looping(turn).to_bytes()
    ours = both(content, [turns(3), ROW])
    found = profile(ours, 3)
    assert [op.name for op in found.ops] == ["WHILE", "ADD", "ADD"]
    assert all(op.seconds > 0 for op in found.ops)
    memory = describe(Model.load(content))["graphs"][0]["memory"]
    assert (memory["dynamic_from"] is None) == (turn is doubled)
    assert list(tables(describe(Model.load(content))))


# ---- variables


def test_a_variable_is_common_to_all_graphs_and_outlasts_resizing() -> None:
    value, read, x = Tensor("value", (2,)), Tensor("read", (2,), has_rank=True), Tensor("x", (2,))
    write, look = Graph("write", [value], [], assigns(value)), Maker("look", [x])
    look.graph.ops += reads(read)
    looked = look.gives(look.add("ADD", read, x))
    signatures = [Signature("write", write, {"value": value}, {}), Signature("look", looked, {"x": x}, {"sum": looked.outputs[0]})]
    content = Model([looked, write], signatures=signatures).to_bytes()
    ours, theirs = Interpreter(model_content=content), litert_interpreter(content)
    look_ours, look_theirs = (one.get_signature_runner("look") for one in (ours, theirs))
    zeros = np.zeros(2, np.float32)
    with pytest.raises(InvokeError, match=r"op 1 READ_VARIABLE .*the variable 'state' has no value yet: nothing was assigned to it"):
        look_ours(x=zeros)
    for values in ([1, 2], [3, 4]):
        for one in (ours, theirs):
            one.get_signature_runner("write")(value=np.array(values, np.float32))
        assert look_ours(x=zeros)["sum"].tolist() == look_theirs(x=zeros)["sum"].tolist() == values
    ours.get_signature_runner("write")(value=np.array([5, 6, 7], np.float32))
    assert look_ours(x=np.zeros(1, np.float32))["sum"].tolist() == [5, 6, 7]


def test_a_variable_may_grow_from_run_to_run() -> None:
    before, x = Tensor("before", (), has_rank=False), Tensor("x", (1, 3))
    first = constant(np.zeros((1, 3)))
    read = reads(before)
    after = Tensor("after", (), has_rank=False)
    ops = [
        once(assigns(first)),
        *read,
        Op("CONCATENATION", [before, x], [after], axis=0),
        Op("ASSIGN_VARIABLE", [read[0].outputs[0], after], []),
    ]
    both(model(Graph("main", [x], [after], ops)).to_bytes(), *([ROW * factor] for factor in range(1, 5)))


def test_a_variable_may_grow_within_a_loop() -> None:
    def turn(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        before = Tensor("before", ())
        maker.graph.ops += reads(before)
        maker.graph.ops += assigns(maker.add("CONCATENATION", before, x, axis=0, shape=()))
        return [maker.add("NEG", x)]

    maker = Maker("main", like([COUNT, X]))
    maker.graph.ops.append(once(assigns(constant(np.zeros((1, 3))))))
    found = maker.call("WHILE", *maker.graph.inputs, outputs=[COUNT, X], **loop([COUNT, X], turn))
    after = Tensor("after", ())
    maker.graph.ops += reads(after)
    both(model(maker.gives(after, *found)).to_bytes(), *([turns(count), ROW] for count in (2, 0, 3)))


def test_a_variable_may_be_left_in_either_of_two_shapes() -> None:
    graphs = {
        f"{side}_subgraph_index": branch(side, [], lambda maker, n=n: maker.graph.ops.extend(assigns(constant(np.ones((n, 2))))) or [])
        for side, n in (("then", 1), ("else", 2))
    }
    maker, after = Maker("main", [Tensor("condition", (), "BOOL")]), Tensor("after", ())
    maker.call("IF", *maker.graph.inputs, outputs=[], **graphs)
    maker.graph.ops += reads(after)
    ours = ready(model(maker.gives(after)).to_bytes())
    for chosen in (True, False, False, True):
        assert feed_and_run(ours, [np.array(chosen)], 1)[0].shape == (1 if chosen else 2, 2)


def test_a_graph_runs_once_however_often_it_is_called() -> None:
    first, read = constant([1]), Tensor("read", (1,), has_rank=True)
    init = once(assigns(first))
    again = Op("CALL_ONCE", [], [], init_subgraph_index=init.graphs[0])
    x, total = Tensor("x", (1,)), Tensor("total", (1,))
    write = handle()
    ops = [init, *reads(read), Op("ADD", [read, x], [total]), write, Op("ASSIGN_VARIABLE", [write.outputs[0], total], []), again]
    both(model(Graph("main", [x], [total], ops)).to_bytes(), *([np.ones(1, np.float32)] for _ in range(3)))


# ---- errors


def failing(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    """Takes an element that is there only while the counter is below 4."""
    return [maker.add("ADD", x, maker.add("GATHER", constant([1, 2, 3, 4]), count, shape=(), axis=0))]


def failing_and_growing(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    return longer(maker, count, *failing(maker, count, x))


@pytest.mark.parametrize("turn", [failing, failing_and_growing])
def test_an_error_says_where_it_was_and_leaves_the_interpreter_usable(turn: Callable[..., Sequence[Tensor]]) -> None:
    ours = both(looping(turn).to_bytes(), [turns(3), ROW])
    where = r"graph 0, op 0 WHILE .*, graph 'body', op 0 GATHER version 1 \(output 'body_0'\): an index in 'count'"
    for _ in range(2):
        with pytest.raises(InvokeError, match=where):
            feed_and_run(ours, [turns(4), ROW], 1)
        assert feed_and_run(ours, [turns(1), ROW], 1)[0] == 1


def test_an_error_within_nested_graphs() -> None:
    def outer(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
        return maker.call("WHILE", count, x, outputs=[COUNT, X], **loop([COUNT, X], failing))[1:]

    ours = ready(looping(outer).to_bytes())
    with pytest.raises(InvokeError, match=r"op 0 WHILE .*, graph 'body', op 0 WHILE .*, graph 'body', op 0 GATHER"):
        feed_and_run(ours, [turns(4), ROW], 1)


@pytest.mark.parametrize("turn", [doubled, longer])
def test_turns_may_be_limited(turn: Callable[..., Sequence[Tensor]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MAX_LOOP_ITERATIONS", "5")
    ours = ready(looping(turn).to_bytes())
    feed_and_run(ours, [turns(5), ROW], 1)
    with pytest.raises(
        InvokeError, match=r"op 0 WHILE .*: it has not ended after 5 iterations, the limit that TINYLITE_MAX_LOOP_ITERATIONS sets"
    ):
        feed_and_run(ours, [turns(6), ROW], 1)


@pytest.mark.parametrize(("change", "problem"), [
    (lambda op, cond, body: cond.inputs.pop(), "its graph 'cond' has 1 inputs, where 2 are wanted"),
    (lambda op, cond, body: body.outputs.pop(), "its graph 'body' has 1 outputs, where 2 are wanted"),
    (lambda op, cond, body: op.inputs.pop(), "it has 1 inputs and 2 outputs, not as many"),
    (lambda op, cond, body: setattr(cond.inputs[1], "type", "INT32"), "input 1 of its graph 'cond', 'x', is INT32, where 'x' (FLOAT32"),
    (lambda op, cond, body: setattr(cond, "outputs", cond.inputs[1:]), "its condition 'cond' returns Tensor('x', FLOAT32 [1, 3])"),
    (lambda op, cond, body: setattr(cond, "inputs", cond.inputs[:1] * 2), "its graph 'cond' has one tensor as two inputs"),
    (lambda op, cond, body: setattr(op.options, "cond_subgraph_index", body), "one graph, 'body', is both its condition and its body"),
    (lambda op, cond, body: body.outputs.reverse(), "output 0 of its graph 'body', 'body_0', is FLOAT32, where 'count' (INT32"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(change: Callable[[Op, Graph, Graph], object], problem: str) -> None:
    broken = looping(doubled)
    main, *called = broken.graphs
    change(main.ops[0], *called)
    with pytest.raises(ModelError) as caught:
        ready(broken.to_bytes())
    assert problem in caught.value.problem
    assert caught.value.places[0].startswith("op 0 WHILE")


def test_a_condition_of_several_elements_is_refused() -> None:
    wide = Tensor("count", (2,), "INT32")
    maker = Maker("main", like([wide, X]))
    found = maker.call("WHILE", *maker.graph.inputs, outputs=[wide, X], **loop([wide, X], doubled))
    with pytest.raises(ModelError, match=r"its condition returns the shape \[2\], where one BOOL is wanted"):
        ready(model(maker.gives(*found)).to_bytes())


def test_a_graph_that_calls_itself_is_refused() -> None:
    broken = looping(doubled)
    _, cond, turn = broken.graphs
    again = like([COUNT, X], "_again")
    turn.ops.append(Op("WHILE", turn.outputs, again, cond_subgraph_index=cond, body_subgraph_index=turn))
    turn.outputs = again
    with pytest.raises(ModelError, match=r"op 2 WHILE .*: a graph calls itself: 'main' calls 'body' calls 'body'"):
        ready(broken.to_bytes())


def nested_branches(depth: int) -> Model:
    """Branches in branches: both of each call the next."""
    variables = [Tensor("condition", (), "BOOL"), X]
    innermost = branch("level0", variables, lambda maker, condition, x: [maker.add("NEG", x)])
    for level in range(1, depth):

        def call(maker: Maker, condition: Tensor, x: Tensor, next: Graph = innermost) -> list[Tensor]:
            return maker.call("IF", condition, condition, x, outputs=[X], then_subgraph_index=next, else_subgraph_index=next)

        innermost = branch(f"level{level}", variables, call)
    return model(innermost)


def test_graphs_may_call_graphs_only_so_deep_and_so_often() -> None:
    assert ready(nested_branches(5).to_bytes()) is not None
    with pytest.raises(UnsupportedError, match="graphs call graphs more than 1000 times"):
        ready(nested_branches(12).to_bytes())
    with pytest.raises(UnsupportedError, match="graphs call graphs more than 32 deep"):
        ready(nested_branches(40).to_bytes())


def test_a_variable_of_a_called_graph_is_refused() -> None:
    broken = looping(doubled)
    state = Tensor("state", (1, 3), is_variable=True)
    broken.graphs[2].tensors.append(state)
    with pytest.raises(UnsupportedError, match=r"graph 'body', tensor 0 'state': it is a variable of a graph that another one calls"):
        ready(broken.to_bytes())


def test_graph_0_looks_at_variables_after_another_graph_was_planned_again() -> None:
    """A short run of it is one native call, which must not be made for the shapes that variables had before."""
    value, read = Tensor("value", (2,)), Tensor("read", (2,), has_rank=True)
    write, look = Graph("write", [value], [], assigns(value)), Maker("look", [])
    look.graph.ops += reads(read)
    looked = look.gives(look.add("NEG", read))
    ours = Interpreter(model_content=Model([looked, write]).to_bytes())
    main, writer = ours.graph_runners

    def put(values: list[float]) -> None:
        writer.resize(writer.index_of(writer.graph.inputs[0]), [len(values)])
        writer.allocate()
        writer.set(writer.index_of(writer.graph.inputs[0]), np.array(values, np.float32))
        writer.invoke()

    put([1, 2])
    ours.allocate_tensors()
    ours.invoke()
    assert main.short is not None
    put([1, 2, 3])
    writer.resize(writer.index_of(writer.graph.inputs[0]), [4])
    writer.allocate()
    ours.invoke()
    assert main.get(main.index_of(main.graph.outputs[0])).tolist() == [-1, -2, -3]
