"""Layers in an arithmetic: several in a row, and what it is not proven for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tinylite import Graph, Model, Op, UnsupportedError

from ..cases import T
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
