"""Files that are not a .tflite file: what is said of them, and what `tinylite inspect` shows."""

from __future__ import annotations

import bz2
import gzip
import importlib.util
import io
import json
import lzma
import re
import shlex
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from tinylite import FileError, Interpreter, Model, NotATfliteFileError, TinyliteError
from tinylite.cli import main
from tinylite.files.diagnose import diagnose_path
from tinylite.files.file_formats import HEAD, detect_format, identify

from .converter.test_checkpoint import SOUND as INDEX
from .converter.test_graphdef import SAVED
from .converter.wire import binary

FROZEN = """
node { name: "input" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "shape" value { shape { dim { size: -1 } dim { size: 4 } } } } }
node { name: "weights" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } }
       attr { key: "value" value { tensor { dtype: DT_FLOAT tensor_shape { dim { size: 4 } } float_val: 2 } } } }
node { name: "mul" op: "Mul" input: "input" input: "weights" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "softmax" op: "Softmax" input: "mul" attr { key: "T" value { type: DT_FLOAT } } }
node { name: "unused" op: "NoOp" input: "^softmax" }
versions { producer: 27 min_consumer: 12 }
"""
UNFROZEN = (
    FROZEN.replace("weights", "w/read")
    + """
node { name: "w" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT_REF } }
       attr { key: "shape" value { shape { dim { size: 4 } } } } }
node { name: "w/alone" op: "Identity" input: "w" }
node { name: "train/apply" op: "ApplyGradientDescent" input: "w" }
node { name: "save/restore" op: "RestoreV2" }
node { name: "loss" op: "ScalarSummary" input: "softmax" }
library { function { signature { name: "f" input_arg { name: "x" type: DT_FLOAT } output_arg { name: "y" type: DT_FLOAT } }
  node_def { name: "inner" op: "VarHandleOp" } ret { key: "y" value: "x" } } }
"""
)
META = SAVED.partition("meta_graphs {")[2].rpartition("}")[0].replace("object_graph_def { nodes { } }", "")
SAVED_MODEL = binary(SAVED.replace("object_graph_def { nodes { } }", ""), "SavedModel")
CONFIG = {
    "class_name": "Sequential",
    "config": {
        "name": "small",
        "layers": [
            {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [None, 8, 8, 3]}},
            {"class_name": "Dense", "config": {"name": "dense"}, "build_config": {"input_shape": [None, 192]}},
            {"class_name": "Odd", "config": {"name": "odd"}, "build_config": {"input_shape": {"a": [1]}}},
        ],
    },
}
HAS_H5PY = importlib.util.find_spec("h5py") is not None


def hdf5(*configs: object, version: str = "2.3.1") -> bytes:
    """A Keras model's .h5 file whose configuration was written several times: the last one counts, and the bytes of all are there."""
    if not HAS_H5PY:
        return b"\x89HDF\r\n\x1a\n" + bytes(600) + b"keras_version\0model_config\0" + bytes(600)
    import h5py

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file.attrs["keras_version"] = version.encode()
        for config in configs:
            file.attrs["model_config"] = json.dumps(config).encode()
    return content.getvalue()


WEIGHTS = b"\x89HDF\r\n\x1a\n" + bytes(600) + b"keras_version\0layer_names\0" + bytes(600)
OLDER = {"class_name": "Sequential", "config": {"name": "older", "layers": [{"class_name": "Older", "config": {"name": "older"}}]}}
HDF5 = hdf5(OLDER, CONFIG)
_NO_H5PY = " (its layers are not read, as h5py is not installed: pip install 'tinylite[hdf5]')"
OF_HDF5 = " of Keras 2.3.1 (Sequential 'small', 3 layers)" if HAS_H5PY else _NO_H5PY


