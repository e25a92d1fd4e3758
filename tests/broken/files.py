"""Something else than a .tflite file, and bytes that are not a flatbuffer."""

from __future__ import annotations

import io
import struct
import zipfile

from tinylite.schema.table import Table

from .sound import broken, file, follow, patched, place, sound, tables


@broken
def empty() -> bytes:
    """No bytes at all."""
    return b""


@broken
def graphdef() -> bytes:
    """A frozen TensorFlow graph (.pb) under a new name: a NodeDef with name and op."""
    node = b"\x0a\x01x\x12\x0bPlaceholder"
    return b"\x0a" + bytes([len(node)]) + node


@broken
def saved_model() -> bytes:
    """A saved_model.pb under a new name."""
    return b"\x08\x01\x12\x04\x0a\x02\x0a\x00"


@broken
def zip_archive() -> bytes:
    """A zip archive, as a .keras model is."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(zipfile.ZipInfo("config.json"), "{}")
    return content.getvalue()


@broken
def hdf5() -> bytes:
    """The start of a Keras .h5 file."""
    return b"\x89HDF\r\n\x1a\n" + bytes(88)


@broken
def text() -> bytes:
    """Somebody's notes."""
    return b"The model is on the other disk.\n"


@broken
def web_page() -> bytes:
    """What a server sends in place of a file."""
    return b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n"


@broken
def lfs_pointer() -> bytes:
    """A Git LFS pointer."""
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"


@broken
def identifier_tfl2() -> bytes:
    """The format before this one."""
    return sound().replace(b"TFL3", b"TFL2", 1)


@broken
def size_in_front() -> bytes:
    """A size-prefixed flatbuffer."""
    return struct.pack("<I", len(sound())) + sound()


@broken
def zeros() -> bytes:
    """A file that was never written after the disk had made room for it."""
    return bytes(len(sound()))


@broken
def truncated_in_header() -> bytes:
    """Its first eight bytes only."""
    return sound()[:8]


@broken
def truncated_in_half() -> bytes:
    """A download that was cut short."""
    return sound()[: len(sound()) // 2]


@broken
def truncated_by_8_bytes() -> bytes:
    """The end is missing."""
    return sound()[:-8]


@broken
def root_outside() -> bytes:
    """The root table lies past the end."""
    return patched(sound(), 0, "<I", 1 << 30)


@broken
def vtable_outside() -> bytes:
    """The root table's vtable lies before the file."""
    return patched(sound(), follow(sound(), 0), "<i", 1 << 30)


@broken
def vtable_too_long() -> bytes:
    """The root table's vtable reaches over the end."""
    root = follow(sound(), 0)
    return patched(sound(), root - struct.unpack_from("<i", sound(), root)[0], "<H", 0xFFFE)


@broken
def table_too_long() -> bytes:
    """The root table says that it is longer than the file."""
    root = follow(sound(), 0)
    return patched(sound(), root - struct.unpack_from("<i", sound(), root)[0] + 2, "<H", 0xFFFF)


@broken
def field_behind_its_table() -> bytes:
    """The vtable says that the version lies after the root table's end."""
    root = follow(sound(), 0)
    return patched(sound(), root - struct.unpack_from("<i", sound(), root)[0] + 4, "<H", 0x7000)


@broken
def vector_overflows() -> bytes:
    """A vector of 4,294,967,295 graphs: its length in bytes does not fit 32 bits."""
    graphs = follow(sound(), place(sound(), "Model", follow(sound(), 0), "subgraphs"))
    return patched(sound(), graphs, "<I", 0xFFFFFFFF)


@broken
def string_without_end() -> bytes:
    """A description of 2,147,483,647 characters."""
    text = follow(sound(), place(sound(), "Model", follow(sound(), 0), "description"))
    return patched(sound(), text, "<I", 0x7FFFFFFF)


@broken
def offset_to_itself() -> bytes:
    """A graph that is said to lie where its own offset lies: a cycle, if anything."""
    graphs = follow(sound(), place(sound(), "Model", follow(sound(), 0), "subgraphs"))
    return patched(sound(), graphs + 4, "<I", 0)


@broken
def shared_tables() -> bytes:
    """Two thousand operator codes that are one and the same table: a file in which tables are shared so can unfold without end."""
    root = tables()
    root.operator_codes = [Table("OperatorCode", version=2)] * 2000
    content = file(root)
    codes = follow(content, place(content, "Model", follow(content, 0), "operator_codes"))
    first, last = follow(content, codes + 4), follow(content, codes + 4 * 2000)
    vtable = last - struct.unpack_from("<i", content, last)[0]
    cut = (vtable - first) // 4 * 4
    content = content[: vtable - cut] + content[vtable:]  # the last table is left, with its vtable in front
    for entry in range(codes + 4, codes + 4 + 4 * 2000, 4):
        content = patched(content, entry, "<I", last - cut - entry)
    return content
