"""GraphDefs read without TensorFlow: all that they can hold, in both forms; what is wrong with them; and at what cost."""

from __future__ import annotations

import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings, strategies as st

from tinylite import CorruptFileError, FileError, TinyliteError
from tinylite.files.graphdef import FunctionRef, GraphDef, Placeholder, read_graph_def, read_meta_graph, read_saved_model
from tinylite.schema.graphdef import TYPES

from ..work import assert_linear
from .wire import attribute, binary, constant, field, message, node, pair, varint

VALUES = """
node { name: "a" op: "Placeholder" device: "/cpu:0"
  attr { key: "s" value { s: "caf\\303\\251\\000" } }
  attr { key: "i" value { i: -3 } }
  attr { key: "zero" value { i: 0 } }
  attr { key: "f" value { f: 0.5 } }
  attr { key: "yes" value { b: true } }
  attr { key: "no" value { b: false } }
  attr { key: "type" value { type: DT_HALF } }
  attr { key: "ref" value { type: DT_FLOAT_REF } }
  attr { key: "quantized" value { type: DT_QUINT8 } }
  attr { key: "shape" value { shape { dim { size: -1 } dim { size: 300 name: "width" } dim { size: 0 } } } }
  attr { key: "scalar" value { shape { } } }
  attr { key: "any" value { shape { unknown_rank: true } } }
  attr { key: "placeholder" value { placeholder: "T" } }
  attr { key: "func" value { func { name: "body" attr { key: "N" value { i: 2 } } } } }
  attr { key: "empty" value { list { } } }
  attr { key: "nothing" value { } }
  attr { key: "strings" value { list { s: "x" s: "" } } }
  attr { key: "integers" value { list { i: [1, -2, 9223372036854775807, -9223372036854775808] } } }
  attr { key: "floats" value { list { f: 1.5 f: -inf } } }
  attr { key: "bools" value { list { b: true b: false } } }
  attr { key: "types" value { list { type: [DT_FLOAT, DT_BOOL, DT_STRING, DT_RESOURCE, DT_VARIANT] } } }
  attr { key: "shapes" value { list { shape { dim { size: 2 } } shape { unknown_rank: true } } } }
  attr { key: "funcs" value { list { func { name: "f" } func { name: "g" } } } }
  attr { key: "tensors" value { list { tensor { dtype: DT_INT32 tensor_shape { } int_val: 7 } } } }
}
node { name: "b" op: "Add" input: "a" input: "a:1" input: "^a" }
versions { producer: 27 min_consumer: 12 }
"""


def read(text: str) -> GraphDef:
    return read_graph_def(text.encode())


def value_of(tensor: str) -> np.ndarray:
    """The array for a TensorProto in text form, read from binary."""
    content = binary(f'node {{ name: "c" op: "Const" attr {{ key: "value" value {{ tensor {{ {tensor} }} }} }} }}')
    found = read_graph_def(content).nodes[0].attributes["value"]
    assert isinstance(found, np.ndarray) and not found.flags.writeable
    return found


@pytest.mark.parametrize("form", ["text", "binary"])
def test_all_that_a_node_can_hold(form: str) -> None:
    graph = read_graph_def(VALUES.encode() if form == "text" else binary(VALUES))
    a, b = graph.nodes
    found = a.attributes
    (tensor,) = found.pop("tensors")
    assert (tensor.shape, tensor.dtype, tensor[()]) == ((), np.int32, 7)
    function = found.pop("func")
    assert isinstance(function, FunctionRef) and (function.name, function.attributes) == ("body", {"N": 2})
    assert [entry.name for entry in found.pop("funcs")] == ["f", "g"]
    assert isinstance(found["placeholder"], Placeholder)
    assert found == {
        "s": "café\0".encode(), "i": -3, "zero": 0, "f": 0.5, "yes": True, "no": False, "type": "FLOAT16", "ref": "FLOAT32",
        "quantized": "QUINT8", "shape": (-1, 300, 0), "scalar": (), "any": None, "placeholder": "T", "empty": [], "nothing": None,
        "strings": [b"x", b""], "integers": [1, -2, 2**63 - 1, -(2**63)], "floats": [1.5, -np.inf], "bools": [True, False],
        "types": ["FLOAT32", "BOOL", "STRING", "RESOURCE", "VARIANT"], "shapes": [(2,), None],
    }  # fmt: skip
    assert [type(found[name]) for name in ("s", "i", "f", "yes")] == [bytes, int, float, bool]
    assert [type(item) for item in found["bools"] + found["integers"]] == [bool] * 2 + [int] * 4
    assert (a.name, a.op, a.inputs, a.device) == ("a", "Placeholder", [], "/cpu:0")
    assert (b.inputs, b.attributes, b.device) == (["a", "a:1", "^a"], {}, "")
    assert (graph.producer, graph.min_consumer, graph.functions, graph.source) == (27, 12, {}, None)


