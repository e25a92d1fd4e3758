"""Damaged SavedModels, MetaGraphDefs, checkpoints and Keras archives, through the readers that need no TensorFlow."""

from __future__ import annotations

import io
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import tinylite
from tests.converter import test_checkpoint as checkpoints, test_graphdef as graphdefs
from tests.converter.wire import binary
from tinylite.files import file_formats
from tinylite.files.checkpoint import read_checkpoint
from tinylite.files.diagnose import diagnose_path
from tinylite.files.graphdef import read_meta_graph, read_saved_model
from tinylite.files.keras import describe_keras

from ..damage import damaged_bytes
from ..messages import damaged_message
from ..seeds import graphs
from ..trial import outcome_of


@dataclass
class Seed:
    """A file: its name in a folder, its content, the message that it is if it is one, what reads it, and the files beside it."""

    name: str
    content: bytes
    message: str | None
    read: Callable[[str], object]
    beside: Sequence[str] = ()


def prepare() -> list[Seed]:
    saved = graphdefs.SAVED.replace("object_graph_def { nodes { } }", 'object_graph_def: "x"')
    meta = saved.partition("meta_graphs {")[2].rpartition("}")[0]
    some = [content for name, content in graphs().items() if name.startswith(("functions", "Const", "Add"))]
    with_graphs = [binary(saved, "SavedModel"), *(_saved_model(content) for content in some[:12])]
    data = ("model.ckpt.data-00000-of-00002",)
    index = [checkpoints.SOUND, _index_of(40)]
    first = checkpoints.table(
        [[(b"", binary('meta { tensor { name: "v" shape { dim { size: 2 } } type: DT_INT32 } }', "SavedTensorSlices"))]]
    )
    return [
        *(Seed("saved_model.pb", content, "SavedModel", _convert_folder) for content in with_graphs),
        *(Seed("saved_model.pb", content, "SavedModel", read_saved_model) for content in with_graphs),
        Seed("saved_model.pbtxt", saved.replace('object_graph_def: "x"', "").encode(), None, read_saved_model),
        Seed("model.meta", binary(meta, "MetaGraphDef"), "MetaGraphDef", read_meta_graph),
        *(Seed("model.ckpt.index", content, None, _of_prefix, data) for content in index * 6),
        Seed("model.ckpt", first, None, read_checkpoint),
        Seed("checkpoint", b'model_checkpoint_path: "model.ckpt"\nall_model_checkpoint_paths: "a"\n', None, read_checkpoint),
        *(Seed("model.keras", _archive(kind), None, describe_keras) for kind in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) * 3),
        Seed("model.h5", b"\x89HDF\r\n\x1a\n" + bytes(64) + b"model_config\0" + json.dumps(_CONFIG).encode() + b"\0", None, describe_keras),
    ]  # fmt: skip


_LAYER = {"class_name": "Dense", "config": {"name": "d", "units": 3, "batch_shape": [None, 4]}, "build_config": {"input_shape": [None, 4]}}
_CONFIG = {"class_name": "Functional", "config": {"name": "m", "layers": [_LAYER, _LAYER]}}


def _archive(compression: int) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", compression) as archive:
        archive.writestr(zipfile.ZipInfo("metadata.json"), json.dumps({"keras_version": "3.4.1"}), compression)
        archive.writestr(zipfile.ZipInfo("config.json"), json.dumps(_CONFIG), compression)
        archive.writestr(zipfile.ZipInfo("model.weights.h5"), b"\x89HDF\r\n\x1a\n" + bytes(40), compression)
    return written.getvalue()


def _saved_model(graph: bytes) -> bytes:
    from tests.converter.wire import field, message

    return message(field(1, 1), field(2, message(field(1, field(4, "serve")), field(2, graph))))


def _index_of(count: int) -> bytes:
    pairs = [(b"", checkpoints.HEADER), *((f"layer_{n:03}/kernel".encode(), checkpoints.entry("DT_FLOAT", n, 3)) for n in range(count))]
    return checkpoints.table([pairs[:20], pairs[20:]])


def _of_prefix(path: str) -> object:
    return read_checkpoint(path.removesuffix(".index"))


def _convert_folder(path: str) -> object:
    return tinylite.convert(os.path.dirname(path))


def attack(seeds: list[Seed], number: int) -> tuple[str, int]:
    rng = np.random.default_rng(number)
    seed = seeds[rng.integers(len(seeds))]
    damaged = damaged_bytes(seed.content, rng) if seed.message is None else damaged_message(seed.message, seed.content, rng)
    folder = Path(tempfile.gettempdir()) / f"tinylite-fuzz-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    try:
        path = folder / seed.name
        path.write_bytes(damaged)
        for name in seed.beside:
            (folder / name).write_bytes(bytes(64))
        for look in (file_formats.detect_format, diagnose_path):
            outcome_of(lambda look=look: look(str(path)))  # type: ignore[misc]
        outcome_of(lambda: tinylite.Model.load(path))
        return outcome_of(lambda: seed.read(str(path))), len(damaged)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
