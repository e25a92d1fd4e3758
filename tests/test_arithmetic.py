"""Arithmetics as values: how interpreters take them, what they choose, and what they refuse."""

from __future__ import annotations

import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import Arithmetic, Graph, Interpreter, Model, SettingError, UnsupportedError, ops
from tinylite.arithmetic import ARITHMETICS, FAST, REFERENCE, Rule, find
from tinylite.cli import main
from tinylite.kernels.epilogues import EPILOGUES
from tinylite.kernels.gemm_variants import choose
from tinylite.model import Op, Tensor
from tinylite.ops.linear import pairs
from tinylite.ops.linear.requantizing import FACTORS

from .arithmetics.cases import CASES
from .cases import Case
from .conftest import feed_and_run
from .ops.conv_2d import conv
from .ops.depthwise_conv_2d import CASES as DEPTHWISE, depthwise
from .ops.fully_connected import dense


def floats() -> Case:
    return conv(1, (8, 8), 8, 20, (3, 3), "f32")


def integers() -> Case:
    return dense((20,), 16, 24, "i8")


def kernels(case: Case, arithmetic: Arithmetic | str) -> str:
    """The kernels that a case runs, all in one text."""
    interpreter = Interpreter(case.model(), arithmetic=arithmetic)
    interpreter.allocate_tensors()
    return " ".join(name for op in interpreter.plan.ops for name in op.kernels)


def test_names_and_values_are_the_same() -> None:
    assert all(find(name) is find(arithmetic) is arithmetic for name, arithmetic in ARITHMETICS.items())
    assert Interpreter(floats().model()).arithmetic is Interpreter(floats().model(), arithmetic="fast").arithmetic is FAST


def test_floats_are_rounded_as_the_arithmetic_says() -> None:
    assert "_fused" in kernels(floats(), "fast")
    assert "_separate" in kernels(floats(), "litert-reference")
    case = next(case for case in DEPTHWISE if case.inputs[1].type == "FLOAT32" and list(case.inputs[1].shape[1:3]) == [3, 3])  # type: ignore[union-attr]
    assert "_fused" in kernels(case, FAST) and "_separate" in kernels(case, REFERENCE)


def test_the_command_takes_it_by_name_and_its_profile_names_the_variant(tmp_path: Path) -> None:
    path = tmp_path / "floats.tflite"
    floats().model().save(path)
    command = ["run", str(path), "--random", "1", "--profile", "--json", "--arithmetic"]
    for name, rounding in (("fast", "fused"), ("litert-reference", "separate")):
        done = CliRunner().invoke(main, [*command, name])
        (op,) = json.loads(done.stdout)["profile"]["ops"]
        assert op["kernels"] == [f"f32_gemm_{choose('f32', 64, 20, 72).name}_{rounding}"]
        done = CliRunner().invoke(main, ["inspect", str(path), "--json", "--arithmetic", name])
        (op,) = json.loads(done.stdout)["graphs"][0]["memory"]["ops"]
        assert op["kernels"][-1].endswith(rounding)
    done = CliRunner().invoke(main, [*command, "exact"])
    assert done.exit_code == 2 and "'litert-reference'" in done.output


def test_where_floats_are_quantized_fast_is_reference() -> None:
    case = floats()
    graph = case.model().graph
    stored = Tensor("stored", graph.outputs[0].shape, "INT8")
    stored.quantization = integers().inputs[0].tensor("x").quantization  # type: ignore[union-attr]
    both = Graph("main", graph.inputs, [stored], [*graph.ops, Op("QUANTIZE", graph.outputs, [stored])])
    interpreter = Interpreter(Model([both]))
    interpreter.allocate_tensors()
    assert interpreter.plan.planner.arithmetic is REFERENCE


def test_a_pickle_and_a_clone_keep_it() -> None:
    base = Interpreter(floats().model(), arithmetic="litert-reference")
    assert all(one.runtime.arithmetic == REFERENCE for one in (pickle.loads(pickle.dumps(base)), base.clone()))


def test_a_rule_names_the_epilogue() -> None:
    case = integers()
    assert "_double" in kernels(case, "litert-reference")
    other = replace(REFERENCE, name="other", rules={("FULLY_CONNECTED", "INT8"): Rule("fixed", "double")})
    assert "_fixed" in kernels(case, other)
    found, wanted = (
        feed_and_run(interpreter, case.feeds(), 1)[0].astype(int)
        for interpreter in (Interpreter(case.model(), arithmetic=arithmetic) for arithmetic in (other, REFERENCE))
        if interpreter.allocate_tensors() is None
    )
    assert np.abs(found - wanted).max() <= 1


