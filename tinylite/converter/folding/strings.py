"""Text in constants."""

from __future__ import annotations

import itertools

import numpy as np

from ...model import Tensor

__all__ = ["string_buffer", "texts"]


def string_buffer(values: np.ndarray) -> np.ndarray:
    """Text as a .tflite file holds it: the number of strings, where each begins and the last ends, and their bytes."""
    texts = [text if isinstance(text, bytes) else str(text).encode() for text in values.reshape(-1)]
    ends = np.cumsum([4 * (len(texts) + 2), *map(len, texts)], dtype=np.int32)
    head = np.array([len(texts), *ends], np.int32).view(np.uint8)
    return np.concatenate([head, np.frombuffer(b"".join(texts), np.uint8)])


def texts(tensor: Tensor) -> np.ndarray:
    """The text of a constant, which its buffer holds as `string_buffer` writes it, as an array of bytes."""
    data = b"" if tensor.buffer is None else tensor.buffer.tobytes()
    count = int.from_bytes(data[:4], "little")
    ends = np.frombuffer(data, np.int32, count + 1, 4)
    made = np.empty(count, object)
    made[:] = [data[start:end] for start, end in itertools.pairwise(ends)]
    return made.reshape(tensor.shape)