def test_functions_keep_arguments_results_and_what_stands_for_many() -> None:
    graph = read("""
    node { name: "call" op: "PartitionedCall" }
    library { function {
      signature { name: "f"
        input_arg { name: "x" type: DT_FLOAT } input_arg { name: "handle" type: DT_RESOURCE }
        input_arg { name: "many" type: DT_INT32 number_attr: "N" } input_arg { name: "mixed" type_list_attr: "Tin" }
        output_arg { name: "y" type: DT_FLOAT }
      }
      node_def { name: "add" op: "Add" input: "x" input: "many:0" attr { key: "T" value { type: DT_FLOAT } } }
      ret { key: "y" value: "add:z:0" }
      attr { key: "N" value { i: 2 } }
      arg_attr { key: 0 value { attr { key: "_output_shapes" value { list { shape { dim { size: 3 } } } } } } }
      arg_attr { key: 1 value { attr { key: "unique" value { b: true } } } }
    } gradient { function_name: "f" gradient_func: "g" } }""")
    (function,) = graph.functions.values()
    assert (function.name, list(graph.functions)) == ("f", ["f"])
    assert function.args == [("x", "FLOAT32"), ("handle", "RESOURCE"), ("many", "INT32"), ("mixed", "INVALID")]
    assert function.results == [("y", "FLOAT32")]
    assert function.lists == {"many": "N", "mixed": "Tin"}
    assert [(entry.name, entry.inputs) for entry in function.nodes] == [("add", ["x", "many:0"])]
    assert (function.returns, function.attributes) == ({"y": "add:z:0"}, {"N": 2})
    assert function.arg_attributes == {0: {"_output_shapes": [(3,)]}, 1: {"unique": True}}


# ---- constants

# Type, the field of single values, and values.
SINGLE: list[tuple[str, Any, str, list[Any]]] = [
    ("DT_FLOAT", np.float32, "float_val", [1.5, -2.25, 0.0]), ("DT_DOUBLE", np.float64, "double_val", [0.1, -1e300]),
    ("DT_INT32", np.int32, "int_val", [1, -(2**31), 2**31 - 1]), ("DT_INT16", np.int16, "int_val", [-(2**15), 7]),
    ("DT_INT8", np.int8, "int_val", [-128, 127]), ("DT_UINT8", np.uint8, "int_val", [0, 255]), ("DT_UINT16", np.uint16, "int_val", [65535]),
    ("DT_INT64", np.int64, "int64_val", [2**62, -(2**63)]), ("DT_UINT32", np.uint32, "uint32_val", [2**32 - 1, 1]),
    ("DT_UINT64", np.uint64, "uint64_val", [2**64 - 1, 1]), ("DT_BOOL", np.bool_, "bool_val", [1, 0]),
    ("DT_QINT8", np.int8, "int_val", [-5]), ("DT_QUINT8", np.uint8, "int_val", [250]), ("DT_QINT16", np.int16, "int_val", [-300]),
    ("DT_QUINT16", np.uint16, "int_val", [60000]), ("DT_QINT32", np.int32, "int_val", [-70000]), ("DT_INT4", np.int8, "int_val", [-8, 7]),
]  # fmt: skip


@pytest.mark.parametrize("type, dtype, name, values", SINGLE, ids=[row[0] for row in SINGLE])
def test_constants_value_by_value(type: str, dtype: Any, name: str, values: list[Any]) -> None:
    shape = f"tensor_shape {{ dim {{ size: {len(values)} }} }}"
    wanted = np.array(values, dtype)
    for spelled in (" ".join(f"{name}: {value}" for value in values), f"{name}: [{', '.join(map(str, values))}]"):
        found = value_of(f"dtype: {type} {shape} {spelled}")
        assert found.dtype == dtype and np.array_equal(found, wanted)
    escaped = "".join(f"\\{byte:03o}" for byte in wanted.tobytes())
    found = value_of(f'dtype: {type} {shape} tensor_content: "{escaped}"')
    assert found.dtype == dtype and np.array_equal(found, wanted)


