"""What files may take: inputs of some kilobytes that ask for gigabytes, the one limit, and the error of memory that is not there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinylite import Graph, Interpreter, Model, Op, OutOfMemoryError, Tensor, TinyliteError
from tinylite.engine.plan import Plan
from tinylite.limits import Account, _cgroup_limits, check_size, memory_shortage, size_text

from .bombs import BOMBS, archived, constant
from .work import steps_of

# What an input of a few bytes may take, and so many times its length beside that.
FREE, GROWTH = 16 << 20, 100
# More may be taken by constants, of which a plan computes 64 MB and a conversion 2^26 elements that the file does not pay for, and
# by nodes, of which a conversion makes 2^14.
COMPUTED = {
    "constant_fills": 192 << 20,
    "constant_products": 640 << 20,
    "graph_of_constants_of_one_value": 128 << 20,
    "constant_tiles": 192 << 20,
    "graph_that_doubles": 640 << 20,
    "graph_of_ops_with_many_outputs": 64 << 20,
    "graph_of_functions_that_call_functions": 128 << 20,
}


@pytest.fixture(scope="module")
def measured() -> dict[str, tuple[int, int, str]]:
    """What each input takes, found in a separate process; one for all of them, since starting it is what takes time."""
    env = {**os.environ, "TINYLITE_QUIET": "1"}
    done = subprocess.run([sys.executable, "-m", "tests.bombs"], check=False, capture_output=True, text=True, timeout=300, env=env)
    lines = [line.split(" ", 3) for line in done.stdout.splitlines()]
    found = {name: (int(size), int(taken), result) for name, size, taken, result in lines}
    assert found.keys() == BOMBS.keys(), done.stderr[-2000:]
    return found


@pytest.mark.parametrize("name", BOMBS)
def test_what_an_input_takes_is_bounded_by_its_length(measured: dict[str, tuple[int, int, str]], name: str) -> None:
    size, taken, result = measured[name]
    assert "FOREIGN" not in result
    assert 0 <= taken <= COMPUTED.get(name, FREE) + GROWTH * size, result


def test_shared_bytes_are_refused_with_their_place(measured: dict[str, tuple[int, int, str]]) -> None:
    assert "CorruptFileError" in measured["shared_name"][2]
    assert "tensors[8].name: strings and vectors take more than 4 times the 98080 bytes" in measured["shared_name"][2]
    assert "operators[5].custom_options" in measured["shared_custom_options"][2]


def test_constants_that_share_bytes_behind_the_root_stay_one() -> None:
    """As converters write equal constants of large models; saved, they are written once."""
    from tinylite.model.load import fill
    from tinylite.model.save import _with_data_behind, tables_of

    a, b = constant("a", np.arange(1000)), constant("b", np.arange(1000))
    root = tables_of(Model([Graph("main", [], [a, b], [])]))
    content = bytearray(b"".join(_with_data_behind(root)))
    root.buffers[2].offset = root.buffers[1].offset
    model = Model()
    fill(model, root, np.frombuffer(bytes(content), np.uint8))
    assert model.graph.outputs[0].buffer is model.graph.outputs[1].buffer
    assert len(model.to_bytes()) < 4000 + 1000


# ---- attached files

LABELS = b"".join(b"word %d\n" % number for number in range(1000))


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_attached_files_of_every_method_are_read(method: int) -> None:
    model = Model.load(archived(LABELS, method))
    assert model.associated_files == {"labels.txt00000": LABELS}
    assert model.notes == []


@pytest.mark.parametrize("method", [0, 8, 12, 14])
def test_a_damaged_attached_file_is_left_out_and_noted(method: int) -> None:
    whole = archived(LABELS, method)
    start = whole.rfind(b"PK\3\4")
    for place in range(start + 40, start + 60):
        damaged = bytearray(whole)
        damaged[place] ^= 0xFF
        model = Model.load(bytes(damaged))
        assert model.graph.ops[0].code == "ABS"
        if model.associated_files != {"labels.txt00000": LABELS}:  # some bytes do not matter
            assert model.associated_files == {}
            assert len(model.notes) == 1
            assert "labels.txt00000" in model.notes[0]
            assert model.copy().notes == model.notes


def test_inspect_shows_what_was_left_out(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from tinylite.cli import main

    (tmp_path / "model.tflite").write_bytes(archived(bytes(1 << 26), 8))
    shown = CliRunner().invoke(main, ["inspect", str(tmp_path / "model.tflite")])
    assert shown.exit_code == 0
    assert "attached files would unpack to 67.1 MB" in " ".join(shown.output.split())


def test_an_archive_that_lies_raises_nothing() -> None:
    whole = archived(b"label\n" * 50, 8)
    for place in range(whole.rfind(b"PK\3\4"), len(whole)):
        for flip in (0x01, 0x80, 0xFF):
            mutant = bytearray(whole)
            mutant[place] ^= flip
            Model.load(bytes(mutant))


# ---- plans


def _run(model: Model, *given: np.ndarray) -> np.ndarray:
    interpreter = Interpreter(model_content=model.to_bytes())
    interpreter.allocate_tensors()
    for details, value in zip(interpreter.get_input_details(), given, strict=True):
        interpreter.set_tensor(details["index"], value)
    interpreter.invoke()
    return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])


def test_what_a_plan_takes_altogether_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Packed weights, none of which is more than the limit by itself."""
    tensors = [Tensor(f"t{number}", (1, 500)) for number in range(5)]
    ops = [
        Op("FULLY_CONNECTED", [tensors[number], constant(f"w{number}", np.ones((500, 500)), np.float32), None], [tensors[number + 1]])
        for number in range(4)
    ]
    content = Model([Graph("main", tensors[:1], tensors[-1:], ops)]).to_bytes()
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "6e6")
    Interpreter(model_content=content).allocate_tensors()
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "2.5e6")
    with pytest.raises(OutOfMemoryError, match=r"op 2 .* takes 1\.0 MB beside the 2\.\d MB that are taken, and 2\.5 MB are allowed"):
        Interpreter(model_content=content).allocate_tensors()


