"""Matrix products and depthwise convolutions against plain sums of int64: every variant that this CPU runs, at the edges of its tiles.

Variants are reached through the operators that use them, one for each epilogue. A failure names the variant, the sizes and the element.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from tinylite import Interpreter, OpResolverType
from tinylite.kernels import dwconv
from tinylite.kernels.gemm import Variant
from tinylite.kernels.gemm_variants import VARIANTS
from tinylite.model import Graph, Model, Op, Quantization, Tensor

from .work import steps_of

Build = Callable[[np.random.Generator, int, int, int], tuple[Graph, np.ndarray, np.ndarray]]  # rng, m, n, k -> graph, input, wanted


def tensor(
    name: str, shape: tuple[int, ...], type: str, scale: Any = None, zero: int = 0, data: np.ndarray | None = None, axis: int = 0
) -> Tensor:
    made = Tensor(name, shape, type, has_rank=True)
    if scale is not None:
        scales = np.atleast_1d(np.float32(scale))
        made.quantization = Quantization(scales, np.full(scales.size, zero), axis)
    if data is not None:
        made.data = data
    return made


# ---- what sums become, in exact arithmetic


def fixed(total: int, factor: float) -> int:
    """Double rounding of gemmlowp: the high half of twice the product, halves up; then a shift, halves away from zero."""
    mantissa, exponent = math.frexp(factor)
    multiplier = math.floor(mantissa * 2**31 + 0.5)
    if multiplier == 2**31:
        multiplier, exponent = 2**30, exponent + 1
    high, shift = ((total << max(exponent, 0)) * multiplier + (1 << 30)) >> 31, max(-exponent, 0)
    rounded = (abs(high) + (1 << shift >> 1)) >> shift
    return rounded if high >= 0 else -rounded


def double(total: int, factor: float) -> int:
    """The product in double precision, halves away from zero."""
    product = total * factor
    return int(math.copysign(math.floor(abs(product) + 0.5), product))


def single(total: int, factor: float) -> int:
    """The product in single precision, halves to even."""
    return int(np.rint(np.float32(total) * np.float32(factor)))


# ---- the operators


def floats(rng: np.random.Generator, m: int, n: int, k: int) -> tuple[Graph, np.ndarray, np.ndarray]:
    """Of whole numbers, so that every order of rounding leads to the same."""
    x, w, b = rng.integers(-9, 10, (m, k)), rng.integers(-9, 10, (n, k)), rng.integers(-99, 100, n)
    inputs = [tensor("x", (m, k), "FLOAT32"), *(tensor("c", v.shape, "FLOAT32", data=v.astype(np.float32)) for v in (w, b))]
    y = tensor("y", (m, n), "FLOAT32")
    return Graph("g", inputs[:1], [y], [Op("FULLY_CONNECTED", inputs, [y])]), x, x @ w.T + b


def hybrid(rng: np.random.Generator, m: int, n: int, k: int) -> tuple[Graph, np.ndarray, np.ndarray]:
    """Floats that are quantized on the way: each row has its own power of two as scale, so that nothing is rounded."""
    x, w, b = rng.integers(-127, 128, (m, k)), rng.integers(-127, 128, (n, k)), rng.integers(-99, 100, n)
    x[:, 0] = 127
    scales = 2.0 ** rng.integers(-3, 4, n)
    rows = 2.0 ** rng.integers(-3, 4, (m, 1))
    inputs = [
        tensor("x", (m, k), "FLOAT32"),
        tensor("w", (n, k), "INT8", scales, data=w.astype(np.int8)),
        tensor("b", (n,), "FLOAT32", data=b.astype(np.float32)),
    ]
    y = tensor("y", (m, n), "FLOAT32")
    wanted = (x @ w.T) * rows * scales + b
    return Graph("g", inputs[:1], [y], [Op("FULLY_CONNECTED", inputs, [y], version=5)]), x * rows, wanted


def quantized(code: str, type: str, rescale: Callable[[int, float], int]) -> Build:
    """An 8-bit product: FULLY_CONNECTED scales sums in double, CONV_2D of single pixels in fixed point, and for "xnnpack" in float."""
    low = -128 if type == "INT8" else 0

    def build(rng: np.random.Generator, m: int, n: int, k: int) -> tuple[Graph, np.ndarray, np.ndarray]:
        x, w = (rng.integers(low, low + 256, shape) for shape in ((m, k), (n, k)))
        x_zero, y_zero, w_zero = int(rng.integers(low, low + 256)), int(rng.integers(low, low + 256)), 0 if type == "INT8" else 77
        b = rng.integers(-20000, 20000, n)
        many = n if type == "INT8" and code == "CONV_2D" else 1
        scales, x_scale, y_scale = np.float32(rng.uniform(0.001, 0.002, many)), np.float32(0.5), np.float32(0.001 * 90 * k**0.5)
        shape = (lambda *sizes: (1, sizes[0], 1, sizes[1])) if code == "CONV_2D" else (lambda *sizes: sizes)
        inputs = [
            tensor("x", shape(m, k), type, x_scale, x_zero),
            tensor("w", (n, 1, 1, k) if code == "CONV_2D" else (n, k), type, scales, w_zero,
                   w.astype(np.dtype(type.lower())).reshape((n, 1, 1, k) if code == "CONV_2D" else (n, k))),
            tensor("b", (n,), "INT32", x_scale * scales, data=b.astype(np.int32)),
        ]  # fmt: skip
        y = tensor("y", shape(m, n), type, y_scale, y_zero)
        options = {"padding": "VALID", "stride_h": 1, "stride_w": 1} if code == "CONV_2D" else {}
        sums = (x - x_zero) @ (w - w_zero).T + b
        if code == "CONV_2D" and type == "UINT8":
            factors = np.float64(np.float32(x_scale) * scales) / y_scale
        elif rescale is single:
            factors = np.float64(x_scale * scales / y_scale)
        else:
            factors = np.float64(x_scale) * scales.astype(np.float64) / np.float64(y_scale)
        columns = np.broadcast_to(factors, (n,)).tolist()
        wanted = [[rescale(total, factor) + y_zero for total, factor in zip(row, columns, strict=True)] for row in sums.tolist()]
        graph = Graph("g", inputs[:1], [y], [Op(code, inputs, [y], version=4, **options)])
        return graph, x, np.clip(wanted, low, low + 255)

    return build


PRODUCTS: dict[str, Build] = {
    "f32": floats,
    "f32 x int8": hybrid,
    **{f"{type} double": quantized("FULLY_CONNECTED", type, double) for type in ("INT8", "UINT8")},
    **{f"{type} fixed": quantized("CONV_2D", type, fixed) for type in ("INT8", "UINT8")},
    "INT8 float": quantized("CONV_2D", "INT8", single),
}


# ---- variants


def around(*sizes: int) -> list[int]:
    return sorted({size + more for size in sizes for more in (-1, 0, 1) if size + more > 0})


def sizes_of(variant: Variant) -> Iterator[tuple[int, int, int]]:
    """1, tiles and whole vectors, and one less and more; several tiles with what is left."""
    mr, nr, lanes = variant.max_rows, variant.nr, variant.lanes
    rows, columns, depths = [*around(1, mr), 2 * mr + 3], [*around(1, lanes, nr), 2 * nr + lanes + 3], [*around(1, 4, 8), 37, 64, 129]
    for number, (m, n) in enumerate(itertools.product(rows, columns)):
        for k in (depths[number % len(depths)], depths[(number * 3 + 1) % len(depths)]):
            yield m, n, k


EXACT = {"experimental_op_resolver_type": OpResolverType.BUILTIN_REF}


def check(graph: Graph, x: np.ndarray, wanted: np.ndarray, settings: dict[str, Any], about: str) -> str:
    """Run a graph and compare each element; returns the name of the kernel that has computed it."""
    interpreter = Interpreter(Model([graph]), **settings)
    interpreter.allocate_tensors()
    (input,), (output,) = interpreter.get_input_details(), interpreter.get_output_details()
    interpreter.set_tensor(input["index"], x.reshape(input["shape"]).astype(input["dtype"]))
    interpreter.invoke()
    found = interpreter.get_tensor(output["index"]).reshape(wanted.shape)
    kernel = steps_of(interpreter.plan)[-1].kernel.name
    differs = np.argwhere(found != wanted)
    if differs.size:
        first = tuple(map(int, differs[0]))
        raise AssertionError(
            f"{kernel}, {about}: element {list(first)} is {found[first]}, wanted {wanted[first]}; {len(differs)} of {wanted.size} differ"
        )
    return kernel


def combinations() -> Iterator[Any]:
    """Each variant with each product of its type and, of floats, both ways to round that it has; integers have one arithmetic."""
    for variant, product, exact in itertools.product(VARIANTS, PRODUCTS, (False, True)):
        if product == "f32" and variant.type == "f32" and (exact or "fused" in variant.kernels):
            yield pytest.param(variant, product, exact, id=f"{variant.name}-f32-{'exact' if exact else 'fast'}")
        elif product != "f32" and variant.type == "q8" and not exact:
            yield pytest.param(variant, product, exact, id=f"{variant.name}-{product}")


@pytest.mark.parametrize(("variant", "product", "exact"), list(combinations()))
def test_products(variant: Variant, product: str, exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.kernels.gemm_variants.choose", lambda type, m, n, k: variant)
    rng = np.random.default_rng(0)
    kernels = set()
    settings: dict[str, Any] = {"arithmetic": "xnnpack"} if product == "INT8 float" else EXACT if exact else {}
    for m, n, k in sizes_of(variant):
        graph, x, wanted = PRODUCTS[product](rng, m, n, k)
        kernels.add(check(graph, x, wanted, settings, f"{product}, m={m} n={n} k={k}"))
    assert all(variant.name in kernel for kernel in kernels), kernels


# ---- depthwise


def windows(x: np.ndarray, w: np.ndarray, stride: int, fill: int) -> np.ndarray:
    """Sums of a depthwise convolution with a border of one pixel: x [n, h, w, c] and w [h, w, c * multiplier]."""
    high, wide, channels = w.shape
    x = np.pad(np.repeat(x, channels // x.shape[3], axis=3), ((0, 0), (1, 1), (1, 1), (0, 0)), constant_values=fill)
    rows, columns = ((size - filter) // stride + 1 for size, filter in zip(x.shape[1:3], (high, wide), strict=True))
    total = np.zeros((len(x), rows, columns, channels), np.int64)
    for i, j in itertools.product(range(high), range(wide)):
        total += (x[:, i : i + stride * rows : stride, j : j + stride * columns : stride][:, :rows, :columns] - fill) * w[i, j]
    return total


def depthwise(rng: np.random.Generator, kind: str, filter: tuple[int, int], inputs: int, multiplier: int, stride: int) -> Any:
    """A graph of PAD and DEPTHWISE_CONV_2D, which is fused or not, with an input and the output wanted."""
    channels, type = inputs * multiplier, kind if kind in ("INT8", "UINT8") else "FLOAT32"
    low, most = {"f32": (-9, 9), "UINT8": (0, 255)}.get(kind, (-128, 127))
    x = rng.integers(low, most + 1, (2, 6, 7, inputs))
    w = rng.integers(low, most + 1, (*filter, channels))
    b = rng.integers(-999, 1000, channels)
    x_zero = w_zero = y_zero = 0
    if type != "FLOAT32":
        x_zero, y_zero = (int(zero) for zero in rng.integers(low, low + 256, 2))
        w_zero = 0 if kind == "INT8" else int(rng.choice([77, 128]))  # without the second, weights have 8 bits
    sums = windows(x, w - w_zero, stride, x_zero) + b
    options = {"padding": "VALID", "stride_h": stride, "stride_w": stride, "depth_multiplier": multiplier}
    if type == "FLOAT32":
        scales = 2.0 ** rng.integers(-3, 4, channels) if kind == "hybrid" else np.ones(channels)
        pictures = 2.0 ** rng.integers(-3, 4, (2, 1, 1, 1)) if kind == "hybrid" else np.ones((2, 1, 1, 1))
        if kind == "hybrid":
            x[:, 0, 0, 0], x[:, 0, 1, 0] = -128, 127  # the ends of each picture's range, so that nothing is rounded
            sums = windows(x, w, stride, 0)
        wanted: np.ndarray = sums * pictures * scales + (b if kind == "hybrid" else 0)
        given: np.ndarray = x * pictures
        weights = (
            tensor("w", (1, *w.shape), "INT8", scales, data=w.astype(np.int8)[None], axis=3)
            if kind == "hybrid"
            else tensor("w", (1, *w.shape), type, data=w.astype(np.float32)[None])
        )
        bias, ends = (
            tensor("b", b.shape, type, data=b.astype(np.float32)),
            [tensor("x", x.shape, type), tensor("p", (2, 8, 9, inputs), type)],
        )
        y = tensor("y", sums.shape, type)
    else:
        x_scale, y_scale = np.float32(0.5), np.float32(0.2)
        scales = np.float32(rng.uniform(0.001, 0.002, channels if kind == "INT8" else 1))
        factors = np.float64(x_scale * scales if kind == "UINT8" else x_scale * scales.astype(np.float64)) / np.float64(y_scale)
        columns = np.broadcast_to(factors, (channels,)).tolist()
        flat = [
            [fixed(total, factor) + y_zero for total, factor in zip(row, columns, strict=True)]
            for row in sums.reshape(-1, channels).tolist()
        ]
        wanted, given = np.clip(flat, low, low + 255).reshape(sums.shape), x
        weights = tensor("w", (1, *w.shape), type, scales, w_zero, w.astype(np.dtype(type.lower()))[None], axis=3)
        bias = tensor("b", b.shape, "INT32", data=b.astype(np.int32))
        ends = [tensor(name, shape, type, x_scale, x_zero) for name, shape in (("x", x.shape), ("p", (2, 8, 9, inputs)))]
        y = tensor("y", sums.shape, type, y_scale, y_zero)
    borders = tensor("border", (4, 2), "INT32", data=np.int32([[0, 0], [1, 1], [1, 1], [0, 0]]))
    ops = [Op("PAD", [ends[0], borders], [ends[1]]), Op("DEPTHWISE_CONV_2D", [ends[1], weights, bias], [y], version=6, **options)]
    return Graph("g", ends[:1], [y], ops), given, wanted


@pytest.mark.parametrize("filter", [(3, 3), (5, 5), (2, 3)], ids=lambda filter: "x".join(map(str, filter)))
@pytest.mark.parametrize(
    ("kind", "exact"),
    [("f32", False), ("f32", True), ("hybrid", False), ("INT8", False), ("UINT8", False)],
    ids=["f32-fast", "f32-exact", "hybrid", "INT8", "UINT8"],
)
def test_depthwise_convolutions(kind: str, filter: tuple[int, int], exact: bool) -> None:
    rng = np.random.default_rng(0)
    kernels = set()
    for number, channels in enumerate([2, 3, *around(dwconv.LANES), 2 * dwconv.LANES + 3]):
        for multiplier, stride in ((1, 1), (1, 2), (2, 1 + number % 2)):
            graph, x, wanted = depthwise(rng, kind, filter, channels, multiplier, stride)
            about = f"{kind}, filter {filter}, channels={channels} x {multiplier}, stride={stride}"
            kernels.add(check(graph, x, wanted, EXACT if exact else {}, about))
    assert all("dwconv" in name for name in kernels), kernels
    size = "x".join(map(str, filter))
    special = any(size in name for name in kernels)
    assert special == (filter[0] == filter[1] and kind != "hybrid"), f"which has kernels for squares: {kernels}"