def test_halves_are_bits() -> None:
    halves = np.array([1.5, -2, 65504], np.float16)
    bits = ", ".join(str(number) for number in halves.view(np.uint16))
    assert np.array_equal(value_of(f"dtype: DT_HALF tensor_shape {{ dim {{ size: 3 }} }} half_val: [{bits}]"), halves)
    found = value_of("dtype: DT_BFLOAT16 tensor_shape { dim { size: 2 } } half_val: [16256, 49152]")
    assert found.dtype == np.uint16 and found.tolist() == [0x3F80, 0xC000]
    assert value_of('dtype: DT_FLOAT8_E5M2 tensor_shape { dim { size: 2 } } float8_val: "\\074\\300"').tolist() == [0x3C, 0xC0]


def test_complex_numbers_are_pairs() -> None:
    found = value_of("dtype: DT_COMPLEX64 tensor_shape { dim { size: 2 } } scomplex_val: [1, 2, 3, -4]")
    assert found.dtype == np.complex64 and found.tolist() == [1 + 2j, 3 - 4j]
    assert value_of("dtype: DT_COMPLEX128 tensor_shape { } dcomplex_val: [0.5, 0.25]")[()] == 0.5 + 0.25j


def test_strings_are_bytes() -> None:
    found = value_of('dtype: DT_STRING tensor_shape { dim { size: 2 } dim { size: 1 } } string_val: "a\\000" string_val: "\\377"')
    assert found.dtype == object and found.tolist() == [[b"a\0"], [b"\xff"]]
    assert value_of("dtype: DT_STRING tensor_shape { dim { size: 2 } }").tolist() == [b"", b""]


def test_the_last_value_stands_for_those_that_follow() -> None:
    shape = "tensor_shape { dim { size: 2 } dim { size: 3 } }"
    assert value_of(f"dtype: DT_FLOAT {shape} float_val: [1, 2]").tolist() == [[1, 2, 2], [2, 2, 2]]
    assert value_of(f"dtype: DT_FLOAT {shape}").tolist() == [[0, 0, 0], [0, 0, 0]]
    assert value_of(f"dtype: DT_BOOL {shape} bool_val: true").all()
    assert value_of("dtype: DT_FLOAT tensor_shape { dim { size: 0 } }").shape == (0,)
    assert value_of("dtype: DT_FLOAT tensor_shape { dim { size: 0 } } float_val: 1").shape == (0,)
    assert value_of("dtype: DT_INT64").shape == ()


def test_one_value_for_many_takes_no_memory() -> None:
    found = value_of("dtype: DT_FLOAT tensor_shape { dim { size: 1099511627776 } } float_val: 3")
    assert found.shape == (1 << 40,) and found[12345] == 3 and found.strides == (0,)


def test_types_without_numbers_are_there_without_values() -> None:
    found = value_of('dtype: DT_VARIANT tensor_shape { dim { size: 2 } } variant_val { type_name: "tensorflow::TensorList" }')
    assert found.tolist() == [None, None]


def test_numbers_may_be_packed_or_not_or_both() -> None:
    for numbers in (
        message(*(field(7, n) for n in (1, -1, 300))),
        field(7, varint(1) + varint(-1) + varint(300)),
        message(field(7, 1), field(7, varint(-1)), field(7, b""), field(7, 300)),
    ):
        found = read_graph_def(constant(field(1, 3) + field(2, field(2, field(1, 3))) + numbers)).nodes[0].attributes["value"]
        assert found.tolist() == [1, -1, 300]


def test_long_runs_of_varints_are_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tinylite.schema.wire._CHUNK", 16)
    values = np.random.default_rng(0).integers(-(2**62), 2**62, 100) >> np.arange(100) % 63
    tensor = field(1, 9) + field(2, field(2, field(1, 100))) + field(10, b"".join(varint(int(value)) for value in values))
    assert np.array_equal(read_graph_def(constant(tensor)).nodes[0].attributes["value"], values)


