"""Tensors as lines write them: roles, types, shapes, values, quantization and ranges."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import nearest
from ...model import Quantization, Tensor
from ...quantization_math import integer_limits
from ...tensor_types import shape_problem, tensor_dtype
from .tokens import Token, refuse
from .types import TYPES, short_type, type_named

__all__ = [
    "NONE", "ROLES", "Quant", "Written", "is_tensor", "number_text", "quant_of", "quant_text", "read_result", "read_tensor",
    "repeated", "values_text",
]  # fmt: skip

ROLES = ("input", "const", "state", "inner")
_BODY = re.compile(
    r"(?P<body>scalar|[0-9]+(?:x[0-9]+)*|\[.*\]|\(.*\))(?P<quant>@[^~*]*)?(?P<range>~[^*]*)?(?:\*(?P<times>[0-9]{1,9}))?", re.DOTALL
)
_RANGE = re.compile(r"~([^~]+?)\.\.([^~]+)")
_MOST_REPEATS = 10_000
_DEEPEST = 8  # brackets in brackets
_MOST_SCALE = float(np.finfo(np.float32).max)
_FORMS = "Write a shape such as 1x8x8x3 or scalar, values such as [1,2] or (2), =0 for operand 0 again, or - for an input left out"
_BITS = ("BFLOAT16", "FLOAT8_E4M3FN", "FLOAT8_E5M2")  # types whose numbers numpy lacks


@dataclass(frozen=True)
class Quant:
    """Quantization as it is written: of the whole tensor, for each index along an axis with scales that are drawn, or none."""

    scale: float = 0.0
    zero: int = 0
    axis: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "scale", float(np.float32(self.scale)))  # as files hold it

    @property
    def kind(self) -> str:
        return "axis" if self.axis is not None else "tensor" if self.scale else "none"


NONE = Quant()


@dataclass(frozen=True)
class Written:
    """An operand or a result as a line writes it; what the line leaves out is None.

    values    a constant's values, as numpy made them of the text
    repeats   how often in a row the operand is there
    same_as   the operand that is read again
    left_out  whether it is an input that is left out
    """

    token: Token
    role: str | None = None
    type: str | None = None
    shape: tuple[int, ...] = ()
    values: np.ndarray | None = None
    quant: Quant | None = None
    range: tuple[float, float] | None = None
    repeats: int = 1
    same_as: int | None = None
    left_out: bool = False


def is_tensor(text: str) -> bool:
    """Whether a word is an operand, and not an option."""
    if text[:1] in "0123456789[(-=" or re.match(r"scalar\b", text):
        return True
    head = text.split(":", 1)[0] if ":" in text else ""
    return bool(head) and "=" not in head


def read_tensor(token: Token) -> Written:
    """An operand. Raises SettingError."""
    text = token.text
    left_out = re.fullmatch(r"-(?:\*([0-9]{1,9}))?", text)
    if left_out:
        return Written(token, left_out=True, repeats=_repeats(token, left_out[1]))
    again = re.fullmatch(r"=([0-9]{1,6})", text)
    if again:
        return Written(token, same_as=int(again[1]))
    *heads, rest = text.split(":")
    found = _BODY.fullmatch(rest)
    if found is None:
        refuse(token, "is not a tensor", _FORMS)
    role, type = _heads(token, heads)
    body = found["body"]
    values = None if body[0] not in "[(" else _values(token, body, type)
    shape = values.shape if values is not None else _shape(token, body)
    if values is not None and type is None:
        type = {"b": "BOOL", "i": "INT32", "f": "FLOAT32"}[values.dtype.kind]
    if values is not None and role not in (None, "const"):
        refuse(token, f"has values and is to be {role}", "Leave the values, or the role, out")
    quant, range, repeats = _quant(token, found["quant"], shape), _range(token, found["range"]), _repeats(token, found["times"])
    return Written(token, role, type, shape, values, quant, range, repeats)


def read_result(token: Token) -> Written:
    """A result: a type, and its quantization. Raises SettingError."""
    name, mark, quant = token.text.partition("@")
    return Written(token, type=type_named(name, token), quant=_quant(token, f"@{quant}" if mark else None, None))


def _heads(token: Token, heads: list[str]) -> tuple[str | None, str | None]:
    """The role and the type before a shape."""
    role = heads.pop(0) if heads and heads[0] in ROLES else None
    if len(heads) > 1:
        refuse(token, f"begins with {':'.join(heads)[:40]!r}", f"A role ({', '.join(ROLES)}) and a type may be there, as in const:i8:64")
    if heads and heads[0] not in TYPES and heads[0].isalpha() and nearest(heads[0], ROLES):
        refuse(token, f"has {heads[0][:40]!r} where a role is wanted", nearest(heads[0], ROLES))
    return role, type_named(heads[0], token) if heads else None


def _shape(token: Token, body: str) -> tuple[int, ...]:
    if body == "scalar":
        return ()
    parts = body.split("x")
    if len(parts) > 64 or max(map(len, parts)) > 18:
        refuse(token, "has a shape that no tensor can have", "Write sizes such as 1x8x8x3")
    shape = tuple(map(int, parts))
    problem = shape_problem(shape)
    if problem is not None:
        refuse(token, f"cannot be: {problem}", "Write smaller sizes")
    return shape


def _repeats(token: Token, times: str | None) -> int:
    count = 1 if times is None else int(times)
    if not 1 <= count <= _MOST_REPEATS:
        refuse(token, f"is there {count} times", f"Give a number from 1 to {_MOST_REPEATS}")
    return count


def _values(token: Token, body: str, type: str | None) -> np.ndarray:
    depth = most = 0
    for letter in body:
        depth += (letter in "[(") - (letter in "])")
        most = max(most, depth)
    if most > _DEEPEST or not re.fullmatch(r"[-+0-9.eE,\[\]()a-z]*", body):
        refuse(token, "is not a list of numbers", "Write values such as [1,2], [[0,0],[1,1]], (2), [0.5], [true]")
    plain = re.sub(r"\binf\b", "Infinity", re.sub(r"\bnan\b", "NaN", body[1:-1] if body[0] == "(" else body))
    try:
        values = np.array(json.loads(plain))
    except (ValueError, OverflowError, RecursionError):
        refuse(token, "is not a list of numbers", "Write values such as [1,2], [[0,0],[1,1]], (2), [0.5], [true]")
    if (body[0] == "(") != (values.ndim == 0) or values.dtype.kind not in "bif":
        refuse(token, "is not a list of numbers", "Write values such as [1,2], or (2) for one alone")
    if not values.size and values.dtype.kind == "f":
        values = values.astype(np.int64)  # [] is a list of no axes
    return _typed(token, values, type or {"b": "BOOL", "i": "INT32", "f": "FLOAT32"}[values.dtype.kind])


def _typed(token: Token, values: np.ndarray, type: str) -> np.ndarray:
    """The values in the type's dtype."""
    dtype = np.dtype(tensor_dtype(type))
    if type in _BITS:
        refuse(token, f"has values of type {short_type(type)}", "Give a shape, as in const:bf16:4, for values that are drawn")
    if dtype.kind == "b" and values.dtype.kind != "b":
        refuse(token, "has values that are not true or false", "Write [true,false]")
    if dtype.kind in "iu":
        low, high = integer_limits(type)
        if values.dtype.kind != "i" or (values.size and not low <= int(values.min()) <= int(values.max()) <= high):
            refuse(
                token, f"has values that are not whole numbers from {low} to {high}, of {short_type(type)}", "Write another type before it"
            )
    if dtype.kind in "fc" and values.dtype.kind == "b":
        refuse(token, "has values that are not numbers", "Write [0.5,1]")
    with np.errstate(all="ignore"):
        return values.astype(dtype)


