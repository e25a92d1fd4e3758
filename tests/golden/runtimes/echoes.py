"""Prints, and returns its inputs; refuses a model that is the word "no"."""

from __future__ import annotations

import os
import sys
from typing import Any

from tinylite.golden.runtimes.base.runtime import Runtime


def _run(content: bytes, inputs: list[Any], wanted: list[int], say: Any) -> Any:
    say("allocate")
    os.write(1, b"printed as native code does\n")
    print("printed by Python", file=sys.stderr, flush=True)
    if content == b"no":
        raise RuntimeError("not this one")
    return inputs, dict.fromkeys(wanted, inputs[0] if inputs else None)


RUNTIME = Runtime("echoes", "numpy", "numpy", _run)
