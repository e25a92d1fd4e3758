"""The types of tensors inside a TensorFlow graph, which only the ops that make them say, and what the ops call them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from ..files.graphdef import QUANTIZED, Function
from ..schema.graphdef import DATA_TYPES
from ..schema.tf_outputs import OUTPUTS

__all__ = ["output_place", "output_type", "output_types", "plain_type"]

_TYPES = set(DATA_TYPES.values())
T = TypeVar("T", bound="str | None")
# More outputs than any node has: a graph that says so is damaged.
_MOST = 1 << 16


def output_type(op: str, attributes: Mapping[str, Any], index: int, functions: Mapping[str, Function] | None = None) -> str | None:
    """The type of a node's output, or None where neither the op nor its attributes say it."""
    if functions and op in functions:
        results = functions[op].results
        return plain_type(results[index][1]) if index < len(results) else None
    if op in OUTPUTS:
        for _, first, types in _placed(op, attributes):
            if index < first + len(types):
                return plain_type(types[index - first])
        return None
    for name in ("dtype", "T", "Tout", "output_types", "component_types"):
        value = attributes.get(name)
        if isinstance(value, list) and index < len(value):
            value = value[index]
        if isinstance(value, str) and value in _TYPES:
            return plain_type(value)
    return None


def output_types(op: str, attributes: Mapping[str, Any]) -> list[str | None]:
    """The types of all outputs of a node; of one if nothing says how many there are."""
    if op not in OUTPUTS:
        return [output_type(op, attributes, 0)]
    return [plain_type(type) for _, _, types in _placed(op, attributes) for type in types]


def output_place(op: str, attributes: Mapping[str, Any], name: str) -> int:
    """The number of the first of a node's outputs that its op calls `name`."""
    return next((first for called, first, _ in _placed(op, attributes) if called == name), 0) if op in OUTPUTS else 0


def _placed(op: str, attributes: Mapping[str, Any]) -> Iterator[tuple[str, int, list[str | None]]]:
    """The outputs of an op in the table: the name, the number of the first that it is for, and the types of all of them."""
    place = 0
    for name, form in OUTPUTS[op]:
        many, star, type = form.partition("*")
        if star and not type:
            value = attributes.get(many)
            types = [kind if isinstance(kind, str) else None for kind in value] if isinstance(value, list) else []
        else:
            count = attributes.get(many, 1) if star else 1
            whole = isinstance(count, int) and 0 <= count <= _MOST
            types = [_named(type if star else many, attributes)] * (count if whole else 0)
        yield name, place, types
        place += len(types)


def _named(form: str, attributes: Mapping[str, Any]) -> str | None:
    """A type itself, or the one that an attribute names."""
    name, _, default = form.partition("=")
    if name in _TYPES:
        return name
    value = attributes.get(name, default or "FLOAT32")
    return value if isinstance(value, str) else None


def plain_type(type: T) -> T | str:
    """Numbers of TensorFlow's quantized types are plain integers in a .tflite file; other types, and None, stay what they are."""
    return type if type is None else QUANTIZED.get(type, type)
