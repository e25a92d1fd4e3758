"""Products of matrices."""

from __future__ import annotations

from collections.abc import Iterator

from ...model import Tensor
from ..call import Call
from ..ranks import other_input
from ..shapes import broadcast
from .registry import translates


def fully_connected(call: Call, x: Tensor, weights: Tensor) -> Tensor:
    """Rows of x [..., depth] times weights [out, depth]."""
    *rows, depth = call.shape(x)
    out, wanted = call.shape(weights)
    call.fits(-1 in (depth, wanted) or depth == wanted, f"it reads rows of {depth} values, and its weights are for {wanted}")
    return call.emit(
        "FULLY_CONNECTED", [x, weights, None], x.type, (*rows, out), keep_num_dims=len(rows) > 1, fused_activation_function="NONE"
    )  # fmt: skip


def _product_ranks(call: Call) -> Iterator[tuple[int, tuple[int, ...]]]:
    """The dimension along which two matrices are multiplied has one size."""
    flips = [bool(call.attribute("transpose_a")), bool(call.attribute("transpose_b"))]
    for index in (0, 1):
        other = other_input(call, index, 2)
        depth = -1 if other is None else other[(1 - index) ^ 1 ^ flips[1 - index]]
        yield index, (depth, -1) if (index == 0) is flips[index] else (-1, depth)


@translates("MatMul", ranks=_product_ranks)
def mat_mul(call: Call) -> Tensor:
    """Weights [in, out] become [out, in]. Two computed matrices are a BATCH_MATMUL, which need not transpose."""
    a, b = call.input(0), call.input(1)
    flip_a, flip_b = bool(call.attribute("transpose_a")), bool(call.attribute("transpose_b"))
    if call.known(b) is None:
        return batch_product(call, a, b, flip_a, flip_b)
    a = call.transpose(a, (1, 0)) if flip_a else a
    return fully_connected(call, a, b if flip_b else call.transpose(b, (1, 0)))


@translates("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3")
def batch_mat_mul(call: Call) -> Tensor:
    """A constant matrix on the right is a layer's weights: FULLY_CONNECTED on every row."""
    a, b = call.input(0), call.input(1)
    flip_a, flip_b = bool(call.attribute("adj_x")), bool(call.attribute("adj_y"))
    if call.known(b) is not None and call.rank(b) == 2 and not flip_a:
        return fully_connected(call, a, b if flip_b else call.transpose(b, (1, 0)))
    return batch_product(call, a, b, flip_a, flip_b)


def batch_product(call: Call, a: Tensor, b: Tensor, flip_a: bool = False, flip_b: bool = False) -> Tensor:
    """Matrices in the last two dimensions; those in front stretch to one shape."""
    x, y = call.shape(a), call.shape(b)
    depths = {x[-2 if flip_a else -1], y[-1 if flip_b else -2]}
    call.fits(-1 in depths or len(depths) == 1, f"matrices {list(x)} and {list(y)} do not fit one another")
    rows, columns = x[-1 if flip_a else -2], y[-2 if flip_b else -1]
    front = broadcast(x[:-2], y[:-2]) or ()
    return call.emit("BATCH_MATMUL", [a, b], a.type, (*front, rows, columns), adj_x=flip_a, adj_y=flip_b)
