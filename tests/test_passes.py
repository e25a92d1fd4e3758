"""Passes: what they change, what they leave alone, and that results keep their bits."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest

from tinylite import Interpreter, passes
from tinylite.engine.plan import Plan
from tinylite.errors import ModelError, UnsupportedError
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.passes import graph_pass, pipelines
from tinylite.passes.eliminate_dead_ops import eliminate_dead_ops
from tinylite.passes.fuse_activations import fuse_activations
from tinylite.passes.pipelines import simplified
from tinylite.schema.table import Table

SCALE = np.array([0.05], np.float32)


def convolution(type: str = "FLOAT32", activation: str = "RELU", zero_behind: int = 3, fused: str = "NONE") -> Graph:
    """CONV_2D, then an activation, then NEG and an op that nobody reads."""

    def tensor(name: str, shape: tuple[int, ...], zero: int = 3, type: str = type) -> Tensor:
        made = Tensor(name, shape, type)
        if type != "FLOAT32":
            made.quantization = Quantization(SCALE, np.array([zero]))
        return made

    rng = np.random.default_rng(5)
    x, w, b = tensor("x", (1, 4, 4, 2)), tensor("w", (3, 1, 1, 2), 0), Tensor("b", (3,), "FLOAT32" if type == "FLOAT32" else "INT32")
    w.data = rng.integers(-100, 100, w.shape).astype(np.float32 if type == "FLOAT32" else np.int8)
    b.data = np.array([1, -2, 3], np.float32 if type == "FLOAT32" else np.int32)
    if type != "FLOAT32":
        b.quantization = Quantization(SCALE * SCALE, np.array([0]))
    y, z, out = tensor("y", (1, 4, 4, 3)), tensor("z", (1, 4, 4, 3), zero_behind), tensor("out", (1, 4, 4, 3), zero_behind)
    unread = tensor("unread", (1, 4, 4, 3))
    ops = [
        Op("CONV_2D", [x, w, b], [y], version=3, padding="SAME", stride_w=1, stride_h=1, fused_activation_function=fused),
        Op("ABS", [x], [unread]),
        Op(activation, [y], [z]),
        Op("NEG", [z], [out]) if type == "FLOAT32" else Op("RESHAPE", [z], [out], new_shape=[1, 4, 4, 3]),
    ]
    return Graph("main", [x], [out], ops, [x, w, b, y, unread, z, out])


def codes(graph: Graph) -> list[str]:
    return [op.code for op in graph.ops]


def test_unused_ops_go() -> None:
    graph = convolution()
    assert eliminate_dead_ops(graph) == 1
    assert "ABS" not in codes(graph)
    assert eliminate_dead_ops(graph) == 0


def test_ops_that_change_a_variable_stay() -> None:
    x, state, y = Tensor("x", (2,)), Tensor("state", (2,), is_variable=True), Tensor("y", (2,))
    graph = Graph("main", [x], [x], [Op("ADD", [x, state], [y])], [x, state, y])
    assert eliminate_dead_ops(graph) == 0


@pytest.mark.parametrize("activation", ["RELU", "RELU6", "RELU_N1_TO_1"])
@pytest.mark.parametrize("type", ["FLOAT32", "INT8"])
def test_an_activation_is_fused_into_what_it_follows(type: str, activation: str) -> None:
    graph = convolution(type, activation)
    eliminate_dead_ops(graph)
    assert fuse_activations(graph) == 1
    assert codes(graph)[0] == "CONV_2D"
    assert len(graph.ops) == 2
    fused = graph.ops[0]
    assert fused.options is not None
    assert fused.options.fused_activation_function == activation
    assert [op.code for op in fused.replaces] == ["CONV_2D", activation]
    assert fused.outputs[0].name == "z"


@pytest.mark.parametrize(
    "graph",
    [
        pytest.param(convolution("INT8", zero_behind=5), id="it rescales"),
        pytest.param(convolution(fused="RELU6"), id="there is one already"),
        pytest.param(convolution(activation="ELU"), id="it cannot be fused"),
    ],
)
def test_what_would_change_bits_is_not_fused(graph: Graph) -> None:
    before = codes(graph)
    assert fuse_activations(graph) == 0
    assert codes(graph) == before


def test_a_tensor_that_is_given_out_is_not_fused_away() -> None:
    graph = convolution()
    graph.outputs.append(graph.tensors[3])
    assert fuse_activations(graph) == 0


def test_the_given_graph_stays_as_it_is() -> None:
    graph = convolution()
    before = list(graph.ops)
    assert len(simplified(graph).ops) == 2
    assert graph.ops == before


@pytest.mark.parametrize("type", ["FLOAT32", "INT8"])
def test_bits_do_not_change(type: str) -> None:
    """Keeping all tensors keeps all ops, so the two runs go different ways."""
    content = Model([convolution(type)]).to_bytes()
    rng = np.random.default_rng(0)
    value = rng.normal(0, 3, (1, 4, 4, 2)).astype(np.float32) if type == "FLOAT32" else rng.integers(-128, 128, (1, 4, 4, 2), np.int8)
    found = []
    for keep in (False, True):
        interpreter = Interpreter(model_content=content, experimental_preserve_all_tensors=keep)
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, value)
        interpreter.invoke()
        found.append(interpreter.get_tensor(6).tobytes())
    assert found[0] == found[1]


def test_messages_and_profiles_count_ops_as_the_file_does() -> None:
    graph = convolution()
    graph.ops.append(Op("STABLEHLO_SORT", [graph.tensors[5]], [Tensor("spectrum", ())]))
    graph.outputs.append(graph.ops[-1].outputs[0])
    with pytest.raises(UnsupportedError, match="op 4 STABLEHLO_SORT"):
        Plan(graph)
    plan = Plan(convolution())
    assert [step.node.index for step in plan.segments[0].steps] == [0, 3]


@pytest.mark.parametrize("code", ["CONCATENATION", "ADD", "CONV_2D"])
def test_options_of_another_operator_are_left_to_planning(code: str) -> None:
    """A file may give an op any options: passes, which come first, do not stumble over them."""
    inputs = [Tensor(name, (1, 4)) for name in "abc"]
    middle, y = Tensor("middle", (1, 4)), Tensor("y", (1, 4))
    ops = [Op(code, inputs, [middle]), Op("RELU", [middle], [y])]
    ops[0].options = Table("Pool2DOptions" if code != "CONV_2D" else "ConcatenationOptions")
    graph = Graph("main", inputs, [y], ops)
    assert [op.code for op in simplified(graph).ops] == [code, "RELU"]
    with pytest.raises(ModelError, match=code):
        Interpreter(Model([graph])).allocate_tensors()


# ---- pipelines


def _all_passes() -> dict[str, graph_pass.Pass]:
    """The public functions from a Graph to a number, and whatever else is marked as a pass, by name."""
    found = {}
    for info in pkgutil.iter_modules(passes.__path__):
        module = importlib.import_module(f"tinylite.passes.{info.name}")
        for name, value in vars(module).items():
            public = name in module.__all__ and getattr(value, "__annotations__", None) == {"graph": "Graph", "return": "int"}
            if public or hasattr(value, "keeps_bits"):
                found[name] = value
    return found


def test_what_the_engine_runs_keeps_bits() -> None:
    assert [change.__name__ for change in pipelines.BEFORE_PLANNING if not graph_pass.does_keep_bits(change)] == []


def test_every_pass_says_whether_it_keeps_bits_and_is_in_a_pipeline() -> None:
    listed = {*pipelines.BEFORE_PLANNING, *pipelines.AFTER_TRANSLATION, *pipelines.AFTER_QUANTIZATION, *pipelines.ALONE}
    unmarked = [name for name, change in _all_passes().items() if not hasattr(change, "keeps_bits")]
    assert not unmarked, f"mark {unmarked} with @keeps_bits or @changes_bits of passes/graph_pass.py"
    unlisted = set(_all_passes()) - {change.__name__ for change in listed}
    assert not unlisted, f"put {unlisted} into a list of passes/pipelines.py"
    assert {change.__name__ for change in listed} == set(_all_passes())
    assert len(listed) > 30
