"""Profiles: what an op has to do, what the machine could do, and that looking at the clock changes nothing."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

import tinylite
from tinylite import Graph, Interpreter, InvokeError, KernelError, Model, Op, SettingError, Tensor
from tinylite.engine.timed import TimedSegment
from tinylite.kernels.store import CompileError
from tinylite.report import peaks as peaks_module
from tinylite.report.peaks import Bandwidth, Peaks, peaks
from tinylite.report.profile import profile
from tinylite.report.roofline import limits_of
from tinylite.report.work import Work, total_work

from .cases import Case, T, hybrid
from .conftest import feed_and_run
from .ops.batch_matmul import product
from .ops.bidirectional_sequence_lstm import CASES as BIDIRECTIONAL
from .ops.conv_2d import conv
from .ops.depthwise_conv_2d import depthwise
from .ops.fully_connected import dense
from .ops.lstm import basic
from .ops.rnn import cell
from .ops.svdf import filtered
from .ops.unidirectional_sequence_lstm import float_lstm, integer_lstm

DIGITS = Path(tinylite.__file__).parent / "demo" / "digits_uint8.tflite"


def allocated(model: Model | bytes | Path, threads: int = 1) -> Interpreter:
    interpreter = Interpreter(model if isinstance(model, Model) else str(model), num_threads=threads)
    interpreter.allocate_tensors()
    return interpreter


# ---- work

POOL = {"padding": "VALID", "stride_h": 2, "stride_w": 2, "filter_height": 3, "filter_width": 2}
KNOWN: list[tuple[Case, dict[str, int]]] = [
    (conv(2, (8, 8), 3, 5, (3, 2), "f32", stride_h=2, stride_w=2), {"float": 2 * (2 * 4 * 4 * 5) * (3 * 2 * 3)}),
    (conv(1, (6, 5), 4, 7, (1, 1), "i8"), {"8-bit": 2 * (6 * 5 * 7) * 4}),
    (conv(1, (6, 5), 4, 7, (1, 1), "hybrid"), {"8-bit": 2 * (6 * 5 * 7) * 4}),
    (depthwise(1, (6, 6), 4, 2, (3, 3), "f32"), {"float": 2 * (6 * 6 * 8) * 9}),
    (dense((3,), 7, 5, "u8"), {"8-bit": 2 * 3 * 5 * 7}),
    (product((4, 2, 3), (4, 3, 5), "f32"), {"float": 2 * 4 * 2 * 5 * 3}),
    (
        Case("TRANSPOSE_CONV", [T((4,), "INT32", data=[1, 8, 6, 5]), T((5, 3, 2, 7), data=np.ones(210)), T((1, 4, 3, 7))], [T(())],
             {"padding": "SAME", "stride_h": 2, "stride_w": 2}),
        {"float": 2 * (4 * 3 * 7) * (3 * 2 * 5)},
    ),
    (
        Case("CONV_3D", [T((1, 4, 5, 6, 2)), T((2, 3, 1, 2, 9), data=np.ones(108))], [T(())],
             {"padding": "SAME", "stride_d": 1, "stride_h": 1, "stride_w": 1}),
        {"float": 2 * (4 * 5 * 6 * 9) * (2 * 3 * 1 * 2)},
    ),
    (float_lstm(2, 6, 3, 8), {"float": 2 * (2 * 6) * 4 * (8 * 3 + 8 * 8)}),
    (float_lstm(2, 5, 7, 12, outputs=5), {"float": 2 * (2 * 5) * (4 * (12 * 7 + 12 * 5) + 5 * 12)}),
    (float_lstm(2, 6, 3, 8, cifg=True), {"float": 2 * (2 * 6) * 3 * (8 * 3 + 8 * 8)}),
    (integer_lstm(3, 4, 5, 17, time_major=True), {"8-bit": 2 * (3 * 4) * 4 * (17 * 5 + 17 * 17)}),
    (basic(2, 3, 4, "FLOAT32"), {"float": 2 * 2 * (4 * 4) * (3 + 4)}),
    (
        Case("RNN", [T((3, 20)), *cell(3, 20, 37)], [T(())], {"fused_activation_function": "TANH"}),
        {"float": 2 * 3 * (37 * 20 + 37 * 37)},
    ),
    (filtered(2, 3, 4, 2, 10), {"float": 2 * 2 * (8 * 3 + 8 * 10)}),
    (hybrid(filtered(2, 3, 4, 2, 10)), {"8-bit": 2 * 2 * (8 * 3 + 8 * 10)}),
    (Case("ADD", [T((2, 3, 4)), T((4,))], [T(())]), {"float": 24}),
    (Case("MAXIMUM", [T((5,), "INT32"), T((5,), "INT32")], [T((), "INT32")]), {"integer": 5}),
    (Case("SOFTMAX", [T((3, 10))], [T(())], {"beta": 1.0}), {"float": 5 * 30}),
    (Case("MAX_POOL_2D", [T((1, 7, 6, 3))], [T(())], POOL), {"float": (3 * 3 * 3) * 6}),
    (Case("SUM", [T((4, 5)), T((1,), "INT32", data=[1])], [T(())], {"keep_dims": False}), {"float": 20}),
    (Case("TRANSPOSE", [T((4, 5)), T((2,), "INT32", data=[1, 0])], [T(())]), {}),
]  # fmt: skip


@pytest.mark.parametrize(("case", "wanted"), KNOWN, ids=lambda value: value.code if isinstance(value, Case) else "")
def test_operations_are_those_of_the_definition(case: Case, wanted: dict[str, int]) -> None:
    assert total_work(allocated(case.model())).operations == wanted


def test_both_layers_of_a_bidirectional_one_count() -> None:
    case = next(case for case in BIDIRECTIONAL if case.inputs[0].type == "FLOAT32")
    batch_and_time = int(np.prod(case.inputs[0].shape[:-1]))
    weights = sum(int(np.prod(t.shape)) for t in case.inputs if t is not None and t.data is not None and len(t.shape) == 2)
    assert total_work(allocated(case.model())).operations == {"float": 2 * batch_and_time * weights}


@pytest.mark.parametrize(
    ("name", "products", "kind"),
    [("resnet8_float", 12_501_632, "float"), ("resnet8_int8", 12_501_632, "8-bit"), ("vww_int8", 7_489_664, "8-bit")],
)
def test_networks_have_the_operations_that_are_published_of_them(shared: Path, name: str, products: int, kind: str) -> None:
    """Multiply-adds of the convolutions and matrix products; the float model's other ops are few."""
    found = total_work(allocated(shared / "models" / f"{name}.tflite")).operations[kind]
    assert 2 * products <= found <= 2 * products * (1.01 if kind == "float" else 1)


