"""GraphDefs in which something is what no writer of graphs would write: attributes, shapes, inputs, constants, names, functions.

`python -m tests.converter.hostile_graphs FIRST COUNT` tries such graphs by their numbers, made of the graphs of tests/converter/cases
and of loops and conditionals, and prints every exception that is not a TinyliteError, once for each place that raises it;
tests/converter/test_hostile_graphs.py tries some.
"""

from __future__ import annotations

import faulthandler
import os
import random
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import tensorflow as tf
from hypothesis import HealthCheck, given, settings

import tinylite
from tinylite import TinyliteError
from tinylite.cli.base.terminal import shown
from tinylite.files import describe as describe_graph
from tinylite.files.file_formats import HEAD, identify
from tinylite.files.graphdef import read_graph_def
from tinylite.quantize import FullIntegerQuantization, WeightQuantization
from tinylite.report import graph_tables
from tinylite.report.describe_fake_quants import describe_nodes

from .cases import CASES
from .referee import frozen

MEMORY = 64 << 20  # what constants and plans may take, in bytes
SECONDS = 60.0  # for one graph, on a busy machine

_INTEGERS = (-1, 0, 1, 2, 3, 7, 100, -(1 << 31), (1 << 31) - 1, 1 << 31, 1 << 32, 1 << 62, -(1 << 63))
_FLOATS = (0.0, -1.0, 1e-45, 3e38, float("inf"), float("nan"))
_TEXTS = (b"", b"NHWC", b"NCHW", b"SAME", b"EXPLICIT", b"\xff\xfe", b"loc:@x", b"a" * 1000)
_SHAPES: tuple[tuple[int, ...] | None, ...] = (
    None, (), (0,), (-1,), (-2,), (1,), (3, 4), (1, 4, 4, 3), (-1, -1), (0, 1 << 31), (1 << 31, 3), (1 << 32, 3), (1 << 62, 1 << 62),
    (1,) * 9, (1,) * 300,
)  # fmt: skip
_TYPES = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 14, 18, 19, 20, 21, 101, 999)
_VALUES: dict[int, tuple[str, Any]] = {  # the field of a TensorProto that holds values of a type
    1: ("float_val", np.float32), 2: ("double_val", np.float64), 3: ("int_val", np.int32), 9: ("int64_val", np.int64),
}  # fmt: skip
_NAMES = ("", "^", ":", "x:", "x:-1", "x:99", "x:99999999999999999999", "a:b:c:d", "nowhere", "^nowhere", "\u202e", "x0", "y0")


class Source(NamedTuple):
    """A graph, and the names of its inputs and outputs."""

    name: str
    graph: Any  # a GraphDef
    inputs: list[str]
    outputs: list[str]


