"""Freeze Keras models: of Keras 3 (tf.keras, keras) and of Keras 2 (tf_keras), from memory or from files."""

from __future__ import annotations

import importlib
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ..errors import CodeRefusedError, FileError, FreezeError, TinyliteError
from ..files.io import current_directory
from ..files.keras import describe_keras
from .frozen import Frozen
from .functions import freeze_concrete_function, result_keys
from .graphs import Settings, freeze_session
from .keras_code import code_in_keras_file
from .running import REMEDY
from .tf import explained, quiet, tensorflow

__all__ = ["freeze_keras_model", "is_keras_model", "load_keras_model"]

_log = logging.getLogger("tinylite")
_SIGNATURE = "serving_default"


def is_keras_model(source: Any) -> bool:
    """Whether it is a model of Keras 2 or 3. Imports neither: without them, nobody has a model."""
    return any(isinstance(source, sys.modules[name].Model) for name in ("keras", "tf_keras") if hasattr(sys.modules.get(name), "Model"))


def freeze_keras_model(
    model: Any, *, custom_objects: Mapping[str, Any] | None = None, signature_key: str = _SIGNATURE, settings: Settings | None = None
) -> Frozen:
    """Freeze a Keras model, or the path of a .keras or .h5 file, for inference.

    Inputs have Keras' names for them. Outputs have the keys of the dict that the model returns, or output_0, output_1, ... (Keras
    3), or the names of their layers (Keras 2). The batch, and other sizes that the model leaves open, stay open.

    Raises FileError, FreezeError, for a model that has no inputs yet, for one.
    """
    if isinstance(model, (str, os.PathLike)):
        model = load_keras_model(os.fsdecode(model), custom_objects, allow_code=settings is not None and settings.allow_code)
    tf = tensorflow()
    is_old = isinstance(model, getattr(sys.modules.get("tf_keras"), "Model", ()))
    if not is_old and sys.modules["keras"].backend.backend() != "tensorflow":
        raise FreezeError(
            f"the model is on Keras' {sys.modules['keras'].backend.backend()} backend",
            "Save it as a .keras file, and freeze that where KERAS_BACKEND=tensorflow is set before Keras is imported",
        )
    if is_old and not tf.executing_eagerly() and model.inputs:
        return _in_session(model, signature_key, settings)
    with explained(
        f"the model {model.name!r} cannot be called",
        "Or freeze a function of it: tf.function(lambda x: model(x, training=False)).get_concrete_function(tf.TensorSpec(...))",
    ):
        specs, arguments = _old_inputs(model) if is_old else _inputs(model)
        names = [spec.name for spec in specs]
        keys: list[str] = []

        def call(*tensors: Any) -> Any:
            args, kwargs = arguments(list(tensors))
            results = model(*args, **kwargs, training=False)
            keys[:] = _output_keys(model, results, is_old)
            return tf.nest.flatten(results)

        function = tf.function(call, input_signature=specs, autograph=False).get_concrete_function()
    return freeze_concrete_function(function, input_keys=names, output_keys=keys, signature_key=signature_key, settings=settings)


def _in_session(model: Any, signature_key: str, settings: Settings | None) -> Frozen:
    """Freeze a model of Keras 2 in TensorFlow 1's ways: it is a part of a graph, and its values are in Keras' session."""
    session = importlib.import_module("tf_keras.src.backend").get_session()
    frozen = freeze_session(session, [tensor.name for tensor in model.outputs], settings=settings)
    keys = dict(zip((tensor.name for tensor in (*model.inputs, *model.outputs)), (*model.input_names, *model.output_names), strict=True))
    given = {tensor.name: tensor for tensor in frozen.inputs}
    frozen.inputs = [replace(given[tensor.name], key=keys[tensor.name]) for tensor in model.inputs if tensor.name in given]
    frozen.outputs = [replace(tensor, key=keys[tensor.name]) for tensor in frozen.outputs]
    frozen.signature_key = signature_key
    return frozen


# From tensors, one for each spec, to what a model is called with: arguments, and arguments by name.
_Arguments = Callable[[list[Any]], tuple[Sequence[Any], Mapping[str, Any]]]


