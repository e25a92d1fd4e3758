"""Random values for a model's inputs, to try it out: the same for the same seed, with any version of tinylite and NumPy."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import SettingError, TensorError, quoted
from ..limits import check_size
from .stored_values import quantize_values

__all__ = ["random_inputs", "uniform"]

_EXACT = 1 << 53  # as far as every whole number is a float64
_READ = {"name", "dtype", "shape", "quantization_parameters"}  # of an input's details
_TAKEN = 40  # bytes for an element while its input is drawn


def random_inputs(
    details: Sequence[dict[str, Any]], seed: int = 0, ranges: Mapping[str, tuple[float, float]] | None = None
) -> list[np.ndarray]:
    """A random array for each input, in its shape and dtype. `details` is what get_input_details() returns.

    Floats are uniform from -1 to below 1, and the integers of a wider quantized type represent such; 8-bit quantized inputs get all
    that 8 bits hold. Other integers and booleans, which may be indices, are 0 or 1. `ranges` has (low, high) by an input's name: real
    numbers from low to below high for floats and quantized inputs, whole numbers from low to high for others.

    The numbers are those of PCG64(SeedSequence([seed, position of the input])): element by element, in C order, the upper 53 bits
    of a raw 64-bit number over 2^53 are u, and the value is low + u * (high - low), or the whole number below low + u * (high - low + 1).
    So an input's numbers do not depend on what other inputs hold. Raises TensorError for a range that the input cannot hold and for
    inputs that hold no numbers, SettingError for a seed that is none, OutOfMemoryError.
    """
    if not isinstance(seed, (int, np.integer)) or seed < 0:
        raise SettingError(f"the seed is {quoted(seed)}", "Give a whole number from 0 on")
    known = isinstance(details, Sequence) and all(isinstance(entry, dict) and entry.keys() >= _READ for entry in details)
    if not known:
        raise TensorError(f"the inputs' details are {quoted(details)}", "Give what get_input_details() returns")
    if ranges is not None and not isinstance(ranges, Mapping):
        raise TensorError(f"the ranges are {quoted(ranges)}", "Give a dict of (low, high) by the input's name")
    return [_drawn(entry, seed, position, (ranges or {}).get(entry["name"])) for position, entry in enumerate(details)]


def uniform(shape: tuple[int, ...], seed: int, position: int, what: str) -> np.ndarray:
    """Numbers from 0 to below 1, float64 [shape], as random_inputs() describes them. `what` says in an OutOfMemoryError what they are."""
    count = math.prod(shape)
    check_size(count * _TAKEN, what, "Give it another shape")
    raw = np.random.PCG64(np.random.SeedSequence([seed, position])).random_raw(count)
    return ((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53).reshape(shape)


def _range(name: str, given: Any) -> tuple[float, float]:
    """The ends of a range that somebody has given."""
    try:
        low, high = (float(end) for end in given)
    except (TypeError, ValueError, OverflowError):
        raise TensorError(f"input {name!r} cannot be drawn from {quoted(given)}", "Give two numbers: (low, high)") from None
    if not -math.inf < low <= high < math.inf:
        raise TensorError(f"input {name!r} cannot be drawn from {low} to {high}", "Give the lower number first")
    return low, high


def _drawn(details: dict[str, Any], seed: int, position: int, wanted: tuple[float, float] | None) -> np.ndarray:
    dtype, shape = np.dtype(details["dtype"]), tuple(int(size) for size in details["shape"])
    name = details["name"]
    wanted = None if wanted is None else _range(name, wanted)
    if dtype.kind not in "biufc":
        raise TensorError(f"input {name!r} holds no numbers, so none can be drawn", "Give it a value")
    drawn = uniform(shape, seed, position, f"what is drawn for input {name!r}")
    quantized = len(details["quantization_parameters"]["scales"]) > 0
    if dtype.kind in "fc" or (quantized and (wanted is not None or dtype.itemsize > 1)):
        low, high = wanted if wanted is not None else (-1.0, 1.0)
        real = low + drawn * (high - low)
        return quantize_values(real, details) if dtype.kind in "iu" else real.astype(dtype)
    least, most = (0, 1) if dtype.kind == "b" or not quantized else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    limits = (0, 1) if dtype.kind == "b" else (max(np.iinfo(dtype).min, -_EXACT), min(np.iinfo(dtype).max, _EXACT))
    if wanted is not None:
        least, most = math.ceil(wanted[0]), math.floor(wanted[1])
    if not limits[0] <= least <= most <= limits[1]:
        raise TensorError(
            f"input {name!r} is {dtype.name} and cannot hold whole numbers from {least} to {most}", f"It holds {limits[0]} to {limits[1]}"
        )
    return (np.floor(drawn * (most - least + 1)) + least).astype(dtype)
