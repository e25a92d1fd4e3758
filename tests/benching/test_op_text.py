"""Lines that say what an op is: what they mean, what they leave out, and what is wrong with those that mean nothing."""

from __future__ import annotations

import random
import re
import string
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import SettingError, TinyliteError
from tinylite.benching.op_text import OpCase, parse_op
from tinylite.benching.op_text.operators import example_of, operators, why_not
from tinylite.benching.op_text.options import read_words
from tinylite.benching.op_text.tensors import is_tensor, read_tensor
from tinylite.benching.op_text.tokens import Token
from tinylite.model import Op, Tensor
from tinylite.ops.common.operator import Operator

EXAMPLES = [line for operator in operators() if (line := example_of(operator)) is not None]


def op_of(text: str) -> Op:
    return parse_op(text).model.graph.ops[0]


def scale_of(tensor: Tensor | None) -> tuple[float, int] | None:
    """The one scale and zero point of a tensor."""
    assert tensor is not None
    found = tensor.quantization_params
    return None if found is None else (float(found.scale[0]), int(found.zero_point[0]))


def about(scale: float, zero: int) -> tuple[Any, int]:
    return pytest.approx(scale, rel=1e-6), zero


def test_a_convolution_is_what_the_line_says() -> None:
    case = parse_op("CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6")
    op, (x, weights, bias), (y,) = (found := case.model.graph.ops[0]), found.inputs, found.outputs
    assert x is not None and weights is not None and bias is not None
    assert [(t.type, t.shape, t.is_constant) for t in (x, weights, bias, y)] == [
        ("INT8", (1, 56, 56, 64), False), ("INT8", (64, 3, 3, 64), True), ("INT32", (64,), True), ("INT8", (1, 28, 28, 64), False),
    ]  # fmt: skip
    options = op.options
    assert options is not None
    assert (options.stride_h, options.stride_w, options.padding, options.fused_activation_function) == (2, 2, "SAME", "RELU6")
    assert scale_of(x) == about(0.05, 3) and op.version == 3
    assert weights.quantization is not None and bias.quantization is not None
    assert (
        weights.quantization.scale.size == 64 and weights.quantization.quantized_dimension == 0 and np.ptp(weights.quantization.scale) > 0
    )
    assert np.allclose(bias.quantization.scale, weights.quantization.scale * np.float32(0.05), rtol=1e-6)
    assert weights.data is not None and (weights.data.min(), weights.data.max()) == (-127, 127)
    assert [t.shape for t in case.model.graph.inputs] == [(1, 56, 56, 64)] and case.operator == "CONV_2D"
    assert case.text == "CONV_2D i8 1x56x56x64 64x3x3x64 s2 same relu6"


@pytest.mark.parametrize(
    ("text", "types", "kinds"),
    [
        ("CONV_2D f32 1x8x8x4 8x3x3x4 same", "FLOAT32 FLOAT32 FLOAT32 FLOAT32", (0, 0, 0, 0)),
        ("CONV_2D u8 1x8x8x4 8x3x3x4 same", "UINT8 UINT8 INT32 UINT8", (1, 1, 1, 1)),
        ("CONV_2D f32/i8 1x8x8x4 8x3x3x4 same", "FLOAT32 INT8 FLOAT32 FLOAT32", (0, 8, 0, 0)),
        ("CONV_2D i8 1x8x8x4 8x3x3x4 same per-tensor", "INT8 INT8 INT32 INT8", (1, 1, 1, 1)),
        ("DEPTHWISE_CONV_2D i8 1x8x8x4 1x3x3x8 same", "INT8 INT8 INT32 INT8", (1, 8, 8, 1)),
        ("DEPTHWISE_CONV_2D f32/i8 1x8x8x4 1x3x3x8 same", "FLOAT32 INT8 FLOAT32 FLOAT32", (0, 8, 0, 0)),
        ("FULLY_CONNECTED i8 2x16 8x16", "INT8 INT8 INT32 INT8", (1, 8, 8, 1)),
        ("FULLY_CONNECTED f32/i8 2x16 8x16 asymmetric_quantize_inputs", "FLOAT32 INT8 FLOAT32 FLOAT32", (0, 8, 0, 0)),
        ("TRANSPOSE_CONV i8 [1,16,16,8] 8x3x3x4 1x8x8x4 s2 same nobias", "INT32 INT8 INT8 INT8", (0, 8, 1, 1)),
        ("BATCH_MATMUL f32/i8 4x8 8x16", "FLOAT32 INT8 FLOAT32", (0, 1, 0)),
        ("EMBEDDING_LOOKUP f32/i8 i32:4 10x8", "INT32 INT8 FLOAT32", (0, 10, 0)),
    ],
)
def test_layers_have_types_and_scales_of_their_kind(text: str, types: str, kinds: tuple[int, ...]) -> None:
    op = op_of(text)
    tensors = [tensor for tensor in (*op.inputs, *op.outputs) if tensor is not None]
    assert " ".join(str(tensor.type) for tensor in tensors) == types
    assert tuple(0 if (q := tensor.quantization_params) is None else q.scale.size for tensor in tensors) == kinds


