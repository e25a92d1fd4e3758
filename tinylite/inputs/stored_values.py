"""Real numbers as quantized tensors store them, and back; and what to do with values of another type or shape than a tensor's."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ..errors import OutOfMemoryError, TensorError, quoted
from ..limits import check_size
from ..model import Tensor
from ..quantization_math import integer_limits, quantize_by_division
from ..tensor_types import tensor_dtype

__all__ = ["as_array", "conversion_remedy", "dequantize_values", "quantize_values", "reordering", "shape_remedy", "stored_as"]

# The real ranges to which pixels of 0..255 are usually scaled.
_PIXEL_RANGES = ((0, 255), (0, 1), (-1, 1), (-128, 127))


_TAKEN = 24  # bytes for an element while it is quantized
_LOOKED_AT = 1 << 20  # elements, for the sake of a remedy


class _Parameters(NamedTuple):
    """How a tensor stores numbers: scales and zero points [1] or [channels] along `axis`, or empty; what its integers hold."""

    name: str
    dtype: np.dtype[Any]
    low: int
    high: int
    scales: np.ndarray
    zeros: np.ndarray
    axis: int

    def along(self, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Scales, float32, and zero points, float32, that broadcast to values of this shape."""
        if self.scales.size == 1:
            return self.scales.reshape(()), self.zeros.reshape(())
        if not 0 <= self.axis < len(shape) or shape[self.axis] != self.scales.size:
            raise TensorError(
                f"{self.name} has {self.scales.size} scales along dimension {self.axis}, which values of shape {list(shape)} do not have",
                "Give values of the tensor's shape",
            )
        wide = [1] * len(shape)
        wide[self.axis] = self.scales.size
        return self.scales.reshape(wide), self.zeros.reshape(wide)


def as_array(values: Any) -> np.ndarray:
    """What somebody has given as an array; one of objects, which no tensor takes, for rows of different lengths."""
    try:
        return np.asarray(values)
    except ValueError:
        return np.empty((0, 0), object)
    except MemoryError:
        raise OutOfMemoryError(f"{quoted(values)} takes more memory as an array than there is", "Give less") from None


def _parameters(details: dict[str, Any] | Tensor) -> _Parameters:
    if isinstance(details, Tensor):
        params, name, dtype = details.quantization_params, details.name, np.dtype(tensor_dtype(details.type))
        scales, zeros, axis = (params.scale, params.zero_point, params.quantized_dimension) if params is not None else ((), (), 0)
    else:
        if not isinstance(details, dict):
            raise TensorError(f"the details should be those of a tensor, not {quoted(details)}", "Give an entry of get_input_details()")
        try:
            name, dtype, found = details["name"], np.dtype(details["dtype"]), details["quantization_parameters"]
            scales, zeros, axis = found["scales"], found["zero_points"], found["quantized_dimension"]
        except (TypeError, LookupError, ValueError):
            raise TensorError("the details are not those of a tensor", "Give an entry of get_input_details(), as it is") from None
    scales, zeros = np.asarray(scales, np.float32), np.asarray(zeros, np.float32)
    if zeros.size not in (0, scales.size):
        raise TensorError(f"tensor {name!r} has {scales.size} scales and {zeros.size} zero points", "Give it as many of each")
    low, high = integer_limits(str(details.type) if isinstance(details, Tensor) else dtype) if dtype.kind in "iu" else (0, 0)
    return _Parameters(f"tensor {name!r}", dtype, low, high, scales, zeros if zeros.size else np.zeros_like(scales), axis)


