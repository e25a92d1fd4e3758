"""The converter's passes: what each makes of a small graph, and that the results stay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tinylite import Interpreter
from tinylite.model import Graph, Model
from tinylite.passes.drop_idle_dropout import drop_idle_dropout
from tinylite.passes.eliminate_common_subexpressions import deduplicate_constants, eliminate_common_subexpressions
from tinylite.passes.eliminate_dead_ops import eliminate_dead_ops
from tinylite.passes.eliminate_identities import eliminate_identities, merge_constant_operands
from tinylite.passes.fold_scale_and_bias import fold_scale_and_bias, fold_scale_and_bias_into_next
from tinylite.passes.fuse_activations import fuse_activations
from tinylite.passes.keep_dimensions import flatten_rows, keep_dimensions
from tinylite.passes.merge_dilations import merge_dilations
from tinylite.passes.merge_moves import keep_reduced_dimensions, merge_reshapes, merge_transposes
from tinylite.passes.merge_pads import merge_pads
from tinylite.passes.pipelines import AFTER_TRANSLATION, optimize
from tinylite.passes.recognize_activations import (
    fuse_gelu,
    recognize_hard_swish,
    recognize_leaky_relu,
    recognize_prelu,
    recognize_relu,
)
from tinylite.passes.recognize_normalization import recognize_l2_normalization, recognize_layer_normalization, recognize_squared_difference
from tinylite.passes.sink_reshapes import sink_reshapes
from tinylite.passes.sink_transposes import sink_transposes

from .draft import RNG, Draft, X


def run(graph: Graph) -> list[np.ndarray]:
    interpreter = Interpreter(model_content=Model([graph]).to_bytes())
    interpreter.allocate_tensors()
    rng = np.random.default_rng(3)
    for details in interpreter.get_input_details():
        interpreter.set_tensor(details["index"], rng.normal(0, 2, details["shape"]).astype(np.float32))
    interpreter.invoke()
    return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]


CASES: dict[str, tuple[Callable[..., int], Callable[[Draft], Graph], str]] = {}


def case(change: Callable[..., int], codes: str) -> Callable[[Callable[[Draft], Graph]], None]:
    """A graph, the pass that is to change it, and the ops that should be left when unused ones are dropped."""

    def add(draw: Callable[[Draft], Graph]) -> None:
        CASES[draw.__name__] = (change, draw, codes)

    return add


@case(fold_scale_and_bias, "CONV_2D")
def batch_norm_after_a_convolution(d: Draft) -> Graph:
    y = d.op("MUL", d.conv(d.input()), RNG.normal(1, 0.3, 4))
    return d.done(d.op("ADD", RNG.normal(0, 1, (1, 1, 1, 4)), d.op("SUB", y, RNG.normal(0, 1, 4))))


@case(fold_scale_and_bias, "CONV_2D MUL")
def a_factor_for_each_pixel_stays(d: Draft) -> Graph:
    return d.done(d.op("MUL", d.conv(d.input()), RNG.normal(1, 0.3, X)))


@case(fold_scale_and_bias, "CONV_2D MUL")
def what_another_reads_is_not_folded(d: Draft) -> Graph:
    y = d.conv(d.input())
    return d.done(y, d.op("MUL", y, 2.0))


@case(fold_scale_and_bias, "DEPTHWISE_CONV_2D")
def depthwise_takes_a_factor(d: Draft) -> Graph:
    weights = d.constant(RNG.normal(0, 1, (1, 3, 3, 4)))
    y = d.op("DEPTHWISE_CONV_2D", d.input(), weights, np.ones(4), padding="SAME", stride_h=1, stride_w=1, depth_multiplier=1)
    return d.done(d.op("MUL", y, RNG.normal(1, 1, 4)))


@case(fold_scale_and_bias, "FULLY_CONNECTED")
def a_product_takes_a_bias(d: Draft) -> Graph:
    y = d.op("FULLY_CONNECTED", d.input((2, 4)), RNG.normal(0, 1, (3, 4)), None, shape=(2, 3))
    return d.done(d.op("ADD", y, RNG.normal(0, 1, 3), shape=(2, 3)))


@case(fold_scale_and_bias_into_next, "CONV_2D")
def a_scaled_input(d: Draft) -> Graph:
    return d.done(d.conv(d.op("MUL", d.input(), RNG.normal(1, 0.3, 4))))


@case(fold_scale_and_bias_into_next, "ADD CONV_2D")
def a_sum_before_padding_stays(d: Draft) -> Graph:
    return d.done(d.conv(d.op("ADD", d.input(), RNG.normal(1, 0.3, 4))))


@case(fold_scale_and_bias_into_next, "CONV_2D")
def a_sum_without_padding(d: Draft) -> Graph:
    return d.done(d.conv(d.op("ADD", d.input(), RNG.normal(1, 0.3, 4)), padding="VALID", shape=(1, 4, 4, 4)))


@case(merge_pads, "CONV_2D")
def same_by_hand(d: Draft) -> Graph:
    padded = d.op("PAD", d.input(), d.ints([0, 0], [1, 1], [1, 1], [0, 0]), shape=(1, 8, 8, 4))
    return d.done(d.conv(padded, padding="VALID"))


@case(merge_pads, "PAD CONV_2D")
def other_amounts_stay(d: Draft) -> Graph:
    padded = d.op("PAD", d.input(), d.ints([0, 0], [2, 0], [1, 1], [0, 0]), shape=(1, 8, 8, 4))
    return d.done(d.conv(padded, padding="VALID"))


@case(merge_dilations, "CONV_2D")
def a_dilated_convolution(d: Draft) -> Graph:
    apart = d.op("SPACE_TO_BATCH_ND", d.input(), d.ints(2, 2), d.ints([2, 2], [2, 2]), shape=(4, 5, 5, 4))
    return d.done(d.op("BATCH_TO_SPACE_ND", d.conv(apart, padding="VALID", shape=(4, 3, 3, 4)), d.ints(2, 2), d.ints([0, 0], [0, 0])))


@case(merge_dilations, "RESHAPE CONV_2D RESHAPE")
def a_dilated_convolution_of_a_sequence(d: Draft) -> Graph:
    apart = d.op("SPACE_TO_BATCH_ND", d.input((1, 6, 4)), d.ints(2), d.ints([2, 2]), shape=(2, 5, 4))
    wide = d.op("RESHAPE", apart, d.ints(2, 1, 5, 4), shape=(2, 1, 5, 4))
    y = d.op("CONV_2D", wide, RNG.normal(0, 1, (4, 1, 3, 4)), np.zeros(4), shape=(2, 1, 3, 4), padding="VALID", stride_h=1, stride_w=1)
    back = d.op("RESHAPE", y, d.ints(2, 3, 4), shape=(2, 3, 4))
    return d.done(d.op("BATCH_TO_SPACE_ND", back, d.ints(2), d.ints([0, 0]), shape=(1, 6, 4)))


@case(eliminate_common_subexpressions, "ABS ADD")
def the_same_twice(d: Draft) -> Graph:
    x = d.input()
    return d.done(d.op("ADD", d.op("ABS", x), d.op("ABS", x)))


@case(merge_reshapes, "RESHAPE")
def reshapes_in_a_row(d: Draft) -> Graph:
    flat = d.op("RESHAPE", d.input(), d.ints(144), shape=(144,))
    return d.done(d.op("RESHAPE", flat, d.ints(12, 12), shape=(12, 12)))


@case(merge_reshapes, "ABS")
def a_reshape_that_changes_nothing(d: Draft) -> Graph:
    return d.done(d.op("ABS", d.op("RESHAPE", d.input(), d.ints(*X))))


@case(keep_reduced_dimensions, "MEAN")
def a_mean_and_its_dimensions(d: Draft) -> Graph:
    mean = d.op("MEAN", d.input(), d.ints(1, 2), shape=(1, 4))
    return d.done(d.op("RESHAPE", mean, d.ints(1, 1, 1, 4), shape=(1, 1, 1, 4)))


@case(merge_transposes, "ABS")
def there_and_back(d: Draft) -> Graph:
    there = d.op("TRANSPOSE", d.input(), d.ints(0, 3, 1, 2), shape=(1, 4, 6, 6))
    return d.done(d.op("ABS", d.op("TRANSPOSE", there, d.ints(0, 2, 3, 1))))


@case(merge_transposes, "RESHAPE")
def a_transpose_that_moves_ones(d: Draft) -> Graph:
    return d.done(d.op("TRANSPOSE", d.input((1, 1, 6, 4)), d.ints(2, 0, 1, 3), shape=(6, 1, 1, 4)))


@case(sink_transposes, "RELU TRANSPOSE")
def a_transpose_sinks(d: Draft) -> Graph:
    first = d.op("TRANSPOSE", d.input(), d.ints(0, 3, 1, 2), shape=(1, 4, 6, 6))
    return d.done(d.op("RELU", first, shape=(1, 4, 6, 6)))


@case(sink_transposes, "ADD TRANSPOSE")
def two_transposes_become_one(d: Draft) -> Graph:
    a, b = (d.op("TRANSPOSE", d.input(), d.ints(0, 3, 1, 2), shape=(1, 4, 6, 6)) for _ in range(2))
    return d.done(d.op("ADD", a, b, shape=(1, 4, 6, 6)))


@case(sink_transposes, "CONCATENATION TRANSPOSE")
def parts_are_joined_first(d: Draft) -> Graph:
    a, b = (d.op("TRANSPOSE", d.input(), d.ints(0, 3, 1, 2), shape=(1, 4, 6, 6)) for _ in range(2))
    return d.done(d.op("CONCATENATION", a, b, shape=(1, 8, 6, 6), axis=1))


@case(recognize_relu, "RELU6")
def clipped_at_six(d: Draft) -> Graph:
    return d.done(d.op("MINIMUM", d.op("RELU", d.input()), 6.0))


@case(recognize_relu, "RELU_N1_TO_1")
def clipped_at_one(d: Draft) -> Graph:
    return d.done(d.op("MAXIMUM", d.op("MINIMUM", d.input(), 1.0), -1.0))


@case(recognize_relu, "RELU")
def largest_of_zero(d: Draft) -> Graph:
    return d.done(d.op("MAXIMUM", 0.0, d.input()))


@case(recognize_hard_swish, "HARD_SWISH")
def hard_swish(d: Draft) -> Graph:
    x = d.input()
    gate = d.op("MUL", d.op("RELU6", d.op("ADD", x, 3.0)), 1 / 6)
    return d.done(d.op("MUL", gate, x))


@case(fuse_gelu, "GELU")
def gelu_by_tanh(d: Draft) -> Graph:
    x = d.input()
    cube = d.op("MUL", d.op("MUL", d.op("SQUARE", x), x), 0.044715)
    tanh = d.op("TANH", d.op("MUL", d.op("ADD", x, cube), np.sqrt(2 / np.pi)))
    return d.done(d.op("MUL", d.op("MUL", x, 0.5), d.op("ADD", tanh, 1.0)))


@case(recognize_leaky_relu, "LEAKY_RELU")
def leaky(d: Draft) -> Graph:
    x = d.input()
    return d.done(d.op("MAXIMUM", d.op("MUL", x, 0.2), x))


@case(recognize_leaky_relu, "MUL MAXIMUM")
def a_slope_above_one_is_not_leaky(d: Draft) -> Graph:
    x = d.input()
    return d.done(d.op("MAXIMUM", d.op("MUL", x, 1.5), x))


@case(recognize_prelu, "PRELU")
def prelu(d: Draft) -> Graph:
    x = d.input()
    falling = d.op("MUL", d.constant(RNG.normal(0, 1, (6, 6, 4))), d.op("RELU", d.op("NEG", x)))
    return d.done(d.op("ADD", d.op("RELU", x), falling))


@case(recognize_squared_difference, "SQUARED_DIFFERENCE")
def squared_difference(d: Draft) -> Graph:
    return d.done(d.op("SQUARE", d.op("SUB", d.input(), d.input())))


@case(recognize_layer_normalization, "MEAN SUB MUL ADD")
def layer_normalization(d: Draft) -> Graph:
    x, k = d.input(), d.constant(RNG.normal(1, 0.3, 4))
    mean = d.op("MEAN", x, d.ints(3), shape=(1, 6, 6, 1), keep_dims=True)
    return d.done(d.op("ADD", d.op("MUL", x, k), d.op("SUB", RNG.normal(0, 1, 4), d.op("MUL", mean, k))))


@case(recognize_layer_normalization, "MEAN SUB MUL")
def layer_normalization_without_offset(d: Draft) -> Graph:
    x, k = d.input(), d.constant(RNG.normal(1, 0.3, 4))
    mean = d.op("MEAN", x, d.ints(3), shape=(1, 6, 6, 1), keep_dims=True)
    return d.done(d.op("ADD", d.op("MUL", d.op("NEG", mean, shape=(1, 6, 6, 1)), k), d.op("MUL", x, k)))


@case(keep_dimensions, "FULLY_CONNECTED")
def a_product_of_rows(d: Draft) -> Graph:
    flat = d.op("RESHAPE", d.input(), d.ints(36, 4), shape=(36, 4))
    y = d.op("FULLY_CONNECTED", flat, RNG.normal(0, 1, (3, 4)), None, shape=(36, 3))
    return d.done(d.op("RESHAPE", y, d.ints(1, 6, 6, 3), shape=(1, 6, 6, 3)))


def flattened_rows(swapped: bool) -> Graph:
    """A product of rows in two unknown dimensions, which are given back in their order or the other one."""
    d = Draft()
    x = d.input((3, 5, 4))
    sizes = d.op("SHAPE", x, shape=(3,), out_type="INT32")
    order = d.op("GATHER", sizes, d.ints(*((1, 0) if swapped else (0, 1))), shape=(2,), axis=0)
    target = d.op("CONCATENATION", order, d.ints(2), shape=(3,), axis=0)
    for tensor in (sizes, order, target):
        tensor.type = "INT32"
    flat = d.op("RESHAPE", x, d.ints(-1, 4), shape=(15, 4))
    y = d.op("FULLY_CONNECTED", flat, RNG.normal(0, 1, (2, 4)), None, shape=(15, 2))
    made = d.op("RESHAPE", y, target, shape=(5, 3, 2) if swapped else (3, 5, 2))
    x.shape_signature, flat.shape_signature, y.shape_signature, made.shape_signature = (-1, -1, 4), (-1, 4), (-1, 2), (-1, -1, 2)
    return d.done(made)


@pytest.mark.parametrize("swapped", [False, True])
def test_two_unknown_dimensions_are_kept_only_in_their_order(swapped: bool) -> None:
    graph = flattened_rows(swapped)
    before = run(graph)
    assert keep_dimensions(graph) == (not swapped)
    assert np.array_equal(run(graph)[0], before[0])


@case(sink_reshapes, "CONV_2D ADD RESHAPE")
def a_bias_behind_a_reshape(d: Draft) -> Graph:
    y = d.op("RESHAPE", d.conv(d.input()), d.ints(1, 36, 2, 2), shape=(1, 36, 2, 2))
    return d.done(d.op("ADD", RNG.normal(0, 1, (1, 2, 2)), y, shape=(1, 36, 2, 2)))


@case(sink_reshapes, "CONV_2D RELU RESHAPE")
def a_clamp_behind_a_reshape(d: Draft) -> Graph:
    y = d.op("RESHAPE", d.conv(d.input()), d.ints(1, 36, 4), shape=(1, 36, 4))
    return d.done(d.op("RELU", y, shape=(1, 36, 4)))


@case(sink_reshapes, "CONV_2D RESHAPE ADD")
def a_bias_along_more_than_channels_stays(d: Draft) -> Graph:
    y = d.op("RESHAPE", d.conv(d.input()), d.ints(1, 18, 8), shape=(1, 18, 8))
    return d.done(d.op("ADD", y, RNG.normal(0, 1, 8), shape=(1, 18, 8)))


@case(flatten_rows, "FULLY_CONNECTED")
def rows_before_a_product(d: Draft) -> Graph:
    flat = d.op("RESHAPE", d.input(), d.ints(36, 4), shape=(36, 4))
    return d.done(d.op("FULLY_CONNECTED", flat, RNG.normal(0, 1, (3, 4)), None, shape=(36, 3)))


@case(drop_idle_dropout, "MUL")
def dropout_of_nothing(d: Draft) -> Graph:
    x = d.input()
    kept = d.op("GREATER_EQUAL", d.op("RANDOM_UNIFORM", d.ints(*X)), 0.0)
    kept.type = "BOOL"
    return d.done(d.op("SELECT_V2", kept, x, 0.0))


@case(drop_idle_dropout, "RANDOM_UNIFORM ADD FLOOR MUL")
def dropout_of_a_half_stays(d: Draft) -> Graph:
    x = d.input()
    return d.done(d.op("MUL", x, d.op("FLOOR", d.op("ADD", d.op("RANDOM_UNIFORM", d.ints(*X)), 0.5))))


@case(eliminate_identities, "ABS")
def products_with_one(d: Draft) -> Graph:
    return d.done(d.op("ABS", d.op("ADD", d.op("MUL", d.input(), 1.0), np.zeros(4))))


@case(merge_constant_operands, "MUL ADD")
def a_line_of_a_line(d: Draft) -> Graph:
    y = d.op("SUB", d.op("MUL", d.input(), 1 / 255), RNG.normal(0, 1, 4))
    return d.done(d.op("MUL", y, RNG.normal(1, 0.2, 4)))


@case(fuse_activations, "CONV_2D")
def an_activation(d: Draft) -> Graph:
    return d.done(d.op("RELU6", d.conv(d.input())))


@pytest.mark.parametrize("name", CASES)
def test_a_pass_does_what_it_is_for(name: str) -> None:
    change, draw, codes = CASES[name]
    graph = draw(Draft())
    before = None if "RANDOM_UNIFORM" in {op.code for op in graph.ops} else run(graph)
    while change(graph):
        pass
    eliminate_dead_ops(graph)
    assert " ".join(op.code for op in graph.ops) == codes
    if before is not None:
        for found, wanted in zip(run(graph), before, strict=True):
            assert np.abs(found - wanted).max() <= 1e-5 * max(np.abs(wanted).max(), 1)


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("change", {change: None for change, _, _ in CASES.values()}, ids=lambda change: change.__name__)
def test_a_pass_goes_on_after_what_it_leaves_alone(change: Callable[..., int], backwards: bool) -> None:
    """All cases of a pass as parts of one graph: none keeps it from changing the next."""
    chosen = [(draw, codes) for changed_by, draw, codes in CASES.values() if changed_by is change]
    whole, left = Graph("main"), []
    for draw, codes in chosen[::-1] if backwards else chosen:
        part = draw(Draft())
        for name in ("inputs", "outputs", "ops"):
            getattr(whole, name).extend(getattr(part, name))
        left += codes.split()
    while change(whole):
        pass
    eliminate_dead_ops(whole)
    assert sorted(op.code for op in whole.ops) == sorted(left)


@pytest.mark.parametrize("sign", [1, -1])
def test_gelu_by_the_error_function(sign: int) -> None:
    """The stand-in for erf has no kernel: what is left is the operator."""
    d = Draft()
    x = d.input()
    if sign > 0:
        inner = d.op("ADD", d.op("CUSTOM", d.op("MUL", x, np.sqrt(0.5)), custom_code="Erf"), 1.0)
    else:
        inner = d.op("CUSTOM", d.op("MUL", d.op("NEG", x), np.sqrt(0.5)), custom_code="Erfc")
    graph = d.done(d.op("MUL", d.op("MUL", x, 0.5), inner))
    assert fuse_gelu(graph) == 1
    eliminate_dead_ops(graph)
    assert [op.code for op in graph.ops] == ["GELU"]


def test_l2_normalization() -> None:
    d = Draft()
    x = d.input()
    total = d.op("SUM", d.op("SQUARE", x), d.ints(-1), shape=(1, 6, 6, 1), keep_dims=True)
    graph = d.done(d.op("MUL", x, d.op("RSQRT", d.op("MAXIMUM", total, 1e-12, shape=(1, 6, 6, 1)), shape=(1, 6, 6, 1))))
    assert recognize_relu(graph) == 0  # a small number is not 0, with which an empty vector would be divided by 0
    assert recognize_l2_normalization(graph) == 1
    eliminate_dead_ops(graph)
    assert [op.code for op in graph.ops] == ["L2_NORMALIZATION"]


def test_equal_constants_are_stored_once() -> None:
    d = Draft()
    values = RNG.normal(0, 1, 4)
    graph = d.done(d.op("ADD", d.op("MUL", d.input(), d.constant(values)), d.constant(values)))
    assert deduplicate_constants(graph) == 1
    assert graph.ops[0].inputs[1] is graph.ops[1].inputs[1]


def test_all_together_come_to_an_end() -> None:
    d = Draft()
    y = d.op("ADD", d.op("MUL", d.conv(d.input()), RNG.normal(1, 1, 4)), RNG.normal(0, 1, 4))
    graph = d.done(d.op("MUL", d.op("RELU", y), 1.0), d.op("NEG", y))
    before = run(graph)
    seen: list[str] = []
    changes = optimize(graph, watch=lambda name, graph, count: seen.append(name))
    assert set(changes) == {change.__name__ for change in AFTER_TRANSLATION}
    assert sum(changes.values()) > 0
    assert seen
    assert optimize(graph) == dict.fromkeys(changes, 0)
    for found, wanted in zip(run(graph), before, strict=True):
        assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_equal_ops_are_merged_beside_those_that_stay() -> None:
    """An output of the graph stays, and what follows it is looked at."""
    d = Draft()
    x = d.input()
    first, out, third = d.op("NEG", x), d.op("NEG", x), d.op("NEG", x)
    graph = d.done(out, d.op("ADD", first, third))
    before = run(graph)
    assert eliminate_common_subexpressions(graph) == 1
    assert [op.code for op in graph.ops] == ["NEG", "NEG", "ADD"]
    assert graph.ops[-1].inputs == [first, first]
    assert all(np.array_equal(a, b) for a, b in zip(before, run(graph), strict=True))
