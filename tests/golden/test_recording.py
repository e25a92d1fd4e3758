"""Recording goldens: which tensors, in which order, of which cases."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import tinylite
from tinylite import golden
from tinylite.errors import FileError, GoldenError, ModelError, SettingError, TensorError
from tinylite.model import Graph, Model, Op, Tensor

from ..small_models import DEMO, chain, two_signatures

DIGITS = DEMO / "digits_uint8.tflite"


def test_inputs_come_first_then_outputs_then_layers_in_the_order_of_ops() -> None:
    made = golden.record(DIGITS, cases=2, layers=True)
    assert [(tensor.name, tensor.role, tensor.op, tensor.operator) for tensor in made.tensors] == [
        ("picture", "input", None, ""),
        ("scores", "output", 4, "SOFTMAX"),
        ("conv_1/Relu", "layer", 0, "DEPTHWISE_CONV_2D"),
        ("conv_2/Relu", "layer", 1, "CONV_2D"),
        ("dense/Reshape", "layer", 2, "RESHAPE"),
        ("dense/add", "layer", 3, "FULLY_CONNECTED"),
    ]
    assert made.tensors[1].dtype == "uint8" and made.tensors[1].scale == (1 / 256,) and made.tensors[1].zero_point == (0,)
    assert (made.model, made.arithmetic, made.seed, made.tinylite) == (DIGITS.name, "litert-reference", 0, tinylite.__version__)


def test_a_case_holds_what_an_interpreter_computes_for_the_seed_of_the_case() -> None:
    made = golden.record(DIGITS, cases=3, seed=5, layers=True)
    interpreter = tinylite.Interpreter(DIGITS, experimental_preserve_all_tensors=True, arithmetic="litert-reference")
    interpreter.allocate_tensors()
    for case, records in enumerate(made.cases):
        (drawn,) = tinylite.random_inputs(interpreter.get_input_details(), 5 + case)
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], drawn)
        interpreter.invoke()
        for tensor, record in zip(made.tensors, records, strict=True):
            np.testing.assert_array_equal(record.value, interpreter.get_tensor(tensor.index), strict=True)


@pytest.mark.parametrize(
    ("given", "cases"),
    [
        ([np.zeros((1, 4), np.float32)], 1),
        ([np.zeros((1, 4), np.float32)] * 3, 3),
        (np.zeros((1, 4), np.float32), 1),
        ({"x": np.zeros((1, 4), np.float32)}, 1),
        ({0: np.zeros((1, 4), np.float32)}, 1),
        ([{"x": np.zeros((1, 4), np.float32)}, [np.ones((7, 4), np.float32)]], 2),
    ],
)
def test_inputs_are_a_case_or_a_list_of_cases(given: object, cases: int) -> None:
    made = golden.record(chain(), given)
    assert len(made.cases) == cases and made.seed is None and made.model == ""
    for records in made.cases:
        np.testing.assert_array_equal(records[1].value, np.abs(records[0].value), strict=True)


def test_inputs_are_found_by_the_names_of_a_signature() -> None:
    left, right = np.full((1, 4), 2, np.float32), np.full((1, 4), 3, np.float32)
    made = golden.record(two_signatures(), {"left": left, "right": right}, signature="arithmetic")
    assert [record.value[0, 0] for record in made.cases[0]] == [2, 3, 5, 6]
    second = golden.record(two_signatures(), signature="minus", cases=1)
    assert second.graph == 1 and [tensor.name for tensor in second.tensors] == ["x", "y"]


def test_shapes_are_those_that_are_asked_for() -> None:
    made = golden.record(chain(), cases=2, shapes={"x": (3, 4)})
    assert [record.shape for record in made.cases[1]] == [(3, 4), (3, 4)]


def test_hashes_only_keeps_inputs() -> None:
    whole, made = golden.record(DIGITS, cases=2), golden.record(DIGITS, cases=2, hashes_only=True)
    assert made == whole and made.hashes_only and not whole.hashes_only
    assert [record.value is None for record in made.cases[0]] == [False, True]


@pytest.mark.parametrize(
    ("arguments", "error", "text"),
    [
        ({"cases": 0}, SettingError, "cases is 0"),
        ({"seed": -1}, SettingError, "seed is -1"),
        ({"seed": 1 << 63}, SettingError, "seed is 9223372036854775808"),
        ({"cases": True}, SettingError, "cases is True"),
        ({"inputs": []}, TensorError, "the inputs are"),
        ({"inputs": 3}, TensorError, "the inputs are 3"),
        ({"inputs": {"X": np.zeros((1, 4), np.float32)}}, TensorError, "nearest names are 'x'"),
        ({"inputs": {}}, TensorError, "case 0 has nothing for input 'x'"),
        ({"inputs": {"x": np.zeros((1, 4), np.float32), 0: np.zeros((1, 4), np.float32)}}, TensorError, "has an input twice"),
        ({"inputs": [[np.zeros((1, 4), np.float32)] * 2]}, TensorError, "2 arrays, and the model 1 inputs"),
        ({"inputs": [np.zeros((1, 4), np.int8)]}, TensorError, "was given int8"),
        ({"graph": 3}, TensorError, "there is no graph 3"),
        ({"signature": "serve"}, ModelError, "no signature 'serve'"),
        ({"arithmetic": "litert-referense"}, SettingError, "nearest names are 'litert-reference'"),
    ],
)
def test_what_cannot_be_recorded_says_why(arguments: dict[str, object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        golden.record(chain(), **arguments)


def test_tensors_of_one_name_have_keys_apart() -> None:
    x, y, z = Tensor("x", (1, 2)), Tensor("same", (1, 2)), Tensor("same", (1, 2))
    made = golden.record(Model([Graph("main", [x], [z], [Op("NEG", [x], [y]), Op("ABS", [y], [z])], [x, y, z])]), cases=1, layers=True)
    assert made.keys == ("x", "same (tensor 2)", "same (tensor 1)")
    assert golden.check(made, Model([Graph("main", [x], [z], [Op("NEG", [x], [y]), Op("ABS", [y], [z])], [x, y, z])])).passes


def test_what_cannot_be_checked_says_why() -> None:
    made = golden.record(chain(), cases=1)
    for wrong, text in ((replace(made, cases=()), "has no cases"), (replace(made, graph=3), "of graph 3, and the model has 1")):
        with pytest.raises(GoldenError, match=text):
            golden.check(wrong, chain())
    with pytest.raises(SettingError, match="using is 3"):
        golden.check(made, chain(), using=3)
    with pytest.raises(SettingError, match="Give one of the two"):
        golden.check(made, chain(), using=golden.TinyliteSource(golden.ModelFile.of(chain()), "fast"), arithmetic="fast")
    with pytest.raises(FileError, match="recorded of a model without a file"):
        golden.check(made)
    with pytest.raises(GoldenError, match="first difference"):
        report = golden.check(made, chain(codes="NEG NEG"), changed_model=True)
        report.raise_if_failed()
    golden.check(made, chain()).raise_if_failed()
