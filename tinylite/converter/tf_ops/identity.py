"""Ops that return their input unchanged."""

from __future__ import annotations

from collections.abc import Sequence

from ...model import Tensor
from ..call import Call
from ..shapes import computed, merged, partial_shape
from .registry import translates


@translates("Identity", "StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "PlaceholderWithDefault")
def identity(call: Call) -> Tensor:
    return call.input(0)


@translates("IdentityN")
def identities(call: Call) -> Sequence[Tensor]:
    return call.inputs


@translates("NoOp", "Assert", "ControlTrigger", "Print", "PrintV2")
def nothing(call: Call) -> Sequence[Tensor]:
    """What only checks or prints; the file runs without it."""
    return call.inputs[:1] if call.op == "Print" else []


@translates("EnsureShape")
def ensure_shape(call: Call) -> Tensor:
    """The shape that the model's author knows."""
    x = call.input(0)
    told = call.attribute("shape")
    if not x.is_constant and told is not None:
        known = merged(partial_shape(x), told)
        sized = computed(x.name or "", x.type, known)
        x.shape, x.shape_signature, x.has_rank = sized.shape, sized.shape_signature, True
    return x
