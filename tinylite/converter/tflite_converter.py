"""The face that scripts know: tf.lite.TFLiteConverter, of TensorFlow 1 and 2, and toco_convert."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..errors import CodeRefusedError, ConvertError, UnsupportedError, at
from ..files.io import check_not_source, write_whole
from ..model import Model
from ..quantize.policy import Policy
from .job import Job, file_content
from .load_source import Source, load_source
from .request import FORMATS, ConvertRequest, TypeFlags
from .target import type_of

_log = logging.getLogger("tinylite")

__all__ = ["OpsSet", "Optimize", "RepresentativeDataset", "TFLiteConverter", "TargetSpec", "constants", "toco_convert"]

constants = SimpleNamespace(
    FLOAT="FLOAT", FLOAT16="FLOAT16", INT8="INT8", INT16="INT16", INT32="INT32", INT64="INT64", STRING="STRING",
    QUANTIZED_UINT8="QUANTIZED_UINT8", TFLITE="TFLITE", GRAPHVIZ_DOT="GRAPHVIZ_DOT",
)  # fmt: skip


class Optimize(Enum):
    """What a conversion may trade for size or speed."""

    DEFAULT = "DEFAULT"
    OPTIMIZE_FOR_SIZE = "OPTIMIZE_FOR_SIZE"
    OPTIMIZE_FOR_LATENCY = "OPTIMIZE_FOR_LATENCY"
    EXPERIMENTAL_SPARSITY = "EXPERIMENTAL_SPARSITY"


class OpsSet(Enum):
    """The operators that a file may use."""

    TFLITE_BUILTINS = "TFLITE_BUILTINS"
    SELECT_TF_OPS = "SELECT_TF_OPS"
    TFLITE_BUILTINS_INT8 = "TFLITE_BUILTINS_INT8"


class TargetSpec:
    """What the file is made for."""

    def __init__(self, supported_ops: Any = None, supported_types: Any = None, **others: Any) -> None:
        self.supported_ops = [OpsSet.TFLITE_BUILTINS] if supported_ops is None else supported_ops
        self.supported_types = [] if supported_types is None else supported_types
        vars(self).update(others)


class RepresentativeDataset:
    """Samples of inputs, as a function that yields them one by one."""

    def __init__(self, input_gen: Callable[[], Any]) -> None:
        self.input_gen = input_gen


@dataclass
class _Refused:
    """A file that was not frozen, for the code that it has."""

    error: CodeRefusedError
    allowed: Callable[[], Source]


class TFLiteConverter:
    """Converts to a .tflite file: make one with a from_ method, set properties, call `convert()`.

    Properties have the names and defaults of tf.lite.TFLiteConverter's. `allow_custom_ops` (False) lets ops through that
    have no builtin operator; `fuse_lstm` (False, tinylite's own) makes loops of LSTMs one operator, whose state lasts from run to
    run; `allow_code` (False, tinylite's own) lets code that a file holds run when it is frozen, with a warning: without it,
    `convert()` refuses such a file (see tinylite.freeze). `dump_graphviz_dir` gets a text file for each stage. What only concerns
    how TensorFlow's own converter works (`experimental_new_converter`, ...) changes nothing.

    tinylite's own: `input_types` {name: type} for inputs whose type the graph does not say, and `constants` {name: value} for
    placeholders that always have one value in use, such as phase_train False, and that are then not inputs.

    A fully quantized file: `inference_type` QUANTIZED_UINT8 (tf.uint8) or INT8 with `quantized_input_stats` {name: (mean, std)},
    where real = (stored - mean) / std; `default_ranges_stats` (min, max) for what has no range; `inference_input_type` and
    `inference_output_type` FLOAT, UINT8 or INT8; `change_concat_input_ranges`, `reorder_across_fake_quant`, `drop_fake_quant`,
    `allow_nudging_weights_to_use_fast_gemm_kernel` as in toco. tinylite's own: `allow_float_ops`, which leaves what cannot be
    quantized in float.

    Smaller weights: `optimizations` [Optimize.DEFAULT] or `post_training_quantize` store those of a float file as INT8, or as
    FLOAT16 with `target_spec.supported_types` [tf.float16].

    `quantizer_policy` is "toco" or "mlir", to decide as the first converter or as TF 2.21, or a tinylite.quantize.Policy
    (docs/quantization.md, docs/weights-only.md); None is toco for full quantization, mlir for weights.
    """

    def __init__(
        self, sources: Sequence[Source | _Refused], shapes: Mapping[str, Sequence[int | None] | None] | None = None, file: Any = None
    ) -> None:  # fmt: skip
        self._given = list(sources)
        self._file = file  # which no result may replace
        self._shapes = dict(shapes or {})
        self.input_types: dict[str, Any] = {}
        self.constants: dict[str, Any] = {}
        self.inference_type: Any = constants.FLOAT
        self.inference_input_type: Any = None
        self.inference_output_type: Any = None
        self.output_format: Any = constants.TFLITE
        self.quantized_input_stats: dict[str, tuple[float, float]] = {}
        self.default_ranges_stats: tuple[float, float] | None = None
        self.drop_control_dependency = True
        self.reorder_across_fake_quant = False
        self.change_concat_input_ranges = False
        self.drop_fake_quant = False
        self.allow_nudging_weights_to_use_fast_gemm_kernel = False
        self.quantizer_policy: Policy | str | None = None
        self.allow_float_ops = False
        self.allow_code = False
        self.allow_custom_ops = False
        self.fuse_lstm = False
        self.post_training_quantize = False
        self.dump_graphviz_dir: str | None = None
        self.dump_graphviz_video = False
        self.conversion_summary_dir: str | None = None
        self.optimizations: Any = []
        self.representative_dataset: Any = None
        self.target_spec = TargetSpec()
        self.experimental_new_converter = True
        self.experimental_new_quantizer = True

    # ---- making one

    @classmethod
    def from_frozen_graph(
        cls, graph_def_file: str | os.PathLike[str], input_arrays: Sequence[str] | None, output_arrays: Sequence[str] | None,
        input_shapes: Mapping[str, Sequence[int | None]] | None = None,
    ) -> TFLiteConverter:  # fmt: skip
        """From a file with a frozen GraphDef, binary or text; `input_shapes` by input name."""
        return cls([_source(graph_def_file, input_arrays, output_arrays)], input_shapes, graph_def_file)

    @classmethod
    def from_session(cls, sess: Any, input_tensors: Sequence[Any], output_tensors: Sequence[Any]) -> TFLiteConverter:
        """From a tf.compat.v1.Session, which is frozen. The shapes are those of the input tensors; names leave them to the graph."""
        return cls([_source(sess, _names(input_tensors), _names(output_tensors))], _told_shapes(input_tensors))

    @classmethod
    def from_saved_model(
        cls, saved_model_dir: str | os.PathLike[str], signature_keys: Sequence[str] | None = None, tags: Any = None, *,
        input_arrays: Sequence[str] | None = None, input_shapes: Mapping[str, Sequence[int | None]] | None = None,
        output_arrays: Sequence[str] | None = None, tag_set: Any = None, signature_key: str | None = None,
    ) -> TFLiteConverter:  # fmt: skip
        """From a SavedModel of TensorFlow 1 or 2: a graph for each of `signature_keys`."""
        keys = _each(signature_keys or signature_key)
        chosen = _each(tags or tag_set) if tags or tag_set else None
        return cls(
            [_source(saved_model_dir, input_arrays, output_arrays, signature_key=key, tags=chosen) for key in keys], input_shapes
        )  # fmt: skip

    @classmethod
    def from_keras_model(cls, model: Any) -> TFLiteConverter:
        """From a Keras model, of Keras 3 or tf_keras."""
        return cls([_source(model)])

    @classmethod
    def from_keras_model_file(
        cls, model_file: str | os.PathLike[str], input_arrays: Sequence[str] | None = None,
        input_shapes: Mapping[str, Sequence[int | None]] | None = None, output_arrays: Sequence[str] | None = None,
        custom_objects: dict[str, Any] | None = None,
    ) -> TFLiteConverter:  # fmt: skip
        """From a .keras or .h5 file with a whole model."""
        return cls([_source(model_file, input_arrays, output_arrays, custom_objects=custom_objects)], input_shapes, model_file)

    @classmethod
    def from_concrete_functions(cls, funcs: Sequence[Any], trackable_obj: Any = None) -> TFLiteConverter:
        """From concrete functions: a graph for each."""
        return cls([_source(function) for function in _each(funcs)])

    # ---- using it

    def get_input_arrays(self) -> list[str]:
        """The names of the inputs."""
        from .conversion import Arrays, guessed_inputs

        first = self._sources()[0]
        return (first.inputs or Arrays(guessed_inputs(first.graph_def))).without(self.constants).names

    def convert(self, output: str | os.PathLike[str] | None = None) -> bytes:
        """The .tflite file, which is also written to the path `output`: whole or, if the conversion is refused, not at all.

        Raises ConvertError, with all ops that cannot be expressed in TFLite or all tensors that have no range,
        UnsupportedError for what is not built, and FileError for what cannot be written.
        """
        if output is not None:
            check_not_source(output, self._file)
        content = self._content()
        if output is not None:
            path = os.fsdecode(output)
            with at(path):
                write_whole(path, [content])
        return content

    def _content(self) -> bytes:
        self._check_supported()
        models = [self._converted(source) for source in self._sources()]
        first = models[0]
        for other in models[1:]:
            first.graphs += other.graphs
            first.signatures += other.signatures
        return file_content(first, str(_name(self.output_format)))

    def _sources(self) -> list[Source]:
        """What is converted; what was refused for the code that it has is frozen once that is allowed."""
        found = []
        for source in self._given:
            if isinstance(source, _Refused):
                if not self.allow_code:
                    raise source.error
                source = source.allowed()
            found.append(source)
        self._given = list(found)
        return found

    def _converted(self, source: Source) -> Model:
        return Job(ConvertRequest(
            source, input_shapes={name: _shape(shape) for name, shape in self._shapes.items()}, input_types=self.input_types,
            constants=self.constants, types=self._types(), allow_custom_ops=self.allow_custom_ops, fuse_lstm=self.fuse_lstm,
            drop_fake_quant=self.drop_fake_quant, reorder_across_fake_quant=self.reorder_across_fake_quant, dump=self.dump_graphviz_dir,
        )).run()  # fmt: skip

    def _types(self) -> TypeFlags:
        types = {type_of(type) for type in _listed("target_spec.supported_types", self.target_spec.supported_types)}
        asked = {_name(entry) for entry in _listed("optimizations", self.optimizations)}
        _check_known("optimizations", asked, [entry.name for entry in Optimize])
        _check_known("target_spec.supported_types", types, ["FLOAT32", "FLOAT16", "INT8"])
        smaller = self.post_training_quantize or bool(asked - {"EXPERIMENTAL_SPARSITY"})
        return TypeFlags(
            self.inference_type, self.inference_input_type, self.inference_output_type, self.quantized_input_stats,
            self.default_ranges_stats, self.quantizer_policy, ("FLOAT16" if "FLOAT16" in types else "INT8") if smaller else None,
            self.allow_float_ops, self.change_concat_input_ranges, self.allow_nudging_weights_to_use_fast_gemm_kernel,
        )  # fmt: skip

    def _check_supported(self) -> None:
        if self.representative_dataset is not None:
            raise UnsupportedError(
                "quantization after training by a representative dataset is not built",
                "Leave representative_dataset None to store weights smaller, or train with tinylite.quantize.create_training_graph",
            )
        _check_known("output_format", {_name(self.output_format)}, FORMATS)
        allowed = {_name(entry) for entry in _listed("target_spec.supported_ops", self.target_spec.supported_ops)}
        _check_known("target_spec.supported_ops", allowed, [entry.name for entry in OpsSet])
        if allowed == {"SELECT_TF_OPS"}:
            raise UnsupportedError("TensorFlow's own kernels (SELECT_TF_OPS) are not part of .tflite files that run without it",
                                   "Allow TFLITE_BUILTINS, or set allow_custom_ops to see the ops in the file")  # fmt: skip
        if "SELECT_TF_OPS" in allowed:
            _log.warning("No op becomes one of SELECT_TF_OPS: those without a builtin form are errors")


def _source(*given: Any, **settings: Any) -> Source | _Refused:
    """As load_source. A file whose code nobody has allowed waits until `allow_code` can have been set."""
    try:
        return load_source(*given, **settings)
    except CodeRefusedError as error:
        return _Refused(error, partial(load_source, *given, **settings, allow_code=True))


def _listed(what: str, given: Any) -> list[Any]:
    """The entries of a setting that is a list or a set; None has none."""
    if isinstance(given, str) or not isinstance(given, Iterable | None):
        raise ConvertError(f"{what} is {given!r}", "Give a list")
    return list(given or ())


def _check_known(what: str, given: set[str | None], known: Sequence[str]) -> None:
    if unknown := [str(entry) for entry in given if entry not in known]:
        raise ConvertError(f"{what} has {', '.join(sorted(unknown))}, which is not built", f"There are: {', '.join(known)}")


def _name(setting: Any) -> str | None:
    """A type or format however it is given: a name, a tf.DType, a numpy type, an enum."""
    if setting is None:
        return None
    if isinstance(setting, type) and issubclass(setting, np.generic):
        return np.dtype(setting).name.upper()
    return str(getattr(setting, "name", setting)).upper()


def _each(given: Any) -> list[Any]:
    """The members of a list; a tensor, a name or a function by itself is a list of one."""
    alone = given is None or isinstance(given, str) or hasattr(given, "name") or callable(given)
    return [given] if alone else list(given)


def _names(tensors: Any) -> list[str]:
    """Of tensors, or of what are names already."""
    return [str(getattr(tensor, "name", tensor)) for tensor in _each(tensors)]


def _told_shapes(tensors: Any) -> dict[str, list[int | None]]:
    """The shapes that tensors have, by name, as far as they are known."""
    shapes = {str(getattr(tensor, "name", tensor)): getattr(tensor, "shape", None) for tensor in _each(tensors)}
    return {name: shape.as_list() for name, shape in shapes.items() if shape is not None and shape.rank is not None}


def _shape(shape: Sequence[int | None] | None) -> tuple[int, ...] | None:
    return None if shape is None else tuple(-1 if size is None else int(size) for size in shape)


# Settings of toco_convert that change nothing, and why.
_OF_TOCO = {
    "input_format": "the content tells what is given",
    "allow_nonexistent_arrays": "names that the graph does not have are errors",
    "debug_info": "errors name the nodes",
    "enable_mlir_converter": "there is one converter",
    "unfold_batchmatmul": "BATCH_MATMUL is an operator that runs as it is",
    "allow_bfloat16": "graphs in BFLOAT16 are converted to FLOAT32",
    "accumulation_type": "kernels add FLOAT16 weights up in FLOAT32",
}


def toco_convert(input_data: Any, input_tensors: Sequence[Any], output_tensors: Sequence[Any], **settings: Any) -> bytes:
    """The .tflite file of a GraphDef message (or of a session) whose input and output tensors are given.

    `settings` are properties of TFLiteConverter, and `input_shapes` and `input_data_types`, a shape and a type for each input;
    `quantized_input_stats` may be a list with a pair for each input. `quantize_to_float16` and `target_ops` are those of
    toco. Raises what `convert` raises.
    """
    names = [_names(tensors) for tensors in (input_tensors, output_tensors)]
    stats = settings.get("quantized_input_stats")
    if stats is not None and not isinstance(stats, Mapping):
        if len(stats) != len(names[0]):
            raise ConvertError(
                f"{len(stats)} pairs of mean and std are given for {len(names[0])} inputs", f"The inputs are {', '.join(names[0])}"
            )
        settings["quantized_input_stats"] = dict(zip(names[0], stats, strict=True))
    shapes = settings.pop("input_shapes", None)
    given: dict[str, Any] = _told_shapes(input_tensors)
    if shapes is not None:
        given = {name: shape for name, shape in zip(names[0], shapes, strict=True) if shape is not None}
    converter = TFLiteConverter([_source(input_data, *names)], given)
    types = settings.pop("input_data_types", None)
    if types is not None:
        converter.input_types = dict(zip(names[0], types, strict=True))
    if settings.pop("quantize_to_float16", False):
        converter.post_training_quantize, converter.target_spec.supported_types = True, ["FLOAT16"]
    converter.target_spec.supported_ops = settings.pop("target_ops", None) or converter.target_spec.supported_ops
    for name, value in settings.items():
        if name in _OF_TOCO:
            if value not in (None, False, []):
                _log.warning("%s=%r has no effect: %s", name, value, _OF_TOCO[name])
            continue
        if not hasattr(converter, name):
            raise ConvertError(
                f"there is no setting {name!r}", f"There are: {', '.join(sorted(n for n in vars(converter) if n[0] != '_'))}"
            )
        setattr(converter, name, value)
    return converter.convert()
