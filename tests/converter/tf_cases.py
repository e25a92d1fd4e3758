"""For every TensorFlow op that is translated: graphs of it, drawn by hypothesis where shapes and attributes matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import strategies as st

from .referee import Case

__all__ = ["CASES"]

raw = tf.raw_ops
RNG = np.random.Generator(np.random.PCG64(11))
CASES: dict[str, st.SearchStrategy[Case]] = {}
Draw = Callable[..., Any]


def some(shape: Sequence[int], dtype: str = "float32", low: float = -3, high: float = 3) -> np.ndarray:
    """Values of a shape; integers include both ends."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        return RNG.random(shape) < 0.5
    if kind in "iu":
        return RNG.integers(low, high, shape, endpoint=True).astype(dtype)
    if kind == "c":
        return (RNG.normal(0, 1, shape) + 1j * RNG.normal(0, 1, shape)).astype(dtype)
    return RNG.uniform(low, high, shape).astype(dtype)


def shapes(low: int = 0, high: int = 4, most: int = 5) -> st.SearchStrategy[tuple[int, ...]]:
    return st.lists(st.integers(1, most), min_size=low, max_size=high).map(tuple)


def drawn(*names: str) -> Callable[[Callable[[Draw], Case]], None]:
    """A function that draws a case of these ops. Its random values follow from what is drawn."""

    def add(draw_case: Callable[[Draw], Case]) -> None:
        def seeded(draw: Draw) -> Case:
            RNG.bit_generator.state = np.random.PCG64(draw(st.integers(0, 99))).state
            return draw_case(draw)

        strategy = st.composite(seeded)()
        for name in names:
            assert name not in CASES, name
            CASES[name] = strategy

    return add


def fixed(name: str, *cases: Case) -> None:
    """A few cases, which are all tried."""
    assert name not in CASES, name
    CASES[name] = st.sampled_from(cases)


# ---- one input

UNARY: dict[str, tuple[float, float]] = {
    **dict.fromkeys(["Abs", "Ceil", "Cos", "Cosh", "Elu", "Exp", "Floor", "Neg", "Relu", "Relu6", "Rint", "Round", "Selu", "Sigmoid", "Sign",
                     "Sin", "Sinh", "Softplus", "Softsign", "Square", "Tanh", "Asinh", "Atan", "Expm1", "IsNan", "IsInf", "IsFinite"], (-8, 8)),
    **dict.fromkeys(["Log", "Rsqrt", "Sqrt", "Reciprocal", "Inv", "Log1p"], (0.1, 9)), "Tan": (-1.4, 1.4), "Acos": (-0.99, 0.99),
    "Asin": (-0.99, 0.99), "Acosh": (1.1, 9), "Atanh": (-0.95, 0.95),
}  # fmt: skip


def _unary(name: str, low: float, high: float) -> Callable[[Draw], Case]:
    op = getattr(raw, name)
    arg = "features" if name in ("Elu", "Relu", "Relu6", "Selu", "Softplus", "Softsign") else "x"

    def case(draw: Draw) -> Case:
        x = some(draw(shapes()), low=low, high=high)
        x.reshape(-1)[0] = high  # some functions lose digits near 0, where the result is small
        return Case(lambda x: op(**{arg: x}), [x])

    return case


for _name, _range in UNARY.items():
    drawn(_name)(_unary(_name, *_range))
ODD = np.array([[np.nan, np.inf], [-np.inf, 2]], np.float32)
for _name in ("IsNan", "IsInf", "IsFinite"):
    CASES[_name] = CASES[_name] | st.just(Case(lambda x, op=getattr(raw, _name): op(x=x), [ODD]))
CASES["Softplus"] = CASES["Softplus"] | st.just(Case(lambda x: raw.Softplus(features=x), [np.array([-200, -20, 0, 19.9, 20.1, 200], "f")]))

# ---- two inputs that stretch

BINARY: dict[str, tuple[str, float, float]] = {
    **dict.fromkeys(["Add", "AddV2", "Sub", "Mul", "Maximum", "Minimum", "SquaredDifference", "Less", "LessEqual", "Greater", "GreaterEqual",
                     "NotEqual", "Equal"], ("float32 int32", -5, 5)),
    **dict.fromkeys(["Div", "RealDiv", "FloorMod", "FloorDiv", "Mod", "TruncateMod"], ("float32 int32", 1, 9)),
    **dict.fromkeys(["DivNoNan", "MulNoNan"], ("float32", -5, 5)), "TruncateDiv": ("int32", 1, 9), "Pow": ("float32", 0.5, 3),
    "Xdivy": ("float32", 0.5, 5), "Xlogy": ("float32", 0.5, 5), "Xlog1py": ("float32", 0.5, 5), "Atan2": ("float32", -3, 3),
    "BitwiseXor": ("int32", -99, 99), "RightShift": ("int32", 0, 9), "LogicalAnd": ("bool", 0, 1), "LogicalOr": ("bool", 0, 1),
}  # fmt: skip
SIGNED = {"FloorMod", "FloorDiv", "Mod", "TruncateMod", "TruncateDiv", "Div"}


