"""Planted faults: each must be found at the right op, with the right verdict, and unchanged ones must never fail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import golden
from tinylite.errors import GoldenError
from tinylite.golden import Golden, Report, Tolerance
from tinylite.model import Graph, Model, Op, Quantization

from ..conftest import shared_models
from ..small_models import DEMO
from .network import (
    AVERAGE,
    CONCAT,
    CONV,
    DENSE,
    DEPTHWISE,
    PAD,
    POINTWISE,
    POOL,
    RESHAPE,
    SUB,
    TRANSPOSE,
    Dump,
    changed,
    network,
)  # fmt: skip

DIGITS = DEMO / "digits_uint8.tflite"


# ---- models


def _data(op: int, place: int, edit: Callable[[np.ndarray], Any]) -> Callable[[Graph], None]:
    """Change a constant that an op reads."""

    def change(graph: Graph) -> None:
        tensor = graph.ops[op].inputs[place]
        assert tensor is not None
        values = tensor.data.copy()
        found = edit(values)
        shape = tensor.shape
        tensor.data = values if found is None else np.ascontiguousarray(found)
        assert tensor.shape == shape

    return change


def _add(place: int | tuple[int, ...], amount: int) -> Callable[[np.ndarray], None]:
    def edit(values: np.ndarray) -> None:
        values.flat[place] += amount

    return edit


def _fill(amount: int) -> Callable[[np.ndarray], None]:
    def edit(values: np.ndarray) -> None:
        values[...] = amount

    return edit


def _scale(op: int, factor: float, place: int | None = None, channel: int | None = None) -> Callable[[Graph], None]:
    """Multiply the scale of what an op computes, or of an input."""

    def change(graph: Graph) -> None:
        tensor = graph.ops[op].outputs[0] if place is None else graph.ops[op].inputs[place]
        scale = tensor.quantization.scale.copy()
        scale[slice(None) if channel is None else channel] *= np.float32(factor)
        tensor.quantization = Quantization(scale, tensor.quantization.zero_point, tensor.quantization.quantized_dimension)

    return change


def _zero(op: int, amount: int, place: int | None = None) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        tensor = graph.ops[op].outputs[0] if place is None else graph.ops[op].inputs[place]
        tensor.quantization = Quantization(tensor.quantization.scale, tensor.quantization.zero_point + amount)

    return change


def _option(op: int, name: str, value: Any) -> Callable[[Graph], None]:
    return lambda graph: setattr(graph.ops[op].options, name, value)


def _swap(op: int) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        graph.ops[op].inputs.reverse()

    return change


def _code(op: int, code: str, **options: Any) -> Callable[[Graph], None]:
    def change(graph: Graph) -> None:
        old = graph.ops[op]
        graph.ops[op] = Op(code, old.inputs, old.outputs, **options)

    return change


_POOLING = {"padding": "VALID", "stride_w": 1, "stride_h": 1, "filter_width": 2, "filter_height": 2}
# What is changed in the network, the first op that differs, and a part of a hint.
MODELS: dict[str, tuple[Callable[[Graph], Any], int, str]] = {
    "one weight of a convolution": (_data(CONV, 1, _add(37, 90)), CONV, "only channel 1 of axis 3"),
    "one weight of a depthwise convolution": (_data(DEPTHWISE, 1, _add(10, 60)), DEPTHWISE, "only channel 2 of axis 3"),
    "one weight of a dense layer": (_data(DENSE, 1, _add(300, 40)), DENSE, ""),
    "rows of weights swapped": (_data(DENSE, 1, lambda values: values[[1, 0, *range(2, 10)]]), DENSE, ""),
    "weights in reverse": (_data(POINTWISE, 1, lambda values: values[..., ::-1]), POINTWISE, ""),
    "weights transposed": (_data(CONV, 1, lambda values: values.transpose(0, 2, 1, 3)), CONV, ""),
    "one bias": (_data(CONV, 2, _add(5, 800)), CONV, "only channel 5 of axis 3"),
    "no bias": (_data(POINTWISE, 2, _fill(0)), POINTWISE, ""),
    "one multiplier": (_scale(DEPTHWISE, 1.3, place=1, channel=6), DEPTHWISE, "only channel 6 of axis 3"),
    "a scale of an output": (_scale(POINTWISE, 1.5), POINTWISE, "the scale of 'point' is 0.04"),
    "a scale that is half": (_scale(CONV, 0.5), CONV, "the scale of 'conv' is 0.03"),
    "a zero point of an output": (_zero(SUB, 1), SUB, "the zero point of 'sub' is 8"),
    "a zero point of the input": (_zero(CONV, -2, place=0), CONV, "the zero point of 'x' is -5"),
    "a zero point between convolutions": (_zero(DEPTHWISE, 1), DEPTHWISE, "differ by +1: a zero point"),
    "an activation removed": (_option(CONV, "fused_activation_function", "NONE"), CONV, "a RELU is missing"),
    "another activation": (_option(CONV, "fused_activation_function", "RELU"), CONV, "beyond 80"),
    "an activation added": (_option(POINTWISE, "fused_activation_function", "RELU"), POINTWISE, "a RELU has been added"),
    "swapped inputs": (_swap(SUB), SUB, "its inputs 0 and 1 are swapped"),
    "swapped parts of a concatenation": (_swap(CONCAT), CONCAT, "its inputs 0 and 1 are swapped"),
    "another operator": (_code(SUB, "ADD"), SUB, "'sub' is computed by ADD now"),
    "another pool": (_code(POOL, "AVERAGE_POOL_2D", **_POOLING), POOL, "'pool' is computed by AVERAGE_POOL_2D"),
    "a pool with another activation": (_option(AVERAGE, "fused_activation_function", "RELU"), AVERAGE, "a RELU has been added"),
    "padding moved": (_data(PAD, 1, lambda values: np.array([[0, 0], [2, 0], [1, 1], [0, 0]], np.int32)), PAD, "moved by one place"),
    "axes in their old order": (_data(TRANSPOSE, 1, lambda values: np.arange(4, dtype=np.int32)), TRANSPOSE, "with the axes [0, 2, 1, 3]"),
}  # fmt: skip


@pytest.fixture(scope="module")
def net() -> Model:
    return network()


@pytest.fixture(scope="module")
def kept(net: Model) -> Golden:
    return golden.record(net, layers=True, cases=3, seed=3)


def _blamed(report: Report, op: int | None, kind: str | None, hint: str = "") -> None:
    assert not report.passes and report.first is not None
    text = report.text()
    if op is None:
        assert report.verdict is None and report.first.difference.tensor.role == "input", text
    else:
        assert report.verdict is not None, text
        assert (report.verdict.op, report.verdict.kind) == (op, kind), text
    assert hint in " | ".join(report.hints), text
    report.plain(), report.junit()


@pytest.mark.parametrize("name", MODELS)
def test_a_changed_model_is_guilty_where_it_was_changed(name: str, net: Model, kept: Golden) -> None:
    edit, op, hint = MODELS[name]
    model = changed(net, edit)
    with pytest.raises(GoldenError, match="is of another model"):
        golden.check(kept, model)
    report = golden.check(kept, model, changed_model=True)
    _blamed(report, op, "guilty", hint)
    assert report.first is not None and report.first.difference.tensor.op == op
    alone = golden.check(kept, model, changed_model=True, each=True)
    assert {verdict.op for verdict in alone.guilty} >= {op}
    if name not in _ALSO:
        assert {verdict.op for verdict in alone.guilty} == {op}
    assert report.hints[0].startswith("the model is another than the golden's")


# A tensor's parameters are those of the ops that read it, too.
_ALSO = {
    "a scale of an output", "a scale that is half", "a zero point of an output", "a zero point between convolutions",
}  # fmt: skip


def test_two_changed_ops_are_both_guilty(net: Model, kept: Golden) -> None:
    def both(graph: Graph) -> None:
        _data(CONV, 2, _add(5, 800))(graph)
        _data(DENSE, 2, _add(5, 800))(graph)

    report = golden.check(kept, changed(net, both), changed_model=True, each=True)
    assert [verdict.op for verdict in report.guilty] == [CONV, DENSE]
    assert "guilty, 2 in all: op 0 CONV_2D ('conv'), op 10 FULLY_CONNECTED ('y')" in report.text()


@pytest.mark.parametrize(
    ("name", "value"), [("padding", "VALID"), ("stride_w", 2), ("dilation_w_factor", 2), ("fused_activation_function", "RELU_N1_TO_1")]
)
def test_another_shape_is_a_difference(name: str, value: Any, net: Model) -> None:
    """Of the last op, so that what follows still runs."""
    model = net.copy()
    model.cut(["x"], ["conv"])
    made = golden.record(model, layers=True, cases=2)
    report = golden.check(made, changed(model, _option(CONV, name, value)), changed_model=True)
    _blamed(report, CONV, "guilty")
    assert report.first is not None and ("its shape is" in str(report.first.difference.problem)) == (name in ("padding", "stride_w"))


def test_a_changed_type_is_a_difference() -> None:
    made = golden.record(DIGITS, layers=True, cases=2)
    model = Model.load(DIGITS)
    model.signatures = []
    graph = model.graph
    last = graph.outputs[0]
    graph.ops[4].outputs[0] = type(last)(last.name, last.shape, "INT8", quantization=Quantization([1 / 256], [-128]))
    graph.outputs[0] = graph.ops[4].outputs[0]
    source = graph.ops[4].inputs[0]
    graph.tensors = [graph.outputs[0] if tensor is last else tensor for tensor in graph.tensors]
    moved = Quantization(source.quantization.scale, source.quantization.zero_point - 128)
    signed = type(last)("signed", source.shape, "INT8", quantization=moved)
    graph.ops[4].inputs[0] = signed
    graph.ops.insert(4, Op("QUANTIZE", [source], [signed], version=2))
    graph.tensors.append(signed)
    report = golden.check(made, model, changed_model=True)
    assert report.first is not None and report.first.difference.problem == "it is int8, and the golden uint8"
    assert any("plus or minus 128" in hint for hint in report.hints)


# ---- arithmetics


@pytest.mark.parametrize(("layers", "cases"), [(True, 3), (False, 3)])
def test_another_arithmetic_is_recognized(layers: bool, cases: int, net: Model) -> None:
    """Without layers they are computed again, so that the op is found all the same."""
    model = net.copy()
    model.cut(["x"], ["point"])
    made = golden.record(model, layers=layers, cases=cases)
    report = golden.check(made, model, arithmetic="xnnpack")
    _blamed(report, DEPTHWISE, "guilty", "it equals the arithmetic 'xnnpack'")
    assert report.then == "litert-reference 1" and report.now.startswith("xnnpack ")
    assert "arithmetic then: litert-reference 1; now: xnnpack" in report.text()


# ---- dumps

DumpEdit = Callable[[Dump], Any]


def _layer(name: str, edit: Callable[[np.ndarray], Any], case: int = 0) -> DumpEdit:
    def change(dump: Dump) -> None:
        values = dump.cases[case][name].copy()
        found = edit(values)
        dump.cases[case][name] = values if found is None else found

    return change


def _set(place: int | slice, value: Any) -> Callable[[np.ndarray], None]:
    def edit(values: np.ndarray) -> None:
        values.reshape(-1)[place] = value

    return edit


def _flip(place: int, bits: int) -> Callable[[np.ndarray], None]:
    def edit(values: np.ndarray) -> None:
        values.reshape(-1)[place] ^= np.int8(bits)

    return edit


def _channels_first(values: np.ndarray) -> np.ndarray:
    return values.transpose(0, 3, 1, 2).reshape(values.shape)


def _everywhere(name: str, edit: Callable[[np.ndarray], Any]) -> DumpEdit:
    return lambda dump: [_layer(name, edit, case)(dump) for case in range(len(dump.cases))]


def _only(*names: str) -> DumpEdit:
    def change(dump: Dump) -> None:
        dump.cases = [{name: case[name] for name in names} for case in dump.cases]

    return change


def _all(*edits: DumpEdit) -> DumpEdit:
    return lambda dump: [edit(dump) for edit in edits]


def _lost(name: str, edit: Callable[[np.ndarray], np.ndarray]) -> DumpEdit:
    """A layer with another type."""
    return _everywhere(name, edit)


def _other_case(dump: Dump) -> None:
    dump.cases[0] = dump.cases[1]


def _other_layer(dump: Dump) -> None:
    dump.cases[0]["pool"] = dump.cases[0]["average"]


# What is changed in a dump, the first op that differs, the verdict, and a part of a hint.
DUMPS: dict[str, tuple[DumpEdit, int | None, str | None, str]] = {
    "one value": (_layer("sub", _add(30, 1)), SUB, "guilty", ""),
    "one value of the last case": (_layer("deep", _add(30, 1), 2), DEPTHWISE, "guilty", ""),
    "one bit": (_layer("pool", _flip(70, 16)), POOL, "guilty", "by bit 4"),
    "off by one": (_everywhere("point", lambda values: np.minimum(values, 126) + np.int8(1)), POINTWISE, "guilty", "off by 1"),
    "transposed": (_everywhere("conv", lambda values: values.transpose(0, 2, 1, 3)), CONV, "guilty", "axes [0, 2, 1, 3]"),
    "channels first": (_everywhere("conv", lambda values: values.transpose(0, 3, 1, 2)), CONV, "guilty", "to the axes [0, 3, 1, 2]"),
    "channels first in the old shape": (_everywhere("conv", _channels_first), CONV, "guilty", "axes [0, 3, 1, 2]"),
    "two rows swapped": (_layer("conv", lambda values: values[:, [0, 4, 2, 3, 1, 5]]), CONV, "guilty", "1 and 4 along axis 1 are swapped"),
    "channels in reverse": (_everywhere("conv", lambda values: values[..., ::-1]), CONV, "guilty", "in reverse along axis 3"),
    "moved by one": (_everywhere("average", lambda values: np.roll(values, 1, 2)), AVERAGE, "guilty", "moved by one place along axis 2"),
    "never written": (_everywhere("pad", _fill(0)), PAD, "guilty", "all of its values are 0"),
    "cut off": (_everywhere("flat", lambda values: values[:, :200]), RESHAPE, "guilty", "it is cut off"),
    "another shape": (_everywhere("flat", lambda values: values.reshape(4, 64)), RESHAPE, "guilty", "only the shape is another"),
    "overwritten": (_layer("concat", _set(slice(64, 90), 9)), CONCAT, "guilty", "in one piece, from element 64"),
    "unsigned": (_lost("y", lambda values: (values.astype(int) + 128).astype(np.uint8)), DENSE, "guilty", "plus or minus 128"),
    "bytes of another type": (_lost("y", lambda values: values.view(np.uint8)), DENSE, "guilty", "only their type is another"),
    "top bit": (_everywhere("y", lambda values: values ^ np.int8(-128)), DENSE, "guilty", "in its top bit"),
    "wider": (_lost("deep", lambda values: values.astype(np.int32)), DEPTHWISE, "guilty", "as int32"),
    "real numbers": (_lost("y", lambda values: ((values.astype(np.float32) + 4) * np.float32(0.1))), DENSE, "guilty", "dequantized"),
    "another case": (_other_case, None, None, "values of case 1, not of case 0"),
    "another case, without inputs": (_all(_other_case, _only("conv", "deep", "y")), CONV, "guilty", "values of case 1"),
    "another layer": (_other_layer, POOL, "guilty", "the golden's values of 'average'"),
    "another input": (_layer("x", _add(0, 1)), None, None, ""),
    "an output only": (_all(_only("y"), _layer("y", _add(3, 2))), DENSE, "guilty", ""),
    "two layers": (_all(_layer("point", _add(3, 2)), _layer("sub", _add(3, 2))), POINTWISE, "guilty", ""),
    "saturated": (_everywhere("y", lambda values: np.where(values > 0, np.int8(127), values)), DENSE, "guilty", "saturated"),
    "half": (_everywhere("conv", lambda values: (((values.astype(int) + 20) >> 1) - 20).astype(np.int8)), CONV, "guilty", "2^-1 times"),
}  # fmt: skip


@pytest.mark.parametrize("name", DUMPS)
def test_a_changed_dump_is_guilty_where_it_was_changed(name: str, net: Model, kept: Golden) -> None:
    edit, op, kind, hint = DUMPS[name]
    dump = Dump.of(kept)
    assert golden.check(kept, net, using=dump).passes
    edit(dump)
    _blamed(golden.check(kept, net, using=dump), op, kind, hint)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("no bias", "the op without its bias"),
        ("an activation removed", "the op without its activation"),
        ("swapped inputs", "its inputs 0 and 1 are swapped"),
    ],
)
def test_a_device_that_computes_an_op_otherwise_is_recognized(name: str, hint: str, net: Model, kept: Golden) -> None:
    """The whole dump is what such a device computes: only the op is guilty, and what follows are its victims."""
    edit, op, _ = MODELS[name]
    inputs = [kept.inputs(case) for case in range(3)]
    device = Dump.of(golden.record(changed(net, edit), inputs, layers=True))
    report = golden.check(kept, net, using=device)
    _blamed(report, op, "guilty", hint)
    each = golden.check(kept, net, using=device, each=True)
    assert [verdict.op for verdict in each.guilty] == [op]
    assert len({difference.key for difference in each.failed}) > 3


@pytest.mark.parametrize(
    ("names", "op", "kind", "between"),
    [
        (("y",), CONV, "guilty", ""),
        (("deep", "y"), DEPTHWISE, "guilty", "ops 0 to 1 (CONV_2D, DEPTHWISE_CONV_2D)"),
        (("concat", "y"), CONCAT, "guilty", "ops 0 to 7"),
        (("conv", "concat", "y"), CONV, "guilty", ""),
    ],
)
def test_a_dump_without_some_layers_is_judged_by_what_lies_between(
    names: tuple[str, ...], op: int, kind: str, between: str, net: Model, kept: Golden
) -> None:
    edit, _, _ = MODELS["an activation removed"]
    device = Dump.of(golden.record(changed(net, edit), [kept.inputs(case) for case in range(3)], layers=True))
    device.cases = [{name: case[name] for name in names} for case in device.cases]
    report = golden.check(kept, net, using=device)
    if names == ("y",):
        op, between = DENSE, "ops 0 to 10"
    _blamed(report, op, kind)
    assert report.verdict is not None and between in report.verdict.reason


def test_a_difference_that_flows_through_makes_victims(net: Model, kept: Golden) -> None:
    """What is within the tolerance at first may grow beyond it: that op is a victim, and the one before is named."""
    model = changed(net, _zero(SUB, 1))
    dump = Dump.of(golden.record(model, [kept.inputs(case) for case in range(3)], layers=True))
    exact = golden.check(kept, net, using=dump)
    _blamed(exact, SUB, "guilty")
    report = golden.check(kept, net, using=Dump.of(_shifted(net, kept)), tolerance=Tolerance(lsb=1))
    _blamed(report, DENSE, "victim")
    assert report.verdict is not None and "from op 3 SUB, whose 'sub' differs by 1" in report.verdict.reason


def test_an_op_of_a_changed_model_may_be_a_victim(net: Model, kept: Golden) -> None:
    """A bias that moves results by a step at most, of which later ones make more."""
    model = changed(net, _data(POINTWISE, 2, lambda values: values + np.int32(150)))
    assert golden.check(kept, model, changed_model=True).verdict.op == POINTWISE  # type: ignore[union-attr]
    report = golden.check(kept, model, changed_model=True, tolerance=Tolerance(lsb=1))
    _blamed(report, DENSE, "victim")
    assert report.verdict is not None and "from op 2 CONV_2D, whose 'point' differs by 1, which is allowed" in report.verdict.reason
    assert "victim: op 10 FULLY_CONNECTED: fed the golden's inputs it agrees" in report.text()
    assert not golden.check(kept, model, changed_model=True, tolerance=Tolerance(lsb=1), each=True).guilty


def _shifted(net: Model, kept: Golden) -> Golden:
    """What a device computes whose SUB is one step too high: all that follows is right for what it gets."""
    after = net.copy()
    after.cut(["sub"], ["y"])
    inputs = []
    for case in range(len(kept.cases)):
        value = kept.cases[case][kept.keys.index("sub")].value
        inputs.append([np.minimum(value, 126) + np.int8(1)])
    rest = golden.record(after, inputs, layers=True)
    cases = []
    for case, records in enumerate(kept.cases):
        there = dict(zip(rest.keys, rest.cases[case], strict=True))
        cases.append(tuple(there.get(key, record) for key, record in zip(kept.keys, records, strict=True)))
    return Golden(**{**{name: getattr(kept, name) for name in _FIELDS}, "cases": tuple(cases)})


_FIELDS = ("model", "model_sha256", "arithmetic", "arithmetic_version", "tinylite", "seed", "cpu", "layers", "tensors")


def test_a_golden_without_layers_finds_the_layer_of_a_dump(net: Model) -> None:
    bare = golden.record(net, cases=2)
    dump = Dump.of(golden.record(net, cases=2, layers=True))
    _layer("point", _add(4, 3), 1)(dump)
    _layer("y", _add(4, 3), 1)(dump)
    _blamed(golden.check(bare, net, using=dump), POINTWISE, "guilty")


def test_hashes_are_enough_to_find_the_op(net: Model) -> None:
    """Of the golden, and of the dump: what a board prints."""
    bare = golden.record(net, cases=2, layers=True, hashes_only=True)
    dump = Dump.of(golden.record(net, cases=2, layers=True))
    assert golden.check(bare, net, using=dump).passes
    _layer("point", _add(4, 3), 1)(dump)
    _blamed(golden.check(bare, net, using=dump), POINTWISE, "guilty")
    whole = golden.record(net, cases=2, layers=True)
    crcs = Dump([{key: record.crc32 for key, record in zip(whole.keys, case, strict=True)} for case in whole.cases])
    assert golden.check(bare, net, using=crcs).passes and golden.check(whole, net, using=crcs).passes
    crcs.cases[1]["sub"] ^= 1
    for made in (whole, bare):
        report = golden.check(made, net, using=crcs)
        _blamed(report, SUB, "guilty")
        assert report.first is not None and "its CRC32 is" in str(report.first.difference.problem)


@pytest.mark.parametrize(("name", "op"), [("one bias", CONV), ("no bias", POINTWISE), ("another pool", POOL)])
def test_hashes_of_layers_say_which_op_of_a_changed_model_differs(name: str, op: int, net: Model) -> None:
    """What was computed before it has the golden's hashes, so that it is what the golden would hold."""
    bare = golden.record(net, cases=2, layers=True, hashes_only=True)
    report = golden.check(bare, changed(net, MODELS[name][0]), changed_model=True)
    _blamed(report, op, "guilty")
    assert report.first is not None and "the golden, which holds hashes only" in str(report.first.difference.problem)