def _number(token: Token, text: str, what: str) -> float:
    if not re.fullmatch(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]{1,4})?", text[:60]) or len(text) > 60:
        refuse(token, f"has {text[:40]!r} where {what} is wanted", "Write a number such as 0.05")
    return float(text)


def _quant(token: Token, text: str | None, shape: tuple[int, ...] | None) -> Quant | None:
    if text is None:
        return None
    text = text[1:]
    if text == "none":
        return NONE
    axis = re.fullmatch(r"axis([0-9]{1,2})", text)
    if axis:
        if shape is not None and int(axis[1]) >= len(shape):
            refuse(
                token, f"has no dimension {axis[1]}", f"Its dimensions are numbered 0 to {len(shape) - 1}" if shape else "Write one scale"
            )
        return Quant(axis=int(axis[1]))
    scale, _, zero = text.partition(",")
    if not re.fullmatch(r"(?:,[-+]?[0-9]{1,10})?", f",{zero}" if zero else ""):
        refuse(
            token, f"has {zero[:40]!r} where a zero point is wanted", "Write @0.05,3, @0.05, @axis0 for a scale for each index, or @none"
        )
    found = _number(token, scale, "a scale")
    if not 0 < np.float32(found) <= _MOST_SCALE:
        refuse(token, f"has the scale {found:g}, which is not a positive float", "Write @0.05,3, @0.05, @axis0 or @none")
    return Quant(found, int(zero or 0))


