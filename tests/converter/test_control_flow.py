"""Loops, conditionals, function calls and lists, as TensorFlow 2 writes them: with functions, and lowered to frames."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from .running import convert, gives  # noqa: E402

X = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
CASES: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {}


def case(*feeds: np.ndarray) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES[function.__name__] = function, list(feeds or (X,))
        return function

    return register


def turns(number: int, step: Callable[..., Any], *start: Any, **options: Any) -> Any:
    """The variables after some iterations of a loop that counts."""
    return tf.while_loop(lambda i, *v: i < number, lambda i, *v: (i + 1, *step(i, *v)), [0, *start], **options)[1:]


@case()
def a_counter(x):
    return turns(5, lambda i, v: [v * 1.5 + 1.0], x)


@case()
def no_turn(x):
    return turns(0, lambda i, v: [v * 1.5 + 1.0], x)


@case()
def a_condition_on_data(x):
    return tf.while_loop(lambda v: tf.reduce_sum(v) < 100.0, lambda v: [v * v + 1.0], [x])


@case()
def a_variable_that_decides(x):
    return tf.while_loop(lambda go, v: go, lambda go, v: (tf.reduce_max(v * 2.0) < 9.0, v * 2.0), [True, x])


@case()
def a_variable_that_grows(x):
    return turns(3, lambda i, v: [tf.concat([v, v], 0)], x, shape_invariants=[tf.TensorShape([]), tf.TensorShape([None, 3])])


@case()
def variables_that_swap(x):
    return turns(3, lambda i, v, w: (w, v), x, x + 1.0)


@case()
def variables_that_move_on(x):
    return turns(3, lambda i, u, v, w: (v, w, u * 2.0), x, x + 1.0, x + 2.0)


@case()
def a_variable_that_stays(x):
    return turns(3, lambda i, v, w: (v + w, w), x, x + 1.0)


@case()
def a_variable_that_is_set_to_a_constant(x):
    return turns(3, lambda i, v, w: (v + w, tf.ones((4, 3))), x, x + 1.0)


@case()
def equal_variables(x):
    return turns(3, lambda i, a, b, v: (a + 1, b + 1, v * tf.cast(a + b, tf.float32)), 0, 0, x)[2]


@case()
def a_loop_in_a_loop(x):
    return turns(4, lambda i, v: [tf.while_loop(lambda j, w: j < i, lambda j, w: (j + 1, w + 0.5), [0, v])[1] * 0.5], x)


@case()
def a_choice(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0)


@case(-np.abs(X))
def a_choice_of_the_other_branch(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x * 2.0, lambda: x - 1.0)


@case()
def a_choice_of_constants(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: 1.0, lambda: 2.0) * x


@case()
def a_choice_that_passes_on(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: (x * 2.0, x, x), lambda: (x, x - 1.0, x))


@case()
def a_choice_of_shapes(x):
    return tf.cond(tf.reduce_sum(x) > 0, lambda: x[:2], lambda: x[1:])


@case()
def a_choice_in_a_choice(x):
    return tf.cond(tf.reduce_sum(x) > -99, lambda: tf.cond(x[0, 0] > 0, lambda: x * 3.0, lambda: x * 4.0), lambda: x - 1.0)


@case()
def choices_one_after_another(x):
    positive = tf.reduce_sum(x) > 0
    first = tf.cond(positive, lambda: x * 2.0, lambda: x * 3.0)
    return first, tf.cond(positive, lambda: first + 1.0, lambda: first - 1.0)


@case()
def a_choice_in_a_loop(x):
    return turns(5, lambda i, v: [tf.cond(v[0, 0] > 0.5, lambda: v * 0.5, lambda: v + 1.0)], x)


@case()
def a_loop_in_a_choice(x):
    return tf.cond(tf.reduce_sum(x) > -99, lambda: turns(5, lambda i, v: [v * 1.5], x)[0], lambda: x - 1.0)


@case()
def a_loop_that_breaks(x):
    for _ in tf.range(10):
        x = x * 1.3
        if tf.reduce_max(x) > 5.0:
            break
        x = x + 0.1
    return x


@pytest.mark.parametrize("number", range(-1, 4))
def test_one_of_many_branches(number: int) -> None:
    """A number that is not a branch's selects the last."""

    def function(x, index):
        return tf.switch_case(index, [lambda: x * 2.0, lambda: x + 1.0, lambda: x * x])

    for lowered in (False, True):
        compare(function, [X, np.int32(number)], lowered)


@case(X, np.int32(1))
def one_of_many_constants(x, index):
    return x * tf.switch_case(index, [lambda: 1.0, lambda: 3.0, lambda: 5.0])


@case()
def a_compiled_function(x):
    double = tf.function(lambda v: v * 2.0 + 1.0, jit_compile=True)
    return double(x) * double(x + 1.0)


# ---- lists


@case()
def a_map(x):
    return tf.map_fn(lambda row: row * row + 1.0, x)


@case()
def a_map_in_a_map(x):
    return tf.map_fn(lambda row: tf.map_fn(lambda v: v * 2.0 + 1.0, row), x)


@case()
def a_map_to_scalars(x):
    return tf.map_fn(tf.reduce_sum, x)


@case()
def a_scan(x):
    return tf.scan(lambda sum, row: (sum[0] * 0.5 + row, sum[1] + 1), x, (tf.zeros(3), 0))


@case()
def a_fold(x):
    return tf.foldl(lambda sum, row: sum * 0.5 + row, x)


@case()
def a_list_that_is_written(x):
    made = tf.TensorArray(tf.float32, 4)
    for i in tf.range(4):
        made = made.write(i, x[i] * tf.cast(i, tf.float32))
    return made.stack()


