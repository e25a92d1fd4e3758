"""The one room of quantization arithmetic: what its functions promise where their sources' precision and rounding differ."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, strategies as st

from tinylite import Interpreter, Model, quantization_math as qm
from tinylite.errors import ModelError
from tinylite.model import Graph, Op, Tensor
from tinylite.tensor_types import DTYPES, PACKED_BITS

from .conftest import litert_interpreter

F = np.float32
JUST_BELOW = {np.float32: np.nextafter(np.float32(0.5), np.float32(0)), np.float64: np.nextafter(0.5, 0)}


@pytest.mark.parametrize("name", [name for name in DTYPES if name.startswith(("INT", "UINT"))])
def test_limits_of_integer_types_are_numpys(name: str) -> None:
    dtype = np.dtype(DTYPES[name])
    low, high = qm.integer_limits(name)
    if name in PACKED_BITS:
        assert high - low == 2 ** PACKED_BITS[name] - 1 and low == (0 if name.startswith("U") else -(high + 1))
    else:
        assert (low, high) == (np.iinfo(dtype).min, np.iinfo(dtype).max) == qm.integer_limits(dtype)
    assert qm.integer_limits(name, narrow=True) == (low + 1, high)


@pytest.mark.parametrize("name", ["FLOAT32", "BOOL", "STRING", "INT", "COMPLEX64"])
def test_other_types_have_no_limits(name: str) -> None:
    with pytest.raises(ModelError, match=f"{name} is not an integer type"):
        qm.integer_limits(name)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_halves_go_away_from_zero_and_nothing_else_does(dtype: type) -> None:
    x = np.array([0.5, 1.5, 2.5, -0.5, -2.5, 0.25, -0.75, 2**22 + 0.5, 2**23 + 1, np.inf, -np.inf], dtype)
    assert qm.round_half_away(x).tolist() == [1, 2, 3, -1, -3, 0, -1, 2**22 + 1, 2**23 + 1, np.inf, -np.inf]
    assert qm.round_half_away(x).dtype == dtype and np.isnan(qm.round_half_away(dtype(np.nan)))
    below = np.array([JUST_BELOW[dtype], -JUST_BELOW[dtype]], dtype)
    assert qm.round_half_away(below).tolist() == [0, 0]
    # The training kernels' rounding is the one that differs: there, and at negative halves.
    assert qm.round_half_up(below).tolist() == [1, 0] and qm.round_half_up(np.array([-0.5, -1.5], dtype)).tolist() == [0, -1]


def test_the_three_ways_to_quantize_differ_in_the_last_bit() -> None:
    """By division and by the inverse in float32, and in double: each caller has its source's way, so none may replace another."""
    values = np.random.default_rng(0).uniform(0, 25, 200_000).astype(F)
    scale, limits = F(0.08), (0, 255)
    made = [quantize(values, float(scale), 0, *limits) for quantize in (qm.quantize_in_double, qm.quantize_by_inverse)]
    made.append(qm.quantize_by_division(values, scale, 0, *limits))
    assert all(np.abs(a - b).max() <= 1 for a in made for b in made)
    halves = (np.arange(200, dtype=F) + F(0.5)) * scale
    rounded = [qm.quantize_by_division(halves, scale, 0, *limits), qm.quantize_by_inverse(halves, float(scale), 0, *limits),
               qm.quantize_in_double(halves, float(scale), 0, *limits)]  # fmt: skip
    assert len({part.astype(int).tobytes() for part in rounded}) == 3


def test_no_number_becomes_the_least_stored_value() -> None:
    assert qm.quantize_by_division(np.array([np.nan], F), F(1), 3, -128, 127) == -128
    assert qm.quantize_by_inverse(np.array([np.nan], F), 1.0, 3, -128, 127) == -128


@given(st.floats(-1e3, 0), st.floats(0, 1e3), st.booleans())
def test_parameters_of_arrays_are_those_of_numbers(low: float, high: float, narrow: bool) -> None:
    """A range may be an array; so 0 is a step, and the ends lie within the stored ones to half a step."""
    first, last = qm.integer_limits("UINT8", narrow)
    scales, zeros = qm.affine_parameters([low, -1.0], [high, 1.0], first, last)
    scale, zero = qm.affine_parameters(low, high, first, last)
    assert scales[0] == scale and zeros[0] == zero
    assert first <= zero <= last and (first - zero) * scale <= low + scale / 2 * 1.001 and (last - zero) * scale >= high - scale / 2 * 1.001


