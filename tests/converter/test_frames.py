"""Functions, conditionals and loops in graphs written by hand, which need no TensorFlow; and what is said of broken ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinylite import Interpreter
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.errors import ConvertError, OutOfMemoryError
from tinylite.files.graphdef import Function, FunctionRef, GraphDef, Node
from tinylite.model import Graph, Model


def const(name: str, value: Any, *controls: str) -> Node:
    return Node(name, "Const", list(controls), {"value": np.asarray(value)})


def placeholder(name: str = "x", shape: tuple[int, ...] = (2,), dtype: str = "FLOAT32") -> Node:
    return Node(name, "Placeholder", [], {"dtype": dtype, "shape": shape})


def node(name: str, op: str, *inputs: str, **attributes: Any) -> Node:
    return Node(name, op, list(inputs), attributes)


def converted(nodes: list[Node], outputs: list[str], inputs: tuple[str, ...] = ("x",), *functions: Function) -> Model:
    graph = GraphDef(nodes, {function.name: function for function in functions})
    return Conversion(graph, Arrays(list(inputs)), Arrays(outputs)).model


def codes(graph: Graph) -> list[str]:
    return [op.code for op in graph.ops]


def run(model: Model, *values: Any) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), values, strict=True):
        interpreter.set_tensor(details["index"], np.asarray(value, details["dtype"]))
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


def function(name: str, *nodes: Node, returns: str = "y:z:0", args: tuple[str, ...] = ("v",)) -> Function:
    return Function(name, [(arg, "FLOAT32") for arg in args], [("out", "FLOAT32")], list(nodes), {"out": returns})


# ---- functions


def test_a_function_stands_where_it_is_called() -> None:
    double = function("double", node("y", "AddV2", "v", "v"))
    calls = [node("a", "PartitionedCall", "x", f=FunctionRef("double")), node("b", "double", "a")]
    model = converted([placeholder(), *calls], ["b"], ("x",), double)
    assert codes(model.graph) == ["ADD", "ADD"]
    assert [op.outputs[0].name for op in model.graph.ops] == ["a/y", "b"]
    np.testing.assert_array_equal(run(model, [1, 2]), [[4, 8]])


def test_constants_go_through_calls() -> None:
    double = function("double", node("y", "AddV2", "v", "v"))
    nodes = [placeholder(), const("c", np.float32(3)), node("a", "PartitionedCall", "c", f=FunctionRef("double"))]
    model = converted([*nodes, node("b", "Mul", "x", "a")], ["b"], ("x",), double)
    assert codes(model.graph) == ["MUL"]
    np.testing.assert_array_equal(run(model, [1, 2]), [[6, 12]])


@pytest.mark.parametrize("of", ["first", "second"])
def test_a_function_that_calls_itself_is_refused(of: str) -> None:
    first = function("first", node("y", "PartitionedCall", "v", f=FunctionRef("second")), returns="y:output:0")
    second = function("second", node("y", "PartitionedCall", "v", f=FunctionRef(of)), returns="y:output:0")
    with pytest.raises(ConvertError, match=f"function '{of}' calls itself"):
        converted([placeholder(), node("a", "PartitionedCall", "x", f=FunctionRef("first"))], ["a"], ("x",), first, second)


def test_a_function_that_is_not_there_is_told() -> None:
    with pytest.raises(ConvertError, match="calls function 'none', which the graph's library does not have"):
        converted([placeholder(), node("a", "PartitionedCall", "x", f=FunctionRef("none"))], ["a"])


def test_a_wrong_number_of_arguments_is_told() -> None:
    double = function("double", node("y", "AddV2", "v", "v"))
    with pytest.raises(ConvertError, match="it passes 2 arguments to a function of 1"):
        converted([placeholder(), node("a", "PartitionedCall", "x", "x", f=FunctionRef("double"))], ["a"], ("x",), double)


def test_a_loop_whose_body_takes_other_values_is_told() -> None:
    body = function("body", node("y", "AddV2", "v", "v"))
    cond = Function("cond", [("v", "FLOAT32"), ("w", "FLOAT32")], [("out", "BOOL")], [], {"out": "v"})
    loop = node("loop", "While", "x", cond=FunctionRef("cond"), body=FunctionRef("body"))
    with pytest.raises(ConvertError, match="its body takes 1 values and returns 1, and the loop has 1"):
        converted([placeholder(), loop], ["loop"], ("x",), body, cond)


def test_calls_deep_in_one_another_are_refused() -> None:
    chain = [function(f"f{n}", node("y", f"f{n + 1}", "v"), returns="y:output:0") for n in range(2000)]
    last = function("f2000", node("y", "AddV2", "v", "v"))
    with pytest.raises(ConvertError, match="nested more than 50 deep"):
        converted([placeholder(), node("a", "f0", "x")], ["a"], ("x",), *chain, last)


def test_functions_that_would_fill_the_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.converter.translate._FREE_NODES", 1000)
    monkeypatch.setattr("tinylite.converter.translate._NODE_GROWTH", 0)
    doubling = [function(f"f{n}", node("u", f"f{n + 1}", "v"), node("y", f"f{n + 1}", "u"), returns="y:output:0") for n in range(30)]
    last = function("f30", node("y", "AddV2", "v", "v"))
    with pytest.raises(OutOfMemoryError, match="written out, have more than 1000 nodes, of which the graph has 63"):
        converted([placeholder(), node("a", "f0", "x")], ["a"], ("x",), *doubling, last)


def test_a_wrong_number_of_inputs_is_told() -> None:
    nodes = conditional(placeholder("p", (), "BOOL"))
    next(each for each in nodes if each.op == "Switch").inputs.pop()
    with pytest.raises(ConvertError, match=r"node 'switch' \(Switch\) has 1 inputs and takes 2"):
        converted(nodes, ["merge"], ("x", "p"))


# ---- TensorFlow 1's conditionals


def conditional(decides: Node) -> list[Node]:
    return [
        placeholder(), decides, node("switch", "Switch", "x", "p"),
        node("no", "Neg", "switch"), node("yes", "AddV2", "switch:1", "switch:1"), node("merge", "Merge", "no", "yes"),
    ]  # fmt: skip


@pytest.mark.parametrize(("value", "code"), [(True, "ADD"), (False, "NEG")])
def test_a_constant_condition_leaves_one_branch(value: bool, code: str) -> None:
    assert codes(converted(conditional(const("p", value)), ["merge"]).graph) == [code]


@pytest.mark.parametrize("value", [True, False])
def test_a_conditional_becomes_an_if(value: bool) -> None:
    model = converted(conditional(placeholder("p", (), "BOOL")), ["merge"], ("x", "p"))
    assert [codes(graph) for graph in model.graphs] == [["IF"], ["ADD"], ["NEG"]]
    np.testing.assert_array_equal(run(model, [1, 2], value), [[2, 4] if value else [-1, -2]])


def test_which_branch_was_taken_can_be_read() -> None:
    nodes = conditional(placeholder("p", (), "BOOL"))
    model = converted(nodes, ["merge", "merge:1"], ("x", "p"))
    assert [value.tolist() for value in run(model, [1, 2], True)] == [[2, 4], 1]


def test_constants_are_found_by_their_control_inputs() -> None:
    pivot = [placeholder("p", (), "BOOL"), node("s", "Switch", "p", "p"), node("f", "Identity", "s"), node("t", "Identity", "s:1")]
    ends = [const("a", np.float32(1), "^t"), const("b", np.float32(2), "^f"), node("merge", "Merge", "a", "b")]
    model = converted([*pivot, *ends], ["merge"], ("p",))
    assert run(model, True) == [1] and run(model, False) == [2]


def test_constants_without_them_cannot_be_told_apart() -> None:
    ends = [const("a", np.float32(1)), const("b", np.float32(2)), node("merge", "Merge", "a", "b")]
    with pytest.raises(ConvertError, match=r"nothing decides which of its inputs node 'merge' \(Merge\) takes"):
        converted([placeholder("p", (), "BOOL"), *ends], ["merge"], ("p",))


# ---- TensorFlow 1's loops


def loop(frame: bytes = b"loop", start: str = "x", prefix: str = "", step: str = "AddV2") -> list[Node]:
    """Double a value until its first element is above 100."""
    p = prefix
    return [
        node(f"{p}enter", "Enter", start, frame_name=frame), node(f"{p}merge", "Merge", f"{p}enter", f"{p}next"),
        const(f"{p}zero", np.array([0], np.int32)), const(f"{p}one", np.array([1], np.int32)),
        node(f"{p}first", "StridedSlice", f"{p}merge", f"{p}zero", f"{p}one", f"{p}one", shrink_axis_mask=1),
        const(f"{p}limit", np.float32(100)), node(f"{p}less", "Less", f"{p}first", f"{p}limit"), node(f"{p}go", "LoopCond", f"{p}less"),
        node(f"{p}switch", "Switch", f"{p}merge", f"{p}go"), node(f"{p}exit", "Exit", f"{p}switch"),
        node(f"{p}step", step, f"{p}switch:1", f"{p}switch:1"), node(f"{p}next", "NextIteration", f"{p}step"),
    ]  # fmt: skip


def test_a_frame_becomes_a_while() -> None:
    model = converted([placeholder(), *loop()], ["exit"])
    assert [codes(graph) for graph in model.graphs] == [["WHILE"], ["STRIDED_SLICE", "LESS"], ["ADD"]]
    np.testing.assert_array_equal(run(model, [1, 3]), [[128, 384]])


def test_loops_one_after_another() -> None:
    between = [const("tenth", np.float32(0.1)), node("smaller", "Mul", "exit", "tenth")]
    model = converted([placeholder(), *loop(), *between, *loop(b"again", "smaller", "b/")], ["b/exit"])
    np.testing.assert_allclose(run(model, [1, 3]), [[102.4, 307.2]], rtol=1e-6)


def test_a_loop_without_a_condition_is_told() -> None:
    nodes = [each for each in loop() if each.op not in ("LoopCond", "Switch", "Exit")]
    nodes = [*nodes, node("switch", "Identity", "merge")]
    nodes = [node("step", "AddV2", "switch", "switch") if each.name == "step" else each for each in nodes]
    with pytest.raises(ConvertError, match="loop 'loop' has no condition"):
        converted([placeholder(), *nodes], ["switch"])


def test_frames_through_one_another_are_told() -> None:
    """The body of each needs the result of the other."""
    first, second = loop(b"one", "x", "a/"), loop(b"two", "x", "b/")
    for nodes, other in ((first, "b/exit"), (second, "a/exit")):
        step = next(each for each in nodes if each.name.endswith("step"))
        step.inputs[1] = other
    with pytest.raises(ConvertError, match="its loops one, two are neither beside nor inside one another"):
        converted([placeholder(), *first, *second], ["a/exit"])
