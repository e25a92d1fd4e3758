"""Signals, forks, limits and full disks: what the system does to a process, and what is left when it has."""

from __future__ import annotations

import contextlib
import copy
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite.errors import FileError, InvokeError
from tinylite.files.io import write_whole
from tinylite.interpreter import Interpreter
from tinylite.kernels import executor
from tinylite.kernels.cpu import cores
from tinylite.model import Graph, Model, Op, Tensor

from .graphs import Maker, constant
from .ops import unidirectional_sequence_lstm as lstm
from .small_models import X, chain, ready, run
from .test_control_flow import ROW, doubled, longer, looping, turns

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, forks and limits are POSIX's")

# ---- signals


class Enough(BaseException):
    """What a handler raises: as KeyboardInterrupt, no Exception."""


@contextlib.contextmanager
def alarms(handler: Callable[..., Any], seconds: float, interval: float = 0) -> Iterator[None]:
    """Schedule a signal after some time, and then again and again if there is an interval."""
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, seconds, interval)
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def enough(*unused: object) -> None:
    raise Enough


def wide(maker: Maker, count: Tensor, x: Tensor) -> list[Tensor]:
    """An iteration that a team of threads shares, so that Python runs the loop."""
    weights = constant(np.zeros((256, 256)))
    return [maker.add("FULLY_CONNECTED", x, weights, None, shape=(128, 256))]


def layers(count: int, width: int) -> bytes:
    x, weights = Tensor("x", (width, width)), constant(np.full((width, width), 1 / width))
    maker = Maker("main", [x])
    for _ in range(count):
        x = maker.add("FULLY_CONNECTED", x, weights, None)
    return Model([maker.gives(x)]).to_bytes()


def boxes(count: int) -> bytes:
    """NON_MAX_SUPPRESSION_V4 of boxes of which none overlaps: each is compared with all before."""
    corners, scores = Tensor("boxes", (count, 4)), Tensor("scores", (count,))
    settings = [constant(value, dtype) for value, dtype in ((count, np.int32), (0.5, np.float32), (-1.0, np.float32))]
    outputs = [Tensor("selected", (count,), "INT32"), Tensor("valid", (), "INT32", has_rank=True)]
    return Model(
        [Graph("main", [corners, scores], outputs, [Op("NON_MAX_SUPPRESSION_V4", [corners, scores, *settings], outputs)])]
    ).to_bytes()


def separate(count: int) -> list[np.ndarray]:
    places = np.arange(count, dtype=np.float32)
    return [np.stack([places, places, places + 0.5, places + 0.5], 1), np.ones(count, np.float32)]


# Model, inputs with which it runs for many seconds, and inputs with which it does not.
LONG: dict[str, Callable[[], tuple[bytes, Sequence[Any], Sequence[Any]]]] = {
    "loop": lambda: (looping(doubled).to_bytes(), [turns(-1), ROW], [turns(3), ROW]),
    "loop that grows": lambda: (looping(longer).to_bytes(), [turns(-1), ROW], [turns(3), ROW]),
    "loop with wide turns": lambda: (
        looping(wide, Tensor("x", (128, 256))).to_bytes(), [turns(-1), np.ones((128, 256), np.float32)],
        [turns(3), np.ones((128, 256), np.float32)],
    ),
    "layers": lambda: (layers(20, 2048), [np.ones((2048, 2048), np.float32)], []),
    "recurrent layer": lambda: (
        lstm.float_lstm(1, 500_000, 1, 4096, outputs=1).model().to_bytes(), [np.ones((1, 500_000, 1), np.float32)], [],
    ),
    "boxes": lambda: (boxes(150_000), separate(150_000), [np.zeros((150_000, 4), np.float32), np.zeros(150_000, np.float32)]),
}  # fmt: skip


