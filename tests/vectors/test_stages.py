"""The stages of sums of products lead to what kernels compute, and what is written of an op is what it reads and writes."""

from __future__ import annotations

import re
from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite.arithmetic import ARITHMETICS, REFERENCE, XNNPACK, Arithmetic, Rule, find
from tinylite.errors import InvokeError, UnprovenError, UnsupportedError
from tinylite.kernels.epilogues import EPILOGUES
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.ops.common.node import node_of
from tinylite.test_vectors import collect
from tinylite.test_vectors.stages import ROUNDINGS, STAGED, Stages, stage_arrays

from ..arithmetics.cases import CASES
from ..cases import Case, T

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"


def stages_and_output(case: Case, arithmetic: str, seed: int) -> tuple[Stages | None, np.ndarray]:
    """Those of a case, and what the kernel computes."""
    feeds = case.feeds(seed)
    with tinylite.Interpreter(case.model(), arithmetic=arithmetic) as interpreter:
        interpreter.allocate_tensors()
        for entry, value in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(entry["index"], value)
        interpreter.invoke()
        (output,) = (interpreter.get_tensor(entry["index"]) for entry in interpreter.get_output_details())
        graph = interpreter.model.graph
        graph.outputs[0].shape = output.shape
        fed = {id(tensor): value for tensor, value in zip(graph.inputs, feeds, strict=True)}
        reads = [None if tensor is None else fed.get(id(tensor)) for tensor in graph.ops[0].inputs]
        return stage_arrays(node_of(graph.ops[0]), reads, find(arithmetic)), output


def sums_are_whole(stages: Stages, case: Case) -> None:
    """What the stages say of each other."""
    (bias,) = case.inputs[3 if case.code == "TRANSPOSE_CONV" else 2 :] or (None,)
    added = 0 if bias is None else np.asarray(bias.data, np.int64).reshape(-1)
    assert np.array_equal(stages.acc + added, stages.biased)
    assert {stages.acc.dtype, stages.biased.dtype, stages.scaled.dtype} == {np.dtype(np.int32)}


@pytest.mark.parametrize("code", STAGED)
def test_stages_lead_to_the_output_of_the_reference(code: str) -> None:
    """All cases of the operator, with groups, dilations, strides, multipliers, both types, weights that are computed."""
    counts: Counter[str] = Counter()
    for case in import_module(f"tests.ops.{code.lower()}").CASES:
        stages, output = stages_and_output(case, "litert-reference", 1)
        counts[str(case.outputs[0].type) if stages is not None else "none"] += 1
        if stages is not None:
            assert np.array_equal(stages.out, output), case.name
            sums_are_whole(stages, case)
        else:
            assert output.dtype == np.float32 or not output.size
    assert counts["INT8"] and counts["none"] and (counts["UINT8"] or code == "BATCH_MATMUL")


PROVEN = [
    (name, code, type)
    for name, arithmetic in ARITHMETICS.items()
    for code, type in CASES
    if code in STAGED and (arithmetic.rules is None or (code, type) in arithmetic.rules)
]


@pytest.mark.parametrize(("arithmetic", "code", "type"), PROVEN)
def test_stages_lead_to_the_output_of_an_arithmetic(arithmetic: str, code: str, type: str) -> None:
    """On random cases in which halves, limits and the last bits of factors decide."""
    compared = 0
    for seed in range(20):
        case = CASES[code, type](np.random.default_rng(seed))
        try:
            stages, output = stages_and_output(case, arithmetic, seed)
        except UnprovenError:  # for layers of some kinds
            continue
        compared += 1
        assert stages is not None and np.array_equal(stages.out, output), case.name
        sums_are_whole(stages, case)
    assert compared > 4


