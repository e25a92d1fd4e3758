"""Fourier transforms."""

from __future__ import annotations

from ...model import Tensor
from ..call import Call
from . import sizes
from .registry import translates
from .sizes import Size


@translates("RFFT", "RFFT2D")
def real_transform(call: Call) -> Tensor:
    """RFFT2D of one row is RFFT. The operator takes lengths that are powers of 2."""
    x, lengths = call.input(0), call.numbers(1, "length")
    type = call.attribute("Tcomplex", "COMPLEX64")
    call.require(x.type == "FLOAT32" and type == "COMPLEX64", f"it makes {type} of {x.type}, and the operator COMPLEX64 of FLOAT32")
    call.require(
        all(length > 0 and length & (length - 1) == 0 for length in lengths),
        f"its length {lengths} is not a power of 2, which the operator wants", "Pad with fft_length to the next power of 2",
    )  # fmt: skip
    bins = lengths[-1] // 2 + 1
    *front, _ = sizes.of(call, x)
    if call.op == "RFFT2D":
        after = (*(size.known for size in front[:-1]), lengths[0], bins)
        return call.emit("RFFT2D", [x, call.shape_tensor(lengths)], type, after)
    rows = sizes.reshape(call, x, [*front, Size(1), sizes.of(call, x)[-1]])
    after = (*(size.known for size in front), 1, bins)
    made = call.emit("RFFT2D", [rows, call.shape_tensor([1, *lengths])], type, after)
    *_, row, last = whole = sizes.of(call, made)
    assert row == Size(1)
    return sizes.reshape(call, made, [*whole[:-2], last])
