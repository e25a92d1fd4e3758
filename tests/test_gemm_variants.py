"""Every variant of the matrix products, at the ends of its tiles and panels, against the same product in numpy."""

from __future__ import annotations

import numpy as np
import pytest

from tinylite import Arithmetic, Graph, Interpreter, Model
from tinylite.arithmetic import Rule
from tinylite.kernels import gemm_variants
from tinylite.kernels.cpu import TARGETS, target
from tinylite.kernels.dots import DOTS
from tinylite.kernels.epilogues import EPILOGUES
from tinylite.kernels.gemm import Variant
from tinylite.kernels.gemm_variants import VARIANTS, choose
from tinylite.quantization_math import multiply_high, quantize_multiplier, rounding_divide_by_power

from .cases import Case, T
from .conftest import feed_and_run

RNG = np.random.default_rng(0)
DEPTHS = (1, 3, 4, 9, 70)


def sizes(variant: Variant) -> list[tuple[int, int, int]]:
    """(rows, columns, depth): each width of a panel and one column more, each height of a tile, and odd depths."""
    widths = {variant.lanes * variant.step * (number + 1) for number in range(len(variant.tile_rows))}
    columns = sorted({1, *(width + more for width in widths for more in (-1, 0, 1)), 2 * variant.nr + 5})
    rows = (1, variant.mr, variant.mr + 1, variant.max_rows + 3)
    return [(rows[i % len(rows)], n, DEPTHS[i % len(DEPTHS)]) for i, n in enumerate(columns)] + [(m, variant.nr + 1, 5) for m in rows]


def run(case: Case, variant: Variant, arithmetic: Arithmetic | str = "litert-reference") -> tuple[np.ndarray, np.ndarray]:
    """The input and the output of a case; fails unless the variant has run."""
    interpreter = Interpreter(case.model(), arithmetic=arithmetic)
    interpreter.allocate_tensors()
    feeds = case.feeds(1)
    (output,) = feed_and_run(interpreter, feeds, 1)
    kernels = [kernel for op in interpreter.plan.ops for kernel in op.kernels]
    assert any(f"_gemm_{variant.name}_" in kernel for kernel in kernels), f"{variant.name} was not chosen, but {kernels}"
    return feeds[0], output


def requantized(sums: np.ndarray, factors: np.ndarray, method: str) -> np.ndarray:
    if method == "double":
        scaled = sums * factors
        return np.copysign(np.floor(np.abs(scaled) + 0.5), scaled).astype(int)
    if method == "float":
        return np.rint(sums.astype(np.float32) * factors.astype(np.float32)).astype(int)
    columns = []
    for column, (multiplier, shift) in zip(sums.T, zip(*quantize_multiplier(factors), strict=True), strict=True):
        right = max(-int(shift), 0)
        high = multiply_high(column << max(int(shift), 0), int(multiplier))
        if method == "fixed":
            columns.append(rounding_divide_by_power(high, right))
        elif method == "halves_up":
            columns.append((high + ((1 << right) >> 1)) >> right)
        else:
            assert method == "once"
            columns.append((column.astype(np.int64) * int(multiplier) + (1 << (30 - int(shift)))) >> (31 - int(shift)))
    return np.stack(columns, axis=1)


