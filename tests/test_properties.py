"""Random shapes, attributes and quantizations, bit for bit against LiteRT's reference kernels."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from tinylite import Interpreter, OpResolverType
from tinylite.errors import TinyliteError

from .cases import Case, T, quantized
from .conftest import feed_and_run, litert_interpreter
from .ops import conv_2d, depthwise_conv_2d, fully_connected
from .ops.strided_slice import sliced

ACTIVATIONS = st.sampled_from(["NONE", "RELU", "RELU6", "RELU_N1_TO_1"])
QUANTIZED = st.sampled_from(["UINT8", "INT8"])
seeds = st.integers(0, 2**32 - 1)
# More on request: TINYLITE_EXAMPLES=5000 python -m pytest tests/test_properties.py
EXAMPLES = int(os.environ.get("TINYLITE_EXAMPLES", "60"))
fast = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=EXAMPLES == 60)


def agree(case: Case, seed: int = 0) -> None:
    """Both refuse the case, or both return the same bytes; with one thread and with three."""
    content, feeds = case.model().to_bytes(), case.feeds(seed)
    try:
        theirs = litert_interpreter(content, case.reference)
        for details, value in zip(theirs.get_input_details(), feeds, strict=True):
            theirs.set_tensor(details["index"], value)
        theirs.invoke()
    except (RuntimeError, ValueError):
        with pytest.raises(TinyliteError):
            outputs(content, feeds)
        return
    wanted = feed_and_run(theirs, feeds, 1)
    for threads in (1, 3):
        for a, b in zip(outputs(content, feeds, threads), wanted, strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            assert a.tobytes() == b.tobytes(), f"{np.sum(a != b)} of {a.size} values differ"


def outputs(content: bytes, feeds: list[np.ndarray], threads: int = 1) -> list[np.ndarray]:
    ours = Interpreter(model_content=content, num_threads=threads, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    ours.allocate_tensors()
    return feed_and_run(ours, feeds, 1)


@st.composite
def windows(draw: st.DrawFn, dilations: int = 3) -> tuple[tuple[int, int], tuple[int, int], dict[str, Any]]:
    """A picture's size, a filter's size that fits it, and options."""
    padding = draw(st.sampled_from(["SAME", "VALID"]))
    size, kernel, options = [], [], {"padding": padding, "fused_activation_function": draw(ACTIVATIONS)}
    for axis in "hw":
        taps = draw(st.integers(1, 5))
        dilation = draw(st.integers(1, dilations))
        reach = (taps - 1) * dilation + 1
        size.append(draw(st.integers(reach if padding == "VALID" else 1, reach + 12)))
        kernel.append(taps)
        options[f"stride_{axis}"] = draw(st.integers(1, 3))
        options[f"dilation_{axis}_factor"] = dilation
    return (size[0], size[1]), (kernel[0], kernel[1]), options


@fast
@given(
    windows(),
    st.integers(1, 2),
    st.integers(1, 40),
    st.integers(1, 80),
    st.sampled_from(["f32", "u8", "i8", "i8t", "hybrid", "hybrid1"]),
    seeds,
)
def test_conv_2d(window: Any, batch: int, channels: int, filters: int, kind: str, seed: int) -> None:
    size, kernel, options = window
    agree(conv_2d.conv(batch, size, channels, filters, kernel, kind, **options), seed)


@fast
@given(
    windows(dilations=2), st.integers(1, 2), st.integers(1, 50), st.sampled_from([1, 1, 2, 8]), st.sampled_from(["f32", "u8", "i8"]), seeds
)
def test_depthwise_conv_2d(window: Any, batch: int, channels: int, multiplier: int, kind: str, seed: int) -> None:
    size, kernel, options = window
    agree(depthwise_conv_2d.depthwise(batch, size, channels, multiplier, kernel, kind, **options), seed)


@fast
@given(
    st.integers(1, 30),
    st.integers(1, 200),
    st.integers(1, 140),
    st.sampled_from(["f32", "u8", "i8", "i8c", "hybrid", "hybrid_a"]),
    st.booleans(),
    seeds,
)
def test_fully_connected(rows: int, depth: int, out: int, kind: str, bias: bool, seed: int) -> None:
    agree(fully_connected.dense((rows,), depth, out, kind, bias), seed)


@fast
@given(
    windows(dilations=1),
    st.integers(1, 40),
    st.sampled_from(["AVERAGE_POOL_2D", "MAX_POOL_2D"]),
    st.sampled_from(["FLOAT32", "UINT8", "INT8"]),
    seeds,
)
def test_pools(window: Any, channels: int, code: str, type: str, seed: int) -> None:
    size, kernel, options = window
    options = {name: value for name, value in options.items() if "dilation" not in name}
    options |= {"filter_height": kernel[0], "filter_width": kernel[1]}
    numbers: dict[str, Any] = {"type": type} if type == "FLOAT32" else {"type": type, "scale": 0.04, "zero": 5}
    agree(Case(code, [T((2, *size, channels), **numbers)], [T((), **numbers)], options, version=2), seed)


@st.composite
def broadcast(draw: st.DrawFn) -> tuple[list[int], list[int]]:
    """Two shapes that broadcast, of four dimensions at most, which is all that LiteRT's quantized kernels take."""
    shape = draw(st.lists(st.integers(1, 6), min_size=1, max_size=4))
    both = []
    for _ in range(2):
        kept = shape[draw(st.integers(0, len(shape))) :]
        both.append([draw(st.sampled_from([n, n, 1])) for n in kept])
    return both[0], both[1]