def _binary(name: str, dtypes: str, low: float, high: float) -> Callable[[Draw], Case]:
    op = getattr(raw, name)

    def case(draw: Draw) -> Case:
        shape = draw(shapes(1, 5, 4))
        dtype = draw(st.sampled_from(dtypes.split()))
        cut = draw(st.integers(0, len(shape)))
        other = tuple(size if draw(st.booleans()) else 1 for size in shape[cut:])
        if name == "Atan2":
            other = shape
        if name == "RealDiv":
            dtype = "float32"
        x, y = some(shape, dtype, low, high), some(other, dtype, low, high)
        if name in SIGNED:
            x = x * RNG.choice([-1, 1], x.shape).astype(dtype)
            y = y * RNG.choice([-1, 1], y.shape).astype(dtype)
        if name.endswith(("NoNan", "divy", "logy", "log1py")):
            x, y = (value * RNG.integers(0, 2, value.shape).astype(dtype) for value in (x, y))
            y = y if name.endswith("NoNan") else np.abs(y) + np.float32(0.5)
        if draw(st.booleans()) or other != shape:
            if draw(st.booleans()):
                return Case(lambda x: op(x=x, y=y), [x])
            return Case(lambda x, y: op(x=x, y=y), [x, y], [True, False])
        return Case(lambda x, y: op(x=x, y=y), [x, y])

    return case


for _name, (_dtypes, _low, _high) in BINARY.items():
    drawn(_name)(_binary(_name, _dtypes, _low, _high))


@drawn("ApproximateEqual")
def _approximate_equal(draw: Draw) -> Case:
    x = some(draw(shapes(1)))
    y = x + np.where(RNG.random(x.shape) < 0.5, 0, 0.2).astype("float32")
    return Case(lambda x, y: raw.ApproximateEqual(x=x, y=y, tolerance=0.1), [x, y])


fixed("LogicalNot", Case(lambda x: raw.LogicalNot(x=x), [some((3, 4), "bool")]))
fixed("Invert", Case(lambda x: raw.Invert(x=x), [some((3, 4), "int32", -99, 99)]))
fixed("LeakyRelu", Case(lambda x: raw.LeakyRelu(features=x, alpha=0.3), [some((3, 4))]))
fixed("ClipByValue", Case(lambda x: raw.ClipByValue(t=x, clip_value_min=-1.0, clip_value_max=1.5), [some((3, 4))], codes="MINIMUM MAXIMUM"))
fixed("Cast", *[Case(lambda x, to=to: raw.Cast(x=x, DstT=to), [some((3, 4), of, 0, 9)]) for of, to in
                [("float32", tf.int32), ("int32", tf.float32), ("int64", tf.bool), ("bool", tf.float32), ("float32", tf.float32)]])  # fmt: skip
fixed("Bitcast", *[Case(lambda x, to=to: raw.Bitcast(input=x, type=to), [some((3, 4), of, 1, 99)]) for of, to in
                   [("float32", tf.int32), ("int32", tf.float32), ("int32", tf.uint8), ("uint8", tf.int32), ("int64", tf.int32)]])  # fmt: skip
fixed("L2Loss", Case(lambda x: raw.L2Loss(t=x), [some((3, 4, 2))], codes="SQUARE SUM MUL"))
fixed("AddN", *[Case(lambda *x: raw.AddN(inputs=x), [some((3, 4)) for _ in range(count)]) for count in (1, 2, 3)])
fixed("Bucketize", *[Case(lambda x: raw.Bucketize(input=x, boundaries=[-1.0, 0.0, 2.5]), [some((3, 4), dtype)])
                     for dtype in ("float32", "int32", "int64")])  # fmt: skip


@drawn("SelectV2", "Select")
def _select(draw: Draw) -> Case:
    shape = draw(shapes(1))
    x, y = some(shape), some(shape)
    if draw(st.booleans()):
        return Case(
            lambda c, x, y: raw.Select(condition=c, x=x, y=y), [some(shape[: draw(st.sampled_from([0, 1, len(shape)]))], "bool"), x, y]
        )
    condition = tuple(draw(st.sampled_from([1, size])) for size in shape)
    return Case(lambda c, x, y: raw.SelectV2(condition=c, t=x, e=y), [some(condition, "bool"), x, y[:1]], [False, True, False])


# ---- reductions


def _reduction(name: str) -> Callable[[Draw], Case]:
    op = getattr(raw, name)

    def case(draw: Draw) -> Case:
        shape = draw(shapes(1))
        axes = draw(st.lists(st.integers(0, len(shape) - 1), max_size=len(shape), unique=True))
        axes = [axis - len(shape) if draw(st.booleans()) else axis for axis in axes]
        dtype = "bool" if name in ("All", "Any") else "float32"
        keep, wide = draw(st.booleans()), draw(st.sampled_from(["int32", "int64"]))
        return Case(lambda x: op(input=x, axis=np.array(axes, wide), keep_dims=keep), [some(shape, dtype)])

    return case


