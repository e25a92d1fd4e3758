"""Files to tensors and back: pictures, sound and NumPy arrays, as a model's inputs and outputs want them."""

from __future__ import annotations

import os
import wave
from typing import Any, NamedTuple

import numpy as np

from .errors import FileError, TensorError, at

__all__ = ["Scaling", "read_input", "real_values", "stored_values", "write_output"]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
RESIZES = ("stretch", "crop", "pad", "none")


class Scaling(NamedTuple):
    """How pixels or samples become real numbers: (value - mean) / std."""

    mean: float
    std: float


# What TensorFlow's label_image example takes for float models: pixels to -1..1.
LABEL_IMAGE = Scaling(127.5, 127.5)


def read_input(
    path: str, details: dict[str, Any], scaling: Scaling | None = None, resize: str = "stretch", raw: bool = False
) -> np.ndarray:
    """A file as the value of an input, in its shape and dtype.

    `details` is an entry of Interpreter.get_input_details(). Pictures are resized to the input's height and width
    (`resize`: stretch, crop or pad to keep the proportions, none to insist on the right size); dimensions that may vary
    take the picture's own. Pixels become (pixel - mean) / std and are quantized if the input is; without `scaling`, 0..255
    fill a quantized input's whole range, and -1..1 of a float one; with `raw`, the bytes of pixels are the bytes of an 8-bit
    input (tflite-micro keeps test pictures so). Sound is cut or padded with silence to the input's
    length, samples being -1..1. Arrays are taken as they are, floats quantized if the input is.

    Raises FileError or TensorError with file, input and remedy.
    """
    extension = os.path.splitext(path)[1].lower()
    with at(f"{path}, for input {details['name']!r}"):
        try:
            if extension in PICTURES:
                return _picture(path, details, scaling, resize, raw)
            if extension == ".wav":
                return _sound(path, details, scaling)
            if extension in (".npy", ".npz"):
                return _array(path, extension, details)
        except OSError as error:
            raise FileError(f"it cannot be read: {error}", "Check the path and that the file is whole") from None
        raise FileError(f"files of type {extension or 'none'!r} are not known", f"Known are {', '.join(PICTURES)}, .wav, .npy and .npz")