@fast
@given(
    broadcast(),
    st.sampled_from(["ADD", "SUB", "MUL", "MAXIMUM", "MINIMUM", "SQUARED_DIFFERENCE"]),
    st.sampled_from(["FLOAT32", "INT32"]),
    seeds,
)
def test_arithmetic_of_numbers(shapes: Any, code: str, type: str, seed: int) -> None:
    agree(Case(code, [T(shape, type) for shape in shapes], [T((), type)]), seed)


@fast
@given(broadcast(), st.sampled_from(["ADD", "SUB", "MUL"]), QUANTIZED, ACTIVATIONS, seeds)
def test_quantized_arithmetic(shapes: Any, code: str, type: str, activation: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    inputs = [T(shape, **quantized(rng, type)) for shape in shapes]
    agree(Case(code, inputs, [T((), **quantized(rng, type, 2.0))], {"fused_activation_function": activation}, version=2), seed)


@st.composite
def slices(draw: st.DrawFn) -> Case:
    shape = draw(st.lists(st.integers(1, 7), min_size=1, max_size=4))
    rank = draw(st.integers(1, len(shape)))
    begin, end, strides = [], [], []
    for size in shape[:rank]:
        begin.append(draw(st.integers(-size - 1, size + 1)))
        end.append(draw(st.integers(-size - 1, size + 1)))
        strides.append(draw(st.sampled_from([1, 1, 2, 3, -1, -2])))
    masks = {name: draw(st.integers(0, 2**rank - 1)) for name in ("begin_mask", "end_mask")}
    shrink = draw(st.sampled_from([0, 0, 1, 2**rank - 1]))
    for axis in range(rank):
        if shrink & 1 << axis:
            begin[axis], strides[axis] = draw(st.integers(-shape[axis], shape[axis] - 1)), 1
    return sliced(tuple(shape), begin, end, strides, draw(st.sampled_from(["FLOAT32", "INT8"])), shrink_axis_mask=shrink, **masks)


@fast
@given(slices(), seeds)
def test_strided_slice(case: Case, seed: int) -> None:
    agree(case, seed)


@fast
@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.data(), st.sampled_from(["MEAN", "SUM"]), QUANTIZED, st.booleans(), seeds)
def test_reductions(shape: list[int], data: st.DataObject, code: str, type: str, keep: bool, seed: int) -> None:
    axes = data.draw(
        st.lists(st.integers(-len(shape), len(shape) - 1), min_size=1, max_size=len(shape), unique_by=lambda a: a % len(shape))
    )
    if code == "SUM":
        type = "UINT8"  # of INT8 see test_conformance.py
    rng = np.random.default_rng(seed)
    case = Case(
        code,
        [T(shape, **quantized(rng, type)), T((len(axes),), "INT32", data=axes)],
        [T((), **quantized(rng, type, 3.0))],
        {"keep_dims": keep},
        version=2,
    )
    agree(case, seed)


@fast
@given(st.permutations(range(4)), st.lists(st.integers(1, 9), min_size=4, max_size=4), st.sampled_from(["FLOAT32", "INT8", "INT64"]), seeds)
def test_transpose(order: list[int], shape: list[int], type: str, seed: int) -> None:
    agree(Case("TRANSPOSE", [T(shape, type), T((4,), "INT32", data=order)], [T((), type)]), seed)


@fast
@given(st.integers(1, 4), st.integers(1, 4), st.integers(0, 3), st.sampled_from(["FLOAT32", "UINT8", "INT8"]), seeds)
def test_concatenation(count: int, rank: int, axis: int, type: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 7, rank)
    axis %= rank
    numbers = {"type": type} if type == "FLOAT32" else quantized(rng, type)
    inputs = []
    for _ in range(count):
        mine = shape.copy()
        mine[axis] = rng.integers(1, 7)
        # LiteRT's reference kernel rescales only UINT8; the other types must agree.
        inputs.append(T(tuple(int(n) for n in mine), **(quantized(rng, type) if type == "UINT8" else numbers)))
    agree(Case("CONCATENATION", inputs, [T((), **numbers)], {"axis": axis}, version=2), seed)


@fast
@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.integers(1, 20),
    st.integers(1, 20),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["FLOAT32", "UINT8", "INT8"]),
    seeds,
)
def test_resize_bilinear(h: int, w: int, new_h: int, new_w: int, corners: bool, centers: bool, type: str, seed: int) -> None:
    flags = {"align_corners": corners, "half_pixel_centers": centers and not corners}
    agree(Case("RESIZE_BILINEAR", [T((1, h, w, 5), type), T((2,), "INT32", data=[new_h, new_w])], [T((), type)], flags, version=3), seed)


@fast
@given(QUANTIZED, st.integers(1, 6), st.integers(1, 120), st.floats(0.001, 2.0), st.sampled_from([1.0, 0.5, 2.0]), seeds)
def test_quantized_softmax(type: str, rows: int, classes: int, scale: float, beta: float, seed: int) -> None:
    zero = -128 if type == "INT8" else 0
    agree(
        Case("SOFTMAX", [T((rows, classes), type, scale=scale)], [T((), type, scale=1 / 256, zero=zero)], {"beta": beta}, version=2), seed
    )


@fast
@given(QUANTIZED, st.sampled_from(["LOGISTIC", "TANH", "HARD_SWISH"]), st.floats(0.001, 0.2), st.integers(0, 100), seeds)
def test_quantized_curves(type: str, code: str, scale: float, zero: int, seed: int) -> None:
    output = {
        "LOGISTIC": {"scale": 1 / 256, "zero": -128 if type == "INT8" else 0},
        "TANH": {"scale": 1 / 128, "zero": 0 if type == "INT8" else 128},
        "HARD_SWISH": {"scale": scale, "zero": zero},
    }[code]
    agree(Case(code, [T((256,), type, scale=scale, zero=zero)], [T((), type, **output)], version=2), seed)