def test_bytes_are_counted_once() -> None:
    found = total_work(allocated(dense((3,), 7, 5, "i8").model()))
    constants = 5 * 7 + 4 * 5  # weights, and biases of 32 bits
    assert (found.bytes_read, found.bytes_written, found.bytes_constant) == (3 * 7 + constants, 3 * 5, constants)
    x, y = Tensor("x", (10,)), Tensor("y", (10,))
    assert total_work(allocated(Model([Graph("main", [x], [y], [Op("ADD", [x, x], [y])])]))).bytes == 2 * 4 * 10


def test_what_picks_reads_no_more_than_it_writes() -> None:
    table = T((1000, 8), data=np.ones((1000, 8)))
    found = total_work(allocated(Case("GATHER", [table, T((2,), "INT32", low=0, high=9)], [T(())], {"axis": 0}).model()))
    assert (found.bytes_read, found.bytes_written) == (2 * 8 * 4 + 2 * 4, 2 * 8 * 4)


def test_state_is_read_and_written() -> None:
    case = filtered(2, 3, 4, 2, 10)
    found = total_work(allocated(case.model()))
    state = 4 * 2 * 8 * 10
    assert found.bytes_written == 4 * 2 * 4 + state and found.bytes_read == found.bytes_constant + 4 * 2 * 3 + state