def stored_values(real: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Real numbers as an input stores them: quantized by its scale and zero point, rounded to even, or converted to its dtype."""
    dtype = np.dtype(details["dtype"])
    scales = details["quantization_parameters"]["scales"]
    if dtype.kind in "iu" and len(scales):
        scale, zero = details["quantization"]
        real = np.round(real / (scale or 1)) + zero
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        real = np.clip(np.round(real), limits.min, limits.max)
    return real.astype(dtype)


def real_values(stored: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """The opposite, for outputs: (stored - zero point) * scale as float32; what is not quantized stays."""
    scale, zero = details["quantization"]
    if stored.dtype.kind in "iu" and scale:
        return ((stored.astype(np.float64) - zero) * scale).astype(np.float32)
    return stored


def _shape(details: dict[str, Any]) -> list[int]:
    """The input's shape, -1 where it may vary."""
    return [int(size) for size in details["shape_signature"]]


def _picture(path: str, details: dict[str, Any], scaling: Scaling | None, resize: str, raw: bool) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    shape = _shape(details)
    channels = shape[-1] if len(shape) >= 3 and shape[-1] in (1, 3, 4) else 1
    sizes = shape[-3:-1] if len(shape) >= 3 and shape[-1] in (1, 3, 4) else shape[-2:]
    if len(sizes) != 2:
        raise TensorError(f"the input has shape {shape}, which is no picture", "Give it as .npy")
    try:
        image = Image.open(path).convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    except UnidentifiedImageError:
        raise FileError("it is no picture that can be read", "Convert it to PNG") from None
    height = image.height if sizes[0] <= 0 else sizes[0]
    width = image.width if sizes[1] <= 0 else sizes[1]
    pixels = np.asarray(_resized(image, width, height, resize))
    values = _raw(pixels, details) if raw else _scaled(pixels, details, scaling)
    return _fit(values, [height if s is None else s for s in _picture_shape(shape, height, width, channels)])


def _picture_shape(shape: list[int], height: int, width: int, channels: int) -> list[int]:
    """The input's shape with what may vary filled in."""
    if len(shape) >= 3 and shape[-1] == channels and shape[-1] in (1, 3, 4):
        return [max(size, 1) for size in shape[:-3]] + [height, width, channels]
    return [max(size, 1) for size in shape[:-2]] + [height, width]


def _resized(image: Any, width: int, height: int, resize: str) -> Any:
    from PIL import Image, ImageOps

    if image.size == (width, height):
        return image
    if resize == "none":
        raise TensorError(
            f"the picture is {image.width}x{image.height} and the input {width}x{height}", "Allow resizing (stretch, crop or pad)"
        )
    if resize == "crop":
        return ImageOps.fit(image, (width, height), Image.Resampling.BILINEAR)
    if resize == "pad":
        return ImageOps.pad(image, (width, height), Image.Resampling.BILINEAR)
    return image.resize((width, height), Image.Resampling.BILINEAR)


def _scaled(pixels: np.ndarray, details: dict[str, Any], scaling: Scaling | None) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if scaling is None:
        if dtype in (np.uint8, np.int8):
            return (pixels.astype(np.int16) + np.iinfo(dtype).min).astype(dtype)
        scaling = LABEL_IMAGE
    return stored_values((pixels.astype(np.float64) - scaling.mean) / scaling.std, details)


def _raw(pixels: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype.itemsize != 1:
        raise TensorError(f"raw pixels are bytes, and the input is {dtype.name}", "Give a mean and std instead")
    return pixels.view(dtype)


def _sound(path: str, details: dict[str, Any], scaling: Scaling | None) -> np.ndarray:
    try:
        with wave.open(path) as file:
            width, channels = file.getsampwidth(), file.getnchannels()
            content = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
    except (wave.Error, EOFError) as error:
        raise FileError(f"it is no WAV file that can be read: {error}", "Convert it to 16-bit PCM") from None
    content = content[: len(content) // (width * channels) * width * channels]
    if width == 1:
        samples = (content.astype(np.float64) - 128) / 128
    elif width == 3:
        wide = np.zeros((content.size // 3, 4), np.uint8)
        wide[:, 1:] = content.reshape(-1, 3)
        samples = wide.reshape(-1).view("<i4") / 2.0**31
    else:
        samples = content.view(f"<i{width}") / 2.0 ** (8 * width - 1)
    samples = samples.reshape(-1, channels).mean(axis=1)
    shape = _shape(details)
    if shape.count(-1) == 1 and shape[0] != -1:
        shape[shape.index(-1)] = len(samples) // max(int(np.prod([size for size in shape if size != -1])), 1)
    shape = [max(size, 1) for size in shape]
    wanted = int(np.prod(shape))
    fitted = np.zeros(wanted)
    fitted[: min(wanted, len(samples))] = samples[:wanted]
    if scaling is not None:
        fitted = (fitted - scaling.mean) / scaling.std
    if np.dtype(details["dtype"]) == np.int16 and not len(details["quantization_parameters"]["scales"]):
        fitted = fitted * 32768
    return stored_values(fitted, details).reshape(shape)


def _array(path: str, extension: str, details: dict[str, Any]) -> np.ndarray:
    try:
        loaded = np.load(path, allow_pickle=False)
        if extension == ".npz":
            names = list(loaded)
            name = details["name"] if details["name"] in names else names[0] if len(names) == 1 else None
            if name is None:
                raise TensorError(
                    f"it holds the arrays {', '.join(map(repr, names))} and none for this input", f"Name one {details['name']!r}"
                )
            loaded = loaded[name]
    except ValueError as error:
        if isinstance(error, TensorError):
            raise
        raise FileError(f"it is no NumPy file that can be read: {error}", "Write it with numpy.save, without Python objects") from None
    values = np.asarray(loaded)
    dtype = np.dtype(details["dtype"])
    if values.dtype != dtype:
        quantized = dtype.kind in "iu" and values.dtype.kind == "f" and len(details["quantization_parameters"]["scales"])
        values = stored_values(values, details) if quantized or values.dtype.kind == dtype.kind == "f" else values.astype(dtype)
    return _fit(values, _shape(details))


def _fit(values: np.ndarray, shape: list[int]) -> np.ndarray:
    """Add the batch dimension, or dimensions of one, that the values lack."""
    if values.ndim < len(shape):
        missing = len(shape) - values.ndim
        if list(values.shape) == shape[:-1] and shape[-1] == 1:
            return values[..., np.newaxis]
        values = values.reshape((1,) * missing + values.shape)
    if values.shape != tuple(shape) and values.size == np.prod([abs(size) for size in shape]) and min(shape, default=1) > 0:
        return values.reshape(shape)
    return values


def write_output(path: str, outputs: dict[str, np.ndarray], details: dict[str, Any], scaling: Scaling | None = None) -> None:
    """Write outputs to a file: .npy the first, .npz all by name, a picture the first, which must be [.., height, width, 1, 3 or 4].

    Floats in a picture are undone as inputs are made: value * std + mean, -1..1 without `scaling`; 8-bit values are pixels.
    """
    extension = os.path.splitext(path)[1].lower()
    name, values = next(iter(outputs.items()))
    with at(path):
        try:
            if extension == ".npy":
                np.save(path, values)
            elif extension == ".npz":
                np.savez(path, **outputs)  # type: ignore[arg-type]
            elif extension in PICTURES:
                _write_picture(path, name, values, details, scaling or LABEL_IMAGE)
            else:
                raise FileError(f"files of type {extension or 'none'!r} cannot be written", "Name it .npy, .npz or .png")
        except OSError as error:
            raise FileError(f"it cannot be written: {error}", "Check the directory and its permissions") from None


def _write_picture(path: str, name: str, values: np.ndarray, details: dict[str, Any], scaling: Scaling) -> None:
    from PIL import Image

    shape = [size for size in values.shape[:-3] if size != 1]
    if values.ndim < 2 or shape or (values.ndim > 2 and values.shape[-1] not in (1, 3, 4)):
        raise TensorError(f"output {name!r} has shape {list(values.shape)}, which is no picture", "Write it as .npy")
    if values.dtype == np.uint8:
        pixels = values
    elif values.dtype == np.int8:
        pixels = (values.astype(np.int16) + 128).astype(np.uint8)
    else:
        pixels = np.clip(np.round(real_values(values, details) * scaling.std + scaling.mean), 0, 255).astype(np.uint8)
    Image.fromarray(
        pixels.reshape(
            pixels.shape[-3:] if pixels.ndim > 2 and pixels.shape[-1] != 1 else [s for s in pixels.shape if s != 1][:2] or (1, 1)
        )
    ).save(path)
