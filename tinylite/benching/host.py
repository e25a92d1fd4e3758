"""The program of a process in which models are timed: it opens interpreters, and runs them in rounds when it is asked to.

It is read as text and run by any Python from 3.7 on that has numpy and a runtime: another installed tinylite, LiteRT, or TensorFlow. So it
imports nothing of this package at its top. Requests are lines of JSON on stdin, answers on stdout; arrays are .npy files that both name.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

__all__ = ["main"]

_RESOLVERS = {"xnnpack": "BUILTIN", "litert-builtin": "BUILTIN_WITHOUT_DEFAULT_DELEGATES", "reference": "BUILTIN_REF"}
# (module, package): what a Python that is named by its path is asked for is the first that it has.
_INTERPRETERS = (
    ("tinylite", "tinylite"),
    ("ai_edge_litert.interpreter", "ai-edge-litert"),
    ("tflite_runtime.interpreter", "tflite-runtime"),
    ("tensorflow.lite", "tensorflow"),
)


class Opened:
    """An interpreter that has run once: what gives it its inputs, what a round calls, and how its outputs are read."""

    def __init__(
        self, feed: Callable[[], None], invoke: Callable[[], Any], outputs: Callable[[], list[Any]], version: str, where: str
    ) -> None:  # fmt: skip
        self.feed, self.invoke, self.outputs, self.version, self.where = feed, invoke, outputs, version, where
        self.first: list[Any] = []


def _version(package: str, module: Any) -> str:
    from importlib import metadata

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return getattr(module, "__version__", "unknown")


def _ready(interpreter: Any, inputs: list[Any], module: Any, package: str) -> Opened:
    """An interpreter as TensorFlow Lite's scripts know it, resized to its inputs, allocated and fed."""
    details = interpreter.get_input_details()
    if len(details) != len(inputs):  # zip has no `strict` before Python 3.10
        raise ValueError(f"the model has {len(details)} inputs here, and there are {len(inputs)} values")
    for each, value in zip(details, inputs):  # noqa: B905
        if tuple(each["shape"]) != value.shape:
            interpreter.resize_tensor_input(each["index"], value.shape)
    interpreter.allocate_tensors()

    def feed() -> None:
        for each, value in zip(details, inputs):  # noqa: B905
            interpreter.set_tensor(each["index"], value)

    def outputs() -> list[Any]:
        return [interpreter.get_tensor(each["index"]) for each in interpreter.get_output_details()]

    return Opened(feed, interpreter.invoke, outputs, f"{package} {_version(package, module)}", getattr(module, "__file__", "") or "")


def _tflm(module: Any, request: dict[str, Any], inputs: list[Any]) -> Opened:
    with open(request["model"], "rb") as file:
        content = file.read()
    interpreter = module.Interpreter.from_bytes(content, arena_size=request["arena"])

    def feed() -> None:
        for position, value in enumerate(inputs):
            interpreter.set_input(value, position)

    count = request["outputs"]

    def outputs() -> list[Any]:
        return [interpreter.get_output(position) for position in range(count)]

    return Opened(feed, interpreter.invoke, outputs, f"tflite-micro {_version('tflite-micro', module)}", module.__file__)


def _imported(runtime: str) -> tuple[Any, str]:
    """The module of a runtime that has its Interpreter, and the package that it is from."""
    if runtime == "tflm":
        return importlib.import_module("tflite_micro.python.tflite_micro.runtime"), "tflite-micro"
    known = [entry for entry in _INTERPRETERS if runtime in (entry[1], "any")] or [_INTERPRETERS[1]]
    for name, package in known:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if error.name is None or not name.startswith(error.name):
                raise
        else:
            module.Interpreter  # noqa: B018, some are imported when they are first used
            return module, package
    raise ImportError(f"it has none of {', '.join(package for _, package in known)}")


def _plain(value: Any) -> Any:
    """A copy of an output, with text as bytes of equal lengths: .npy files hold no objects."""
    import numpy as np

    found = np.array(value)
    return found.astype("S") if found.dtype == object else found