def test_nan_at_another_place_is_a_difference(shared: Path) -> None:
    model = shared / "models" / "hello_world_float.tflite"
    made = golden.record(model, layers=True, cases=2)
    dump = Dump.of(made)
    (name,) = {key for key, tensor in zip(made.keys, made.tensors, strict=True) if tensor.op == 1}
    dump.cases[1][name].flat[3] = np.nan
    report = golden.check(made, model, using=dump, tolerance=Tolerance(atol=1e9))
    _blamed(report, 1, "guilty", "NaN or infinite")


def test_a_stale_golden_is_named() -> None:
    """One whose outputs this tinylite does not compute from the same model."""
    made = golden.record(DIGITS, cases=2)
    records = list(made.cases[0])
    assert records[1].value is not None
    records[1] = golden.Record.of(np.roll(records[1].value, 1))
    stale = Golden(**{**{name: getattr(made, name) for name in _FIELDS}, "cases": (tuple(records), made.cases[1])})
    report = golden.check(stale, DIGITS)
    assert not report.passes and "the golden is stale" in " ".join(report.notes)
    assert report.verdict is not None and report.verdict.kind == "unknown"


# ---- shared models


@pytest.mark.parametrize("name", shared_models())
def test_an_unchanged_model_never_fails(name: str, shared: Path) -> None:
    model = shared / "models" / name
    made = golden.record(model, layers=True, cases=2)
    assert golden.check(made, model).passes
    assert golden.check(made, model, each=True).passes
    assert golden.check(made, model, using=Dump.of(made)).passes


