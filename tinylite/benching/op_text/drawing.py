"""Tensors with values that are drawn: the same for the same line, with any version of tinylite and NumPy."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...inputs.random_values import random_inputs, uniform
from ...interpreter.details import tensor_details
from ...model import Quantization, Tensor
from ...quantization_math import integer_limits
from ...tensor_types import tensor_dtype
from .tensors import Quant

__all__ = ["BIAS", "WEIGHTS", "draw_constant", "draw_inputs", "tensor_of"]

WEIGHTS, BIAS = "weights", "bias"
_LEAST_SCALE, _MOST_SCALE = 0.005, 0.02  # of the channels of weights
_BIAS = 3000
_CONSTANTS, _SCALES = 1 << 20, 1 << 21  # seeds, apart from those of inputs


def tensor_of(name: str, type: str, shape: tuple[int, ...], quant: Quant, seed: int = 0, scale: float = 1.0) -> Tensor:
    """A tensor. If it has a scale for each index along an axis, those are drawn, and multiplied by `scale`."""
    tensor = Tensor(name, shape, type, has_rank=True)
    if quant.axis is not None:
        count = shape[quant.axis] if quant.axis < len(shape) else 1
        drawn = uniform((count,), _SCALES, seed, f"the scales of {name}")
        scales = (_LEAST_SCALE + drawn * (_MOST_SCALE - _LEAST_SCALE)) * scale
        tensor.quantization = Quantization(scales.astype(np.float32), np.zeros(count, np.int64), quant.axis)
    elif quant.scale:
        tensor.quantization = Quantization(np.array([quant.scale], np.float32), np.array([quant.zero]))
    return tensor


def draw_constant(tensor: Tensor, seed: int, kind: str = "", range: tuple[float, float] | None = None, depth: int = 1) -> None:
    """Make a tensor a constant: weights of nearly all that their type holds, biases, or something that may be an index, 0 or 1.

    Floats are from -1 to 1, divided by the root of `depth`, how many of them a sum has: so that recurrent layers do not enlarge rounding.
    With a range it holds what an input with that range is fed. Raises TensorError and OutOfMemoryError.
    """
    dtype = np.dtype(tensor_dtype(tensor.type))
    if range is not None:
        tensor.data = draw_inputs([tensor], [range], _CONSTANTS + seed)[0]
        return
    drawn = uniform(tensor.shape, _CONSTANTS, seed, f"the constant {tensor.name}")
    if tensor.type == "BFLOAT16":
        tensor.data = _bfloat16_bits((2 * drawn - 1) / np.sqrt(depth))
    elif dtype.kind in "fc":
        tensor.data = ((2 * drawn - 1) / np.sqrt(depth)).astype(dtype)
    elif dtype.kind == "b":
        tensor.data = drawn < 0.5
    else:
        low, high = (0, 1)
        if kind == BIAS or (tensor.quantization_params is not None and dtype.itemsize > 2):
            low, high = -_BIAS, _BIAS
        elif tensor.quantization_params is not None or kind == WEIGHTS:
            low, high = integer_limits(str(tensor.type), narrow=kind == WEIGHTS)
        tensor.data = (np.floor(drawn * (high - low + 1)) + low).astype(dtype)


def draw_inputs(tensors: Sequence[Tensor], ranges: Sequence[tuple[float, float] | None], seed: int) -> list[np.ndarray]:
    """Values for tensors, as random_inputs() draws them; those of BFLOAT16, which numpy lacks, as floats of which bits are left out.

    Raises SettingError for a seed that is none, TensorError for tensors that hold no numbers and ranges that they cannot hold, and
    OutOfMemoryError.
    """
    details = [{**tensor_details(tensor, 0, tensor.shape), "name": str(place)} for place, tensor in enumerate(tensors)]
    short = [tensor.type == "BFLOAT16" for tensor in tensors]
    for each, is_short in zip(details, short, strict=True):
        each["dtype"] = np.float32 if is_short else each["dtype"]
    drawn = random_inputs(details, seed, {str(place): range for place, range in enumerate(ranges) if range is not None})
    return [_bfloat16_bits(value) if is_short else value for value, is_short in zip(drawn, short, strict=True)]


def _bfloat16_bits(values: np.ndarray) -> np.ndarray:
    """Floats as they are stored in half of their bits, uint16."""
    return (np.asarray(values, np.float32).view(np.uint32) >> np.uint32(16)).astype(np.uint16)
