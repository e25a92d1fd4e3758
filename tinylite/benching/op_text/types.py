"""Types of tensors as lines write them: f32, i8, bool."""

from __future__ import annotations

import re

from ...errors import nearest
from ...tensor_types import DTYPES
from .tokens import Token, refuse

__all__ = ["TYPES", "short_type", "type_named"]

_LETTERS = {"BFLOAT": "bf", "FLOAT": "f", "UINT": "u", "INT": "i", "COMPLEX": "c"}


def short_type(type: str | int) -> str:
    """The short name of a tensor type: "FLOAT32" is f32, "UINT8" u8, "BOOL" bool."""
    found = re.match(r"(BFLOAT|FLOAT|UINT|INT|COMPLEX)(.*)", str(type))
    return str(type).lower() if found is None else _LETTERS[found[1]] + found[2].lower()


TYPES = {short_type(type): type for type in DTYPES}
_LONG = {type.lower(): type for type in DTYPES}


def type_named(name: str, token: Token) -> str:
    """The tensor type of a short or a long name. Raises SettingError."""
    found = TYPES.get(name.lower()) or _LONG.get(name.lower())
    if found is None:
        refuse(token, f"has {name[:40]!r} where a type is wanted", nearest(name, [*TYPES, *_LONG]) or f"There are {', '.join(TYPES)}")
    return found
