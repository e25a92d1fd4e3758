"""An operator's options as lines write them: name=value, and short forms of what everybody writes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...errors import nearest
from ...model import options_table
from ...ops.common.custom_options import numbers
from ...ops.common.operator import Node, Operator
from ...schema.fields import Field, Kind
from ...schema.table import Table, fields_of
from ...schema.tables import ENUMS
from .tensors import number_text
from .tokens import Token, refuse

__all__ = ["FLAGS", "SIZES", "coupled_types", "option_fields", "option_words", "read_words", "usual_options"]

# What a letter with sizes after it sets: those of the fields that the operator has, in this order.
SIZES = {
    "k": ("filter_height", "filter_width"),
    "s": ("stride_d", "stride_h", "stride_w"),
    "d": ("dilation_d_factor", "dilation_h_factor", "dilation_w_factor"),
    "m": ("depth_multiplier",),
}
# Words about a layer's weights and biases, which no option is about.
FLAGS = ("bias", "nobias", "per-tensor", "per-channel")
_TYPES = "TensorType"
_MOST = 65_536  # numbers of an option


def option_fields(operator: Operator) -> dict[str, Field]:
    """The options of a builtin operator that a line can write, by name."""
    table = options_table(operator.code)
    fields = fields_of(table) if table is not None else {}
    kinds = (Kind.SCALAR, Kind.ENUM, Kind.VECTOR, Kind.STRING)
    return {name: field for name, field in fields.items() if field.kind in kinds and field.index_of is None}


def usual_options(operator: Operator) -> dict[str, Any]:
    """What options are that a line leaves out, where that is not the format's default: strides are 1."""
    fields = option_fields(operator)
    return {**{name: 1 for name in SIZES["s"] if name in fields}, **operator.usual_options}


def coupled_types(operator: Operator, inputs: Sequence[str], outputs: Sequence[str]) -> dict[str, str]:
    """The options that repeat the type of the first input or of the last output."""
    found = {}
    for name, field in option_fields(operator).items():
        parts = set(name.split("_"))
        if field.type == _TYPES and parts & {"out", "output"} and outputs:
            found[name] = outputs[-1]
        elif field.type == _TYPES and parts & {"in", "input"} and inputs:
            found[name] = inputs[0]
    return found


def _words(operator: Operator) -> dict[str, tuple[str, Any]]:
    """The words that set an option by themselves: values of enums, and the names of those that are true or false."""
    found: dict[str, tuple[str, Any]] = {}
    for name, field in option_fields(operator).items():
        if field.kind is Kind.ENUM and field.type != _TYPES:
            found.update((value.lower(), (name, value)) for value in ENUMS[field.type][1])
        elif field.type == "?":
            found[name] = (name, True)
    return found


def read_words(operator: Operator, words: Sequence[Token]) -> tuple[dict[str, Any], set[str]]:
    """The options that words set, and those of FLAGS that are among them. Raises SettingError."""
    fields, short = option_fields(operator), _words(operator)
    options: dict[str, Any] = {}
    flags: set[str] = set()
    for token in words:
        name, mark, value = token.text.partition("=")
        name = name.lower()
        sizes = re.fullmatch(r"([a-z])([0-9]{1,9}(?:x[0-9]{1,9})*)", name)
        if mark:
            found = {name: _value(operator, fields, token, name, value)}
        elif name in short:
            found = dict([short[name]])
        elif sizes and sizes[1] in SIZES:
            found = _sizes(fields, operator, token, sizes[1], sizes[2])
        elif name in FLAGS and operator.layer is not None:
            found = {}
            against = {flag for flag in flags if flag.removeprefix("no") == name.removeprefix("no") or {flag, name} <= set(FLAGS[2:])}
            if against:
                refuse(token, f"comes after {min(against)!r}", "Write one of them")
            flags.add(name)
        else:
            known = [*short, *(f"{each}=" for each in (*fields, *operator.custom_options)), *(FLAGS if operator.layer is not None else ())]
            refuse(token, f"is not an option of {operator.code}", nearest(name, known) or _known(known))
        for option in found.keys() & options.keys():
            refuse(token, f"sets {option} again", "Write it once")
        options.update(found)
    return options, flags


def _known(known: Sequence[str]) -> str:
    return f"It has {', '.join(known)}" if known else "It has none"


def _sizes(fields: Mapping[str, Field], operator: Operator, token: Token, letter: str, text: str) -> dict[str, int]:
    names = [name for name in SIZES[letter] if name in fields]
    sizes = [int(size) for size in text.split("x")]
    if not names:
        refuse(token, f"sets {SIZES[letter][-1]}, which {operator.code} does not have", _known([f"{each}=" for each in fields]))
    if len(sizes) not in (1, len(names)) or max(sizes) >= 1 << 31:
        refuse(token, f"does not set {', '.join(names)}", f"Write {letter}2 for all of them, or {letter}{'x'.join('2' * len(names))}")
    return dict(zip(names, sizes * (len(names) if len(sizes) == 1 else 1), strict=True))


