"""The corners of the arithmetic: where LiteRT's own rule is unexpected, and where it has none and tinylite says what it does.

docs/numerics.md has the table.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tinylite import Interpreter, InvokeError, OpResolverType
from tinylite.engine.plan import Plan
from tinylite.model import Graph, Model, Op, Quantization, Tensor
from tinylite.ops.resize_bilinear import ResizeBilinear
from tinylite.quantization_math import multiplier_and_shifts
from tinylite.tensor_types import tensor_dtype

from . import variables
from .cases import Case, T, hybrid
from .conftest import Oracle, feed_and_run, litert_interpreter, run_once
from .ops import batch_matmul, bidirectional_sequence_lstm, bidirectional_sequence_rnn, conv_2d, lstm
from .test_ops import CASES

# Their float kernels compute e^x, ln x or tanh x within 2 ulp of the C library's functions, which differ between systems.
TRANSCENDENTAL = {
    "ATAN2", "COS", "ELU", "EXP", "GELU", "LOCAL_RESPONSE_NORMALIZATION", "LOG", "LOGISTIC", "LOG_SOFTMAX",
    "NON_MAX_SUPPRESSION_V5", "POW", "RANDOM_STANDARD_NORMAL", "SIN", "SOFTMAX", "TANH",
}  # fmt: skip
# Recurrent layers add their products in their own order.
RECURRENT = {"LSTM", "RNN", "SVDF", *(f"{way}DIRECTIONAL_SEQUENCE_{cell}" for way in ("UNI", "BI") for cell in ("LSTM", "RNN"))}


def has_an_order(case: Case) -> bool:
    """Whether our float kernels add and multiply as LiteRT's: its hybrid TRANSPOSE_CONV adds products that are scaled already."""
    return case.code not in TRANSCENDENTAL | RECURRENT and not (case.code == "TRANSPOSE_CONV" and case.inputs[1].type == "INT8")  # type: ignore[union-attr]


EXACT = [case for case in CASES if has_an_order(case) and any(t.type == "FLOAT32" for t in case.outputs)]


def bits(x: np.ndarray) -> bytes:
    """All that two arrays must share to be the same; which NaN one is means nothing."""
    return np.where(x != x, np.nan, x).astype(x.dtype).tobytes() if x.dtype.kind == "f" else x.tobytes()


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case.name)
def test_floats_have_the_reference_s_bits_on_request(case: Case) -> None:
    content, feeds = case.model().to_bytes(), case.feeds()
    ours = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    ours.allocate_tensors()
    found = feed_and_run(ours, feeds, case.runs)
    wanted = feed_and_run(litert_interpreter(content, case.reference), feeds, case.runs)
    assert [bits(a) for a in found] == [bits(b) for b in wanted]


@pytest.mark.parametrize("values", [8, 19])
@pytest.mark.parametrize("kind", ["hybrid", "hybrid1"])
def test_hybrid_inputs_round_by_two_rules(values: int, kind: str, litert: Oracle, run: Oracle) -> None:
    """Values about halfway between two steps: LiteRT rounds whole groups of eight by one formula, the rest by another."""
    content = conv_2d.conv(1, (1, values), 1, 4, (1, 1), kind).model().to_bytes()
    for most, between in ((255 / 2, np.arange(values) + 0.5), (127.0, np.arange(values) - 3.5), (6.0, (np.arange(values) + 0.5) * 6 / 255)):
        for towards in (-1000, None, 1000):
            x = between.astype(np.float32)
            if towards is not None:
                x = np.nextafter(x, np.float32(towards))
            x[-1] = most
            found, wanted = (oracle(content, [x.reshape(1, 1, values, 1)])[0] for oracle in (run, litert))
            assert found.tobytes() == wanted.tobytes()


