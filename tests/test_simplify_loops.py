"""Passes over loops: variables that are always equal, that nobody needs, that LiteRT would overwrite."""

from __future__ import annotations

import numpy as np

from tinylite import Interpreter
from tinylite.model import Graph, Model, Op, Tensor, called_graphs
from tinylite.passes.simplify_loops import copy_moved_variables, drop_repeated_operands, simplify_loops


def scalar(name: str, value: int | None = None) -> Tensor:
    tensor = Tensor(name, (), "INT32", has_rank=True)
    if value is not None:
        tensor.data = np.array(value, np.int32)
    return tensor


def add(a: Tensor, b: Tensor, name: str) -> Op:
    return Op("ADD", [a, b], [scalar(name)], fused_activation_function="NONE")


def loop(steps: list[int], starts: list[int], limit: int = 5) -> tuple[Graph, Op]:
    """A graph that counts variables up until the first reaches a limit, and returns the last."""
    places = range(len(steps))
    conds, bodies = ([scalar(f"{name}{place}") for place in places] for name in ("c", "b"))
    less = Op("LESS", [conds[0], scalar("limit", limit)], [Tensor("less", (), "BOOL", has_rank=True)])
    adds = [add(bodies[place], scalar(f"step{place}", steps[place]), f"next{place}") for place in places]
    cond = Graph("cond", conds, [less.outputs[0]], [less])
    body = Graph("body", bodies, [op.outputs[0] for op in adds], adds)
    ends = [scalar(f"end{place}") for place in places]
    x, zero = Tensor("x", (1,), "INT32", has_rank=True), [scalar(f"start{place}", starts[place]) for place in places]
    op = Op("WHILE", zero, ends, cond_subgraph_index=cond, body_subgraph_index=body)
    last = Op("ADD", [x, ends[-1]], [Tensor("y", (1,), "INT32", has_rank=True)], fused_activation_function="NONE")
    return Graph("main", [x], [last.outputs[0]], [op, last]), op


def run(graph: Graph, x: int = 100) -> int:
    for each in called_graphs(graph):
        each.tensors = []
    interpreter = Interpreter(model_content=Model(called_graphs(graph)).to_bytes())
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], np.array([x], np.int32))
    interpreter.invoke()
    return int(interpreter.get_tensor(interpreter.get_output_details()[0]["index"])[0])


def test_equal_variables_become_one() -> None:
    graph, op = loop([1, 1, 1], [0, 0, 0])
    assert simplify_loops(graph) == 2
    assert len(op.inputs) == len(op.outputs) == 1
    assert run(graph) == 105


def test_variables_that_begin_or_step_otherwise_stay() -> None:
    for steps, starts, wanted in (([1, 2], [0, 0], 110), ([1, 1], [0, 3], 108)):
        graph, op = loop(steps, starts)
        assert simplify_loops(graph) == 0 and len(op.inputs) == 2
        assert run(graph) == wanted


def test_variables_that_nobody_needs_go() -> None:
    graph, op = loop([1, 2, 3], [0, 0, 0])
    assert simplify_loops(graph) == 1
    assert [tensor.name for tensor in op.outputs] == ["end0", "end2"]
    assert run(graph) == 115


def test_variables_that_others_are_made_of_stay() -> None:
    graph, op = loop([1, 2, 3], [0, 0, 0])
    body = op.options.body_subgraph_index
    body.ops[2].inputs[1] = body.inputs[1]  # the last adds up the second
    assert simplify_loops(graph) == 0
    assert run(graph) == 100 + 0 + 2 + 4 + 6 + 8


def test_a_loop_that_is_the_output_keeps_its_variables() -> None:
    graph, op = loop([1, 1], [0, 0])
    graph.outputs = list(op.outputs)
    assert simplify_loops(graph) == 0


def test_variables_that_move_to_places_behind_are_copied() -> None:
    graph, op = loop([1, 0, 0], [0, 7, 9])
    body = op.options.body_subgraph_index
    body.outputs[1:] = [body.inputs[2], body.inputs[1]]
    assert copy_moved_variables(graph) == 1
    assert body.ops[-1].code == "RESHAPE" and body.outputs[2] is body.ops[-1].outputs[0]
    assert run(graph) == 107  # after five swaps


def test_a_tensor_and_itself_need_no_operator() -> None:
    x = Tensor("x", (2,), "BOOL", has_rank=True)
    ops = [Op("LOGICAL_NOT", [x], [Tensor("a", (2,), "BOOL", has_rank=True)])]
    ops.append(Op("LOGICAL_AND", [ops[0].outputs[0]] * 2, [Tensor("y", (2,), "BOOL", has_rank=True)]))
    graph = Graph("main", [x], [ops[1].outputs[0]], ops)
    assert drop_repeated_operands(graph) == 1
    assert [op.code for op in graph.ops] == ["LOGICAL_NOT"] and graph.outputs[0].name == "y"
    graph = Graph("main", [x], [Tensor("y", (2,), "BOOL", has_rank=True)])
    graph.ops = [Op("LOGICAL_OR", [x, x], graph.outputs)]
    assert drop_repeated_operands(graph) == 0