def test_tensors_are_views_of_the_file(tmp_path: Path) -> None:
    weights = np.arange(1 << 22, dtype=np.float32)
    tensor = field(1, 1) + field(2, field(2, field(1, weights.size))) + field(4, weights.tobytes())
    content = constant(tensor)
    shared = read_graph_def(content).nodes[0].attributes["value"]
    assert np.shares_memory(shared, np.frombuffer(content, np.uint8))
    path = tmp_path / "large.pb"
    path.write_bytes(content)
    del content, tensor, shared
    tracemalloc.start()
    graph = read_graph_def(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < weights.nbytes + (1 << 20)  # the content once
    assert graph.source == str(path) and np.array_equal(graph.nodes[0].attributes["value"], weights)
    with pytest.raises(ValueError, match="read-only"):
        graph.nodes[0].attributes["value"][0] = 1


def test_work_grows_as_the_number_of_nodes() -> None:
    type, ones = field(6, 1), field(1, field(3, b"\1\2\2\1"))

    def reading(count: int) -> Callable[[], object]:
        content = b"".join(
            node(f"scope/layer_{n}", "Conv2D", field(3, f"scope/layer_{n - 1}"), attribute("T", type), attribute("strides", ones))
            for n in range(count)
        )
        return lambda: read_graph_def(content)

    assert_linear(reading, 300)


# ---- text


def test_text_may_have_comments_marks_and_windows_lines(tmp_path: Path) -> None:
    text = (
        '# made by hand\r\nnode {\r\n  name: "a"  # first\r\n  op: "NoOp"\r\n  input: ["b", "c"]\r\n}\r\nnode <name: \'b\', op: "No" "Op">'
    )
    for content in (text.encode(), b"\xef\xbb\xbf" + text.encode(), b"\n\n" + text.encode()):
        graph = read_graph_def(content)
        assert [(entry.name, entry.op, entry.inputs) for entry in graph.nodes] == [("a", "NoOp", ["b", "c"]), ("b", "NoOp", [])]
    path = tmp_path / "graph.pb"
    path.write_bytes(text.encode())
    assert len(read_graph_def(path).nodes) == 2


def test_what_is_newer_than_the_tables_is_skipped() -> None:
    text = 'node { name: "a" op: "NoOp" experimental_type { type_id: TFT_PRODUCT args { s: "}" } } } debug_info { files: "a.py" }'
    assert len(read(text).nodes) == 1
    more = message(field(9, b"x"), field(100, 7), field(101, 1.5), varint(102 << 3 | 1) + bytes(8))
    assert [entry.name for entry in read_graph_def(node("a", "NoOp", more) + more).nodes] == ["a"]


def test_a_form_can_be_asked_for() -> None:
    assert len(read_graph_def(b'node { name: "a" op: "b" }', text=True).nodes) == 1
    with pytest.raises(CorruptFileError, match="not a complete GraphDef"):
        read_graph_def(b'node { name: "a" op: "b" }', text=False)
    with pytest.raises(CorruptFileError, match="not a readable GraphDef"):
        read_graph_def(node("a"), text=True)


@pytest.mark.parametrize(
    "name, length", [(name, length) for name in ("node_12345", "version/ab", "library_0123") for length in range(9, 40)]
)
def test_binary_is_not_taken_for_text(name: str, length: int) -> None:
    """Lengths may be bytes that mean white space, and names may begin as fields of the text form do."""
    op = "N" * length
    assert read_graph_def(node(name, op)).nodes[0].op == op


@pytest.mark.parametrize(
    "text, said",
    [
        ('node {\n  name: "a"\n  op "NoOp"\n}', r"line 3, column 6: .*Expected"),
        ('node {\n  name: "a"\n', r"line 2, column 9: Expected"),
        ('node { name: "a" op: "b" attr { key: "T" value { type: DT_FLAOT } } }', r"line 1, column \d+: .*DT_FLAOT"),
        ('node { name: "a" op: "b" attr { key: "N" value { i: 99999999999999999999 } } }', r"line 1, column \d+: .*out of range"),
        ('node { name: "a\xff" op: "b" }', None),
    ],
)  # fmt: skip
def test_bad_text_gives_line_and_column(text: str, said: str | None) -> None:
    if said is None:
        assert read(text).nodes[0].name == "aÿ"
        return
    with pytest.raises(CorruptFileError, match=said) as caught:
        read(text)
    assert caught.value.remedy


def test_text_that_is_not_utf_8_says_where() -> None:
    with pytest.raises(CorruptFileError, match="line 2, column 10: it is not UTF-8"):
        read_graph_def(b'node {\n  name: "\xff" op: "b" }')
    with pytest.raises(CorruptFileError):
        read_graph_def(b'node { name: "\\377" op: "b" }')


def test_long_tensors_in_text_are_kept_from_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """In nodes, in functions and in lists, next to lines that only look like them; the parser takes many times their size."""
    from google.protobuf import text_format

    parse = text_format.ParseLines
    parsed: list[int] = []

    def counted(lines: Iterable[str], *arguments: object, **options: object) -> object:
        given = list(lines)
        parsed.extend(map(len, given))
        return parse(given, *arguments, **options)

    monkeypatch.setattr(text_format, "ParseLines", counted)
    values = np.random.default_rng(0).integers(0, 256, 20_000).astype(np.uint8)
    letters = {34: '\\"', 92: "\\\\", 10: "\\n", 39: "\\'"}
    escaped = "".join(letters.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}") for byte in values.tolist())
    tensor = f'tensor {{\n dtype: DT_UINT8\n tensor_shape {{ dim {{ size: 20000 }} }}\n  tensor_content: "{escaped}"\n}}'
    held = f'attr {{ key: "value" value {{ {tensor} }} }} attr {{ key: "list" value {{ list {{ {tensor} {tensor} }} }} }}'
    more = f'node {{ name: "b" op: "Const" {held} }} node {{ name: "c" op: "x" attr {{ key: "s" value {{ s: "{escaped}" }} }} }}'
    body = more.replace("node {", "node_def {")
    graph = read(f'node {{ name: "a" op: "Const" {held} }} library {{ function {{ signature {{ name: "f" }} {body} }} }}')
    for entry in (graph.nodes[0], graph.functions["f"].nodes[0]):
        for found in (entry.attributes["value"], *entry.attributes["list"]):
            assert np.array_equal(found, values)
    assert graph.functions["f"].nodes[1].attributes["s"] == values.tobytes()
    escapes = len(escaped)
    assert sum(parsed) < escapes + 5000, f"six tensors of {escapes} characters, and the parser was given {sum(parsed)} with the one text"
    for ending in ('\\\\" name: "x', "\\", '"  "', "\\?", "\\777", "é"):
        other = 'node {\nname: "a" op: "Const" attr { key: "value" value {\ntensor { dtype: DT_UINT8\n tensor_content: "%s"\n} } } }'
        walk((other % ("a" * 5000 + ending)).encode(), text=True)


def test_text_with_escapes_that_are_none_warns_of_nothing() -> None:
    assert read(r'node { name: "a" op: "b" attr { key: "s" value { s: "\s" } } }').nodes[0].attributes["s"] == rb"\s"


def test_text_that_is_nested_without_end_is_refused() -> None:
    deep = "func { attr { value { " * 5000
    with pytest.raises(CorruptFileError):
        read(f'node {{ name: "a" op: "b" attr {{ key: "f" value {{ {deep}')


# ---- what is wrong with a file

SOUND = message(node("first"), node("second", "Const", attribute("value", field(8, field(1, 1) + field(4, bytes(4))))))
DEEP = field(1, b"f")
for _ in range(60):
    DEEP = field(1, b"f") + pair(2, "k", field(10, DEEP))
SHAPE_2_40 = field(2, field(2, field(1, 1 << 40)))

WRONG: dict[str, tuple[bytes, str]] = {
    "cut short": (SOUND[:-3], r"node\[1\] 'second'.*reaches to byte \d+, and what holds it ends at \d+"),
    "cut in a length": (b"\x0a", "is cut off"),
    "cut in a number": (node("a") + b"\x18\x80", "is cut off"),
    "a number of eleven bytes": (node("a") + b"\x18" + b"\x80" * 10 + b"\x01", "more than ten bytes"),
    "a length beyond all memory": (b"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "reaches to byte"),
    "field number 0": (node("a") + b"\x02\x00", "has number 0"),
    "a group": (node("a") + b"\x0b\x0c", "wire type 3"),
    "wire type 7": (node("a") + b"\x0f", "wire type 7"),
    "a name that is a number": (field(1, field(1, 5) + field(2, b"NoOp")), r"node\[0\].name: its wire type 0 is none of string"),
    "a number that is a text": (node("a", "NoOp", attribute("i", field(3, b"xy"))), r"attr 'i'.value.i: its wire type 2 is none of int64"),
    "a float that is a number": (node("a", "NoOp", attribute("f", field(4, 7))), r"value.f: its wire type 0 is none of float"),
    "names that are not text": (node("a", "NoOp", field(3, b"\xff\xfe")), r"node\[0\] 'a'.input\[0\]: the text at byte \d+ is not UTF-8"),
    "two nodes of one name": (node("a") + node("a"), "two nodes are named 'a'"),
    "a node without a name": (node("a") + field(1, field(2, b"NoOp")), "node 1 '' has no name"),
    "a node without an op": (node("a") + field(1, field(1, b"b")), "node 1 'b' has no op"),
    "no nodes": (field(4, field(1, 27)), "it holds no nodes"),
    "two functions of one name": (node("a") + field(2, field(1, field(1, field(1, b"f"))) * 2), "two functions are named 'f'"),
    "a library that is there twice": (node("a") + field(2, b"") * 2, "library: it is there twice"),
    "two nodes of one name in a function": (
        node("a") + field(2, field(1, field(1, field(1, b"f")) + field(3, field(1, b"x") + field(2, b"y")) * 2)),
        "function 'f': two nodes are named 'x'",
    ),
    "messages without end": (node("a", "NoOp", attribute("f", field(10, DEEP))), "nested deeper than 100"),
    "content shorter than its shape": (constant(field(1, 1) + SHAPE_2_40 + field(4, bytes(8))), r"takes 4398046511104 bytes and has 8"),
    "content longer than its shape": (constant(field(1, 1) + field(4, bytes(8))), r"takes 4 bytes and has 8"),
    "more values than its shape": (constant(field(1, 3) + field(7, b"\1\2\3")), r"shape \[\] has 3 values"),
    "two values for 2**40": (constant(field(1, 1) + SHAPE_2_40 + field(5, bytes(8))), "only 2 values, and the file is too small"),
    "a negative dimension": (constant(field(1, 1) + field(2, field(2, field(1, -1)))), "negative dimension"),
    "an unknown rank": (constant(field(1, 1) + field(2, field(3, 1))), "its rank is unknown"),
    "a shape beyond all numbers": (constant(field(1, 1) + field(2, field(2, field(1, 1 << 62)) * 3)), "more elements than any memory"),
    "a hidden shape beyond all numbers": (
        constant(field(1, 1) + field(2, field(2, field(1, 1 << 62)) * 3 + field(2, field(1, 0)))), "more elements than any memory",
    ),
    "more dimensions than numpy has": (constant(field(1, 1) + field(2, field(2, field(1, 1)) * 65)), "more than 32"),
    "half a float": (constant(field(1, 1) + field(5, bytes(6))), "no whole number of 4 bytes"),
    "half a complex number": (constant(field(1, 8) + field(9, bytes(4))), "half a value"),
    "packed numbers that are cut off": (constant(field(1, 3) + field(7, b"\1\xff")), "a number is cut off"),
    "a packed number of eleven bytes": (constant(field(1, 3) + field(7, b"\x80" * 10 + b"\1")), "more than ten bytes"),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_is_said_with_place_and_remedy(what: str, tmp_path: Path) -> None:
    content, said = WRONG[what]
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    with pytest.raises(CorruptFileError) as caught:
        read_graph_def(path, text=False)
    assert str(caught.value).startswith(str(path)) and caught.value.remedy
    assert re.search(said, str(caught.value)), str(caught.value)


def test_small_files_cannot_fill_the_memory() -> None:
    """Each constant alone is within bounds; all of them are not."""
    tensor = field(1, 1) + field(2, field(2, field(1, 1 << 24))) + field(5, bytes(8))
    with pytest.raises(CorruptFileError, match="the file is too small"):
        read_graph_def(b"".join(constant(tensor, f"c{n}") for n in range(9)))


def test_many_small_pieces_are_joined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Into one array that grows: a copy for each piece would be the square of their number."""
    copies: list[int] = []

    class Counted(bytearray):
        def __init__(self, content: bytes) -> None:
            copies.append(len(content))
            super().__init__(content)

    monkeypatch.setattr("tinylite.schema.wire.bytearray", Counted, raising=False)

    def reading(count: int) -> Callable[[], object]:
        tensor = field(1, 3) + field(2, field(2, field(1, count))) + field(7, b"\1") * count
        return lambda: read_graph_def(constant(tensor)).nodes[0].attributes["value"]

    assert reading(5000)().sum() == 5000  # type: ignore[attr-defined]
    assert copies == [1]
    assert_linear(reading, 500)


@pytest.mark.parametrize(
    "content, said",
    [
        (b"", "this looks like an empty file"), (b"\x20\0\0\0TFL3", "not a GraphDef: this looks like a .tflite file"),
        (b"\x08\x01\x12\x02\x0a\x00", "not a GraphDef: this looks like a TensorFlow SavedModel"),
        (b"<!DOCTYPE html>", "this looks like a web page. Download the model again"),
        (b"\x89PNG\r\n\x1a\n", "this looks like a PNG picture"),
    ],
)  # fmt: skip
def test_other_files_are_named(content: bytes, said: str, tmp_path: Path) -> None:
    path = tmp_path / "graph.pb"
    path.write_bytes(content)
    for given_as in (path, content):
        with pytest.raises(FileError, match=said):
            read_graph_def(given_as)


def test_paths_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileError, match=r"nothing\.pb: there is no such file"):
        read_graph_def(tmp_path / "nothing.pb")
    with pytest.raises(FileError, match="not a GraphDef: this looks like a directory"):
        read_graph_def(tmp_path)


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_damaged_graphs_are_read_or_refused(data: st.DataObject) -> None:
    """Bytes changed, cut, doubled or put in: an error of tinylite's, or a graph that can be walked."""
    content = bytearray(binary(VALUES) + SOUND)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.integers(0, 3)):
            case 0:
                content[at] = data.draw(st.integers(0, 255))
            case 1:
                del content[at : at + data.draw(st.integers(1, 9))]
            case 2:
                content[at:at] = content[at : at + data.draw(st.integers(1, 30))]
            case _:
                content[at:at] = data.draw(st.binary(min_size=1, max_size=12))
    walk(bytes(content))


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
@example(b"\x0a")
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    walk(content)


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_damaged_text_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(VALUES.encode())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at : at + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=4))
    walk(bytes(content), text=True)


