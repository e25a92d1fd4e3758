"""Freezing: whatever TensorFlow holds a model in, the frozen graph returns what the original returns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main
from tinylite.freezing.frozen import FrozenTensor

pytestmark = pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn of themselves

ROOT = Path(__file__).parent.parent.parent
X = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
SERIES = np.random.default_rng(1).normal(size=(2, 5, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test in its own directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def required(name: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip(name, exc_type=ImportError)


@pytest.fixture(scope="module")
def tf() -> Any:
    return required("tensorflow")


@pytest.fixture(scope="module")
def keras(tf: Any) -> Any:
    return required("keras")


@pytest.fixture(scope="module")
def tf_keras(tf: Any) -> Any:
    return required("tf_keras")


def run(frozen: tinylite.Frozen, feeds: Sequence[np.ndarray], times: int = 1) -> list[np.ndarray]:
    """The outputs of the last run of a frozen graph, from its bytes, in TensorFlow."""
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(tf.compat.v1.GraphDef.FromString(frozen.to_bytes()), name="")
    with tf.compat.v1.Session(graph=graph) as session:
        if frozen.initializer is not None:
            session.run(frozen.initializer)
        given = {tensor.name: value for tensor, value in zip(frozen.inputs, feeds, strict=True)}
        for tensor in (*frozen.inputs, *frozen.outputs):
            found = graph.get_tensor_by_name(tensor.name)
            assert tensor.dtype == found.dtype.name
        for _ in range(times):
            results: list[np.ndarray] = session.run([tensor.name for tensor in frozen.outputs], given)
    return results


def check(frozen: tinylite.Frozen, feeds: Sequence[np.ndarray], wanted: Sequence[Any], times: int = 1) -> None:
    found = run(frozen, feeds, times)
    assert len(found) == len(wanted)
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, np.asarray(b), rtol=1e-5, atol=1e-5)
    if times == 1:
        assert frozen.variables == []
        operators = {node.op for node in frozen.graph_def.node}
        assert not operators & {"VarHandleOp", "VariableV2", "ReadVariableOp", "AssignVariableOp", "RestoreV2"}


def keys(tensors: Sequence[tinylite.FrozenTensor]) -> list[str]:
    return [tensor.key for tensor in tensors]


def error(source: Any, *arguments: Any, kind: type[Exception] = tinylite.FreezeError, **settings: Any) -> str:
    """What freezing says when it cannot be done."""
    with pytest.raises(kind) as caught:
        tinylite.freeze(source, *arguments, **settings)
    assert isinstance(caught.value, tinylite.TinyliteError)
    return str(caught.value)


# ---- without TensorFlow


def test_a_frozen_graph_is_shown_without_its_nodes() -> None:
    """A message shows all of itself: megabytes of weights in a notebook's cell."""
    x = FrozenTensor("x", "x:0", "float32", (-1, 4))
    shown = repr(tinylite.Frozen("node { name: 'x' }", [x], [x]))
    assert shown.startswith("Frozen(inputs=[FrozenTensor(key='x', ") and "node {" not in shown


def test_without_tensorflow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(ImportError, match=r"pip install 'tinylite\[tensorflow\]'") as caught:
        tinylite.freeze("graph.pb", ["y"])
    assert isinstance(caught.value, tinylite.MissingPackageError)
    result = CliRunner().invoke(main, ["freeze", "graph.pb", "--output_node_names=y", "-o", "frozen.pb"])
    assert result.exit_code == 1
    assert "pip install 'tinylite[tensorflow]'" in result.stderr
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    "line", ["", "g.pb", "-o f.pb", "g.pb --input_graph=g.pb -o f.pb", "g.pb -o f.pb --clear_devices=maybe", "--help=1"]
)
def test_wrong_command_lines(line: str) -> None:
    assert CliRunner().invoke(main, ["freeze", *line.split()]).exit_code == 2


# ---- graphs of TensorFlow 1


