"""Files to tensors and back: pictures, sound and NumPy arrays, as a model's inputs and outputs want them."""

from __future__ import annotations

import io
import logging
import math
import os
import warnings
import wave
from typing import IO, Any, NamedTuple

import numpy as np

from .archives import directory, unpacked
from .errors import FileError, TensorError, at
from .files import content_of, write_whole
from .limits import check_size, memory_shortage
from .stored_values import dequantize_values, quantize_values

__all__ = ["Scaling", "array_names", "check_output", "read_input", "real_values", "stored_values", "write_output"]

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
RESIZES = ("stretch", "crop", "pad", "none")
CHANNELS = (1, 3, 4)


class Scaling(NamedTuple):
    """How pixels or samples become real numbers: (value - mean) / std."""

    mean: float
    std: float


# Bytes that Pillow takes for a pixel: decoded, turned upright, and in the channels that are wanted.
_PILLOW_PIXEL = 16
_LESS = "Give a smaller file, or free memory"
# What TensorFlow's label_image example takes for float models: pixels to -1..1.
LABEL_IMAGE = Scaling(127.5, 127.5)


def read_input(
    path: str, details: dict[str, Any], scaling: Scaling | None = None, resize: str = "stretch", raw: bool = False
) -> np.ndarray:
    """A file as the value of an input, in its shape and dtype.

    `details` is an entry of Interpreter.get_input_details(). Pictures are turned as their camera says and resized to the
    input's height and width (`resize`: stretch, crop or pad to keep the proportions, none to insist on the right size);
    dimensions that may vary take the picture's own. Pixels become (pixel - mean) / std and are quantized if the input is;
    without `scaling`, 0..255 fill a quantized input's whole range, and -1..1 of a float one; with `raw`, the bytes of pixels
    are the bytes of an 8-bit input (tflite-micro keeps test pictures so). Sound is mixed to one channel, its samples being
    -1..1, and cut or padded with silence to the input's length, which is logged as a warning; its rate is not changed.
    Arrays are taken as they are, floats quantized if the input is.

    Raises FileError, TensorError or OutOfMemoryError with file, input and remedy; what a file unfolds to is checked against
    the memory limit before it is unfolded.
    """
    extension = os.path.splitext(path)[1].lower()
    with at(f"{path}, for input {details['name']!r}"), memory_shortage("reading it", _LESS):
        if extension in PICTURES:
            return _picture(path, details, scaling, resize, raw)
        if extension == ".wav":
            return _sound(path, details, scaling)
        if extension in (".npy", ".npz"):
            return _array(path, extension, details)
        raise FileError(f"files of type {extension or 'none'!r} are not known", f"Known are {', '.join(PICTURES)}, .wav, .npy and .npz")


