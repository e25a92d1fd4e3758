"""Small inputs that ask for much, made when a test runs; and a process that measures what each takes at its peak.

`python -m tests.bombs NAME...` prints a line for each: the bytes of the input, the memory that it took at its peak beyond what the
process had, and what came of it. Each runs in a separate fork with little address space, so that one which has no bound
ends with a MemoryError here and not with the machine.
"""

from __future__ import annotations

import bz2
import contextlib
import gc
import io
import lzma
import os
import resource
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from typing import Any

import flatbuffers
import numpy as np

from tinylite import Graph, Interpreter, Metadata, Model, Op, Tensor, TinyliteError
from tinylite.converter.conversion import Arrays, Conversion
from tinylite.files.checkpoint import read_checkpoint
from tinylite.files.graphdef import Function, GraphDef, Node
from tinylite.files.keras import describe_keras
from tinylite.inputs.media import read_input

from .converter.nodes import Nodes

__all__ = ["BOMBS", "measure"]

ADDRESS_SPACE = 3 << 30  # bytes that a fork may take more

BOMBS: dict[str, Callable[[], tuple[int, Callable[[], object]]]] = {}
"""By name: makes an input, and returns its size in bytes and what reads it."""


def bomb(make: Callable[[], tuple[int, Callable[[], object]]]) -> Callable[[], tuple[int, Callable[[], object]]]:
    BOMBS[make.__name__] = make
    return make


def measure(name: str) -> tuple[int, int, str]:
    """The size of an input, the memory that it took, and the result."""
    size, read = BOMBS[name]()
    gc.collect()
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (now + ADDRESS_SPACE, now + ADDRESS_SPACE))
        sys.modules["tensorflow"] = None  # type: ignore[assignment]  # which takes some hundred MB by itself
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            read()
            result = "done"
        except TinyliteError as error:
            result = f"{type(error).__name__}: {error}"
        except BaseException as error:
            result = f"FOREIGN {type(error).__name__}: {error}"
        taken = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
        os.write(theirs, f"{size} {taken} {result}".replace("\n", " ")[:2000].encode())
        os._exit(0)
    os.close(theirs)
    with open(ours, "rb") as pipe:
        said = pipe.read().decode()
    os.waitpid(child, 0)
    size_, taken_, result = said.split(" ", 2) if said else (str(size), "-1", "FOREIGN end of the process")
    return int(size_), int(taken_), result


# ---- .tflite files


def constant(name: str, values: Any, dtype: Any = np.int32) -> Tensor:
    array = np.asarray(values, dtype)
    tensor = Tensor(name, array.shape, {"int32": "INT32", "float32": "FLOAT32"}[array.dtype.name])
    tensor.data = array
    return tensor


def limited(limit: str, read: Callable[[], object]) -> Callable[[], object]:
    """The same under a memory limit."""

    def read_within() -> None:
        os.environ["TINYLITE_MEMORY_LIMIT"] = limit
        read()

    return read_within


def planned(ops: list[Op], inputs: list[Tensor], outputs: list[Tensor]) -> tuple[int, Callable[[], object]]:
    content = Model([Graph("main", inputs, outputs, ops)]).to_bytes()
    return len(content), lambda: Interpreter(model_content=content).allocate_tensors()


def loaded(content: bytes) -> tuple[int, Callable[[], object]]:
    return len(content), lambda: Model.load(content)


