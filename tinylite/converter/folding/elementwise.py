"""TensorFlow ops on each element of constants."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...ops.div import truncated
from ...tensor_types import tensor_dtype
from ..call import Call
from ..output_types import plain_type
from .demand import DEMANDS, slow
from .registry import UNKNOWN, Folder, folds

__all__: list[str] = []

_ALL = slice(None)
_FIRST = slice(0, 1)
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


@folds("Cast", unknown=_FIRST)
def _cast(call: Call, x: np.ndarray) -> np.ndarray | None:
    wanted = plain_type(call.attribute("DstT"))
    return x.astype(tensor_dtype(wanted)) if wanted != "BFLOAT16" else None


@folds("Bitcast")
def _bitcast(call: Call, x: np.ndarray) -> np.ndarray:
    """Narrower elements are a separate dimension."""
    dtype = np.dtype(tensor_dtype(plain_type(call.attribute("type"))))
    if dtype.itemsize < x.dtype.itemsize:
        return np.ascontiguousarray(x[..., None]).view(dtype)
    found = np.ascontiguousarray(x).view(dtype).reshape(x.shape if dtype.itemsize == x.dtype.itemsize else x.shape[:-1])
    return np.asarray(found)


@folds("SelectV2")
def _select_v2(call: Call, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(condition, a, b)


@folds("Select")
def _select(call: Call, condition: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.where(condition.reshape(condition.shape + (1,) * (a.ndim - condition.ndim)) if condition.ndim else condition, a, b)


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


@folds("Bucketize")
def _bucketize(call: Call, x: np.ndarray) -> np.ndarray:
    return np.searchsorted(np.array(call.attribute("boundaries"), np.float32), x, "right").astype(np.int32)