for _name in ("Sum", "Mean", "Prod", "Max", "Min", "All", "Any", "EuclideanNorm"):
    drawn(_name)(_reduction(_name))
for _name in ("ArgMax", "ArgMin"):
    fixed(_name, *[Case(lambda x, op=getattr(raw, _name), axis=axis, to=to: op(input=x, dimension=axis, output_type=to), [some((3, 4, 5))])
                   for axis, to in [(0, tf.int64), (-1, tf.int32), (1, tf.int64)]])  # fmt: skip


@drawn("Cumsum")
def _cumsum(draw: Draw) -> Case:
    shape = draw(shapes(1))
    options = dict(axis=draw(st.integers(-len(shape), len(shape) - 1)), exclusive=draw(st.booleans()), reverse=draw(st.booleans()))
    return Case(lambda x: raw.Cumsum(x=x, **options), [some(shape, draw(st.sampled_from(["float32", "int32", "int64"])))])


# ---- products

EQUATIONS = [
    ("ab,bc->ac", (3, 4), (4, 5)), ("abc,cde->abde", (2, 3, 4), (4, 2, 5)), ("abcd,cde->abe", (2, 3, 4, 2), (4, 2, 5)),
    ("aecd,abcd->acbe", (2, 3, 4, 5), (2, 6, 4, 5)), ("acbe,aecd->abcd", (2, 3, 4, 5), (2, 5, 3, 2)), ("bij,bjk->bik", (2, 3, 4), (2, 4, 5)),
    ("ij,ij->ij", (3, 4), (3, 4)), ("ij,ij->", (3, 4), (3, 4)), ("i,j->ij", (3,), (4,)), ("bi,bj->bij", (2, 3), (2, 4)),
    ("...ij,jk->...ik", (2, 3, 4, 5), (5, 2)), ("...ij,...jk->...ik", (2, 3, 4, 5), (3, 5, 2)), ("ij,j->i", (3, 4), (4,)),
    ("j,ij->i", (4,), (3, 4)), ("ijk,k->ji", (2, 3, 4), (4,)), ("abc,ab->c", (2, 3, 4), (2, 3)), ("bhwc,hkc->bwhk", (2, 3, 4, 5), (3, 6, 5)),
    ("bqhd,bkhd->bhqk", (2, 3, 4, 5), (2, 6, 4, 5)), ("bhqk,bkhd->bqhd", (2, 4, 3, 6), (2, 6, 4, 5)), ("ab,cb->ca", (3, 4), (5, 4)),
    ("abij,abjk->abik", (2, 1, 3, 4), (2, 3, 4, 5)), ("abcdef,abcdfg->abcdeg", (2, 2, 1, 2, 3, 4), (2, 2, 1, 2, 4, 2)),
    ("iij,jk->ik", (3, 3, 4), (4, 2)), ("aij,bjk->ik", (2, 3, 4), (3, 4, 2)),
]  # fmt: skip


@drawn("Einsum")
def _einsum(draw: Draw) -> Case:
    equation, left, right = draw(st.sampled_from(EQUATIONS))
    a, b = some(left), some(right)
    which = draw(st.integers(0, 3))
    if which == 0 and equation[0] == "b":
        a = a[:1] if left[0] == right[0] and "..." in equation else a
    if which == 1:
        return Case(lambda a: raw.Einsum(inputs=[a, b], equation=equation), [a])
    if which == 2:
        return Case(lambda b: raw.Einsum(inputs=[a, b], equation=equation), [b], False)
    integers = draw(st.booleans()) and which == 3
    kind = "int32" if integers else "float32"
    dynamic = [True, right[0] == left[0] and equation[0] == equation[equation.index(",") + 1]]
    return Case(lambda a, b: raw.Einsum(inputs=[a, b], equation=equation), [a.astype(kind), b.astype(kind)], dynamic)


CASES["Einsum"] |= st.sampled_from([
    Case(lambda a, equation=equation: raw.Einsum(inputs=[a], equation=equation), [some(shape)], dynamic=equation[:2] != "ii")
    for equation, shape in [("ij->ji", (3, 4)), ("ijk->j", (2, 3, 4)), ("ii->i", (3, 3)), ("ii->", (3, 3)), ("...i->...", (2, 3, 4)), ("ab->ab", (2, 3))]
])  # fmt: skip
fixed("MatMul", *[Case(lambda a, b, ta=ta, tb=tb: raw.MatMul(a=a, b=b, transpose_a=ta, transpose_b=tb),
                       [some((4, 3) if ta else (3, 4)), some((5, 4) if tb else (4, 5))], [not ta, False])
                  for ta in (False, True) for tb in (False, True)],
      Case(lambda a: raw.MatMul(a=a, b=some((4, 5))), [some((3, 4))], codes="FULLY_CONNECTED"))  # fmt: skip
