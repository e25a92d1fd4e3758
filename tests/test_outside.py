"""What surrounds a program: pipes among its files, a directory that is gone, streams that are closed, arguments of any kind."""

from __future__ import annotations

import copy
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import FileError, Interpreter, Model, SettingError, TensorError
from tinylite.diagnose import diagnose_path
from tinylite.files import check_no_pipes
from tinylite.interpreter import _show_compilation
from tinylite.kernels import executor, store
from tinylite.limits import memory_limit
from tinylite.media import array_names, read_input

from .small_models import DEMO, X, chain, ready, two_signatures

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
    """A path of bytes, as os.scandir(b".") gives them."""

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
            _show_compilation(done, 2, 1.0)


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
    with pytest.raises(SettingError, match="is no number of bytes"):
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