@pytest.fixture(params=[variant for variant in VARIANTS if variant.type == "q8"], ids=lambda variant: variant.name)
def q8(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Variant:
    monkeypatch.setattr(gemm_variants, "VARIANTS", (request.param,))
    return request.param


@pytest.fixture(params=[variant for variant in VARIANTS if variant.type == "f32"], ids=lambda variant: variant.name)
def f32(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Variant:
    monkeypatch.setattr(gemm_variants, "VARIANTS", (request.param,))
    monkeypatch.setattr(request.param, "suits", lambda m, n, k: True)
    return request.param


@pytest.mark.parametrize("signed", [True, False], ids=["i8", "u8"])
@pytest.mark.parametrize(("code", "method"), [("FULLY_CONNECTED", "double"), *(("CONV_2D", method) for method in EPILOGUES)])
def test_sums_of_8_bit_products(q8: Variant, code: str, method: str, signed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(q8, "suits", lambda m, n, k: True)
    type, low = ("INT8", -128) if signed else ("UINT8", 0)
    for rows, columns, depth in sizes(q8):
        weights = RNG.integers(low, low + 256, (columns, depth))
        bias = RNG.integers(-9000, 9000, columns)
        zero, weights_zero, output_zero = low + 100, 0 if signed else 130, low + 128
        scales = np.float32(RNG.uniform(0.001, 0.004, columns)) if signed else np.float32(0.002)
        around = (1, 1) if code == "CONV_2D" else ()
        case = Case(
            code,
            [
                T((1, 1, rows, depth) if around else (rows, depth), type, scale=0.5, zero=zero),
                T((columns, *around, depth), type, scale=scales, zero=weights_zero, data=weights.reshape(columns, *around, depth)),
                T((columns,), "INT32", scale=np.float32(0.5) * scales, data=bias),
            ],
            [T((), type, scale=1.5, zero=output_zero)],
            {"padding": "VALID", "stride_h": 1, "stride_w": 1} if around else {},
            version=3 if around else 4,
        )
        rules = {(code, type): Rule(method, "float" if method == "float" else "double")}
        x, found = run(case, q8, Arithmetic(method, "separate", rules))
        sums = (x.reshape(rows, depth).astype(int) - zero) @ (weights - weights_zero).T + bias
        precision = np.float32 if method == "float" else np.float64
        factors = precision(0.5) * np.asarray(scales, precision) / precision(1.5)
        factors = np.broadcast_to(factors, columns)
        wanted = np.clip(requantized(sums, factors, method) + output_zero, low, low + 255)
        assert np.array_equal(found.reshape(rows, columns), wanted), f"{q8.name} {method} {type} {rows}x{columns}x{depth}"


@pytest.mark.parametrize("method", ["separate", "fused"])
def test_sums_of_float_products(f32: Variant, method: str) -> None:
    if method not in f32.kernels:
        pytest.skip(f"{f32.name} has no kernel that rounds so")
    for rows, columns, depth in sizes(f32):
        weights, bias = RNG.normal(size=(columns, depth)), RNG.normal(size=columns)
        inputs = [T((rows, depth)), T((columns, depth), data=weights), T((columns,), data=bias)]
        x, found = run(Case("FULLY_CONNECTED", inputs, [T(())], version=9), f32, "litert-reference" if method == "separate" else "fast")
        if method == "separate":
            sums = np.zeros((rows, columns), np.float32)
            for d in range(depth):
                sums += x[:, d : d + 1] * weights.astype(np.float32)[:, d]
            assert np.array_equal(found, sums + bias.astype(np.float32)), f"{f32.name} {rows}x{columns}x{depth}"
        else:
            exact = x.astype(np.float64) @ weights.astype(np.float32).T.astype(np.float64) + bias
            assert np.abs(found - exact).max() <= 1e-5 * np.abs(exact).max(), f"{f32.name} {rows}x{columns}x{depth}"


def test_shapes_choose_among_the_variants_of_one_process() -> None:
    for type in ("f32", "q8"):
        vector, matrix = choose(type, 1, 128, 64), choose(type, 20, 128, 64)
        assert vector.mr == 1 and matrix.mr > 1 and vector.nr > matrix.nr
        assert choose(type, 1, 10, 64) is choose(type, 1, 128, 5000) is matrix


def test_a_plan_holds_several_variants() -> None:
    weights = T((80, 8), data=RNG.normal(size=(80, 8)))
    one, many = (Case("FULLY_CONNECTED", [T((rows, 8)), weights, None], [T((rows, 80))]).model().graph for rows in (1, 20))
    both = Graph("main", one.inputs + many.inputs, one.outputs + many.outputs, one.ops + many.ops)
    interpreter = Interpreter(Model([both]))
    interpreter.allocate_tensors()
    names = [op.kernels[-1] for op in interpreter.plan.ops]
    assert names == [f"f32_gemm_{choose('f32', 1, 80, 8).name}_separate", f"f32_gemm_{choose('f32', 20, 80, 8).name}_fused"]


def test_a_cpu_has_the_primitives_up_to_its_best() -> None:
    for cpu in TARGETS:
        usable = [dot.name for dot in DOTS if dot.supports(cpu)]
        assert usable[0] == cpu.dot and usable == [dot.name for dot in DOTS][-len(usable) :]
    assert all(variant.supports(target()) for variant in VARIANTS)
    best = next(variant for variant in VARIANTS if variant.type == "q8")
    weaker = [cpu for cpu in TARGETS if cpu.lanes < best.lanes or not best.dot.supports(cpu)]  # type: ignore[union-attr]
    assert not any(best.supports(cpu) for cpu in weaker)