def _open(request: dict[str, Any]) -> Opened:
    """Open a model and run it once. A request has: runtime, model and inputs (paths), threads, and what only some need."""
    import numpy as np

    inputs = [np.load(path) for path in request["inputs"]]
    inputs = [value.astype(object) if value.dtype.kind == "S" else value for value in inputs]
    runtime, path = request["runtime"], request["model"]
    module, package = _imported(runtime)
    if runtime == "tflm":
        opened = _tflm(module, request, inputs)
    else:
        settings: dict[str, Any] = {"num_threads": request["threads"]}
        if request["arithmetic"] and package == "tinylite":
            settings["arithmetic"] = request["arithmetic"]
        if runtime in _RESOLVERS:
            settings["experimental_op_resolver_type"] = getattr(module.OpResolverType, _RESOLVERS[runtime])
        opened = _ready(module.Interpreter(path, **settings), inputs, module, package)
    opened.feed()
    opened.invoke()
    opened.first = [_plain(value) for value in opened.outputs()]
    return opened


def _run(opened: Opened, repeats: int) -> float:
    """Seconds of a run: the mean of so many without a pause."""
    invoke = opened.invoke
    start = time.perf_counter()
    for _ in range(repeats):
        invoke()
    return (time.perf_counter() - start) / repeats


def settle(most: float = 0.1) -> None:
    """Wait until the threads that runtimes keep are asleep, `most` seconds at most: those that look for more work in a loop, for
    milliseconds after a run, would take a core from what is timed next. Only where the system says what threads do, as Linux."""
    end = time.perf_counter() + most
    while _others_run() and time.perf_counter() < end:
        time.sleep(0.0002)


def _others_run() -> bool:
    own = str(threading.get_native_id())
    try:
        for thread in os.listdir("/proc/self/task"):
            if thread != own:
                with open(f"/proc/self/task/{thread}/stat") as file:
                    if file.read().rpartition(") ")[2].startswith("R"):
                        return True
    except OSError:  # or a thread has just ended
        pass
    return False


def _answer(request: dict[str, Any], held: dict[str, Opened]) -> dict[str, Any]:
    import numpy as np

    do, name = request["do"], str(request.get("name"))
    if do == "import":
        _imported(request["runtime"])
        return {"now": resident()}
    if do == "profile":
        return importlib.import_module("tinylite.benching.profiling").described(request)
    if do == "open":
        opened = held[name] = _open(request)
        seconds = 0.0 if request.get("start") else _run(opened, 1)
        return {"version": opened.version, "where": opened.where, "seconds": seconds}
    if do == "round":
        opened = held[name]
        if request["warmup"]:
            _run(opened, request["warmup"])
        seconds = _run(opened, request["repeats"])
        settle()
        return {"seconds": seconds}
    if do == "outputs":  # of the first run, and whether those of the last are the same
        opened = held[name]
        paths = []
        for position, value in enumerate(opened.first):
            paths.append(os.path.join(request["folder"], f"{position}.npy"))
            np.save(paths[-1], value)
        opened.feed()  # again: runtimes may use an input's memory for something else
        opened.invoke()
        now = [_plain(value).tobytes() for value in opened.outputs()]
        same = now == [value.tobytes() for value in opened.first]
        return {"paths": paths, "steady": same}
    if do == "memory":
        return {"peak": peak(), "now": resident()}
    if do == "pin":
        os.sched_setaffinity(0, request["cores"])
        return {}
    held.pop(name, None)
    return {}


def _status(field: str) -> int | None:
    """A figure of the system about this process, in bytes; None where it has none."""
    try:
        with open("/proc/self/status") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith(field))
    except (OSError, StopIteration, ValueError):
        return None


def peak() -> int | None:
    """The most bytes that this process has had in memory. getrusage also counts those of the process that started it."""
    return _status("VmHWM")


def resident() -> int | None:
    """Bytes that this process has in memory."""
    return _status("VmRSS")


def main() -> None:
    """Answer requests until there are no more. Whatever a runtime prints goes to stderr."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever has started this ends it
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    held: dict[str, Opened] = {}
    gc.disable()
    for line in sys.stdin:
        try:
            answer = _answer(json.loads(line), held)
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__, "missing": isinstance(error, ImportError)}
        answers.write(json.dumps({"by": "host", **answer}) + "\n")
        answers.flush()


if __name__ == "__main__":
    if len(sys.argv) > 1:  # the folders that packages are found in
        sys.path[:] = json.loads(sys.argv[1])
    main()
