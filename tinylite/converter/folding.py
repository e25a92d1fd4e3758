"""TensorFlow ops computed on constants, with numpy, in the op's own type."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ConvertError
from ..model import Quantization, Tensor
from ..ops.div import truncated
from ..quantization_math import fake_quantize, symmetric_range
from ..tensor_types import tensor_dtype
from .call import MOST_MADE, Call
from .folding_demand import DEMANDS, Demand, demand_of, einsum, gathered, gathered_nd, matrix_product, mirrored, parts, slow
from .output_types import plain_type
from .slicing import strided

__all__ = ["FAKE_QUANTS", "FOLDERS", "SAME_VALUES", "UNKNOWN", "fold", "folds", "string_buffer", "texts", "told_range"]

Folder = Callable[..., Any]
FOLDERS: dict[str, Folder] = {}
FAKE_QUANTS = ("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars", "FakeQuantWithMinMaxVarsPerChannel")
SAME_VALUES: set[str] = set()
UNKNOWN: dict[str, slice] = {}
_ALL, _FIRST = slice(None), slice(0, 1)


def fold(call: Call, given: Sequence[np.ndarray | None]) -> list[np.ndarray] | None:
    """The outputs of a node whose inputs have these values, or None if it cannot be computed here."""
    with np.errstate(all="ignore"):
        try:
            if not _affordable(call, [value for value in given if value is not None]):
                return None
            found = FOLDERS[call.op](call, *given)
        except MemoryError:
            return None
        except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ConvertError(f"it cannot be computed from its constants: {error}", "The graph is damaged: make it again") from None
    if found is None:
        return None
    return [np.asarray(value) for value in (found if isinstance(found, (list, tuple)) else [found])]


def _affordable(call: Call, given: Sequence[np.ndarray]) -> bool:
    """Whether computing this leaves the conversion within its bounds; it is counted then."""
    made, work = demand_of(call, given)
    grown = max(made - sum({value.__array_interface__["data"][0]: value.size for value in given}.values()), 0)
    left = call.translator
    if grown > left.growth_left or work > left.work_left:
        return False
    left.growth_left -= grown
    left.work_left -= work
    return True


def folds(*ops: str, unknown: slice | None = None, same_values: bool = False, demand: Demand | None = None) -> Callable[[Folder], Folder]:
    """Register a function that computes these TensorFlow ops on constants: of the node and its inputs' values, those of its outputs.

    `unknown` are the inputs of which a part may be unknown while the rest is computed (see partial.py). `same_values` says that the
    result has the values of the first input, in the same order or another. `demand` says what computing takes, where it makes more
    elements than it is given (see folding_demand.py).
    """

    def register(folder: Folder) -> Folder:
        for op in ops:
            FOLDERS[op] = folder
            if unknown is not None:
                UNKNOWN[op] = unknown
            if demand is not None:
                DEMANDS[op] = demand
        SAME_VALUES.update(ops if same_values else ())
        return folder

    return register


def string_buffer(values: np.ndarray) -> np.ndarray:
    """Text as a .tflite file holds it: the number of strings, where each begins and the last ends, and their bytes."""
    texts = [text if isinstance(text, bytes) else str(text).encode() for text in values.reshape(-1)]
    ends = np.cumsum([4 * (len(texts) + 2), *map(len, texts)], dtype=np.int32)
    head = np.array([len(texts), *ends], np.int32).view(np.uint8)
    return np.concatenate([head, np.frombuffer(b"".join(texts), np.uint8)])


def texts(tensor: Tensor) -> np.ndarray:
    """The text of a constant, which its buffer holds as `string_buffer` writes it, as an array of bytes."""
    data = b"" if tensor.buffer is None else tensor.buffer.tobytes()
    count = int.from_bytes(data[:4], "little")
    ends = np.frombuffer(data, np.int32, count + 1, 4)
    made = np.empty(count, object)
    made[:] = [data[start:end] for start, end in itertools.pairwise(ends)]
    return made.reshape(tensor.shape)


_erfc = np.vectorize(math.erfc, otypes=[np.float64])
_erf = np.vectorize(math.erf, otypes=[np.float64])
_lgamma = np.vectorize(math.lgamma, otypes=[np.float64])


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def _softmax(x: np.ndarray) -> np.ndarray:
    powers = np.exp(x - x.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


_UNARY: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "Abs": np.abs, "Acos": np.arccos, "Acosh": np.arccosh, "Asin": np.arcsin, "Asinh": np.arcsinh, "Atan": np.arctan,
    "Atanh": np.arctanh, "Ceil": np.ceil, "Cos": np.cos, "Cosh": np.cosh, "Erf": _erf, "Erfc": _erfc, "Exp": np.exp, "Expm1": np.expm1,
    "Floor": np.floor, "Inv": lambda x: 1 / x, "Reciprocal": lambda x: 1 / x, "IsFinite": np.isfinite, "IsInf": np.isinf,
    "IsNan": np.isnan, "Lgamma": _lgamma, "Log": np.log, "Log1p": np.log1p, "LogicalNot": np.logical_not, "Neg": np.negative,
    "Relu": lambda x: np.maximum(x, 0), "Relu6": lambda x: np.clip(x, 0, 6), "Rint": np.rint, "Round": np.rint,
    "Rsqrt": lambda x: 1 / np.sqrt(x), "Sigmoid": _sigmoid, "Sign": np.sign, "Sin": np.sin, "Sinh": np.sinh, "Sqrt": np.sqrt,
    "Square": np.square, "Tan": np.tan, "Tanh": np.tanh, "Softplus": lambda x: np.logaddexp(x, 0), "ZerosLike": np.zeros_like,
    "OnesLike": np.ones_like, "InvertPermutation": np.argsort, "L2Loss": lambda x: np.sum(x * x) / 2,
    "Softsign": lambda x: x / (1 + np.abs(x)), "Elu": lambda x: np.where(x > 0, x, np.expm1(x)), "Invert": np.invert,
    "Selu": lambda x: 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(x)), "Softmax": _softmax,
    "LogSoftmax": lambda x: np.log(_softmax(x)), "MatrixDiag": lambda x: x[..., None] * np.eye(x.shape[-1], dtype=x.dtype),
}  # fmt: skip
_BINARY: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "Add": np.add, "AddV2": np.add, "Sub": np.subtract, "Mul": np.multiply, "Div": truncated, "RealDiv": np.divide,
    "TruncateDiv": truncated, "FloorDiv": np.floor_divide, "FloorMod": np.mod, "Mod": np.fmod, "TruncateMod": np.fmod,
    "Maximum": np.maximum, "Minimum": np.minimum, "Pow": np.power, "SquaredDifference": lambda a, b: np.square(a - b),
    "Equal": np.equal, "NotEqual": np.not_equal, "Less": np.less, "LessEqual": np.less_equal, "Greater": np.greater,
    "GreaterEqual": np.greater_equal, "LogicalAnd": np.logical_and, "LogicalOr": np.logical_or, "Atan2": np.arctan2,
    "BitwiseAnd": np.bitwise_and, "BitwiseOr": np.bitwise_or, "BitwiseXor": np.bitwise_xor, "LeftShift": np.left_shift,
    "RightShift": np.right_shift, "DivNoNan": lambda a, b: np.where(b == 0, 0, a / b),
    "MulNoNan": lambda a, b: np.where(b == 0, 0, a * b), "Xdivy": lambda a, b: np.where(a == 0, 0, a / b),
    "Xlogy": lambda a, b: np.where(a == 0, 0, a * np.log(b)), "Xlog1py": lambda a, b: np.where(a == 0, 0, a * np.log1p(b)),
}  # fmt: skip
_TO_BOOL = {"IsFinite", "IsInf", "IsNan", "LogicalNot", "Equal", "NotEqual", "Less", "LessEqual", "Greater", "GreaterEqual", "LogicalAnd",
            "LogicalOr"}  # fmt: skip
_REDUCTIONS: dict[str, Callable[..., np.ndarray]] = {
    "Sum": np.sum, "Mean": np.mean, "Prod": np.prod, "Max": np.max, "Min": np.min, "All": np.all, "Any": np.any,
    "EuclideanNorm": lambda x, axis, keepdims: np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims)),
}  # fmt: skip


def _in_type(function: Callable[..., Any], count: int, to_bool: bool) -> Folder:
    """numpy would widen small types and Python numbers, and write into one operand too many: the result has the operands' type."""

    def compute(call: Call, *given: np.ndarray) -> np.ndarray:
        if len(given) != count:
            raise ValueError(f"it has {len(given)} inputs, and takes {count}")
        found = np.asarray(function(*given))
        return found.astype(np.bool_ if to_bool else given[0].dtype, copy=False)

    return compute


