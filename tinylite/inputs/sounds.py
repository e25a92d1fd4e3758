"""Sound as a model's input: read, mixed, brought to the model's rate and length.

Plain PCM in a .wav file is read by Python itself; other kinds by soundfile, and another rate is changed by soxr: both come with
`pip install 'tinylite[audio]'` and are imported when they are needed.
"""

from __future__ import annotations

import io
import logging
import math
import os
import wave
from collections.abc import Callable
from types import ModuleType
from typing import IO, Any

import numpy as np

from ..errors import FileError, MissingPackageError, TensorError
from ..files.io import check_readable, stream_of
from ..limits import check_size
from ..model.metadata import EndFacts
from .normalization import Normalization, stored_values

__all__ = ["SOUNDS", "damaged", "read_sound"]

SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aiff", ".aif")
_LESS = "Give a smaller file, or free memory"
_EXTRA = "pip install 'tinylite[audio]'"
# A recording is longer than this, in seconds; what takes less of it is more often features than samples.
_SHORTEST = 0.25


def read_sound(
    path: str, details: dict[str, Any], normalization: Normalization | None = None, facts: EndFacts | None = None, rate: int | None = None,
    content: bytes | None = None, say: Callable[[str], None] | None = None,
) -> np.ndarray:  # fmt: skip
    """A sound as the value of an input: samples of -1..1, in the channels that the metadata's `facts` say, or one, the mean of all.

    Samples are brought to the `rate` in Hz that is given, or that the facts say; where neither does, they stay. They are cut, or padded
    with silence, to the input's length; a dimension that may vary takes all. By `normalization`, or the facts, they become
    (sample - mean) / std, and are quantized if the input is; 16-bit integers without a scale get samples of -32768..32767.

    Raises FileError, MissingPackageError, OutOfMemoryError, and TensorError for an input that is not a row of samples, or that hardly
    can be one unless a rate is given.
    """
    shape = [int(size) for size in details["shape_signature"]]
    channels = (facts.channels if facts is not None else None) or 1
    wide = channels > 1 and shape[-1:] == [channels]
    row = shape[:-1] if wide else shape
    if sum(size != 1 for axis, size in enumerate(row) if size != -1 or axis > 0 or len(row) == 1) > 1 or not shape:
        raise TensorError(f"the input has shape {shape}, which is not a row of samples", "Compute what the model wants and give it as .npy")
    samples, found = _samples(path, content)
    wanted_rate = rate or (facts.rate if facts is not None else None)
    if wanted_rate is None:
        _question(details, row, len(samples), found)
    told = [f"{len(samples)} samples at {found} Hz, {'one channel' if samples.shape[1] == 1 else f'{samples.shape[1]} channels'}"]
    if samples.shape[1] != (channels if wide else 1):
        samples = samples.mean(axis=1, keepdims=True)
        told.append("mixed to one channel")
        samples = np.repeat(samples, channels, axis=1) if wide else samples
    if wanted_rate is None:
        told.append("their rate is left, since the file does not say which the model takes; --rate does")
    elif wanted_rate != found:
        samples = _resampled(samples, found, wanted_rate)
        told.append(f"resampled to {wanted_rate} Hz{'' if rate else ', as the metadata says'}: {len(samples)} samples")
    # The last dimension that may vary takes the samples, unless it is the batch of a row.
    varying = [axis for axis, size in enumerate(row) if size == -1 and (axis > 0 or len(row) == 1)]
    row = [len(samples) if axis in varying[-1:] else max(size, 1) for axis, size in enumerate(row)]
    wanted = math.prod(row)
    if wanted != len(samples):
        seconds, at_rate = len(samples) / (wanted_rate or found), wanted_rate or found
        change = "the rest is cut off" if wanted < len(samples) else "silence follows"
        length = f"{len(samples)} samples ({seconds:.3g} s at {at_rate} Hz); the input takes {wanted}: {change}"
        told.append(f"the input takes {wanted}: {change}")
        if say is None:
            logging.getLogger("tinylite").warning("Note: %s has %s", path, length)
    check_size(wanted * samples.shape[1] * 40, f"the input, {wanted} samples long,", "Give the input another shape")
    fitted = np.zeros((wanted, samples.shape[1]))
    fitted[: min(wanted, len(samples))] = samples[:wanted]
    chosen, became = _normalization(details, normalization, facts)
    if say is not None:
        say(f"{'; '.join(told)}; samples {became}")
    values = stored_values(chosen.real(fitted), details)
    return values.reshape([*row, channels] if wide else row)


def _normalization(details: dict[str, Any], given: Normalization | None, facts: EndFacts | None) -> tuple[Normalization, str]:
    """What samples of -1..1 become, and how that is said."""
    plain = np.dtype(details["dtype"]) == np.int16 and not len(details["quantization_parameters"]["scales"])
    if given is None and facts is not None and facts.mean is not None and facts.std is not None and len(facts.mean) == len(facts.std) == 1:
        given = Normalization(facts.mean[0], facts.std[0])
    if given is None or (given.mean == 0 and given.std == 1):
        return (Normalization(0.0, 1 / 32768), "became -32768..32767") if plain else (Normalization(0.0, 1.0), "became -1..1")
    return given, given.text("sample of -1..1")


