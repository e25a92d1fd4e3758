"""CMSIS-NN as an oracle: its plain C, compiled by gcc from a checkout that TINYLITE_CMSIS_NN names, and its published test data."""

from __future__ import annotations

import ctypes
import functools
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tinylite import Model
from tinylite.model import Op, Tensor
from tinylite.quantization_math import quantize_multiplier, round_half_away

__all__ = ["LAYER", "SUMS", "Layer", "checkout", "cmsis_nn", "library", "limits"]

# The fields of cmsis_nn.c's struct.
LAYER = (
    "batch", "in_h", "in_w", "in_c", "out_h", "out_w", "out_c", "filter_h", "filter_w", "filter_c", "stride_h", "stride_w", "dilation_h",
    "dilation_w", "pad_h", "pad_w", "input_offset", "filter_offset", "output_offset", "low", "high",
)  # fmt: skip
Layer = dict[str, int]
SUMS = ("CONV_2D", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV", "FULLY_CONNECTED", "BATCH_MATMUL")

_directories: list[tempfile.TemporaryDirectory[str]] = []  # of the libraries, until the process ends


def checkout() -> Path:
    """Where CMSIS-NN is. Skips the test where nothing says so."""
    path = os.environ.get("TINYLITE_CMSIS_NN")
    if not path:
        pytest.skip("TINYLITE_CMSIS_NN does not name a checkout of CMSIS-NN")
    return Path(path)


@functools.cache
def library(root: Path, single: bool) -> ctypes.CDLL:
    """CMSIS-NN and the functions of the C files beside this one. Skips the test where gcc is absent."""
    compiler = shutil.which("gcc")
    if compiler is None:
        pytest.skip("gcc is not installed")
    _directories.append(tempfile.TemporaryDirectory())
    made = Path(_directories[-1].name) / "cmsis_nn.so"
    sources = [path for path in sorted(root.glob("Source/*/*.c")) if not re.search("_f16|_f32|_flt", path.name)]
    rounding = ["-DCMSIS_NN_USE_SINGLE_ROUNDING"] if single else []
    command = [compiler, "-O1", "-w", "-shared", "-fPIC", *rounding, f"-I{root / 'Include'}", "-o", str(made)]
    subprocess.run([*command, *map(str, [*Path(__file__).parent.glob("*.c"), *sources])], check=True)
    return ctypes.CDLL(str(made))


def cmsis_nn(single: bool) -> Callable[[Model, list[np.ndarray]], list[np.ndarray]]:
    """(model of one op, feeds) -> outputs, with single or double rounding, by the multipliers that tflite-micro computes."""

    def run(model: Model, feeds: list[np.ndarray]) -> list[np.ndarray]:
        (op,) = model.graph.ops
        inputs: list[Tensor | None] = [*op.inputs]
        values = iter(feeds)
        known = [None if t is None else t.data if t.buffer is not None else next(values) for t in inputs]
        x, weights = (2, 1) if op.code == "TRANSPOSE_CONV" else (0, 1)
        bias = known[weights + 1 + (x == 2)] if len(known) > weights + 1 + (x == 2) else None
        output = op.outputs[0]
        call = _call(op, inputs[x], inputs[weights], output)  # type: ignore[arg-type]
        left, right = np.asarray(known[x]), np.asarray(known[weights])
        if op.code == "BATCH_MATMUL":
            left = left.swapaxes(-1, -2) if op.options.adj_x else left
            right = right if op.options.adj_y else right.swapaxes(-1, -2)
        found = np.zeros(output.shape, np.int8)
        arrays = [*(np.ascontiguousarray(array, np.int8) for array in (left, right))]
        offsets = None if bias is None else np.ascontiguousarray(bias, np.int32)
        multiplier, shift = quantize_multiplier(_factors(op, inputs[x], inputs[weights], output))  # type: ignore[arg-type]
        fields = np.array([call.get(name, 0) for name in LAYER], np.int32)
        function = getattr(library(checkout(), single), op.code.lower())
        given = (fields, *arrays, offsets, np.ascontiguousarray(multiplier), np.ascontiguousarray(shift))
        pointers = [None if array is None else array.ctypes.data_as(ctypes.c_void_p) for array in given]
        assert function(*pointers, found.ctypes.data_as(ctypes.c_void_p)) == 0
        return [found]

    return run


def _scale(tensor: Tensor) -> np.ndarray:
    assert tensor.quantization is not None
    return np.asarray(tensor.quantization.scale, np.float32)


def _zero(tensor: Tensor) -> int:
    assert tensor.quantization is not None
    return int(tensor.quantization.zero_point[0])


def _factors(op: Op, x: Tensor, weights: Tensor, output: Tensor) -> np.ndarray:
    channels = output.shape[-1]
    return np.broadcast_to(_scale(x).astype(np.float64) * _scale(weights).astype(np.float64) / _scale(output).astype(np.float64), channels)


def limits(op: Op) -> tuple[int, int]:
    """What the fused activation of an op clamps its INT8 output to."""
    zero, scale = _zero(op.outputs[0]), _scale(op.outputs[0])[0]
    activation = getattr(op.options, "fused_activation_function", "NONE")
    bounds = {"NONE": (None, None), "RELU": (0, None), "RELU6": (0, 6), "RELU_N1_TO_1": (-1, 1)}[activation]
    low, high = (
        default if bound is None else int(np.clip(zero + round_half_away(np.float32(bound) / scale), -128, 127))
        for bound, default in zip(bounds, (-128, 127), strict=True)
    )
    return low, high


def _call(op: Op, x: Tensor, weights: Tensor, output: Tensor) -> Layer:
    """The arguments of an op."""
    zero, (low, high) = _zero(output), limits(op)
    made = {"input_offset": -_zero(x), "filter_offset": -_zero(weights), "output_offset": zero, "low": low, "high": high}
    if op.code == "FULLY_CONNECTED":
        rows = int(np.prod(output.shape[:-1]))
        return made | {"batch": rows, "in_c": weights.shape[1], "out_c": weights.shape[0], "filter_h": len(_scale(weights))}
    if op.code == "BATCH_MATMUL":
        batch, rows, columns = output.shape
        depth = x.shape[1 if op.options.adj_x else 2]
        return made | {"batch": batch, "in_h": rows, "in_c": depth, "out_c": columns, "filter_h": weights.shape[0]}
    made |= dict(zip(("batch", "in_h", "in_w", "in_c"), x.shape, strict=True))
    made |= dict(zip(("out_h", "out_w", "out_c"), output.shape[1:], strict=True))
    made |= dict(zip(("filter_h", "filter_w", "filter_c"), weights.shape[1:], strict=True))
    for letter in "hw":
        stride, dilation = getattr(op.options, f"stride_{letter}"), getattr(op.options, f"dilation_{letter}_factor", 1)
        inner, outer = (made[f"{name}_{letter}"] for name in (("in", "out") if op.code != "TRANSPOSE_CONV" else ("out", "in")))
        reach = (outer - 1) * stride + (made[f"filter_{letter}"] - 1) * dilation + 1
        pad = max(reach - inner, 0) // 2 if op.options.padding == "SAME" else 0
        made |= {f"stride_{letter}": stride, f"dilation_{letter}": dilation, f"pad_{letter}": pad}
    return made