class Graph:
    """A graph of TensorFlow 1 with initialized variables, saved in all formats."""

    def __init__(self, tf: Any, resource: bool, old_control_flow: bool) -> None:
        tf1 = tf.compat.v1
        self.graph = tf.Graph()
        self.session = tf1.Session(graph=self.graph)
        resource_before, flow_before = tf1.resource_variables_enabled(), tf1.control_flow_v2_enabled()
        try:
            (tf1.enable_resource_variables if resource else tf1.disable_resource_variables)()
            (tf1.disable_control_flow_v2 if old_control_flow else tf1.enable_control_flow_v2)()
            with self.graph.as_default(), self.graph.device("/cpu:0"):
                tf1.set_random_seed(1)
                self.build(tf, tf1)
        finally:
            (tf1.enable_resource_variables if resource_before else tf1.disable_resource_variables)()
            (tf1.enable_control_flow_v2 if flow_before else tf1.disable_control_flow_v2)()

    def build(self, tf: Any, tf1: Any) -> None:
        x = tf1.placeholder(tf.float32, (None, 4), name="x")
        w = tf1.get_variable("w", (4, 3), initializer=tf1.random_normal_initializer())
        b = tf1.get_variable("b", (3,), initializer=tf1.random_normal_initializer())
        tables = tf1.get_variable("tables", (2, 5, 3), initializer=tf1.random_normal_initializer())
        with tf1.variable_scope("layer"):
            parts = tf1.get_variable(
                "parts", (4, 3), partitioner=tf1.fixed_size_partitioner(2), initializer=tf1.random_normal_initializer()
            )
        y = tf.matmul(x, w) + b + tf.matmul(x, tf.convert_to_tensor(parts))
        y += tf.gather(tables, [[0, 3], [4, 1]], batch_dims=1)[:, 0]
        y += tf.gather_nd(tables, [[0, 1], [1, 2]])
        y = tf1.cond(tf.reduce_sum(y) > 0, lambda: y + b, lambda: y * w[0])

        def body(index: Any, value: Any) -> tuple[Any, Any]:
            return index + 1, value * 0.5 + b + tf.gather(w, index) + tf.cast(tf.shape(w)[0], tf.float32)

        _, y = tf1.while_loop(lambda index, _: index < 3, body, [0, y])
        y = tf.identity(y, "y")
        tf.nn.softmax(y, name="softmax")
        tf1.get_variable("unused", (7,))
        rows = tf1.global_variables()
        self.saver = tf1.train.Saver(
            {("renamed" if row.op.name == "b" else row.op.name): row for row in rows if "parts" not in row.op.name}
        )
        self.all = tf1.train.Saver()
        self.session.run(tf1.global_variables_initializer())
        self.wanted = self.session.run("softmax:0", {x: X})

    def save(self, tf: Any) -> None:
        with self.graph.as_default():
            self.all.save(self.session, "model.ckpt", global_step=7)
        tf.io.write_graph(self.graph, ".", "graph.pb", as_text=False)
        tf.io.write_graph(self.graph, ".", "graph.pbtxt")


@pytest.fixture(
    scope="module",
    params=[(False, False), (True, False), (False, True), (True, True)],
    ids=["reference", "resource", "reference-old-flow", "resource-old-flow"],
)
def graph(tf: Any, request: pytest.FixtureRequest) -> Graph:
    return Graph(tf, *request.param)


@pytest.fixture(scope="module")
def plain(tf: Any) -> Graph:
    return Graph(tf, resource=False, old_control_flow=False)


def test_sessions(tf: Any, graph: Graph) -> None:
    frozen = tinylite.freeze(graph.session, ["softmax"])
    check(frozen, [X], [graph.wanted])
    assert frozen.inputs == [tinylite.FrozenTensor("x", "x:0", "float32", (-1, 4))]
    assert frozen.outputs[0].dtype == "float32"
    assert not any(node.device for node in frozen.graph_def.node)
    assert tinylite.freeze(graph.session, ["softmax"]).to_bytes() == frozen.to_bytes()
    check(tinylite.freeze(graph.session, ["softmax:0", "y"]), [X], [graph.wanted, graph.session.run("y:0", {"x:0": X})])
    kept = tinylite.freeze(graph.session, "softmax", clear_devices=False)
    assert any(node.device for node in kept.graph_def.node)


@pytest.mark.parametrize(
    ("source", "checkpoint"),
    [
        ("graph.pb", "model.ckpt-7"), ("graph.pbtxt", "./model.ckpt-7.index"), ("graph.pb", "model.ckpt-7.data-00000-of-00001"),
        ("graph.pb", "."), ("model.ckpt-7.meta", None), ("model.ckpt-7.meta", "model.ckpt-7"),
    ],
)  # fmt: skip
def test_graphs_with_checkpoints(tf: Any, graph: Graph, source: str, checkpoint: str | None) -> None:
    graph.save(tf)
    check(tinylite.freeze(source, ["softmax"], checkpoint=checkpoint), [X], [graph.wanted])


def test_graphs_in_memory_with_checkpoints(tf: Any, graph: Graph) -> None:
    graph.save(tf)
    with graph.graph.as_default():
        meta = tf.compat.v1.train.export_meta_graph()
    for source in (graph.graph, graph.graph.as_graph_def(), meta):
        check(tinylite.freeze(source, ["softmax"], checkpoint="model.ckpt-7"), [X], [graph.wanted])


def test_saved_models_of_tensorflow_1(tf: Any, graph: Graph) -> None:
    with graph.graph.as_default():
        tensors = [graph.graph.get_tensor_by_name(name) for name in ("x:0", "softmax:0", "y:0")]
        x, y, z = map(tf.compat.v1.saved_model.build_tensor_info, tensors)
        builder = tf.compat.v1.saved_model.Builder("saved")
        definitions = {
            name: tf.compat.v1.saved_model.build_signature_def({"given": x}, results)
            for name, results in (("one", {"result": y}), ("two", {"b": y, "a": z}))
        }
        builder.add_meta_graph_and_variables(graph.session, ["serve", "cpu"], definitions)
        builder.save()
    frozen = tinylite.freeze("saved", signature_key="one")
    check(frozen, [X], [graph.wanted])
    assert (keys(frozen.inputs), keys(frozen.outputs), frozen.signature_key) == (["given"], ["result"], "one")
    assert keys(tinylite.freeze(Path("saved"), signature_key="two", tags=["cpu", "serve"]).outputs) == ["a", "b"]
    check(tinylite.freeze("saved/saved_model.pb", ["softmax"]), [X], [graph.wanted])
    for tags in (["serve"], "serve"):
        assert "has no graph with the tags serve. It has: cpu,serve" in error("saved", signature_key="one", tags=tags)
    assert "it has several signatures: 'one', 'two'" in error("saved").replace("the SavedModel 'saved' has", "it has")
    assert "The nearest names are 'two'" in error("saved", signature_key="twoo")