def _range(token: Token, text: str | None) -> tuple[float, float] | None:
    if text is None:
        return None
    ends = _RANGE.fullmatch(text)
    if ends is None:
        refuse(token, f"has {text[:40]!r} where a range is wanted", "Write ~0..999")
    low, high = (_number(token, end, "the end of a range") for end in ends.groups())
    if not low <= high or not math.isfinite(high - low):
        refuse(token, f"goes from {low:g} to {high:g}", "Write the lower end first")
    return low, high


def quant_of(tensor: Tensor) -> Quant:
    """The quantization of a tensor; none where the file's is not one."""
    found: Quantization | None = tensor.quantization_params
    if found is None or not (np.isfinite(found.scale) & (found.scale > 0)).all():
        return NONE
    if found.scale.size > 1:
        axis = found.quantized_dimension
        return Quant(axis=axis) if 0 <= axis < len(tensor.shape) else NONE
    return Quant(float(found.scale[0]), int(found.zero_point[0]) if found.zero_point.size else 0)


def quant_text(quant: Quant) -> str:
    if quant.axis is not None:
        return f"@axis{quant.axis}"
    if not quant.scale:
        return "@none"
    return f"@{number_text(quant.scale)}" + (f",{quant.zero}" if quant.zero else "")


def number_text(number: Any) -> str:
    """The shortest text that is the same number, of floats the same float32."""
    if isinstance(number, (bool, np.bool_)):
        return str(bool(number)).lower()
    if isinstance(number, (int, np.integer)):
        return str(int(number))
    return repr(float(str(np.float32(number)))).removesuffix(".0")


def values_text(values: np.ndarray) -> str:
    """A constant's values as a line writes them; a float is never written as a whole number is."""

    def text(value: Any) -> str:
        if isinstance(value, list):
            return f"[{','.join(map(text, value))}]"
        if not isinstance(value, float):
            return number_text(value)
        shown = repr(value) if values.dtype == np.float64 else number_text(value)
        return shown if any(letter in shown for letter in ".en") else f"{shown}.0"

    return text(values.tolist()) if values.ndim else f"({text(values.item())})"


def repeated(texts: Sequence[str]) -> list[str]:
    """The same words with those that are there several times in a row written once: "4x8*2"."""
    found: list[tuple[str, int]] = []
    for text in texts:
        if found and found[-1][0] == text and text[0] not in "[(=":
            found[-1] = (text, found[-1][1] + 1)
        else:
            found.append((text, 1))
    return [text if count == 1 else f"{text}*{count}" for text, count in found]
