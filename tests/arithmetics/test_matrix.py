"""compare_arithmetics, and the command that shows what it finds."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Graph, Model, Op, SettingError, Tensor, compare_arithmetics
from tinylite.cli import main

from ..cases import Case
from .linear import dense
from .test_conformance import run


def halves() -> Case:
    """A layer with frequent halves, on which xnnpack differs from the reference."""
    for seed in range(100):
        case = dense(np.random.default_rng(seed), "INT8")
        model, feeds = case.model(), case.feeds(0)
        if not np.array_equal(run(model, "xnnpack", feeds)[0], run(model, "litert-reference", feeds)[0]):
            return case
    raise AssertionError("no case differs")


def behind_a_reshape(case: Case) -> Model:
    """The case's layer as op 1, whose input passes through a RESHAPE that changes nothing."""
    model = case.model()
    graph = model.graphs[0]
    (layer,), (input, *_) = graph.ops, graph.inputs
    before = input.__class__("before", input.shape, input.type, quantization=input.quantization)
    shape = input.__class__("shape", (len(input.shape),), "INT32")
    shape.data = np.array(input.shape, np.int32)
    return Model([Graph("main", [before], graph.outputs, [Op("RESHAPE", [before, shape], [input]), layer])])


def test_the_first_op_the_share_and_the_step_are_those_of_the_outputs() -> None:
    case = halves()
    model, feeds = behind_a_reshape(case), case.feeds(0)
    wanted, found = (run(model, name, feeds)[0].astype(int) for name in ("litert-reference", "xnnpack"))
    (pair,) = compare_arithmetics(model, feeds, arithmetics=["litert-reference", "xnnpack"]).pairs
    assert (pair.op, pair.code, pair.tensor) == (1, "FULLY_CONNECTED", model.graph.outputs[0].name)
    assert pair.share == np.mean(wanted != found) and pair.steps == np.abs(wanted - found).max() > 0
    assert pair.real == pytest.approx(pair.steps * float(model.graph.outputs[0].quantization_params.scale[0]))  # type: ignore[union-attr]


def test_equal_results_have_no_first_op() -> None:
    case = halves()
    (pair,) = compare_arithmetics(case.model(), case.feeds(0), arithmetics=["litert-reference", "fast"]).pairs
    assert (pair.op, pair.code, pair.tensor, pair.share, pair.steps, pair.real) == (None, None, None, 0, 0, 0)


def test_what_is_not_proven_is_named_with_its_op() -> None:
    case = halves()
    case.options["fused_activation_function"] = "NONE"
    for tensor in (case.inputs[0], case.outputs[0]):
        assert tensor is not None
        tensor.scale = 1.0
    case.inputs[1].scale = 300.0  # type: ignore[union-attr]
    found = compare_arithmetics(case.model(), case.feeds(0), arithmetics=["litert-reference", "xnnpack"])
    assert found.pairs == () and "op 0 FULLY_CONNECTED" in found.refused["xnnpack"]


def test_one_arithmetic_is_too_few() -> None:
    with pytest.raises(SettingError, match="nothing to compare litert-reference with"):
        compare_arithmetics(halves().model(), arithmetics=["litert-reference", "litert-reference"])


def test_one_arithmetic_is_a_wrong_command_line() -> None:
    done = CliRunner().invoke(main, ["arithmetic", "model.tflite", "--arithmetic", "tflm", "--arithmetic", "tflm"])
    assert done.exit_code == 2 and "nothing to compare" in done.stderr


def test_the_command_shows_pairs(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    case = halves()
    model = behind_a_reshape(case)
    model.save(path)
    np.save(tmp_path / "x.npy", case.feeds(0)[0])
    command = ["arithmetic", str(path), str(tmp_path / "x.npy"), "--arithmetic", "litert-reference", "--arithmetic", "xnnpack"]
    done = CliRunner(env={"COLUMNS": "160"}).invoke(main, command)
    assert done.exit_code == 0 and "op 1 FULLY_CONNECTED" in done.stdout
    (pair,) = json.loads(CliRunner().invoke(main, [*command, "--json"]).stdout)["pairs"]
    assert pair["op"] == 1 and pair["steps"] > 0


def test_the_command_says_when_one_arithmetic_alone_runs_the_model(tmp_path: Path) -> None:
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 2))
    weights = Tensor("w", (2, 4))
    weights.data = np.ones((2, 4), np.float32)
    Model([Graph("main", [x], [y], [Op("FULLY_CONNECTED", [x, weights, None], [y])], [x, weights, y])]).save(tmp_path / "float.tflite")
    done = CliRunner().invoke(main, ["arithmetic", str(tmp_path / "float.tflite")])
    assert done.exit_code == 0 and "not proven for FULLY_CONNECTED of FLOAT32" in done.stdout
    assert "nothing to compare: of these arithmetics only litert-reference runs the model" in done.stdout