def test_what_is_one_need_not_be_a_list(tf: Any, graph: Graph) -> None:
    """TensorFlow's converter takes lists alone; a tensor, a name, a tag or a function by itself is a list of one."""
    tensors = [graph.graph.get_tensor_by_name(name) for name in ("x:0", "softmax:0")]
    converter = tinylite.TFLiteConverter
    made = [
        converter.from_session(graph.session, *given).convert()
        for given in (tensors, [[tensor] for tensor in tensors], ["x", "softmax"], [["x:0"], ["softmax:0"]])
    ]
    assert made == [made[0]] * 4
    with graph.graph.as_default():
        inside = tf.compat.v1.get_default_graph().get_tensor_by_name("softmax:0").op.inputs[0]
    (given,) = tinylite.Model.load(converter.from_session(graph.session, inside, "softmax").convert()).graph.inputs
    assert (given.shape_signature or given.shape) == tuple(-1 if size is None else size for size in inside.shape)
    assert tinylite.toco_convert(graph.session, *tensors) == tinylite.toco_convert(graph.session, *([tensor] for tensor in tensors))
    with graph.graph.as_default():
        tf.compat.v1.saved_model.simple_save(graph.session, "one", {"x": tensors[0]}, {"y": tensors[1]})
    wanted = converter.from_saved_model("one").convert()
    assert converter.from_saved_model("one", signature_keys="serving_default", tags="serve").convert() == wanted
    assert tinylite.convert("one", tags="serve").to_bytes() == wanted
    with tf.init_scope():
        function = tf.function(lambda x: x + 1.0).get_concrete_function(tf.TensorSpec([2]))
    assert converter.from_concrete_functions(function).convert() == converter.from_concrete_functions([function]).convert()


def test_a_saver_may_call_variables_by_other_names(tf: Any, plain: Graph) -> None:
    with plain.graph.as_default():
        plain.saver.save(plain.session, "renamed.ckpt")
    y = plain.graph.get_operation_by_name("MatMul").outputs[0].op.name
    with plain.graph.as_default():
        added = "with_b"
        if added not in {op.name for op in plain.graph.get_operations()}:
            tf.add(plain.graph.get_tensor_by_name(f"{y}:0"), plain.graph.get_tensor_by_name("b/read:0"), name=added)
    wanted = plain.session.run(f"{added}:0", {"x:0": X})
    tf.io.write_graph(plain.saver.as_saver_def(), ".", "saver.pbtxt")
    check(tinylite.freeze(plain.graph, [added], checkpoint="renamed.ckpt", saver="saver.pbtxt"), [X], [wanted])


def test_initializer_nodes_run_after_the_checkpoint(tf: Any) -> None:
    tf1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default(), tf1.Session() as session:
        w = tf1.get_variable("w", (3,), initializer=tf1.ones_initializer())
        late = tf1.get_variable("late", (3,), initializer=tf1.constant_initializer(5.0))
        tf.add(w, late, name="y")
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver([w]).save(session, "w.ckpt")
    assert "lacks 1 of the graph's 2 variables: 'late'" in error(graph, ["y"], checkpoint="w.ckpt")
    check(tinylite.freeze(graph, ["y"], checkpoint="w.ckpt", initializer_nodes=["late/Assign"]), [], [[6.0, 6.0, 6.0]])
    assert "The nearest names are 'late/Assign'" in error(graph, ["y"], checkpoint="w.ckpt", initializer_nodes=["late/Assig"])


def test_lists_of_variables(graph: Graph) -> None:
    frozen = tinylite.freeze(graph.session, ["softmax"], variable_names_blacklist=["w"])
    assert frozen.variables == ["w"]
    frozen = tinylite.freeze(graph.session, ["softmax"], variable_names_whitelist=["w", "b", "layer/parts/part_0", "layer/parts/part_1"])
    assert frozen.variables == ["tables"]
    assert frozen.initializer is None


def test_variables_that_the_graph_writes_stay_variables(tf: Any) -> None:
    tf1 = tf.compat.v1
    graph = tf.Graph()
    with graph.as_default(), tf1.Session() as session:
        tf1.disable_resource_variables()
        try:
            count = tf1.get_variable("count", (), initializer=tf1.constant_initializer(10.0), use_resource=False)
        finally:
            tf1.enable_resource_variables()
        with graph.control_dependencies([tf1.assign_add(count, 1.0)]):
            tf.identity(count, name="y")
        session.run(tf1.global_variables_initializer())
        frozen = tinylite.freeze(session, ["y"])
    assert frozen.variables == ["count"]
    check(frozen, [], [12.0], times=2)


def test_a_graph_without_variables_is_cut_to_its_outputs(tf: Any) -> None:
    graph = tf.Graph()
    with graph.as_default():
        x = tf.compat.v1.placeholder(tf.float32, (None, 4), name="x")
        tf.identity(tf.square(x, name="y"), name="z")
    frozen = tinylite.freeze(graph, ["y"], output_graph="frozen.pbtxt")
    check(frozen, [X], [X * X])
    assert [node.name for node in frozen.graph_def.node] == ["x", "y"]
    check(tinylite.freeze("frozen.pbtxt", ["y"]), [X], [X * X])


# ---- functions of TensorFlow 2


