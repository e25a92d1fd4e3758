"""Diagonals and bands of matrices, which lie in the last two dimensions."""

from __future__ import annotations

import numpy as np

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from . import sizes
from .registry import translates

# Elements of a mask that is made a constant: 16 MB. A larger one is computed by the model.
_MOST_MASKED = 1 << 24
_KERNEL_TYPES = ("FLOAT32", "INT8", "UINT8", "INT16", "INT32", "INT64")


def _want_type(call: Call, x: Tensor) -> None:
    call.require(x.type in _KERNEL_TYPES, f"it moves {x.type}, which the operator does not", "Cast it to INT8 or FLOAT32 before, and back")


def _diagonal(call: Call, position: int) -> int:
    """Which diagonal the node is about: 0 is the main one."""
    if not call.op.endswith(("V2", "V3")):
        return 0
    numbers = call.numbers(position, "number of the diagonal")
    call.require(len(set(numbers)) == 1, f"it is about a band of diagonals {numbers}, and the operator knows one")
    return numbers[0]


@translates("MatrixDiag", "MatrixDiagV2", "MatrixDiagV3")
def matrix_diag(call: Call) -> Tensor:
    """A diagonal beside the main one is that of a smaller matrix with a margin of zeros."""
    x, k = call.input(0), _diagonal(call, 1)
    _want_type(call, x)
    *front, size = call.shape(x)
    made = call.emit("MATRIX_DIAG", [x], None, (*front, size, size))
    if call.op == "MatrixDiag":
        return made
    margin = abs(k)
    whole = -1 if size < 0 else size + margin
    rows, columns = (call.numbers(index, "number of rows and columns")[0] for index in (2, 3))
    call.require(not call.constant(4, "filling").any(), "it fills with another value than 0")
    call.require({rows, columns} <= {-1, whole}, f"its matrix has {rows} rows and {columns} columns, which are not those of the diagonal")
    if not margin:
        return made
    amounts = np.zeros((len(front) + 2, 2), np.int32)
    amounts[-2:] = [[0, margin], [margin, 0]] if k > 0 else [[margin, 0], [0, margin]]
    return call.emit("PAD", [made, call.make(amounts)], None, (*front, whole, whole))


@translates("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3")
def matrix_set_diag(call: Call) -> Tensor:
    x, diagonal = call.input(0), call.input(1)
    _want_type(call, x)
    k = _diagonal(call, 2)
    call.require(k == 0, f"it sets diagonal {k}, and the operator knows the main one (0)")
    return call.emit("MATRIX_SET_DIAG", [x, diagonal], None, call.partial_shape(x))


@translates("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3")
def matrix_diag_part(call: Call) -> Tensor:
    """The matrices as rows of numbers, of which those on the diagonal are gathered."""
    x, k = call.input(0), _diagonal(call, 1)
    *front, rows, columns = call.shape(x)
    call.require(min(rows, columns) >= 0, "only a run knows the size of its matrices")
    begin = np.ravel_multi_index((max(-k, 0), max(k, 0)), (rows, columns))
    length = min(rows - max(-k, 0), columns - max(k, 0))
    flat = sizes.reshape(call, x, [*sizes.of(call, x)[:-2], sizes.Size(rows * columns)])
    call.check_count(length)
    places = call.shape_tensor(begin + np.arange(length) * (columns + 1))
    return call.emit("GATHER", [flat, places], None, (*front, length), axis=len(front), batch_dims=0)


@translates("MatrixBandPart")
def matrix_band_part(call: Call) -> Tensor:
    """Zero outside of a band around the diagonal: chosen by a mask, which is a constant if sizes and band are known."""
    x = call.input(0)
    *_, rows, columns = sizes.of(call, x)
    lower, upper = call.known(call.input(1)), call.known(call.input(2))
    few = min(rows.known, columns.known) >= 0 and rows.known * columns.known <= _MOST_MASKED
    if lower is not None and upper is not None and few:
        distance = np.arange(rows.known)[:, None] - np.arange(columns.known)
        mask = call.make(((lower < 0) | (distance <= lower)) & ((upper < 0) | (-distance <= upper)))
        if call.known(mask).all():  # type: ignore[union-attr]
            return x
    else:
        mask = _band(call, rows, columns)
    return call.elementwise("SELECT_V2", mask, x, call.make(0, tensor_dtype(x.type)), type=x.type)


def _band(call: Call, rows: sizes.Size, columns: sizes.Size) -> Tensor:
    """row - column <= lower and column - row <= upper, where a negative width has no end."""

    def places(size: sizes.Size) -> Tensor:
        if 0 <= size.known <= _MOST_MASKED:
            return call.make(np.arange(size.known, dtype=np.int32))
        count = call.reshape(sizes.shape_vector(call, [size]), ())
        return call.emit("RANGE", [call.make(0, np.int32), count, call.make(1, np.int32)], "INT32", (-1,))

    row, column = places(rows), places(columns)
    row = call.emit("EXPAND_DIMS", [row, call.make(-1, np.int32)], None, (*call.shape(row), 1)) if not row.is_constant else call.reshape(
        row, (rows.known, 1)
    )  # fmt: skip
    sides = []
    for width, first, second in ((call.input(1), row, column), (call.input(2), column, row)):
        value = call.known(width)
        if value is not None and value.reshape(()) < 0:
            continue
        width = call.cast(width, "INT32")
        side = call.elementwise("LESS_EQUAL", call.elementwise("SUB", first, second), width, type="BOOL")
        if value is None:
            endless = call.elementwise("LESS", width, call.make(0, np.int32), type="BOOL")
            side = call.elementwise("LOGICAL_OR", side, endless, type="BOOL")
        sides.append(side)
    if not sides:
        return call.make(True, np.bool_)
    return sides[0] if len(sides) == 1 else call.elementwise("LOGICAL_AND", *sides, type="BOOL")