def _question(details: dict[str, Any], row: list[int], count: int, rate: int) -> None:
    """Raise TensorError for an input that hardly takes samples: one that cannot hold negative numbers, or a short one for a long sound."""
    length = math.prod(abs(size) for size in row)
    _, zero = details["quantization"]
    dtype = np.dtype(details["dtype"])
    positive = len(details["quantization_parameters"]["scales"]) and dtype.kind in "iu" and zero <= np.iinfo(dtype).min
    short = -1 not in row[1:] and row != [-1] and length < _SHORTEST * rate and count >= 4 * length and count > _SHORTEST * rate / 2
    if positive or short:
        why = "it stores no negative numbers" if positive else f"{length} samples are {1000 * length / rate:.3g} ms of it"
        raise TensorError(
            f"the input, {dtype.name} {[int(size) for size in details['shape']]}, is hardly a row of samples: {why}",
            f"Compute the features that the model wants and give them as .npy; if it takes samples, say their rate: --rate {rate}",
        )


def _samples(path: str, content: bytes | None) -> tuple[np.ndarray, int]:
    """The samples of a file, float64 [count, channels] of -1..1, and their rate in Hz."""
    file: str | IO[bytes] = path if content is None else io.BytesIO(content)
    try:
        if content is None and not path.lower().endswith(".wav"):
            check_readable(path)  # which says what is the matter with the path
            return _by_soundfile(file)
        with stream_of(path, content) as stream, wave.open(stream) as sound:
            return _pcm(sound, os.path.getsize(path) if content is None else len(content))
    except wave.Error as error:
        if not str(error).startswith(("unknown format", "unsupported")) and content is None:
            raise damaged("WAV file", error, "Convert it to 16-bit PCM") from None
    except (FileError, MissingPackageError, MemoryError):
        raise
    except Exception as error:
        raise damaged("WAV file" if path.lower().endswith(".wav") else "sound", error, "Convert it to 16-bit PCM") from None
    # Floats, A-law and others, which Python's own reader does not know.
    try:
        return _by_soundfile(path if content is None else io.BytesIO(content))
    except (MissingPackageError, MemoryError):
        raise
    except Exception as error:
        raise damaged("sound", error, "Convert it to 16-bit PCM") from None


def _pcm(file: wave.Wave_read, size: int) -> tuple[np.ndarray, int]:
    width, channels, rate = file.getsampwidth(), file.getnchannels(), file.getframerate()
    check_size(size * 24, "the sound, as real numbers,", _LESS)
    # What the header says of the length may be anything, and Python takes as much memory before it reads.
    content = np.frombuffer(file.readframes(min(file.getnframes(), size // max(width * channels, 1))), np.uint8)
    if not 1 <= width <= 4:
        raise ValueError(f"{8 * width} bits a sample")
    if rate < 1:
        raise ValueError(f"{rate} samples a second")
    content = content[: len(content) // (width * channels) * width * channels]
    if width == 1:
        samples = (content.astype(np.float64) - 128) / 128
    elif width == 3:
        wide = np.zeros((content.size // 3, 4), np.uint8)
        wide[:, 1:] = content.reshape(-1, 3)
        samples = wide.reshape(-1).view("<i4") / 2.0**31
    else:
        samples = content.view(f"<i{width}") / 2.0 ** (8 * width - 1)
    return samples.reshape(-1, channels), rate


def _by_soundfile(file: str | IO[bytes]) -> tuple[np.ndarray, int]:
    soundfile = _package("soundfile", "read this kind of sound", "or convert it to a .wav file of 16-bit PCM")
    with soundfile.SoundFile(file) as opened:
        if opened.samplerate < 1:
            raise ValueError(f"{opened.samplerate} samples a second")
        check_size(opened.frames * opened.channels * 24, "the sound, as real numbers,", _LESS)
        samples = opened.read(dtype="float64", always_2d=True)
        return np.nan_to_num(samples, nan=0.0, posinf=1.0, neginf=-1.0), int(opened.samplerate)


def _resampled(samples: np.ndarray, rate: int, wanted: int) -> np.ndarray:
    soxr = _package("soxr", f"change the rate from {rate} Hz to {wanted} Hz", f"or give a sound of {wanted} Hz")
    check_size(int(samples.size * (1 + wanted / rate)) * 24, f"the sound at {wanted} Hz", _LESS)
    return np.asarray(soxr.resample(samples, rate, wanted), np.float64).reshape(-1, samples.shape[1])


def _package(name: str, purpose: str, otherwise: str) -> ModuleType:
    import importlib

    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:  # OSError: of soundfile, which looks for a library of C
        reason = "is not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be loaded: {error}"
        raise MissingPackageError(f"to {purpose} takes the package {name}, which {reason}", f"{_EXTRA}, {otherwise}") from None


def damaged(kind: str, error: Exception, remedy: str) -> FileError:
    """What to raise for a decoder's error: in damaged files they stumble over anything, with exceptions of all types."""
    if isinstance(error, MemoryError):
        raise error
    if isinstance(error, OSError):
        return FileError(f"it cannot be read: {error.strerror or error}", "Check the path and that the file is whole")
    return FileError(f"not a readable {kind}: {error or type(error).__name__}", remedy)