def test_functions(tf: Any) -> None:
    w, one = tf.Variable(X.T @ X), tf.Variable([[1.0, 2.0], [3.0, 4.0]])
    constant = tf.constant(X[0])

    @tf.function(input_signature=[tf.TensorSpec((None, 4), name="given"), tf.TensorSpec((), tf.bool, name="flag")])
    def function(x: Any, flag: Any) -> dict[str, Any]:
        x += constant
        for _ in tf.range(3):
            if tf.reduce_sum(x) > 0 or flag:
                x = tf.matmul(x, w) * 0.1 + tf.gather(w, [1])
            else:
                x -= tf.gather_nd(w, [[2]])
        return {"y": x, "shape": tf.shape(one), "gathered": tf.gather(one, [[1], [0]], batch_dims=1)}

    for flag in (True, False):
        wanted = function(X, flag)
        for source in (function, function.get_concrete_function()):
            frozen = tinylite.freeze(source)
            check(frozen, [X, np.array(flag)], [wanted[key] for key in ("gathered", "shape", "y")])
    assert keys(frozen.inputs) == ["given", "flag"]
    assert keys(frozen.outputs) == ["gathered", "shape", "y"]
    assert frozen.inputs[0].shape == (-1, 4)
    assert tinylite.freeze(function).to_bytes() == frozen.to_bytes()


def test_variables_pass_through_calls(tf: Any) -> None:
    """Functions that stay functions get values in place of handles, a copy for each type; every way to read a variable does."""
    single, double = tf.Variable(X), tf.Variable(X.astype(np.float64) + 1)

    @tf.function(jit_compile=True)  # which keeps it from being inlined
    def total(variable: Any) -> Any:
        return tf.reduce_sum(variable * 2) + tf.cast(tf.size(variable), variable.dtype)

    @tf.function(input_signature=[tf.TensorSpec((), tf.int32, name="which")])
    def function(which: Any) -> dict[str, Any]:
        def pick() -> Any:
            rows = tf.raw_ops.ResourceGather(resource=single.handle, indices=[[0, 1], [3, 2]], batch_dims=1, dtype=tf.float32)
            return rows + tf.raw_ops.ResourceGatherNd(resource=single.handle, indices=[[[0, 0]], [[1, 1]]], dtype=tf.float32)

        def measure() -> Any:
            there = tf.raw_ops.VarIsInitializedOp(resource=double.handle)
            shape = tf.raw_ops.VariableShape(input=double.handle)
            return tf.cast(shape, tf.float32) * tf.cast(there, tf.float32)

        chosen = tf.switch_case(which, [pick, measure, lambda: single[:, :2]])
        return {"chosen": chosen, "double": total(double), "single": total(single), "pick": pick(), "measure": measure()}

    for which in range(3):
        wanted = function(which)
        check(tinylite.freeze(function), [np.array(which, np.int32)], [wanted[key] for key in sorted(wanted)])


def test_a_handle_may_stand_for_several_variables(tf: Any) -> None:
    """A branch passes one of two on: if one is written, both stay variables."""
    for written in (False, True):
        tf1 = tf.compat.v1
        graph = tf.Graph()
        with graph.as_default(), tf1.Session() as session:
            flag = tf1.placeholder(tf.bool, (), name="flag")
            a, b = (
                tf1.get_variable(name, (), initializer=tf1.constant_initializer(value), use_resource=True)
                for name, value in (("a", 1.0), ("b", 2.0))
            )
            _, if_true = tf.raw_ops.Switch(data=a.handle, pred=flag)
            if_false, _ = tf.raw_ops.Switch(data=b.handle, pred=flag)
            handle = tf.raw_ops.Merge(inputs=[if_false, if_true]).output
            waits = [tf.raw_ops.AssignAddVariableOp(resource=a.handle, value=10.0)] if written else []
            with graph.control_dependencies(waits):
                read = tf.raw_ops.ReadVariableOp(resource=handle, dtype=tf.float32)
            tf.identity(read, name="y")
            session.run(tf1.global_variables_initializer())
            frozen = tinylite.freeze(session, ["y"])
        assert frozen.variables == (["a", "b"] if written else [])
        if not written:
            check(frozen, [np.array(True)], [1.0])
            check(frozen, [np.array(False)], [2.0])


def test_functions_that_write_variables(tf: Any) -> None:
    count, factor = tf.Variable(0.0, name="same"), tf.Variable(2.0, name="same")

    @tf.function(input_signature=[tf.TensorSpec((2, 4))])
    def function(x: Any) -> Any:
        for _ in tf.range(2):
            count.assign_add(factor)
        return x + count

    frozen = tinylite.freeze(function)
    assert len(frozen.variables) == 1
    check(frozen, [X], [X + 12], times=3)
    count.assign(100.0)
    check(tinylite.freeze(function), [X], [X + 112], times=3)


def test_functions_without_one_form(tf: Any) -> None:
    assert "get_concrete_function(tf.TensorSpec(" in error(tf.function(lambda x: x))
    rows = iter(tf.data.Dataset.range(3))
    assert "tf.saved_model.save" in error(tf.function(lambda: next(rows), input_signature=[]))


def test_a_generator_s_state_is_told_as_what_it_is(tf: Any) -> None:
    generator = tf.random.Generator.from_seed(1)
    function = tf.function(lambda x: x + generator.normal(tf.shape(x)), input_signature=[tf.TensorSpec((3,))])
    with pytest.raises(tinylite.ConvertError, match=r"RngReadAndSkip .*: it draws random numbers from a generator's state"):
        tinylite.convert(function)


