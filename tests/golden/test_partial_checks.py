"""Checks that cannot compare everything as asked: renamed tensors, hashes, ops that run in another way alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest

from tinylite import golden
from tinylite.errors import GoldenError
from tinylite.golden import ModelFile, TinyliteSource, Tolerance
from tinylite.model import Graph, Model

from .network import changed, network


@pytest.fixture(scope="module")
def net() -> Model:
    return network()


def _rename_output(graph: Graph) -> None:
    graph.outputs[0].name = "logits"


def _rename_input(graph: Graph) -> None:
    graph.inputs[0].name = "picture"


def _rename_layer(graph: Graph) -> None:
    graph.ops[0].outputs[0].name = "other"


@pytest.mark.parametrize("each", [False, True])
def test_an_output_that_was_renamed_is_missing(each: bool, net: Model) -> None:
    made = golden.record(net, layers=True, cases=1)
    report = golden.check(made, changed(net, _rename_output), changed_model=True, each=each)
    assert report.first is not None and report.first.key == "y" and report.first.difference.problem == "it is missing"
    assert report.compared == len(made.tensors) - 2  # all but the input and this output
    assert any("no output 'logits' of the model" in note for note in report.notes)


def _take_uint8(graph: Graph) -> None:
    graph.inputs[0].type = "UINT8"


def _take_three_dimensions(graph: Graph) -> None:
    graph.inputs[0].shape = (6, 6, 4)


def _take_two(graph: Graph) -> None:
    graph.inputs = [graph.inputs[0], graph.ops[0].outputs[0]]


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (_take_uint8, r"input 'x' is int8 \[1, 6, 6, 4\], and the model's 'x' uint8 \[1, 6, 6, 4\]"),
        (_take_three_dimensions, r"input 'x' is int8 \[1, 6, 6, 4\], and the model's 'x' int8 \[6, 6, 4\]"),
        (_take_two, "the golden has 1 input, and the model 2"),
    ],
)
def test_a_model_that_takes_other_inputs_is_an_error(edit: Callable[[Graph], None], problem: str, net: Model) -> None:
    made = golden.record(net, layers=True, cases=1)
    with pytest.raises(GoldenError, match=problem) as caught:
        golden.check(made, changed(net, edit), changed_model=True)
    assert caught.value.remedy == "The model cannot be fed with it: record a golden of this model"


def test_an_input_that_was_renamed_is_fed_by_its_position(net: Model) -> None:
    made = golden.record(net, layers=True, cases=1)
    report = golden.check(made, changed(net, _rename_input), changed_model=True, each=True)
    assert report.passes and report.notes == () and report.compared == len(made.tensors) - 1


def test_what_cannot_be_checked_alone_is_compared_in_the_whole_model(net: Model) -> None:
    made = golden.record(net, layers=True, cases=2)
    report = golden.check(made, changed(net, _rename_layer), changed_model=True, each=True)
    assert report.passes and report.compared == 2 * (len(made.tensors) - 2)
    (alone, lacking) = report.notes
    assert alone.startswith("op 1 DEPTHWISE_CONV_2D was not checked alone") and alone.endswith("does not hold its input 'other'")
    assert lacking.startswith("1 of ")

    def wrong(graph: Graph) -> None:
        _rename_layer(graph)
        bias = graph.ops[1].inputs[2]
        assert bias is not None
        bias.data = bias.data + 500

    report = golden.check(made, changed(net, wrong), changed_model=True, each=True)
    assert report.first is not None and report.first.key == "deep" and report.verdict is not None and report.verdict.op == 1


@pytest.mark.parametrize("layers", [False, True])
def test_a_tolerance_on_hashes_blames_the_op_that_differs(layers: bool, net: Model) -> None:
    def nudge(graph: Graph) -> None:
        bias = graph.ops[10].inputs[2]
        assert bias is not None
        bias.data = bias.data + 40

    made = golden.record(net, layers=layers, cases=1, hashes_only=True)
    moved = TinyliteSource(ModelFile.of(changed(net, nudge)), "litert-reference")
    report = golden.check(made, net, using=_Alone(moved), tolerance=Tolerance(lsb=200))
    assert report.first is not None and report.verdict is not None
    assert (report.verdict.op, report.verdict.kind) == (10, "guilty")
    assert report.first.difference.count and report.first.difference.steps < 200
    assert any("holds hashes only" in note for note in report.notes)


class _Alone:
    """A source that computes what another does, and an op alone as tinylite does."""

    name = "a runtime"

    def __init__(self, whole: TinyliteSource) -> None:
        self._whole = whole

    def values(self, golden: golden.Golden, case: int) -> Mapping[str, np.ndarray | int]:
        return self._whole.values(golden, case)

    def op(self, model: Model, op_index: int, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        return TinyliteSource(ModelFile.of(model), "litert-reference").op(model, op_index, inputs)


@pytest.mark.parametrize(("op", "name"), [(0, "conv"), (10, "y")])
def test_an_op_that_had_the_golden_s_inputs_is_no_victim(op: int, name: str, net: Model) -> None:
    def nudge(graph: Graph) -> None:
        bias = graph.ops[op].inputs[2]
        assert bias is not None
        bias.data = bias.data + 400

    made = golden.record(net, layers=True, cases=1)
    moved = TinyliteSource(ModelFile.of(changed(net, nudge)), "litert-reference")
    report = golden.check(made, net, using=_Alone(moved))
    assert report.first is not None and report.first.key == name
    assert report.verdict is not None and report.verdict.kind == "guilty" and "alone it agrees" in report.verdict.reason