def walk(content: bytes, text: bool | None = False) -> None:
    try:
        graph = read_graph_def(content, text=text)
    except TinyliteError as error:
        assert error.remedy and error.places
        return
    for entry in graph.nodes:
        assert entry.name and entry.op and isinstance(entry.attributes, dict)
        for value in entry.attributes.values():
            assert not isinstance(value, memoryview)


# ---- SavedModels and MetaGraphs


SAVED = """
saved_model_schema_version: 1
meta_graphs {
  meta_info_def { tags: "serve" tensorflow_version: "2.21.0" }
  graph_def { node { name: "x" op: "Placeholder" } versions { producer: 9 } }
  signature_def { key: "serving_default" value {
    inputs { key: "x" value { name: "x:0" dtype: DT_FLOAT tensor_shape { dim { size: -1 } dim { size: 4 } } } }
    outputs { key: "y" value { name: "y:0" dtype: DT_INT64 tensor_shape { unknown_rank: true } } }
    method_name: "tensorflow/serving/predict" } }
  object_graph_def { nodes { } }
}
"""


def test_saved_models_tell_tags_signatures_and_versions(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pbtxt").write_text(SAVED.replace("object_graph_def { nodes { } }", ""))
    (text,) = read_saved_model(tmp_path)
    (tmp_path / "saved_model.pb").write_bytes(
        binary(SAVED.replace("object_graph_def { nodes { } }", 'object_graph_def: "x"'), "SavedModel")
    )
    for path in (tmp_path, tmp_path / "saved_model.pb"):
        (graph,) = read_saved_model(path)
        assert (graph.tags, graph.tensorflow_version, graph.has_objects, graph.graph.producer) == (["serve"], "2.21.0", True, 9)
        assert graph.signatures == {
            "serving_default": {"inputs": {"x": ("x:0", "FLOAT32", (-1, 4))}, "outputs": {"y": ("y:0", "INT64", None)}}
        }
    assert text.signatures == graph.signatures and not text.has_objects


def test_meta_graphs_are_no_graphs(tmp_path: Path) -> None:
    text = SAVED.partition("meta_graphs {")[2].rpartition("}")[0].replace("object_graph_def { nodes { } }", "")
    path = tmp_path / "model.meta"
    path.write_bytes(binary(text, "MetaGraphDef"))
    assert [entry.name for entry in read_meta_graph(path).graph.nodes] == ["x"]
    path.write_bytes(node("a"))
    with pytest.raises(CorruptFileError):
        read_meta_graph(path)


# ---- beside TensorFlow


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


READ = 'from tinylite.files.graphdef import read_graph_def; read_graph_def(b\'node { name: "a" op: "b" }\')'


def test_our_messages_are_registered_nowhere() -> None:
    python(f"""
{READ}
from google.protobuf import descriptor_pool
try:
    descriptor_pool.Default().FindMessageTypeByName("tensorflow.GraphDef")
except KeyError:
    pass
else:
    raise SystemExit("TensorFlow would find its place taken")
""")


def test_binary_needs_no_protobuf() -> None:
    assert (
        "google"
        not in python(
            f"import sys; from tinylite.files.graphdef import read_graph_def; read_graph_def({node('a')!r}); print(*sys.modules)"
        ).split()
    )


@pytest.mark.parametrize("code", [f"import tensorflow; {READ}", f"{READ}; import tensorflow; tensorflow.constant(1)"])
def test_text_is_read_beside_tensorflow(code: str) -> None:
    pytest.importorskip("tensorflow", exc_type=ImportError)
    python(code)


OF_TOCO = {"ModelFlags", "InputArray", "InputArrayShape", "RnnState", "ArraysExtraInfo"}


@pytest.mark.filterwarnings("ignore")
def test_tables_agree_with_tensorflow() -> None:
    pytest.importorskip("tensorflow", exc_type=ImportError)
    from google.protobuf import descriptor_pool
    from tensorflow.core.framework import types_pb2
    from tensorflow.core.protobuf import saved_model_pb2, tensor_bundle_pb2  # noqa: F401, they register themselves

    from tinylite.schema.graphdef import IO_TYPES, MESSAGES

    flags = pytest.importorskip("tensorflow.compiler.mlir.lite.model_flags_pb2")
    (types,) = flags.DESCRIPTOR.dependencies
    assert {value.number: value.name for value in types.enum_types_by_name["IODataType"].values} == IO_TYPES
    kinds = {
        1: "double",
        2: "float",
        3: "int64",
        4: "uint64",
        5: "int32",
        7: "fixed32",
        8: "bool",
        9: "string",
        12: "bytes",
        13: "uint32",
        14: "enum",
    }
    pool = descriptor_pool.Default()
    for name, fields in MESSAGES.items():
        if name.startswith(("SavedTensor", "SavedSlice")):  # TensorFlow keeps these from Python
            continue
        package = "tflite" if name.partition(".")[0] in OF_TOCO else "tensorflow"
        theirs = pool.FindMessageTypeByName(f"{package}.{name}").fields_by_number
        for number, (label, kind) in fields.items():
            field = theirs[number]
            assert field.name == label
            if kind.startswith("map "):
                field = field.message_type.fields_by_number[2]
            plain = kind.removeprefix("*").removeprefix("map ").replace("io_type", "enum")
            if label != "object_graph_def":
                assert plain == (kinds.get(field.type) or field.message_type.full_name.removeprefix(f"{package}.")), (name, label)
    for number, (theirs, _) in TYPES.items():
        assert types_pb2.DataType.Value(f"DT_{theirs}") == number


@pytest.mark.filterwarnings("ignore")
def test_constants_are_those_that_tensorflow_reads() -> None:
    tf = pytest.importorskip("tensorflow", exc_type=ImportError)
    rng = np.random.default_rng(0)
    graph = tf.Graph()
    with graph.as_default():
        for dtype in (
            "float16",
            "float32",
            "float64",
            "int8",
            "int16",
            "int32",
            "int64",
            "uint8",
            "uint16",
            "uint32",
            "uint64",
            "bool",
            "complex64",
        ):
            for shape in ((), (1,), (7,), (2, 3), (0, 4)):
                tf.constant((rng.normal(size=shape) * 50).astype(dtype))
                tf.constant(np.ones(shape, dtype))
        tf.constant([b"a", b"", "é"])
        tf.constant([1.5, -2.0], tf.bfloat16)
    definition = graph.as_graph_def()
    for given_as in (definition, str(definition).encode()):
        found = {entry.name: entry for entry in read_graph_def(given_as).nodes}
        for theirs in definition.node:
            ours = found[theirs.name].attributes["value"]
            wanted = tf.make_ndarray(theirs.attr["value"].tensor)
            if wanted.dtype.name == "bfloat16":
                wanted = wanted.view(np.uint16)
            assert ours.shape == wanted.shape and ours.dtype == wanted.dtype and np.array_equal(ours, wanted), theirs.name


def test_messages_of_tensorflow_are_taken_as_they_are() -> None:
    class Message:
        def SerializeToString(self) -> bytes:  # noqa: N802, protobuf's name
            return SOUND

    assert [entry.name for entry in read_graph_def(Message()).nodes] == ["first", "second"]
    assert [entry.name for entry in read_graph_def(memoryview(SOUND)).nodes] == ["first", "second"]
    assert [entry.name for entry in read_graph_def(bytearray(SOUND)).nodes] == ["first", "second"]
