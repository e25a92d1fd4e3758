"""What variables a checkpoint holds, from its index, without TensorFlow."""

from __future__ import annotations

import os
from dataclasses import dataclass

from ..errors import CorruptFileError, FileError, at
from ..schema.sstable import entries
from ..schema.table import FormatError
from ..schema.wire import decode_message
from .file_formats import checkpoint_prefix
from .graphdef import read_shape, type_name
from .io import content_of

__all__ = ["Checkpoint", "Variable", "read_checkpoint"]

_OBJECTS = b"_CHECKPOINTABLE_OBJECT_GRAPH"
_DAMAGED = "Copy the checkpoint again, all of its files"


@dataclass
class Variable:
    """A variable in a checkpoint; `bytes` is None where the index does not say."""

    name: str
    type: str
    shape: tuple[int, ...] | None
    bytes: int | None = None


@dataclass
class Checkpoint:
    """The variables under the name `prefix` that a checkpoint's files share; `shards` is how many files hold the values.

    `has_objects`: it was written by tf.train.Checkpoint or Keras, with names that follow Python's objects.
    """

    prefix: str
    version: int
    variables: list[Variable]
    shards: int = 1
    has_objects: bool = False


def read_checkpoint(path: str) -> Checkpoint:
    """Read what a checkpoint holds, from its prefix, one of its files, or the directory that it lies in.

    Raises FileError and CorruptFileError.
    """
    prefix = checkpoint_prefix(path)
    if prefix is None:
        raise FileError(f"{path}: there is no checkpoint", "Give the name that its files share, such as model.ckpt-1000")
    second = os.path.isfile(f"{prefix}.index")
    path = f"{prefix}.index" if second else prefix
    with at(path):
        try:
            return (_second if second else _first)(prefix, content_of(path))
        except FormatError as error:
            raise CorruptFileError(f"not a readable index of a checkpoint: {error}", _DAMAGED) from None


def _second(prefix: str, data: memoryview) -> Checkpoint:
    """Version 2: an entry for each variable, after one about the whole."""
    found = Checkpoint(prefix, 2, [])
    for key, value in entries(data):
        if not key:
            found.shards = decode_message("BundleHeaderProto", value).get("num_shards", 1)
        elif key == _OBJECTS:
            found.has_objects = True
        else:
            entry = decode_message("BundleEntryProto", value)
            shape = read_shape(entry.get("shape", {}))
            found.variables.append(Variable(_text(key), type_name(entry.get("dtype", 0)), shape, entry.get("size", 0)))
    return found


def _first(prefix: str, data: memoryview) -> Checkpoint:
    """Version 1: the first entry lists the variables; the others hold their values."""
    for key, value in entries(data):
        if not key:
            meta = decode_message("SavedTensorSlices", value).get("meta", {})
            return Checkpoint(prefix, 1, [
                Variable(entry.get("name", ""), type_name(entry.get("type", 0)), read_shape(entry.get("shape", {})))
                for entry in meta.get("tensor", ())
            ])  # fmt: skip
        break
    raise FormatError("it does not begin with a list of variables")


def _text(key: bytes) -> str:
    return key.decode("utf-8", "replace")