def test_a_quotient_too_small_to_tell_is_zero(run: Oracle, litert: Oracle) -> None:
    """LiteRT shifts by more than 31 bits here, which leads to anything."""
    case = Case(
        "DIV",
        [T((3,), "INT8", scale=0.02, zero=0), T((3,), "INT8", scale=0.05, zero=-128)],
        [T((3,), "INT8", scale=2.0**20, zero=7)],
        version=2,
    )
    content = case.model().to_bytes()
    feeds = [np.array([1, -5, 127], np.int8), np.array([127, 100, -127], np.int8)]
    assert run(content, feeds)[0].tolist() == [7, 7, 7]
    assert litert(content, feeds)[0].tolist() != [7, 7, 7]


def test_sums_of_signed_bytes_are_signed(run: Oracle, litert: Oracle) -> None:
    """LiteRT's reference kernel reads them as unsigned; its optimized one does not."""
    axis = T((1,), "INT32", data=[1])
    case = Case("SUM", [T((2, 3), "INT8", scale=0.5, zero=-3), axis], [T((2,), "INT8", scale=2.0, zero=5)], {"keep_dims": False}, version=2)
    content, x = case.model().to_bytes(), np.array([[-100, -20, 50], [3, 4, 6]], np.int8)
    wanted = [int(np.floor((row.sum() + 9) / 4 + 0.5)) + 5 for row in x.astype(int)]
    assert run(content, [x])[0].tolist() == wanted
    assert litert(content, [x], "BUILTIN_WITHOUT_DEFAULT_DELEGATES")[0].tolist() == wanted
    assert litert(content, [x])[0].tolist() != wanted


@pytest.mark.parametrize(("code", "of_0"), [("SQRT", 5), ("RSQRT", 127)])
def test_bytes_below_0_have_the_root_of_0(code: str, of_0: int, run: Oracle, litert: Oracle) -> None:
    """LiteRT's kernels stop the run at the first such number."""
    case = Case(code, [T((4,), "INT8", scale=0.5, zero=-3)], [T((4,), "INT8", scale=0.25, zero=5)], version=2)
    content, x = case.model().to_bytes(), np.array([-128, -4, -3, 5], np.int8)
    assert run(content, [x])[0].tolist() == [of_0, of_0, of_0, {"SQRT": 13, "RSQRT": 7}[code]]
    with pytest.raises(RuntimeError):
        litert(content, [x])


@pytest.mark.parametrize("classes", [2, 3, 100, 200])
def test_probabilities_of_equal_classes(classes: int, run: Oracle, litert: Oracle) -> None:
    shape = (1, classes)
    case = Case("SOFTMAX", [T(shape, "INT8", scale=0.1)], [T(shape, "INT8", scale=1 / 256, zero=-128)], {"beta": 1.0}, version=2)
    content, x = case.model().to_bytes(), np.full(shape, 17, np.int8)
    assert set(run(content, [x])[0].reshape(-1).tolist()) == {int(256 / classes + 0.5) - 128}
    assert run(content, [x])[0].tobytes() == litert(content, [x])[0].tobytes()


def test_log_softmax_of_many_equal_classes_is_their_logarithm(run: Oracle, litert: Oracle) -> None:
    """LiteRT's sum of powers overflows: its logarithm is that of another number."""
    shape = (1, 9000)
    case = Case("LOG_SOFTMAX", [T(shape, "INT8", scale=0.1)], [T(shape, "INT8", scale=1 / 16, zero=127)], version=2)
    content, x = case.model().to_bytes(), np.full(shape, 17, np.int8)
    assert set(run(content, [x])[0].reshape(-1).tolist()) == {round(-np.log(9000) * 16) + 127}
    assert set(litert(content, [x])[0].reshape(-1).tolist()) == {20}


