"""The store of compiled kernels: filled by several at once, damaged, unwritable, of another version."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tinylite.kernels import cpu, store
from tinylite.model import Graph, Model, Op, Tensor

# One small kernel, beside the one that enters a plan: compiling it takes a second or two.
RUN = """
import sys, warnings, numpy
warnings.simplefilter("error" if len(sys.argv) < 3 else "default")
from tinylite import Interpreter
interpreter = Interpreter(sys.argv[1])
interpreter.allocate_tensors()
interpreter.set_tensor(interpreter.get_input_details()[0]["index"], numpy.arange(-3, 4, dtype="float32"))
interpreter.invoke()
print(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tolist(), "numba" in sys.modules)
"""
RIGHT = [3.0, 2.0, 1.0, 0.0, 1.0, 2.0, 3.0]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    x, y = Tensor("x", (7,)), Tensor("y", (7,))
    path = tmp_path_factory.mktemp("model") / "abs.tflite"
    Model([Graph("main", [x], [y], [Op("ABS", [x], [y])], [x, y])]).save(path)
    return path


def start(model: Path, cache: Path | str, *more: str) -> subprocess.Popen[str]:
    environment = dict(os.environ, TINYLITE_CACHE=str(cache), TINYLITE_QUIET="")
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(model), *more], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def finish(process: subprocess.Popen[str]) -> str:
    """What it said beside the right answer."""
    out, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    assert out.split("]")[0] == str(RIGHT)[:-1]
    return errors


@pytest.fixture(scope="module")
def filled(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store filled by two processes that began with an empty one."""
    cache = tmp_path_factory.mktemp("cache")
    both = [start(model, cache), start(model, cache)]
    for process in both:
        assert "compiling" in finish(process)
    return cache


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def test_two_processes_may_fill_it_at_once(filled: Path) -> None:
    names = [path.name for path in kept(filled)]
    assert len(names) == len(set(names))
    assert all(name.endswith(".o") for name in names), "a temporary file was left behind"


def test_only_what_the_model_needs_is_compiled(filled: Path) -> None:
    assert len(kept(filled)) <= 3
    assert any("abs" in path.name for path in kept(filled))


def test_what_is_kept_is_not_compiled_again(model: Path, filled: Path) -> None:
    assert finish(start(model, filled)) == ""


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "other"])
def test_damaged_files_are_compiled_again(model: Path, filled: Path, tmp_path: Path, damage: str) -> None:
    damaged = 0
    for path in kept(filled):
        to = tmp_path / path.relative_to(filled)
        to.parent.mkdir(exist_ok=True)
        content = path.read_bytes()
        if "abs" in path.name:
            half = len(content) // 2
            content = {
                "empty": b"",
                "truncated": content[:half],
                "flipped": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
                "other": b"an older format\n" + content,
            }[damage]
            damaged += 1
        to.write_bytes(content)
    assert "compiled 1 kernels" in finish(start(model, tmp_path))
    assert damaged == 1
    assert finish(start(model, tmp_path)) == ""


def test_a_place_that_cannot_be_written_costs_only_time(model: Path) -> None:
    """A file where a folder should be: permissions would not stop root."""
    said = finish(start(model, "/dev/null/cache", "warn"))
    assert "RuntimeWarning: tinylite cannot keep compiled kernels" in said
    assert "set TINYLITE_CACHE" in said


def test_other_versions_and_machines_have_places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = store._key()
    assert store._key() == here
    with monkeypatch.context() as patch:
        patch.setattr(store, "_version", lambda package: "another")
        assert store._key() != here
    with monkeypatch.context() as patch:
        patch.setattr(store, "host", lambda: cpu.Host("another CPU", frozenset()))
        assert store._key() != here


def test_a_compiler_s_failure_is_told_and_nothing_is_kept(tmp_path: Path) -> None:
    code = """
import os, numpy
from tinylite.kernels.kernel import Kernel, kernel
from tinylite.kernels.store import CompileError, addresses
@kernel("broken", x="f32*")
def broken(a, lo, hi, scratch):
    return nonsense(a.x)
broken.module = "nowhere.to.be.found"
try:
    addresses([broken])
except CompileError as error:
    print(error)
"""
    environment = dict(os.environ, TINYLITE_CACHE=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "compiling broken failed" in done.stdout
    assert "nowhere" in done.stdout
    assert not kept(tmp_path)


def test_every_target_of_this_cpu_is_among_the_known() -> None:
    usable = cpu.available()
    assert usable, "the portable target runs everywhere"
    assert usable[-1].name == "portable"
    assert set(usable) <= set(cpu.TARGETS)


@pytest.mark.parametrize("target", [target.name for target in cpu.available()])
def test_a_target_can_be_forced(model: Path, target: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = dict(os.environ, TINYLITE_CPU=target, TINYLITE_QUIET="1")
    done = subprocess.run([sys.executable, "-c", RUN, str(model)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("]")[0] == str(RIGHT)[:-1]


def test_an_unknown_target_is_refused(model: Path) -> None:
    environment = dict(os.environ, TINYLITE_CPU="abacus")
    done = subprocess.run([sys.executable, "-c", RUN, str(model)], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "SettingError" in done.stderr
    assert "TINYLITE_CPU=abacus is not among the targets that this CPU runs" in done.stderr


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_can_compile_though_the_parent_was_compiling() -> None:
    code = """
import os, sys, threading
from tinylite.kernels import store
with store._lock:
    child = os.fork()
    if not child:
        os._exit(0 if store._lock.acquire(timeout=10) else 1)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=False, timeout=60).returncode == 0


@pytest.mark.parametrize("worker", ["/nowhere/python", "says_too_little"])
def test_a_worker_that_fails_is_told_of(worker: str, model: Path, tmp_path: Path) -> None:
    """One that cannot be started, and one that dies while it gives its answer."""
    if worker == "says_too_little":
        script = tmp_path / worker
        script.write_text("#!/bin/sh\nread line\necho name 5000\necho short\n")
        script.chmod(0o755)
        worker = str(script)
    code = f"import sys; sys.executable = {worker!r}\n" + RUN
    environment = dict(os.environ, TINYLITE_CACHE=str(tmp_path / "cache"))
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert "KernelError" in done.stderr
    assert not kept(tmp_path / "cache")
