"""Tensors of one value, of random values, and stretched ones."""

from __future__ import annotations

from ...model import Tensor
from ...tensor_types import tensor_dtype
from ..call import Call
from . import sizes
from .registry import translates


@translates("ZerosLike", "OnesLike")
def like(call: Call) -> Tensor:
    x = call.input(0)
    value = 0 if call.op == "ZerosLike" else 1
    shape = call.partial_shape(x)
    if value == 0 and (shape is None or -1 in shape) and x.type in ("FLOAT32", "INT32", "INT64"):
        return call.emit("ZEROS_LIKE", [x], None, shape)
    return sizes.full(call, sizes.of(call, x), value, tensor_dtype(x.type))


@translates("BroadcastTo")
def broadcast_to(call: Call) -> Tensor:
    x, shape = call.input(0), call.input(1)
    known = call.translator.partial.values(shape)
    after = tuple(known) if known is not None else (-1,) * call.shape(shape)[0]
    if -1 not in after and after == call.partial_shape(x):
        return x
    return call.emit("BROADCAST_TO", [x, shape], None, after)


@translates("BroadcastArgs")
def broadcast_args(call: Call) -> Tensor:
    a, b = call.inputs
    return call.emit("BROADCAST_ARGS", [a, b], None, (max(*call.shape(a), *call.shape(b)),))


@translates("RandomUniform", "RandomStandardNormal")
def random(call: Call) -> Tensor:
    """Numbers of the same distribution; LiteRT's generator returns other ones than TensorFlow's."""
    shape, type = call.input(0), call.attribute("dtype", "FLOAT32")
    call.require(type == "FLOAT32", f"it produces {type}, and the operator produces FLOAT32 only")
    known = call.translator.partial.values(shape)
    after = tuple(known) if known is not None else (-1,) * call.shape(shape)[0]
    code = "RANDOM_UNIFORM" if call.op == "RandomUniform" else "RANDOM_STANDARD_NORMAL"
    return call.emit(code, [call.cast(shape, "INT32")], type, after, **_seeds(call))


@translates("Multinomial")
def multinomial(call: Call) -> Tensor:
    logits, count = call.inputs
    type = call.attribute("output_dtype", "INT64")
    (samples,) = call.translator.partial.values(count) or [-1]
    after = (call.shape(logits)[0], samples)
    return call.emit("MULTINOMIAL", [logits, call.cast(count, "INT32")], type, after, **_seeds(call))


def _seeds(call: Call) -> dict[str, int]:
    return {name: int(call.attribute(name, 0)) for name in ("seed", "seed2")}