@case()
def a_list_that_is_written_and_read(x):
    made = tf.TensorArray(tf.float32, 4, clear_after_read=False).write(0, x[0])
    for i in tf.range(1, 4):
        made = made.write(i, made.read(i - 1) * 0.5 + x[i])
    return made.stack(), made.concat()


@case()
def a_list_that_grows(x):
    made = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    for i in tf.range(tf.shape(x)[0]):
        made = made.write(i, x[i] * 2.0)
    return made.stack()


@case()
def a_list_that_grows_by_all_rows(x):
    made = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    i = 0
    while tf.reduce_sum(x) < 500.0 and i < 9:
        x = tf.abs(x) * 1.3 + 0.1
        made = made.write(i, tf.reduce_max(x, -1))
        i += 1
    return made.stack(), i


@case()
def a_list_of_rows_of_a_computed_shape(x):
    made = tf.TensorArray(tf.float32, 3)
    for i in tf.range(3):
        made = made.write(i, tf.fill(tf.stack([tf.shape(x)[0], 2]), tf.cast(i, tf.float32)))
        x = x + 1.0
    return made.stack(), x


@case()
def a_list_of_columns(x):
    made = tf.TensorArray(tf.float32, 3)
    for i in tf.range(3):
        made = made.write(i, tf.nn.relu(x[:, i]))
    return made.stack()


@case()
def a_list_with_gaps(x):
    return tf.TensorArray(tf.float32, 5).write(1, x[0]).write(3, x[1]).stack()


@case()
def a_list_out_of_order(x):
    made = tf.TensorArray(tf.float32, 4, clear_after_read=False).scatter([3, 1, 0, 2], x)
    return made.stack(), made.gather([1, 2]), made.size()


@case()
def a_list_of_parts(x):
    made = tf.TensorArray(tf.float32, 2, infer_shape=False, clear_after_read=False).split(x, [2, 2])
    return made.read(0), made.concat()


@case()
def a_list_that_is_pushed_to(x):
    raw = tf.raw_ops
    made = raw.EmptyTensorList(element_shape=[-1], max_num_elements=-1, element_dtype=tf.float32)
    _, made = tf.while_loop(lambda i, _: i < 4, lambda i, made: (i + 1, raw.TensorListPushBack(input_handle=made, tensor=x[i])), [0, made])
    made, last = raw.TensorListPopBack(input_handle=made, element_shape=[3], element_dtype=tf.float32)
    return raw.TensorListStack(input_handle=made, element_shape=[3], element_dtype=tf.float32), last


DYNAMIC = (
    "a_map", "a_map_in_a_map", "a_map_to_scalars", "a_scan", "a_list_that_grows", "a_list_that_grows_by_all_rows",
    "a_list_of_rows_of_a_computed_shape", "a_list_of_columns", "a_loop_in_a_choice", "a_variable_that_grows",
)  # fmt: skip


def compare(function: Callable[..., Any], feeds: list[np.ndarray], lowered: bool = False, rows: int | None = -1) -> Any:
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    shapes = [feed.shape if rows == -1 or not feed.ndim else (rows, *feed.shape[1:]) for feed in feeds]
    specs = [tf.TensorSpec(shape, feed.dtype) for shape, feed in zip(shapes, feeds, strict=True)]
    concrete = tf.function(function).get_concrete_function(*specs)
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=lowered)
    model = convert(frozen.graph.as_graph_def(), [t.name for t in frozen.inputs], [t.name for t in frozen.outputs])
    gives(model, feeds, [np.asarray(value) for value in tf.nest.flatten(concrete(*map(tf.constant, feeds)))])
    return model


@pytest.mark.parametrize("lowered", [False, True], ids=["functions", "frames"])
@pytest.mark.parametrize("name", CASES)
def test_control_flow_gives_what_tensorflow_gives(name: str, lowered: bool) -> None:
    compare(*CASES[name], lowered)


@pytest.mark.parametrize("name", DYNAMIC)
def test_the_same_with_any_number_of_rows(name: str) -> None:
    compare(*CASES[name], rows=None)


def codes(model: Any) -> list[Counter[str]]:
    return [Counter(op.code for op in graph.ops) for graph in model.graphs]


def test_constants_and_equal_counters_are_no_variables() -> None:
    """A map counts twice, to the same number."""
    model = compare(*CASES["a_map"])
    _main, condition, body = codes(model)
    loop = next(op for op in model.graph.ops if op.code == "WHILE")
    assert len(loop.inputs) == 3  # the counter, what is read, what is written
    assert condition == {"LESS": 1}
    assert body["ADD"] == 2 and body["DYNAMIC_UPDATE_SLICE"] == 1


def test_constant_conditions_choose_at_once() -> None:
    def function(x):
        return tf.raw_ops.StatelessIf(
            cond=tf.constant(True), input=[x], Tout=[tf.float32], then_branch=branch(2.0), else_branch=branch(3.0)
        )  # fmt: skip

    def branch(factor):
        return tf.function(lambda v: v * factor).get_concrete_function(tf.TensorSpec(X.shape))

    for lowered in (False, True):
        assert codes(compare(function, [X], lowered)) == [{"MUL": 1}]


def test_a_body_without_a_form_is_told_with_its_nodes() -> None:
    from tinylite.errors import ConvertError

    def function(x):
        return turns(3, lambda i, v: [tf.raw_ops.Betainc(a=v, b=v, x=v)], x)

    with pytest.raises(ConvertError, match=r"Betainc \('while/Betainc'\)"):
        compare(function, [X])


def test_a_loop_may_change_the_number_of_dimensions() -> None:
    def function(x):
        options = {"shape_invariants": [tf.TensorShape([]), tf.TensorShape(None)]}
        return turns(2, lambda i, v: [tf.expand_dims(v, 0)], x, **options)

    compare(function, [X])
