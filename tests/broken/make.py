"""Write the broken files of this folder, and the error that each gives: `python -m tests.broken.make`, then read the diff.

Each function below is one file: its name is the file's, its docstring says how that is broken. expected.json has the errors.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tinylite.model import Graph, Metadata, Model, Op, Signature, Tensor
from tinylite.schema.decode import decode
from tinylite.schema.encode import encode
from tinylite.schema.table import Table, fields_of

from ..cases import Case, T
from ..ops.unidirectional_sequence_lstm import float_lstm

FOLDER = Path(__file__).parent
MAKERS: dict[str, Callable[[], bytes]] = {}


def broken(make: Callable[[], bytes]) -> Callable[[], bytes]:
    """Mark the maker of a file."""
    MAKERS[make.__name__] = make
    return make


# ---- sound models, and what helps to break them


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


# ---- something else than a .tflite file


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


# ---- bytes that are no flatbuffer


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
    """The root table lies behind the end."""
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
    """The vtable says that the version lies behind the root table's end."""
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


# ---- numbers that refer to nothing


@broken
def no_graph() -> bytes:
    """A model without a graph."""
    root = tables()
    root.subgraphs = []
    return file(root)


@broken
def tensor_index_in_op() -> bytes:
    """An op reads tensor 9 of 4."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, 9])
    return file(root)


@broken
def tensor_index_negative() -> bytes:
    """An op reads tensor -2; only -1 means none."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, -2])
    return file(root)


@broken
def tensor_index_in_outputs() -> bytes:
    """The graph's output is tensor 4 of 4."""
    root = tables()
    root.subgraphs[0].outputs = np.array([4])
    return file(root)


@broken
def output_left_out() -> bytes:
    """An op writes tensor -1."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([-1])
    return file(root)


@broken
def opcode_index() -> bytes:
    """An op is number 7 of 2 kinds."""
    root = tables()
    root.subgraphs[0].operators[1].opcode_index = 7
    return file(root)


@broken
def buffer_index() -> bytes:
    """A constant's data are in a buffer that is not there."""
    root = tables()
    root.subgraphs[0].tensors[1].buffer = 50
    return file(root)


@broken
def buffer_behind_the_end() -> bytes:
    """A buffer that lies behind the root table, and the file ends before it."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data, buffer.offset, buffer.size = None, 1 << 40, 16
    return file(root)


@broken
def buffer_end_overflows() -> bytes:
    """Offset and size of a buffer add up to more than 64 bits."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data, buffer.offset, buffer.size = None, 64, (1 << 64) - 1
    return file(root)


@broken
def custom_options_behind_the_end() -> bytes:
    """Large custom options that are not in the file."""
    root = tables()
    root.subgraphs[0].operators[0].large_custom_options_offset = 1 << 33
    root.subgraphs[0].operators[0].large_custom_options_size = 8
    return file(root)


@broken
def external_buffer() -> bytes:
    """Data in another file, which the file does not describe."""
    root = tables()
    root.subgraphs[0].tensors[1].external_buffer = 3
    return file(root)


@broken
def metadata_buffer() -> bytes:
    """Metadata in a buffer that is not there."""
    root = tables()
    root.metadata[0].buffer = 1000
    return file(root)


@broken
def graph_index() -> bytes:
    """A branch of IF is graph 5 of 1."""
    x, y = Tensor("x", (1,), "BOOL"), Tensor("y", (1,), "BOOL")
    graph = Graph("main", [x], [y], [], [x, y])
    graph.ops = [Op("IF", [x, x], [y], then_subgraph_index=graph, else_subgraph_index=graph)]
    root = tables(Model([graph]).to_bytes())
    root.subgraphs[0].operators[0].builtin_options.else_subgraph_index = 5
    return file(root)


@broken
def signature_tensor() -> bytes:
    """A signature names a tensor that is not there."""
    root = tables()
    root.signature_defs[0].outputs[0].tensor_index = 11
    return file(root)


@broken
def signature_graph() -> bytes:
    """A signature is of a graph that is not there."""
    root = tables()
    root.signature_defs[0].subgraph_index = 3
    return file(root)


@broken
def signature_without_name() -> bytes:
    """A signature's input has no name."""
    root = tables()
    root.signature_defs[0].inputs[0].name = None
    return file(root)


@broken
def signature_name_twice() -> bytes:
    """A signature's two inputs have one name."""
    root = tables()
    root.signature_defs[0].inputs *= 2
    return file(root)


