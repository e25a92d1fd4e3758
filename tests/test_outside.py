"""What surrounds a program: pipes among its files, a directory that is gone, streams that are closed, arguments of any kind."""

from __future__ import annotations

import copy
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import (
    FileError,
    Graph,
    Interpreter,
    Model,
    ModelError,
    Op,
    OutOfMemoryError,
    Quantization,
    SettingError,
    Tensor,
    TensorError,
    TinyliteError,
)
from tinylite.files.diagnose import diagnose_path
from tinylite.files.io import check_no_pipes, write_whole
from tinylite.inputs.media import array_names, read_input, write_output
from tinylite.interpreter.compilation import show_compilation
from tinylite.kernels import executor, store
from tinylite.limits import memory_limit

from .small_models import DEMO, X, chain, ready, run, two_signatures

MODEL = DEMO / "digits_uint8.tflite"
posix = pytest.mark.skipif(os.name != "posix", reason="pipes and closed descriptors are POSIX's")

# ---- files: a pipe that nobody writes to would keep whoever opens it waiting, so these tests would hang


@posix
@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.png", "x.wav", "x.mp3"])
def test_a_pipe_is_no_input(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(FileError, match="it is a pipe"):
        read_input(str(tmp_path / name), ready(chain()).get_input_details()[0])


@posix
def test_a_pipe_has_no_arrays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "x.npz")
    with pytest.raises(FileError, match="it is a pipe"):
        array_names(str(tmp_path / "x.npz"))


@posix
def test_a_pipe_names_no_checkpoint(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "checkpoint")
    assert diagnose_path(tmp_path)[0] == "a directory"


@posix
def test_a_pipe_in_a_saved_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "variables").mkdir()
    os.mkfifo(tmp_path / "saved_model.pb")
    assert "it is a pipe" in diagnose_path(tmp_path)[0]
    with pytest.raises(FileError, match=r"saved_model\.pb: it is a pipe"):
        check_no_pipes(str(tmp_path), "/*", "/*/*")
    (tmp_path / "saved_model.pb").unlink()
    check_no_pipes(str(tmp_path), "/*", "/*/*")
    os.mkfifo(tmp_path / "variables" / "variables.index")
    with pytest.raises(FileError, match=r"variables\.index: it is a pipe"):
        check_no_pipes(str(tmp_path), "/*", "/*/*")


@posix
def test_links_that_lead_nowhere_are_no_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "a.index").symlink_to("nowhere")
    (tmp_path / "b.index").symlink_to("b.index")
    assert diagnose_path(tmp_path)[0] == "a directory"


@posix
def test_a_current_directory_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileError, match=r"there is no such file\. The current directory has been removed"):
        Model.load("absent.tflite")


class Bytes:
    """A path of bytes, as os.scandir(b".") returns them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __fspath__(self) -> bytes:
        return os.fsencode(self.path)


def test_paths_of_bytes(tmp_path: Path) -> None:
    Model.load(MODEL).save(Bytes(tmp_path / "copy"))
    assert Model.load(Bytes(tmp_path / "copy")) == Model.load(MODEL)
    with pytest.raises(FileError, match="no such file"):
        Model.load(Bytes(tmp_path / "absent"))


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_paths_that_no_system_takes(path: str) -> None:
    with pytest.raises(FileError, match="it cannot be written"):
        Model.load(MODEL).save(path)


@posix
@pytest.mark.parametrize("read", [Model.load, diagnose_path, lambda path: read_array(str(path))])
def test_a_file_that_becomes_a_pipe_keeps_nobody_waiting(
    read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it has been looked at, and before it is opened: so it must not be opened to wait."""
    path = tmp_path / "x.npy"
    os.mkfifo(path)
    monkeypatch.setattr(os.path, "isfile", lambda path: not str(path).endswith(".index"))
    with pytest.raises(FileError, match="it is a pipe"):
        read(path)


def read_array(path: str) -> np.ndarray:
    return read_input(path, ready(chain()).get_input_details()[0])


# ---- streams


@posix
@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["inspect", "run --random 0"])
def test_commands_do_without_streams(command: str, closed: str) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"{sys.executable}" -m tinylite {command} "{MODEL}" {closed}'],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert bool(done.stdout) == (">&- " not in f"{closed} ".replace("2>&-", ""))


@posix
def test_a_closed_stdin_is_no_input() -> None:
    command = f'"{sys.executable}" -m tinylite run "{MODEL}" - <&-'
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 1 and done.stderr.startswith("Error: stdin is closed")


