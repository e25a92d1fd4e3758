"""The store of compiled kernels: filled by several at once, damaged, unwritable, of another version."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tinylite.kernels import cpu, image, store
from tinylite.kernels.private import Folder, NotPrivateError
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


def sealed(content: bytes, name: str) -> bytes:
    """A file of the store with this content, and the right checksum."""
    return store._MAGIC + store._checksum(content, f"{store._place()}/{name.removesuffix('.o')}") + content


@pytest.mark.parametrize("damage", ["empty", "truncated", "flipped", "other", "no image", "another kernel"])
def test_damaged_files_are_compiled_again(model: Path, filled: Path, tmp_path: Path, damage: str) -> None:
    damaged = 0
    for path in kept(filled):
        to = tmp_path / path.relative_to(filled)
        to.parent.mkdir(mode=0o755, exist_ok=True)
        content = path.read_bytes()
        if "abs" in path.name:
            half = len(content) // 2
            content = {
                "empty": b"",
                "truncated": content[:half],
                "flipped": content[:half] + bytes([content[half] ^ 1]) + content[half + 1 :],
                "other": b"an older format\n" + content,
                "no image": sealed(struct.pack("<3I", 1 << 31, 0, 0) + bytes(128), path.name),
                "another kernel": next(other for other in kept(filled) if other != path).read_bytes(),
            }[damage]
            damaged += 1
        to.write_bytes(content)
        to.chmod(0o644)
    assert "compiled 1 kernels" in finish(start(model, tmp_path))
    assert damaged == 1
    assert finish(start(model, tmp_path)) == ""


def test_a_place_that_cannot_be_written_costs_only_time(model: Path) -> None:
    """A file where a folder should be: permissions would not stop root."""
    said = finish(start(model, "/dev/null/cache", "warn"))
    assert "RuntimeWarning: tinylite cannot keep compiled kernels (Not a directory in /dev/null/cache/" in said
    assert "set TINYLITE_CACHE" in said


# ---- what is not run

CODE = bytes.fromhex("b82a000000c3") + bytes(58)  # return 42


def made(entry: int = 0, imports: tuple[tuple[int, bytes], ...] = (), bases: tuple[int, ...] = (), code: bytes = CODE) -> bytes:
    """An image with these parts."""
    head = struct.pack("<3I", entry, len(imports), len(bases))
    head += b"".join(struct.pack("<IB", slot, len(name)) + name for slot, name in imports)
    head += b"".join(struct.pack("<I", slot) for slot in bases)
    return head + bytes(-len(head) % 64) + code


MALFORMED = {
    "empty": b"",
    "no head": bytes(11),
    "no code": made(code=b""),
    "entry at the end": made(entry=64),
    "entry far outside": made(entry=0xFFFFFFFF),
    "import outside": made(imports=((57, b"memcpy"),)),
    "import far outside": made(imports=((0xFFFFFFFF, b"memcpy"),)),
    "import of another function": made(imports=((8, b"system"),)),
    "import without a name": made(imports=((8, b""),)),
    "import that is not text": made(imports=((8, b"\xff\xfe"),)),
    "imports beyond the end": struct.pack("<3I", 0, 1 << 20, 0) + bytes(116),
    "bases beyond the end": struct.pack("<3I", 0, 0, 0xFFFFFFFF) + bytes(116),
    "base outside": made(bases=(57,)),
    "base that leads outside": made(bases=(8,), code=CODE[:8] + struct.pack("<Q", 65) + CODE[16:]),
    "slots that overlap": made(imports=((8, b"memcpy"),), bases=(15,)),
    "the same slot twice": made(bases=(8, 8)),
}


@pytest.mark.skipif(not image.linkable(), reason="images are for Linux on x86-64")
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_image_is_never_run(name: str) -> None:
    before = len(image._loaded)
    with pytest.raises(image.ImageError):
        image.load(MALFORMED[name])
    assert len(image._loaded) == before


@pytest.mark.skipif(not image.linkable(), reason="images are for Linux on x86-64")
def test_a_sound_image_runs() -> None:
    content = made(imports=((8, b"memcpy"), (16, b"memset")), bases=(24, 56))
    assert ctypes.CFUNCTYPE(ctypes.c_int)(image.load(content))() == 42


# ---- whose files are read


def private_folder(tmp_path: Path) -> Path:
    """A folder of the store with one file."""
    Folder.make(str(tmp_path / "root"), "place")
    with Folder(str(tmp_path / "root"), "place") as folder:
        folder.write("file", b"content")
    return tmp_path / "root" / "place"


def read(place: Path) -> bytes:
    with Folder(str(place.parent), place.name) as folder:
        return folder.read("file")


posix = pytest.mark.skipif(not hasattr(os, "geteuid"), reason="owners and modes are POSIX's")
root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can give files away")


@posix
def test_what_is_kept_is_this_user_s_alone(tmp_path: Path) -> None:
    mask = os.umask(0)
    try:
        place = private_folder(tmp_path)
    finally:
        os.umask(mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (place.parent, place, place / "file")}
    assert modes == {"root": 0o700, "place": 0o700, "file": 0o600}
    assert [path.name for path in place.iterdir()] == ["file"]
    assert read(place) == b"content"


@posix
@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777, 0o720])
@pytest.mark.parametrize("which", [".", "file", ".."])
def test_what_others_may_write_is_refused(which: str, mode: int, tmp_path: Path) -> None:
    place = private_folder(tmp_path)
    (place / which).chmod(mode)
    with pytest.raises(NotPrivateError, match=f"others may write to .*{mode:04o}"):
        read(place)


@posix
@pytest.mark.parametrize("mode", [0o755, 0o555, 0o700, 0o500])
def test_what_others_may_only_read_is_read(mode: int, tmp_path: Path) -> None:
    place = private_folder(tmp_path)
    for path in (place / "file", place, place.parent):
        path.chmod(mode)
    assert read(place) == b"content"
    place.chmod(0o700)
    place.parent.chmod(0o1777)  # as /tmp: others may add to it, and not replace what is there
    assert read(place) == b"content"


@root
@pytest.mark.parametrize("which", [".", "file", ".."])
def test_another_user_s_files_are_refused_and_root_s_are_read(which: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = private_folder(tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 4321)  # as a user may use what an image's builder has put there
    assert read(place) == b"content"
    os.chown(place / which, 4321, 4321)
    assert read(place) == b"content"
    os.chown(place / which, 1234, 4321)
    for user in (4321, 0):
        monkeypatch.setattr(os, "geteuid", lambda user=user: user)
        with pytest.raises(NotPrivateError, match=r"belongs to another user \(number 1234\)"):
            read(place)


@posix
@pytest.mark.parametrize("kind", ["link", "pipe", "folder", "link to the folder"])
def test_what_is_not_a_plain_file_is_not_read(kind: str, tmp_path: Path) -> None:
    place = private_folder(tmp_path)
    if kind == "link to the folder":
        place.rename(tmp_path / "elsewhere")
        place.symlink_to(tmp_path / "elsewhere")
    else:
        (place / "file").rename(place / "real")
        {"link": lambda path: path.symlink_to("real"), "pipe": os.mkfifo, "folder": os.mkdir}[kind](place / "file")
    with pytest.raises((OSError, NotPrivateError)):
        read(place)


@posix
def test_a_link_to_the_root_is_followed(tmp_path: Path) -> None:
    place = private_folder(tmp_path)
    (tmp_path / "link").symlink_to(place.parent)
    assert read(tmp_path / "link" / "place") == b"content"


@posix
@pytest.mark.parametrize("what", ["folder", "file"])
def test_code_that_others_may_have_written_is_not_run(what: str, model: Path, filled: Path, tmp_path: Path) -> None:
    """It says so once, and compiles in memory; a file in a folder of one's own is replaced."""
    cache = tmp_path / "cache"
    shutil.copytree(filled, cache)
    open_to_all = [path for path in cache.rglob("*") if path.is_dir() if what == "folder"]
    open_to_all += [path for path in kept(cache) if what == "file" and "abs" in path.name]
    for path in open_to_all:
        path.chmod(0o777)
    before = {path: path.stat().st_mtime_ns for path in kept(cache)}
    said = finish(start(model, cache, "warn"))
    assert said.count("RuntimeWarning: tinylite runs no code from its cache") == 1
    assert f"others may write to {open_to_all[0]} (its mode is 0777)" in said and "TINYLITE_CACHE" in said
    assert "compiling" in said
    if what == "folder":
        assert {path: path.stat().st_mtime_ns for path in kept(cache)} == before
    else:
        assert finish(start(model, cache)) == ""


def test_other_versions_and_machines_have_places_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    here = store._key()
    assert store._key() == here
    with monkeypatch.context() as patch:
        patch.setattr(store, "_version", lambda package: "another")
        assert store._key() != here
    with monkeypatch.context() as patch:
        patch.setattr(store, "host", lambda: cpu.Host("another CPU", frozenset()))
        assert store._key() != here


def test_the_key_leaves_out_only_what_no_code_depends_on(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = Path(store.__file__).parent
    here = store._key()
    for name in store._BESIDE:
        source = (folder / name).read_text()
        assert not any(mark in source for mark in ("@kernel", "@device", "@native")), f"{name} has code that is compiled"
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", lambda path, name=name: [other for other in DIRECTORY if other != name])
            assert store._key() == here
    for name in ("executor.py", "image.py", "compile.py", "kernel.py", "simd.py"):
        with monkeypatch.context() as patch:
            patch.setattr(os, "listdir", lambda path, name=name: [other for other in DIRECTORY if other != name])
            assert store._key() != here


DIRECTORY = os.listdir(Path(store.__file__).parent)


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
    """One that cannot be started, and one that dies while it answers."""
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
