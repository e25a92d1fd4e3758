"""Products of matrices, diagonals and bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import Draw, Op, drawn, each, shapes, some

EQUATIONS = [
    ("ab,bc->ac", (3, 4), (4, 5)), ("abc,cde->abde", (2, 3, 4), (4, 2, 5)), ("abcd,cde->abe", (2, 3, 4, 2), (4, 2, 5)),
    ("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5)), ("acbe,aecd->abcd", (2, 3, 4, 5), (2, 5, 3, 2)),
    ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)), ("ij,ij->ij", (3, 4), (3, 4)), ("ij,ij->", (3, 4), (3, 4)), ("i,j->ij", (3,), (4,)),
    ("bi,bj->bij", (2, 3), (2, 4)), ("...ij,jk->...ik", (2, 3, 4, 5), (5, 2)), ("...ij,...jk->...ik", (2, 3, 4, 5), (3, 5, 2)),
    ("ij,j->i", (3, 4), (4,)), ("j,ij->i", (4,), (3, 4)), ("ijk,k->ji", (2, 3, 4), (4,)), ("abc,ab->c", (2, 3, 4), (2, 3)),
    ("bhwc,hkc->bwhk", (2, 3, 4, 5), (3, 6, 5)), ("bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)),
    ("bhqk,bkhd->bqhd", (2, 4, 3, 6), (2, 6, 4, 5)), ("ab,cb->ca", (3, 4), (5, 4)), ("abij,abjk->abik", (2, 1, 3, 4), (2, 3, 4, 5)),
    ("abcdef,abcdfg->abcdeg", (2, 2, 1, 2, 3, 4), (2, 2, 1, 2, 4, 2)), ("iij,jk->ik", (3, 3, 4), (4, 2)),
    ("aij,bjk->ik", (2, 3, 4), (3, 4, 2)),
]  # fmt: skip


@drawn("Einsum")
def _einsum(draw: Draw, op: Op) -> Case:
    """With a constant on either side, or none; numbers of both kinds."""
    equation, left, right = draw(st.sampled_from(EQUATIONS))
    dtype = draw(st.sampled_from(["float32", "float32", "int32"]))
    a, b = some(left, dtype), some(right, dtype)
    twice = equation[:2] == "ii"
    form = draw(st.integers(0, 2))
    if form == 0:
        return Case(lambda a: op(inputs=[a, b], equation=equation), [a], not twice)
    if form == 1:
        return Case(lambda b: op(inputs=[a, b], equation=equation), [b])
    unknown = [tuple(axis for axis in range(x.ndim) if draw(st.booleans()) and not twice) for x in (a, b)]
    return Case(lambda a, b: op(inputs=[a, b], equation=equation), [a, b], unknown)


@each("Einsum")
def _einsum_of_one(op: Op) -> Sequence[Case]:
    forms = [("ij->ji", (3, 4)), ("ijk->j", (2, 3, 4)), ("ii->i", (3, 3)), ("ii->", (3, 3)), ("...i->...", (2, 3, 4)), ("ab->ab", (2, 3))]
    return [Case(lambda a, form=form: op(inputs=[a], equation=form), [some(shape)], form[:2] != "ii") for form, shape in forms]


@each("Einsum")
def _attention(op: Op) -> Sequence[Case]:
    """As Keras has it, with as few ops as can be."""
    weights = some((4, 2, 3))
    return [
        Case(lambda x: op(inputs=[x, weights], equation="abc,cde->abde"), [some((2, 5, 4))], codes="FULLY_CONNECTED RESHAPE"),
        Case(lambda x: op(inputs=[x, weights], equation="abcd,cde->abe"), [some((2, 5, 4, 2))], codes="RESHAPE FULLY_CONNECTED"),
        Case(lambda a, b: op(inputs=[a, b], equation="aecd,abcd->acbe"), [some((2, 5, 3, 4)), some((2, 6, 3, 4))],
             codes="TRANSPOSE TRANSPOSE BATCH_MATMUL"),
    ]  # fmt: skip


@each("MatMul")
def _mat_mul(op: Op) -> Sequence[Case]:
    flips = [(a, b) for a in (False, True) for b in (False, True)]
    two = [
        Case(lambda a, b, fa=fa, fb=fb: op(a=a, b=b, transpose_a=fa, transpose_b=fb),
             [some((4, 3) if fa else (3, 4)), some((5, 4) if fb else (4, 5))], [not fa, False])
        for fa, fb in flips
    ]  # fmt: skip
    weights = some((4, 5))
    return [*two, Case(lambda a: op(a=a, b=weights), [some((3, 4))], codes="FULLY_CONNECTED")]


@each("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def _batch_mat_mul(op: Op) -> Sequence[Case]:
    more = dict(Tout=tf.float32) if op is tf.raw_ops.BatchMatMulV3 else {}
    return [
        Case(lambda a, b, x=x, y=y: op(x=a, y=b, adj_x=x, adj_y=y, **more),
             [some((2, 4, 3) if x else (2, 3, 4)), some((2, 5, 4) if y else (2, 4, 5))])
        for x in (False, True) for y in (False, True)
    ]  # fmt: skip


@each("MatrixDiag")
def _matrix_diag(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(diagonal=x), [some(shape, dtype)]) for shape, dtype in [((3, 4), "float32"), ((4,), "int64")]]


@drawn("MatrixDiagV2", "MatrixDiagV3")
def _matrix_diag_k(draw: Draw, op: Op) -> Case:
    x, k = some(draw(shapes(2, 3))), draw(st.integers(-2, 2))
    return Case(lambda x: op(diagonal=x, k=k, num_rows=-1, num_cols=-1, padding_value=0.0), [x])


@drawn("MatrixDiagPart")
def _matrix_diag_part(draw: Draw, op: Op) -> Case:
    return Case(lambda x: op(input=x), [some((2, draw(st.integers(1, 5)), draw(st.integers(1, 5))))])


@drawn("MatrixDiagPartV2", "MatrixDiagPartV3")
def _matrix_diag_part_k(draw: Draw, op: Op) -> Case:
    k = draw(st.integers(-1, 1))
    return Case(lambda x: op(input=x, k=k, padding_value=0.0), [some((2, draw(st.integers(2, 5)), draw(st.integers(2, 5))))])


@each("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3")
def _matrix_set_diag(op: Op) -> Sequence[Case]:
    more = {} if op is tf.raw_ops.MatrixSetDiag else dict(k=0)
    return [Case(lambda x, d: op(input=x, diagonal=d, **more), [some((2, 3, 4)), some((2, 3))])]


@drawn("MatrixBandPart")
def _band(draw: Draw, op: Op) -> Case:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    x, lower, upper = some((rows, columns)), draw(st.integers(-1, rows - 1)), draw(st.integers(-1, columns - 1))
    if draw(st.booleans()):
        return Case(lambda x: op(input=x, num_lower=lower, num_upper=upper), [x])
    bounds = [np.array(lower, "int64"), np.array(upper, "int64")]
    return Case(lambda x, low, up: op(input=x, num_lower=low, num_upper=up), [np.stack([x, x]), *bounds])
