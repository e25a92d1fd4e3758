"""Whole processes: from the start of Python to the first output."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from .timing import Times, in_turn

__all__ = ["FirstRun", "cold_start", "first_run", "import_times", "imports_numba"]

PACKAGES = {"tinylite": "tinylite", "litert": "ai_edge_litert"}
SCRIPT = """
import sys
import numpy as np
from PACKAGE.interpreter import Interpreter
interpreter = Interpreter(sys.argv[1], num_threads=1)
interpreter.allocate_tensors()
for details in interpreter.get_input_details():
    interpreter.set_tensor(details["index"], np.zeros(details["shape"], details["dtype"]))
interpreter.invoke()
interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
"""


class FirstRun(NamedTuple):
    """A process that found an empty cache."""

    seconds: float
    kernels: int
    cores: int


def _python(code: str, *arguments: str, **environment: str) -> str:
    """Run code in a separate process; returns what it prints."""
    command = [sys.executable, "-c", code, *arguments]
    environment = {**os.environ, "TINYLITE_QUIET": "1", **environment}
    # Installed packages have their bytecode; a checkout gets it in the first run, unless this stands in the way.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(command, env=environment, check=True, text=True, capture_output=True).stdout


def cold_start(model: Path, seconds: float) -> Times:
    """Seconds of a process that loads a model and runs it once; kernels are in the on-disk cache, since one run goes before."""
    scripts = {name: SCRIPT.replace("PACKAGE", package) for name, package in PACKAGES.items()}
    return in_turn({name: lambda script=script: _python(script, str(model)) for name, script in scripts.items()}, seconds)


def import_times(seconds: float) -> dict[str, float]:
    """What importing a package, and the Interpreter from it, adds to a process that does nothing, in seconds."""
    codes = {"nothing": "pass", "tinylite": "import tinylite"}
    codes |= {f"{package}.interpreter": f"from {package}.interpreter import Interpreter" for package in PACKAGES.values()}
    times = in_turn({name: lambda code=code: _python(code) for name, code in codes.items()}, seconds)
    return {name: times.median(name) - times.median("nothing") for name in codes if name != "nothing"}


def imports_numba(model: Path) -> bool:
    """Whether a process that runs a model from the cache has imported numba."""
    return _python(SCRIPT.replace("PACKAGE", "tinylite") + "print('numba' in sys.modules)", str(model)).strip() == "True"


def first_run(model: Path, cores: int) -> FirstRun:
    """The first run ever: a process with an empty cache, on so many cores (or all, where they cannot be chosen)."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with tempfile.TemporaryDirectory() as cache:
        try:
            if mine is not None:
                os.sched_setaffinity(0, sorted(mine)[:cores])
            started = time.perf_counter()
            _python(SCRIPT.replace("PACKAGE", "tinylite"), str(model), TINYLITE_CACHE=cache)
            taken = time.perf_counter() - started
        finally:
            if mine is not None:
                os.sched_setaffinity(0, mine)
        return FirstRun(taken, len(list(Path(cache).rglob("*.o"))), min(cores, len(mine)) if mine else os.cpu_count() or 1)
