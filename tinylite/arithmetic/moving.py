"""Operators that only move, repeat and pick numbers, on which all arithmetics agree: names with spaces between them."""

from __future__ import annotations

__all__ = ["COMPARING", "MOVING", "OTHER_MOVING", "PICKING"]

MOVING = "RESHAPE SQUEEZE STRIDED_SLICE SLICE SPLIT SPLIT_V PACK UNPACK CONCATENATION PAD PADV2 BROADCAST_TO REVERSE_V2"
# Those of which runtimes lack some types.
OTHER_MOVING = "TRANSPOSE EXPAND_DIMS GATHER BATCH_TO_SPACE_ND MIRROR_PAD"
PICKING = "MAXIMUM MINIMUM REDUCE_MAX REDUCE_MIN RESIZE_NEAREST_NEIGHBOR"
COMPARING = "ARG_MAX ARG_MIN"