@pytest.mark.parametrize(
    ("text", "type", "quantization"),
    [
        ("SOFTMAX i8 1x10", "INT8", (1 / 256, -128)), ("LOGISTIC u8 1x10", "UINT8", (1 / 256, 0)), ("TANH i8 1x10", "INT8", (1 / 128, 0)),
        ("L2_NORMALIZATION u8 1x10", "UINT8", (1 / 128, 128)), ("LOG_SOFTMAX i8 1x10", "INT8", (16 / 256, 127)),
        ("RESHAPE i8 1x10 [5,2]", "INT8", (0.05, 3)), ("MAX_POOL_2D u8 1x4x4x8@0.2,7 k2", "UINT8", (0.2, 7)),
        ("ADD i8 1x10*2", "INT8", (0.1, 3)), ("QUANTIZE f32 1x10", "INT8", (0.05, 3)), ("DEQUANTIZE i8 1x10", "FLOAT32", None),
        ("CONCATENATION u8 1x10*2 axis=1", "UINT8", (0.05, 131)), ("ADD i32 1x10*2", "INT32", None), ("ARG_MAX i8 1x10 (1)", "INT32", None),
        ("EQUAL i8 1x10*2", "BOOL", None), ("SHAPE f32 1x10", "INT32", None), ("WHERE i8 1x10", "INT64", None),
        ("RFFT2D f32 8x8 [8,8]", "COMPLEX64", None), ("CAST f32 1x10 -> u8", "UINT8", None), ("GATHER i8 9x4 i32:3", "INT8", (0.05, 3)),
        ("ABS i8 4 -> i8@0.5,-1", "INT8", (0.5, -1)), ("RELU i8 4@0.5,-1", "INT8", (0.5, -1)),
        ("CONV_2D i8 1x8x8x4 8x1x1x4 relu6", "INT8", (6 / 255, -128)), ("ADD u8 1x10*2 relu", "UINT8", (0.1, 0)),
        ("FULLY_CONNECTED u8 1x400 10x400", "UINT8", (0.064, 131)), ("FULLY_CONNECTED u8 1x4 10x4 relu_n1_to_1", "UINT8", (2 / 255, 128)),
    ],
)  # fmt: skip
def test_results_have_the_types_and_scales_that_operators_ask_for(text: str, type: str, quantization: tuple[float, int] | None) -> None:
    result = op_of(text).outputs[0]
    assert result.type == type and scale_of(result) == (None if quantization is None else about(*quantization))


def test_types_that_options_repeat_follow_the_results() -> None:
    assert op_of("ARG_MAX f32 1x10 (1) -> i64").options.output_type == "INT64"  # type: ignore[union-attr]
    assert op_of("SHAPE f32 1x10 -> i64").options.out_type == "INT64"  # type: ignore[union-attr]
    cast = op_of("CAST f32 1x10 -> i16").options
    assert cast is not None and (cast.in_data_type, cast.out_data_type) == ("FLOAT32", "INT16")
    assert op_of("PACK f32 4*3 axis=1").options.values_count == 3  # type: ignore[union-attr]
    assert op_of("DEPTHWISE_CONV_2D f32 1x8x8x4 1x3x3x8").options.depth_multiplier == 2  # type: ignore[union-attr]
    assert op_of("DEPTHWISE_CONV_2D f32 1x8x8x4 1x3x3x8 m5").options.depth_multiplier == 5  # type: ignore[union-attr]
    assert [t.shape for t in op_of("UNPACK f32 4x3 axis=1").outputs] == [(4,)] * 3
    assert [t.shape for t in op_of("SPLIT_V f32 8x3 [2,-1] (0)").outputs] == [(2, 3), (6, 3)]
    assert op_of("SOFTMAX f32 1x10").options.beta == 1.0 and op_of("SOFTMAX f32 1x10 beta=0").options.beta == 0.0  # type: ignore[union-attr]