def test_squares_of_a_long_row_do_not_overflow(run: Oracle, litert: Oracle) -> None:
    case = Case("L2_NORMALIZATION", [T((1, 40000), "UINT8", scale=0.1)], [T((1, 40000), "UINT8", scale=1 / 128, zero=128)], version=2)
    content, x = case.model().to_bytes(), np.full((1, 40000), 255, np.uint8)
    assert set(run(content, [x])[0].reshape(-1).tolist()) == {128 + round(128 / 200)}
    assert set(litert(content, [x])[0].reshape(-1).tolist()) == {255}


def test_the_last_neighbour_counts(run: Oracle, litert: Oracle) -> None:
    case = Case("LOCAL_RESPONSE_NORMALIZATION", [T((1, 1, 1, 3))], [T(())], dict(radius=1, bias=1.0, alpha=1.0, beta=1.0))
    content, x = case.model().to_bytes(), np.array([1, 2, 3], np.float32).reshape(1, 1, 1, 3)
    assert np.allclose(run(content, [x])[0].reshape(-1), [1 / 6, 2 / 15, 3 / 14])
    assert np.allclose(litert(content, [x], "BUILTIN_WITHOUT_DEFAULT_DELEGATES")[0].reshape(-1), [1 / 6, 2 / 15, 3 / 14])
    assert np.allclose(litert(content, [x])[0].reshape(-1), [1 / 2, 2 / 6, 3 / 14])


@pytest.mark.parametrize("scales", [(0.5, 0.25), (0.9, 0.03)])
def test_scales_compare_as_real_numbers(scales: tuple[float, float], run: Oracle, litert: Oracle) -> None:
    rng = np.random.default_rng(3)
    x, y = (rng.integers(0, 256, 500).astype(np.uint8) for _ in scales)
    content = Case("LESS", [T((500,), "UINT8", scale=scale, zero=7) for scale in scales], [T((), "BOOL")]).model().to_bytes()
    wanted = (x.astype(float) - 7) * scales[0] < (y.astype(float) - 7) * scales[1]
    assert np.array_equal(run(content, [x, y])[0], wanted)
    assert np.array_equal(litert(content, [x, y])[0], wanted)


@pytest.mark.parametrize("power", range(-20, 21))
def test_any_scale_is_a_multiplier_and_one_shift(power: int) -> None:
    """What comparisons multiply by has no negative shift, on whichever side of 1 the scale is."""
    for factor in (1.0, 1.5, 1.999):
        multiplier, left, right = multiplier_and_shifts(factor * 2.0**power)
        assert min(left, right) == 0 and left - right == power + 1
        assert multiplier * 2.0 ** (left - right - 31) == pytest.approx(factor * 2.0**power, rel=2.0**-30)


def test_plain_int16_are_compared(run: Oracle) -> None:
    """LiteRT writes no output of NOT_EQUAL here."""
    content = Case("NOT_EQUAL", [T((3,), "INT16"), T((3,), "INT16")], [T((), "BOOL")]).model().to_bytes()
    assert run(content, [np.array([1, 2, 3], np.int16), np.array([1, -2, 3], np.int16)])[0].tolist() == [False, True, False]


def test_whole_numbers_have_a_remainder_by_any_number_but_0(run: Oracle, litert: Oracle) -> None:
    content = Case("FLOOR_MOD", [T((6,), "INT32"), T((6,), "INT32")], [T((), "INT32")]).model().to_bytes()
    x, y = np.array([-7, 5, 7, -7, 2**31 - 1, -12], np.int32), np.array([-1, -1, -3, 3, -2, 5], np.int32)
    assert run(content, [x, y])[0].tolist() == litert(content, [x, y])[0].tolist() == (x % y).tolist()


def test_angles_of_different_shapes_stretch(run: Oracle) -> None:
    y, x = np.float32([[1], [-2]]), np.float32([[3, -0.5, 0]])
    assert np.allclose(run(Case("ATAN2", [T((2, 1)), T((1, 3))], [T(())]).model().to_bytes(), [y, x])[0], np.arctan2(y, x))