def feed(interpreter: Interpreter, values: Sequence[Any]) -> None:
    for details, value in zip(interpreter.get_input_details(), values, strict=True):
        interpreter.set_tensor(details["index"], value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # of what such callbacks lose
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["loop", "loop that grows", "loop with wide turns"])
def test_a_signal_ends_a_loop_without_end(name: str, threads: int) -> None:
    content, endless, short = LONG[name]()
    interpreter = ready(content, num_threads=threads)
    wanted = run(ready(content), *short).tobytes()
    for _ in range(2):
        feed(interpreter, endless)
        # Again after a while, since Python loses what a handler raises in a callback, such as that of its garbage collector.
        with alarms(enough, 0.1, 2), pytest.raises(Enough):
            interpreter.invoke()
        assert run(interpreter, *short).tobytes() == wanted


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["layers", "recurrent layer", "boxes"])
def test_a_signal_ends_a_long_run_before_its_end(name: str, threads: int) -> None:
    content, long, short = LONG[name]()
    interpreter = ready(content, num_threads=threads)
    feed(interpreter, long)
    with alarms(enough, 0.2), pytest.raises(Enough):
        interpreter.invoke()
    last = interpreter.get_output_details()[-1]["index"]
    assert interpreter.get_tensor(last).reshape(-1)[-1] == 0, "the run has gone on to its end"
    if short:
        run(interpreter, *short)


@pytest.mark.parametrize("threads", [1, 2])
def test_a_handler_that_raises_nothing_changes_nothing(threads: int) -> None:
    content = looping(doubled).to_bytes()
    interpreter = ready(content, num_threads=threads)
    seen: list[bool] = []

    def look(*unused: object) -> None:
        seen.append(interpreter.runtime.running.locked())

    feed(interpreter, [turns(10_000_000), ROW])
    with alarms(look, 0.02, 0.02):
        interpreter.invoke()
    assert any(seen), "no handler ran during the run"
    count = interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    assert count == 1


# What a handler calls on the interpreter whose run it interrupts, and what it is refused with.
IN_HANDLERS: dict[str, tuple[Callable[[Interpreter], object], str | None]] = {
    "close": (Interpreter.close, None),
    "invoke": (Interpreter.invoke, "the interpreter is in the middle of a run"),
    "resize": (lambda i: i.resize_tensor_input(1, [5, 7]), "the interpreter is in the middle of a run"),
    "reset": (Interpreter.reset_all_variables, "the interpreter is in the middle of a run"),
    "clone": (Interpreter.clone, "the interpreter is in the middle of a run"),
    "copy": (copy.copy, "the interpreter is in the middle of a run"),
}


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("call", IN_HANDLERS)
def test_a_handler_that_uses_the_interpreter_waits_for_no_run(call: str, threads: int) -> None:
    """It would wait for itself: the run goes on when the handler has returned."""
    interpreter = ready(looping(doubled).to_bytes(), num_threads=threads)
    use, refusal = IN_HANDLERS[call]
    seen: list[str] = []

    def handler(*unused: object) -> None:
        if not interpreter.runtime.running.locked():
            return  # it has not begun
        signal.setitimer(signal.ITIMER_REAL, 0)
        try:
            use(interpreter)
            seen.append("done")
        except InvokeError as error:
            seen.append(str(error))

    feed(interpreter, [turns(10_000_000), ROW])
    with alarms(handler, 0.02, 0.02):
        interpreter.invoke()
    assert len(seen) == 1 and seen[0].startswith(refusal or "done")
    if refusal is None:
        with pytest.raises(InvokeError, match="closed"):
            interpreter.invoke()
    else:
        run(interpreter, turns(3), ROW)


def test_a_signal_ends_no_run_of_another_thread() -> None:
    interpreter = ready(looping(doubled).to_bytes())
    feed(interpreter, [turns(5_000_000), ROW])
    thread = threading.Thread(target=interpreter.invoke)
    with alarms(enough, 0.05), pytest.raises(Enough):
        thread.start()
        while True:
            time.sleep(0.01)
    thread.join()
    assert interpreter.get_tensor(interpreter.get_output_details()[0]["index"]) == 1


# Python ignores SIGINT where the shell that started the tests does.
CLI = """
import signal
from tinylite.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
print("ready", flush=True)
main()
"""