class Full:
    """A stream on a full disk."""

    def isatty(self) -> bool:
        return False

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_first_run_needs_no_stderr(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("TINYLITE_QUIET", raising=False)
    closed = open(tmp_path / "closed", "w")  # noqa: SIM115
    closed.close()
    for stream in (None, closed, Full()):
        monkeypatch.setattr(sys, "stderr", stream)
        for done in range(3):
            show_compilation(done, 2, 1.0)


# ---- arguments

WRONG: dict[str, tuple[Callable[[Interpreter], object], type[Exception]]] = {
    "shape of text": (lambda i: i.resize_tensor_input(0, "abc"), TensorError),  # type: ignore[arg-type]
    "shape of nothing": (lambda i: i.resize_tensor_input(0, None), TensorError),  # type: ignore[arg-type]
    "shape with nothing in it": (lambda i: i.resize_tensor_input(0, [None, 4]), TensorError),  # type: ignore[list-item]
    "shape of halves": (lambda i: i.resize_tensor_input(0, [1.5, 4]), TensorError),  # type: ignore[list-item]
    "shape of NaN": (lambda i: i.resize_tensor_input(0, [np.nan, 4]), TensorError),
    "shape of infinity": (lambda i: i.resize_tensor_input(0, [np.inf, 4]), TensorError),
    "shape of rows": (lambda i: i.resize_tensor_input(0, [[1, 4]]), TensorError),  # type: ignore[list-item]
    "ragged shape": (lambda i: i.resize_tensor_input(0, [[1], 4]), TensorError),  # type: ignore[list-item]
    "graph of text": (lambda i: i.get_tensor(0, "0"), TensorError),  # type: ignore[arg-type]
    "graph of nothing": (lambda i: i.get_tensor_details(None), TensorError),  # type: ignore[arg-type]
    "ragged input": (lambda i: i.set_tensor(0, [[1], [1, 2]]), TensorError),
    "ragged input by name": (lambda i: i.get_signature_runner("minus")(x=[[1], [1, 2]]), TensorError),
    "text by name": (lambda i: i.get_signature_runner("minus")(x="abc"), TensorError),
    "ragged values": (lambda i: tinylite.quantize_values([[1], [1, 2]], i.get_input_details()[0]), TensorError),
    "ragged stored values": (lambda i: tinylite.dequantize_values([[1], [1, 2]], i.get_input_details()[0]), TensorError),
    "no details": (lambda i: tinylite.quantize_values(X, None), TensorError),  # type: ignore[arg-type]
    "seed of text": (lambda i: tinylite.random_inputs(i.get_input_details(), "x"), SettingError),  # type: ignore[arg-type]
    "negative seed": (lambda i: tinylite.random_inputs(i.get_input_details(), -1), SettingError),
}


@pytest.mark.parametrize("name", WRONG)
def test_arguments_of_a_wrong_kind_are_named_and_change_nothing(name: str) -> None:
    interpreter = ready(two_signatures())
    before = [entry["shape"].tolist() for entry in interpreter.get_input_details()]
    call, error = WRONG[name]
    with pytest.raises(error) as caught:
        call(interpreter)
    assert "object at" not in str(caught.value)
    assert [entry["shape"].tolist() for entry in interpreter.get_input_details()] == before
    interpreter.invoke()


def test_whole_numbers_of_any_type_are_a_shape() -> None:
    interpreter: Any = ready(chain())
    for shape in ([2, 4], (2.0, 4.0), np.array([2, 4], np.int8), np.array([2, 4], np.float16), [np.uint64(2), 4]):
        interpreter.resize_tensor_input(0, [1, 4])
        interpreter.resize_tensor_input(0, shape)
        assert interpreter.get_input_details()[0]["shape"].tolist() == [2, 4]


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda runner: pickle.loads(pickle.dumps(runner))])
def test_runners_can_be_copied(again: Callable[[Any], Any]) -> None:
    runner = Interpreter(two_signatures()).get_signature_runner("minus")
    made = again(runner)
    assert np.array_equal(made(x=X)["out"], -X) and np.array_equal(runner(x=2 * X)["out"], -2 * X)