def test_a_narrow_range_has_one_step_less(run: Oracle) -> None:
    """LiteRT refuses it; TensorFlow rounds to the steps from 1 to 2^bits - 1."""
    case = Case("FAKE_QUANT", [T((5,))], [T((5,))], dict(min=-3.0, max=3.0, num_bits=3, narrow_range=True))
    assert run(case.model().to_bytes(), [np.float32([-9, -0.6, 0.4, 1.6, 9])])[0].tolist() == [-3, -1, 0, 2, 3]


# Types that LiteRT's kernels lack, which converted graphs count with.
WIDER = {
    "ABS": np.abs, "SIGN": np.sign, "SQUARE": np.square, "DIV": lambda x, y: np.trunc(x / y), "FLOOR_DIV": np.floor_divide,
    "SQUARED_DIFFERENCE": lambda x, y: (x - y) ** 2, "BITWISE_XOR": np.bitwise_xor, "RIGHT_SHIFT": lambda x, y: x >> np.clip(y, 0, 63),
    "ADD_N": np.add,
}  # fmt: skip


@pytest.mark.parametrize("code", WIDER)
def test_wider_types_than_the_reference_s(code: str, run: Oracle) -> None:
    function, rng = WIDER[code], np.random.default_rng(8)
    count = 1 if code in ("ABS", "SIGN", "SQUARE") else 2
    feeds = [rng.integers(-1000, 1000, 300), rng.integers(1, 70, 300)][:count]
    content = Case(code, [T((300,), "INT64")] * count, [T((300,), "INT64")]).model().to_bytes()
    assert np.array_equal(run(content, feeds)[0], function(*feeds))


@pytest.mark.parametrize(
    ("code", "type", "y", "problem"),
    [
        ("POW", "INT32", [1, -2], "a whole number to a negative power"),
        ("FLOOR_DIV", "FLOAT32", [1, 0], "divides by zero"),
        ("FLOOR_MOD", "INT64", [1, 0], "divides by zero"),
        ("BROADCAST_ARGS", "INT32", [3, 7], "do not broadcast together"),
    ],
)
def test_numbers_that_have_no_result_stop_the_run(code: str, type: str, y: list[int], problem: str, run: Oracle) -> None:
    content = Case(code, [T((2,), type), T((2,), type)], [T((), type)]).model().to_bytes()
    with pytest.raises(InvokeError, match=problem):
        run(content, [np.array([3, 3], tensor_dtype(type)), np.array(y, tensor_dtype(type))])


@pytest.mark.parametrize(("type", "start"), [("INT8", -7), ("UINT8", 0), ("FLOAT32", 0)])
def test_variables_start_at_zero_and_int8_at_its_zero_point(type: str, start: int) -> None:
    state, x, y = Tensor("state", (4,), type, is_variable=True), Tensor("x", (4,), type), Tensor("y", (4,), type)
    for tensor in (state, x, y):
        tensor.quantization = None if type == "FLOAT32" else Quantization(np.array([0.5]), np.array([-7 if type == "INT8" else 9]))
    plan = Plan(Graph("main", [x], [y], [Op("ADD", [x, state], [y])], [state, x, y]))
    value = plan.value(state)
    assert value is not None
    assert plan.view(value).tolist() == [start] * 4


def test_rounding_keeps_a_negative_zero_only_where_there_was_one(run: Oracle, litert: Oracle) -> None:
    x = np.array([-0.0, 0.0, -0.2, -0.5, -0.7, 0.5, 1.5, 2.5, -1.5, -2.5, 8388609.0, -8388609.0], np.float32)
    content = Case("ROUND", [T((12,))], [T((12,))]).model().to_bytes()
    assert run(content, [x])[0].tobytes() == litert(content, [x], "BUILTIN_WITHOUT_DEFAULT_DELEGATES")[0].tobytes()


