"""TensorFlow ops that sum or compare the elements of constants: reductions and matrix products."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ...tensor_types import tensor_dtype
from ..call import Call
from .demand import einsum, matrix_product
from .registry import FOLDERS, UNKNOWN, Folder, folds

__all__: list[str] = []

_FIRST = slice(0, 1)
_REDUCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "Sum": np.sum, "Mean": np.mean, "Prod": np.prod, "Max": np.max, "Min": np.min, "All": np.all, "Any": np.any,
    "EuclideanNorm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
}  # fmt: skip


def _reduction(function: Callable[..., np.ndarray]) -> Folder:
    def reduce(call: Call, x: np.ndarray, axes: np.ndarray) -> np.ndarray:
        chosen = tuple(int(axis) for axis in axes.reshape(-1))
        return np.asarray(function(x, axis=chosen, keepdims=bool(call.attribute("keep_dims")))).astype(x.dtype)

    return reduce


FOLDERS.update((op, _reduction(function)) for op, function in _REDUCTIONS.items())
UNKNOWN |= dict.fromkeys(("Sum", "Prod"), _FIRST)


@folds("ArgMax", "ArgMin")
def _arg(call: Call, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    found = (np.argmax if call.op == "ArgMax" else np.argmin)(x, int(axis.reshape(())))
    return np.asarray(found).astype(tensor_dtype(call.attribute("output_type", "INT64")))


@folds("Cumsum", "Cumprod")
def _cumulate(call: Call, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    along = int(axis.reshape(()))
    x = np.flip(x, along) if call.attribute("reverse") else x
    add = call.op == "Cumsum"
    made = np.asarray((np.cumsum if add else np.cumprod)(x, along)).astype(x.dtype)
    if call.attribute("exclusive"):
        first = np.full_like(np.take(made, [0], along), 0 if add else 1)
        made = np.concatenate([first, np.take(made, range(made.shape[along] - 1), along)], along)
    return np.flip(made, along) if call.attribute("reverse") else made


@folds("MatMul", demand=matrix_product)
def _mat_mul(call: Call, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a.T if call.attribute("transpose_a") else a) @ (b.T if call.attribute("transpose_b") else b)


@folds("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", demand=matrix_product)
def _batch_mat_mul(call: Call, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = (x.swapaxes(-1, -2) if call.attribute(name) else x for name, x in (("adj_x", a), ("adj_y", b)))
    return a @ b


@folds("Einsum", demand=einsum)
def _einsum(call: Call, *given: np.ndarray) -> np.ndarray:
    return np.einsum(call.attribute("equation"), *given)
