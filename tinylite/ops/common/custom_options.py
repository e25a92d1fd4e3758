"""Options of custom operators: a FlexBuffer that is a map of numbers."""

from __future__ import annotations

import struct

from .operator import Node

__all__ = ["whole_numbers"]


def whole_numbers(node: Node, *names: str) -> list[int]:
    """Options by name as LiteRT reads them: fractions are cut off, truth is 1, and what is not there is 0. Fails if they cannot be read."""
    from flatbuffers import flexbuffers

    content = node.op.custom_options or b""
    found = []
    try:
        options = flexbuffers.GetRoot(bytearray(content)).AsMap
        for name in names:
            try:
                option = options[name]
            except KeyError as error:
                if error.args != (name,):  # the library's way to say that it is lost
                    raise ValueError(f"width {error}") from None
                found.append(0)
                continue
            found.append(int(option.AsFloat) if option.IsFloat else int(option.AsInt))
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, struct.error) as error:
        node.fail(f"its options, {len(content)} bytes, are no FlexBuffer that is a map of numbers ({error})")
    return found
