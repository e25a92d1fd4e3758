"""Sound models, what helps to break them, and the list of what does."""

from __future__ import annotations

import struct
from collections.abc import Callable

import numpy as np

from tinylite.model import Graph, Metadata, Model, Op, Signature, Tensor
from tinylite.schema.decode import decode
from tinylite.schema.encode import encode
from tinylite.schema.table import Table, fields_of

from ..cases import Case, T

MAKERS: dict[str, Callable[[], bytes]] = {}


def broken(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Mark the maker of a file."""
    MAKERS[make.__name__] = make
    return make


def sound() -> bytes:
    """y = relu(x + w), with a signature and metadata."""
    x, w, z, y = Tensor("x", (1, 4)), Tensor("w", (4,)), Tensor("z", (1, 4)), Tensor("y", (1, 4))
    w.data = np.arange(4, dtype=np.float32)
    graph = Graph("main", [x], [y], [Op("ADD", [x, w], [z]), Op("RELU", [z], [y])], [x, w, z, y])
    signature = Signature("serve", graph, {"in": x}, {"out": y})
    return Model([graph], "sound", signatures=[signature], metadata=[Metadata("note", np.frombuffer(b"hello", np.uint8))]).to_bytes()


def tables(content: bytes | None = None) -> Table:
    """The root table of a file, by default the sound one, to be changed."""
    return decode(np.frombuffer(content or sound(), np.uint8))


def one(code: str, inputs: list[T | None], outputs: list[T], **options: object) -> Table:
    """The root table of a model with one op."""
    return tables(Case(code, inputs, outputs, options).model().to_bytes())


def conv(**options: object) -> Table:
    """An INT8 convolution with a scale for each of four filters: tensors input, filters, bias, output."""
    filters = T((4, 3, 3, 2), "INT8", scale=[0.01, 0.02, 0.03, 0.04], data=np.ones((4, 3, 3, 2)))
    bias = T((4,), "INT32", scale=[1e-4, 2e-4, 3e-4, 4e-4], data=[1, 2, 3, 4])
    input, output = T((1, 6, 6, 2), "INT8", scale=0.01, zero=3), T((1, 6, 6, 4), "INT8", scale=0.03, zero=-128)
    return one("CONV_2D", [input, filters, bias], [output], **{"padding": "SAME", "stride_h": 1, "stride_w": 1, **options})


def file(root: Table) -> bytes:
    return bytes(encode(root))


def follow(content: bytes, at: int) -> int:
    """Where the offset at byte `at` leads."""
    return int(at + struct.unpack_from("<I", content, at)[0])


def place(content: bytes, table: str, at: int, field: str) -> int:
    """The byte of a field of the table at byte `at`."""
    vtable = at - struct.unpack_from("<i", content, at)[0]
    return int(at + struct.unpack_from("<H", content, vtable + 4 + 2 * fields_of(table)[field].id)[0])


def patched(content: bytes, at: int, format: str, value: int) -> bytes:
    """One number written over."""
    data = bytearray(content)
    struct.pack_into(format, data, at, value)
    return bytes(data)
