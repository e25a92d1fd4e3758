"""Models in C source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import tinylite.demo
from tinylite import CorruptFileError, Interpreter, Model
from tinylite.c_arrays import model_in
from tinylite.kinds import kind_of

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
        source().replace("g_model[]", "g_model[] DATA_ALIGN_ATTRIBUTE"),
    ],
)  # fmt: skip
def test_every_way_to_write_an_array_is_read(text: str) -> None:
    assert model_in(text.encode()) == MODEL


def test_c_source_loads_as_the_file_in_it(tmp_path: Path) -> None:
    path = tmp_path / "model.cc"
    path.write_text(source())
    assert kind_of(path).id == "tflite"
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
