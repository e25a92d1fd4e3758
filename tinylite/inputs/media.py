"""Files to tensors and back: pictures, sound and NumPy arrays, as a model's inputs and outputs want them."""

from __future__ import annotations

import io
import math
import os
import warnings
import zipfile
from collections.abc import Callable
from typing import IO, Any

import numpy as np

from ..errors import FileError, TensorError, at
from ..files.archives import directory, unpacked
from ..files.io import check_readable, content_of, stream_of, write_whole
from ..files.numpy_arrays import read_header
from ..limits import check_size, memory_shortage
from ..model.metadata import EndFacts
from ..text import printable
from .normalization import Normalization, pixel_normalization, stored_values, stores_pixels
from .sounds import SOUNDS, damaged, read_sound
from .stored_values import dequantize_values, reordering

__all__ = [
    "Normalization", "array_names", "check_output", "given_values", "load_npy", "read_input", "real_values", "stored_values",
    "write_output",
]  # fmt: skip

PICTURES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".tif", ".tiff")
ARRAYS = (".npy", ".npz")
CHANNELS = (1, 3, 4)


# Bytes that Pillow takes for a pixel: decoded, turned upright, and in the channels that are wanted.
_PILLOW_PIXEL = 16
_LESS = "Give a smaller file, or free memory"


