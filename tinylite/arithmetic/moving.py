"""Operators that only move, repeat and pick numbers, on which all arithmetics agree: names with spaces between them."""

from __future__ import annotations

from .arithmetic import Rule, rows

__all__ = ["COMPARISONS", "EXTREMES", "INTEGERS", "MOVING", "OTHER_MOVING", "PICKING"]

MOVING = "RESHAPE SQUEEZE STRIDED_SLICE SLICE SPLIT SPLIT_V PACK UNPACK CONCATENATION PAD PADV2 BROADCAST_TO REVERSE_V2"
# Those of which runtimes lack some types.
OTHER_MOVING = "TRANSPOSE EXPAND_DIMS GATHER BATCH_TO_SPACE_ND MIRROR_PAD"
PICKING = "MAXIMUM MINIMUM REDUCE_MAX REDUCE_MIN RESIZE_NEAREST_NEIGHBOR"
INTEGERS = "ADD SUB MUL DIV MAXIMUM MINIMUM"
COMPARISONS = rows(None, "BOOL", "EQUAL NOT_EQUAL GREATER GREATER_EQUAL LESS LESS_EQUAL")
EXTREMES = Rule("", where="integers")  # of ARG_MAX and ARG_MIN; runtimes do not agree on NaN