def test_sizes_are_those_that_the_operator_has() -> None:
    options = op_of("CONV_2D f32 1x16x16x4 8x3x3x4 s2x1 d1x2 valid").options
    assert options is not None
    assert (options.stride_h, options.stride_w, options.dilation_h_factor, options.dilation_w_factor) == (2, 1, 1, 2)
    options = op_of("CONV_3D f32 1x8x8x8x4 3x3x3x4x8 s1x2x2").options
    assert options is not None and (options.stride_d, options.stride_h, options.stride_w, options.padding) == (1, 2, 2, "SAME")
    pool = op_of("AVERAGE_POOL_2D f32 1x8x8x4 k2x4").options
    assert pool is not None and (pool.filter_height, pool.filter_width, pool.stride_h) == (2, 4, 1)


def test_operands_may_be_constants_states_left_out_or_the_same() -> None:
    op = op_of("SVDF f32 1x40 64x40 64x8 - state:1x512 rank=1 relu")
    assert [None if t is None else (t.is_constant, t.is_variable) for t in op.inputs] == [
        (False, False), (True, False), (True, False), None, (False, True),
    ]  # fmt: skip
    op = op_of("MUL f32 4x3 =0")
    assert op.inputs[0] is op.inputs[1] and len(parse_op("MUL f32 4x3 =0").model.graph.inputs) == 1
    op = op_of("CONV_2D f32 1x8x8x4 input:8x3x3x4 input:8")
    assert [t.is_constant for t in op.inputs if t is not None] == [False] * 3
    values = [t.data.tolist() for t in op_of("PADV2 i64 2x2 [[0,1],[2,0]] i64:(-7)").inputs[1:] if t is not None and t.data is not None]
    assert values == [[[0, 1], [2, 0]], -7]
    assert [t.type for t in op_of("ONE_HOT f32 i32:5 ( 4 ) (1.0) (0.0) axis=-1").inputs if t is not None] == ["INT32"] * 2 + ["FLOAT32"] * 2


def test_inputs_cover_their_types_and_ranges_of_the_line() -> None:
    def drawn(text: str) -> list[tuple[float, float]]:
        return [(float(value.min()), float(value.max())) for value in parse_op(text).inputs()]

    assert drawn("ADD i8 100x100*2") == [(-128, 127)] * 2 and drawn("RESHAPE u8 100x100 [-1]") == [(0, 255)]
    assert drawn("GATHER f32 10x4 i32:1000") [1] == (0, 1)  # fmt: skip
    assert drawn("GATHER f32 10x4 i32:1000~0..9")[1] == (0, 9)
    (low, high), *_ = drawn("ADD i32 100x100*2")
    assert low < -(1 << 30) and high > 1 << 30
    (low, high), *_ = drawn("QUANTIZE f32 1000")
    assert -1 <= low < -0.9 and 0.9 < high < 1
    (short,) = parse_op("CAST bf16 1000 -> f32").inputs()
    real = (short.astype(np.uint32) << 16).view(np.float32)
    assert short.dtype == np.uint16 and -1 <= real.min() < -0.9 and 0.9 < real.max() < 1
    one, other = parse_op("RELU f32 9").inputs(1), parse_op("RELU f32 9").inputs(1)
    assert np.array_equal(one[0], other[0]) and not np.array_equal(one[0], parse_op("RELU f32 9").inputs(2)[0])
    table = op_of("EMBEDDING_LOOKUP f32 i32:4 const:10x8~5..6").inputs[1]
    assert table is not None and table.data is not None and 5 <= table.data.min() <= table.data.max() <= 6


def test_a_line_makes_the_same_model_each_time() -> None:
    for text in ("CONV_2D i8 1x8x8x4 8x3x3x4", "BATCH_MATMUL f32 4x8 const:8x16"):
        assert parse_op(text).model == parse_op(text).model and parse_op(text).model.to_bytes() == parse_op(text).model.to_bytes()


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_is_canonical_and_saved_with_the_shapes_of_its_results(line: str) -> None:
    case = parse_op(line)
    assert case.text == line and case.written and not case.problem
    assert parse_op(line.lower().replace("f32 ", "float32 ", 1) if "=" not in line else line).text == line
    assert type(case.model).load(case.model.to_bytes()) == case.model


