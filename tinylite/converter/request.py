"""What a conversion is asked for: one object that `tinylite.convert`, TFLiteConverter and the command line fill in and hand over."""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ..errors import SettingError, quoted

if TYPE_CHECKING:
    from ..quantize.config import FullIntegerQuantization, WeightQuantization
    from ..quantize.policy import Policy
    from .target import Target

__all__ = ["FORMATS", "ByInput", "ConvertRequest", "Progress", "TypeFlags", "by_input"]

T = TypeVar("T")
Progress = Callable[[str, int, int], None]
ByInput = Mapping[str, T] | Sequence[T]
FORMATS = ("TFLITE", "GRAPHVIZ_DOT")


@dataclass(frozen=True)
class TypeFlags:
    """The types of a file, as toco's flags and tf.lite's properties say them.

    inference_type         the type of arithmetic and weights: FLOAT, or for a fully quantized file QUANTIZED_UINT8 or INT8
    inference_input_type   the type of the inputs that are floats in the graph; None is inference_type
    inference_output_type  the same of the outputs
    input_stats            (mean, std) by input name, for all inputs in order, or one pair for all: real = (stored - mean) / std
    default_range          (min, max) for what has no range
    quantizer_policy       "toco", "mlir" or a tinylite.quantize.Policy; None is toco for full quantization and mlir for weights
    stored_weights         the type that a float file stores its weights in: INT8 or FLOAT16; None leaves them as they are
    allow_float_ops        leaves in float what has no quantized kernel or no range
    change_concat_inputs   sets the ranges of a concatenation's inputs to its output's
    nudge_weights          lets weights of 0 that are too near to one another be 1

    Types are names, numpy types or tf.DTypes.
    """

    inference_type: Any = "FLOAT"
    inference_input_type: Any = None
    inference_output_type: Any = None
    input_stats: ByInput[tuple[float, float]] = field(default_factory=dict)
    default_range: Sequence[float] | None = None
    quantizer_policy: Policy | str | None = None
    stored_weights: str | None = None
    allow_float_ops: bool = False
    change_concat_inputs: bool = False
    nudge_weights: bool = False

    def target(self, types: Mapping[str, str | None], given_types: ByInput[Any]) -> Target:
        """These flags for inputs of these names and types. Types given for inputs that are floats are those of the file's inputs."""
        from .target import target

        return target(
            self.inference_type, self.inference_input_type or _integers_for_floats(types, given_types), self.inference_output_type,
            input_stats=by_input("input_stats", list(types), self.input_stats), default_range=self.default_range,
            policy=self.quantizer_policy, store=self.stored_weights, allow_float_ops=self.allow_float_ops,
            change_concat_inputs=self.change_concat_inputs, nudge_weights=self.nudge_weights,
        )  # fmt: skip


