"""What a Keras model's file would run when it is loaded: Python of Lambda layers, modules that it names, functions of TensorFlow.

A file is a description of layers, which Keras follows: it makes objects of the classes that the file names. The Kerases refuse different
parts of that (tf_keras few in .h5 files), so the description is looked at before either of them gets it.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..errors import CorruptFileError
from .running import is_harmless
from .tf import tensorflow

__all__ = ["code_in_keras_file"]

_LONGEST = 1 << 26  # bytes of a description
_PACKAGES = ("keras", "tf_keras", "keras_hub", "keras_cv", "keras_nlp")  # whose classes may be made
_CLASS = re.compile(r"(\w+>)?_*[A-Z]\w*")  # as against functions
_FUNCTIONS = re.compile(
    r"builtins|(tf_)?keras(\.src)?\.(activations|initializers|regularizers|constraints|losses|metrics|ops|layers|random)(\.\w+)*"
)
_SPECS = re.compile(r"tensorflow\.python\.(framework|ops|data\.ops)\.\w+(\.\w+)*")  # modules of TensorFlow's TypeSpecs
_LOADERS = {"TFSMLayer": "load and run a SavedModel", "TorchModuleWrapper": "unpickle a module of PyTorch"}
_FILES = ("vocabulary", "vocabulary_file", "idf_weights", "ckpt_to_load_from")  # what of layers and feature columns may be a path
_COMPOSITES = ("RaggedTensor", "SparseTensor")
# Modules of TensorFlow and Keras whose functions compute on tensors, and those among them that do more.
_COMPUTING = re.compile(
    r"tensorflow\.python\.(ops|framework\.(constant_op|tensor_conversion))(\.\w+)*|tf_keras\.src\.(activations|backend|losses|metrics)(\.\w+)*"
)
_DOING = re.compile(
    r".*\.(script|io|logging|summary|lookup|data_flow|resource_variable|state|control_flow|debug)_ops(_v2)?|.*\.(readers|summary)(\.\w+)*"
)
_MAKING = re.compile(r"(de)?serialize|get|\w*fixed_unigram_candidate_sampler")  # what makes objects of descriptions, or reads a file


def code_in_keras_file(path: str, custom_objects: Iterable[str] = ()) -> list[str]:
    """What would run, each as a place and what it would do; [] for a file that only describes Keras' own layers.

    `custom_objects` are names that the user has given meanings to. Raises CorruptFileError for a file that cannot be read.
    """
    known = {*custom_objects, *_registered()}
    found: list[str] = []
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                found += _in_archive(archive, known)
        found += _in_hdf5(path, known)  # it may be both
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError, ValueError, TypeError, KeyError, EOFError) as error:
        raise CorruptFileError(f"{path}: it cannot be read as a Keras model: {error}", "Save the model again with model.save") from None
    return list(dict.fromkeys(found))


def _in_archive(archive: zipfile.ZipFile, known: set[str]) -> Iterator[str]:
    if "config.json" in archive.namelist():
        if (size := archive.getinfo("config.json").file_size) > _LONGEST:
            raise ValueError(f"its config.json has {size} bytes, more than any model's")
        config = json.loads(archive.read("config.json"))
        if isinstance(config, dict):
            config.pop("compile_config", None)  # how to train it, which nobody makes
        yield from _in_config(config, known)
    for name in archive.namelist():
        if name.endswith(".h5"):
            with archive.open(name) as file:
                yield from _in_hdf5(file, known)


def _registered() -> Iterator[str]:
    """The names that the program has registered with Keras."""
    for name in ("keras", "tf_keras"):
        if (keras := sys.modules.get(name)) is not None:
            yield from keras.utils.get_custom_objects()


def _in_hdf5(file: Any, known: set[str]) -> Iterator[str]:
    try:
        h5py = importlib.import_module("h5py")
    except ImportError:  # and so no Keras reads it
        return
    if isinstance(file, str) and (os.path.isdir(file) or not h5py.is_hdf5(file)):
        return
    with h5py.File(file, "r") as root:
        config = root.attrs.get("model_config")
        if config is not None:
            yield from _in_config(json.loads(config.decode() if hasattr(config, "decode") else config), known)
        yield from _outside(root)


def _outside(root: Any) -> Iterator[str]:
    """Parts of an HDF5 file that are in other files."""
    h5py = importlib.import_module("h5py")
    seen, waiting = set(), [("", root)]
    while waiting:
        prefix, group = waiting.pop()
        for name in group:
            place = f"{prefix}/{name}"
            link = group.get(name, getlink=True)
            if isinstance(link, h5py.ExternalLink):
                yield f"the entry {place!r} would read the file {link.filename!r}"
            elif not isinstance(link, h5py.SoftLink):
                entry = group[name]
                if isinstance(entry, h5py.Group) and entry.id not in seen:
                    seen.add(entry.id)
                    waiting.append((place, entry))
                elif isinstance(entry, h5py.Dataset) and (entry.external or entry.is_virtual):
                    files = [part[0] for part in entry.external or ()] or [source.file_name for source in entry.virtual_sources()]
                    yield from (f"the entry {place!r} would read the file {os.fsdecode(file)!r}" for file in files if file != ".")


def _in_config(config: Any, known: set[str]) -> Iterator[str]:
    """Walk a whole description, however its layers are nested."""
    waiting = [(config, "the model")]
    while waiting:
        value, place = waiting.pop()
        if isinstance(value, list):
            waiting += [(entry, place) for entry in reversed(value)]
        elif isinstance(value, dict):
            inner = value.get("config")
            if isinstance(kind := value.get("class_name"), str) and isinstance(inner, dict) and isinstance(inner.get("name"), str):
                place = f"the layer {inner['name']!r} ({kind})"
            yield from (f"{place} would {effect}" for effect in _effects(value, known))
            waiting += [(entry, place) for entry in reversed(value.values())]


def _effects(value: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    """What one object of a description does by itself when it is made."""
    if any(key.endswith("_type") and entry == "lambda" for key, entry in value.items()):
        yield "run Python code that the file holds"
    yield from (f"read the file {value[key]!r}" for key in _FILES if isinstance(value.get(key), str))
    kind = value.get("class_name")
    if not isinstance(kind, str):
        return
    config, module, registered = value.get("config"), value.get("module"), value.get("registered_name")
    if kind == "__lambda__":
        yield "run Python code that the file holds"
        return
    if kind == "function":
        if not (isinstance(config, str) and config in known) and isinstance(module, str) and not _FUNCTIONS.fullmatch(module):
            yield f"import the module {module!r} for its function {config!r}"
        return
    if "deserialize" in kind:
        yield f"call Keras' function {kind!r}"
    names = {name.rpartition(">")[2] for name in (kind, registered) if isinstance(name, str)}
    if (registered if module is not None and isinstance(registered, str) else kind) in known:
        return
    if kind == "__typespec__":
        if not _SPECS.fullmatch(str(module)) or not re.fullmatch(r"\w+Spec", str(value.get("spec_name"))):
            yield f"import the module {module!r} for its class {value.get('spec_name')!r}"
        return
    is_theirs = str(module).split(".")[0] in (*_PACKAGES, "builtins") and all(map(_CLASS.fullmatch, names))
    if isinstance(module, str) and not is_theirs and not kind.startswith("__"):
        yield f"import the module {module!r} for its class {kind!r}"
    for name in names:
        yield from _effects_of_layer(name, config if isinstance(config, dict) else {})


def _effects_of_layer(kind: str, config: Mapping[str, Any]) -> Iterator[str]:
    """Of the layers that wrap something else than arithmetic."""
    if kind in _LOADERS:
        yield _LOADERS[kind]
    elif kind in ("TFOpLambda", "SlicingOpLambda"):
        if not _computes(str(config.get("function"))):
            yield f"call TensorFlow's function {config.get('function')!r}"
    elif kind == "ClassMethod":
        if config.get("cls_symbol") not in _COMPOSITES or not _is_attribute(config.get("method_name")):
            yield f"call the method {config.get('method_name')!r} of {config.get('cls_symbol')!r}"
    elif kind in ("InstanceMethod", "InstanceProperty"):
        name = config.get("method_name", config.get("attr_name"))
        if not all(_is_attribute(config[key]) for key in ("method_name", "attr_name") if key in config):
            yield f"ask for the attribute {name!r} of what it is given"
    elif kind == "TensorFlowOpLayer":
        op = _op_of(config.get("node_def"))
        if not is_harmless(op):
            yield f"run the op {op!r}"


def _is_attribute(name: Any) -> bool:
    """Whether a tensor of several parts has it, and it is not a way out of the graph."""
    tf = tensorflow()
    return isinstance(name, str) and name[:1] != "_" and name != "numpy" and any(hasattr(getattr(tf, kind), name) for kind in _COMPOSITES)


def _op_of(node_def: Any) -> str:
    if isinstance(node_def, dict):
        return str(node_def.get("op"))
    try:
        return str(tensorflow().compat.v1.NodeDef.FromString(str(node_def).encode()).op)
    except Exception:  # protobuf's DecodeError: Keras cannot read it either
        return ""


def _computes(symbol: str) -> bool:
    """Whether a function of TensorFlow, by its public name, only computes on tensors."""
    from tensorflow.python.util.tf_export import get_symbol_from_name

    function = get_symbol_from_name(symbol)
    module, name = (str(getattr(function, attribute, "")) for attribute in ("__module__", "__name__"))
    if ".gen_" in module or "raw_ops" in symbol:
        ops = [op for op in dir(tensorflow().raw_ops) if op.lower() == name.replace("_", "").lower()]
        return bool(ops) and all(map(is_harmless, ops))
    return bool(_COMPUTING.fullmatch(module)) and not _DOING.fullmatch(module) and not _MAKING.fullmatch(name)
