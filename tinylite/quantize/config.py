"""What a quantized model is asked to be: the two kinds of quantization, and their settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..errors import ConvertError, UnsupportedError, quoted
from .policy import Policy, policy_of

if TYPE_CHECKING:
    from .ranges import RangeSource

__all__ = ["FullIntegerQuantization", "WeightQuantization"]

_Class = type  # whose name the settings below have, too
_BYTES = ("UINT8", "INT8")
_STORED = ("INT8", "FLOAT16")


@dataclass(frozen=True)
class FullIntegerQuantization:
    """A model that computes on 8-bit integers.

    type                   "UINT8" or "INT8", of weights and activations
    policy                 a Policy or its name, "toco" or "mlir": how is decided what quantizers do differently
    input_stats            (mean, std) of inputs by name: real = (stored - mean) / std
    default_range          (low, high) for tensors without a range, for experiments
    input_type, output_type  the types of the graph's real inputs and outputs: "UINT8", "INT8" or "FLOAT32"; None: `type`
    change_concat_inputs   let all inputs of a CONCATENATION have the output's range, so that it only copies
    allow_float_ops        leave in float, between DEQUANTIZE and QUANTIZE, ops without a quantized kernel or without ranges
    nudge_weights          let weights that are 0 too near to one another for LiteRT's fast uint8 kernels be 1
    range_sources          further RangeSources, asked in order for what FakeQuants and input_stats leave open
    """

    type: str = "UINT8"
    policy: Policy | str = "toco"
    input_stats: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    default_range: tuple[float, float] | None = None
    input_type: str | None = None
    output_type: str | None = None
    change_concat_inputs: bool = False
    allow_float_ops: bool = False
    nudge_weights: bool = False
    range_sources: Sequence[RangeSource] = ()

    def __post_init__(self) -> None:
        policy_of(self.policy)
        ends = (*_BYTES, "FLOAT32")
        for what, type, allowed in (("models", self.type, _BYTES), ("inputs", self.input_type, ends), ("outputs", self.output_type, ends)):
            if type is not None and type not in allowed:
                raise ConvertError(f"{what} of type {type} are not built for 8-bit quantization", f"There are: {', '.join(allowed)}")
        if not isinstance(self.range_sources, Sequence):
            raise ConvertError(f"range_sources is {quoted(self.range_sources)}", "Give a list of sources of ranges")
        for source in self.range_sources:
            if isinstance(source, _Class) or not callable(getattr(source, "provide", None)):
                raise ConvertError(
                    f"{quoted(source)} is not a source of ranges",
                    "Give objects with a method provide(ranges), which calls ranges.set_if_missing(tensor, Range(low, high))",
                )

    @property
    def decisions(self) -> Policy:
        """The policy itself."""
        return policy_of(self.policy)

    @property
    def keeps_float(self) -> bool:
        """Whether what cannot be quantized stays in float."""
        return self.allow_float_ops or self.decisions.leftovers == "float"


@dataclass(frozen=True)
class WeightQuantization:
    """A float model whose weights are stored smaller.

    type            "INT8", symmetric in -127..127, or "FLOAT16"
    per_channel     whether INT8 weights have a scale for each filter, where a kernel knows that; else one each
    least_elements  smaller INT8 weights stay float: they save little
    policy          a Policy or its name: "mlir" as TF 2.21 does it, or "toco" as 1.15 did: fewer operators, one scale, inputs without
                    a zero point
    """

    type: str = "INT8"
    per_channel: bool = True
    least_elements: int = 1024
    policy: Policy | str = "mlir"

    def __post_init__(self) -> None:
        policy_of(self.policy)
        if self.type not in _STORED:
            raise UnsupportedError(f"weights cannot be stored as {self.type}", f"There are: {', '.join(_STORED)}")
        if self.least_elements < 0:
            raise ConvertError(f"least_elements is {self.least_elements}", "Give 0 or more")

    @property
    def decisions(self) -> Policy:
        """The policy itself."""
        return policy_of(self.policy)
