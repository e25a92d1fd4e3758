"""Whole models in each arithmetic: every op on the values that reach it, every tensor, and the outputs.

A model that has an operator which an arithmetic is not proven for must be refused as a whole; its other ops are compared all the same.
"""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinylite import Graph, Interpreter, Model, Op, Tensor, UnprovenError
from tinylite.arithmetic import ARITHMETICS
from tinylite.quantization_math import integer_limits
from tinylite.tensor_types import tensor_dtype

from ..cases import repair_for_litert
from ..conftest import litert_interpreter, shared_models
from .oracles import ORACLES
from .test_conformance import run as outputs

ROOT = Path(__file__).parent.parent.parent
QUANTIZED = [name for name in shared_models() if "int8" in name] or ["absent"]
NAMES = [name for name in ORACLES if name != "fast"]
# What is refused as a whole: a rule that is lost must not turn a comparison into a refusal.
REFUSED = {("tiny_conv_uint8.tflite", name) for name in ("tflm", "cmsis-nn", "cmsis-nn-single")}
REFUSED |= {("mnist_lstm_int8.tflite", name) for name in ("cmsis-nn", "cmsis-nn-single")}

Values = dict[int, np.ndarray]


def feeds_of(model: Model, seed: int) -> list[np.ndarray]:
    rng, inputs = np.random.default_rng(seed), model.graph.inputs
    limits = [integer_limits(tensor.type) for tensor in inputs]
    shapes = [[max(size, 1) for size in tensor.shape] for tensor in inputs]
    return [
        rng.integers(low, high + 1, shape).astype(tensor_dtype(tensor.type))
        for tensor, shape, (low, high) in zip(inputs, shapes, limits, strict=True)
    ]


def run(model: Model, arithmetic: str, feeds: list[np.ndarray]) -> Values:
    """Every tensor of the first graph by its number, as an arithmetic computes it."""
    with Interpreter(model, arithmetic=arithmetic, experimental_preserve_all_tensors=True) as interpreter:
        interpreter.allocate_tensors()
        for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        used = {id(tensor) for op in model.graph.ops for tensor in (*op.inputs, *op.outputs)}
        return {number: interpreter.get_tensor(number) for number, tensor in enumerate(model.graph.tensors) if id(tensor) in used}


def is_proven(op: Op, arithmetic: str) -> bool:
    rules = ARITHMETICS[arithmetic].rules
    return rules is None or (op.code, op.outputs[0].type) in rules


def alone(op: Op, known: dict[int, np.ndarray]) -> tuple[Model, list[np.ndarray]]:
    """A model of one op, and what reaches it: the values of its inputs by their tensors' ids."""
    fed = [tensor for tensor in op.inputs if tensor is not None and tensor.buffer is None]
    fed = list({id(tensor): tensor for tensor in fed}.values())

    def shaped(tensor: Tensor) -> Tensor:
        made = Tensor(tensor.name, known[id(tensor)].shape, tensor.type, has_rank=True)
        made.quantization, made.buffer = tensor.quantization, tensor.buffer
        return made

    made = {id(tensor): shaped(tensor) for tensor in (*op.inputs, *op.outputs) if tensor is not None}
    copied = copy.copy(op)
    copied.inputs = [None if tensor is None else made[id(tensor)] for tensor in op.inputs]
    copied.outputs = [made[id(tensor)] for tensor in op.outputs]
    return Model([Graph("main", [made[id(tensor)] for tensor in fed], copied.outputs, [copied])]), [known[id(tensor)] for tensor in fed]


def check(model: Model, arithmetic: str, feeds: list[np.ndarray], name: str) -> None:
    graph = model.graph
    whole = all(is_proven(op, arithmetic) for op in graph.ops)
    assert whole or (name, arithmetic) in REFUSED
    if whole:
        values = run(model, arithmetic, feeds)
        check_whole(model, arithmetic, feeds, values)
    else:
        with pytest.raises(UnprovenError):
            run(model, arithmetic, feeds)
        values = run(model, "litert-reference", feeds)
    known = {id(tensor): values[number] for number, tensor in enumerate(graph.tensors) if number in values}
    for number, op in enumerate(graph.ops):
        if not is_proven(op, arithmetic) or any(tensor is not None and tensor.is_variable for tensor in op.inputs):
            continue
        one, reaching = alone(op, known)
        (wanted,) = ORACLES[arithmetic](one, reaching)
        found = known[id(op.outputs[0])]
        if not whole:
            (found,) = outputs(one, arithmetic, reaching)
        assert np.array_equal(found, wanted), f"op {number} {op.code}: {np.count_nonzero(found != wanted)} of {found.size} differ"


def check_whole(model: Model, arithmetic: str, feeds: list[np.ndarray], values: Values) -> None:
    """All tensors of LiteRT without a delegate, and the outputs of what else runs several ops."""
    graph = model.graph
    if arithmetic.startswith("cmsis-nn"):
        return
    if arithmetic == "litert-builtin":
        other = litert_interpreter(model.to_bytes(), "BUILTIN_WITHOUT_DEFAULT_DELEGATES", experimental_preserve_all_tensors=True)
        for details, value in zip(other.get_input_details(), feeds, strict=True):
            other.set_tensor(details["index"], value)
        other.invoke()
        for number, op in enumerate(graph.ops):
            index = next(index for index, tensor in enumerate(graph.tensors) if tensor is op.outputs[0])
            assert np.array_equal(values[index], other.get_tensor(index)), f"op {number} {op.code}"
    wanted = ORACLES[arithmetic](model, feeds)
    for tensor, result in zip(graph.outputs, wanted, strict=True):
        index = next(index for index, one in enumerate(graph.tensors) if one is tensor)
        assert np.array_equal(values[index], result)


@pytest.mark.parametrize("arithmetic", NAMES)
@pytest.mark.parametrize("name", QUANTIZED)
def test_shared_models(name: str, arithmetic: str, shared: Path) -> None:
    model = Model.load(repair_for_litert(shared / "models" / name))
    check(model, arithmetic, feeds_of(model, 0), name)


@pytest.mark.slow
@pytest.mark.parametrize("arithmetic", NAMES)
def test_mobilenet_v2(arithmetic: str, mobilenet_v2: Path) -> None:
    model = Model.load(mobilenet_v2)
    check(model, arithmetic, feeds_of(model, 1), "mobilenet_v2")


@pytest.fixture(scope="module")
def mobilenet_v2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MobileNet v2 with INT8, which benchmarks/make_models.py makes; TINYLITE_MODELS may name a folder where it has made it before."""
    kept = os.environ.get("TINYLITE_MODELS")
    if kept and (Path(kept) / "mobilenet_v2_int8.tflite").exists():
        return Path(kept) / "mobilenet_v2_int8.tflite"
    pytest.importorskip("tensorflow")
    folder = tmp_path_factory.mktemp("models")
    command = [sys.executable, "-m", "benchmarks.make_models", "--output", str(folder), "--type", "int8", "mobilenet_v2"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder / "mobilenet_v2_int8.tflite"