_ARITHMETIC: dict[str, Callable[..., Any]] = {**_UNARY, **_BINARY}
for _op, _function in _ARITHMETIC.items():
    # A function of one number of Python is called for each element.
    folds(_op, demand=slow if isinstance(_function, np.vectorize) else None)(
        _in_type(_function, 1 if _op in _UNARY else 2, _op in _TO_BOOL)
    )
DEMANDS["MatrixDiag"] = lambda call, x: x.size * x.shape[-1]
UNKNOWN |= dict.fromkeys(("Add", "AddV2", "Sub", "Mul", "FloorDiv"), _ALL)


def _reduction(function: Callable[..., np.ndarray]) -> Folder:
    def reduce(call: Call, x: np.ndarray, axes: np.ndarray) -> np.ndarray:
        chosen = tuple(int(axis) for axis in axes.reshape(-1))
        return np.asarray(function(x, axis=chosen, keepdims=bool(call.attribute("keep_dims")))).astype(x.dtype)

    return reduce


FOLDERS.update((op, _reduction(function)) for op, function in _REDUCTIONS.items())
UNKNOWN |= dict.fromkeys(("Sum", "Prod"), _FIRST)


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


@folds("Cast", unknown=_FIRST)
def _cast(call: Call, x: np.ndarray) -> np.ndarray | None:
    wanted = plain_type(call.attribute("DstT"))
    return x.astype(tensor_dtype(wanted)) if wanted != "BFLOAT16" else None