def _inputs(model: Any) -> tuple[list[Any], _Arguments]:
    """The inputs of a model of Keras 3, and how to call it with them."""
    import keras

    tf = tensorflow()
    if getattr(model, "inputs", None):
        specs = [tf.TensorSpec(tensor.shape, tensor.dtype, tensor.name) for tensor in model.inputs]
        structure = model.inputs[0] if isinstance(model, keras.Sequential) else model.input
        return specs, lambda tensors: ([keras.tree.pack_sequence_as(structure, tensors)], {})
    shapes = getattr(model, "_build_shapes_dict", None)  # of the first call: x_shape for an argument x, input_shape for the only one
    if not shapes:
        raise FreezeError("the model has no inputs yet", "Call it once, or build it, with the shape that its input has")
    specs = []

    def spec(shape: Any, name: str) -> Any:
        if isinstance(shape, dict):
            return {key: spec(value, str(key)) for key, value in shape.items()}
        if isinstance(shape, (list, tuple)) and any(isinstance(size, (list, tuple, dict)) for size in shape):
            return [spec(value, f"{name}_{index}" if index else name) for index, value in enumerate(shape)]
        specs.append(tf.TensorSpec((None, *shape[1:]), model.input_dtype, name))
        return len(specs) - 1

    only = len(shapes) == 1
    places = {key.removesuffix("_shape"): spec(shape, "args_0" if only else key.removesuffix("_shape")) for key, shape in shapes.items()}

    def arguments(tensors: list[Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
        filled = {name: tf.nest.map_structure(lambda number: tensors[number], place) for name, place in places.items()}
        return (list(filled.values()), {}) if only else ((), filled)

    return specs, arguments


def _old_inputs(model: Any) -> tuple[list[Any], _Arguments]:
    """The same of Keras 2."""
    tf = tensorflow()
    structure = model.save_spec()
    if structure is None:
        raise FreezeError("the model has no inputs yet", "Call it once, or build it, with the shape that its input has")
    given = tf.nest.flatten(structure)
    specs = [tf.TensorSpec(spec.shape, spec.dtype, spec.name or f"input_{number}") for number, spec in enumerate(given, 1)]
    return specs, lambda tensors: tf.nest.pack_sequence_as(structure, tensors)


def _output_keys(model: Any, results: Any, is_old: bool) -> list[str]:
    count = len(tensorflow().nest.flatten(results))
    return list((model.output_names if is_old else None) or result_keys(results, count, first=int(is_old)))


def load_keras_model(path: str, custom_objects: Mapping[str, Any] | None = None, *, allow_code: bool = False) -> Any:
    """The model in a .keras or .h5 file, for inference: by the Keras that wrote it, or, if that cannot or is not installed, by the other.

    Keras 3 reads many files of Keras 2, and not all of their layers do the same in both: hard_sigmoid is another function.
    Raises FileError, with what each of them says, and CodeRefusedError for a file that would run code, unless `allow_code` is set.
    """
    tf = tensorflow()
    if not os.path.isfile(path):
        there = "it is a directory" if os.path.isdir(path) else "there is no such file"
        raise FileError(f"{path}: {there}", current_directory())
    if code := code_in_keras_file(path, custom_objects or ()):
        if not allow_code:
            more = f", and {len(code) - 1} more" if len(code) > 1 else ""
            imports = "If that is your own, give it as custom_objects. " if any("would import" in text for text in code) else ""
            raise CodeRefusedError(f"{path}: {code[0]}{more}", f"{imports}{REMEDY}")
        for text in code:
            _log.warning("%s: %s, as was allowed", path, text.replace(" would ", " may ", 1))
    said = []
    version = _writer(path)
    is_old = version is not None and version.startswith(("1.", "2."))
    old = is_old if version else os.environ.get("TF_USE_LEGACY_KERAS") in ("1", "true", "True")
    old_first = old or not tf.executing_eagerly()
    for name in ("tf_keras", "keras") if old_first else ("keras", "tf_keras"):
        try:
            with quiet():
                keras = importlib.import_module(name)
                with _safe_mode(name, not allow_code):
                    model = keras.models.load_model(
                        path, custom_objects=dict(custom_objects or {}), compile=False, safe_mode=not allow_code
                    )
            if is_old and name == "keras":
                _log.warning("%s was written by Keras 2 and is read by Keras 3, whose hard_sigmoid is another: pip install tf_keras", path)
            return model
        except ModuleNotFoundError as error:
            if error.name != name:
                said.append(f"{name} says: {error}")
        except Exception as error:  # as many kinds as files can be wrong in ways
            if not allow_code and "safe_mode" in str(error):  # the other one may know less of what is unsafe
                raise CodeRefusedError(f"{path}: {name} refuses it: {str(error).strip()}", REMEDY) from None
            said.append(f"{name} {getattr(keras, '__version__', '')} says: {str(error).strip()}")
    hint = "" if "tf_keras" in sys.modules else "If Keras 2 wrote it, pip install tf_keras. "
    raise FileError(
        f"{path}: it cannot be read as a Keras model. {' '.join(said)}",
        f"{hint}Give its own layers and functions as custom_objects, or load it yourself and freeze the model",
    )


@contextmanager
def _safe_mode(name: str, is_safe: bool) -> Iterator[None]:
    """Keras' own safe mode, which tf_keras does not set for .h5 files by itself. Either way, it is as before after the block."""
    try:
        scope = importlib.import_module(f"{name}.src.saving.serialization_lib").SafeModeScope
    except (ImportError, AttributeError):  # of another version: what the file asks for has been looked at
        yield
        return
    with scope(is_safe):
        yield


def _writer(path: str) -> str | None:
    """The version of the Keras that wrote a file, if the file says it."""
    try:
        version = describe_keras(path)["keras_version"]
    except TinyliteError:
        return None
    return None if version is None else str(version)
