"""Recurrent layers of floats with INT8 weights (hybrid): what they read is quantized by its own range on the way (kernels/lstm.py)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..linear.packing import check_weights
from .operator import Node, Value
from .quantization_params import scale_and_zero
from .recurrent import panels

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = ["Matrix", "check_hybrid", "dequantized", "hybrid_products", "is_hybrid", "packed_matrix", "room_bytes", "stored_matrix"]


class Matrix(NamedTuple):
    """Weights int8 [columns, depth], and the scale of each column, float32 [columns]."""

    values: np.ndarray
    scales: np.ndarray


def is_hybrid(node: Node, weights: Value) -> bool:
    """Whether floats meet INT8 weights."""
    return node.input(0).type == "FLOAT32" and weights.type == "INT8"


def check_hybrid(node: Node, weights: Iterable[int]) -> None:
    """Fail unless everything is FLOAT32, but for the inputs `weights`, which may all be INT8."""
    places = set(weights)
    given = [value for index, value in enumerate(node.inputs) if index in places and value is not None]
    types = {value.type for value in given}
    for index, value in enumerate((*node.inputs, *node.outputs)):
        if value is not None and value.type != "FLOAT32" and not (index in places and index < len(node.inputs) and types == {"INT8"}):
            node.unsupported(f"there is no kernel for {value}; there is one for FLOAT32, and for INT8 where all weights are")


def stored_matrix(node: Node, weights: Value) -> Matrix:
    """Constant INT8 weights [columns, depth] with one scale."""
    node.require(len(weights.shape) == 2, f"its weights {weights} do not have 2 dimensions")
    return Matrix(check_weights(node, weights), np.full(weights.shape[0], _scale(node, weights), np.float32))


def dequantized(node: Node, weights: Value) -> np.ndarray:
    """Constant weights as floats, which kernels read that have no integers for them."""
    values = check_weights(node, weights)
    return values if weights.type == "FLOAT32" else values.astype(np.float32) * np.float32(_scale(node, weights))


def _scale(node: Node, weights: Value) -> float:
    scale, zero = scale_and_zero(node, weights)
    node.require(zero == 0, f"{weights} has the zero point {zero}, and INT8 weights have none but 0")
    return scale


def packed_matrix(plan: PlanContext, matrix: Matrix) -> tuple[Any, int, np.ndarray, np.ndarray]:
    """Panels of words, their groups, and for each of the panels' columns the sum of its weights and its scale."""
    from ...kernels.lstm import DOT, PANEL

    packed = panels(DOT.words(matrix.values), PANEL)
    behind = (0, len(packed) * PANEL - len(matrix.values))
    sums = np.pad(matrix.values.sum(axis=1, dtype=np.int32), behind)
    return plan.constant(packed, np.int32), packed.shape[1], sums, np.pad(matrix.scales, behind)


def hybrid_products(
    node: Node, plan: PlanContext, bias: np.ndarray, weights: Matrix, second: Matrix | None, recurrent: Matrix
) -> tuple[dict[str, Any], int]:
    """The fields HYBRID of a layer's record, but for the room, and the most groups of a product.

    The products are those of the input, of its last part if that has its own weights, and of the last output.
    """
    found = [packed_matrix(plan, matrix) if matrix is not None else None for matrix in (weights, second, recurrent)]
    columns = found[0][2].size  # type: ignore[index]
    none = np.zeros(columns)
    floats = [np.pad(bias, (0, columns - bias.size)), *(part[3] if part else none for part in found)]
    groups = [part[1] if part else 0 for part in found]
    return {
        **{name: part[0] if part else None for name, part in zip(("weights", "second", "recurrent"), found, strict=True)},
        **{f"{name}_groups": count for name, count in zip(("input", "second", "output"), groups, strict=True)},
        "floats": plan.constant(np.concatenate(floats), np.float32),
        "weight_sums": plan.constant(np.concatenate([part[2] if part else none for part in found]), np.int32),
        "second_inputs": 0 if second is None else second.values.shape[1],
        "asymmetric": int(bool(node.options.asymmetric_quantize_inputs)),
    }, max(groups)  # fmt: skip


def room_bytes(columns: int, groups: int) -> tuple[int, dict[str, int]]:
    """The scratch that products of so many columns and groups need, and the fields that say how it is laid out."""
    from ...kernels.lstm import DOT, LANES

    return (columns + groups) * 4 + groups * DOT.group + LANES * 4, {"room_columns": columns, "room_groups": groups}