# ---- tensors that cannot be


@broken
def negative_dimension() -> bytes:
    """The input's shape has -4 in it."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1, -4])
    return file(root)


@broken
def shape_overflows() -> bytes:
    """Dimensions whose product does not fit 64 bits and is 0 in 64 bits."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1 << 16] * 4)
    return file(root)


@broken
def shape_overflows_with_zero() -> bytes:
    """The same, but the tensor is empty."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([0, 1 << 30, 1 << 30, 1 << 30])
    return file(root)


@broken
def too_many_dimensions() -> bytes:
    """A hundred dimensions of 1."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.ones(100, np.int32)
    return file(root)


@broken
def buffer_too_short() -> bytes:
    """A constant of four floats with two."""
    root = tables()
    buffer = root.buffers[root.subgraphs[0].tensors[1].buffer]
    buffer.data = buffer.data[:8]
    return file(root)


@broken
def huge_constant() -> bytes:
    """A constant that says it is 4 GB long, in a file of some hundred bytes."""
    root = tables()
    root.subgraphs[0].tensors[1].shape = np.array([1 << 30])
    return file(root)


@broken
def huge_input() -> bytes:
    """An input of 4 TB; inputs need no data in the file."""
    root = tables()
    root.subgraphs[0].tensors[0].shape = np.array([1 << 20, 1 << 18, 4])
    return file(root)


@broken
def unknown_type() -> bytes:
    """A tensor type that the schema does not have."""
    root = tables()
    root.subgraphs[0].tensors[0].type = 99
    return file(root)


@broken
def text_tensor() -> bytes:
    """Text where numbers should be."""
    root = tables()
    root.subgraphs[0].tensors[0].type = "STRING"
    return file(root)


@broken
def another_type() -> bytes:
    """The inputs of an ADD differ in type."""
    root = tables()
    root.subgraphs[0].tensors[0].type = "INT32"
    return file(root)


@broken
def zero_scale() -> bytes:
    """An input with a scale of 0."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.scale = np.zeros(1)
    return file(root)


@broken
def nan_scale() -> bytes:
    """An output with a scale that is not a number."""
    root = conv()
    root.subgraphs[0].tensors[3].quantization.scale = np.full(1, np.nan)
    return file(root)


@broken
def negative_scale() -> bytes:
    """A filter with a scale below 0."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.scale = np.array([0.01, 0.02, -0.03, 0.04])
    return file(root)


@broken
def tiny_scale() -> bytes:
    """An output with a scale that has no inverse."""
    root = conv()
    root.subgraphs[0].tensors[3].quantization.scale = np.array([1e-45])
    return file(root)


@broken
def activation_out_of_reach() -> bytes:
    """An output whose RELU6 ends at 6 / 1e-37."""
    root = conv(fused_activation_function="RELU6")
    for tensor in (0, 3):
        root.subgraphs[0].tensors[tensor].quantization.scale = np.array([1e-37])
    return file(root)


@broken
def scales_make_infinity() -> bytes:
    """Scales that are numbers, and their quotient is too large for fixed point."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.scale = np.array([3e38])
    root.subgraphs[0].tensors[3].quantization.scale = np.array([1e-30])
    return file(root)


@broken
def no_quantization() -> bytes:
    """An INT8 input without a scale."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization = None
    return file(root)


@broken
def scale_count() -> bytes:
    """Three scales for four filters."""
    root = conv()
    quantization = root.subgraphs[0].tensors[1].quantization
    quantization.scale, quantization.zero_point = quantization.scale[:3], quantization.zero_point[:3]
    return file(root)


@broken
def zero_point_count() -> bytes:
    """Four scales with two zero points."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.zero_point = np.zeros(2, np.int64)
    return file(root)


@broken
def zero_point_outside() -> bytes:
    """A zero point that no INT8 is."""
    root = conv()
    root.subgraphs[0].tensors[0].quantization.zero_point = np.array([1000])
    return file(root)


@broken
def quantized_dimension_outside() -> bytes:
    """The filters' scales lie along dimension 7."""
    root = conv()
    root.subgraphs[0].tensors[1].quantization.quantized_dimension = 7
    return file(root)


# ---- graphs that cannot be


@broken
def read_before_written() -> bytes:
    """A cycle: the first op reads what the second one makes of its output."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0, 3])
    return file(root)


@broken
def written_twice() -> bytes:
    """Two ops write one tensor."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([2])
    root.subgraphs[0].outputs = np.array([2])
    return file(root)