@pytest.mark.parametrize("code", ["ARG_MAX", "ARG_MIN"])
def test_any_number_is_more_extreme_than_nan(code: str, run: Oracle, litert: Oracle) -> None:
    x = np.array([[np.nan, 1, 2], [3, np.nan, 1], [np.nan, np.nan, 0], [np.nan, np.nan, np.nan]], np.float32)
    content = Case(code, [T((4, 3)), T((), "INT32", data=1)], [T((), "INT32")], {"output_type": "INT32"}).model().to_bytes()
    wanted = {"ARG_MAX": [2, 0, 2, 0], "ARG_MIN": [1, 2, 2, 0]}[code]
    assert run(content, [x])[0].tolist() == litert(content, [x])[0].tolist() == wanted


def test_what_is_too_large_for_a_quantized_type_is_its_largest_value(run: Oracle, litert: Oracle) -> None:
    """LiteRT converts it to the least INT32; NaN too, to which it adds the zero point."""
    x = np.float32([np.inf, 3e38, 3e9, 127, -3e9, -3e38, -np.inf, np.nan])
    for zero, theirs in ((0, -128), (-5, 127)):
        content = Case("QUANTIZE", [T((8,))], [T((8,), "INT8", scale=1.0, zero=zero)], version=2).model().to_bytes()
        assert run(content, [x])[0].tolist() == [127, 127, 127, 127 + zero, -128, -128, -128, -128]
        assert litert(content, [x])[0].tolist() == [theirs, theirs, theirs, 127 + zero, theirs, theirs, theirs, theirs]


def test_what_is_too_large_to_be_concatenated_is_the_largest_value(run: Oracle, litert: Oracle) -> None:
    parts = [T((2,), "UINT8", scale=1e12, zero=5), T((2,), "UINT8", scale=1.0, zero=5)]
    content = Case("CONCATENATION", parts, [T((4,), "UINT8", scale=1.0, zero=5)], {"axis": 0}).model().to_bytes()
    feeds = [np.uint8([6, 4]), np.uint8([6, 4])]
    assert run(content, feeds)[0].tolist() == [255, 0, 6, 4]
    assert litert(content, feeds)[0].tolist() == [0, 0, 6, 4]


def test_each_nan_is_a_value_of_its_own(run: Oracle, litert: Oracle) -> None:
    """LiteRT looks them up in a map that takes NaN and any number for equal."""
    x = np.float32([1, np.nan, 2, np.nan, 1])
    content = Case("UNIQUE", [T((5,))], [T(()), T((), "INT32")], {"idx_out_type": "INT32"}).model().to_bytes()
    values, indices = run(content, [x])
    assert np.array_equal(values, [1, np.nan, 2, np.nan], equal_nan=True)
    assert indices.tolist() == [0, 1, 2, 3, 0]
    assert litert(content, [x])[1].tolist() == [0, 0, 1, 0, 0]


def test_a_variable_is_read_in_the_shape_that_it_has() -> None:
    """LiteRT keeps the shape that the output declares, whatever the size of the value."""
    x, y = Tensor("x", (3,), shape_signature=(-1,)), Tensor("y", (3,))
    of = variables.handle()
    ops = [of, Op("ASSIGN_VARIABLE", [of.outputs[0], x], []), Op("READ_VARIABLE", of.outputs, [y])]
    interpreter = Interpreter(model_content=Model([Graph("main", [x], [y], ops, [x, y, of.outputs[0]])]).to_bytes())
    for count in (3, 5, 2):
        interpreter.resize_tensor_input(interpreter.get_input_details()[0]["index"], [count])
        assert run_once(interpreter, np.arange(count, dtype=np.float32)).tolist() == [*range(count)]