for _name in ("BatchMatMul", "BatchMatMulV2", "BatchMatMulV3"):
    _more = dict(Tout=tf.float32) if _name.endswith("3") else {}
    fixed(_name, *[Case(lambda a, b, x=x, y=y, op=getattr(raw, _name), more=_more: op(x=a, y=b, adj_x=x, adj_y=y, **more),
                        [some((2, 4, 3) if x else (2, 3, 4)), some((2, 5, 4) if y else (2, 4, 5))])
                   for x in (False, True) for y in (False, True)])  # fmt: skip


# ---- diagonals and bands

fixed("MatrixDiag", Case(lambda x: raw.MatrixDiag(diagonal=x), [some((3, 4))]), Case(lambda x: raw.MatrixDiag(diagonal=x), [some((4,))]))


def _diag(name: str) -> Callable[[Draw], Case]:
    def case(draw: Draw) -> Case:
        x, k = some(draw(shapes(2, 3))), draw(st.integers(-2, 2))
        op = getattr(raw, name)
        return Case(lambda x: op(diagonal=x, k=k, num_rows=-1, num_cols=-1, padding_value=0.0), [x])

    return case


def _diag_part(name: str) -> Callable[[Draw], Case]:
    def case(draw: Draw) -> Case:
        x = some((2, draw(st.integers(2, 5)), draw(st.integers(2, 5))))
        k = draw(st.integers(-1, 1))
        op = getattr(raw, name)
        return Case(lambda x: op(input=x) if name == "MatrixDiagPart" else op(input=x, k=k, padding_value=0.0), [x])

    return case


for _name in ("MatrixDiagV2", "MatrixDiagV3"):
    drawn(_name)(_diag(_name))
for _name in ("MatrixDiagPart", "MatrixDiagPartV2", "MatrixDiagPartV3"):
    drawn(_name)(_diag_part(_name))
for _name in ("MatrixSetDiag", "MatrixSetDiagV2", "MatrixSetDiagV3"):
    _more = {} if _name == "MatrixSetDiag" else dict(k=0)
    fixed(_name, Case(lambda x, d, op=getattr(raw, _name), more=_more: op(input=x, diagonal=d, **more), [some((2, 3, 4)), some((2, 3))]))


@drawn("MatrixBandPart")
def _band(draw: Draw) -> Case:
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    x, lower, upper = some((rows, columns)), draw(st.integers(-1, rows - 1)), draw(st.integers(-1, columns - 1))
    if draw(st.booleans()):
        return Case(lambda x: raw.MatrixBandPart(input=x, num_lower=lower, num_upper=upper), [x])
    bounds = [np.array(lower, "int64"), np.array(upper, "int64")]
    return Case(lambda x, low, up: raw.MatrixBandPart(input=x, num_lower=low, num_upper=up), [np.stack([x, x]), *bounds])


# ---- pictures


@drawn("ResizeBilinear", "ResizeNearestNeighbor")
def _resize(draw: Draw) -> Case:
    x = some((2, draw(st.integers(1, 6)), draw(st.integers(1, 6)), draw(st.integers(1, 3))))
    size = [draw(st.integers(1, 9)), draw(st.integers(1, 9))]
    corners, centers = draw(st.sampled_from([(False, False), (True, False), (False, True)]))
    op = draw(st.sampled_from([raw.ResizeBilinear, raw.ResizeNearestNeighbor]))
    options = dict(align_corners=corners, half_pixel_centers=centers)
    if draw(st.booleans()):
        return Case(lambda x: op(images=x, size=size, **options), [x])
    return Case(lambda x, size: op(images=x, size=size, **options), [x, np.array(size, "int32")], [True, False])


CASES["ResizeBilinear"] |= st.just(Case(lambda x: raw.ResizeBilinear(images=x, size=[4, 6]), [some((1, 2, 3, 1), "uint8", 0, 255)]))


@drawn("SpaceToDepth", "DepthToSpace")
def _depth(draw: Draw) -> Case:
    block, depth = draw(st.integers(2, 3)), draw(st.integers(1, 3))
    height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    dtype = draw(st.sampled_from(["float32", "int32", "int64"]))
    if draw(st.booleans()):
        return Case(lambda x: raw.SpaceToDepth(input=x, block_size=block), [some((2, height * block, width * block, depth), dtype)])
    return Case(lambda x: raw.DepthToSpace(input=x, block_size=block), [some((2, height, width, depth * block**2), dtype)])