@pytest.mark.parametrize("text", ["-1", "-inf", "nan", "inf", "1e", "1\n2"])
def test_limits_that_are_no_numbers(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", text)
    with pytest.raises(SettingError, match="is not a number of bytes"):
        memory_limit()


# ---- signals


def test_a_handler_may_want_kernels_while_others_load(monkeypatch: pytest.MonkeyPatch) -> None:
    """It runs in the thread that holds the lock, and would wait for itself."""
    kernels = [executor.team_publish]
    monkeypatch.setattr(store, "_addresses", {})
    seen: list[dict[str, int]] = []

    def interrupted(missing: list[Any]) -> list[Any]:
        seen.append(store.addresses([]))
        store._addresses.update({kernel.name: 1 for kernel in missing})
        return []

    monkeypatch.setattr(store, "_load_kept", interrupted)
    assert store.addresses(kernels) == {kernels[0].name: 1} and seen == [{}]


# ---- models that somebody has made of the wrong things


class Speechless:
    """What says nothing of itself."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


def _nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


STRANGE: dict[str, Any] = {
    "nothing": None, "number": 3, "fraction": 2.5, "bytes": b"x", "list": [1], "dict": {"a": 1}, "array": X, "object": object(),
    "type": int, "half a pair": "\ud800", "huge": 10**400, "dates": np.zeros(2, "M8[s]"), "complex": 1j, "speechless": Speechless(),
    "nested": _nested(2000), "huge array": np.broadcast_to(np.float32(0), (1, 1 << 40)),
}  # fmt: skip


def _edited(**changes: Any) -> Model:
    """A model whose first tensor, op and self have these attributes, each under the name of its kind and its own."""
    model = Model.load(two_signatures())
    graph = model.graph
    graph.inputs[0].quantization = Quantization([0.5], [0])
    parts = {"tensor": graph.inputs[0], "quantization": graph.inputs[0].quantization, "op": graph.ops[0], "graph": graph, "model": model,
             "signature": model.signatures[0]}  # fmt: skip
    for name, value in changes.items():
        kind, _, attribute = name.partition("_")
        setattr(parts[kind], attribute, value)
    return model


PARTS = [
    "tensor_name", "tensor_shape", "tensor_type", "tensor_buffer", "tensor_quantization", "tensor_shape_signature", "tensor_sparsity",
    "tensor_variant_tensors", "tensor_external_buffer", "quantization_scale", "quantization_zero_point", "quantization_quantized_dimension",
    "quantization_details", "op_version", "op_inputs", "op_options", "op_custom_options", "graph_name", "graph_tensors", "graph_ops",
    "model_graphs", "model_metadata", "model_signatures", "model_description", "model_version", "model_associated_files",
    "model_metadata_buffer", "model_unknown", "signature_key", "signature_graph", "signature_inputs",
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_model_of_wrong_things_is_written_whole_or_refused(part: str, tmp_path: Path) -> None:
    for name, value in STRANGE.items():
        path = tmp_path / "model.tflite"
        path.write_bytes(b"before")
        try:
            _edited(**{part: value}).save(path)
        except TinyliteError as error:
            assert path.read_bytes() == b"before", name
            assert len(str(error)) < 1500, name
            assert os.listdir(tmp_path) == ["model.tflite"]
        else:
            assert path.read_bytes()[4:8] == b"TFL3", name


@pytest.mark.parametrize(
    ("part", "value", "said"),
    [
        ("tensor_name", 3, r"subgraphs\[0\]\.tensors\[0\]\.name: 3 is not a text"),
        ("tensor_shape", (1.5, 2), r"graph 0, tensor 0 'a': its shape is \(1\.5, 2\)\. Give whole numbers"),
        ("tensor_buffer", X, r"graph 0, tensor 0 'a': its bytes are an array of float32 \[1, 4\]\. Give a uint8 array"),
        ("tensor_quantization", 3, "graph 0, tensor 0 'a': something there has a type that it cannot have"),
        ("op_version", None, "graph 0, op ADD: its version is None"),
        ("model_description", "\ud800", "description: .* that UTF-8 cannot hold"),
        ("quantization_details", Tensor("x"), "graph 0, tensor 0 'a': .* is not a Table of the schema"),
    ],
)
def test_wrong_things_in_a_model_are_named(part: str, value: Any, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        _edited(**{part: value}).to_bytes()


def test_a_buffer_may_be_bytes_or_every_other_byte() -> None:
    x, w, y = Tensor("x", (2,)), Tensor("w", (2,)), Tensor("y", (2,))
    model = Model([Graph("main", [x], [y], [Op("ADD", [x, w], [y])])])
    stored = np.array([1, 2], np.float32)
    for buffer in (stored.tobytes(), bytearray(stored.tobytes()), np.repeat(stored.view(np.uint8), 2)[::2]):
        w.buffer = buffer  # type: ignore[assignment]
        assert run(ready(model.to_bytes()), stored).tolist() == [2, 4]
        again: Any = Interpreter(model)
        again.allocate_tensors()
        assert run(again, stored).tolist() == [2, 4]


CALLS: dict[str, Callable[[Interpreter, Any], object]] = {
    "load": lambda i, value: Model.load(value),
    "interpreter": lambda i, value: Interpreter(value),
    "content": lambda i, value: Interpreter(model_content=value),
    "index": lambda i, value: i.get_tensor(value),
    "value": lambda i, value: i.set_tensor(0, value),
    "signature": lambda i, value: i.get_signature_runner(value),
    "random inputs": lambda i, value: tinylite.random_inputs(value),
    "ranges": lambda i, value: tinylite.random_inputs(i.get_input_details(), 0, value),
    "range": lambda i, value: tinylite.random_inputs(i.get_input_details(), 0, {"a": value}),
    "ends of a range": lambda i, value: tinylite.random_inputs(i.get_input_details(), 0, {"a": (value, value)}),
    "quantized": lambda i, value: tinylite.quantize_values(value, i.get_input_details()[0]),
    "details": lambda i, value: tinylite.quantize_values(X, value),
    "mean": lambda i, value: tinylite.quantize_values(X, i.get_input_details()[0], value, value),
    "tensor by name": lambda i, value: Model.load(two_signatures()).graph.tensor(value),
    "cut": lambda i, value: Model.load(two_signatures()).cut(value, value),
    "cut at one": lambda i, value: Model.load(two_signatures()).cut([value], [value]),
    "operator": lambda i, value: Op(value, [], []),
    "type": lambda i, value: Tensor("x", (), value),
    "scale": lambda i, value: Quantization(value, value),
    "quantized model": lambda i, value: tinylite.quantize.quantize_model(value),
}


@pytest.mark.parametrize("name", CALLS)
def test_anything_may_be_given(name: str) -> None:
    """It works, or is refused in tinylite's words, and the interpreter can be used again."""
    interpreter = ready(two_signatures())
    for kind, value in STRANGE.items():
        try:
            CALLS[name](interpreter, value)
        except TinyliteError as error:
            assert len(str(error)) < 1500, kind
        except Exception as error:
            raise AssertionError(f"{kind}: {type(error).__name__}: {error}") from error
    assert run(interpreter, X, X).tolist() == (2 * X).tolist()


@pytest.mark.parametrize("given", [None, 3, [1], Model.load(MODEL), np.zeros(3, np.uint8), open])
def test_a_model_is_loaded_from_a_path_or_bytes(given: Any) -> None:
    with pytest.raises(FileError, match="a model is loaded from a path or from a file's bytes, not from"):
        Model.load(given)


@posix
def test_a_folder_that_goes_while_a_model_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()

    def parts() -> Any:
        yield b"a"
        shutil.rmtree(folder)
        yield b"b"

    with pytest.raises(FileError, match="it cannot be written"):
        write_whole(str(folder / "model.tflite"), parts())


@pytest.mark.parametrize("extension", [".png", ".jpg"])
def test_complex_numbers_are_no_picture(extension: str, tmp_path: Path) -> None:
    with pytest.raises(TensorError, match="holds complex64, which is not a picture"):
        write_output(str(tmp_path / f"x{extension}"), {"y": np.zeros((8, 8), np.complex64)}, ready(chain()).get_output_details()[0])
    assert os.listdir(tmp_path) == []


def gathered() -> Model:
    """Rows of x, whose numbers are a constant."""
    x, rows, y = Tensor("x", (4, 3)), Tensor("rows", (2,), "INT32"), Tensor("y", (2, 3))
    rows.data = np.array([0, 1], np.int32)
    return Model([Graph("main", [x], [y], [Op("GATHER", [x, rows], [y])], [x, rows, y])])


@pytest.mark.parametrize("kind", ["model", "bytes", "view", "array"])
def test_constants_of_an_interpreter_cannot_be_written(kind: str) -> None:
    """Plans are made for what they hold: neither through the interpreter's views nor without its knowledge."""
    content = bytearray(gathered().to_bytes())
    given: dict[str, Any] = {
        "model": gathered(), "bytes": content, "view": memoryview(content).toreadonly(), "array": np.frombuffer(content, np.uint8),
    }  # fmt: skip
    interpreter = Interpreter(given[kind])
    x = np.arange(12, dtype=np.float32).reshape(4, 3)
    for index in range(len(content)):
        content[index] = 255
    for ready_now in (False, True):
        if ready_now:
            interpreter.allocate_tensors()
        with pytest.raises(ValueError, match="read-only"):
            interpreter.tensor(1)()[...] = 100_000_000
    assert run(interpreter, x).tolist() == x[:2].tolist()


@pytest.mark.parametrize("size", [np.broadcast_to(np.int64(1), 1 << 40), range(1 << 50)])
def test_a_shape_without_end_is_none(size: Any) -> None:
    interpreter = ready(chain())
    with pytest.raises((TensorError, OutOfMemoryError)):
        interpreter.resize_tensor_input(0, size)
    interpreter.invoke()
