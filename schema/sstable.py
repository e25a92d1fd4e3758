"""Sorted tables of keys and values, as TensorFlow keeps checkpoints in (LevelDB's format, without its compression).

A table ends with a footer that leads to an index, a block whose values lead to the blocks of the table. An entry of a
block says how many bytes its key shares with the one before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from .table import FormatError
from .wire import varint

__all__ = ["entries"]

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_GROWTH = 64
_ENTRY = 128  # bytes that an entry is counted as beside its key and value: it becomes an object
_TRAILER = 5  # bytes after a block: its compression, and a checksum


def entries(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """All keys and values in order. Raises FormatError."""
    if len(data) < _FOOTER or struct.unpack_from("<Q", data, len(data) - 8)[0] != _MAGIC:
        raise FormatError("it does not end as a table does")
    at = len(data) - _FOOTER
    for _ in range(2):  # of something that tables of TensorFlow leave empty, which the index follows
        at = varint(data, at, len(data))[1]
    # What entries may take altogether: with keys that share, and blocks that the index leads to twice, a small file could have
    # them without end.
    spare = [_GROWTH * len(data) + (1 << 20)]
    for _, handle in _block(data, data[at:], spare):
        yield from _block(data, handle, spare)


def _block(data: memoryview, handle: memoryview, spare: list[int]) -> Iterator[tuple[bytes, memoryview]]:
    """The entries of the block that a handle leads to."""
    start, at = varint(handle, 0, len(handle))
    size, _ = varint(handle, at, len(handle))
    end = start + size
    if end + _TRAILER > len(data) or size < 4:
        raise FormatError(f"a block reaches from byte {start} to {end}, and the file ends at {len(data)}")
    if data[end] != 0:
        raise FormatError(f"the block at byte {start} is compressed")
    end -= 4 * (1 + struct.unpack_from("<I", data, end - 4)[0])
    key, at = b"", start
    while at < end:
        shared, at = varint(data, at, end)
        more, at = varint(data, at, end)
        length, at = varint(data, at, end)
        spare[0] -= _ENTRY + shared + more + length
        if spare[0] < 0:
            raise FormatError(f"its entries take more than {_GROWTH} times the {len(data)} bytes of the file")
        if shared > len(key) or at + more + length > end:
            raise FormatError(f"the entry before byte {at} is longer than its block")
        key = key[:shared] + bytes(data[at : at + more])
        at += more + length
        yield key, data[at - length : at]