@broken
def writes_a_constant() -> bytes:
    """An op writes a constant."""
    root = tables()
    root.subgraphs[0].operators[0].outputs = np.array([1])
    root.subgraphs[0].operators[1].inputs = np.array([1])
    return file(root)


@broken
def writes_an_input() -> bytes:
    """An op writes the graph's input."""
    root = tables()
    root.subgraphs[0].operators[1].outputs = np.array([0])
    return file(root)


@broken
def output_never_written() -> bytes:
    """No op writes the graph's output."""
    root = tables()
    root.subgraphs[0].operators = root.subgraphs[0].operators[:1]
    return file(root)


@broken
def too_few_inputs() -> bytes:
    """An ADD of one number."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([0])
    return file(root)


@broken
def input_left_out() -> bytes:
    """An ADD whose first input is none."""
    root = tables()
    root.subgraphs[0].operators[0].inputs = np.array([-1, 1])
    return file(root)


@broken
def too_many_outputs() -> bytes:
    """A RELU with two outputs."""
    root = tables()
    graph = root.subgraphs[0]
    graph.tensors.append(Table("Tensor", name="more", shape=np.array([1, 4])))
    graph.operators[1].outputs = np.array([3, 4])
    return file(root)


@broken
def options_of_another_op() -> bytes:
    """An ADD with the options of a convolution."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options = Table("Conv2DOptions")
    return file(root)


@broken
def options_missing() -> bytes:
    """An ADD without options."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options = None
    return file(root)


@broken
def unknown_activation() -> bytes:
    """An ADD with a fused activation that the schema does not have."""
    root = tables()
    root.subgraphs[0].operators[0].builtin_options.fused_activation_function = 77
    return file(root)


@broken
def unknown_operator() -> bytes:
    """An operator that the schema does not have."""
    root = tables()
    root.operator_codes[0].builtin_code = 5000
    return file(root)


@broken
def negative_operator() -> bytes:
    """An operator with a number below 0."""
    root = tables()
    root.operator_codes[0].builtin_code = root.operator_codes[0].deprecated_builtin_code = -17
    return file(root)


@broken
def custom_operator() -> bytes:
    """An operator of somebody's own."""
    root = tables()
    root.operator_codes[0] = Table("OperatorCode", builtin_code="CUSTOM", deprecated_builtin_code=32, custom_code="Frobnicate")
    return file(root)


@broken
def version_too_new() -> bytes:
    """Version 999 of ADD."""
    root = tables()
    root.operator_codes[0].version = 999
    return file(root)


# ---- ops that cannot be


@broken
def zero_stride() -> bytes:
    """A convolution that does not move on."""
    return file(conv(stride_w=0))


@broken
def huge_dilation() -> bytes:
    """A filter that is spread over two billion elements."""
    return file(conv(dilation_h_factor=(1 << 31) - 1))


@broken
def unknown_padding() -> bytes:
    """Padding that is neither SAME nor VALID."""
    return file(conv(padding=9))


@broken
def zero_filter() -> bytes:
    """A filter of height 0."""
    root = conv()
    root.subgraphs[0].tensors[1].shape = np.array([4, 0, 3, 2])
    return file(root)


@broken
def filter_too_large() -> bytes:
    """A filter that is larger than its picture, without padding."""
    root = conv(padding="VALID")
    root.subgraphs[0].tensors[0].shape = np.array([1, 2, 2, 2])
    return file(root)


@broken
def channels_do_not_fit() -> bytes:
    """Three channels where the filter has two."""
    root = conv()
    root.subgraphs[0].tensors[0].shape = np.array([1, 6, 6, 3])
    return file(root)


@broken
def shapes_do_not_broadcast() -> bytes:
    """Four numbers and three."""
    root = tables()
    root.subgraphs[0].tensors[1].shape = np.array([3])
    return file(root)


@broken
def reshape_to_huge() -> bytes:
    """Six numbers as 2^40."""
    return file(one("RESHAPE", [T((2, 3)), T((2,), "INT32", data=[1 << 20, 1 << 20])], [T((1,))]))


@broken
def reshape_to_negative() -> bytes:
    """A dimension of -6."""
    return file(one("RESHAPE", [T((2, 3)), T((1,), "INT32", data=[-6])], [T((1,))]))


