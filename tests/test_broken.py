"""Files that are broken, one of each kind: tests/broken holds them, make.py there says how, expected.json what they must lead to."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import FileError, Model, TinyliteError
from tinylite.interpreter import Interpreter

FOLDER = Path(__file__).parent / "broken"
EXPECTED = json.loads((FOLDER / "expected.json").read_text()) if (FOLDER / "expected.json").exists() else {}


def failure(path: Path) -> TinyliteError | None:
    """What loading, planning and running a file raises, with an input of zeros; the limit on memory is the same on all machines."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINYLITE_MEMORY_LIMIT", "1e9")
        try:
            interpreter = Interpreter(str(path))
            interpreter.allocate_tensors()
            for entry in interpreter.get_input_details():
                interpreter.set_tensor(entry["index"], np.zeros(entry["shape"], entry["dtype"]))
            interpreter.invoke()
        except TinyliteError as error:
            return error
    return None


def test_every_file_has_its_error() -> None:
    assert sorted(path.name for path in FOLDER.glob("*.tflite")) == sorted(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_gives_the_error_that_it_should(name: str) -> None:
    path = FOLDER / name
    error = failure(path)
    assert error is not None, "it works"
    assert type(error).__name__ == EXPECTED[name]["error"]
    assert str(error) == EXPECTED[name]["message"].replace("FILE", str(path))


@pytest.mark.parametrize("name", EXPECTED)
def test_names_file_and_place_and_says_what_to_do(name: str) -> None:
    error = failure(FOLDER / name)
    assert error is not None and error.places[-1].startswith(str(FOLDER / name))
    assert error.remedy
    place = error.places[:-1] or re.search(r"byte \d|no graph|tables than", error.problem)
    assert place or isinstance(error, tinylite.NotATfliteFileError)


def test_a_directory_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(tinylite.NotATfliteFileError) as caught:
        Interpreter(str(tmp_path))
    assert str(caught.value) == f"{tmp_path}: not a .tflite file: this looks like a directory. Give the path of the model itself"
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(tinylite.NotATfliteFileError, match=r"this looks like a SavedModel directory that cannot be used: it is empty"):
        Interpreter(str(tmp_path))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.tflite")
    with pytest.raises(FileError, match=r"pipe\.tflite: it is a pipe.*Save what it holds as a file first"):
        Model.load(tmp_path / "pipe.tflite")