def archive(**files: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, text in files.items():
            made.writestr(name.replace("_json", ".json"), text)
    return content.getvalue()


KERAS = archive(metadata_json='{"keras_version": "3.15.1"}', config_json=json.dumps(CONFIG))


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Each test in a separate directory, with a file of each kind."""
    monkeypatch.chdir(tmp_path)
    files = {
        "frozen.pb": binary(FROZEN), "frozen.pbtxt": FROZEN.encode(), "graph.pb": binary(UNFROZEN),
        "model.meta": binary(META, "MetaGraphDef"), "model.meta.pbtxt": META.encode(), "saved/saved_model.pb": SAVED_MODEL,
        "checkpoints/model.ckpt-10.index": INDEX, "checkpoints/model.ckpt-10.data-00000-of-00002": bytes(64),
        "checkpoints/checkpoint": b'model_checkpoint_path: "model.ckpt-10"\n', "model.keras": KERAS, "model.h5": HDF5,
        "weights.h5": WEIGHTS, "plain.zip": archive(a="b"), "my model.pb": binary(FROZEN),
    }  # fmt: skip
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


CHECKPOINT = "a TensorFlow checkpoint of 3 variables (dense/bias, dense/kernel, step), which has no graph"
JOIN = "tinylite freeze --input_graph GRAPH --input_checkpoint {} --output_node_names NAMES --output_graph model.ckpt-10_frozen.pb"

# For each file: its kind, and the error that a loader raises.
SAID = {
    "frozen.pb": ("graph", "a frozen TensorFlow GraphDef (5 nodes, inputs: input; outputs: softmax)",
                  "Convert it: tinylite convert frozen.pb --output_file frozen.tflite"),
    "frozen.pbtxt": ("graph", "a frozen TensorFlow GraphDef in text form (5 nodes, inputs: input; outputs: softmax)",
                     "Convert it: tinylite convert frozen.pbtxt --output_file frozen.tflite"),
    "my model.pb": ("graph", "a frozen TensorFlow GraphDef (5 nodes, inputs: input; outputs: softmax)",
                    "Convert it: tinylite convert 'my model.pb' --output_file 'my model.tflite'"),
    "graph.pb": ("graph", "a TensorFlow GraphDef that is not frozen (10 nodes, inputs: input; outputs: softmax): "
                 "its 2 variables w, inner have no values",
                 "Give it its checkpoint: tinylite freeze --input_graph graph.pb --input_checkpoint CHECKPOINT "
                 "--output_node_names softmax --output_graph graph_frozen.pb"),
    "model.meta": ("meta graph", "a TensorFlow MetaGraphDef (1 node), which belongs to a checkpoint",
                   "Freeze it: tinylite freeze --input_meta_graph model.meta --output_node_names NAMES --output_graph model_frozen.pb"),
    "saved": ("saved model", "a TensorFlow 1 SavedModel directory (tags: serve; signatures: serving_default)",
              "Convert it: tinylite convert --saved_model_dir saved --output_file saved.tflite"),
    "saved/saved_model.pb": (
        "saved model", "a TensorFlow 1 SavedModel, or rather one file of its directory (tags: serve; signatures: serving_default)",
        "Convert it: tinylite convert --saved_model_dir saved --output_file saved.tflite"),
    **{
        f"checkpoints{name}": ("checkpoint", CHECKPOINT, "Join it with its graph: " + JOIN.format("checkpoints/model.ckpt-10"))
        for name in ("", "/checkpoint", "/model.ckpt-10", "/model.ckpt-10.index", "/model.ckpt-10.data-00000-of-00002")
    },
    "model.keras": ("keras", "a Keras model: a .keras archive of Keras 3.15.1 (Sequential 'small', 3 layers)",
                    "Convert it: tinylite convert --keras_model_file model.keras --output_file model.tflite"),
    "model.h5": ("keras", f"a Keras model: an HDF5 file{OF_HDF5}",
                 "Convert it: tinylite convert --keras_model_file model.h5 --output_file model.tflite"),
    "weights.h5": ("other", "an HDF5 file of a Keras model's weights, without the model", "Build the model in Python"),
    "plain.zip": ("other", "a zip archive", "If a .tflite file"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_loaders_say_what_a_file_is_and_what_to_do(name: str) -> None:
    kind, what, remedy = SAID[name]
    assert detect_format(name).id == kind
    for load in (Model.load, Interpreter):
        with pytest.raises(NotATfliteFileError) as caught:
            load(name)
        assert caught.value.problem == f"not a .tflite file: this looks like {what}"
        assert str(caught.value.remedy).startswith(remedy)
    ran = CliRunner().invoke(main, ["run", name])
    assert ran.exit_code == 1 and f"this looks like {what}. {remedy}" in ran.stderr


def test_the_checkpoint_that_lies_beside_a_graph_is_named(here: Path) -> None:
    (here / "checkpoints" / "graph.pbtxt").write_text(UNFROZEN)
    assert "--input_checkpoint checkpoints/model.ckpt-10 " in diagnose_path("checkpoints/graph.pbtxt")[1]
    (here / "checkpoints" / "model.ckpt-10.meta").write_bytes(binary(META, "MetaGraphDef"))
    assert "freeze --input_meta_graph checkpoints/model.ckpt-10.meta --output_node" in diagnose_path("checkpoints/model.ckpt-10")[1]


def test_the_commands_that_are_told_work(here: Path) -> None:
    for name in ("frozen.pb", "frozen.pbtxt", "my model.pb"):
        told = diagnose_path(name)[1].partition("tinylite ")[2]
        done = CliRunner().invoke(main, shlex.split(told))
        assert done.exit_code == 0, done.output
        assert len(Model.load(name.removesuffix(".pbtxt").removesuffix(".pb") + ".tflite").graph.ops) == 2


def test_content_counts_and_not_names(here: Path) -> None:
    for name, kind in [("frozen.pb", "graph"), ("model.meta", "meta graph"), ("model.keras", "keras"), ("model.h5", "keras")]:
        Path(name).rename("renamed.tflite")
        assert detect_format("renamed.tflite").id == kind
    Path("renamed.pb").write_bytes(b"\x20\0\0\0TFL3")
    assert detect_format("renamed.pb").id == "tflite"


def test_bytes_in_memory_are_told_as_files_are() -> None:
    for content, said in [
        (binary(FROZEN), r"a frozen TensorFlow GraphDef \(5 nodes.*tinylite convert MODEL"), (KERAS, "a Keras model"),
        (SAVED_MODEL, "this looks like a TensorFlow SavedModel. Convert its directory"),
    ]:  # fmt: skip
        with pytest.raises(NotATfliteFileError, match=said):
            Model.load(content)


OF_BROKEN_HDF5 = "a Keras model that cannot be used: it cannot be read as HDF5" if HAS_H5PY else "a Keras model: an HDF5 file"


@pytest.mark.parametrize(
    "content, said",
    [
        (binary(FROZEN)[:-30], "a TensorFlow GraphDef that cannot be used: not a complete GraphDef: node\\[4\\]: the field"),
        (FROZEN.encode()[:-30], "a TensorFlow GraphDef that cannot be used: not a readable GraphDef: line 10, column"),
        (KERAS[:-30], "a Keras model that cannot be used: the archive cannot be read"),
        (b"\x0a\x05\x12\x03\x0a\x01x", "a protocol buffer, but no TensorFlow graph or model"),
        (archive(config_json="[" * 100_000), "a Keras model: a .keras archive"),
        (archive(config_json='{"config": {"layers": [1, {"config": 2}, {"config": {"batch_shape": "x"}}]}}'), "a Keras model.*3 layers"),
        (b"\x89HDF\r\n\x1a\n" + b"model_config" + b'{"class_name": "Model", "config": {"layers": [', OF_BROKEN_HDF5),
        (b"\x89HDF\r\n\x1a\n" + bytes(2 * HEAD) + b"model_config", OF_BROKEN_HDF5),
        (HDF5[:-40], OF_BROKEN_HDF5),
        (b"saved_model_schema_version: 1 meta_graphs {", "a TensorFlow SavedModel that cannot be used: .*line 1"),
    ],
)  # fmt: skip
def test_damaged_files_say_what_is_wrong(content: bytes, said: str) -> None:
    Path("broken").write_bytes(content)
    with pytest.raises(NotATfliteFileError, match=f"broken: not a .tflite file: this looks like {said}") as caught:
        Model.load("broken")
    assert caught.value.remedy


def tar_of(content: bytes) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as target:
        entry = tarfile.TarInfo("model.tflite")
        entry.size = len(content)
        target.addfile(entry, io.BytesIO(content))
    return made.getvalue()


def npz() -> bytes:
    made = io.BytesIO()
    np.savez(made, weights=np.zeros(3))
    return made.getvalue()


@pytest.mark.parametrize(
    "content, said, remedy",
    [
        (lzma.compress(b"model"), "an xz-compressed file", "Unpack it"),
        (bz2.compress(b"model"), "a bzip2-compressed file", "Unpack it"),
        (gzip.compress(b"model"), "a gzip-compressed file", "Unpack it"),
        (b"\x28\xb5\x2f\xfd\x04\x58", "a zstd-compressed file", "Unpack it"),
        (tar_of(b"model"), "a tar archive", "Unpack it"),
        (b"GGUF\3\0\0\0", "a GGUF model", "Ask its publisher"),
        (b"\x30\0\0\0\0\0\0\0" + b'{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}', "a safetensors file", "Export the model"),
        (b"\x08\x0e\x12\x07pytorch:3", "an ONNX model", "Convert it with onnx2tf"),
        (b"\x08\x0a:/\n\x0c\n\x01x", "an ONNX model", "Convert it with onnx2tf"),
        (b"\x08\x04\x12\x10\n\x0e\n\x05image", "a Core ML model", "Ask its publisher"),
        (archive(**{"net/data.pkl": "", "net/version": "3"}), "a PyTorch checkpoint or program", "Export the model"),
        (b"\x80\x02}q\0X", "a Python pickle", "Export the model"),
        (npz(), "an archive of NumPy arrays", "Give the model first"),
        (b'{"format": "graph-model", "generatedBy": "2.8"}', "a TensorFlow.js model", "Convert the SavedModel"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_models_of_other_tools_and_archives_are_named(content: bytes, said: str, remedy: str) -> None:
    Path("given").write_bytes(content)
    for given in ("given", content):
        with pytest.raises(NotATfliteFileError, match=f"this looks like {said}") as caught:
            Model.load(given)
        assert str(caught.value.remedy).startswith(remedy)


def test_a_core_ml_package_is_named(here: Path) -> None:
    (here / "model.mlpackage" / "Data").mkdir(parents=True)
    (here / "model.mlpackage" / "Manifest.json").write_text("{}")
    assert diagnose_path("model.mlpackage")[0] == "a Core ML package"


def test_large_texts_are_not_read_for_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.files.diagnose._LONGEST_TEXT", 100)
    assert diagnose_path("frozen.pbtxt") == ("a TensorFlow GraphDef", "Convert it with tinylite convert")


def test_what_is_not_there() -> None:
    with pytest.raises(FileError, match="there is no such file"):
        detect_format("nothing")
    assert identify(b"").text == "an empty file"


# ---- inspect


def inspected(name: str, *options: str) -> str:
    done = CliRunner().invoke(main, ["inspect", name, *options])
    assert done.exit_code == 0, f"{done.output}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("name", [name for name, row in SAID.items() if row[0] != "other"])
def test_inspect_says_first_what_a_file_is(name: str) -> None:
    kind, what, remedy = SAID[name]
    plain = re.sub(r"[\s│]+", "", inspected(name))
    assert re.sub(r"\s+", "", what) in plain and re.sub(r"\s+", "", remedy) in plain
    found = json.loads(inspected(name, "--json"))
    assert found["kind"] == kind and found["file"]["path"] == name and found["file"]["bytes"] > 0


def test_inspect_shows_all_of_a_graph() -> None:
    text = inspected("graph.pb")
    for row in (
        r"input +│ input +│ Placeholder +│ FLOAT32 +│ \[-1, 4\]", r"output +│ softmax +│ Softmax +│ FLOAT32", r"w +│ FLOAT32 +│ \[4\]",
        r"Softmax +│ 1 ", r"f +│ 1 +│ x FLOAT32 +│ y FLOAT32", r"graph version +│ 27, for readers from 12",
    ):  # fmt: skip
        assert re.search(row, text), row
    (graph,) = json.loads(inspected("graph.pb", "--json"))["graphs"]
    assert [entry["name"] for entry in graph["outputs"]] == ["softmax"]
    assert graph["variables"][0] == {"name": "w", "op": "VariableV2", "type": "FLOAT32", "shape": [4]}
    assert graph["ops"]["Placeholder"] == 1 and graph["constant_bytes"] == 16 and graph["producer"] == 27
    assert graph["functions"] == [{"name": "f", "nodes": 1, "args": [["x", "FLOAT32"]], "results": [["y", "FLOAT32"]]}]


def test_inspect_shows_signatures_variables_and_layers() -> None:
    assert re.search(r"serving_default +│ input +│ x +│ x:0 +│ FLOAT32 +│ \[-1, 4\]", inspected("saved"))
    assert re.search(r"serving_default +│ output +│ y +│ y:0 +│ INT64 +│ any", inspected("saved"))
    (graph,) = json.loads(inspected("saved", "--json"))["graphs"]
    assert graph["tags"] == ["serve"] and graph["tensorflow_version"] == "2.21.0"
    assert graph["signatures"][0]["outputs"] == [{"key": "y", "tensor": "y:0", "type": "INT64", "shape": None}]
    assert re.search(r"dense/kernel +│ FLOAT32 +│ \[4, 3\] +│ 48 B", inspected("checkpoints"))
    found = json.loads(inspected("checkpoints/model.ckpt-10", "--json"))["checkpoint"]
    assert found["variables"][0] == {"name": "dense/bias", "type": "FLOAT32", "shape": [3], "bytes": 12}
    assert "Older" not in inspected("model.h5")
    for name in ("model.keras", "model.h5") if HAS_H5PY else ("model.keras",):
        assert re.search(r"1 +│ Dense +│ dense +│ \[-1, 192\]", inspected(name))
        layers = json.loads(inspected(name, "--json"))["keras"]["layers"]
        assert layers[0] == {"class": "InputLayer", "name": "in", "input_shape": [None, 8, 8, 3]}
        assert layers[2]["input_shape"] is None


def test_without_h5py_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    assert "pip install 'tinylite[hdf5]'" in " ".join(inspected("model.h5").split())
    assert json.loads(inspected("model.h5", "--json"))["keras"]["read"] is False


def test_inspect_refuses_what_it_cannot_show() -> None:
    for name in ("weights.h5", "plain.zip", "nothing"):
        done = CliRunner().invoke(main, ["inspect", name])
        assert done.exit_code == 1 and done.stderr.startswith(f"Error: {name}")
    Path("broken.pb").write_bytes(binary(FROZEN)[:-30])
    done = CliRunner().invoke(main, ["inspect", "broken.pb"])
    assert done.exit_code == 1 and done.stderr.startswith("Error: broken.pb: not a complete GraphDef")


def test_every_prefix_of_every_file_is_told(here: Path) -> None:
    for name in (
        "frozen.pb",
        "graph.pb",
        "model.meta",
        "model.keras",
        "model.h5",
        "saved/saved_model.pb",
        "checkpoints/model.ckpt-10.index",
    ):
        content = Path(name).read_bytes()
        for size in range(0, len(content), 7):
            Path("part").write_bytes(content[:size])
            what, remedy = diagnose_path("part")
            assert what and remedy
            with pytest.raises(TinyliteError):
                Model.load("part")