@pytest.mark.parametrize("method", EPILOGUES)
@pytest.mark.parametrize("code", STAGED)
def test_stages_lead_to_the_output_of_every_method(method: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that no arithmetic has for an operator, too, and blocks that leave channels over."""
    for seed in range(8):
        rule = Rule(method, "double", block=8 if method == "halves_up" and seed % 2 else 1)
        monkeypatch.setitem(ARITHMETICS, "by-method", Arithmetic("by-method", floats="separate", rules={(code, "INT8"): rule}))
        case = CASES[code, "INT8"](np.random.default_rng(seed))
        stages, output = stages_and_output(case, "by-method", seed)
        assert stages is not None and np.array_equal(stages.out, output), case.name


def test_sums_are_those_of_the_definition() -> None:
    """Element by element, in Python's integers."""
    rng = np.random.default_rng(2)
    weights, bias = rng.integers(-127, 128, (3, 2, 2, 4)), rng.integers(-90, 90, 3)
    case = Case(
        "CONV_2D",
        [
            T((1, 4, 5, 4), "INT8", scale=0.5, zero=-7),
            T((3, 2, 2, 4), "INT8", scale=[0.01, 0.02, 0.03], data=weights),
            T((3,), "INT32", scale=[0.005, 0.01, 0.015], data=bias),
        ],
        [T((1, 2, 2, 3), "INT8", scale=1.0, zero=5)],
        {"padding": "VALID", "stride_h": 2, "stride_w": 3, "dilation_h_factor": 1, "dilation_w_factor": 1},
        version=3,
    )
    stages, _ = stages_and_output(case, "litert-reference", 0)
    x = case.feeds(0)[0].astype(int)
    assert stages is not None
    for row, column, channel in np.ndindex(2, 2, 3):
        window = x[0, 2 * row : 2 * row + 2, 3 * column : 3 * column + 2] + 7
        assert stages.acc[0, row, column, channel] == (window * weights[channel]).sum()
    real = stages.biased * 0.5 * np.array([0.01, 0.02, 0.03])
    assert np.abs(stages.scaled - real).max() <= 0.5 + 1e-6


def test_every_method_of_rounding_has_stages_or_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert {*ROUNDINGS} == {*EPILOGUES}
    case = CASES["CONV_2D", "INT8"](np.random.default_rng(1))
    monkeypatch.delitem(ROUNDINGS, "fixed")  # type: ignore[arg-type]
    with pytest.raises(UnsupportedError, match=r"CONV_2D: the stages of the arithmetic 'litert-reference' are not known.*'fixed'"):
        stages_and_output(case, "litert-reference", 1)


def test_nothing_is_written_where_stages_and_kernel_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = collect.stage_arrays

    def wrong(*arguments: object) -> Stages | None:
        found = true(*arguments)  # type: ignore[arg-type]
        if found is not None:
            found.out.reshape(-1)[3] += 1
        return found

    monkeypatch.setattr(collect, "stage_arrays", wrong)
    with pytest.raises(InvokeError, match=r"op 1 CONV_2D: 1 of \d+ outputs differ"):
        tinylite.vectors(DIGITS, tmp_path / "v", format="npz", op=1)
    assert not list(tmp_path.iterdir())


def test_an_op_is_fed_what_it_reads_in_the_model(tmp_path: Path) -> None:
    """And writes what it writes there; the second op reads what the first one writes."""
    tinylite.vectors(DIGITS, tmp_path / "v", format="npz", each=True, seed=4)
    read = tinylite.read_vectors(tmp_path / "v")
    with tinylite.Interpreter(DIGITS, experimental_preserve_all_tensors=True, arithmetic="litert-reference") as interpreter:
        interpreter.allocate_tensors()
        (picture,) = tinylite.random_inputs(interpreter.get_input_details(), 4)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        for number, op in enumerate(interpreter.model.graph.ops):
            for role, tensors in (("input", op.inputs), ("output", op.outputs)):
                for vector in read.find(role, op=number):
                    tensor = tensors[vector.position or 0]
                    assert tensor is not None and tensor.name == vector.tensor
                    index = next(index for index, one in enumerate(interpreter.model.graph.tensors) if one is tensor)
                    assert np.array_equal(interpreter.get_tensor(index), vector.values)
    assert {vector.role for vector in read.vectors if vector.tensor} >= {"input", "output", "weights", "bias", "acc", "acc+bias", "scaled"}


def test_runs_have_the_random_values_of_one_seed_after_the_other(tmp_path: Path) -> None:
    """Each run alone is the same as among others."""
    tinylite.vectors(DIGITS, tmp_path / "v", format="npz", seed=7, cases=3)
    read = tinylite.read_vectors(tmp_path / "v")
    with tinylite.Interpreter(DIGITS) as interpreter:
        details = interpreter.get_input_details()
    for case in range(3):
        (drawn,) = tinylite.random_inputs(details, 7 + case)
        assert np.array_equal(read.find("input", case=case)[0].values, drawn)
        tinylite.vectors(DIGITS, tmp_path / f"{case}", format="npz", inputs={"picture": drawn})
        (alone,) = tinylite.read_vectors(tmp_path / f"{case}").find("output")
        assert np.array_equal(read.find("output", case=case)[0].values, alone.values)


def double_rounds_otherwise() -> Case:
    """A FULLY_CONNECTED that, fed its feeds of seed 0, has outputs which multiplier and shift do not lead to: it scales in double."""
    for seed in range(100):
        case = CASES["FULLY_CONNECTED", "INT8"](np.random.default_rng(seed))
        stages, output = stages_and_output(case, "litert-reference", 0)
        assert stages is not None
        node = node_of(case.model().graph.ops[0])
        datapath = collect.datapath_of(node, REFERENCE)
        assert datapath is not None
        fixed = datapath.output(datapath.scaled(stages.biased.astype(np.int64), "fixed"))
        if (fixed != output).any():
            return case
    raise AssertionError("there is no such case")


def test_a_note_says_where_multiplier_and_shift_do_not_lead_to_the_output(tmp_path: Path) -> None:
    case = double_rounds_otherwise()
    (note,) = tinylite.vectors(case.model(), tmp_path / "v", format="npz", op=0, inputs=case.feeds(0))["notes"]
    assert "op 0 FULLY_CONNECTED" in note and "'double'" in note
    roles = {vector.role for vector in tinylite.read_vectors(tmp_path / "v").vectors}
    assert {"factor", "multiplier", "shift"} <= roles
    case = CASES["CONV_2D", "INT8"](np.random.default_rng(0))
    assert tinylite.vectors(case.model(), tmp_path / "c", format="npz", op=0)["notes"] == []


def test_ops_of_a_model_that_the_arithmetic_does_not_run_are_fed_by_the_reference(tmp_path: Path) -> None:
    """CONV_2D is proven for xnnpack, and EXP is not."""
    case = CASES["CONV_2D", "INT8"](np.random.default_rng(0))
    model = case.model()
    graph = model.graph
    x, output = graph.inputs[0], graph.outputs[0]
    assert output.quantization is not None
    y = Tensor("y", output.shape, "INT8", quantization=Quantization([1 / 256], [-128]))
    graph.ops.append(Op("LOGISTIC", [output], [y]))
    graph.tensors.append(y)
    graph.outputs = [y]
    with pytest.raises(UnsupportedError, match="not proven"):
        tinylite.vectors(model, tmp_path / "v", format="npz", arithmetic=_without_logistic())
    manifest = tinylite.vectors(model, tmp_path / "v", format="npz", each=True, arithmetic=_without_logistic())
    assert [made["op"] for made in manifest["sets"]] == [0]
    assert [(entry["op"], entry["operator"]) for entry in manifest["skipped"]] == [(1, "LOGISTIC")]
    assert "not proven" in manifest["skipped"][0]["reason"] and any("litert-reference" in note for note in manifest["notes"])
    assert tinylite.read_vectors(tmp_path / "v").find("input")[0].values.shape == x.shape


def _without_logistic() -> tinylite.Arithmetic:
    """The arithmetic of XNNPACK as it is proven for sums of products alone."""
    rules = {place: rule for place, rule in (XNNPACK.rules or {}).items() if place[0] in STAGED}
    return tinylite.Arithmetic("sums-alone", floats="separate", rules=rules)


def stateful(code: str) -> Model:
    """A variable that an op of state writes: random numbers, which are others in each run."""
    shape, y = Tensor("shape", (1,), "INT32"), Tensor("y", (4,))
    shape.data = np.array([4], np.int32)
    return Model([Graph("main", [], [y], [Op(code, [shape], [y])], [shape, y])])


def test_what_no_run_repeats_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedError, match=r"op 0 RANDOM_UNIFORM: its output 'y' is not the same when it runs alone"):
        tinylite.vectors(stateful("RANDOM_UNIFORM"), tmp_path / "v", format="npz", op=0)