def quantize_values(values: Any, details: dict[str, Any] | Tensor, mean: float = 0.0, std: float = 1.0) -> np.ndarray:
    """Real numbers as a tensor stores them: what a float model would get, made what this model wants.

    `values` may be of any numeric dtype; (values - mean) / std are the real numbers, so that pixels need no separate step.
    `details` is an entry of get_input_details(), get_output_details() or get_tensor_details(), tinylite's or LiteRT's, or a
    tensor of a Model. Returns an array of the tensor's dtype and the shape of `values`: real / scale, rounded half away from zero,
    plus the zero point, cut to what the dtype holds, as the operator QUANTIZE computes it; NaN becomes the least value. A tensor of
    floats gets the real numbers as its dtype.

    A tensor with one scale takes any shape; one with a scale for each channel takes shapes with that dimension. Raises
    TensorError for values that are not real numbers, and for a tensor of integers without a scale.
    """
    parameters, given = _parameters(details), as_array(values)
    if given.dtype.kind not in "biuf":
        raise TensorError(f"values for {parameters.name} should be real numbers, not {given.dtype}")
    check_size(given.size * _TAKEN, f"the values for {parameters.name}", "Give fewer at a time")
    with np.errstate(over="ignore", invalid="ignore"):
        real = _scaled(given, mean, std)
    if parameters.dtype.kind == "f":
        return real.astype(parameters.dtype)
    if not parameters.scales.size or parameters.dtype.kind not in "iu":
        raise TensorError(
            f"{parameters.name} stores {parameters.dtype.name} without a scale, so there is nothing to quantize by",
            "Give it whole numbers of that type",
        )
    scales, zeros = parameters.along(real.shape)
    return np.asarray(quantize_by_division(real, scales, zeros, parameters.low, parameters.high).astype(parameters.dtype))


def _scaled(given: np.ndarray, mean: Any, std: Any) -> np.ndarray:
    """(given - mean) / std, float32."""
    mean, std = as_array(mean), as_array(std)
    for each in (mean, std):  # one number, or one for each channel
        if each.dtype.kind not in "biuf" or each.shape not in ((), given.shape[-1:]) or not np.isfinite(each).all() or not std.all():
            raise TensorError("mean and std should be numbers, and std not 0", "Give those that the model was trained with")
    if mean.ndim == std.ndim == 0 and mean == 0 and std == 1:
        return given.astype(np.float32)
    return ((given.astype(np.float64) - mean) / std).astype(np.float32)


def dequantize_values(values: Any, details: dict[str, Any] | Tensor) -> np.ndarray:
    """The real numbers that a tensor's values represent: (value - zero point) * scale in float32, as the operator DEQUANTIZE does.

    `details` as for quantize_values(). Returns float32 in the shape of `values`. Floats keep their values. Raises
    TensorError for values of another dtype than the tensor's, and for integers without a scale.
    """
    parameters, given = _parameters(details), as_array(values)
    check_size(given.size * _TAKEN, f"the values of {parameters.name}", "Give fewer at a time")
    if given.dtype != parameters.dtype:
        raise TensorError(f"{parameters.name} stores {parameters.dtype.name}, not {given.dtype}", "Give what get_tensor() returns")
    if parameters.dtype.kind == "f":
        return given.astype(np.float32)
    if not parameters.scales.size:
        raise TensorError(f"{parameters.name} has no scale: its values mean themselves", "Take them as they are")
    scales, zeros = parameters.along(given.shape)
    return np.asarray((given.astype(np.float64) - zeros).astype(np.float32) * scales)


def conversion_remedy(given: np.ndarray, details: dict[str, Any] | Tensor, place: str) -> str:
    """What to do with an array x of numbers whose dtype is not the tensor's. `place` is how a script comes to the `details`."""
    parameters = _parameters(details)
    wanted, scaled = parameters.dtype, parameters.scales.size > 0
    quantize = f"tinylite.quantize_values(x, {place})"
    fits = wanted.kind not in "iu" or _within(given.flat[:_LOOKED_AT], parameters.low, parameters.high)
    if given.dtype.kind == "c" and wanted.kind != "c":
        return "Complex numbers have no counterpart here: give their real parts or magnitudes, x.real or abs(x)"
    if wanted.kind in "fc":
        note = ", scaled as in training, such as x / 255" if given.dtype == np.uint8 else ""
        return f"Convert it: np.asarray(x, np.{wanted.name}){note}"
    if wanted.kind == "b":
        return "Convert it: x != 0"
    if scaled and {given.dtype.name, wanted.name} == {"uint8", "int8"}:
        shifted = f"(x.astype(np.int16) {'-' if wanted == np.int8 else '+'} 128).astype(np.{wanted.name})"
        if _stores_pixels(parameters):
            return f"A cast would wrap. Its scale and zero point are those of pixels and of {given.dtype} models: give {shifted}"
        return f"A cast would wrap. The model is quantized: give {quantize}, where x is what a float model would get, such as pixels / 255"
    if scaled and (given.dtype.kind in "fb" or not fits):
        return f"The model is quantized: give {quantize}, where x is what a float model would get"
    if not fits:
        return f"Some of it is not {wanted.name}: give whole numbers from {parameters.low} to {parameters.high}"
    stored = f", if x holds stored values, or {quantize} of real ones" if scaled else ""
    return f"Convert it: np.asarray(x, np.{wanted.name}){stored}"


