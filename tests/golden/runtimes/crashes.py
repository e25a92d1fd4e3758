"""Ends its process in invoke, as native code that reads where nothing is."""

from __future__ import annotations

import os
import signal
from typing import Any

from tinylite.golden.runtimes.base.runtime import Runtime


def _run(content: bytes, inputs: list[Any], wanted: list[int], say: Any) -> Any:
    say("invoke")
    print("about to read nothing", flush=True)
    os.kill(os.getpid(), signal.SIGSEGV)


RUNTIME = Runtime("crashes", "numpy", "numpy", _run)