@folds("Bitcast")
def _bitcast(call: Call, x: np.ndarray) -> np.ndarray:
    """Narrower elements are a dimension of their own."""
    dtype = np.dtype(tensor_dtype(plain_type(call.attribute("type"))))
    if dtype.itemsize < x.dtype.itemsize:
        return np.ascontiguousarray(x[..., None]).view(dtype)
    found = np.ascontiguousarray(x).view(dtype).reshape(x.shape if dtype.itemsize == x.dtype.itemsize else x.shape[:-1])
    return np.asarray(found)


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


@folds("Slice", unknown=_FIRST)
def _slice(call: Call, x: np.ndarray, begin: np.ndarray, size: np.ndarray) -> np.ndarray:
    ends = [dimension if count < 0 else start + count for start, count, dimension in zip(begin, size, x.shape, strict=True)]
    return x[tuple(slice(int(start), int(end)) for start, end in zip(begin, ends, strict=True))]


@folds("StridedSlice", unknown=_FIRST)
def _strided_slice(call: Call, x: np.ndarray, begin: np.ndarray, end: np.ndarray, strides: np.ndarray) -> np.ndarray:
    return x[strided(call, begin.tolist(), end.tolist(), strides.tolist())]


@folds("Gather", unknown=_FIRST, demand=gathered)
def _gather(call: Call, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return np.take(x, indices, 0)


@folds("GatherV2", unknown=_FIRST, demand=gathered)
@folds("ResourceGather", demand=gathered)
def _gather_v2(call: Call, x: np.ndarray, indices: np.ndarray, axis: np.ndarray | int = 0) -> np.ndarray:
    along, batch = int(np.reshape(axis, ())) % x.ndim, call.attribute("batch_dims", 0)
    batch += indices.ndim if batch < 0 else 0
    if not batch:
        return np.take(x, indices, along)
    parts = [np.take(x[place], indices[place], along - batch) for place in np.ndindex(*x.shape[:batch])]
    return np.reshape(parts, (*x.shape[:along], *indices.shape[batch:], *x.shape[along + 1 :]))


@folds("GatherNd", demand=gathered_nd)
def _gather_nd(call: Call, x: np.ndarray, indices: np.ndarray) -> np.ndarray:
    return x[tuple(np.moveaxis(indices, -1, 0))]


@folds("ScatterNd")
def _scatter_nd(call: Call, indices: np.ndarray, updates: np.ndarray, shape: np.ndarray) -> np.ndarray | None:
    if math.prod(shape.tolist()) > MOST_MADE:
        return None
    made = np.zeros(tuple(shape.tolist()), updates.dtype)
    np.add.at(made, tuple(np.moveaxis(indices, -1, 0)), updates)
    return made


@folds("SelectV2")
def _select_v2(call: Call, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(condition, a, b)


@folds("Select")
def _select(call: Call, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(condition.reshape(condition.shape + (1,) * (a.ndim - condition.ndim)) if condition.ndim else condition, a, b)


@folds("OneHot")
def _one_hot(call: Call, indices: np.ndarray, depth: np.ndarray, on: np.ndarray, off: np.ndarray) -> np.ndarray | None:
    if indices.size * depth.item() > MOST_MADE:
        return None
    axis = call.attribute("axis", -1)
    hot = np.expand_dims(indices, axis) == np.arange(depth.item()).reshape([-1] + [1] * (0 if axis == -1 else indices.ndim - axis))
    return np.where(hot, on, off)


@folds("ReverseV2", unknown=_FIRST)
def _reverse(call: Call, x: np.ndarray, axes: np.ndarray) -> np.ndarray:
    return np.flip(x, tuple(axes.tolist()))


@folds("Pad", "PadV2")
def _pad(call: Call, x: np.ndarray, paddings: np.ndarray, value: np.ndarray | int = 0) -> np.ndarray | None:
    if math.prod(size + before + after for size, (before, after) in zip(x.shape, paddings.tolist(), strict=True)) > MOST_MADE:
        return None
    return np.pad(x, paddings.tolist(), constant_values=np.asarray(value, x.dtype).item())


@folds("Where")
def _where(call: Call, condition: np.ndarray) -> np.ndarray:
    return np.argwhere(condition)


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


@folds("MatrixBandPart", demand=lambda call, x, *_: x.size + math.prod(x.shape[-2:]))
def _band(call: Call, x: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    down, right = lower.item(), upper.item()
    distance = np.arange(x.shape[-2])[:, None] - np.arange(x.shape[-1])
    inside = ((down < 0) | (distance <= down)) & ((right < 0) | (-distance <= right))
    return np.where(inside, x, x.dtype.type(0))


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


@folds("BiasAdd", "BiasAddV1")
def _bias_add(call: Call, x: np.ndarray, bias: np.ndarray) -> np.ndarray:
    return x + (bias.reshape(-1, *[1] * (x.ndim - 2)) if call.attribute("data_format", "NHWC") == "NCHW" else bias)


@folds("LeakyRelu")
def _leaky_relu(call: Call, x: np.ndarray) -> np.ndarray:
    return np.where(x > 0, x, x * np.float32(call.attribute("alpha", 0.2))).astype(x.dtype)


@folds("ClipByValue")
def _clip(call: Call, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.maximum(np.minimum(x, high), low)


@folds("AddN")
def _add_n(call: Call, *given: np.ndarray) -> np.ndarray:
    return np.sum(given, 0, given[0].dtype)


@folds("DynamicStitch", "ParallelDynamicStitch")
def _stitch(call: Call, *given: np.ndarray) -> np.ndarray | None:
    half = len(given) // 2
    indices, data = given[:half], given[half:]
    count = max((int(index.max()) for index in indices if index.size), default=-1) + 1
    if count * math.prod(data[0].shape[indices[0].ndim :]) > MOST_MADE:
        return None
    made = np.zeros((count, *data[0].shape[indices[0].ndim :]), data[0].dtype)
    for index, values in zip(indices, data, strict=True):
        made[index] = values
    return made


@folds("RaggedTensorToTensor")
def _filled_rows(call: Call, shape: np.ndarray, values: np.ndarray, default: np.ndarray, *parts: np.ndarray) -> np.ndarray | None:
    """Rows of different lengths, on several levels, filled up to the longest, or to `shape` where that is not negative."""
    levels: list[np.ndarray] = []  # the lengths of the rows of each
    for part, kind in zip(parts, call.attribute("row_partition_types"), strict=True):
        if kind == b"ROW_SPLITS":
            levels.append(np.diff(part))
        elif kind == b"VALUE_ROWIDS":
            levels.append(np.bincount(part, minlength=int(levels[-1].sum() if levels else parts[0])))
    levels.insert(0, np.array([levels[0].size]))  # all rows are one of a level above
    sizes = shape.tolist() if shape.ndim else [-1] * len(levels)
    cells = values
    for lengths, size in zip(reversed(levels), sizes[len(levels) - 1 :: -1], strict=True):
        width = int(lengths.max(initial=0)) if size < 0 else size
        if lengths.size * width * math.prod(cells.shape[1:]) > MOST_MADE:
            return None
        made = np.empty((lengths.size, width, *cells.shape[1:]), values.dtype)
        made[:] = default
        for row, start, length in zip(made, np.cumsum(lengths) - lengths, np.minimum(lengths, width), strict=True):
            row[:length] = cells[start : start + length]
        cells = made
    return cells[0]


@folds("Roll")
def _roll(call: Call, x: np.ndarray, shifts: np.ndarray, axes: np.ndarray) -> np.ndarray:
    return np.roll(x, tuple(shifts.reshape(-1).tolist()), tuple(axes.reshape(-1).tolist()))


@folds("MirrorPad", demand=mirrored)
def _mirror_pad(call: Call, x: np.ndarray, paddings: np.ndarray) -> np.ndarray:
    return np.pad(x, paddings.tolist(), "reflect" if call.attribute("mode") == "REFLECT" else "symmetric")


@folds("Bucketize")
def _bucketize(call: Call, x: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.array(call.attribute("boundaries"), np.float32), x, "right").astype(np.int32)


def told_range(call: Call, given: Sequence[Any]) -> Quantization:
    """The range of a FakeQuant, as it says it."""
    low, high = given[1:] if len(given) > 1 else (call.attribute("min", -6.0), call.attribute("max", 6.0))
    return Quantization(min=low, max=high, narrow=bool(call.attribute("narrow_range")))


@folds(*FAKE_QUANTS)
def _fake_quant(call: Call, x: np.ndarray, *given: np.ndarray) -> np.ndarray:
    if call.translator.settings.drop_fake_quants:
        return x
    low, high = given or (call.attribute("min", -6.0), call.attribute("max", 6.0))
    return fake_quantize(x, low, high, int(call.attribute("num_bits", 8)), bool(call.attribute("narrow_range")))


@folds("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4")
def _quantize_and_dequantize(call: Call, x: np.ndarray, low: np.ndarray, high: np.ndarray, *bits: np.ndarray) -> np.ndarray | None:
    """Without a given range, that of the values; one for all of them."""
    if call.attribute("axis", -1) != -1:
        return None
    low, high = (low, high) if call.attribute("range_given") else (np.min(x), np.max(x))
    count = int(bits[0]) if bits else int(call.attribute("num_bits", 8))
    signed, narrow = bool(call.attribute("signed_input", True)), bool(call.attribute("narrow_range"))
    return fake_quantize(x, *symmetric_range(float(low), float(high), count, signed, narrow), count, signed and narrow)


@folds("TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate")
def _tensor_scatter(call: Call, x: np.ndarray, indices: np.ndarray, updates: np.ndarray) -> np.ndarray:
    made, places = x.copy(), tuple(np.moveaxis(indices, -1, 0))
    if call.op == "TensorScatterUpdate":
        made[places] = updates
    else:
        (np.add if call.op == "TensorScatterAdd" else np.subtract).at(made, places, updates)
    return made


@folds("ShapeN")
def _shapes(call: Call, *given: np.ndarray) -> list[np.ndarray]:
    return [np.array(x.shape, tensor_dtype(call.attribute("out_type", "INT32"))) for x in given]


@folds("Shape", unknown=_ALL)
@folds("Size", "Rank")
def _of_shape(call: Call, x: np.ndarray) -> np.ndarray:
    found = {"Size": x.size, "Rank": x.ndim, "Shape": x.shape}[call.op]
    return np.array(found, tensor_dtype(call.attribute("out_type", "INT32")))
