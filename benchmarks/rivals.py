"""The same model in tinylite, in LiteRT with XNNPACK and in LiteRT's reference kernels, fed alike."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

from tinylite import Interpreter, Model

__all__ = ["Rivals"]

# The axes of the filter that one output element sums over; for TRANSPOSE_CONV, those that one input element goes to.
_SUMMED = {"CONV_2D": (1, 2, 3), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1,), "TRANSPOSE_CONV": (0, 1, 2)}


def operations(model: Model, interpreter: Interpreter) -> dict[str, int]:
    """Multiplications and additions of the matrix operators in one run: "float" or, where weights have 8 bits, "8-bit"."""
    sizes = [math.prod(map(int, details["shape"])) for details in interpreter.get_tensor_details()]
    numbers = {id(tensor): number for number, tensor in enumerate(model.graph.tensors)}
    total = {"float": 0, "8-bit": 0}
    for op in model.graph.ops:
        if op.code in _SUMMED:
            filters = op.inputs[1]
            spread = op.inputs[2] if op.code == "TRANSPOSE_CONV" else op.outputs[0]
            assert filters is not None and spread is not None
            kind = "8-bit" if filters.type in ("INT8", "UINT8") else "float"
            total[kind] += 2 * sizes[numbers[id(spread)]] * math.prod(filters.shape[axis] for axis in _SUMMED[op.code])
    return total


def feed(interpreter: Any, feeds: Iterable[np.ndarray] | None) -> None:
    """Give an interpreter these inputs, or random ones: normal floats, bytes over their whole range, other integers 0 or 1."""
    rng = np.random.default_rng(0)
    given = iter(feeds) if feeds is not None else None
    for details in interpreter.get_input_details():
        dtype, shape = np.dtype(details["dtype"]), details["shape"]
        if given is not None:
            value = next(given)
        elif dtype.kind == "f":
            value = rng.normal(size=shape)
        elif dtype.itemsize == 1 and dtype.kind != "b":
            value = rng.integers(np.iinfo(dtype).min, np.iinfo(dtype).max + 1, shape)
        else:
            value = rng.integers(0, 2, shape)
        interpreter.set_tensor(details["index"], np.asarray(value, dtype))


def difference(found: np.ndarray, wanted: np.ndarray) -> str | float:
    """How far an output is from the reference's: relative to the largest number for floats, in words for integers."""
    if found.tobytes() == wanted.tobytes():
        return 0.0
    with np.errstate(invalid="ignore"):
        off = np.abs(found.astype(np.float64) - wanted.astype(np.float64))
    if found.dtype.kind == "f":
        if np.array_equal(np.isnan(found), np.isnan(wanted)):
            return float(np.nanmax(off) / max(np.nanmax(np.abs(wanted)), np.finfo(np.float32).tiny))
        return "DIFFERENT: NaN in other places"
    return f"DIFFERENT: {np.count_nonzero(off)} of {off.size}, by up to {off.max():.0f}"


@dataclass
class Rivals:
    """Interpreters of one model, ready to invoke; `reference` is None where it is not wanted."""

    tinylite: Interpreter
    xnnpack: Any
    reference: Any
    operations: dict[str, int]

    @staticmethod
    def of(content: bytes, threads: int, feeds: list[np.ndarray] | None = None, reference: bool = True) -> Rivals:
        """Raises ValueError or RuntimeError where one of them refuses the model."""
        ours = Interpreter(model_content=content, num_threads=threads)
        xnnpack = LiteRT(model_content=content, num_threads=threads)
        plain = OpResolverType.BUILTIN_REF
        judge = LiteRT(model_content=content, num_threads=threads, experimental_op_resolver_type=plain) if reference else None
        for interpreter in (ours, xnnpack, judge):
            if interpreter is not None:
                interpreter.allocate_tensors()
                feed(interpreter, feeds)
        return Rivals(ours, xnnpack, judge, operations(Model.load(content), ours))

    def agreement(self) -> str:
        """How the outputs compare with the reference's, both having run as often: no speed is worth anything without this."""
        worst = 0.0
        for a, b in zip(self.tinylite.get_output_details(), self.reference.get_output_details(), strict=True):
            off = difference(self.tinylite.get_tensor(a["index"]), self.reference.get_tensor(b["index"]))
            if isinstance(off, str):
                return off
            worst = max(worst, off)
        return f"within {worst:.0e}" if worst else "same bits"
