"""Models in which one tensor of one op is what its operator does not expect: of another rank, type or quantization.

`python -m tests.hostile_tensors ONE_OF` tries every such model of all operators' cases, or one of so many, and prints every exception
that is not a TinyliteError, once for each place that raises it; tests/test_hostile_tensors.py tries some.
"""

from __future__ import annotations

import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from tinylite import TinyliteError
from tinylite.interpreter import Interpreter
from tinylite.model import Graph, Model, Quantization, Tensor
from tinylite.tensor_types import stored_size

from .cases import Case

MEMORY = 32 << 20  # what a plan may take, in bytes

SHAPES: dict[str, Callable[[tuple[int, ...]], tuple[int, ...]]] = {
    "scalar": lambda shape: (),
    "rank 1": lambda shape: (int(np.prod(shape)),),
    "rank 2": lambda shape: (int(np.prod(shape)), 1),
    "rank 3": lambda shape: (1, 2, 3),
    "rank 4": lambda shape: (1, 2, 2, 3),
    "rank 5": lambda shape: (1, 2, 1, 2, 3),
    "rank 7": lambda shape: (1,) * 6 + (2,),
    "first dimension 0": lambda shape: (0, *shape[1:]),
    "last dimension 0": lambda shape: (*shape[:-1], 0),
    "no element": lambda shape: (0,) * len(shape),
    "one dimension less": lambda shape: shape[1:],
    "one dimension more": lambda shape: (*shape, 1),
    "first dimension odd": lambda shape: (shape[0] + 1, *shape[1:]) if shape else (3,),
    "last dimension odd": lambda shape: (*shape[:-1], shape[-1] + 1) if shape else (3,),
    "first dimension huge": lambda shape: (2**31 - 1, *shape[1:]),
    "last dimension huge beside none": lambda shape: (0, *shape[1:-1], 2**31 - 1),
}
TYPES = (
    "FLOAT32", "FLOAT16", "FLOAT64", "BFLOAT16", "INT4", "UINT4", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32", "INT64", "UINT64",
    "BOOL", "COMPLEX64", "COMPLEX128", "STRING", "RESOURCE", "VARIANT",
)  # fmt: skip
SCALES: dict[str, list[float]] = {
    "none": [], "0": [0.0], "-1": [-1.0], "NaN": [np.nan], "infinity": [np.inf], "denormal": [1e-45], "tiny": [1.2e-38],
    "small": [1e-30], "large": [1e30], "largest": [3.4e38], "two": [0.5, 0.25], "seven": [0.1] * 7,
}  # fmt: skip
ZEROS: dict[str, list[int]] = {
    "none": [], "least int32": [-(2**31)], "2^31": [2**31], "-2^40": [-(1 << 40)], "least int64": [-(2**63)], "largest int64": [2**63 - 1],
    "two": [0, 1], "300": [300],
}  # fmt: skip
AXES = (-1, 1, 3, 100, 2**31 - 1, -(2**31))


@dataclass
class Hostile:
    """A model, by what is wrong with it: `content`, or an input of it that gets another shape."""

    what: str
    content: bytes
    resized: tuple[int, tuple[int, ...]] | None = None


def hostile(case: Case, one_of: int = 1) -> Iterator[Hostile]:
    """A case's models in which one tensor is changed: all, or one of so many, the same each time."""
    content = case.model().to_bytes()
    chosen = random.Random(case.name)
    graph = Model.load(content).graph
    for numbers in _choices(graph):
        for what, change in _changes(graph.tensors[numbers[0]]):
            if chosen.randrange(one_of) == 0:
                model = Model.load(content)
                for number in numbers:
                    change(model.graph.tensors[number])
                yield Hostile(f"tensor {', '.join(map(str, numbers))} {what}", model.to_bytes())
    for number, tensor in enumerate(graph.inputs):
        for what, make in SHAPES.items():
            if chosen.randrange(one_of) == 0:
                yield Hostile(f"input {number} resized: {what}", content, (number, make(tensor.shape)))