def test_functions_that_look_up(tf: Any) -> None:
    def table(keys: list[Any], values: list[Any], otherwise: Any) -> Any:
        return tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(keys, values), otherwise)

    first, second = table([1, 2], [20, 10], 0), table(["a", "b"], [1, 2], 9)
    grows = tf.lookup.experimental.MutableHashTable(tf.int32, tf.float32, 0.5)
    grows.insert([20], [7.0])
    inner = tf.function(lambda x: first.lookup(second.lookup(x)))
    function = tf.function(lambda x: (inner(x), grows.lookup(inner(x)), second.size()), input_signature=[tf.TensorSpec((None,), tf.string)])
    check(tinylite.freeze(function), [np.array([b"b", b"a", b"c"])], [[10, 20, 0], [0.5, 7.0, 0.5], 2])


def test_saved_models_of_tensorflow_2(tf: Any) -> None:
    class Module(tf.Module):
        def __init__(self) -> None:
            self.w = tf.Variable(X.T)
            self.count = tf.Variable(0.0)
            self.table = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer([1, 2], [10.0, 20.0]), -1.0)

        @tf.function(input_signature=[tf.TensorSpec((None, 4), name="x")])
        def multiply(self, x: Any) -> dict[str, Any]:
            return {"product": tf.matmul(x, self.w)}

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32, name="key")])
        def look_up(self, key: Any) -> Any:
            return self.table.lookup(key) + self.w[0, 0]

        @tf.function(input_signature=[])
        def tick(self) -> Any:
            return self.count.assign_add(1.0)

    module = Module()
    tf.saved_model.save(module, "saved", {"multiply": module.multiply, "serving_default": module.look_up, "tick": module.tick})
    frozen = tinylite.freeze("saved", signature_key="multiply")
    check(frozen, [X], [X @ X.T])
    assert (keys(frozen.inputs), keys(frozen.outputs)) == (["x"], ["product"])
    frozen = tinylite.freeze("saved")
    check(frozen, [np.array([2, 3], np.int32)], [[20 + X[0, 0], -1 + X[0, 0]]])
    assert frozen.signature_key == "serving_default"
    check(tinylite.freeze("saved", signature_key="tick"), [], [3.0], times=3)
    tf.saved_model.save(module, "bare", options=tf.saved_model.SaveOptions())
    tf.saved_model.save(tf.Module(), "empty")
    assert "has no signature" in error("empty")


# ---- Keras


def keras_models(keras: Any, new: bool) -> Iterator[tuple[str, Any, list[np.ndarray]]]:
    """Name, model, feeds in the order of its inputs."""
    layers = keras.layers
    sized = keras.Input if new else keras.layers.Input
    picture = np.random.default_rng(2).normal(size=(2, 8, 8, 4)).astype(np.float32)
    yield (
        "sequential",
        keras.Sequential([sized((4,), name="given"), layers.Dense(3), layers.BatchNormalization(), layers.Dropout(0.5)]),
        [X],
    )
    yield "grouped", keras.Sequential([sized((8, 8, 4)), layers.Conv2D(4, 3, groups=2), layers.GlobalAveragePooling2D()]), [picture]
    a, b = sized((4,), name="a"), sized((4,), name="b")
    difference, dense = layers.Subtract(name="difference")([a, b]), layers.Dense(3, name="dense")(a)
    yield "list", keras.Model([b, a], [difference, dense]), [X, X + 1]
    yield "dict", keras.Model({"a": a, "b": b}, {"z": difference, "d": dense}), [X, X + 1]
    yield "lstm", keras.Sequential([sized((5, 4)), layers.LSTM(3, return_sequences=True), layers.Bidirectional(layers.GRU(3))]), [SERIES]
    yield (
        "masked",
        keras.Sequential([sized((5,), dtype="int32"), layers.Embedding(9, 3, mask_zero=True), layers.LSTM(3)]),
        [np.array([[1, 2, 3, 0, 0], [8, 7, 0, 0, 0]], np.int32)],
    )

    class Own(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, x: Any, training: bool = False) -> Any:
            return self.dense(x) + (100.0 if training else 0.0)

    own = Own()
    own(X)
    yield "subclassed", own, [X]

    class Nested(keras.Model):
        def __init__(self) -> None:
            super().__init__()
            self.dense = layers.Dense(2)

        def call(self, given: Any) -> dict[str, Any]:
            return {"u": self.dense(given[0]) + given[1]["v"], "t": given[0]}

    nested = Nested()
    nested([X, {"v": X[:, :2]}])
    yield "nested", nested, [X, X[:, :2]]


NAMES = ["sequential", "grouped", "list", "dict", "lstm", "masked", "subclassed", "nested"]


def called(model: Any, feeds: list[np.ndarray], name: str) -> list[np.ndarray]:
    import tensorflow as tf

    given: Any = {"dict": lambda: {"a": feeds[0], "b": feeds[1]}, "nested": lambda: [feeds[0], {"v": feeds[1]}]}.get(
        name, lambda: feeds if len(feeds) > 1 else feeds[0]
    )()
    return tf.nest.flatten(model(tf.nest.map_structure(tf.constant, given), training=False))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("version", [3, 2])
