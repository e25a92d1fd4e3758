"""Stages of explanations against those of test vectors, which are computed in numpy for whole tensors."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite import Interpreter, UnprovenError
from tinylite.arithmetic import find
from tinylite.explaining.integers import wrap
from tinylite.explaining.site import derive, node_of
from tinylite.test_vectors.stages import STAGED, stage_arrays

from ..arithmetics.cases import CASES as RANDOM_CASES


def compared(code: str, arithmetic: str, seed: int) -> int:
    """Compare 20 places of a random layer; returns how many there were, none for a layer that the arithmetic is not proven for."""
    rng = np.random.default_rng(seed)
    case = RANDOM_CASES[code, "INT8"](rng)
    model, feeds = case.model(), case.feeds(seed)
    try:
        with Interpreter(model, arithmetic=arithmetic, experimental_preserve_all_tensors=True) as interpreter:
            runner = interpreter.get_graph_runner()
            (op,) = runner.graph.ops
            runner.allocate()
            for tensor, value in zip(runner.graph.inputs, feeds, strict=True):
                runner.set(runner.index_of(tensor), value)
            runner.invoke()
            inputs = [None if tensor is None else runner.get(runner.index_of(tensor)) for tensor in op.inputs]
            node = node_of(op, 0, inputs, [runner.get(runner.index_of(tensor)).shape for tensor in op.outputs])
            place = derive(node, find(arithmetic))
    except UnprovenError:
        return 0
    arrays = stage_arrays(node, inputs, find(arithmetic))
    assert arrays is not None
    for flat in rng.integers(0, arrays.out.size, 20):
        at = tuple(map(int, np.unravel_index(flat, arrays.out.shape)))
        stages = {stage.name: int(stage.value) for stage in place(at).stages if not stage.setting}
        found = wrap(stages["acc"]), stages["acc+bias"], stages["scaled"], stages["out"]
        assert found == (arrays.acc[at], arrays.biased[at], arrays.scaled[at], arrays.out[at]), f"seed {seed} at {at}"
    return 20


@pytest.mark.parametrize("arithmetic", ["litert-reference", "litert-builtin", "xnnpack", "tflm", "cmsis-nn"])
@pytest.mark.parametrize("code", STAGED)
def test_stages_are_those_of_test_vectors(code: str, arithmetic: str) -> None:
    assert sum(compared(code, arithmetic, seed) for seed in range(20)) >= 100
