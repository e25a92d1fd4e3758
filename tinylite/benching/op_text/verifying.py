"""What LiteRT's reference kernels say of an op: the same bits, nearly the same, or something else."""

from __future__ import annotations

import numpy as np

from ...errors import InvokeError, MissingPackageError
from ...golden.running import random_ops
from ...golden.runtimes import load
from ...golden.runtimes.base.process import RuntimeProcess
from ...interpreter import Interpreter
from ..agreement import agreement
from .case import OpCase

__all__ = ["verify"]

# The sets of kernels that are asked, and what is added if the reference kernels could not say it.
_RUNTIMES = {"litert": "", "litert-builtin": ", of LiteRT's optimized kernels"}
_LACKS = "Didn't find op"  # what LiteRT says of an operator that a set does not have
_NEAR = 1e-5  # of the largest output: as far as sums of floats in another order are apart


def verify(case: OpCase, process: RuntimeProcess | None = None, seed: int = 0) -> str:
    """Whether tinylite computes for an op what LiteRT's reference kernels compute, on `case.inputs(seed)`.

    "same bits"; "within 3e-07" of the largest number of an output, for floats; "differs: ..."; or "not verified: ..." where it cannot be
    said, because LiteRT is not installed or refuses the op, or the op draws random numbers without a seed. Of an operator that the
    reference kernels lack, LiteRT's optimized ones are asked, and the answer says so. LiteRT runs in `process`, or in one that ends
    with the call, so that one that it takes down is an answer as well. Raises what planning and running the op by tinylite raise.
    """
    if case.problem:
        return f"not verified: {case.problem}"
    if any(not seeded for _, seeded in random_ops(case.model)):
        return "not verified: it draws other random numbers each time, since it has no seed"
    content, inputs = case.model.to_bytes(), case.inputs(seed)
    found = _run(content, inputs)
    try:
        load("litert").version()
    except MissingPackageError:
        return "not verified: ai-edge-litert is not installed"
    runner = process or RuntimeProcess()
    try:
        return _verified(runner, content, inputs, found)
    finally:
        if process is None:
            runner.close()


def _verified(runner: RuntimeProcess, content: bytes, inputs: list[np.ndarray], found: list[np.ndarray]) -> str:
    """What is found of the first set of kernels that has the op: the reference kernels lack a few that LiteRT has otherwise."""
    refusals = []
    for runtime, note in _RUNTIMES.items():
        try:
            wanted, _ = runner.run(runtime, content, inputs, [])
        except (InvokeError, MissingPackageError) as error:
            refusals.append(" ".join(error.problem.split()))
            if _LACKS not in error.problem:
                break
        else:
            return agreement(found, wanted, _NEAR) + note
    return f"not verified: {refusals[0]}"


def _run(content: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    with Interpreter(model_content=content) as interpreter:
        interpreter.allocate_tensors()
        for details, value in zip(interpreter.get_input_details(), inputs, strict=True):
            interpreter.set_tensor(details["index"], value)
        interpreter.invoke()
        return [interpreter.get_tensor(details["index"]) for details in interpreter.get_output_details()]
