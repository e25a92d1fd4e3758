"""Models that others have made: changed in one place, and floats against their integers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import Model, Op, Tensor
from tinylite.ops import facts_of

from ..conftest import shared_models
from .test_mutations import told


def layers(model: Model) -> list[tuple[int, Tensor]]:
    """The layers with weights that are numbers, each with the position of its op."""
    found = []
    for position, op in enumerate(model.graph.ops):
        layer = facts_of(op).layer
        weights = op.inputs[layer.weights] if layer is not None else None
        if weights is not None and weights.is_constant and weights.type in ("INT8", "UINT8", "FLOAT32"):
            found.append((position, weights))
    return found


def one_weight(model: Model) -> dict[str, int]:
    _, weights = layers(model)[-1]
    values = weights.data.copy()
    values.reshape(-1)[values.size // 2] += 1
    weights.data = values
    return {"weights": 1}


def names(model: Model) -> dict[str, int]:
    tensors = model.graph.all_tensors()
    for number, tensor in enumerate(tensors):
        tensor.name = f"renamed/{len(tensors) - number}"
    return {"names": len(tensors)}


def an_op_more(model: Model) -> dict[str, int]:
    position, _ = layers(model)[-1]
    op = model.graph.ops[position]
    source = op.inputs[0]
    made = Tensor("one more", source.shape, source.type, shape_signature=source.shape_signature, quantization=source.quantization)
    op.inputs[0] = made
    model.graph.ops.insert(position, Op("ABS", [source], [made]))
    return {"ops added": 1}


def a_scale(model: Model) -> dict[str, int]:
    position, _ = layers(model)[-1]
    quantization = model.graph.ops[position].outputs[0].quantization
    if quantization is None or not quantization.scale.size:
        return {}
    quantization.scale = quantization.scale * np.float32(1.25)
    return {"quantization": 1}


def an_activation(model: Model) -> dict[str, int]:
    position, _ = layers(model)[-1]
    options = model.graph.ops[position].options
    options.fused_activation_function = "TANH"
    return {"options": 1}


@pytest.mark.parametrize("change", [one_weight, names, an_op_more, a_scale, an_activation])
@pytest.mark.parametrize("name", shared_models())
def test_a_change_is_found_alone(name: str, change: Callable[[Model], dict[str, int]], shared: Path) -> None:
    path = shared / "models" / name
    model = Model.load(path)
    kinds = change(model)
    found = tinylite.diff(path, model, run=False)
    assert found.differences == kinds
    if change is one_weight:
        (constant,) = [constant for graph in found.graphs for constant in graph.constants]
        assert (constant.role, constant.op_a.index, constant.difference.differing) == ("weights", layers(model)[-1][0], 1)
        assert constant.difference.real > 0 and (constant.difference.steps is None or constant.difference.steps in (1, 255))
    if change is an_op_more:
        assert found.graphs[0].ops_added[0].name == "ABS"
    if change is a_scale and kinds:
        assert found.graphs[0].quantization[0].scale == pytest.approx(0.25)
    assert found.same == (not kinds)


@pytest.mark.parametrize("name", ["ad", "hello_world", "kws", "mnist_lstm", "resnet8", "vww"])
def test_floats_and_their_integers(name: str, shared: Path) -> None:
    """Every op is known again; both get the same numbers, and what comes out is near."""
    paths = [shared / "models" / f"{name}_{kind}.tflite" for kind in ("float", "int8")]
    found = tinylite.diff(*paths)
    (graph,) = found.graphs
    count = len(Model.load(paths[0]).graph.ops)
    assert (graph.paired, graph.ops_added, graph.ops_removed, graph.ops_replaced, graph.ops_moved) == (count, (), (), (), ())
    assert not {"reads", "options", "shapes"} & found.differences.keys()
    assert any(" that were FLOAT32 became INT8: " in sentence for sentence in told(found))
    (run,) = found.results
    assert run.problem is None and len(run.tensors) == count
    back = tinylite.diff(*reversed(paths))
    assert [each.difference.steps for each in back.results[0].tensors] == [each.difference.steps for each in run.tensors]
    if name in ("ad", "resnet8", "vww"):  # the float file is what the integers were made of
        assert not {"weights", "bias"} & found.differences.keys()
        assert "All of these constants hold the same numbers, except for rounding." in found.sentences


def test_networks_that_are_not_the_same(shared: Path) -> None:
    """MobileNets that others have built: most ops correspond all the same."""
    found = tinylite.diff(shared / "models" / "person_detect_int8.tflite", shared / "models" / "vww_int8.tflite")
    (graph,) = found.graphs
    assert graph.paired == 30 and [(a.name, b.name) for a, b in graph.ops_replaced] == [("DEPTHWISE_CONV_2D", "CONV_2D")]
    assert [op.name for op in graph.ops_removed] == ["CONV_2D"] and [op.name for op in graph.ops_added] == ["FULLY_CONNECTED"]
    assert found.results[0].problem == "input 0 'input' has the shape [1, 96, 96, 1] in A and [1, 96, 96, 3] in B"
