"""Bitwise ops, of which .tflite files have two: XOR and a shift to the right."""

from __future__ import annotations

import numpy as np

from ...model import Tensor
from ..call import Call
from .registry import translates

_NARROW = ("INT8", "UINT8", "INT16", "UINT16")


def _in_int32(call: Call, tensor: Tensor) -> Tensor:
    """The same bits as INT32; narrower types are widened, which keeps the bits that they have."""
    call.require(tensor.type in (*_NARROW, "INT32", "UINT32"), f"it computes bits of {tensor.type}, and operators do of up to 32 bits")
    if tensor.type == "UINT32":
        known = call.known(tensor)
        return call.emit("BITCAST", [tensor], "INT32", call.partial_shape(tensor)) if known is None else call.make(known.view(np.int32))
    return call.cast(tensor, "INT32")


def _back(call: Call, made: Tensor, type: str | int) -> Tensor:
    return call.emit("BITCAST", [made], type, call.partial_shape(made)) if type == "UINT32" else call.cast(made, str(type))


def _bits(call: Call, tensor: Tensor) -> Tensor:
    """The 32 bits of each number as a separate dimension, the lowest first."""
    shape = call.shape(tensor)
    wide = call.emit("EXPAND_DIMS", [tensor, call.make(-1, np.int32)], None, (*shape, 1))
    shifted = call.elementwise("RIGHT_SHIFT", wide, call.make(np.arange(32, dtype=np.int32)))
    return call.elementwise("FLOOR_MOD", shifted, call.make(2, np.int32))


@translates("BitwiseAnd", "BitwiseOr")
def and_or(call: Call) -> Tensor:
    """AND of numbers below a power of two is a remainder; otherwise the sum of the bits that both have. OR is XOR of XOR and AND."""
    type = call.input(0).type
    a, b = (_in_int32(call, tensor) for tensor in call.inputs)
    mask = call.known(b)
    if mask is not None and mask.size == 1 and mask.item() >= 0 and (mask.item() + 1) & mask.item() == 0 and mask.item() < 1 << 30:
        both = call.elementwise("FLOOR_MOD", a, call.make(np.int32(mask.item() + 1)))
    else:
        weights = call.make((np.uint32(1) << np.arange(32, dtype=np.uint32)).view(np.int32))
        bits = call.elementwise("MUL", call.elementwise("MUL", _bits(call, a), _bits(call, b)), weights)
        shape = call.shape(bits)
        both = call.emit("SUM", [bits, call.shape_tensor([len(shape) - 1])], None, shape[:-1], keep_dims=False)
    if call.op == "BitwiseOr":
        both = call.elementwise("BITWISE_XOR", call.elementwise("BITWISE_XOR", a, b), both)
    return _back(call, both, type)


@translates("LeftShift")
def left_shift(call: Call) -> Tensor:
    """A product with a power of two, which drops the bits that leave a number as the shift does."""
    x, by = call.input(0), call.constant(1, "number of places")
    bits = 8 * np.dtype(by.dtype).itemsize
    call.require(bool(np.all((by >= 0) & (by < bits))), f"it shifts by {by.min()} to {by.max()} places of {bits}")
    powers = call.make((np.uint32(1) << by.astype(np.uint32)).view(np.int32))
    return _back(call, call.elementwise("MUL", _in_int32(call, x), powers), x.type)
