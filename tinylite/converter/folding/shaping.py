"""TensorFlow ops that make, join, cut and rearrange constants."""

from __future__ import annotations

import math

import numpy as np

from ...tensor_types import tensor_dtype
from ..call import MOST_MADE, Call
from .demand import mirrored, parts
from .registry import folds

__all__: list[str] = []

_ALL = slice(None)
_FIRST = slice(0, 1)


@folds("Const")
def _const(call: Call) -> np.ndarray | None:
    value = call.node.attributes.get("value")
    call.require(isinstance(value, np.ndarray), "it has no value", "The graph is damaged: write it again")
    return value


@folds("Identity", unknown=_ALL, same_values=True)
@folds("StopGradient", "PreventGradient", "Snapshot", "CheckNumerics", "EnsureShape", "PlaceholderWithDefault", same_values=True)
def _identity(call: Call, x: np.ndarray) -> np.ndarray:
    return x


@folds("IdentityN")
def _identities(call: Call, *given: np.ndarray) -> list[np.ndarray]:
    return list(given)


@folds("Reshape", unknown=_FIRST, same_values=True)
def _reshape(call: Call, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return x.reshape(shape.tolist())


@folds("Squeeze", unknown=_FIRST, same_values=True)
def _squeeze(call: Call, x: np.ndarray) -> np.ndarray:
    return np.squeeze(x, tuple(call.attribute("squeeze_dims") or [axis for axis, size in enumerate(x.shape) if size == 1]))


@folds("ExpandDims", unknown=_FIRST, same_values=True)
def _expand_dims(call: Call, x: np.ndarray, axis: np.ndarray) -> np.ndarray:
    return np.expand_dims(x, int(axis.reshape(())))


@folds("Transpose", unknown=_FIRST, same_values=True)
def _transpose(call: Call, x: np.ndarray, order: np.ndarray) -> np.ndarray:
    return x.transpose(order.tolist())


@folds("Pack", unknown=_ALL)
def _pack(call: Call, *given: np.ndarray) -> np.ndarray:
    return np.stack(given, call.attribute("axis", 0))


@folds("Unpack", unknown=_FIRST, demand=parts)
def _unpack(call: Call, x: np.ndarray) -> list[np.ndarray]:
    return list(np.moveaxis(x, call.attribute("axis", 0), 0))


@folds("ConcatV2", unknown=_ALL)
def _concat_v2(call: Call, *given: np.ndarray) -> np.ndarray:
    return np.concatenate(given[:-1], int(given[-1].reshape(())))


@folds("Concat", unknown=_ALL)
def _concat(call: Call, axis: np.ndarray, *given: np.ndarray) -> np.ndarray:
    return np.concatenate(given, int(axis.reshape(())))


@folds("Split", unknown=slice(1, 2))
def _split(call: Call, axis: np.ndarray, x: np.ndarray) -> list[np.ndarray]:
    return np.split(x, call.attribute("num_split"), int(axis.reshape(())))


@folds("SplitV", unknown=_FIRST)
def _split_v(call: Call, x: np.ndarray, sizes: np.ndarray, axis: np.ndarray) -> list[np.ndarray]:
    sizes = np.where(sizes < 0, x.shape[int(axis.reshape(()))] - sizes[sizes >= 0].sum(), sizes)
    return np.split(x, np.cumsum(sizes)[:-1], int(axis.reshape(())))


@folds("Fill")
def _fill(call: Call, shape: np.ndarray, value: np.ndarray) -> np.ndarray:
    return np.broadcast_to(value, tuple(shape.tolist()))


@folds("Tile", unknown=_FIRST)
def _tile(call: Call, x: np.ndarray, times: np.ndarray) -> np.ndarray | None:
    return np.tile(x, times.tolist()) if x.size * math.prod(times.tolist()) <= MOST_MADE else None


@folds("BroadcastTo")
def _broadcast_to(call: Call, x: np.ndarray, shape: np.ndarray) -> np.ndarray:
    return np.broadcast_to(x, tuple(shape.tolist()))


@folds("BroadcastArgs")
def _broadcast_args(call: Call, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.array(np.broadcast_shapes(tuple(a.tolist()), tuple(b.tolist())), a.dtype)


@folds("Range")
def _range(call: Call, start: np.ndarray, limit: np.ndarray, delta: np.ndarray) -> np.ndarray | None:
    if (limit.item() - start.item()) / delta.item() > MOST_MADE:
        return None
    return np.arange(start.item(), limit.item(), delta.item()).astype(start.dtype)


@folds("LinSpace")
def _lin_space(call: Call, start: np.ndarray, stop: np.ndarray, number: np.ndarray) -> np.ndarray | None:
    return np.linspace(start.item(), stop.item(), number.item()).astype(start.dtype) if number.item() <= MOST_MADE else None


@folds("ReverseV2", unknown=_FIRST)
def _reverse(call: Call, x: np.ndarray, axes: np.ndarray) -> np.ndarray:
    return np.flip(x, tuple(axes.tolist()))


@folds("Pad", "PadV2")
def _pad(call: Call, x: np.ndarray, paddings: np.ndarray, value: np.ndarray | int = 0) -> np.ndarray | None:
    if math.prod(size + before + after for size, (before, after) in zip(x.shape, paddings.tolist(), strict=True)) > MOST_MADE:
        return None
    return np.pad(x, paddings.tolist(), constant_values=np.asarray(value, x.dtype).item())


@folds("Roll")
def _roll(call: Call, x: np.ndarray, shifts: np.ndarray, axes: np.ndarray) -> np.ndarray:
    return np.roll(x, tuple(shifts.reshape(-1).tolist()), tuple(axes.reshape(-1).tolist()))


@folds("MirrorPad", demand=mirrored)
def _mirror_pad(call: Call, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    return np.pad(x, paddings.tolist(), "reflect" if call.attribute("mode") == "REFLECT" else "symmetric")


@folds("ShapeN")
def _shapes(call: Call, *given: np.ndarray) -> list[np.ndarray]:
    return [np.array(x.shape, tensor_dtype(call.attribute("out_type", "INT32"))) for x in given]


@folds("Shape", unknown=_ALL)
@folds("Size", "Rank")
def _of_shape(call: Call, x: np.ndarray) -> np.ndarray:
    found = {"Size": x.size, "Rank": x.ndim, "Shape": x.shape}[call.op]
    return np.array(found, tensor_dtype(call.attribute("out_type", "INT32")))