class _Flat:
    """Tables by the numbers of their fields, some of which several tables share."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1 << 16)

    def table(self, **fields: int | tuple[str, int]) -> int:
        """Fields are f0=offset, or f0=("i8", number)."""
        self.builder.StartObject(16)
        for name, value in fields.items():
            slot = int(name[1:])
            if isinstance(value, tuple):
                getattr(self.builder, f"Prepend{value[0]}Slot")(slot, value[1], 0)
            else:
                self.builder.PrependUOffsetTRelativeSlot(slot, value, 0)
        return int(self.builder.EndObject())

    def vector(self, offsets: list[int]) -> int:
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return int(self.builder.EndVector())

    def numbers(self, values: np.ndarray) -> int:
        return int(self.builder.CreateNumpyVector(values))

    def text(self, text: str) -> int:
        return int(self.builder.CreateString(text))

    def model(self, **fields: int | tuple[str, int]) -> bytes:
        self.builder.Finish(self.table(f0=("Int32", 3), **fields), b"TFL3")
        return bytes(self.builder.Output())


def _sharing(share: Callable[[_Flat], dict[str, int | tuple[str, int]]], count: int = 4000) -> bytes:
    """A model whose graph lists separate tensors that hold the same."""
    flat = _Flat()
    shared = share(flat)
    tensors = flat.vector([flat.table(**shared) for _ in range(count)])
    return flat.model(f2=flat.vector([flat.table(f0=tensors)]))


@bomb
def shared_name() -> tuple[int, Callable[[], object]]:
    return loaded(_sharing(lambda flat: {"f3": flat.text("x" * 50_000)}))


@bomb
def shared_shape_signature() -> tuple[int, Callable[[], object]]:
    return loaded(_sharing(lambda flat: {"f7": flat.numbers(np.ones(10_000, np.int32))}))


@bomb
def shared_scales() -> tuple[int, Callable[[], object]]:
    return loaded(_sharing(lambda flat: {"f4": flat.table(f2=flat.numbers(np.ones(10_000, np.float32)))}))


@bomb
def shared_tensor_table() -> tuple[int, Callable[[], object]]:
    """The smallest tensor, listed as often as a file of this size may."""
    flat = _Flat()
    tensors = flat.vector([flat.table()] * 20_000)
    return loaded(flat.model(f2=flat.vector([flat.table(f0=tensors)])))


@bomb
def shared_custom_options() -> tuple[int, Callable[[], object]]:
    flat = _Flat()
    options = flat.numbers(np.zeros(100_000, np.uint8))
    ops = flat.vector([flat.table(f5=options) for _ in range(2000)])
    codes = flat.vector([flat.table(f0=("Int8", 32))])
    return loaded(flat.model(f1=codes, f2=flat.vector([flat.table(f3=ops)])))


@bomb
def shared_op_inputs() -> tuple[int, Callable[[], object]]:
    flat = _Flat()
    inputs = flat.numbers(np.full(10_000, -1, np.int32))
    ops = flat.vector([flat.table(f1=inputs) for _ in range(4000)])
    codes = flat.vector([flat.table(f0=("Int8", 0))])
    return loaded(flat.model(f1=codes, f2=flat.vector([flat.table(f3=ops)])))


@bomb
def shared_buffer_data() -> tuple[int, Callable[[], object]]:
    """Buffers that share their bytes would be written one by one."""
    flat = _Flat()
    data = flat.numbers(np.zeros(1_000_000, np.uint8))
    buffers = flat.vector([flat.table(), *(flat.table(f0=data) for _ in range(1000))])
    tensors = flat.vector([flat.table(f2=("Uint32", number)) for number in range(1001)])
    content = flat.model(f4=buffers, f2=flat.vector([flat.table(f0=tensors)]))
    return len(content), lambda: Model.load(content).to_bytes()


@bomb
def shared_metadata_buffer() -> tuple[int, Callable[[], object]]:
    """A thousand entries of metadata that are one buffer."""
    data = np.zeros(1_000_000, np.uint8)
    x = Tensor("x", (1,))
    model = Model([Graph("main", [x], [x])], metadata=[Metadata(str(number), data) for number in range(1000)])
    content = model.to_bytes()
    return len(content), lambda: Model.load(content).to_bytes()


@bomb
def constant_fills() -> tuple[int, Callable[[], object]]:
    """Each constant of 64 MB is made of a few bytes."""
    shape, ops, last = constant("shape", [1 << 24]), [], None
    for number in range(40):
        filled = Tensor(f"filled{number}", (1 << 24,))
        ops.append(Op("FILL", [shape, constant(f"v{number}", number, np.float32)], [filled]))
        if last is not None:
            total = Tensor(f"total{number}", (1 << 24,))
            ops.append(Op("ADD", [last, filled], [total]))
            filled = total
        last = filled
    assert last is not None
    return planned(ops, [], [last])


@bomb
def constant_tiles() -> tuple[int, Callable[[], object]]:
    """What is repeated twice, 28 times over."""
    twice, last, ops = constant("twice", [2]), constant("x", [1.0], np.float32), []
    for number in range(28):
        tiled = Tensor(f"t{number}", (2 << number,))
        ops.append(Op("TILE", [last, twice], [tiled]))
        last = tiled
    return planned(ops, [], [last])


@bomb
def constant_products() -> tuple[int, Callable[[], object]]:
    """Matrices of constants, whose products take minutes."""
    shape, value = constant("shape", [1500, 1500]), constant("value", 1, np.float32)
    made = [Tensor(f"m{number}", (1500, 1500)) for number in range(40)]
    ops = [Op("FILL", [shape, value], [made[0]])]
    ops += [Op("BATCH_MATMUL", [made[number], made[0]], [made[number + 1]]) for number in range(39)]
    return planned(ops, [], [made[-1]])


@bomb
def mirror_of_a_large_input() -> tuple[int, Callable[[], object]]:
    x, y = Tensor("x", (200_000_000,), "INT8"), Tensor("y", (200_000_002,), "INT8")
    return planned([Op("MIRROR_PAD", [x, constant("p", [[1, 1]])], [y], mode="REFLECT")], [x], [y])


@bomb
def maximum_over_a_large_input() -> tuple[int, Callable[[], object]]:
    x, y = Tensor("x", (2, 200_000_000), "INT8"), Tensor("y", (1, 200_000_000), "INT8")
    return planned([Op("REDUCE_MAX", [x, constant("p", [0])], [y], keep_dims=True)], [x], [y])


@bomb
def resized_to_a_long_line() -> tuple[int, Callable[[], object]]:
    x, y = Tensor("x", (1, 1, 2, 1), "INT8"), Tensor("y", (1, 1, 100_000_000, 1), "INT8")
    return planned([Op("RESIZE_BILINEAR", [x, constant("size", [1, 100_000_000])], [y])], [x], [y])


@bomb
def product_of_long_rows() -> tuple[int, Callable[[], object]]:
    x, y, z = Tensor("x", (1, 1, 1), "FLOAT32"), Tensor("y", (1, 1, 60_000_000), "FLOAT32"), Tensor("z", (1, 1, 60_000_000))
    return planned([Op("BATCH_MATMUL", [x, y], [z])], [x, y], [z])


# ---- archives after a model


def _base() -> bytes:
    x, y = Tensor("x", (1, 4)), Tensor("y", (1, 4))
    return Model([Graph("main", [x], [y], [Op("ABS", [x], [y])])]).to_bytes()


def archived(content: bytes, method: int, claim: int | None = None, times: int = 1, dictionary: int | None = None) -> bytes:
    """A model with `times` directory entries that all lead to the same packed file, and say that it unpacks to `claim` bytes."""
    if method == zipfile.ZIP_DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = packer.compress(content) + packer.flush()
    elif method == zipfile.ZIP_BZIP2:
        packed = bz2.compress(content)
    elif method == zipfile.ZIP_LZMA:
        size = 1 << 23
        made = lzma.compress(
            content,
            lzma.FORMAT_RAW,
            filters=[{"id": lzma.FILTER_LZMA1, "dict_size": size, "lc": 3, "lp": 0, "pb": 2, "mode": lzma.MODE_FAST, "mf": lzma.MF_HC3}],
        )
        packed = struct.pack("<BBHBI", 9, 4, 5, 93, size if dictionary is None else dictionary) + made
    else:
        packed = content
    claim = len(content) if claim is None else claim
    sizes = (zlib.crc32(content), len(packed), claim)
    name, base = b"labels.txt", _base()
    file = struct.pack("<4s5H3I2H", b"PK\3\4", 63, 0, method, 0, 0, *sizes, len(name), 0) + name + packed
    entries = b"".join(
        struct.pack("<4s6H3I5H2I", b"PK\1\2", 63, 63, 0, method, 0, 0, *sizes, len(name) + 5, 0, 0, 0, 0, 0, 0) + name + b"%05d" % number
        for number in range(times)
    )
    end = struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, times, times, len(entries), len(file), 0)
    return base + file + entries + end


@bomb
def archive_that_understates() -> tuple[int, Callable[[], object]]:
    return loaded(archived(bytes(1 << 26), zipfile.ZIP_DEFLATED, 100))


@bomb
def archive_of_zeros() -> tuple[int, Callable[[], object]]:
    return loaded(archived(bytes(1 << 26), zipfile.ZIP_DEFLATED))


@bomb
def archive_of_zeros_in_bzip2() -> tuple[int, Callable[[], object]]:
    return loaded(archived(bytes(1 << 26), zipfile.ZIP_BZIP2, 1000))


@bomb
def archive_of_zeros_in_lzma() -> tuple[int, Callable[[], object]]:
    return loaded(archived(bytes(1 << 26), zipfile.ZIP_LZMA, 1000))


@bomb
def archive_with_a_large_dictionary() -> tuple[int, Callable[[], object]]:
    return loaded(archived(b"word\n" * 100, zipfile.ZIP_LZMA, dictionary=0xFFFF_FFFF))


@bomb
def archive_of_one_file_many_times() -> tuple[int, Callable[[], object]]:
    return loaded(archived(np.random.default_rng(0).bytes(100_000), zipfile.ZIP_STORED, times=10_000))


@bomb
def archive_of_one_packed_file_many_times() -> tuple[int, Callable[[], object]]:
    return loaded(archived(bytes(5_000_000), zipfile.ZIP_DEFLATED, times=10_000))


# ---- files for inputs

_DETAILS: dict[str, Any] = {
    "name": "x", "index": 0, "dtype": np.float32, "shape": np.array([1, 4]), "shape_signature": np.array([1, 4]),
    "quantization": (0.0, 0), "quantization_parameters": {"scales": np.zeros(0), "zero_points": np.zeros(0), "quantized_dimension": 0},
}  # fmt: skip


def given(extension: str, content: bytes, **details: Any) -> tuple[int, Callable[[], object]]:
    def read() -> None:
        with tempfile.NamedTemporaryFile(suffix=extension) as file:
            file.write(content)
            file.flush()
            read_input(file.name, {**_DETAILS, **details})

    return len(content), read


def _npy(shape: str, kind: str = "<f4", data: bytes = b"") -> bytes:
    header = f"{{'descr': {kind!r}, 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header + data


@bomb
def npy_of_a_huge_shape() -> tuple[int, Callable[[], object]]:
    return given(".npy", _npy("(1000000000000,)", data=bytes(100)))


@bomb
def npy_of_a_shape_beyond_64_bits() -> tuple[int, Callable[[], object]]:
    return given(".npy", _npy(f"({1 << 62}, {1 << 62})", data=bytes(100)))


@bomb
def npy_of_objects() -> tuple[int, Callable[[], object]]:
    return given(".npy", _npy("(1,)", "|O", b"\x80\x04K\x01."))


@bomb
def npz_of_zeros() -> tuple[int, Callable[[], object]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", _npy("(1, 20000000)", data=bytes(80_000_000)))
    content = packed.getvalue()

    return len(content), limited("5e7", given(".npz", content)[1])


@bomb
def npz_that_understates() -> tuple[int, Callable[[], object]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", _npy("(1, 20000000)", data=bytes(80_000_000)))
    content = bytearray(packed.getvalue())
    struct.pack_into("<I", content, content.rfind(b"PK\1\2") + 24, 1000)
    return given(".npz", bytes(content))


@bomb
def npz_in_bzip2_that_understates() -> tuple[int, Callable[[], object]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", _npy("(1, 20000000)", data=bytes(80_000_000)))
    content = bytearray(packed.getvalue())
    struct.pack_into("<I", content, content.rfind(b"PK\1\2") + 24, 1000)
    return given(".npz", bytes(content))


@bomb
def keras_archive_that_understates() -> tuple[int, Callable[[], object]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("config.json", bytes(1 << 26))
    content = bytearray(packed.getvalue())
    struct.pack_into("<I", content, content.rfind(b"PK\1\2") + 24, 1000)
    return len(content), lambda: describe_keras(bytes(content))


# ---- checkpoints


@bomb
def checkpoint_of_one_block_many_times() -> tuple[int, Callable[[], object]]:
    """An index whose entries all lead to one block of empty entries."""

    def block(body: bytes) -> bytes:
        return body + struct.pack("<II", 0, 1) + bytes(5)

    def number(value: int) -> bytes:
        return (bytes([value & 127 | 128]) + number(value >> 7)) if value > 127 else bytes([value])

    entries = b"\0\1\0a" * 10_000
    data = block(entries)
    handle = number(0) + number(len(data) - 5)
    index = block((b"\0\1" + bytes([len(handle)]) + b"a" + handle) * 10_000)
    footer = (bytes(2) + number(len(data)) + number(len(index) - 5)).ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    content = data + index + footer

    def read() -> None:
        with tempfile.TemporaryDirectory() as folder:
            with open(f"{folder}/model.index", "wb") as file:
                file.write(content)
            read_checkpoint(f"{folder}/model")

    return len(content), read


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(bytes(1 + width) * min(height, 1000))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 0, 0, 0, 0))
        + chunk(b"IDAT", rows)
        + chunk(b"IEND", b"")
    )


@bomb
def png_of_many_pixels() -> tuple[int, Callable[[], object]]:
    return given(".png", _png(100_000, 100_000), shape_signature=np.array([1, 8, 8, 1]))


@bomb
def png_within_pillow_s_limit() -> tuple[int, Callable[[], object]]:
    size, read = given(".png", _png(12_000, 12_000), shape_signature=np.array([1, 8, 8, 1]))
    return size, limited("1e8", read)


@bomb
def picture_for_a_huge_input() -> tuple[int, Callable[[], object]]:
    return given(".png", _png(10, 10), shape_signature=np.array([1, 60_000, 60_000, 3]))


@bomb
def sound_for_a_huge_input() -> tuple[int, Callable[[], object]]:
    import wave

    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(bytes(100))
    return given(".wav", content.getvalue(), shape_signature=np.array([1, 1 << 34]))


# ---- GraphDefs


def converted(nodes: Nodes, *outputs: str) -> tuple[int, Callable[[], object]]:
    """A graph in memory: what it would take as a file is about the size of its constants."""
    return 1000 * len(nodes.nodes), lambda: nodes.convert(*outputs)


def _splat(nodes: Nodes, *shape: int) -> str:
    """A constant of one value, as a file holds it: no memory."""
    name = nodes.constant(np.float32(1))
    nodes.nodes[-1].attributes["value"] = np.broadcast_to(np.float32(1), shape)
    return name


@bomb
def graph_of_constants_of_one_value() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    x = nodes.input(1)
    size, read = converted(nodes, *(nodes.add("Add", x, _splat(nodes, 1 << 23)) for _ in range(50)))
    return size, limited("1e8", read)


@bomb
def graph_that_doubles() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    last = nodes.constant(np.zeros(1000, np.float32))
    for _ in range(40):
        last = nodes.add("ConcatV2", last, last, 0)
    return converted(nodes, nodes.add("Add", nodes.input(1), last))


@bomb
def graph_of_a_column_and_a_row() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    total = nodes.add("Add", np.zeros((50_000, 1), np.float32), np.zeros((1, 50_000), np.float32))
    return converted(nodes, nodes.add("Add", nodes.input(1), total))


@bomb
def graph_of_an_outer_product() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    total = nodes.add("MatMul", np.zeros((50_000, 1), np.float32), np.zeros((1, 50_000), np.float32))
    return converted(nodes, nodes.add("Add", nodes.input(1), total))


@bomb
def graph_of_a_long_einsum() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    total = nodes.add("Einsum", *[np.zeros(300, np.float32)] * 5, equation="a,b,c,d,e->", N=5)
    return converted(nodes, nodes.add("Add", nodes.input(1), total))


@bomb
def graph_that_gathers_rows_again_and_again() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    total = nodes.add("GatherV2", np.zeros((2, 100_000), np.float32), np.zeros(100_000, np.int32), 0)
    return converted(nodes, nodes.add("Add", nodes.input(1), total))


@bomb
def graph_that_takes_a_constant_apart() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    parts = nodes.add("Unpack", np.zeros(3_000_000, np.int32), num=2, axis=0)
    size, read = converted(nodes, nodes.add("AddV2", parts, nodes.input(1, dtype="int32")))
    return size + 12_000_000, read


@bomb
def graph_of_ops_that_fail_with_many_outputs() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    x = nodes.input(7)
    return converted(nodes, *(nodes.add("Split", 0, x, num_split=60_000) for _ in range(1000)))


@bomb
def graph_of_ops_with_many_outputs() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    x = nodes.input(60_000)
    return converted(nodes, *(nodes.add("Split", 0, x, num_split=60_000) for _ in range(200)))


@bomb
def graph_of_functions_that_call_functions() -> tuple[int, Callable[[], object]]:
    """Each calls the one before twice."""
    functions = {}
    for number in range(30):
        inner, ends = ("Neg", "y") if number == 0 else (f"f{number - 1}", "r")
        made = [Node("a", inner, ["x"], {"T": "FLOAT32"}), Node("b", inner, [f"a:{ends}"], {"T": "FLOAT32"})]
        functions[f"f{number}"] = Function(f"f{number}", [("x", "FLOAT32")], [("r", "FLOAT32")], made, {"r": f"b:{ends}"})
    graph = GraphDef([Node("x0", "Placeholder", [], {"dtype": "FLOAT32", "shape": (1,)}), Node("y", "f29", ["x0"], {})], functions)
    return 4000, lambda: Conversion(graph, Arrays(["x0"]), Arrays(["y"]))


@bomb
def graph_of_a_large_band() -> tuple[int, Callable[[], object]]:
    nodes = Nodes()
    return converted(nodes, nodes.add("MatrixBandPart", nodes.input(40_000, 40_000), 1, 1))


def main(names: list[str]) -> None:
    for name in names or BOMBS:
        with contextlib.suppress(BrokenPipeError):
            size, taken, result = measure(name)
            print(f"{name} {size} {taken} {result}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