# ---- limits

FAKE = Peaks(1, {"float": 100.0, "8-bit": 400.0}, (Bandwidth(1000, 50.0), Bandwidth(10_000, 10.0)), 0.25)


def test_the_rate_is_that_of_the_next_larger_size() -> None:
    assert [FAKE.rate(size) for size in (0, 1000, 1001, 10_000, 1 << 40)] == [50.0, 50.0, 10.0, 10.0, 10.0]


def test_limits_are_the_seconds_of_the_work_at_the_peaks() -> None:
    work = Work({"float": 200, "8-bit": 400, "integer": 1 << 40}, bytes_read=900, bytes_written=100, bytes_constant=500)
    found = limits_of(work, 3, 5000, FAKE)
    assert found.compute == pytest.approx(2 + 1)
    assert found.memory == pytest.approx(500 / 10 + 500 / 50)  # all constants of the model are in the second level
    assert found.dispatch == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("work", "steps", "seconds", "bound"),
    [
        (Work({"float": 1000}, 10, 10), 1, 12.0, "compute"), (Work({"float": 1000}, 10, 10), 1, 20.1, "none"),
        (Work({"float": 10}, 400, 100), 1, 12.0, "memory"), (Work({}, 1, 1), 4, 1.9, "dispatch"), (Work({}, 1, 1), 4, 2.1, "none"),
        (Work({"float": 1000}, 600, 0), 1, 15.0, "memory"), (Work(), 0, 1.0, "none"),
    ],
)  # fmt: skip
def test_an_op_is_bound_by_the_limit_that_is_half_of_its_time_or_more(work: Work, steps: int, seconds: float, bound: str) -> None:
    assert limits_of(work, steps, 0, FAKE).bound(seconds) == bound


# ---- the machine


def test_peaks_are_measured_once_and_are_plain_data() -> None:
    found = peaks(1)
    assert found is peaks(1) and peaks(2) is not found
    assert 0 < found.operations["float"] < found.operations["8-bit"]
    assert [level.size for level in found.bandwidth] == sorted(level.size for level in found.bandwidth)
    assert found.bandwidth[0].rate > found.bandwidth[-1].rate > 0  # a first cache is faster than memory
    assert found.dispatch < 16384 / found.bandwidth[0].rate * 100
    stored = json.loads(json.dumps(asdict(found)))
    assert stored["bandwidth"][0] == {"size": 16384, "rate": found.bandwidth[0].rate}


def test_several_threads_attain_at_least_what_one_does() -> None:
    one, two = peaks(1), peaks(2)
    assert two.threads == 2 and all(two.operations[kind] >= rate for kind, rate in one.operations.items())
    assert all(b.rate >= a.rate and b.size == a.size for a, b in zip(one.bandwidth, two.bandwidth, strict=True))


@pytest.mark.parametrize("threads", [0, -2, True, 1.5, "2"])
def test_a_number_of_threads_that_is_none_is_refused(threads: object) -> None:
    with pytest.raises(SettingError, match="num_threads"):
        peaks(threads)  # type: ignore[arg-type]


def test_no_more_threads_are_measured_than_an_interpreter_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peaks_module, "_measured", lambda threads: threads)
    with pytest.warns(RuntimeWarning, match="threads, not 10000"):
        most = peaks(10_000)
    with pytest.warns(RuntimeWarning):
        assert most == Interpreter(str(DIGITS), num_threads=10_000).runtime.threads


# ---- profiles


def chain() -> Model:
    """Two matrix products, the second with 100 times the work, and an op that is computed in place."""
    small, large = (dense((rows,), 64, 64, "f32").model().graph for rows in (4, 400))
    added = Tensor("added", (400, 64))
    ops = [*small.ops, *large.ops, Op("ABS", large.outputs, [added])]
    return Model([Graph("main", small.inputs + large.inputs, [*small.outputs, added], ops)])


