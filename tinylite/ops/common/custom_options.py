"""Options of custom operators: a FlexBuffer that is a map of numbers."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping

from .operator import Node

__all__ = ["numbers", "options_bytes", "whole_numbers"]


def numbers(node: Node, *names: str) -> list[int | float | None]:
    """Options by name; None where one is not there. Truth is 1. Fails if they cannot be read."""
    from flatbuffers import flexbuffers

    content = node.op.custom_options or b""
    found: list[int | float | None] = []
    try:
        options = flexbuffers.GetRoot(bytearray(content)).AsMap
        for name in names:
            try:
                option = options[name]
            except KeyError as error:
                if error.args != (name,):  # the library's way to say that it is lost
                    raise ValueError(f"width {error}") from None
                found.append(None)
                continue
            found.append(None if option.IsNull else float(option.AsFloat) if option.IsFloat else int(option.AsInt))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, struct.error) as error:
        node.fail(f"its options, {len(content)} bytes, are not a FlexBuffer that is a map of numbers ({error})")
    return found


def options_bytes(options: Mapping[str, int | float]) -> bytes:
    """A FlexBuffer that is a map of these numbers."""
    from flatbuffers import flexbuffers

    return bytes(flexbuffers.Dumps(dict(options)))


def whole_numbers(node: Node, *names: str) -> list[int]:
    """The same as LiteRT reads whole numbers: fractions are cut off, and what is not there is 0."""
    found = numbers(node, *names)
    for name, number in zip(names, found, strict=True):
        node.require(number is None or math.isfinite(number), f"its option {name} is {number}, where a number is wanted")
    return [int(number or 0) for number in found]
