"""Functions of one 8-bit number: 256 results, computed while a plan is made."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from ...quantization_math import integer_limits, quantize_by_inverse
from .operator import Node, Value
from .quantization_params import scale_and_zero

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["centered", "float_table", "lookup_step", "real_values", "stored_values"]


def stored_values(type: str) -> np.ndarray:
    """All values of an 8-bit type, int64 [256], ascending."""
    low, high = integer_limits(type)
    return np.arange(low, high + 1, dtype=np.int64)


def centered(node: Node, input: Value) -> np.ndarray:
    """All values less their zero point, int64 [256]."""
    return stored_values(input.type) - scale_and_zero(node, input)[1]


def real_values(node: Node, input: Value) -> np.ndarray:
    """What all values stand for, float32 [256]."""
    return np.float32(scale_and_zero(node, input)[0]) * centered(node, input).astype(np.float32)


def float_table(node: Node, input: Value, output: Value, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """A float function of every value, int64 [256]: LiteRT's LUTPopulate, in float32 step by step."""
    out_scale, out_zero = scale_and_zero(node, output)
    with np.errstate(all="ignore"):
        result = function(real_values(node, input))
    return quantize_by_inverse(result, out_scale, out_zero, *integer_limits(output.type))


def lookup_step(plan: PlanContext, input: Value, output: Value, table: np.ndarray, rest: np.ndarray | None = None, group: int = 1) -> None:
    """output = table[input]; the table's 256 entries go by ascending input value and are clamped to the output's type.

    With `rest`, that is of whole groups of elements; those that are left over are looked up there.
    """
    from ...kernels.unary import BLOCK, lookup_8

    low, high = integer_limits(output.type)
    grouped = input.size if rest is None else input.size // group * group
    for entries, first, count in ((table, 0, grouped), (rest, grouped, input.size - grouped)):
        if entries is None:
            continue
        by_bits = np.empty(256, np.uint8)
        by_bits[stored_values(input.type).astype(np.uint8)] = np.clip(entries, low, high).astype(np.int64) & 255
        plan.step(
            lookup_8, work=-(-count // BLOCK), cost=BLOCK, x=(input, first), out=(output, first), count=count,
            table=plan.constant(by_bits, np.uint8),
        )  # fmt: skip