def test_keras_models(request: pytest.FixtureRequest, version: int, name: str) -> None:
    module = request.getfixturevalue("keras" if version == 3 else "tf_keras")
    model, feeds = next((model, feeds) for other, model, feeds in keras_models(module, version == 3) if other == name)
    wanted = called(model, feeds, name)
    frozen = tinylite.freeze(model)
    check(frozen, feeds, wanted)
    assert frozen.signature_key == "serving_default"
    assert all(tensor.shape is not None and tensor.shape[0] == -1 for tensor in frozen.inputs)
    if name == "list":
        assert keys(frozen.inputs) == ["b", "a"]
        assert keys(frozen.outputs) == (["output_0", "output_1"] if version == 3 else ["difference", "dense"])
    if name == "dict":
        assert keys(frozen.inputs) == ["a", "b"]
        assert keys(frozen.outputs) == (["d", "z"] if version == 3 else ["dense", "difference"])
    if name in ("subclassed", "nested"):
        return
    for suffix in ("keras", "h5"):
        model.save(f"{name}.{suffix}")
        check(tinylite.freeze(f"{name}.{suffix}"), feeds, wanted)


@pytest.mark.parametrize("version", [3, 2])
def test_stateful_models_keep_their_state(request: pytest.FixtureRequest, version: int) -> None:
    if version == 3:
        keras = request.getfixturevalue("keras")
        model = keras.Sequential([keras.Input((5, 4), batch_size=2), keras.layers.LSTM(3, stateful=True)])
    else:
        keras = request.getfixturevalue("tf_keras")
        model = keras.Sequential([keras.layers.LSTM(3, stateful=True, batch_input_shape=(2, 5, 4))])
    frozen = tinylite.freeze(model)
    assert len(frozen.variables) == 2
    assert frozen.inputs[0].shape == (2, 5, 4)
    wanted = [np.asarray(model(SERIES)) for _ in range(3)]
    check(frozen, [SERIES], [wanted[2]], times=3)


@pytest.mark.parametrize("version", [3, 2])
def test_inputs_and_outputs_are_called_as_the_converter_of_tensorflow_calls_them(
    request: pytest.FixtureRequest, tf: Any, version: int
) -> None:
    module = request.getfixturevalue("keras" if version == 3 else "tf_keras")
    names = ["dict", "list", "sequential", "subclassed"] if version == 3 else ["dict", "list", "nested", "sequential"]
    models = {name: model for name, model, _ in keras_models(module, version == 3) if name in names}
    assert sorted(models) == names
    for name, model in models.items():
        content = tf.lite.TFLiteConverter.from_keras_model(model).convert()
        (signature,) = tinylite.Model.load(content).signatures
        frozen = tinylite.freeze(model)
        assert signature.key == frozen.signature_key
        assert sorted(signature.inputs) == sorted(keys(frozen.inputs)), name
        assert sorted(signature.outputs) == sorted(keys(frozen.outputs)), name


def test_keras_saved_models(tf: Any, keras: Any, tf_keras: Any) -> None:
    for module, save in ((keras, lambda model: model.export("saved", verbose=False)), (tf_keras, lambda model: model.save("saved"))):
        for name, model, feeds in keras_models(module, module is keras):
            if name in ("list", "lstm" if module is keras else "dict"):  # Keras 2 takes a while to save an LSTM
                save(model)
                frozen = tinylite.freeze("saved")
                wanted = dict(zip(keys(tinylite.freeze(model).outputs), called(model, feeds, name), strict=True))
                given = dict(zip(keys(tinylite.freeze(model).inputs), feeds, strict=True))
                check(frozen, [given[key] for key in keys(frozen.inputs)], [wanted[key] for key in keys(frozen.outputs)])


def test_files_are_read_by_the_keras_that_wrote_them(keras: Any, tf_keras: Any) -> None:
    """Keras 3 reads what Keras 2 wrote, and has another hard_sigmoid."""
    for module, start in ((keras, keras.Input), (tf_keras, tf_keras.layers.Input)):
        model = module.Sequential([start((4,)), module.layers.Dense(3, activation="hard_sigmoid")])
        for path in ("hard.keras", "hard.h5"):
            model.save(path)
            check(tinylite.freeze(path), [X], [np.asarray(model(X))])


