"""Operator versions: the lowest that says what an op needs, as LiteRT counts them (op_version.cc).

A version is a promise to old runtimes: one that does not know it refuses the file, instead of running it wrongly.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...model import Op, Tensor

__all__ = ["Versions", "broadcasts_widely", "input_type", "is_per_channel", "names_bias_type", "of_int16", "option", "output_type"]


@dataclass(frozen=True)
class Versions:
    """What the versions of an operator add, and which runtimes have them. A version that nothing here asks for is never given.

    runtimes  the first TensorFlow Lite runtime with version 1, 2, ... (LiteRT's runtime_version.cc); - for one that was withdrawn
    types     the version by the type of the first input
    other     the same of another input: its number, and the version by its type
    ranks     the version by the number of dimensions of the first input, from which on it is needed
    weights   the version by the types of the first input, the second input and the output, with spaces between them
    hybrid    for 8-bit weights on floats: the input with the weights, the version, and the version with asymmetric inputs
    """

    runtimes: str = ""
    types: Mapping[str, int] = field(default_factory=dict)
    other: tuple[int, Mapping[str, int]] | None = None
    ranks: Mapping[int, int] = field(default_factory=dict)
    weights: Mapping[str, int] = field(default_factory=dict)
    hybrid: tuple[int, int, int] | None = None

    def needed(self, op: Op) -> int:
        """The lowest version that has what an op uses."""
        return max(self._needed(op))

    def runtime(self, version: int) -> str | None:
        """The first runtime that has a version, like "2.5.0"; None if it is not known."""
        known = self.runtimes.split()
        return known[version - 1] if 0 < version <= len(known) and known[version - 1] != "-" else None

    def _needed(self, op: Op) -> Iterator[int]:
        known = self.runtimes.split()
        yield 1 + next((number for number, runtime in enumerate(known) if runtime != "-"), 0)
        if not op.inputs:
            return
        yield self.types.get(input_type(op, 0), 1)
        if self.other is not None:
            place, versions = self.other
            yield versions.get(input_type(op, place), 1)
        first = op.inputs[0]
        yield from (version for rank, version in self.ranks.items() if first is not None and len(first.shape) >= rank)
        yield self.weights.get(f"{input_type(op, 0)} {input_type(op, 1)} {output_type(op)}", 1)
        if self.hybrid is not None:
            place, symmetric, asymmetric = self.hybrid
            if (input_type(op, 0), input_type(op, place), output_type(op)) == ("FLOAT32", "INT8", "FLOAT32"):
                yield asymmetric if option(op, "asymmetric_quantize_inputs") else symmetric


def input_type(op: Op, place: int) -> str:
    """The type of an input; empty if there is none."""
    return _type(op.inputs[place] if place < len(op.inputs) else None)


def output_type(op: Op) -> str:
    """The type of the first output."""
    return _type(op.outputs[0] if op.outputs else None)


def _type(tensor: Tensor | None) -> str:
    name = "" if tensor is None else str(tensor.type)
    return "FLOAT8" if name.startswith("FLOAT8") else name


def option(op: Op, name: str) -> Any:
    """An option of an op; None if it has no options."""
    return getattr(op.options, name, None) if op.options is not None else None


def is_per_channel(tensor: Tensor | None) -> bool:
    """Whether a tensor has a scale for each channel."""
    return tensor is not None and tensor.quantization is not None and tensor.quantization.per_channel


def broadcasts_widely(op: Op) -> bool:
    """Whether an op broadcasts inputs of more than four dimensions."""
    shapes = [tensor.shape for tensor in op.inputs if tensor is not None]
    return shapes[0] != shapes[1] and max(map(len, shapes)) > 4


def names_bias_type(op: Op, data: int = 0) -> bool:
    """Whether a layer on INT16 data, input `data`, with INT8 weights says the type of its bias."""
    types = input_type(op, data), input_type(op, 1), output_type(op)
    return types == ("INT16", "INT8", "INT16") and option(op, "quantized_bias_type") not in (None, "FLOAT32", 0)


def of_int16(op: Op, plain: int, quantized: int) -> int:
    """The version of an op that takes INT16 both as plain numbers and as quantized ones; 1 for other types."""
    if input_type(op, 0) != "INT16":
        return 1
    return quantized if any(tensor is not None and tensor.quantization is not None for tensor in op.inputs) else plain
