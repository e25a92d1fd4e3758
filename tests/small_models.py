"""What the Interpreter's tests share: small models, and how to compare."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite.interpreter import Interpreter
from tinylite.model import Graph, Model, Op, Quantization, Signature, Tensor
from tinylite.schema.table import Table

DEMO = Path(tinylite.__file__).parent / "demo"
SCRIPTS = Path(__file__).parent / "scripts"
X = np.array([[-1, 2, -3, 4]], np.float32)


def chain(shape: tuple[int, ...] = (1, 4), signature: tuple[int, ...] | None = (-1, 4), codes: str = "NEG ABS") -> bytes:
    """x, one op after the other, their results being y0, y1, ..."""
    names = codes.split()
    tensors = [Tensor(name, shape, shape_signature=signature) for name in ("x", *(f"y{index}" for index in range(len(names))))]
    ops = [Op(code, [a], [b]) for code, a, b in zip(names, tensors, tensors[1:], strict=False)]
    return Model([Graph("main", [tensors[0]], [tensors[-1]], ops, tensors)]).to_bytes()


def quantized(scale: list[float], zero: list[int], axis: int = 0, type: str = "UINT8") -> bytes:
    x, y = (Tensor(name, (1, 2), type, quantization=Quantization(scale, zero, axis)) for name in "xy")
    return Model([Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=(1, 2))], [x, y])]).to_bytes()


def typed(type: str) -> bytes:
    """A model of tensors that are only described, not run."""
    x, y = Tensor("x", (1, 2), type), Tensor("y", (1, 2), type)
    return Model([Graph("main", [x], [y], [Op("RESHAPE", [x], [y], new_shape=(1, 2))], [x, y])]).to_bytes()


def sparse() -> bytes:
    x, w, dense, y = Tensor("x", (1, 2)), Tensor("w", (2, 2)), Tensor("dense", (2, 2)), Tensor("y", (1, 2))
    w.buffer = np.ones(1, np.float32).view(np.uint8)
    segments, indices = (Table("Int32Vector", values=np.array(values, np.int32)) for values in ([0, 1, 1], [1]))
    w.sparsity = Table("SparsityParameters", traversal_order=np.array([0, 1], np.int32), dim_metadata=[
        Table("DimensionMetadata", format="DENSE", dense_size=2),
        Table("DimensionMetadata", format="SPARSE_CSR", array_segments=segments, array_indices=indices),
    ])  # fmt: skip
    ops = [Op("DENSIFY", [w], [dense]), Op("FULLY_CONNECTED", [x, dense, None], [y])]
    return Model([Graph("main", [x], [y], ops, [x, w, dense, y])]).to_bytes()


def two_signatures() -> bytes:
    """Signatures of two graphs; one has two inputs and two outputs whose names are not in alphabetical order."""
    a, b, total, product = (Tensor(name, (1, 4)) for name in ("a", "b", "total", "product"))
    first = Graph("first", [a, b], [total, product], [Op("ADD", [a, b], [total]), Op("MUL", [a, b], [product])], [a, b, total, product])
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
    second = Graph("second", [x], [y], [Op("NEG", [x], [y])], [x, y])
    arithmetic = Signature("arithmetic", first, {"right": b, "left": a}, {"sum": total, "product": product})
    return Model([first, second], signatures=[arithmetic, Signature("minus", second, {"x": x}, {"out": y})]).to_bytes()


def reshaped() -> bytes:
    """The second input is the shape that the first one gets."""
    x, shape, y, z = Tensor("x", (2, 6)), Tensor("shape", (2,), "INT32"), Tensor("y", ()), Tensor("z", ())
    return Model([Graph("main", [x, shape], [z], [Op("RESHAPE", [x, shape], [y]), Op("NEG", [y], [z])], [x, shape, y, z])]).to_bytes()


def sliced() -> bytes:
    """The slice begins at, and has the size of, sums of inputs: two values that only a run knows."""
    x, a, b, size = Tensor("x", (8,)), Tensor("a", (1,), "INT32"), Tensor("b", (1,), "INT32"), Tensor("size", (1,), "INT32")
    begin, length, y, z = Tensor("begin", (1,), "INT32"), Tensor("length", (1,), "INT32"), Tensor("y", ()), Tensor("z", ())
    ops = [Op("ADD", [a, b], [begin]), Op("ADD", [b, size], [length]), Op("SLICE", [x, begin, length], [y]), Op("ABS", [y], [z])]
    return Model([Graph("main", [x, a, b, size], [z], ops, [x, a, b, size, begin, length, y, z])]).to_bytes()


OWN_MODELS = {
    "static": chain(signature=None),
    "dynamic": chain(),
    "scalar": chain((), None),
    "per_tensor": quantized([0.5], [3]),
    "per_channel": quantized([0.5, 0.25], [0, 0], 1, "INT8"),
    "two_signatures": two_signatures(),
    "shape_as_input": reshaped(),
    "sparse": sparse(),
    **{
        kind: typed(kind)
        for kind in ("BOOL", "COMPLEX64", "FLOAT16", "FLOAT64", "INT16", "INT64", "RESOURCE", "STRING", "UINT32", "VARIANT")
    },
}


def ready(content: bytes, **options: Any) -> Interpreter:
    interpreter = Interpreter(model_content=content, **options)
    interpreter.allocate_tensors()
    return interpreter


def run(interpreter: Any, *values: Any) -> np.ndarray:
    """The first output for these inputs."""
    for details, value in zip(interpreter.get_input_details(), values, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def plain(value: Any) -> Any:
    """A value with its types, so that == tells all differences."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}, list(value)
    if isinstance(value, np.ndarray):
        return "array", value.dtype, value.shape, value.tolist()
    if isinstance(value, (list, tuple)):
        return type(value), [plain(item) for item in value]
    return value if isinstance(value, type) else (type(value), value)


def litert_unready(content: bytes) -> Any:
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    return litert.Interpreter(model_content=content, experimental_op_resolver_type=litert.OpResolverType.BUILTIN_REF)