@broken
def reshape_by_text() -> bytes:
    """A shape of floats."""
    return file(one("RESHAPE", [T((2, 3)), T((1,), data=[6.0])], [T((1,))]))


@broken
def reshape_with_options_of_another_op() -> bytes:
    """A RESHAPE, which may do without options, with those of ADD."""
    root = one("RESHAPE", [T((2, 3))], [T((6,))])
    root.subgraphs[0].operators[0].builtin_options = Table("AddOptions")
    return file(root)


@broken
def reshape_to_very_many_dimensions() -> bytes:
    """A shape of 1,500 dimensions: the message must not list them all."""
    return file(one("RESHAPE", [T((2, 3)), T((1500,), "INT32", data=np.full(1500, 7))], [T((1,))]))


@broken
def names_that_are_no_text() -> bytes:
    """A custom operator whose name is no UTF-8, turns a terminal red, and is very long."""
    root = tables()
    name = "\udcff\x1b[31m" + "x" * 3000
    root.operator_codes[0] = Table("OperatorCode", builtin_code="CUSTOM", deprecated_builtin_code=32, custom_code=name)
    return file(root)


@broken
def fill_huge() -> bytes:
    """4 TB of one number."""
    return file(one("FILL", [T((2,), "INT32", data=[1 << 20, 1 << 20]), T(())], [T((1,))]))


@broken
def fill_overflows() -> bytes:
    """A shape whose number of elements does not fit 64 bits, by an op."""
    return file(one("FILL", [T((3,), "INT64", data=[1 << 40] * 3), T(())], [T((1,))]))


@broken
def fill_too_many_dimensions() -> bytes:
    """A shape of fifty dimensions, by an op."""
    return file(one("FILL", [T((50,), "INT32", data=np.ones(50)), T(())], [T((1,))]))


@broken
def axis_outside() -> bytes:
    """A concatenation along dimension 5."""
    return file(one("CONCATENATION", [T((2, 3)), T((2, 3))], [T((4, 3))], axis=5))


@broken
def stride_of_slice() -> bytes:
    """A slice with a stride of 0."""
    bounds = [T((2,), "INT32", data=values) for values in ([0, 0], [2, 3], [1, 0])]
    return file(one("STRIDED_SLICE", [T((2, 3)), *bounds], [T((2, 3))]))


@broken
def masks_of_slice() -> bytes:
    """A slice all of whose entries are ellipses."""
    bounds = [T((2,), "INT32", data=values) for values in ([0, 0], [2, 3], [1, 1])]
    return file(one("STRIDED_SLICE", [T((2, 3)), *bounds], [T((2, 3))], ellipsis_mask=-1))


@broken
def gather_outside() -> bytes:
    """An index that is not there: only a run finds out."""
    return file(one("GATHER", [T((5, 3)), T((2,), "INT32", data=[1, 1000000])], [T((2, 3))]))


@broken
def divides_by_zero() -> bytes:
    """Integers divided by a constant with a 0 in it: only a run finds out."""
    return file(one("DIV", [T((2,), "INT32"), T((2,), "INT32", data=[1, 0])], [T((2,), "INT32")]))


@broken
def state_that_is_fed() -> bytes:
    """An LSTM whose states are inputs, not variables."""
    root = tables(float_lstm(1, 2, 3, 4).model().to_bytes())
    graph = root.subgraphs[0]
    states = [number for number, tensor in enumerate(graph.tensors) if tensor.is_variable]
    for number in states:
        graph.tensors[number].is_variable = False
    graph.inputs = np.array([*graph.inputs, *states])
    return file(root)


@broken
def state_of_another_batch() -> bytes:
    """An LSTM whose states are for another batch than its input."""
    root = tables(float_lstm(1, 2, 3, 4).model().to_bytes())
    root.subgraphs[0].tensors[0].shape = np.array([5, 2, 3])
    return file(root)


@broken
def sparse_constant() -> bytes:
    """A constant that is stored sparse."""
    root = tables()
    root.subgraphs[0].tensors[1].sparsity = Table("SparsityParameters", traversal_order=np.array([0]))
    return file(root)


def main() -> None:
    from ..test_broken import failure

    for old in FOLDER.glob("*.tflite"):
        old.unlink()
    expected = {}
    for name, make in MAKERS.items():
        path = FOLDER / f"{name}.tflite"
        path.write_bytes(make())
        error = failure(path)
        expected[path.name] = {"error": type(error).__name__, "message": str(error).replace(str(path), "FILE")}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