@pytest.mark.parametrize("threads", [1, 2])
def test_an_op_with_more_work_takes_longer(threads: int) -> None:
    found = profile(chain(), threads=threads)
    small, large, absolute = found.ops
    assert large.seconds > 5 * small.seconds > 0
    assert large.work.operations["float"] == 100 * small.work.operations["float"]
    assert (found.threads, found.runs, found.peaks, small.peak, small.bound) == (threads, 20, None, None, None)
    assert sum(op.share for op in found.ops) == pytest.approx(1) and found.ops_seconds == pytest.approx(sum(op.seconds for op in found.ops))
    assert [op.name for op in found.ops] == ["FULLY_CONNECTED", "FULLY_CONNECTED", "ABS"] and absolute.kernels


def test_the_ops_of_a_run_are_all_of_its_time() -> None:
    """Of one that is long enough for what a call takes beside to be little, and short enough to be left alone most times."""
    found = profile(chain())
    assert 0.5 * found.seconds < found.ops_seconds < 2 * found.seconds


def test_bounds_are_there_with_peaks() -> None:
    found = profile(chain(), 3, peaks=FAKE)
    assert found.peaks is FAKE and all(op.bound in ("compute", "memory", "dispatch", "none") for op in found.ops)
    (product_, _, moved) = found.ops
    assert product_.peak == pytest.approx(product_.work.operations["float"] / 100 / product_.seconds)
    assert product_.operations_per_second == pytest.approx(product_.work.operations["float"] / product_.seconds)
    assert moved.bytes_per_second == pytest.approx(2 * 4 * 400 * 64 / moved.seconds)


def test_a_profile_is_plain_data() -> None:
    found = profile(chain(), 1, peaks=FAKE)
    stored = json.loads(json.dumps(asdict(found)))
    assert stored["ops"][1]["work"]["operations"] == {"float": 2 * 400 * 64 * 64}
    assert stored["peaks"]["operations"] == {"float": 100.0, "8-bit": 400.0} and stored["ops"][0]["steps"] == 1


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("make", [lambda: float_lstm(1, 5, 4, 8), lambda: integer_lstm(2, 3, 4, 8), lambda: filtered(2, 3, 4, 2, 10)])
def test_a_profile_leaves_state_and_outputs_as_they_are(make: Callable[[], Case], threads: int) -> None:
    case = make()
    model, feeds = case.model(), case.feeds()
    plain, profiled = allocated(model, threads), allocated(model, threads)
    for _ in range(3):
        wanted, found = feed_and_run(plain, feeds, 1), feed_and_run(profiled, feeds, 1)
        assert all(np.array_equal(a, b) for a, b in zip(wanted, found, strict=True))
        profile(profiled, 2)
        end = profiled.get_output_details()[0]["index"]
        assert np.array_equal(profiled.get_tensor(end), wanted[0])


@pytest.mark.parametrize("threads", [1, 2])
def test_a_run_that_is_timed_computes_what_a_run_does(threads: int) -> None:
    interpreter = allocated(DIGITS, threads)
    (picture,), (scores,) = interpreter.get_input_details(), interpreter.get_output_details()
    values = np.random.default_rng(0).integers(0, 256, picture["shape"]).astype(np.uint8)
    interpreter.set_tensor(picture["index"], values)
    interpreter.invoke()
    wanted = interpreter.get_tensor(scores["index"])
    interpreter.tensor(scores["index"])()[...] = 0
    pieces = interpreter.plan.timed()
    for piece in pieces:
        piece.run()
    times = [piece.seconds() for piece in pieces]
    assert np.array_equal(interpreter.get_tensor(scores["index"]), wanted) and wanted.any()
    assert sum(time.size for time in times) == len(interpreter.plan.ops) and all((time >= 0).all() for time in times)