def test_constants_that_are_left_to_the_run_have_the_same_values() -> None:
    """They are more than planning computes."""
    shape = constant("shape", [3, 1 << 23])
    filled, more, row = Tensor("filled", (3, 1 << 23)), Tensor("more", (3, 1 << 23)), Tensor("row", (1, 1 << 23))
    ops = [
        Op("FILL", [shape, constant("v", 2.5, np.float32)], [filled]),
        Op("ADD", [filled, constant("one", [1.0], np.float32)], [more]),
        Op("REDUCE_MAX", [more, constant("axis", [0])], [row], keep_dims=True),
    ]
    assert (_run(Model([Graph("main", [], [row], ops)])) == 3.5).all()


@pytest.mark.parametrize("mode", ["REFLECT", "SYMMETRIC"])
def test_a_long_dimension_is_mirrored_without_a_table(mode: str) -> None:
    values = np.arange(2 * 70_000, dtype=np.int32).reshape(2, 70_000)
    x, y = Tensor("x", (2, 70_000), "INT32"), Tensor("y", (3, 70_500), "INT32")
    amounts = [[1 if mode == "SYMMETRIC" else 0, 1], [300, 200]]
    op = Op("MIRROR_PAD", [x, constant("p", amounts)], [y], mode=mode)
    wanted = np.pad(values, amounts, "reflect" if mode == "REFLECT" else "symmetric")
    graph = Graph("main", [x], [y], [op])
    assert np.array_equal(_run(Model([graph]), values), wanted)
    steps = steps_of(Plan(graph))
    assert len(steps) == 3, "one for the middle, and one for the mirror image on each side"
    assert max(step.fields["tables"].size for step in steps) < 10, "a table of the rows, and none of the columns"