@pytest.mark.parametrize("code", ["ABS", "LEAKY_RELU", "QUANTIZE", "MUL", "CONV_2D", "MEAN"])
def test_a_factor_out_of_reach_takes_all_but_0_to_an_end(code: str, run: Oracle, litert: Oracle) -> None:
    """LiteRT shifts by the rest of a division by 32."""
    x, scale = np.int8([-128, -3, -1, 0, 1, 2, 127]), 1e10
    inputs, options, wanted = [T((7,), "INT8", scale=scale)], {}, [-128, -128, -128, 0, 127, 127, 127]
    shape = (7,)
    if code == "ABS":
        wanted = [127, 127, 127, 0, 127, 127, 127]
    elif code == "LEAKY_RELU":
        options = {"alpha": 0.5}
    elif code == "MUL":
        inputs.append(T((), "INT8", scale=1.0, data=1))
    elif code == "CONV_2D":
        inputs = [T((1, 1, 7, 1), "INT8", scale=scale), T((1, 1, 1, 1), "INT8", scale=1.0, data=1), T((1,), "INT32", scale=scale, data=0)]
        options, shape = {"padding": "SAME", "stride_h": 1, "stride_w": 1}, (1, 1, 7, 1)
    elif code == "MEAN":
        inputs = [T((7, 1), "INT8", scale=scale), T((1,), "INT32", data=[1])]
        options = {"keep_dims": False}
    content = Case(code, inputs, [T(shape, "INT8", scale=1.0)], options, version=2).model().to_bytes()
    feed = x.reshape(inputs[0].shape)
    assert run(content, [feed])[0].reshape(-1).tolist() == wanted
    assert litert(content, [feed])[0].reshape(-1).tolist() != wanted


@pytest.mark.parametrize("kind", ["hybrid", "hybrid_a"])
@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_a_row_with_nan_has_no_range(kind: str, odd: float, run: Oracle) -> None:
    """LiteRT makes numbers of it, or NaN, by where it lies."""
    case = batch_matmul.product((3, 30, 17), (3, 17, 70), kind, constant="y")
    (x,) = case.feeds()
    clean = run(case.model().to_bytes(), [x])[0]
    x[1, 7, 5] = odd
    found = run(case.model().to_bytes(), [x])[0]
    assert np.isnan(found[1, 7]).all()
    assert np.array_equal(np.delete(found.reshape(90, 70), 37, 0), np.delete(clean.reshape(90, 70), 37, 0))


def test_a_small_negative_number_keeps_its_digits_in_elu_and_gelu(run: Oracle) -> None:
    x = -(np.float32(10) ** np.linspace(-40, 0.4, 500, dtype=np.float32))
    wide = x.astype(np.float64)
    erfc = np.array([math.erfc(-value / math.sqrt(2)) for value in wide])
    for code, wanted in (("ELU", np.expm1(wide)), ("GELU", 0.5 * wide * erfc)):
        found = run(Case(code, [T(x.shape)], [T(x.shape)]).model().to_bytes(), [x])[0]
        normal = np.abs(wanted) > np.finfo(np.float32).tiny
        assert (np.abs(found / wanted - 1)[normal] < 1e-6).all()
        assert np.abs(found - wanted)[~normal].max() < 1e-44


@pytest.mark.parametrize("code", ["MEAN", "SUM", "REDUCE_MAX", "REDUCE_MIN", "REDUCE_PROD"])
def test_what_comes_of_nothing(code: str, run: Oracle, litert: Oracle) -> None:
    content = Case(code, [T((0, 3)), T((1,), "INT32", data=[0])], [T(())], {"keep_dims": False}).model().to_bytes()
    x = np.zeros((0, 3), np.float32)
    assert np.array_equal(run(content, [x])[0], litert(content, [x])[0], equal_nan=True)


@pytest.mark.parametrize("half_pixel", [False, True])
@pytest.mark.parametrize("align_corners", [False, True])
def test_resizing_reads_no_pixel_behind_the_last(align_corners: bool, half_pixel: bool) -> None:
    """With ten fractional bits the scale may be rounded up, and lead past the end; what is read there is the last pixel."""
    for size in range(1, 12):
        for out in (*range(1, 130), 1000, 4096):
            low, high, _ = ResizeBilinear.integers(size, out, align_corners, half_pixel)
            assert low.min() >= 0 and high.min() >= 0 and low.max() < size and high.max() < size


