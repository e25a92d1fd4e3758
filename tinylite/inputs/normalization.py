"""How pixels and samples become real numbers, and how to find which numbers a model wants."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..model.metadata import EndFacts
from ..quantization_math import integer_limits
from .stored_values import quantize_values

__all__ = ["LABEL_IMAGE", "Normalization", "pixel_normalization", "stored_values", "stores_pixels"]

_Numbers = float | tuple[float, ...]


class Normalization(NamedTuple):
    """How pixels of 0..255 or samples of -1..1 become real numbers: (value - mean) / std, one of each or one a channel."""

    mean: float | tuple[float, ...]
    std: float | tuple[float, ...]

    def real(self, values: np.ndarray) -> np.ndarray:
        """The real numbers, float64, of values whose last dimension has the channels."""
        return np.asarray((values.astype(np.float64) - np.asarray(self.mean)) / np.asarray(self.std))

    def text(self, value: str) -> str:
        """What became of values, for a sentence that they begin."""
        if self.mean == 0 and self.std == 1:
            return "stayed as they are"
        shown = value if self.mean == 0 else f"{value} - {_shown(self.mean)}"
        if self.std == 1:
            return f"became {shown}"
        return f"became {shown if self.mean == 0 else f'({shown})'} / {_shown(self.std)}"


def _shown(numbers: _Numbers) -> str:
    return f"{numbers:.6g}" if isinstance(numbers, (int, float)) else f"[{', '.join(f'{number:.6g}' for number in numbers)}]"


# What TensorFlow's label_image example takes for float models: pixels to -1..1.
LABEL_IMAGE = Normalization(127.5, 127.5)
_BYTES = (np.uint8, np.int8)


def pixel_normalization(
    details: dict[str, Any], facts: EndFacts | None, given: Normalization | None, channels: int
) -> tuple[Normalization, str]:
    """The real numbers that pixels become for an input, and a clause that says why, to be shown after the formula.

    What is `given` goes first, then what the model's metadata say (`facts`), then what an 8-bit input itself says: one whose values
    represent 0..255, 0..1 or -128..127, or that cannot hold -1..1, was quantized for pixels in its own range. All others, of floats and
    of integers alike, get the same -1..1.
    """
    if given is not None:
        return given, ""
    if facts is not None and facts.mean is not None and facts.std is not None and max(len(facts.mean), len(facts.std)) in (1, channels):
        return Normalization(_plain(facts.mean), _plain(facts.std)), ", as the file's metadata says"
    dtype, scales = np.dtype(details["dtype"]), details["quantization_parameters"]["scales"]
    if dtype.kind in "iu" and not len(scales):
        least = -float(integer_limits(dtype)[0]) if dtype in _BYTES else 0.0
        return Normalization(least, 1.0), ", since the input's integers have no scale"
    if dtype in _BYTES and len(scales) == 1:
        scale, zero = details["quantization"]
        low, high = (scale * (end - zero) for end in integer_limits(dtype))
        if _within(scale, low, high, -1, 1):
            return LABEL_IMAGE, f", since the input stores {low:.4g} to {high:.4g}"
        if any(_within(scale, low, high, *ends) for ends in _PIXEL_RANGES) or low > scale - 1 or high < 1 - scale:
            own = Normalization(float(zero - integer_limits(dtype)[0]), 1.0 / scale)
            return own, (
                f", since the input stores {low:.4g} to {high:.4g}; "
                f"the same network of floats takes --mean {own.mean:.6g} --std {own.std:.6g}"
            )
    return LABEL_IMAGE, (
        ", a guess, since the file does not say; --mean and --std say what the model was trained with, such as 0 and 1, or 0 and 255"
    )


def _plain(numbers: tuple[float, ...]) -> _Numbers:
    return numbers[0] if len(numbers) == 1 else numbers


# Real ranges, beside -1..1, to which pixels are scaled when a network is trained.
_PIXEL_RANGES = ((0, 255), (0, 1), (-128, 127))


def _within(scale: float, low: float, high: float, least: float, most: float) -> bool:
    """Whether low..high is least..most, within a step."""
    return abs(low - least) <= scale and abs(high - most) <= scale < most - least


def stored_values(real: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Real numbers as an input stores them: quantized if it is, or converted to its dtype."""
    dtype = np.dtype(details["dtype"])
    if dtype.kind in "iu" and len(details["quantization_parameters"]["scales"]):
        return quantize_values(real, details)
    if dtype.kind in "iu":
        real = np.clip(np.round(real), *integer_limits(dtype))
    with np.errstate(over="ignore"):  # what is too large for a float is infinite
        return real.astype(dtype)


def stores_pixels(details: dict[str, Any], normalization: Normalization) -> bool:
    """Whether an 8-bit tensor was quantized for this normalization, and so holds pixels as they are.

    Converters round the mean for the zero point, 127.5 to 128: every pixel is between two values then, and no rounding of it right.
    """
    if not isinstance(normalization.mean, (int, float)) or not isinstance(normalization.std, (int, float)):
        return False
    scale, zero = details["quantization"]
    mean = zero - integer_limits(np.dtype(details["dtype"]))[0]
    return bool(abs(scale * normalization.std - 1) < 1e-3 and abs(mean - normalization.mean) < 0.5 + 1e-3)
