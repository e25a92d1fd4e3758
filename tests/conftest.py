"""What tests share: the referee, and real files that may be absent."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

os.environ.setdefault("TINYLITE_QUIET", "1")

pytest_plugins = "pytester"  # runs of pytest within tests


# From this many selected tests on, all kernels are compiled first. Fewer tests compile what they need: compiling all of them takes
# minutes, and one operator's tests need about ten.
MANY_TESTS = 1000


def pytest_collection_finish(session: pytest.Session) -> None:
    """Without xdist, or in one of its workers, which leave this to the process that has started them."""
    if not hasattr(session.config, "workerinput") and not session.config.option.collectonly:
        prepare_kernels(len(session.items))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_node_collection_finished(ids: list[str]) -> None:
    """With xdist, in the process that hands out the tests, once for each worker; no test starts before this returns."""
    prepare_kernels(len(ids))


def prepare_kernels(selected: int) -> None:
    """Compile all kernels in one go if that is faster than compiling them one by one for so many tests."""
    if selected >= MANY_TESTS:
        from .all_kernels import load_all_kernels

        load_all_kernels()


SHARED = Path(os.environ.get("TINYLITE_SHARED", Path(__file__).parent.parent.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real models and inputs, which is not part of the repository."""
    if not (SHARED / "models").is_dir():
        pytest.skip("../shared is absent")
    return SHARED


def shared_models() -> list[str]:
    """The names of the shared models, or one that is skipped where they are absent."""
    return sorted(path.name for path in (SHARED / "models").glob("*.tflite")) or ["absent"]


Oracle = Callable[..., list[np.ndarray]]


def litert_interpreter(content: bytes, resolver: str = "BUILTIN_REF", **options: object):  # type: ignore[no-untyped-def]
    """An interpreter of LiteRT's, ready to run, in a separate process (referee.py)."""
    litert = pytest.importorskip("ai_edge_litert.interpreter")
    from .referee import Remote

    interpreter = Remote(
        model_content=content, experimental_op_resolver_type=getattr(litert.OpResolverType, resolver), num_threads=1, **options
    )
    interpreter.allocate_tensors()
    return interpreter


@pytest.fixture(scope="session")
def litert() -> Oracle:
    """Run a model in LiteRT: litert(content, feeds, resolver, runs) -> outputs."""

    def run(content: bytes, feeds: list[np.ndarray], resolver: str = "BUILTIN_REF", runs: int = 1) -> list[np.ndarray]:
        return feed_and_run(litert_interpreter(content, resolver), feeds, runs)

    return run


def feed_and_run(interpreter, feeds: list[np.ndarray], runs: int) -> list[np.ndarray]:  # type: ignore[no-untyped-def]
    """The outputs of all runs, one after the other."""
    outputs = []
    for _ in range(runs):
        for details, value in zip(interpreter.get_input_details(), feeds, strict=True):
            interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        outputs += [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
    return outputs


def run_once(interpreter, x: np.ndarray) -> np.ndarray:  # type: ignore[no-untyped-def]
    """The first output for the one input of a model."""
    interpreter.allocate_tensors()
    return np.asarray(feed_and_run(interpreter, [x], 1)[0])


@pytest.fixture(scope="session")
def run() -> Oracle:
    """Run a model in tinylite: run(content, feeds, threads, runs) -> outputs."""
    from tinylite.interpreter import Interpreter

    def run(content: bytes, feeds: list[np.ndarray], threads: int = 1, runs: int = 1) -> list[np.ndarray]:
        interpreter = Interpreter(model_content=content, num_threads=threads)
        interpreter.allocate_tensors()
        return feed_and_run(interpreter, feeds, runs)

    return run


def assert_close(found: list[np.ndarray], wanted: list[np.ndarray], tolerance: float) -> None:
    """Integers equal, floats within `tolerance` of the largest wanted value; says where the worst difference is."""
    assert len(found) == len(wanted)
    for index, (a, b) in enumerate(zip(found, wanted, strict=True)):
        assert a.shape == b.shape, f"output {index}: shape {a.shape}, wanted {b.shape}"
        assert a.dtype == b.dtype, f"output {index}: {a.dtype}, wanted {b.dtype}"
        if not a.size:
            continue
        if a.dtype.kind in "fc":
            assert (np.isnan(a) == np.isnan(b)).all(), f"output {index}: NaN in different places"
            same = (a == b) | np.isnan(a)
            wide = np.complex128 if a.dtype.kind == "c" else np.float64
            with np.errstate(invalid="ignore"):
                off = np.where(same, 0.0, np.abs(a.astype(wide) - b.astype(wide)))
            bound = tolerance * np.abs(b[np.isfinite(b)]).max(initial=0.0)
        else:
            off, bound = np.abs(a.astype(np.float64) - b.astype(np.float64)), 0.0
        if off.max() > bound:
            worst = np.unravel_index(np.argmax(off), off.shape)
            count = int((off > bound).sum())
            raise AssertionError(f"output {index}{list(map(int, worst))}: {a[worst]!r}, wanted {b[worst]!r}; {count} of {a.size} are off")
