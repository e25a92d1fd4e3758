"""Running: one native call, state, signatures, threads and processes, and what the first run says."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tinylite.errors import InvokeError, ModelError, TensorError, TinyliteError
from tinylite.interpreter import Interpreter, SignatureRunner
from tinylite.interpreter.compilation import show_compilation
from tinylite.model import Model
from tinylite.report.profile import profile

from .conftest import litert_interpreter
from .small_models import DEMO, X, chain, litert_unready, plain, ready, reshaped, run, sliced, two_signatures

# ---- running


@pytest.mark.parametrize("threads", [1, 2])
def test_a_static_model_runs_in_one_native_call(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from tinylite.engine import segment

    calls: list[str] = []

    class Counted(segment.Call):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            function = self.function

            def counted() -> int:
                calls.append("alone")
                return function()

            self.function = counted

    together = segment.run_together

    def counted_together(*arguments: Any) -> int | None:
        calls.append("together")
        return together(*arguments)

    monkeypatch.setattr(segment, "Call", Counted)
    monkeypatch.setattr(segment, "run_together", counted_together)
    interpreter = Interpreter(DEMO / "digits_uint8.tflite", num_threads=threads)
    interpreter.allocate_tensors()
    calls.clear()  # what does not depend on inputs was computed
    for _ in range(3):
        interpreter.invoke()
    assert calls == ["alone" if threads == 1 else "together"] * 3


def test_reading_all_tensors_changes_no_output() -> None:
    path = DEMO / "digits_uint8.tflite"
    plain_one, keeping = Interpreter(path), Interpreter(path, experimental_preserve_all_tensors=True)
    pixels = np.random.default_rng(5).integers(0, 256, (20, 1, 8, 8, 1)).astype(np.uint8)
    for interpreter in (plain_one, keeping):
        interpreter.allocate_tensors()
    for picture in pixels:
        assert run(plain_one, picture).tobytes() == run(keeping, picture).tobytes()
        before = [keeping.get_tensor(details["index"]) for details in keeping.get_tensor_details()]
        keeping.invoke()
        assert run(plain_one, picture).tobytes() == run(keeping, picture).tobytes()
        for details, value in zip(keeping.get_tensor_details(), before, strict=True):
            assert np.array_equal(keeping.get_tensor(details["index"]), value)


def test_an_intermediate_holds_what_its_op_computed() -> None:
    interpreter = ready(chain(codes="NEG ABS NEG"), experimental_preserve_all_tensors=True)
    assert np.array_equal(run(interpreter, X), -np.abs(X))
    assert np.array_equal(interpreter.get_tensor(1), -X)
    assert np.array_equal(interpreter.get_tensor(2), np.abs(X))


@pytest.mark.parametrize("threads", [1, 2])
def test_a_shape_that_is_an_input_may_differ_in_each_run(threads: int) -> None:
    ours, theirs = ready(reshaped(), num_threads=threads), litert_interpreter(reshaped())
    with pytest.raises(TensorError, match=r"tensor 3 'z' .*Call invoke\(\) first"):
        ours.get_tensor(3)
    values = np.arange(12, dtype=np.float32).reshape(2, 6)
    for shape in ([3, 4], [12, 1], [-1, 2], [12, 1]):
        found, wanted = (run(interpreter, values, np.array(shape, np.int32)) for interpreter in (ours, theirs))
        assert found.shape == wanted.shape and found.tobytes() == wanted.tobytes()
        assert ours.get_output_details()[0]["shape"].tolist() == theirs.get_output_details()[0]["shape"].tolist()
    with pytest.raises(ModelError, match="op 0 RESHAPE"):
        run(ours, values, np.array([5, 5], np.int32))
    assert run(ours, values, np.array([6, 2], np.int32)).shape == (6, 2)


def test_a_slice_may_begin_where_a_run_computes() -> None:
    ours, theirs = ready(sliced(), experimental_preserve_all_tensors=True), litert_interpreter(sliced())
    x = np.arange(8, dtype=np.float32) - 4
    for a, b, size in ((0, 1, 2), (2, 1, 0), (3, 2, 1), (0, 1, 2)):
        feeds = [x, *(np.array([value], np.int32) for value in (a, b, size))]
        found, wanted = run(ours, *feeds), run(theirs, *feeds)
        assert found.tolist() == wanted.tolist() == np.abs(x[a + b :][: b + size]).tolist()
        assert ours.get_tensor(4).tolist() == [a + b]


def test_variables_keep_their_state_until_they_are_reset() -> None:
    from .ops import unidirectional_sequence_lstm as lstm

    case = lstm.float_lstm(1, 3, 4, 5)
    content, (value,) = case.model().to_bytes(), case.feeds()
    ours, theirs = ready(content), litert_interpreter(content)
    first = run(ours, value)
    runs = {"run": lambda _: None, "allocate": lambda i: i.allocate_tensors(), "reset": lambda i: i.reset_all_variables()}
    run(theirs, value)
    for name, between in runs.items():
        between(ours)
        between(theirs)
        found, wanted = run(ours, value), run(theirs, value)
        assert np.abs(found - wanted).max() < 1e-5
        assert np.array_equal(found, first) == (name == "reset"), name
    state = next(d["index"] for d in ours.get_tensor_details() if ours.model.graph.tensors[d["index"]].is_variable)
    assert ours.get_tensor(state).any()
    ours.set_tensor(state, np.zeros_like(ours.get_tensor(state)))  # a script may set it, too
    Interpreter(model_content=content).reset_all_variables()  # nothing to do yet


# ---- signatures


def test_signatures_are_listed_and_run_by_name() -> None:
    ours, theirs = Interpreter(model_content=two_signatures()), litert_unready(two_signatures())
    assert ours.get_signature_list() == {
        "arithmetic": {"inputs": ["left", "right"], "outputs": ["product", "sum"]},
        "minus": {"inputs": ["x"], "outputs": ["out"]},
    }
    for interpreter in (ours, theirs):
        arithmetic, minus = interpreter.get_signature_runner("arithmetic"), interpreter.get_signature_runner("minus")
        for rows in (1, 3):  # inputs take the shape that they are given
            x = np.tile(X, (rows, 1))
            found = arithmetic(right=x, left=2 * x)
            assert list(found) == ["product", "sum"]
            assert np.array_equal(found["sum"], 3 * x) and np.array_equal(found["product"], 2 * x * x)
            assert np.array_equal(minus(x=x)["out"], -x)
    for key in ("arithmetic", "minus"):
        a, b = ours.get_signature_runner(key), theirs.get_signature_runner(key)
        assert isinstance(a, SignatureRunner)
        assert plain(a.get_input_details()) == plain(b.get_input_details())
        assert plain(a.get_output_details()) == plain(b.get_output_details())
    assert [details["name"] for details in ours.get_tensor_details(1)] == ["x", "y"]
    assert np.array_equal(ours.get_tensor(1, subgraph_index=1), -x)


def test_results_of_a_signature_are_copies() -> None:
    minus = Interpreter(model_content=two_signatures()).get_signature_runner("minus")
    first = minus(x=X)["out"]
    minus(x=2 * X)
    assert np.array_equal(first, -X)


SIGNATURE_ERRORS: dict[str, tuple[Callable[[Interpreter], Any], str]] = {
    "no_key": (lambda i: i.get_signature_runner(), "the model has 2 signatures. Name one of: 'arithmetic', 'minus'"),
    "key": (lambda i: i.get_signature_runner("serve"), "there is no signature 'serve'. There are: 'arithmetic', 'minus'"),
    "name": (lambda i: i.get_signature_runner("minus")(y=X), "signature 'minus' takes x and was given y"),
    "too_few": (lambda i: i.get_signature_runner("arithmetic")(left=X), "takes left, right and was given left"),
    "nothing": (lambda i: i.get_signature_runner("minus")(), "takes x and was given nothing"),
    "dtype": (
        lambda i: i.get_signature_runner("minus")(x=X.astype(int)),
        "input 'x' is FLOAT32 [1, 4] and was given int64 [1, 4]. Convert it: np.asarray(x, np.float32)",
    ),
    "graph": (lambda i: i.get_tensor_details(2), "there is no graph 2: the model has 2"),
    "graph_of_a_tensor": (lambda i: i.get_tensor(0, -1), "there is no graph -1"),
}


@pytest.mark.parametrize("name", SIGNATURE_ERRORS)
def test_what_is_wrong_with_a_signature_is_said(name: str) -> None:
    attempt, text = SIGNATURE_ERRORS[name]
    interpreter = Interpreter(model_content=two_signatures())
    with pytest.raises(TinyliteError) as caught:
        attempt(interpreter)
    assert text in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert np.array_equal(interpreter.get_signature_runner("minus")(x=X)["out"], -X)


def test_the_only_signature_needs_no_key() -> None:
    model = Model.load(two_signatures())
    del model.signatures[0]
    assert np.array_equal(Interpreter(model_content=model.to_bytes()).get_signature_runner()(x=X)["out"], -X)
    with pytest.raises(ModelError, match="the model has 0 signatures"):
        Interpreter(model_content=chain()).get_signature_runner()


# ---- threads and processes


def test_interpreters_run_in_threads_of_their_own() -> None:
    """Two Python threads, each with an interpreter of two threads; one team serves both."""
    content = (DEMO / "digits_uint8.tflite").read_bytes()
    pixels = np.random.default_rng(1).integers(0, 256, (50, 1, 8, 8, 1)).astype(np.uint8)
    alone = ready(content)
    wanted = [run(alone, picture).tobytes() for picture in pixels]
    wrong: list[Any] = []

    def work(order: int) -> None:
        try:
            interpreter = ready(content, num_threads=2)
            for _ in range(20):
                for picture, right in list(zip(pixels, wanted, strict=True))[::order]:
                    if run(interpreter, picture).tobytes() != right:
                        wrong.append(order)
        except Exception as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(order,)) for order in (1, -1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.parametrize("threads", [1, 2])
def test_an_interpreter_works_on_in_a_forked_child(threads: int) -> None:
    """In a separate process, which nothing else has given threads."""
    code = f"""
