"""The models that attacks start from."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.cases import Case, T
from tests.ops.unidirectional_sequence_lstm import float_lstm, integer_lstm
from tinylite.model import Graph, Model, Op, Signature, Tensor

__all__ = ["FEW", "all_cases", "classifier", "conv", "real_models"]

_LARGEST = 20_000  # bytes of a case's model: larger ones hold mostly weights


def conv() -> Model:
    """Convolution, INT8, a scale for each filter."""
    rng = np.random.default_rng(1)
    filters = T((4, 3, 3, 2), "INT8", scale=[0.01, 0.02, 0.03, 0.04], data=rng.integers(-127, 128, (4, 3, 3, 2)))
    bias = T((4,), "INT32", scale=[1e-4, 2e-4, 3e-4, 4e-4], data=rng.integers(-100, 100, 4))
    options = {"padding": "SAME", "stride_h": 1, "stride_w": 2, "fused_activation_function": "RELU6"}
    input, output = T((1, 6, 6, 2), "INT8", scale=0.01, zero=3), T((1, 6, 3, 4), "INT8", scale=0.03, zero=-128)
    return Case("CONV_2D", [input, filters, bias], [output], options).model()


def strided_slice() -> Model:
    """A slice whose masks and strides are numbers in the file."""
    bounds = [T((3,), "INT32", data=values) for values in ([0, 1, 0], [2, -1, 9], [1, 2, 3])]
    options = {"begin_mask": 1, "end_mask": 4, "shrink_axis_mask": 0}
    return Case("STRIDED_SLICE", [T((2, 5, 8)), *bounds], [T((2, 2, 3))], options).model()


def gather() -> Model:
    """Rows picked by indices that are an input, so that they are only known when it runs."""
    return Case("GATHER", [T((2, 5, 3), "INT16", data=np.arange(30)), T((2, 4), "INT32")], [T((2, 2, 4, 3), "INT16")], {"axis": 1}).model()


def shapes() -> Model:
    """RESHAPE and TRANSPOSE by values that an input holds: plans that are cut."""
    x, shape, y = Tensor("x", (2, 6)), Tensor("shape", (2,), "INT32"), Tensor("y", (3, 4))
    order, z = Tensor("order", (2,), "INT32"), Tensor("z", (4, 3))
    order.data = np.array([1, 0], np.int32)
    ops = [Op("RESHAPE", [x, shape], [y]), Op("TRANSPOSE", [y, order], [z])]
    return Model([Graph("main", [x, shape], [z], ops, [x, shape, y, order, z])])


def classifier() -> Model:
    """Several ops in a row, two graphs and signatures."""
    rng = np.random.default_rng(2)
    x, k, a = Tensor("x", (1, 6, 6, 1)), Tensor("k", (1, 3, 3, 4)), Tensor("a", (1, 4, 4, 4))
    b, size, c = Tensor("b", (1, 2, 2, 4)), Tensor("size", (2,), "INT32"), Tensor("c", (1, 16))
    w, d, y, s = Tensor("w", (3, 16)), Tensor("d", (1, 3)), Tensor("y", (1, 3)), Tensor("s", (1, 3))
    k.data, w.data = rng.normal(size=k.shape).astype(np.float32), rng.normal(size=w.shape).astype(np.float32)
    size.data = np.array([1, 16], np.int32)
    window = {"stride_h": 1, "stride_w": 1, "padding": "VALID"}
    ops = [
        Op("DEPTHWISE_CONV_2D", [x, k], [a], depth_multiplier=4, **window),
        Op("AVERAGE_POOL_2D", [a], [b], filter_height=2, filter_width=2, **{**window, "stride_h": 2, "stride_w": 2}),
        Op("RESHAPE", [b, size], [c]),
        Op("FULLY_CONNECTED", [c, w, None], [d]),
        Op("RELU", [d], [y]),
        Op("SOFTMAX", [d], [s], beta=1.0),
    ]
    graph = Graph("main", [x], [y, s], ops, [x, k, a, b, size, c, w, d, y, s])
    p, q, r = Tensor("p", (2, 3)), Tensor("q", (3,)), Tensor("r", (2, 3))
    other = Graph("other", [p, q], [r], [Op("ADD", [p, q], [r])], [p, q, r])
    signatures = [Signature("serve", graph, {"image": x}, {"scores": s}), Signature("add", other, {"p": p, "q": q}, {"r": r})]
    return Model([graph, other], "a classifier", signatures=signatures)


def demo() -> Model:
    import tinylite.demo

    return Model.load(Path(tinylite.demo.__path__[0]) / "digits_uint8.tflite")


def lstm() -> Model:
    return float_lstm(1, 3, 4, 4, peephole=True).model()


def lstm_int8() -> Model:
    return integer_lstm(1, 3, 4, 4).model()


FEW: list[Callable[[], Model]] = [conv, lstm, lstm_int8, strided_slice, gather, shapes, classifier, demo]


@functools.cache
def all_cases() -> list[tuple[Case, bytes]]:
    """The cases of all operators, custom ones too, whose models are small. A new operator is here by having cases."""
    from tests import test_custom_ops, test_ops

    made = [(case, case.model().to_bytes()) for case in (*test_ops.CASES, *test_custom_ops.CASES)]
    return [(case, content) for case, content in made if len(content) < _LARGEST]


def real_models() -> list[bytes]:
    """What people have run: the demo's, and those of ../shared where it is present."""
    shared = Path(os.environ.get("TINYLITE_SHARED", Path(__file__).parents[3] / "shared")) / "models"
    return [demo().to_bytes(), *(path.read_bytes() for path in sorted(shared.glob("*.tflite")))]
