"""Freeze SavedModels, of TensorFlow 1 and 2."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

from ..errors import FileError, FreezeError
from ..files.io import check_no_pipes
from .frozen import Frozen, FrozenTensor
from .graphs import Settings, assemble, checked_outputs, described, frozen_tensor, placeholders
from .inline_variables import reachable
from .running import Guard
from .tf import explained, session_of, tensorflow
from .values import InSession, listed, near

__all__ = ["freeze_saved_model"]

_DEFAULT = "serving_default"
_INTERNAL = "__saved_model_init_op"  # a signature that is not a signature, but says what sets up tables


def freeze_saved_model(
    folder: str | os.PathLike[str],
    *,
    tags: Iterable[str] | None = None,
    signature_key: str | None = None,
    outputs: Sequence[str] | None = None,
    settings: Settings | None = None,
) -> Frozen:
    """Freeze a signature of a SavedModel, or, with `outputs` (nodes or tensors) and no key, a part of its graph.

    `tags` choose a graph where there are several; {"serve"} by default. The signature is serving_default, if there are several.
    Raises FileError, FreezeError, which list what there is to choose from.
    """
    folder = os.fsdecode(folder)
    check_no_pipes(folder, "/*", "/*/*")
    tf = tensorflow()
    meta = _meta_graph(folder, tags)
    graph = tf.Graph()
    with (
        explained(f"the SavedModel {folder!r} cannot be loaded", "Its files may be incomplete, or of another version of TensorFlow"),
        session_of(graph) as session,
    ):
        guard = Guard(meta.graph_def, f"the SavedModel {folder!r}", folder, allow=settings is not None and settings.allow_code)
        chosen = None if outputs and signature_key is None else _signature(meta, signature_key, folder)
        if outputs:
            outputs = checked_outputs(meta.graph_def, outputs)
        guard.check_import()
        loaded = tf.compat.v1.saved_model.load(guard.watch(session), list(meta.meta_info_def.tags), folder)
        graph_def = graph.as_graph_def()
        if chosen is not None:
            given, results = _tensors(loaded.signature_def[chosen].inputs), _tensors(loaded.signature_def[chosen].outputs)
        else:
            given = placeholders(reachable(graph_def, outputs or ()))
        if outputs:
            results = described(graph_def, outputs)
        values = InSession(session)
        setup = [tensor.name for tensor in loaded.signature_def[_INTERNAL].outputs.values()] if _INTERNAL in loaded.signature_def else []
        return assemble(graph_def, given, results, values, setters=setup, signature_key=chosen, settings=settings)


def _meta_graph(folder: str, tags: Iterable[str] | None) -> Any:
    """The MetaGraphDef with these tags, in a SavedModel's file."""
    tf = tensorflow()
    if not tf.saved_model.contains_saved_model(folder):
        there = "it has no saved_model.pb" if os.path.isdir(folder) else "there is no such directory"
        raise FileError(f"{folder}: not a SavedModel: {there}", "Give the directory that holds saved_model.pb and variables/")
    from tensorflow.python.saved_model import loader_impl

    with explained(f"the SavedModel {folder!r} cannot be read", "Copy or fetch it again"):
        metas = list(loader_impl.parse_saved_model(folder).meta_graphs)
    wanted = {tf.saved_model.SERVING} if tags is None else {tags} if isinstance(tags, str) else set(tags)
    found = [meta for meta in metas if set(meta.meta_info_def.tags) == wanted]
    if not found and tags is None and len(metas) == 1:
        found = metas
    if not found:
        sets = "; ".join(",".join(sorted(meta.meta_info_def.tags)) or "(none)" for meta in metas)
        raise FreezeError(
            f"the SavedModel {folder!r} has no graph with the tags {','.join(sorted(wanted)) or '(none)'}", f"It has: {sets or 'no graph'}"
        )
    return found[0]


def _signature(meta: Any, key: str | None, folder: str) -> str:
    """The key of the signature to freeze."""
    keys = sorted(key for key, signature in meta.signature_def.items() if key != _INTERNAL and signature.outputs)
    if key is not None:
        if key in keys:
            return key
        hint = near(key, keys) or f"It has {listed(keys)}"
        raise FreezeError(f"the SavedModel {folder!r} has no signature {key!r}", hint if keys else "It has none; name output nodes")
    if not keys:
        raise FreezeError(
            f"the SavedModel {folder!r} has no signature",
            "Save it with signatures=function.get_concrete_function(...), or name output nodes",
        )
    if len(keys) > 1 and _DEFAULT not in keys:
        raise FreezeError(f"the SavedModel {folder!r} has several signatures: {listed(keys, 20)}", "Choose one as signature_key")
    return _DEFAULT if _DEFAULT in keys else keys[0]


def _tensors(infos: Any) -> list[FrozenTensor]:
    """A signature's inputs or outputs, by key."""
    for key, info in infos.items():
        if not info.name:
            raise FreezeError(f"the signature's {key!r} is a sparse or composite tensor", "Export a signature of dense tensors")
    return [frozen_tensor(key, info.name, info.dtype, info.tensor_shape) for key, info in sorted(infos.items())]
