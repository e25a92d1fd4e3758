"""`freeze`: find out what it is given, and freeze that."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..errors import FreezeError, SettingError
from ..files.io import check_not_source
from ..limits import memory_shortage
from .files import read_graph, read_meta_graph, source_kind
from .frozen import Frozen
from .functions import freeze_concrete_function
from .graphs import Settings, freeze_graph_def, freeze_session
from .keras import freeze_keras_model, is_keras_model
from .saved_model import freeze_saved_model
from .tf import tensorflow

__all__ = ["freeze"]

_OF_GRAPHS = ("checkpoint", "saver", "initializer_nodes", "outputs")


@memory_shortage("freezing it", "Freeze it on a larger machine, or end other programs")
def freeze(
    source: Any,
    outputs: Sequence[str] | None = None,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    saver: str | os.PathLike[str] | None = None,
    signature_key: str | None = None,
    tags: Iterable[str] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    initializer_nodes: Sequence[str] = (),
    clear_devices: bool = True,
    variable_names_whitelist: Sequence[str] | None = None,
    variable_names_blacklist: Sequence[str] = (),
    output_graph: str | os.PathLike[str] | None = None,
    allow_code: bool = False,
) -> Frozen:
    """Join a TensorFlow graph with the values of its variables. Needs TensorFlow: pip install 'tinylite[tensorflow]'.

    `source`, and what else it needs:

    - a path of a GraphDef (.pb, .pbtxt), a GraphDef message or a tf.Graph: `outputs`, nodes or tensors by name, and the `checkpoint`,
      unless it has no variables; `initializer_nodes` run after it is restored; a `saver`, the path of a SaverDef, says by which of
      several savers in the graph the checkpoint was written
    - a path of a MetaGraphDef (.meta), or such a message: `outputs`; the `checkpoint` is by default the one beside the file
    - a tf.compat.v1.Session: `outputs`
    - the directory of a SavedModel: `signature_key` if there are several and no serving_default, `tags` if there are several
      graphs; or `outputs`
    - a Keras model, of Keras 2 or 3, or a path of a .keras or .h5 file with its `custom_objects`
    - a tf.function or ConcreteFunction

    Devices that the graph asks for are dropped, or kept with `clear_devices=False`. Only the variables of the whitelist are frozen,
    if there is one, and those of the blacklist are not. `output_graph` is a file to write the frozen graph to, as text if its name
    ends in .pbtxt.

    Nothing is run that a file holds beyond computation on tensors and variables: not the Python of a Lambda layer, nor ops that call
    Python, write files or read ones outside of the model's folder. With `allow_code` it is, with a warning. Objects of TensorFlow and
    Keras are run as they are.

    Raises MissingPackageError without TensorFlow, FileError for files that cannot be read or written, CodeRefusedError for a file that
    would run code, with the layer or node, FreezeError for graphs, models and values that do not fit.
    """
    if output_graph is not None:
        check_not_source(output_graph, source)
    settings = Settings(clear_devices, variable_names_whitelist, variable_names_blacklist, allow_code)
    given = {"checkpoint": checkpoint, "saver": saver, "signature_key": signature_key, "tags": tags, "custom_objects": custom_objects}
    given |= {"initializer_nodes": initializer_nodes, "outputs": outputs}
    given = {name: value for name, value in given.items() if value}
    tf = tensorflow()

    def only(kind: str, *names: str) -> dict[str, Any]:
        if unfit := [name for name in given if name not in names]:
            raise SettingError(f"{kind} is frozen without {', '.join(unfit)}", f"Leave {'it' if len(unfit) == 1 else 'them'} out")
        return {**given, "settings": settings}

    if isinstance(source, (str, os.PathLike)):
        source = os.fsdecode(source)
        kind = source_kind(source)
        if kind == "saved model":
            folder = source if os.path.isdir(source) else os.path.dirname(source) or "."
            frozen = freeze_saved_model(folder, **only("a SavedModel", "signature_key", "tags", "outputs"))
        elif kind == "keras":
            frozen = freeze_keras_model(source, **only("a Keras model", "custom_objects", "signature_key"))
        else:
            options = only("a graph", *_OF_GRAPHS)
            if kind == "meta graph" and checkpoint is None and os.path.exists(f"{source.removesuffix('.meta')}.index"):
                options["checkpoint"] = source.removesuffix(".meta")
            message = read_meta_graph(source) if kind == "meta graph" else read_graph(source)
            frozen = _freeze_graph(message, options)
    elif is_keras_model(source):
        frozen = freeze_keras_model(source, **only("a Keras model", "signature_key"))
    elif isinstance(source, (tf.types.experimental.ConcreteFunction, tf.types.experimental.PolymorphicFunction)):
        frozen = freeze_concrete_function(source, **only("a function", "signature_key"))
    elif isinstance(source, (tf.compat.v1.Session, tf.compat.v1.InteractiveSession)):
        frozen = freeze_session(source, **{"outputs": (), **only("a session", "outputs")})
    elif isinstance(source, tf.Graph):
        frozen = _freeze_graph(source.as_graph_def(), only("a graph", *_OF_GRAPHS))
    elif type(source).__name__ in ("GraphDef", "MetaGraphDef") and hasattr(source, "SerializeToString"):
        frozen = _freeze_graph(source, only("a graph", *_OF_GRAPHS))
    else:
        raise FreezeError(
            f"a {type(source).__module__}.{type(source).__qualname__} cannot be frozen",
            "Give a path, a graph, a session, a Keras model or a function; of a tf.Module, give one of its functions",
        )
    if output_graph is not None:
        frozen.save(output_graph)
    return frozen


def _freeze_graph(message: Any, options: dict[str, Any]) -> Frozen:
    graph_def = getattr(message, "graph_def", message)
    return freeze_graph_def(graph_def, **{"checkpoint": None, "outputs": (), **options})
