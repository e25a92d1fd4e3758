"""Timing in turn: what runs where, in which order, what becomes of those that refuse or crash, and what Ctrl-C leaves."""

from __future__ import annotations

import ast
import hashlib
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tinylite
from tinylite import FileError, Interpreter, Model, SettingError
from tinylite.benching import host, hosts, measure
from tinylite.benching.baselines import Timed
from tinylite.benching.bench import bench
from tinylite.benching.estimates import Estimate
from tinylite.benching.hosts import Hosts
from tinylite.benching.result import Bench
from tinylite.benching.subjects import Subject, with_distinct_names
from tinylite.report.profile import Profile

DEMO = str(Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite")


@pytest.fixture(autouse=True)
def few_launches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure, "LAUNCHES", 2)


def quick(model: object = DEMO, **settings: object) -> Bench:
    return bench(model, **{"seconds": 0.02, **settings})  # type: ignore[arg-type]


def python(folder: Path, code: str) -> str:
    """A Python that finds another package `tinylite`, of this code; `REAL` in it is what imports this one."""
    package = folder / "packages" / "tinylite"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text(code.replace("REAL", _REAL.format(os.getcwd(), [entry for entry in sys.path if entry])))
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={folder / "packages"} exec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return f"python:{program}"


# The real package, with this module in its place.
_REAL = """
import importlib, sys
me, kept, sys.path[:] = sys.modules.pop("tinylite"), list(sys.path), [{0!r}, *{1!r}]
real = importlib.import_module("tinylite")
__path__, __getattr__, sys.modules["tinylite"], sys.path[:] = real.__path__, real.__getattr__, me, kept
"""


def test_a_row_has_its_launches_and_rounds() -> None:
    found = quick(threads=[1, 2])
    assert found.complete
    assert [(row.name, row.kind, row.threads) for row in found.rows] == [("digits_uint8", "model", 1), ("digits_uint8", "model", 2)]
    for row in found.rows:
        assert len(row.digest) == 64
        (ours,) = row.measurements
        assert row.ours is ours
        assert ours.version.startswith("tinylite ")
        assert len(ours.launches) >= 2
        assert all(len(rounds) >= 3 and min(rounds) > 0 for rounds in ours.launches)
        assert ours.seconds is not None
        assert ours.seconds.low <= ours.seconds.value <= ours.seconds.high
        assert ours.ratio is None


def test_baselines_run_in_turn_and_their_outputs_are_compared() -> None:
    pytest.importorskip("ai_edge_litert")
    row = quick(against=["xnnpack", "reference"]).rows[0]
    assert [each.name for each in row.measurements] == ["tinylite", "xnnpack", "reference"]
    for each in row.baselines:
        assert each.ratio is not None
        assert [len(rounds) for rounds in each.launches] == [len(rounds) for rounds in row.ours.launches]
        assert each.agreement.startswith("within") or each.agreement == "same bits"