@pytest.mark.parametrize(
    "case", [bidirectional_sequence_rnn.both(2, 3, 6, (5, 7), "stack"), bidirectional_sequence_lstm.both(2, 3, 6, 7, merge=True)]
)
def test_bidirectional_layers_do_not_depend_on_which_of_time_and_batch_comes_first(case: Case, run: Oracle) -> None:
    """LiteRT's kernels read another sequence or other states than meant where the batch comes first."""
    first = case.model()
    found = run(first.to_bytes(), case.feeds())
    for tensor in (t for t in first.graph.inputs if len(t.shape) == 3):
        tensor.shape = (tensor.shape[1], tensor.shape[0], tensor.shape[2])
    first.graph.ops[0].options.time_major = True
    turned = run(first.to_bytes(), [feed.swapaxes(0, 1) for feed in case.feeds()])
    assert [a.tobytes() for a in found] == [b.swapaxes(0, 1).tobytes() for b in turned]


def difference(found: list[np.ndarray], wanted: list[np.ndarray]) -> float:
    """The largest, over the largest value."""
    return max(float(np.abs(a - b).max() / np.abs(b).max()) for a, b in zip(found, wanted, strict=True))


def test_layers_with_8_bit_weights_go_through_time_major_sequences_once(run: Oracle, litert: Oracle) -> None:
    """LiteRT's kernel has one loop over time too many, through which the states are kept."""
    case = bidirectional_sequence_rnn.both(2, 3, 6, (5, 7), major=True)
    content, feeds = hybrid(case).model().to_bytes(), case.feeds()
    floats = run(case.model().to_bytes(), feeds)
    assert difference(run(content, feeds), floats) <= 0.1
    assert difference(litert(content, feeds), floats) > 0.1


@pytest.mark.parametrize("shapes", [((2, 3, 5, 8), (2, 3, 8, 4)), ((2, 3, 5, 8), (3, 8, 4))])
def test_rows_of_matrices_along_two_dimensions_have_scales_of_their_own(shapes: Any, run: Oracle, litert: Oracle) -> None:
    case = batch_matmul.product(*shapes, "hybrid_a", constant="y")
    content, (x,) = case.model().to_bytes(), case.feeds()
    weights = case.inputs[1]
    assert weights is not None
    wanted = [x @ (weights.data * np.float32(weights.scale))]
    assert difference(run(content, [x]), wanted) <= 0.02
    assert difference(litert(content, [x]), wanted) > 0.1


def test_an_lstm_s_states_are_overwritten_only_if_they_are_variables(run: Oracle, litert: Oracle) -> None:
    case = lstm.basic(1, 4, 3, "input")
    content, (x, *states) = case.model().to_bytes(), case.feeds()

    def twice(interpreter) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
        for details, value in zip(interpreter.get_input_details(), (x, *states), strict=True):
            interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        interpreter.invoke()
        return [np.array(interpreter.get_tensor(details["index"])) for details in interpreter.get_input_details()[1:]]

    ours = Interpreter(model_content=content)
    ours.allocate_tensors()
    assert all((a == b).all() for a, b in zip(twice(ours), states, strict=True))
    assert not any((a == b).all() for a, b in zip(twice(litert_interpreter(content)), states, strict=True))


def test_seeds_have_32_bits(run: Oracle, litert: Oracle) -> None:
    for oracle in (run, litert):
        few, many = (
            oracle(Case("RANDOM_UNIFORM", [T((1,), "INT32", data=[9])], [T(())], {"seed": seed, "seed2": 3}).model().to_bytes(), [])[0]
            for seed in (5, 5 + 2**40)
        )
        assert few.tobytes() == many.tobytes()
