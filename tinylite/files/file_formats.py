"""Identify a file's format from its first bytes and its name."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from .c_arrays import holds_model
from .io import content_of, ends_of

__all__ = ["HEAD", "META_GRAPH", "FileFormat", "detect_format", "identify", "indices", "is_text", "saved_model_file"]

HEAD = 4096  # bytes from which a format is recognized


class FileFormat(NamedTuple):
    """What a file is. `id` is "tflite", "graph", "meta graph", "saved model", "checkpoint", "keras", "other" or "unknown".

    `text` goes on after "it is", `remedy` says what its owner can do.
    """

    id: str
    text: str
    remedy: str


_CONVERT = "Convert it with tinylite convert"
_FETCH = "Download the model again and look at what the server sends"
_UNPACK = "Unpack it: a .tflite file may be inside"
_OTHER_TOOLS = "Ask its publisher for a .tflite file, or convert the original model"
_FROM_PYTORCH = "Export the model to .tflite with litert-torch in the program that defines it"
_PICKLE = "a Python pickle, as PyTorch's older checkpoints are"
_BUILD = "Build the model in Python, load_weights into it, and save it whole with model.save"

_GRAPH = FileFormat("graph", "a TensorFlow GraphDef", _CONVERT)
META_GRAPH = FileFormat("meta graph", "a TensorFlow MetaGraphDef (.meta)", "Freeze it with tinylite freeze --input_meta_graph")
_SAVED_MODEL = FileFormat("saved model", "a TensorFlow SavedModel", "Convert its directory with tinylite convert --saved_model_dir")
_KERAS = FileFormat("keras", "a Keras model", "Convert it with tinylite convert --keras_model_file")
_CHECKPOINT = FileFormat("checkpoint", "a TensorFlow checkpoint", "Freeze its graph with it: tinylite freeze --input_checkpoint")
_STATE = "a text file that names a directory's checkpoints"

# (offset, bytes there, what such a file is)
_SIGNATURES: list[tuple[int, bytes, FileFormat]] = [
    (4, b"TFL3", FileFormat("tflite", "a .tflite file", "")),
    (0, b"\x08\x01\x12", _SAVED_MODEL),
    *((offset, magic, FileFormat("other", text, remedy)) for offset, magic, text, remedy in [
        (4, b"TFL", "a TensorFlow Lite file of another format version than 3",
         "Convert the original model again, with a converter of today"),
        (8, b"TFL3", "a .tflite file with a size in front (a size-prefixed flatbuffer)", "Drop the first four bytes"),
        (0, b"PK\x03\x04", "a zip archive", "If a .tflite file or a SavedModel is inside, unpack it"),
        (0, b"\x89HDF\r\n\x1a\n", "an HDF5 file without a Keras model", "Give a file that model.save wrote"),
        (0, b"\x1f\x8b", "a gzip-compressed file", _UNPACK),
        (0, b"\xfd7zXZ\0", "an xz-compressed file", _UNPACK),
        (0, b"\x28\xb5\x2f\xfd", "a zstd-compressed file", _UNPACK),
        (0, b"BZh", "a bzip2-compressed file", _UNPACK),
        (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", _UNPACK),
        (257, b"ustar", "a tar archive", _UNPACK),
        (0, b"GGUF", "a GGUF model, as llama.cpp reads them", _OTHER_TOOLS),
        (0, b"LITERTLM", "a LiteRT-LM bundle", "Extract its .tflite sections with LiteRT-LM's tools"),
        (0, b"PAR1", "a Parquet table", "Give the path of the model"),
        (0, b"\x80\x02", _PICKLE, _FROM_PYTORCH),
        (0, b"\x80\x04", _PICKLE, _FROM_PYTORCH),
        (0, b"version https://git-lfs", "a Git LFS pointer, not the file it stands for", "Run git lfs pull in its repository"),
        (0, b"<!DOCTYPE", "a web page", _FETCH),
        (0, b"<html", "a web page", _FETCH),
        (0, b"\x89PNG", "a PNG picture", "Give the model first, then the picture"),
        (0, b"\xff\xd8\xff", "a JPEG picture", "Give the model first, then the picture"),
        (0, b"RIFF", "a WAV or other RIFF file", "Give the model first, then the sound"),
        (0, b"\x93NUMPY", "a NumPy array", "Give the model first, then the array"),
        (0, b"\x7fELF", "a program or library for Linux", "Give the model file itself"),
        (0, b"{", "JSON text", "flatc turns a JSON dump of a model back into a .tflite file"),
    ]),
]  # fmt: skip

# What messages in text form begin with, after comments.
_TEXTS = [
    (rb"(node|library|versions?|debug_info)\b", _GRAPH),
    (rb"(meta_info_def|graph_def|saver_def|collection_def|signature_def)\b", META_GRAPH),
    (rb"(saved_model_schema_version|meta_graphs)\b", _SAVED_MODEL),
    (rb"(all_)?model_checkpoint_path", _CHECKPOINT._replace(text=_STATE)),
]
_TEXT = frozenset(range(32, 256)) - {127} | frozenset(b"\t\n\r")

_ENTRY = rb"PK\x03\x04.{26}"  # the header of a zip archive's entry, before its name

_TABLE_MAGIC = bytes.fromhex("57fb808b247547db")  # ends the sorted tables that checkpoints are kept in
_SHARD = re.compile(r"(.+)\.data-\d{5}-of-\d{5}$")


def is_text(head: bytes) -> bool:
    """Whether a protocol buffer that starts so is in text form: the tags of a binary one are control characters."""
    return bool(head) and set(head) <= _TEXT


def identify(head: bytes) -> FileFormat:
    """What a file is that starts with `head`, of HEAD bytes if there are so many."""
    if not head:
        return FileFormat("other", "an empty file", "The download or the program that should have written it failed")
    for offset, magic, kind in _SIGNATURES:
        if head[offset : offset + len(magic)] == magic:
            return _by_content(head, kind)
    if is_text(head):
        for pattern, kind in _TEXTS:
            if re.match(rb"(\xef\xbb\xbf)?(\s|#.*\n)*" + pattern, head):
                return kind
        if holds_model(head):
            return FileFormat("tflite", "a .tflite file as a C array", "")
    elif head[0] == 0x0A:  # field 1 is a message, in a GraphDef a node
        return _GRAPH if _starts_with_node(head) else META_GRAPH
    elif not any(head):
        return FileFormat("other", "a file filled with zero bytes", "Copy or download it again")
    elif head[0] == 0x08 and head[2:3] in (b"\x12", b"\x1a", b"\x22", b"\x3a"):
        # Both start with their format's version. Field 2 is ONNX's producer, a text, and Core ML's description, which lists inputs.
        if head[2] == 0x12 and re.match(rb"[\x80-\xff]{0,9}[\0-\x7f]\n", head[3:]):
            return FileFormat("other", "a Core ML model", _OTHER_TOOLS)
        return FileFormat("other", "an ONNX model", "Convert it with onnx2tf")
    elif _starts_as_safetensors(head):
        return FileFormat("other", "a safetensors file: weights without a model", _FROM_PYTORCH)
    return FileFormat(
        "unknown", f"unknown data that starts with {head[:8]!r}", "Give the path of a .tflite file; bytes 4 to 7 of one are TFL3"
    )


def _starts_as_safetensors(head: bytes) -> bool:
    """Whether eight bytes that could be the length of a JSON text come before one."""
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 1 << 32


def _by_content(head: bytes, kind: FileFormat) -> FileFormat:
    """Archives, JSON texts and HDF5 files by what they hold."""
    if head.startswith(b"PK"):
        if re.search(_ENTRY + rb"(metadata\.json|config\.json|model\.weights\.h5)", head, re.DOTALL):
            return _KERAS
        if re.search(_ENTRY + rb"[^/\0]*/?(data\.pkl|\.format_version|\.data/|constants\.pkl)", head, re.DOTALL):
            return kind._replace(text="a PyTorch checkpoint or program", remedy=_FROM_PYTORCH)
        if re.search(_ENTRY + rb"[^\0]{0,200}?\.npy", head, re.DOTALL):
            return kind._replace(text="an archive of NumPy arrays", remedy="Give the model first, then the arrays")
    if head.startswith(b"{") and re.search(rb'"format"\s*:\s*"(graph|layers)-model"|"modelTopology"', head):
        return kind._replace(text="a TensorFlow.js model", remedy="Convert the SavedModel or Keras model that it was made from")
    if head.startswith(b"\x89HDF"):
        if b"model_config" in head:
            return _KERAS
        if b"keras" in head or b"layers" in head:
            return kind._replace(text="an HDF5 file of a Keras model's weights, without the model", remedy=_BUILD)
    return kind


def _starts_with_node(head: bytes) -> bool:
    """Whether the first field is a NodeDef: a name, then an op. In a MetaGraphDef it is a list of ops."""
    node = re.match(rb"\n[\x80-\xff]{0,9}[\0-\x7f]\n[\x80-\xff]{0,9}[\0-\x7f]([^\0-\x1f]+)\x12.([A-Za-z][\w>./-]*)", head, re.DOTALL)
    return node is not None


def detect_format(path: str | os.PathLike[str]) -> FileFormat:
    """What is at a path: a file, a directory, or the prefix of a checkpoint's files. Raises FileError if there is nothing."""
    path = os.fsdecode(path)
    if os.path.isdir(path):
        if any(os.path.exists(os.path.join(path, f"saved_model.{form}")) for form in ("pb", "pbtxt")):
            return _SAVED_MODEL._replace(text="a SavedModel directory")
        if checkpoint_prefix(path) is not None:
            return _CHECKPOINT._replace(text="a directory of TensorFlow checkpoints")
        if os.path.exists(os.path.join(path, "Manifest.json")) and os.path.isdir(os.path.join(path, "Data")):
            return FileFormat("other", "a Core ML package", _OTHER_TOOLS)
        return FileFormat("other", "a directory", "Give the path of the model itself")
    if not os.path.exists(path) and os.path.isfile(f"{path}.index"):
        return _CHECKPOINT
    head, tail = ends_of(path, HEAD, len(_TABLE_MAGIC))
    kind = identify(head)
    if tail == _TABLE_MAGIC or (_SHARD.match(path) and checkpoint_prefix(path)):
        return _CHECKPOINT._replace(text="a file of a TensorFlow checkpoint")
    if kind.text.startswith("an HDF5") and re.search(rb"model_config", content_of(path)):
        return _KERAS
    return kind


