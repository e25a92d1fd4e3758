"""Files that change while they are used, and files that are replaced: what was loaded stays, what was there is not lost."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import ConvertError, FileError, Graph, Interpreter, Model, Op, Tensor, TFLiteConverter
from tinylite.files import io as files

from .converter.wire import binary

COUNT = 10_000


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A model that adds the numbers from 0 to 9,999."""
    x, w, y = Tensor("x", (COUNT,)), Tensor("w", (COUNT,)), Tensor("y", (COUNT,))
    w.data = np.arange(COUNT, dtype=np.float32)
    path = tmp_path / "model.tflite"
    Model([Graph("main", [x], [y], [Op("ADD", [x, w], [y])])]).save(path)
    return path


@pytest.fixture
def mapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the model were a large one."""
    monkeypatch.setattr(files, "MAPPED_FROM", 1000)


def weights(model: Model) -> np.ndarray:
    data = model.graph.tensor("w").data
    assert data is not None
    return data


def result(interpreter: Interpreter) -> np.ndarray:
    interpreter.allocate_tensors()
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def truncate(path: Path) -> None:
    os.truncate(path, 4096)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def overwrite(path: Path) -> None:
    with open(path, "r+b") as file:
        file.write(os.urandom(100))
    os.utime(path, ns=(1, 1))  # as if some time had passed


CHANGES = [truncate, empty, overwrite, Path.unlink]


@pytest.mark.parametrize("change", CHANGES)
def test_what_becomes_of_a_small_file_is_nothing_to_its_model(path: Path, change: Callable[[Path], None]) -> None:
    model, interpreter = Model.load(path), Interpreter(str(path))
    change(path)
    assert np.array_equal(weights(model), np.arange(COUNT))
    assert np.array_equal(result(interpreter), np.arange(COUNT))
    assert weights(Model.load(model.to_bytes()))[-1] == COUNT - 1


def test_a_model_may_be_written_over_its_file_the_ordinary_way(path: Path) -> None:
    model = Model.load(path)
    model.description = "edited"
    with open(path, "wb") as file:
        file.write(model.to_bytes())
    assert Model.load(path) == model


def test_a_model_of_a_small_file_holds_no_descriptor(path: Path) -> None:
    def open_files() -> list[str]:
        return [os.path.realpath(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")]

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    model, interpreter = Model.load(path), Interpreter(str(path))
    interpreter.allocate_tensors()
    assert str(path.resolve()) not in open_files()
    assert weights(model).size == COUNT


USES: dict[str, Callable[[Model, Interpreter], object]] = {
    "data": lambda model, _: weights(model),
    "to_bytes": lambda model, _: model.to_bytes(),
    "save": lambda model, _: model.save("other.tflite"),
    "copy": lambda model, _: model.copy().to_bytes(),
    "allocate": lambda _, interpreter: interpreter.allocate_tensors(),
    "get_tensor": lambda model, interpreter: interpreter.get_tensor(model.graph.tensors.index(model.graph.tensor("w"))),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("change", CHANGES[:3])
@pytest.mark.usefixtures("mapped")
def test_a_large_file_that_was_changed_is_not_looked_at(
    path: Path, change: Callable[[Path], None], use: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(path.parent)
    model, interpreter = Model.load(path), Interpreter(str(path))
    change(path)
    with pytest.raises(FileError, match=r"model\.tflite: it has been changed since it was loaded"):
        USES[use](model, interpreter)
    assert os.listdir() == ["model.tflite"]


@pytest.mark.usefixtures("mapped")
def test_a_large_file_may_be_replaced(path: Path) -> None:
    model, interpreter = Model.load(path), Interpreter(str(path))
    changed = Model.load(path)
    changed.graph.tensor("w").data = np.ones(COUNT, np.float32)
    changed.save(path)
    assert weights(model)[-1] == COUNT - 1 and result(interpreter)[-1] == COUNT - 1
    model.save(path)
    assert weights(Model.load(path))[-1] == COUNT - 1
    path.unlink()
    assert weights(model)[-1] == COUNT - 1


@pytest.mark.parametrize("change", [lambda file: file.write(b"+"), lambda file: file.truncate(5000)], ids=["grows", "shrinks"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    path: Path, change: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    state = files._state

    def and_then_change(descriptor: int) -> tuple[int, int]:
        found = state(descriptor)
        with open(path, "r+b") as other:
            other.seek(0, os.SEEK_END)
            change(other)
        return found

    monkeypatch.setattr(files, "_state", and_then_change)
    with pytest.raises(FileError, match=r"model\.tflite: it changed while it was read\. Wait"):
        Model.load(path)


def test_a_file_is_on_the_disk_before_it_gets_its_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is synced, by what it is, and renamed, in order."""
    done = []
    sync, rename = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        done.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else os.fstat(descriptor).st_size)
        sync(descriptor)

    def renamed(*names: str) -> None:
        done.append("rename")
        rename(*names)

    if not os.path.isdir("/proc/self/fd"):
        pytest.skip("no /proc here")
    model = Model.load(path)
    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", renamed)
    model.save(path)
    assert done == [path.stat().st_size, "rename", "folder"]


def graph_def(op: str) -> bytes:
    kind = 'attr { key: "%s" value { type: DT_FLOAT } }'
    return binary(f'node {{ name: "x" op: "Placeholder" {kind % "dtype"} }} node {{ name: "y" op: "{op}" input: "x" {kind % "T"} }}')


def test_a_conversion_that_is_refused_leaves_the_old_file(path: Path) -> None:
    before, frozen = path.read_bytes(), path.with_name("frozen.pb")
    frozen.write_bytes(graph_def("NoSuchOp"))
    with pytest.raises(ConvertError):
        tinylite.convert(graph_def("NoSuchOp"), output=path)
    with pytest.raises(ConvertError):
        TFLiteConverter.from_frozen_graph(frozen, ["x"], ["y"]).convert(output=path)
    assert path.read_bytes() == before


def test_a_conversion_writes_the_file_that_it_returns(path: Path) -> None:
    model = tinylite.convert(graph_def("Neg"), output=path)
    assert path.read_bytes() == model.to_bytes()
    frozen = path.with_name("frozen.pb")
    frozen.write_bytes(graph_def("Abs"))
    content = TFLiteConverter.from_frozen_graph(frozen, ["x"], ["y"]).convert(output=path)
    assert path.read_bytes() == content != model.to_bytes()