def test_a_file_of_keras_2_read_by_keras_3_is_told(
    tf_keras: Any, here: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tf_keras.Sequential([tf_keras.layers.Input((4,)), tf_keras.layers.Dense(3)]).save("old.h5")
    monkeypatch.setitem(sys.modules, "tf_keras", None)
    tinylite.freeze("old.h5")
    assert "old.h5 was written by Keras 2 and is read by Keras 3" in caplog.text


def test_own_layers_of_keras_files(keras: Any) -> None:
    class Twice(keras.layers.Layer):
        def call(self, x: Any) -> Any:
            return x * 2

    model = keras.Sequential([keras.Input((4,)), Twice()])
    for path in ("own.keras", "own.h5"):
        model.save(path)
        check(tinylite.freeze(path, custom_objects={"Twice": Twice}), [X], [X * 2])
        assert "custom_objects" in error(path, kind=tinylite.FileError)


def test_models_that_cannot_be_frozen(keras: Any, tf_keras: Any, here: Path) -> None:
    class Two(keras.Model):
        def call(self, a: Any, b: Any) -> Any:
            return a + b

    model = Two()
    assert "no inputs yet" in error(model)
    model(X, X)
    assert "tf.function(lambda" in error(model)
    assert "no inputs yet" in error(keras.Sequential([keras.layers.Dense(2)]))
    assert "no inputs yet" in error(tf_keras.Sequential([tf_keras.layers.Dense(2)]))
    keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save_weights("w.weights.h5")
    Path("cut.keras").write_bytes(b"PK\x03\x04 and no more")
    assert "a Keras model's weights, without the model" in error("w.weights.h5", kind=tinylite.FileError)
    assert "cannot be read as a Keras model" in error("cut.keras", kind=tinylite.FileError)
    assert "frozen without checkpoint" in error("cut.keras", checkpoint="x", kind=tinylite.SettingError)


# ---- what is wrong with graphs and files


def test_names_that_are_not_there(plain: Graph) -> None:
    message = error(plain.session, ["sofmax"])
    assert "the graph has no output node 'sofmax'" in message
    assert "nearest names are 'softmax'" in message
    assert "Nodes that nothing reads are" in error(plain.session, ["zzzzzzzz"])
    assert "'softmax'" in error(plain.session)


def test_checkpoints_of_other_graphs(tf: Any, plain: Graph, here: Path) -> None:
    tf1 = tf.compat.v1
    with tf.Graph().as_default(), tf1.Session() as session:
        tf1.get_variable("w", (3, 4))
        tf1.get_variable("bb", (3,))
        tf1.get_variable("tables", (2, 5, 3))
        session.run(tf1.global_variables_initializer())
        tf1.train.Saver().save(session, "other")
    message = error(plain.graph, ["softmax"], checkpoint="other")
    assert "lacks 3 of the graph's 5 variables: 'b', 'layer/parts/part_0', 'layer/parts/part_1'" in message
    assert "'w' ([3, 4] there, [4, 3] in the graph)" in message
    assert "there is no such checkpoint. In '.' there are 'other'" in error(plain.graph, ["y"], checkpoint="othre", kind=tinylite.FileError)
    assert "these variables" not in message
    message = error(plain.graph, ["softmax"])
    assert "has variables and there are no values for them: " in message
    assert "'w', 'b'" in message
    Path("other.data-00000-of-00001").write_bytes(b"short")
    assert "'other'" in error(plain.graph, ["softmax"], checkpoint="other")
    Path("other.index").write_bytes(b"no index")
    assert "the checkpoint 'other' cannot be read" in error(plain.graph, ["softmax"], checkpoint="other")


def test_checkpoints_of_objects(tf: Any) -> None:
    """tf.train.Checkpoint calls values by where the variables are in objects, and notes the names that they had."""
    tf1 = tf.compat.v1
    w = tf.Variable([1.0, 2.0], name="w")
    path = tf.train.Checkpoint(layer=tf.train.Checkpoint(kernel=w)).save("objects")
    graph = tf.Graph()
    with graph.as_default():
        tf.multiply(tf1.get_variable("w", (2,)), 2.0, name="y")
    check(tinylite.freeze(graph, ["y"], checkpoint=path), [], [[2.0, 4.0]])


def test_uninitialized_sessions(tf: Any) -> None:
    tf1 = tf.compat.v1
    for resource in (False, True):
        with tf.Graph().as_default(), tf1.Session() as session:
            y = sum(tf1.get_variable(name, (2,), use_resource=resource) for name in ("a", "b", "c"))
            tf.identity(y, name="y")
            session.run(session.graph.get_operation_by_name("b/Assign"))
            assert "without a value in the session: 'a', 'c'." in error(session, ["y"])
    session.close()
    assert "closed" in error(session, ["y"])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("g.pb", b"", "it is an empty file"),
        ("g.pb", b"\x0a\xff\xff\x01", "not a GraphDef"),
        ("g.pb", b"\x0a\x06\x0a\x01x\x12\x01!", "what it has are not nodes"),
        ("g.pbtxt", b"node { name: 'x' op: 'Placeholder' ", "in text form: 1:"),
        ("g.pbtxt", b"knot { }", "in text form: 1:1"),
        ("m.tflite", b"\x1c\0\0\0TFL3", "there is nothing to freeze"),
        ("c.index", bytes(40) + bytes.fromhex("57fb808b247547db"), "a file of a TensorFlow checkpoint, which has no graph"),
        ("page.pb", b"<!DOCTYPE html>", "it is a web page"),
        ("g.meta", b"\x0a\x00", "not a MetaGraphDef: it has no graph"),
    ],
)
def test_files_that_are_no_graphs(tf: Any, here: Path, name: str, content: bytes, says: str) -> None:
    Path(name).write_bytes(content)
    assert says in error(name, ["y"], kind=tinylite.FileError)
    result = CliRunner().invoke(main, ["freeze", name, "--output_node_names=y", "--output_graph=f.pb"])
    assert result.exit_code == 1
    assert says in result.stderr
    assert [path.name for path in here.iterdir()] == [name]


def test_paths_and_things_that_are_not_there(tf: Any, here: Path) -> None:
    assert "none.pb: there is no such file" in error("none.pb", ["y"], kind=tinylite.FileError)
    assert "holds no SavedModel" in error(here, kind=tinylite.FileError)
    assert "a builtins.int cannot be frozen" in error(3)
    graph = tf.Graph()
    with graph.as_default():
        tf.constant(1.0, name="y")
    assert "cannot be written" in error(graph, ["y"], output_graph="none/f.pb", kind=tinylite.FileError)
    Path("f.pb").write_text("before")
    error(graph, ["z"], output_graph="f.pb")
    assert Path("f.pb").read_text() == "before"


