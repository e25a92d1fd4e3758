"""What a checkpoint holds, read from its index: sound ones of both versions, and damaged ones."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from tinylite import CorruptFileError, FileError
from tinylite.files.checkpoint import Variable, read_checkpoint
from tinylite.schema.sstable import entries
from tinylite.schema.table import FormatError

from .wire import binary, varint

MAGIC = 0xDB4775248B80FB57


def block(pairs: Sequence[tuple[bytes, bytes]]) -> bytes:
    """A block whose keys share what they can, without its trailer."""
    out, last = b"", b""
    for key, value in pairs:
        shared = next((n for n, (a, b) in enumerate(zip(key, last, strict=False)) if a != b), min(len(key), len(last)))
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return out + struct.pack("<II", 0, 1)


def table(blocks: Sequence[Sequence[tuple[bytes, bytes]]], compression: int = 0) -> bytes:
    """A sorted table of some blocks, an index and a footer."""
    out = b""

    def add(content: bytes, kind: int = 0) -> bytes:
        nonlocal out
        handle = varint(len(out)) + varint(len(content))
        out += content + bytes([kind]) + bytes(4)
        return handle

    handles = [(pairs[-1][0], add(block(pairs), compression)) for pairs in blocks]
    footer = add(block([])) + add(block(handles))
    return out + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def entry(type: str, *shape: int) -> bytes:
    dims = "".join(f"dim {{ size: {size} }} " for size in shape)
    return binary(f"dtype: {type} shape {{ {dims} }} size: {4 * int(np.prod(shape))}", "BundleEntryProto")


HEADER = binary("num_shards: 2 version { producer: 1 }", "BundleHeaderProto")
SOUND = table(
    [[(b"", HEADER), (b"dense/bias", entry("DT_FLOAT", 3))], [(b"dense/kernel", entry("DT_FLOAT", 4, 3)), (b"step", entry("DT_INT64"))]]
)
VARIABLES = [
    Variable("dense/bias", "FLOAT32", (3,), 12), Variable("dense/kernel", "FLOAT32", (4, 3), 48), Variable("step", "INT64", (), 4),
]  # fmt: skip


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    path = tmp_path / "model.ckpt-10"
    path.with_name(f"{path.name}.index").write_bytes(SOUND)
    path.with_name(f"{path.name}.data-00000-of-00002").write_bytes(bytes(64))
    return path


@pytest.mark.parametrize("ending", ["", ".index", ".data-00000-of-00002", "/.."])
def test_any_of_its_files_leads_to_a_checkpoint(prefix: Path, ending: str) -> None:
    found = read_checkpoint(str(prefix.parent) if ending == "/.." else f"{prefix}{ending}")
    assert (found.prefix, found.version, found.shards, found.has_objects, found.variables) == (str(prefix), 2, 2, False, VARIABLES)


def test_a_directory_says_which_of_its_checkpoints_is_meant(prefix: Path) -> None:
    other = prefix.with_name("model.ckpt-20.index")
    other.write_bytes(table([[(b"", HEADER), (b"_CHECKPOINTABLE_OBJECT_GRAPH", entry("DT_STRING"))]]))
    assert read_checkpoint(str(prefix.parent)).has_objects  # the newer file
    state = prefix.with_name("checkpoint")
    for name in ("model.ckpt-10", "/moved/from/model.ckpt-10"):
        state.write_text(f'model_checkpoint_path: "{name}"\nall_model_checkpoint_paths: "model.ckpt-20"\n')
        for path in (prefix.parent, state):
            assert read_checkpoint(str(path)).prefix == str(prefix)


def test_version_1_is_one_file(tmp_path: Path) -> None:
    meta = """meta { tensor { name: "v" shape { dim { size: 2 } } type: DT_INT32 }
                     tensor { name: "w" shape { unknown_rank: true } type: DT_FLOAT_REF } }"""
    path = tmp_path / "model.ckpt"
    path.write_bytes(table([[(b"", binary(meta, "SavedTensorSlices")), (b"\0data", b"?")]]))
    found = read_checkpoint(str(path))
    assert (found.version, found.variables) == (1, [Variable("v", "INT32", (2,)), Variable("w", "FLOAT32", None)])


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "it does not end as a table does"), (SOUND[:-1], "it does not end as a table does"),
        (SOUND[8:], "block"), (table([[(b"", HEADER)]], compression=1), "the block at byte 0 is compressed"),
        (struct.pack("<48sQ", b"\0\0\xff\xff\xff\xff\x7f\xff\xff\xff\xff\x7f", MAGIC)[8:], "a block reaches"),
        (struct.pack("<48sQ", b"\xff" * 40, MAGIC)[8:], "ten bytes"),
        (table([[(b"", HEADER), (b"v", b"\x0a")]]), "cut off"),
    ],
)  # fmt: skip
def test_damaged_ones_say_file_and_problem(prefix: Path, content: bytes, said: str) -> None:
    index = prefix.with_name(f"{prefix.name}.index")
    index.write_bytes(content)
    with pytest.raises(CorruptFileError, match=said) as caught:
        read_checkpoint(str(prefix))
    assert str(caught.value).startswith(str(index)) and caught.value.remedy


def test_missing_ones(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "model.ckpt"):
        with pytest.raises(FileError, match="there is no checkpoint"):
            read_checkpoint(str(path))


def test_keys_that_unfold_without_end_are_refused() -> None:
    """Each entry takes three bytes, and says that its key is the long one before."""
    long = b"k" * 10_000
    content = varint(0) + varint(len(long)) + varint(0) + long + (varint(len(long)) + b"\0\0") * 100_000 + struct.pack("<II", 0, 1)
    handles = block([(b"z", varint(0) + varint(len(content)))])
    footer = varint(0) + varint(0) + varint(len(content) + 5) + varint(len(handles))
    with pytest.raises(FormatError, match="take more than 64 times"):
        list(entries(memoryview(content + bytes(5) + handles + bytes(5) + footer.ljust(40, b"\0") + struct.pack("<Q", MAGIC))))


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_any_damage_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(SOUND)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 9))] = data.draw(st.integers(0, 255))
    try:
        list(entries(memoryview(bytes(content))))
    except FormatError as error:
        assert error.problem


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("version", [1, 2])
def test_lists_what_tensorflow_saves(version: int, tmp_path: Path) -> None:
    tf = pytest.importorskip("tensorflow", exc_type=ImportError)
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        for number in range(40):
            tf.compat.v1.get_variable(f"layer_{number}/kernel", (3, number), use_resource=False)
        tf.compat.v1.get_variable("step", (), tf.int64, use_resource=False)
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(write_version=version).save(session, str(tmp_path / "model.ckpt"))
    found = read_checkpoint(str(tmp_path))
    wanted = {name: tuple(shape) for name, shape in tf.train.list_variables(str(tmp_path / "model.ckpt"))}
    assert found.version == version and {entry.name: entry.shape for entry in found.variables} == wanted
