"""Zip archives whose writer is not trusted: .npz files, .keras files, and the label lists that are attached to models.

A directory may say anything of what a file unpacks to, and a few bytes may unpack to gigabytes: here nothing is unpacked
beyond what the directory says, which callers check first, and what is wrong is a BadZipFile of whatever the readers stumble over.
"""

from __future__ import annotations

import errno
import io
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from ..limits import size_text

if TYPE_CHECKING:
    import zipfile

__all__ = ["attached_files", "directory", "member", "unpacked"]

_END = b"PK\x05\x06"
_FARTHEST_END = 22 + 65535  # an end record, and the longest comment after it
# What all attached files may take: a label list shrinks to a tenth or so, and one of a few bytes may shrink to less.
_FREE, _GROWTH = 1 << 20, 64
_MOST_NOTES = 10
_LOCAL_HEADER = 30
_STORED, _DEFLATED, _BZIP2, _LZMA = 0, 8, 12, 14
_ENCRYPTED = 1


def directory(data: np.ndarray) -> list[zipfile.ZipInfo]:
    """The entries of the archive that uint8 [bytes] hold, or end with. Raises BadZipFile."""
    import zipfile

    try:
        with zipfile.ZipFile(io.BufferedReader(_Reader(data))) as archive:
            return archive.infolist()
    except MemoryError:
        raise
    except Exception as error:  # of all types
        raise zipfile.BadZipFile(_reason(error)) from None


def unpacked(entry: zipfile.ZipInfo, data: np.ndarray) -> bytes:
    """What an entry of the directory of `data` unpacks to, never more than its `file_size`. Raises BadZipFile."""
    return bytes(member(entry, data))


def member(entry: zipfile.ZipInfo, data: np.ndarray, checked: bool = True) -> memoryview:
    """The same without a copy where it is stored as it is: part of `data` then. Whoever checks it otherwise can do without the CRC32."""
    import zipfile

    try:
        return _content(entry, data, checked)
    except MemoryError:
        raise
    except Exception as error:
        raise zipfile.BadZipFile(_reason(error)) from None


def attached_files(data: np.ndarray) -> tuple[dict[str, bytes], list[str]]:
    """The files in the archive that TensorFlow Lite's metadata tools append to a model, by name, and notes on what cannot be read.

    `data` is the whole file, uint8 [bytes]. A model does not need them: what is damaged, or unpacks to far more than it takes,
    is left out, and a note says so.
    """
    if _END not in bytes(data[-_FARTHEST_END:]):
        return {}, []
    import zipfile

    files: dict[str, bytes] = {}
    notes = []
    try:
        entries = directory(data)
    except zipfile.BadZipFile as error:
        return {}, [f"the archive of attached files is damaged ({error}); they are left out"]
    claimed = sum(entry.file_size for entry in entries)
    # Several may say that they are made of the same bytes: together they have no more than there are.
    allowed = _FREE + _GROWTH * min(sum(entry.compress_size for entry in entries), data.size)
    if claimed > allowed:
        much = f"{size_text(claimed)}, more than {size_text(allowed)}"
        return {}, [f"its {len(entries)} attached files would unpack to {much}; they are left out"]
    for entry in entries:
        try:
            files[entry.filename] = unpacked(entry, data)
        except zipfile.BadZipFile as error:
            notes.append(f"the attached file {entry.filename!r} is damaged ({error}); it is left out")
    if len(notes) > _MOST_NOTES:
        notes[_MOST_NOTES:] = [f"{len(notes) - _MOST_NOTES} more attached files are damaged; they are left out"]
    return files, notes


def _reason(error: Exception) -> str:
    return str(error)[:200] or type(error).__name__


def _content(entry: zipfile.ZipInfo, data: np.ndarray, checked: bool) -> memoryview:
    if entry.flag_bits & _ENCRYPTED:
        raise ValueError("it is encrypted")
    start = entry.header_offset
    header = bytes(data[start : start + _LOCAL_HEADER])
    if len(header) < _LOCAL_HEADER or header[:4] != b"PK\x03\x04":
        raise ValueError(f"there is no file at byte {start}")
    start += _LOCAL_HEADER + sum(struct.unpack_from("<HH", header, 26))
    packed = data[start : start + entry.compress_size].data
    if len(packed) < entry.compress_size:
        raise ValueError("it reaches over the end")
    content = packed if entry.compress_type == _STORED else memoryview(_decompressed(entry, packed))
    if len(content) != entry.file_size or (checked and zlib.crc32(content) != entry.CRC):
        raise ValueError("its length or checksum is not what the directory says")
    return content


def _decompressed(entry: zipfile.ZipInfo, packed: memoryview) -> bytes:
    """At most one byte more than a file should have."""
    most = entry.file_size + 1
    if entry.compress_type == _DEFLATED:
        return zlib.decompressobj(-15).decompress(packed, most)
    if entry.compress_type == _BZIP2:
        import bz2

        return bz2.BZ2Decompressor().decompress(packed, most)
    if entry.compress_type == _LZMA:
        return _decompressed_lzma(packed, most)
    raise ValueError(f"it is packed by method {entry.compress_type}")


def _decompressed_lzma(packed: memoryview, most: int) -> bytes:
    """Two bytes of version, the length of the properties, those (a byte, and the size of the dictionary), then a raw stream."""
    import lzma

    (length,) = struct.unpack_from("<H", packed, 2)
    mixed, dictionary = struct.unpack_from("<BI", packed, 4)
    if length != 5 or mixed >= 9 * 5 * 5:
        raise ValueError("its properties are not those of LZMA")
    unpacker = lzma.LZMADecompressor(
        lzma.FORMAT_RAW,
        # No distance is greater than the file: what else a dictionary asks for would only be memory.
        filters=[{"id": lzma.FILTER_LZMA1, "dict_size": max(min(dictionary, most), 4096),
                  "lc": mixed % 9, "lp": mixed // 9 % 5, "pb": mixed // 45}],
    )  # fmt: skip
    return unpacker.decompress(packed[4 + length :], most)


class _Reader(io.RawIOBase):
    """The bytes of an array as a file, not copied."""

    def __init__(self, data: np.ndarray) -> None:
        self.data = data.data
        self.at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        at = offset + (0, self.at, len(self.data))[whence]
        if at < 0:
            raise OSError(errno.EINVAL, f"byte {at} is before the start")  # as files do
        self.at = at
        return at

    def tell(self) -> int:
        return self.at

    def readinto(self, buffer: Any) -> int:
        part = self.data[self.at : self.at + len(buffer)]
        buffer[: len(part)] = part
        self.at += len(part)
        return len(part)