def shape_remedy(given: np.ndarray, shape: tuple[int, ...], signature: tuple[int, ...], index: int) -> str:
    """What to do with an array x whose shape is not the tensor's `shape`. The `signature` has -1 for dimensions that may vary."""
    if given.shape == shape[1:] and shape[:1] == (1,):
        return "It lacks the batch dimension: give x[np.newaxis]"
    if given.size == math.prod(shape):
        reshape = f".reshape({', '.join(map(str, shape))})"
        axes = reordering(given.shape, shape)
        if axes is None:
            return f"It has as many elements: give x{reshape}"
        moved = tuple(given.shape[axis] for axis in axes)
        return f"Its dimensions are in another order: give x.transpose({', '.join(map(str, axes))}){reshape if moved != shape else ''}"
    resize = f"call resize_tensor_input({index}, {list(given.shape)}) and allocate_tensors() first"
    if len(signature) == given.ndim and all(size in (-1, length) for size, length in zip(signature, given.shape, strict=True)):
        return f"To run on this shape, {resize}"
    return f"Give it the shape {list(shape)}; if the model can run on other shapes, {resize}"


def reordering(given: tuple[int, ...], wanted: tuple[int, ...]) -> list[int] | None:
    """The order of axes that leads to the sizes of `wanted`, but for those of 1; None if they are so already, or are others.

    Axes of the same size keep their order, as height and width do where channels come first.
    """
    if [size for size in given if size != 1] == [size for size in wanted if size != 1]:
        return None
    exact = sorted(given) == sorted(wanted)  # with the axes of size 1 where they belong
    left = [axis for axis, size in enumerate(given) if size != 1 or exact]
    axes = [axis for axis, size in enumerate(given) if size == 1 and not exact]
    for size in wanted:
        if size != 1 or exact:
            axis = next((axis for axis in left if given[axis] == size), None)
            if axis is None:
                return None
            left.remove(axis)
            axes.append(axis)
    return axes if not left else None


def _within(given: np.ndarray, low: int, high: int) -> bool:
    """Whether these are whole numbers from `low` to `high`."""
    with np.errstate(invalid="ignore"):
        return bool((given == np.round(given)).all() and (given >= low).all() and (given <= high).all())


def _stores_pixels(parameters: _Parameters) -> bool:
    """Whether the values of an 8-bit tensor, from the least to the largest, represent what pixels of 0..255 are usually scaled to."""
    if parameters.scales.size != 1:
        return False
    scale, zero = float(parameters.scales[0]), float(parameters.zeros[0])
    ends = [scale * (end - zero) for end in (parameters.low, parameters.high)]
    return any(abs(ends[0] - low) <= scale and abs(ends[1] - high) <= scale < high - low for low, high in _PIXEL_RANGES)


def stored_as(value: np.ndarray, source: Tensor, target: Tensor) -> np.ndarray:
    """What a tensor `source` stores, as another stores the same numbers: real ones are quantized, or rounded to its type."""
    params, wanted = (source.quantization_params, target.quantization_params), np.dtype(tensor_dtype(target.type))
    same = source.type == target.type and (params[0] is None) == (params[1] is None)
    if same and params[0] is not None and params[1] is not None:
        same = np.array_equal(params[0].scale, params[1].scale) and np.array_equal(params[0].zero_point, params[1].zero_point)
    if same:
        return value
    if params[0] is None and params[1] is None:
        return value.astype(wanted)
    real = value if params[0] is None else dequantize_values(value, source)
    return quantize_values(real, target) if params[1] is not None else real.astype(wanted)
