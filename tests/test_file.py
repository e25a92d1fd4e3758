"""Reading and writing files: what comes back is what was there, and nothing is read or lost that need not be."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from tinylite import CorruptFileError, FileError, Graph, Metadata, Model, ModelError, Op, Quantization, Signature, Tensor
from tinylite.model import save
from tinylite.schema import decode
from tinylite.schema.table import Table

from .conftest import Oracle, shared_models
from .small_models import sparse


@pytest.mark.parametrize("name", shared_models())
def test_shared_models_survive(name: str, shared: Path, tmp_path: Path, litert: Oracle) -> None:
    """Equal Model, equal bytes at the second writing, and LiteRT's output bits."""
    original = Model.load(shared / "models" / name)
    path = tmp_path / name
    original.save(path)
    again = Model.load(path)
    assert again == original
    assert again.to_bytes() == path.read_bytes()
    if name.startswith("person_detect"):
        return  # LiteRT refuses the original, and so what we write of it
    rng = np.random.default_rng(0)
    feeds = [
        rng.normal(size=t.shape).astype(np.float32) if t.type == "FLOAT32" else rng.integers(0, 128, t.shape).astype(str(t.type).lower())
        for t in original.graph.inputs
    ]
    before = litert((shared / "models" / name).read_bytes(), feeds)
    for a, b in zip(litert(path.read_bytes(), feeds), before, strict=True):
        assert a.tobytes() == b.tobytes()


def small(data: np.ndarray | None = None) -> Model:
    x = Tensor("x", (1, 4), "FLOAT32")
    w = Tensor("w", (), "FLOAT32")
    w.data = np.arange(4, dtype=np.float32) if data is None else data
    y = Tensor("y", (1, 4), "FLOAT32")
    return Model([Graph("main", [x], [y], [Op("ADD", [x, w], [y])])])


def everything() -> Model:
    """A model that uses every part of the format that Model has."""
    model = small()
    graph = model.graph
    model.description = "all of it"
    x, w, y = graph.inputs[0], graph.ops[0].inputs[1], graph.outputs[0]
    assert w is not None
    x.shape_signature, x.has_rank = (-1, 4), True
    y.quantization = Quantization([0.5, 0.25], [1, -1], 1, [-1.0], [1.0])
    state = Tensor("state", (2, 2), "INT8", is_variable=True, quantization=Quantization(0.1, 3))
    packed = Tensor("packed", (), "INT4")
    packed.data = np.array([[-8, 7, 1], [0, -1, 3]], np.int8)
    text = Tensor("text", (1,), "STRING", np.frombuffer(b"\1\0\0\0\x0c\0\0\0\x0f\0\0\0abc", np.uint8))
    twin = Tensor("twin", (4,), "FLOAT32", w.buffer)
    sparse = Tensor("sparse", (2, 2), "FLOAT32", np.zeros(4, np.uint8))
    sparse.sparsity = Table("SparsityParameters", traversal_order=np.array([0, 1], np.int32), dim_metadata=[
        Table("DimensionMetadata", format="DENSE", dense_size=2),
        Table("DimensionMetadata", format="SPARSE_CSR", array_segments=Table("Int32Vector", values=np.array([0, 1, 1], np.int32)),
              array_indices=Table("Int32Vector", values=np.array([1], np.int32))),
    ])  # fmt: skip
    handle = Tensor(
        "list", (), "VARIANT", variant_tensors=[Table("VariantSubType", shape=np.array([2], np.int32), type="INT64", has_rank=True)]
    )
    graph.tensors = [x, w, y, state, packed, text, twin, sparse, handle]
    custom = Op("CUSTOM", [x, None], [state], custom_code="Mine", custom_options=b"\1\2\3", version=4)
    custom.intermediates = [packed]
    custom.mutating_variable_inputs = (False, True)
    other = Graph("other", [twin := Tensor("a", (1,))], [twin])
    called = Op("WHILE", [x], [handle])
    assert called.options is not None
    called.options.cond_subgraph_index = called.options.body_subgraph_index = other
    newest = Op("STABLEHLO_ADD", [x, w], [Tensor("z", (1, 4))])
    graph.ops += [custom, called, newest]
    model.graphs.append(other)
    model.metadata = [Metadata("note", np.frombuffer(b"hello", np.uint8))]
    model.metadata_buffer = [np.frombuffer(b"old", np.uint8)]
    model.signatures = [Signature("serve", graph, {"in": x}, {"out": y}), Signature("other", other, {"a": twin}, {"b": twin})]
    model.associated_files = {"labels.txt": b"cat\ndog\n"}
    return model