import os, sys, warnings
import numpy as np
from tinylite.interpreter import Interpreter
warnings.simplefilter("ignore")  # Python's own, of forks and threads
interpreter = Interpreter({str(DEMO / "digits_uint8.tflite")!r}, num_threads={threads})
interpreter.allocate_tensors()
pictures = np.random.default_rng(2).integers(0, 256, (20, 1, 8, 8, 1)).astype(np.uint8)
def results():
    found = []
    for picture in pictures:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], picture)
        interpreter.invoke()
        found.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).tobytes())
    return found
before = results()
child = os.fork()
same = results() == before
if child == 0:
    os._exit(0 if same else 3)
_, status = os.waitpid(child, 0)
assert same and results() == before
sys.exit(os.waitstatus_to_exitcode(status))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


# ---- progress


def test_compiling_says_so_and_is_quiet_on_request(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.delenv("TINYLITE_QUIET", raising=False)
    for done in range(3):
        show_compilation(done, 2, 1.25)
    assert capsys.readouterr().err.splitlines() == [
        "tinylite: compiling 2 kernels for this CPU (once; they are kept)",
        "tinylite: compiled 2 kernels in 1.2 s",
    ]
    monkeypatch.setenv("TINYLITE_QUIET", "1")
    show_compilation(0, 2, 0)
    assert capsys.readouterr().err == ""


CHANGES: dict[str, Callable[[Interpreter], object]] = {
    "resize": lambda i: i.resize_tensor_input(0, [2, 4]),
    "allocate": lambda i: i.allocate_tensors(),
    "reset": lambda i: i.reset_all_variables(),
    "look": lambda i: i.tensor(0)(),
    "profile": lambda i: profile(i, 2),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_changes_a_plan_waits_for_another_thread_that_uses_it(name: str) -> None:
    """Else one finds that there is no plan any more, or plans for shapes that have changed meanwhile."""
    interpreter = Interpreter(model_content=chain())
    if name != "allocate":
        interpreter.allocate_tensors()
    runner = interpreter.get_graph_runner()
    plan = runner.plan if runner.is_allocated else None
    thread = threading.Thread(target=CHANGES[name], args=[interpreter])
    with runner.runtime.turn:
        thread.start()
        thread.join(0.05)
        assert thread.is_alive() and (runner.plan if runner.is_allocated else None) is plan and not runner._views
    thread.join()
    interpreter.allocate_tensors()
    interpreter.invoke()


def test_two_threads_cannot_run_one_interpreter() -> None:
    """Both would write the same memory. A plan too short to let other threads run needs no such watch."""
    interpreter = ready(chain(), num_threads=2)
    running = interpreter.runtime.running
    with running, pytest.raises(InvokeError, match=r"running in another thread.*Give each thread its own interpreter"):
        interpreter.invoke()
    interpreter.invoke()
