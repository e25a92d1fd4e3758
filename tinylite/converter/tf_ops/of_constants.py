"""Ops that graphs compute of constants, such as axes that are left over and weights that were stored as 8 bits."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...quantization_math import integer_limits, round_half_away
from ...tensor_types import tensor_dtype
from ..call import Call
from ..folding import folds


@folds("ListDiff")
def list_diff(call: Call, x: np.ndarray, without: np.ndarray) -> Sequence[np.ndarray]:
    """The elements of a vector that another does not have, and where they were."""
    places = np.flatnonzero(~np.isin(x, without))
    return [x[places], places.astype(tensor_dtype(call.attribute("out_idx", "INT32")))]


@folds("Unique", "UniqueV2", "UniqueWithCounts")
def unique(call: Call, x: np.ndarray, axis: np.ndarray | None = None) -> Sequence[np.ndarray] | None:
    """The different elements in the order of their first places, and for each element its number among them."""
    if x.ndim != 1 or (x.dtype.kind == "f" and np.isnan(x).any()):
        return None
    found, first, numbers, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first, kind="stable")
    dtype = tensor_dtype(call.attribute("out_idx", "INT32"))
    made = [found[order], np.argsort(order, kind="stable")[numbers].astype(dtype), counts[order].astype(dtype)]
    return made if call.op == "UniqueWithCounts" else made[:2]


@folds("DenseBincount", "Bincount")
def bincount(call: Call, x: np.ndarray, size: np.ndarray, weights: np.ndarray) -> np.ndarray | None:
    """How often each number occurs, or the sum of the weights where it does; larger numbers than `size` are not counted."""
    count = size.item()
    if (x.ndim > 1 and call.op == "DenseBincount") or count > 1 << 26 or np.any(x < 0):
        return None
    inside = x.reshape(-1) < count
    kept = x.reshape(-1)[inside]
    if call.attribute("binary_output"):
        made = np.zeros(count, weights.dtype)
        made[kept] = 1
        return made
    each = weights.reshape(-1)[inside] if weights.size else None
    return np.bincount(kept, each, count).astype(weights.dtype)


@folds("UnravelIndex")
def unravel_index(call: Call, indices: np.ndarray, dims: np.ndarray) -> np.ndarray:
    return np.stack(np.unravel_index(indices, tuple(dims.tolist()))).astype(indices.dtype)


@folds("Cholesky")
def cholesky(call: Call, x: np.ndarray) -> np.ndarray | None:
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return None


@folds("MatrixDeterminant", "MatrixInverse")
def inverse(call: Call, x: np.ndarray) -> np.ndarray | None:
    try:
        if call.op == "MatrixDeterminant":
            return np.asarray(np.linalg.det(x)).astype(x.dtype)
        return np.linalg.inv(x.conj().swapaxes(-1, -2) if call.attribute("adjoint") else x)
    except np.linalg.LinAlgError:
        return None


@folds("MatrixDiagV2", "MatrixDiagV3")
def matrix_diag(
    call: Call, x: np.ndarray, k: np.ndarray, rows: np.ndarray, columns: np.ndarray, padding: np.ndarray
) -> np.ndarray | None:  # fmt: skip
    """Matrices with the last dimension on one of their diagonals, `k` above the main one; several are left to others."""
    if k.size != 1:
        return None
    above, length, given = k.item(), x.shape[-1], [rows.item(), columns.item()]
    least = [length + max(-above, 0), length + max(above, 0)]
    square = [max(least)] * 2 if given == [-1, -1] else least
    height, width = (size if told < 0 else told for told, size in zip(given, square, strict=True))
    if height * width * (x.size // max(length, 1)) > 1 << 26 or min(height + min(above, 0), width - max(above, 0)) != length:
        return None
    made = np.full((*x.shape[:-1], height, width), padding.astype(x.dtype))
    places = np.arange(length)
    made[..., places + max(-above, 0), places + max(above, 0)] = x
    return made


_STORED = {"QINT8": "INT8", "QUINT8": "UINT8", "QINT16": "INT16", "QUINT16": "UINT16"}


@folds("Dequantize")
def dequantize(call: Call, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray | None:
    """Integers as the numbers of a range that they represent, in one of three ways, with float32 arithmetic."""
    stored = _STORED.get(call.attribute("T"))
    if stored is None or call.attribute("axis", -1) != -1 or call.attribute("dtype", "FLOAT32") != "FLOAT32" or low.size != 1:
        return None
    least, most = integer_limits(stored)
    low, high = low.reshape(()).astype(np.float32), high.reshape(()).astype(np.float32)
    numbers, mode = x.astype(np.float32), call.attribute("mode", "MIN_COMBINED")
    if mode == "SCALED":
        first = least + bool(call.attribute("narrow_range"))
        step = np.maximum(low / np.float32(first), high / np.float32(most)) if least else high / np.float32(most)
        return numbers * step
    step = (high - low) / np.float32(most - least)
    if mode == "MIN_FIRST":
        start = low if low == high else round_half_away(low / step) * step
        return (start - np.float32(least) * step) + numbers * step
    return (numbers + np.float32((most - least + 1) / 2 if least else 0)) * step + low