def test_the_order_alternates_and_those_that_share_a_process_start_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from tinylite.benching import hosts

    asked: list[tuple[str, str]] = []
    started: list[str] = []
    round_, start = hosts.Hosts.round, hosts.Hosts._start
    monkeypatch.setattr(hosts.Hosts, "round", lambda self, timed, *rest: (asked.append(timed.name), round_(self, timed, *rest))[1])
    monkeypatch.setattr(hosts.Hosts, "_start", lambda self, timed: (started.append(timed.name), start(self, timed))[1])
    best = quick(against=["cpu:portable"]).rows[0].measurements
    assert [each.name for each in best] == ["tinylite", "cpu:portable"]
    assert set(started) == {"tinylite", "cpu:portable"}
    launch = asked[: len(asked) // len(best[0].launches)][2:]  # two say how long a run takes
    assert launch[:4] == ["cpu:portable", "tinylite", "tinylite", "cpu:portable"]


def test_another_python_is_timed_over_a_pipe(tmp_path: Path) -> None:
    slow = python(
        tmp_path,
        """REAL
__version__ = "0.0.7"
class Interpreter(real.Interpreter):
    def invoke(self):
        for _ in range(20):
            super().invoke()
""",
    )
    row = quick(against=[slow], seconds=0.2).rows[0]
    (other,) = row.baselines
    assert not other.refused
    assert other.agreement == "same bits"
    assert other.ratio is not None
    assert other.ratio.value < 0.5  # and not 1: the other one's packages were taken


CRASHES = [
    ("import os\nclass Interpreter:\n    def __init__(self, *a, **k):\n        os.abort()\n", "ended its process (SIGABRT) while opening"),
    ("import os\nclass Interpreter:\n    def __init__(self, *a, **k):\n        raise ValueError('no such op')\n", "no such op"),
    ("REAL\nimport os\nclass Interpreter(real.Interpreter):\n    runs = 0\n    def invoke(self):\n        self.runs += 1\n"
     "        super().invoke()\n        self.runs < 4 or os._exit(7)\n", "ended its process (exit code 7) while running"),
    ("import absent_package\n", "cannot be imported: No module named 'absent_package'"),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said"), CRASHES, ids=["aborts", "refuses", "exits later", "not installed"])
def test_what_refuses_or_crashes_says_so_and_the_rest_goes_on(code: str, said: str, tmp_path: Path) -> None:
    row = quick(against=[python(tmp_path, code), "cpu:portable"]).rows[0]
    ours, broken, other = row.measurements
    assert said in broken.refused
    assert broken.seconds is broken.ratio is None
    assert ours.seconds is not None
    assert other.ratio is not None


def test_a_runtime_that_prints_does_not_disturb(tmp_path: Path) -> None:
    noisy = "REAL\nimport os\nos.write(1, b'hello\\n')\nprint('hello')\nInterpreter = real.Interpreter\n"
    assert not quick(against=[python(tmp_path, noisy)]).rows[0].baselines[0].refused


def test_a_model_that_cannot_be_loaded_is_a_row(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(b"\0\0\0\0TFL3" + bytes(100))
    found = quick([str(broken), str(tmp_path / "absent.tflite"), DEMO])
    assert ["broken.tflite" in found.rows[0].ours.refused, "absent" in found.rows[1].ours.refused, found.rows[2].ours.refused] == [
        True,
        True,
        "",
    ]


def test_another_tinylite_computes_as_this_one_does(tmp_path: Path) -> None:
    telling = """REAL
class Interpreter(real.Interpreter):
    def __init__(self, *rest, **settings):
        import os
        raise ValueError(f"{settings['arithmetic']} {os.environ['TINYLITE_CPU']}")
"""
    row = quick(against=[python(tmp_path, telling)], arithmetic="litert-reference", cpu="portable").rows[0]
    assert row.baselines[0].refused == "litert-reference portable"


def states(**launches: list[list[float]]) -> measure.Measuring:
    """A row with these launches, by name."""
    row = measure.Measuring("a row", {Timed(name, name): {} for name in launches})
    for state in row._states:
        state.launches = launches[state.timed.name]
    return row


def test_launches_are_paired_with_those_that_ran_beside_them() -> None:
    row = states(tinylite=[[1.0], [4.0], [9.0]], other=[[1.0], [4.0]])  # before the third of the other one, there was Ctrl-C
    assert row.measurements()[1].ratio == Estimate(1.0, 1.0, 1.0)


def test_nothing_is_compared_with_what_was_refused_later() -> None:
    row = states(tinylite=[[1.0]], other=[[2.0], [2.0], [2.0]])
    row._states[0].refused = "ended its process"
    ours, other = row.measurements()
    assert (ours.refused, other.ratio, other.agreement) == ("ended its process", None, "")
    assert other.seconds is not None


def test_starts_that_only_warm_up_do_not_count_when_they_are_interrupted() -> None:
    class Interrupted(Hosts):
        asked = 0

        def fresh(self, environment: object = None) -> Interrupted:
            return self

        def open(self, timed: Timed, request: dict[str, object]) -> dict[str, object]:
            self.asked += 1
            if self.asked == 2:
                raise KeyboardInterrupt
            return {"version": "1"}

    row = measure.Starting("a row", {Timed(name, name): {} for name in ("tinylite", "other")})
    with pytest.raises(KeyboardInterrupt):
        row.launch(Interrupted(""), 1.0)
    assert [each.refused for each in row.measurements()] == ["it was not run", "it was not run"]


def test_a_program_that_cannot_be_started_is_refused_alone(tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_bytes(b"\x7fELF of nothing")
    program.chmod(0o755)
    ours, other = quick(against=f"python:{program}").rows[0].measurements
    assert other.refused.startswith("cannot be started: ")
    assert not ours.refused


def test_the_current_folder_may_be_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.setattr(sys, "path", ["", *(os.path.abspath(entry) for entry in sys.path)])
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert not quick().rows[0].ours.refused


def test_a_folder_for_files_that_cannot_be_made_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(FileError, match="TMPDIR"):
        quick()


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="the system does not say what threads do")
def test_a_round_ends_when_threads_that_it_has_left_are_asleep() -> None:
    ended: list[bool] = []
    memory = bytes(50_000_000)
    thread = threading.Thread(target=lambda: (hashlib.sha256(memory).digest(), ended.append(True)))
    thread.start()
    time.sleep(0.001)
    assert not ended
    host.settle(30.0)
    assert ended
    thread.join()


def test_another_model_gets_the_same_real_numbers() -> None:
    eight_bits = str(Path(DEMO).with_name("digits_int8.tflite"))
    row = quick(against=[eight_bits]).rows[0]
    assert row.baselines[0].ratio is not None
    assert row.baselines[0].agreement.startswith(("not compared", "differs", "within"))


def test_an_interrupt_leaves_what_was_measured() -> None:
    said: list[str] = []

    def interrupt(text: str) -> None:
        said.append(text)
        if "launch 2" in text and len(said) > 3:
            raise KeyboardInterrupt

    found = quick([DEMO, DEMO, DEMO], progress=interrupt)
    assert not found.complete
    assert 1 <= len(found.rows) <= 2
    assert found.rows[-1].ours.seconds is not None


def test_starts_and_the_first_run_ever() -> None:
    found = quick(against=["cpu:portable"], start=True)
    start, first = found.rows
    assert (start.kind, first.kind) == ("start", "first run")
    assert all(len(rounds) == 1 for rounds in start.ours.launches)
    assert start.baselines[0].ratio is not None
    assert len(first.measurements) == 1
    assert first.ours.seconds is not None
    assert start.ours.seconds is not None
    assert first.ours.seconds.value > 2 * start.ours.seconds.value  # it has compiled kernels


def test_a_start_finds_bytecode_whatever_this_process_may_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Containers often keep Python from writing it; then a checkout would be compiled in each start."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    seen = tmp_path / "seen"
    other = python(tmp_path, f"import sys\nopen({str(seen)!r}, 'w').write(str(sys.dont_write_bytecode))\nREAL")
    assert not quick(against=[other]).rows[0].baselines[0].refused
    assert seen.read_text() == "False"


def test_memory_is_that_of_processes() -> None:
    ours = quick(memory=True).rows[0].ours
    assert 0 < ours.memory["added"] < ours.memory["peak"]


def test_batches_and_shapes() -> None:
    name = Interpreter(DEMO).get_input_details()[0]["name"]
    shape = list(Model.load(DEMO).graph.inputs[0].shape)
    assert quick(batch=3).rows[0].shapes == {name: [3, *shape[1:]]}
    assert quick(shapes={name: [2, *shape[1:]]}).rows[0].shapes == {name: [2, *shape[1:]]}
    assert "no input 'nothing'" in quick(shapes={"nothing": [1]}).rows[0].ours.refused


def test_given_inputs_are_those_that_are_run() -> None:
    details = Interpreter(DEMO).get_input_details()[0]
    fitting = np.zeros(details["shape"], details["dtype"])
    assert not quick(inputs=[fitting]).rows[0].ours.refused
    assert "given float64" in quick(inputs=[fitting.astype(np.float64)]).rows[0].ours.refused
    assert "2 are given" in quick(inputs=[fitting, fitting]).rows[0].ours.refused


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"against": ["litert"]}, "may be three things"),
        ({"against": ["xnpack"]}, "xnnpack"),
        ({"against": ["cpu:z80"]}, "portable"),
        ({"against": ["python:/no/such/python"]}, "there is no program"),
        ({"against": ["cpu:portable", "cpu:portable"]}, "twice"),
        ({"cpu": "z80"}, "z80"),
        ({"seconds": 0}, "seconds is 0"),
        ({"precision": float("nan")}, "precision is nan"),
        ({"batch": 0}, "batch is 0"),
        ({"batch": 2, "inputs": [1]}, "batch is of random inputs"),
        ({"inputs": 3}, "inputs is 3"),
        ({"shapes": 3}, "shapes is 3"),
        ({"threads": 0}, "at least 1"),
        ({"arithmetic": "exact"}, "exact"),
        ({"model": []}, "nothing to time"),
    ],
)
def test_what_cannot_be_asked_for(settings: dict[str, object], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        quick(**settings)


def test_a_profile_has_the_ops_and_survives_a_file(tmp_path: Path) -> None:
    found = quick(profile=True, threads=[1, 2])
    for row in found.rows:
        assert row.profile is not None
        assert row.plan is not None
        assert [op.name for op in row.profile.ops] == [op.name for op in Model.load(DEMO).graph.ops if op.name != "RESHAPE"]
        assert row.profile.threads == row.threads
        assert row.profile.peaks is not None
        assert row.operations == {kind: count for kind, count in total(row.profile).items() if count}
        assert row.peak_share is not None
        assert 0 < row.peak_share < 1.5
    found.save(tmp_path / "figures.json")
    assert Bench.load(tmp_path / "figures.json") == found


def total(profile: Profile) -> dict[str, int]:
    counts: dict[str, int] = {}
    for op in profile.ops:
        for kind, count in op.work.operations.items():
            counts[kind] = counts.get(kind, 0) + count
    return counts


def test_only_some_rows_are_timed_again() -> None:
    found = quick([DEMO, str(Path(DEMO).with_name("digits_int8.tflite"))], threads=[1, 2])
    again = quick([DEMO, str(Path(DEMO).with_name("digits_int8.tflite"))], threads=[1, 2], only=[found.rows[1], found.rows[2]])
    assert [(row.name, row.threads) for row in again.rows] == [("digits_uint8", 2), ("digits_int8", 1)]


def test_ops_of_lines_are_verified_and_timed() -> None:
    found = quick((), ops=["ADD f32 1x8x8x4*2", ("RELU i8 1x64", 3)], against=["cpu:portable"])
    add, relu = found.rows
    assert (add.name, add.kind, add.count, add.part_of) == ("ADD f32 1x8x8x4*2", "op", 1, "")
    assert relu.count == 3
    for row in found.rows:
        assert row.verified in ("same bits", "not verified: ai-edge-litert is not installed")
        assert row.baselines[0].ratio is not None
        assert row.profile is not None
        assert len(row.profile.ops) == 1


def test_the_distinct_ops_of_a_model_are_timed_by_themselves() -> None:
    graph = Model.load(DEMO).graph
    found = quick((), ops_of=DEMO)
    assert [row.name.split()[0] for row in found.rows] == [op.name for op in graph.ops]
    assert {row.part_of for row in found.rows} == {"digits_uint8"}
    assert all(row.ours.seconds is not None for row in found.rows)
    both = quick(DEMO, profile=True, against=["cpu:portable"])
    assert [row.kind for row in both.rows] == ["model", *["op"] * len(graph.ops)]


def test_an_op_that_is_wrong_is_not_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    from tinylite.benching import op_subjects

    monkeypatch.setattr(op_subjects, "verify", lambda case, process, seed: "differs: 1 of 64, by at most 1")
    (row,) = quick((), ops=["RELU i8 1x64"]).rows
    assert row.ours.refused.endswith("are not those of LiteRT's reference kernels, differs: 1 of 64, by at most 1")
    assert not row.ours.launches


def test_only_ops_of_a_profile_are_timed_again() -> None:
    found = quick(against=["cpu:portable"], profile=True)
    op = next(row for row in found.rows if row.kind == "op")
    again = quick(against=["cpu:portable"], profile=True, only=[op])
    assert [(row.kind, row.name) for row in again.rows] == [("op", op.name)]


def test_each_number_of_threads_is_timed_once() -> None:
    assert [row.threads for row in quick(threads=[1, 2, 1]).rows] == [1, 2]


def test_a_row_of_which_nothing_is_known_is_left_out() -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    assert quick(progress=interrupt).rows == []


PROGRAMS = [
    ("#!/bin/sh\necho Welcome\nexec {python} \"$@\"\n", ""),
    ("#!/bin/sh\nexec yes\n", "does not answer as a Python does, opening or first running the model: it printed 'y'"),
    ("#!/bin/sh\nexit 3\n", "ended its process (exit code 3)"),
    ("not a program", "cannot be started: "),
]  # fmt: skip


@pytest.mark.parametrize(("code", "said"), PROGRAMS, ids=["greets", "prints for ever", "ends", "no program"])
def test_programs_that_are_called_python(code: str, said: str, tmp_path: Path) -> None:
    program = tmp_path / "python"
    program.write_text(code.format(python=sys.executable))
    program.chmod(0o755)
    (row,) = quick(against=[f"python:{program}"]).rows
    assert not row.ours.refused
    assert row.baselines[0].refused.startswith(said)
    assert bool(row.baselines[0].refused) == bool(said)


def test_the_program_of_a_process_is_one_for_old_pythons() -> None:
    """tflite-runtime is there for Pythons in which zip has no `strict`."""
    tree = ast.parse(hosts._program(), feature_version=(3, 7))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    assert not [node for node in calls if any(keyword.arg == "strict" for keyword in node.keywords)]
    assert not [node for node in calls if isinstance(node.func, ast.Attribute) and node.func.attr.startswith("remove")]


def test_a_first_launch_that_compiles_does_not_take_the_time_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if opening took a minute the first time."""
    clock, opened = [0.0], []
    open_ = hosts.Hosts.open

    def slow(self: hosts.Hosts, *arguments: Any) -> dict[str, Any]:
        clock[0] += 0.0 if opened else 60.0
        opened.append(1)
        return open_(self, *arguments)

    monkeypatch.setattr(hosts.Hosts, "open", slow)
    monkeypatch.setattr(measure.time, "perf_counter", lambda real=measure.time.perf_counter: real() + clock[0])
    assert len(quick().rows[0].ours.launches) >= 2


def test_another_model_that_cannot_be_loaded_is_refused_alone(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(Path(DEMO).read_bytes()[:1000])
    ours, other, third = quick(against=[str(broken), "cpu:portable"], memory=True).rows[0].measurements
    assert ours.seconds is not None
    assert third.ratio is not None
    assert "broken.tflite" in other.refused
    assert other.memory == {}
    with pytest.raises(SettingError, match=r"absent\.tflite: there is no such file"):
        quick(against=[str(tmp_path / "absent.tflite")])


def test_a_refusal_says_the_models_name_and_not_where_its_copy_was() -> None:
    row = quick("tests/broken/shapes_do_not_broadcast.tflite").rows[0]
    assert row.ours.refused.startswith("shapes_do_not_broadcast.tflite, ")


def test_models_of_the_same_name_are_told_apart(tmp_path: Path) -> None:
    paths = [tmp_path / place for place in ("a/x/net.tflite", "b/x/net.tflite", "b/y/net.tflite", "c/other.tflite")]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Path(DEMO).read_bytes())
    subjects = [Subject(path.stem, "model", path) for path in paths]
    assert [each.name for each in with_distinct_names(subjects)] == ["a/x/net", "b/x/net", "y/net", "other"]
    assert [each.name for each in with_distinct_names([subjects[0], subjects[0], subjects[3]])] == ["net", "net", "other"]
    assert {row.part_of for row in quick((), ops_of=[paths[0], paths[2]]).rows} == {"x/net", "y/net"}


def test_one_is_taken_where_there_may_be_several(tmp_path: Path) -> None:
    (row,) = quick(Path(DEMO).parent.glob("digits_uint8.tflite"), against="cpu:portable").rows
    assert [each.name for each in row.measurements] == ["tinylite", "cpu:portable"]
    assert [row.name for row in quick((), ops="RELU f32 1x8").rows] == ["RELU f32 1x8"]


def test_a_batch_is_not_said_of_ops() -> None:
    found = quick(batch=3, ops=["RELU f32 1x8"], against=["cpu:portable"], profile=True)
    assert {(row.kind, row.batch) for row in found.rows} == {("model", 3), ("op", None)}


def test_a_model_that_is_removed_while_it_is_timed_takes_no_figures_along(tmp_path: Path) -> None:
    model = tmp_path / "net.tflite"
    model.write_bytes(Path(DEMO).read_bytes())
    found = quick([str(model), DEMO], against=["cpu:portable"], profile=True, progress=lambda text: model.unlink(missing_ok=True))
    assert found.complete
    assert {row.part_of for row in found.rows if row.kind == "op"} == {"net", "digits_uint8"}
    assert not any(measurement.refused for row in found.rows for measurement in row.measurements)
