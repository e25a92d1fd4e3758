"""Control flow of TensorFlow 1: dynamic_rnn, while_loop, cond, TensorArrays, Defun."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
pytest.importorskip("ai_edge_litert")

from .running import convert, gives  # noqa: E402

v1 = tf.compat.v1
X = np.random.default_rng(0).normal(size=(2, 5, 3)).astype(np.float32)
LENGTHS = np.array([3, 5], np.int32)
CASES: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {}


def case(*feeds: np.ndarray) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES[function.__name__] = function, list(feeds or (X,))
        return function

    return register


def cell(name: str = "BasicLSTMCell") -> Any:
    cells = pytest.importorskip("tf_keras.src.layers.rnn.legacy_cells")
    return getattr(cells, name)(4)


@case()
def dynamic(x):
    return v1.nn.dynamic_rnn(cell(), x, dtype=tf.float32)


@case(X, LENGTHS)
def dynamic_with_lengths(x, lengths):
    return v1.nn.dynamic_rnn(cell("GRUCell"), x, sequence_length=lengths, dtype=tf.float32)


@case()
def dynamic_with_dropout(x):
    """In training fed with less than 1, which leaves random numbers in the loop."""
    wrapper = pytest.importorskip("tf_keras.src.layers.rnn.legacy_cell_wrappers").DropoutWrapper
    keep = v1.placeholder_with_default(1.0, [], "keep_prob")
    return v1.nn.dynamic_rnn(wrapper(cell(), input_keep_prob=keep, output_keep_prob=keep), x, dtype=tf.float32)


@case()
def bidirectional(x):
    return v1.nn.bidirectional_dynamic_rnn(cell(), cell(), x, dtype=tf.float32)


@case(np.arange(15, dtype=np.float32).reshape(5, 3))
def array_of_elements_of_different_lengths(x):
    """Put end to end, with the lengths; each is written at a place that is known."""
    array = tf.TensorArray(tf.float32, size=3, infer_shape=False)
    array = array.write(1, x[1:4]).write(0, x[:1]).write(2, x[4:])
    return list(tf.raw_ops.TensorArrayConcatV3(handle=array.handle, flow_in=array.flow, dtype=tf.float32))


@case()
def static(x):
    return v1.nn.static_rnn(cell(), tf.unstack(x, axis=1), dtype=tf.float32)[0][-1]


def turns(number, step, start):
    return v1.while_loop(lambda i, v: i < number, lambda i, v: (i + 1, step(i, v)), [0, start])[1]


def positive(x):
    return tf.reduce_sum(x) > -99


@case()
def a_loop(x):
    return turns(5, lambda i, v: v * 1.5 + x, x)


@case()
def a_loop_in_a_loop(x):
    return turns(4, lambda i, v: turns(i, lambda j, w: w + tf.cast(j, tf.float32) + x, v) * 0.5, x)


@case()
def a_choice(x):
    return v1.cond(positive(x), lambda: x * 2.0, lambda: x - 1.0)


@case()
def a_choice_of_constants(x):
    """Nothing but their control inputs says in which branches the constants are."""
    return v1.cond(positive(x), lambda: 1.0, lambda: 2.0) * x


@case()
def a_choice_of_constants_in_a_choice(x):
    return v1.cond(positive(x), lambda: v1.cond(x[0, 0, 0] > 0, lambda: 3.0, lambda: 4.0), lambda: 5.0) * x


@case()
def a_choice_of_a_constant_or_not(x):
    return v1.cond(positive(x), lambda: tf.reduce_sum(x), lambda: 2.0) * x


@case()
def choices_one_after_another(x):
    decides = positive(x)
    first = v1.cond(decides, lambda: x * 2.0, lambda: x * 3.0)
    return v1.cond(decides, lambda: first + 1.0, lambda: first - 1.0), first


@case()
def choices_that_take_turns(x):
    """The second of each pair needs the first of the other: pairs that are decided alike cannot be one."""
    a, b = positive(x), positive(x - 999)
    first, other = v1.cond(a, lambda: x * 2.0, lambda: x), v1.cond(b, lambda: x * 3.0, lambda: x + 1.0)
    return v1.cond(a, lambda: other + 1.0, lambda: other), v1.cond(b, lambda: first + 2.0, lambda: first * 5.0)


@case()
def a_choice_in_a_loop(x):
    return turns(5, lambda i, v: v * v1.cond(v[0, 0, 0] > 0.2, lambda: 1.5, lambda: -1.0), x)


@case()
def a_loop_in_a_choice(x):
    return v1.cond(positive(x), lambda: turns(5, lambda i, v: v * 1.5 + 1.0, x), lambda: x - 1.0)


@case()
def a_training_flag(x):
    training = v1.placeholder_with_default(False, [], name="is_training")
    return v1.cond(training, lambda: tf.nn.dropout(x, rate=0.5), lambda: x * 1.0) + 1.0


@case(X, np.int32(1))
def one_of_many(x, index):
    return v1.case([(tf.equal(index, 0), lambda: x * 2.0), (tf.equal(index, 1), lambda: x + 1.0)], default=lambda: x * x)


@case()
def a_map(x):
    return tf.map_fn(lambda v: v * v, x)


@case()
def a_scan(x):
    return tf.scan(lambda sum, v: sum * 0.5 + v, x)


@case()
def an_array(x):
    made = tf.TensorArray(tf.float32, 4, clear_after_read=False).write(0, x[0]).write(1, x[1]).write(2, x[0] + 1.0).write(3, x[1])
    return made.stack(), made.concat(), made.size(), made.read(2)


@case()
def an_array_that_grows(x):
    made = tf.TensorArray(tf.float32, 0, dynamic_size=True)
    step = lambda i, array: (i + 1, array.write(i, x[0] * tf.cast(i, tf.float32)))  # noqa: E731
    return v1.while_loop(lambda i, array: i < 4, step, [0, made])[1].stack()


@case()
def a_defined_function(x):
    from tensorflow.python.framework import function

    @function.Defun(tf.float32, tf.float32)
    def defined(u, v):
        return v1.cond(tf.reduce_sum(u) > -99, lambda: u * v, lambda: u - v), u - v

    return defined(x, x + 1.0)


DYNAMIC = ("dynamic", "dynamic_with_lengths", "dynamic_with_dropout", "a_map")


def compare(function: Callable[..., Any], feeds: list[np.ndarray], unknown: int = 0) -> None:
    """`unknown` says how many of the first dimensions of the inputs are."""
    graph = tf.Graph()
    with graph.as_default():
        shapes = [[None if axis < unknown else size for axis, size in enumerate(feed.shape)] for feed in feeds]
        inputs = [v1.placeholder(feed.dtype, shape, f"x{index}") for index, (feed, shape) in enumerate(zip(feeds, shapes, strict=True))]
        outputs = [tf.identity(made, f"y{index}") for index, made in enumerate(tf.nest.flatten(function(*inputs)))]
        with v1.Session(graph=graph) as session:
            session.run(v1.global_variables_initializer())
            wanted = session.run(outputs, dict(zip(inputs, feeds, strict=True)))
            frozen = v1.graph_util.convert_variables_to_constants(session, graph.as_graph_def(), [made.op.name for made in outputs])
    gives(convert(frozen, [t.name for t in inputs], [t.name for t in outputs]), feeds, [np.asarray(value) for value in wanted])


@pytest.fixture(autouse=True)
def as_in_version_1():
    """Enter, Switch and TensorArrayV3 instead of While, If and TensorLists; variables that are tensors."""
    v1.disable_control_flow_v2()
    v1.disable_resource_variables()
    yield
    v1.enable_control_flow_v2()
    v1.enable_resource_variables()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", CASES)
def test_control_flow_gives_what_tensorflow_gives(name: str) -> None:
    compare(*CASES[name])


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("unknown", [1, 2])
@pytest.mark.parametrize("name", DYNAMIC)
def test_the_same_with_unknown_dimensions(name: str, unknown: int) -> None:
    compare(*CASES[name], unknown=unknown)