def _value(operator: Operator, fields: Mapping[str, Field], token: Token, name: str, text: str) -> Any:
    if name in operator.custom_options:
        return _number(token, text, whole=bool(re.fullmatch(r"[-+]?[0-9]+|true|false", text)), low=-(1 << 63), high=(1 << 63) - 1)
    if name not in fields:
        known = [f"{each}=" for each in (*fields, *operator.custom_options)]
        refuse(token, f"sets an option that {operator.code} does not have", nearest(name, known) or _known(known))
    field = fields[name]
    if field.kind is Kind.ENUM:
        names = {value.lower(): value for value in ENUMS[field.type][1]}
        if text.lower() not in names:
            refuse(token, f"has {text[:40]!r} as its value", nearest(text, names) or f"There are {', '.join(list(names)[:30])}")
        return names[text.lower()]
    if field.kind is Kind.STRING:
        return text
    if field.type == "?":
        if text.lower() not in ("true", "false", "0", "1"):
            refuse(token, f"has {text[:40]!r} where true or false is wanted", f"Write {name} alone for true")
        return text.lower() in ("true", "1")
    dtype = np.dtype(field.type)
    limits = np.iinfo(dtype) if dtype.kind in "iu" else None
    low, high = (int(limits.min), int(limits.max)) if limits is not None else (0, 0)
    if field.kind is Kind.SCALAR:
        return _number(token, text, limits is not None, low, high)
    parts = text[1:-1].split(",") if text != "[]" else []
    if not (text.startswith("[") and text.endswith("]")) or len(parts) > _MOST:
        refuse(token, f"has {text[:40]!r} where a list is wanted", f"Write {name}=[1,2]")
    numbers = (_number(token, part, limits is not None, low, high) for part in parts)
    return tuple(float(np.float32(number)) if field.type == "<f4" else number for number in numbers)


def _number(token: Token, text: str, whole: bool, low: int, high: int) -> int | float:
    pattern = r"[-+]?[0-9]{1,19}" if whole else r"[-+]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?|inf|nan)"
    if whole and text in ("true", "false"):
        return int(text == "true")
    if len(text) > 60 or not re.fullmatch(pattern, text):
        refuse(token, f"has {text[:40]!r} where a {'whole number' if whole else 'number'} is wanted", "Write one such as 2")
    if not whole:
        number = float(text)
        if math.isfinite(number) and abs(number) > float(np.finfo(np.float32).max):
            refuse(token, f"has {text[:40]!r}, which no float32 holds", "Write a smaller number")
        return number
    if not low <= int(text) <= high:
        refuse(token, f"has {text[:40]!r}, which is not within {low} to {high}", "Write another number")
    return int(text)


def option_words(operator: Operator, options: Table, expected: Mapping[str, Any]) -> list[str]:
    """The words for the options of an op that are not as `expected`, or else as the format has them; padding always.

    Raises LookupError for an option that a line cannot write.
    """
    fields = option_fields(operator)
    there = dict(options.items())
    # What each differs from; a vector's default is None.
    left = {name: value for name, value in there.items() if not _equal(value, expected.get(name, fields_of(options.table)[name].default))}
    if "padding" in there:
        left["padding"] = there["padding"]
    words = []
    for letter, names in SIZES.items():
        has = [name for name in names if name in fields]
        sizes = [there[name] for name in has]
        if any(name in left for name in has) and min(sizes) >= 0:
            words.append(letter + ("x".join(map(str, sizes)) if len(set(sizes)) > 1 else str(sizes[0])))
            left = {name: value for name, value in left.items() if name not in has}
    short = {entry: word for word, entry in _words(operator).items()}
    for name, value in sorted(left.items(), key=lambda item: item[0] != "padding"):
        if name not in fields or (fields[name].kind is Kind.ENUM and not isinstance(value, str)):
            raise LookupError(f"its option {name} cannot be written")
        hashable = isinstance(value, (str, bool, int))
        words.append(
            short[name, value] if hashable and (name, value) in short and value is not False else f"{name}={_text(fields[name], value)}"
        )
    return words


def custom_words(operator: Operator, node: Node) -> list[str]:
    """The words for a custom operator's options. Raises ModelError for what is not a map of numbers."""
    found = zip(operator.custom_options, numbers(node, *operator.custom_options), strict=True)
    return [f"{name}={value if isinstance(value, int) else _custom_float(value)}" for name, value in found if value is not None]


def _custom_float(value: float) -> str:
    text = repr(value)
    return text if any(letter in text for letter in ".en") else f"{text}.0"


def _equal(one: Any, other: Any) -> bool:
    if isinstance(one, np.ndarray) or isinstance(other, np.ndarray) or isinstance(one, (list, tuple)):
        return one is not None and other is not None and np.array_equal(one, other)
    return bool(one == other) or (one != one and other != other)


def _text(field: Field, value: Any) -> str:
    if field.kind is Kind.VECTOR:
        return f"[{','.join(map(number_text, np.asarray(value).tolist()))}]"
    if field.kind is Kind.STRING:
        text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
        if not re.fullmatch(r"[^\s\[\]()#]*", text):
            raise LookupError(f"its option {field.name} cannot be written")
        return text
    return value.lower() if isinstance(value, str) else number_text(bool(value) if field.type == "?" else value)