def test_every_part_of_a_model_survives() -> None:
    model = everything()
    content = model.to_bytes()
    loaded = Model.load(content)
    assert loaded == model
    assert loaded.to_bytes() == content
    graph = loaded.graph
    assert graph.tensor("packed").data is not None and graph.tensor("packed").data.tolist() == [[-8, 7, 1], [0, -1, 3]]  # type: ignore[union-attr]
    assert graph.tensor("twin").buffer is graph.ops[0].inputs[1].buffer  # type: ignore[union-attr]
    assert graph.ops[1].inputs[1] is None and graph.ops[1].custom_options == b"\1\2\3"
    assert graph.ops[2].options.cond_subgraph_index is loaded.graphs[1]  # type: ignore[union-attr]
    assert loaded.associated_files == {"labels.txt": b"cat\ndog\n"}
    assert [signature.graph for signature in loaded.signatures] == loaded.graphs


def test_a_copy_can_be_edited_alone() -> None:
    model = everything()
    copied = model.copy()
    assert copied == model
    copied.graph.tensor("x").name = "renamed"
    copied.graph.ops[0].version = 9
    assert model.graph.tensor("x") and model.graph.ops[0].version == 1 and copied != model


def test_saving_leaves_no_half_written_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "model.tflite"
    small().save(path)
    before = path.read_bytes()
    broken = small()
    broken.graph.outputs = [Tensor("y", (1, 4))]
    broken.graph.outputs[0].type = "NO_SUCH_TYPE"
    with pytest.raises(ModelError, match=r"model\.tflite.*'NO_SUCH_TYPE' is not a value of TensorType"):
        broken.save(path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(FileError, match="No space left"):
        small(np.ones(4, np.float32)).save(path)
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.tflite"]


def test_saving_through_a_link_writes_its_target(tmp_path: Path) -> None:
    link, target = tmp_path / "link.tflite", tmp_path / "target.tflite"
    link.symlink_to(target)
    for _ in range(2):
        small().save(link)
        assert link.is_symlink() and target.read_bytes() == small().to_bytes()
    assert sorted(os.listdir(tmp_path)) == ["link.tflite", "target.tflite"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes with names are not on this system")
def test_saving_to_a_pipe_writes_into_it(tmp_path: Path) -> None:
    """And does not put a file in its place, which would end /dev/null."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    small().save(pipe)
    assert os.read(reader, 1 << 16) == small().to_bytes()
    os.close(reader)
    assert pipe.is_fifo() and os.listdir(tmp_path) == ["pipe"]


@pytest.mark.parametrize(
    ("name", "why"),
    [("", "it is a directory"), ("dir", "it is a directory"), ("no/m", "its directory does not exist"), ("file/m", "Not a directory")],
)
def test_where_no_file_can_be_is_an_error(name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkdir("dir")
    Path("file").touch()
    with pytest.raises(FileError, match=f"it cannot be written: {why}"):
        small().save(name)
    assert sorted(os.listdir()) == ["dir", "file"]


def test_saving_over_the_file_that_the_weights_are_read_from(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    small().save(path)
    model = Model.load(path)
    model.graph.tensor("w").name = "weights"
    model.save(path)
    assert Model.load(path).graph.tensor("weights").data.tolist() == [0, 1, 2, 3]  # type: ignore[union-attr]
    assert model.graph.tensor("weights").data.tolist() == [0, 1, 2, 3]  # type: ignore[union-attr]


def test_weights_are_views_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "model.tflite"
    small().save(path)
    data = Model.load(path).graph.tensor("w").data
    assert data is not None and not data.flags.writeable and not data.flags.owndata


def test_unknown_parts_are_reported_and_not_dropped_silently() -> None:
    """A vtable with a slot that the schema does not have, as a newer writer would make."""
    import flatbuffers

    builder = flatbuffers.Builder()
    builder.StartObject(40)
    builder.PrependInt32Slot(39, 7, 0)
    graph = builder.EndObject()
    builder.StartVector(4, 1, 4)
    builder.PrependUOffsetTRelative(graph)
    graphs = builder.EndVector()
    builder.StartObject(8)
    builder.PrependUint32Slot(0, 3, 0)
    builder.PrependUOffsetTRelativeSlot(2, graphs, 0)
    builder.Finish(builder.EndObject(), b"TFL3")
    model = Model.load(bytes(builder.Output()))
    assert model.unknown == ["field 39 of SubGraph"]
    with pytest.raises(ModelError, match=r"would lose field 39 of SubGraph\. Clear model\.unknown"):
        model.to_bytes()
    model.unknown.clear()
    model.to_bytes()


def test_an_operator_newer_than_the_schema_survives() -> None:
    model = small()
    model.graph.ops[0] = Op("OPERATOR_999", model.graph.ops[0].inputs, model.graph.outputs, version=2)
    assert Model.load(model.to_bytes()).graph.ops[0].code == "OPERATOR_999"


def test_large_data_lie_behind_the_root_table(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small(np.arange(1000, dtype=np.float32))
    model.graph.inputs[0].shape = (1, 1000)
    with monkeypatch.context() as patch:
        patch.setattr("tinylite.model.save.ROOT_LIMIT", 1000)
        content = model.to_bytes()
    loaded = Model.load(content)
    assert loaded == model
    assert model.graph.ops[0].inputs[1].data.tobytes() in content[-4016:]  # type: ignore[union-attr]
    with pytest.raises(CorruptFileError, match=r"buffer 1: its data lie at bytes \d+ to \d+, and the file ends at"):
        Model.load(content[:-100])


def test_litert_reads_data_behind_the_root_table(monkeypatch: pytest.MonkeyPatch, litert: Oracle) -> None:
    model = small(np.arange(1000, dtype=np.float32))
    model.graph.inputs[0].shape = model.graph.outputs[0].shape = (1, 1000)
    monkeypatch.setattr("tinylite.model.save.ROOT_LIMIT", 1000)
    (found,) = litert(model.to_bytes(), [np.ones((1, 1000), np.float32)])
    assert found[0].tolist() == (np.arange(1000) + 1).tolist()


def test_three_gigabytes_are_read_without_reading_them(tmp_path: Path) -> None:
    """A sparse file: the root table, then 3 GB of weights that the disk need not hold and nobody may touch."""
    model = Model([Graph("main", [], [])])
    model.graph.tensors = [Tensor("huge", (0,), "INT8", np.zeros(0, np.uint8)), Tensor("last", (3,), "INT8", np.array([1, 2, 3], np.uint8))]
    root = save.tables_of(model)
    size = 3 << 30
    root.subgraphs[0].tensors[0].shape = np.array([3 << 20, 1 << 10])
    root.buffers[1].data = None
    root.buffers[1].offset, root.buffers[1].size = 4096, size
    root.buffers[2].data = None
    root.buffers[2].offset, root.buffers[2].size = 4096 + size, 3
    from tinylite.schema.encode import encode

    path = tmp_path / "huge.tflite"
    with open(path, "wb") as file:
        file.write(encode(root))
        file.seek(4096 + size)
        file.write(b"\1\2\3")
    before = memory()
    loaded = Model.load(path)
    assert loaded.graph.tensor("huge").buffer.size == size  # type: ignore[union-attr]
    assert loaded.graph.tensor("last").data.tolist() == [1, 2, 3]  # type: ignore[union-attr]
    assert memory() - before < 64 << 20


@pytest.mark.slow
def test_three_gigabytes_are_written(tmp_path: Path) -> None:
    model = Model([Graph("main", [], [])])
    weights = np.zeros(3 << 30, np.uint8)
    weights[-1] = 7
    model.graph.tensors = [Tensor("huge", (3 << 20, 1 << 10), "UINT8", weights)]
    path = tmp_path / "huge.tflite"
    model.save(path)
    loaded = Model.load(path).graph.tensor("huge").data
    assert loaded is not None and loaded.shape == (3 << 20, 1 << 10) and loaded[-1, -1] == 7


def memory() -> int:
    """Bytes of this process that are in RAM."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_files_attached_to_a_model(tmp_path: Path) -> None:
    path = tmp_path / "labelled.tflite"
    model = small()
    model.associated_files = {"labels.txt": b"a\nb\n"}
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.read("labels.txt") == b"a\nb\n"
    assert Model.load(path).associated_files == model.associated_files


def test_an_attached_archive_that_would_fill_the_memory_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bomb.tflite"
    small().save(path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("labels.txt", b"\0" * 50_000_000)
    assert path.stat().st_size < 100_000
    assert Model.load(path).associated_files == {}


@pytest.mark.parametrize(
    ("table", "field"),
    [("SparsityParameters", 0), ("DimensionMetadata", 1), ("Int32Vector", 0), ("VariantSubType", 1), ("CustomQuantization", 0),
     ("TensorMap", 1), ("SignatureDef", 2), ("OperatorCode", 0), ("Metadata", 0)],
)  # fmt: skip
def test_unknown_fields_are_noticed_in_every_table(table: str, field: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read by a schema that lacks a field that the file has: however deep its table lies, saving would lose it."""
    model = Model.load(sparse())
    x, y = model.graph.inputs[0], model.graph.outputs[0]
    model.signatures = [Signature("serve", model.graph, {"y": y}, {"y": y})]
    model.metadata = [Metadata("note", np.ones(3, np.uint8))]
    x.variant_tensors = [Table("VariantSubType", type="INT32")]
    x.quantization = Quantization(details=Table("CustomQuantization", custom=b"abc"))
    content = model.to_bytes()
    assert not Model.load(content).unknown
    known = {number: slot for number, slot in decode._slots_of(table).items() if number != field}
    monkeypatch.setitem(decode._slots, table, known)
    again = Model.load(content)
    assert set(again.unknown) == {f"field {field} of {table}"}
    with pytest.raises(ModelError, match=f"would lose field {field} of {table}"):
        again.to_bytes()
