"""What commands that run a model more than once feed it: files, and random values where there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...interpreter import Interpreter
from .running import Reading, Session
from .terminal import echo

__all__ = ["NOTED", "inputs_of"]

# What is done to files is said on stderr.
NOTED = Reading(say=lambda text: echo(f"Note: {text}", err=True))


def inputs_of(model: Any, files: Sequence[str], seed: int = 0, shapes: Sequence[str] = ()) -> list[np.ndarray]:
    """An array for each input of the first graph, as `tinylite run` reads them; those without a file are random by `seed`.

    `shapes` are entries NAME=SIZES, which give inputs other shapes.

    `model` is what an Interpreter takes. Raises what reading files and planning the model raise.
    """
    with Interpreter(model) as interpreter:
        session = Session(interpreter)
        session.shape(shapes)
        session.feed(files, NOTED, seed)
        return [session.runner.get(details["index"]) for details in session.inputs()]