@pytest.mark.parametrize(
    ("name", "op", "place"),
    [
        ("person_detect_int8", 3, 1),
        ("vww_int8", 8, 2),
        ("resnet8_int8", 4, 1),
        ("kws_int8", 2, 1),
        ("ad_int8", 5, 2),
        ("tiny_conv_uint8", 0, 2),
    ],
)
def test_a_changed_constant_of_a_real_model_is_found(name: str, op: int, place: int, shared: Path) -> None:
    path = shared / "models" / f"{name}.tflite"
    made = golden.record(path, layers=True, cases=2)
    model = changed(Model.load(path), _data(op, place, _set(0, -127 if place == 1 else 5000)))
    _blamed(golden.check(made, model, changed_model=True), op, "guilty")


def test_a_reproduction_holds_the_op_and_differs_as_the_model_did(net: Model, kept: Golden, tmp_path: Path) -> None:
    model = changed(net, MODELS["one bias"][0])
    report = golden.check(kept, model, changed_model=True, reproduce_in=tmp_path)
    assert report.reproduction == str(tmp_path / "op0_CONV_2D")
    assert report.model is None and report.commands[0].startswith(f"tinylite explain {tmp_path / 'op0_CONV_2D' / 'op.tflite'} --op 0")
    made = golden.load(tmp_path / "op0_CONV_2D" / "op.golden.npz")
    alone = golden.check(made, tmp_path / "op0_CONV_2D" / "op.tflite")
    _blamed(alone, 0, "guilty")
    assert report.first is not None and alone.first is not None
    assert alone.first.difference.histogram == report.first.difference.histogram
    again = golden.check(kept, model, changed_model=True, reproduce_in=tmp_path)
    assert again.reproduction == str(tmp_path / "op0_CONV_2D_2")
