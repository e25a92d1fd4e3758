"""`tinylite.explain` and `tinylite explain`: which op, which element, which inputs, which arithmetics, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite import ExplainError, Graph, Interpreter, Model, Op, Tensor, TensorError, TinyliteError, UnprovenError, UnsupportedError
from tinylite.cli import main
from tinylite.explaining import explain as explaining
from tinylite.explaining.integers import divide_half_away, divide_towards_zero, multiply_high, round_half_away, wrap
from tinylite.explaining.requantizing import METHODS
from tinylite.explaining.target import find_target
from tinylite.golden.file import save
from tinylite.golden.recording import record
from tinylite.inputs.random_values import random_inputs
from tinylite.quantization_math import multiply_high as in_numpy, rounding_divide_by_power

from ..cases import Case, T
from ..graphs import Maker, branch, loop, model

DEMO = Path(tinylite.__file__).parent / "demo"
DIGITS = str(DEMO / "digits_uint8.tflite")


def tensors(content: str, seed: int = 0) -> list[np.ndarray]:
    """All tensors after a run on random inputs."""
    interpreter = Interpreter(content, experimental_preserve_all_tensors=True, arithmetic="litert-reference")
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), random_inputs(interpreter.get_input_details(), seed), strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return [interpreter.get_tensor(number) for number in range(len(interpreter.model.graph.tensors))]


@pytest.mark.parametrize(
    ("op", "at", "tensor"), [(0, (0, 3, 1, 7), 3), (1, (0, 1, 2, 3), 6), (2, (0, 77), 8), (3, (0, 3), 11), (4, (0, 9), 12)]
)
def test_it_is_the_value_of_a_run_of_the_whole_model(op: int, at: tuple[int, ...], tensor: int) -> None:
    found = tinylite.explain(DIGITS, op, at, seed=5)
    assert found.result == tensors(DIGITS, 5)[tensor][at]
    assert (found.op, found.at, found.graph, found.output) == (op, at, 0, 0)
    assert found.real is not None


def test_taps_add_up_to_the_accumulator() -> None:
    found = tinylite.explain(DIGITS, 1, (0, 1, 2, 3), seed=1)
    stages = {stage.name: stage.value for stage in found.stages}
    assert found.taps is not None
    assert sum(row[-2] for row in found.taps.rows) == found.taps.rows[-1][-1] == stages["acc"]
    assert stages["acc+bias"] == stages["acc"] + stages["bias"]
    weights = Model.load(DIGITS).graph.ops[1].inputs[1]
    assert weights is not None and weights.data is not None
    x = tensors(DIGITS, 1)[3]
    for input_at, value, _, weight_at, weight, _, product, _ in found.taps.rows:
        assert value == x[input_at] and weight == weights.data[weight_at]
        assert product == (value - 0) * (int(weight) - int(weights.quantization.zero_point[0]))  # type: ignore[union-attr]


def test_an_op_has_a_number_or_the_name_of_an_output() -> None:
    assert tinylite.explain(DIGITS, "dense/add", (0, 3)) == tinylite.explain(DIGITS, 3, (0, 3))
    assert tinylite.explain(Model.load(DIGITS), 3, [0, 3]).result == tinylite.explain(DIGITS, 3, np.array([0, 3])).result


def test_an_output_that_is_named_is_the_one() -> None:
    x, axis, parts = Tensor("x", (1, 4)), _numbers("axis", 1), [Tensor(name, (1, 2)) for name in "ab"]
    axis.data = np.array(1, np.int32)
    model = Model([Graph("main", [x], parts, [Op("SPLIT", [axis, x], parts, num_splits=2)])])
    values = np.arange(4, dtype=np.float32).reshape(1, 4)
    assert [tinylite.explain(model, op, (0, 1), values).result for op in (0, "a", "b")] == [1, 1, 3]
    assert [tinylite.explain(model, op, (0, 1), values, output=output).result for op, output in ((0, 1), ("b", 0))] == [3, 1]


def test_inputs_are_given_by_order_or_name() -> None:
    picture = np.random.default_rng(3).integers(0, 256, (1, 8, 8, 1)).astype(np.uint8)
    by_order = tinylite.explain(DIGITS, 3, (0, 3), [picture])
    assert by_order == tinylite.explain(DIGITS, 3, (0, 3), {"picture": picture}) == tinylite.explain(DIGITS, 3, (0, 3), picture)
    assert by_order != tinylite.explain(DIGITS, 3, (0, 3))


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ({"op": 9}, r"graph 0: there is no op 9: the graph has 5\. Give a number from 0 to 4"),
        ({"op": -1}, r"there is no op -1"),
        ({"op": True}, r"no op has an output named True"),
        ({"op": "dense/ad"}, r"no op has an output named 'dense/ad'\. The nearest names are 'dense/add'"),
        ({"op": "picture"}, r"'picture' is an input or a constant, which no op computes"),
        (
            {"at": (0, 3, 1)},
            r"op 3 FULLY_CONNECTED: the index \[0, 3, 1\] has the length 3, and output 'dense/add' has the shape \[1, 10\]",
        ),
        ({"at": (1, 3)}, r"the index \[1, 3\] is out of range: output 'dense/add' has the shape \[1, 10\]\. Dimension 0 goes from 0 to 0"),
        ({"at": (0, 10)}, r"Dimension 1 goes from 0 to 9"),
        ({"at": (0, -1)}, r"out of range"),
        ({"at": (0, 1.5)}, r"is not an index\. Give a whole number for each dimension"),
        ({"at": "0,3"}, r"is not an index"),
        ({"at": None}, r"is not an index"),
        ({"output": 1}, r"it has no output 1\. It has 1, counted from 0"),
        ({"graph": 1}, r"there is no graph 1: the model has 1"),
        ({"arithmetic": "xnnpac"}, r"there is no arithmetic 'xnnpac'\. The nearest names are 'xnnpack'"),
        ({"arithmetic": []}, r"no arithmetic is asked for"),
        ({"arithmetic": None}, r"there is no arithmetic None\. Give one of"),
        ({"arithmetic": ["tflm", 5]}, r"there is no arithmetic 5"),
        ({"op": [3]}, r"no op has an output named \[3\]"),
        ({"inputs": {"pictur": np.zeros((1, 8, 8, 1), np.uint8)}}, r"no input 'pictur'\. The nearest names are 'picture'"),
        ({"inputs": {}}, r"nothing is given for input 'picture'"),
        ({"inputs": [1, 2]}, r"the number of inputs is 1, and 2 are given"),
        ({"inputs": 5}, r"the inputs are 5"),
        ({"inputs": [np.zeros((1, 8, 8, 1), np.float32)]}, r"is UINT8 \[1, 8, 8, 1\] and was given float32"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_there_is_not_is_named(arguments: dict[str, object], problem: str) -> None:
    with pytest.raises(TinyliteError, match=problem):
        tinylite.explain(DIGITS, **{"op": 3, "at": (0, 3), **arguments})  # type: ignore[arg-type]


def chained() -> Model:
    """An operator that nothing runs after one that can be explained, and one whose type cannot; a name that two ops have."""
    x, y, z = (Tensor(name, (2, 3)) for name in ("x", "same", "same"))
    total, cut = Tensor("total", (2, 3)), Tensor("cut", (1, 3))
    ops = [
        Op("RESHAPE", [x], [y], new_shape=(2, 3)),
        Op("RESHAPE", [y], [z], new_shape=(2, 3)),
        Op("ADD", [x, y], [total]),
        Op("SLICE", [total, _numbers("begin", 1, 0), _numbers("size", 1, 3)], [cut]),
        Op("CUSTOM", [total], [Tensor("odd", (2, 3))], custom_code="NobodyKnows"),
    ]
    return Model([Graph("main", [x], [cut], ops)])


def _numbers(name: str, *values: int) -> Tensor:
    made = Tensor(name, (len(values),), "INT32")
    made.data = np.array(values, np.int32)
    return made


def test_ops_that_the_op_does_not_depend_on_are_not_run() -> None:
    """Though nothing could: the custom op has no kernel."""
    found = tinylite.explain(chained(), 3, (0, 1))
    assert found.stages[0].how == "input 0 at 1,1"
    kept = find_target(chained(), 3).model.graph.ops
    assert [op.code for op in kept] == ["RESHAPE", "ADD", "SLICE"]
    with pytest.raises(UnsupportedError, match="NobodyKnows"):
        tinylite.explain(chained(), 4, (0, 1))


def test_what_cannot_be_explained_is_named_with_what_can() -> None:
    def single(code: str) -> Model:
        x, y = Tensor("x", (2,)), Tensor("y", (2,))
        return Model([Graph("main", [x], [y], [Op(code, [x], [y])])])

    with pytest.raises(UnsupportedError, match=r"op 0 TANH: there is no explanation for TANH of FLOAT32\. Of TANH it is for INT8, UINT8"):
        tinylite.explain(single("TANH"), 0, (1,))
    with pytest.raises(UnsupportedError, match=r"there is no explanation for SQRT of FLOAT32\. docs/explain.md lists those"):
        tinylite.explain(single("SQRT"), 0, (1,))
    with pytest.raises(TensorError, match=r"the ops 0, 1 have an output named 'same'\. Give the number of one"):
        tinylite.explain(chained(), "same", (0, 1))


def test_an_op_of_another_graph() -> None:
    first, second = (Tensor(name, (2, 3)) for name in "ab")
    other = Graph("other", [first], [second], [Op("RESHAPE", [first], [second], new_shape=(2, 3))])
    model = Model([*chained().graphs, other])
    found = tinylite.explain(model, 0, (1, 2), np.arange(6, dtype=np.float32).reshape(2, 3), graph=1)
    assert (found.graph, found.result) == (1, 5)


def test_an_op_of_a_graph_that_others_call(tmp_path: Path) -> None:
    """Here the body of a loop in a branch: the graphs around it lead to it, and are not run."""
    inputs = [Tensor("count", (), "INT32"), Tensor("x", (1, 4))]

    def looped(maker: Maker, *values: Tensor) -> list[Tensor]:
        return maker.call("WHILE", *values, outputs=values, **loop(values, lambda body, _, x: [body.add("ADD", x, x)]))

    then, other = branch("then", inputs, looped), branch("else", inputs, lambda maker, *values: values)
    maker = Maker("main", [Tensor("which", (), "BOOL"), *inputs])
    whole = model(maker.gives(*maker.call(
        "IF", *maker.graph.inputs, outputs=inputs, then_subgraph_index=then, else_subgraph_index=other
    )))  # fmt: skip
    number = [graph.name for graph in whole.graphs].index("body")
    found = tinylite.explain(whole, 0, (0, 2), [np.int32(1), np.arange(4, dtype=np.float32).reshape(1, 4)], graph=number)
    assert (found.code, found.graph, found.op, found.result) == ("ADD", number, 0, 4)
    whole.save(tmp_path / "loop.tflite")
    assert "body_0" in command(tmp_path / "loop.tflite", "--graph", number, "--op", 0, "--at", "0,2")


def half(sum: int) -> Model:
    """FULLY_CONNECTED of one input by one weight, with a factor of a quarter, so that results lie next to halves."""
    x, weight, output = T((1, 1), "INT8", scale=1.0), T((1, 1), "INT8", scale=1.0, data=[[sum]]), T((1, 1), "INT8", scale=4.0)
    return Case("FULLY_CONNECTED", [x, weight, None], [output], version=4).model()


@pytest.mark.parametrize(("sum", "away", "even"), [(2, 1, 0), (-2, -1, 0), (6, 2, 2), (-6, -2, -2), (-10, -3, -2), (5, 1, 1)])
def test_arithmetics_part_where_they_round(sum: int, away: int, even: int) -> None:
    found = tinylite.explain(half(sum), 0, (0, 0), np.array([[1]], np.int8), arithmetic=["litert-reference", "xnnpack"])
    reference, xnnpack = found.outcomes
    assert reference.derivation is not None and xnnpack.derivation is not None
    assert (reference.derivation.result, xnnpack.derivation.result) == (away, even)
    assert xnnpack.parts_from(reference) == (None if away == even else ("scaled", even, away))
    assert reference.parts_from(reference) is None
    titles = [title for title, _, _ in found.sections()]
    assert titles[-2:] == ["side by side", "results"]


@pytest.mark.parametrize("constant", [True, False])
def test_weights_that_the_run_computes_stay_computed(constant: bool) -> None:
    """XNNPACK leaves them to LiteRT's optimized kernels, which store an activation's limits otherwise: half a step is 93, and not 92."""
    weights = np.full((1, 1), 149)
    x = T((1, 1), "UINT8", scale=0.5, zero=222)
    w = T((1, 1), "UINT8", scale=0.015625, zero=149, data=weights if constant else None)
    bias, output = T((1,), "INT32", scale=0.0078125, data=[50000]), T((1, 1), "UINT8", scale=2.0, zero=92)
    model = Case("FULLY_CONNECTED", [x, w, bias], [output], {"fused_activation_function": "RELU_N1_TO_1"}, version=4).model()
    feeds = [np.full((1, 1), 222, np.uint8), *([] if constant else [weights.astype(np.uint8)])]
    for names in (["xnnpack"], ["litert-reference", "xnnpack"]):
        assert tinylite.explain(model, 0, (0, 0), feeds, arithmetic=names).outcomes[-1].result == (92 if constant else 93)


def test_an_arithmetic_that_is_not_proven_is_listed_and_refused_as_the_first() -> None:
    found = tinylite.explain(DIGITS, 4, (0, 3), arithmetic="all")
    assert found.outcomes[0].arithmetic == "litert-reference"
    assert {outcome.arithmetic for outcome in found.outcomes} == {*tinylite.arithmetic.ARITHMETICS} - {"fast"}
    refused = [outcome for outcome in found.outcomes if outcome.derivation is None]
    assert all("is not proven for SOFTMAX of UINT8" in outcome.refused for outcome in refused)
    with pytest.raises(UnprovenError, match="DEPTHWISE_CONV_2D of UINT8"):
        tinylite.explain(DIGITS, 4, (0, 3), arithmetic="cmsis-nn")


def test_an_explanation_that_does_not_arrive_at_the_kernels_value_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    real = explaining.derive

    def wrong(*arguments: object) -> object:
        place = real(*arguments)  # type: ignore[arg-type]
        return lambda at: place(at)._replace(result=int(place(at).result) + 1)

    monkeypatch.setattr(explaining, "derive", wrong)
    with pytest.raises(ExplainError, match=r"op 3 FULLY_CONNECTED: the explanation arrives at (\d+), and the kernel of 'litert-reference'"):
        tinylite.explain(DIGITS, 3, (0, 3))


def test_a_sum_that_wraps_is_said_to() -> None:
    x, weights = T((1, 1), "INT8", scale=1.0), T((1, 1), "INT8", scale=1.0, data=[[127]])
    case = Case(
        "FULLY_CONNECTED", [x, weights, T((1,), "INT32", scale=1.0, data=[2**31 - 1])], [T((1, 1), "INT8", scale=1.0)], {}, version=4
    )
    found = tinylite.explain(case.model(), 0, (0, 0), np.array([[1]], np.int8))
    stages = {stage.name: stage for stage in found.stages}
    assert stages["acc+bias"].value == -(2**31) + 126 and "wraps in 32 bits" in stages["acc+bias"].how
    assert found.result == -128


def test_sections_are_texts_and_cut_long_sums() -> None:
    found = tinylite.explain(DIGITS, 3, (0, 3), arithmetic="all")
    for title, headers, rows in found.sections():
        assert isinstance(title, str) and all(isinstance(header, str) for header in headers)
        assert rows and all(len(row) == len(headers) and all(isinstance(text, str) for text in row) for row in rows)
    taps = next(rows for title, _, rows in found.sections() if title.startswith("384 taps"))
    assert len(taps) == 25 and taps[12][0] == "... 360 more"
    whole = next(rows for title, _, rows in found.sections(most=None) if title.startswith("384 taps"))
    assert len(whole) == 384 and whole[:12] == taps[:12] and whole[-12:] == taps[-12:]


def test_plain_is_json() -> None:
    found = tinylite.explain(DIGITS, 0, (0, 3, 1, 7), arithmetic="all")
    assert json.loads(json.dumps(found.plain()))["result"] == found.result


# ---- the command


def command(*arguments: object, code: int = 0) -> str:
    result = CliRunner().invoke(main, ["explain", *map(str, arguments)], env={"COLUMNS": "100"})
    assert result.exit_code == code, f"{result.stdout}{result.stderr}"
    return result.stdout if code == 0 else result.stderr


def test_the_command_prints_what_the_function_finds() -> None:
    found = tinylite.explain(DIGITS, 3, (0, 3), seed=2, arithmetic="all")
    assert found == tinylite.explain(DIGITS, 3, (0, 3), seed=2, arithmetic=["all", "tflm"])
    assert json.loads(command(DIGITS, "--op", 3, "--at", "0,3", "--seed", 2, "--arithmetic", "all", "--json")) == found.plain()
    shown = command(DIGITS, "--op", "dense/add", "--at", "0,3", "--seed", 2)
    assert str(found.result) in shown and "... 360 more" in shown and max(map(len, shown.splitlines())) <= 100
    assert shown == command(DIGITS, "--op", 3, "--at", "(0, 3,)", "--seed", 2) == command(DIGITS, "--op", 3, "--at", "[0,3]", "--seed", 2)
    assert "0,200" in command(DIGITS, "--op", 3, "--at", "0,3", "--all-taps") and "0,200" not in shown


def test_the_command_says_what_is_wrong() -> None:
    assert "is not an index such as 0,3,1,17" in command(DIGITS, "--op", 3, "--at", "0;3", code=2)
    for index in ("0,,3", ",3", "0,3,,", "1_0,3", "0,\N{ARABIC-INDIC DIGIT THREE}", "0 3", "0.0,3"):
        assert "is not an index such as" in command(DIGITS, "--op", 3, "--at", index, code=2), index
    assert "--case is of a golden" in command(DIGITS, "--op", 3, "--at", "0,3", "--case", 0, code=2)
    assert "there is no op 12: the graph has 5" in command(DIGITS, "--op", 12, "--at", "0,3", code=1)
    assert "has the shape [1, 10]" in command(DIGITS, "--op", 3, "--at", "3", code=1)
    assert "nothing.tflite" in command("nothing.tflite", "--op", 3, "--at", "3", code=1)


def test_the_command_takes_inputs_and_arithmetic_of_a_golden(tmp_path: Path) -> None:
    path = str(tmp_path / "g.npz")
    save(record(DIGITS, cases=3, seed=4, arithmetic="fast"), path)
    shown = json.loads(command(DIGITS, "--op", 3, "--at", "0,3", "--inputs", path, "--case", 2, "--json"))
    assert shown == tinylite.explain(DIGITS, 3, (0, 3), seed=6, arithmetic="fast").plain()
    assert "has no case 3: it has 3, counted from 0" in command(DIGITS, "--op", 3, "--at", "0,3", "--inputs", path, "--case", 3, code=2)
    assert "give one of them" in command(DIGITS, DEMO / "digit_3.png", "--op", 3, "--at", "0,3", "--inputs", path, code=2)
    assert "not a golden" in command(DIGITS, "--op", 3, "--at", "0,3", "--inputs", DIGITS, code=1)
    other = Model.load(DIGITS)
    other.description = "another"
    other.save(str(tmp_path / "other.tflite"))
    result = CliRunner().invoke(main, ["explain", str(tmp_path / "other.tflite"), "--op", "3", "--at", "0,3", "--inputs", path])
    assert result.exit_code == 0 and "was recorded of another model" in result.stderr


# ---- integers


def test_integers_are_those_of_the_formulas_in_numpy() -> None:
    rng = np.random.default_rng(0)
    for x, y, bits in zip(
        rng.integers(-(2**31), 2**31, 500).tolist(), rng.integers(0, 2**31, 500).tolist(), [*range(32)] * 16, strict=False
    ):
        assert multiply_high(x, y) == in_numpy(x, y)
        assert divide_half_away(x, bits) == rounding_divide_by_power(np.int64(x), bits)
        assert wrap(x * y) == np.int64(np.array(x, np.int64) * y).astype(np.int32)
    assert [round_half_away(x) for x in (0.5, -0.5, 1.5, 0.49999999999999994, -2.5, 3)] == [1, -1, 2, 0, -3, 3]
    assert [divide_towards_zero(x, 3) for x in (-4, -3, -2, 2, 4)] == [-1, -1, 0, 0, 1]


def test_every_method_of_kernels_is_explained() -> None:
    from tinylite.kernels.epilogues import EPILOGUES

    assert {*METHODS} == {*EPILOGUES}