def test_what_a_look_at_the_clock_takes_is_subtracted() -> None:
    """An op that does next to nothing takes less than the time from one look to the next, of which a look is a part."""
    interpreter = allocated(Case("ABS", [T((1,))], [T((1,))]).model())
    (piece,) = interpreter.plan.timed()
    assert isinstance(piece, TimedSegment)
    found, between = [], []
    for _ in range(1000):
        piece.run()
        found.append(piece.seconds()[0])
        between.append(np.diff(piece._times.reshape(-1, 2) @ (1e9, 1.0))[-1] * 1e-9)
    assert np.median(found) < 0.9 * np.median(between)


def test_an_op_of_several_steps_is_one() -> None:
    interpreter = allocated(Case("RFFT2D", [T((3, 8, 8)), T((2,), "INT32", data=[8, 8])], [T((), "COMPLEX64")]).model())
    (piece,) = interpreter.plan.timed()
    (op,) = profile(interpreter, 1).ops
    assert op.steps == len(interpreter.plan.steps) == 2 and len(op.kernels) == 2 and piece.seconds().size == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_an_op_that_fails_is_named(threads: int) -> None:
    x, y = Tensor("x", (4, 3)), Tensor("y", (4, 3))
    index, picked = Tensor("index", (1,), "INT32"), Tensor("picked", (1, 3))
    model = Model([Graph("main", [x, index], [picked], [Op("ABS", [x], [y]), Op("GATHER", [y, index], [picked], axis=0)])])
    interpreter = allocated(model, threads)
    interpreter.set_tensor(interpreter.get_input_details()[1]["index"], np.array([9], np.int32))
    with pytest.raises(InvokeError, match="op 1 GATHER"):
        profile(interpreter, 1)
    with pytest.raises(InvokeError, match="op 1 GATHER"):
        interpreter.plan.timed()[0].run()


def test_a_graph_of_an_interpreter_must_be_allocated() -> None:
    with pytest.raises(InvokeError, match="not ready"):
        profile(Interpreter(str(DIGITS)))


@pytest.mark.parametrize("given", [{"runs": 0}, {"runs": True}, {"runs": "5"}, {"threads": 2}, {"arithmetic": "fast"}])
def test_settings_that_cannot_be_are_refused(given: dict[str, object]) -> None:
    with pytest.raises(SettingError):
        profile(allocated(DIGITS), **given)  # type: ignore[arg-type]


def test_a_model_without_ops_has_a_profile() -> None:
    x = Tensor("x", (3,))
    found = tinylite.profile(Model([Graph("main", [x], [x])]), 1)
    assert found.ops == [] and found.ops_seconds == 0 and "0 ops" in repr(found)


def test_profiles_are_shown_as_tables() -> None:
    from rich.console import Console

    plain, full = profile(DIGITS, 1), profile(DIGITS, 1, peaks=FAKE)
    for found, extra in ((plain, False), (full, True)):
        console = Console(width=200, record=True, file=io.StringIO())
        console.print(found)
        text, html = console.export_text(), found._repr_html_()
        for head in ("operator", "kernels", "µs", "GOP/s", "GB/s"):
            assert head in text and f"<th>{head}</th>" in html
        assert ("bound" in text) == ("<th>bound</th>" in html) == extra
        assert "CONV_2D" in text and html.count("<tr>") == 1 + len(found.ops)
        assert len(repr(found)) < 100 and "\n" not in repr(found)


def test_kernels_that_cannot_be_compiled_are_an_error_of_tinylite(monkeypatch: pytest.MonkeyPatch) -> None:
    interpreter = allocated(DIGITS)

    def fail(*_: object) -> None:
        raise CompileError("no compiler today", "Buy one")

    monkeypatch.setattr("tinylite.engine.segment.addresses", fail)
    with pytest.raises(KernelError, match="no compiler today"):
        profile(interpreter, 1)
    monkeypatch.setattr(peaks_module, "_measured", peaks_module._measured.__wrapped__)
    with pytest.raises(KernelError, match="no compiler today"):
        peaks(1)