def test_state_is_that_before_the_run(tmp_path: Path) -> None:
    """An SVDF's state begins at zero in each run."""
    case = next(case for case in import_module("tests.ops.svdf").CASES if case.inputs[0].type == "FLOAT32")
    tinylite.vectors(case.model(), tmp_path / "v", format="npz", op=0, cases=2)
    read = tinylite.read_vectors(tmp_path / "v")
    states = read.find("state")
    assert [state.case for state in states] == [0, 1] and not any(state.values.any() for state in states)
    assert len(read.find("output")) == 2


def test_ops_on_handles_and_without_outputs_are_refused(tmp_path: Path) -> None:
    """Those of a variable: CALL_ONCE, VAR_HANDLE, and what reads or writes it."""
    model = import_module("tests.ops.read_variable").CASES[0].model()
    skipped = tinylite.vectors(model, tmp_path / "each", format="npz", each=True)["skipped"]
    assert {"CALL_ONCE", "VAR_HANDLE", "READ_VARIABLE"} <= {entry["operator"] for entry in skipped} < {op.name for op in model.graph.ops}
    for entry in skipped:
        problem = f"op {entry['op']} {entry['operator']}: (it has no output|its tensor .* holds no numbers)"
        with pytest.raises(UnsupportedError, match=problem):
            tinylite.vectors(model, tmp_path / "v", format="npz", op=entry["op"])