@dataclass(frozen=True)
class ConvertRequest:
    """A conversion to a .tflite model: what is converted, how it is read, and what the file is to be.

    What is converted:

    source         a path (frozen GraphDef as .pb or .pbtxt, SavedModel, Keras file, GraphDef with `checkpoint`, float .tflite file to be
                   quantized), a GraphDef message or its bytes, a tf.Graph, session, Keras model, tf.function or concrete function, a
                   Model, or the result of `tinylite.freeze`. A frozen GraphDef and a .tflite file need no TensorFlow
    inputs         names of tensors ("x", "split:1"); None for those of the signature, or the placeholders that are read
    outputs        the same; None for those of the signature, or the nodes that nothing reads
    input_shapes   shapes by input name, or for all in order; None or -1 for a dimension that may vary
    input_types    types by input name, for all in order, or one for all, where the graph does not say of which type an input is
    constants      values by name, for placeholders or other tensors that are always the same in use; they are not inputs then
    batch_size     a size for every first dimension that is unknown; -1 leaves the first dimension of every input open

    How it is read:

    checkpoint     the checkpoint of a GraphDef that is not frozen
    signature_key  which signature of a SavedModel
    tags           the tags of a SavedModel's graph
    custom_objects Keras's custom objects, by name
    allow_code     lets code that a file holds run while it is frozen (see tinylite.freeze), with a warning

    What the file is to be:

    quantization   a tinylite.quantize.FullIntegerQuantization: a fully quantized file; or a WeightQuantization: a float file whose
                   weights are stored smaller
    types          a TypeFlags, which says both in toco's words, instead of it
    allow_custom_ops     lets ops through that have no builtin operator, as custom operators with their attributes
    custom_op_names      the ops that may be custom operators, besides
    fuse_lstm            makes loops of LSTMs one operator, whose state lasts from run to run until the interpreter resets its variables
    drop_fake_quant      leaves FakeQuants out; a quantized file still takes their ranges
    reorder_across_fake_quant      lets ops be merged across FakeQuants in unusual places
    propagate_fake_quant_num_bits  refuses FakeQuants of another width than 8 bits, which are converted to 8 bits otherwise
    allow_dynamic_tensors          if False, a shape that is only known in a run is an error

    Where it goes:

    output         a path to write the file at: whole or, if the conversion is refused, not at all
    output_format  what is written there: TFLITE, or GRAPHVIZ_DOT
    dump           a directory that gets a text file for each stage

    A name by itself is a list of one. Raises SettingError for a field that has another type, and for fields that exclude one another.
    """

    source: Any
    inputs: Sequence[str] | str | None = None
    outputs: Sequence[str] | str | None = None
    _: KW_ONLY
    input_shapes: ByInput[Sequence[int | None] | None] | None = None
    input_types: ByInput[Any] | None = None
    constants: Mapping[str, Any] | None = None
    batch_size: int | None = None
    checkpoint: str | os.PathLike[str] | None = None
    signature_key: str | None = None
    tags: Iterable[str] | str | None = None
    custom_objects: dict[str, Any] | None = None
    allow_code: bool = False
    quantization: FullIntegerQuantization | WeightQuantization | None = None
    types: TypeFlags | None = None
    allow_custom_ops: bool = False
    custom_op_names: Iterable[str] = ()
    fuse_lstm: bool = False
    drop_fake_quant: bool = False
    reorder_across_fake_quant: bool = False
    propagate_fake_quant_num_bits: bool = False
    allow_dynamic_tensors: bool = True
    output: str | os.PathLike[str] | None = None
    output_format: str = "TFLITE"
    dump: str | os.PathLike[str] | None = None

    def __post_init__(self) -> None:
        for name in ("inputs", "outputs", "tags", "custom_op_names"):
            value = getattr(self, name)
            if isinstance(value, str):  # one name by itself
                object.__setattr__(self, name, [value])
            elif isinstance(value, bytes) or not isinstance(value, Iterable | None):
                raise SettingError(f"{name} is {quoted(value)}", f"Give a list, as {name}=[{quoted(value)}]")
        for name in ("input_shapes", "input_types"):
            value = getattr(self, name)
            if isinstance(value, (str, bytes)) or not isinstance(value, Mapping | Sequence | None):
                raise SettingError(f"{name} is {quoted(value)}", "Give a dictionary by input name, or a list for all inputs in order")
        if not isinstance(self.constants, Mapping | None):
            raise SettingError(f"constants is {quoted(self.constants)}", "Give a dictionary of values by name")
        self._check_batch_size()
        self._check_types()
        if self.output_format not in FORMATS:
            raise SettingError(f"output_format is {quoted(self.output_format)}", f"There are: {', '.join(FORMATS)}")

    def _check_batch_size(self) -> None:
        if self.batch_size is None:
            return
        try:
            size = operator.index(self.batch_size)
        except TypeError:
            size = 0
        if size != -1 and not 0 < size < 2**31:
            raise SettingError(f"batch_size is {quoted(self.batch_size)}", "Give a number from 1, or -1 to leave it open")

    def _check_types(self) -> None:
        """The types of the file: each object is of its class, and only one says what they are."""
        from ..quantize.config import FullIntegerQuantization, WeightQuantization

        kinds = (FullIntegerQuantization, WeightQuantization)
        for name, wanted in (("quantization", kinds), ("types", (TypeFlags,))):
            value = getattr(self, name)
            if value is not None and not isinstance(value, wanted):
                remedy = " or a ".join(f"{each.__module__.removesuffix('.config')}.{each.__name__}" for each in wanted)
                raise SettingError(f"{name} is {quoted(value)}", f"Give a {remedy}")
        if self.quantization is not None and self.types is not None:
            raise SettingError("quantization and types are given, which exclude one another", "Give one")

    def target(self, types: Mapping[str, str | None]) -> Target:
        """What the file is to be, for inputs of these names and types. Raises SettingError, ConvertError and UnsupportedError."""
        from .target import Target

        given = self.input_types or {}
        by_input("input_types", list(types), given)
        return Target(self.quantization) if self.types is None else self.types.target(types, given)


def by_input(what: str, names: Sequence[str], given: ByInput[T]) -> Mapping[str, T]:
    """What is given by name as it is; else by the names, for all inputs in order or the same for all. Raises SettingError."""
    if isinstance(given, Mapping) or not given:
        return given if isinstance(given, Mapping) else {}
    if isinstance(given, (str, bytes)) or not isinstance(given, Sequence):
        raise SettingError(f"{what} is {quoted(given)}", "Give a dictionary by input name, or a list for all inputs in order")
    values = list(given) * (len(names) if len(given) == 1 else 1)
    if len(values) != len(names):
        raise SettingError(
            f"{len(given)} {what} are given for {len(names)} inputs: {', '.join(names)}", "Give one for each, or one for all"
        )
    return dict(zip(names, values, strict=True))


def _integers_for_floats(types: Mapping[str, str | None], given: ByInput[Any]) -> str | None:
    """The 8-bit type that is given for inputs that are floats in the graph. Raises SettingError if there are several."""
    from .target import type_of

    asked = by_input("input_types", list(types), given)
    found = {str(type_of(type)) for name, type in asked.items() if types.get(name) == "FLOAT32"} & {"UINT8", "INT8"}
    if len(found) > 1:
        raise SettingError(f"inputs are to be {' and '.join(sorted(found))}", "All that are floats in the graph have one type in the file")
    return next(iter(found), None)