def stored_values(real: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Real numbers as an input stores them: quantized if it is, or converted to its dtype."""
    dtype = np.dtype(details["dtype"])
    if dtype.kind in "iu" and len(details["quantization_parameters"]["scales"]):
        return quantize_values(real, details)
    if dtype.kind in "iu":
        limits = np.iinfo(dtype)
        real = np.clip(np.round(real), limits.min, limits.max)
    return real.astype(dtype)


def real_values(stored: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """The opposite, for outputs: (stored - zero point) * scale as float32; what is not quantized stays."""
    quantized = stored.dtype.kind in "iu" and len(details["quantization_parameters"]["scales"])
    return dequantize_values(stored, details) if quantized else stored


def _shape(details: dict[str, Any]) -> list[int]:
    """The input's shape, -1 where it may vary."""
    return [int(size) for size in details["shape_signature"]]


def _picture(path: str, details: dict[str, Any], scaling: Scaling | None, resize: str, raw: bool) -> np.ndarray:
    from PIL import Image, UnidentifiedImageError

    shape = _shape(details)
    # Channels stand last; first in models that were PyTorch's; or there is one and it has no dimension.
    last = len(shape) >= 3 and shape[-1] in CHANNELS
    first = not last and len(shape) >= 3 and shape[-3] in CHANNELS
    *batch, height, width = shape[:-1] if last else shape if len(shape) >= 2 else (0, 0, 0)
    channels = shape[-1] if last else batch.pop() if first else 1
    if len(shape) < 2 or any(size > 1 for size in batch):
        raise TensorError(f"the input has shape {shape}, which is no picture", "Give it as .npy")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked here, and of oddities in the file that do not matter
            with Image.open(path) as opened:
                check_size(opened.width * opened.height * _PILLOW_PIXEL, f"the picture, {opened.width}x{opened.height},", _LESS)
                image = _upright(opened).convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    except Image.DecompressionBombError as error:
        raise FileError(f"it has more pixels than pictures have: {error}", "Make it smaller") from None
    except UnidentifiedImageError:
        raise FileError("it is no picture that can be read", "Convert it to PNG") from None
    except Exception as error:
        raise _damaged("picture", error, "Convert it to PNG") from None
    height = image.height if height <= 0 else height
    width = image.width if width <= 0 else width
    # Resized by Pillow, then as an array of bytes, and as reals while they are scaled.
    a_channel = 6 if raw or (scaling is None and np.dtype(details["dtype"]).itemsize == 1) else 24
    check_size(height * width * (8 + channels * a_channel), f"the picture, as {width}x{height},", "Give the input another shape")
    pixels = np.asarray(_resized(image, width, height, resize)).reshape(height, width, channels)
    values = _raw(pixels, details) if raw else _scaled(pixels, details, scaling)
    if first:
        values = values.transpose(2, 0, 1)
    ones = [1] * len(batch)
    return values.reshape(*ones, *values.shape) if last or first else values.reshape(*ones, height, width)


def _upright(image: Any) -> Any:
    """A picture as its camera was held, with 8 bits a channel: Pillow would clip 16 bits to the darkest 256 levels."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):
        return Image.fromarray((np.clip(np.asarray(image), 0, 65535) // 257).astype(np.uint8))
    return image


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
    if dtype in (np.uint8, np.int8) and (scaling is None or _stores_pixels(details, scaling)):
        return (pixels.astype(np.int16) + np.iinfo(dtype).min).astype(dtype)
    scaling = scaling or LABEL_IMAGE
    return stored_values((pixels.astype(np.float64) - scaling.mean) / scaling.std, details)


def _stores_pixels(details: dict[str, Any], scaling: Scaling) -> bool:
    """Whether an 8-bit tensor was quantized for this scaling, and so holds pixels as they are.

    Converters round the mean for the zero point, 127.5 to 128: every pixel is between two values then, and no rounding of it right.
    """
    scale, zero = details["quantization"]
    mean = zero - np.iinfo(details["dtype"]).min
    return bool(abs(scale * scaling.std - 1) < 1e-3 and abs(mean - scaling.mean) < 0.5 + 1e-3)


def _raw(pixels: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype.itemsize != 1:
        raise TensorError(f"raw pixels are bytes, and the input is {dtype.name}", "Give a mean and std instead")
    return pixels.view(dtype)


def _sound(path: str, details: dict[str, Any], scaling: Scaling | None) -> np.ndarray:
    shape = _shape(details)
    if sum(size != 1 for axis, size in enumerate(shape) if size != -1 or axis > 0 or len(shape) == 1) > 1:
        raise TensorError(f"the input has shape {shape}, which is no row of samples", "Compute what the model wants, and give it as .npy")
    try:
        with wave.open(path) as file:
            width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
            check_size(os.path.getsize(path) * 24, "the sound, as real numbers,", _LESS)
            content = np.frombuffer(file.readframes(file.getnframes()), np.uint8)
        if not 1 <= width <= 4:
            raise ValueError(f"{8 * width} bits a sample")
    except Exception as error:
        raise _damaged("WAV file", error, "Convert it to 16-bit PCM") from None
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
    # The last dimension that may vary takes the samples, unless it is the batch of a row.
    varying = [axis for axis, size in enumerate(shape) if size == -1 and (axis > 0 or len(shape) == 1)]
    shape = [len(samples) if axis in varying[-1:] else max(size, 1) for axis, size in enumerate(shape)]
    wanted = math.prod(shape)
    if wanted != len(samples):
        logging.getLogger("tinylite").warning(
            "Note: %s has %d samples (%.3g s at %d Hz); the input takes %d: %s",
            path, len(samples), len(samples) / max(rate, 1), rate, wanted,
            "the rest is cut off" if wanted < len(samples) else "silence follows",
        )  # fmt: skip
    check_size(wanted * 40, f"the input, {wanted} samples long,", "Give the input another shape")
    fitted = np.zeros(wanted)
    fitted[: min(wanted, len(samples))] = samples[:wanted]
    if scaling is not None:
        fitted = (fitted - scaling.mean) / scaling.std
    if np.dtype(details["dtype"]) == np.int16 and not len(details["quantization_parameters"]["scales"]):
        fitted = fitted * 32768
    return stored_values(fitted, details).reshape(shape)


def _array(path: str, extension: str, details: dict[str, Any]) -> np.ndarray:
    name = None
    if extension == ".npz":
        names = _load(path, None, names=True)
        name = details["name"] if details["name"] in names else names[0] if len(names) == 1 else None
        if name is None:
            raise TensorError(
                f"it holds the arrays {', '.join(map(repr, names)) or 'none'} and none for this input", f"Name one {details['name']!r}"
            )
    values = _load(path, name, details)
    return _fit(_converted(values, details), _shape(details))


def array_names(path: str) -> list[str]:
    """The names of the arrays in an .npz file. Raises FileError."""
    with at(path), memory_shortage("reading it", _LESS):
        return list(_load(path, None, names=True))


def _load(path: str, name: str | None, details: dict[str, Any] | None = None, names: bool = False) -> Any:
    """The array of an .npy file, or the one of this name in an .npz file, or with `names` those that it has."""
    try:
        with open(path, "rb") as file:
            if file.read(4) != b"PK\x03\x04":
                if names:
                    return ["the only array"]
                file.seek(0)
                return _load_array(file, os.path.getsize(path), details)
        data = np.frombuffer(content_of(path), np.uint8)
        members = {member.filename.removesuffix(".npy"): member for member in directory(data)}
        if names:
            return list(members)
        member = members[name or ""]
        check_size(member.file_size, f"its array {name!r}", _LESS)
        return _load_array(io.BytesIO(unpacked(member, data)), member.file_size, details)
    except Exception as error:
        raise _damaged("NumPy file", error, "Write it with numpy.save, without Python objects") from None


def _load_array(file: IO[bytes], size: int, details: dict[str, Any] | None) -> np.ndarray:
    """The array in an .npy file of `size` bytes, whose header is looked at before anything that it asks for is taken."""
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, in_columns, dtype = read_header(file)
    count = math.prod(shape)
    if dtype.hasobject:
        raise ValueError("it holds Python objects")
    if count * dtype.itemsize > size:
        raise ValueError(f"its array of {dtype} {list(shape)} takes {count * dtype.itemsize} bytes, and it has {size}")
    wanted = np.dtype(details["dtype"]) if details else dtype
    # Beside the array, as it is read and as it is converted: two arrays of reals while it is quantized.
    check_size(count * (dtype.itemsize + (0 if wanted == dtype else 16 + wanted.itemsize)), f"its array of {dtype} {list(shape)}", _LESS)
    content = bytearray(count * dtype.itemsize)
    if file.readinto(content) != len(content):  # type: ignore[attr-defined]
        raise ValueError(f"its array of {dtype} {list(shape)} is cut off")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if in_columns else "C")


def _damaged(kind: str, error: Exception, remedy: str) -> FileError:
    """What to raise for a decoder's error: in damaged files they stumble over anything, with exceptions of all types."""
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, OSError):
        return FileError(f"it cannot be read: {error.strerror or error}", "Check the path and that the file is whole")
    return FileError(f"it is no {kind} that can be read: {error or type(error).__name__}", remedy)


