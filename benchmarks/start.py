"""Whole processes: from the start of Python to the first output."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from .timing import Times, in_turn

__all__ = ["cold_start", "first_run", "import_time"]

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


def _python(code: str, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=dict(os.environ, **environment), check=True, text=True, capture_output=True
    )
    return done.stderr


def cold_start(model: Path, seconds: float) -> Times:
    """Seconds of a process that loads a model and runs it once, kernels being in the on-disk cache."""
    scripts = {name: SCRIPT.replace("PACKAGE", package) for name, package in {"tinylite": "tinylite", "litert": "ai_edge_litert"}.items()}
    return in_turn({name: lambda script=script: _python(script, str(model)) for name, script in scripts.items()}, seconds)


def import_time(seconds: float) -> float:
    """What `import tinylite` adds to a process that does nothing, in seconds."""
    times = in_turn({"tinylite": lambda: _python("import tinylite"), "nothing": lambda: _python("pass")}, seconds)
    return times.median("tinylite") - times.median("nothing")


def first_run(model: Path, cores: int) -> tuple[float, str]:
    """Seconds of the first run ever, with an empty cache and on `cores` cores, and what the user is told meanwhile."""
    mine = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None
    with tempfile.TemporaryDirectory() as cache:
        try:
            if mine is not None:
                os.sched_setaffinity(0, sorted(mine)[:cores])
            started = time.perf_counter()
            said = _python(SCRIPT.replace("PACKAGE", "tinylite"), str(model), TINYLITE_CACHE=cache, TINYLITE_QUIET="")
            return time.perf_counter() - started, said.strip().splitlines()[-1] if said.strip() else ""
        finally:
            if mine is not None:
                os.sched_setaffinity(0, mine)