def test_every_operator_has_an_example_unless_no_line_can_say_it() -> None:
    for operator in operators():
        assert (example_of(operator) is None) == (why_not(operator) is not None)
    assert sorted(operator.code for operator in operators() if why_not(operator) is not None) == [
        "ASSIGN_VARIABLE", "CALL_ONCE", "IF", "READ_VARIABLE", "VAR_HANDLE", "WHILE",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "column", "problem", "remedy"),
    [
        ("", None, "the line is empty", "Write an operator"),
        ("CONV2D i8 1x8x8x4", 1, "'CONV2D' is not an operator that tinylite runs", "'CONV_2D'"),
        ("\u041a\u041e\u041d\u0412 f32 1", 1, "is not an operator", "tinylite ops"),
        ("RELU", 1, "'RELU' is alone", "Write a type"),
        ("RELU 1x8", 6, "where the type", "Write one of f32"),
        ("RELU i9 1x8", 6, "where a type is wanted", "There are f32"),
        ("RELU flota32 1x8", 6, "where a type is wanted", "'float32'"),
        ("RELU f32 1x8y", 10, "is not a tensor", "Write a shape such as"),
        ("RELU f32 1x\u0663", 10, "is not a tensor", "Write a shape"),
        ("RELU f32 1000000000000x1000000000000", 10, "cannot be: its shape", "Write smaller sizes"),
        ("RELU f32 9999999999999x2", 10, "has a dimension beyond 2147483647", "Write smaller sizes"),
        ("RELU f32 -", None, "input 0 is missing", "Write it like RELU f32"),
        ("RELU f32", None, "it has 0 inputs and takes 1", "Write it like RELU f32"),
        ("ADD f32 4*3", None, "it has 3 inputs and takes 2", "Write it like ADD"),
        ("ADD f32 4*99999", 9, "is there 99999 times", "from 1 to"),
        ("ADD f32 4 =3", 11, "is not an operand before it", "There are 1"),
        ("ADD f32 4 5", None, "ADD does not take this", "Write it like ADD i8"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 sama", 29, "is not an option of CONV_2D", "'same'"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 stride=2", 29, "sets an option that CONV_2D does not have", "'stride_"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 s2x2x2", 29, "does not set stride_h, stride_w", "Write s2 for all"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 k3", 29, "sets filter_width, which CONV_2D does not have", "It has"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 s2 stride_h=1", 32, "sets stride_h again", "Write it once"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 same valid", 34, "sets padding again", "Write it once"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 bias nobias", 34, "comes after 'bias'", "Write one of them"),
        ("CONV_2D f32 1x8x8x4 8x3x3x4 8 nobias", 31, "does not go with the 3 inputs", "Write the biases, or the word"),
        ("CONV_2D i16 1x8x8x4 8x3x3x4", None, "CONV_2D does not take this", None),
        ("SOFTMAX f32 1x4 beta=x", 17, "has 'x' where a number is wanted", "Write one such as 2"),
        ("GATHER f32 4x4 i32:3 axis=99999999999", 22, "which is not within -2147483648 to 2147483647", "another number"),
        ("MIRROR_PAD f32 4 [[1,1]] mode=sym", 26, "has 'sym' as its value", "symmetric"),
        ("SPLIT f32 (0) 4 num_splits=1000000", None, "it would have 1000000 outputs", "Give it 1 to"),
        ("RESHAPE f32 4 [2,2", 15, "opens '[' and does not close it", "Write [1,2]"),
        ("RESHAPE f32 4 2,2]", 15, "closes ']', which is not open", "Write [1,2]"),
        ("RESHAPE f32 4 [[2],[2,1]]", 15, "is not a list of numbers", "Write values"),
        ("RESHAPE f32 4 [3000000000]", 15, "whole numbers from -2147483648", "Write another type"),
        ("RESHAPE f32 4 [a]", 15, "is not a list of numbers", "Write values"),
        ("RESHAPE f32 4 u8:[256]", 15, "whole numbers from 0 to 255", "Write another type"),
        ("RELU i8 4@0", 9, "which is not a positive float", "Write @0.05,3"),
        ("RELU i8 4@0.1,x", 9, "where a zero point is wanted", "Write @0.05,3"),
        ("RELU i8 4@axis1", 9, "has no dimension 1", "numbered 0 to 0"),
        ("RELU i8 4@0.1,300", None, "zero point outside -128..127", None),
        ("RELU f32 4~5..1", 10, "goes from 5 to 1", "Write the lower end first"),
        ("RELU f32 4~5", 10, "where a range is wanted", "Write ~0..999"),
        ("RELU f32 cont:4", 10, "where a role is wanted", "'const'"),
        ("RELU f32 const:i8:u8:4", 10, "begins with", "A role"),
        ("RELU f32 4 -> f32 i32", None, "the line has 2 results, and it makes 1", "Write a type for each"),
        ("RELU f32 4 ->", 12, "has nothing after it", "Write the types of the results"),
        ("RELU f32 4 -> i32", None, "RELU does not take this", None),
        ("WHILE f32 4", 1, "calls graphs or keeps variables", "Give a model"),
        ("var_handle i32", 1, "calls graphs or keeps variables", "Give a model"),
        ("Mfcc f32 1x98x257 [16000] upper_limit=3", 27, "sets an option that Mfcc does not have", "'upper_frequency_limit='"),
    ],
)  # fmt: skip
def test_what_means_nothing_is_refused_with_the_place_and_a_remedy(text: str, column: int | None, problem: str, remedy: str | None) -> None:
    with pytest.raises(SettingError) as found:
        parse_op(text)
    error = found.value
    assert error.places[-1].startswith("the op ")
    assert (f"column {column}" if column else None) == next((place for place in error.places if place.startswith("column")), None)
    assert problem in str(error), str(error)
    if remedy is not None:
        assert error.remedy is not None and remedy in error.remedy, error.remedy