@drawn("SpaceToBatchND", "BatchToSpaceND")
def _space(draw: Draw) -> Case:
    count, rest = draw(st.integers(1, 2)), draw(shapes(0, 2, 3))
    block = [draw(st.integers(1, 3)) for _ in range(count)]
    margins = [[draw(st.integers(0, 2)), draw(st.integers(0, 2))] for _ in range(count)]
    sizes = [each * draw(st.integers(2, 3)) for each in block]
    if draw(st.booleans()):
        inside = [max(size - sum(margin), 0) + (-(max(size - sum(margin), 0) + sum(margin)) % each) for size, margin, each in
                  zip(sizes, margins, block, strict=True)]  # fmt: skip
        x = some(
            (
                2,
                *[max(size, 1) if sum(m) % b == 0 or size else b - sum(m) % b for size, m, b in zip(inside, margins, block, strict=True)],
                *rest,
            )
        )
        margins = [[low, high + (-(size + low + high) % each)] for size, (low, high), each in zip(x.shape[1:], margins, block)]
        return Case(lambda x: raw.SpaceToBatchND(input=x, block_shape=block, paddings=margins), [x])
    x = some((2 * int(np.prod(block)), *[draw(st.integers(2, 4)) for _ in block], *rest))
    margins = [[min(low, each), 0] for (low, _), each in zip(margins, block, strict=True)]
    return Case(lambda x: raw.BatchToSpaceND(input=x, block_shape=block, crops=margins), [x])


fixed("SpaceToBatch", Case(lambda x: raw.SpaceToBatch(input=x, block_size=2, paddings=[[0, 1], [1, 0]]), [some((2, 3, 5, 2))]))
fixed("BatchToSpace", Case(lambda x: raw.BatchToSpace(input=x, block_size=2, crops=[[0, 1], [1, 0]]), [some((4, 3, 5, 2))]))
fixed("LRN", Case(lambda x: raw.LRN(input=x, depth_radius=2, bias=1.5, alpha=0.7, beta=0.6), [some((2, 3, 3, 8))]),
      Case(lambda x: raw.LRN(input=x), [some((2, 3, 3, 8))]))  # fmt: skip
for _name in ("AvgPool3D", "MaxPool3D"):
    fixed(_name, *[Case(lambda x, op=getattr(raw, _name), window=window, stride=stride, padding=padding:
                        op(input=x, ksize=[1, *window, 1], strides=[1, *stride, 1], padding=padding), [some((2, 4, 5, 6, 3))])
                   for window, stride, padding in [((2, 2, 2), (2, 2, 2), "VALID"), ((3, 2, 3), (1, 2, 1), "SAME"), ((1, 3, 3), (1, 1, 2), "SAME"),
                                                   ((2, 1, 1), (2, 1, 1), "VALID")]])  # fmt: skip
for _name in ("AvgPool", "MaxPool"):
    fixed(_name, *[Case(lambda x, op=getattr(raw, _name), padding=padding: op(
        **{"value" if op is raw.AvgPool else "input": x}, ksize=[1, 2, 3, 1], strides=[1, 2, 1, 1], padding=padding), [some((2, 5, 6, 3))])
        for padding in ("SAME", "VALID")])  # fmt: skip
