"""Each TensorFlow op alone: what tinylite converts it to, run by LiteRT and tinylite, returns what TensorFlow returns."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings, strategies as st

from tinylite.converter import tf_ops
from tinylite.converter.folding import FOLDERS
from tinylite.errors import ConvertError

from .cases import CASES
from .referee import Case, check, check_folded

few = settings(max_examples=10, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@pytest.mark.parametrize("name", sorted(CASES))
def test_an_op_gives_what_tensorflow_gives(name: str) -> None:
    """With shapes that are known, and with unknown dimensions."""

    @few
    @given(CASES[name], st.booleans())
    def examples(case: Case, unknown: bool) -> None:
        check(case, unknown)

    examples()


tf_ops.names()  # some of these have code for constants, too


@pytest.mark.parametrize("name", sorted(FOLDERS.keys() & CASES.keys()))
def test_an_op_of_constants_is_computed(name: str) -> None:
    @few
    @given(CASES[name])
    def examples(case: Case) -> None:
        check_folded(case)

    examples()


DTYPES = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "float16", "float64", "bool"]
raw = tf.raw_ops
FORMS: dict[str, Callable[..., Any]] = {
    **{op: lambda x, op=op: getattr(raw, op)(x=x) for op in ("Abs", "Square", "Neg", "Sign", "Floor", "Exp", "Sqrt", "Sigmoid", "Tanh",
                                                             "ZerosLike", "OnesLike")},
    **{op: lambda x, op=op: getattr(raw, op)(x=x, y=x[:1]) for op in (
        "Add", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "Div", "FloorDiv", "FloorMod", "Less", "GreaterEqual", "Equal",
        "NotEqual")},
    **{op: lambda x, op=op: getattr(raw, op)(input=x, axis=[1]) for op in ("Sum", "Mean", "Max", "Min", "Prod")},
    **{op: lambda x, op=op: getattr(raw, op)(features=x) for op in ("Relu", "Relu6", "LeakyRelu")},
    "AddN": lambda x: raw.AddN(inputs=[x, x, x]), "ArgMax": lambda x: raw.ArgMax(input=x, dimension=1),
    "ConcatV2": lambda x: raw.ConcatV2(values=[x, x], axis=0), "Cumsum": lambda x: raw.Cumsum(x=x, axis=1),
    "GatherV2": lambda x: raw.GatherV2(params=x, indices=[1, 0], axis=1), "MatrixDiag": lambda x: raw.MatrixDiag(diagonal=x),
    "MatrixBandPart": lambda x: raw.MatrixBandPart(input=x, num_lower=0, num_upper=1), "Pack": lambda x: raw.Pack(values=[x, x], axis=1),
    "Pad": lambda x: raw.Pad(input=x, paddings=[[1, 0], [0, 2]]), "ReverseV2": lambda x: raw.ReverseV2(tensor=x, axis=[1]),
    "Range": lambda x: raw.Range(start=x[0, 0], limit=x[0, 0] + x[0, 0], delta=x[0, 0]), "Softmax": lambda x: raw.Softmax(logits=x),
    "SelectV2": lambda x: raw.SelectV2(condition=[[True], [False]], t=x, e=x[:1]),
    "Slice": lambda x: raw.Slice(input=x, begin=[0, 1], size=[2, 2]),
    "Split": lambda x: raw.Split(axis=1, value=x, num_split=3), "StridedSlice": lambda x: x[:, 1],
    "SplitV": lambda x: raw.SplitV(value=x, size_splits=[1, 2], axis=1, num_split=2), "Tile": lambda x: raw.Tile(input=x, multiples=[2, 1]),
    "TopKV2": lambda x: raw.TopKV2(input=x, k=2), "Transpose": lambda x: raw.Transpose(x=x, perm=[1, 0]),
    "Unique": lambda x: raw.Unique(x=x[0])[0], "Unpack": lambda x: raw.Unpack(value=x, num=3, axis=1),
    "Where": lambda x: raw.Where(condition=x),
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(FORMS))
def test_types_are_converted_or_refused(name: str) -> None:
    """LiteRT takes whatever the converter lets through, and returns what TensorFlow returns, if that has such an op."""
    values = [[1, 0, 3], [2, 1, 1]] if name in ("Where", "Equal") else [[1, 2, 3], [2, 5, 1]]
    for dtype in DTYPES:
        case = Case(FORMS[name], [np.array(values, dtype)], tolerance=2e-3 if dtype == "float16" else 1e-5)
        with contextlib.suppress(TypeError, ValueError, tf.errors.OpError, ConvertError):
            check(case)
