"""Layers in an arithmetic: several in a row, and what it is not proven for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinylite import Graph, Model, Op, UnprovenError, UnsupportedError
from tinylite.ops.common.broadcasting import vector_run

from ..cases import Case, T
from .linear import dense, operands
from .oracles import ORACLES
from .test_conformance import run


def test_layers_that_follow_each_other_have_its_bits() -> None:
    rng = np.random.default_rng(4)
    (x, *filters), between = operands(rng, (1, 6, 6, 5), (8, 3, 3, 5), (1, 6, 6, 8))
    (_, *weights), output = operands(rng, (1, 288), (10, 288), (1, 10))
    inputs = [T.tensor(tensor, f"t{index}") for index, tensor in enumerate((x, *filters, *weights)) if tensor is not None]  # type: ignore[arg-type]
    pixels, row, found = between.tensor("pixels"), replace(between, shape=(1, 288)).tensor("row"), output.tensor("found")
    shape = T((2,), "INT32", data=[1, 288]).tensor("shape")
    ops = [
        Op("CONV_2D", inputs[:3], [pixels], version=3, padding="SAME", stride_h=1, stride_w=1),
        Op("RESHAPE", [pixels, shape], [row]),
        Op("FULLY_CONNECTED", [row, *inputs[3:]], [found], version=4),
    ]
    model = Model([Graph("main", inputs[:1], [found], ops)])
    feeds = [rng.integers(-128, 128, (1, 6, 6, 5)).astype(np.int8)]
    assert np.array_equal(run(model, "xnnpack", feeds)[0], ORACLES["xnnpack"](model, feeds)[0])


def test_what_xnnpack_is_not_proven_for_is_refused() -> None:
    case = dense(np.random.default_rng(0), "INT8")
    case.inputs[1].scale = 300.0  # type: ignore[union-attr]
    case.inputs[0].scale = case.outputs[0].scale = 1.0  # type: ignore[union-attr]
    with pytest.raises(UnsupportedError, match=r"FULLY_CONNECTED.*a factor of 300, and the arithmetic 'xnnpack' is proven below 256"):
        run(case.model(), "xnnpack", case.feeds())


SCALED = {"type": "INT8", "scale": 0.5, "zero": 3}
STRETCHED = [T((1, 2, 1), **SCALED), T((3, 1, 4), **SCALED)]


@pytest.mark.parametrize(
    ("arithmetic", "case", "text"),
    [
        ("tflm", Case("ARG_MAX", [T((3, 4)), T((), "INT32", data=1)], [T((3,), "INT32")], {"output_type": "INT32"}), "integers"),
        ("cmsis-nn", Case("MAXIMUM", STRETCHED, [T((3, 2, 4), **SCALED)], version=2), "operands of one shape, or a single number,"),
        ("cmsis-nn-single", Case("ADD", STRETCHED, [T((3, 2, 4), **SCALED)], version=2), "operands of one shape"),
        (
            "cmsis-nn",
            Case("TRANSPOSE", [T((3, 2), **SCALED), T((2,), "INT32", data=[0, 1])], [T((3, 2), **SCALED)], version=2),
            "no matrix",
        ),
    ],
)
def test_what_an_arithmetic_is_not_proven_for_of_an_operator_is_refused(arithmetic: str, case: Case, text: str) -> None:
    with pytest.raises(UnprovenError, match=f"'{arithmetic}' is proven for {case.code} of INT[0-9]+ with {text}.* only"):
        run(case.model(), arithmetic, case.feeds())
    run(case.model(), "litert-reference", case.feeds())


@pytest.mark.parametrize(
    ("x", "y", "run"),
    [
        ((2, 3, 20), (2, 3, 20), (120, False)),
        ((2, 3, 20), (20,), (20, False)),  # the innermost of five loops is the row
        ((2, 3, 20), (1,), (120, True)),
        ((2, 3, 20), (2, 1, 1), (60, True)),
        ((2, 3, 1), (2, 3, 20), (20, True)),
        ((1, 4, 1, 5, 1, 6), (2, 1, 3, 1, 4, 1), (0, False)),  # more than five loops
    ],
)
def test_how_far_vectors_of_the_optimized_add_reach(x: tuple[int, ...], y: tuple[int, ...], run: tuple[int, bool]) -> None:
    assert vector_run(x, y) == vector_run(y, x) == run
