"""NaN, infinity, negative zero, denormals and overflow in every operator: as the reference, or as a row of docs/numerics.md says.

An operator joins by its cases. The rows here are those of the document's conformance table that such values meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from .cases import Case
from .special_values import Cell, Found, Referee, differences, float_cells, integer_cells, ours, smallest
from .test_conformance import RECURRENT
from .test_ops import CASES

CONVOLUTIONS = {"CONV_2D", "CONV_3D", "CONV_3D_TRANSPOSE", "DEPTHWISE_CONV_2D", "TRANSPOSE_CONV"}
PRODUCTS = {*CONVOLUTIONS, "BATCH_MATMUL", "FULLY_CONNECTED"}
LEAST = float(np.finfo(np.float32).tiny)


def anything(cell: Cell, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.ones(found.shape, bool)


def ours_is_nan(cell: Cell, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.isnan(found)


def both_near_zero(cell: Cell, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.asarray((np.abs(found) < LEAST) & (np.abs(wanted) < LEAST))


def zeros_or_nan(cell: Cell, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    return np.asarray((found == wanted) | ~np.isfinite(found) & (not cell.finite))


def at_an_end(cell: Cell, found: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    limits = np.iinfo(found.dtype)
    return np.asarray(found == (limits.max if cell.value in ("inf", "huge") else limits.min))


@dataclass
class Row:
    """A row of the table by its first column: which cells it is about, in which mode, and where ours may then differ from the reference."""

    text: str
    about: Callable[[Cell, bool], bool]
    may_differ: Callable[[Cell, np.ndarray, np.ndarray], np.ndarray]


ROWS = [
    Row(
        "sums of products that overflow on the way",
        lambda cell, exact: cell.overflows and cell.case.code in PRODUCTS | RECURRENT
        and (not exact or cell.case.code in RECURRENT or (cell.hybrid and cell.case.code == "TRANSPOSE_CONV")),
        anything,
    ),
    Row(
        "layers of floats and 8-bit weights whose input is NaN or infinite somewhere",
        lambda cell, exact: cell.hybrid and not cell.finite and cell.case.code in PRODUCTS | RECURRENT, ours_is_nan,
    ),
    Row(
        "layers of floats and 8-bit weights whose input is nowhere larger than 7.5e-37",
        lambda cell, exact: cell.hybrid and cell.value.endswith("denormal"), both_near_zero,
    ),
    Row(
        "convolutions whose filter is NaN or infinite somewhere, where a window reaches into the padding",
        lambda cell, exact: cell.case.code in CONVOLUTIONS and not cell.finite, ours_is_nan,
    ),
    Row(
        "NaN that meets an activation or a clip in a recurrent layer, or in FULLY_CONNECTED with 8-bit weights",
        lambda cell, exact: cell.case.code in RECURRENT, ours_is_nan,
    ),
    Row("QUANTIZE of NaN, infinity and what is beyond 2^31 steps", lambda cell, exact: cell.case.code == "QUANTIZE", at_an_end),
    Row("UNIQUE of numbers with NaN", lambda cell, exact: cell.case.code == "UNIQUE" and cell.value == "nan", anything),
    Row("RFFT2D of NaN or infinity, and the signs of zeros", lambda cell, exact: cell.case.code == "RFFT2D", zeros_or_nan),
    Row(
        "LOCAL_RESPONSE_NORMALIZATION whose squares overflow",
        lambda cell, exact: cell.case.code == "LOCAL_RESPONSE_NORMALIZATION" and cell.overflows, lambda cell, found, wanted: found == 0,
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def referee() -> Iterator[Referee]:
    pytest.importorskip("ai_edge_litert.interpreter")
    referee = Referee()
    yield referee
    referee.pool.shutdown()


def problems(cell: Cell, exact: bool, found: Found, wanted: Found) -> Iterator[str]:
    """What differs and is not settled by a row."""
    if isinstance(wanted, str) and wanted.startswith("Invalid tensor size"):
        return  # LiteRT's Python returns no empty outputs
    if isinstance(found, str) or isinstance(wanted, str):
        if isinstance(found, str) != isinstance(wanted, str):
            here, there = ("it runs" if isinstance(side, list) else side for side in (found, wanted))
            yield f"{here}, where the reference says: {there}"
        return
    rows = [row for row in ROWS if row.about(cell, exact)]
    for a, b in zip(found, wanted, strict=True):
        if (a.shape, a.dtype) != (b.shape, b.dtype):
            if not any(row.may_differ is anything for row in rows):
                yield f"{a.dtype} {a.shape}, wanted {b.dtype} {b.shape}"
            continue
        off = differences(a, b, cell.case.tolerance)
        if off.any():
            x, y = (np.stack([z.real, z.imag], axis=-1) if z.dtype.kind == "c" else z for z in (a, b))
            for row in rows:
                off &= ~row.may_differ(cell, x, y)
        if off.any():
            yield f"{x[off][0]!r}, wanted {y[off][0]!r}; {int(off.sum())} of {off.size}"


def sweep(cells: list[Cell], modes: tuple[bool, ...], referee: Referee) -> None:
    wanted = referee(cells)
    found = [
        f"{cell} ({'exact' if exact else 'fast'}): {problem}"
        for exact in modes
        for cell, a, b in zip(cells, ours(cells, exact), wanted, strict=True)
        for problem in problems(cell, exact, a, b)
    ]
    assert not found, "\n".join(found)


BY_CODE = {code: [case for case in CASES if case.code == code] for code in sorted({case.code for case in CASES})}
FLOAT_CASES = {code: smallest(cases, ["FLOAT32", "COMPLEX64"]) for code, cases in BY_CODE.items()}
INTEGER_CASES = {code: smallest(cases, ["INT8", "UINT8", "INT16", "INT32", "INT64"]) for code, cases in BY_CODE.items()}


def each(cases: dict[str, list[Case]]) -> list[object]:
    """Operators as parameters; recurrent layers, which have dozens of inputs, are for those who wait."""
    return [pytest.param(found, id=code, marks=[pytest.mark.slow] if code in RECURRENT else []) for code, found in cases.items() if found]


@pytest.mark.parametrize("cases", each(FLOAT_CASES))
def test_special_floats(cases: list[Case], referee: Referee) -> None:
    sweep([cell for case in cases for cell in float_cells(case)], (False, True), referee)


@pytest.mark.parametrize("cases", each(INTEGER_CASES))
def test_extreme_integers(cases: list[Case], referee: Referee) -> None:
    sweep([cell for case in cases for cell in integer_cells(case)], (False,), referee)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text)
def test_the_document_has_the_row(row: Row) -> None:
    assert f"| {row.text} |" in (Path(__file__).parent.parent / "docs" / "numerics.md").read_text()