def test_a_zero_point_just_below_half_a_step_is_the_reference_s() -> None:
    """low = -0.49999997 steps: 0 is the step 0. Adding a half in float32 would make it the step 1, and move every result."""
    low, high = -0.4133883714675903, 210.41468811035156
    step = (F(high) - F(low)) / F(255)
    assert F(0) - F(low) / step == JUST_BELOW[np.float32]
    assert qm.nudge_range(low, high)[0] == 0
    x, y = Tensor("x", (4,)), Tensor("y", (4,))
    content = Model([Graph("main", [x], [y], [Op("FAKE_QUANT", [x], [y], min=low, max=high, num_bits=8)])]).to_bytes()
    found = []
    for runtime in (Interpreter(model_content=content), litert_interpreter(content, "BUILTIN_REF")):
        runtime.allocate_tensors()
        runtime.set_tensor(runtime.get_input_details()[0]["index"], np.array([-2, -0.5, 100, 300], F))
        runtime.invoke()
        found.append(runtime.get_tensor(runtime.get_output_details()[0]["index"]))
    assert found[0].tolist() == found[1].tolist()
    assert found[0][:2].tolist() == [0, 0]


@given(st.floats(2.0**-30, 2.0**30))
def test_a_multiplier_and_its_shifts_are_the_factor(factor: float) -> None:
    multiplier, shift = qm.multiplier_and_shift(factor)
    assert multiplier * 2.0 ** (shift - 31) == pytest.approx(factor, rel=2.0**-31)
    assert qm.multiplier_and_shifts(factor) == (multiplier, max(shift, 0), max(-shift, 0))
    values = np.array([-3, 0, 5])
    if factor < 2.0**20:
        assert np.abs(qm.rescale(values, factor) - values * factor).max() < 1 + 5 * factor * 2.0**-30  # LiteRT rounds twice


@pytest.mark.parametrize("bits", [16, 32])
@pytest.mark.parametrize("integer_bits", [0, 3, 5])
def test_the_exponential_is_one_of_both_widths(bits: int, integer_bits: int) -> None:
    whole = bits - 1
    x = -np.random.default_rng(1).integers(0, 1 << whole, 20_000)
    found = qm.exp_on_negative_values(x, integer_bits, bits) / 2.0**whole
    assert np.abs(found - np.exp(x * 2.0 ** (integer_bits - whole))).max() < (2e-3 if bits == 16 else 1e-6)


def test_wrapping_and_saturating_are_those_of_the_machine() -> None:
    x = np.array([2**31, -(2**31) - 1, 7, 2**40 + 3])
    assert np.array_equal(qm.wrap(x), x.astype(np.int32)) and np.array_equal(qm.wrap(x, 16), x.astype(np.int16))
    assert qm.saturate(x).tolist() == [2**31 - 1, -(2**31), 7, 2**31 - 1] and qm.saturate([40000], 16).tolist() == [32767]


# What only this room and the kernels may write down; numpy's own round half to even is for pixels, which no reference rounds.
_ARITHMETIC = {"frexp", "trunc", "copysign"}
_ELSEWHERE = {"ops/div.py", "ops/resize_bilinear.py"}  # TensorFlow's integer division; LiteRT's positions in 1/1024


def test_no_other_file_has_arithmetic_of_its_own() -> None:
    """Copies of limits, rounding and multipliers began with these."""
    root = Path(qm.__file__).parent
    for path in root.rglob("*.py"):
        name = path.relative_to(root).as_posix()
        if name == "quantization_math.py" or name in _ELSEWHERE:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            called = node.attr if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np" else None
            assert called not in _ARITHMETIC, f"{name} line {node.lineno}: np.{called} belongs into quantization_math"
            pair = ast.unparse(node) if isinstance(node, ast.Tuple) else ""
            assert pair not in ("(-128, 127)", "(-32768, 32767)") or name in _RANGES_OF_PIXELS, f"{name}: {pair} is integer_limits"


_RANGES_OF_PIXELS = {"inputs/normalization.py", "inputs/stored_values.py"}  # real ranges, not those of types
