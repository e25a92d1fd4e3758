"""What is written: arrays with what is known of them, by the op or the model that they test."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import UnsupportedError
from ..model import Model, Tensor

__all__ = ["BITS", "Vector", "VectorSet", "named", "quantization_of"]

# Bits of an element, by the types that files of numbers hold. Elements of packed types are bytes, as numpy has them.
BITS = {
    "BOOL": 8, "INT8": 8, "UINT8": 8, "INT4": 8, "UINT4": 8, "INT2": 8, "INT16": 16, "UINT16": 16, "FLOAT16": 16, "BFLOAT16": 16,
    "FLOAT8_E4M3FN": 8, "FLOAT8_E5M2": 8, "INT32": 32, "UINT32": 32, "FLOAT32": 32, "INT64": 64, "UINT64": 64, "FLOAT64": 64,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Vector:
    """One array.

    stem       what it is called in files: "input", "input_1", "weights", "acc", ...
    role       "input", "weights", "bias", "constant", "state", "output", a stage ("acc", "acc+bias", "scaled") or what a stage is
               computed with ("multiplier", "shift", "factor")
    values     [shape] of the type's numpy dtype
    type       a TensorType's name
    tensor     the name in the model; of stages and what they are computed with that of the op's output
    position   which input or output of the op or the model it is; None for what is neither
    case       which run it is of; None for what all runs share
    scale, zero_point, quantized_dimension   as Quantization has them; empty where there is none
    """

    stem: str
    role: str
    values: np.ndarray
    type: str
    tensor: str | None = None
    position: int | None = None
    case: int | None = None
    scale: tuple[float, ...] = ()
    zero_point: tuple[int, ...] = ()
    quantized_dimension: int = 0

    @property
    def end(self) -> str | None:
        """Which end of the model of its set it is: "input", such as weights that are computed, "output", or None for neither."""
        if self.position is None or self.case is None or self.role == "state":
            return None
        return "output" if self.role == "output" else "input"

    @property
    def bits(self) -> int:
        """The bits of an element in files. Raises UnsupportedError for complex numbers, which only npy and npz files hold."""
        if self.type not in BITS:
            raise UnsupportedError(f"{self.role} {self.tensor!r} is {self.type}, which this format cannot hold", "Give --format npz")
        return BITS[self.type]


@dataclass(eq=False)
class VectorSet:
    """The arrays of one test: of an op, by its index in the first graph, or of the whole model.

    name        that of its folder, and what C and Verilog names begin with: an identifier
    code        the operator, or None for the whole model
    model       the op, or the whole, as a model
    content     the .tflite file of it
    vectors     all of its arrays
    parameters  what a datapath needs beside them (parameters.py)
    folder      where its files go, relative to where all go: "" or the name and a /
    """

    name: str
    model: Model
    content: bytes
    op: int | None = None
    code: str | None = None
    vectors: list[Vector] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)
    folder: str = ""

    @property
    def cases(self) -> int:
        """How many runs it has."""
        return 1 + max((vector.case for vector in self.vectors if vector.case is not None), default=0)

    def stems(self) -> Iterator[tuple[str, Vector]]:
        """Each array with the name of its file: with the number of its run, where there are several."""
        several = self.cases > 1
        for vector in self.vectors:
            yield (f"{vector.stem}_case{vector.case}" if several and vector.case is not None else vector.stem), vector

    def place(self, vector: Vector) -> tuple[str, int] | None:
        """Which input or output of the model an array is of: ("input", 0), ... An op may read one twice. None for what is neither."""
        if vector.end is None or vector.position is None:
            return None
        graph = self.model.graph
        if self.op is None or vector.end == "output":
            return vector.end, vector.position
        read = graph.ops[0].inputs[vector.position]
        return vector.end, next(number for number, tensor in enumerate(graph.inputs) if tensor is read)

    def of_case(self, case: int) -> list[Vector]:
        """The arrays of one run, with those that all runs share."""
        return [vector for vector in self.vectors if vector.case in (None, case)]


def named(names: Sequence[str]) -> list[str]:
    """The names, numbered from 0 where several are the same."""
    counts: dict[str, int] = {}
    found = []
    for name in names:
        if names.count(name) == 1:
            found.append(name)
            continue
        found.append(f"{name}_{counts.setdefault(name, 0)}")
        counts[name] += 1
    return found


def quantization_of(tensor: Tensor | None) -> dict[str, Any]:
    """The fields of a Vector that say how a tensor is quantized; none where its scales are not numbers."""
    params = tensor.quantization_params if tensor is not None else None
    if params is None or not np.isfinite(params.scale).all():
        return {}
    zeros = params.zero_point if params.zero_point.size else np.zeros(params.scale.size, np.int64)
    return {
        "scale": tuple(map(float, params.scale)), "zero_point": tuple(map(int, zeros)),
        "quantized_dimension": int(params.quantized_dimension),
    }  # fmt: skip