def _choices(graph: Graph) -> Iterator[list[int]]:
    """Each tensor on its own, and together those that are of one type: an operator may want them to stay so."""
    types: dict[Any, list[int]] = {}
    for number, tensor in enumerate(graph.tensors):
        types.setdefault(tensor.type, []).append(number)
        yield [number]
    yield from (numbers for numbers in types.values() if len(numbers) > 1)


def _changes(tensor: Tensor) -> Iterator[tuple[str, Callable[[Tensor], None]]]:
    for name, make in SHAPES.items():
        yield f"shape: {name}", partial(_set, shape=make)
    for type in TYPES:
        yield f"type: {type}", partial(_set, type=type)
        yield f"type {type}, quantized", partial(_set, type=type, quantization=_quantization([0.5], [1]))
    for name, scale in SCALES.items():
        yield f"scale: {name}", partial(_set, quantization=_quantization(scale, [0] * len(scale)))
    known = tensor.quantization_params.scale[:1].tolist() if tensor.quantization_params is not None else [1.0]
    for name, zero in ZEROS.items():
        yield f"zero point: {name}", partial(_set, quantization=_quantization(known, zero))
    for axis in AXES:
        for count in {1, tensor.shape[0] if tensor.shape else 1}:
            quantization = _quantization([0.5] * count, [0] * count, axis)
            yield f"{count} scales along dimension {axis}", partial(_set, quantization=quantization)


def _quantization(scale: list[float], zero: list[int], axis: int = 0) -> Quantization:
    return Quantization(np.array(scale, np.float32), np.array(zero, np.int64), axis)


def _set(tensor: Tensor, **fields: Any) -> None:
    """Change a tensor; a constant keeps its bytes, and gets more where it needs them."""
    for name, value in fields.items():
        setattr(tensor, name, value(tensor.shape) if callable(value) else value)
    if tensor.buffer is not None and tensor.is_numeric:
        size = min(stored_size(tensor.type, tensor.shape), 1 << 16)
        tensor.buffer = np.concatenate([tensor.buffer, np.zeros(max(0, size - tensor.buffer.size), np.uint8)])


def attempt(hostile: Hostile) -> None:
    """Load, plan, describe and run. Raises what tinylite should not."""
    try:
        interpreter = Interpreter(model_content=hostile.content)
        for details in (interpreter.get_input_details, interpreter.get_output_details, interpreter.get_tensor_details):
            details()
        if hostile.resized is not None:
            number, shape = hostile.resized
            interpreter.resize_tensor_input(interpreter.get_input_details()[number]["index"], shape)
        interpreter.allocate_tensors()
        interpreter.get_tensor_details()
        for entry in interpreter.get_input_details():
            interpreter.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
        interpreter.invoke()
        for entry in interpreter.get_output_details():
            interpreter.get_tensor(entry["index"])
    except TinyliteError as error:
        str(error)


def foreign(case: Case, one_of: int = 1) -> dict[str, str]:
    """What a case's models raise that is not a TinyliteError: the first example, by exception and the lines that raise it."""
    found: dict[str, str] = {}
    for model in hostile(case, one_of):
        try:
            attempt(model)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [f"{frame.filename.rpartition('tinylite/')[2]}:{frame.lineno}" for frame in frames if "tinylite/" in frame.filename]
            found.setdefault(f"{type(error).__name__}: {error} at {' <- '.join(own[:-4:-1])}", f"{case.name}, {model.what}")
    return found


def main(one_of: int) -> None:
    from .test_ops import CASES

    os.environ.update(TINYLITE_QUIET="1", TINYLITE_MEMORY_LIMIT=str(MEMORY), TINYLITE_MAX_LOOP_ITERATIONS="1000")
    for case in CASES:
        for error, example in foreign(case, one_of).items():
            print(f"{error}\n    {example}", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
