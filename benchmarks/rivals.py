"""The same model in tinylite, in LiteRT with XNNPACK and in LiteRT's reference kernels, fed alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter as LiteRT, OpResolverType

from tinylite import Interpreter, Model

__all__ = ["Rivals", "feed", "operations"]

# What one output element of these operators costs: the taps of its filter.
_PRODUCTS = {"CONV_2D": (1, 2, 3), "DEPTHWISE_CONV_2D": (1, 2), "FULLY_CONNECTED": (1,)}


def operations(model: Model, interpreter: Interpreter) -> int:
    """Multiplications and additions of the matrix operators in one run."""
    graph = model.graph
    sizes = {details["index"]: math.prod(map(int, details["shape"])) for details in interpreter.get_tensor_details()}
    numbers = {id(tensor): number for number, tensor in enumerate(graph.tensors)}
    total = 0
    for op in graph.ops:
        if op.code in _PRODUCTS:
            filters = op.inputs[1]
            assert filters is not None
            total += 2 * sizes[numbers[id(op.outputs[0])]] * math.prod(filters.shape[axis] for axis in _PRODUCTS[op.code])
        elif op.code == "TRANSPOSE_CONV":
            filters, source = op.inputs[1], op.inputs[2]
            assert filters is not None and source is not None
            total += 2 * sizes[numbers[id(source)]] * math.prod(filters.shape[:3])
    return total


def feed(interpreter: Any, seed: int = 0) -> None:
    """Random inputs: normal floats, integers over their whole range (small where they may be indices)."""
    rng = np.random.default_rng(seed)
    for details in interpreter.get_input_details():
        dtype = np.dtype(details["dtype"])
        if dtype.kind == "f":
            value = rng.normal(size=details["shape"])
        elif dtype.itemsize == 1 and dtype.kind != "b":
            limits = np.iinfo(dtype)
            value = rng.integers(limits.min, limits.max + 1, details["shape"])
        else:
            value = rng.integers(0, 2, details["shape"])
        interpreter.set_tensor(details["index"], np.asarray(value, dtype))


@dataclass
class Rivals:
    """Interpreters of one model, ready to invoke."""

    tinylite: Interpreter
    xnnpack: Any
    reference: Any
    operations: int

    @staticmethod
    def of(content: bytes, threads: int) -> Rivals:
        ours = Interpreter(model_content=content, num_threads=threads)
        made = [
            ours,
            LiteRT(model_content=content, num_threads=threads),
            LiteRT(model_content=content, num_threads=threads, experimental_op_resolver_type=OpResolverType.BUILTIN_REF),
        ]
        for interpreter in made:
            interpreter.allocate_tensors()
            feed(interpreter)
        return Rivals(*made, operations(Model.load(content), ours))

    def agreement(self) -> str:
        """How the outputs compare with the reference's, after a run of both: no speed is worth anything without this."""
        self.tinylite.invoke()
        self.reference.invoke()
        worst = 0.0
        for a, b in zip(self.tinylite.get_output_details(), self.reference.get_output_details(), strict=True):
            found, wanted = self.tinylite.get_tensor(a["index"]), self.reference.get_tensor(b["index"])
            if found.dtype.kind != "f" and not np.array_equal(found, wanted):
                return "DIFFERENT"
            if found.tobytes() != wanted.tobytes():
                worst = max(worst, float(np.abs(found - wanted).max() / np.abs(wanted).max()))
        return f"within {worst:.0e}" if worst else "same bits"