fixed("MaxPoolV2", Case(lambda x: raw.MaxPoolV2(input=x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME"), [some((2, 5, 6, 3))]))


# ---- indexing


@drawn("GatherNd")
def _gather_nd(draw: Draw) -> Case:
    shape = draw(shapes(1))
    depth = draw(st.integers(1, len(shape)))
    rows = draw(shapes(0, 2))
    indices = np.stack([RNG.integers(0, size, rows) for size in shape[:depth]], -1).astype(draw(st.sampled_from(["int32", "int64"])))
    return Case(lambda x, i: raw.GatherNd(params=x, indices=i), [some(shape), indices], [False, indices.ndim > 1])


def _scattered(draw: Draw, unique: bool = False) -> tuple[tuple[int, ...], np.ndarray, np.ndarray]:
    shape = draw(shapes(1, 3))
    depth = draw(st.integers(1, len(shape)))
    count = int(np.prod(shape[:depth]))
    places = RNG.permutation(count)[: draw(st.integers(1, count))] if unique else RNG.integers(0, count, draw(st.integers(1, 5)))
    indices = np.stack(np.unravel_index(places, shape[:depth]), -1).astype(draw(st.sampled_from(["int32", "int64"])))
    return shape, indices, some((len(places), *shape[depth:]))


@drawn("ScatterNd")
def _scatter_nd(draw: Draw) -> Case:
    shape, indices, updates = _scattered(draw)
    wanted = np.array(shape, indices.dtype)
    if draw(st.booleans()):
        return Case(lambda i, u: raw.ScatterNd(indices=i, updates=u, shape=wanted), [indices, updates])
    return Case(lambda i, u, s: raw.ScatterNd(indices=i, updates=u, shape=s), [indices, updates, wanted], [True, True, False])


def _tensor_scatter(name: str) -> Callable[[Draw], Case]:
    op = getattr(raw, name)

    def case(draw: Draw) -> Case:
        shape, indices, updates = _scattered(draw, unique=True)
        if draw(st.booleans()):
            return Case(lambda x, u: op(tensor=x, indices=indices, updates=u), [some(shape), updates], [True, False])
        return Case(lambda x, i, u: op(tensor=x, indices=i, updates=u), [some(shape), indices, updates])

    return case


for _name in ("TensorScatterAdd", "TensorScatterSub", "TensorScatterUpdate"):
    drawn(_name)(_tensor_scatter(_name))


@drawn("OneHot")
def _one_hot(draw: Draw) -> Case:
    indices = some(draw(shapes()), draw(st.sampled_from(["int32", "int64", "uint8"])), 0, 6)
    axis = draw(st.integers(-1, indices.ndim))
    kind = draw(st.sampled_from(["float32", "int32", "bool"]))
    on, off = np.array(1, kind), np.array(0, kind)
    if draw(st.booleans()):
        return Case(lambda i, d: raw.OneHot(indices=i, depth=d, on_value=on, off_value=off, axis=axis), [indices, np.array(5, "int32")])
    return Case(lambda i: raw.OneHot(indices=i, depth=5, on_value=on, off_value=off, axis=axis), [indices])


@drawn("TopKV2")
def _top_k(draw: Draw) -> Case:
    shape = draw(shapes(1))
    k = draw(st.integers(1, shape[-1]))
    x = RNG.permutation(int(np.prod(shape))).reshape(shape).astype(draw(st.sampled_from(["float32", "int32", "int64"])))
    if draw(st.booleans()):
        return Case(lambda x, k: raw.TopKV2(input=x, k=k), [x, np.array(k, "int32")], len(shape) > 1)
    return Case(lambda x: raw.TopKV2(input=x, k=k, index_type=tf.int64), [x], len(shape) > 1)


fixed("Unique", *[Case(lambda x, to=to: raw.Unique(x=x, out_idx=to), [some((9,), dtype, 0, 4)])
                  for dtype, to in [("int32", tf.int32), ("int64", tf.int64), ("float32", tf.int32)]])  # fmt: skip
fixed("UniqueV2", Case(lambda x: raw.UniqueV2(x=x, axis=np.zeros(0, "int32")), [some((9,), "int32", 0, 4)]))
fixed("Where", *[Case(lambda x: raw.Where(condition=x), [some(shape, dtype, 0, 1)])
                 for shape, dtype in [((4,), "bool"), ((3, 4), "bool"), ((2, 3, 2), "int32")]])  # fmt: skip
fixed("Range", *[Case(lambda a, b, c: raw.Range(start=a, limit=b, delta=c), [np.array(value, dtype) for value in values], False)
                 for dtype, values in [("int32", (1, 9, 2)), ("float32", (0, 2, 0.25)), ("int64", (5, -3, -1))]])  # fmt: skip


@drawn("ReverseV2", "Reverse")
def _reverse(draw: Draw) -> Case:
    shape = draw(shapes(1))
    axes = draw(st.lists(st.integers(0, len(shape) - 1), max_size=len(shape), unique=True))
    x = some(shape, draw(st.sampled_from(["float32", "int32", "bool"])))
    if draw(st.booleans()):
        return Case(lambda x: raw.Reverse(tensor=x, dims=[axis in axes for axis in range(len(shape))]), [x])
    return Case(lambda x: raw.ReverseV2(tensor=x, axis=np.array(axes, "int32")), [x])


fixed("ReverseSequence", *[Case(lambda x, n, s=s, b=b: raw.ReverseSequence(input=x, seq_lengths=n, seq_dim=s, batch_dim=b),
                                [some((3, 4, 5)), np.array([1, 3, 2, 2, 3][: (3, 4, 5)[b]], kind)], b == 0)
                           for s, b, kind in [(1, 0, "int32"), (2, 1, "int64"), (0, 1, "int32")]])  # fmt: skip


@drawn("Roll")
def _roll(draw: Draw) -> Case:
    shape = draw(shapes(1))
    axes = draw(st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=3))
    shifts = np.array([draw(st.integers(-7, 7)) for _ in axes], draw(st.sampled_from(["int32", "int64"])))
    x = some(shape, draw(st.sampled_from(["float32", "int32"])))
    if len(axes) == 1 and draw(st.booleans()):
        return Case(lambda x: raw.Roll(input=x, shift=shifts[0], axis=axes[0]), [x])
    if draw(st.booleans()):
        return Case(lambda x, s: raw.Roll(input=x, shift=s, axis=axes), [x, shifts], [True, False])
    return Case(lambda x: raw.Roll(input=x, shift=shifts, axis=axes), [x])


fixed("SegmentSum", *[Case(lambda x, i: raw.SegmentSum(data=x, segment_ids=i), [some((5, 3), dtype), np.array([0, 0, 1, 2, 2], kind)])
                      for dtype, kind in [("float32", "int32"), ("int32", "int64")]])  # fmt: skip
for _name in ("UnsortedSegmentSum", "UnsortedSegmentMax", "UnsortedSegmentMin", "UnsortedSegmentProd"):
    fixed(_name, *[Case(lambda x, i, op=getattr(raw, _name): op(data=x, segment_ids=i, num_segments=4), [some(shape, dtype), np.array(ids, kind)])
                   for shape, dtype, ids, kind in [((5, 3), "float32", [2, 0, 1, 2, -1], "int32"), ((2, 2, 3), "int32", [[0, 1], [1, 3]], "int64")]],
          Case(lambda x, i, n, op=getattr(raw, _name): op(data=x, segment_ids=i, num_segments=n),
               [some((3, 2)), np.array([1, 0, 1], "int32"), np.array(3, "int64")]))  # fmt: skip
fixed("SparseToDense", *[Case(lambda i, v, shape=shape: raw.SparseToDense(sparse_indices=i, output_shape=np.array(shape, i.dtype.as_numpy_dtype), sparse_values=v,
                                                             default_value=np.array(-1, v.dtype.as_numpy_dtype)), [indices, values])
                         for indices, shape, values in [
                             (np.array([[0, 1], [1, 2]], "int32"), (3, 4), some((2,))),
                             (np.array([1, 3], "int64"), (5,), some((2,), "int64"))]])  # fmt: skip


def _stitch(indices: Sequence[Any], rest: tuple[int, ...]) -> Case:
    places = [np.array(each, "int32") for each in indices]
    return Case(lambda *data: raw.DynamicStitch(indices=places, data=data), [some((*each.shape, *rest)) for each in places], False)


fixed(
    "DynamicStitch",
    _stitch([[0, 2], [1, 3]], (2,)),
    _stitch([[0, 2], 1, [[3, 2]]], (3, 2)),
    _stitch([[0, 1], [2]], ()),
    _stitch([0, 1], (2,)),
)
fixed(
    "ParallelDynamicStitch",
    Case(lambda a, b: raw.ParallelDynamicStitch(indices=[[3, 1], [0, 2]], data=[a, b]), [some((2, 3)), some((2, 3))], False),
)
fixed("DynamicPartition", Case(lambda x, p: raw.DynamicPartition(data=x, partitions=p, num_partitions=3),
                               [some((6, 2)), np.array([0, 2, 1, 1, 0, 2], "int32")]))  # fmt: skip


# ---- filling

fixed("ZerosLike", *[Case(lambda x: raw.ZerosLike(x=x), [some((3, 4), dtype)]) for dtype in ("float32", "int32", "bool", "uint8")])
fixed("OnesLike", *[Case(lambda x: raw.OnesLike(x=x), [some((3, 4), dtype)]) for dtype in ("float32", "int64", "bool")])
fixed("BroadcastTo", *[Case(lambda x, shape=shape: raw.BroadcastTo(input=x, shape=np.array(shape, kind)), [some(of, dtype)], False)
                       for of, shape, dtype in [((3, 1), (2, 3, 4), "float32"), ((), (2, 2), "int32"), ((2, 3), (2, 3), "bool")]
                       for kind in ("int32", "int64")],
      Case(lambda x, y: raw.BroadcastTo(input=x, shape=tf.shape(y)), [some((4,)), some((3, 4))], [False, True]))  # fmt: skip
fixed("BroadcastArgs", *[Case(lambda a, b: raw.BroadcastArgs(s0=a, s1=b), [np.array(a, kind), np.array(b, kind)], False)
                         for a, b, kind in [([2, 1], [3], "int32"), ([1, 4], [5, 3, 1], "int64")]],
      Case(lambda a, b: raw.BroadcastArgs(s0=tf.shape(a), s1=tf.shape(b)), [some((3, 4)), some((3, 1))]))  # fmt: skip
fixed("Fill", Case(lambda d: raw.Fill(dims=d, value=2.5), [np.array([2, 3], "int32")], False),
      Case(lambda d, v: raw.Fill(dims=d, value=v), [np.array([2, 3], "int64"), np.array(7, "int32")], False))  # fmt: skip


# ---- detection, transforms, quantization

BOXES = np.array([[0, 0, 1, 1], [0, 0.1, 1, 1.1], [0, -0.1, 1, 0.9], [0, 10, 1, 11], [0, 10.1, 1, 11.1], [0, 100, 1, 101]], np.float32)
SCORES = np.array([0.9, 0.75, 0.6, 0.95, 0.5, 0.3], np.float32)
fixed(
    "NonMaxSuppression", Case(lambda b, s: raw.NonMaxSuppression(boxes=b, scores=s, max_output_size=4, iou_threshold=0.5), [BOXES, SCORES])
)
fixed(
    "NonMaxSuppressionV2",
    Case(lambda b, s: raw.NonMaxSuppressionV2(boxes=b, scores=s, max_output_size=4, iou_threshold=0.5), [BOXES, SCORES]),
)
fixed("NonMaxSuppressionV3", *[
    Case(lambda b, s, m: raw.NonMaxSuppressionV3(boxes=b, scores=s, max_output_size=m, iou_threshold=0.5, score_threshold=0.4),
         [BOXES, SCORES, np.array(most, "int32")]) for most in (2, 9)])  # fmt: skip
fixed("NonMaxSuppressionV4", *[
    Case(lambda b, s, pad=pad: raw.NonMaxSuppressionV4(
        boxes=b, scores=s, max_output_size=5, iou_threshold=0.5, score_threshold=0.4, pad_to_max_output_size=pad), [BOXES, SCORES])
    for pad in (False, True)])  # fmt: skip
fixed("NonMaxSuppressionV5", *[
    Case(lambda b, s, pad=pad: raw.NonMaxSuppressionV5(
        boxes=b, scores=s, max_output_size=5, iou_threshold=0.5, score_threshold=0.2, soft_nms_sigma=0.5, pad_to_max_output_size=pad),
        [BOXES, SCORES]) for pad in (False, True)])  # fmt: skip
fixed("RFFT", *[Case(lambda x, n=n: raw.RFFT(input=x, fft_length=[n]), [some(shape)])
                for shape, n in [((2, 16), 16), ((3, 2, 16), 8), ((2, 20), 16)]])  # fmt: skip
fixed("RFFT2D", *[Case(lambda x, n=n: raw.RFFT2D(input=x, fft_length=n), [some(shape)], len(shape) > 2)
                  for shape, n in [((8, 16), [8, 16]), ((2, 5, 9), [4, 8])]])  # fmt: skip
for _name in ("Real", "Imag"):
    fixed(_name, Case(lambda x, op=getattr(raw, _name): op(input=raw.RFFT(input=x, fft_length=[16])), [some((2, 16))]))
fixed("ComplexAbs", Case(lambda x: raw.ComplexAbs(x=raw.RFFT(input=x, fft_length=[16])), [some((2, 16))]))
fixed("Angle", Case(lambda x: raw.Angle(input=raw.RFFT(input=x, fft_length=[16]))[:, 1:8], [some((2, 16))]))


@drawn("FakeQuantWithMinMaxArgs", "FakeQuantWithMinMaxVars")
def _fake_quant(draw: Draw) -> Case:
    low, high = draw(st.sampled_from([(-6.0, 6.0), (0.0, 6.0), (-1.3, 2.7), (1.0, 5.0), (-4.0, -1.0), (-10.0, 5.0)]))
    options = dict(num_bits=draw(st.sampled_from([8, 8, 4, 16])), narrow_range=draw(st.booleans()))
    x = some((4, 9), low=-8, high=8)
    if draw(st.booleans()):
        return Case(lambda x: raw.FakeQuantWithMinMaxArgs(inputs=x, min=low, max=high, **options), [x])
    return Case(lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=low, max=high, **options), [x])


CASES["FakeQuantWithMinMaxVars"] |= st.just(Case(lambda x: raw.FakeQuantWithMinMaxVars(inputs=x, min=0.0, max=0.0), [some((3, 3))]))
fixed("FakeQuantWithMinMaxVarsPerChannel", *[
    Case(lambda x, narrow=narrow: raw.FakeQuantWithMinMaxVarsPerChannel(
        inputs=x, min=[-1.0, 0.0, -3.0], max=[2.0, 6.0, -1.0], narrow_range=narrow), [some((5, 3), low=-5, high=5)]) for narrow in (False, True)
])  # fmt: skip


def _quantize_and_dequantize(name: str) -> Callable[[Draw], Case]:
    def case(draw: Draw) -> Case:
        signed = draw(st.booleans())
        low, high = draw(st.sampled_from([(-3.0, 3.0), (-2.0, 5.0), (-5.0, 2.0), (-4.0, 3.0)] if signed else [(0.0, 6.0), (0.0, 2.5)]))
        bits = draw(st.sampled_from([8, 4]))
        options = dict(signed_input=signed, range_given=True, narrow_range=draw(st.booleans()))
        op = getattr(raw, name)
        options["num_bits"] = bits
        if not name.endswith("V3"):
            options["round_mode"] = draw(st.sampled_from(["HALF_TO_EVEN", "HALF_UP"]))
        return Case(lambda x: op(input=x, input_min=low, input_max=high, **options), [some((4, 9), low=-8 * signed, high=8)])

    return case


for _name in ("QuantizeAndDequantizeV2", "QuantizeAndDequantizeV3", "QuantizeAndDequantizeV4"):
    drawn(_name)(_quantize_and_dequantize(_name))
fixed(
    "SoftmaxCrossEntropyWithLogits",
    Case(lambda x, y: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=tf.nn.softmax(y)), [some((3, 5)), some((3, 5))]),
    Case(
        lambda x, y: raw.SoftmaxCrossEntropyWithLogits(features=x, labels=y)[0],
        [some((3, 5)), some((3, 5))],
        codes="LOG_SOFTMAX MUL SUM NEG",
    ),
)
fixed("SparseSoftmaxCrossEntropyWithLogits", Case(lambda x, y: raw.SparseSoftmaxCrossEntropyWithLogits(features=x, labels=y),
                                                  [some((3, 5)), some((3,), "int64", 0, 4)]))  # fmt: skip
