"""Recordings of one second: read from WAV files, or made; and many more of them by augmentation."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tinylite.errors import FileError
from tinylite.inputs.media import read_input

__all__ = ["RATE", "SILENCE", "augmented", "recordings", "synthetic"]

RATE = 16000
SILENCE = "_silence_"
# What a reader of WAV files must know of whoever takes the samples.
_SAMPLES = {"shape": np.array([RATE]), "shape_signature": np.array([RATE]), "dtype": np.float32, "name": "samples",
            "quantization": (0.0, 0), "quantization_parameters": {"scales": np.zeros(0), "zero_points": np.zeros(0)}}  # fmt: skip


def recordings(paths: list[str]) -> dict[str, np.ndarray]:
    """Samples float32 [n, 16000] in -1..1 by word.

    A directory holds a folder of WAV files for each word, as the Speech Commands dataset does; a single file's word is its name
    up to the first underscore. Raises FileError if there is nothing, or nothing to tell apart.
    """
    files: dict[str, list[Path]] = {}
    for path in map(Path, paths):
        found = sorted(path.glob("*/*.wav")) if path.is_dir() else [path]
        for file in found:
            word = file.parent.name if path.is_dir() else file.stem.partition("_")[0]
            if not word.startswith("_"):
                files.setdefault(word, []).append(file)
    if len(files) < 2:
        raise FileError(
            f"{', '.join(paths)} hold {len(files)} words", "Give WAV files of two words or more, or a directory with a folder for each"
        )
    return {word: np.stack([read_wav(file) for file in found]) for word, found in sorted(files.items())}


def read_wav(path: Path) -> np.ndarray:
    """One second of a WAV file, float32 [16000] in -1..1."""
    return np.asarray(read_input(str(path), _SAMPLES, None), np.float32).reshape(-1)


def synthetic() -> dict[str, np.ndarray]:
    """Two made words, for machines without recordings: a tone that rises and one that falls, with overtones as voices have them."""
    time = np.arange(RATE) / RATE
    loud = np.exp(-(((time - 0.5) / 0.18) ** 2))
    words = {}
    for word, start, end in (("down", 420.0, 180.0), ("up", 180.0, 420.0)):
        phase = 2 * np.pi * np.cumsum(start + (end - start) * time) / RATE
        voice = sum(np.sin(harmonic * phase) / harmonic for harmonic in range(1, 9))
        words[word] = (0.2 * loud * voice)[None].astype(np.float32)
    return words


def augmented(words: dict[str, np.ndarray], count: int, seed: int) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Samples [n, 16000], labels [n] and the words: `count` of each word and of silence, none like another.

    Recordings are played faster and slower, moved, made louder and softer, and laid over noise; silence is noise alone.
    """
    rng = np.random.default_rng(seed)
    names = [SILENCE, *words]
    samples, labels = [], []
    for label, name in enumerate(names):
        for _ in range(count):
            voice = np.zeros(RATE) if name == SILENCE else _played(words[name][rng.integers(len(words[name]))], rng)
            noise = _noise(rng) * 10 ** rng.uniform(-3, -1.5)
            samples.append(np.clip(voice + noise, -1, 1))
            labels.append(label)
    order = rng.permutation(len(labels))
    return np.array(samples, np.float32)[order], np.array(labels)[order], names


def _played(voice: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A recording at another speed, and so pitch, at another time and volume."""
    speed, shift = rng.uniform(0.8, 1.25), rng.integers(-RATE // 10, RATE // 10)
    places = RATE / 2 + (np.arange(RATE) - RATE / 2 + shift) * speed
    return np.interp(places, np.arange(RATE), voice, left=0, right=0) * 10 ** rng.uniform(-0.5, 0.3)


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Noise between white and brown."""
    spectrum = np.fft.rfft(rng.normal(0, 1, RATE)) / np.maximum(np.arange(RATE // 2 + 1), 1) ** rng.uniform(0, 1)
    noise = np.fft.irfft(spectrum, RATE)
    return np.asarray(noise / noise.std())
