"""What tinylite says of itself on a model, in a process of its own: time op by op, memory, operations."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..interpreter import Interpreter
from ..report.memory import memory_of
from ..report.peaks import Peaks
from ..report.profile import profile
from . import stored

__all__ = ["described"]


def described(request: dict[str, Any]) -> dict[str, Any]:
    """As JSON's types: "profile", a Profile, and "plan", a MemoryUse. A request is what a host takes to open a model, with the peaks
    that are known, or None to measure them."""
    settings = {"arithmetic": request["arithmetic"]} if request["arithmetic"] else {}
    with Interpreter(request["model"], num_threads=request["threads"], **settings) as interpreter:
        values = [np.load(path) for path in request["inputs"]]
        for details, value in zip(interpreter.get_input_details(), values, strict=True):
            if tuple(details["shape"]) != value.shape:
                interpreter.resize_tensor_input(details["index"], value.shape)
        interpreter.allocate_tensors()
        for details, value in zip(interpreter.get_input_details(), values, strict=True):
            interpreter.set_tensor(details["index"], value)
        peaks = True if request["peaks"] is None else stored.value_of(Peaks, request["peaks"])
        found = profile(interpreter, peaks=peaks)
        return {"profile": stored.plain(found), "plan": stored.plain(memory_of(interpreter))}