# ---- the command


def freeze(*arguments: object, code: int = 0) -> Any:
    result = CliRunner().invoke(main, ["freeze", *map(str, arguments)])
    assert result.exit_code == code, f"{result.output}\n{result.exception!r}"
    return result


def frozen_file(tf: Any, path: str, name: str = "softmax:0") -> np.ndarray:
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(tf.compat.v1.GraphDef.FromString(Path(path).read_bytes()), name="")
    with tf.compat.v1.Session(graph=graph) as session:
        return np.asarray(session.run(name, {"x:0": X}))


@pytest.mark.parametrize(
    "line",
    [
        "--input_graph=graph.pb --input_checkpoint=model.ckpt-7 --input_binary=true",
        "--input_graph=graph.pb --input_checkpoint=model.ckpt-7 --input_binary",
        "--INPUT-GRAPH graph.pbtxt --Input_Checkpoint model.ckpt-7 --clear_devices false",
        "--input_meta_graph=model.ckpt-7.meta --input_binary=true --input_checkpoint=model.ckpt-7",
        "--input_graph=graph.pbtxt --input_checkpoint=model.ckpt-7 --restore_op_name=save/restore_all --filename_tensor_name=save/Const:0 "
        "--checkpoint_version=2 --clear_devices=True",
        "graph.pb --input_checkpoint .",
    ],
)
def test_command_lines_of_freeze_graph(tf: Any, plain: Graph, line: str) -> None:
    plain.save(tf)
    result = freeze(*line.split(), "--output_graph=frozen.pb", "--output_node_names=softmax")
    np.testing.assert_allclose(frozen_file(tf, "frozen.pb"), plain.wanted, rtol=1e-5)
    assert re.search(r"input x: float32 \?x4, x:0\noutput softmax: float32 .*\nwritten: frozen.pb \(\d+ nodes\)\n$", result.stdout)
    assert ("has no effect" in result.stderr) is ("restore_op_name" in line)


def test_the_form_of_graphs_is_told_by_their_content(tf: Any, plain: Graph) -> None:
    plain.save(tf)
    for given, name, form in (("true", "graph.pbtxt", "text"), ("false", "graph.pb", "binary")):
        line = [f"--input_binary={given}", f"--input_graph={name}", "--input_checkpoint=model.ckpt-7", "--output_node_names=softmax"]
        assert f"is {form}, whatever --input_binary says" in freeze(*line, "-o", "frozen.pb").stderr


def test_the_command_freezes_saved_models_and_keras_files(tf: Any, keras: Any) -> None:
    model = keras.Sequential([keras.Input((4,), name="x"), keras.layers.Dense(3)])
    model.export("saved", verbose=False)
    model.save("m.keras")
    for line in ("--input_saved_model_dir=saved --saved_model_tags=serve", "--keras_model_file m.keras", "m.keras", "saved"):
        assert "input x: float32 ?x4" in freeze(*line.split(), "--output", "frozen.pb").stdout
    assert (
        "no signature 'served'. The nearest names are 'serve'"
        in freeze("saved", "--saved_model_signature_key=served", "-o", "no.pb", code=1).stderr
    )
    stateful = keras.Sequential([keras.Input((5, 4), batch_size=2), keras.layers.LSTM(3, stateful=True)])
    stateful.save("stateful.keras")
    result = freeze("stateful.keras", "-o", "stateful.pbtxt")
    assert "these stay variables" in result.stderr
    assert "run it once before the graph" in result.stderr
    assert Path("stateful.pbtxt").read_text().startswith("node {")
    assert not Path("no.pb").exists()


def python(code: str) -> str:
    """What a separate program writes, with nothing on stderr."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=dict(os.environ, PYTHONPATH=str(ROOT))
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_tensorflow_is_kept_quiet(tf: Any) -> None:
    """Its C++ writes of the CPU and of absent GPUs; and the environment is left as it was."""
    module = tf.Module()
    module.w = tf.Variable([1.0, 2.0])
    module.twice = tf.function(lambda: module.w * 2, input_signature=[])
    tf.saved_model.save(module, "saved", {"twice": module.twice})
    code = """
import os, tinylite
before = dict(os.environ)
frozen = tinylite.freeze("saved")
assert dict(os.environ) == before
print(frozen.signature_key)
"""
    assert python(code) == "twice\n"
    check(tinylite.freeze("saved"), [], [[2.0, 4.0]])


def test_keras_2_in_the_ways_of_tensorflow_1(tf_keras: Any) -> None:
    code = """
import warnings; warnings.simplefilter("ignore")
import tinylite.freezing.tf
tf = tinylite.freezing.tf.tensorflow()
tf.compat.v1.disable_eager_execution()
with tinylite.freezing.tf.quiet():
    import tf_keras
    a, b = tf_keras.Input((4,), name="a"), tf_keras.Input((4,), name="b")
    model = tf_keras.Model([b, a], tf_keras.layers.Dense(3, name="last")(tf_keras.layers.Subtract()([a, b])))
    model.save("m.h5")
for source in (model, "m.h5"):
    frozen = tinylite.freeze(source)
    print([tensor.key for tensor in frozen.inputs + frozen.outputs], frozen.variables, frozen.signature_key)
"""
    assert python(code) == "['b', 'a', 'last'] [] serving_default\n" * 2
