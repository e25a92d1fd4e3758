"""The quantization that tf.lite's converters are asked for, as settings of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ConvertError, UnsupportedError
from ..model import Model, Op, Tensor
from ..quantize.config import FullIntegerQuantization, WeightQuantization
from ..quantize.full_integer import quantize_model
from ..quantize.parameters import choose
from ..quantize.policy import Policy
from ..quantize.range_sources.input_stats import input_ranges
from ..quantize.ranges import pair
from ..quantize.weights import quantize_weights

__all__ = ["Target", "integer_inputs", "target", "type_of"]

_TYPES = {"FLOAT": "FLOAT32", "QUANTIZED_UINT8": "UINT8", "QUANTIZED_INT8": "INT8", "QUANTIZED_INT16": "INT16"}


def type_of(setting: Any) -> str | None:
    """A tensor type however it is given: a name, a tf.DType, a numpy type, an enum; None stays None."""
    if setting is None:
        return None
    if isinstance(setting, type) and issubclass(setting, np.generic):
        setting = np.dtype(setting).name
    name = str(getattr(setting, "name", setting)).upper()
    return _TYPES.get(name, name)


@dataclass(frozen=True)
class Target:
    """What the file is to be: of which `quantization`, or float.

    `input_type` UINT8 or INT8 and `input_stats` let a float file take integers.
    """

    quantization: FullIntegerQuantization | WeightQuantization | None = None
    input_type: str | None = None
    input_stats: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def full_integer(self) -> FullIntegerQuantization | None:
        return self.quantization if isinstance(self.quantization, FullIntegerQuantization) else None

    @property
    def weights(self) -> WeightQuantization | None:
        return self.quantization if isinstance(self.quantization, WeightQuantization) else None

    def finished(self, model: Model) -> Model:
        """A model as a conversion returns it, which has seen to full quantization itself."""
        if self.full_integer is not None:
            return model
        if self.weights is not None:
            model = quantize_weights(model, self.weights)
        if self.input_type in ("UINT8", "INT8"):
            integer_inputs(model, self.input_type, self.input_stats)
        elif self.input_type not in (None, "FLOAT32") and any(tensor.type == "FLOAT32" for tensor in model.graph.inputs):
            raise UnsupportedError(f"inputs of type {self.input_type} are not built for floats", "There are: FLOAT, UINT8, INT8")
        return model

    def of_float_model(self, model: Model) -> Model:
        """The same for a float model that was read from a file."""
        return quantize_model(model, self.full_integer) if self.full_integer is not None else self.finished(model.copy())


def target(
    inference_type: Any, input_type: Any = None, output_type: Any = None, *, input_stats: Mapping[str, Any] | None = None,
    default_range: Sequence[float] | None = None, policy: Policy | str | None = None, store: str | None = None, **others: Any,
) -> Target:  # fmt: skip
    """All settings of a conversion, in one object.

    `policy` None is toco for full quantization and mlir for weights; `store` is the type of a float file's weights, INT8 or FLOAT16;
    `others` are settings of FullIntegerQuantization. Raises ConvertError for values that are none, UnsupportedError for types that are
    not built.
    """
    type, ends = type_of(inference_type) or "FLOAT32", type_of(input_type)
    stats = {} if input_stats is None else input_stats
    if type == "FLOAT32":
        if (wanted := type_of(output_type)) not in (None, "FLOAT32"):
            raise ConvertError(
                f"outputs of type {wanted} are asked of a float file, which has none", "Give inference_type, too, or leave it out"
            )
        return Target(None if store is None else WeightQuantization(store, policy=policy or "mlir"), ends, stats)
    if type not in ("UINT8", "INT8"):
        raise UnsupportedError(f"inference_type is {type}, which is not built", "There are: FLOAT, QUANTIZED_UINT8 (UINT8), INT8")
    empty = default_range is None or (isinstance(default_range, Sequence) and not default_range)
    default = None if empty else pair("the default range", default_range)
    return Target(
        FullIntegerQuantization(type, policy or "toco", stats, default, input_type=ends, output_type=type_of(output_type), **others),
        input_stats=stats,
    )


def integer_inputs(model: Model, type: str, stats: Mapping[str, Any]) -> None:
    """Make a float model take integers, which a DEQUANTIZE converts first: real = (stored - mean) / std."""
    graph = model.graph
    given = {id(tensor): range for tensor, range in input_ranges(graph.inputs, stats, type)}
    for place, real in enumerate(graph.inputs):
        if real.type != "FLOAT32":
            continue
        if id(real) not in given:
            raise ConvertError(f"mean and std are not given for input {real.name!r}", "Give quantized_input_stats={name: (mean, std)}")
        parameters = choose(given[id(real)], type, user_specified=True)
        made = Tensor(real.name, real.shape, type, None, parameters.quantization(), real.shape_signature, has_rank=real.has_rank)
        real.name = f"{real.name}_dequantized"
        graph.inputs[place] = made
        graph.ops.insert(0, Op("DEQUANTIZE", [made], [real], version=2 if type == "INT8" else 1))
        for signature in model.signatures:
            signature.inputs = {key: made if tensor is real else tensor for key, tensor in signature.inputs.items()}