def test_without_a_rule_it_is_the_reference_kernels() -> None:
    same = replace(REFERENCE, name="same", rules={("FULLY_CONNECTED", "INT8"): None})
    assert kernels(integers(), same) == kernels(integers(), "litert-reference")


@pytest.mark.parametrize(
    ("case", "what"),
    [(floats(), "CONV_2D of FLOAT32"), (conv(1, (4, 4), 3, 5, (1, 1), "u8"), "CONV_2D of UINT8"), (DEPTHWISE[0], "DEPTHWISE_CONV_2D of ")],
    ids=["type", "unsigned", "operator"],
)
def test_what_is_not_proven_is_refused_by_name(case: Case, what: str) -> None:
    only = Arithmetic("only", "separate", {("FULLY_CONNECTED", "INT8"): Rule("double", "double")})
    with pytest.raises(UnsupportedError) as caught:
        kernels(case, only)
    assert f"the arithmetic 'only' is not proven for {what}" in str(caught.value)
    assert "it is for FULLY_CONNECTED" in str(caught.value) and "'litert-reference'" in str(caught.value)


def test_no_pass_makes_an_operator_of_another_that_is_proven() -> None:
    one_channel = depthwise(1, (5, 6), 1, 4, (3, 3), "i8")
    only = Arithmetic("only", "separate", {("CONV_2D", "INT8"): Rule("float", "float")})
    with pytest.raises(UnsupportedError, match="not proven for DEPTHWISE_CONV_2D of INT8"):
        kernels(one_channel, only)


def test_an_arithmetic_rounds_floats_in_a_way_that_there_is() -> None:
    with pytest.raises(SettingError, match=r"rounds floats 'upwards'.*Give 'separate' or 'fused'"):
        Arithmetic("odd", "upwards")


@pytest.mark.parametrize(
    ("rules", "text"),
    [
        ({("CONV_2D", "INT8"): ("fixed", "double")}, r"the rule \('CONV_2D', 'INT8'\): \('fixed', 'double'\)\. Give {"),
        ({"CONV_2D": Rule("fixed", "double")}, "the rule 'CONV_2D': Rule"),
        ([Rule("fixed", "double")], r"the rules of the arithmetic 'odd' are \[Rule"),
    ],
    ids=["no rule", "no type", "no mapping"],
)
def test_rules_of_another_kind_are_refused(rules: Any, text: str) -> None:
    with pytest.raises(SettingError, match=text):
        Arithmetic("odd", "separate", rules)


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (Rule("fixt", "double"), "the method 'fixt'. The nearest names are 'fixed'"),
        (Rule("fixed", "exact"), "the factor 'exact'. There are: 'double', 'product in float', 'float'"),
        (Rule(None, "double"), "the method None. There are: 'fixed'"),  # type: ignore[arg-type]
    ],
    ids=["method", "factor", "None"],
)
def test_rules_that_name_nothing_are_refused_when_they_are_used(rule: Rule, text: str) -> None:
    with pytest.raises(SettingError, match=text):
        kernels(integers(), Arithmetic("odd", "separate", {("FULLY_CONNECTED", "INT8"): rule}))


def test_rules_name_what_there_is() -> None:
    rows = [pair.rule for table in (pairs.FLOAT, pairs.CONVOLUTION, pairs.DENSE, pairs.MATRICES) for pair in table if pair.way == "q8"]
    others = []
    for arithmetic in ARITHMETICS.values():
        for (code, _), rule in (arithmetic.rules or {}).items():
            if rule is not None and rule.factor:
                rows.append(rule)
            elif rule is not None:
                others.append((code, rule))
    assert all(rule.method in EPILOGUES and rule.factor in FACTORS for rule in rows)
    assert rows and others and all(rule.method in ("", *ops.find(code).methods) for code, rule in others)


def test_a_method_that_an_operator_does_not_have_is_refused() -> None:
    case = CASES["ADD", "INT8"](np.random.default_rng(0))
    with pytest.raises(SettingError, match=r"rule of ADD has the method 'odd'"):
        kernels(case, Arithmetic("odd", "separate", {("ADD", "INT8"): Rule("odd")}))
    with pytest.raises(SettingError, match=r"the limits 'odd'"):
        case.options["fused_activation_function"] = "RELU6"
        kernels(case, Arithmetic("odd", "separate", {("ADD", "INT8"): Rule("xnnpack", limits="odd")}))
