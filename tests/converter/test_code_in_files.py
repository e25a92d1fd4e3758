"""Freezing runs nothing that a file holds beyond computation, unless asked: the marks that such code leaves are looked for."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

import tinylite
from tinylite.cli import main

pytestmark = pytest.mark.filterwarnings("ignore")  # TensorFlow and Keras warn of themselves

tf = pytest.importorskip("tensorflow", exc_type=ImportError)
tf1 = tf.compat.v1

ROOT = Path(__file__).parent.parent.parent
X = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the code in the files makes; each test is in its own directory."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "mark"
    monkeypatch.setenv("MARK", str(path))
    return path


def refused(mark: Path, *words: str, source: Any, **settings: Any) -> None:
    """Freezing is refused with these words, and nothing ran."""
    with pytest.raises(tinylite.CodeRefusedError) as caught:
        tinylite.freeze(source, **settings)
    for word in (*words, "allow_code=True", "--allow-code"):
        assert word in str(caught.value)
    assert not mark.exists()


def allowed(caplog: pytest.LogCaptureFixture, *words: str, source: Any, **settings: Any) -> tinylite.Frozen:
    """With the flag it is frozen, with a warning that has these words."""
    with caplog.at_level(logging.WARNING, "tinylite"):
        frozen = tinylite.freeze(source, allow_code=True, **settings)
    for word in words:
        assert word in caplog.text
    return frozen


# ---- Keras


@pytest.fixture(scope="module")
def tf_keras() -> Any:
    return pytest.importorskip("tf_keras", exc_type=ImportError)


def _touch(x: Any) -> Any:
    return [open(__import__("os").environ["MARK"], "w").close(), x][1]


def _lambda(layers: Any) -> Any:
    return layers.Lambda(lambda x: [open(__import__("os").environ["MARK"], "w").close(), x][1], name="hidden")


def _inner(keras: Any, layer: Any, shape: tuple[int, ...] = (4,)) -> Any:
    return keras.Sequential([keras.Input(shape), layer], name="inner")


PLACES: dict[str, Callable[[Any], list[Any]]] = {
    "top": lambda keras: [_lambda(keras.layers)],
    "sequential in sequential": lambda keras: [_inner(keras, _inner(keras, _lambda(keras.layers)))],
    "wrapper": lambda keras: [keras.layers.Reshape((2, 2)), keras.layers.TimeDistributed(_lambda(keras.layers)), keras.layers.Flatten()],
    "wrapped model": lambda keras: [
        keras.layers.Reshape((2, 2)), keras.layers.TimeDistributed(_inner(keras, _lambda(keras.layers), (2,))), keras.layers.Flatten(),
    ],
}  # fmt: skip


@pytest.mark.parametrize("version", ["2.15.0", "3.1.0"])
@pytest.mark.parametrize("place", PLACES)
def test_a_lambda_layer_of_an_h5_file_runs_only_if_asked(
    place: str, version: str, tf_keras: Any, mark: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import h5py

    start = result = tf_keras.Input((4,))
    for layer in PLACES[place](tf_keras):
        result = layer(result)
    tf_keras.Model(start, result).save("model.h5")
    with h5py.File("model.h5", "r+") as file:
        file.attrs["keras_version"] = version  # says which Keras is asked first
    mark.unlink()
    refused(mark, "model.h5", "the layer 'hidden' (Lambda)", "Python code", source="model.h5")
    frozen = allowed(caplog, "the layer 'hidden' (Lambda)", "Python code", source="model.h5")
    assert mark.exists()
    np.testing.assert_array_equal(_by_tensorflow(frozen, X), X)


def test_commands_and_the_converter_have_the_flag(tf_keras: Any, mark: Path) -> None:
    tf_keras.Sequential([tf_keras.Input((4,)), _lambda(tf_keras.layers)]).save("model.h5")
    mark.unlink()
    for command in ("convert", "freeze"):
        result = CliRunner().invoke(main, [command, "model.h5", "-o", "out"])
        assert result.exit_code == 1
        assert "'hidden'" in result.stderr
        assert "--allow-code" in result.stderr
        assert not mark.exists()
        assert not Path("out").exists()
        shown = CliRunner().invoke(main, ["inspect", "model.h5"])
        assert shown.exit_code == 0
        assert not mark.exists()
    converter = tinylite.TFLiteConverter.from_keras_model_file("model.h5")
    for ask in (converter.convert, converter.get_input_arrays):
        with pytest.raises(tinylite.CodeRefusedError, match="'hidden'"):
            ask()
    with pytest.raises(tinylite.CodeRefusedError, match="'hidden'"):
        tinylite.convert("model.h5")
    assert not mark.exists()
    converter.allow_code = True
    assert tinylite.Interpreter(model_content=converter.convert()).get_input_details()[0]["shape"].tolist() == [1, 4]
    assert mark.exists()
    tinylite.convert("model.h5", allow_code=True)
    mark.unlink()
    assert CliRunner().invoke(main, ["freeze", "model.h5", "--allow-code", "-o", "out.pb"]).exit_code == 0
    assert mark.exists()
    mark.unlink()
    done = subprocess.run(
        [sys.executable, "-m", "tinylite", "convert", "model.h5", "--allow_code", "-o", "out.tflite"],
        check=False, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "the layer 'hidden' (Lambda) may run Python code that the file holds" in done.stderr
    assert mark.exists()
    assert Path("out.tflite").exists()


def test_a_lambda_of_keras_3_runs_only_if_asked(mark: Path, caplog: pytest.LogCaptureFixture) -> None:
    keras = pytest.importorskip("keras", exc_type=ImportError)
    keras.Sequential([keras.Input((4,)), _lambda(keras.layers)]).save("model.keras")
    mark.unlink()
    refused(mark, "the layer 'hidden' (Lambda)", source="model.keras")
    allowed(caplog, "the layer 'hidden' (Lambda)", source="model.keras")
    assert mark.exists()


def test_a_named_function_of_the_user_is_no_code_of_the_file(mark: Path) -> None:
    keras = pytest.importorskip("keras", exc_type=ImportError)
    keras.Sequential([keras.Input((4,)), keras.layers.Lambda(_touch, output_shape=(4,), name="named")]).save("model.keras")
    np.testing.assert_array_equal(_by_tensorflow(tinylite.freeze("model.keras", custom_objects={"_touch": _touch}), X), X)
    assert mark.exists()


def test_functions_of_tensorflow_that_do_more_than_compute(tf_keras: Any, mark: Path) -> None:
    import h5py

    start = tf_keras.Input((4,))
    sums = tf.nn.relu(-start) * 2.0 + tf.concat([start, start[:, ::-1]], -1)[:, 2:6]
    tf_keras.Model(start, sums).save("model.h5")
    wanted = np.maximum(-X, 0) * 2 + np.concatenate([X, X[:, ::-1]], -1)[:, 2:6]
    np.testing.assert_allclose(_by_tensorflow(tinylite.freeze("model.h5"), X), wanted, rtol=1e-6)
    with h5py.File("model.h5", "r+") as file:
        file.attrs["model_config"] = file.attrs["model_config"].replace('"nn.relu"', '"io.gfile.remove"')
    refused(mark, "TensorFlow's function 'io.gfile.remove'", source="model.h5")


def test_modules_that_a_file_names_are_not_imported(tf_keras: Any, mark: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("their_layers.py").write_text(
        "import os\nimport tf_keras\nopen(os.environ['MARK'], 'w').close()\nclass Same(tf_keras.Sequential):\n    pass\n"
    )
    make = "import tf_keras as k, their_layers as t; t.Same([k.Input((4,)), k.layers.ReLU()], name='same').save('model.keras')"
    subprocess.run([sys.executable, "-c", make], check=True, capture_output=True, timeout=300)
    mark.unlink()
    monkeypatch.syspath_prepend(str(Path.cwd()))
    refused(mark, "the layer 'same' (Same)", "import the module 'their_layers'", "custom_objects", source="model.keras")
    assert "their_layers" not in sys.modules
    try:
        np.testing.assert_array_equal(_by_tensorflow(tinylite.freeze("model.keras", allow_code=True), X), np.maximum(X, 0))
    finally:
        sys.modules.pop("their_layers", None)
    assert mark.exists()


def test_files_that_a_keras_file_names_are_not_read(tf_keras: Any, mark: Path, caplog: pytest.LogCaptureFixture) -> None:
    import h5py

    Path("words.txt").write_text("a\nb\n")
    lookup = tf_keras.layers.StringLookup(vocabulary="words.txt", name="words")
    tf_keras.Sequential([tf_keras.Input((1,), dtype=tf.string), lookup]).save("model.keras")
    refused(mark, "the layer 'words' (StringLookup)", "read the file 'words.txt'", source="model.keras")
    allowed(caplog, "read the file 'words.txt'", source="model.keras")
    tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Dense(2, name="full")]).save("model.h5")
    tinylite.freeze("model.h5")
    with h5py.File("model.h5", "r+") as file, h5py.File("other.h5", "w") as other:
        file.copy("model_weights/full", other, "full")
        del file["model_weights/full"]
        file["model_weights/full"] = h5py.ExternalLink("other.h5", "/full")
    refused(mark, "'/model_weights/full'", "read the file 'other.h5'", source="model.h5")


@pytest.mark.parametrize("config", [b"[1", "\ufeff{}", [b"{}"], np.void(b"\xff\xfe{\0}\0"), 5], ids=str)
def test_a_description_that_is_none(config: Any, tf_keras: Any) -> None:
    import h5py

    tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Dense(2)]).save("model.h5")
    with h5py.File("model.h5", "r+") as file:
        file.attrs["model_config"] = config
    with pytest.raises(tinylite.FileError, match="cannot be read as a Keras model"):
        tinylite.freeze("model.h5")


def test_a_directory_is_no_keras_file(tf_keras: Any, mark: Path) -> None:
    tf_keras.Sequential([tf_keras.Input((4,)), _lambda(tf_keras.layers)]).save("saved", save_format="tf")
    mark.unlink()
    os.rename("saved", "saved.keras")  # the layer's configuration is in it, too
    np.testing.assert_array_equal(_by_tensorflow(tinylite.freeze("saved.keras"), X), X)
    assert not mark.exists()


# ---- SavedModels


def _write() -> Any:
    return tf1.raw_ops.WriteFile(filename=os.environ["MARK"], contents="", name="evil")


def _python() -> Any:
    return tf1.py_func(lambda: Path(os.environ["MARK"]).touch() or np.float32(0), [], tf.float32, stateful=True, name="evil")


def _print() -> Any:
    return tf.raw_ops.PrintV2(input="", output_stream=f"file://{os.environ['MARK']}", name="evil")


def _in_function() -> Any:
    @tf.function
    def inner() -> Any:
        def body(i: Any) -> Any:
            with tf.control_dependencies([_write()]):
                return i + 1

        return tf.while_loop(lambda i: i < 1, body, [tf.constant(0)])

    return tf.group(inner(), name="outer")


EFFECTS = {"WriteFile": _write, "PyFunc": _python, "PrintV2": _print, "WriteFile ": _in_function}


_ALIVE: list[Any] = []  # TensorFlow forgets the Python functions of a graph together with it


def _savedmodel(effect: Callable[[], Any], where: str) -> str:
    """The directory of a SavedModel of TensorFlow 1, y = x * w, in which an op stands `where` freezing comes by."""
    from tensorflow.core.protobuf import saved_model_pb2

    graph = tf.Graph()
    _ALIVE.append(graph)
    with graph.as_default(), tf1.Session(graph=graph) as session:
        x = tf1.placeholder(tf.float32, [None, 4], name="x")
        w = tf1.get_variable("w", initializer=2.0, use_resource=True)
        y = tf.multiply(x, w, name="y")
        op = None
        if where == "main_op":
            op = tf.group(effect(), name="setup")
        elif where == "restore":
            with tf.control_dependencies([effect()]):
                tf.no_op(name="restoring")
        else:
            tf.group(effect(), name="setup")
        session.run(w.initializer)
        builder = tf1.saved_model.Builder("saved")
        signature = tf1.saved_model.predict_signature_def({"x": x}, {"y": y})
        builder.add_meta_graph_and_variables(
            session, ["serve"], {"serving_default": signature}, main_op=op if where == "main_op" else None
        )  # fmt: skip
        builder.save()
    path = Path("saved/saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    meta = saved.meta_graphs[0]
    if where == "legacy_init_op":
        meta.collection_def["legacy_init_op"].node_list.value.append("setup")
    elif where == "restore":
        restoring = next(node for node in meta.graph_def.node if node.name == "restoring")
        restoring.input.append(f"^{meta.saver_def.restore_op_name}")
        meta.saver_def.restore_op_name = "restoring"
    elif where == "variable":
        next(node for node in meta.graph_def.node if node.name == "w").input.append("^setup")
    path.write_bytes(saved.SerializeToString())
    return "saved"


@pytest.mark.parametrize("where", ["main_op", "legacy_init_op", "restore", "variable"])
@pytest.mark.parametrize("effect", EFFECTS)
def test_ops_that_reach_out_run_only_if_asked(effect: str, where: str, mark: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = _savedmodel(EFFECTS[effect], where)
    refused(mark, "evil", f"({effect.strip()})", source=folder)
    frozen = allowed(caplog, "evil", f"({effect.strip()})", source=folder)
    assert mark.exists()
    np.testing.assert_array_equal(_by_tensorflow(frozen, X), X * 2)


def test_ops_that_nobody_runs_are_no_matter(mark: Path) -> None:
    """The graph may hold them, as each holds ops that save it."""

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 4], tf.float32, name="x"), tf.TensorSpec([], tf.string, name="file")])
        def __call__(self, x: Any, file: Any) -> Any:
            tf.io.write_file(file, tf.io.read_file(file))
            return {"y": tf.py_function(lambda x: x, [x], tf.float32)}

    module = Module()
    tf.saved_model.save(module, "saved", signatures=module.__call__)
    assert "EagerPyFunc" in {node.op for node in tinylite.freeze("saved").graph_def.node}
    assert not mark.exists()


def test_files_are_not_read_to_find_shapes(mark: Path) -> None:
    Path("size").write_text("5")
    graph = tf.Graph()
    with graph.as_default():
        size = tf.strings.to_number(tf.raw_ops.ReadFile(filename="size", name="reads"), tf.int32)
        tf.fill(tf.reshape(size, [1]), 1.0, name="y")
    refused(mark, "'reads' (ReadFile)", "read files", source=graph, outputs=["y"])
    assert tinylite.freeze(graph, ["y"], allow_code=True).outputs[0].shape == (5,)


def test_initializer_nodes_of_a_graph(mark: Path, caplog: pytest.LogCaptureFixture) -> None:
    graph = tf.Graph()
    with graph.as_default():
        w = tf1.get_variable("w", initializer=3.0, use_resource=True)
        tf.identity(w, name="y")
        with tf.control_dependencies([_write()]):
            tf.group(w.initializer, name="setup")
        tf.group(w.initializer, name="harmless")
    tf.io.write_graph(graph, ".", "graph.pb", as_text=False)
    assert tinylite.freeze("graph.pb", ["y"], initializer_nodes=["harmless"]).variables == []
    refused(mark, "'evil' (WriteFile)", "'setup'", source="graph.pb", outputs=["y"], initializer_nodes=["setup"])
    allowed(caplog, "'evil' (WriteFile)", source="graph.pb", outputs=["y"], initializer_nodes=["setup"])
    assert mark.exists()


# ---- files of a SavedModel


@pytest.fixture
def words() -> Callable[[bool], str]:
    """Makes a SavedModel that looks words up which a file of it lists, of TensorFlow 1 or 2."""

    def make(old: bool) -> str:
        Path("words.txt").write_text("a\nb\n")
        kinds = (tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64, tf.lookup.TextFileIndex.LINE_NUMBER)
        if old:
            graph = tf.Graph()
            with graph.as_default(), tf1.Session(graph=graph) as session:
                x = tf1.placeholder(tf.string, [None], name="x")
                table = tf1.lookup.StaticHashTable(tf1.lookup.TextFileInitializer("words.txt", *kinds), -1)
                w = tf1.get_variable("w", initializer=np.int64(10))
                y = tf.identity(table.lookup(x) + w, name="y")
                session.run([w.initializer, tf1.tables_initializer()])
                builder = tf1.saved_model.Builder("saved")
                signature = tf1.saved_model.predict_signature_def({"x": x}, {"y": y})
                builder.add_meta_graph_and_variables(
                    session, ["serve"], {"serving_default": signature}, main_op=tf1.tables_initializer(),
                    assets_collection=tf1.get_collection(tf1.GraphKeys.ASSET_FILEPATHS),
                )  # fmt: skip
                builder.save()
            return "saved"

        class Module(tf.Module):
            def __init__(self) -> None:
                self.table = tf.lookup.StaticHashTable(tf.lookup.TextFileInitializer("words.txt", *kinds), -1)
                self.w = tf.Variable(np.int64(10))

            @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="x")])
            def __call__(self, x: Any) -> Any:
                return {"y": self.table.lookup(x) + self.w}

        module = Module()
        tf.saved_model.save(module, "saved", signatures=module.__call__)
        return "saved"

    return make


def _name_asset(name: str) -> None:
    from tensorflow.core.protobuf import saved_model_pb2

    path = Path("saved/saved_model.pb")
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    meta = saved.meta_graphs[0]
    for asset in meta.asset_file_def:
        asset.filename = name
    for entry in meta.collection_def["saved_model_assets"].any_list.value if "saved_model_assets" in meta.collection_def else ():
        from tensorflow.core.protobuf import meta_graph_pb2

        asset = meta_graph_pb2.AssetFileDef()
        entry.Unpack(asset)
        asset.filename = name
        entry.Pack(asset)
    path.write_bytes(saved.SerializeToString())


@pytest.mark.parametrize("old", [True, False])
def test_tables_are_filled_from_files_of_the_model(old: bool, words: Any, mark: Path) -> None:
    frozen = tinylite.freeze(words(old))
    assert {node.op for node in frozen.graph_def.node} & {"HashTableV2"}
    os.rename("saved", "revision")  # as caches of downloads keep them: links to a store
    Path("blobs").mkdir()
    for number, link in enumerate([path for path in Path("revision").rglob("*") if path.is_file()]):
        stored = link.rename(Path("blobs") / str(number)).resolve()
        link.symlink_to(stored)
    Path("snapshots").mkdir()
    os.rename("revision", "snapshots/revision")
    assert len(tinylite.freeze("snapshots/revision").graph_def.node) == len(frozen.graph_def.node)


@pytest.mark.parametrize("old", [True, False])
@pytest.mark.parametrize("way", ["..", "absolute", "link"])
def test_no_file_outside_of_the_model_is_read(way: str, old: bool, words: Any, mark: Path, caplog: pytest.LogCaptureFixture) -> None:
    words(old)
    secret = Path("secret.txt").resolve()
    secret.write_text("c\nd\n")
    if way == "link":
        Path("saved/assets/words.txt").unlink()
        Path("saved/assets/words.txt").symlink_to(secret)
    else:
        _name_asset("../../secret.txt" if way == ".." else str(secret))
    refused(mark, "InitializeTableFromTextFileV2", "outside of the model's folder", source="saved")
    allowed(caplog, "InitializeTableFromTextFileV2", "outside of the model's folder", source="saved")


def test_ops_that_name_files_are_on_no_list() -> None:
    """Whatever TensorFlow brings: an op with an argument that names a file may not run."""
    from tensorflow.python.framework import op_def_registry

    from tinylite.freezing.running import is_harmless

    known = {name: op_def_registry.get(name) for name in dir(tf.raw_ops) if op_def_registry.get(name) is not None}
    assert len(known) > 1000
    telling = ("file", "path", "address", "url", "pattern", "token", "memory_region", "descriptor_source")
    found = [
        name
        for name, op in known.items()
        for arg in (*op.input_arg, *op.attr)
        if (arg.type in (7, "string", "list(string)"))
        and any(word in arg.name for word in telling)
        and is_harmless(name)
        and "Regex" not in name
    ]
    assert found == []
    assert not is_harmless("NoSuchOp")
    assert [
        name for name in ("EagerPyFunc", "SaveV2", "MergeV2Checkpoints", "DebugIdentity", "Abort", "RemoteCall") if is_harmless(name)
    ] == []
    assert all(map(is_harmless, ("MatMul", "AssignVariableOp", "RandomUniform", "HashTableV2", "If", "Assert")))


def _by_tensorflow(frozen: tinylite.Frozen, feed: np.ndarray) -> np.ndarray:
    graph = tf.Graph()
    with graph.as_default():
        tf.graph_util.import_graph_def(frozen.graph_def, name="")
    with tf1.Session(graph=graph) as session:
        result: np.ndarray = session.run(frozen.outputs[0].name, {frozen.inputs[0].name: feed})
    return result
