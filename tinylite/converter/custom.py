"""TensorFlow ops that go into the file as custom operators, with their attributes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from flatbuffers import flexbuffers

from ..model import Tensor
from ..schema.tf_outputs import OUTPUTS
from .output_types import output_types

if TYPE_CHECKING:
    from .call import Call

__all__ = ["custom_op", "custom_options"]


def custom_options(attributes: dict[str, Any]) -> bytes:
    """A FlexBuffer map of what a kernel can read: numbers, flags, text and vectors of them."""
    plain: dict[str, Any] = {}
    for name, value in sorted(attributes.items()):
        if name.startswith("_") or isinstance(value, np.ndarray) or value is None:
            continue
        value = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        if isinstance(value, (bool, int, float, str)):
            plain[name] = value
        elif isinstance(value, (list, tuple)) and all(isinstance(item, (bool, int, float, str)) for item in value):
            plain[name] = list(value)
    return bytes(flexbuffers.Dumps(plain))


def _types(call: Call) -> list[str]:
    """The types of a node's outputs, as far as its op or its attributes say."""
    told = call.node.attributes.get("_output_types") or call.node.attributes.get("Tout")
    if told and call.op not in OUTPUTS:
        return list(told) if isinstance(told, list) else [told]
    return [type or "FLOAT32" for type in output_types(call.op, call.node.attributes)]


def custom_op(call: Call) -> list[Tensor]:
    """A node as a custom operator of its own name; its outputs' types and shapes are what its attributes say."""
    types = _types(call)
    shapes = call.node.attributes.get("_output_shapes") or [None] * len(types)
    return call.emit_all(
        "CUSTOM", call.inputs, types, shapes, custom_code=call.op, custom_options=custom_options(call.node.attributes)
    )  # fmt: skip
