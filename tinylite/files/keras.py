"""What a Keras model's file holds, read without Keras: .keras archives, and .h5 files by h5py, where that is installed."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from typing import Any

import numpy as np

from ..errors import CorruptFileError
from .archives import directory, unpacked
from .io import content_of

__all__ = ["describe_keras"]

_LONGEST = 1 << 26  # characters of a configuration
_DAMAGED = "Save the model again with model.save"


def describe_keras(given: str | bytes | memoryview) -> dict[str, Any]:
    """Format, Keras's version, the model's class and name, and its layers; `read` is False for an .h5 file without h5py.

    Raises FileError.
    """
    data = content_of(given) if isinstance(given, str) else memoryview(given)
    archive = bytes(data[:2]) == b"PK"
    config, version, read = (*_of_archive(data), True) if archive else _of_hdf5(given)
    inner = _dict(config.get("config"))
    layers = inner.get("layers")
    return {
        "format": "a .keras archive" if archive else "an HDF5 file",
        "read": read,
        "keras_version": version,
        "class": str(config.get("class_name", "")),
        "name": str(inner.get("name", "")),
        "layers": [_layer(_dict(layer)) for layer in layers] if isinstance(layers, list) else [],
    }


def _layer(layer: dict[str, Any]) -> dict[str, Any]:
    config = _dict(layer.get("config"))
    shape = config.get("batch_shape", config.get("batch_input_shape", _dict(layer.get("build_config")).get("input_shape")))
    known = isinstance(shape, list) and all(size is None or isinstance(size, int) for size in shape)
    return {
        "class": str(layer.get("class_name", "")),
        "name": str(config.get("name", layer.get("name", ""))),
        "input_shape": shape if known else None,
    }


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _of_archive(data: memoryview) -> tuple[dict[str, Any], str | None]:
    """The configuration, and Keras's version."""
    array = np.frombuffer(data, np.uint8)
    try:
        entries = {entry.filename: entry for entry in directory(array)}
        config, metadata = (_json_of(entries.get(name), array) for name in ("config.json", "metadata.json"))
    except zipfile.BadZipFile as error:
        raise CorruptFileError(f"the archive cannot be read: {error}", _DAMAGED) from None
    version = metadata.get("keras_version")
    return config, None if version is None else str(version)


def _json_of(entry: zipfile.ZipInfo | None, data: np.ndarray) -> dict[str, Any]:
    if entry is None:
        return {}
    if entry.file_size > _LONGEST:
        raise CorruptFileError(f"its {entry.filename} is longer than any model's", _DAMAGED)
    return _parsed(unpacked(entry, data).decode("utf-8", "replace"))


def _of_hdf5(given: str | bytes | memoryview) -> tuple[dict[str, Any], str | None, bool]:
    """The configuration, Keras's version, and whether h5py is there to read them."""
    try:
        h5py: Any = importlib.import_module("h5py")
    except ImportError:
        return {}, None, False
    try:
        with h5py.File(given if isinstance(given, str) else io.BytesIO(given), "r") as file:
            config, version = (_text_of(file, name) for name in ("model_config", "keras_version"))
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise CorruptFileError(f"it cannot be read as HDF5: {error}", _DAMAGED) from None
    return _parsed(config or ""), version, True


def _text_of(file: Any, name: str) -> str | None:
    """A text that the file as a whole has, which HDF5 calls an attribute."""
    if name not in file.attrs:
        return None
    if file.attrs.get_id(name).get_storage_size() > _LONGEST:
        raise CorruptFileError(f"its {name} is longer than any model's", _DAMAGED)
    value = file.attrs[name]
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _parsed(text: str) -> dict[str, Any]:
    """The object that a text begins with; {} if it is none."""
    try:
        return _dict(json.JSONDecoder().raw_decode(text)[0])
    except (ValueError, RecursionError):
        return {}
