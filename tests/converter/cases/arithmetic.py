"""Functions of one and of two tensors, reductions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from ..referee import Case
from .builders import RNG, Draw, Op, drawn, each, shapes, some

_FEATURES = ("Elu", "Relu", "Relu6", "Selu", "Softplus", "Softsign")
UNARY: dict[tuple[float, float], str] = {
    (-8, 8): "Abs Asinh Atan Ceil Cos Cosh Elu Exp Expm1 Floor IsFinite IsInf IsNan Neg Relu Relu6 Rint Round Selu Sigmoid Sign Sin Sinh "
             "Softplus Softsign Square Tanh",
    (0.1, 9): "Log Log1p Reciprocal Inv Rsqrt Sqrt",
    (-1.4, 1.4): "Tan", (-0.99, 0.99): "Acos Asin", (1.1, 9): "Acosh", (-0.95, 0.95): "Atanh",
}  # fmt: skip


def _unary(low: float, high: float, argument: str) -> Callable[[Draw, Op], Case]:
    def case(draw: Draw, op: Op) -> Case:
        x = some(draw(shapes()), low=low, high=high)
        return Case(lambda x: op(**{argument: x}), [x])

    return case


for _range, _names in UNARY.items():
    for _name in _names.split():
        drawn(_name)(_unary(*_range, "features" if _name in _FEATURES else "x"))


@each("IsNan", "IsInf", "IsFinite")
def _odd(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x), [np.array([[np.nan, np.inf], [-np.inf, 2]], np.float32)])]


@each("Softplus")
def _softplus(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(features=x), [np.array([-200, -20, 0, 19.9, 20.1, 200], np.float32)])]


# Names: types, and the range of values.
BINARY: dict[str, tuple[str, float, float]] = {
    "Add AddV2 Sub Mul Maximum Minimum SquaredDifference Less LessEqual Greater GreaterEqual Equal NotEqual": ("float32 int32", -5, 5),
    "Div FloorMod FloorDiv Mod TruncateMod": ("float32 int32", 1, 9), "RealDiv": ("float32", 1, 9), "TruncateDiv": ("int32", 1, 9),
    "DivNoNan MulNoNan": ("float32", -5, 5), "Xdivy Xlogy Xlog1py": ("float32", 0.5, 5), "Pow": ("float32", 0.5, 3),
    "Atan2": ("float32", -3, 3), "BitwiseXor": ("int32", -99, 99), "RightShift": ("int32", 0, 9), "LogicalAnd LogicalOr": ("bool", 0, 1),
}  # fmt: skip
_SIGNED = ("FloorMod", "FloorDiv", "Mod", "TruncateMod", "TruncateDiv", "Div")
_ZEROS = ("DivNoNan", "MulNoNan", "Xdivy", "Xlogy", "Xlog1py")


def _binary(name: str, dtypes: Sequence[str], low: float, high: float) -> Callable[[Draw, Op], Case]:
    def case(draw: Draw, op: Op) -> Case:
        shape, dtype = draw(shapes(1, 5, 4)), draw(st.sampled_from(dtypes))
        cut = draw(st.integers(0, len(shape)))
        other = tuple(size if draw(st.booleans()) else 1 for size in shape[cut:])
        x, y = some(shape, dtype, low, high), some(shape if name == "Atan2" else other, dtype, low, high)
        if name in _SIGNED:
            x, y = (value * RNG.choice([-1, 1], value.shape).astype(dtype) for value in (x, y))
        if name in _ZEROS:
            x, y = (value * RNG.integers(0, 2, value.shape).astype(dtype) for value in (x, y))
            y = y if name.endswith("NoNan") else np.abs(y) + np.float32(0.5)
        if draw(st.booleans()):
            return Case(lambda x: op(x=x, y=y), [x])
        return Case(lambda x, y: op(x=x, y=y), [x, y], [True, x.shape == y.shape])

    return case


for _names, (_dtypes, _low, _high) in BINARY.items():
    for _name in _names.split():
        drawn(_name)(_binary(_name, _dtypes.split(), _low, _high))


@each("Pow")
def _powers(op: Op) -> Sequence[Case]:
    exponents = {1.0: "", 2.0: "SQUARE", 0.5: "SQRT", -0.5: "RSQRT", 3.0: "SQUARE MUL"}
    return [Case(lambda x, y=y: op(x=x, y=y), [some((3, 4), low=0.5)], codes=codes or None) for y, codes in exponents.items()]


@drawn("ApproximateEqual")
def _approximate_equal(draw: Draw, op: Op) -> Case:
    x = some(draw(shapes(1)))
    y = x + np.where(RNG.random(x.shape) < 0.5, 0, 0.2).astype("float32")
    return Case(lambda x, y: op(x=x, y=y, tolerance=0.1), [x, y])


@each("LogicalNot")
def _not(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x), [some((3, 4), "bool")])]


@each("Invert")
def _invert(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(x=x), [some((3, 4), "int32", -99, 99)])]


@each("LeakyRelu")
def _leaky_relu(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(features=x, alpha=0.3), [some((3, 4))], codes="LEAKY_RELU")]


@each("ClipByValue")
def _clip(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(t=x, clip_value_min=-1.0, clip_value_max=1.5), [some((3, 4))], codes="MINIMUM MAXIMUM")]


@each("Cast")
def _cast(op: Op) -> Sequence[Case]:
    pairs = [("float32", tf.int32), ("int32", tf.float32), ("int64", tf.bool), ("bool", tf.float32), ("float32", tf.float32)]
    return [Case(lambda x, to=to: op(x=x, DstT=to), [some((3, 4), of, 0, 9)]) for of, to in pairs]


@each("Bitcast")
def _bitcast(op: Op) -> Sequence[Case]:
    pairs = [((3, 4), "float32", tf.int32), ((3, 4), "int32", tf.float32), ((3, 4), "int32", tf.uint8), ((3, 4), "uint8", tf.int32),
             ((3,), "int64", tf.int32), ((3, 2), "int32", tf.int64)]  # fmt: skip
    return [Case(lambda x, to=to: op(input=x, type=to), [some(shape, of, 1, 99)]) for shape, of, to in pairs]


@each("L2Loss")
def _l2_loss(op: Op) -> Sequence[Case]:
    return [Case(lambda x: op(t=x), [some((3, 4, 2))], codes="SQUARE SUM MUL")]


@each("AddN")
def _add_n(op: Op) -> Sequence[Case]:
    return [Case(lambda *x: op(inputs=x), [some((3, 4)) for _ in range(count)]) for count in (1, 2, 3)]


@each("Bucketize")
def _bucketize(op: Op) -> Sequence[Case]:
    dtypes = ("float32", "int32", "int64")
    return [Case(lambda x: op(input=x, boundaries=[-1.0, 0.0, 2.5]), [some((3, 4), dtype)]) for dtype in dtypes]


@drawn("Select")
def _select(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    condition = some(shape[: draw(st.sampled_from([0, 1, len(shape)]))], "bool")
    return Case(lambda c, x, y: op(condition=c, x=x, y=y), [condition, some(shape), some(shape)])


@drawn("SelectV2")
def _select_v2(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    condition = some(tuple(draw(st.sampled_from([1, size])) for size in shape), "bool")
    x, y = some(shape), some(shape)[:1]
    return Case(lambda c, x, y: op(condition=c, t=x, e=y), [condition, x, y], [False, True, False])


@drawn("Sum", "Mean", "Prod", "Max", "Min", "EuclideanNorm")
def _reduction(draw: Draw, op: Op) -> Case:
    return _reduced(draw, op, "float32")


@drawn("All", "Any")
def _logical_reduction(draw: Draw, op: Op) -> Case:
    return _reduced(draw, op, "bool")


def _reduced(draw: Draw, op: Op, dtype: str) -> Case:
    shape = draw(shapes(1))
    axes = draw(st.lists(st.integers(0, len(shape) - 1), max_size=len(shape), unique=True))
    axes = np.array([axis - len(shape) if draw(st.booleans()) else axis for axis in axes], draw(st.sampled_from(["int32", "int64"])))
    keep = draw(st.booleans())
    return Case(lambda x: op(input=x, axis=axes, keep_dims=keep), [some(shape, dtype)])


@each("ArgMax", "ArgMin")
def _arg(op: Op) -> Sequence[Case]:
    return [
        Case(lambda x, axis=axis, to=to: op(input=x, dimension=axis, output_type=to), [some((3, 4, 5))])
        for axis, to in [(0, tf.int64), (-1, tf.int32), (1, tf.int64)]
    ]


@drawn("Cumsum")
def _cumsum(draw: Draw, op: Op) -> Case:
    shape = draw(shapes(1))
    options = dict(axis=draw(st.integers(-len(shape), len(shape) - 1)), exclusive=draw(st.booleans()), reverse=draw(st.booleans()))
    return Case(lambda x: op(x=x, **options), [some(shape, draw(st.sampled_from(["float32", "int32", "int64"])))])
