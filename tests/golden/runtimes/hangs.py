"""Never returns from invoke."""

from __future__ import annotations

import time
from typing import Any

from tinylite.golden.runtimes.base.runtime import Runtime


def _run(content: bytes, inputs: list[Any], wanted: list[int], say: Any) -> Any:
    say("invoke")
    while True:
        time.sleep(1)


RUNTIME = Runtime("hangs", "numpy", "numpy", _run)