@pytest.mark.parametrize("value", [None, 3, b"RELU f32 4", ["RELU", "f32"]])
def test_what_is_no_text_is_refused(value: Any) -> None:
    with pytest.raises(SettingError, match="the op is"):
        parse_op(value)


def test_no_line_takes_more_memory_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "1e6")
    for text in (
        "RELU f32 1000x1000",
        "ADD i8 500x500*5",
        "FULLY_CONNECTED i8 1x1000 1000x1000",
        "TILE f32 10 [1000000]",
        "RELU f32 2147483647x3",
    ):
        with pytest.raises(TinyliteError, match=r"are allowed|takes 5 inputs|it has 5 inputs"):
            parse_op(text)


PIECES = (
    "1000000000000x1000000000000 0 0x3 scalar - -*9 =0 [1,2] (2) (0.5) @axis0 @none ~0..1 *3 i4 s0 k0 axis=-9 axis=-2147483648 "
    "num_splits=1000000 nobias per-tensor -> i64:[-9223372036854775808] \xe9 \u0663x\u0663 state: inner:i8:scalar 2147483647 [ ] (( "
    "[1e400] [nan] [] [[]] [[],[1]] bf16:3 1x0x3 [-1] (7) \x00 \u202e"
)


def test_no_text_does_anything_but_be_read_or_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "1e8")
    rng, pieces = random.Random(7), PIECES.split()
    read = 0
    for _ in range(800):
        words = rng.choice(EXAMPLES).split()
        for _ in range(rng.choice((1, 1, 3))):
            place = rng.randrange(len(words))
            kind = rng.randrange(4)
            if kind == 0:
                words[place] = rng.choice(pieces)
            elif kind == 1:
                words.insert(place + 1, rng.choice(pieces))
            elif kind == 2 and len(words) > 1:
                del words[place]
            elif words[place]:
                at = rng.randrange(len(words[place]))
                words[place] = words[place][:at] + rng.choice(string.printable) + words[place][at + 1 :]
        try:
            case = parse_op(" ".join(words))
        except TinyliteError as error:
            assert str(error).isprintable() or "\n" in str(error)
            continue
        read += 1
        assert isinstance(case, OpCase) and parse_op(case.text).text == case.text
    assert read > 15


def test_the_lines_of_the_docs_are_read() -> None:
    page = (Path(__file__).parents[2] / "docs" / "benchmark-ops.md").read_text()
    blocks = re.findall(r"^```text\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in block.splitlines() if not line.startswith("OPERATOR")]
    shown = [word for word in re.findall(r"`([A-Z_0-9]+ [^`]+)`", page) if not word.endswith("...")]
    assert len(lines) > 15 and len(shown) >= 3
    for line in (*lines, *shown):
        parse_op(line)
    # The forms that the table of tensors has, each as an input of something that takes it.
    rows = re.findall(r"^\| (`.*?`) \| ", page.split("A `TENSOR`")[1].split("An `OPTION`")[0], re.MULTILINE)
    forms = [form for row in rows for form in re.findall(r"`([^`]+)`", row)]
    assert len(forms) > 15
    for form in forms:
        assert is_tensor(form) or form.startswith("-"), form
        read_tensor(Token(form, 1))
    options = page.split("An `OPTION`")[1].split("After `->`")[0]
    for word in re.findall(r"`([^`]+)`", "".join(re.findall(r"^\| (`.*?`) \| ", options, re.MULTILINE))):
        assert any(_takes(operator, word) for operator in operators()), word


def _takes(operator: Operator, word: str) -> bool:
    try:
        read_words(operator, [Token(word, 1)])
    except SettingError:
        return False
    return True
