"""Weights in the panels that the matrix products read (kernels/gemm.py): packed by the plan, or by a step of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from ..common.operator import Node, Value

if TYPE_CHECKING:
    from ...kernels.gemm import Variant
    from ..common.plan_context import PlanContext

__all__ = ["Header", "Matrices", "Packed", "check_weights", "filter_rows", "pack_f32", "pack_q8", "pack_words", "padded"]

# (columns, width) -> the words that precede a panel; columns counts those of all matrices.
Header = Callable[[slice, int], np.ndarray]


class Matrices(NamedTuple):
    """A tensor as matrices: the weight of column n and depth k lies at [n * column_step + k * depth_step]."""

    value: Value
    matrices: int
    columns: int
    depth: int
    column_step: int
    depth_step: int

    @property
    def constant_value(self) -> np.ndarray | None:
        """[count, columns, depth], if the tensor is constant."""
        if self.value.constant_value is None:
            return None
        if self.depth_step == 1:
            return self.value.constant_value.reshape(self.matrices, self.columns, self.depth)
        return self.value.constant_value.reshape(self.matrices, self.depth, self.columns).swapaxes(1, 2)

    def constant(self, node: Node) -> np.ndarray:
        """The same; fails if the tensor is not constant."""
        check_weights(node, self.value)
        assert self.constant_value is not None
        return self.constant_value


def filter_rows(weights: Value, groups: int = 1) -> Matrices:
    """Weights [out, ...] as matrices [groups, out / groups, depth]."""
    columns, depth = weights.shape[0] // groups, math.prod(weights.shape[1:])
    return Matrices(weights, groups, columns, depth, depth, 1)


class Packed(NamedTuple):
    """Panels of all matrices: `depth` rows of words for each, after its header; bytes from one panel and matrix to the next."""

    words: Any
    columns: int
    depth: int
    panel_bytes: int
    matrix_bytes: int


def check_weights(node: Node, weights: Value) -> np.ndarray:
    """The value of a filter, which must be a constant: it is packed once."""
    if weights.constant_value is None:
        node.unsupported(f"its weights {weights} are not constant", "tinylite packs these weights when it plans; make them a constant")
    return weights.constant_value


def padded(values: np.ndarray, width: int, dtype: Any) -> np.ndarray:
    """The values as `width` numbers, then zeros."""
    row = np.zeros(width, dtype)
    row[: values.size] = values
    return row


def _layout(variant: Variant, words: Any, columns: int, groups: int) -> Packed:
    return Packed(words, columns, groups, variant.panel_bytes(groups), variant.matrix_bytes(columns, groups))


def pack_words(planner: PlanContext, variant: Variant, words: np.ndarray, header: Header) -> Packed:
    """Panels of constant 4-byte words [matrices, columns, groups]."""
    matrices, columns, groups = words.shape
    packed = _layout(variant, None, columns, groups)
    memory = planner.array((matrices, packed.matrix_bytes // 4), np.int32)
    for matrix in range(matrices):

        def header_of_all(part: slice, width: int, first: int = matrix * columns) -> np.ndarray:
            return header(slice(first + part.start, first + part.stop), width)

        variant.fill(memory[matrix], words[matrix], header_of_all)
    return packed._replace(words=memory)


def _pack_step(planner: PlanContext, variant: Variant, weights: Matrices, **fields: Any) -> Packed:
    """The same panels, written by a step of each run."""
    packed = _layout(variant, None, weights.columns, -(-weights.depth // variant.kr))
    packed = packed._replace(words=planner.workspace((weights.matrices, packed.matrix_bytes // 4), "INT32"))
    panels = len(variant.panels(weights.columns))
    assert variant.pack is not None
    planner.step(
        variant.pack, work=weights.matrices * panels, cost=packed.matrix_bytes // (4 * panels), source=weights.value, packed=packed.words,
        columns=weights.columns, depth=weights.depth, column_step=weights.column_step, depth_step=weights.depth_step,
        matrix_step=weights.columns * weights.depth, panels=panels, matrix_words=packed.matrix_bytes // 4, **fields,
    )  # fmt: skip
    return packed


def pack_f32(planner: PlanContext, variant: Variant, weights: np.ndarray | Matrices, bias: np.ndarray | Value | None) -> Packed:
    """Float weights [matrices, columns, depth] with their bias [matrices * columns], or none: by the plan if both are constant."""
    known = weights if isinstance(weights, np.ndarray) else weights.constant_value
    offsets = bias.constant_value if isinstance(bias, Value) else bias
    if known is None or (bias is not None and offsets is None):
        assert isinstance(weights, Matrices)
        given = planner.constant([0.0], np.float32) if bias is None else bias
        return _pack_step(planner, variant, weights, bias=given, bias_step=int(bias is not None))
    row = np.zeros(known.shape[0] * known.shape[1]) if offsets is None else offsets.reshape(-1)
    words = np.ascontiguousarray(known, np.float32).view(np.int32)
    return pack_words(planner, variant, words, lambda chosen, width: padded(row[chosen], width, np.float32))


def pack_q8(
    planner: PlanContext, variant: Variant, weights: np.ndarray | Matrices, zero: int, input_zero: int, bias: np.ndarray,
    header: Callable[[np.ndarray], Header],
) -> tuple[Packed, int]:  # fmt: skip
    """8-bit weights with zero point `zero`, to be multiplied by an input whose values as u8 have the zero point `input_zero`.

    `header(bias)` returns what precedes panels once the bias, int64 [matrices * columns] or for all matrices [columns],
    makes up for the zero points. Returns the panels, and the zero point that is left for the kernel to make up for.
    """
    assert variant.dot is not None
    in_bytes = variant.dot.reads_bytes
    known = weights if isinstance(weights, np.ndarray) else weights.constant_value
    if known is not None:
        seen, left = variant.dot.weights_as_read(known, zero)
        if in_bytes:
            bias = bias - input_zero * seen.sum(axis=2, dtype=np.int64).reshape(-1) + known.shape[2] * input_zero * left
        # The sums wrap around as the reference's do.
        return pack_words(planner, variant, variant.dot.words(seen), header(bias.astype(np.int32))), left
    assert isinstance(weights, Matrices)
    signed = weights.value.type == "INT8"
    seen_zero = zero if signed else zero - 128
    if in_bytes:
        bias = bias + weights.depth * input_zero * seen_zero
    words_before = header(bias.astype(np.int32))
    rows = np.concatenate([words_before(part, width) for part, width in variant.panels(weights.columns)])
    packed = _pack_step(
        planner, variant, weights, header=planner.constant(rows, np.int32), sign_xor=0 if signed else 0x80, zero=seen_zero,
        sum_factor=-input_zero if in_bytes else 0,
    )  # fmt: skip
    return packed, seen_zero if in_bytes else 0
