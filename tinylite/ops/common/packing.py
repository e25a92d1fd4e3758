"""Weights in the panels that the matrix products read (kernels/gemm.py): packed by the plan, or by a step of a run."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .operator import Node, Value

if TYPE_CHECKING:
    from .plan_context import PlanContext

__all__ = [
    "Header", "Matrices", "Packed", "check_weights", "dot_words", "filter_rows", "pack_f32", "pack_q8", "pack_words", "padded",
    "q8_words",
]  # fmt: skip

# (columns, width) -> the words that stand before a panel; columns counts those of all matrices.
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
    def known(self) -> np.ndarray | None:
        """[count, columns, depth], if the tensor is constant."""
        if self.value.known is None:
            return None
        if self.depth_step == 1:
            return self.value.known.reshape(self.matrices, self.columns, self.depth)
        return self.value.known.reshape(self.matrices, self.depth, self.columns).swapaxes(1, 2)


def filter_rows(weights: Value, groups: int = 1) -> Matrices:
    """Weights [out, ...] as matrices [groups, out / groups, depth]."""
    columns, depth = weights.shape[0] // groups, math.prod(weights.shape[1:])
    return Matrices(weights, groups, columns, depth, depth, 1)


class Packed(NamedTuple):
    """Panels of all matrices: `depth` rows of words for each, behind its header; bytes from one panel and matrix to the next."""

    words: Any
    columns: int
    depth: int
    panel_bytes: int
    matrix_bytes: int


def check_weights(node: Node, weights: Value) -> np.ndarray:
    """The value of a filter, which must be a constant: it is packed once."""
    if weights.known is None:
        node.unsupported(f"its weights {weights} are not constant", "tinylite packs these weights when it plans; make them a constant")
    return weights.known


def padded(values: np.ndarray, width: int, dtype: Any) -> np.ndarray:
    """The values as `width` numbers, zeros behind."""
    row = np.zeros(width, dtype)
    row[: values.size] = values
    return row


def _panels(columns: int) -> list[tuple[slice, int]]:
    """The columns of each panel of a matrix, and its width; the last is as narrow as whole vectors allow."""
    from ...kernels.gemm import LANES, NR

    chosen = [slice(start, min(start + NR, columns)) for start in range(0, columns, NR)]
    return [(part, -(-(part.stop - part.start) // LANES) * LANES) for part in chosen]


def _layout(words: Any, columns: int, depth: int, header_words: int) -> Packed:
    from ...kernels.gemm import NR

    rows = header_words + depth
    return Packed(words, columns, depth, NR * rows * 4, sum(width for _, width in _panels(columns)) * rows * 4)


def pack_words(planner: PlanContext, words: np.ndarray, header_words: int, header: Header) -> Packed:
    """Panels of constant 4-byte words [matrices, columns, depth]."""
    matrices, columns, depth = words.shape
    packed = _layout(None, columns, depth, header_words)
    memory = planner.array((matrices, packed.matrix_bytes // 4), np.int32)
    for matrix in range(matrices):
        for part, width in _panels(columns):
            start = part.start * (header_words + depth)
            body = memory[matrix, start : start + width * (header_words + depth)]
            everywhere = slice(matrix * columns + part.start, matrix * columns + part.stop)
            body[: header_words * width] = header(everywhere, width).view(np.int32)
            target = body[header_words * width :].reshape(depth, width)
            target[:, : part.stop - part.start] = words[matrix, part].T
    return packed._replace(words=memory)


def _pack_step(planner: PlanContext, kernel: Any, weights: Matrices, depth: int, header_words: int, **fields: Any) -> Packed:
    """The same panels, written by a step of each run."""
    packed = _layout(None, weights.columns, depth, header_words)
    packed = packed._replace(words=planner.workspace((weights.matrices, packed.matrix_bytes // 4), "INT32"))
    panels = len(_panels(weights.columns))
    planner.step(
        kernel, work=weights.matrices * panels, cost=packed.matrix_bytes // (4 * panels), source=weights.value, packed=packed.words,
        columns=weights.columns, depth=weights.depth, column_step=weights.column_step, depth_step=weights.depth_step,
        matrix_step=weights.columns * weights.depth, panels=panels, matrix_words=packed.matrix_bytes // 4, **fields,
    )  # fmt: skip
    return packed


def pack_f32(planner: PlanContext, weights: np.ndarray | Matrices, bias: np.ndarray | Value | None) -> Packed:
    """Float weights [matrices, columns, depth] with their bias [matrices * columns], or none: by the plan if both are constant."""
    from ...kernels.packing import f32_pack

    known = weights if isinstance(weights, np.ndarray) else weights.known
    offsets = bias.known if isinstance(bias, Value) else bias
    if known is None or (bias is not None and offsets is None):
        assert isinstance(weights, Matrices)
        given = planner.constant([0.0], np.float32) if bias is None else bias
        return _pack_step(planner, f32_pack, weights, weights.depth, 1, bias=given, bias_step=int(bias is not None))
    row = np.zeros(known.shape[0] * known.shape[1]) if offsets is None else offsets.reshape(-1)
    words = np.ascontiguousarray(known, np.float32).view(np.int32)
    return pack_words(planner, words, 1, lambda chosen, width: padded(row[chosen], width, np.float32))


def dot_words(weights: np.ndarray) -> np.ndarray:
    """Weights [..., depth], int8 or for madd and mul int16, as int32 words [..., groups] of the target's dot product, zeros behind."""
    from ...kernels.q8_gemm import GROUP, VNNI

    depth = weights.shape[-1]
    wide = np.zeros((*weights.shape[:-1], -(-depth // GROUP) * GROUP), np.int8 if VNNI else np.int16)
    wide[..., :depth] = weights
    return wide.view(np.int32)


def q8_words(weights: np.ndarray, zero: int) -> tuple[np.ndarray, np.ndarray, int]:
    """8-bit weights [matrices, columns, depth] as words of the target's dot product.

    Gives the words, the weights as integers as the kernel sees them, and the zero point that is left in them.
    """
    from ...kernels.q8_gemm import VNNI

    if not VNNI:
        seen = weights.astype(np.int16) - np.int16(zero)
        return dot_words(seen), seen, 0
    signed = weights.dtype == np.int8
    seen = weights if signed else (weights ^ 0x80).view(np.int8)
    return dot_words(seen), seen, zero if signed else zero - 128


def pack_q8(
    planner: PlanContext,
    weights: np.ndarray | Matrices,
    zero: int,
    input_zero: int,
    bias: np.ndarray,
    header: Callable[[np.ndarray], Header],
) -> tuple[Packed, int]:
    """8-bit weights with zero point `zero`, to be multiplied by an input whose values as u8 have the zero point `input_zero`.

    `header(bias)` gives what stands before panels once the bias, int64 [matrices * columns] or for all matrices [columns],
    makes up for the zero points. Gives the panels, and the zero point that is left for the kernel to make up for.
    """
    from ...kernels.packing import q8_pack
    from ...kernels.q8_gemm import GROUP, HEADER_WORDS, VNNI

    known = weights if isinstance(weights, np.ndarray) else weights.known
    if known is not None:
        words, seen, left = q8_words(known, zero)
        if VNNI:
            bias = bias - input_zero * seen.sum(axis=2, dtype=np.int64).reshape(-1) + known.shape[2] * input_zero * left
        # The sums wrap around as the reference's do.
        return pack_words(planner, words, HEADER_WORDS, header(bias.astype(np.int32))), left
    assert isinstance(weights, Matrices)
    signed = weights.value.type == "INT8"
    seen_zero = zero if signed else zero - 128
    if VNNI:
        bias = bias + weights.depth * input_zero * seen_zero
    words_before = header(bias.astype(np.int32))
    rows = np.concatenate([words_before(part, width) for part, width in _panels(weights.columns)])
    packed = _pack_step(
        planner, q8_pack, weights, -(-weights.depth // GROUP), HEADER_WORDS, header=planner.constant(rows, np.int32),
        flip=0 if signed else 0x80, zero=seen_zero, sum_factor=-input_zero if VNNI else 0,
    )  # fmt: skip
    return packed, seen_zero if VNNI else 0