def sources(examples: int) -> list[Source]:
    """The graphs that are changed: so many of each op, and some of control flow."""
    few = settings(max_examples=examples, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    found: list[Source] = []
    for name in sorted(CASES):
        drawn: list[Any] = []
        few(given(CASES[name])(_keeper(drawn)))()
        for number, case in enumerate(drawn):
            graph, inputs, outputs = frozen(case, unknown=number % 2 == 1)
            found.append(Source(name, graph.as_graph_def(), inputs, outputs))
    return [*found, *_control_flow()]


def _keeper(kept: list[Any]) -> Callable[[Any], None]:
    def keep(case: Any) -> None:
        kept.append(case)

    return keep


def _control_flow() -> Iterator[Source]:
    """Loops and conditionals, in the form of TensorFlow 1 and as functions."""
    tf1 = tf.compat.v1
    forms: dict[str, Callable[[Any], Any]] = {
        "while": lambda x: tf1.while_loop(lambda i, y: i < 3, lambda i, y: (i + 1, y * 2), [0, x])[1],
        "cond": lambda x: tf1.cond(x[0, 0] > 0, lambda: x + 1, lambda: x * 2),
        "scan": lambda x: tf.scan(lambda a, row: a + row, x, tf.zeros(4)),
        "call": tf.function(lambda x: tf.nn.relu(x) + 1),
        "case": lambda x: tf.switch_case(tf.cast(x[0, 0], tf.int32), [lambda: x, lambda: -x, lambda: x * x]),
    }
    for old in (True, False):
        (tf1.disable_control_flow_v2 if old else tf1.enable_control_flow_v2)()
        for name, build in forms.items():
            with tf.Graph().as_default() as graph:
                x = tf1.placeholder(tf.float32, [3, 4], "x0")
                tf.identity(build(x), "y0")
            yield Source(f"{name} of TensorFlow {2 - old}", graph.as_graph_def(), ["x0"], ["y0"])
    tf1.enable_control_flow_v2()


# ---- what is changed


def _shape(value: Any, shape: tuple[int, ...] | None) -> None:
    """Set a TensorShapeProto."""
    value.Clear()
    value.unknown_rank = shape is None
    for size in shape or ():
        value.dim.add().size = size


def _value(value: Any, pick: random.Random, functions: list[str]) -> None:
    """Set an AttrValue to something of any kind, or to a list of such."""
    value.Clear()
    listed = pick.random() < 0.2
    kind = pick.choice(["i", "f", "b", "s", "type", "shape", "func", "tensor", "placeholder"])
    for _ in range(pick.randrange(4) if listed and kind != "placeholder" else 1):
        plain = {"i": pick.choice(_INTEGERS), "f": pick.choice(_FLOATS), "b": pick.random() < 0.5, "s": pick.choice(_TEXTS),
                 "type": pick.choice(_TYPES), "placeholder": "T"}  # fmt: skip
        if kind in plain and not (listed and kind != "placeholder"):
            setattr(value, kind, plain[kind])
        elif kind in plain:
            getattr(value.list, kind).append(plain[kind])
        else:
            made = getattr(value.list, kind).add() if listed else getattr(value, kind)
            if kind == "shape":
                _shape(made, pick.choice(_SHAPES))
            elif kind == "func":
                made.name = pick.choice([*functions, "nowhere", ""])
            else:
                _tensor(made, pick)


def _tensor(tensor: Any, pick: random.Random) -> None:
    """Change a TensorProto: its type, its shape, how many values it has, or the values."""
    how = pick.randrange(5)
    if how == 0:
        tensor.dtype = pick.choice(_TYPES)
    elif how == 1:
        _shape(tensor.tensor_shape, pick.choice(_SHAPES))
    elif how == 2:
        tensor.tensor_content = tensor.tensor_content[: pick.randrange(len(tensor.tensor_content) + 1)]
    elif tensor.dtype in _VALUES:
        field, dtype = _VALUES[tensor.dtype]
        values = np.array(tf.make_ndarray(tensor)).reshape(-1)
        wrong = _FLOATS if np.dtype(dtype).kind == "f" else [n for n in _INTEGERS if np.iinfo(dtype).min <= n <= np.iinfo(dtype).max]
        if values.size:
            with np.errstate(all="ignore"):
                values[pick.randrange(values.size)] = pick.choice(wrong)
        tensor.ClearField("tensor_content")
        tensor.ClearField(field)
        getattr(tensor, field).extend(values.tolist())


def _attribute(node: Any, graph: Any, pick: random.Random) -> None:
    keys = list(node.attr)
    key = pick.choice(keys) if keys and pick.random() < 0.95 else pick.choice(["T", "dtype", "shape", "value", "N", "_output_shapes"])
    how = pick.random()
    if how < 0.35 and key in node.attr:
        del node.attr[key]
    elif how < 0.5 and node.attr[key].HasField("shape"):
        _shape(node.attr[key].shape, pick.choice(_SHAPES))
    elif how < 0.7 and node.attr[key].HasField("tensor"):
        _tensor(node.attr[key].tensor, pick)
    elif how < 0.7 and node.attr[key].HasField("i"):
        node.attr[key].i = pick.choice(_INTEGERS)
    elif how < 0.7 and node.attr[key].HasField("type"):
        node.attr[key].type = pick.choice(_TYPES)
    else:
        _value(node.attr[key], pick, [function.signature.name for function in graph.library.function])


def _input(node: Any, graph: Any, pick: random.Random) -> None:
    inputs, how = list(node.input), pick.randrange(5)
    other = pick.choice([pick.choice(_NAMES), pick.choice(graph.node).name, node.name, f"^{pick.choice(graph.node).name}"])
    position = pick.randrange(len(inputs) + 1)
    if how == 0:
        inputs.insert(position, other)
    elif how == 1:
        del inputs[position : position + 1]
    elif how == 2:
        inputs = inputs[::-1]
    elif inputs:
        inputs[position % len(inputs)] = other
    del node.input[:]
    node.input.extend(inputs)


def _name(node: Any, graph: Any, pick: random.Random) -> None:
    if pick.random() < 0.5:
        node.name = pick.choice([*_NAMES, pick.choice(graph.node).name])
    else:
        node.op = pick.choice([pick.choice(sorted(CASES)), pick.choice(graph.node).op, "", "\u202e", "Placeholder", "Const"])


def _function(graph: Any, pick: random.Random) -> None:
    function, how = pick.choice(graph.library.function), pick.randrange(6)
    arguments = function.signature.input_arg if pick.random() < 0.5 else function.signature.output_arg
    if how == 0:
        graph.library.function.remove(function)
    elif how == 1 and arguments:
        del arguments[pick.randrange(len(arguments))]
    elif how == 2:
        arguments.add().name = "more"
    elif how == 3 and function.ret:
        key = pick.choice(sorted(function.ret))
        function.ret[key] = pick.choice([*_NAMES, *function.ret.values()])
    elif how == 4:  # it calls itself
        node = function.node_def.add()
        node.name, node.op = "again", "PartitionedCall"
        node.input.extend(argument.name for argument in function.signature.input_arg)
        node.attr["f"].func.name = function.signature.name
        for key in function.ret:
            function.ret[key] = "again:output:0"
    elif arguments:
        pick.choice(arguments).type = pick.choice([0, 1, 3, 7, 9, 20, 999])


def mutant(sources: list[Source], number: int) -> Source:
    """One of the graphs with one to three things wrong; the same for a number each time."""
    pick = random.Random(number)
    source = sources[number % len(sources)]
    graph = type(source.graph)()
    graph.CopyFrom(source.graph)
    for _ in range(pick.randrange(1, 4)):
        nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
        if graph.library.function and pick.random() < 0.2:
            _function(graph, pick)
        elif nodes:
            pick.choices([_attribute, _input, _name], [6, 3, 1])[0](pick.choice(nodes), graph, pick)
    return source._replace(graph=graph)


# ---- the trial


def attempt(source: Source, number: int) -> None:
    """Convert a graph in one of several ways, and describe it. Raises what tinylite should not."""
    chosen = random.Random(number)
    ways: list[dict[str, Any]] = [
        {},
        {"allow_custom_ops": True},
        {"quantization": FullIntegerQuantization(default_range=(-6.0, 6.0))},
        {"quantization": WeightQuantization()},
    ]
    ends = [{"inputs": source.inputs, "outputs": source.outputs}, {"inputs": source.inputs, "outputs": source.outputs}, {}]
    content = source.graph.SerializeToString()
    if chosen.random() < 0.1:
        damaged = bytearray(content)
        damaged[chosen.randrange(len(damaged))] = chosen.randrange(256)
        content = bytes(damaged)
    for action in (
        lambda: tinylite.convert(content, **chosen.choice(ends), **chosen.choice(ways)).to_bytes(),
        lambda: list(graph_tables.tables(shown(describe_graph.describe(content, identify(content[:HEAD]))))),
        lambda: describe_nodes(read_graph_def(content)),
    ):
        try:
            action()
        except TinyliteError as error:
            assert len(str(error)) < 200_000


def foreign(sources: list[Source], numbers: range) -> dict[str, str]:
    """What graphs raise that is not a TinyliteError: the first example, by exception and the lines that raise it."""
    found: dict[str, str] = {}
    for number in numbers:
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        source = mutant(sources, number)
        try:
            attempt(source, number)
        except Exception as error:
            frames = traceback.extract_tb(error.__traceback__)
            own = [f"{frame.filename.rpartition('tinylite/')[2]}:{frame.lineno}" for frame in frames if "tinylite/" in frame.filename]
            found.setdefault(
                f"{type(error).__name__}: {str(error)[:200]} at {' <- '.join(own[:-5:-1])}", f"graph {number}, of {source.name}"
            )
        finally:
            faulthandler.cancel_dump_traceback_later()  # or it ends whatever runs in this process by then
    return found


def main(first: int, count: int) -> None:
    os.environ.update(TINYLITE_QUIET="1", TINYLITE_MEMORY_LIMIT=str(MEMORY))
    graphs = sources(3)
    print(f"{len(graphs)} graphs", flush=True)
    seen: set[str] = set()
    for start in range(first, first + count, 100):
        for error, example in foreign(graphs, range(start, min(start + 100, first + count))).items():
            if error not in seen:
                seen.add(error)
                print(f"{error}\n    {example}", flush=True)
    print("done")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