@pytest.mark.parametrize(("columns", "part"), [(70_000, 14_000), (65_537, 1)])  # the longest that divides it; a prime number
def test_a_long_run_is_reduced_part_by_part(columns: int, part: int) -> None:
    values = np.random.default_rng(0).normal(size=(3, 4, columns)).astype(np.float32)
    x, y = Tensor("x", (3, 4, columns)), Tensor("y", (3, columns))
    graph = Graph("main", [x], [y], [Op("REDUCE_MAX", [x, constant("a", [1])], [y])])
    assert np.array_equal(_run(Model([graph]), values), values.max(axis=1))
    (step,) = steps_of(Plan(graph))
    assert (step.fields["run"], step.scratch, step.work) == (part, 8 * part, 3 * columns // part)


# ---- the limit


def test_a_container_s_limit_is_known(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/memory.max").write_text("2000000000\n")
    (tmp_path / "a/b/memory.max").write_text("max\n")
    (tmp_path / "memory/c").mkdir(parents=True)
    (tmp_path / "memory/memory.limit_in_bytes").write_text("3000000000\n")
    own = tmp_path / "own"
    own.write_text("0::/a/b\n")
    assert _cgroup_limits(str(tmp_path), str(own)) == [2_000_000_000]
    own.write_text("9:cpu,cpuacct:/\n4:memory:/c\n")
    assert _cgroup_limits(str(tmp_path), str(own)) == [3_000_000_000]
    assert _cgroup_limits(str(tmp_path), str(tmp_path / "absent")) == []


def test_a_limit_of_address_space_counts() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from tinylite import limits; print(limits.memory_limit())"
    )
    env = {**os.environ, "TINYLITE_MEMORY_LIMIT": "", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, env=env)
    assert int(done.stdout) == (1 << 30) // 4 * 3, done.stderr


def test_an_account_counts_nothing_that_it_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "1000")
    account = Account(remedy="Do without")
    account.take(600, "one")
    with pytest.raises(
        OutOfMemoryError, match=r"two takes 600 B beside the 600 B that are taken, and 1\.0 kB are allowed\. Do without, or"
    ):
        account.take(600, "two")
    account.take(400, "three")
    assert account.spent == 1000


def test_a_memory_error_becomes_tinylite_s() -> None:
    shortage = memory_shortage("reading it", "Read less")
    with pytest.raises(OutOfMemoryError, match=r"reading it takes more memory than is available\. Read less"), shortage:
        raise MemoryError
    with pytest.raises(OutOfMemoryError, match=r"^two kB are allowed$"), shortage:
        raise OutOfMemoryError("two kB are allowed")
    with pytest.raises(KeyError), shortage:
        raise KeyError


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2.5e6, "2.5 MB"), (3e12, "3000.00 GB")])
def test_sizes_are_shown_in_the_unit_that_reads_best(count: float, text: str) -> None:
    assert size_text(count) == text


def test_what_is_refused_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "10")
    with pytest.raises(TinyliteError, match=r"it takes 11 B, and 10 B are allowed\. Resize the inputs, or raise TINYLITE_MEMORY_LIMIT"):
        check_size(11, "it")


@pytest.mark.parametrize("command", [["run", "m.tflite", "x.npy"], ["inspect", "m.tflite"], ["convert", "g.pb", "-o", "out.tflite"]])
def test_the_command_line_ends_with_a_message_where_memory_does_not_suffice(tmp_path: Path, command: list[str]) -> None:
    """Whatever it is that finds no memory: here hardly anything does."""
    x, y = Tensor("x", (6_000_000,)), Tensor("y", (6_000_000,))
    Model([Graph("main", [x], [y], [Op("ABS", [x], [y])])]).save(tmp_path / "m.tflite")
    np.save(tmp_path / "x.npy", np.zeros(6_000_000, np.float32))
    (tmp_path / "g.pb").write_bytes(b"\x0a\x0a\x0a\x01a\x12\x05Const" * 3_000_000)
    code = (
        "import resource, sys\n"
        "sys.modules['tensorflow'] = None\n"
        "import tinylite.cli.base.running, tinylite.report.describe, tinylite.interpreter, tinylite.inputs.media, tinylite.converter\n"
        "now = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (now + (12 << 20), now + (12 << 20)))\n"
        f"tinylite.cli.main({command!r})"
    )
    env = {**os.environ, "TINYLITE_MEMORY_LIMIT": "1e12", "TINYLITE_QUIET": "1"}
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=100)
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    if command[0] != "inspect":  # which needs no memory for tensors
        assert done.returncode == 1
        assert done.stderr.startswith("Error")
        assert "memory" in done.stderr
