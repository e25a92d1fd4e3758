"""Tell what a file is from its first bytes, for people who gave tinylite something else than a .tflite file."""

from __future__ import annotations

import os

__all__ = ["describe"]

_CONVERT = "Convert it to .tflite first (TensorFlow's TFLiteConverter does)"
_FETCH = "Download the model again and look at what the server sends"

# (offset, bytes there, what such a file is, what to do)
_SIGNATURES: list[tuple[int, bytes, str, str]] = [
    (4, b"TFL3", "a .tflite file", ""),
    (4, b"TFL", "a TensorFlow Lite file of another format version than 3", "Convert the original model again, with a converter of today"),
    (8, b"TFL3", "a .tflite file with a size in front (a size-prefixed flatbuffer)", "Drop the first four bytes"),
    (0, b"PK\x03\x04", "a zip archive", "If it is a .keras model, convert it to .tflite; if a .tflite file is inside, unpack it"),
    (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file, as Keras .h5 models are", _CONVERT),
    (0, b"\x1f\x8b", "gzip-compressed", "Unpack it: a .tflite file may be inside"),
    (0, b"version https://git-lfs", "a Git LFS pointer, not the file it stands for", "Run git lfs pull in its repository"),
    (0, b"<!DOCTYPE", "a web page", _FETCH),
    (0, b"<html", "a web page", _FETCH),
    (0, b"\x89PNG", "a PNG picture", "Give the model first, then the picture"),
    (0, b"\xff\xd8\xff", "a JPEG picture", "Give the model first, then the picture"),
    (0, b"RIFF", "a WAV or other RIFF file", "Give the model first, then the sound"),
    (0, b"\x93NUMPY", "a NumPy array", "Give the model first, then the array"),
    (0, b"\x7fELF", "a program or library for Linux", "Give the model file itself"),
    (0, b"\x08\x01\x12", "a TensorFlow SavedModel (saved_model.pb)", _CONVERT),
    (0, b"\x0a", "a protocol buffer, as frozen TensorFlow graphs (.pb) are", _CONVERT),
    (0, b"\x08", "a protocol buffer, as ONNX models are", _CONVERT),
    (0, b"node {", "a TensorFlow graph in text form (.pbtxt)", _CONVERT),
    (0, b"{", "JSON text", "flatc turns a JSON dump of a model back into a .tflite file"),
]


def describe(head: bytes) -> tuple[str, str]:
    """What a file that starts with `head` is ("a zip archive") and what its owner can do about it; `head` >= 32 bytes if there are."""
    if not head:
        return "empty", "The download or the program that should have written it failed"
    for offset, magic, kind, remedy in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return kind, remedy
    if not any(head):
        return "filled with zero bytes", "Copy or download it again"
    return f"unknown data that starts with {head[:8]!r}", "Give the path of a .tflite file; bytes 4 to 7 of one are TFL3"


def describe_directory(path: str | os.PathLike[str]) -> tuple[str, str]:
    """The same for a directory."""
    if os.path.exists(os.path.join(path, "saved_model.pb")):
        return "a SavedModel directory", _CONVERT
    return "a directory", "Give the path of a .tflite file inside it"
