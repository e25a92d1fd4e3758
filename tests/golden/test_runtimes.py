"""Other runtimes as sources of values: their bits, their layers, and what becomes of those that crash, hang and refuse."""

from __future__ import annotations

import importlib.util
import io
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tinylite import Graph, Model, Op
from tinylite.errors import FileError, InvokeError, MissingPackageError, OutOfMemoryError, SettingError, TensorError
from tinylite.golden import Golden, check, record, source
from tinylite.golden.runtimes import load, names
from tinylite.golden.runtimes.base import litert as litert_runtimes, process
from tinylite.golden.runtimes.base.messages import receive, send
from tinylite.golden.runtimes.base.process import RuntimeProcess
from tinylite.golden.runtimes.base.source import RuntimeSource

from ..arithmetics.linear import operands
from ..arithmetics.oracles import ORACLES
from ..cases import T
from ..conftest import Oracle, litert_interpreter
from ..small_models import DEMO, chain, two_signatures

DIGITS = DEMO / "digits_uint8.tflite"
RESOLVERS = {"litert": "BUILTIN_REF", "litert-builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "xnnpack": "BUILTIN"}


def installed(name: str) -> str:
    pytest.importorskip(load(name).module)
    return name


def two_layers() -> Model:
    """A convolution and a matrix product of INT8, which tflite-micro runs, too."""
    rng = np.random.default_rng(4)
    (x, *filters), between = operands(rng, (1, 6, 6, 5), (8, 3, 3, 5), (1, 6, 6, 8))
    (_, *weights), output = operands(rng, (1, 288), (10, 288), (1, 10))
    inputs = [T.tensor(tensor, f"t{index}") for index, tensor in enumerate((x, *filters, *weights)) if tensor is not None]  # type: ignore[arg-type]
    pixels, row, found = between.tensor("pixels"), T((1, 288), "INT8", between.scale, between.zero).tensor("row"), output.tensor("found")
    shape = T((2,), "INT32", data=[1, 288]).tensor("shape")
    ops = [
        Op("CONV_2D", inputs[:3], [pixels], version=3, padding="SAME", stride_h=1, stride_w=1),
        Op("RESHAPE", [pixels, shape], [row]),
        Op("FULLY_CONNECTED", [row, *inputs[3:]], [found], version=4),
    ]
    return Model([Graph("main", inputs[:1], [found], ops)])


def outputs_of(golden: Golden, case: int) -> dict[str, Any]:
    named = zip(golden.keys, golden.tensors, golden.cases[case], strict=True)
    return {key: record.value for key, tensor, record in named if tensor.role == "output"}


def test_runtimes_are_found_by_their_files() -> None:
    assert names() == ["litert", "litert-builtin", "tflm", "xnnpack"]
    assert all(load(name).about for name in names())


@pytest.mark.parametrize("name", RESOLVERS)
@pytest.mark.parametrize("layers", [False, True])
def test_values_are_litert_s(name: str, layers: bool, litert: Oracle) -> None:
    installed(name)
    golden = record(DIGITS, cases=2, layers=layers)
    runtime = RuntimeSource(name, DIGITS)
    for case in range(2):
        (wanted,) = litert(DIGITS.read_bytes(), golden.inputs(case), RESOLVERS[name])
        found = runtime.values(golden, case)
        np.testing.assert_array_equal(found["scores"], wanted, strict=True)
        np.testing.assert_array_equal(found["picture"], golden.inputs(case)[0], strict=True)
        assert set(found) == set(golden.keys)
    runtime.close()


@pytest.mark.parametrize("name", RESOLVERS)
def test_layers_are_what_litert_keeps(name: str) -> None:
    installed(name)
    golden = record(DIGITS, cases=1, layers=True)
    interpreter = litert_interpreter(DIGITS.read_bytes(), RESOLVERS[name], experimental_preserve_all_tensors=True)
    interpreter.set_tensor(0, golden.inputs(0)[0])
    interpreter.invoke()
    found = RuntimeSource(name, DIGITS).values(golden, 0)
    for key, tensor in zip(golden.keys, golden.tensors, strict=True):
        np.testing.assert_array_equal(found[key], interpreter.get_tensor(tensor.index), strict=True)


@pytest.mark.parametrize("name", ["litert", "litert-builtin", "tflm", "xnnpack"])
def test_an_op_alone_is_what_it_is_in_the_model(name: str) -> None:
    runtime = RuntimeSource(installed(name), model := two_layers())
    found = runtime.values(golden := record(model, cases=1, layers=True), 0)
    assert set(found) == set(golden.keys) == {"t0", "pixels", "row", "found"}
    for index, (read, written) in enumerate((("t0", "pixels"), ("pixels", "row"), ("row", "found"))):
        (alone,) = runtime.op(model, index, [np.asarray(found[read])]) or []
        np.testing.assert_array_equal(alone, found[written], strict=True)
    assert len(model.graph.ops) == 3  # which is not cut itself
    with pytest.raises(TensorError, match="no op 3"):
        runtime.op(model, 3, [])


def test_values_are_tflite_micro_s() -> None:
    runtime = RuntimeSource(installed("tflm"), model := two_layers())
    for layers in (False, True):
        golden = record(model, cases=2, layers=layers)
        for case in range(2):
            (wanted,) = ORACLES["tflm"](model, golden.inputs(case))
            found = runtime.values(golden, case)
            np.testing.assert_array_equal(found["found"], wanted, strict=True)
            assert set(found) == set(golden.keys)


def test_a_tensor_that_xnnpack_does_not_write_is_left_out() -> None:
    """It takes half-precision weights itself, so the op that makes floats of them is not run, and LiteRT keeps something else."""
    installed("xnnpack")
    rng = np.random.default_rng(0)
    half = T((32, 64), "FLOAT16", data=rng.standard_normal((32, 64))).tensor("half")
    x, weights, found = T((1, 64)).tensor("x"), T((32, 64)).tensor("weights"), T((1, 32)).tensor("found")
    y, bias = T((1, 32)).tensor("y"), T((32,), data=rng.standard_normal(32)).tensor("bias")
    ops = [Op("DEQUANTIZE", [half], [weights], version=3), Op("FULLY_CONNECTED", [x, weights, bias], [y]), Op("LOGISTIC", [y], [found])]
    model = Model([Graph("main", [x], [found], ops)])
    golden = record(model, cases=1, layers=True)
    assert set(RuntimeSource("xnnpack", model).values(golden, 0)) == {"x", "y", "found"}
    assert set(RuntimeSource("litert", model).values(golden, 0)) == {"x", "y", "found", "weights"}


@pytest.mark.parametrize("same", [True, False])
def test_layers_of_a_run_with_other_outputs_are_left_out(same: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delegate that keeps tensors fuses less, which may change what it computes."""

    class Ran:
        def __init__(self, keep: bool) -> None:
            self.tensors = [np.arange(3), np.arange(3) + (0 if same else keep)]

        def get_output_details(self) -> list[dict[str, int]]:
            return [{"index": 1}]

        def get_tensor(self, index: int) -> np.ndarray:
            return self.tensors[index]

    monkeypatch.setattr(litert_runtimes, "_run", lambda content, resolver, inputs, say, keep=False, filled=None: Ran(keep))
    outputs, kept = litert_runtimes.litert_runtime("", "BUILTIN", delegates=True).run(b"", [], [0], print)
    assert outputs[0].tolist() == [0, 1, 2] and list(kept) == ([0] if same else [])


def test_each_case_begins_with_fresh_variables(shared: Path) -> None:
    model = shared / "models" / "mnist_lstm_int8.tflite"
    golden = record(model, cases=2, layers=False)
    for name in ("litert", "tflm"):
        report = check(golden, model, using=installed(name))
        assert report.passes, report.text()


def test_other_graphs_and_shapes() -> None:
    installed("litert")
    model = Model.load(two_signatures())
    golden = record(model, cases=1, graph=1)
    runtime = RuntimeSource("litert", model)
    found = runtime.values(golden, 0)
    for key, value in outputs_of(golden, 0).items():
        np.testing.assert_array_equal(found[key], value, strict=True)
    batch = record(chain(), inputs=[np.arange(12, dtype=np.float32).reshape(3, 4)], layers=True)
    found = RuntimeSource("litert", chain()).values(batch, 0)
    np.testing.assert_array_equal(found["y1"], outputs_of(batch, 0)["y1"], strict=True)
    with pytest.raises(TensorError, match="graph 1"):
        RuntimeSource("litert", DIGITS).values(golden, 0)


def test_what_a_runtime_refuses_is_said_in_its_words() -> None:
    """tflite-micro's exception says only that it failed; what it prints says why."""
    installed("tflm")
    with pytest.raises(InvokeError, match=r"tflm refuses the model .* in AllocateTensors: .*printed: .*Node CONV_2D"):
        check(record(DIGITS, cases=1), DIGITS, using="tflm")
    assert RuntimeSource("tflm", DIGITS).op(Model.load(DIGITS), 1, [np.zeros((1, 8, 8, 12), np.uint8)]) is None


# ---- processes


@pytest.fixture
def misbehaving(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runtimes of tests/golden/runtimes, in processes that are started during a test."""
    folder = str(Path(__file__).parent / "runtimes")
    started = "import tinylite.golden.runtimes; tinylite.golden.runtimes.__path__.append({!r}); from tinylite"
    monkeypatch.setattr(process, "_MAIN", process._MAIN.replace("from tinylite", started.format(folder), 1))


def test_a_crash_is_an_error_and_the_next_run_has_another_process(misbehaving: None) -> None:
    runtimes = RuntimeProcess()
    with pytest.raises(InvokeError, match=r"crashes ended its process \(SIGSEGV\) in invoke; it printed: about to read nothing"):
        runtimes.run("crashes", b"", [], [])
    (found,), kept = runtimes.run("echoes", b"", [np.arange(3)], [7])
    assert found.tolist() == kept[7].tolist() == [0, 1, 2]


def test_a_run_that_takes_too_long_is_ended(misbehaving: None) -> None:
    runtimes = RuntimeProcess()
    runtimes.run("echoes", b"", [], [])  # the start of a process may take long itself
    runtimes.timeout = 0.5
    with pytest.raises(InvokeError, match=r"hangs has not answered within 0.5 s, in invoke, and was ended"):
        runtimes.run("hangs", b"", [], [])
    runtimes.timeout = process.TIMEOUT
    assert len(runtimes.run("echoes", b"", [np.arange(3)], [])[0]) == 1


def test_what_is_refused_leaves_the_process_as_it_is(misbehaving: None) -> None:
    runtimes = RuntimeProcess()
    with pytest.raises(InvokeError, match=r"in allocate: not this one; it printed: printed as native code does \| printed by"):
        runtimes.run("echoes", b"no", [], [])
    first = runtimes._running
    assert runtimes.run("echoes", b"", [np.float32(2.5).reshape(())], [])[0][0] == 2.5
    assert runtimes._running is first is not None
    runtimes.close()
    assert first.process.poll() == 0 and first.printed.closed
    assert runtimes.run("echoes", b"", [np.arange(2)], [])[0][0].tolist() == [0, 1]


def test_a_package_that_lacks_what_it_needs(misbehaving: None) -> None:
    with pytest.raises(MissingPackageError, match="lacks cannot be imported: No module named 'nowhere'"):
        RuntimeProcess().run("lacks", b"", [], [])


def test_a_process_ends_with_who_has_started_it(misbehaving: None) -> None:
    runtimes = RuntimeProcess()
    runtimes.run("echoes", b"", [np.arange(2)], [])
    assert runtimes._running is not None
    child = runtimes._running.process
    del runtimes
    assert child.poll() == 0


def test_nothing_waits_for_a_run_that_is_over(misbehaving: None) -> None:
    runtimes = RuntimeProcess()
    for content in (b"", b"no"):
        with suppress(InvokeError):
            runtimes.run("echoes", content, [], [])
    assert all(thread.finished.is_set() for thread in threading.enumerate() if isinstance(thread, threading.Timer))


def test_a_python_that_cannot_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "")
    with pytest.raises(SettingError, match="no other can be started"):
        RuntimeProcess().run("litert", b"", [], [])


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), "1", True])
def test_timeouts(timeout: Any) -> None:
    with pytest.raises(SettingError, match="timeout"):
        RuntimeProcess(timeout)


def test_messages_carry_arrays_of_all_types(monkeypatch: pytest.MonkeyPatch) -> None:
    text = np.empty((1, 2), object)
    text[0] = [b"\0zero\0", "für".encode()]
    arrays: list[np.ndarray] = [np.array(5, np.int8), np.zeros((0, 3), np.float16), np.ones((2, 2), bool), np.arange(6.0)[::2], text]
    file = io.BytesIO()
    send(file, {"a": 1}, arrays)
    file.seek(0)
    message, found = receive(file)
    assert message == {"a": 1} and found[-1].tolist() == text.tolist()
    for one, other in zip(found[:-1], arrays, strict=False):
        np.testing.assert_array_equal(one, other, strict=True)
    with pytest.raises(EOFError):
        receive(io.BytesIO(file.getvalue()[:-1]))
    with pytest.raises(ValueError, match="OBJECT"):
        receive(io.BytesIO(file.getvalue().replace(b"<f8", b"|O8")))
    monkeypatch.setenv("TINYLITE_MEMORY_LIMIT", "20")
    with pytest.raises(OutOfMemoryError, match="float64"):
        receive(io.BytesIO(file.getvalue()))


# ---- names


def test_a_package_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"ai-edge-litert, which is not installed.* pip install ai-edge-litert"):
        source("xnnpack", DIGITS)


def test_names_of_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed("litert")
    monkeypatch.chdir(tmp_path)
    Path("litert").write_bytes(b"")
    runtime = source("litert", DIGITS)
    assert isinstance(runtime, RuntimeSource) and runtime.name.startswith("LiteRT with its reference kernels, ai-edge-litert ")
    with pytest.raises(FileError, match=r"'litrt' is neither .* nearest names are 'litert'"):
        source("litrt", DIGITS)
    with pytest.raises(FileError, match=r"'out.npz' is neither .* runtimes are litert, litert-builtin, tflm, xnnpack"):
        source("out.npz", DIGITS)
    with pytest.raises(SettingError, match="xnnpack takes the model"):
        source("xnnpack")