def _converted(values: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """An array in the input's dtype: floats quantized if it is, other numbers only if they stay what they are."""
    dtype = np.dtype(details["dtype"])
    if values.dtype == dtype:
        return values
    if values.dtype.kind not in "biuf":
        raise TensorError(f"it holds {values.dtype} and the input is {dtype.name}", "Give numbers")
    if values.dtype.kind == "f" and (dtype.kind == "f" or len(details["quantization_parameters"]["scales"])):
        return stored_values(values, details)
    with np.errstate(invalid="ignore"):
        converted = values.astype(dtype)
    changed = values != converted
    if dtype.kind != "f" and changed.any():
        raise TensorError(
            f"it holds {values.dtype} values such as {values[changed].flat[0]}, which the input's {dtype.name} cannot hold",
            f"Give it as {dtype.name}, or as the float values that it stands for",
        )
    return converted


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

    Pixels are undone as inputs are made: value * std + mean, quantized values by the numbers that they stand for. Without
    `scaling`, floats are -1..1, and 8-bit values are pixels.
    """
    check_output(path)
    extension = os.path.splitext(path)[1].lower()
    name, values = next(iter(outputs.items()))
    written = io.BytesIO()
    with at(path):
        try:
            if extension == ".npy":
                np.save(written, values)
            elif extension == ".npz":
                np.savez(written, **outputs)  # type: ignore[arg-type]
            else:
                _picture_of(name, values, details, scaling).save(written, _picture_format(extension))
        except OSError as error:  # of Pillow, for what a format cannot hold
            raise FileError(f"it cannot be written: {error.strerror or error}", "Name it .png or .npy") from None
        write_whole(path, [written.getbuffer()])


def check_output(path: str) -> None:
    """Raise FileError, before any work is done, if `write_output` could not write this file."""
    extension = os.path.splitext(path)[1].lower()
    with at(path):
        if extension not in (".npy", ".npz", *PICTURES):
            raise FileError(f"files of type {extension or 'none'!r} cannot be written", "Name it .npy, .npz or .png")
        if not os.path.isdir(os.path.dirname(path) or "."):
            raise FileError("it cannot be written: its directory does not exist", "Make the directory first")


def _picture_format(extension: str) -> str:
    from PIL import Image

    return Image.registered_extensions()[extension]


def _picture_of(name: str, values: np.ndarray, details: dict[str, Any], scaling: Scaling | None) -> Any:
    from PIL import Image

    shape = list(values.shape)
    while shape[:1] == [1] and len(shape) > (3 if shape[-1] in CHANNELS else 2):
        del shape[0]
    if len(shape) == 3 and shape[-1] == 1:
        del shape[-1]
    if not (len(shape) == 2 or (len(shape) == 3 and shape[-1] in (3, 4))) or 0 in shape:
        raise TensorError(f"output {name!r} has shape {list(values.shape)}, which is no picture", "Write it as .npy")
    quantized = details["quantization"][0] != 0
    if values.dtype in (np.uint8, np.int8) and (scaling is None or not quantized or _stores_pixels(details, scaling)):
        pixels = (values.astype(np.int16) - np.iinfo(values.dtype).min).astype(np.uint8)
    else:
        scaling = scaling or LABEL_IMAGE
        pixels = np.clip(np.round(real_values(values, details) * scaling.std + scaling.mean), 0, 255).astype(np.uint8)
    return Image.fromarray(pixels.reshape(shape))