def read_input(
    path: str, details: dict[str, Any], normalization: Normalization | None = None, resize: str = "stretch", raw: bool = False, *,
    facts: EndFacts | None = None, rate: int | None = None, size: tuple[int, int] | None = None, content: bytes | None = None,
    say: Callable[[str], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """A file as the value of an input, in its shape and dtype.

    `details` is an entry of Interpreter.get_input_details(). Pictures are turned as their camera says and resized to the
    input's height and width (`resize`: stretch, crop or pad to keep the proportions, none to insist on the right size);
    dimensions that may vary take the picture's own; an input that is a row of numbers needs a `size`, (width, height). Pixels become
    the real numbers that normalization.pixel_normalization() says, by `normalization` or by the `facts` of the model's metadata, and are
    quantized if the
    input is; with `raw`, the bytes of pixels are the bytes of an 8-bit input (tflite-micro keeps test pictures so). Sound becomes
    samples of -1..1 as sounds.read_sound() says, at the `rate` in Hz that is given or that the facts say. Arrays are taken as they are,
    floats quantized if the input is.

    What is done to pixels and samples goes to `say`, in a sentence; without it, only a sound's change of length is logged, as a
    warning. `content` is that of the file if it has been read already, from a pipe.

    Raises FileError, TensorError, MissingPackageError or OutOfMemoryError with file, input and remedy; what a file unfolds to is
    checked against the memory limit before it is unfolded.
    """
    extension = os.path.splitext(path)[1].lower() if content is None else _extension_of(content)
    with at(f"{'stdin' if content is not None else path}, for input {details['name']!r}"), memory_shortage("reading it", _LESS):
        if extension not in (*PICTURES, *SOUNDS, *ARRAYS):
            raise FileError(
                f"files of type {extension or 'none'!r} are not known", f"Known are {', '.join((*PICTURES, *SOUNDS))}, .npy and .npz"
            )
        if extension in PICTURES:
            # From memory: of a file Python's reader takes as much as a damaged chunk says that it is long.
            return _picture(io.BytesIO(_whole(path) if content is None else content), details, normalization, resize, raw, facts, size, say)
        if content is None:
            check_readable(path)
        if extension in SOUNDS:
            return read_sound(path, details, normalization, facts, rate, content, say)
        return _array(path, extension, details, content)


def _whole(path: str) -> memoryview:
    """The content of a picture's file."""
    content = content_of(path)
    check_size(2 * len(content), "its content", _LESS)
    return content


def given_values(values: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """Numbers that somebody wrote as an input's value: real numbers, quantized if the input is; one number fills the input."""
    with at(f"input {details['name']!r}"):
        if len(details["quantization_parameters"]["scales"]) and values.dtype.kind in "iub":
            values = values.astype(np.float64)
        if not values.ndim:
            shape = details["shape"].tolist()
            check_size(math.prod(shape) * 40, f"the input of shape {shape}", "Give the input another shape")
            values = np.full(shape, values)
        return _fit(_converted(values, details), _shape(details))


# What a pipe brings is recognized by its first bytes; anything else is left to Pillow.
_STARTS = ((b"\x93NUMPY", ".npy"), (b"PK\x03\x04", ".npz"), (b"fLaC", ".flac"), (b"OggS", ".ogg"), (b"FORM", ".aiff"))


def _extension_of(content: bytes) -> str:
    if content.startswith(b"RIFF") and content[8:12] == b"WAVE":
        return ".wav"
    return next((extension for start, extension in _STARTS if content.startswith(start)), ".png")


def real_values(stored: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """The opposite, for outputs: (stored - zero point) * scale as float32; what is not quantized stays."""
    quantized = stored.dtype.kind in "iu" and len(details["quantization_parameters"]["scales"])
    return dequantize_values(stored, details) if quantized else stored


def _shape(details: dict[str, Any]) -> list[int]:
    """The input's shape, -1 where it may vary."""
    return [int(size) for size in details["shape_signature"]]


def _picture(
    file: IO[bytes], details: dict[str, Any], normalization: Normalization | None, resize: str, raw: bool, facts: EndFacts | None,
    size: tuple[int, int] | None, say: Callable[[str], None] | None,
) -> np.ndarray:  # fmt: skip
    from PIL import Image, UnidentifiedImageError

    shape = _shape(details) if size is None else _as_picture(_shape(details), size)
    # Channels are last; first in models that were PyTorch's; or there is one and it has no dimension.
    last = len(shape) >= 3 and shape[-1] in CHANNELS
    first = not last and len(shape) >= 3 and shape[-3] in CHANNELS
    *batch, height, width = shape[:-1] if last else shape if len(shape) >= 2 else (0, 0, 0)
    channels = shape[-1] if last else batch.pop() if first else 1
    row = len(shape) == 2 and shape[0] in (-1, 1) and shape[1] > 0  # whose first dimension is the batch
    flat = size is None and (row or (1 in (height, width) and height * width != 1))
    if len(shape) < 2 or any(length > 1 for length in batch) or flat:
        raise TensorError(f"the input has shape {_shape(details)}, which is not a picture", _flat_remedy(_shape(details)))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of sizes, which are checked here, and of oddities in the file that do not matter
            with Image.open(file) as opened:
                check_size(opened.width * opened.height * _PILLOW_PIXEL, f"the picture, {opened.width}x{opened.height},", _LESS)
                image = _upright(opened).convert({1: "L", 3: "RGB", 4: "RGBA"}[channels])
    except Image.DecompressionBombError as error:
        raise FileError(f"it has more pixels than pictures have: {error}", "Make it smaller") from None
    except UnidentifiedImageError:
        raise FileError("not a readable picture", "Convert it to PNG") from None
    except Exception as error:
        raise damaged("picture", error, "Convert it to PNG") from None
    height = image.height if height <= 0 else height
    width = image.width if width <= 0 else width
    # Resized by Pillow, then as an array of bytes, and as reals while they are scaled.
    a_channel = 6 if raw else 24
    check_size(height * width * (8 + channels * a_channel), f"the picture, as {width}x{height},", "Give the input another shape")
    pixels = np.asarray(_resized(image, width, height, resize)).reshape(height, width, channels)
    chosen, why = pixel_normalization(details, facts, normalization, channels)
    values = _raw(pixels, details) if raw else _scaled(pixels, details, chosen)
    if say is not None:
        done = {"stretch": "stretched", "crop": "cropped", "pad": "padded"}.get(resize)
        resized = f"{done} from {image.width}x{image.height} to {width}x{height}; " if image.size != (width, height) else ""
        say(resized + ("the bytes of pixels became those of the input" if raw else f"pixels {chosen.text('pixel')}{why}"))
    if first:
        values = values.transpose(2, 0, 1)
    if size is not None:
        return values.reshape([abs(length) for length in _shape(details)])
    ones = [1] * len(batch)
    return values.reshape(*ones, *values.shape) if last or first else values.reshape(*ones, height, width)


def _as_picture(shape: list[int], size: tuple[int, int]) -> list[int]:
    """The shape [1, height, width, channels] that a row of as many numbers has as a picture of this size."""
    width, height = size
    count = math.prod(abs(length) for length in shape)
    channels = count // (width * height)
    if channels not in CHANNELS or channels * width * height != count:
        raise TensorError(
            f"the input takes {count} numbers, and a picture of {width}x{height} has {width * height}, or {3 * width * height} in colour",
            "Give the size that the model was made for",
        )
    return [1, height, width, channels]


def _flat_remedy(shape: list[int]) -> str:
    count = math.prod(abs(length) for length in shape)
    sides = [math.isqrt(count // channels) for channels in (1, 3) if count % channels == 0]
    likely = next((f"{side}x{side}" for side in sides if side > 1 and count in (side * side, 3 * side * side)), "WIDTHxHEIGHT")
    return f"Give it as .npy, or with --size {likely} if the numbers are the pixels of a picture, row by row"


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


def _scaled(pixels: np.ndarray, details: dict[str, Any], normalization: Normalization) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype in (np.uint8, np.int8) and stores_pixels(details, normalization):
        return (pixels.astype(np.int16) + np.iinfo(dtype).min).astype(dtype)
    return stored_values(normalization.real(pixels), details)


def _raw(pixels: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    dtype = np.dtype(details["dtype"])
    if dtype.itemsize != 1:
        raise TensorError(f"raw pixels are bytes, and the input is {dtype.name}", "Give a mean and std instead")
    return pixels.view(dtype)


def _array(path: str, extension: str, details: dict[str, Any], content: bytes | None) -> np.ndarray:
    name = None
    if extension == ".npz":
        names = _load(path, None, names=True, content=content)
        name = details["name"] if details["name"] in names else names[0] if len(names) == 1 else None
        if name is None:
            raise TensorError(
                f"it holds the arrays {', '.join(map(repr, names)) or 'none'} and none for this input", f"Name one {details['name']!r}"
            )
    values = _load(path, name, details, content=content)
    return _fit(_converted(values, details), _shape(details))


def array_names(path: str, content: bytes | None = None) -> list[str]:
    """The names of the arrays in an .npz file, of this `content` if it has been read already. Raises FileError."""
    with at("stdin" if content is not None else path), memory_shortage("reading it", _LESS):
        if content is None:
            check_readable(path)
        return list(_load(path, None, names=True, content=content))


def _load(path: str, name: str | None, details: dict[str, Any] | None = None, names: bool = False, content: bytes | None = None) -> Any:
    """The array of an .npy file, or the one of this name in an .npz file, or with `names` those that it has."""
    try:
        with stream_of(path, content) as file:
            if file.read(4) != b"PK\x03\x04":
                if names:
                    return ["the only array"]
                file.seek(0)
                return load_npy(file, os.path.getsize(path) if content is None else len(content), details)
        data = np.frombuffer(content_of(path) if content is None else content, np.uint8)
        members = {member.filename.removesuffix(".npy"): member for member in directory(data)}
        if names:
            return list(members)
        member = members[name or ""]
        check_size(member.file_size, f"its array {name!r}", _LESS)
        return load_npy(io.BytesIO(unpacked(member, data)), member.file_size, details)
    except FileError:
        raise
    except Exception as error:
        raise damaged("NumPy file", error, "Write it with numpy.save, without Python objects") from None


def load_npy(file: IO[bytes], size: int, details: dict[str, Any] | None) -> np.ndarray:
    """The array in an .npy file of `size` bytes, whose header is looked at before anything that it asks for is taken."""
    shape, in_columns, dtype = read_header(file, size)
    count = math.prod(shape)
    wanted = np.dtype(details["dtype"]) if details else dtype
    # Beside the array, as it is read and as it is converted: two arrays of reals while it is quantized.
    check_size(count * (dtype.itemsize + (0 if wanted == dtype else 16 + wanted.itemsize)), f"its array of {dtype} {list(shape)}", _LESS)
    content = bytearray(count * dtype.itemsize)
    if file.readinto(content) != len(content):  # type: ignore[attr-defined]
        raise ValueError(f"its array of {dtype} {list(shape)} is cut off")
    return np.frombuffer(content, dtype).reshape(shape, order="F" if in_columns else "C")


def _converted(values: np.ndarray, details: dict[str, Any]) -> np.ndarray:
    """An array in the input's dtype: floats quantized if it is, other numbers only if they stay what they are."""
    dtype = np.dtype(details["dtype"])
    if values.dtype == dtype:
        return values
    if values.dtype.kind not in "biuf":
        raise TensorError(f"it holds {values.dtype} and the input is {dtype.name}", "Give numbers")
    if values.dtype.kind == "f" and (dtype.kind == "f" or len(details["quantization_parameters"]["scales"])):
        return stored_values(values, details)
    with np.errstate(invalid="ignore", over="ignore"):
        converted = values.astype(dtype)
    changed = values != converted
    if dtype.kind != "f" and changed.any():
        raise TensorError(
            f"it holds {values.dtype} values such as {values[changed].flat[0]}, which the input's {dtype.name} cannot hold",
            f"Give it as {dtype.name}, or as the float values that it stands for",
        )
    return converted


def _fit(values: np.ndarray, shape: list[int]) -> np.ndarray:
    """Add the batch dimension, or dimensions of one, that the values lack. Raises TensorError for dimensions in another order."""
    if values.size == math.prod(shape) and (axes := reordering(values.shape, tuple(shape))) is not None:
        raise TensorError(
            f"it has the shape {list(values.shape)}, and the input takes its dimensions in another order, {shape}",
            f"Transpose it: x.transpose({', '.join(map(str, axes))})",
        )
    if values.ndim < len(shape):
        missing = len(shape) - values.ndim
        if list(values.shape) == shape[:-1] and shape[-1] == 1:
            return values[..., np.newaxis]
        values = values.reshape((1,) * missing + values.shape)
    if values.shape != tuple(shape) and values.size == np.prod([abs(size) for size in shape]) and min(shape, default=1) > 0:
        return values.reshape(shape)
    return values


def write_output(path: str, outputs: dict[str, np.ndarray], details: dict[str, Any], normalization: Normalization | None = None) -> None:
    """Write outputs to a file: .npy the first, .npz all by name, a picture the first, which must be [.., height, width, 1, 3 or 4].

    Pixels are undone as inputs are made: value * std + mean, quantized values by the numbers that they represent; without a
    `normalization`, by that which normalization.pixel_normalization() says for such an input.
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
                _save_all(written, outputs)
            else:
                _picture_of(name, values, details, normalization).save(written, _picture_format(extension))
        except OSError as error:  # of Pillow, for what a format cannot hold
            raise FileError(f"it cannot be written: {error.strerror or error}", "Name it .png or .npy") from None
        write_whole(path, [written.getbuffer()])


def _save_all(file: IO[bytes], arrays: dict[str, np.ndarray]) -> None:
    """Write an .npz file. numpy.savez takes names as keywords, and has two keywords itself."""
    with zipfile.ZipFile(file, "w") as archive:
        for name, values in arrays.items():
            with archive.open(f"{printable(name)}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, values, allow_pickle=False)


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


def _picture_of(name: str, values: np.ndarray, details: dict[str, Any], normalization: Normalization | None) -> Any:
    from PIL import Image

    shape = list(values.shape)
    while shape[:1] == [1] and len(shape) > (3 if shape[-1] in CHANNELS else 2):
        del shape[0]
    if len(shape) == 3 and shape[-1] == 1:
        del shape[-1]
    if not (len(shape) == 2 or (len(shape) == 3 and shape[-1] in (3, 4))) or 0 in shape:
        raise TensorError(f"output {name!r} has shape {list(values.shape)}, which is not a picture", "Write it as .npy")
    if values.dtype.kind not in "biuf":
        raise TensorError(f"output {name!r} holds {values.dtype}, which is not a picture", "Write it as .npy")
    normalization = normalization or pixel_normalization(details, None, None, 1)[0]
    if values.dtype in (np.uint8, np.int8) and stores_pixels(details, normalization):
        pixels = (values.astype(np.int16) - np.iinfo(values.dtype).min).astype(np.uint8)
    else:
        given = real_values(values, details) * np.asarray(normalization.std) + np.asarray(normalization.mean)
        pixels = np.nan_to_num(np.clip(np.round(given), 0, 255)).astype(np.uint8)
    return Image.fromarray(pixels.reshape(shape))