@pytest.mark.slow
@pytest.mark.parametrize("module", sorted(path.stem for path in (Path(__file__).parents[1] / "ops").glob("[a-z]*.py")))
def test_every_operator_has_vectors_or_is_refused(module: str, tmp_path: Path) -> None:
    """Some cases of each, whose outputs are those of the whole model."""
    cases = import_module(f"tests.ops.{module}").CASES
    for number, case in enumerate(cases[:: max(len(cases) // 6, 1)]):
        folder = tmp_path / str(number)
        try:
            manifest = tinylite.vectors(case.model(), folder, format="npz", op=0, inputs=case.feeds(1))
        except UnsupportedError as error:
            assert re.search("no output|no numbers|when it runs alone", str(error)), case.name
            continue
        assert [made["operator"] for made in manifest["sets"]] == [case.model().graph.ops[0].name]
        assert tinylite.read_vectors(folder).find("output")


def test_one_input_may_be_read_twice(tmp_path: Path) -> None:
    x, y = Tensor("x", (4,), "FLOAT32"), Tensor("y", (4,), "FLOAT32")
    model = Model([Graph("main", [x], [y], [Op("MUL", [x, x], [y])], [x, y])])
    tinylite.vectors(model, tmp_path / "v", format="npy", op=0)
    a, b, out = (np.load(tmp_path / "v" / f"{name}.npy") for name in ("input_0", "input_1", "output"))
    assert np.array_equal(a, b) and np.array_equal(a * b, out)
    for format, pattern in (("tflm", "*input*.csv"), ("arm", "testing_input/*/*.npy")):  # of a model with one input
        tinylite.vectors(model, tmp_path / format, format=format, op=0)
        assert len(list((tmp_path / format).glob(pattern))) == 1
        assert [vector.position for vector in tinylite.read_vectors(tmp_path / format).find("input")] == [0, 1]


def test_text_is_refused(tmp_path: Path) -> None:
    x, y = Tensor("x", (1,), "INT32"), Tensor("y", (1,), "STRING")
    model = Model([Graph("main", [x], [y], [Op("CAST", [x], [y])], [x, y])])
    with pytest.raises((UnsupportedError, tinylite.ModelError)):
        tinylite.vectors(model, tmp_path / "v", format="npz", op=0)
