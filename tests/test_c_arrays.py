"""Models in C source."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import tinylite.demo
from tinylite import CorruptFileError, Interpreter, Model
from tinylite.files.c_arrays import _value, model_in
from tinylite.files.file_formats import detect_format

MODEL = (Path(tinylite.demo.__path__[0]) / "digits_uint8.tflite").read_bytes()
OTHER = "int sizes[] = {300, 1, 2, 3, 4, 5, 6, 7, 8, 9};\n"


def source(form: str = "0x{:02x}", between: str = ", ") -> str:
    rows = (", ".join(form.format(byte) for byte in MODEL[at : at + 12]) for at in range(0, len(MODEL), 12))
    body = f"{between.strip() or ','}\n  ".join(rows)
    head = f'/* by {{ tool }} */\n#include "model.h"\n{OTHER}alignas(16) const unsigned char g_model[] = '
    return f"{head}{{\n  {body}\n}};\nint n = {len(MODEL)};\n"


@pytest.mark.parametrize(
    "text",
    [
        source(), source("0X{:02X}"), source("{}"), source("0x{:x}"), source(between=", // a } in a comment"),
        source().replace("\n  ", ""), source().replace("\n};", ",\n};"), source().replace("{\n", "{ /* TFL3 */\n"),
        source().replace("g_model[]", "g_model[] DATA_ALIGN_ATTRIBUTE"), source().replace("0x0a", "012").replace("0x00", "00"),
        source(between=", /* a } in a comment,\n * of two lines **/"), source().replace("alignas", "/*/ no end **// of it */ alignas"),
    ],
)  # fmt: skip
def test_every_way_to_write_an_array_is_read(text: str) -> None:
    assert model_in(text.encode()) == MODEL


def test_c_source_loads_as_the_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "model.cc"
    path.write_text(source())
    assert detect_format(path).id == "tflite"
    assert Model.load(path).to_bytes() == Model.load(MODEL).to_bytes()
    ours, wanted = Interpreter(str(path)), Interpreter(model_content=MODEL)
    for interpreter in (ours, wanted):
        interpreter.allocate_tensors()
        interpreter.set_tensor(0, np.full((1, 8, 8, 1), 200, np.uint8))
        interpreter.invoke()
    index = wanted.get_output_details()[0]["index"]
    assert ours.get_tensor(index).tolist() == wanted.get_tensor(index).tolist()


@pytest.mark.parametrize(
    "text, said",
    [
        (source()[:4000], "no closing brace"),
        (source().replace("0xff", "0x1ff"), r"element \d+ of the C array that holds the model is '0x1ff', not a byte"),
        (source("{}").replace("255", "256"), "is '256', not a byte"),
        (source().replace("0x3c", "SIZE"), "is 'SIZE', not a byte"),
    ],
)
def test_arrays_that_are_not_bytes_are_refused(text: str, said: str) -> None:
    with pytest.raises(CorruptFileError, match=said):
        model_in(text.encode())


def test_other_text_holds_no_model() -> None:
    for text in (OTHER, "int main() { return 0; }", "x[] = {", "] = {" + "1," * 50, source().replace("0x54", "0x55")):
        assert model_in(text.encode()) is None


@pytest.mark.parametrize("text", ["/*" + "a" * 1_000_000 + "*/", "/*" + "* " * 500_000 + "*/", "/**/" * 250_000, "//\n" * 300_000])
def test_comments_take_no_more_memory_than_they_are_long(text: str) -> None:
    content = (text + source()).encode()
    tracemalloc.start()
    try:
        assert model_in(content) == MODEL
        assert tracemalloc.get_traced_memory()[1] < 3 * len(content)
    finally:
        tracemalloc.stop()


def test_numbers_of_all_spellings_are_each_worked_out_once() -> None:
    """A list of millions would else take a minute."""
    _value.cache_clear()
    decimal = source("{}").encode()
    assert model_in(decimal.replace(b"\n};", b", 1" * 200_000 + b"\n};")) == MODEL + b"\1" * 200_000
    assert _value.cache_info().misses <= 256


@pytest.mark.parametrize("number", ["08", "0400", "0xg", "-1", "1.0", "'a'", "1 2"])
def test_what_is_no_byte_in_c_is_refused(number: str) -> None:
    with pytest.raises(CorruptFileError, match="not a byte"):
        model_in(source().replace("\n};", f", {number}\n}};").encode())