@pytest.mark.parametrize("sent, code", [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_signals_end_the_command_line_in_the_middle_of_a_run(sent: signal.Signals, code: int, tmp_path: Path) -> None:
    looping(doubled).save(tmp_path / "model.tflite")
    np.savez(tmp_path / "feeds.npz", count=turns(-1), x=ROW)
    command = [sys.executable, "-c", CLI, "run", str(tmp_path / "model.tflite"), str(tmp_path / "feeds.npz")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)
    process.send_signal(sent)
    output, said = process.communicate(timeout=30)
    assert process.returncode == code
    assert output == "" and "Traceback" not in said


# ---- forks


@pytest.mark.parametrize("threads", [1, 2])
def test_a_child_can_run_what_another_thread_was_running(threads: int, tmp_path: Path) -> None:
    code = f"""
import os, sys, threading, time, warnings
import numpy as np
from tinylite.interpreter import Interpreter
warnings.simplefilter("ignore")  # Python's own, of forks and threads
run = Interpreter(sys.argv[1], num_threads={threads})
run.allocate_tensors()
def feed(count):
    run.set_tensor(run.get_input_details()[0]["index"], np.int32(count))
feed(-1)
threading.Thread(target=run.invoke, daemon=True).start()
while not run.runtime.running.locked():
    time.sleep(0.01)
child = os.fork()
if child == 0:
    feed(3)
    run.invoke()
    os._exit(0 if run.get_tensor(run.get_output_details()[0]["index"]) == 1 else 3)
code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert run.runtime.running.locked()
os._exit(code)
"""
    looping(doubled).save(tmp_path / "model.tflite")
    command = [sys.executable, "-c", code, str(tmp_path / "model.tflite")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# ---- threads


def test_threads_beyond_four_a_core_are_not_made() -> None:
    with pytest.warns(RuntimeWarning, match=f"uses {4 * cores()} threads, not 9999"):
        interpreter = ready(chain(), num_threads=9999)
    assert interpreter.runtime.threads == 4 * cores()
    assert np.array_equal(run(interpreter, X), np.abs(X))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert Interpreter(model_content=chain(), num_threads=4 * cores()).runtime.threads == 4 * cores()
        assert Interpreter(model_content=chain(), num_threads=-1).runtime.threads == 1


@pytest.mark.parametrize("allowed", [0, 1])
def test_a_team_makes_do_with_the_threads_that_there_are(allowed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    start, started = threading.Thread.start, []

    def limited(thread: threading.Thread) -> None:
        if len(started) == allowed:
            raise RuntimeError("can't start new thread")
        started.append(thread)
        start(thread)

    monkeypatch.setattr(executor, "_teams", {})
    monkeypatch.setattr(threading.Thread, "start", limited)
    interpreter = ready(chain(), num_threads=3)
    for _ in range(3):
        assert np.array_equal(run(interpreter, X), np.abs(X))
    assert len(started) == allowed and executor._teams[3]._threads == allowed + 1


# ---- compilation that is ended, and limits

ABS = """
import resource, sys
from tinylite import Interpreter, TinyliteError
if len(sys.argv) > 2:
    limit = getattr(resource, sys.argv[2])
    resource.setrlimit(limit, (int(sys.argv[3]), int(sys.argv[3])))
try:
    run = Interpreter(sys.argv[1])
    run.allocate_tensors()
    run.invoke()
except TinyliteError as error:
    sys.exit(f"{type(error).__name__}: {error}")
print("ran")
"""


def first_run(tmp_path: Path, *limit: object, **options: Any) -> subprocess.Popen[str]:
    """A process that has to compile two kernels, within a limit (its name and value) that it sets once Python has started."""
    path = tmp_path / "abs.tflite"
    if not path.exists():
        path.write_bytes(chain(codes="ABS"))
    environment = dict(os.environ, TINYLITE_CACHE=str(tmp_path / "cache"), OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    command = [sys.executable, "-W", "default", "-c", ABS, str(path), *map(str, limit)]
    return subprocess.Popen(command, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)


def kept(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "cache").rglob("*") if path.is_file())


def children(process: int) -> list[int]:
    """The processes that one has started and that have not ended. Linux."""
    with contextlib.suppress(OSError):
        return [int(child) for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()]
    return []


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_compilation_that_is_ended_leaves_no_process_and_no_damage(sent: signal.Signals, tmp_path: Path) -> None:
    process = first_run(tmp_path, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler))
    while not (workers := children(process.pid)):
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(1)  # into the compilation
    assert all(map(alive, workers)) and process.poll() is None
    os.kill(workers[0], signal.SIGSTOP)  # however slow it is: it gets no further than it is now
    process.send_signal(sent)
    os.kill(workers[0], signal.SIGCONT)
    process.communicate(timeout=60)
    assert process.returncode == -sent
    ended = time.monotonic()
    while any(map(alive, workers)):
        assert time.monotonic() - ended < 10, "a worker outlives the process that it works for"
        time.sleep(0.05)
    again = first_run(tmp_path)
    out, said = again.communicate(timeout=300)
    assert (again.returncode, out) == (0, "ran\n"), said
    assert len([name for name in kept(tmp_path) if name.endswith(".o")]) == 2


@pytest.mark.slow
@pytest.mark.parametrize("name, value", [
    *(("RLIMIT_NOFILE", value) for value in (3, 5, 7, 9, 12)), ("RLIMIT_NPROC", 0), ("RLIMIT_AS", 1000 << 20),
])  # fmt: skip
def test_a_first_run_within_limits_works_or_says_what_it_lacks(name: str, value: int, tmp_path: Path) -> None:
    process = first_run(tmp_path, name, value)
    out, said = process.communicate(timeout=300)
    if process.returncode == 0:
        assert out == "ran\n"
    else:
        # Where Python cannot open the source of a module that is imported when it is needed, that is Python's to say.
        assert "KernelError: " in said or "OutOfMemoryError: " in said or "Too many open files" in said, said
    assert all(entry.endswith(".o") for entry in kept(tmp_path))


# ---- full disks


@pytest.mark.slow
def test_a_disk_that_cannot_hold_kernels_costs_only_time(tmp_path: Path) -> None:
    process = first_run(tmp_path, "RLIMIT_FSIZE", 100)
    out, said = process.communicate(timeout=300)
    assert (process.returncode, out) == (0, "ran\n"), said
    assert "tinylite cannot keep compiled kernels (File too large" in said
    assert kept(tmp_path) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_disk_that_cannot_hold_a_model_keeps_what_was_there(there: bool, tmp_path: Path) -> None:
    code = """
import resource, signal, sys
from tinylite import Model, TinyliteError
from tinylite.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))
if sys.argv[1] == "save":
    try:
        Model.load(sys.argv[2]).save(sys.argv[3])
    except TinyliteError as error:
        sys.exit(f"Error: {error}")
main(["convert", sys.argv[2], "--quantize_to_float16", "-o", sys.argv[3]])
"""
    x, y, w = Tensor("x", (1, 200)), Tensor("y", (1, 200)), constant(np.random.default_rng(0).normal(size=(200, 200)))
    Model([Graph("main", [x], [y], [Op("FULLY_CONNECTED", [x, w, None], [y])])]).save(tmp_path / "large.tflite")
    target = tmp_path / "out" / "model.tflite"
    target.parent.mkdir()
    if there:
        target.write_bytes(b"before")
    for how in ("save", "convert"):
        command = [sys.executable, "-c", code, how, str(tmp_path / "large.tflite"), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "model.tflite" in done.stderr and "it cannot be written: File too large" in done.stderr, done.stderr
        assert "Traceback" not in done.stderr
        assert [path.name for path in target.parent.iterdir()] == (["model.tflite"] if there else [])
        assert not there or target.read_bytes() == b"before"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KB, for root."""
    folder = tmp_path / "small"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False).returncode:
        pytest.skip("no file system can be mounted")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_keeps_what_was_there(small_disk: Path) -> None:
    path = small_disk / "model.tflite"
    write_whole(str(path), [b"before"])
    with pytest.raises(FileError, match="No space left on device"):
        write_whole(str(path), [bytes(1 << 20)])
    assert [entry.name for entry in small_disk.iterdir()] == ["model.tflite"]
    assert path.read_bytes() == b"before"
