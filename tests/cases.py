"""What a test case of an operator is, and the one-op model it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from tinylite import ops
from tinylite.model import Graph, Model, Op, Quantization, Tensor, called_graphs
from tinylite.tensor_types import tensor_dtype

INTEGERS = {"INT8": (-128, 127), "UINT8": (0, 255), "INT16": (-1000, 1000), "INT32": (-1000, 1000), "INT64": (-1000, 1000)}


@dataclass
class T:
    """A tensor of a case: computed or, with `data`, constant. `low` and `high` bound the values that an input is given."""

    shape: Sequence[int]
    type: str = "FLOAT32"
    scale: Any = None
    zero: Any = 0
    axis: int = 0
    data: Any = None
    low: float | None = None
    high: float | None = None
    variable: bool = False

    def tensor(self, name: str) -> Tensor:
        tensor = Tensor(name, tuple(self.shape), self.type, has_rank=True, is_variable=self.variable)
        if self.scale is not None:
            zero = np.broadcast_to(np.atleast_1d(self.zero), np.shape(np.atleast_1d(self.scale)))
            tensor.quantization = Quantization(np.atleast_1d(self.scale), zero, self.axis)
        if self.data is not None:
            tensor.data = np.asarray(self.data, tensor_dtype(self.type)).reshape(self.shape)
        return tensor

    def values(self, rng: np.random.Generator) -> np.ndarray:
        dtype = np.dtype(tensor_dtype(self.type))
        if dtype.kind == "c":
            return (rng.normal(0, 2, self.shape) + 1j * rng.normal(0, 2, self.shape)).astype(dtype)
        if dtype.kind == "b":
            return rng.integers(0, 2, self.shape).astype(bool)
        if dtype.kind in "iu":
            low, high = INTEGERS.get(self.type, (0, 100))
            low, high = (low if self.low is None else int(self.low)), (high if self.high is None else int(self.high))
            return rng.integers(low, high + 1, self.shape).astype(dtype)
        if self.low is not None or self.high is not None:
            return rng.uniform(-10 if self.low is None else self.low, 10 if self.high is None else self.high, self.shape).astype(dtype)
        return rng.normal(0, 2, self.shape).astype(dtype)


@dataclass
class Case:
    """One op on given tensors. `reference` names LiteRT's resolver that is the oracle; `tolerance` is of the largest output.

    `intermediates` are tensors that only state their quantization. An op with state is run `runs` times. One that calls graphs has
    them among its options. Where one op alone says nothing, `ops` makes several of the inputs and outputs.
    """

    code: str
    inputs: Sequence[T | None]
    outputs: Sequence[T]
    options: dict[str, Any] = field(default_factory=dict)
    version: int = 1
    reference: str = "BUILTIN_REF"
    tolerance: float = 1e-5
    name: str = ""
    intermediates: Sequence[T] = ()
    runs: int = 1
    ops: Callable[[list[Any], list[Tensor]], list[Op]] | None = None

    def __post_init__(self) -> None:
        kinds = "_".join(f"{t.type}{list(t.shape)}" if t is not None else "-" for t in self.inputs)
        details = ",".join(f"{key}={value.name if isinstance(value, Graph) else value}" for key, value in self.options.items())
        self.name = self.name or f"{self.code}-{kinds}-{details}".replace(" ", "")

    def model(self) -> Model:
        inputs = [None if t is None else t.tensor(f"input{index}") for index, t in enumerate(self.inputs)]
        outputs = [t.tensor(f"output{index}") for index, t in enumerate(self.outputs)]
        op = Op(self.code, inputs, outputs, version=self.version, **self.options)
        op.intermediates = [t.tensor(f"intermediate{index}") for index, t in enumerate(self.intermediates)]
        ops = [op] if self.ops is None else self.ops(inputs, outputs)
        fed = [tensor for tensor in inputs if tensor is not None and tensor.buffer is None and not tensor.is_variable]
        graph = Graph("main", fed, outputs, ops, [t for t in (*inputs, *outputs, *op.intermediates) if t is not None])
        return Model(called_graphs(graph))

    def feeds(self, seed: int = 0) -> list[np.ndarray]:
        """Values for the inputs that are not constant."""
        rng = np.random.default_rng(seed)
        return [t.values(rng) for t in self.inputs if t is not None and t.data is None and not t.variable]


def hybrid(case: Case, asymmetric: bool = False) -> Case:
    """A float case with its weights stored as INT8, which its inputs meet quantized by their own ranges."""
    stored = ops.find(case.code).stored_weights
    assert stored is not None

    def smaller(given: T) -> T:
        scale = float(np.float32(np.abs(given.data).max() / 127))
        return T(given.shape, "INT8", scale=scale, data=np.round(given.data / scale).astype(int))

    inputs = [smaller(given) if given is not None and index in stored.inputs else given for index, given in enumerate(case.inputs)]
    made = replace(case, inputs=inputs, options={**case.options, "asymmetric_quantize_inputs": asymmetric}, version=3)
    made.name = f"{case.name}-hybrid{'_a' * asymmetric}"
    return made


def quantized(rng: np.random.Generator, type: str, spread: float = 1.0) -> dict[str, Any]:
    """A random scale and zero point for an activation."""
    low, high = INTEGERS[type]
    return {"type": type, "scale": float(np.float32(spread * rng.uniform(0.005, 0.05))), "zero": int(rng.integers(low, high + 1))}


def repair_for_litert(path: Path) -> bytes:
    """The bytes of a .tflite file, mended where LiteRT refuses what means nothing: a quantized_dimension out of range.

    It says along which dimension there are several scales; where a tensor has one dimension or scale it says nothing.
    """
    model, mended = Model.load(path), False
    for tensor in model.graph.tensors:
        if tensor.quantization is not None and not 0 <= tensor.quantization.quantized_dimension < max(len(tensor.shape), 1):
            tensor.quantization.quantized_dimension = 0
            mended = True
    return model.to_bytes() if mended else path.read_bytes()