def saved_model_file(path: str | os.PathLike[str]) -> str:
    """The file that describes a SavedModel, whose directory or file is at `path`."""
    path = os.fsdecode(path)
    if not os.path.isdir(path):
        return path
    binary, text = (os.path.join(path, f"saved_model.{form}") for form in ("pb", "pbtxt"))
    return text if os.path.exists(text) and not os.path.exists(binary) else binary


def checkpoint_prefix(path: str) -> str | None:
    """The name that a checkpoint's files share, from a directory, from that name, or from one of the files."""
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if os.path.isdir(path) or os.path.basename(path) == "checkpoint":
        return _latest(folder)
    shard = _SHARD.match(path)
    prefix = shard[1] if shard else path.removesuffix(".index")
    return prefix if os.path.isfile(f"{prefix}.index") or os.path.isfile(prefix) else None


def _latest(folder: str) -> str | None:
    """The checkpoint that a directory's `checkpoint` file names, or else the one that was written last."""
    try:
        head, _ = ends_of(os.path.join(folder, "checkpoint"), 1 << 16, 0)
        named = re.search(r'^model_checkpoint_path: "(.*)"', head.decode(), re.MULTILINE)
    except ValueError:  # a FileError, or no text
        named = None
    if named:  # directories are moved, and then its absolute paths lead nowhere
        for name in (os.path.join(folder, os.path.basename(named[1])), os.path.join(folder, named[1])):
            if os.path.isfile(f"{name}.index") or os.path.isfile(name):
                return name
    found = [path for path in indices(folder) if os.path.isfile(path)]
    return max(found, key=os.path.getmtime).removesuffix(".index") if found else None


def indices(folder: str) -> list[str]:
    """The paths in a folder that end as the index of a checkpoint does; none where it cannot be listed."""
    try:
        return [os.path.join(folder, name) for name in sorted(os.listdir(folder or ".")) if name.endswith(".index")]
    except OSError:
        return []
