"""What arithmetics are named after, run on a model: (model, feeds) -> outputs. A test is skipped where its package is absent."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tinylite import Model

from ..conftest import feed_and_run, litert_interpreter
from ..referee import Remote
from .cmsis_nn import SUMS, cmsis_nn
from .cmsis_nn_others import OTHERS, call

__all__ = ["ORACLES"]

Oracle = Callable[[Model, list[np.ndarray]], list[np.ndarray]]


def _litert(resolver: str) -> Oracle:
    return lambda model, feeds: feed_and_run(litert_interpreter(model.to_bytes(), resolver), feeds, 1)


def _tflm(model: Model, feeds: list[np.ndarray]) -> list[np.ndarray]:
    pytest.importorskip("tflite_micro")
    interpreter = Remote(runtime="tflite_micro", model_content=model.to_bytes())
    for number, value in enumerate(feeds):
        interpreter.set_input(value, number)
    interpreter.invoke()
    return [np.asarray(interpreter.get_output(number)) for number in range(len(model.graph.outputs))]


def _cmsis_nn(single: bool) -> Oracle:
    """Operators that CMSIS-NN does not have are tflite-micro's own on its boards too."""
    sums = cmsis_nn(single)

    def run(model: Model, feeds: list[np.ndarray]) -> list[np.ndarray]:
        (op,) = model.graph.ops
        if op.code in OTHERS and op.outputs[0].type == "INT8":
            values = iter(feeds)
            known = [tensor.data if tensor.buffer is not None else next(values) for tensor in op.inputs if tensor is not None]
            return call(op, [np.asarray(value) for value in known], single)
        return sums(model, feeds) if op.code in SUMS else _tflm(model, feeds)

    return run


ORACLES: dict[str, Oracle] = {
    "fast": _litert("BUILTIN_REF"),
    "litert-reference": _litert("BUILTIN_REF"),
    "litert-builtin": _litert("BUILTIN_WITHOUT_DEFAULT_DELEGATES"),
    "xnnpack": _litert("BUILTIN"),
    "tflm": _tflm,
    "cmsis-nn": _cmsis_nn(single=False),
    "cmsis-nn-single": _cmsis_nn(single=True),
}
