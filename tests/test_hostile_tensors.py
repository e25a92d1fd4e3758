"""Whatever an operator's tensors are, what is raised is an error of tinylite's (hostile_tensors.py)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tinylite import Interpreter, ModelError, UnsupportedError
from tinylite.engine.layout import Layout
from tinylite.engine.segment import Segment, Step
from tinylite.kernels.kernel import Kernel
from tinylite.memory.arena import Memory
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.ops.common.operator import Node, Value

from .cases import Case, T
from .hostile_tensors import MEMORY, foreign, hostile
from .test_ops import CASES

FIRST = {case.code: case for case in reversed(CASES)}


@pytest.mark.parametrize("code", sorted(FIRST))
def test_no_tensor_raises_what_is_not_ours(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", str(MEMORY))
    monkeypatch.setenv("TINYLITE_MAX_LOOP_ITERATIONS", "1000")
    assert foreign(FIRST[code], one_of=40) == {}


def test_hostile_models_are_the_same_each_time() -> None:
    case = FIRST["ADD"]
    assert [model.what for model in hostile(case, 7)] == [model.what for model in hostile(case, 7)]
    assert len(list(hostile(case))) > 100


# ---- the places where it is checked, once for all operators


def plan(content: bytes) -> Interpreter:
    interpreter = Interpreter(model_content=content)
    interpreter.allocate_tensors()
    return interpreter


@pytest.mark.parametrize("index", [0, 2, -1, -3])
def test_a_dimension_that_is_not_there_is_the_model_s_fault(index: int) -> None:
    value = Value("x", "FLOAT32", () if index in (0, -1) else (4, 5))
    with pytest.raises(ModelError, match=rf"has no dimension {index}, which the operator looks at"):
        value.shape[index]
    assert Value("x", "FLOAT32", (4, 5)).shape[1:] == (5,)
    assert Value("x", "FLOAT32", (4, 5)).shape == (4, 5)


def test_an_input_that_says_a_shape_does_not_become_a_list_of_any_length() -> None:
    x, shape, y = Tensor("x", (2,)), Tensor("shape", (1 << 20,), "INT32"), Tensor("y", (2,))
    content = Model([Graph("main", [x, shape], [y], [Op("RESHAPE", [x, shape], [y])])]).to_bytes()
    with pytest.raises(ModelError, match=r"'shape'.* has more than the 65536 elements that a shape, axes or sizes may have"):
        plan(content)


@pytest.mark.parametrize(
    ("fields", "given", "problem"),
    [
        ({"x": "i32"}, {"x": 1 << 31}, r"make x = 2147483648, and kernel k takes i32"),
        ({"x": "i64"}, {"x": 1 << 63}, r"make x = 9223372036854775808, and kernel k takes i64"),
        ({"x": "i32"}, {"x": 0.5}, r"make x = 0.5, and kernel k takes i32"),
        ({"x": "f32"}, {"x": 1e300}, r"make x = 1e\+300, and kernel k takes f32"),
        ({"y": "i64", "x": "i64[2]"}, {"y": 1, "x": [1, 2, 3]}, r"make x = \[1, 2, 3\], and kernel k takes i64\[2\]"),
    ],
)
def test_numbers_that_a_record_does_not_hold(fields: dict[str, str], given: dict[str, Any], problem: str) -> None:
    node = Node(Op("NEG", [], [Tensor("y")]), 3, [], [])
    step = Step(Kernel("k", lambda: None, fields), given, 1, 1, 0, node)
    with pytest.raises(ModelError, match=rf"op 3 NEG version 1 \(output 'y'\): its parameters {problem}"):
        Segment.bind([step], {"k": 0}, lambda what: 0, 1, Memory())


def test_numbers_that_an_array_does_not_hold() -> None:
    for values, dtype in (([1 << 31], np.int32), ([-1], np.uint8), (np.array([300]), np.int8)):
        with pytest.raises(ModelError, match="its parameters make numbers from"):
            Layout(Memory()).constant(values, dtype)
    assert Layout(Memory()).constant([255, 0], np.uint8).tolist() == [255, 0]


@pytest.mark.parametrize("zero", [-(1 << 40), 1 << 40, 1 << 31])
def test_a_zero_point_beyond_32_bits(zero: int) -> None:
    a, b = Tensor("a", (2, 3), "INT32"), Tensor("b", (2, 3), "INT32")
    y = Tensor("y", (2, 3), "INT32", quantization=Quantization([1.0], [zero]))
    content = Model([Graph("main", [a, b], [y], [Op("MUL", [a, b], [y], fused_activation_function="RELU6")])]).to_bytes()
    with pytest.raises(ModelError, match=r"'y' \(INT32 \[2, 3\]\) has a zero point outside -2147483648..2147483647"):
        plan(content)


def test_a_dimension_beyond_32_bits() -> None:
    """Of a tensor without elements, which takes no memory: no shape in details or a file holds it."""
    times = T((2,), "INT32", data=[1, 2**31 - 1])
    with pytest.raises(ModelError, match=r"its shape \[0, 4294967294\] has a dimension beyond 2147483647"):
        plan(Case("TILE", [T((0, 2)), times], [T((0, 2))]).model().to_bytes())


def test_elements_of_16_bytes_are_refused_by_what_moves_them() -> None:
    case = Case("RESIZE_NEAREST_NEIGHBOR", [T((1, 2, 2, 1), "COMPLEX128"), T((2,), "INT32", data=[4, 4])], [T((1, 4, 4, 1), "COMPLEX128")])
    with pytest.raises(UnsupportedError, match="whose elements take 16 bytes"):
        plan(case.model().to_bytes())
